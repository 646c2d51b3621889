//! `kenoma token`: bearer tokens for scripts.

use std::path::Path;

use clap::Subcommand;

use super::{Outcome, ephemeral, failure, open, say};
use crate::db::users;
use crate::ops::tokens;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Print a bearer token for a user
    Create {
        /// Whose token
        name: String,
        /// What it may do, separated by spaces
        #[arg(long, default_value = ephemeral::SCOPES)]
        scopes: String,
    },
}

/// Runs `kenoma token …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    let Command::Create { name, scopes } = command;
    let app = open(data)?;
    let user = app
        .db()
        .read(|db| users::by_name(db, &name))
        .map_err(|error| failure(data, error))?;
    let user = user
        .ok_or_else(|| format!("there is no user {name}: `kenoma user list` shows who there is"))?;
    let lifetime = app.config().token_lifetime();
    let token = app
        .db()
        .write(|tx| tokens::issue(tx, None, Some(user.id), &scopes, lifetime))
        .map_err(|error| failure(data, error))?;
    say(token.access)
}
