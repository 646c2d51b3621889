//! The body of a request: length or chunks in, memory or a file out.
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::head::Framing;
use super::refusal::Refusal;
use super::spool::Spool;

/// Larger bodies go to a file.
const IN_MEMORY: usize = 64 * 1024;
/// A chunk-size line with its extensions, which are ignored.
const CHUNK_LINE: usize = 256;
/// All trailer lines together; they are ignored too.
const TRAILERS: usize = 4 * 1024;

/// A body on its way in.
pub(super) struct Incoming {
    pub since: Instant,
    /// Body bytes so far, without chunk framing.
    pub received: u64,
    limit: u64,
    decoder: Decoder,
    pub memory: Vec<u8>,
    pub spool: Option<Spool>,
}

/// Where in its framing a body stands.
enum Decoder {
    Length(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers(usize),
    Done,
}

impl Incoming {
    /// A body of the given framing, refused at once when its declared length is over `limit`.
    pub fn new(framing: Framing, limit: usize) -> Result<Incoming, Refusal> {
        let limit = limit as u64;
        let decoder = match framing {
            Framing::Length(length) if length > limit => return Err(Refusal::BODY_TOO_LARGE),
            Framing::Length(0) => Decoder::Done,
            Framing::Length(length) => Decoder::Length(length),
            Framing::Chunked => Decoder::ChunkSize,
        };
        Ok(Incoming {
            since: Instant::now(),
            received: 0,
            limit,
            decoder,
            memory: Vec::new(),
            spool: None,
        })
    }

    /// Takes what belongs to the body from `input`; `true` when it is complete.
    pub fn feed(&mut self, input: &mut Vec<u8>, spool_dir: &Path) -> Result<bool, Refusal> {
        let mut rest = input.as_slice();
        while let Some(taken) = self.step(rest, spool_dir)? {
            rest = &rest[taken..];
        }
        let taken = input.len() - rest.len();
        input.drain(..taken);
        Ok(matches!(self.decoder, Decoder::Done))
    }

    /// One element of the framing: how many bytes it took, or `None` when more are needed.
    fn step(&mut self, input: &[u8], spool_dir: &Path) -> Result<Option<usize>, Refusal> {
        match self.decoder {
            Decoder::Done => Ok(None),
            Decoder::Length(left) => self.data(input, left, spool_dir, Decoder::Length),
            Decoder::Chunk(left) => self.data(input, left, spool_dir, Decoder::Chunk),
            Decoder::ChunkSize => self.chunk_size(input),
            Decoder::ChunkEnd => {
                if !b"\r\n".starts_with(&input[..input.len().min(2)]) {
                    return Err(Refusal::bad("Malformed chunk"));
                }
                Ok((input.len() >= 2).then(|| {
                    self.decoder = Decoder::ChunkSize;
                    2
                }))
            }
            Decoder::Trailers(seen) => self.trailer(input, seen),
        }
    }

    fn data(
        &mut self,
        input: &[u8],
        left: u64,
        spool_dir: &Path,
        unfinished: fn(u64) -> Decoder,
    ) -> Result<Option<usize>, Refusal> {
        let take = left.min(input.len() as u64);
        if take == 0 {
            return Ok(None);
        }
        // Fits: it is not more than the length of a slice.
        self.store(&input[..take as usize], spool_dir)?;
        self.decoder = match (left - take, &self.decoder) {
            (0, Decoder::Chunk(_)) => Decoder::ChunkEnd,
            (0, _) => Decoder::Done,
            (left, _) => unfinished(left),
        };
        Ok(Some(take as usize))
    }

    fn chunk_size(&mut self, input: &[u8]) -> Result<Option<usize>, Refusal> {
        let Some(line) = line(input, CHUNK_LINE)? else {
            return Ok(None);
        };
        let digits = line.split(|&byte| byte == b';').next().unwrap_or(line);
        let size = hexadecimal(digits.trim_ascii_end())?;
        if size > self.limit - self.received {
            return Err(Refusal::BODY_TOO_LARGE);
        }
        self.decoder = match size {
            0 => Decoder::Trailers(0),
            size => Decoder::Chunk(size),
        };
        Ok(Some(line.len() + 2))
    }

