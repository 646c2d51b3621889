//! Settings of people who live here, for admins.

use serde_json::json;

use crate::api::mastodon::credentials;
use crate::auth::password;
use crate::db::accounts::AccountRow;
use crate::db::preferences;
use crate::error::{Error, Result};
use crate::ops::admin_credentials::{self, Settings};
use crate::ops::administration;
use crate::ops::profiles::Change;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/admin/users/{nickname}/credentials`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let account = named(cx)?;
    cx.app
        .db()
        .read(|db| Reply::json(&cx.view(db).admin_credentials(&account)?))
}

/// `PATCH /api/pleroma/admin/users/{nickname}/credentials`: what is not sent stays. Names never change: they are part of
/// addresses elsewhere.
pub fn update(cx: &Ctx) -> Result<Reply> {
    let account = named(cx)?;
    let mut settings = Settings {
        email: cx.params.text("email").map(|text| text.trim().to_owned()),
        password_hash: password_hash(cx)?,
        profile: profile(cx)?,
    };
    // Clients send back what they were shown: that is no change.
    let now = cx.app.db().read(|db| preferences::of(db, account.id))?;
    settings.email = settings
        .email
        .filter(|email| now.email.as_ref() != Some(email));
    let note = settings.profile.note.take();
    settings.profile.note = note.filter(|note| *note != account.note);
    let pictures = ["avatar", "banner", "background"];
    credentials::take_pictures(cx, &mut settings.profile, &pictures, |key| {
        refused(key, "is invalid")
    })?;
    let actor = cx.session.viewer();
    credentials::store(cx, &settings.profile, |tx| {
        let limits = credentials::limits(cx);
        admin_credentials::update(tx, cx.app.base(), limits, actor, &account, &settings)?
            .map_err(|(field, text)| refused(field, &text))
    })?;
    Reply::json(&json!({"status": "success"}))
}

/// Who is named; only who lives here has settings.
fn named(cx: &Ctx) -> Result<AccountRow> {
    let name = cx.require("nickname")?;
    let account = cx.app.db().read(|db| administration::find(db, &name))?;
    match account.role {
        Some(_) => Ok(account),
        None => Err(Error::Status(404, "Not found".into())),
    }
}

/// The body that admin clients read: what is wrong, by field.
fn refused(field: &'static str, text: &str) -> Error {
    Error::Answer(400, json!({"errors": {field: text}}))
}

/// The profile, whose fields have other names here than for their owner.
fn profile(cx: &Ctx) -> Result<Change> {
    let change = credentials::read(&cx.params, |field| refused(field, "is invalid"))?;
    let text = |key| cx.params.text(key).map(|text| text.into_owned());
    let fields = ["raw_fields", "fields"]
        .into_iter()
        .find(|key| cx.params.has(key));
    Ok(Change {
        display_name: text("name").or(change.display_name),
        note: text("bio").or(change.note),
        fields: fields
            .map(|key| credentials::fields(&cx.params, key))
            .or(change.fields),
        ..change
    })
}

/// Hashes here, where no database connection is held. An empty password is none: forms send their empty boxes along.
fn password_hash(cx: &Ctx) -> Result<Option<String>> {
    let Some(chosen) = cx.params.nonempty("password") else {
        return Ok(None);
    };
    if let Err(rule) = password::check_new(&chosen) {
        return Err(refused("password", rule));
    }
    cx.app
        .hasher()
        .hash(&chosen)
        .map(Some)
        .map_err(Error::internal)
}
