//! What somebody takes along of an account: a zip of documents and files, made in a hidden file that goes when it is dropped.
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::dir;

/// An archive that is being made.
pub struct AccountArchive {
    zip: ZipWriter<BufWriter<File>>,
    _hidden: Hidden,
}

/// A file that goes with its owner.
struct Hidden(PathBuf);

impl Drop for Hidden {
    fn drop(&mut self) {
        // Best effort: it lies in the cache.
        let _ = fs::remove_file(&self.0);
    }
}

impl AccountArchive {
    /// Begins one in a folder.
    pub fn create(folder: &Path) -> io::Result<AccountArchive> {
        let path = folder.join(format!(".tmp-{}", dir::random_stem()?));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(AccountArchive {
            zip: ZipWriter::new(BufWriter::new(file)),
            _hidden: Hidden(path),
        })
    }

    fn start(&mut self, name: &str, method: CompressionMethod) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(true)
            .unix_permissions(0o600);
        Ok(self.zip.start_file(name, options)?)
    }

    /// Adds a document.
    pub fn document(&mut self, name: &str, json: &[u8]) -> io::Result<()> {
        self.start(name, CompressionMethod::Deflated)?;
        self.zip.write_all(json)
    }

    /// Adds a collection, item by item: memory stays flat however many there are. `next` answers the next few as JSON, none
    /// at the end.
    pub fn collection(
        &mut self,
        name: &str,
        context: &str,
        mut next: impl FnMut() -> io::Result<Vec<String>>,
    ) -> io::Result<()> {
        self.start(name, CompressionMethod::Deflated)?;
        write!(
            self.zip,
            "{{\"@context\":{context},\"id\":\"{name}\",\"type\":\"OrderedCollection\",\"orderedItems\":["
        )?;
        let mut count = 0;
        loop {
            let items = next()?;
            if items.is_empty() {
                break;
            }
            for item in items {
                let comma = if count > 0 { ",\n" } else { "\n" };
                self.zip.write_all(comma.as_bytes())?;
                self.zip.write_all(item.as_bytes())?;
                count += 1;
            }
        }
        write!(self.zip, "],\"totalItems\":{count}}}")
    }

    /// Adds a file; pictures and films are packed already.
    pub fn file(&mut self, name: &str, content: &mut dyn Read) -> io::Result<()> {
        self.start(name, CompressionMethod::Stored)?;
        io::copy(content, &mut self.zip).map(drop)
    }

    /// The whole archive, at its beginning. It has no name any more.
    pub fn finish(self) -> io::Result<File> {
        let file = self.zip.finish()?.into_inner();
        let mut file = file.map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }
}
