//! Second factors: the secrets of authenticator apps, and backup codes.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::ids::AccountId;

/// What is known of a user's authenticator app.
#[derive(Clone, Debug, Default)]
pub struct TotpRow {
    /// Asked for at logins; `None`: the second factor is off.
    pub secret: Option<Vec<u8>>,
    /// Shown, but not confirmed yet.
    pub pending: Option<Vec<u8>>,
    /// The step of the last code that was accepted.
    pub last_step: i64,
}

/// A user's authenticator app; empty where there never was one.
pub fn totp(db: &Connection, account: AccountId) -> Result<TotpRow> {
    let found = db
        .prepare_cached("SELECT secret, pending, last_step FROM mfa_totp WHERE account_id = ?1")?
        .query_row(params![account], |row| {
            Ok(TotpRow {
                secret: row.get(0)?,
                pending: row.get(1)?,
                last_step: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Keeps a new secret until it is confirmed; one that waited before is forgotten.
pub fn set_pending(db: &Connection, account: AccountId, secret: &[u8]) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO mfa_totp (account_id, pending) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET pending = excluded.pending",
    )?
    .execute(params![account, secret])?;
    Ok(())
}

/// The secret that waits is the one from now on; `step` is that of the code which confirmed it.
pub fn activate_pending(db: &Connection, account: AccountId, step: i64) -> Result<()> {
    db.prepare_cached(
        "UPDATE mfa_totp SET secret = pending, pending = NULL, last_step = ?2 WHERE account_id = ?1",
    )?
    .execute(params![account, step])?;
    Ok(())
}

/// Notes the step of the last code that was accepted.
pub fn set_last_step(db: &Connection, account: AccountId, step: i64) -> Result<()> {
    db.prepare_cached("UPDATE mfa_totp SET last_step = ?2 WHERE account_id = ?1")?
        .execute(params![account, step])?;
    Ok(())
}

/// Replaces all backup codes of a user; they are SHA-256 hashes.
pub fn replace_backup_codes(
    db: &Connection,
    account: AccountId,
    hashes: &[[u8; 32]],
) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_backup_codes WHERE account_id = ?1")?
        .execute(params![account])?;
    let mut insert =
        db.prepare_cached("INSERT INTO mfa_backup_codes (account_id, code) VALUES (?1, ?2)")?;
    for hash in hashes {
        insert.execute(params![account, hash])?;
    }
    Ok(())
}

/// Uses a backup code up; `false`: the user has no such code.
pub fn burn_backup_code(db: &Connection, account: AccountId, hash: &[u8]) -> Result<bool> {
    let burned = db
        .prepare_cached("DELETE FROM mfa_backup_codes WHERE account_id = ?1 AND code = ?2")?
        .execute(params![account, hash])?;
    Ok(burned == 1)
}

/// Forgets every secret and every backup code of a user.
pub fn clear(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM mfa_totp WHERE account_id = ?1")?
        .execute(params![account])?;
    replace_backup_codes(db, account, &[])
}
