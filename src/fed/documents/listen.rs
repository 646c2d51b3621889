//! What somebody listens to.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::db::scrobbles::ScrobbleRow;
use crate::db::visibility::Visibility;
use crate::fed::wire::PUBLIC;

/// The activity, with the piece in it.
#[derive(Serialize)]
pub struct Listen {
    id: String,
    r#type: &'static str,
    actor: String,
    published: Timestamp,
    object: Piece,
    to: Vec<String>,
    cc: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    id: String,
    r#type: &'static str,
    actor: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    artist: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    album: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_link: Option<String>,
    published: Timestamp,
    to: Vec<String>,
    cc: Vec<String>,
}

impl Listen {
    /// What that actor listened to; of everybody's business or only of those who care.
    pub fn new(row: ScrobbleRow, actor: &str) -> Listen {
        let followers = format!("{actor}/followers");
        let (to, cc) = match row.visibility {
            Visibility::Public => (vec![PUBLIC.to_owned()], vec![followers]),
            Visibility::Unlisted => (vec![followers], vec![PUBLIC.to_owned()]),
            _ => (vec![followers], Vec::new()),
        };
        Listen {
            r#type: "Listen",
            actor: actor.to_owned(),
            published: row.created_at,
            object: Piece {
                id: format!("{}#piece", row.uri),
                r#type: "Audio",
                actor: actor.to_owned(),
                title: row.title,
                artist: row.artist,
                album: row.album,
                length: row.length,
                external_link: row.link,
                published: row.created_at,
                to: to.clone(),
                cc: cc.clone(),
            },
            id: row.uri,
            to,
            cc,
        }
    }
}
