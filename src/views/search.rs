//! What a search finds (mastodon-api 1.5).

use serde::Serialize;
use serde_json::value::RawValue;

use super::status::Status;
use super::tag::Tag;

/// Search, second version. All three lists are always there.
#[derive(Serialize)]
pub struct Found {
    /// Best first.
    pub accounts: Box<RawValue>,
    /// Newest first.
    pub statuses: Vec<Status>,
    /// Best first.
    pub hashtags: Vec<Tag>,
}
