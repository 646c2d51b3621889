//! RFC 9421, HTTP Message Signatures, as the fediverse uses it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{
    Algorithm, Claim, Outgoing, PrivateKey, Received, Refusal, check_time, is_digest_of, seconds,
};
use crate::clock::Timestamp;
use crate::config::BaseUrl;
use crate::error::Result;

/// Signs method and target, and of a body its digest.
pub(super) fn sign(
    key: &PrivateKey,
    outgoing: &Outgoing,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>> {
    let mut target = outgoing.url.clone();
    target.set_fragment(None);
    if outgoing.without_query {
        target.set_query(None);
    }
    let mut text = format!(
        "\"@method\": {}\n\"@target-uri\": {target}\n",
        outgoing.method()
    );
    let mut covered = "\"@method\" \"@target-uri\"".to_owned();
    let mut headers = Vec::new();
    if let Some(body) = outgoing.body {
        let digest = format!("sha-256=:{}:", body.sha256);
        covered.push_str(" \"content-digest\"");
        text.push_str(&format!("\"content-digest\": {digest}\n"));
        headers.push(("content-digest", digest));
    }
    let params = format!(
        "({covered});created={};keyid=\"{}\";alg=\"rsa-v1_5-sha256\"",
        now.seconds(),
        key.id()
    );
    text.push_str(&format!("\"@signature-params\": {params}"));
    let signature = key.sign(&text)?;
    headers.push(("signature-input", format!("sig1={params}")));
    headers.push(("signature", format!("sig1=:{signature}:")));
    Ok(headers)
}

/// The first member of a `Signature-Input` header.
struct Input<'a> {
    label: &'a str,
    /// As written: this is what was signed.
    raw: &'a str,
    components: Vec<&'a str>,
    params: Vec<(&'a str, &'a str)>,
}

impl<'a> Input<'a> {
    fn parse(header: &'a str) -> Option<Input<'a>> {
        let (label, member) = header.split_once('=')?;
        let inner = member.strip_prefix('(')?;
        let (mut components, mut rest) = (Vec::new(), inner.trim_start());
        while !rest.starts_with(')') {
            let (name, after) = quoted(rest)?;
            // A component with parameters (`;req`, `;sf`) means something that we do not do.
            if components.contains(&name) || !after.starts_with([' ', ')']) {
                return None;
            }
            components.push(name);
            rest = after.trim_start();
        }
        let (mut params, mut rest) = (Vec::new(), &rest[1..]);
        while let Some(more) = rest.strip_prefix(';') {
            let (name, after) = more.trim_start().split_once('=')?;
            let (value, after) = match after.starts_with('"') {
                true => quoted(after)?,
                false => after.split_at(after.find([';', ',']).unwrap_or(after.len())),
            };
            params.push((name, value));
            rest = after;
        }
        if !matches!(rest.trim_start().chars().next(), None | Some(',')) {
            return None;
        }
        Some(Input {
            label: label.trim(),
            raw: &member[..member.len() - rest.len()],
            components,
            params,
        })
    }

    fn param(&self, name: &str) -> Option<&'a str> {
        let found = self.params.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    fn covers(&self, name: &str) -> bool {
        self.components.contains(&name)
    }
}

/// The text between two quotes, and what follows. Escapes mean something else than they say, so they are not taken.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (value, rest) = text.strip_prefix('"')?.split_once('"')?;
    (!value.contains('\\')).then_some((value, rest))
}

/// The value between colons of a dictionary's member, `name=:value:`.
fn bytes_member(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=')?;
    let value = value.strip_prefix(':')?.split_once(':')?.0;
    Some((name.to_owned(), value.to_owned()))
}

/// Judges a signature but for its key.
pub(super) fn read(
    received: &Received,
    header: &str,
    body: Option<&[u8]>,
    base: &BaseUrl,
    now: Timestamp,
) -> Result<Claim, Refusal> {
    let input = Input::parse(header).ok_or("the signature input cannot be read")?;
    let algorithm = match input.param("alg") {
        Some("rsa-v1_5-sha256") => Algorithm::RsaSha256,
        Some("ed25519") => Algorithm::Ed25519,
        None => Algorithm::OfKey,
        Some(_) => return Err("the signature is of an unknown algorithm"),
    };
    check_coverage(&input, body.is_some())?;
    let created = input.param("created").and_then(seconds);
    let expires = input.param("expires").and_then(seconds);
    check_time(created.ok_or("the signature says no time")?, expires, now)?;
    if let Some(body) = body {
        let digest = received.header("content-digest").unwrap_or_default();
        if !is_digest_of(&digest, body, bytes_member) {
            return Err("the digest is not that of the body");
        }
    }
    let signatures = received.header("signature").unwrap_or_default();
    let signature = signatures
        .split(',')
        .filter_map(|part| bytes_member(part.trim()))
        .find(|(label, _)| label == input.label)
        .ok_or("there is no signature of that label")?;
    Ok(Claim {
        algorithm,
        signature: BASE64_STANDARD
            .decode(signature.1)
            .map_err(|_| "the signature is not base64")?,
        texts: texts(received, &input, base)?,
        key_id: input
            .param("keyid")
            .filter(|id| !id.is_empty())
            .ok_or("the signature names no key")?
            .to_owned(),
    })
}

fn check_coverage(input: &Input, with_body: bool) -> Result<(), Refusal> {
    if !input.covers("@method") {
        return Err("the signature does not cover the method");
    }
    let by_parts = input.covers("@authority") && input.covers("@path");
    if !by_parts && !input.covers("@target-uri") {
        return Err("the signature does not cover the target");
    }
    if with_body && !input.covers("content-digest") {
        return Err("the signature does not cover the digest");
    }
    Ok(())
}

/// The texts that may have been signed, for our own address whatever the request says.
fn texts(received: &Received, input: &Input, base: &BaseUrl) -> Result<Vec<String>, Refusal> {
    let (path, query) = match received.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (received.target.as_str(), None),
    };
    let mut targets = vec![received.target.as_str()];
    if query.is_some() {
        targets.push(path);
    }
    let mut texts = Vec::new();
    for target in targets {
        let mut text = String::new();
        for name in &input.components {
            let value = match *name {
                "@method" => received.method.clone(),
                "@target-uri" => base.join(target),
                "@authority" => base.authority().to_owned(),
                "@scheme" => if base.is_https() { "https" } else { "http" }.to_owned(),
                "@request-target" => target.to_owned(),
                "@path" => path.to_owned(),
                "@query" => format!("?{}", query.unwrap_or_default()),
                name if name.starts_with('@') => {
                    return Err("the signature covers something unknown");
                }
                name => received
                    .header(name)
                    .ok_or("the signature covers a header that is not there")?,
            };
            text.push_str(&format!("\"{name}\": {value}\n"));
        }
        text.push_str(&format!("\"@signature-params\": {}", input.raw));
        texts.push(text);
    }
    Ok(texts)
}
