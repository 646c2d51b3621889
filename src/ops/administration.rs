//! Administration of people: what admins do to accounts, to all whom they name or to none, and never without a trace in
//! the moderation log.

use rusqlite::Connection;

use crate::db::accounts::{self, AccountRow, Column};
use crate::db::users::Group;
use crate::db::{Tx, users as rows};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mail::Site;
use crate::ops::moderation_log::{Subject, names, record};
use crate::ops::sessions::Viewer;
use crate::ops::{confirmation, follows, mfa, users};

/// What can be done to a list of people.
#[derive(Clone, Debug)]
pub enum Action {
    /// Switch on.
    Activate,
    /// Switch off.
    Deactivate,
    /// Let in.
    Approve,
    /// Take the address as confirmed.
    ConfirmEmail,
    /// Mail the confirmation link again.
    ResendConfirmation,
    /// Demand a new password.
    ForcePasswordReset,
    /// Switch the second factor off.
    DisableMfa,
    /// Delete for good.
    Delete,
    /// Add moderation tags.
    Tag(Vec<String>),
    /// Take moderation tags away.
    Untag(Vec<String>),
    /// Give a role.
    Grant(Group),
    /// Take a role away.
    Revoke(Group),
}

impl Action {
    /// Only those who can log in have what it changes.
    fn needs_user(&self) -> bool {
        !matches!(
            self,
            Action::Activate | Action::Deactivate | Action::Tag(_) | Action::Untag(_)
        )
    }

    /// As other servers of the kind name it.
    fn key(&self) -> &'static str {
        match self {
            Action::Activate => "activate",
            Action::Deactivate => "deactivate",
            Action::Approve => "approve",
            Action::ConfirmEmail => "confirm_email",
            Action::ResendConfirmation => "resend_confirmation_email",
            Action::ForcePasswordReset => "force_password_reset",
            Action::DisableMfa => "disable_mfa",
            Action::Delete => "delete",
            Action::Tag(_) => "tag",
            Action::Untag(_) => "untag",
            Action::Grant(_) => "grant",
            Action::Revoke(_) => "revoke",
        }
    }

    fn told(&self, whom: &str) -> String {
        match self {
            Action::Activate => format!("activated users: {whom}"),
            Action::Deactivate => format!("deactivated users: {whom}"),
            Action::Approve => format!("approved users: {whom}"),
            Action::ConfirmEmail => format!("confirmed email for users: {whom}"),
            Action::ResendConfirmation => format!("re-sent confirmation email for users: {whom}"),
            Action::ForcePasswordReset => format!("forced password reset for users: {whom}"),
            Action::DisableMfa => format!("disabled two-factor authentication for users: {whom}"),
            Action::Delete => format!("deleted users: {whom}"),
            Action::Tag(tags) => format!("added tags: {} to users: {whom}", tags.join(", ")),
            Action::Untag(tags) => format!("removed tags: {} from users: {whom}", tags.join(", ")),
            Action::Grant(group) => format!("made {whom} {}", group.name()),
            Action::Revoke(group) => format!("revoked {} role from {whom}", group.name()),
        }
    }
}

/// Somebody by `name`, `name@host` or, for what may be either, id. Deleted accounts are nobody.
pub fn find(db: &Connection, nickname: &str) -> Result<AccountRow> {
    let (name, host) = nickname.split_once('@').unwrap_or((nickname, ""));
    accounts::by_handle(db, name, host)?
        .filter(|account| account.deleted_at.is_none())
        .ok_or(Error::Status(404, "Not found".into()))
}

/// As [`find`], or by id. Ids go first: a name made of digits must not stand in for somebody else's id.
pub fn find_by_any(db: &Connection, id_or_nickname: &str) -> Result<AccountRow> {
    let by_id = match id_or_nickname.parse::<AccountId>() {
        Ok(id) => accounts::by_id(db, id)?.filter(|account| account.deleted_at.is_none()),
        Err(_) => None,
    };
    by_id.map_or_else(|| find(db, id_or_nickname), Ok)
}

/// Does something to everybody named. An unknown name refuses it all; a transaction that ends in an error changes nothing.
pub fn apply(
    tx: &Tx,
    site: &Site,
    actor: Option<&Viewer>,
    nicknames: &[String],
    action: &Action,
) -> Result<Vec<AccountRow>> {
    let mut people: Vec<AccountRow> = Vec::new();
    for nickname in nicknames {
        let account = find(tx, nickname)?;
        if action.needs_user() && account.role.is_none() {
            return Err(Error::Status(404, "Not found".into()));
        }
        // Who is named twice is meant once.
        if people.iter().all(|known| known.id != account.id) {
            people.push(account);
        }
    }
    if people.is_empty() {
        return Ok(people);
    }
    // Before the effect: afterwards a deleted one may have no row to be named by.
    let subjects: Vec<Subject> = people.iter().map(Subject::user).collect();
    record(
        tx,
        actor,
        action.key(),
        &subjects,
        &action.told(&names(&people)),
    )?;
    for account in &people {
        effect(tx, site, account, action)?;
    }
    Ok(people)
}

/// Has one person follow another, or follow no longer. Names that are not known are passed over, as they may have gone.
pub fn set_following(
    tx: &Tx,
    actor: Option<&Viewer>,
    follower: &str,
    followed: &str,
    following: bool,
) -> Result<()> {
    let known = |name| match find(tx, name) {
        Ok(account) => Ok(Some(account)),
        Err(Error::Status(404, _)) => Ok(None),
        Err(error) => Err(error),
    };
    let (Some(one), Some(other)) = (known(follower)?, known(followed)?) else {
        return Ok(());
    };
    if one.role.is_none() {
        return Ok(());
    }
    let verb = if following {
        follows::follow(tx, one.id, other.id, &follows::Options::default())?;
        "follow"
    } else {
        follows::unfollow(tx, one.id, other.id)?;
        "unfollow"
    };
    let did = format!("made @{} {verb} @{}", one.acct(), other.acct());
    record(
        tx,
        actor,
        verb,
        &[Subject::user(&one), Subject::user(&other)],
        &did,
    )
}

fn effect(tx: &Tx, site: &Site, account: &AccountRow, action: &Action) -> Result<()> {
    let id = account.id;
    match action {
        Action::Activate => users::activate(tx, id),
        Action::Deactivate => users::deactivate(tx, id),
        Action::Approve => users::approve(tx, site, id),
        Action::ConfirmEmail => rows::confirm(tx, id),
        Action::ResendConfirmation => match rows::by_id(tx, id)? {
            Some(user) => confirmation::resend(tx, site, &user),
            None => Ok(()),
        },
        Action::ForcePasswordReset => rows::demand_reset(tx, id),
        Action::DisableMfa => mfa::disable(tx, id),
        Action::Delete => users::delete(tx, id),
        Action::Tag(tags) => set_tags(tx, account, |known| {
            known.extend(tags.iter().cloned());
        }),
        Action::Untag(tags) => {
            set_tags(tx, account, |known| known.retain(|tag| !tags.contains(tag)))
        }
        Action::Grant(group) => rows::set_group(tx, id, *group, true),
        Action::Revoke(group) => rows::set_group(tx, id, *group, false),
    }
}

fn set_tags(tx: &Tx, account: &AccountRow, change: impl FnOnce(&mut Vec<String>)) -> Result<()> {
    let mut tags: Vec<String> = serde_json::from_str(&account.moderation_tags).unwrap_or_default();
    change(&mut tags);
    tags.sort();
    tags.dedup();
    accounts::set(
        tx,
        account.id,
        Column::ModerationTags,
        serde_json::to_string(&tags)?,
    )
}
