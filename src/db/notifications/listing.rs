//! Reading notifications: what a person's list shows of what was once told (pleroma-contract A.6).

use rusqlite::{Connection, Row, params};

use super::Kind;
use crate::clock::Timestamp;
use crate::db::json_ids;
use crate::db::page::Page;
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, ChatMessageId, NotificationId, ReportId, StatusId};
use crate::{none_of, visible};

/// A notification with what is needed to show it.
#[derive(Clone, Debug)]
pub struct NotificationRow {
    /// Its id.
    pub id: NotificationId,
    /// The API's `type`.
    pub kind: String,
    /// Who did it.
    pub actor: AccountId,
    /// Where that person moved to.
    pub moved_to: Option<AccountId>,
    /// To which status.
    pub status: Option<StatusId>,
    /// With which emoji.
    pub emoji: Option<String>,
    /// By which message in a chat.
    pub chat_message: Option<ChatMessageId>,
    /// By which report.
    pub report: Option<ReportId>,
    /// The emoji's picture, if it is another server's.
    pub emoji_url: Option<String>,
    /// The reader has marked it.
    pub seen: bool,
    /// The reader muted the actor or the thread.
    pub muted: bool,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Which notifications a list shows.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Of these kinds only.
    pub kinds: Vec<Kind>,
    /// None about statuses of these visibilities.
    pub without: Vec<Visibility>,
    /// Of this actor only.
    pub actor: Option<AccountId>,
    /// Those of muted people and threads too.
    pub with_muted: bool,
    /// Those that nobody marked as seen.
    pub unseen: bool,
    /// Those that the reader's policy keeps back too.
    pub with_filtered: bool,
    /// About this status only.
    pub status: Option<StatusId>,
}

impl Default for Filter {
    /// What a list shows when nothing is asked for.
    fn default() -> Filter {
        Filter {
            kinds: Kind::LISTED.to_vec(),
            without: Vec::new(),
            actor: None,
            with_muted: false,
            unseen: false,
            with_filtered: false,
            status: None,
        }
    }
}

/// Who did it is not muted, blocked or hidden, and the reader's policy does not keep it back. `n` is the notification, `a` the
/// actor, `m` the reader's mute of the actor.
macro_rules! heard {
    ($reader:literal, $with_muted:literal, $with_filtered:literal) => {
        concat!(
            "(",
            $with_muted,
            " OR coalesce(m.notifications, 0) = 0) AND (n.filtered = 0 OR ",
            $with_filtered,
            ") AND a.hidden = 0 AND ",
            none_of!(
                "blocks",
                concat!("account_id = ", $reader),
                "target_id = a.id"
            ),
            " AND (",
            none_of!(
                "domain_blocks",
                concat!("account_id = ", $reader),
                "host = a.host"
            ),
            " OR EXISTS (SELECT 1 FROM follows WHERE account_id = ",
            $reader,
            " AND target_id = a.id AND pending = 0))"
        )
    };
}

/// `$about` picks the index: `?12 IS NULL` for the reader's list, the status for what was told of one.
macro_rules! sql {
    ($about:literal, $order:literal) => {
        concat!(
            "SELECT n.id, n.kind, n.actor_id, a.moved_to_id, n.status_id, n.emoji, r.url, n.seen, n.created_at,
                    m.account_id IS NOT NULL OR cm.account_id IS NOT NULL, n.chat_message_id, n.report_id
               FROM notifications AS n JOIN accounts AS a ON a.id = n.actor_id
               LEFT JOIN statuses AS s ON s.id = n.status_id
               LEFT JOIN reactions AS r ON r.status_id = n.status_id AND r.emoji = n.emoji AND r.account_id = n.actor_id
               LEFT JOIN mutes AS m ON m.account_id = (SELECT account_id FROM mutes WHERE account_id = ?1) AND m.target_id = a.id
                                       AND (m.expires_at IS NULL OR m.expires_at > ?10)
               LEFT JOIN conversation_mutes AS cm ON cm.account_id = (SELECT account_id FROM conversation_mutes WHERE account_id = ?1)
                                                 AND cm.conversation_id = s.conversation_id AND (cm.expires_at IS NULL OR cm.expires_at > ?10)
              WHERE ",
            $about,
            " AND n.id < ?2 AND n.id > ?3
                AND n.kind IN (SELECT value FROM json_each(?4))
                AND (?5 IS NULL OR n.actor_id = ?5)
                AND (?6 OR cm.account_id IS NULL)
                AND (s.id IS NULL OR s.visibility NOT IN (SELECT value FROM json_each(?7)))
                AND (n.seen = 0 OR NOT ?8) AND (n.kind <> 'move' OR a.moved_to_id IS NOT NULL) AND ",
            heard!("?1", "?6", "?11"),
            " AND (s.id IS NULL OR ",
            visible!("s", "?1"),
            ") ORDER BY n.id ",
            $order,
            " LIMIT ?9"
        )
    };
}

