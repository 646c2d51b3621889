//! Streaming: the beginning of a stream (mastodon-api 0.10). What happens on it is `web::streaming`'s.

use crate::error::{Error, Result};
use crate::ops::sessions::{self, Session, Viewer};
use crate::web::credentials::{self, Credentials};
use crate::web::ctx::Ctx;
use crate::web::door::TICKET_HEADER;
use crate::web::reply::Reply;
use crate::web::streaming::channel::{Channel, Media, Named, Origin};
use crate::web::streaming::wire::Format;
use crate::web::streaming::{Opening, allowed, handshake};

/// `GET /api/v1/streaming`: a WebSocket. The token comes as parameter, as header, as subprotocol or, later, as a message;
/// without one only public streams can be had. Whoever asks for none of this learns that the stream is not a document.
pub fn socket(cx: &Ctx) -> Result<Reply> {
    if !handshake::is_asked_for(cx.request) {
        return Err(Error::NotFound("Record"));
    }
    let accept = handshake::accept(cx.request)?;
    let viewer = listener(cx, handshake::protocol(cx.request))?;
    let named = named(
        cx,
        cx.params
            .nonempty("stream")
            .unwrap_or_default()
            .into_owned(),
    );
    let channel = Channel::parse(&named);
    if let Some(channel) = &channel {
        allowed(cx.app, viewer.as_ref(), channel)?;
    }
    let is_unknown = channel.is_none() && !named.stream.is_empty();
    let ticket = cx.app.streams().admit(Opening {
        format: Format::WebSocket,
        address: cx.address,
        viewer,
        channels: channel.into_iter().collect(),
        complaint: is_unknown,
    })?;
    let reply = Reply::empty(101)
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Accept", &accept)
        .header(TICKET_HEADER, &ticket);
    Ok(match handshake::protocol(cx.request) {
        Some(protocol) => reply.header("Sec-WebSocket-Protocol", protocol),
        None => reply,
    })
}

/// Who listens, by whichever of the ways the token came. A token that is none is refused: its owner would wait in vain.
fn listener(cx: &Ctx, protocol: Option<&str>) -> Result<Option<Viewer>> {
    let refused = || Error::Status(401, "The access token is invalid".into());
    let (session, is_shown) = match (&cx.session, protocol) {
        (Session::Anonymous, Some(token)) => {
            let session = sessions::by_token(cx.app.db(), cx.app.rules(), token)?;
            (session, true)
        }
        (session, _) => {
            let shown = credentials::of(cx.request, &cx.params, cx.app);
            (session.clone(), matches!(shown, Credentials::Bearer(_)))
        }
    };
    match session {
        // Without a token nobody could end the stream.
        Session::User(viewer) if viewer.token.is_some() => Ok(Some(viewer)),
        Session::App { .. } => Ok(None),
        _ if is_shown => Err(refused()),
        _ => Ok(None),
    }
}

fn named(cx: &Ctx, stream: String) -> Named {
    let parameter = |key: &str| cx.params.nonempty(key).map(|text| text.into_owned());
    Named {
        stream,
        list: parameter("list"),
        tag: parameter("tag"),
        instance: parameter("instance"),
    }
}

/// `GET /api/v1/streaming/user`
pub fn user(cx: &Ctx) -> Result<Reply> {
    events(cx, Channel::User)
}

/// `GET /api/v1/streaming/user/notification`
pub fn notifications(cx: &Ctx) -> Result<Reply> {
    events(cx, Channel::Notifications)
}

/// `GET /api/v1/streaming/direct`
pub fn direct(cx: &Ctx) -> Result<Reply> {
    events(cx, Channel::Direct)
}

/// `GET /api/v1/streaming/public`
pub fn public(cx: &Ctx) -> Result<Reply> {
    events(cx, Channel::Public(Origin::All, media(cx)))
}

/// `GET /api/v1/streaming/public/local`
pub fn public_local(cx: &Ctx) -> Result<Reply> {
    events(cx, Channel::Public(Origin::Local, media(cx)))
}

/// `GET /api/v1/streaming/public/remote`
pub fn public_remote(cx: &Ctx) -> Result<Reply> {
    let host = cx
        .params
        .nonempty("instance")
        .map(|host| host.to_lowercase());
    events(cx, Channel::Public(Origin::Remote(host), media(cx)))
}

/// `GET /api/v1/streaming/hashtag`
pub fn hashtag(cx: &Ctx) -> Result<Reply> {
    parsed(cx, "hashtag")
}

/// `GET /api/v1/streaming/hashtag/local`
pub fn hashtag_local(cx: &Ctx) -> Result<Reply> {
    parsed(cx, "hashtag:local")
}

/// `GET /api/v1/streaming/list`
pub fn list(cx: &Ctx) -> Result<Reply> {
    parsed(cx, "list")
}

/// `GET /api/v1/streaming/health`
pub fn health(_: &Ctx) -> Result<Reply> {
    Ok(Reply::bytes("text/plain; charset=utf-8", b"OK".to_vec()))
}

fn media(cx: &Ctx) -> Media {
    match cx.params.bool("only_media") {
        Some(true) => Media::Only,
        _ => Media::All,
    }
}

/// A stream whose parameter is required.
fn parsed(cx: &Ctx, stream: &str) -> Result<Reply> {
    let channel = Channel::parse(&named(cx, stream.to_owned()));
    let missing = if stream == "list" { "list" } else { "tag" };
    events(cx, channel.ok_or(Error::MissingField(missing))?)
}

/// Server-sent events of one channel.
fn events(cx: &Ctx, channel: Channel) -> Result<Reply> {
    let viewer = cx.session.viewer().filter(|viewer| viewer.token.is_some());
    allowed(cx.app, viewer, &channel)?;
    let reply = Reply::empty(200)
        .header("Content-Type", "text/event-stream; charset=utf-8")
        .header("Cache-Control", "no-store")
        // Proxies must not collect what is meant for now.
        .header("X-Accel-Buffering", "no");
    if cx.request.method() == "HEAD" {
        return Ok(reply);
    }
    let ticket = cx.app.streams().admit(Opening {
        format: Format::Events,
        address: cx.address,
        viewer: viewer.cloned(),
        channels: vec![channel],
        complaint: false,
    })?;
    Ok(reply.header(TICKET_HEADER, &ticket))
}
