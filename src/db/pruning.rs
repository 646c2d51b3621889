//! What came from other servers and touched nobody here goes after a while (federation.md 10), a slice at a time.
//!
//! A slice walks a window of ids from where the last one ended, so it costs the same however large the tables are. What goes
//! leaves no tombstone: should somebody ask for it, it is fetched again.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, AccountId, StatusId};

/// Rows per slice (federation.md 10, security.md D12).
const SLICE: i64 = 200;

/// What a slice looked at and found.
#[derive(Debug)]
pub struct Window<I> {
    /// The last row that was looked at; `None`: there was none left.
    pub last: Option<i64>,
    /// What may go.
    pub found: Vec<I>,
}

/// `read_by_some!("s.account_id")`: somebody here follows that account, lists it or wants to be told of its posts, and it was heard
/// of after `?5`.
macro_rules! read_by_some {
    ($account:literal) => {
        concat!(
            "((SELECT last_status_at FROM accounts WHERE id = ", $account, ") >= ?5 AND (
                EXISTS (SELECT 1 FROM follows JOIN users ON users.account_id = follows.account_id WHERE target_id = ", $account, ")
                OR EXISTS (SELECT 1 FROM list_members WHERE account_id = ", $account, ")
                OR EXISTS (SELECT 1 FROM subscriptions WHERE target_id = ", $account, ")))"
        )
    };
}

/// The next of the posts above `after` that are older than `before`, and which of them nobody here would miss.
///
/// Kept are: posts that somebody here favourited, boosted, bookmarked, reacted to, voted in, was mentioned or told of in, reported or
/// filters; the whole of each thread that somebody here wrote in; what quotes or boosts a post of ours, and what another post quotes;
/// what is pinned to a profile; posts by those who are read here and wrote after `heard_after`, and what they boosted; and what
/// not everybody may see, since it could not be fetched again.
pub fn posts(
    db: &Connection,
    after: i64,
    before: Timestamp,
    heard_after: Timestamp,
) -> Result<Window<StatusId>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id, s.local = 0 AND s.visibility < 2 AND coalesce(s.received_at, 0) < ?4
            AND NOT EXISTS (SELECT 1 FROM statuses AS l WHERE l.conversation_id = s.conversation_id AND l.local = 1)
            AND NOT EXISTS (SELECT 1 FROM statuses AS l WHERE l.id IN (s.reblog_of_id, s.quote_of_id) AND l.local = 1)
            AND NOT EXISTS (SELECT 1 FROM statuses AS q WHERE q.quote_of_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM bookmarks WHERE status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM favourites AS f JOIN users AS u ON u.account_id = f.account_id WHERE f.status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM reactions AS r JOIN users AS u ON u.account_id = r.account_id WHERE r.status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM poll_votes AS v JOIN users AS u ON u.account_id = v.account_id WHERE v.status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM mentions AS m JOIN users AS u ON u.account_id = m.account_id WHERE m.status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM notifications WHERE status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM pins WHERE status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM report_statuses WHERE status_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM filter_statuses WHERE status_id = s.id)
            AND NOT ",
        read_by_some!("s.account_id"),
        "   AND NOT EXISTS (SELECT 1 FROM statuses AS r WHERE r.reblog_of_id = s.id AND (r.local = 1 OR ",
        read_by_some!("r.account_id"),
        "))
           FROM statuses AS s WHERE s.id > ?1 AND s.id < ?2 ORDER BY s.id LIMIT ?3"
    ))?;
    let given = params![after, ids::at(before), SLICE, before, heard_after];
    let rows = stmt.query_map(given, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(window(rows.collect::<rusqlite::Result<_>>()?))
}

fn window<I: From<i64>>(rows: Vec<(i64, bool)>) -> Window<I> {
    Window {
        last: rows.last().map(|(id, _)| *id),
        found: rows
            .into_iter()
            .filter(|(_, may_go)| *may_go)
            .map(|(id, _)| I::from(id))
            .collect(),
    }
}

/// Removes posts. What answers them, or they answer or boost, and stays, keeps what is known: the id of its parent, by which it is
/// hung below it again should that come back, and how often it was answered and boosted.
pub fn remove_posts(db: &Connection, posts: &[StatusId]) -> Result<()> {
    const POSTS: &str = "(SELECT value FROM json_each(?1))";
    let posts = super::json_ids(posts);
    let threads: String = db
        .prepare_cached(
            "SELECT json_group_array(DISTINCT conversation_id) FROM statuses WHERE id IN (SELECT value FROM json_each(?1))",
        )?
        .query_row(params![posts], |row| row.get(0))?;
    for sql in [
        "UPDATE statuses SET in_reply_to_uri = (SELECT uri FROM statuses AS parent WHERE parent.id = statuses.in_reply_to_id)
          WHERE in_reply_to_id IN POSTS AND id NOT IN POSTS",
        "UPDATE statuses SET remote_replies = max(remote_replies, replies_count), remote_reblogs = max(remote_reblogs, reblogs_count)
          WHERE local = 0 AND id NOT IN POSTS
            AND id IN (SELECT in_reply_to_id FROM statuses WHERE id IN POSTS UNION SELECT reblog_of_id FROM statuses WHERE id IN POSTS)",
        "DELETE FROM media WHERE file IS NULL AND preview_file IS NULL AND status_id IN POSTS",
        "DELETE FROM statuses WHERE id IN POSTS",
    ] {
        db.prepare_cached(&sql.replace("POSTS", POSTS))?
            .execute(params![posts])?;
    }
    db.prepare_cached(
        "DELETE FROM conversations WHERE id IN (SELECT value FROM json_each(?1))
            AND NOT EXISTS (SELECT 1 FROM statuses WHERE conversation_id = conversations.id)
            AND NOT EXISTS (SELECT 1 FROM participations WHERE conversation_id = conversations.id)
            AND NOT EXISTS (SELECT 1 FROM conversation_mutes WHERE conversation_id = conversations.id)",
    )?
    .execute(params![threads])?;
    Ok(())
}

