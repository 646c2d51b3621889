//! The own mascot (pleroma-contract 13).

use serde_json::json;

use crate::db::mascots;
use crate::error::{Error, Result};
use crate::media::sniff::{self, Class};
use crate::ops;
use crate::views::media::attachment;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/v1/pleroma/mascot`: the chosen one, or the one that comes with the server.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let row = cx.app.db().read(|db| match mascots::of(db, me)? {
        Some(id) => ops::media::owned(db, me, id).map(Some),
        None => Ok(None),
    })?;
    if let Some(row) = row {
        return Reply::json(&attachment(&row, cx.app.house()));
    }
    let url = cx.app.base().join("/static/mascot.png");
    Reply::json(&json!({
        "id": "default-mascot",
        "type": "image",
        "url": url,
        "preview_url": url,
        "remote_url": null,
        "text_url": url,
        "description": null,
        "pleroma": {"mime_type": "image/png"},
    }))
}

/// `PUT /api/v1/pleroma/mascot`
pub fn put(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let file = cx.params.file("file").ok_or(Error::MissingField("file"))?;
    if file.size() > cx.app.config().upload.limit {
        return Err(Error::Status(413, "file_too_large".into()));
    }
    let bytes = file.bytes()?.into_owned();
    let refused = || Error::Status(415, "mascots can only be images".into());
    if sniff::sniff(&bytes).is_none_or(|kind| kind.class != Class::Image) {
        return Err(refused());
    }
    let store = cx.app.uploads();
    let stored =
        ops::media::store(cx.app.decoder(), store, bytes).map_err(|error| match error {
            Error::Invalid(_) => refused(),
            other => other,
        })?;
    let row = cx.app.db().write(|tx| {
        let id = ops::mascots::put(tx, me, &stored, &file.filename)?;
        ops::media::owned(tx, me, id)
    });
    let row = row.inspect_err(|_| ops::media::remove(store, stored.files()))?;
    Reply::json(&attachment(&row, cx.app.house()))
}
