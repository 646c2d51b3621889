//! Timelines: each is one range of one index, filtered by the visibility predicate and by what the client left out.
//!
//! SQL is put together from fixed pieces only. The first ten parameters mean the same in every statement:
//! ?1 before, ?2 after, ?3 viewer, ?4 limit, ?5 with_muted, ?6 excluded visibilities (a bit each), ?7 only_media, ?8 local,
//! ?9 remote, ?10 which replies (0 all, 1 following, 2 self).

use rusqlite::types::ToSql;
use rusqlite::{Connection, params};

use super::page::{Page, ids};
use super::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, ListId, StatusId};
use crate::{unblocked, unmuted, visible, wanted_at_home, wanted_on_list};

/// Which replies a timeline shows beside posts that are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    /// All.
    #[default]
    All,
    /// The viewer's own, and those to the viewer or to somebody the viewer follows.
    Following,
    /// Those to the viewer.
    ToMe,
}

/// Who looks, and what of a timeline they want to see (pleroma-contract A.1).
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `None` is anybody.
    pub viewer: Option<AccountId>,
    /// Muted people and threads too.
    pub with_muted: bool,
    /// None of these.
    pub exclude_visibilities: Vec<Visibility>,
    /// Only posts with attachments, no reblogs.
    pub only_media: bool,
    /// Only from here.
    pub local: bool,
    /// Only from elsewhere.
    pub remote: bool,
    /// Which replies.
    pub replies: Replies,
}

/// What every row must pass: seen by the viewer, wanted by the viewer, not left out by the client.
macro_rules! passing {
    () => {
        concat!(
            visible!("s", "?3"),
            " AND ",
            unblocked!("s", "?3"),
            " AND (?5 OR (",
            unmuted!("s", "?3"),
            ")) AND (?6 >> s.visibility) & 1 = 0
              AND (NOT ?7 OR (s.reblog_of_id IS NULL AND EXISTS (SELECT 1 FROM media WHERE status_id = s.id AND position >= 0)))
              AND (NOT ?8 OR s.local = 1) AND (NOT ?9 OR s.local = 0)
              AND (?10 = 0 OR s.in_reply_to_account_id IS NULL OR s.in_reply_to_account_id = ?3
                   OR EXISTS (SELECT 1 FROM mentions WHERE status_id = s.id AND account_id = ?3)
                   OR (?10 = 1 AND (s.account_id = ?3 OR EXISTS (SELECT 1 FROM follows WHERE account_id = ?3
                                                       AND target_id = s.in_reply_to_account_id AND pending = 0))))"
        )
    };
}

/// The same statement in both reading orders.
macro_rules! both_ways {
    ($page:expr, $from:expr, $key:literal) => {
        if $page.upwards() {
            both_ways!(@ $from, $key, " ASC LIMIT ?4")
        } else {
            both_ways!(@ $from, $key, " DESC LIMIT ?4")
        }
    };
    (@ $from:expr, $key:literal, $order:literal) => {
        concat!(
            "SELECT s.id FROM ", $from, " AND ", $key, " < ?1 AND ", $key, " > ?2 AND ", passing!(), " ORDER BY ", $key, $order
        )
    };
}

fn run(
    db: &Connection,
    sql: &str,
    page: &Page,
    filter: &Filter,
    more: &[&dyn ToSql],
) -> Result<Vec<StatusId>> {
    let excluded = filter.exclude_visibilities.iter();
    let excluded = excluded.fold(0, |mask, visibility| mask | 1 << (*visibility as i64));
    let (before, after, replies) = (page.before(), page.after(), filter.replies as i64);
    let mut params: Vec<&dyn ToSql> = vec![
        &before,
        &after,
        &filter.viewer,
        &page.limit,
        &filter.with_muted,
        &excluded,
        &filter.only_media,
        &filter.local,
        &filter.remote,
        &replies,
    ];
    params.extend_from_slice(more);
    ids(db, sql, params.as_slice(), page.upwards())
}

/// What the people whom the viewer follows posted and reblogged, the viewer's own, and what is addressed to the viewer alone.
pub fn home(db: &Connection, page: &Page, filter: &Filter) -> Result<Vec<StatusId>> {
    let sql = both_ways!(
        page,
        concat!(
            "home_entries AS h CROSS JOIN statuses AS s ON s.id = h.status_id WHERE h.account_id = ?3 AND ",
            wanted_at_home!("s", "?3")
        ),
        "h.status_id"
    );
    run(db, sql, page, filter, &[])
}

/// What the members of a list posted and reblogged. Its replies policy does not count for replies to oneself and to the owner.
pub fn list(db: &Connection, page: &Page, filter: &Filter, list: ListId) -> Result<Vec<StatusId>> {
    let sql = both_ways!(
        page,
        concat!(
            "list_entries AS e CROSS JOIN statuses AS s ON s.id = e.status_id WHERE e.list_id = ?11 AND ",
            wanted_on_list!("s", "?3", "?11")
        ),
        "e.status_id"
    );
    run(db, sql, page, filter, &[&list])
}