/// Every place that may name an account elsewhere, but its own keys and the trends, which go with it.
pub const NAMED_BY: &[(&str, &str)] = &[
    ("accounts", "moved_to_id"),
    ("account_notes", "target_id"),
    ("activities", "account_id"),
    ("blocks", "account_id"),
    ("blocks", "target_id"),
    ("bookmarks", "account_id"),
    ("chats", "other_id"),
    ("chat_messages", "account_id"),
    ("endorsements", "target_id"),
    ("favourites", "account_id"),
    ("featured_tags", "account_id"),
    ("follows", "account_id"),
    ("follows", "target_id"),
    ("inbox_items", "recipient_id"),
    ("inbox_items", "signer_id"),
    ("list_members", "account_id"),
    ("media", "account_id"),
    ("mentions", "account_id"),
    ("moderation_log", "actor_id"),
    ("mutes", "target_id"),
    ("notification_permissions", "actor_id"),
    ("notifications", "actor_id"),
    ("participation_recipients", "account_id"),
    ("pins", "account_id"),
    ("poll_votes", "account_id"),
    ("reactions", "account_id"),
    ("relays", "account_id"),
    ("report_notes", "account_id"),
    ("reports", "account_id"),
    ("reports", "target_id"),
    ("scrobbles", "account_id"),
    ("statuses", "account_id"),
    ("statuses", "in_reply_to_account_id"),
    ("subscriptions", "target_id"),
    ("suggestion_dismissals", "target_id"),
    ("users", "account_id"),
];

/// The next of the accounts above `after`, and which of them live elsewhere, were not heard of or looked at since `before`, and are
/// named by nothing here. Those that somebody decided about, and those that are gone for good, stay.
pub fn accounts(db: &Connection, after: i64, before: Timestamp) -> Result<Window<AccountId>> {
    let unnamed = NAMED_BY.iter().map(|(table, column)| {
        format!("AND NOT EXISTS (SELECT 1 FROM {table} AS n WHERE n.{column} = a.id)")
    });
    let sql = format!(
        "SELECT a.id, a.host <> '' AND a.hidden = 0 AND a.deleted_at IS NULL AND a.moderation_tags = '[]'
            AND coalesce(a.fetched_at, 0) < ?4 AND coalesce(a.looked_at, 0) < ?4 {}
           FROM accounts AS a WHERE a.id > ?1 AND a.id < ?2 ORDER BY a.id LIMIT ?3",
        unnamed.collect::<Vec<_>>().join(" ")
    );
    let mut stmt = db.prepare_cached(&sql)?;
    let given = params![after, ids::at(before), SLICE, before];
    let rows = stmt.query_map(given, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(window(rows.collect::<rusqlite::Result<_>>()?))
}

/// Removes accounts, with their keys.
pub fn remove_accounts(db: &Connection, accounts: &[AccountId]) -> Result<()> {
    db.prepare_cached("DELETE FROM accounts WHERE id IN (SELECT value FROM json_each(?1))")?
        .execute(params![super::json_ids(accounts)])?;
    Ok(())
}

/// Gives pages that nothing is in back to the disk, at most so many; all but `spare` per cent of the file, which new posts will need.
/// Returns the bytes. A file that was made before version 3 keeps its pages, and fills them anew.
pub fn release_space(db: &Connection, spare: u64, most: u64) -> Result<u64> {
    const INCREMENTAL: u64 = 2;
    let pragma = |name: &str| -> Result<u64> {
        let value: i64 = db.pragma_query_value(None, name, |row| row.get(0))?;
        Ok(value.unsigned_abs())
    };
    let spared = pragma("page_count")? * spare / 100;
    let pages = pragma("freelist_count")?.saturating_sub(spared).min(most);
    if pages == 0 || pragma("auto_vacuum")? != INCREMENTAL {
        return Ok(0);
    }
    // It moves a page for each row that is read.
    let mut moving = db.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut moved = moving.query([])?;
    while moved.next()?.is_some() {}
    Ok(pages * pragma("page_size")?)
}

/// The oldest post, where a walk begins.
pub fn oldest_post(db: &Connection) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT min(id) FROM statuses")?
        .query_row([], |row| row.get(0))?)
}
