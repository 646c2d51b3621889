//! Pictures of custom emoji, straight from the packs on disk.

use super::media;
use crate::error::{Error, Result};
use crate::media::name::{PackName, PackPath};
use crate::media::packs;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Emoji may be replaced under their name, so caches have to ask again now and then.
const AN_HOUR: &str = "public, max-age=3600";

/// `GET /emoji/{pack}/{*file}`
pub fn file(cx: &Ctx) -> Result<Reply> {
    let missing = |_| Error::NotFound("File");
    let pack = PackName::parse(&cx.params.text("pack").unwrap_or_default()).map_err(missing)?;
    let path = PackPath::parse(&cx.params.text("file").unwrap_or_default()).map_err(missing)?;
    let root = cx.app.data().join("emoji");
    let file = media::found(packs::open_file(&root, &pack, &path))?;
    media::send(cx, file, path.as_str(), AN_HOUR)
}
