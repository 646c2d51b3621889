//! Files of other servers, kept for a while so that each is fetched once for all who look (federation.md 10).
//!
//! Everything lies directly in one folder that may be deleted at any time. A file is named by the SHA-256 of its address; its
//! time of change is when it was fetched, its time of access when it was last asked for. Those are set by hand, because most
//! systems do not keep the latter. Beyond the limit, what was not asked for longest goes first.

use std::fs::{self, DirEntry, File, FileTimes};
use std::io::{self, ErrorKind, Seek};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;

use super::dir;
use crate::auth::secret;

/// What unfinished files begin with.
const TEMPORARY: &str = ".tmp-";

/// Unfinished files older than this were left by a crash; `spool > 1 h` of federation.md 10.
const STALE: Duration = Duration::from_secs(3600);

/// Of the limit so many hundredths stay when it is exceeded, so that the folder is read through once in a while only.
const KEPT_PERCENT: u64 = 90;

/// The folder.
pub struct RemoteCache {
    root: PathBuf,
    limit: u64,
    lifetime: Duration,
    /// Bytes in it; `UNKNOWN` until it was read through.
    bytes: AtomicU64,
}

const UNKNOWN: u64 = u64::MAX;

/// A file that is being fetched. It is gone when it is dropped.
pub struct Draft {
    /// To be written.
    pub file: File,
    path: PathBuf,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already, where it was kept; else the sweep takes what stays.
        let _ = fs::remove_file(&self.path);
    }
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that were removed, or would be.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl RemoteCache {
    /// A cache of at most `limit` bytes, each file for at most `lifetime`. With a limit of 0 nothing is kept.
    pub fn new(root: PathBuf, limit: u64, lifetime: Duration) -> RemoteCache {
        RemoteCache {
            root,
            limit,
            lifetime,
            bytes: AtomicU64::new(UNKNOWN),
        }
    }

    /// The file of an address, if it was fetched not long ago.
    pub fn find(&self, url: &str) -> io::Result<Option<File>> {
        if self.limit == 0 {
            return Ok(None);
        }
        let file = match dir::open_beneath(&self.root, [name_of(url).as_str()]) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let fetched_at = file.metadata()?.modified()?;
        if self.is_over(fetched_at, SystemTime::now()) {
            return Ok(None);
        }
        file.set_times(FileTimes::new().set_accessed(SystemTime::now()))?;
        Ok(Some(file))
    }

    /// Begins a file, in a folder that may have been deleted a moment ago.
    pub fn begin(&self) -> io::Result<Draft> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)?;
        let path = self
            .root
            .join(format!("{TEMPORARY}{}", dir::random_stem()?));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Draft { file, path })
    }

    /// Keeps a complete file for an address, and hands it back to be read from its start.
    pub fn keep(&self, draft: Draft, url: &str) -> io::Result<File> {
        let mut file = draft.file.try_clone()?;
        file.rewind()?;
        if self.limit > 0 {
            draft.file.sync_all()?;
            fs::rename(&draft.path, self.root.join(name_of(url)))?;
            self.grow(draft.file.metadata()?.len())?;
        }
        Ok(file)
    }

    /// Forgets an address; whether it was there.
    pub fn forget(&self, url: &str) -> io::Result<bool> {
        match fs::remove_file(self.root.join(name_of(url))) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes what is too old or was never finished; with `rehearsing`, only counts it.
    pub fn sweep(&self, rehearsing: bool) -> io::Result<Swept> {
        let now = SystemTime::now();
        let mut swept = Swept::default();
        for entry in self.entries()? {
            let found = entry.metadata()?;
            let fetched_at = found.modified()?;
            let is_over = match is_temporary(&entry) {
                true => age(fetched_at, now) > STALE,
                false => self.limit == 0 || self.is_over(fetched_at, now),
            };
            if is_over {
                swept.files += 1;
                swept.bytes += found.len();
                if !rehearsing {
                    removed(&entry.path())?;
                }
            }
        }
        if !rehearsing {
            self.bytes.store(UNKNOWN, Ordering::Relaxed);
        }
        Ok(swept)
    }

    fn is_over(&self, fetched_at: SystemTime, now: SystemTime) -> bool {
        age(fetched_at, now) > self.lifetime
    }

    /// Counts a new file, and makes room when there are too many bytes.
    fn grow(&self, size: u64) -> io::Result<()> {
        let known = self.bytes.load(Ordering::Relaxed);
        let bytes = match known {
            UNKNOWN => self.measure()?,
            known => known + size,
        };
        let bytes = match bytes > self.limit {
            true => self.make_room()?,
            false => bytes,
        };
        self.bytes.store(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn measure(&self) -> io::Result<u64> {
        let entries = self.entries()?.into_iter();
        let sizes = entries.filter_map(|entry| Some(entry.metadata().ok()?.len()));
        Ok(sizes.sum())
    }

    /// Removes what was not asked for longest; returns the bytes that stay.
    fn make_room(&self) -> io::Result<u64> {
        let mut files = Vec::new();
        for entry in self
            .entries()?
            .into_iter()
            .filter(|entry| !is_temporary(entry))
        {
            // Another thread may have been quicker.
            if let Ok(found) = entry.metadata() {
                files.push((found.accessed()?, found.len(), entry.path()));
            }
        }
        files.sort_unstable();
        let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if bytes <= self.limit / 100 * KEPT_PERCENT {
                break;
            }
            removed(&path)?;
            bytes -= size;
        }
        Ok(bytes)
    }

    fn entries(&self) -> io::Result<Vec<DirEntry>> {
        match fs::read_dir(&self.root) {
            Ok(entries) => entries.collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn is_temporary(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
}

/// How long ago that was; nothing, if the clock was set back since.
fn age(then: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}

fn removed(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn name_of(url: &str) -> String {
    HEXLOWER.encode(&secret::digest(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    fn cache(limit: u64) -> (tempfile::TempDir, RemoteCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = RemoteCache::new(dir.path().join("media"), limit, WEEK);
        (dir, cache)
    }

    fn keep(cache: &RemoteCache, url: &str, content: &[u8]) -> File {
        let mut draft = cache.begin().unwrap();
        draft.file.write_all(content).unwrap();
        cache.keep(draft, url).unwrap()
    }

    fn read(file: Option<File>) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        file?.read_to_end(&mut content).unwrap();
        Some(content)
    }

    /// Makes a file look as if it had been fetched, or asked for, that long ago.
    fn make_older(cache: &RemoteCache, url: &str, fetched: Duration, asked_for: Duration) {
        let times = FileTimes::new()
            .set_modified(SystemTime::now() - fetched)
            .set_accessed(SystemTime::now() - asked_for);
        let file = File::open(cache.root.join(name_of(url))).unwrap();
        file.set_times(times).unwrap();
    }

    fn files(cache: &RemoteCache) -> usize {
        cache.entries().unwrap().len()
    }

    #[test]
    fn what_was_kept_is_found_and_what_was_dropped_is_not() {
        let (_dir, cache) = cache(1000);
        assert_eq!(read(Some(keep(&cache, "a", b"one"))).unwrap(), b"one");
        assert_eq!(read(cache.find("a").unwrap()).unwrap(), b"one");
        assert!(cache.find("b").unwrap().is_none());
        drop(cache.begin().unwrap());
        assert_eq!(files(&cache), 1);
        assert!(cache.forget("a").unwrap() && !cache.forget("a").unwrap());
        assert!(cache.find("a").unwrap().is_none());
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let (_dir, cache) = cache(1000);
        for (number, url) in ["a", "b", "c"].iter().enumerate() {
            keep(&cache, url, &[0; 300]);
            make_older(
                &cache,
                url,
                Duration::ZERO,
                Duration::from_secs(60 - number as u64),
            );
        }
        assert!(cache.find("a").unwrap().is_some());
        keep(&cache, "d", &[0; 300]);
        let left = ["a", "b", "c", "d"].map(|url| cache.find(url).unwrap().is_some());
        assert_eq!(left, [true, false, true, true]);
    }

    #[test]
    fn after_a_week_it_is_fetched_anew() {
        let (_dir, cache) = cache(1000);
        keep(&cache, "old", b"123");
        keep(&cache, "new", b"123");
        make_older(&cache, "old", WEEK + STALE, Duration::ZERO);
        assert!(cache.find("old").unwrap().is_none());
        let swept = Swept { files: 1, bytes: 3 };
        assert_eq!(cache.sweep(true).unwrap(), swept);
        assert_eq!(files(&cache), 2);
        assert_eq!(cache.sweep(false).unwrap(), swept);
        assert_eq!(files(&cache), 1);
    }

    #[test]
    fn a_cache_of_nothing_keeps_nothing() {
        let (_dir, cache) = cache(0);
        assert_eq!(read(Some(keep(&cache, "a", b"one"))).unwrap(), b"one");
        assert!(cache.find("a").unwrap().is_none());
        assert_eq!(files(&cache), 0);
    }

    #[test]
    fn what_a_crash_left_unfinished_is_swept_up() {
        let (_dir, cache) = cache(1000);
        let draft = cache.begin().unwrap();
        let times = FileTimes::new().set_modified(SystemTime::now() - 2 * STALE);
        draft.file.set_times(times).unwrap();
        let fresh = cache.begin().unwrap();
        assert_eq!(cache.sweep(false).unwrap().files, 1);
        assert!(fresh.path.exists() && !draft.path.exists());
    }
}
