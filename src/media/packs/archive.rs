//! Packs as zip archives, for other servers to download.
//!
//! An archive is the same, byte by byte, as long as the pack is: fixed times, fixed order, nothing compressed (pictures
//! are). It is made in a file under `cache/`, so memory stays flat, and kept there until the pack changes.
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256, digest};
use data_encoding::{HEXLOWER, HEXUPPER};
use rustix::fd::OwnedFd;
use rustix::fs::Stat;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::super::dir;
use super::draft::folders;
use super::{MANIFEST, Manifest, PackName, PackPath, read_list};

/// An archive, ready to be sent.
pub struct Archive {
    /// Open at its beginning.
    pub file: File,
    /// SHA-256 in upper-case hex.
    pub sha256: String,
}

/// The archives that are kept.
pub(super) struct Archives {
    folder: PathBuf,
    /// What each pack was like when its archive was made, and the digest. Held while one is made: on a small machine
    /// two at once would only take longer.
    known: Mutex<HashMap<PackName, (String, String)>>,
}

impl Archives {
    /// Those below a cache directory.
    pub fn new(cache: &Path) -> Archives {
        Archives {
            folder: cache.join("archives"),
            known: Mutex::default(),
        }
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The archive of a pack as it is now.
    pub fn get(&self, root: &Path, pack: &PackName) -> io::Result<Option<Archive>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may change a file by hand while it is packed; who never stops has no archive.
        for _ in 0..3 {
            let Some(state) = state(root, pack)? else {
                known.remove(pack);
                return Ok(None);
            };
            let path = self.folder.join(format!("{}{state}.zip", prefix(pack)));
            let mut file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.remove_all_of(pack);
                    known.remove(pack);
                    if !self.make(root, pack, &state, &path)? {
                        continue;
                    }
                    File::open(&path)?
                }
                Err(error) => return Err(error),
            };
            let sha256 = match known.get(pack) {
                Some((then, sha256)) if *then == state => sha256.clone(),
                _ => sha256_of(&mut file)?,
            };
            known.insert(pack.clone(), (state, sha256.clone()));
            return Ok(Some(Archive { file, sha256 }));
        }
        Ok(None)
    }

    /// Removes what belongs to a pack that is gone.
    pub fn forget(&self, pack: &PackName) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(pack);
        self.remove_all_of(pack);
    }

    /// Removes what belongs to no pack, or was left half-made by a crash.
    pub fn sweep(&self, packs: &[PackName]) {
        let prefixes: Vec<String> = packs.iter().map(prefix).collect();
        self.remove(|name| !prefixes.iter().any(|prefix| name.starts_with(prefix)));
    }

    fn remove_all_of(&self, pack: &PackName) {
        let prefix = prefix(pack);
        self.remove(|name| name.starts_with(&prefix));
    }

    fn remove(&self, is_unwanted: impl Fn(&str) -> bool) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_none_or(&is_unwanted) {
                // Best effort: it is a cache.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Makes an archive; `false` when the pack was changed meanwhile.
    fn make(&self, root: &Path, pack: &PackName, state: &str, path: &Path) -> io::Result<bool> {
        let temporary = self.folder.join(format!(".tmp-{}", dir::random_stem()?));
        let made = write(root, pack, &temporary).and_then(|()| {
            let is_same = self::state(root, pack)?.as_deref() == Some(state);
            if is_same {
                fs::rename(&temporary, path)?;
            }
            Ok(is_same)
        });
        if !matches!(made, Ok(true)) {
            let _ = fs::remove_file(&temporary);
        }
        match made {
            // A file went away between looking at it and packing it.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            other => other,
        }
    }
}

/// What file names of a pack's archives begin with; pack names themselves may be longer than file names.
fn prefix(pack: &PackName) -> String {
    let digest = digest(&SHA256, pack.as_str().as_bytes());
    format!("{}-", HEXLOWER.encode(&digest.as_ref()[..16]))
}

/// A digest of all that goes into the archive: the list, and the stamp of every file. `None` when there is no list, or
/// something on it is not there.
fn state(root: &Path, pack: &PackName) -> io::Result<Option<String>> {
    let text = match read_list(root, pack, MANIFEST) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut state = Context::new(&SHA256);
    state.update(text.as_bytes());
    let mut files = Files::of(root, pack)?;
    for path in paths(&Manifest::parse(&text)?) {
        let Some(data) = path.and_then(|path| files.stat(&path).ok()) else {
            return Ok(None);
        };
        for number in [
            data.st_size,
            data.st_mtime,
            data.st_mtime_nsec as i64,
            data.st_ctime,
            data.st_ctime_nsec as i64,
        ] {
            state.update(&number.to_le_bytes());
        }
    }
    Ok(Some(HEXLOWER.encode(&state.finish().as_ref()[..16])))
}

/// The files of a pack, each once, in byte order; `None` for what can be no file of a pack.
fn paths(manifest: &Manifest) -> Vec<Option<PackPath>> {
    let mut paths: Vec<&String> = manifest.files.values().collect();
    paths.sort();
    paths.dedup();
    let parse = |path: &String| PackPath::parse(path).ok();
    paths.into_iter().map(parse).collect()
}

/// The files of a pack, read in the order of their paths: a directory is opened once for all that lie in it.
struct Files {
    pack: OwnedFd,
    open: Option<(String, OwnedFd)>,
}

impl Files {
    fn of(root: &Path, pack: &PackName) -> io::Result<Files> {
        Ok(Files {
            pack: dir::open_dir_beneath(root, [pack.as_str()], false)?,
            open: None,
        })
    }

    fn stat(&mut self, path: &PackPath) -> io::Result<Stat> {
        dir::stat_at(self.folder(path)?, path.file_name())
    }

    fn open(&mut self, path: &PackPath) -> io::Result<File> {
        dir::open_at(self.folder(path)?, path.file_name())
    }

    fn folder(&mut self, path: &PackPath) -> io::Result<&OwnedFd> {
        let Some((folder, _)) = path.as_str().rsplit_once('/') else {
            return Ok(&self.pack);
        };
        let known = self.open.take().filter(|(open, _)| open == folder);
        let opened = match known {
            Some(known) => known,
            None => {
                let from = self.pack.try_clone()?;
                (folder.to_owned(), dir::descend(from, folders(path), false)?)
            }
        };
        Ok(&self.open.insert(opened).1)
    }
}

fn write(root: &Path, pack: &PackName, path: &Path) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let text = read_list(root, pack, MANIFEST)?;
    let mut files = Files::of(root, pack)?;
    let mut zip = ZipWriter::new(File::create_new(path)?);
    zip.start_file(MANIFEST, options)?;
    zip.write_all(text.as_bytes())?;
    for path in paths(&Manifest::parse(&text)?).into_iter().flatten() {
        // A pack may use its own list as a picture; once is enough.
        if path.as_str() != MANIFEST {
            let mut file = files.open(&path)?;
            zip.start_file(path.as_str(), options)?;
            io::copy(&mut file, &mut zip)?;
        }
    }
    // A name means a whole archive, also after a power cut.
    zip.finish()?.sync_all()
}

/// SHA-256 of a file in upper-case hex; leaves it at its beginning.
pub fn sha256_of(file: &mut File) -> io::Result<String> {
    let mut hash = Context::new(&SHA256);
    let mut piece = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(0))?;
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        hash.update(&piece[..length]);
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(HEXUPPER.encode(hash.finish().as_ref()))
}
