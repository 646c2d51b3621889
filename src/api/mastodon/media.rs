//! Uploads before and after they are posted.

use serde_json::json;

use crate::error::{Error, Result};
use crate::ids::MediaId;
use crate::ops;
use crate::ops::media::{Preview, Words};
use crate::views::media::{Attachment, attachment};
use crate::web::ctx::Ctx;
use crate::web::params::Upload;
use crate::web::reply::Reply;

/// `POST /api/v1/media`
pub fn create(cx: &Ctx) -> Result<Reply> {
    Reply::json(&upload(cx)?)
}

/// `POST /api/v2/media`: says "accepted", yet the file is ready (pleroma-contract A.5).
pub fn create_v2(cx: &Ctx) -> Result<Reply> {
    Ok(create(cx)?.status(202))
}

/// `GET /api/v1/media/{id}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let id = cx.id("id", "Record")?;
    let row = cx.app.db().read(|db| ops::media::owned(db, me, id))?;
    Reply::json(&attachment(&row, cx.app.house()))
}

/// `PUT /api/v1/media/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let id: MediaId = cx.id("id", "Record")?;
    let words = words(cx)?;
    // Nobody has pictures decoded for a file that is not theirs.
    cx.app.db().read(|db| ops::media::owned(db, me, id))?;
    let preview = preview(cx)?;
    let changed = cx.app.db().write(|tx| {
        ops::media::update(tx, me, id, &words, preview.as_ref())?;
        ops::media::owned(tx, me, id)
    });
    let row = changed.inspect_err(|_| {
        let unused = preview.iter().map(|preview| preview.file.as_str());
        ops::media::remove(cx.app.uploads(), unused);
    })?;
    Reply::json(&attachment(&row, cx.app.house()))
}

/// `DELETE /api/v1/media/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let id = cx.id("id", "Record")?;
    cx.app.db().write(|tx| ops::media::delete(tx, me, id))?;
    Reply::json(&json!({}))
}

fn upload(cx: &Ctx) -> Result<Attachment> {
    let me = cx.me()?.id;
    let file = uploaded(cx).ok_or(Error::MissingField("file"))?;
    let words = words(cx)?;
    let mut stored = ops::media::store(cx.app.decoder(), cx.app.uploads(), bytes(cx, file)?)?;
    let added = preview(cx).and_then(|chosen| {
        let made = chosen.and_then(|chosen| stored.preview.replace(chosen));
        ops::media::remove(
            cx.app.uploads(),
            made.iter().map(|preview| preview.file.as_str()),
        );
        cx.app.db().write(|tx| {
            let id = ops::media::add(tx, me, &stored, &file.filename, &words)?;
            ops::media::owned(tx, me, id)
        })
    });
    let row = added.inspect_err(|_| ops::media::remove(cx.app.uploads(), stored.files()))?;
    Ok(attachment(&row, cx.app.house()))
}

/// The uploaded file, in either of the fields that clients use.
fn uploaded<'a>(cx: &'a Ctx) -> Option<&'a Upload> {
    let nested = || cx.params.map("media").and_then(|media| media.file("file"));
    cx.params.file("file").or_else(nested)
}

/// The picture that the uploader wants shown in place of the file.
fn preview(cx: &Ctx) -> Result<Option<Preview>> {
    match cx.params.file("thumbnail") {
        Some(file) => {
            let bytes = bytes(cx, file)?;
            ops::media::store_preview(cx.app.decoder(), cx.app.uploads(), bytes).map(Some)
        }
        None => Ok(None),
    }
}

fn bytes(cx: &Ctx, file: &Upload) -> Result<Vec<u8>> {
    if file.size() > cx.app.config().upload.limit {
        return Err(Error::Status(413, "file_too_large".into()));
    }
    Ok(file.bytes()?.into_owned())
}

fn words(cx: &Ctx) -> Result<Words> {
    let description = cx.params.text("description").map(|text| text.into_owned());
    let limit = cx.app.config().instance.description_limit as usize;
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > limit)
    {
        return Err(Error::Invalid(format!(
            "The description is longer than {limit} characters"
        )));
    }
    let focus = cx.params.nonempty("focus");
    let focus = focus.map(|text| {
        focus_of(&text).ok_or(Error::Invalid(
            "The focus must be two numbers between -1 and 1".into(),
        ))
    });
    Ok(Words {
        description,
        focus: focus.transpose()?,
    })
}

/// Reads `x,y`; what lies outside the picture is moved to its edge.
fn focus_of(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let read = |text: &str| {
        let number: f64 = text.trim().parse().ok()?;
        number.is_finite().then_some(number.clamp(-1.0, 1.0))
    };
    Some((read(x)?, read(y)?))
}
