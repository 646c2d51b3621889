//! Reblogging: a status of one's own that wraps another.

use super::Rules;
use super::insert::{Arrival, insert};
use crate::clock::Timestamp;
use crate::db::statuses::StatusRow;
use crate::db::statuses::insert::NewStatus;
use crate::db::statuses::origin::Counts;
use crate::db::visibility::Visibility;
use crate::db::{Tx, reblogs, statuses};
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, StatusId};
use crate::ops::notifications::{self, Kind};
use crate::ops::outgoing::{self, Outgoing};
use crate::ops::remote_statuses::fresh_id;

/// Reblogs a status; returns the wrapper, the same one when done twice. It reaches no further than what it wraps.
pub fn reblog(
    tx: &Tx,
    rules: &Rules,
    me: AccountId,
    id: StatusId,
    visibility: Option<Visibility>,
) -> Result<StatusId> {
    let inner = statuses::target(tx, me, id)?;
    let visibility = visibility.unwrap_or(inner.visibility).max(inner.visibility);
    if !may_reblog(me, &inner) || visibility > Visibility::Private {
        return Err(Error::BadRequest("Could not repeat".into()));
    }
    if let Some(wrapper) = reblogs::find(tx, me, inner.id)? {
        return Ok(wrapper);
    }
    let wrapper = StatusId::new();
    let uri = rules.base.join(&format!("/activities/{}", ids::uuid()));
    wrap(tx, wrapper, me, &inner, &uri, visibility, None)?;
    outgoing::push_if_remote(tx, me, &[inner.account], true, || Outgoing::Create {
        status: wrapper,
    })?;
    Ok(wrapper)
}

/// Somebody elsewhere reblogs a status, by the Announce of that id. What may not be reblogged is not.
pub fn reblogged(
    tx: &Tx,
    from: AccountId,
    id: StatusId,
    uri: &str,
    visibility: Visibility,
    at: Timestamp,
) -> Result<()> {
    let inner = statuses::target(tx, from, id)?;
    let is_new = reblogs::find(tx, from, inner.id)?.is_none()
        && statuses::id_of(tx, uri)?.is_none()
        && statuses::tombstone(tx, uri)?.is_none();
    if !may_reblog(from, &inner) || !is_new {
        return Ok(());
    }
    let wrapper = fresh_id(tx, at)?;
    let visibility = visibility.max(inner.visibility);
    wrap(tx, wrapper, from, &inner, uri, visibility, Some(at))
}

fn may_reblog(who: AccountId, inner: &StatusRow) -> bool {
    match inner.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => inner.account == who,
        _ => false,
    }
}

/// Adds the wrapper; `elsewhere`: when it was made, of one from elsewhere.
fn wrap(
    tx: &Tx,
    id: StatusId,
    who: AccountId,
    inner: &StatusRow,
    uri: &str,
    visibility: Visibility,
    elsewhere: Option<Timestamp>,
) -> Result<()> {
    let row = NewStatus {
        id,
        uri,
        url: None,
        account: who,
        local: elsewhere.is_none(),
        visibility,
        conversation: inner.conversation,
        in_reply_to: None,
        in_reply_to_account: None,
        in_reply_to_uri: None,
        reblog_of: Some(inner.id),
        content: "",
        content_type: "text/plain",
        source: None,
        spoiler_text: "",
        sensitive: inner.sensitive,
        language: None,
        emojis: "[]",
        app: None,
        created_at: elsewhere.unwrap_or_else(Timestamp::now),
        edited_at: None,
        expires_at: None,
        quote_policy: None,
        counts: Counts::default(),
    };
    insert(
        tx,
        &Arrival {
            row,
            addressed: &[],
            silent: &[],
            tags: &[],
            list: None,
            media: &[],
            poll: None,
            quote: None,
            is_news: true,
        },
    )?;
    notifications::push(tx, Kind::Reblog, inner.account, who, Some(inner.id), None)
}

/// Takes a reblog back, named by the status or by the wrapper; returns the status.
pub fn unreblog(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let inner = statuses::target(tx, me, id)?;
    if let Some(wrapper) = reblogs::find(tx, me, inner.id)? {
        if let Some(row) = statuses::by_ids(tx, &[wrapper])?.first() {
            outgoing::deletion(tx, row)?;
        }
        super::about_to_go(tx, wrapper)?;
        statuses::remove(tx, wrapper)?;
        notifications::withdraw(tx, Kind::Reblog, inner.account, me, Some(inner.id), None)?;
    }
    Ok(inner.id)
}
