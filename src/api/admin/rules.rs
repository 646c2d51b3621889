//! The rules of this server, as admins make them.

use serde::Serialize;
use serde_json::json;

use crate::db;
use crate::db::rules::RuleRow;
use crate::error::Result;
use crate::ids::RuleId;
use crate::ops::rules::{self, Change};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// A rule with its place among the others.
#[derive(Serialize)]
struct Rule {
    id: RuleId,
    priority: i64,
    text: String,
    hint: String,
}

impl From<RuleRow> for Rule {
    fn from(row: RuleRow) -> Rule {
        Rule {
            id: row.id,
            priority: row.priority,
            text: row.text,
            hint: row.hint,
        }
    }
}

/// `GET /api/v1/pleroma/admin/rules`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let all = cx.app.db().read(db::rules::all)?;
    Reply::json(&all.into_iter().map(Rule::from).collect::<Vec<_>>())
}

/// `POST /api/v1/pleroma/admin/rules`
pub fn create(cx: &Ctx) -> Result<Reply> {
    cx.require("text")?;
    let change = change(cx)?;
    let made = cx.app.db().write(|tx| rules::create(tx, change))?;
    Reply::json(&Rule::from(made))
}

/// `PATCH /api/v1/pleroma/admin/rules/{id}`
pub fn update(cx: &Ctx) -> Result<Reply> {
    let (id, change) = (cx.id("id", "Record")?, change(cx)?);
    let changed = cx.app.db().write(|tx| rules::update(tx, id, change))?;
    Reply::json(&Rule::from(changed))
}

/// `DELETE /api/v1/pleroma/admin/rules/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let id = cx.id("id", "Record")?;
    cx.app.db().write(|tx| rules::delete(tx, id))?;
    Reply::json(&json!({}))
}

fn change(cx: &Ctx) -> Result<Change> {
    let text = |key| cx.params.text(key).map(|text| text.into_owned());
    Ok(Change {
        priority: cx.params.int("priority")?,
        text: text("text"),
        hint: text("hint"),
    })
}
