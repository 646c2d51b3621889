//! `kenoma relay`: servers that pass public posts on.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, failure, open, say};
use crate::db::relays as rows;
use crate::fed;
use crate::fed::resolve::Failure;
use crate::ops::relays;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Follow a relay: what it passes on comes into the timeline of the known network, and it gets the public posts from here
    Add {
        /// Its address: that of its inbox (…/inbox) if it is to be followed as Mastodon does, else that of its actor
        url: String,
    },
    /// Do not follow it any more
    Remove {
        /// Its address, as it was added
        url: String,
    },
    /// List relays, and what they answered
    List,
}

/// Runs `kenoma relay …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    let app = open(data)?;
    match command {
        Command::Add { url } => {
            let found = fed::relays::find(&app, &url).map_err(|reason| match reason {
                Failure::Ours(error) => failure(data, error),
                reason => format!("no relay can be followed at {url}: {reason}"),
            })?;
            let followed = app.db().write(|tx| relays::follow(tx, None, found));
            followed.map_err(|error| failure(data, error))
        }
        Command::Remove { url } => {
            let ended = app.db().write(|tx| relays::unfollow(tx, None, &url));
            match ended.map_err(|error| failure(data, error))? {
                true => Ok(()),
                false => Err(format!(
                    "no relay of that address is followed: {url} (`kenoma relay list` names them)"
                )),
            }
        }
        Command::List => {
            let found = app.db().read(rows::all);
            let found = found.map_err(|error| failure(data, error))?;
            found.iter().try_for_each(|row| {
                say(format_args!(
                    "{:<60} {:<8} {}",
                    row.url,
                    row.kind.name(),
                    row.state.name()
                ))
            })
        }
    }
}
