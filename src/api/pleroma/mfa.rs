//! The second factor of the own account (pleroma-contract 6).

use serde::Serialize;
use serde_json::json;

use crate::db::users::{self, UserRow};
use crate::error::{Error, Result};
use crate::ops::mfa;
use crate::web::ctx::Ctx;
use crate::web::passwords;
use crate::web::reply::Reply;

/// The only method so far, and what stands for all methods.
const TOTP: &str = "totp";
const ALL: &str = "mfa";

/// `GET /api/pleroma/accounts/mfa`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let user = cx.app.db().read(|db| users::by_id(db, me))?;
    let on = user.is_some_and(|user| user.mfa);
    Reply::json(&json!({"settings": {"enabled": on, "totp": on}}))
}

/// `GET /api/pleroma/accounts/mfa/setup/{method}`: makes a new key, which waits for its first code.
pub fn set_up(cx: &Ctx) -> Result<Reply> {
    if cx.require("method")? != TOTP {
        return Err(Error::BadRequest("undefined method".into()));
    }
    let (me, site) = (cx.me()?.id, cx.app.site());
    let made = cx.app.db().write(|tx| mfa::set_up(tx, &site, me))?;
    private(&json!({"key": made.key, "provisioning_uri": made.provisioning_uri}))
}

/// `POST /api/pleroma/accounts/mfa/confirm/{method}`
pub fn confirm(cx: &Ctx) -> Result<Reply> {
    let said = (cx.params.text("password"), cx.params.text("code"));
    let (TOTP, (Some(_), Some(code))) = (&*cx.require("method")?, said) else {
        return Err(undefined());
    };
    let me = own_user(cx)?.id;
    cx.app.db().write(|tx| mfa::confirm(tx, me, &code))?;
    Reply::json(&json!({}))
}

/// `DELETE /api/pleroma/accounts/mfa/{method}`
pub fn disable(cx: &Ctx) -> Result<Reply> {
    let (TOTP | ALL) = &*cx.require("method")? else {
        return Err(undefined());
    };
    let me = own_user(cx)?.id;
    cx.app.db().write(|tx| mfa::disable(tx, me))?;
    Reply::json(&json!({}))
}

/// `GET /api/pleroma/accounts/mfa/backup_codes`: makes new ones, which are shown this once.
pub fn make_backup_codes(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let codes = cx.app.db().write(|tx| mfa::make_backup_codes(tx, me))?;
    private(&json!({"codes": codes}))
}

fn undefined() -> Error {
    Error::BadRequest("undefined mfa method".into())
}

/// The caller, who proves it with the password.
fn own_user(cx: &Ctx) -> Result<UserRow> {
    passwords::confirm(cx)?.ok_or_else(|| Error::Invalid("Invalid password.".into()))
}

fn private(secrets: &impl Serialize) -> Result<Reply> {
    Ok(Reply::json(secrets)?.header("Cache-Control", "no-store"))
}
