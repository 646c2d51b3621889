//! Scrobbles (pleroma-contract 19).

use crate::db;
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::ScrobbleId;
use crate::ops::scrobbles::{self, Draft};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/pleroma/scrobble`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let text = |key| cx.params.nonempty(key).map(|text| text.into_owned());
    let draft = Draft {
        title: cx.require("title")?.into_owned(),
        artist: text("artist"),
        album: text("album"),
        length: cx.params.int("length")?,
        link: text("externalLink"),
        visibility: visibility(cx)?,
    };
    let shown = cx.app.db().write(|tx| {
        let row = scrobbles::post(tx, cx.app.base(), me, &draft)?;
        cx.view(tx).scrobbles(vec![row])
    })?;
    Reply::json(&shown.first())
}

/// There are no lists of people who may know what somebody hears.
fn visibility(cx: &Ctx) -> Result<Visibility> {
    match cx.params.nonempty("visibility") {
        None => Ok(Visibility::Public),
        Some(word) => Visibility::parse(&word)
            .filter(|known| *known != Visibility::List)
            .ok_or_else(|| Error::BadRequest("Unknown visibility".into())),
    }
}

/// `GET /api/v1/pleroma/accounts/{id}/scrobbles`, by id or name
pub fn list(cx: &Ctx) -> Result<Reply> {
    let named = cx.require("id")?;
    let page = cx.page(20, 40);
    let (keys, shown) = cx.app.db().read(|db| {
        let account = db::accounts::by_id_or_name(db, cx.app.base(), &named)?
            .filter(|account| !account.hidden)
            .ok_or(Error::record())?;
        let rows = db::scrobbles::list(db, cx.viewer(), account.id, &page)?;
        let keys: Vec<ScrobbleId> = rows.iter().map(|row| row.id).collect();
        Ok((keys, cx.view(db).scrobbles(rows)?))
    })?;
    cx.listed(&shown, &keys)
}
