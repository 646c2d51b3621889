//! Statuses: what is needed to show them. A page costs a fixed number of statements, whatever its size.

pub mod insert;
pub mod moderation;
pub mod origin;
mod outward;
mod parent;
mod remove;
mod thread;

pub use origin::{adopt, missing_above};
pub use outward::{
    Outward, bury, exists, first_replies, id_of, is_local, of_thread, outward, parent_of,
    public_replies, tombstone,
};
pub use parent::{Parent, parent};
pub use remove::remove;
pub use thread::{Context, context};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::addresses;
use super::json_ids;
use super::quotes::{QuotePolicy, QuoteState};
use super::row::Columns;
use super::visibility::Visibility;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FolderId, StatusId};
use crate::{unblocked, visible};

/// What changes often or depends on the viewer: read for every showing, to find the rendered rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusState {
    /// Its id.
    pub id: StatusId,
    /// Changes of what everybody sees.
    pub rev: i64,
    /// The author.
    pub account: AccountId,
    /// The author's revision.
    pub account_rev: i64,
    /// The status that this one reblogs.
    pub reblog_of: Option<StatusId>,
    /// Who has to be addressed to see it.
    pub visibility: Visibility,
    /// The viewer favourited it.
    pub favourited: bool,
    /// The viewer reblogged it.
    pub reblogged: bool,
    /// The folder of the viewer's bookmark: 0 where it is in none; `None` where there is no bookmark.
    pub bookmark: Option<FolderId>,
    /// Its author pinned it.
    pub pinned_at: Option<Timestamp>,
    /// The viewer muted its author.
    pub author_muted: bool,
    /// The viewer muted its thread.
    pub thread_muted: bool,
    /// The status it answers is known and visible to the viewer.
    pub parent_visible: bool,
    /// The viewer's participation, for direct statuses.
    pub participation: Option<i64>,
    /// When it deletes itself; shown to the author only.
    pub expires_at: Option<Timestamp>,
    /// The viewer has filters, whatever they match.
    pub viewer_filters: bool,
    /// The status that it quotes.
    pub quote_of: Option<StatusId>,
    /// Whether that one's author agreed; `None` where it quotes nothing.
    pub quote_state: Option<QuoteState>,
    /// The id of what it quotes, also where that is not known here.
    pub quote_uri: Option<String>,
    /// The viewer may see what it quotes.
    pub quote_visible: bool,
    /// Who may quote it.
    pub quote_policy: Option<QuotePolicy>,
    /// The viewer follows its author; told only where its followers may quote it.
    pub author_followed: bool,
}

/// What everybody sees of a status, without what hangs on it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct StatusRow {
    pub id: StatusId,
    pub rev: i64,
    pub uri: String,
    pub url: Option<String>,
    pub account: AccountId,
    pub local: bool,
    pub visibility: Visibility,
    pub conversation: i64,
    pub conversation_uri: String,
    pub in_reply_to: Option<StatusId>,
    pub in_reply_to_account: Option<AccountId>,
    /// `name` or `name@host` of the account replied to.
    pub in_reply_to_acct: Option<String>,
    pub reblog_of: Option<StatusId>,
    pub content: String,
    pub content_type: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    /// JSON `[{shortcode, url}]`, remote statuses only.
    pub emojis: String,
    /// Name and website of the application it was posted with.
    pub application: Option<(String, Option<String>)>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub quote_of: Option<StatusId>,
    pub quote_policy: Option<QuotePolicy>,
    /// The preview of its first link.
    pub card: Option<i64>,
    /// A poll hangs on it.
    pub has_poll: bool,
}

