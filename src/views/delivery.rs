//! Which servers have a post, for its author: the newest version counts.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::deliveries::{self, Progress};
use crate::db::status_hosts::{self, HolderRow};
use crate::error::Result;
use crate::ids::StatusId;

/// How a post stands with one server.
#[derive(Serialize)]
pub struct Delivery {
    /// The server.
    pub host: String,
    /// `delivered` (it has it), `waiting` (it will be tried, or tried again) or `failed` (given up).
    pub state: &'static str,
    /// It came for the post; else it was sent there.
    pub fetched: bool,
    /// Since when it has the post, or an earlier version of it.
    pub delivered_at: Option<Timestamp>,
    /// Tries so far to bring it the newest version; 0 once the record of them is gone (after a week).
    pub attempts: u32,
    /// When it is tried next, while it is `waiting`.
    pub next_attempt_at: Option<Timestamp>,
    /// The HTTP status that it answered last, if it answered.
    pub last_status: Option<u16>,
    /// What went wrong at the last try, if it did.
    pub error: Option<String>,
}

/// Every server that has a post or is to get it, in the order of hosts; a server with several inboxes once, as it stands worst.
pub fn deliveries(db: &Connection, status: StatusId) -> Result<Vec<Delivery>> {
    let mut inboxes: BTreeMap<String, Delivery> = BTreeMap::new();
    for holder in status_hosts::of_status(db, status)? {
        inboxes.insert(holder.inbox.clone(), had(holder));
    }
    for progress in deliveries::of_status(db, status)? {
        let inbox = progress.inbox.clone();
        let before = inboxes.remove(&inbox);
        inboxes.insert(inbox, stands(progress, before));
    }
    let mut hosts: BTreeMap<String, Delivery> = BTreeMap::new();
    for delivery in inboxes.into_values() {
        match hosts.get(&delivery.host) {
            Some(known) if rank(known) >= rank(&delivery) => {}
            _ => drop(hosts.insert(delivery.host.clone(), delivery)),
        }
    }
    Ok(hosts.into_values().collect())
}

fn had(holder: HolderRow) -> Delivery {
    Delivery {
        host: holder.host,
        state: "delivered",
        fetched: holder.fetched,
        delivered_at: Some(holder.since),
        attempts: 0,
        next_attempt_at: None,
        last_status: None,
        error: None,
    }
}

fn stands(progress: Progress, before: Option<Delivery>) -> Delivery {
    let state = match progress.state {
        0 => "waiting",
        1 => "delivered",
        _ => "failed",
    };
    Delivery {
        host: progress.host,
        state,
        fetched: before.as_ref().is_some_and(|before| before.fetched),
        delivered_at: before.and_then(|before| before.delivered_at),
        attempts: progress.attempts,
        next_attempt_at: (progress.state == 0).then_some(progress.run_at),
        last_status: progress.last_status,
        error: progress.last_error,
    }
}

fn rank(delivery: &Delivery) -> u8 {
    match delivery.state {
        "delivered" => 0,
        "waiting" => 1,
        _ => 2,
    }
}
