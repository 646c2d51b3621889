//! `kenoma serve --ephemeral`: a throw-away server for the tests of client authors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::{App, make_private_dir};
use crate::auth::names;
use crate::error::{Error, Result};
use crate::ops::accounts::{self, NewAccount};
use crate::ops::tokens;

/// The scopes of the tokens it hands out.
pub const SCOPES: &str = "read write follow push admin";

/// A user that was made at the start, as the start-up line shows it.
#[derive(Serialize)]
pub struct MadeUser {
    /// Account id.
    pub id: String,
    /// A bearer token of every scope.
    pub token: String,
    /// `NAME-password`.
    pub password: String,
}

#[derive(Serialize)]
struct StartUpLine<'a> {
    url: &'a str,
    data_dir: &'a Path,
    users: BTreeMap<String, MadeUser>,
}

/// A temporary data directory, removed with everything in it when dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one that only this user can read.
    pub fn make() -> std::result::Result<Folder, String> {
        let path = std::env::temp_dir().join(format!("kenoma-{}", crate::auth::secret::token()));
        make_private_dir(&path)
            .map_err(|error| format!("cannot make a temporary directory: {error}"))?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::error!("{} stays behind: {error}", self.0.display());
        }
    }
}

/// Makes the users and returns the line that says that the server is ready.
pub fn start_up_line(app: &App, users: &[String]) -> std::result::Result<String, String> {
    let mut made = BTreeMap::new();
    for user in users {
        let (name, admin) = match user.split_once(':') {
            None => (user.as_str(), false),
            Some((name, "admin")) => (name, true),
            Some((_, role)) => {
                return Err(format!(
                    "--user {user}: the only role is \"admin\", not \"{role}\""
                ));
            }
        };
        let name =
            names::username(name).map_err(|rule| format!("--user {user}: the name {rule}"))?;
        let user =
            make_user(app, &name, admin).map_err(|error| format!("--user {user}: {error}"))?;
        made.insert(name, user);
    }
    let line = StartUpLine {
        url: app.base().as_str(),
        data_dir: app.data(),
        users: made,
    };
    serde_json::to_string(&line).map_err(|error| error.to_string())
}

/// Makes an approved and confirmed user with password `NAME-password` and e-mail `NAME@example.com`.
pub fn make_user(app: &App, name: &str, admin: bool) -> Result<MadeUser> {
    let password = format!("{name}-password");
    let password_hash = app.hasher().hash(&password).map_err(Error::internal)?;
    let (id, token) = app.db().write(|tx| {
        let new = NewAccount {
            username: name,
            email: Some(&format!("{name}@example.com")),
            password_hash: &password_hash,
            is_admin: admin,
            approval_pending: false,
            confirmation_token: None,
            reason: None,
        };
        let id = accounts::create(tx, app.base(), &new)?;
        Ok((
            id,
            tokens::issue(tx, None, Some(id), SCOPES, app.config().token_lifetime())?,
        ))
    })?;
    Ok(MadeUser {
        id: id.to_string(),
        token: token.access,
        password,
    })
}
