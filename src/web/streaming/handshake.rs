//! The beginning of a WebSocket (RFC 6455, 4.2): what the request must say, and the proof that it was understood.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::{Error, Result};

/// What the standard has servers append to the client's key.
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether a request wants to become a WebSocket.
pub fn is_asked_for(request: &rouille::Request) -> bool {
    request.method() == "GET"
        && names(request, "Upgrade", "websocket")
        && names(request, "Connection", "upgrade")
}

fn names(request: &rouille::Request, header: &str, word: &str) -> bool {
    let value = request.header(header).unwrap_or_default();
    value
        .split(',')
        .any(|one| one.trim().eq_ignore_ascii_case(word))
}

/// The value of `Sec-WebSocket-Accept`.
pub fn accept(request: &rouille::Request) -> Result<String> {
    if request.header("Sec-WebSocket-Version") != Some("13") {
        return Err(Error::Status(
            426,
            "Only WebSocket version 13 is spoken".into(),
        ));
    }
    let key = request
        .header("Sec-WebSocket-Key")
        .unwrap_or_default()
        .trim();
    match BASE64_STANDARD.decode(key) {
        Ok(bytes) if bytes.len() == 16 => Ok(proof(key)),
        _ => Err(Error::BadRequest("Sec-WebSocket-Key is no key".into())),
    }
}

fn proof(key: &str) -> String {
    let input = format!("{key}{MAGIC}");
    BASE64_STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, input.as_bytes()))
}

/// The subprotocol that the client named first. Browsers cannot send other headers, so clients put their token there, and
/// want to hear it again.
pub fn protocol(request: &rouille::Request) -> Option<&str> {
    let value = request.header("Sec-WebSocket-Protocol")?;
    let first = value.split(',').next().unwrap_or_default().trim();
    (!first.is_empty()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_that_of_the_standards_example() {
        assert_eq!(
            proof("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
