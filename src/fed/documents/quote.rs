//! What a post says of quotes: the one that it is, under every name that servers read, and who may quote it
//! (federation.md 5.2, FEP-044f).

use serde::Serialize;

use crate::db::quotes::{QuotePolicy, QuoteRow, QuoteState};
use crate::db::visibility::Visibility;
use crate::fed::wire::PUBLIC;
use crate::text::html;

/// The properties of a quote, beside those of the post.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quotation {
    quote: String,
    quote_url: String,
    quote_uri: String,
    #[serde(rename = "_misskey_quote")]
    misskey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_authorization: Option<String>,
}

impl Quotation {
    /// The quote as its author here means it, whether it is granted or not.
    pub fn new(row: &QuoteRow) -> Quotation {
        Quotation {
            quote: row.uri.clone(),
            quote_url: row.uri.clone(),
            quote_uri: row.uri.clone(),
            misskey: row.uri.clone(),
            quote_authorization: row.authorization.clone(),
        }
    }

    /// The quote, if it may be shown.
    pub fn granted(row: &QuoteRow) -> Option<Quotation> {
        (row.state == QuoteState::Accepted).then(|| Quotation::new(row))
    }
}

/// The quote for those who do not know such a thing: a link at the end of the text.
pub fn fallback(row: &QuoteRow) -> String {
    let url = html::escape(row.url.as_ref().unwrap_or(&row.uri));
    format!("<p class=\"quote-inline\">RE: <a href=\"{url}\">{url}</a></p>")
}

/// Who may do what with a post.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InteractionPolicy {
    can_quote: Approval,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Approval {
    automatic_approval: [String; 1],
}

impl InteractionPolicy {
    /// Of a post by that author. Only what everybody may see can be quoted by others.
    pub fn new(visibility: Visibility, policy: Option<QuotePolicy>, author: &str) -> Self {
        let who = match policy {
            _ if visibility > Visibility::Unlisted => author.to_owned(),
            None | Some(QuotePolicy::Public) => PUBLIC.to_owned(),
            Some(QuotePolicy::Followers) => format!("{author}/followers"),
            Some(QuotePolicy::Nobody | QuotePolicy::Manual) => author.to_owned(),
        };
        InteractionPolicy {
            can_quote: Approval {
                automatic_approval: [who],
            },
        }
    }
}

/// The consent of an author here that a post is quoted by another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuoteAuthorization {
    /// Its id.
    pub id: String,
    /// `QuoteAuthorization`.
    pub r#type: &'static str,
    /// Who consents.
    pub attributed_to: String,
    /// What quotes.
    pub interacting_object: String,
    /// What is quoted.
    pub interaction_target: String,
}
