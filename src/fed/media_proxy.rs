//! Files of other servers on their way to people here (federation.md 10; security.md F8).
//!
//! A whole file is fetched to the disk first, so that its reader, however slow, keeps neither the other server nor one of the
//! few places waiting. A part, as players ask for, is handed through as it comes. Either way only pictures, sound and films go
//! through, judged by their own first bytes: what the other server calls them counts for nothing.

mod places;

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use url::Url;

use super::fetch::{FetchError, Head, Limits, Request, Stream};
use crate::app::App;
use crate::db::{domain_policies, media_proxy_bans};
use crate::error::{Error, Result};
use crate::media::sniff::{Class, Kind, sniff};
use places::{Place, Places};

/// The most that goes through in one answer, and for how long: 25 MiB and 30 s.
const LIMITS: Limits = Limits::MEDIA;

/// What is wanted. Servers that send something else all the same are found out by the bytes.
const ACCEPT: &str = "image/avif,image/webp,image/*,video/*,audio/*";

/// The bytes by which a file is judged.
const BEGINNING: usize = 8 << 10;

/// How long a server that did not answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// What the proxy remembers.
pub struct MediaProxy {
    places: Arc<Places>,
    /// Kinds of files of which parts were asked for, by address.
    kinds: Cache<String, Kind>,
    /// Servers that did not answer, and until when they are not asked.
    silent: Cache<String, Instant>,
}

impl Default for MediaProxy {
    fn default() -> MediaProxy {
        MediaProxy {
            places: Arc::new(Places::new(LIMITS.total)),
            kinds: Cache::new(500),
            silent: Cache::new(500),
        }
    }
}

/// What of a client's request goes on to the other server, all else does not.
#[derive(Default)]
pub struct Asked<'a> {
    /// One range of bytes.
    pub range: Option<&'a str>,
    /// `If-Range`: the version that the range is of.
    pub if_range: Option<&'a str>,
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<&'a str>,
}

/// What the other server has.
pub enum Found {
    /// All of it.
    Whole {
        /// The content type.
        mime: &'static str,
        /// The content.
        file: File,
        /// By which its version is known.
        version: Version,
    },
    /// What is handed through: the part that was asked for, or the first 25 MiB of that; or all of a film or of sound that is larger,
    /// cut there, for players that ask for the rest by themselves.
    Passing {
        /// The content type.
        mime: &'static str,
        /// `Content-Range` of a part.
        range: Option<String>,
        /// Bytes, of what is cut too.
        length: u64,
        /// The content, as it comes.
        content: Box<dyn Read + Send>,
        /// By which its version is known.
        version: Version,
    },
    /// The client has it already.
    Unchanged(Version),
    /// There is no such part; with the `Content-Range` that says so, if any.
    NoSuchPart(Option<String>),
}

/// By what a version of a file is known again.
#[derive(Default)]
pub struct Version {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub last_modified: Option<String>,
}

impl Version {
    fn of(head: &Head) -> Version {
        let text = |name| head.header(name).map(str::to_owned);
        Version {
            etag: text("etag"),
            last_modified: text("last-modified"),
        }
    }
}

/// Gets a file, from the cache or from where it lies. 404 for what is refused or no picture, sound or film; 502 where the other
/// server fails; 503 when too many are at it.
pub fn find(app: &App, url: &str, asked: &Asked) -> Result<Found> {
    let host = authority(url).ok_or(Error::NotFound("File"))?;
    check_policy(app, &host, url)?;
    if let Some(mut file) = app.remote_cache().find(url)? {
        let kind = kind_of_file(&mut file)?;
        return Ok(Found::Whole {
            mime: kind.ok_or(Error::NotFound("File"))?.mime,
            file,
            version: Version::default(),
        });
    }
    let proxy = &app.fed().media_proxy;
    if proxy
        .silent
        .get(&host)
        .is_some_and(|until| until > Instant::now())
    {
        return Err(fault());
    }
    let place = proxy.places.take()?;
    let answer = open(app, url, asked)?;
    let head = &answer.head;
    match head.status {
        200 => whole(app, url, answer, place),
        206 if asked.range.is_some() => part(app, url, answer, place),
        304 => Ok(Found::Unchanged(Version::of(head))),
        416 => Ok(Found::NoSuchPart(
            head.header("content-range").map(str::to_owned),
        )),
        404 | 410 => Err(Error::NotFound("File")),
        _ => Err(fault()),
    }
}

