//! What a search finds (mastodon-api 1.5).

use serde::Serialize;
use serde_json::value::RawValue;

use super::status::Status;
use super::tag_url;
use crate::config::BaseUrl;

/// Search, second version. All three lists are always there.
#[derive(Serialize)]
pub struct Found {
    /// Best first.
    pub accounts: Box<RawValue>,
    /// Newest first.
    pub statuses: Vec<Status>,
    /// Best first.
    pub hashtags: Vec<Hashtag>,
}

/// A hashtag. Its use by day is not kept, so `history` is empty.
#[derive(Serialize)]
pub struct Hashtag {
    name: String,
    url: String,
    history: [(); 0],
    following: bool,
}

impl Hashtag {
    /// The tag of that name.
    pub fn new(name: String, base: &BaseUrl) -> Hashtag {
        Hashtag {
            url: tag_url(base, &name),
            name,
            history: [],
            following: false,
        }
    }
}
