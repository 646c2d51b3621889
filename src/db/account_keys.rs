//! Key pairs of local accounts, and the public keys of others. A key id belongs to one account for ever.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AccountId;

/// The key pair of a local account.
pub struct OwnKeyRow {
    /// The key's id.
    pub uri: String,
    /// SPKI, PEM.
    pub public_pem: String,
    /// PKCS#8, DER.
    pub private: Vec<u8>,
}

/// The key pair of a local account, if it was made already.
pub fn own(db: &Connection, account: AccountId) -> Result<Option<OwnKeyRow>> {
    Ok(db
        .prepare_cached(
            "SELECT key_uri, public_pem, private_pkcs8 FROM account_keys WHERE account_id = ?1 AND private_pkcs8 IS NOT NULL",
        )?
        .query_row(params![account], |row| {
            Ok(OwnKeyRow {
                uri: row.get(0)?,
                public_pem: row.get(1)?,
                private: row.get(2)?,
            })
        })
        .optional()?)
}

/// The public half of the key of ours with that id.
pub fn own_public(db: &Connection, uri: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "SELECT public_pem FROM account_keys WHERE key_uri = ?1 AND private_pkcs8 IS NOT NULL",
        )?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}

/// Removes the key pair of a local account.
pub fn remove_own(db: &Connection, account: AccountId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM account_keys WHERE account_id = ?1 AND private_pkcs8 IS NOT NULL",
    )?
    .execute(params![account])?;
    Ok(())
}

/// Keeps a new key pair, unless the account has one by now.
pub fn insert_own(
    db: &Connection,
    account: AccountId,
    uri: &str,
    public_pem: &str,
    private: &[u8],
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO account_keys (key_uri, account_id, public_pem, private_pkcs8, fetched_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![uri, account, public_pem, private, Timestamp::now()])?;
    Ok(())
}

/// Gives a local account another key pair under the same id, and the account another revision. Returns the private half that it
/// had, PKCS#8, DER; `None` where there was none, and there is none now.
pub fn replace_own(
    db: &Connection,
    account: AccountId,
    public_pem: &str,
    private: &[u8],
) -> Result<Option<Vec<u8>>> {
    let former = own(db, account)?.map(|key| key.private);
    db.prepare_cached(
        "UPDATE account_keys SET public_pem = ?2, private_pkcs8 = ?3, fetched_at = ?4
          WHERE account_id = ?1 AND private_pkcs8 IS NOT NULL",
    )?
    .execute(params![account, public_pem, private, Timestamp::now()])?;
    db.prepare_cached("UPDATE accounts SET rev = rev + 1 WHERE id = ?1")?
        .execute(params![account])?;
    Ok(former)
}

/// The public key of an account elsewhere.
pub struct RemoteKeyRow {
    /// Whose it is.
    pub account: AccountId,
    /// The owner's actor id.
    pub account_uri: String,
    /// As the owner shows it.
    pub public_pem: String,
    /// When it was read.
    pub fetched_at: Timestamp,
    /// Not to be read again before.
    pub refresh_after: Timestamp,
}

/// The key of that id, if it is somebody else's and known.
pub fn remote(db: &Connection, uri: &str) -> Result<Option<RemoteKeyRow>> {
    Ok(db
        .prepare_cached(
            "SELECT k.account_id, a.uri, k.public_pem, k.fetched_at, k.refresh_after
               FROM account_keys AS k JOIN accounts AS a ON a.id = k.account_id
              WHERE k.key_uri = ?1 AND k.private_pkcs8 IS NULL",
        )?
        .query_row(params![uri], |row| {
            Ok(RemoteKeyRow {
                account: row.get(0)?,
                account_uri: row.get(1)?,
                public_pem: row.get(2)?,
                fetched_at: row.get(3)?,
                refresh_after: row.get(4)?,
            })
        })
        .optional()?)
}

/// Keeps the key of an account elsewhere; `false` when the id is another's already (security.md A4).
pub fn put_remote(
    db: &Connection,
    uri: &str,
    account: AccountId,
    public_pem: &str,
) -> Result<bool> {
    let kept = db
        .prepare_cached(
            "INSERT INTO account_keys (key_uri, account_id, public_pem, fetched_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key_uri) DO UPDATE SET public_pem = excluded.public_pem, fetched_at = excluded.fetched_at
              WHERE account_id = excluded.account_id AND private_pkcs8 IS NULL",
        )?
        .execute(params![uri, account, public_pem, Timestamp::now()])?;
    Ok(kept == 1)
}

/// Nobody reads that key again before then.
pub fn put_off_refresh(db: &Connection, uri: &str, until: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE account_keys SET refresh_after = ?2 WHERE key_uri = ?1")?
        .execute(params![uri, until])?;
    Ok(())
}
