//! Changes in a pack that stays. At every moment its `pack.json` names files that are there: a file comes before its
//! entry, and goes after it.
use std::io;
use std::path::Path;

use super::draft::{self, Draft, Lock};
use super::{MANIFEST, Manifest, Metadata, PackName, PackPath, manifest, open_file, unlisted};

/// A pack that nobody else changes meanwhile.
pub struct Edit<'a> {
    /// Its list; [`Edit::save`] writes it.
    pub manifest: Manifest,
    root: &'a Path,
    pack: PackName,
    // Dropped before the lock.
    draft: Draft,
    _lock: Lock,
}

impl<'a> Edit<'a> {
    pub(super) fn open(root: &'a Path, pack: &PackName, draft: Draft) -> io::Result<Edit<'a>> {
        let lock = Lock::take(root)?;
        Ok(Edit {
            manifest: manifest(root, pack)?,
            root,
            pack: pack.clone(),
            draft,
            _lock: lock,
        })
    }

    /// Opens a directory without a list, with what its `emoji.txt` or else its pictures make; `None` when it has one.
    pub(super) fn adopt(
        root: &'a Path,
        pack: &PackName,
        draft: Draft,
    ) -> io::Result<Option<Edit<'a>>> {
        let lock = Lock::take(root)?;
        match manifest(root, pack) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other.map(|_| None),
        }
        let emoji = unlisted(root, pack)?.into_iter();
        let files = emoji.map(|emoji| (emoji.shortcode, emoji.file.to_string()));
        Ok(Some(Edit {
            manifest: Manifest::of(files.collect(), Metadata::default()),
            root,
            pack: pack.clone(),
            draft,
            _lock: lock,
        }))
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &PackPath) -> bool {
        open_file(self.root, &self.pack, path).is_ok()
    }

    /// Moves a file from the draft into the pack, over one of that name.
    pub fn put(&self, from: &PackPath, to: &PackPath) -> io::Result<()> {
        self.draft.move_to(&self.pack, from, to)
    }

    /// Makes a copy of a file under another name.
    pub fn copy(&self, from: &PackPath, to: &PackPath) -> io::Result<()> {
        let mut content = open_file(self.root, &self.pack, from)?;
        let copy = PackPath::parse("copy").map_err(io::Error::other)?;
        self.draft.write_durably(&copy, &mut content)?;
        self.put(&copy, to)
    }

    /// Writes the list.
    pub fn save(&self) -> io::Result<()> {
        self.draft.write_manifest(&self.manifest)?;
        let list = PackPath::parse(MANIFEST).map_err(io::Error::other)?;
        self.put(&list, &list)
    }

    /// Removes a file that no entry names any more; one that is already gone is no error.
    pub fn remove_unused(&self, path: &PackPath) -> io::Result<()> {
        if self
            .manifest
            .files
            .values()
            .any(|used| used == path.as_str())
        {
            return Ok(());
        }
        match draft::remove(self.root, &self.pack, path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}
