//! Backups on disk: everything of a data directory but what can be made again, in one zip.
//!
//! A backup is written beside its final name and renamed when it is whole and on the disk. Reading one back trusts nothing:
//! names are judged before anything is written, every file's checksum is compared, and what the list at its end counts must
//! be there. The database is a file like others here; what is in it is `db`'s affair.
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::dir;
use super::packs::Lock;

/// The database, in a backup and in a data directory.
pub const DATABASE: &str = "kenoma.db";
/// The settings, where there are any.
const SETTINGS: &str = "config.toml";
/// What people made or got, whole. `cache/` can be made again.
const FOLDERS: [&str; 4] = ["uploads", "emoji", "static", "mail"];
/// What the backup is, its last entry.
const ABOUT: &str = "backup.json";
const MAX_ABOUT_BYTES: u64 = 16 << 20;
/// The form of backups that this program writes and the newest that it reads.
const FORMAT: u32 = 1;
/// Bytes per read and write: files are large, memory is not.
const PIECE: usize = 256 * 1024;

/// What a backup says about itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct About {
    format: u32,
    /// The version of the program that made it.
    pub kenoma: String,
    /// When, RFC 3339.
    pub made_at: String,
    /// Files in it, the database included.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that the database named although they were lost before.
    pub lost: Vec<String>,
}

/// Why a backup cannot be used; the text is for the person who needs it.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// Another kind of file, or one that was cut off: the end tells what it is.
    #[error("it is no backup of kenoma, or it was cut off")]
    Foreign,
    /// Something in it is not what it was.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// From the future.
    #[error("it was made by kenoma {0}, which is newer: use that one")]
    Newer(String),
    /// Our own disk.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file under a hidden name, removed when dropped.
struct Hidden(PathBuf);

impl Drop for Hidden {
    fn drop(&mut self) {
        // After the rename there is none; before, what stays would only take space.
        let _ = fs::remove_file(&self.0);
    }
}

/// A backup that is being written; nothing of it is left when this is dropped unfinished.
pub struct Writer {
    zip: ZipWriter<BufWriter<File>>,
    path: PathBuf,
    hidden: Hidden,
    taken: BTreeSet<String>,
    left_out: BTreeSet<String>,
    bytes: u64,
}

