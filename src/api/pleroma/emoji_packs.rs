//! Emoji packs of this server (pleroma-contract 18). Each call has two routes: the seed document's, with the name of the
//! pack in the path, and the present one, with it in a parameter.

use std::io::Read;

use crate::error::{Error, Result};
use crate::fed::emoji_packs as fed;
use crate::media::name::PackName;
use crate::media::packs::{Metadata, Packs};
use crate::ops::emoji_packs::{self as ops, Generation, Renaming};
use crate::views::emoji_pack::{self, Paging};
use crate::web::ctx::Ctx;
use crate::web::params::{Upload, Value};
use crate::web::reply::Reply;

/// How other servers and people keep an archive: they ask again each time.
const NO_CACHE: &str = "no-cache";

/// `GET /api/pleroma/emoji/packs`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let paging = paging(cx, 50)?;
    ops::reach(cx.app.packs())?;
    Reply::json(&cx.app.shelf().page(cx.app.packs(), paging)?)
}

/// `GET /api/pleroma/emoji/packs/{name}`, `GET /api/v1/pleroma/emoji/pack`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let (name, paging) = (name(cx)?, paging(cx, 30)?);
    let shown = emoji_pack::one(cx.app.packs(), &name, paging)?;
    Reply::json(&shown.ok_or_else(|| ops::absent(&name))?)
}

/// `POST /api/pleroma/emoji/packs/{name}`, `POST /api/v1/pleroma/emoji/pack`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let name = ops::new_name(&text(cx, "name"))?;
    ops::create(cx.app.packs(), &name)?;
    cx.app.reload_emoji();
    Reply::json(&"ok")
}

/// `PATCH /api/pleroma/emoji/packs/{name}`, `PATCH /api/v1/pleroma/emoji/pack`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (name, metadata) = (name(cx)?, metadata(cx)?);
    let packs = cx.app.packs();
    let fallback = match ops::fallback_to_check(packs, &name, &metadata)? {
        Some(url) => {
            let _turn = cx.app.fed().turns.take()?;
            Some(fed::fallback(cx.app, packs, &url)?)
        }
        None => None,
    };
    let stored = ops::set_metadata(packs, &name, metadata, fallback.as_ref())?;
    cx.app.reload_emoji();
    Reply::json(&stored)
}

/// `DELETE /api/pleroma/emoji/packs/{name}`, `DELETE /api/v1/pleroma/emoji/pack`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    ops::delete(cx.app.packs(), &name(cx)?)?;
    cx.app.reload_emoji();
    Reply::json(&"ok")
}

/// `POST /api/pleroma/emoji/packs/{name}/files`, `POST /api/v1/pleroma/emoji/packs/files`
pub fn add_file(cx: &Ctx) -> Result<Reply> {
    let packs = cx.app.packs();
    let (generation, pack) = (generation(cx), text(cx, "name"));
    let is_taken = taken(cx);
    let upload = cx.params.file("file");
    if let Some(upload) = upload
        && is_zip(upload)?
    {
        let archive = spooled(packs, upload)?;
        let files = ops::add_archive(packs, generation, &pack, archive, is_taken)?;
        cx.app.reload_emoji();
        return Reply::json(&files);
    }
    let url = cx.params.text("file");
    let given = match (upload, &url) {
        (Some(upload), _) => upload.filename.clone(),
        (None, Some(url)) => super::remote_emoji_packs::file_name(url),
        (None, None) => return Err(Error::MissingField("file")),
    };
    let names = (cx.params.text("shortcode"), cx.params.text("filename"));
    let names = (names.0.as_deref(), names.1.as_deref());
    let new = ops::announce_file(packs, generation, &pack, names, &given, is_taken)?;
    let bytes = match (upload, url) {
        (Some(upload), _) => upload.bytes()?.into_owned(),
        (None, url) => {
            let _turn = cx.app.fed().turns.take()?;
            fed::picture(cx.app, url.unwrap_or_default().trim())?
        }
    };
    let files = ops::add_file(packs, generation, new, &bytes)?;
    cx.app.reload_emoji();
    Reply::json(&files)
}

/// `PATCH /api/pleroma/emoji/packs/{name}/files`, `PATCH /api/v1/pleroma/emoji/packs/files`
pub fn update_file(cx: &Ctx) -> Result<Reply> {
    let keys = ["shortcode", "new_shortcode", "new_filename"];
    let missing: Vec<&str> = keys.into_iter().filter(|key| !cx.params.has(key)).collect();
    if !missing.is_empty() {
        return Err(Error::missing(&missing));
    }
    let [shortcode, new_shortcode, new_filename] = keys.map(|key| text(cx, key));
    let renaming = Renaming {
        shortcode: &shortcode,
        new_shortcode: &new_shortcode,
        new_filename: &new_filename,
        force: cx.params.bool("force").unwrap_or(false),
    };
    let pack = text(cx, "name");
    let files = ops::update_file(cx.app.packs(), generation(cx), &pack, &renaming, taken(cx))?;
    cx.app.reload_emoji();
    Reply::json(&files)
}

