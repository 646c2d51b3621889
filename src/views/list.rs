//! The List entity (mastodon-api 2.8).

use serde::Serialize;

use crate::db::lists::ListRow;
use crate::ids::ListId;

/// List.
#[derive(Serialize)]
pub struct List {
    id: ListId,
    title: String,
    replies_policy: &'static str,
    exclusive: bool,
}

impl From<ListRow> for List {
    fn from(row: ListRow) -> List {
        List {
            id: row.id,
            title: row.title,
            replies_policy: row.replies_policy.name(),
            exclusive: row.exclusive,
        }
    }
}
