//! The Marker entity: how far a timeline was read.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::{markers, preferences};
use crate::error::Result;
use crate::ids::AccountId;

/// The timelines that have markers.
pub const TIMELINES: [&str; 2] = ["home", "notifications"];

/// Marker.
#[derive(Serialize)]
pub struct Marker {
    last_read_id: String,
    version: i64,
    updated_at: Timestamp,
    pleroma: PleromaPart,
}

#[derive(Serialize)]
struct PleromaPart {
    unread_count: i64,
}

/// A marker for each of the timelines asked for; one that was never set stands at 0, since some clients read it unasked.
pub fn of(
    db: &Connection,
    me: AccountId,
    asked: &[&'static str],
) -> Result<BTreeMap<&'static str, Marker>> {
    let set = markers::all(db, me)?;
    let unread = preferences::of(db, me)?.unread_notifications;
    let marker = |timeline: &&'static str| {
        let row = set.iter().find(|row| row.timeline == *timeline);
        let marker = Marker {
            last_read_id: row.map_or(0, |row| row.last_read_id).to_string(),
            version: row.map_or(0, |row| row.version),
            updated_at: row.map_or(Timestamp(0), |row| row.updated_at),
            pleroma: PleromaPart {
                unread_count: if *timeline == "notifications" {
                    unread
                } else {
                    0
                },
            },
        };
        (*timeline, marker)
    };
    Ok(asked.iter().map(marker).collect())
}
