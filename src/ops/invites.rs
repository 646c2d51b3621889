//! Invites: giving out, using and revoking them (pleroma-contract C.5).

use crate::auth::secret;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::db::invites::{self, InviteRow};
use crate::error::{Error, Result};
use rusqlite::Connection;

/// Makes an invitation; without either limit it works once.
pub fn create(tx: &Tx, max_use: Option<i64>, expires_on: Option<&str>) -> Result<InviteRow> {
    let token = secret::token();
    invites::insert(tx, &token, max_use, expires_on)?;
    find(tx, &token)
}

/// Ends an invitation for good.
pub fn revoke(tx: &Tx, token: &str) -> Result<InviteRow> {
    let invite = find(tx, token)?;
    invites::set_uses(tx, invite.id, invite.uses, true)?;
    find(tx, token)
}

fn find(db: &Connection, token: &str) -> Result<InviteRow> {
    invites::by_token(db, token)?.ok_or(Error::Status(404, "Not found".into()))
}

/// The invitation, if it lets somebody in today. No token at all is told as an expired one: clients know that text.
pub fn valid(db: &Connection, token: Option<&str>) -> Result<InviteRow> {
    let expired = || Error::BadRequest("Expired token".into());
    let token = token.ok_or_else(expired)?;
    let invite =
        invites::by_token(db, token)?.ok_or_else(|| Error::BadRequest("Invalid token".into()))?;
    if invite.is_valid(&Timestamp::now().date()) {
        Ok(invite)
    } else {
        Err(expired())
    }
}

/// Uses an invitation, in the transaction that makes the account: who comes second finds it used.
pub fn redeem(tx: &Tx, token: Option<&str>) -> Result<()> {
    let invite = valid(tx, token)?;
    match (invite.max_use, &invite.expires_on) {
        (None, None) => invites::set_uses(tx, invite.id, invite.uses, true),
        // Limited by its date alone: never counted.
        (None, Some(_)) => Ok(()),
        (Some(most), _) => {
            let uses = invite.uses + 1;
            invites::set_uses(tx, invite.id, uses, uses >= most)
        }
    }
}
