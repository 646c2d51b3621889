//! Emoji packs of other servers, by Pleroma's API (pleroma-contract 18.11). Answers come from outside: digests are compared,
//! archives judged by [`crate::media::packs::intake`], and nothing is believed about a pack but what its archive holds.

use std::collections::BTreeMap;
use std::fs::File;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::fetch::{FetchError, Limits, Request};
use super::policy;
use crate::app::App;
use crate::error::{Error, Result};
use crate::media::name::PackName;
use crate::media::packs::intake::{MAX_ADDED, MAX_EMOJI, MAX_PACKED, Plan, Source};
use crate::media::packs::{Manifest, Metadata, Packs, sha256_of};
use crate::ops::emoji_packs::{Fallback, install, refused};

/// A page of packs: fifty large ones.
const LIST: Limits = sized(8 << 20, Limits::DOCUMENT);
const ARCHIVE: Limits = sized(MAX_PACKED, Limits::MEDIA);
const PICTURE: Limits = sized(MAX_ADDED, Limits::MEDIA);

const JSON: &str = "application/json";

/// How many pages of one pack are asked for.
const MAX_PAGES: usize = 40;

/// Another server that shares its packs.
pub struct Instance<'a> {
    app: &'a App,
    origin: String,
}

#[derive(Deserialize)]
struct Discovery {
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
struct NodeInfo {
    #[serde(default)]
    metadata: NodeInfoMetadata,
}

#[derive(Default, Deserialize)]
struct NodeInfoMetadata {
    #[serde(default)]
    features: Vec<String>,
}

/// A pack as the other server shows it, a page of it.
#[derive(Deserialize)]
struct Shown {
    files: BTreeMap<String, String>,
    #[serde(default)]
    files_count: usize,
    #[serde(default)]
    pack: Map<String, Value>,
}

impl<'a> Instance<'a> {
    /// Asks a server whether it shares packs. Of the address only scheme, host and port count.
    pub fn find(app: &'a App, url: &str) -> Result<Instance<'a>> {
        let url = url.trim();
        let parsed = Url::parse(url).or_else(|_| Url::parse(&format!("https://{url}")));
        let origin = parsed.map_err(|_| unreachable())?.origin();
        let instance = Instance {
            app,
            origin: origin.ascii_serialization(),
        };
        let found = instance.get("/.well-known/nodeinfo", Limits::DISCOVERY)?;
        let found: Discovery = parse(&found.ok_or_else(unreachable)?)?;
        let link = found.links.last().ok_or_else(unreachable)?;
        let about = get(app, &link.href, Limits::DISCOVERY)?;
        let about: NodeInfo = parse(&about.ok_or_else(unreachable)?)?;
        let features = &about.metadata.features;
        if !features
            .iter()
            .any(|feature| feature == "shareable_emoji_packs")
        {
            let text = "The requested instance does not support sharing emoji packs";
            return Err(Error::Status(500, text.into()));
        }
        Ok(instance)
    }

    /// A page of its packs: its own words, as they are.
    pub fn list(&self, page: u32, size: u32) -> Result<Vec<u8>> {
        let query = format!("?page={page}&page_size={size}");
        let paths = ["/api/v1/pleroma/emoji/packs", "/api/pleroma/emoji/packs"];
        let paths = paths.map(|path| format!("{path}{query}"));
        let list = self.first(&paths, LIST)?.ok_or_else(unreachable)?;
        parse::<serde::de::IgnoredAny>(&list)?;
        Ok(list)
    }

    /// Brings a pack here, whole, in the place of one of that name if there is one.
    pub fn download(&self, packs: &Packs, name: &str, target: &PackName) -> Result<()> {
        let shown = self.show(name)?;
        let metadata = |key: &str| shown.pack.get(key).and_then(Value::as_str);
        let is = |key: &str| shown.pack.get(key) == Some(&Value::Bool(true));
        let offered = match metadata("download-sha256") {
            Some(digest) if is("share-files") && is("can-download") => Some(digest),
            _ => None,
        };
        let fallback = metadata("fallback-src").zip(metadata("fallback-src-sha256"));
        let (mut file, digest) = match (offered, fallback) {
            (Some(digest), _) => (self.archive(packs, name)?, digest),
            (None, Some((url, digest))) => (save(self.app, packs, url)?, digest),
            (None, None) => {
                let text =
                    "The pack was not set as shared and there is no fallback src to download from";
                return Err(Error::Status(500, text.into()));
            }
        };
        if !sha256_of(&mut file)?.eq_ignore_ascii_case(digest.trim()) {
            let text = "SHA256 for the pack doesn't match the one sent by the server";
            return Err(Error::Status(500, text.into()));
        }
        let is_offered = offered.is_some();
        let manifest = Manifest::of(shown.files, Metadata::new(shown.pack));
        unpack(packs, target, file, manifest, is_offered)
    }

    /// A pack with all its files: servers show thirty at once unless asked for more, and may not give more.
    fn show(&self, name: &str) -> Result<Shown> {
        let encoded = encoded(name);
        let page = |number: usize| {
            let paging = format!("page={number}&page_size={MAX_EMOJI}");
            let paths = [
                format!("/api/v1/pleroma/emoji/pack?name={encoded}&{paging}"),
                format!("/api/pleroma/emoji/packs/{encoded}?{paging}"),
            ];
            let shown = self.first(&paths, LIST)?;
            shown.as_deref().map(parse::<Shown>).transpose()
        };
        let mut shown = page(1)?.ok_or_else(|| {
            Error::Status(
                500,
                format!(
                    "Pack {} does not exist on the requested instance",
                    name.trim()
                ),
            )
        })?;
        for number in 2..=MAX_PAGES {
            let before = shown.files.len();
            if before >= shown.files_count || before > MAX_EMOJI {
                break;
            }
            shown
                .files
                .extend(page(number)?.map(|page| page.files).unwrap_or_default());
            if shown.files.len() == before {
                break;
            }
        }
        Ok(shown)
    }

    fn archive(&self, packs: &Packs, name: &str) -> Result<File> {
        let encoded = encoded(name);
        let paths = [
            format!("/api/v1/pleroma/emoji/packs/archive?name={encoded}"),
            format!("/api/pleroma/emoji/packs/{encoded}/archive"),
        ];
        let [present, seed] = paths.map(|path| format!("{}{path}", self.origin));
        save(self.app, packs, &present).or_else(|_| save(self.app, packs, &seed))
    }

    /// The answer to the first of these that is known there; servers have one generation of paths or the other.
    fn first(&self, paths: &[String], limits: Limits) -> Result<Option<Vec<u8>>> {
        for path in paths {
            if let Some(body) = self.get(path, limits)? {
                return Ok(Some(body));
            }
        }
        Ok(None)
    }

    fn get(&self, path: &str, limits: Limits) -> Result<Option<Vec<u8>>> {
        get(self.app, &format!("{}{path}", self.origin), limits)
    }
}

/// What is at a `fallback-src`: its digest, and the names of the pictures in it.
pub fn fallback(app: &App, packs: &Packs, url: &str) -> Result<Fallback> {
    let failure = |_| {
        let text = "Unexpected error occurred while updating pack metadata.";
        Error::Status(500, text.into())
    };
    let mut file = save(app, packs, url).map_err(failure)?;
    let sha256 = sha256_of(&mut file)?;
    let listing = Source::of_file(file).and_then(|mut source| source.listing());
    Ok(Fallback {
        sha256,
        files: listing.map_err(refused)?.pictures,
    })
}

/// The bytes of a picture that is to become an emoji.
pub fn picture(app: &App, url: &str) -> Result<Vec<u8>> {
    refuse_unwanted(app, url)?;
    let answer = app.client().send(&Request::get(url, "image/*", PICTURE));
    match answer {
        Ok(answer) if is_good(answer.head.status) => return Ok(answer.body),
        Ok(answer) => log::info!("{url}: status {}", answer.head.status),
        Err(FetchError::TooLarge) => {
            return Err(Error::BadRequest(format!(
                "The file is larger than {} KiB",
                MAX_ADDED >> 10
            )));
        }
        Err(error) => log::info!("{url}: {error}"),
    }
    let text = "Unexpected error occurred while adding file to pack.";
    Err(Error::Status(500, text.into()))
}

/// Unpacks what was downloaded. The remote answer may be cut short, so an archive's own list goes before it.
fn unpack(
    packs: &Packs,
    target: &PackName,
    file: File,
    manifest: Manifest,
    has_own_list: bool,
) -> Result<()> {
    let unpacked = Source::of_file(file).and_then(|mut source| {
        let listing = source.listing()?;
        let plan = match has_own_list && listing.has_manifest() {
            true => Plan::new(&listing)?,
            false => Plan::listed(manifest, &listing)?,
        };
        install(packs, target, &mut source, &plan)
    });
    unpacked.map_err(|reason| match refused(reason) {
        Error::BadRequest(text) => Error::Status(500, text),
        other => other,
    })
}

/// What admins decided about a server holds for its emoji too (federation.md 9.3).
fn refuse_unwanted(app: &App, url: &str) -> Result<()> {
    match policy::refuses_id(app, url)? {
        true => Err(Error::Forbidden(
            "That server is not spoken with: see the domain blocks".into(),
        )),
        false => Ok(()),
    }
}

/// A document; `None` when the server does not know the address.
fn get(app: &App, url: &str, limits: Limits) -> Result<Option<Vec<u8>>> {
    refuse_unwanted(app, url)?;
    match app.client().send(&Request::get(url, JSON, limits)) {
        Ok(answer) if is_good(answer.head.status) => Ok(Some(answer.body)),
        Ok(answer) if answer.head.status == 404 => Ok(None),
        Ok(answer) => {
            log::info!("{url}: status {}", answer.head.status);
            Err(unreachable())
        }
        Err(error) => {
            log::info!("{url}: {error}");
            Err(unreachable())
        }
    }
}

/// An archive, in a file without a name.
pub fn save(app: &App, packs: &Packs, url: &str) -> Result<File> {
    refuse_unwanted(app, url)?;
    let mut file = packs.unnamed_file()?;
    match app
        .client()
        .save(&Request::get(url, "*/*", ARCHIVE), &mut file)
    {
        Ok(head) if is_good(head.status) => return Ok(file),
        Ok(head) => log::info!("{url}: status {}", head.status),
        Err(FetchError::Unwritable(error)) => return Err(error.into()),
        Err(error) => log::info!("{url}: {error}"),
    }
    Err(Error::Status(
        500,
        "Could not download the archive of the pack".into(),
    ))
}

fn parse<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| unreachable())
}

fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}

fn unreachable() -> Error {
    Error::Status(500, "Could not reach the instance".into())
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name.trim(), NON_ALPHANUMERIC).to_string()
}

const fn sized(size: u64, limits: Limits) -> Limits {
    Limits { size, ..limits }
}