    fn trailer(&mut self, input: &[u8], seen: usize) -> Result<Option<usize>, Refusal> {
        let Some(line) = line(input, TRAILERS - seen.min(TRAILERS))? else {
            return Ok(None);
        };
        self.decoder = match line.len() {
            0 => Decoder::Done,
            size => Decoder::Trailers(seen + size),
        };
        Ok(Some(line.len() + 2))
    }

    fn store(&mut self, data: &[u8], spool_dir: &Path) -> Result<(), Refusal> {
        self.received += data.len() as u64;
        if self.spool.is_none() && self.memory.len() + data.len() <= IN_MEMORY {
            self.memory.extend_from_slice(data);
            return Ok(());
        }
        self.write(data, spool_dir).map_err(|error| {
            log::error!("cannot spool a request body: {error}");
            Refusal::NO_SPACE
        })
    }

    fn write(&mut self, data: &[u8], spool_dir: &Path) -> std::io::Result<()> {
        let spool = match &mut self.spool {
            Some(spool) => spool,
            none => {
                let spool = none.insert(Spool::create(spool_dir)?);
                spool.file.write_all(&std::mem::take(&mut self.memory))?;
                spool
            }
        };
        spool.file.write_all(data)
    }
}

/// The line at the start of `input`, without its CRLF; longer ones than `limit` are refused.
fn line(input: &[u8], limit: usize) -> Result<Option<&[u8]>, Refusal> {
    let end = input.iter().position(|&byte| byte == b'\n');
    let line = match end {
        Some(end) => input[..end].strip_suffix(b"\r"),
        None => Some(input.strip_suffix(b"\r").unwrap_or(input)),
    };
    match line {
        Some(line) if line.len() > limit => Err(Refusal::HEAD_TOO_LARGE),
        Some(line) if line.iter().all(|&byte| byte >= b' ' || byte == b'\t') => {
            Ok(end.map(|_| line))
        }
        _ => Err(Refusal::bad("Malformed chunked body")),
    }
}

fn hexadecimal(digits: &[u8]) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(digits).ok();
    text.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or(Refusal::bad("Malformed chunk size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` in pieces of `step` bytes; the body and what was left over.
    fn decode(wire: &str, limit: usize, step: usize) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
        let mut body = Incoming::new(Framing::Chunked, limit)?;
        let (mut input, mut complete) = (Vec::new(), false);
        for piece in wire.as_bytes().chunks(step) {
            input.extend_from_slice(piece);
            complete = body.feed(&mut input, Path::new("/nowhere"))?;
        }
        assert!(complete, "{wire:?} should be complete");
        Ok((body.memory, input))
    }

    #[test]
    fn chunks_are_joined_however_they_are_cut() {
        let wire = "3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nGET";
        for step in 1..wire.len() {
            let (body, left) = decode(wire, 13, step).expect("valid");
            assert_eq!(
                (body.as_slice(), left.as_slice()),
                (&b"abc0123456789"[..], &b"GET"[..])
            );
        }
    }

    #[test]
    fn malformed_or_oversized_chunks_are_refused() {
        for (wire, status) in [
            ("e\r\n0123456789abcd\r\n0\r\n\r\n", 413),
            ("ffffffffffffffff\r\n", 413),
            ("3\r\nabcX\r\n", 400),
            ("3\nabc\n", 400),
            ("+3\r\nabc\r\n", 400),
            ("\r\n", 400),
            ("3 ;\rx\r\n", 400),
            ("11111111111111111\r\n", 400),
        ] {
            let refusal = decode(wire, 13, 4).expect_err(wire);
            assert_eq!(refusal.status, status, "{wire:?}");
        }
    }
}
