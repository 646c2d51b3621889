//! Folders of bookmarks, as Pleroma shows them.

use serde::Serialize;

use super::View;
use crate::db::bookmark_folders::FolderRow;
use crate::ids::FolderId;

/// A folder.
#[derive(Serialize)]
pub struct BookmarkFolder {
    id: FolderId,
    name: String,
    emoji: Option<String>,
    emoji_url: Option<String>,
}

impl View<'_> {
    /// Renders a folder.
    pub fn bookmark_folder(&self, row: FolderRow) -> BookmarkFolder {
        let emoji_url = row.emoji.as_deref().and_then(|code| self.local_emoji(code));
        BookmarkFolder {
            id: row.id,
            name: row.name,
            emoji: row.emoji,
            emoji_url,
        }
    }
}
