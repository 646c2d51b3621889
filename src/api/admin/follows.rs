//! Following on behalf of others.

use crate::error::Result;
use crate::ops::administration;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/pleroma/admin/users/follow`
pub fn follow(cx: &Ctx) -> Result<Reply> {
    set(cx, true)
}

/// `POST /api/pleroma/admin/users/unfollow`
pub fn unfollow(cx: &Ctx) -> Result<Reply> {
    set(cx, false)
}

fn set(cx: &Ctx, following: bool) -> Result<Reply> {
    let (follower, followed) = (cx.require("follower")?, cx.require("followed")?);
    let actor = cx.session.viewer();
    cx.app
        .db()
        .write(|tx| administration::set_following(tx, actor, &follower, &followed, following))?;
    Reply::json(&"ok")
}
