//! Multipart bodies: a streaming parser over any reader, and its parts as parameters.
//!
//! Texts and small files are kept in memory. Of a larger file only the byte range is noted: the
//! body is already in a spool file, so nothing is written a second time.

mod head;
#[cfg(test)]
mod tests;

use self::head::{Head, boundary};
use super::form;
use super::params::{BadParams, Data, Params, Slice, Upload, UploadContent, Value, unreadable};
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

/// How many parts a body may have.
const MAX_PARTS: usize = form::MAX_PAIRS;
/// How many of them may be files.
const MAX_FILES: usize = 20;
/// The longest head of a part, in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// The longest text of one field, in bytes.
const MAX_TEXT: u64 = 1024 * 1024;
/// All texts of a body together, in bytes.
const MAX_TEXTS: u64 = 4 * 1024 * 1024;
/// A spooled file up to this size is read into memory.
const IN_MEMORY: u64 = 64 * 1024;
/// How much is asked of the reader at a time.
const CHUNK: usize = 32 * 1024;

/// Reads a body into parameters; refuses files of more than `file_limit` bytes.
pub(super) fn read(
    content_type: &str,
    data: Data<'_>,
    file_limit: u64,
) -> Result<Params, BadParams> {
    let boundary = boundary(content_type)?;
    let mut params = Params::default();
    match data {
        Data::Bytes(bytes) => {
            let limits = Limits {
                file: file_limit,
                memory: u64::MAX,
            };
            parse(bytes, &boundary, &limits, |part| {
                part.add_to(&mut params, None)
            })?;
        }
        Data::File(file) => {
            let limits = Limits {
                file: file_limit,
                memory: IN_MEMORY,
            };
            let reader = Slice::whole(file.clone()).map_err(unreadable)?.reader();
            parse(reader, &boundary, &limits, |part| {
                part.add_to(&mut params, Some(&file))
            })?;
        }
    }
    Ok(params)
}

/// Limits on files, in bytes.
struct Limits {
    /// A larger file is an error.
    file: u64,
    /// Of a larger file only the range is noted.
    memory: u64,
}

/// One named part.
#[derive(Debug)]
struct Part {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    content: Content,
}

/// The bytes of a part, or where they are in the body.
#[derive(Debug)]
enum Content {
    Memory(Vec<u8>),
    Range(Range<u64>),
}

impl Part {
    /// Adds the part to the tree. Browsers send a file field left empty as a nameless empty file:
    /// that is no parameter. `_charset_` is a form's note about itself; all text is UTF-8 here.
    fn add_to(
        self,
        params: &mut Params,
        spool: Option<&Arc<std::fs::File>>,
    ) -> Result<(), BadParams> {
        let content = match (self.content, spool) {
            (Content::Memory(bytes), _) => UploadContent::Memory(bytes),
            (Content::Range(range), Some(file)) => {
                UploadContent::Spooled(Slice::new(file.clone(), range))
            }
            (Content::Range(_), None) => {
                return Err(BadParams::malformed("a file is too large for memory"));
            }
        };
        let value = match (self.filename, content) {
            (None, UploadContent::Memory(bytes)) => {
                Value::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            (Some(name), UploadContent::Memory(bytes)) if name.is_empty() && bytes.is_empty() => {
                return Ok(());
            }
            (name, content) => {
                let filename = name.unwrap_or_default();
                Value::File(Upload {
                    filename,
                    content_type: self.content_type,
                    content,
                })
            }
        };
        if self.name == "_charset_" {
            Ok(())
        } else {
            form::insert(params, &self.name, value)
        }
    }
}

/// Hands every named part to `found`, in order. Parts without a name are read over.
fn parse(
    input: impl Read,
    boundary: &[u8],
    limits: &Limits,
    mut found: impl FnMut(Part) -> Result<(), BadParams>,
) -> Result<(), BadParams> {
    let mut scanner = Scanner::new(input, boundary);
    scanner.body(|_| Ok(()))?;
    let (mut parts, mut files, mut texts) = (0, 0, 0);
    while scanner.next_part()? {
        let head = Head::parse(&scanner.head()?);
        parts += 1;
        files += usize::from(head.filename.is_some());
        if parts > MAX_PARTS || files > MAX_FILES {
            return Err(BadParams::malformed("too many parts in the multipart body"));
        }
        let (memory, limit) = match head.filename {
            Some(_) => (limits.memory, limits.file),
            None => (u64::MAX, MAX_TEXT),
        };
        let content = content(&mut scanner, memory, limit)?;
        if let (None, Content::Memory(text)) = (&head.filename, &content) {
            texts += text.len() as u64;
        }
        if texts > MAX_TEXTS {
            return Err(BadParams::TooLarge("the form is too large".into()));
        }
        if let Some(name) = head.name {
            found(Part {
                name,
                filename: head.filename,
                content_type: head.content_type,
                content,
            })?;
        }
    }
    Ok(())
}

/// Reads the content of a part; beyond `memory` bytes it keeps only the range.
fn content(
    scanner: &mut Scanner<impl Read>,
    memory: u64,
    limit: u64,
) -> Result<Content, BadParams> {
    let start = scanner.position;
    let (mut kept, mut size) = (Vec::new(), 0_u64);
    scanner.body(|bytes| {
        size += bytes.len() as u64;
        if size > limit {
            return Err(BadParams::TooLarge(
                "a part of the form is too large".into(),
            ));
        }
        if size <= memory {
            kept.extend_from_slice(bytes);
        } else {
            kept = Vec::new();
        }
        Ok(())
    })?;
    Ok(if size <= memory {
        Content::Memory(kept)
    } else {
        Content::Range(start..start + size)
    })
}

/// Cuts the bytes of a reader at boundary lines.
struct Scanner<R> {
    input: R,
    /// CR LF, two dashes and the boundary.
    delimiter: Vec<u8>,
    /// Bytes read; those before `start` are done with.
    buffer: Vec<u8>,
    start: usize,
    /// The offset in the body of the byte at `start`.
    position: u64,
}

impl<R: Read> Scanner<R> {
    /// The line break before the first boundary may be missing from the body, so the buffer starts
    /// with one; the position wraps to zero right after it.
    fn new(input: R, boundary: &[u8]) -> Self {
        let delimiter = [b"\r\n--", boundary].concat();
        Scanner {
            input,
            delimiter,
            buffer: b"\r\n".to_vec(),
            start: 0,
            position: 0_u64.wrapping_sub(2),
        }
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.position = self.position.wrapping_add(count as u64);
    }

