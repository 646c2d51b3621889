//! `kenoma user`: administration of the local people.

use std::io::Read;
use std::path::Path;

use clap::Subcommand;
use serde::Serialize;

use super::{Outcome, failure, open, print_json, say};
use crate::app::App;
use crate::auth::{names, password};
use crate::db::users::{self, UserRow};
use crate::db::{Tx, accounts};
use crate::error::{Error, Result};
use crate::fed::signature::key;
use crate::ops;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Make a user, approved and confirmed
    Create {
        /// a-z, 0-9 and _, at most 30
        name: String,
        /// E-mail address
        #[arg(long)]
        email: String,
        /// Read the password from standard input; without it one is made and printed
        #[arg(long)]
        password_stdin: bool,
        /// Give full rights
        #[arg(long)]
        admin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List all users
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one user
    Show {
        /// Whom
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a waiting user in
    Approve {
        /// Whom
        name: String,
    },
    /// Switch an account off; its statuses stay
    Deactivate {
        /// Whom
        name: String,
    },
    /// Switch an account on again
    Activate {
        /// Whom
        name: String,
    },
    /// Replace a password; all sessions end
    SetPassword {
        /// Whose
        name: String,
        /// Read the password from standard input; without it one is made and printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Switch the second factor of a login off, for somebody who lost phone and backup codes
    ResetMfa {
        /// Whose
        name: String,
    },
    /// Sign with a new key from now on; servers that know the old one are told
    RotateKey {
        /// Whose
        name: String,
    },
    /// Delete an account and all that it wrote; the name is never handed out again
    Delete {
        /// Whom
        name: String,
    },
}

#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    email: Option<String>,
    admin: bool,
    moderator: bool,
    active: bool,
    approved: bool,
    confirmed: bool,
    mfa: bool,
    statuses: i64,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Runs `kenoma user …`.
pub fn run(data: &Path, command: Command) -> Outcome {
    let app = open(data)?;
    let done = match command {
        Command::Create {
            name,
            email,
            password_stdin,
            admin,
            json,
        } => {
            let (password, made) = given_or_made(password_stdin)?;
            create(&app, &name, &email, &password, admin)
                .map(|user| show(&app, &user, json, made.then_some(password)))
        }
        Command::List { json } => list(&app, json),
        Command::Show { name, json } => find(&app, &name).map(|user| show(&app, &user, json, None)),
        Command::Approve { name } => change(&app, &name, |tx, user| {
            ops::users::approve(tx, &app.site(), user.id)
        }),
        Command::Deactivate { name } => {
            change(&app, &name, |tx, user| ops::users::deactivate(tx, user.id))
        }
        Command::Activate { name } => {
            change(&app, &name, |tx, user| ops::users::activate(tx, user.id))
        }
        Command::SetPassword {
            name,
            password_stdin,
        } => {
            let (password, made) = given_or_made(password_stdin)?;
            set_password(&app, &name, &password).map(|()| if made { say(password) } else { Ok(()) })
        }
        Command::ResetMfa { name } => {
            change(&app, &name, |tx, user| ops::mfa::disable(tx, user.id))
        }
        Command::RotateKey { name } => rotate_key(&app, &name),
        Command::Delete { name } => change(&app, &name, |tx, user| ops::users::delete(tx, user.id)),
    };
    done.map_err(|error| failure(data, error))?
}

fn find(app: &App, name: &str) -> Result<UserRow> {
    let found = app.db().read(|db| users::by_name(db, name))?;
    found.ok_or_else(|| {
        Error::BadRequest(format!(
            "there is no user {name}: `kenoma user list` shows who there is"
        ))
    })
}

fn change(app: &App, name: &str, act: impl FnOnce(&Tx, &UserRow) -> Result<()>) -> Result<Outcome> {
    let user = find(app, name)?;
    app.db().write(|tx| act(tx, &user))?;
    Ok(Ok(()))
}

fn create(app: &App, name: &str, email: &str, password: &str, admin: bool) -> Result<UserRow> {
    let username =
        names::username(name).map_err(|rule| Error::BadRequest(format!("the name {rule}")))?;
    names::check_email(email)
        .map_err(|rule| Error::BadRequest(format!("the e-mail address {rule}")))?;
    let hash = hashed(app, password)?;
    app.db().write(|tx| {
        ops::users::free(tx, &username, Some(email))?
            .map_err(|taken| Error::BadRequest(taken.to_string()))?;
        let new = ops::accounts::NewAccount {
            username: &username,
            email: Some(email),
            password_hash: &hash,
            is_admin: admin,
            approval_pending: false,
            confirmation_token: None,
            reason: None,
        };
        ops::accounts::create(tx, app.base(), &new)
    })?;
    find(app, &username)
}

fn set_password(app: &App, name: &str, password: &str) -> Result<()> {
    let user = find(app, name)?;
    let hash = hashed(app, password)?;
    app.db()
        .write(|tx| ops::users::set_password(tx, user.id, &hash))
}

fn rotate_key(app: &App, name: &str) -> Result<Outcome> {
    let new = key::generate()?;
    change(app, name, |tx, user| {
        ops::users::rotate_key(tx, user.id, &new.public_pem, &new.private)
    })
}

fn hashed(app: &App, text: &str) -> Result<String> {
    password::check_new(text).map_err(|rule| Error::BadRequest(format!("the password {rule}")))?;
    app.hasher().hash(text).map_err(Error::internal)
}

/// The password from standard input, or a fresh one; `true` says that it must be shown.
fn given_or_made(from_stdin: bool) -> std::result::Result<(String, bool), String> {
    if !from_stdin {
        return Ok((crate::auth::secret::token(), true));
    }
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read the password: {error}"))?;
    Ok((text.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn list(app: &App, json: bool) -> Result<Outcome> {
    let all = app.db().read(users::all)?;
    let shown = all
        .iter()
        .map(|user| shown(app, user, None))
        .collect::<Result<Vec<_>>>()?;
    if json {
        return Ok(print_json(&shown));
    }
    Ok(shown.iter().try_for_each(print_line))
}

fn show(app: &App, user: &UserRow, json: bool, password: Option<String>) -> Outcome {
    let shown = shown(app, user, password).map_err(|error| error.to_string())?;
    if json {
        return print_json(&shown);
    }
    print_line(&shown)?;
    match &shown.password {
        Some(password) => say(format_args!("password: {password}")),
        None => Ok(()),
    }
}

fn print_line(user: &Shown) -> Outcome {
    let role = if user.admin {
        "admin"
    } else if user.moderator {
        "moderator"
    } else {
        "user"
    };
    let standing = match user {
        Shown { active: false, .. } => "deactivated",
        Shown {
            approved: false, ..
        } => "awaits approval",
        Shown {
            confirmed: false, ..
        } => "awaits confirmation",
        _ => "active",
    };
    say(format_args!(
        "{:<30} {:<10} {:<20} {}",
        user.name,
        role,
        standing,
        user.email.as_deref().unwrap_or("-")
    ))
}

fn shown(app: &App, user: &UserRow, password: Option<String>) -> Result<Shown> {
    let account = app
        .db()
        .read(|db| accounts::by_id(db, user.id))?
        .ok_or(Error::record())?;
    Ok(Shown {
        id: user.id.to_string(),
        name: user.username.clone(),
        email: user.email.clone(),
        admin: user.is_admin,
        moderator: user.is_moderator,
        active: !user.flags.deactivated,
        approved: !user.flags.approval_pending,
        confirmed: !user.flags.confirmation_pending,
        mfa: user.mfa,
        statuses: account.statuses_count,
        created_at: account.created_at.to_string(),
        reason: user.registration_reason.clone(),
        password,
    })
}
