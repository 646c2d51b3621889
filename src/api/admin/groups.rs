//! Roles: who has which, giving and taking them.

use serde_json::{Value, json};

use super::nicknames;
use crate::db::users::Group;
use crate::error::{Error, Result};
use crate::ops::administration::{self, Action};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/admin/users/{nickname}/permission_group`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let nickname = cx.require("nickname")?;
    if cx.params.has("group") {
        group(cx)?;
    }
    let account = cx.app.db().read(|db| administration::find(db, &nickname))?;
    let role = account.role;
    Reply::json(&json!({
        "is_moderator": role.is_some_and(|role| role.moderator),
        "is_admin": role.is_some_and(|role| role.admin),
    }))
}

/// `POST /api/pleroma/admin/users/{nickname}/permission_group/{group}`
pub fn grant_one(cx: &Ctx) -> Result<Reply> {
    grant(cx, &[cx.require("nickname")?.into_owned()])
}

/// `POST /api/pleroma/admin/users/permission_group/{group}`
pub fn grant_many(cx: &Ctx) -> Result<Reply> {
    grant(cx, &nicknames(cx)?)
}

/// `DELETE /api/pleroma/admin/users/{nickname}/permission_group/{group}`
pub fn revoke_one(cx: &Ctx) -> Result<Reply> {
    let nickname = cx.require("nickname")?.into_owned();
    revoke(cx, &[nickname], "You can't revoke your own admin status.")
}

/// `DELETE /api/pleroma/admin/users/permission_group/{group}`
pub fn revoke_many(cx: &Ctx) -> Result<Reply> {
    let text = "You can't revoke your own admin/moderator status.";
    revoke(cx, &nicknames(cx)?, text)
}

fn group(cx: &Ctx) -> Result<Group> {
    Group::parse(&cx.require("group")?)
        .ok_or_else(|| Error::Status(404, "No such permission_group".into()))
}

fn grant(cx: &Ctx, named: &[String]) -> Result<Reply> {
    let group = group(cx)?;
    let actor = cx.session.viewer();
    cx.app.db().write(|tx| {
        administration::apply(tx, &cx.app.site(), actor, named, &Action::Grant(group))
    })?;
    Reply::json(&membership(group, true))
}

/// Nobody takes the own role: a slip would leave a server without an admin.
fn revoke(cx: &Ctx, named: &[String], own: &str) -> Result<Reply> {
    let group = group(cx)?;
    let actor = cx.session.viewer();
    cx.app.db().write(|tx| {
        let action = Action::Revoke(group);
        let people = administration::apply(tx, &cx.app.site(), actor, named, &action)?;
        if people.iter().any(|account| Some(account.id) == cx.viewer()) {
            return Err(Error::Forbidden(own.into()));
        }
        Ok(())
    })?;
    Reply::json(&membership(group, false))
}

fn membership(group: Group, member: bool) -> Value {
    match group {
        Group::Admin => json!({"is_admin": member}),
        Group::Moderator => json!({"is_moderator": member}),
    }
}