/// `DELETE /api/pleroma/emoji/packs/{name}/files`, `DELETE /api/v1/pleroma/emoji/packs/files`
pub fn delete_file(cx: &Ctx) -> Result<Reply> {
    let (pack, shortcode) = (text(cx, "name"), cx.require("shortcode")?);
    let files = ops::delete_file(cx.app.packs(), generation(cx), &pack, &shortcode)?;
    cx.app.reload_emoji();
    Reply::json(&files)
}

/// `GET /api/pleroma/emoji/packs/{name}/archive`, `GET /api/v1/pleroma/emoji/packs/archive`
pub fn archive(cx: &Ctx) -> Result<Reply> {
    let (name, packs) = (name(cx)?, cx.app.packs());
    let manifest = packs.manifest(&name)?.ok_or_else(|| ops::absent(&name))?;
    let archive = match manifest.pack.is_shared() {
        true => packs.archive(&name)?,
        false => None,
    };
    let archive = archive.ok_or_else(|| {
        Error::Forbidden(format!(
            "Pack {name} cannot be downloaded from this instance, either pack sharing was disabled for this pack or some files are missing"
        ))
    })?;
    Ok(Reply::file(
        archive.file,
        "application/zip",
        cx.header("Range"),
        NO_CACHE,
    )?
    .header("Content-Disposition", &attachment(&name)))
}

/// `GET /api/pleroma/emoji/packs/import`, and `POST`, for it changes things.
pub fn import(cx: &Ctx) -> Result<Reply> {
    let imported = ops::import_all(cx.app.packs())?;
    cx.app.reload_emoji();
    let names: Vec<&str> = imported.iter().map(PackName::as_str).collect();
    Reply::json(&names)
}

/// A text parameter; absent is empty.
fn text(cx: &Ctx, key: &str) -> String {
    cx.params.text(key).unwrap_or_default().into_owned()
}

fn name(cx: &Ctx) -> Result<PackName> {
    ops::name(&text(cx, "name"))
}

/// Which of the two routes of a call this is.
fn generation(cx: &Ctx) -> Generation {
    match cx
        .path
        .trim_end_matches('/')
        .ends_with("/emoji/packs/files")
    {
        true => Generation::Present,
        false => Generation::Seed,
    }
}

/// `page` and `page_size`. What is no number, or below zero, is 400 and not the first page.
pub(super) fn paging(cx: &Ctx, default_size: u32) -> Result<Paging> {
    let number = |key, default| {
        let number = cx.params.int(key)?.unwrap_or(i64::from(default));
        if number < 0 {
            return Err(Error::InvalidField {
                field: key.to_owned(),
                message: format!("{number} is smaller than minimum 0."),
            });
        }
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    };
    Ok(Paging {
        page: number("page", 1)?,
        size: number("page_size", default_size)?,
    })
}

/// `metadata` as an object, in JSON or in the brackets of a form; forms have no booleans of their own.
fn metadata(cx: &Ctx) -> Result<Metadata> {
    let sent = cx
        .params
        .get("metadata")
        .ok_or(Error::MissingField("metadata"))?;
    let invalid = || Error::InvalidField {
        field: "metadata".into(),
        message: "Invalid object.".into(),
    };
    let Value::Map(sent) = sent else {
        return Err(invalid());
    };
    let shared = sent.bool("share-files");
    let serde_json::Value::Object(keys) = sent.to_json() else {
        return Err(invalid());
    };
    let mut metadata = Metadata::new(keys);
    if let Some(shared) = shared {
        metadata.set("share-files", shared);
    }
    Ok(metadata)
}

/// Knows the emoji of all packs, as they are now.
fn taken(cx: &Ctx) -> impl Fn(&str) -> bool {
    cx.app.look_at_packs(true);
    let all = cx.app.house().emojis.all();
    move |code| all.contains_key(code)
}

fn is_zip(upload: &Upload) -> Result<bool> {
    let mut head = Vec::new();
    upload.reader().take(4).read_to_end(&mut head)?;
    Ok(head == b"PK\x03\x04" || head == b"PK\x05\x06")
}

/// An upload as a file that can be read from anywhere. It has no name: it is gone when it is closed.
pub(super) fn spooled(packs: &Packs, upload: &Upload) -> Result<std::fs::File> {
    let mut file = packs.unnamed_file()?;
    std::io::copy(&mut upload.reader(), &mut file)?;
    Ok(file)
}

/// The name of the archive: plain for old clients, and as it is for others (RFC 6266).
fn attachment(name: &PackName) -> String {
    let plain: String = name
        .as_str()
        .chars()
        .map(|c| {
            if c.is_ascii() && !matches!(c, '"' | '\\') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if plain == name.as_str() {
        return format!("attachment; filename=\"{plain}.zip\"");
    }
    let encoded =
        percent_encoding::utf8_percent_encode(name.as_str(), percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}.zip\"; filename*=UTF-8''{encoded}.zip")
}
