//! Media: an upload becomes files and a row, and a row that nobody posted goes again.
//!
//! [`store`] and [`store_preview`] decode and write files, so they run before a transaction, never in one. A file is on the
//! disk before its row is: a crash between them leaves an unknown file, never a row that points at nothing.

use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::db::media::{self, MediaRow, NewMedia};
use crate::db::{Tx, jobs, mascots};
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId};
use crate::media::image::{self, Decoder, Processed, Thumbnail};
use crate::media::name::SafeName;
use crate::media::sniff::Class;
use crate::media::store::Store;

/// How long an upload waits to be posted.
const WAITS: Duration = Duration::from_secs(24 * 60 * 60);

/// What has to stay free on the disk (security.md D10).
pub(super) const SPACE_FLOOR: u64 = 200 << 20;

/// The longest file name that is kept, in characters.
const LONGEST_NAME: usize = 255;

/// Files written for an upload that has no row yet.
#[derive(Debug)]
pub struct Stored {
    /// The upload itself.
    pub file: SafeName,
    /// A smaller picture of it.
    pub preview: Option<Preview>,
    /// Type and class.
    pub kind: crate::media::sniff::Kind,
    /// Width and height, where they are known.
    pub size: Option<(u32, u32)>,
    /// For pictures.
    pub blurhash: Option<String>,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Stored {
    /// The names of its files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let preview = self.preview.iter().map(|preview| preview.file.as_str());
        preview.chain([self.file.as_str()])
    }
}

/// A stored preview.
#[derive(Debug)]
pub struct Preview {
    /// Its file.
    pub file: SafeName,
    /// Width and height.
    pub size: (u32, u32),
}

/// What the uploader says about a file.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// For those who do not see it.
    pub description: Option<String>,
    /// What must stay visible when it is cropped.
    pub focus: Option<(f64, f64)>,
}

/// Cleans an upload and writes it down. 422 for what is no media or is broken, 507 when the disk is nearly full.
pub fn store(decoder: &Decoder, store: &Store, upload: Vec<u8>) -> Result<Stored> {
    if store.free_space()? < SPACE_FLOOR {
        return Err(Error::NoSpace);
    }
    let Processed {
        bytes,
        kind,
        size,
        blurhash,
        thumbnail,
    } = decoder.process(upload).map_err(refused)?;
    let file = store.put(&mut bytes.as_slice(), kind.extension)?;
    let preview = match thumbnail.map(|thumbnail| put_preview(store, thumbnail)) {
        Some(Err(error)) => {
            remove(store, [file.as_str()]);
            return Err(error);
        }
        other => other.transpose()?,
    };
    Ok(Stored {
        file,
        preview,
        kind,
        size,
        blurhash,
        bytes: bytes.len() as u64,
    })
}

/// Cleans and writes a picture that the uploader chose as the preview of something else.
pub fn store_preview(decoder: &Decoder, store: &Store, upload: Vec<u8>) -> Result<Preview> {
    let picture = decoder.process(upload).map_err(refused)?;
    match (picture.thumbnail, picture.size) {
        (Some(thumbnail), _) => put_preview(store, thumbnail),
        (None, Some(size)) if picture.kind.class == Class::Image => Ok(Preview {
            file: store.put(&mut picture.bytes.as_slice(), picture.kind.extension)?,
            size,
        }),
        _ => Err(Error::Invalid("The thumbnail is not a picture".into())),
    }
}

fn put_preview(store: &Store, thumbnail: Thumbnail) -> Result<Preview> {
    Ok(Preview {
        file: store.put(&mut thumbnail.bytes.as_slice(), thumbnail.kind.extension)?,
        size: (thumbnail.width, thumbnail.height),
    })
}

fn refused(reason: image::Error) -> Error {
    Error::Invalid(reason.to_string())
}

/// Removes files at once that never got a row. One that cannot be removed costs space, so it is a warning and no failure.
pub fn remove<'a>(store: &Store, files: impl IntoIterator<Item = &'a str>) {
    for file in files {
        let removed = SafeName::parse(file)
            .map_err(|error| error.to_string())
            .and_then(|name| store.remove(&name).map_err(|error| error.to_string()));
        if let Err(reason) = removed {
            log::warn!("uploads/{file} stays behind: {reason}");
        }
    }
}

/// Gives stored files a row, and a day to be posted.
pub fn add(
    tx: &Tx,
    owner: AccountId,
    stored: &Stored,
    original_name: &str,
    words: &Words,
) -> Result<MediaId> {
    let id = MediaId::new();
    let original_name: String = original_name.chars().take(LONGEST_NAME).collect();
    media::insert(
        tx,
        &NewMedia {
            id,
            account: owner,
            kind: stored.kind.class.as_str(),
            mime: stored.kind.mime,
            file: stored.file.as_str(),
            original_name: &original_name,
            description: words.description.as_deref().filter(|text| !text.is_empty()),
            blurhash: stored.blurhash.as_deref(),
            size: stored.size,
            focus: words.focus.unwrap_or_default(),
            bytes: stored.bytes,
        },
    )?;
    if let Some(preview) = &stored.preview {
        media::set_preview(tx, id, preview.file.as_str(), preview.size)?;
    }
    discard(tx, &[id], WAITS)?;
    Ok(id)
}

/// Changes what is said about a file, posted or not.
pub fn update(
    tx: &Tx,
    owner: AccountId,
    id: MediaId,
    words: &Words,
    preview: Option<&Preview>,
) -> Result<()> {
    let row = owned(tx, owner, id)?;
    if let Some(description) = &words.description {
        media::set_description(tx, id, Some(description).filter(|text| !text.is_empty()))?;
    }
    if let Some(focus) = words.focus {
        media::set_focus(tx, id, focus)?;
    }
    if let Some(preview) = preview {
        media::set_preview(tx, id, preview.file.as_str(), preview.size)?;
        forget(tx, row.preview_file.as_slice())?;
    }
    Ok(())
}

/// Takes back an upload that was not posted.
pub fn delete(tx: &Tx, owner: AccountId, id: MediaId) -> Result<()> {
    let row = owned(tx, owner, id)?;
    if row.status.is_some() || row.chat_message.is_some() {
        let reason = "Media attachment is currently used by a status";
        return Err(Error::Invalid(reason.into()));
    }
    if mascots::of(tx, owner)? == Some(id) {
        mascots::set(tx, owner, None)?;
    }
    remove_unused(tx, id)
}

/// Removes a file that hangs on nothing any more.
pub fn remove_unused(tx: &Tx, id: MediaId) -> Result<()> {
    let files = media::remove_detached(tx, &[id])?;
    forget(tx, &files)
}

/// What these hung on is gone: they go too after a while, unless they are posted again.
pub fn discard(tx: &Tx, media: &[MediaId], wait: Duration) -> Result<()> {
    if media.is_empty() {
        return Ok(());
    }
    let unless_posted = json!({"media": media});
    jobs::push_at(
        tx,
        "remove_files",
        &unless_posted,
        Timestamp::now().plus(wait),
    )
}

/// Has files removed once this transaction is committed, even if the server stops first.
pub fn forget(tx: &Tx, files: &[String]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    jobs::push(tx, "remove_files", &json!({"files": files}))
}

/// A file of that person: 404 when unknown, 403 when somebody else's.
pub fn owned(db: &rusqlite::Connection, owner: AccountId, id: MediaId) -> Result<MediaRow> {
    let row = media::by_id(db, id)?.ok_or(Error::record())?;
    if row.account == owner {
        Ok(row)
    } else {
        Err(Error::Forbidden("Access denied".into()))
    }
}