impl Writer {
    /// Begins a backup; one that is there stays until the new one is whole. What a killed one left is written over.
    pub fn create(path: &Path) -> io::Result<Writer> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(".part");
        let temporary = path.with_file_name(temporary);
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&temporary)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        file.set_len(0)?;
        Ok(Writer {
            zip: ZipWriter::new(BufWriter::with_capacity(PIECE, file)),
            path: path.to_owned(),
            hidden: Hidden(temporary),
            taken: BTreeSet::new(),
            left_out: BTreeSet::new(),
            bytes: 0,
        })
    }

    /// Takes along what is in the data directory and not in the backup yet, the database apart. `progress` is told the bytes
    /// that are done and all of them.
    pub fn add_files(&mut self, data: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<()> {
        // No pack changes while it is copied.
        let _lock = Lock::take(&data.join("emoji"))?;
        let mut found = Vec::new();
        for name in FOLDERS.into_iter().chain([SETTINGS]) {
            self.look(data, name.to_owned(), &mut found)?;
        }
        let all: u64 = found.iter().map(|(_, size)| size).sum();
        let mut done = 0;
        for (name, size) in found {
            match dir::open_beneath(data, name.split('/')) {
                Ok(mut file) => self.add(&name, &mut file, CompressionMethod::Stored)?,
                // Gone since it was looked at: removed on purpose, or the caller will miss it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            done += size;
            progress(done, all);
        }
        Ok(())
    }

    /// Lists the regular files at or below a name that were not taken yet, in order of their names.
    fn look(
        &mut self,
        data: &Path,
        name: String,
        found: &mut Vec<(String, u64)>,
    ) -> io::Result<()> {
        let path = data.join(&name);
        let kind = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        if kind.is_file() {
            if !self.taken.contains(&name) {
                found.push((name, kind.len()));
            }
            return Ok(());
        }
        if !kind.is_dir() {
            self.left_out.insert(name);
            return Ok(());
        }
        let mut below = fs::read_dir(&path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<Vec<_>>>()?;
        below.sort();
        for part in below {
            match part.to_str() {
                // Half-written, by whoever is at it.
                Some(part) if part.starts_with(".tmp-") => {}
                Some(part) if is_part(part) => self.look(data, format!("{name}/{part}"), found)?,
                _ => {
                    self.left_out
                        .insert(format!("{name}/{}", part.to_string_lossy()));
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        content: &mut dyn Read,
        method: CompressionMethod,
    ) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level((method == CompressionMethod::Deflated).then_some(1))
            .large_file(true)
            .unix_permissions(0o600);
        self.zip.start_file(name, options)?;
        self.bytes += io::copy(content, &mut self.zip)?;
        self.taken.insert(name.to_owned());
        Ok(())
    }

    /// Whether a file of the data directory is in it.
    pub fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// Names that were no regular files, or could not be read back everywhere.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        self.left_out.iter().map(String::as_str)
    }

    /// Takes the copy of the database along and makes the backup whole.
    pub fn finish(
        mut self,
        database: &mut File,
        made_at: String,
        lost: Vec<String>,
    ) -> io::Result<About> {
        self.add(DATABASE, database, CompressionMethod::Deflated)?;
        let about = About {
            format: FORMAT,
            kenoma: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            files: self.taken.len() as u64,
            bytes: self.bytes,
            lost,
        };
        let text = serde_json::to_vec_pretty(&about)?;
        self.add(ABOUT, &mut text.as_slice(), CompressionMethod::Stored)?;
        let file = self.zip.finish()?.into_inner();
        file.map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&self.hidden.0, &self.path)?;
        let folder = self.path.parent().filter(|path| *path != Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(about)
    }
}

/// A backup that was opened.
pub struct Backup {
    zip: ZipArchive<BufReader<File>>,
    /// Where each file is, its name and size.
    files: Vec<(usize, String, u64)>,
    about: About,
}

impl Backup {
    /// Reads what it is, and sees that everything is there.
    pub fn open(path: &Path) -> Result<Backup, Broken> {
        let file = BufReader::with_capacity(PIECE, File::open(path)?);
        let mut zip = ZipArchive::new(file).map_err(|_| Broken::Foreign)?;
        let about = read_about(&mut zip)?;
        if about.format > FORMAT {
            return Err(Broken::Newer(about.kenoma));
        }
        let mut files = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|_| Broken::Foreign)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            if name == ABOUT {
                continue;
            }
            if !is_ours(&name) {
                return Err(Broken::Damaged(format!("it holds {name:?}")));
            }
            files.push((index, name, entry.size()));
        }
        let bytes: u64 = files.iter().map(|(_, _, size)| size).sum();
        if (files.len() as u64, bytes) != (about.files, about.bytes) || zip.has_duplicate_names() {
            return Err(Broken::Damaged("something is missing in it".into()));
        }
        Ok(Backup { zip, files, about })
    }

    /// What it says about itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Writes everything into an empty directory and down to the disk. `progress` is told the bytes that are done and all.
    pub fn unpack(
        &mut self,
        into: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Broken> {
        if dir::free_space(into)? < self.about.bytes {
            return Err(io::Error::from(ErrorKind::StorageFull).into());
        }
        let mut done = 0;
        for (index, name, size) in &self.files {
            let entry = self.zip.by_index(*index);
            let mut entry = entry.map_err(|error| Broken::Damaged(error.to_string()))?;
            let path = into.join(name);
            if let Some(folder) = path.parent() {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)?;
            }
            let mut file = File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            if copy(&mut entry, &mut file, name)? != *size {
                return Err(Broken::Damaged(format!("{name} is too short")));
            }
            done += size;
            progress(done, self.about.bytes);
        }
        rustix::fs::syncfs(dir::open_root(into)?).map_err(io::Error::from)?;
        Ok(())
    }
}

/// Tells the backup's faults from the disk's.
fn copy(from: &mut dyn Read, to: &mut File, name: &str) -> Result<u64, Broken> {
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    loop {
        // The last read compares the checksum.
        let length = from
            .read(&mut piece)
            .map_err(|error| Broken::Damaged(format!("{name}: {error}")))?;
        if length == 0 {
            return Ok(copied);
        }
        to.write_all(&piece[..length])?;
        copied += length as u64;
    }
}

fn read_about(zip: &mut ZipArchive<BufReader<File>>) -> Result<About, Broken> {
    let entry = zip.by_name(ABOUT).map_err(|_| Broken::Foreign)?;
    let mut text = Vec::new();
    let read = entry.take(MAX_ABOUT_BYTES).read_to_end(&mut text);
    read.map_err(|error| Broken::Damaged(format!("{ABOUT}: {error}")))?;
    serde_json::from_slice(&text).map_err(|_| Broken::Foreign)
}

/// Whether a name belongs into a data directory (security.md F2).
fn is_ours(name: &str) -> bool {
    let mut parts = name.split('/');
    let first = parts.next().unwrap_or_default();
    if matches!(first, DATABASE | SETTINGS) {
        return parts.next().is_none();
    }
    FOLDERS.contains(&first) && name.contains('/') && parts.all(is_part)
}

fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains(['/', '\\', '\0'])
}
