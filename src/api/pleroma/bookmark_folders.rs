//! Folders for bookmarks (mastodon-api 1.6).

use crate::db;
use crate::error::{Error, Result};
use crate::ids::FolderId;
use crate::ops::bookmark_folders::{self, Wishes};
use crate::ops::reactions::Emoji;
use crate::views::bookmark_folder::BookmarkFolder;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/bookmark_folders`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let folders: Vec<BookmarkFolder> = cx.app.db().read(|db| {
        let (view, rows) = (cx.view(db), db::bookmark_folders::of(db, me)?);
        Ok(rows
            .into_iter()
            .map(|row| view.bookmark_folder(row))
            .collect())
    })?;
    Reply::json(&folders)
}

/// `POST /api/v1/pleroma/bookmark_folders`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.require("name")?;
    let wishes = wishes(cx)?;
    let id = cx
        .app
        .db()
        .write(|tx| bookmark_folders::add(tx, me, wishes))?;
    shown(cx, id)
}

/// `PATCH /api/v1/pleroma/bookmark_folders/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let wishes = wishes(cx)?;
    cx.app
        .db()
        .write(|tx| bookmark_folders::update(tx, me, id, wishes))?;
    shown(cx, id)
}

/// `DELETE /api/v1/pleroma/bookmark_folders/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    let gone = shown(cx, id)?;
    cx.app
        .db()
        .write(|tx| db::bookmark_folders::delete(tx, id))?;
    Ok(gone)
}

fn shown(cx: &Ctx, id: FolderId) -> Result<Reply> {
    let me = cx.me()?.id;
    let folder = cx.app.db().read(|db| {
        let row = db::bookmark_folders::owned_by(db, me, id)?;
        Ok(cx.view(db).bookmark_folder(row))
    })?;
    Reply::json(&folder)
}

fn wishes(cx: &Ctx) -> Result<Wishes> {
    let emoji = match cx.params.text("emoji") {
        None => None,
        Some(text) if text.is_empty() => Some(None),
        Some(text) => Some(Some(emoji(cx, &text)?)),
    };
    Ok(Wishes {
        name: cx.params.text("name").map(|name| name.into_owned()),
        emoji,
    })
}

fn emoji(cx: &Ctx, text: &str) -> Result<String> {
    let known = match Emoji::parse(text) {
        Some(Emoji::Local(code)) => {
            let all = cx.app.house().emojis.all();
            all.contains_key(&code).then_some(code)
        }
        Some(unicode @ Emoji::Unicode(_)) => Some(unicode.name().to_owned()),
        Some(Emoji::Remote(_)) | None => None,
    };
    known.ok_or_else(|| Error::Invalid("Invalid emoji".into()))
}
