//! HTTP Basic: a name and password with every request (pleroma-contract B.10). Costs one bcrypt, unless the same pair was
//! right a moment ago; wrong ones count against the same limits as a login.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::passwords;
use crate::app::App;
use crate::db::users::{self, Standing, UserRow};
use crate::error::Result;
use crate::ops::sessions::{self, Session};

/// How long a right pair need not be hashed again. The account's standing is asked every time.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Pairs that were right, by the hash of pair and stored hash: a changed password is a different key.
pub struct Remembered(Cache<[u8; 32], Instant>);

impl Default for Remembered {
    fn default() -> Remembered {
        Remembered(Cache::new(64))
    }
}

/// The session that the pair opens. A wrong pair is nobody; a user with a second factor needs a token.
pub fn session(app: &App, pairs: &[(String, String)], address: IpAddr) -> Result<Session> {
    for (name, password) in pairs {
        let user = app.db().read(|db| users::by_name_or_email(db, name))?;
        let Some(user) = right(app, user, name, password, address)? else {
            continue;
        };
        if user.flags.standing(app.rules().activation_required) != Standing::Active {
            return Ok(Session::Anonymous);
        }
        return Ok(if user.mfa {
            Session::PasswordNotEnough
        } else {
            sessions::of_user(&user)
        });
    }
    Ok(Session::Anonymous)
}

fn right(
    app: &App,
    user: Option<UserRow>,
    name: &str,
    password: &str,
    address: IpAddr,
) -> Result<Option<UserRow>> {
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let key = key(name, password, stored.unwrap_or_default());
    if app
        .remembered()
        .0
        .get(&key)
        .is_some_and(|at| at.elapsed() < REMEMBERED)
    {
        return Ok(user);
    }
    let user = passwords::compare(app, user, name, password, address)?;
    if user.is_some() {
        app.remembered().0.insert(key, Instant::now());
    }
    Ok(user)
}

fn key(name: &str, password: &str, stored: &str) -> [u8; 32] {
    let text = format!("{name}\0{password}\0{stored}");
    digest(&SHA256, text.as_bytes())
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}
