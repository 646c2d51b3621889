//! Files that the operator put into the data directory's `static/`.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::dir::open_beneath;
use super::name::PackPath;

/// Opens a file below `root`; a path that would lead out of it, or over a link, is "not found".
pub fn open(root: &Path, path: &str) -> io::Result<File> {
    let path = PackPath::parse(path).map_err(|_| io::Error::from(ErrorKind::NotFound))?;
    open_beneath(root, path.components())
}
