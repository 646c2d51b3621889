//! Reblogging: a status of one's own that wraps another.

use super::Rules;
use super::insert::{Arrival, insert};
use crate::clock::Timestamp;
use crate::db::statuses::insert::NewStatus;
use crate::db::visibility::Visibility;
use crate::db::{Tx, reblogs, statuses};
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, StatusId};
use crate::ops::notifications::{self, Kind};

/// Reblogs a status; returns the wrapper, the same one when done twice. It reaches no further than what it wraps.
pub fn reblog(
    tx: &Tx,
    rules: &Rules,
    me: AccountId,
    id: StatusId,
    visibility: Option<Visibility>,
) -> Result<StatusId> {
    let inner = statuses::target(tx, me, id)?;
    let is_allowed = match inner.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => inner.account == me,
        _ => false,
    };
    let visibility = visibility.unwrap_or(inner.visibility).max(inner.visibility);
    if !is_allowed || visibility > Visibility::Private {
        return Err(Error::BadRequest("Could not repeat".into()));
    }
    if let Some(wrapper) = reblogs::find(tx, me, inner.id)? {
        return Ok(wrapper);
    }
    let wrapper = StatusId::new();
    let row = NewStatus {
        id: wrapper,
        uri: &rules.base.join(&format!("/activities/{}", ids::uuid())),
        url: None,
        account: me,
        local: true,
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
        created_at: Timestamp::now(),
        expires_at: None,
    };
    insert(
        tx,
        &Arrival {
            row,
            addressed: &[],
            tags: &[],
            list: None,
            media: &[],
            poll: None,
            quote: None,
            words: "",
        },
    )?;
    notifications::push(tx, Kind::Reblog, inner.account, me, Some(inner.id), None)?;
    Ok(wrapper)
}

/// Takes a reblog back, named by the status or by the wrapper; returns the status.
pub fn unreblog(tx: &Tx, me: AccountId, id: StatusId) -> Result<StatusId> {
    let inner = statuses::target(tx, me, id)?;
    if let Some(wrapper) = reblogs::find(tx, me, inner.id)? {
        super::about_to_go(tx, wrapper)?;
        statuses::remove(tx, wrapper)?;
        notifications::withdraw(tx, Kind::Reblog, inner.account, me, Some(inner.id), None)?;
    }
    Ok(inner.id)
}
