//! What posting needs to know of other rows.

use rusqlite::{Connection, OptionalExtension, params};

use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

/// A status about to be answered.
#[derive(Clone, Debug)]
pub struct Parent {
    /// Its id; never a reblog's.
    pub id: StatusId,
    /// Its author.
    pub account: AccountId,
    /// How far it reaches.
    pub visibility: Visibility,
    /// Its thread.
    pub conversation: i64,
}

/// The status with that id or, if that is a reblog, the one that it wraps; only where the viewer may see it.
pub fn parent(db: &Connection, viewer: AccountId, id: StatusId) -> Result<Option<Parent>> {
    Ok(db
        .prepare_cached(concat!(
            "SELECT s.id, s.account_id, s.visibility, s.conversation_id FROM statuses AS s
              WHERE s.id = (SELECT coalesce(reblog_of_id, id) FROM statuses WHERE id = ?1) AND ",
            visible!("s", "?2"),
            " AND ",
            unblocked!("s", "?2")
        ))?
        .query_row(params![id, viewer], |row| {
            Ok(Parent {
                id: row.get(0)?,
                account: row.get(1)?,
                visibility: row.get(2)?,
                conversation: row.get(3)?,
            })
        })
        .optional()?)
}
