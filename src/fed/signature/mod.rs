//! HTTP signatures, draft-cavage and RFC 9421, both ways (federation.md 3). No I/O: keys are handed in.
//!
//! [`read`] judges everything that needs no key – form, coverage, digest, time – and leaves a [`Claim`]; whoever has the key
//! asks [`Claim::is_by`].

pub mod cavage;
pub mod key;
pub mod message;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::clock::Timestamp;
use crate::config::BaseUrl;
use key::{Algorithm, PrivateKey, PublicKey};

/// How old a signature may be …
const MAX_AGE: Duration = Duration::from_secs(12 * 3600);

/// … and how far ahead its clock.
const SKEW: Duration = Duration::from_secs(3600);

/// The head of a request that was received, for the record too.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Received {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query, as received.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Received {
    /// The values of a header, joined as the standard says.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Whether it is signed at all.
    pub fn is_signed(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == "signature")
    }
}

/// A signature that is right in every way that can be told without its key.
#[derive(Debug)]
pub struct Claim {
    /// Whose key is said to have made it.
    pub key_id: String,
    algorithm: Algorithm,
    signature: Vec<u8>,
    /// What may have been signed: some sign the path with its query, some without.
    texts: Vec<String>,
}

impl Claim {
    /// Whether that key made the signature.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        self.texts
            .iter()
            .any(|text| key.verifies(self.algorithm, text, &self.signature))
    }
}

/// Why a signature counts for nothing; for the log, and as a hint to people who write servers.
pub type Refusal = &'static str;

/// Which of the two standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// draft-cavage-http-signatures-12.
    Cavage,
    /// RFC 9421.
    Message,
}

impl Variant {
    /// The other one.
    pub fn other(self) -> Variant {
        match self {
            Variant::Cavage => Variant::Message,
            Variant::Message => Variant::Cavage,
        }
    }

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Cavage => "cavage",
            Variant::Message => "rfc9421",
        }
    }

    /// Reads the stored name.
    pub fn parse(name: &str) -> Option<Variant> {
        [Variant::Cavage, Variant::Message]
            .into_iter()
            .find(|variant| variant.name() == name)
    }
}

/// For so long it is remembered which standard a server took.
const MEMORY: Duration = Duration::from_secs(30 * 86_400);

/// The standard to begin with: what the server took last, as far as that is remembered, else the older one.
pub fn remembered(stored: Option<(String, Timestamp)>) -> Variant {
    stored
        .filter(|(_, at)| *at > Timestamp::now().minus(MEMORY))
        .and_then(|(name, _)| Variant::parse(&name))
        .unwrap_or(Variant::Cavage)
}

/// Reads the signature of a request to the server at `base`. `body` is that of a `POST`.
pub fn read(
    received: &Received,
    body: Option<&[u8]>,
    base: &BaseUrl,
    now: Timestamp,
) -> Result<Claim, Refusal> {
    match received.header("signature-input") {
        Some(input) => message::read(received, &input, body, base, now),
        None => cavage::read(received, body, base, now),
    }
}

/// A body with its digest, made once however often it is sent.
pub struct Signable<'a> {
    /// What is sent.
    pub bytes: &'a [u8],
    /// SHA-256, as base64.
    pub sha256: String,
}

impl<'a> Signable<'a> {
    /// Digests a body.
    pub fn new(bytes: &'a [u8]) -> Signable<'a> {
        Signable {
            bytes,
            sha256: sha256(bytes),
        }
    }
}

/// What is to be signed.
pub struct Outgoing<'a> {
    /// Where it goes.
    pub url: &'a Url,
    /// The body of a `POST`; `None` for a `GET`.
    pub body: Option<&'a Signable<'a>>,
    /// Some peers verify the path alone.
    pub without_query: bool,
}

impl Outgoing<'_> {
    fn method(&self) -> &'static str {
        match self.body {
            Some(_) => "POST",
            None => "GET",
        }
    }

    /// The host with its port, where that is not the usual one.
    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    fn target(&self) -> String {
        match self.url.query() {
            Some(query) if !self.without_query => format!("{}?{query}", self.url.path()),
            _ => self.url.path().to_owned(),
        }
    }
}

/// What ActivityPub bodies are sent as.
pub const CONTENT_TYPE: &str = "application/activity+json";

/// The headers that sign a request.
pub fn sign(
    key: &PrivateKey,
    variant: Variant,
    outgoing: &Outgoing,
    now: Timestamp,
) -> crate::error::Result<Vec<(&'static str, String)>> {
    match variant {
        Variant::Cavage => cavage::sign(key, outgoing, now),
        Variant::Message => message::sign(key, outgoing, now),
    }
}

fn sha256(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Whether every SHA-256 in a digest header is the body's, and there is one. `parse` takes the list apart.
fn is_digest_of(
    header: &str,
    body: &[u8],
    parse: impl Fn(&str) -> Option<(String, String)>,
) -> bool {
    let expected = sha256(body);
    let mut found = false;
    for part in header.split(',') {
        match parse(part.trim()) {
            Some((name, value)) if name.eq_ignore_ascii_case("sha-256") => {
                if verify_slices_are_equal(value.as_bytes(), expected.as_bytes()).is_err() {
                    return false;
                }
                found = true;
            }
            _ => {}
        }
    }
    found
}

/// Judges when something says to have been signed.
fn check_time(
    signed_at: Timestamp,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    if signed_at < now.minus(MAX_AGE) {
        return Err("the signature is too old");
    }
    if signed_at > now.plus(SKEW) {
        return Err("the signature is from the future");
    }
    match expires {
        Some(expires) if expires.plus(SKEW) < now => Err("the signature has expired"),
        _ => Ok(()),
    }
}

fn seconds(text: &str) -> Option<Timestamp> {
    // Some write fractions.
    let whole = text.split('.').next()?;
    let seconds: i64 = whole.parse().ok()?;
    seconds.checked_mul(1000).map(Timestamp)
}
