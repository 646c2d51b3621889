//! Which notifications somebody wants (pleroma-contract 14). They act when a notification would be made.

use serde_json::json;

use crate::db::preferences::{self, NotificationSettings};
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::params::Value;
use crate::web::reply::Reply;

/// `PUT /api/pleroma/notification_settings`: keys that are not sent keep their values.
pub fn update(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().write(|tx| {
        let mut settings = preferences::notification_settings(tx, me)?;
        for (key, value) in fields(&mut settings) {
            if let Some(chosen) = chosen(cx, key)? {
                *value = chosen;
            }
        }
        if let Some(hide) = chosen(cx, "privacy_option")? {
            settings.hide_notification_contents = hide;
        }
        preferences::set_notification_settings(tx, me, &settings)
    })?;
    Reply::json(&json!({"status": "success"}))
}

fn fields(settings: &mut NotificationSettings) -> [(&'static str, &mut bool); 8] {
    [
        ("followers", &mut settings.followers),
        ("follows", &mut settings.follows),
        ("non_followers", &mut settings.non_followers),
        ("non_follows", &mut settings.non_follows),
        ("remote", &mut settings.remote),
        ("local", &mut settings.local),
        ("block_from_strangers", &mut settings.block_from_strangers),
        (
            "hide_notification_contents",
            &mut settings.hide_notification_contents,
        ),
    ]
}

fn chosen(cx: &Ctx, key: &str) -> Result<Option<bool>> {
    match cx.params.get(key) {
        Some(Value::List(_) | Value::Map(_) | Value::File(_)) => Err(Error::InvalidField {
            field: key.to_owned(),
            message: "Invalid boolean.".into(),
        }),
        _ => Ok(cx.params.bool(key)),
    }
}