/// Host and port of an address.
fn authority(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// 404 for files that an admin does not want, and for those of servers that an admin keeps away or wants no files of.
fn check_policy(app: &App, host: &str, url: &str) -> Result<()> {
    let is_unwanted = app.db().read(|db| {
        let policy = domain_policies::of(db, &[host])?;
        Ok(policy.suspended || policy.reject_media || media_proxy_bans::contains(db, url)?)
    })?;
    match is_unwanted {
        true => Err(Error::NotFound("File")),
        false => Ok(()),
    }
}

/// Asks the other server; remembers if it is silent.
fn open(app: &App, url: &str, asked: &Asked) -> Result<Stream> {
    let mut headers = vec![("accept-encoding", "identity")];
    let passed = [
        ("range", asked.range),
        ("if-range", asked.if_range),
        ("if-none-match", asked.if_none_match),
        ("if-modified-since", asked.if_modified_since),
    ];
    headers.extend(
        passed
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?))),
    );
    let request = Request::get(url, ACCEPT, LIMITS).headers(&headers);
    let answer = app.client().open(&request).map_err(|error| {
        if let (
            FetchError::Unreachable(_) | FetchError::Broken(_) | FetchError::TooSlow,
            Some(host),
        ) = (&error, authority(url))
        {
            let until = Instant::now() + LEFT_ALONE;
            app.fed().media_proxy.silent.insert(host, until);
        }
        refusal(&error)
    })?;
    let arrived_at = answer.head.url.as_str();
    if arrived_at != url {
        let host = authority(arrived_at).ok_or(Error::NotFound("File"))?;
        check_policy(app, &host, arrived_at)?;
    }
    Ok(answer)
}

/// Fetches all of it to the disk.
fn whole(app: &App, url: &str, mut answer: Stream, place: Place) -> Result<Found> {
    let declared = declared_length(&answer.head);
    let beginning = beginning(&mut answer)?;
    let kind = sniff(&beginning).ok_or(Error::NotFound("File"))?;
    if let Some(length) = declared.filter(|length| *length > LIMITS.size) {
        let version = Version::of(&answer.head);
        let content = Box::new(Held {
            content: Cursor::new(beginning).chain(answer),
            place,
        });
        return match kind.class {
            Class::Image => Err(too_large()),
            Class::Video | Class::Audio => Ok(Found::Passing {
                mime: kind.mime,
                range: None,
                length,
                content,
                version,
            }),
        };
    }
    let mut draft = app.remote_cache().begin()?;
    draft.file.write_all(&beginning)?;
    let mut piece = [0; 16 << 10];
    let mut length = beginning.len() as u64;
    loop {
        let read = answer.read(&mut piece).map_err(broken)?;
        if read == 0 {
            break;
        }
        length += read as u64;
        draft.file.write_all(&piece[..read])?;
    }
    let version = Version::of(&answer.head);
    drop((answer, place));
    // Cut short on the way: it is not kept, and not shown as if it were all.
    if declared.is_some_and(|declared| declared != length) {
        return Err(fault());
    }
    Ok(Found::Whole {
        mime: kind.mime,
        file: app.remote_cache().keep(draft, url)?,
        version,
    })
}

/// How many bytes are to come. Of what is packed all the same, the length says nothing.
fn declared_length(head: &Head) -> Option<u64> {
    let length = head.header("content-length")?.trim().parse().ok();
    length.filter(|_| head.header("content-encoding").is_none())
}

