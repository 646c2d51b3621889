//! What one account does to another: follow, block, mute, note. Each answers the new Relationship.

use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::blocks;
use crate::ops::follows::{self, Options};
use crate::views::relationship;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Characters in a private note.
const NOTE_LENGTH: usize = 5000;

/// Runs a change between the caller and the account in the path.
pub(super) fn act(
    cx: &Ctx,
    work: impl FnOnce(&Tx, AccountId, AccountId) -> Result<()>,
) -> Result<Reply> {
    let me = cx.me()?.id;
    let other = cx.id("id", "Record")?;
    let relationship = cx.app.db().write(|tx| {
        work(tx, me, other)?;
        relationship::one(tx, me, other)
    })?;
    Reply::json(&relationship)
}

/// `POST /api/v1/accounts/{id}/follow`
pub fn follow(cx: &Ctx) -> Result<Reply> {
    let options = Options {
        reblogs: cx.params.bool("reblogs"),
        notify: cx.params.bool("notify"),
        languages: cx
            .params
            .has("languages")
            .then(|| cx.params.list("languages")),
    };
    act(cx, |tx, me, other| follows::follow(tx, me, other, &options))
}

/// `POST /api/v1/accounts/{id}/unfollow`
pub fn unfollow(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::unfollow)
}

/// `POST /api/v1/accounts/{id}/remove_from_followers`
pub fn remove_from_followers(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::remove_follower)
}

/// `POST /api/v1/follow_requests/{id}/authorize`
pub fn authorize(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::authorize)
}

/// `POST /api/v1/follow_requests/{id}/reject`
pub fn reject(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::reject)
}

/// `POST /api/v1/pleroma/accounts/{id}/subscribe`
pub fn subscribe(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::subscribe)
}

/// `POST /api/v1/pleroma/accounts/{id}/unsubscribe`
pub fn unsubscribe(cx: &Ctx) -> Result<Reply> {
    act(cx, follows::unsubscribe)
}

/// `POST /api/v1/accounts/{id}/block`
pub fn block(cx: &Ctx) -> Result<Reply> {
    act(cx, blocks::block)
}

/// `POST /api/v1/accounts/{id}/unblock`
pub fn unblock(cx: &Ctx) -> Result<Reply> {
    act(cx, blocks::unblock)
}

/// `POST /api/v1/accounts/{id}/mute`
pub fn mute(cx: &Ctx) -> Result<Reply> {
    let notifications = cx.params.bool("notifications").unwrap_or(true);
    let seconds = match seconds(cx, "duration")? {
        Some(seconds) => seconds,
        None => seconds(cx, "expires_in")?.unwrap_or(0),
    };
    act(cx, |tx, me, other| {
        blocks::mute(tx, me, other, notifications, seconds)
    })
}

fn seconds(cx: &Ctx, key: &str) -> Result<Option<i64>> {
    Ok(cx.params.int(key)?)
}

/// `POST /api/v1/accounts/{id}/unmute`
pub fn unmute(cx: &Ctx) -> Result<Reply> {
    act(cx, blocks::unmute)
}

/// `POST /api/v1/accounts/{id}/note`
pub fn note(cx: &Ctx) -> Result<Reply> {
    let comment = cx
        .params
        .text("comment")
        .unwrap_or_default()
        .trim()
        .to_owned();
    if comment.chars().count() > NOTE_LENGTH {
        return Err(Error::Invalid(format!(
            "The note is longer than {NOTE_LENGTH} characters"
        )));
    }
    act(cx, |tx, me, other| {
        let other = db::accounts::visible(tx, other)?;
        db::relationships::put_note(tx, me, other.id, &comment)
    })
}
