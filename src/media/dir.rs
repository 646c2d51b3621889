//! Opening and making files below a directory without following a link at any step.
//!
//! Each component is opened relative to the one before it, so that a link put in
//! place between a check and its use has no effect. The root itself may be a link:
//! it is the operator's own.
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use data_encoding::HEXLOWER;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, mkdirat, open, openat, statat, statvfs};

/// The directory that names are relative to.
pub(super) fn open_root(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

/// Opens a regular file for reading. A link, a pipe or a device in its place is
/// "not found", as is a link in the place of a directory on the way.
pub(super) fn open_beneath<'a>(
    root: &Path,
    components: impl IntoIterator<Item = &'a str>,
) -> io::Result<File> {
    let mut components: Vec<&str> = components.into_iter().collect();
    let name = components.pop().ok_or(ErrorKind::NotFound)?;
    open_at(&open_dir_beneath(root, components, false)?, name)
}

/// As [`open_beneath`], of a file directly in a directory.
pub(super) fn open_at(dir: &OwnedFd, name: &str) -> io::Result<File> {
    // Without NONBLOCK, opening a pipe would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(openat(dir, name, flags, Mode::empty()).map_err(link_is_absent)?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(ErrorKind::NotFound.into())
    }
}

/// What the system knows of a regular file directly in a directory; anything else is "not found".
pub(super) fn stat_at(dir: &OwnedFd, name: &str) -> io::Result<Stat> {
    let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode).is_file() {
        Ok(stat)
    } else {
        Err(ErrorKind::NotFound.into())
    }
}

/// Opens a directory below another. With `make`, those that are missing are made, for the
/// owner alone; a link in the place of one is "not found" either way.
pub(super) fn open_dir_beneath<'a>(
    root: &Path,
    components: impl IntoIterator<Item = &'a str>,
    make: bool,
) -> io::Result<OwnedFd> {
    descend(open_root(root)?, components, make)
}

/// As [`open_dir_beneath`], from an open directory on.
pub(super) fn descend<'a>(
    mut at: OwnedFd,
    components: impl IntoIterator<Item = &'a str>,
    make: bool,
) -> io::Result<OwnedFd> {
    for name in components {
        if make {
            match mkdirat(&at, name, Mode::RWXU) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        at = openat(&at, name, flags, Mode::empty()).map_err(link_is_absent)?;
    }
    Ok(at)
}

/// Makes a file that did not exist, for the owner alone.
pub(super) fn create(dir: &OwnedFd, name: &str) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?.into())
}

/// Writes a file that did not exist, for the owner alone, down to the disk.
pub(super) fn write_new(dir: &OwnedFd, name: &str, content: &mut dyn Read) -> io::Result<()> {
    let mut file = create(dir, name)?;
    io::copy(content, &mut file)?;
    file.sync_all()
}

/// 128 bits of the system's randomness as 32 hex digits.
pub(super) fn random_stem() -> io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(HEXLOWER.encode(&random))
}

/// The bytes that unprivileged processes may still write to the file system of a path.
pub(super) fn free_space(path: &Path) -> io::Result<u64> {
    let stat = statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// What the system answers for a link, a non-directory on the way or a socket.
fn link_is_absent(error: rustix::io::Errno) -> io::Error {
    use rustix::io::Errno;
    match error {
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => ErrorKind::NotFound.into(),
        other => other.into(),
    }
}
