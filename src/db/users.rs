//! Users: the local people who may log in, and whether they may.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::visibility::Visibility;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// A local user's row, without preferences.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// The account with the same id.
    pub id: AccountId,
    /// Folded name.
    pub username: String,
    /// `None`: none given, or the account is deleted.
    pub email: Option<String>,
    /// bcrypt.
    pub password_hash: String,
    /// Full rights.
    pub is_admin: bool,
    /// Reports and statuses.
    pub is_moderator: bool,
    /// Flags that keep it from logging in.
    pub flags: Flags,
    /// Why it wants to be here, if asked.
    pub registration_reason: Option<String>,
    /// The second factor is on.
    pub mfa: bool,
}

/// What keeps a user from logging in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// Switched off by an admin or the owner, or deleted.
    pub deactivated: bool,
    /// Must choose a new password.
    pub reset_pending: bool,
    /// An admin has not approved it.
    pub approval_pending: bool,
    /// The e-mail address is not confirmed.
    pub confirmation_pending: bool,
}

/// Whether a user may log in (pleroma-contract B.9, C.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// May log in.
    Active,
    /// Deactivated.
    Deactivated,
    /// Password reset pending.
    ResetPending,
    /// Awaiting approval. No setting changes this: only approval does.
    ApprovalPending,
    /// Awaiting confirmation, and the setting demands it now.
    ConfirmationPending,
}

impl Flags {
    /// The first reason that applies, in the order in which it is told. Whether approval is required of *new* accounts
    /// is no argument here on purpose: an unapproved user can never log in, whatever the settings become.
    pub fn standing(&self, activation_required: bool) -> Standing {
        match self {
            Flags {
                deactivated: true, ..
            } => Standing::Deactivated,
            Flags {
                reset_pending: true,
                ..
            } => Standing::ResetPending,
            Flags {
                approval_pending: true,
                ..
            } => Standing::ApprovalPending,
            Flags {
                confirmation_pending: true,
                ..
            } if activation_required => Standing::ConfirmationPending,
            _ => Standing::Active,
        }
    }
}

impl UserRow {
    fn read(row: &Row) -> rusqlite::Result<UserRow> {
        Ok(UserRow {
            id: row.get("account_id")?,
            username: row.get("username")?,
            email: row.get("email")?,
            password_hash: row.get("password_hash")?,
            is_admin: row.get("is_admin")?,
            is_moderator: row.get("is_moderator")?,
            flags: Flags {
                deactivated: row.get("deactivated")?,
                reset_pending: row.get("reset_pending")?,
                approval_pending: row.get("approval_pending")?,
                confirmation_pending: row.get("confirmation_pending")?,
            },
            registration_reason: row.get("registration_reason")?,
            mfa: row.get("mfa")?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT u.account_id, a.username, u.email, u.password_hash, u.is_admin, u.is_moderator, a.deactivated, u.reset_pending,
                    u.approval_pending, u.confirmation_pending, u.registration_reason,
                    EXISTS (SELECT 1 FROM mfa_totp AS m WHERE m.account_id = u.account_id AND m.secret IS NOT NULL) AS mfa
               FROM users AS u JOIN accounts AS a ON a.id = u.account_id ",
            $rest
        )
    };
}

/// The user with that id.
pub fn by_id(db: &Connection, id: AccountId) -> Result<Option<UserRow>> {
    Ok(db
        .prepare_cached(select!("WHERE u.account_id = ?1"))?
        .query_row(params![id], UserRow::read)
        .optional()?)
}

/// The user with that name.
pub fn by_name(db: &Connection, username: &str) -> Result<Option<UserRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.username = ?1 AND a.host = ''"))?;
    Ok(stmt
        .query_row(params![username.to_lowercase()], UserRow::read)
        .optional()?)
}

/// The user with that name or, where no such name exists, that e-mail address (any case).
pub fn by_name_or_email(db: &Connection, login: &str) -> Result<Option<UserRow>> {
    if let Some(found) = by_name(db, login)? {
        return Ok(Some(found));
    }
    Ok(db
        .prepare_cached(select!("WHERE u.email = ?1"))?
        .query_row(params![login], UserRow::read)
        .optional()?)
}

/// All users by name; for the command line.
pub fn all(db: &Connection) -> Result<Vec<UserRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE a.deleted_at IS NULL ORDER BY a.username"))?;
    let rows = stmt.query_map([], UserRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether anybody lives here; the setup page opens only while nobody does (security.md O13).
pub fn any(db: &Connection) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM users)")?
        .query_row([], |row| row.get(0))?)
}

/// What a new user begins with.
pub struct NewUser<'a> {
    /// Its account's id.
    pub id: AccountId,
    /// Unique without regard to case.
    pub email: Option<&'a str>,
    /// bcrypt.
    pub password_hash: &'a str,
    /// Full rights.
    pub is_admin: bool,
    /// Waits for an admin.
    pub approval_pending: bool,
    /// SHA-256 of the token in the confirmation link, if it must confirm.
    pub confirmation_token: Option<&'a [u8]>,
    /// Why it wants to be here.
    pub reason: Option<&'a str>,
}

