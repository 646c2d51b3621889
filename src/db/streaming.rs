//! What open streams ask: which of the people who listen may see a status, and in which of their timelines it stands.

use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params};

use crate::db::json_ids;
use crate::error::Result;
use crate::events::{Seer, Sight};
use crate::ids::{AccountId, StatusId};
use crate::{reached, unblocked, unmuted, visible, wanted_at_home, wanted_on_list};

/// One statement for all viewers: who may see the status, and muted neither its author nor its thread.
macro_rules! sights {
    ($which:literal) => {
        sights!(
            $which,
            visible!("s", "v.value"),
            unblocked!("s", "v.value")
        )
    };
    ($which:literal, $seen:expr, $unblocked:expr) => {
        concat!(
            "SELECT s.id, s.visibility = 0 AND s.reblog_of_id IS NULL, s.visibility = 3, s.local, a.host,
                    s.reblog_of_id IS NULL AND EXISTS (SELECT 1 FROM media WHERE status_id = s.id),
                    (SELECT json_group_array(t.name) FROM status_tags AS st JOIN tags AS t ON t.id = st.tag_id
                      WHERE st.status_id = s.id),
                    v.value,
                    EXISTS (SELECT 1 FROM home_entries WHERE account_id = v.value AND status_id = s.id) AND ",
            wanted_at_home!("s", "v.value"),
            ",
                    (SELECT json_group_array(l.id) FROM lists AS l
                      WHERE l.account_id = v.value
                        AND EXISTS (SELECT 1 FROM list_entries WHERE list_id = l.id AND status_id = s.id) AND ",
            wanted_on_list!("s", "v.value", "l.id"),
            ")",
            " FROM statuses AS s CROSS JOIN accounts AS a ON a.id = s.account_id CROSS JOIN json_each(?2) AS v WHERE ",
            $which,
            " AND ",
            $seen,
            " AND ",
            $unblocked,
            " AND ",
            unmuted!("s", "v.value")
        )
    };
}

/// A status through the eyes of these viewers; `None` when none of them sees it.
pub fn sight(
    db: &Connection,
    status: StatusId,
    viewers: &[Option<AccountId>],
) -> Result<Option<Sight>> {
    Ok(read(db, sights!("s.id = ?1"), &status, viewers)?.pop())
}

/// A status and the reblogs of it, which go when it goes, through the eyes of these viewers.
pub fn sights_with_reblogs(
    db: &Connection,
    status: StatusId,
    viewers: &[Option<AccountId>],
) -> Result<Vec<Sight>> {
    let sql = sights!("(s.id = ?1 OR s.reblog_of_id = ?1)");
    read(db, sql, &status, viewers)
}

/// Statuses of somebody whom nobody sees any more, and the reblogs of them, through the eyes of those who saw them.
pub fn sights_of_hidden(
    db: &Connection,
    statuses: &[StatusId],
    viewers: &[Option<AccountId>],
) -> Result<Vec<Sight>> {
    let sql = sights!(
        "(s.id IN (SELECT value FROM json_each(?1)) OR s.reblog_of_id IN (SELECT value FROM json_each(?1)))",
        reached!("s", "v.value", ""),
        unblocked!("s", "v.value", "0")
    );
    read(db, sql, &json_ids(statuses), viewers)
}

fn read(
    db: &Connection,
    sql: &str,
    which: &dyn ToSql,
    viewers: &[Option<AccountId>],
) -> Result<Vec<Sight>> {
    let viewers: Vec<Option<i64>> = viewers.iter().map(|viewer| viewer.map(i64::from)).collect();
    let mut stmt = db.prepare_cached(sql)?;
    let mut rows = stmt.query(params![which, serde_json::to_string(&viewers)?])?;
    let mut found: Vec<Sight> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: StatusId = row.get(0)?;
        let seer = Seer {
            viewer: row.get(7)?,
            at_home: row.get(8)?,
            lists: serde_json::from_str(&row.get::<_, String>(9)?)?,
        };
        match found.iter_mut().find(|sight| sight.status == id) {
            Some(sight) => sight.seen_by.push(seer),
            None => found.push(begin(row, id, seer)?),
        }
    }
    Ok(found)
}

fn begin(row: &Row, status: StatusId, first: Seer) -> Result<Sight> {
    Ok(Sight {
        status,
        public: row.get(1)?,
        direct: row.get(2)?,
        local: row.get(3)?,
        host: row.get(4)?,
        media: row.get(5)?,
        tags: serde_json::from_str(&row.get::<_, String>(6)?)?,
        seen_by: vec![first],
    })
}
