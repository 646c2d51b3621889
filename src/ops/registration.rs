//! Registration: who may have an account, and what it begins with (pleroma-contract C).
//!
//! The rules are asked twice: before the password is hashed, because that takes long, and again in the transaction that
//! makes the account, because meanwhile somebody else may have been faster.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::auth::{names, password, secret};
use crate::config::Instance;
use crate::db::accounts::{self, Column};
use crate::db::users::UserRow;
use crate::db::{Tx, users};
use crate::error::{Error, Result};
use crate::mail::{Applicant, Site};
use crate::ops::accounts::NewAccount;
use crate::ops::statuses::addressing;
use crate::ops::{invites, mails};
use crate::text::format::{self, ContentType};
use crate::text::html;

/// What somebody wants to register, as typed.
pub struct Wanted {
    /// In any case.
    pub username: String,
    /// `None`: not sent at all, which is told apart from empty.
    pub email: Option<String>,
    /// As typed.
    pub password: String,
    /// Display name.
    pub name: String,
    /// Biography.
    pub bio: String,
    /// For the admin who approves.
    pub reason: String,
    /// Language of the person.
    pub locale: Option<String>,
    /// Token of an invitation.
    pub invite: Option<String>,
}

/// What is wrong with which field. Told as a JSON document inside the error's text, because clients read that.
#[derive(Debug, Default)]
pub struct Problems(BTreeMap<&'static str, Vec<String>>);

impl Problems {
    /// One problem alone.
    pub fn one(field: &'static str, rule: impl Into<String>) -> Problems {
        let mut problems = Problems::default();
        problems.add(field, rule);
        problems
    }

    fn add(&mut self, field: &'static str, rule: impl Into<String>) {
        self.0.entry(field).or_default().push(rule.into());
    }

    /// The error, if there is any problem.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }

    /// The error for these problems.
    pub fn into_error(self) -> Error {
        serde_json::to_string(&self.0).map_or_else(Error::from, Error::BadRequest)
    }
}

impl Wanted {
    /// The address, if there is one; empty is none.
    fn address(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.is_empty())
    }
}

/// Where confirmation is required there must be an address to confirm. Asked before everything else.
pub fn require_email(instance: &Instance, wanted: &Wanted) -> Result<()> {
    match wanted.email.as_deref() {
        _ if !instance.account_activation_required => Ok(()),
        None => Err(Error::BadRequest("Missing parameter: email".into())),
        Some("") => Problems::one("email", "can't be blank").into_result(),
        Some(_) => Ok(()),
    }
}

/// Whether registration is open to the one who asks, and the fields are as they must be.
pub fn check(db: &Connection, instance: &Instance, wanted: &Wanted) -> Result<()> {
    if !instance.registrations_open {
        if !instance.invites_enabled && wanted.invite.is_some() {
            return Err(Error::BadRequest("Invalid token".into()));
        }
        invites::valid(db, wanted.invite.as_deref())?;
    }
    let mut problems = format_problems(instance, wanted);
    let username = wanted.username.to_ascii_lowercase();
    let (name_taken, email_taken) = users::taken(db, &username, wanted.address())?;
    if name_taken {
        problems.add("nickname", "has already been taken");
    }
    if email_taken {
        problems.add("email", "has already been taken");
    }
    problems.into_result()
}

fn format_problems(instance: &Instance, wanted: &Wanted) -> Problems {
    let mut problems = Problems::default();
    if let Err(rule) = names::username(&wanted.username) {
        problems.add("nickname", rule);
    }
    if let Some(Err(rule)) = wanted.address().map(names::check_email) {
        problems.add("email", rule);
    }
    if let Err(rule) = password::check_new(&wanted.password) {
        problems.add("password", rule);
    }
    for (field, text, most) in [
        ("name", &wanted.name, instance.name_limit),
        ("bio", &wanted.bio, instance.bio_limit),
        ("registration_reason", &wanted.reason, LONGEST_REASON),
    ] {
        if text.chars().count() > most as usize {
            problems.add(field, format!("should be at most {most} character(s)"));
        }
    }
    problems
}

/// Characters in what somebody says about joining.
const LONGEST_REASON: u32 = 500;

/// Makes the account with everything that goes with it: the invitation is used, mails are queued. An invitation does not
/// replace approval.
pub fn register(
    tx: &Tx,
    site: &Site,
    instance: &Instance,
    wanted: &Wanted,
    password_hash: &str,
) -> Result<UserRow> {
    check(tx, instance, wanted)?;
    if !instance.registrations_open {
        invites::redeem(tx, wanted.invite.as_deref())?;
    }
    let username = wanted.username.to_ascii_lowercase();
    let reason = html::strip_tags(&wanted.reason);
    let confirmation = instance.account_activation_required.then(secret::token);
    let digest = confirmation.as_deref().map(secret::digest);
    let new = NewAccount {
        username: &username,
        email: wanted.address(),
        password_hash,
        is_admin: false,
        approval_pending: instance.account_approval_required,
        confirmation_token: digest.as_ref().map(|digest| &digest[..]),
        reason: Some(reason.as_str()).filter(|reason| !reason.is_empty()),
    };
    let id = super::accounts::create(tx, site.url, &new)?;
    accounts::set(tx, id, Column::DisplayName, wanted.name.clone())?;
    let links = addressing::resolve(tx, site.url, &wanted.bio)?.links;
    let bio = format::render(&wanted.bio, ContentType::Plain, &links);
    accounts::set(tx, id, Column::Note, bio.html)?;
    accounts::set(tx, id, Column::NoteSource, wanted.bio.clone())?;
    if let Some(locale) = &wanted.locale {
        users::set_locale(tx, id, locale)?;
    }
    let user = users::by_id(tx, id)?.ok_or(Error::record())?;
    announce(tx, site, &user, confirmation.as_deref())?;
    Ok(user)
}

fn announce(tx: &Tx, site: &Site, user: &UserRow, confirmation: Option<&str>) -> Result<()> {
    if let (Some(token), Some(email)) = (confirmation, &user.email) {
        let id = user.id.to_string();
        mails::send(tx, &site.confirmation(email, &user.username, &id, token))?;
    }
    if !user.flags.approval_pending {
        return Ok(());
    }
    let applicant = Applicant {
        username: &user.username,
        email: user.email.as_deref(),
        reason: user.registration_reason.as_deref().unwrap_or_default(),
    };
    mails::tell_admins(tx, site, &applicant)
}