/// The newest statuses everybody may see, of one host if asked for.
pub fn public(
    db: &Connection,
    page: &Page,
    filter: &Filter,
    host: Option<&str>,
) -> Result<Vec<StatusId>> {
    macro_rules! from {
        ($index:literal, $extra:literal) => {
            concat!(
                "statuses AS s INDEXED BY ",
                $index,
                " WHERE s.visibility = 0 AND s.reblog_of_id IS NULL",
                $extra,
                " AND (?11 IS NULL OR ?11 = (SELECT host FROM accounts WHERE id = s.account_id))"
            )
        };
    }
    let sql = if filter.local {
        both_ways!(
            page,
            from!("statuses_public_local", " AND s.local = 1"),
            "s.id"
        )
    } else {
        both_ways!(page, from!("statuses_public", ""), "s.id")
    };
    run(db, sql, page, filter, &[&host])
}

/// Public statuses whose preview is that of an address.
pub fn linking(db: &Connection, page: &Page, filter: &Filter, url: &str) -> Result<Vec<StatusId>> {
    let sql = both_ways!(
        page,
        "statuses AS s INDEXED BY statuses_card WHERE s.card_id = (SELECT id FROM cards WHERE url = ?11) AND s.visibility = 0",
        "s.id"
    );
    run(db, sql, page, filter, &[&url])
}

/// Tags by which a timeline is made: one of `any`, each of `all`, none of `none`.
#[derive(Clone, Debug, Default)]
pub struct TagQuery {
    /// At least one of these.
    pub any: Vec<i64>,
    /// Every one of these.
    pub all: Vec<i64>,
    /// None of these.
    pub none: Vec<i64>,
}

/// Public statuses with these tags. Each tag of `any` is a range of its own; the ranges are merged.
pub fn tagged(
    db: &Connection,
    page: &Page,
    filter: &Filter,
    tags: &TagQuery,
) -> Result<Vec<StatusId>> {
    let sql = both_ways!(
        page,
        "status_tags AS t CROSS JOIN statuses AS s ON s.id = t.status_id
          WHERE t.tag_id = ?11 AND s.visibility = 0
            AND NOT EXISTS (SELECT 1 FROM json_each(?12) AS w
                             WHERE NOT EXISTS (SELECT 1 FROM status_tags WHERE tag_id = w.value AND status_id = s.id))
            AND NOT EXISTS (SELECT 1 FROM json_each(?13) AS w JOIN status_tags AS x ON x.tag_id = w.value AND x.status_id = s.id)",
        "t.status_id"
    );
    let (all, none) = (super::json_ids(&tags.all), super::json_ids(&tags.none));
    let mut found = Vec::new();
    for tag in &tags.any {
        found.extend(run(db, sql, page, filter, &[tag, &all, &none])?);
    }
    Ok(merged(found, page))
}

/// Newest first; of several full ranges, the part that lies next to where the page begins.
fn merged(mut found: Vec<StatusId>, page: &Page) -> Vec<StatusId> {
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    let limit = page.limit as usize;
    if page.upwards() {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    found
}

/// Direct statuses by the viewer or addressed to the viewer.
pub fn direct(db: &Connection, page: &Page, filter: &Filter) -> Result<Vec<StatusId>> {
    let sent = both_ways!(
        page,
        "statuses AS s INDEXED BY statuses_direct WHERE s.account_id = ?3 AND s.visibility = 3",
        "s.id"
    );
    let received = both_ways!(
        page,
        "mentions AS m CROSS JOIN statuses AS s ON s.id = m.status_id WHERE m.account_id = ?3 AND s.visibility = 3",
        "m.status_id"
    );
    let mut found = run(db, sent, page, filter, &[])?;
    found.extend(run(db, received, page, filter, &[])?);
    Ok(merged(found, page))
}

/// What of an account's posts is wanted.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// No replies to others.
    pub exclude_replies: bool,
    /// No reblogs.
    pub exclude_reblogs: bool,
    /// Only with this tag.
    pub tag: Option<i64>,
}

/// An account's posts as far as the viewer may see them.
pub fn by_account(
    db: &Connection,
    page: &Page,
    filter: &Filter,
    account: AccountId,
    profile: &Profile,
) -> Result<Vec<StatusId>> {
    let sql = both_ways!(
        page,
        "statuses AS s INDEXED BY statuses_account WHERE s.account_id = ?11
            AND (NOT ?12 OR s.in_reply_to_account_id IS NULL OR s.in_reply_to_account_id = s.account_id)
            AND (NOT ?13 OR s.reblog_of_id IS NULL)
            AND (?14 IS NULL OR EXISTS (SELECT 1 FROM status_tags WHERE tag_id = ?14 AND status_id = s.id))",
        "s.id"
    );
    run(
        db,
        sql,
        page,
        filter,
        &[
            &account,
            &profile.exclude_replies,
            &profile.exclude_reblogs,
            &profile.tag,
        ],
    )
}

/// What an account pinned, latest pin first, as far as the viewer may see it. There are never many.
pub fn pinned(
    db: &Connection,
    viewer: Option<AccountId>,
    account: AccountId,
) -> Result<Vec<StatusId>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id FROM pins AS p CROSS JOIN statuses AS s ON s.id = p.status_id WHERE p.account_id = ?2 AND ",
        visible!("s", "?1"),
        " AND ",
        unblocked!("s", "?1"),
        " ORDER BY p.id DESC"
    ))?;
    let rows = stmt.query_map(params![viewer, account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
