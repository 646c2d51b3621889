//! Pictures of a profile, from a file or a `data:` address to a file in the store. Nothing here holds a database connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use crate::media::sniff::{self, Class};
use crate::ops::profiles::Picture;
use crate::web::ctx::Ctx;
use crate::web::params::Value;

/// Reads, cleans and stores a picture; `None` when the parameter is absent. An empty text removes the present one.
/// `refused` is the answer to anything that is no picture.
pub fn take(
    cx: &Ctx,
    key: &str,
    limit: u64,
    refused: impl Fn() -> Error,
) -> Result<Option<Picture>> {
    let bytes = match cx.params.get(key) {
        None => return Ok(None),
        Some(Value::Text(text)) if text.is_empty() => return Ok(Some(Picture::Removed)),
        Some(Value::Text(text)) => decode(text).ok_or_else(&refused)?,
        Some(Value::File(upload)) if upload.size() > limit => return Err(too_large()),
        Some(Value::File(upload)) => upload.bytes()?.into_owned(),
        Some(_) => return Err(refused()),
    };
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    if sniff::sniff(&bytes).is_none_or(|kind| kind.class != Class::Image) {
        return Err(refused());
    }
    let picture = cx.app.decoder().process(bytes).map_err(|_| refused())?;
    let stored = cx
        .app
        .uploads()
        .put(&mut picture.bytes.as_slice(), picture.kind.extension)?;
    Ok(Some(Picture::Stored(stored)))
}

fn too_large() -> Error {
    Error::Status(413, "file_too_large".into())
}

/// The bytes of `data:TYPE;base64,…`. The type is the sender's claim: the bytes are asked instead.
fn decode(uri: &str) -> Option<Vec<u8>> {
    let (head, data) = uri.strip_prefix("data:")?.split_once(',')?;
    head.ends_with(";base64")
        .then(|| STANDARD.decode(data.trim()).ok())?
}