/// Adds the user's row to its account. Call [`refresh_visibility`] after.
pub fn insert(db: &Connection, new: &NewUser) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO users (account_id, email, password_hash, is_admin, approval_pending, confirmation_pending, confirmation_token,
                            registration_reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.id,
        new.email,
        new.password_hash,
        new.is_admin,
        new.approval_pending,
        new.confirmation_token.is_some(),
        new.confirmation_token,
        new.reason,
    ])?;
    Ok(())
}

/// Recomputes `accounts.hidden`: pending, unconfirmed, deactivated and deleted accounts are shown to admins only (C.3).
/// Every change of a flag ends with it.
pub fn refresh_visibility(db: &Connection, id: AccountId) -> Result<()> {
    db.prepare_cached(
        "UPDATE accounts SET hidden = deactivated OR deleted_at IS NOT NULL OR coalesce(
                (SELECT approval_pending OR confirmation_pending FROM users WHERE account_id = ?1), 0)
          WHERE id = ?1",
    )?
    .execute(params![id])?;
    Ok(())
}

/// Switches an account off or on.
pub fn set_deactivated(db: &Connection, id: AccountId, deactivated: bool) -> Result<()> {
    db.prepare_cached("UPDATE accounts SET deactivated = ?2 WHERE id = ?1")?
        .execute(params![id, deactivated])?;
    refresh_visibility(db, id)
}

/// Lets a pending account in.
pub fn approve(db: &Connection, id: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE users SET approval_pending = 0 WHERE account_id = ?1")?
        .execute(params![id])?;
    refresh_visibility(db, id)
}

/// Notes that the e-mail address is confirmed; the link's token dies.
pub fn confirm(db: &Connection, id: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE users SET confirmation_pending = 0, confirmation_token = NULL WHERE account_id = ?1")?
        .execute(params![id])?;
    refresh_visibility(db, id)
}

/// Replaces the e-mail address.
pub fn set_email(db: &Connection, id: AccountId, email: &str) -> Result<()> {
    db.prepare_cached("UPDATE users SET email = ?2 WHERE account_id = ?1")?
        .execute(params![id, email])?;
    Ok(())
}

/// Whether somebody else has that e-mail address, in whatever case.
pub fn is_email_of_another(db: &Connection, id: AccountId, email: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM users WHERE email = ?2 AND account_id <> ?1)",
        )?
        .query_row(params![id, email], |row| row.get(0))?)
}

/// Replaces the password and lifts a pending reset.
pub fn set_password(db: &Connection, id: AccountId, hash: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE users SET password_hash = ?2, reset_pending = 0 WHERE account_id = ?1",
    )?
    .execute(params![id, hash])?;
    Ok(())
}

/// People who show that they look after this server, admins first, with their actor ids.
pub fn staff(db: &Connection) -> Result<Vec<(AccountId, String)>> {
    let mut stmt = db.prepare_cached(
        "SELECT a.id, a.uri FROM users AS u JOIN accounts AS a ON a.id = u.account_id
          WHERE (u.is_admin OR u.is_moderator) AND u.show_role AND a.hidden = 0 ORDER BY u.is_admin DESC, a.id",
    )?;
    let rows = stmt.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a person's posts are like unless they say otherwise.
#[derive(Clone, Debug)]
pub struct Habits {
    /// How far they reach.
    pub visibility: Visibility,
    /// Their attachments are hidden at first.
    pub sensitive: bool,
    /// Their language.
    pub language: Option<String>,
    /// The person moved to another account, and posts there.
    pub moved: bool,
}

/// A local person's habits of posting.
pub fn habits(db: &Connection, id: AccountId) -> Result<Habits> {
    let found = db
        .prepare_cached(
            "SELECT default_visibility, default_sensitive, default_language,
                    (SELECT moved_to_id FROM accounts WHERE id = ?1) IS NOT NULL FROM users WHERE account_id = ?1",
        )?
        .query_row(params![id], |row| {
            Ok(Habits {
                visibility: Visibility::parse(&row.get::<_, String>(0)?).unwrap_or(Visibility::Public),
                sensitive: row.get(1)?,
                language: row.get(2)?,
                moved: row.get(3)?,
            })
        })?;
    Ok(found)
}

/// Moment of the newest post, for usage figures: users active since then.
pub fn active_since(db: &Connection, moment: Timestamp) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM users AS u JOIN accounts AS a ON a.id = u.account_id WHERE a.hidden = 0 AND a.last_status_at >= ?1",
        )?
        .query_row(params![moment], |row| row.get(0))?)
}

