//! People: looking them up, and changing what they may.

use serde::Serialize;
use serde_json::json;

use super::{nicknames, paging};
use crate::db::user_list::{self, Filter};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::administration::{self, Action};
use crate::ops::moderation_log::{Subject, record};
use crate::ops::password_resets;
use crate::views::admin_user::AdminUser;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Page {
    users: Vec<AdminUser>,
    count: i64,
    page_size: i64,
}

#[derive(Serialize)]
struct Changed {
    users: Vec<AdminUser>,
}

/// `GET /api/pleroma/admin/users`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (filter, paging) = (filter(cx), paging(cx));
    let page = cx.app.db().read(|db| {
        let (ids, count) = user_list::page(db, &filter, paging.size, paging.offset)?;
        Ok(Page {
            users: cx.view(db).admin_users(&ids)?,
            count,
            page_size: paging.size,
        })
    })?;
    Reply::json(&page)
}

fn filter(cx: &Ctx) -> Filter {
    let text = |key| cx.params.nonempty(key).map(Into::into);
    let mut filter = Filter {
        query: text("query"),
        name: text("name"),
        email: text("email"),
        tags: cx.params.list("tags"),
        ..Filter::default()
    };
    let names = cx.params.list("filters").join(",");
    for name in names.split(',') {
        match name.trim() {
            "local" => filter.local = Some(true),
            "external" => filter.local = Some(false),
            "active" => filter.active = Some(true),
            "deactivated" => filter.deactivated = Some(true),
            "need_approval" => filter.need_approval = Some(true),
            "unconfirmed" => filter.unconfirmed = Some(true),
            "is_admin" => filter.admin = Some(true),
            "is_moderator" => filter.moderator = Some(true),
            _ => {}
        }
    }
    let named = filter
        .query
        .as_deref()
        .and_then(|query| query.rsplit_once('@'));
    let ours = named.filter(|(_, host)| cx.app.base().is_own(host));
    if let Some(name) = ours.map(|(name, _)| format!("{name}@")) {
        // People who live here are stored without a host.
        (filter.local, filter.query) = (Some(true), Some(name));
    }
    filter
}

/// `GET /api/pleroma/admin/users/{nickname}`: by name or id.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let named = cx.require("nickname")?;
    let user = cx.app.db().read(|db| {
        let account = administration::find_by_any(db, &named)?;
        cx.view(db).admin_users(&[account.id])
    })?;
    Reply::json(&user.first())
}

/// `PATCH /api/pleroma/admin/users/activate`
pub fn activate(cx: &Ctx) -> Result<Reply> {
    changed(cx, &Action::Activate)
}

/// `PATCH /api/pleroma/admin/users/deactivate`
pub fn deactivate(cx: &Ctx) -> Result<Reply> {
    changed(cx, &Action::Deactivate)
}

/// `PATCH /api/pleroma/admin/users/approve`
pub fn approve(cx: &Ctx) -> Result<Reply> {
    changed(cx, &Action::Approve)
}

/// `PATCH /api/pleroma/admin/users/{nickname}/toggle_activation`
pub fn toggle_activation(cx: &Ctx) -> Result<Reply> {
    let nickname = cx.require("nickname")?.into_owned();
    let user = cx.app.db().write(|tx| {
        let account = administration::find(tx, &nickname)?;
        let action = if account.deactivated {
            Action::Activate
        } else {
            Action::Deactivate
        };
        let actor = cx.session.viewer();
        administration::apply(tx, &cx.app.site(), actor, &[nickname], &action)?;
        cx.view(tx).admin_users(&[account.id])
    })?;
    Reply::json(&user.first())
}

/// `DELETE /api/pleroma/admin/users`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let named = match cx.params.nonempty("nickname") {
        Some(nickname) => vec![nickname.into_owned()],
        None => nicknames(cx)?,
    };
    let gone = apply(cx, &named, &Action::Delete)?;
    Reply::json(&gone)
}

/// `PATCH /api/pleroma/admin/users/confirm_email`
pub fn confirm_email(cx: &Ctx) -> Result<Reply> {
    apply(cx, &nicknames(cx)?, &Action::ConfirmEmail)?;
    Reply::json(&"")
}

/// `PATCH /api/pleroma/admin/users/resend_confirmation_email`
pub fn resend_confirmation_email(cx: &Ctx) -> Result<Reply> {
    apply(cx, &nicknames(cx)?, &Action::ResendConfirmation)?;
    Reply::json(&"")
}

/// `PATCH /api/pleroma/admin/users/force_password_reset`
pub fn force_password_reset(cx: &Ctx) -> Result<Reply> {
    apply(cx, &nicknames(cx)?, &Action::ForcePasswordReset)?;
    Ok(Reply::empty(204))
}

/// `PUT /api/pleroma/admin/users/disable_mfa`: for somebody who lost phone and backup codes.
pub fn disable_mfa(cx: &Ctx) -> Result<Reply> {
    let nickname = cx.require("nickname")?.into_owned();
    apply(cx, std::slice::from_ref(&nickname), &Action::DisableMfa)?;
    Reply::json(&nickname)
}

/// `PUT /api/pleroma/admin/users/tag`
pub fn tag(cx: &Ctx) -> Result<Reply> {
    apply(cx, &nicknames(cx)?, &Action::Tag(tags(cx)?))?;
    Ok(Reply::empty(204))
}

/// `DELETE /api/pleroma/admin/users/tag`
pub fn untag(cx: &Ctx) -> Result<Reply> {
    apply(cx, &nicknames(cx)?, &Action::Untag(tags(cx)?))?;
    Ok(Reply::empty(204))
}

fn tags(cx: &Ctx) -> Result<Vec<String>> {
    if !cx.params.has("tags") {
        return Err(Error::MissingField("tags"));
    }
    Ok(cx.params.list("tags"))
}

/// `GET /api/pleroma/admin/users/{nickname}/password_reset`: a link for the admin to hand over; shown this once.
pub fn password_reset(cx: &Ctx) -> Result<Reply> {
    let nickname = cx.require("nickname")?;
    let token = cx.app.db().write(|tx| {
        let account = administration::find(tx, &nickname)?;
        if account.role.is_none() {
            return Err(Error::Status(404, "Not found".into()));
        }
        let did = format!("made a password reset link for @{}", account.username);
        let subject = [Subject::user(&account)];
        record(tx, cx.session.viewer(), "password_reset", &subject, &did)?;
        password_resets::issue(tx, account.id)
    })?;
    let link = cx
        .app
        .base()
        .join(&format!("/api/pleroma/password_reset/{token}"));
    let reply = Reply::json(&json!({"token": token, "link": link}))?;
    Ok(reply.header("Cache-Control", "no-store"))
}

/// Does it to those people, and answers their names.
fn apply(cx: &Ctx, named: &[String], action: &Action) -> Result<Vec<String>> {
    let actor = cx.session.viewer();
    let people = cx
        .app
        .db()
        .write(|tx| administration::apply(tx, &cx.app.site(), actor, named, action))?;
    Ok(people.iter().map(|account| account.acct()).collect())
}

/// Does it to the people named in the request, and answers how they are now.
fn changed(cx: &Ctx, action: &Action) -> Result<Reply> {
    let named = nicknames(cx)?;
    let actor = cx.session.viewer();
    let users = cx.app.db().write(|tx| {
        let people = administration::apply(tx, &cx.app.site(), actor, &named, action)?;
        let ids: Vec<AccountId> = people.iter().map(|account| account.id).collect();
        cx.view(tx).admin_users(&ids)
    })?;
    Reply::json(&Changed { users })
}
