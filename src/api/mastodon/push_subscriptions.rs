//! Web Push subscriptions: one per token.

use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use crate::auth::sealed;
use crate::auth::web_push::Receiver;
use crate::db::push_subscriptions::{self, Policy, SubscriptionRow};
use crate::error::{Error, Result};
use crate::ids::TokenId;
use crate::ops::push_subscriptions::{Data, Owner, Target, change, of, subscribe};
use crate::ops::server_keys;
use crate::views::push;
use crate::web::credentials::{self, Credentials};
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

/// Bytes of an endpoint's address.
const LONGEST_ENDPOINT: usize = 2000;

/// Names of alerts that a subscription may carry, known or not.
const MOST_ALERTS: usize = 50;

/// `POST /api/v1/push/subscription`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let owner = Owner {
        token: token(cx)?,
        account: cx.me()?.id,
    };
    let (target, data) = (target(cx, owner.token)?, data(cx)?);
    let made = cx.app.db().write(|tx| subscribe(tx, owner, target, data))?;
    show_row(cx, made)
}

/// `GET /api/v1/push/subscription`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let token = token(cx)?;
    show_row(cx, cx.app.db().read(|db| of(db, token))?)
}

/// `PUT /api/v1/push/subscription`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (token, data) = (token(cx)?, data(cx)?);
    let changed = cx.app.db().write(|tx| change(tx, token, data))?;
    show_row(cx, changed)
}

/// `DELETE /api/v1/push/subscription`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let token = token(cx)?;
    cx.app
        .db()
        .write(|tx| push_subscriptions::delete_of(tx, token))?;
    Reply::json(&json!({}))
}

fn show_row(cx: &Ctx, row: SubscriptionRow) -> Result<Reply> {
    let server_key = server_keys::vapid_public(cx.app.db())?;
    Reply::json(&push::subscription(row, server_key)?)
}

/// Who calls with a password has no token on which a subscription could hang.
fn token(cx: &Ctx) -> Result<TokenId> {
    cx.me()?.token.ok_or(Error::InvalidCredentials)
}

fn target(cx: &Ctx, token: TokenId) -> Result<Target> {
    let invalid = |what: &str| Error::Invalid(format!("Validation failed: {what} is invalid"));
    let given = cx
        .params
        .map("subscription")
        .ok_or(Error::MissingField("subscription"))?;
    let endpoint = given
        .nonempty("endpoint")
        .filter(|endpoint| is_endpoint(cx, endpoint))
        .ok_or_else(|| invalid("endpoint"))?
        .into_owned();
    let key = |name: &str| given.map("keys").and_then(|keys| keys.text(name));
    let (p256dh, auth) = (
        key("p256dh").unwrap_or_default(),
        key("auth").unwrap_or_default(),
    );
    let receiver = Receiver::parse(&p256dh, &auth).ok_or_else(|| invalid("the key"))?;
    let shown = match credentials::of(cx.request, &cx.params, cx.app) {
        Credentials::Bearer(shown) => Some(shown.into_bytes()),
        _ => None,
    };
    let sealing = server_keys::push_tokens(cx.app.db())?;
    Ok(Target {
        endpoint,
        receiver,
        standard: given.bool("standard").unwrap_or(false),
        sealed_token: shown.map(|shown| sealed::seal(&sealing, &token.to_string(), shown)),
    })
}

/// Whether that is an address to post to. Where it leads is looked at when it is called (security.md S3).
fn is_endpoint(cx: &Ctx, endpoint: &str) -> bool {
    let is_allowed = |url: Url| {
        let plain = url.scheme() == "http" && cx.app.client().allows_private();
        (url.scheme() == "https" || plain) && url.host().is_some() && url.username().is_empty()
    };
    endpoint.len() <= LONGEST_ENDPOINT && Url::parse(endpoint).is_ok_and(is_allowed)
}

fn data(cx: &Ctx) -> Result<Data> {
    let Some(data) = cx.params.map("data") else {
        return Ok(Data::default());
    };
    let policy = match data.nonempty("policy").or(cx.params.nonempty("policy")) {
        None => None,
        Some(name) => Some(
            Policy::parse(&name)
                .ok_or_else(|| Error::Invalid("Validation failed: policy is invalid".into()))?,
        ),
    };
    Ok(Data {
        alerts: data.map("alerts").map(alerts).transpose()?,
        policy,
    })
}

/// The alerts that were named, as JSON.
fn alerts(given: &Params) -> Result<String> {
    let alerts: BTreeMap<&str, bool> = given
        .keys()
        .filter_map(|name| given.bool(name).map(|wanted| (name, wanted)))
        .take(MOST_ALERTS)
        .collect();
    Ok(serde_json::to_string(&alerts)?)
}
