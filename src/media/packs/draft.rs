//! How packs change without anybody seeing half of it.
//!
//! New files are written in a hidden directory under `emoji/`, a [`Draft`], and renamed into
//! place when they are complete and on the disk. A draft that a crash left behind is removed
//! by the next one: its owner holds a lock that ends with the process. The [`Lock`] on
//! `emoji/` itself orders the changes of all processes; it is held for moments only.
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{
    AtFlags, FlockOperation, Mode, RenameFlags, flock, fsync, mkdirat, renameat, renameat_with,
    syncfs, unlinkat,
};
use rustix::io::Errno;

use super::super::dir;
use super::{Manifest, PackName, PackPath};

/// What drafts begin with; no [`PackName`] does.
const DRAFT: &str = ".tmp-";

/// The sole right to change packs, until it is dropped.
pub struct Lock(OwnedFd);

impl Lock {
    /// Waits for the right.
    pub fn take(root: &Path) -> io::Result<Lock> {
        // Somebody may have taken the directory away.
        match DirBuilder::new().recursive(true).mode(0o700).create(root) {
            // What is there is no directory; opening it says so.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => other?,
        }
        let dir = dir::open_root(root)?;
        loop {
            match flock(&dir, FlockOperation::LockExclusive) {
                Err(Errno::INTR) => {}
                other => return Ok(Lock(other.map(|()| dir)?)),
            }
        }
    }
}

/// A hidden directory for what is not a pack yet, removed when dropped.
pub struct Draft {
    root: PathBuf,
    name: String,
    dir: OwnedFd,
}

impl Draft {
    /// Makes an empty one, and removes those whose owners are gone.
    pub fn new(root: &Path) -> io::Result<Draft> {
        let lock = Lock::take(root)?;
        sweep(root)?;
        let name = format!("{DRAFT}{}", dir::random_stem()?);
        mkdirat(&lock.0, name.as_str(), Mode::RWXU)?;
        let made = dir::open_dir_beneath(root, [name.as_str()], false)?;
        // Nobody else can hold it: the name is new, and sweeping waits for the lock above.
        flock(&made, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Draft {
            root: root.to_owned(),
            name,
            dir: made,
        })
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// Writes a file; it is on the disk only after [`Draft::sync`].
    pub fn write(&self, path: &PackPath, content: &mut dyn Read) -> io::Result<()> {
        let folder = self.folder(path)?;
        let mut file = dir::create(&folder, path.file_name())?;
        io::copy(content, &mut file)?;
        Ok(())
    }

    /// Writes a file down to the disk.
    pub fn write_durably(&self, path: &PackPath, content: &mut dyn Read) -> io::Result<()> {
        dir::write_new(&self.folder(path)?, path.file_name(), content)
    }

    /// Writes the list of a pack.
    pub fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        let text = manifest.to_json();
        dir::write_new(&self.dir, super::MANIFEST, &mut text.as_bytes())
    }

    /// Brings everything that was written to the disk: one wait for a thousand files.
    pub fn sync(&self) -> io::Result<()> {
        Ok(syncfs(&self.dir)?)
    }

    /// Makes the draft a pack; "already exists" when there is one of that name.
    pub fn place(self, name: &PackName) -> io::Result<()> {
        let lock = Lock::take(&self.root)?;
        if fs::symlink_metadata(name.below(&self.root)).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        renameat(&lock.0, self.name.as_str(), &lock.0, name.as_str())?;
        Ok(fsync(&lock.0)?)
    }

    /// Makes the draft a pack, in the place of one of that name if there is one.
    pub fn replace(self, name: &PackName) -> io::Result<()> {
        let lock = Lock::take(&self.root)?;
        let (from, to) = (self.name.as_str(), name.as_str());
        if fs::symlink_metadata(name.below(&self.root)).is_ok() {
            match renameat_with(&lock.0, from, &lock.0, to, RenameFlags::EXCHANGE) {
                // This file system cannot: for a moment there is neither.
                Err(Errno::INVAL | Errno::NOSYS) => {
                    let old = Draft::claim(&self.root, &lock, name)?;
                    renameat(&lock.0, from, &lock.0, to)?;
                    drop(old);
                }
                other => other?,
            }
        } else {
            renameat(&lock.0, from, &lock.0, to)?;
        }
        // What lies under our own name now is the old pack; it goes with us.
        Ok(fsync(&lock.0)?)
    }

    /// Takes a pack out of sight; "not found" when there is none. It goes when this is dropped.
    pub fn claim(root: &Path, lock: &Lock, pack: &PackName) -> io::Result<Draft> {
        let dir = dir::open_dir_beneath(root, [pack.as_str()], false)?;
        let name = format!("{DRAFT}{}", dir::random_stem()?);
        renameat(&lock.0, pack.as_str(), &lock.0, name.as_str())?;
        fsync(&lock.0)?;
        // Ours to remove; should somebody else be sweeping it already, the better.
        let _ = flock(&dir, FlockOperation::NonBlockingLockExclusive);
        Ok(Draft {
            root: root.to_owned(),
            name,
            dir,
        })
    }

