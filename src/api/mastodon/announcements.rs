//! Announcements, as people here read them. Strangers are told nothing.

use serde_json::json;

use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, AnnouncementId};
use crate::ops::announcements;
use crate::ops::reactions::Emoji;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/announcements`: all that are shown at present, read or not, unless `with_dismissed=false`.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let Some(me) = cx.viewer() else {
        return Reply::json(&[(); 0]);
    };
    let with_dismissed = cx.params.bool("with_dismissed").unwrap_or(true);
    cx.app.db().read(|db| {
        let mut rows = db::announcements::shown(db)?;
        if !with_dismissed {
            let ids: Vec<AnnouncementId> = rows.iter().map(|row| row.id).collect();
            let read = db::announcements::read_among(db, me, &ids)?;
            rows.retain(|row| !read.contains(&row.id));
        }
        Reply::json(&cx.view(db).announcements(rows)?)
    })
}

/// `POST /api/v1/announcements/{id}/dismiss`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    cx.app.db().write(|tx| announcements::dismiss(tx, me, id))?;
    Reply::json(&json!({}))
}

/// `PUT /api/v1/announcements/{id}/reactions/{name}`
pub fn react(cx: &Ctx) -> Result<Reply> {
    with_emoji(cx, announcements::react)
}

/// `DELETE /api/v1/announcements/{id}/reactions/{name}`
pub fn unreact(cx: &Ctx) -> Result<Reply> {
    with_emoji(cx, announcements::unreact)
}

fn with_emoji(
    cx: &Ctx,
    act: fn(&Tx, AccountId, AnnouncementId, &Emoji) -> Result<()>,
) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let emoji = Emoji::parse(&cx.params.text("name").unwrap_or_default());
    let known = emoji.filter(|emoji| match emoji {
        Emoji::Unicode(_) => true,
        Emoji::Local(shortcode) => cx.app.house().emojis.all().contains_key(shortcode),
        Emoji::Remote(_) => false,
    });
    let emoji = known.ok_or_else(|| Error::Invalid("The emoji is unknown".into()))?;
    cx.app.db().write(|tx| act(tx, me, id, &emoji))?;
    Reply::json(&json!({}))
}
