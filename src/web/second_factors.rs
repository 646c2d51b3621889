//! Codes of second factors, with the limit on guessing: the one place where logins try them.

use super::rate::{Class, Who};
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
use crate::ops::login::second_factor::{Attempt, waiting};

/// Tries a code at a login; `None` from `work` is a wrong one, or a login that is over.
pub fn attempt<T>(
    app: &App,
    with: Attempt,
    work: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    match app.db().read(|db| waiting(db, with.mfa_token))? {
        Some(login) => guarded(app, login.account, work),
        None => Ok(None),
    }
}

/// Tries a code of an account; `None` from `work` is a wrong one. Answers 429 while too many were wrong, from whatever
/// address (security.md O9). Each try is counted before it is made, so that many at once are not more than five.
pub fn guarded<T>(
    app: &App,
    account: AccountId,
    work: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let who = Who::Id(account.0);
    app.limiter().take(Class::SecondFactor, who.clone())?;
    let done = work()?;
    if done.is_some() {
        app.limiter().forget(Class::SecondFactor, who);
    }
    Ok(done)
}

/// The 429 in words, for pages.
pub fn too_many(retry_after: u64) -> String {
    let minutes = retry_after.div_ceil(60);
    format!("Too many codes were wrong. Please try again in {minutes} minutes.")
}
