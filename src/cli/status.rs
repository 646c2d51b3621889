//! `kenoma status`: what became of a post.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, failure, open, print_json, say};
use crate::db::statuses;
use crate::views::delivery::{self, Delivery};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// List which other servers have a post, and which do not yet
    Deliveries {
        /// The id or the address of a post that was written here
        post: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs `kenoma status …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    let Command::Deliveries { post, json } = command;
    let app = open(data)?;
    let found = app.db().read(|db| {
        let last = post.rsplit('/').next().and_then(|id| id.parse().ok());
        let id = match (statuses::id_of(db, &post)?, last) {
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => return Ok(None),
        };
        match statuses::by_ids(db, &[id])?.pop() {
            Some(row) if row.local => delivery::deliveries(db, id).map(Some),
            _ => Ok(None),
        }
    });
    let found = found.map_err(|error| failure(data, error))?;
    let found = found.ok_or_else(|| format!("there is no post {post} that was written here"))?;
    match json {
        true => print_json(&found),
        false => found.iter().try_for_each(print),
    }
}

fn print(delivery: &Delivery) -> Outcome {
    let said = match (&delivery.error, delivery.next_attempt_at) {
        (Some(error), Some(again)) => format!("again at {again}: {error}"),
        (Some(error), None) => error.clone(),
        (None, Some(again)) => format!("at {again}"),
        (None, None) => String::new(),
    };
    let line = format!(
        "{:<40} {:<10} {}",
        delivery.host,
        delivery.state,
        said.escape_debug()
    );
    say(line.trim_end())
}
