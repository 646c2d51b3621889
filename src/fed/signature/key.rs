//! Keys that sign and verify, parsed once: parsing costs more than a signature.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ED25519, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::{Error, Result};

/// A key of this server, with the id under which others know it.
pub struct PrivateKey {
    id: String,
    pair: RsaKeyPair,
}

/// The stored form of a new key.
pub struct NewKey {
    /// PKCS#8, DER.
    pub private: Vec<u8>,
    /// SPKI, PEM: what the actor document shows.
    pub public_pem: String,
}

/// Makes an RSA key of 2048 bits. This takes a tenth of a second or, on a small board, a whole one.
///
/// aws-lc-rs makes it because ring cannot, and because the `rsa` crate's private operations have a known timing leak.
pub fn generate() -> Result<NewKey> {
    let failed = |_| Error::internal("no RSA key could be made");
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let private: Pkcs8V1Der = pair.as_der().map_err(failed)?;
    let public: PublicKeyX509Der = pair.public_key().as_der().map_err(failed)?;
    Ok(NewKey {
        private: private.as_ref().to_vec(),
        public_pem: pem("PUBLIC KEY", public.as_ref()),
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

impl PrivateKey {
    /// Reads PKCS#8, DER.
    pub fn parse(id: String, private: &[u8]) -> Result<PrivateKey> {
        let pair = RsaKeyPair::from_pkcs8(private)
            .map_err(|_| Error::internal("a private key is damaged"))?;
        Ok(PrivateKey { id, pair })
    }

    /// The key's id, an address.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, as base64.
    pub fn sign(&self, text: &str) -> Result<String> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Error::internal("signing failed"))?;
        Ok(BASE64_STANDARD.encode(signature))
    }
}

/// Somebody else's key.
pub enum PublicKey {
    /// 2048 to 8192 bits.
    Rsa {
        /// Ready to verify SHA-256.
        parsed: ParsedPublicKey,
        /// For the few who sign SHA-512.
        der: Vec<u8>,
    },
    /// Ed25519.
    Ed25519(ParsedPublicKey),
}

/// What a signature says about how it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// Ed25519.
    Ed25519,
    /// `hs2019` or nothing: the key decides.
    OfKey,
}

/// What every Ed25519 key begins with in SPKI.
const ED25519_SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

impl PublicKey {
    /// Reads PEM, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1). `None`: damaged, too short, or of an unknown kind.
    pub fn parse(text: &str) -> Option<PublicKey> {
        let body = text.trim().strip_prefix("-----BEGIN ")?;
        let (label, body) = body.split_once("-----")?;
        let (body, _) = body.split_once("-----END")?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = BASE64_STANDARD.decode(body).ok()?;
        match label {
            "PUBLIC KEY" => match der.strip_prefix(&ED25519_SPKI) {
                Some(raw) => Some(PublicKey::Ed25519(
                    ParsedPublicKey::new(&ED25519, raw).ok()?,
                )),
                None => PublicKey::rsa(der),
            },
            "RSA PUBLIC KEY" => PublicKey::rsa(der),
            _ => None,
        }
    }

    fn rsa(der: Vec<u8>) -> Option<PublicKey> {
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).ok()?;
        Some(PublicKey::Rsa { parsed, der })
    }

    /// Whether that is this key's signature of the text.
    pub fn verifies(&self, algorithm: Algorithm, text: &str, signature: &[u8]) -> bool {
        let text = text.as_bytes();
        match (self, algorithm) {
            (PublicKey::Rsa { parsed, .. }, Algorithm::RsaSha256) => {
                parsed.verify_sig(text, signature).is_ok()
            }
            (PublicKey::Rsa { parsed, der }, Algorithm::OfKey) => {
                parsed.verify_sig(text, signature).is_ok()
                    || ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, der)
                        .is_ok_and(|key| key.verify_sig(text, signature).is_ok())
            }
            (PublicKey::Ed25519(parsed), Algorithm::Ed25519 | Algorithm::OfKey) => {
                parsed.verify_sig(text, signature).is_ok()
            }
            _ => false,
        }
    }
}