    /// Reads more; the end of the input is an error, for the last boundary has not been seen.
    fn fill(&mut self) -> Result<(), BadParams> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result.map_err(unreadable)?,
            }
        };
        self.buffer.truncate(filled + read);
        if read == 0 {
            Err(BadParams::malformed("the multipart body is cut off"))
        } else {
            Ok(())
        }
    }

    /// Hands out everything up to the next delimiter, piece by piece, and consumes the delimiter.
    fn body(
        &mut self,
        mut sink: impl FnMut(&[u8]) -> Result<(), BadParams>,
    ) -> Result<(), BadParams> {
        loop {
            if let Some(at) = find(self.rest(), &self.delimiter) {
                sink(&self.rest()[..at])?;
                self.consume(at + self.delimiter.len());
                return Ok(());
            }
            let safe = self.rest().len().saturating_sub(self.delimiter.len() - 1);
            sink(&self.rest()[..safe])?;
            self.consume(safe);
            self.fill()?;
        }
    }

    /// Reads the end of a boundary line: `true` before another part, `false` after the last.
    fn next_part(&mut self) -> Result<bool, BadParams> {
        while self.rest().len() < 2 {
            self.fill()?;
        }
        if self.rest().starts_with(b"--") {
            return Ok(false);
        }
        let padding = self.line(MAX_HEAD)?;
        if padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            Ok(true)
        } else {
            Err(BadParams::malformed("malformed multipart boundary"))
        }
    }

    /// The header lines of a part.
    fn head(&mut self) -> Result<Vec<String>, BadParams> {
        let (mut lines, mut left) = (Vec::new(), MAX_HEAD);
        loop {
            let line = self.line(left)?;
            if line.is_empty() {
                return Ok(lines);
            }
            left = left.saturating_sub(line.len() + 2);
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
    }

    fn line(&mut self, limit: usize) -> Result<Vec<u8>, BadParams> {
        loop {
            let end = find(self.rest(), b"\r\n");
            if end.unwrap_or(self.rest().len()) > limit {
                return Err(BadParams::malformed(
                    "the head of a multipart part is too long",
                ));
            }
            if let Some(end) = end {
                let line = self.rest()[..end].to_vec();
                self.consume(end + 2);
                return Ok(line);
            }
            self.fill()?;
        }
    }
}

/// The first place of `needle`, which is not empty.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(next) = haystack[from..].iter().position(|byte| *byte == needle[0]) {
        from += next;
        if haystack[from..].starts_with(needle) {
            return Some(from);
        }
        from += 1;
    }
    None
}
