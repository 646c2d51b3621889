//! Keys of the server itself, made when first needed and kept in the database: they survive restarts and move with it.

use std::time::Duration;

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::auth::web_push::Signer;
use crate::auth::{sealed, secret};
use crate::clock::Timestamp;
use crate::db::{Db, Tx, server_state, users};
use crate::error::{Error, Result};
use crate::mail::Site;
use crate::ops::{mails, moderation_log};

/// The public half of the key that signs push messages (RFC 8292): a P-256 point, uncompressed, as URL-safe base64.
pub fn vapid_public(db: &Db) -> Result<String> {
    Ok(vapid(db)?.1)
}

/// Signs push messages.
pub fn vapid_signer(db: &Db) -> Result<Signer> {
    let (private, public) = vapid(db)?;
    Signer::new(&private, &public).ok_or(Error::internal("the push key is damaged"))
}

/// Both halves, private and public.
fn vapid(db: &Db) -> Result<(String, String)> {
    let stored = stored(db, "vapid_key", || {
        let made = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| Error::internal("no P-256 key could be made"))?;
        let private = made
            .private_key()
            .as_be_bytes()
            .map_err(|_| Error::internal("a new P-256 key has no private half"))?;
        let private = BASE64_URL_SAFE_NO_PAD.encode(private.as_ref());
        let public = BASE64_URL_SAFE_NO_PAD.encode(made.public_key().as_ref());
        Ok(format!("{private} {public}"))
    })?;
    let (private, public) = stored.split_once(' ').unwrap_or_default();
    Ok((private.to_owned(), public.to_owned()))
}

/// The secret under which HTML forms are signed.
pub fn forms(db: &Db) -> Result<String> {
    stored(db, "form_key", || Ok(secret::token()))
}

/// The secret under which links to files of other servers are signed.
pub fn media_proxy(db: &Db) -> Result<String> {
    stored(db, "media_proxy_key", || Ok(secret::token()))
}

/// The key that seals the answers of captchas.
pub fn captcha(db: &Db) -> Result<sealed::Key> {
    sealing(db, "captcha_key")
}

/// The key that seals the tokens which push messages carry.
pub fn push_tokens(db: &Db) -> Result<sealed::Key> {
    sealing(db, "push_token_key")
}

fn sealing(db: &Db, name: &str) -> Result<sealed::Key> {
    let stored = stored(db, name, || {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed::new_key()))
    })?;
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(stored)
        .map_err(Error::internal)?;
    sealed::Key::try_from(bytes).map_err(|_| Error::internal("a key of the server is damaged"))
}

/// When the admins heard last that a key of ours is used by somebody else.
const WARNED: &str = "key_warning_at";

/// They are not told more often.
const AGAIN: Duration = Duration::from_secs(86_400);

/// Somebody outside signs with a key of this server: tells the admins, by letter and in the moderation log, once a day.
pub fn misused(tx: &Tx, site: &Site, key: &str, from: &str) -> Result<()> {
    let now = Timestamp::now();
    let warned = server_state::get(tx, WARNED)?.and_then(|at| at.parse().ok());
    if warned.is_some_and(|at| Timestamp(at) > now.minus(AGAIN)) {
        return Ok(());
    }
    server_state::set(tx, WARNED, &now.0.to_string())?;
    for address in users::admin_addresses(tx)? {
        mails::send(tx, &site.misused_key(&address, key, from))?;
    }
    let subject = moderation_log::Subject {
        id: key.to_owned(),
        kind: "key",
        nickname: None,
    };
    moderation_log::noticed(
        tx,
        "key_misused",
        &[subject],
        &format!("A request from outside ({from}) was signed with a key of this server: {key}"),
    )
}

fn stored(db: &Db, key: &str, make: impl FnOnce() -> Result<String>) -> Result<String> {
    if let Some(found) = db.read(|db| server_state::get(db, key))? {
        return Ok(found);
    }
    let made = make()?;
    db.write(|tx| server_state::keep_first(tx, key, &made))
}
