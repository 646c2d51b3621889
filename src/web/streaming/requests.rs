//! What clients say on a WebSocket: subscriptions, Pleroma's login by message, and the text `ping`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::channel::{Channel, Named};
use super::stream::Stream;
use super::wire;
use crate::app::App;
use crate::db::lists;
use crate::error::{Error, Result};
use crate::ops::sessions::{self, Session, Viewer};

/// Subscriptions on one stream.
const MOST_CHANNELS: usize = 100;

#[derive(Deserialize)]
struct Request {
    r#type: String,
    #[serde(default)]
    stream: Value,
    #[serde(default)]
    list: Value,
    #[serde(default)]
    tag: Value,
    #[serde(default)]
    instance: Value,
    token: Option<String>,
}

impl Request {
    fn named(&self) -> Named {
        Named {
            stream: text(&self.stream).unwrap_or_default(),
            list: text(&self.list),
            tag: text(&self.tag),
            instance: text(&self.instance),
        }
    }
}

/// Ids come as text or as numbers.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Does what a client asks for. What is not understood is passed over: newer clients say more than we know.
pub fn answer(app: &App, stream: &Stream, said: &str) {
    if said == "ping" {
        return stream.lock().say(wire::plain("pong"));
    }
    let Ok(request) = serde_json::from_str::<Request>(said) else {
        return;
    };
    let done = match request.r#type.as_str() {
        "subscribe" => subscribe(app, stream, &request.named()),
        "unsubscribe" => unsubscribe(stream, &request.named()),
        "pleroma:authenticate" => authenticate(app, stream, request.token.as_deref()),
        _ => return,
    };
    app.streams().tell_hub();
    reply(stream, &request.r#type, done);
}

/// Clients that logged in by message hear how each request ended; the others only of what went wrong.
fn reply(stream: &Stream, kind: &str, done: Result<&'static str>) {
    let mut state = stream.lock();
    let confirms = state.confirms || kind == "pleroma:authenticate";
    let message = match done {
        Ok(result) if confirms => response(&json!({"type": kind, "result": result})),
        Ok(_) => return,
        Err(error) if confirms => {
            let word = match error.status() {
                400 => "bad_topic",
                429 => "too_many_streams",
                _ => "unauthorized",
            };
            response(&json!({"type": kind, "result": "error", "error": word}))
        }
        Err(error) => json!({"error": error.to_string(), "status": error.status()}),
    };
    state.say(wire::text(&message));
}

fn response(payload: &Value) -> Value {
    json!({"event": "pleroma:respond", "payload": payload.to_string()})
}

fn subscribe(app: &App, stream: &Stream, named: &Named) -> Result<&'static str> {
    let channel = Channel::parse(named).ok_or_else(unknown)?;
    let viewer = stream.lock().viewer.clone();
    allowed(app, viewer.as_ref(), &channel)?;
    let mut state = stream.lock();
    if state.channels.contains(&channel) {
        return Ok("ignored");
    }
    if state.channels.len() >= MOST_CHANNELS {
        return Err(Error::Status(429, "Too many subscriptions".into()));
    }
    if !state.is_over() {
        state.channels.push(channel);
    }
    Ok("success")
}

fn unsubscribe(stream: &Stream, named: &Named) -> Result<&'static str> {
    let channel = Channel::parse(named).ok_or_else(unknown)?;
    let mut state = stream.lock();
    let before = state.channels.len();
    state.channels.retain(|subscribed| *subscribed != channel);
    Ok(if state.channels.len() < before {
        "success"
    } else {
        "ignored"
    })
}

fn authenticate(app: &App, stream: &Stream, token: Option<&str>) -> Result<&'static str> {
    let viewer = match sessions::by_token(app.db(), app.rules(), token.unwrap_or_default())? {
        Session::User(viewer) => viewer,
        _ => return Err(missing()),
    };
    let is_known = stream.lock().viewer.is_some();
    if !is_known && !app.streams().has_room_for(viewer.id, stream.address) {
        return Err(Error::Throttled { retry_after: 30 });
    }
    let mut state = stream.lock();
    match &state.viewer {
        Some(known) if known.id != viewer.id => return Err(missing()),
        _ => state.viewer = Some(viewer),
    }
    state.confirms = true;
    Ok("success")
}

/// Whether somebody may hear that: the rights of the routes that show the same (security.md O3).
pub fn allowed(app: &App, viewer: Option<&Viewer>, channel: &Channel) -> Result<()> {
    let Some(viewer) = viewer else {
        let is_open = !channel.is_personal() && app.config().instance.public;
        return if is_open { Ok(()) } else { Err(missing()) };
    };
    if !viewer.may(channel.scopes()) {
        return Err(Error::MissingScope(channel.scopes()));
    }
    match channel {
        Channel::List(list) => app
            .db()
            .read(|db| lists::owned_by(db, viewer.id, *list).map(drop)),
        _ => Ok(()),
    }
}

/// What is said to a stream that began by asking for what does not exist.
pub fn complaint() -> Arc<[u8]> {
    let error = unknown();
    wire::text(&json!({"error": error.to_string(), "status": error.status()}))
}

fn missing() -> Error {
    Error::Status(401, "Missing access token".into())
}

fn unknown() -> Error {
    Error::Status(400, "Unknown stream type".into())
}
