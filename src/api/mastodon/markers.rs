//! Read markers and preferences: what clients share about one person.

use serde_json::json;

use crate::error::Result;
use crate::views::marker::{self, TIMELINES};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;
use crate::{db, ops};

/// `GET /api/v1/markers`
pub fn show(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let named = cx.params.list("timeline");
    let asked: Vec<&str> = TIMELINES
        .into_iter()
        .filter(|timeline| named.iter().any(|name| name == timeline))
        .collect();
    Reply::json(&cx.app.db().read(|db| marker::of(db, me, &asked))?)
}

/// `POST /api/v1/markers`
pub fn set(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let mut read = Vec::new();
    for timeline in TIMELINES {
        let Some(marker) = cx.params.map(timeline) else {
            continue;
        };
        if let Some(id) = marker.int("last_read_id")? {
            read.push((timeline, id));
        }
    }
    let markers = cx.app.db().write(|tx| {
        for (timeline, id) in &read {
            ops::markers::set(tx, me, timeline, *id)?;
        }
        let set: Vec<&str> = read.iter().map(|(timeline, _)| *timeline).collect();
        marker::of(tx, me, &set)
    })?;
    Reply::json(&markers)
}

/// `GET /api/v1/preferences`
pub fn preferences(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let own = cx.app.db().read(|db| db::preferences::of(db, me))?;
    Reply::json(&json!({
        "posting:default:visibility": own.default_visibility,
        "posting:default:sensitive": own.default_sensitive,
        "posting:default:language": own.default_language,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": false,
        "reading:autoplay:gifs": false,
    }))
}
