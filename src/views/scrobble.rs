//! What somebody listened to (pleroma-contract 19).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::View;
use crate::clock::Timestamp;
use crate::db;
use crate::db::scrobbles::ScrobbleRow;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ScrobbleId};

/// A scrobble.
#[derive(Serialize)]
pub struct Scrobble {
    id: ScrobbleId,
    account: Arc<RawValue>,
    title: String,
    artist: Option<String>,
    album: Option<String>,
    length: Option<i64>,
    #[serde(rename = "externalLink")]
    link: Option<String>,
    created_at: Timestamp,
}

impl View<'_> {
    /// Scrobbles in the order of the rows.
    pub fn scrobbles(&self, rows: Vec<ScrobbleRow>) -> Result<Vec<Scrobble>> {
        let mut people: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
        people.dedup();
        let accounts: HashMap<AccountId, Arc<RawValue>> =
            self.rendered(&db::accounts::revs(self.db, &people)?)?;
        let shown = rows.into_iter().map(|row| {
            Ok(Scrobble {
                id: row.id,
                account: accounts.get(&row.account).cloned().ok_or(Error::record())?,
                title: row.title,
                artist: row.artist,
                album: row.album,
                length: row.length,
                link: row.link,
                created_at: row.created_at,
            })
        });
        shown.collect()
    }
}
