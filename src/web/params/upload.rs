//! Uploaded files: in memory when small, otherwise a range of the spooled request body.
//! Nothing is copied to a second file, and the bytes are gone when the last reader is.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A file sent in a multipart body.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The name the client gives it, without directories and control characters; may be empty.
    pub filename: String,
    /// The type the client claims.
    pub content_type: Option<String>,
    /// The bytes.
    pub content: UploadContent,
}

/// The bytes of an upload.
#[derive(Clone, Debug)]
pub enum UploadContent {
    /// In memory.
    Memory(Vec<u8>),
    /// Part of the spooled body.
    Spooled(Slice),
}

impl Upload {
    /// The whole content; reads the spool file when it is not in memory.
    pub fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.content {
            UploadContent::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            UploadContent::Spooled(slice) => {
                let mut bytes = Vec::new();
                slice.reader().read_to_end(&mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// The number of bytes, known without reading them.
    pub fn size(&self) -> u64 {
        match &self.content {
            UploadContent::Memory(bytes) => bytes.len() as u64,
            UploadContent::Spooled(slice) => slice.range.end - slice.range.start,
        }
    }

    /// A reader from the first byte on, to copy a large file without holding it in memory.
    pub fn reader(&self) -> Box<dyn Read + '_> {
        match &self.content {
            UploadContent::Memory(bytes) => Box::new(bytes.as_slice()),
            UploadContent::Spooled(slice) => Box::new(slice.reader()),
        }
    }
}

/// A range of an open file, read without moving the file's own position.
#[derive(Clone, Debug)]
pub struct Slice {
    file: Arc<File>,
    range: Range<u64>,
}

impl Slice {
    /// The bytes of `file` in `range`.
    pub fn new(file: Arc<File>, range: Range<u64>) -> Slice {
        Slice { file, range }
    }

    /// The file as long as it is now.
    pub fn whole(file: Arc<File>) -> io::Result<Slice> {
        let range = 0..file.metadata()?.len();
        Ok(Slice { file, range })
    }

    /// A reader of its own, independent of every other.
    pub fn reader(&self) -> impl Read + use<> {
        SliceReader(self.clone())
    }
}

struct SliceReader(Slice);

impl Read for SliceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Slice { file, range } = &mut self.0;
        let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = file.read_at(&mut buffer[..wanted], range.start)?;
        if read == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        range.start += read as u64;
        Ok(read)
    }
}
