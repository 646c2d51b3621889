//! Archives of accounts: asking for one, and what becomes of those before.

use std::time::Duration;

use super::media::forget;
use crate::clock::Timestamp;
use crate::db::backups::{self, BackupRow};
use crate::db::{Tx, jobs};
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// Making one is work, and it is as large as all that somebody ever posted.
const PAUSE: Duration = Duration::from_secs(7 * 86_400);

/// Has an archive made, once a week at most; one that failed does not count.
pub fn begin(tx: &Tx, me: AccountId) -> Result<()> {
    let recent = |known: &BackupRow| {
        known.state != "failed" && known.created_at > Timestamp::now().minus(PAUSE)
    };
    if backups::of(tx, me)?.iter().any(recent) {
        let text = "Last export was less than 7 days ago";
        return Err(Error::BadRequest(text.into()));
    }
    let id = backups::insert(tx, me)?;
    jobs::push(tx, "make_backup", &id)
}

/// It is made; those before go. `false`: its owner is gone, and nobody waits for it.
pub fn complete(tx: &Tx, backup: &BackupRow, file: &str, size: u64) -> Result<bool> {
    if backups::by_id(tx, backup.id)?.is_none() {
        return Ok(false);
    }
    backups::complete(tx, backup.id, file, size)?;
    forget(tx, &backups::remove_older(tx, backup.account, backup.id)?)?;
    Ok(true)
}
