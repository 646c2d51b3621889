//! How a status and what belongs to it get into their tables: each a statement, however many people or tags there are.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::origin::Counts;
use crate::clock::Timestamp;
use crate::db::addresses;
use crate::db::json_ids;
use crate::db::quotes::QuotePolicy;
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, AppId, ListId, MediaId, StatusId};

/// A row to be.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are the columns of schema.sql")]
pub struct NewStatus<'a> {
    pub id: StatusId,
    pub uri: &'a str,
    pub url: Option<&'a str>,
    pub account: AccountId,
    pub local: bool,
    pub visibility: Visibility,
    pub conversation: i64,
    pub in_reply_to: Option<StatusId>,
    pub in_reply_to_account: Option<AccountId>,
    pub in_reply_to_uri: Option<&'a str>,
    pub reblog_of: Option<StatusId>,
    pub content: &'a str,
    pub content_type: &'a str,
    pub source: Option<&'a str>,
    pub spoiler_text: &'a str,
    pub sensitive: bool,
    pub language: Option<&'a str>,
    /// JSON `[{shortcode, url}]` of remote custom emoji.
    pub emojis: &'a str,
    pub app: Option<AppId>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub quote_policy: Option<QuotePolicy>,
    /// As its origin counts.
    pub counts: Counts,
}

/// Adds the row. Counters of author, parent and reblogged status follow by trigger.
pub fn insert(db: &Connection, new: &NewStatus) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO statuses (id, uri, url, account_id, local, visibility, conversation_id, in_reply_to_id, in_reply_to_account_id,
                               in_reply_to_uri, reblog_of_id, content, content_type, source, spoiler_text, sensitive, language,
                               emojis, app_id, created_at, edited_at, expires_at, received_at, quote_policy,
                               remote_replies, remote_reblogs, remote_favourites)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
                 coalesce(?25, 0), coalesce(?26, 0), coalesce(?27, 0))",
    )?
    .execute(params![
        new.id,
        new.uri,
        new.url.map(|url| addresses::kept_page(new.uri, url)),
        new.account,
        new.local,
        new.visibility,
        new.conversation,
        new.in_reply_to,
        new.in_reply_to_account,
        new.in_reply_to_uri,
        new.reblog_of,
        new.content,
        new.content_type,
        new.source,
        new.spoiler_text,
        new.sensitive,
        new.language,
        new.emojis,
        new.app,
        new.created_at,
        new.edited_at,
        new.expires_at,
        received_at(new),
        new.quote_policy,
        new.counts.replies,
        new.counts.reblogs,
        new.counts.favourites,
    ])?;
    Ok(())
}

/// A post of another server that comes so long after its date is noted as late.
const LATE: Duration = Duration::from_secs(86_400);

/// When a post came, where its id, which goes by its date, does not tell.
fn received_at(new: &NewStatus) -> Option<Timestamp> {
    let now = Timestamp::now();
    let is_late = Timestamp(new.id.0 / 1000).plus(LATE) < now;
    (is_late && !new.local).then_some(now)
}

/// Addresses the status to these accounts.
pub fn address(db: &Connection, status: StatusId, accounts: &[AccountId]) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO mentions (status_id, account_id) SELECT ?1, value FROM json_each(?2)",
    )?
    .execute(params![status, json_ids(accounts)])?;
    Ok(())
}

/// Addresses the status to the members of a list without naming them.
pub fn address_list(db: &Connection, status: StatusId, list: ListId) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO mentions (status_id, account_id, silent) SELECT ?1, account_id, 1 FROM list_members WHERE list_id = ?2",
    )?
    .execute(params![status, list])?;
    db.prepare_cached("UPDATE statuses SET list_id = ?2 WHERE id = ?1")?
        .execute(params![status, list])?;
    Ok(())
}

/// Addresses the status to these accounts, without naming them in its text.
pub fn address_silently(db: &Connection, status: StatusId, accounts: &[AccountId]) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO mentions (status_id, account_id, silent) SELECT ?1, value, 1 FROM json_each(?2)",
    )?
    .execute(params![status, json_ids(accounts)])?;
    Ok(())
}

/// Hangs folded hashtags on the status, making those that are new.
pub fn tag(db: &Connection, status: StatusId, names: &[String]) -> Result<()> {
    let names = serde_json::to_string(names)?;
    db.prepare_cached("INSERT OR IGNORE INTO tags (name) SELECT value FROM json_each(?1)")?
        .execute(params![names])?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO status_tags (tag_id, status_id)
         SELECT t.id, ?2 FROM json_each(?1) AS wanted JOIN tags AS t ON t.name = wanted.value",
    )?
    .execute(params![names, status])?;
    Ok(())
}

/// Attaches uploads of the author that hang on nothing yet, in this order; `false` when one of them is not to be had.
pub fn attach(
    db: &Connection,
    status: StatusId,
    author: AccountId,
    media: &[MediaId],
) -> Result<bool> {
    let attached = db
        .prepare_cached(
            "UPDATE media SET status_id = ?1, position = (SELECT min(key) FROM json_each(?3) WHERE value = media.id)
              WHERE id IN (SELECT value FROM json_each(?3)) AND account_id = ?2 AND status_id IS NULL
                AND scheduled_id IS NULL AND chat_message_id IS NULL",
        )?
        .execute(params![status, author, json_ids(media)])?;
    Ok(attached == media.len())
}

/// Describes an attachment anew.
pub fn describe(
    db: &Connection,
    status: StatusId,
    media: MediaId,
    description: Option<&str>,
    focus: Option<(f64, f64)>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE media SET description = coalesce(?3, description), focus_x = coalesce(?4, focus_x), focus_y = coalesce(?5, focus_y)
          WHERE id = ?2 AND status_id = ?1",
    )?
    .execute(params![
        status,
        media,
        description,
        focus.map(|focus| focus.0),
        focus.map(|focus| focus.1)
    ])?;
    Ok(())
}