/// States of statuses, in no order, in one query. What the viewer did is joined, by keys of one row each: sub-queries would open their
/// tables anew for each status. Where the viewer has no such rows at all, the key is NULL and nothing is looked for.
pub fn states(
    db: &Connection,
    viewer: Option<AccountId>,
    page: &[StatusId],
) -> Result<Vec<StatusState>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id, s.rev, s.account_id, a.rev, s.reblog_of_id, s.visibility, s.expires_at,
                favourite.id IS NOT NULL, reblog.id IS NOT NULL,
                iif(bookmark.id IS NULL, NULL, coalesce(bookmark.folder_id, 0)), pin.created_at,
                mute.id IS NOT NULL, thread.account_id IS NOT NULL,
                parent.id IS NOT NULL AND ",
        visible!("parent", "?2", "parent_author.hidden"),
        ",
                CASE s.visibility WHEN 3 THEN
                  (SELECT id FROM participations WHERE account_id = ?2 AND conversation_id = s.conversation_id) END,
                EXISTS (SELECT 1 FROM filters WHERE account_id = ?2),
                s.quote_of_id, s.quote_state, s.quote_uri,
                s.quote_of_id IS NOT NULL AND EXISTS (SELECT 1 FROM statuses AS quoted WHERE quoted.id = s.quote_of_id AND ",
        visible!("quoted", "?2"),
        " AND ",
        unblocked!("quoted", "?2"),
        "),
                s.quote_policy,
                s.quote_policy IS 'followers'
                  AND EXISTS (SELECT 1 FROM follows WHERE account_id = ?2 AND target_id = s.account_id AND pending = 0)
           FROM json_each(?1) AS page CROSS JOIN statuses AS s ON s.id = page.value CROSS JOIN accounts AS a ON a.id = s.account_id
           LEFT JOIN statuses AS parent ON parent.id = s.in_reply_to_id
           LEFT JOIN accounts AS parent_author ON parent_author.id = parent.account_id
           LEFT JOIN favourites AS favourite ON favourite.account_id = ?2 AND favourite.status_id = s.id
           LEFT JOIN statuses AS reblog ON reblog.reblog_of_id = s.id AND reblog.account_id = ?2
           LEFT JOIN bookmarks AS bookmark ON bookmark.account_id = (SELECT account_id FROM bookmarks WHERE account_id = ?2) AND bookmark.status_id = s.id
           LEFT JOIN pins AS pin ON pin.status_id = s.id
           LEFT JOIN mutes AS mute ON mute.account_id = (SELECT account_id FROM mutes WHERE account_id = ?2) AND mute.target_id = s.account_id
                                  AND (mute.expires_at IS NULL OR mute.expires_at > ?3)
           LEFT JOIN conversation_mutes AS thread ON thread.account_id = (SELECT account_id FROM conversation_mutes WHERE account_id = ?2) AND thread.conversation_id = s.conversation_id
                                                 AND (thread.expires_at IS NULL OR thread.expires_at > ?3)"
    ))?;
    let rows = stmt.query_map(
        params![json_ids(page), viewer, Timestamp::now()],
        read_state,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read_state(row: &Row) -> rusqlite::Result<StatusState> {
    Ok(StatusState {
        id: row.get(0)?,
        rev: row.get(1)?,
        account: row.get(2)?,
        account_rev: row.get(3)?,
        reblog_of: row.get(4)?,
        visibility: row.get(5)?,
        expires_at: row.get(6)?,
        favourited: row.get(7)?,
        reblogged: row.get(8)?,
        bookmark: row.get(9)?,
        pinned_at: row.get(10)?,
        author_muted: row.get(11)?,
        thread_muted: row.get(12)?,
        parent_visible: row.get(13)?,
        participation: row.get(14)?,
        viewer_filters: row.get(15)?,
        quote_of: row.get(16)?,
        quote_state: row.get(17)?,
        quote_uri: row.get(18)?,
        quote_visible: row.get(19)?,
        quote_policy: row.get(20)?,
        author_followed: row.get(21)?,
    })
}

macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT s.id, s.rev, s.uri, s.url, s.account_id, s.local, s.visibility, s.conversation_id, c.uri AS conversation_uri,
                    s.in_reply_to_id, s.in_reply_to_account_id, parent.username AS parent_username, parent.host AS parent_host,
                    s.reblog_of_id, s.content, s.content_type, s.spoiler_text, s.sensitive, s.language, s.emojis,
                    app.name AS app_name, app.website AS app_website, s.created_at, s.edited_at,
                    max(s.replies_count, s.remote_replies) AS replies_count, max(s.reblogs_count, s.remote_reblogs) AS reblogs_count,
                    max(s.favourites_count, s.remote_favourites) AS favourites_count, s.quotes_count, s.quote_of_id, s.quote_policy, s.card_id,
                    EXISTS (SELECT 1 FROM polls WHERE status_id = s.id) AS has_poll
               FROM statuses AS s JOIN conversations AS c ON c.id = s.conversation_id
               LEFT JOIN accounts AS parent ON parent.id = s.in_reply_to_account_id
               LEFT JOIN apps AS app ON app.id = s.app_id ",
            $($rest),+
        )
    };
}

