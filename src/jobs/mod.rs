//! Work that outlives a request: the runner, and one file per kind. The queue itself is a table, `db::jobs`.
//!
//! A kind is a row in [`KINDS`]. Its function does the work and has its effect in a transaction that also removes the job
//! ([`crate::db::jobs::done`]), so that after a crash it is either done or still queued.

pub mod apply_domain_policy;
pub mod close_poll;
pub mod delete_account;
pub mod deliver;
pub mod expire_status;
pub mod fetch_card;
pub mod fold_log;
pub mod forget_key;
pub mod gather;
pub mod import_people;
pub mod incoming;
pub mod look_around;
pub mod make_backup;
pub mod pool;
pub mod post_scheduled;
pub mod prune;
pub mod remove_files;
pub mod runner;
pub mod send_activity;
pub mod send_mail;
pub mod send_push;
pub mod synchronize_followers;

use std::sync::Arc;
use std::thread::JoinHandle;

use crate::app::App;
use crate::db::deliveries;
use crate::db::jobs::JobRow;
use crate::error::Result;

/// What became of a job.
pub enum Outcome {
    /// Its effect and its removal are committed.
    Done,
    /// A part is committed, and the rest stands in the queue behind whatever else is due ([`crate::db::jobs::again`]).
    Again,
    /// A passing fault: try again later.
    Retry(String),
    /// It can never work.
    Drop(String),
}

/// A kind of job.
pub struct Kind {
    /// As stored in the queue.
    pub name: &'static str,
    /// Does the work.
    pub work: fn(&App, &JobRow) -> Outcome,
    /// Minutes to wait after the first, second, … failure; after the last it is buried.
    pub retries: &'static [u64],
}

/// Every kind.
pub static KINDS: &[Kind] = &[
    Kind {
        name: crate::ops::domain_policies::JOB,
        work: apply_domain_policy::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "close_poll",
        work: close_poll::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "delete_account",
        work: delete_account::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "expire_status",
        work: expire_status::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "import_people",
        work: import_people::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "fetch_card",
        work: fetch_card::work,
        retries: &[1, 20],
    },
    Kind {
        name: crate::ops::remote_accounts::LOOK_AROUND,
        work: look_around::work,
        retries: &[10],
    },
    Kind {
        name: crate::ops::users::FORGET_KEY,
        work: forget_key::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "make_backup",
        work: make_backup::work,
        retries: make_backup::RETRIES,
    },
    Kind {
        name: "post_scheduled",
        work: post_scheduled::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: prune::JOB,
        work: prune::work,
        retries: &[10, 60, 240],
    },
    Kind {
        name: "remove_files",
        work: remove_files::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: crate::ops::outgoing::JOB,
        work: send_activity::work,
        retries: &[1, 5, 20, 60, 180, 480, 960],
    },
    Kind {
        name: "send_mail",
        work: send_mail::work,
        retries: &[1, 5, 20, 60, 180, 480],
    },
    Kind {
        name: crate::ops::follower_sync::JOB,
        work: synchronize_followers::work,
        retries: &[10, 60],
    },
    Kind {
        name: "send_push",
        work: send_push::work,
        retries: &[1, 5, 20, 60, 180, 480],
    },
];

/// Starts the threads beside the runner: the one that keeps the log of the database short, and those that talk with other servers, which
/// fetch and, if there is to be talk, send and read.
pub fn start_pools(app: &Arc<App>) -> Result<Vec<JoinHandle<()>>> {
    let mut threads = pool::start(app, fold_log::WORK)?;
    threads.extend(pool::start(app, runner::FETCHERS)?);
    if !app.config().federation.enabled {
        return Ok(threads);
    }
    app.db().write(|tx| deliveries::release_all(tx))?;
    threads.extend(pool::start(app, deliver::WORK)?);
    threads.extend(pool::start(app, incoming::WORK)?);
    threads.extend(pool::start(app, gather::WORK)?);
    Ok(threads)
}
