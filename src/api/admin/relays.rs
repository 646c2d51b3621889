//! Relays, for admins (pleroma-contract D.3). They are named by their addresses.

use serde::Serialize;

use crate::db;
use crate::error::Result;
use crate::fed;
use crate::fed::resolve::Failure;
use crate::ops::relays;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Relays {
    relays: Vec<String>,
}

/// `GET /api/pleroma/admin/relay`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let rows = cx.app.db().read(db::relays::all)?;
    Reply::json(&Relays {
        relays: rows.into_iter().map(|row| row.url).collect(),
    })
}

/// `POST /api/pleroma/admin/relay`: 500 with the same body where there is no relay.
pub fn follow(cx: &Ctx) -> Result<Reply> {
    let url = cx.require("relay_url")?;
    let _turn = cx.app.fed().turns.take()?;
    let found = match fed::relays::find(cx.app, &url) {
        Ok(found) => found,
        Err(Failure::Ours(error)) => return Err(error),
        Err(failure) => {
            log::info!("no relay at {}: {failure}", url.escape_debug());
            return failed(&url);
        }
    };
    cx.app
        .db()
        .write(|tx| relays::follow(tx, cx.session.viewer(), found))?;
    Reply::json(&url)
}

/// `DELETE /api/pleroma/admin/relay`: 500 with the same body for one that is not followed.
pub fn unfollow(cx: &Ctx) -> Result<Reply> {
    let url = cx.require("relay_url")?;
    let ended = cx
        .app
        .db()
        .write(|tx| relays::unfollow(tx, cx.session.viewer(), &url))?;
    match ended {
        true => Reply::json(&url),
        false => failed(&url),
    }
}

fn failed(url: &str) -> Result<Reply> {
    Ok(Reply::json(&url)?.status(500))
}
