//! Who quotes a status, and who may (mastodon-api 1.3).

use super::statuses::done;
use crate::db;
use crate::db::quotes::QuotePolicy;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::ops;
use crate::web::ctx::Ctx;
use crate::web::params::Params;
use crate::web::reply::Reply;

/// `GET /api/v1/statuses/{id}/quotes`, `GET /api/v1/pleroma/statuses/{id}/quotes`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (id, page): (StatusId, _) = (cx.id("id", "Record")?, cx.page(20, 40));
    let (ids, statuses) = cx.app.db().read(|db| {
        let quoted = db::statuses::target_for(db, cx.viewer(), id)?;
        let ids = db::quotes::list(db, cx.viewer(), quoted.id, &page)?;
        let statuses = cx.view(db).statuses(&ids)?;
        Ok((ids, statuses))
    })?;
    cx.listed(&statuses, &ids)
}

/// `POST /api/v1/statuses/{id}/quotes/{quoting_id}/revoke`
pub fn revoke(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let (id, quoting) = (cx.id("id", "Record")?, cx.id("quoting_id", "Record")?);
    done(cx, |tx| {
        ops::quotes::revoke(tx, me, id, quoting)?;
        Ok(quoting)
    })
}

/// `PUT /api/v1/statuses/{id}/interaction_policy`
pub fn set_policy(cx: &Ctx) -> Result<Reply> {
    let (me, id) = (cx.me()?.id, cx.id("id", "Record")?);
    let policy = policy(&cx.params)?.ok_or(Error::MissingField("quote_approval_policy"))?;
    done(cx, |tx| {
        ops::quotes::set_policy(tx, me, id, policy)?;
        Ok(id)
    })
}

/// Who may quote, as the author says.
pub fn policy(params: &Params) -> Result<Option<QuotePolicy>> {
    match params.nonempty("quote_approval_policy") {
        None => Ok(None),
        Some(word) => match QuotePolicy::parse(&word) {
            Some(policy) => Ok(Some(policy)),
            None => Err(Error::Invalid("Unknown quote approval policy".into())),
        },
    }
}
