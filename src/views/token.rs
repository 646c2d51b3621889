//! Tokens: what the token endpoint answers, and the list of a user's own.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::tokens::ListedToken;

/// The longest `expires_in` that is told: clients read it into 32 bits.
pub const LONGEST_TOLD: u64 = i32::MAX as u64;

/// The answer of the token endpoint.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Token {
    /// A number here, unlike other ids (pleroma-contract B.3).
    pub id: i64,
    pub token_type: &'static str,
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in: u64,
    pub scope: String,
    pub created_at: i64,
    /// The user's actor id; absent for an application's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub me: Option<String>,
}

/// One of the own tokens in a list: without secrets.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct OwnToken {
    pub id: i64,
    pub valid_until: Timestamp,
    pub app_name: String,
}

/// Shows the own tokens.
pub fn own(rows: Vec<ListedToken>) -> Vec<OwnToken> {
    let one = |row: ListedToken| OwnToken {
        id: row.id.0,
        valid_until: row.expires_at,
        app_name: row.app_name.unwrap_or_else(|| "command line".to_owned()),
    };
    rows.into_iter().map(one).collect()
}
