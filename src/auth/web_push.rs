//! Web Push: encrypting a message for one browser (RFC 8291, and the draft before it that most relays still expect), and
//! telling its push service who sends it (RFC 8292).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::clock::Timestamp;

/// Bytes of a P-256 point, uncompressed.
pub const POINT: usize = 65;

/// Bytes of the secret that a browser shares with us.
pub const AUTH: usize = 16;

/// The record size that is told; our messages are one record.
const RECORD: u32 = 4096;

/// The longest message that push services must take, less what encryption adds.
pub const LONGEST: usize = 3800;

/// A browser's half of the keys.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its public point.
    pub p256dh: Vec<u8>,
    /// The secret shared with it.
    pub auth: Vec<u8>,
}

impl Receiver {
    /// Reads both from base64, URL-safe or not, padded or not; `None` if one is not what it should be.
    pub fn parse(p256dh: &str, auth: &str) -> Option<Receiver> {
        let (p256dh, auth) = (decode(p256dh)?, decode(auth)?);
        let receiver = Receiver { p256dh, auth };
        let own = PrivateKey::generate(&ECDH_P256).ok()?;
        // The agreement fails for what is no point of the curve.
        let is_point = receiver.p256dh.len() == POINT && receiver.agree(&own).is_some();
        (is_point && receiver.auth.len() == AUTH).then_some(receiver)
    }

    fn agree(&self, own: &PrivateKey) -> Option<Vec<u8>> {
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &self.p256dh);
        agree(own, theirs, (), |secret| Ok(secret.to_vec())).ok()
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    let text = text.replace('+', "-").replace('/', "_");
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// How messages are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 8291.
    Aes128gcm,
    /// The draft of 2016: salt and key travel in headers.
    Aesgcm,
}

impl Encoding {
    /// As `Content-Encoding` names it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Aes128gcm => "aes128gcm",
            Encoding::Aesgcm => "aesgcm",
        }
    }
}

/// An encrypted message.
pub struct Sealed {
    /// What is posted.
    pub body: Vec<u8>,
    /// The salt, for the draft's header.
    pub salt: String,
    /// Our public point, for the draft's header.
    pub sender: String,
}

/// Encrypts a message; `None` when that is not possible, which no parsed receiver brings about.
pub fn seal(encoding: Encoding, to: &Receiver, message: &[u8]) -> Option<Sealed> {
    let own = PrivateKey::generate(&ECDH_P256).ok()?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).ok()?;
    seal_with(encoding, to, message, &own, &salt)
}

fn seal_with(
    encoding: Encoding,
    to: &Receiver,
    message: &[u8],
    own: &PrivateKey,
    salt: &[u8; 16],
) -> Option<Sealed> {
    let public = own.compute_public_key().ok()?;
    let public = public.as_ref();
    let secret = to.agree(own)?;
    let body = match encoding {
        Encoding::Aes128gcm => {
            let info = [&b"WebPush: info\0"[..], &to.p256dh, public].concat();
            let input = derive(&to.auth, &secret, &info);
            let key = derive(salt, &input, b"Content-Encoding: aes128gcm\0");
            let nonce = derive(salt, &input, b"Content-Encoding: nonce\0");
            // One record, so the last: its padding begins with 2.
            let sealed = encrypt(&key, &nonce, [message, &[2]].concat())?;
            let head = [&salt[..], &RECORD.to_be_bytes(), &[POINT as u8], public].concat();
            [head, sealed].concat()
        }
        Encoding::Aesgcm => {
            let input = derive(&to.auth, &secret, b"Content-Encoding: auth\0");
            let context = [&b"P-256\0\0\x41"[..], &to.p256dh, b"\0\x41", public].concat();
            let info = |name: &str| [name.as_bytes(), b"\0", &context].concat();
            let key = derive(salt, &input, &info("Content-Encoding: aesgcm"));
            let nonce = derive(salt, &input, &info("Content-Encoding: nonce"));
            // Two bytes say how much padding follows: none.
            encrypt(&key, &nonce, [&[0, 0], message].concat())?
        }
    };
    Some(Sealed {
        body,
        salt: BASE64_URL_SAFE_NO_PAD.encode(salt),
        sender: BASE64_URL_SAFE_NO_PAD.encode(public),
    })
}

