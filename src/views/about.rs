//! What this server knows of itself: the instance endpoints and NodeInfo are made of one [`About`], so that they never disagree.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::{BaseUrl, Config};
use crate::db::rules::RuleRow;
use crate::db::stats::Usage;
use crate::ids::RuleId;
use crate::text::html::escape;

/// Content types of a status.
pub const POST_FORMATS: [&str; 3] = ["text/plain", "text/html", "text/markdown"];

/// Everything that the documents are made of.
pub struct About<'a> {
    /// Boot settings.
    pub config: &'a Config,
    /// Where we are.
    pub base: &'a BaseUrl,
    /// What exists.
    pub features: Vec<&'static str>,
    /// Whether other servers can reach us.
    pub federating: bool,
    /// Limits that no setting changes.
    pub limits: Limits,
    /// The public key of push messages.
    pub vapid_key: String,
    /// Figures.
    pub usage: Usage,
    /// Actor ids of the people who look after it.
    pub staff: Vec<String>,
    /// The first of them as an Account.
    pub contact: Option<Arc<RawValue>>,
    /// What is asked of everybody here.
    pub rules: Vec<Rule>,
}

/// Rule.
#[derive(Serialize)]
pub struct Rule {
    id: RuleId,
    text: String,
    hint: String,
}

impl From<RuleRow> for Rule {
    fn from(row: RuleRow) -> Rule {
        Rule {
            id: row.id,
            text: row.text,
            hint: row.hint,
        }
    }
}

/// Limits that are set where they are enforced.
pub struct Limits {
    /// Profile fields.
    pub fields: usize,
    /// Profile fields that are read of people elsewhere.
    pub remote_fields: usize,
    /// Characters in a field's name.
    pub field_name: usize,
    /// Characters in a field's value.
    pub field_value: usize,
    /// Files on one status.
    pub attachments: usize,
    /// Tags on a profile.
    pub featured_tags: usize,
}

impl About<'_> {
    /// Whether that feature is on the list.
    pub fn has(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// What a poll may be; nothing at all while there are none.
    pub fn polls(&self) -> PollLimits {
        match self.has("polls") {
            false => PollLimits::default(),
            true => PollLimits {
                max_options: 20,
                max_option_chars: 200,
                min_expiration: 0,
                max_expiration: 31_536_000,
            },
        }
    }

    /// Characters in a chat message.
    pub(super) fn chat_limit(&self) -> u32 {
        match self.has("pleroma_chat_messages") {
            true => self.config.instance.limit,
            false => 0,
        }
    }

    pub(super) fn description(&self) -> String {
        escape(&self.config.instance.description).into_owned()
    }

    pub(super) fn streaming(&self) -> String {
        let scheme = match self.base.is_https() {
            true => "wss",
            false => "ws",
        };
        format!("{scheme}://{}", self.base.authority())
    }

    pub(super) fn thumbnail(&self) -> String {
        self.base.join("/static/header.png")
    }
}

/// What a poll may be.
#[derive(Clone, Copy, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PollLimits {
    pub max_options: u32,
    pub max_option_chars: u32,
    pub min_expiration: u32,
    pub max_expiration: u32,
}