    /// Moves a file out of the draft to a path in a pack, over what is there.
    pub(super) fn move_to(
        &self,
        pack: &PackName,
        from: &PackPath,
        to: &PackPath,
    ) -> io::Result<()> {
        let source = self.folder(from)?;
        let target = folder_in(&self.root, pack, to, true)?;
        renameat(&source, from.file_name(), &target, to.file_name())?;
        Ok(fsync(&target)?)
    }

    fn folder(&self, path: &PackPath) -> io::Result<OwnedFd> {
        dir::descend(self.dir.try_clone()?, folders(path), true)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        match fs::remove_dir_all(self.path()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                log::warn!("{} stays behind: {error}", self.path().display());
            }
            _ => {}
        }
    }
}

/// The directory in a pack that a path's file lies in.
pub(super) fn folder_in(
    root: &Path,
    pack: &PackName,
    path: &PackPath,
    make: bool,
) -> io::Result<OwnedFd> {
    let below = [pack.as_str()].into_iter().chain(folders(path));
    dir::open_dir_beneath(root, below, make)
}

/// Removes a file of a pack, and the directories that are empty without it.
pub(super) fn remove(root: &Path, pack: &PackName, path: &PackPath) -> io::Result<()> {
    let folder = folder_in(root, pack, path, false)?;
    unlinkat(&folder, path.file_name(), AtFlags::empty())?;
    let mut above = path.as_str();
    while let Some((folders, _)) = above.rsplit_once('/') {
        let folder = PackPath::parse(folders).map_err(io::Error::other)?;
        let parent = folder_in(root, pack, &folder, false)?;
        if unlinkat(&parent, folder.file_name(), AtFlags::REMOVEDIR).is_err() {
            // Something else is in it.
            break;
        }
        above = folders;
    }
    Ok(())
}

/// The directories that lead to a file.
pub(super) fn folders(path: &PackPath) -> impl Iterator<Item = &str> {
    let depth = path.components().count();
    path.components().take(depth - 1)
}

/// Removes drafts that nobody owns any more. Whoever calls holds the lock.
pub(super) fn sweep(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(DRAFT)) else {
            continue;
        };
        let Ok(draft) = dir::open_dir_beneath(root, [name], false) else {
            continue;
        };
        if flock(&draft, FlockOperation::NonBlockingLockExclusive).is_ok()
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            log::warn!("{} stays behind: {error}", entry.path().display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn pack(name: &str) -> PackName {
        PackName::parse(name).unwrap()
    }

    fn path(path: &str) -> PackPath {
        PackPath::parse(path).unwrap()
    }

    #[test]
    fn a_draft_becomes_a_pack_or_nothing() {
        let root = tempfile::tempdir().unwrap();
        let draft = Draft::new(root.path()).unwrap();
        draft.write(&path("a/b.png"), &mut &b"b"[..]).unwrap();
        draft.sync().unwrap();
        draft.place(&pack("new")).unwrap();
        assert_eq!(fs::read(root.path().join("new/a/b.png")).unwrap(), b"b");
        drop(Draft::new(root.path()).unwrap());
        let second = Draft::new(root.path()).unwrap().place(&pack("new"));
        assert_eq!(second.unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(names(root.path()), ["new"]);
    }

    #[test]
    fn replacing_takes_the_old_pack_away() {
        let root = tempfile::tempdir().unwrap();
        for content in ["one", "two"] {
            let draft = Draft::new(root.path()).unwrap();
            draft
                .write(&path(content), &mut content.as_bytes())
                .unwrap();
            draft.replace(&pack("p")).unwrap();
        }
        assert_eq!(names(&root.path().join("p")), ["two"]);
        assert_eq!(names(root.path()), ["p"]);
    }

    #[test]
    fn only_drafts_without_an_owner_are_swept() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(".tmp-crashed/a")).unwrap();
        fs::create_dir(root.path().join(".hidden")).unwrap();
        let owned = Draft::new(root.path()).unwrap();
        let another = Draft::new(root.path()).unwrap();
        assert_eq!(names(root.path()).len(), 3);
        drop((owned, another));
        assert_eq!(names(root.path()), [".hidden"]);
    }

    #[test]
    fn an_emptied_directory_goes_with_its_last_file() {
        let root = tempfile::tempdir().unwrap();
        let draft = Draft::new(root.path()).unwrap();
        for file in ["a/b/c.png", "a/d.png", "e.png"] {
            draft.write(&path(file), &mut &b""[..]).unwrap();
        }
        draft.place(&pack("p")).unwrap();
        let at = |below: &str| root.path().join("p").join(below);
        remove(root.path(), &pack("p"), &path("a/b/c.png")).unwrap();
        assert!(!at("a/b").exists() && at("a").exists());
        remove(root.path(), &pack("p"), &path("a/d.png")).unwrap();
        assert_eq!(names(&at("")), ["e.png"]);
    }

    #[test]
    fn sec_f7_links_are_not_written_through() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("p")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("p/dir")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
        let draft = Draft::new(root.path()).unwrap();
        draft.write(&path("x"), &mut &b"x"[..]).unwrap();
        assert!(
            draft
                .move_to(&pack("p"), &path("x"), &path("dir/x"))
                .is_err()
        );
        assert!(
            draft
                .move_to(&pack("linked"), &path("x"), &path("x"))
                .is_err()
        );
        assert!(remove(root.path(), &pack("p"), &path("dir/x")).is_err());
        assert_eq!(names(outside.path()), Vec::<String>::new());
    }
}