/// HKDF with SHA-256 (RFC 5869): up to 32 bytes, of which the caller takes the first.
fn derive(salt: &[u8], input: &[u8], info: &[u8]) -> [u8; 32] {
    let extracted = hmac(salt, input);
    hmac(&extracted, &[info, &[1]].concat())
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = sign(&Key::new(HMAC_SHA256, key), message);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

fn encrypt(key: &[u8; 32], nonce: &[u8; 32], mut record: Vec<u8>) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).ok()?);
    // The key is made for this one message.
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).ok()?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)
        .ok()?;
    Some(record)
}

/// Signs for push services (RFC 8292).
pub struct Signer {
    key: EcdsaKeyPair,
    public: String,
}

/// How long a signature is good for, in seconds; services refuse more than a day.
const SIGNED_FOR: i64 = 12 * 60 * 60;

impl Signer {
    /// From both halves as URL-safe base64.
    pub fn new(private: &str, public: &str) -> Option<Signer> {
        let (half, other) = (decode(private)?, decode(public)?);
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &half, &other).ok()?;
        let public = public.to_owned();
        Some(Signer { key, public })
    }

    /// The public half, as services and browsers know us.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// A token for the service at that origin; `contact` is where its people can complain.
    pub fn token(&self, origin: &str, contact: &str, now: Timestamp) -> Option<String> {
        let encode = |part: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let head = encode(json!({"typ": "JWT", "alg": "ES256"}));
        let until = now.seconds() + SIGNED_FOR;
        let claims = encode(json!({"aud": origin, "exp": until, "sub": contact}));
        let signed = format!("{head}.{claims}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref());
        Some(format!("{signed}.{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsBigEndian;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey as Verifier};

    const PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const SHARED: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn the_example_of_rfc_8291_comes_out_to_the_last_bit() {
        let to = Receiver::parse(PUBLIC, SHARED).expect("keys");
        let own = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").expect("base64");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).expect("a key");
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").expect("base64");
        let salt = salt.try_into().expect("sixteen bytes");
        let message = b"When I grow up, I want to be a watermelon";
        let sealed = seal_with(Encoding::Aes128gcm, &to, message, &own, &salt).expect("a message");
        assert_eq!(
            BASE64_URL_SAFE_NO_PAD.encode(sealed.body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn keys_are_read_in_every_base64_and_refused_when_they_are_none() {
        let standard = PUBLIC.replace('-', "+").replace('_', "/");
        assert!(Receiver::parse(&format!("{standard}="), &format!("{SHARED}==")).is_some());
        let off_the_curve = BASE64_URL_SAFE_NO_PAD.encode([[4; 1].as_slice(), &[7; 64]].concat());
        for (public, shared) in [
            (off_the_curve.as_str(), SHARED),
            (SHARED, SHARED),
            (PUBLIC, PUBLIC),
            (PUBLIC, "no base64!"),
            ("", ""),
        ] {
            assert!(
                Receiver::parse(public, shared).is_none(),
                "{public} {shared}"
            );
        }
    }

    #[test]
    fn a_services_token_is_signed_by_us_for_it_and_for_half_a_day() {
        let made = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let private = made.private_key().as_be_bytes().expect("a private half");
        let public = made.public_key().as_ref().to_vec();
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let signer = Signer::new(&encode(private.as_ref()), &encode(&public)).expect("a signer");
        let now = Timestamp(1_700_000_000_000);
        let token = signer.token("https://push.example", "mailto:me@example.com", now);
        let token = token.expect("a token");
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        Verifier::new(&ECDSA_P256_SHA256_FIXED, &public)
            .verify(signed.as_bytes(), &decode(signature).expect("base64"))
            .expect("our signature");
        let claims = decode(signed.split('.').nth(1).expect("claims")).expect("base64");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        let expected = json!({"aud": "https://push.example", "exp": 1_700_043_200, "sub": "mailto:me@example.com"});
        assert_eq!(claims, expected);
    }
}
