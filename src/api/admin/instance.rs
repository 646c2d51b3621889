//! Figures and settings of the server, for admins.

use serde::Serialize;
use serde_json::json;

use crate::db::statuses::moderation::count;
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

#[derive(Serialize)]
struct Stats {
    status_visibility: ByVisibility,
}

#[derive(Serialize)]
struct ByVisibility {
    direct: i64,
    private: i64,
    public: i64,
    unlisted: i64,
}

/// `GET /api/pleroma/admin/stats`
pub fn stats(cx: &Ctx) -> Result<Reply> {
    let base = cx.app.base();
    let host = cx.params.nonempty("instance").map(|host| {
        let is_own = base.is_own(&host);
        if is_own {
            String::new()
        } else {
            host.to_lowercase()
        }
    });
    let stats = cx.app.db().read(|db| {
        let count = |visibility| count(db, visibility, host.as_deref());
        Ok(Stats {
            status_visibility: ByVisibility {
                direct: count(Visibility::Direct)?,
                private: count(Visibility::Private)?,
                public: count(Visibility::Public)?,
                unlisted: count(Visibility::Unlisted)?,
            },
        })
    })?;
    Reply::json(&stats)
}

/// `GET` and `POST /api/pleroma/admin/config`: settings are in a file, which admins edit where it lies.
pub fn config(_: &Ctx) -> Result<Reply> {
    let text = "To use this endpoint you need to enable configuration from database.";
    Err(Error::BadRequest(text.into()))
}

/// `GET /api/pleroma/admin/config/descriptions`: of settings that can be changed over the API, of which there are none.
pub fn descriptions(_: &Ctx) -> Result<Reply> {
    Reply::json(&[(); 0])
}

/// `GET /api/pleroma/admin/need_reboot`: nothing that the API changes waits for a restart.
pub fn need_reboot(_: &Ctx) -> Result<Reply> {
    Reply::json(&json!({"need_reboot": false}))
}
