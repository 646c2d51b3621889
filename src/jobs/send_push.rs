//! Tells one client of one notification by Web Push. What the reader may not see any more by then, or a client that may not
//! ask any more, is told nothing; a subscription of which the push service knows nothing is ended.

use serde::Deserialize;
use url::Url;

use super::Outcome;
use crate::app::App;
use crate::auth::sealed;
use crate::auth::web_push::{self, Encoding, Receiver, Signer};
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::db::notifications::listing;
use crate::db::push_subscriptions::{self, SubscriptionRow};
use crate::error::{Error, Result};
use crate::fed::fetch::{Limits, Request};
use crate::ids::NotificationId;
use crate::ops::{server_keys, sessions};
use crate::views::View;

/// How long a push service keeps a message for a device that is off, in seconds: after two days it is no news.
const TTL: &str = "172800";

#[derive(Deserialize)]
struct Payload {
    subscription: i64,
    notification: i64,
}

/// Does the job.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let Ok(payload) = serde_json::from_str::<Payload>(&job.payload) else {
        return Outcome::Drop("the payload names no subscription".into());
    };
    match send(app, &payload) {
        Ok(Fate::Settled) => settle(app, job, None),
        Ok(Fate::Gone) => settle(app, job, Some(payload.subscription)),
        Ok(Fate::Later(reason)) => Outcome::Retry(reason),
        Ok(Fate::Never(reason)) => Outcome::Drop(reason),
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

fn settle(app: &App, job: &JobRow, gone: Option<i64>) -> Outcome {
    let done = app.db().write(|tx| {
        if let Some(subscription) = gone {
            push_subscriptions::delete(tx, subscription)?;
        }
        jobs::done(tx, job.id)
    });
    match done {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

/// What became of a message.
enum Fate {
    /// It was taken, or there was nothing to say.
    Settled,
    /// Nobody is there any more.
    Gone,
    /// The service is busy or away.
    Later(String),
    /// The service does not want it.
    Never(String),
}

fn send(app: &App, payload: &Payload) -> Result<Fate> {
    let Some((to, message)) = compose(app, payload)? else {
        return Ok(Fate::Settled);
    };
    let Ok(endpoint) = Url::parse(&to.endpoint) else {
        return Ok(Fate::Gone);
    };
    let broken = || Error::internal("a push message could not be encrypted");
    let encoding = match to.standard {
        true => Encoding::Aes128gcm,
        false => Encoding::Aesgcm,
    };
    let receiver = Receiver {
        p256dh: to.p256dh,
        auth: to.auth,
    };
    let sealed = web_push::seal(encoding, &receiver, &message).ok_or_else(broken)?;
    let signer = server_keys::vapid_signer(app.db())?;
    let origin = endpoint.origin().ascii_serialization();
    let token = signer.token(&origin, &contact(app), Timestamp::now());
    let headers = headers(encoding, &signer, &token.ok_or_else(broken)?, &sealed);
    let headers: Vec<(&'static str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = Request::post(&to.endpoint, &headers, &sealed.body, Limits::DELIVERY);
    Ok(match app.client().send(&request) {
        Ok(answer) => judge(answer.head.status),
        Err(error) if error.is_temporary() => Fate::Later(error.to_string()),
        Err(error) => Fate::Never(error.to_string()),
    })
}

fn judge(status: u16) -> Fate {
    match status {
        200..=299 => Fate::Settled,
        404 | 410 => Fate::Gone,
        408 | 425 | 429 | 500..=599 => Fate::Later(format!("the push service answered {status}")),
        _ => Fate::Never(format!("the push service answered {status}")),
    }
}

/// The subscription and the message, if there still is something to say.
fn compose(app: &App, payload: &Payload) -> Result<Option<(SubscriptionRow, Vec<u8>)>> {
    let key = server_keys::push_tokens(app.db())?;
    app.db().read(|db| {
        let Some(to) = push_subscriptions::by_id(db, payload.subscription)? else {
            return Ok(None);
        };
        let still = sessions::still(db, app.rules(), &[to.token])?;
        let Some(viewer) = still.get(&to.token).filter(|viewer| viewer.may(&["push"])) else {
            return Ok(None);
        };
        let row = listing::one(db, viewer.id, NotificationId(payload.notification))?;
        let Some(row) = row.filter(|row| !row.muted) else {
            return Ok(None);
        };
        let shown = to.sealed_token.as_deref();
        let token = shown.and_then(|token| sealed::open(&key, &to.token.to_string(), token));
        let token = token.and_then(|token| String::from_utf8(token).ok());
        let view = View {
            viewer: Some(viewer.id),
            ..View::anonymous(db, app.house())
        };
        let message = view.push_message(&row, token.unwrap_or_default())?;
        let message = message.map(|message| serde_json::to_vec(&message));
        let message = message
            .transpose()?
            .filter(|text| text.len() <= web_push::LONGEST);
        Ok(message.map(|message| (to, message)))
    })
}

/// Where the people of a push service can complain.
fn contact(app: &App) -> String {
    match app.config().instance.contact_email.trim() {
        "" => app.base().to_string(),
        email => format!("mailto:{email}"),
    }
}

fn headers(
    encoding: Encoding,
    signer: &Signer,
    token: &str,
    sealed: &web_push::Sealed,
) -> Vec<(&'static str, String)> {
    let public = signer.public();
    let mut headers = vec![
        ("TTL", TTL.to_owned()),
        ("Urgency", "normal".to_owned()),
        ("Content-Type", "application/octet-stream".to_owned()),
        ("Content-Encoding", encoding.name().to_owned()),
    ];
    match encoding {
        Encoding::Aes128gcm => {
            headers.push(("Authorization", format!("vapid t={token}, k={public}")));
        }
        Encoding::Aesgcm => {
            let keys = format!("dh={};p256ecdsa={public}", sealed.sender);
            headers.push(("Authorization", format!("WebPush {token}")));
            headers.push(("Encryption", format!("salt={}", sealed.salt)));
            headers.push(("Crypto-Key", keys));
        }
    }
    headers
}
