//! Who fetches: strangers, or somebody whose signature we can check (federation.md 3.6).

use super::policy;
use super::resolve;
use super::signature::{self, Received};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::web::ctx::Ctx;

/// The account that signed the request, if it did and we know its key. A valid signature widens what is shown; an invalid
/// one is none. Where signatures are demanded, nobody is shown anything without one.
pub fn known(cx: &Ctx) -> Result<Option<AccountId>> {
    let caller = verified(cx)?;
    if caller.is_none() && must_sign(cx.app) {
        return Err(Error::Status(
            401,
            "Requests must be signed (authorized fetch)".into(),
        ));
    }
    Ok(caller)
}

/// Whether strangers are told nothing but keys: by choice, or because the house is closed to them.
pub fn must_sign(app: &App) -> bool {
    app.config().federation.authorized_fetch || !app.config().instance.public
}

/// As [`known`], for what strangers get a part of in any case.
pub fn verified(cx: &Ctx) -> Result<Option<AccountId>> {
    by_signature(cx, must_sign(cx.app))
}

/// As [`known`], for what strangers are never shown: a key that is not known is looked up.
pub fn proved(cx: &Ctx) -> Result<Option<AccountId>> {
    by_signature(cx, true)
}

fn by_signature(cx: &Ctx, look_up: bool) -> Result<Option<AccountId>> {
    let received = received(cx);
    if !received.is_signed() {
        return Ok(None);
    }
    let Ok(claim) = signature::read(&received, None, cx.app.base(), Timestamp::now()) else {
        return Ok(None);
    };
    if policy::refuses_id(cx.app, &claim.key_id)? {
        return Err(Error::NotFound("Page"));
    }
    let key = match cx.app.fed().keys.remote(cx.app, &claim.key_id)? {
        Some(key) => Some(key),
        // Here, who asks decides what is shown: it is worth a look.
        None if look_up => resolve::key_asked(cx.app, &claim.key_id)?,
        None => None,
    };
    Ok(key
        .filter(|key| claim.is_by(&key.public))
        .map(|key| key.account))
}

/// The head of the request, as signatures see it.
pub fn received(cx: &Ctx) -> Received {
    Received {
        method: cx.request.method().to_owned(),
        target: cx.request.raw_url().to_owned(),
        headers: cx
            .request
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
    }
}
