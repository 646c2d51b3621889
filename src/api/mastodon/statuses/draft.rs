//! Reads a post from a request (mastodon-api 1.3, pleroma-contract A.7).

use std::time::Duration;

use crate::api::mastodon::quotes::policy;
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::{ListId, MediaId, StatusId};
use crate::ops;
use crate::ops::polls::PollDraft;
use crate::ops::statuses::{Changes, Description, Draft};
use crate::text::format::ContentType;
use crate::web::ctx::Ctx;
use crate::web::params::Params;

/// Reads the post; refuses what cannot be done rather than dropping it.
pub fn read(cx: &Ctx) -> Result<Draft> {
    let params = &cx.params;
    let text = |key| params.text(key).unwrap_or_default().into_owned();
    let content_type = params.text("content_type").unwrap_or_default();
    Ok(Draft {
        text: text("status"),
        content_type: ContentType::from_mime(&content_type),
        spoiler_text: text("spoiler_text"),
        sensitive: params.bool("sensitive"),
        language: params.nonempty("language").map(|code| code.into_owned()),
        visibility: visibility(params, "visibility")?,
        list: list(params),
        in_reply_to: cx.optional_id("in_reply_to_id"),
        participation: participation(params)?,
        to: params.has("to").then(|| params.list("to")),
        media: media(params)?,
        descriptions: descriptions(params)?,
        poll: poll(params)?,
        quote: quote(params)?,
        quote_policy: policy(params)?,
        lifetime: lifetime(params)?,
        app: cx.me()?.app,
    })
}

/// Reads what an edit changes. The text is sent whole; what hangs on it stays only where it is sent along.
pub fn changes(params: &Params) -> Result<Changes> {
    let content_type = params.nonempty("content_type");
    Ok(Changes {
        text: params.text("status").map(|text| text.into_owned()),
        content_type: content_type.map(|mime| ContentType::from_mime(&mime)),
        spoiler_text: params.text("spoiler_text").unwrap_or_default().into_owned(),
        sensitive: params.bool("sensitive"),
        language: params.nonempty("language").map(|code| code.into_owned()),
        to: params.has("to").then(|| params.list("to")),
        media: media(params)?,
        descriptions: descriptions(params)?,
        poll: poll(params)?,
        quote_policy: policy(params)?,
    })
}

/// A visibility parameter, with `list:ID` for the members of a list.
pub fn visibility(params: &Params, key: &str) -> Result<Option<Visibility>> {
    let Some(word) = params.nonempty(key) else {
        return Ok(None);
    };
    if word.starts_with("list:") {
        return Ok(Some(Visibility::List));
    }
    match Visibility::parse(&word) {
        Some(known) => Ok(Some(known)),
        None => Err(Error::Invalid("Unknown visibility".into())),
    }
}

/// The list of `list:ID`; what is no id names no list.
fn list(params: &Params) -> Option<ListId> {
    let word = params.nonempty("visibility")?;
    word.strip_prefix("list:")?.parse().ok()
}

fn participation(params: &Params) -> Result<Option<i64>> {
    match params.nonempty("in_reply_to_conversation_id") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(ops::conversations::unknown()),
        },
    }
}

/// What is quoted: `quoted_status_id` is Mastodon's word, `quote_id` Pleroma's. Where that is not there, nothing is posted:
/// it would say something else.
fn quote(params: &Params) -> Result<Option<StatusId>> {
    let word = params.nonempty("quoted_status_id");
    let Some(word) = word.or_else(|| params.nonempty("quote_id")) else {
        return Ok(None);
    };
    word.parse().map(Some).map_err(|_| Error::record())
}

/// Clients send an empty poll where there is none.
fn poll(params: &Params) -> Result<Option<PollDraft>> {
    let Some(poll) = params.map("poll") else {
        return Ok(None);
    };
    let options = poll.list("options");
    if options.is_empty() {
        return Ok(None);
    }
    let expires_in = poll.int("expires_in")?;
    Ok(Some(PollDraft {
        options,
        expires_in: expires_in.ok_or(Error::MissingField("expires_in"))?,
        multiple: poll.bool("multiple").unwrap_or(false),
        hide_totals: poll.bool("hide_totals").unwrap_or(false),
    }))
}

fn media(params: &Params) -> Result<Vec<MediaId>> {
    let mut media = Vec::new();
    for text in params.list("media_ids") {
        let id: MediaId = text
            .parse()
            .map_err(|_| Error::Invalid("An attachment does not exist".into()))?;
        if !media.contains(&id) {
            media.push(id);
        }
    }
    Ok(media)
}

fn descriptions(params: &Params) -> Result<Vec<Description>> {
    let mut found = Vec::new();
    for attributes in params.maps("media_attributes") {
        let id = attributes.text("id").and_then(|id| id.parse().ok());
        found.push(Description {
            media: id.ok_or_else(|| Error::Invalid("An attachment does not exist".into()))?,
            text: attributes.text("description").map(|text| text.into_owned()),
            focus: attributes.nonempty("focus").and_then(|text| focus(&text)),
        });
    }
    Ok(found)
}

/// `x,y`, each from -1 to 1.
fn focus(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let part = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|part| part.is_finite())
    };
    Some((part(x)?.clamp(-1.0, 1.0), part(y)?.clamp(-1.0, 1.0)))
}

fn lifetime(params: &Params) -> Result<Option<Duration>> {
    let seconds = params.int("expires_in")?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.max(0) as u64)))
}
