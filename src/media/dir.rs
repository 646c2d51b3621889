//! Opening files below a directory without following a link at any step.
//!
//! Each component is opened relative to the one before it, so that a link put in
//! place between a check and its use has no effect. The root itself may be a link:
//! it is the operator's own.
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, open, openat};

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
    let mut at = open_root(root)?;
    let mut components = components.into_iter().peekable();
    while let Some(name) = components.next() {
        // Without NONBLOCK, opening a pipe would wait for its other end.
        let kind = if components.peek().is_some() {
            OFlags::DIRECTORY
        } else {
            OFlags::NONBLOCK
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | kind;
        at = openat(&at, name, flags, Mode::empty()).map_err(link_is_absent)?;
    }
    let file = File::from(at);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(ErrorKind::NotFound.into())
    }
}

/// What the system answers for a link, a non-directory on the way or a socket.
fn link_is_absent(error: rustix::io::Errno) -> io::Error {
    use rustix::io::Errno;
    match error {
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => ErrorKind::NotFound.into(),
        other => other.into(),
    }
}
