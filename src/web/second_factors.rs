//! Codes of second factors, with the limit on guessing: the one place where logins try them.

use super::rate::{Class, Who};
use crate::app::App;
use crate::error::Result;
use crate::ops::login::second_factor::{Attempt, waiting};

/// Tries a code; `None` from `work` is a wrong one. Answers 429 while too many were wrong for the account, from whatever
/// address (security.md O9). Each try is counted before it is made, so that many at once are not more than five.
pub fn attempt<T>(
    app: &App,
    with: Attempt,
    work: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let Some(login) = app.db().read(|db| waiting(db, with.mfa_token))? else {
        return Ok(None);
    };
    let who = Who::Id(login.account.0);
    app.limiter().take(Class::SecondFactor, who.clone())?;
    let done = work()?;
    if done.is_some() {
        app.limiter().forget(Class::SecondFactor, who);
    }
    Ok(done)
}
