//! Secrets that travel or lie where others may look: encrypted under a key of ours and bound to what they belong to.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Bytes of the nonce in front of the sealed text.
const NONCE: usize = 12;

/// A key that seals.
pub type Key = [u8; 32];

/// Key material.
///
/// # Panics
/// When the operating system has no random bytes, as [`super::secret::token`].
pub fn new_key() -> Key {
    let mut key = Key::default();
    getrandom::fill(&mut key).expect("the operating system provides random bytes");
    key
}

/// Seals bytes for the thing named by `bound`; the result is URL-safe text.
pub fn seal(key: &Key, bound: &str, mut plain: Vec<u8>) -> String {
    let nonce = sealing(key)
        .seal_in_place_append_tag(Aad::from(bound.as_bytes()), &mut plain)
        .expect("a few bytes can be sealed under a 256-bit key");
    BASE64_URL_SAFE_NO_PAD.encode([nonce.as_ref(), &plain[..]].concat())
}

/// Reads what [`seal`] made for the same thing; `None` for anything else.
pub fn open(key: &Key, bound: &str, sealed: &str) -> Option<Vec<u8>> {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = sealing(key)
        .open_in_place(nonce, Aad::from(bound.as_bytes()), sealed)
        .ok()?;
    Some(plain.to_vec())
}

fn sealing(key: &Key) -> RandomizedNonceKey {
    RandomizedNonceKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes")
}
