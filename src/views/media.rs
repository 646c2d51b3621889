//! The MediaAttachment entity (mastodon-api 2.6).

use serde::Serialize;

use super::House;
use crate::config::BaseUrl;
use crate::db::media::MediaRow;
use crate::ids::MediaId;

/// MediaAttachment.
#[derive(Serialize)]
pub struct Attachment {
    id: MediaId,
    r#type: String,
    url: String,
    preview_url: String,
    remote_url: Option<String>,
    text_url: String,
    description: Option<String>,
    blurhash: Option<String>,
    meta: Meta,
    pleroma: PleromaPart,
}

#[derive(Serialize)]
struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    small: Option<Size>,
    focus: Focus,
}

#[derive(Serialize)]
struct Size {
    width: i64,
    height: i64,
    size: String,
    aspect: f64,
}

#[derive(Serialize)]
struct Focus {
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct PleromaPart {
    mime_type: String,
}

impl Size {
    fn new((width, height): (i64, i64)) -> Size {
        Size {
            width,
            height,
            size: format!("{width}x{height}"),
            aspect: width as f64 / height.max(1) as f64,
        }
    }
}

/// Renders one attachment.
pub fn attachment(row: &MediaRow, house: &House) -> Attachment {
    let elsewhere = |url: &Option<String>| match (url.as_deref(), row.kind.as_str()) {
        // No picture, sound or film: clients show a link, and the proxy would not let it through.
        (url, "unknown") => url.map(str::to_owned),
        (url, _) => url.map(|url| house.remote_media.address(url)),
    };
    let remote_url = elsewhere(&row.remote_url);
    let url = match (&row.file, &remote_url) {
        (Some(file), _) => file_url(&house.base, file, &row.original_name),
        (None, Some(remote)) => remote.clone(),
        (None, None) => String::new(),
    };
    let preview_url = match &row.preview_file {
        Some(file) => format!("{}/media/{file}", house.base),
        None => elsewhere(&row.remote_preview_url).unwrap_or_else(|| url.clone()),
    };
    Attachment {
        id: row.id,
        r#type: row.kind.clone(),
        preview_url,
        remote_url,
        text_url: url.clone(),
        url,
        description: row.description.clone(),
        blurhash: row.blurhash.clone(),
        meta: Meta {
            original: row.size.map(Size::new),
            small: row.preview_size.or(row.size).map(Size::new),
            focus: Focus {
                x: row.focus.0,
                y: row.focus.1,
            },
        },
        pleroma: PleromaPart {
            mime_type: row.mime.clone(),
        },
    }
}

const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of an upload. The owner's file name rides along as a query, for people who save it and for clients that
/// show it; the file itself is found by its unguessable name.
pub fn file_url(base: &BaseUrl, file: &str, original_name: &str) -> String {
    if original_name.is_empty() {
        return format!("{base}/media/{file}");
    }
    let name = percent_encoding::utf8_percent_encode(original_name, UNRESERVED);
    format!("{base}/media/{file}?name={name}")
}
