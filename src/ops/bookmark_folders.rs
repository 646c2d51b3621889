//! Folders for bookmarks, and what goes into them.

use crate::db::bookmark_folders::{self as folders, FolderRow};
use crate::db::{Tx, bookmarks, statuses};
use crate::error::{Error, Result};
use crate::ids::{AccountId, FolderId, StatusId};

/// The most folders that one person has.
const MOST: i64 = 100;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// What a folder is to be; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// What it is called.
    pub name: Option<String>,
    /// An emoji that is known to exist; the inner `None` takes it away.
    pub emoji: Option<Option<String>>,
}

/// Makes a folder.
pub fn add(tx: &Tx, me: AccountId, wishes: Wishes) -> Result<FolderId> {
    if folders::count(tx, me)? >= MOST {
        return Err(Error::Invalid(format!(
            "There can be no more than {MOST} folders"
        )));
    }
    let blank = FolderRow {
        id: FolderId::new(),
        name: String::new(),
        emoji: None,
    };
    put(tx, me, blank, wishes)
}

/// Changes a folder.
pub fn update(tx: &Tx, me: AccountId, id: FolderId, wishes: Wishes) -> Result<FolderId> {
    let present = folders::owned_by(tx, me, id)?;
    put(tx, me, present, wishes)
}

fn put(tx: &Tx, me: AccountId, present: FolderRow, wishes: Wishes) -> Result<FolderId> {
    let folder = FolderRow {
        id: present.id,
        name: wishes.name.unwrap_or(present.name).trim().to_owned(),
        emoji: wishes.emoji.unwrap_or(present.emoji),
    };
    if folder.name.is_empty() || folder.name.chars().count() > LONGEST_NAME {
        return Err(Error::Invalid(format!(
            "The name must have 1 to {LONGEST_NAME} characters"
        )));
    }
    match folders::put(tx, me, &folder)? {
        true => Ok(folder.id),
        false => Err(Error::Invalid("There is a folder of that name".into())),
    }
}

/// Bookmarks a status. With a folder it goes there, also if it was bookmarked before.
pub fn bookmark(
    tx: &Tx,
    me: AccountId,
    id: StatusId,
    folder: Option<FolderId>,
) -> Result<StatusId> {
    let status = statuses::target(tx, me, id)?.id;
    if let Some(folder) = folder {
        folders::owned_by(tx, me, folder)?;
    }
    bookmarks::insert(tx, me, status, folder)?;
    Ok(status)
}