/// Whether another account has that name or address; names of deleted accounts stay taken.
pub fn taken(db: &Connection, username: &str, email: Option<&str>) -> Result<(bool, bool)> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM accounts WHERE username = ?1 AND host = ''), EXISTS (SELECT 1 FROM users WHERE email = ?2)",
        )?
        .query_row(params![username, email], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Marks an account as deleted: hidden, without an address, its name taken for ever. The password stays, so that its owner
/// is told at a login why it is refused (pleroma-contract 4).
pub fn mark_deleted(db: &Connection, id: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE accounts SET deleted_at = ?2, deactivated = 1 WHERE id = ?1")?
        .execute(params![id, Timestamp::now()])?;
    db.prepare_cached(
        "UPDATE users SET email = NULL, is_admin = 0, is_moderator = 0 WHERE account_id = ?1",
    )?
    .execute(params![id])?;
    refresh_visibility(db, id)
}

/// Addresses of the admins who can act.
pub fn admin_addresses(db: &Connection) -> Result<Vec<String>> {
    let mut stmt = db.prepare_cached(
        "SELECT u.email FROM users AS u JOIN accounts AS a ON a.id = u.account_id
          WHERE u.is_admin = 1 AND u.email IS NOT NULL AND a.deactivated = 0 ORDER BY u.account_id",
    )?;
    let rows = stmt.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets the language in which the person is spoken to.
pub fn set_locale(db: &Connection, id: AccountId, locale: &str) -> Result<()> {
    db.prepare_cached("UPDATE users SET locale = ?2 WHERE account_id = ?1")?
        .execute(params![id, locale])?;
    Ok(())
}

/// Replaces the token of the confirmation link: only the newest link counts.
pub fn set_confirmation_token(db: &Connection, id: AccountId, hash: &[u8]) -> Result<()> {
    db.prepare_cached("UPDATE users SET confirmation_token = ?2 WHERE account_id = ?1")?
        .execute(params![id, hash])?;
    Ok(())
}

/// Whether that is the hash of the account's confirmation token.
pub fn is_confirmation_token(db: &Connection, id: AccountId, hash: &[u8]) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM users WHERE account_id = ?1 AND confirmation_token = ?2 AND confirmation_pending = 1)",
        )?
        .query_row(params![id, hash], |row| row.get(0))?)
}

/// Demands a new password: until it is set, nobody logs in.
pub fn demand_reset(db: &Connection, id: AccountId) -> Result<()> {
    db.prepare_cached("UPDATE users SET reset_pending = 1 WHERE account_id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// A role that an admin gives and takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Full rights.
    Admin,
    /// Reports and statuses.
    Moderator,
}

impl Group {
    /// As clients and messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Group::Admin => "admin",
            Group::Moderator => "moderator",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Group> {
        match name {
            "admin" => Some(Group::Admin),
            "moderator" => Some(Group::Moderator),
            _ => None,
        }
    }
}

/// Gives or takes a role.
pub fn set_group(db: &Connection, id: AccountId, group: Group, member: bool) -> Result<()> {
    let sql = match group {
        Group::Admin => "UPDATE users SET is_admin = ?2 WHERE account_id = ?1",
        Group::Moderator => "UPDATE users SET is_moderator = ?2 WHERE account_id = ?1",
    };
    db.prepare_cached(sql)?.execute(params![id, member])?;
    Ok(())
}

/// What only admins see of a user.
#[derive(Clone, Debug, Default)]
pub struct Particulars {
    /// Its address.
    pub email: Option<String>,
    /// Why it wants to be here.
    pub registration_reason: Option<String>,
}

/// What only admins see of users, for a whole page; remote accounts have nothing.
pub fn particulars(
    db: &Connection,
    ids: &[AccountId],
) -> Result<std::collections::HashMap<AccountId, Particulars>> {
    let mut stmt = db.prepare_cached(
        "SELECT account_id, email, registration_reason FROM users WHERE account_id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = stmt.query_map(params![super::json_ids(ids)], |row| {
        let particulars = Particulars {
            email: row.get(1)?,
            registration_reason: row.get(2)?,
        };
        Ok((row.get(0)?, particulars))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Removes an account that never took part in anything, and its name with it. `false`: it left words or files.
pub fn remove_unused(db: &Connection, id: AccountId) -> Result<bool> {
    let removed = db
        .prepare_cached(
            "DELETE FROM accounts WHERE id = ?1 AND coalesce(avatar, header, background) IS NULL
                AND NOT EXISTS (SELECT 1 FROM statuses WHERE account_id = ?1)
                AND NOT EXISTS (SELECT 1 FROM media WHERE account_id = ?1)",
        )?
        .execute(params![id])?;
    if removed == 1 {
        db.prepare_cached("DELETE FROM account_search WHERE rowid = ?1")?
            .execute(params![id])?;
    }
    Ok(removed == 1)
}
