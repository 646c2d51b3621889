//! What makes a post a question (federation.md 5.2).

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::polls::PollRow;

/// The properties of a poll, beside those of the post.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<Choice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any_of: Option<Vec<Choice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voters_count: Option<i64>,
}

#[derive(Clone, Serialize)]
struct Choice {
    r#type: &'static str,
    name: String,
    replies: Votes,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Votes {
    r#type: &'static str,
    total_items: i64,
}

impl Question {
    /// The poll as it stands. Counts that its author hides until it is over are none.
    pub fn new(row: PollRow) -> Question {
        let is_over = row.is_over(Timestamp::now());
        let is_counted = is_over || !row.hide_totals;
        let choices = row.options.into_iter().map(|(name, votes)| Choice {
            r#type: "Note",
            name,
            replies: Votes {
                r#type: "Collection",
                total_items: if is_counted { votes } else { 0 },
            },
        });
        let choices: Vec<Choice> = choices.collect();
        let (one_of, any_of) = match row.multiple {
            true => (None, Some(choices)),
            false => (Some(choices), None),
        };
        Question {
            one_of,
            any_of,
            end_time: row.expires_at,
            closed: row.expires_at.filter(|_| is_over),
            voters_count: row.voters_count,
        }
    }
}
