//! Emoji packs of other servers, for an admin who wants them here (pleroma-contract 18.11).

use percent_encoding::percent_decode_str;
use url::Url;

use super::emoji_packs::{paging, spooled};
use crate::error::{Error, Result};
use crate::fed::emoji_packs::{self as fed, Instance};
use crate::media::packs::intake::Source;
use crate::ops::emoji_packs as ops;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `GET /api/pleroma/emoji/packs/remote`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (url, paging) = (cx.require("url")?, paging(cx, 30)?);
    let _turn = cx.app.fed().turns.take()?;
    let list = Instance::find(cx.app, &url)?.list(paging.page, paging.size)?;
    Ok(Reply::bytes("application/json; charset=utf-8", list))
}

/// `POST /api/pleroma/emoji/packs/download`
pub fn download(cx: &Ctx) -> Result<Reply> {
    let (url, name) = (cx.require("url")?, cx.require("name")?);
    let saved_as = cx.params.nonempty("as");
    let target = ops::new_name(saved_as.as_deref().unwrap_or(&name))?;
    ops::room(cx.app.packs())?;
    let _turn = cx.app.fed().turns.take()?;
    let instance = Instance::find(cx.app, &url)?;
    instance.download(cx.app.packs(), &name, &target)?;
    cx.app.reload_emoji();
    Reply::json(&"ok")
}

/// `POST /api/pleroma/emoji/packs/download_zip`: a pack from an archive that lies at an address or is sent along.
///
/// Not in the seed document: later Pleroma has it, and Pleroma-FE calls it. Here it takes all that `kenoma emoji import` takes.
pub fn download_zip(cx: &Ctx) -> Result<Reply> {
    let packs = cx.app.packs();
    let name = ops::new_name(&cx.params.text("name").unwrap_or_default())?;
    let archive = match (cx.params.file("file"), cx.params.nonempty("url")) {
        (Some(upload), _) => spooled(packs, upload)?,
        (None, Some(url)) => {
            let _turn = cx.app.fed().turns.take()?;
            fed::save(cx.app, packs, url.trim())?
        }
        (None, None) => {
            let text = "Neither file nor URL was present in the request";
            return Err(Error::BadRequest(text.into()));
        }
    };
    let source = Source::of_file(archive).map_err(ops::refused)?;
    ops::import(packs, &name, source)?;
    cx.app.reload_emoji();
    Reply::json(&"ok")
}

/// What an address calls its file; empty when it names none.
pub(super) fn file_name(url: &str) -> String {
    let url = Url::parse(url.trim()).ok();
    let segment = url
        .as_ref()
        .and_then(|url| url.path_segments()?.next_back());
    percent_decode_str(segment.unwrap_or_default())
        .decode_utf8_lossy()
        .into_owned()
}
