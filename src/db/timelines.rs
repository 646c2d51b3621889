//! Timelines: each is one range of one index, filtered by the visibility predicate.

use rusqlite::{Connection, params};

use super::page::{Page, ids};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, unmuted, visible};

/// The newest statuses everybody may see: the public timeline.
pub fn public(
    db: &Connection,
    viewer: Option<AccountId>,
    page: &Page,
    local: bool,
    with_muted: bool,
) -> Result<Vec<StatusId>> {
    macro_rules! sql {
        ($extra:literal, $order:literal) => {
            concat!(
                "SELECT s.id FROM statuses AS s WHERE s.visibility = 0 AND s.reblog_of_id IS NULL",
                $extra,
                " AND s.id < ?1 AND s.id > ?2 AND ",
                visible!("s", "?3"),
                " AND ",
                unblocked!("s", "?3"),
                " AND (?5 OR ",
                unmuted!("s", "?3"),
                ") ORDER BY s.id ",
                $order,
                " LIMIT ?4"
            )
        };
    }
    let sql = match (local, page.upwards()) {
        (true, false) => sql!(" AND s.local = 1", "DESC"),
        (true, true) => sql!(" AND s.local = 1", "ASC"),
        (false, false) => sql!("", "DESC"),
        (false, true) => sql!("", "ASC"),
    };
    ids(
        db,
        sql,
        params![page.before(), page.after(), viewer, page.limit, with_muted],
        page.upwards(),
    )
}