/// A page of somebody's notifications, newest first.
pub fn list(
    db: &Connection,
    reader: AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<Vec<NotificationRow>> {
    let mut rows = Vec::new();
    walk(db, reader, filter, page, |row| {
        rows.push(row);
        true
    })?;
    if page.upwards() {
        rows.reverse();
    }
    Ok(rows)
}

/// Hands over a page of somebody's notifications in the order in which it is read, until no more are wanted.
pub fn walk(
    db: &Connection,
    reader: AccountId,
    filter: &Filter,
    page: &Page,
    mut more: impl FnMut(NotificationRow) -> bool,
) -> Result<()> {
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.name()).collect();
    let without: Vec<i64> = filter.without.iter().map(|one| *one as i64).collect();
    let mut stmt = db.prepare_cached(match (filter.status, page.upwards()) {
        (None, false) => sql!("n.account_id = ?1 AND ?12 IS NULL", "DESC"),
        (None, true) => sql!("n.account_id = ?1 AND ?12 IS NULL", "ASC"),
        (Some(_), false) => sql!("+n.account_id = ?1 AND n.status_id = ?12", "DESC"),
        (Some(_), true) => sql!("+n.account_id = ?1 AND n.status_id = ?12", "ASC"),
    })?;
    let rows = stmt.query_map(
        params![
            reader,
            page.before(),
            page.after(),
            serde_json::to_string(&kinds)?,
            filter.actor,
            filter.with_muted,
            json_ids(&without),
            filter.unseen,
            page.limit,
            Timestamp::now(),
            filter.with_filtered,
            filter.status
        ],
        read,
    )?;
    for row in rows {
        if !more(row?) {
            break;
        }
    }
    Ok(())
}

macro_rules! number_of {
    ($index:literal, $about:literal) => {
        concat!(
            "SELECT (SELECT count(*) FROM notifications AS n INDEXED BY ",
            $index,
            " JOIN accounts AS a ON a.id = n.actor_id
                LEFT JOIN mutes AS m ON m.account_id = (SELECT account_id FROM mutes WHERE account_id = ?1) AND m.target_id = a.id
                                       AND (m.expires_at IS NULL OR m.expires_at > ?5)
               WHERE n.account_id = ?1 AND n.kind = ?6 AND ",
            $about,
            " AND ",
            heard!("?1", "?2", "?3"),
            ") FROM json_each(?4) AS page"
        )
    };
}

/// How much was told of each of these statuses in one way; with a width, how much lies within so many ids from each of these
/// on. In the order asked. That what it is about may be seen is known.
pub fn totals(
    db: &Connection,
    reader: AccountId,
    filter: &Filter,
    kind: Kind,
    asked: &[i64],
    width: Option<i64>,
) -> Result<Vec<i64>> {
    let mut stmt = db.prepare_cached(match width {
        None => number_of!(
            "notifications_status",
            "n.status_id = page.value AND ?7 IS NULL"
        ),
        Some(_) => number_of!(
            "notifications_account",
            "n.id >= page.value AND n.id < page.value + ?7"
        ),
    })?;
    let rows = stmt.query_map(
        params![
            reader,
            filter.with_muted,
            filter.with_filtered,
            json_ids(asked),
            Timestamp::now(),
            kind.name(),
            width
        ],
        |row| row.get(0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One of somebody's notifications, muted or not; `None` when it is not theirs or may not be shown.
pub fn one(
    db: &Connection,
    reader: AccountId,
    id: NotificationId,
) -> Result<Option<NotificationRow>> {
    let filter = Filter {
        kinds: Kind::ALL.to_vec(),
        with_muted: true,
        with_filtered: true,
        ..Filter::default()
    };
    let page = Page {
        max_id: Some(id.0.saturating_add(1)),
        since_id: Some(id.0.saturating_sub(1)),
        min_id: None,
        limit: 1,
    };
    Ok(list(db, reader, &filter, &page)?.pop())
}

fn read(row: &Row) -> rusqlite::Result<NotificationRow> {
    Ok(NotificationRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        actor: row.get(2)?,
        moved_to: row.get(3)?,
        status: row.get(4)?,
        emoji: row.get(5)?,
        emoji_url: row.get(6)?,
        seen: row.get(7)?,
        created_at: row.get(8)?,
        muted: row.get(9)?,
        chat_message: row.get(10)?,
        report: row.get(11)?,
    })
}

/// Marks one as seen.
pub fn mark_seen(db: &Connection, reader: AccountId, id: NotificationId) -> Result<()> {
    db.prepare_cached("UPDATE notifications SET seen = 1 WHERE id = ?2 AND account_id = ?1")?
        .execute(params![reader, id])?;
    Ok(())
}

/// Marks all up to one as seen.
pub fn mark_seen_up_to(db: &Connection, reader: AccountId, id: NotificationId) -> Result<()> {
    db.prepare_cached(
        "UPDATE notifications SET seen = 1 WHERE account_id = ?1 AND id <= ?2 AND seen = 0",
    )?
    .execute(params![reader, id])?;
    Ok(())
}

/// The newest one that somebody has seen.
pub fn newest_seen(db: &Connection, reader: AccountId) -> Result<Option<NotificationId>> {
    Ok(db
        .prepare_cached(
            "SELECT (SELECT id FROM notifications WHERE account_id = ?1 AND seen = 1 AND filtered = 0 ORDER BY id DESC LIMIT 1)",
        )?
        .query_row(params![reader], |row| row.get(0))?)
}

/// Removes those of the ids that are somebody's; says how many there were.
pub fn delete(db: &Connection, reader: AccountId, ids: &[i64]) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "DELETE FROM notifications WHERE id IN (SELECT value FROM json_each(?2)) AND account_id = ?1",
        )?
        .execute(params![reader, json_ids(ids)])?)
}

/// Removes all of somebody's.
pub fn clear(db: &Connection, reader: AccountId) -> Result<()> {
    db.prepare_cached("DELETE FROM notifications WHERE account_id = ?1")?
        .execute(params![reader])?;
    Ok(())
}
