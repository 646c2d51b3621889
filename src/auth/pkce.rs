//! Proof Key for Code Exchange (RFC 7636), method `S256` only.
use super::secret;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The one `code_challenge_method` accepted: `plain` would prove nothing.
pub const METHOD: &str = "S256";

/// Tells whether a `code_challenge` can be the SHA-256 of anything.
pub fn is_challenge(challenge: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD
        .decode(challenge)
        .is_ok_and(|bytes| bytes.len() == 32)
}

/// Checks a `code_verifier` against the challenge kept with the code.
pub fn verify(challenge: &str, verifier: &str) -> bool {
    let expected = BASE64_URL_SAFE_NO_PAD.encode(secret::digest(verifier));
    is_verifier(verifier) && secret::is_equal(&expected, challenge)
}

fn is_verifier(verifier: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    // From RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_passes() {
        assert!(is_challenge(CHALLENGE));
        assert!(verify(CHALLENGE, VERIFIER));
    }

    #[test]
    fn anything_else_fails() {
        assert!(!verify(CHALLENGE, CHALLENGE));
        assert!(!verify(CHALLENGE, ""));
        assert!(!verify(VERIFIER, VERIFIER));
        let short = BASE64_URL_SAFE_NO_PAD.encode(secret::digest("short"));
        assert!(!verify(&short, "short"));
        for challenge in ["", "abc", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="] {
            assert!(!is_challenge(challenge), "{challenge}");
        }
    }
}