impl StatusRow {
    fn read(row: &Row) -> rusqlite::Result<StatusRow> {
        let row = Columns::of(row);
        let parent: Option<String> = row.get("parent_username")?;
        let in_reply_to_acct = match parent {
            Some(username) => Some(super::accounts::acct(
                &username,
                &row.get::<String>("parent_host")?,
            )),
            None => None,
        };
        let application = match row.get::<Option<String>>("app_name")? {
            Some(name) => Some((name, row.get("app_website")?)),
            None => None,
        };
        let uri: String = row.get("uri")?;
        Ok(StatusRow {
            id: row.get("id")?,
            rev: row.get("rev")?,
            url: row
                .get::<Option<String>>("url")?
                .map(|kept| addresses::page(&uri, kept)),
            uri,
            account: row.get("account_id")?,
            local: row.get("local")?,
            visibility: row.get("visibility")?,
            conversation: row.get("conversation_id")?,
            conversation_uri: addresses::thread(row.get("conversation_uri")?),
            in_reply_to: row.get("in_reply_to_id")?,
            in_reply_to_account: row.get("in_reply_to_account_id")?,
            in_reply_to_acct,
            reblog_of: row.get("reblog_of_id")?,
            content: row.get("content")?,
            content_type: row.get("content_type")?,
            spoiler_text: row.get("spoiler_text")?,
            sensitive: row.get("sensitive")?,
            language: row.get("language")?,
            emojis: row.get("emojis")?,
            application,
            created_at: row.get("created_at")?,
            edited_at: row.get("edited_at")?,
            replies_count: row.get("replies_count")?,
            reblogs_count: row.get("reblogs_count")?,
            favourites_count: row.get("favourites_count")?,
            quotes_count: row.get("quotes_count")?,
            quote_of: row.get("quote_of_id")?,
            quote_policy: row.get("quote_policy")?,
            card: row.get("card_id")?,
            has_poll: row.get("has_poll")?,
        })
    }
}

/// Rows of many statuses in one query, in no particular order. Visibility is the caller's care: the ids come from lists
/// that were made through `visible!`.
pub fn by_ids(db: &Connection, ids: &[StatusId]) -> Result<Vec<StatusRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE s.id IN (SELECT value FROM json_each(?1))"))?;
    let rows = stmt.query_map(params![json_ids(ids)], StatusRow::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A status that the viewer may see; 404 for any other, known or not.
pub fn visible_to(db: &Connection, viewer: Option<AccountId>, id: StatusId) -> Result<StatusRow> {
    let mut stmt = db.prepare_cached(select!(
        "WHERE s.id = ?1 AND ",
        visible!("s", "?2"),
        " AND ",
        unblocked!("s", "?2")
    ))?;
    stmt.query_row(params![id, viewer], StatusRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// 404 unless the viewer may see the status: [`visible_to`] for when its state is read anyway.
pub fn check_visible(db: &Connection, viewer: Option<AccountId>, id: StatusId) -> Result<()> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT 1 FROM statuses AS s WHERE s.id = ?1 AND ",
        visible!("s", "?2"),
        " AND ",
        unblocked!("s", "?2")
    ))?;
    match stmt.exists(params![id, viewer])? {
        true => Ok(()),
        false => Err(Error::record()),
    }
}

