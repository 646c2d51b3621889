//! Settings of others, changed by admins (pleroma-contract D.1).

use super::moderation_log::{Subject, names, record};
use super::profiles::{self, Change, Limits};
use super::sessions::Viewer;
use super::users;
use crate::config::BaseUrl;
use crate::db::accounts::AccountRow;
use crate::db::{Tx, users as rows};
use crate::error::Result;

/// What an admin changes of somebody; whatever is `None` stays.
#[derive(Default)]
pub struct Settings {
    /// The profile and the preferences.
    pub profile: Change,
    /// The address of the login.
    pub email: Option<String>,
    /// bcrypt of a new password. Whoever knows it is not its owner, so it opens nothing but the way to another one.
    pub password_hash: Option<String>,
}

/// Changes somebody's settings. The inner error names a field and says what is wrong with it; nothing is changed then.
/// Otherwise the names of files that nothing refers to once this is committed.
pub fn update(
    tx: &Tx,
    base: &BaseUrl,
    limits: Limits,
    actor: Option<&Viewer>,
    account: &AccountRow,
    settings: &Settings,
) -> Result<std::result::Result<Vec<String>, (&'static str, String)>> {
    if let Some(problem) = profiles::problem(limits, &settings.profile) {
        return Ok(Err(problem));
    }
    let id = account.id;
    if let Some(email) = &settings.email
        && let Err(rule) = users::change_email(tx, id, email)?
    {
        return Ok(Err(("email", rule.to_owned())));
    }
    if let Some(hash) = &settings.password_hash {
        users::set_password(tx, id, hash)?;
        rows::demand_reset(tx, id)?;
    }
    let whom = std::slice::from_ref(account);
    let did = format!("updated users: {}", names(whom));
    record(tx, actor, "updated_users", &[Subject::user(account)], &did)?;
    profiles::update(tx, base, limits, id, &settings.profile).map(Ok)
}
