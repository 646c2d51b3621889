//! Uploaded files on disk, under unguessable names.
//!
//! A file appears under its name only when it is complete and on the disk; until
//! then it is a hidden temporary file that [`Store::new`] sweeps away later. Links
//! are never followed: what is not a regular file here does not exist.
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, fsync, renameat, unlinkat};

use super::dir;
use super::name::SafeName;

/// What temporary files begin with; no [`SafeName`] does.
const TEMPORARY: &str = ".tmp-";
/// Temporary files older than this were left by a crash.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// A directory of media files, all of them directly in it.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the directory, made with access for the owner alone when it is missing,
    /// and removes temporary files that a crash left behind.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&root)?;
        sweep(&root)?;
        Ok(Self { root })
    }

    /// Writes a file and returns its name: 128 random bits and the extension. When this
    /// returns, the file survives a power cut.
    pub fn put(&self, content: &mut dyn Read, extension: &str) -> io::Result<SafeName> {
        let stem = dir::random_stem()?;
        let name = SafeName::parse(&format!("{stem}.{extension}")).map_err(io::Error::other)?;
        let dir = dir::open_root(&self.root)?;
        let temporary = format!("{TEMPORARY}{stem}");
        let written = dir::write_new(&dir, &temporary, content)
            .and_then(|()| Ok(renameat(&dir, temporary.as_str(), &dir, name.as_str())?))
            .and_then(|()| Ok(fsync(&dir)?));
        if written.is_err() {
            // Best effort: the sweep takes what stays.
            let _ = unlinkat(&dir, temporary.as_str(), AtFlags::empty());
        }
        written.map(|()| name)
    }

    /// Opens a file for reading; a link in its place is "not found".
    pub fn open(&self, name: &SafeName) -> io::Result<File> {
        dir::open_beneath(&self.root, [name.as_str()])
    }

    /// Removes a file; one that is already gone is no error. A link is removed, never
    /// what it points to.
    pub fn remove(&self, name: &SafeName) -> io::Result<()> {
        match fs::remove_file(name.below(&self.root)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The bytes that unprivileged processes may still write to this file system.
    pub fn free_space(&self) -> io::Result<u64> {
        dir::free_space(&self.root)
    }
}

fn sweep(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let is_temporary = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY));
        if is_temporary && is_stale(&entry).unwrap_or(false) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_stale(entry: &fs::DirEntry) -> io::Result<bool> {
    let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
    Ok(age.is_ok_and(|age| age > STALE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("uploads")).unwrap();
        (dir, store)
    }

    fn read(store: &Store, name: &SafeName) -> io::Result<String> {
        let mut text = String::new();
        store.open(name)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn names(store: &Store) -> Vec<String> {
        let entries = fs::read_dir(&store.root).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_stored_file_is_read_back_under_a_random_name_and_removed() {
        let (_dir, store) = store();
        let name = store.put(&mut &b"one"[..], "png").unwrap();
        let other = store.put(&mut &b"two"[..], "png").unwrap();
        assert!(name != other && name.as_str().len() == 36 && name.as_str().ends_with(".png"));
        assert_eq!(read(&store, &name).unwrap(), "one");
        store.remove(&name).unwrap();
        store.remove(&name).unwrap();
        assert_eq!(
            store.open(&name).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(names(&store), [other.to_string()]);
    }

    #[test]
    fn sec_f7_files_and_their_directory_are_the_owners_alone() {
        let (_dir, store) = store();
        let name = store.put(&mut &b"x"[..], "png").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&name.below(&store.root)), 0o600);
        assert_eq!(mode(&store.root), 0o700);
    }

    #[test]
    fn sec_f7_links_in_the_upload_directory_are_neither_read_nor_written_through() {
        let (dir, store) = store();
        let secret = dir.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        symlink(&secret, store.root.join("link.png")).unwrap();
        symlink(dir.path(), store.root.join("up")).unwrap();
        for name in ["link.png", "up"] {
            let error = store.open(&SafeName::parse(name).unwrap()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{name}");
        }
        let fd = dir::open_root(&store.root).unwrap();
        assert!(dir::write_new(&fd, "link.png", &mut &b"overwritten"[..]).is_err());
        store.remove(&SafeName::parse("link.png").unwrap()).unwrap();
        assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    }

    #[test]
    fn directories_and_pipes_are_not_files() {
        let (_dir, store) = store();
        fs::create_dir(store.root.join("folder")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(store.root.join("socket")).unwrap();
        for name in ["folder", "socket"] {
            assert!(
                store.open(&SafeName::parse(name).unwrap()).is_err(),
                "{name}"
            );
        }
        drop(socket);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the client went away"))
            }
        }
        let (_dir, store) = store();
        assert!(store.put(&mut (&b"half"[..]).chain(Broken), "png").is_err());
        assert!(store.put(&mut &b"x"[..], "../x").is_err());
        assert_eq!(names(&store), Vec::<String>::new());
    }

    #[test]
    fn only_old_temporary_files_are_swept_at_start() {
        let (_dir, store) = store();
        let old = SystemTime::now() - STALE - Duration::from_secs(60);
        for (name, time) in [
            (".tmp-old", old),
            (".tmp-new", SystemTime::now()),
            ("old.png", old),
        ] {
            let file = File::create(store.root.join(name)).unwrap();
            file.set_modified(time).unwrap();
        }
        Store::new(&store.root).unwrap();
        let mut left = names(&store);
        left.sort();
        assert_eq!(left, [".tmp-new", "old.png"]);
    }

    #[test]
    fn free_space_is_known() {
        assert!(store().1.free_space().unwrap() > 0);
    }
}
