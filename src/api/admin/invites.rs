//! Invitations to register.

use serde::Serialize;
use time::Date;
use time::macros::format_description;

use crate::auth::names;
use crate::db;
use crate::db::invites::InviteRow;
use crate::error::{Error, Result};
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// An invitation as clients know it.
#[derive(Serialize)]
struct Invite {
    id: i64,
    token: String,
    used: bool,
    expires_at: Option<String>,
    uses: i64,
    max_use: Option<i64>,
    invite_type: &'static str,
}

#[derive(Serialize)]
struct Invites {
    invites: Vec<Invite>,
}

fn view(row: InviteRow) -> Invite {
    let invite_type = match (row.max_use.is_some(), row.expires_on.is_some()) {
        (false, false) => "one_time",
        (true, false) => "reusable",
        (false, true) => "date_limited",
        (true, true) => "reusable_date_limited",
    };
    Invite {
        id: row.id,
        token: row.token,
        used: row.used,
        expires_at: row.expires_on,
        uses: row.uses,
        max_use: row.max_use,
        invite_type,
    }
}

/// `POST /api/pleroma/admin/users/invite_token`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let max_use = cx.params.int("max_use")?;
    if max_use.is_some_and(|most| most < 1) {
        return Err(Error::BadRequest("max_use must be at least 1".into()));
    }
    let expires_on = day(cx)?;
    let invite = cx
        .app
        .db()
        .write(|tx| ops::invites::create(tx, max_use, expires_on.as_deref()))?;
    Reply::json(&view(invite))
}

/// The day in `expires_at`; of a moment, its date.
fn day(cx: &Ctx) -> Result<Option<String>> {
    let Some(text) = cx.params.nonempty("expires_at") else {
        return Ok(None);
    };
    let day = text.get(..10).unwrap_or_default();
    match Date::parse(day, format_description!("[year]-[month]-[day]")) {
        Ok(_) => Ok(Some(day.to_owned())),
        Err(_) => Err(Error::BadRequest(
            "expires_at must be a date such as 2030-01-31".into(),
        )),
    }
}

/// `GET /api/pleroma/admin/users/invites`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let rows = cx.app.db().read(db::invites::all)?;
    let invites = rows.into_iter().map(view).collect();
    Reply::json(&Invites { invites })
}

/// `POST /api/pleroma/admin/users/revoke_invite`
pub fn revoke(cx: &Ctx) -> Result<Reply> {
    let token = cx.require("token")?;
    let invite = cx.app.db().write(|tx| ops::invites::revoke(tx, &token))?;
    Reply::json(&view(invite))
}

/// `POST /api/pleroma/admin/users/email_invite`
pub fn email(cx: &Ctx) -> Result<Reply> {
    let refused = |text: &str| Err(Error::BadRequest(text.into()));
    let instance = &cx.app.config().instance;
    if instance.registrations_open {
        return refused(
            "To send invites you need to set the `registrations_open` option to false.",
        );
    }
    if !instance.invites_enabled {
        return refused("To send invites you need to set the `invites_enabled` option to true.");
    }
    let email = cx.require("email")?;
    if let Err(rule) = names::check_email(&email) {
        return refused(&format!("email {rule}"));
    }
    let name = cx.params.nonempty("name");
    cx.app.db().write(|tx| {
        let invite = ops::invites::create(tx, None, None)?;
        let letter = cx.app.site().invite(&email, name.as_deref(), &invite.token);
        ops::mails::send(tx, &letter)
    })?;
    Ok(Reply::empty(204))
}
