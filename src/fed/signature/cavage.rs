//! draft-cavage-http-signatures: what most of the fediverse signs with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{
    Algorithm, CONTENT_TYPE, Claim, Outgoing, PrivateKey, Received, Refusal, check_time,
    is_digest_of, seconds,
};
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::error::Result;

/// Signs method, target, host and date, and of a body its digest and type.
pub(super) fn sign(
    key: &PrivateKey,
    outgoing: &Outgoing,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>> {
    let date = now.http_date();
    let mut covered = "(request-target) host date".to_owned();
    let mut text = format!(
        "(request-target): {} {}\nhost: {}\ndate: {date}",
        outgoing.method().to_ascii_lowercase(),
        outgoing.target(),
        outgoing.host(),
    );
    let mut headers = vec![("date", date)];
    if let Some(body) = outgoing.body {
        let digest = format!("SHA-256={}", body.sha256);
        covered.push_str(" digest content-type");
        text.push_str(&format!("\ndigest: {digest}\ncontent-type: {CONTENT_TYPE}"));
        headers.push(("digest", digest));
    }
    let signature = key.sign(&text)?;
    let value = format!(
        "keyId=\"{}\",algorithm=\"rsa-sha256\",headers=\"{covered}\",signature=\"{signature}\"",
        key.id(),
    );
    headers.push(("signature", value));
    Ok(headers)
}

/// The parameters of a signature header.
#[derive(Default)]
struct Params {
    key_id: Option<String>,
    algorithm: Option<String>,
    headers: Option<String>,
    signature: Option<String>,
    created: Option<String>,
    expires: Option<String>,
}

impl Params {
    /// Quoted values may hold commas, equal signs and escaped quotes. `None`: not of that form, or a parameter twice.
    fn parse(mut text: &str) -> Option<Params> {
        let mut params = Params::default();
        loop {
            let (name, rest) = text.split_once('=')?;
            let (value, rest) = value(rest)?;
            let field = match name.trim() {
                "keyId" => &mut params.key_id,
                "algorithm" => &mut params.algorithm,
                "headers" => &mut params.headers,
                "signature" => &mut params.signature,
                "created" => &mut params.created,
                "expires" => &mut params.expires,
                // What is not known is not signed either.
                _ => &mut None,
            };
            if field.replace(value).is_some() {
                return None;
            }
            match rest.trim_start() {
                "" => return Some(params),
                rest => text = rest.strip_prefix(',')?,
            }
        }
    }
}

/// A quoted string or a bare word, and what follows.
fn value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let (mut value, mut letters) = (String::new(), quoted.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

/// Judges a signature but for its key.
pub(super) fn read(
    received: &Received,
    body: Option<&[u8]>,
    base: &BaseUrl,
    now: Timestamp,
) -> Result<Claim, Refusal> {
    let header = received
        .header("signature")
        .ok_or("there is no signature")?;
    let params = Params::parse(&header).ok_or("the signature header cannot be read")?;
    let algorithm = match params.algorithm.as_deref() {
        Some("rsa-sha256") => Algorithm::RsaSha256,
        Some("ed25519") => Algorithm::Ed25519,
        None | Some("hs2019") => Algorithm::OfKey,
        Some(_) => return Err("the signature is of an unknown algorithm"),
    };
    let covered = params.headers.as_deref().unwrap_or_default();
    let covered: Vec<String> = covered
        .split_ascii_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    check_coverage(&covered, body.is_some())?;
    check_times(received, &params, &covered, now)?;
    if let Some(body) = body {
        let digest = received.header("digest").unwrap_or_default();
        let split = |part: &str| {
            part.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        if !is_digest_of(&digest, body, split) {
            return Err("the digest is not that of the body");
        }
    }
    let signature = params.signature.as_deref().unwrap_or_default();
    Ok(Claim {
        algorithm,
        signature: BASE64_STANDARD
            .decode(signature)
            .map_err(|_| "the signature is not base64")?,
        texts: texts(received, &params, &covered, base)?,
        key_id: params
            .key_id
            .filter(|id| !id.is_empty())
            .ok_or("the signature names no key")?,
    })
}

fn check_coverage(covered: &[String], with_body: bool) -> Result<(), Refusal> {
    let has = |name: &str| covered.iter().any(|known| known == name);
    if !has("(request-target)") {
        return Err("the signature does not cover the request target");
    }
    if !has("host") {
        return Err("the signature does not cover the host");
    }
    if !has("date") && !has("(created)") {
        return Err("the signature does not cover a date");
    }
    if with_body && !has("digest") {
        return Err("the signature does not cover the digest");
    }
    Ok(())
}

fn check_times(
    received: &Received,
    params: &Params,
    covered: &[String],
    now: Timestamp,
) -> Result<(), Refusal> {
    let has = |name: &str| covered.iter().any(|known| known == name);
    let expires = params.expires.as_deref().and_then(seconds);
    if has("date") {
        let date = received.header("date").unwrap_or_default();
        let date = Timestamp::from_http_date(&date).ok_or("the date cannot be read")?;
        check_time(date, expires, now)?;
    }
    if has("(created)") {
        let created = params.created.as_deref().and_then(seconds);
        check_time(created.ok_or("the signature says no time")?, expires, now)?;
    }
    Ok(())
}

/// The texts that may have been signed. The host is ours, whatever the request says: what was signed for another server
/// does not verify here.
fn texts(
    received: &Received,
    params: &Params,
    covered: &[String],
    base: &BaseUrl,
) -> Result<Vec<String>, Refusal> {
    let path = received.target.split('?').next().unwrap_or_default();
    let mut targets = vec![received.target.as_str()];
    if path != received.target {
        targets.push(path);
    }
    let mut texts = Vec::new();
    for target in targets {
        let mut lines = Vec::with_capacity(covered.len());
        for name in covered {
            let value = match name.as_str() {
                "(request-target)" => {
                    format!("{} {target}", received.method.to_ascii_lowercase())
                }
                "(created)" => params.created.clone().unwrap_or_default(),
                "(expires)" => params.expires.clone().unwrap_or_default(),
                "host" => base.authority().to_owned(),
                name => received
                    .header(name)
                    .ok_or("the signature covers a header that is not there")?,
            };
            lines.push(format!("{name}: {value}"));
        }
        texts.push(lines.join("\n"));
    }
    Ok(texts)
}