/// The status of that ActivityPub id, whoever may see it.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<StatusRow>> {
    let mut stmt = db.prepare_cached(select!("WHERE s.uri = ?1"))?;
    Ok(stmt.query_row(params![uri], StatusRow::read).optional()?)
}

/// A status of that author; 404 for any other.
pub fn owned_by(db: &Connection, owner: AccountId, id: StatusId) -> Result<StatusRow> {
    let mut stmt = db.prepare_cached(select!("WHERE s.id = ?1 AND s.account_id = ?2"))?;
    stmt.query_row(params![id, owner], StatusRow::read)
        .optional()?
        .ok_or(Error::record())
}

/// The status that an act on `id` is meant for: itself or, if it is a reblog, what it wraps. 404 unless the viewer may see
/// both.
pub fn target(db: &Connection, viewer: AccountId, id: StatusId) -> Result<StatusRow> {
    target_for(db, Some(viewer), id)
}

/// Like [`target`], for whoever looks.
pub fn target_for(db: &Connection, viewer: Option<AccountId>, id: StatusId) -> Result<StatusRow> {
    let found = visible_to(db, viewer, id)?;
    match found.reblog_of {
        Some(inner) => visible_to(db, viewer, inner),
        None => Ok(found),
    }
}

/// The text as its author typed it, with its content type; `None` where it was never known.
pub fn source(db: &Connection, id: StatusId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT source FROM statuses WHERE id = ?1")?
        .query_row(params![id], |row| row.get(0))?)
}

/// When a status deletes itself, if ever.
pub fn expires_at(db: &Connection, id: StatusId) -> Result<Option<Timestamp>> {
    Ok(db
        .prepare_cached("SELECT expires_at FROM statuses WHERE id = ?1")?
        .query_row(params![id], |row| row.get(0))?)
}

/// Which of these the viewer may see, newest first.
pub fn visible_among(
    db: &Connection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<StatusId>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id FROM json_each(?1) AS wanted JOIN statuses AS s ON s.id = wanted.value WHERE ",
        visible!("s", "?2"),
        " AND ",
        unblocked!("s", "?2"),
        " ORDER BY s.id DESC"
    ))?;
    let rows = stmt.query_map(params![json_ids(ids), viewer], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody mentioned in a status.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct MentionRow {
    pub status: StatusId,
    pub account: AccountId,
    pub username: String,
    pub host: String,
    pub url: String,
    pub uri: String,
}

/// Mentions of a page, without silent addressees.
pub fn mentions(db: &Connection, page: &[StatusId]) -> Result<Vec<MentionRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT m.status_id, a.id, a.username, a.host, a.url, a.uri
           FROM json_each(?1) AS page JOIN mentions AS m ON m.status_id = page.value JOIN accounts AS a ON a.id = m.account_id
          WHERE m.silent = 0 ORDER BY m.status_id, a.id",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok(MentionRow {
            status: row.get(0)?,
            account: row.get(1)?,
            username: row.get(2)?,
            host: row.get(3)?,
            url: row.get(4)?,
            uri: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tags of a page.
pub fn tags(db: &Connection, page: &[StatusId]) -> Result<Vec<(StatusId, String)>> {
    let mut stmt = db.prepare_cached(
        "SELECT st.status_id, t.name
           FROM json_each(?1) AS page JOIN status_tags AS st ON st.status_id = page.value JOIN tags AS t ON t.id = st.tag_id
          ORDER BY st.status_id, t.id",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