/// Hands a part through.
fn part(app: &App, url: &str, mut answer: Stream, place: Place) -> Result<Found> {
    let range = answer.head.header("content-range").and_then(Range::parse);
    let range = range.ok_or_else(fault)?;
    if answer.head.header("content-encoding").is_some() {
        return Err(fault());
    }
    let version = Version::of(&answer.head);
    let (mut beginning, mut kind) = (Vec::new(), None);
    if range.first == 0 && range.length() >= BEGINNING as u64 {
        beginning = self::beginning(&mut answer)?;
        kind = Some(sniff(&beginning));
    }
    let kinds = &app.fed().media_proxy.kinds;
    let kind = match kind.or_else(|| kinds.get(url).map(Some)) {
        Some(kind) => kind,
        None => kind_elsewhere(app, url)?,
    };
    let kind = kind.ok_or(Error::NotFound("File"))?;
    kinds.insert(url.to_owned(), kind);
    let length = range.length().min(LIMITS.size);
    let content = Cursor::new(beginning).chain(answer).take(length);
    Ok(Found::Passing {
        mime: kind.mime,
        range: Some(range.cut(length)),
        length,
        content: Box::new(Held { content, place }),
        version,
    })
}

/// What a file is of which only a part from its middle is at hand: its beginning is asked for too.
fn kind_elsewhere(app: &App, url: &str) -> Result<Option<Kind>> {
    let range = format!("bytes=0-{}", BEGINNING - 1);
    let asked = Asked {
        range: Some(&range),
        ..Asked::default()
    };
    let mut answer = open(app, url, &asked)?;
    match answer.head.status {
        200 | 206 => Ok(sniff(&beginning(&mut answer)?)),
        _ => Err(fault()),
    }
}

fn kind_of_file(file: &mut File) -> io::Result<Option<Kind>> {
    let mut beginning = Vec::new();
    file.take(BEGINNING as u64).read_to_end(&mut beginning)?;
    Ok(sniff(&beginning))
}

/// The first bytes of an answer, as far as it has them.
fn beginning(answer: &mut Stream) -> Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(BEGINNING);
    let read = answer.take(BEGINNING as u64).read_to_end(&mut beginning);
    read.map_err(broken)?;
    Ok(beginning)
}

/// Content that holds its place until it is read or given up.
struct Held<R> {
    content: R,
    #[expect(dead_code, reason = "it is held, not used")]
    place: Place,
}

impl<R: Read> Read for Held<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        self.content.read(piece)
    }
}

/// A `Content-Range`: positions of the first and the last byte, and how many there are in all, if that is known.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
    total: Option<u64>,
}

impl Range {
    /// Reads `bytes 0-99/1000` and `bytes 0-99/*`.
    fn parse(header: &str) -> Option<Range> {
        let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        let total: Option<u64> = match total {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let is_sound = first <= last && last < total.unwrap_or(u64::MAX);
        is_sound.then_some(Range { first, last, total })
    }

    fn length(&self) -> u64 {
        self.last - self.first + 1
    }

    /// The same, of so many bytes only.
    fn cut(&self, length: u64) -> String {
        let total = self.total.map(|total| total.to_string());
        let (first, last) = (self.first, self.first + length - 1);
        format!("bytes {first}-{last}/{}", total.as_deref().unwrap_or("*"))
    }
}

/// Why there is no file, for the person who looks.
fn refusal(error: &FetchError) -> Error {
    match error {
        FetchError::Refused(_) => Error::NotFound("File"),
        FetchError::TooLarge => too_large(),
        _ => fault(),
    }
}

fn broken(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::FileTooLarge => too_large(),
        _ => fault(),
    }
}

fn fault() -> Error {
    Error::Status(502, "The other server did not send the file".into())
}

fn too_large() -> Error {
    Error::Status(502, "The file on the other server is too large".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_strictly() {
        let range = Range::parse("bytes 5-9/20").unwrap();
        assert_eq!((range.first, range.last, range.length()), (5, 9, 5));
        assert_eq!(range.cut(5), "bytes 5-9/20");
        assert_eq!(range.cut(2), "bytes 5-6/20");
        assert_eq!(Range::parse("bytes 0-0/*").unwrap().cut(1), "bytes 0-0/*");
        for wrong in [
            "",
            "bytes */20",
            "bytes 9-5/20",
            "bytes 5-20/20",
            "bytes 5-9/x\r\ny",
            "lines 5-9/20",
            "bytes -1-9/20",
            "bytes 0-18446744073709551615/*",
        ] {
            assert_eq!(Range::parse(wrong), None, "{wrong}");
        }
    }
}
