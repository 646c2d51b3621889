//! Telling the admins of somebody.

use crate::error::Result;
use crate::ids::StatusId;
use crate::ops::reports::{self, Draft};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// `POST /api/v1/reports`
pub fn create(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.require("account_id")?;
    let statuses = cx.params.ids("status_ids").into_iter();
    let draft = Draft {
        target: cx.id("account_id", "Record")?,
        statuses: statuses.map(StatusId).collect(),
        comment: cx.params.text("comment").unwrap_or_default().into_owned(),
        category: cx.params.nonempty("category").map(Into::into),
        rules: cx.params.ids("rule_ids"),
        forward: cx.params.bool("forward").unwrap_or(false),
    };
    let report = cx.app.db().write(|tx| {
        let id = reports::post(tx, cx.app.base(), me, &draft)?;
        cx.view(tx).report(reports::find(tx, id)?)
    })?;
    Reply::json(&report)
}
