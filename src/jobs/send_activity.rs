//! Writes an activity and queues it for everybody elsewhere whom it concerns. No network here: the senders do that.

use std::collections::HashSet;
use std::time::Duration;

use super::Outcome;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::db::{Tx, activities, deliveries, hosts, statuses};
use crate::error::Result;
use crate::fed::keys::Signer;
use crate::fed::outgoing;
use crate::fed::policy;
use crate::fed::wire;
use crate::ops::outgoing::Outgoing;
use crate::ops::users;

/// Does the job; its payload is what is to be said.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let outgoing: Outgoing = match serde_json::from_str(&job.payload) {
        Ok(outgoing) => outgoing,
        Err(error) => return Outcome::Drop(format!("the payload is no activity: {error}")),
    };
    if let Outgoing::NewKey { account, .. } = &outgoing {
        // It may have been changed by a command beside the server.
        app.fed().keys.forget_own(Signer::Account(*account));
    }
    match send(app, job, &outgoing) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

/// A server that has not answered for so long is not told what is new.
const LOST: Duration = Duration::from_secs(7 * 86_400);

/// The inboxes of servers that are spoken with, each with its host: a few looks, however many they are.
fn wanted(app: &App, inboxes: &[String], is_needed: bool) -> Result<Vec<(String, String)>> {
    let hosted = inboxes
        .iter()
        .filter_map(|inbox| Some((inbox.clone(), wire::host_of(inbox)?)));
    let mut wanted: Vec<(String, String)> = hosted.collect();
    let mut hosts: Vec<&str> = wanted.iter().map(|(_, host)| host.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let mut unwanted = match is_needed {
        true => HashSet::new(),
        false => {
            let before = Timestamp::now().minus(LOST);
            app.db().read(|db| hosts::down_among(db, &hosts, before))?
        }
    };
    let refused = policy::refused_among(app, &hosts)?;
    unwanted.extend(refused.into_iter().map(str::to_owned));
    wanted.retain(|(_, host)| !unwanted.contains(host));
    Ok(wanted)
}

/// Deliveries that may wait at once (federation.md 9.1).
const MOST_WAITING: i64 = 200_000;

/// The job is done; of somebody who is gone this is the last that is said.
fn finish(tx: &Tx, job: &JobRow, outgoing: &Outgoing) -> Result<()> {
    jobs::done(tx, job.id)?;
    match outgoing {
        Outgoing::DeleteActor { account } => users::forget_key_later(tx, *account),
        _ => Ok(()),
    }
}

fn send(app: &App, job: &JobRow, outgoing: &Outgoing) -> Result<()> {
    let parcel = match app.config().federation.enabled {
        true => app.db().read(|db| outgoing::write(app, db, outgoing))?,
        false => None,
    };
    let Some(mut parcel) = parcel else {
        return app.db().write(|tx| finish(tx, job, outgoing));
    };
    let mut copies = Vec::with_capacity(parcel.copies.len());
    for copy in &mut parcel.copies {
        copy.inboxes.sort_unstable();
        copy.inboxes.dedup();
        copies.push((
            &copy.json,
            wanted(app, &copy.inboxes, outgoing.is_needed())?,
        ));
    }
    copies.retain(|(_, inboxes)| !inboxes.is_empty());
    app.db().write(|tx| {
        finish(tx, job, outgoing)?;
        if let Some(status) = parcel.status
            && !statuses::exists(tx, status)?
        {
            // Deleted since it was read: whoever would get it now would never hear of its end.
            return Ok(());
        }
        activities::prune(tx)?;
        deliveries::trim(tx, MOST_WAITING)?;
        if let (Some(status), Some(create)) = (parcel.status, &parcel.create) {
            activities::renew_create(tx, status, create)?;
        }
        let about = outgoing.about();
        if let Some(about) = &about {
            deliveries::supersede(tx, about)?;
        }
        let former = parcel.former_key.as_deref();
        for (json, inboxes) in &copies {
            let activity = activities::insert(
                tx,
                parcel.signer,
                parcel.status,
                about.as_deref(),
                json,
                former,
            )?;
            for (inbox, host) in inboxes {
                deliveries::insert(tx, activity, inbox, host, parcel.urgency)?;
            }
        }
        Ok(())
    })?;
    app.fed().senders.ring();
    Ok(())
}
