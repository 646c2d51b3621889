//! Accounts that an admin makes for others: usable at once, without approval or confirmation.

use rusqlite::Connection;

use crate::auth::{names, password};
use crate::config::BaseUrl;
use crate::db::{Tx, accounts, users};
use crate::error::{Error, Result};
use crate::ops::accounts::{NewAccount, create};
use crate::ops::moderation_log::{Subject, names as told, record};
use crate::ops::sessions::Viewer;

/// An account that an admin wants, as typed.
pub struct Wanted {
    /// In any case.
    pub nickname: String,
    /// Required here.
    pub email: String,
    /// As typed.
    pub password: String,
}

/// What is wrong with each of them, in their order; `None` for the blameless. Two of the list may clash with each other.
pub fn problems(db: &Connection, wanted: &[Wanted]) -> Result<Vec<Option<String>>> {
    let mut found = Vec::with_capacity(wanted.len());
    for (position, one) in wanted.iter().enumerate() {
        found.push(match rule_broken(one) {
            Some(problem) => Some(problem),
            None => clash(db, one, &wanted[..position])?.map(str::to_owned),
        });
    }
    Ok(found)
}

fn rule_broken(one: &Wanted) -> Option<String> {
    let told = |field: &str, rule: &str| format!("{field} {rule}");
    let name = names::username(&one.nickname).err();
    let email = names::check_email(&one.email).err();
    let password = password::check_new(&one.password).err();
    name.map(|rule| told("nickname", rule))
        .or(email.map(|rule| told("email", rule)))
        .or(password.map(|rule| told("password", rule)))
}

fn clash(db: &Connection, one: &Wanted, before: &[Wanted]) -> Result<Option<&'static str>> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let (name, email) = users::taken(db, &one.nickname.to_ascii_lowercase(), Some(&one.email))?;
    let name = name
        || before
            .iter()
            .any(|other| same(&other.nickname, &one.nickname));
    let email = email || before.iter().any(|other| same(&other.email, &one.email));
    Ok(match (name, email) {
        (true, _) => Some("nickname has already been taken"),
        (_, true) => Some("email has already been taken"),
        _ => None,
    })
}

/// Makes all of them; `hashes` are those of their passwords. Ask [`problems`] in the same transaction first.
pub fn create_all(
    tx: &Tx,
    base: &BaseUrl,
    actor: Option<&Viewer>,
    wanted: &[Wanted],
    hashes: &[String],
) -> Result<()> {
    let mut made = Vec::with_capacity(wanted.len());
    for (one, hash) in wanted.iter().zip(hashes) {
        let new = NewAccount {
            username: &one.nickname.to_ascii_lowercase(),
            email: Some(&one.email),
            password_hash: hash,
            is_admin: false,
            approval_pending: false,
            confirmation_token: None,
            reason: None,
        };
        let id = create(tx, base, &new)?;
        made.push(accounts::by_id(tx, id)?.ok_or(Error::record())?);
    }
    let subjects: Vec<Subject> = made.iter().map(Subject::user).collect();
    record(
        tx,
        actor,
        "create",
        &subjects,
        &format!("created users: {}", told(&made)),
    )
}
