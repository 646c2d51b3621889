//! Temporary files for large request bodies.
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

/// A body on disk; dropping it deletes the file.
pub(super) struct Spool {
    pub file: File,
    path: PathBuf,
}

impl Spool {
    /// Creates an empty file with a name that nobody can guess, readable by us alone.
    pub fn create(directory: &Path) -> io::Result<Spool> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let path = directory.join(format!("body-{}", HEXLOWER.encode(&name)));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Spool { file, path })
    }

    /// Where the handler finds the body.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        match fs::remove_file(&self.path) {
            // The handler may have moved it to its place.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                log::warn!("cannot delete {}: {error}", self.path.display());
            }
            _ => {}
        }
    }
}
