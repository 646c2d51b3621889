//! Posts for which nobody need be asked: their author is known and followed here, and nothing that belongs to them is missing. Most of
//! what arrives is of this kind, and takes the shortest way to those who wait for it.

use rusqlite::Connection;
use serde_json::Value;

use super::{Speaker, create, hosts_of, speaker};
use crate::app::App;
use crate::db::remote_accounts::Whereabouts;
use crate::db::{Tx, audience, seen_activities, statuses};
use crate::error::Result;
use crate::fed::reading::post::{self, Around};
use crate::fed::wire::{self, Class};
use crate::ids::AccountId;
use crate::ops::remote_statuses::{self, RemotePost};

/// A post that can be stored, unless it turns out that it answers something unknown.
pub struct Ready {
    author: Whereabouts,
    activity: Option<String>,
    post: RemotePost,
    recipient: Option<AccountId>,
}

/// The author of what may be such a post, in one look at the database.
pub fn author(
    app: &App,
    db: &Connection,
    signer: Option<AccountId>,
    recipient: Option<AccountId>,
    json: &Value,
) -> Result<Option<Whereabouts>> {
    let Some(signer) = signer.filter(|_| is_post(json)) else {
        return Ok(None);
    };
    let Ok(Speaker::Actor(actor)) = speaker(app, db, signer, &hosts_of(json), json)? else {
        return Ok(None);
    };
    let concerns_us = recipient.is_some() || audience::has_local_followers(db, actor.id)?;
    Ok(concerns_us.then_some(actor))
}

/// Whether it is a Create of what can only be a post.
pub fn is_post(json: &Value) -> bool {
    let object = wire::get(json, "object");
    wire::type_of(json) == (Class::Activity, "Create")
        && wire::type_of(object).0 == Class::Post
        && create::votes(object).is_empty()
}

impl Ready {
    /// Reads the post of an [`author`], without the database; `None` where a closer look is needed.
    pub fn read(author: Whereabouts, recipient: Option<AccountId>, json: &Value) -> Option<Ready> {
        let object = wire::get(json, "object");
        let around = Around {
            activity: json,
            followers: author.followers_uri.as_deref(),
        };
        let post = match create::is_of(&author, object) {
            true => post::read(object, around).ok()?,
            false => return None,
        };
        Some(Ready {
            activity: wire::get(json, "id").as_str().map(str::to_owned),
            post,
            author,
            recipient,
        })
    }

    /// Whether nothing that belongs to it would have to be fetched: judged where what came just before is seen.
    pub fn is_whole(&self, db: &Connection) -> Result<bool> {
        Ok(self.post.quote.is_none()
            && match &self.post.in_reply_to {
                Some(parent) => statuses::id_of(db, parent)?.is_some(),
                None => true,
            })
    }

    /// Has its effect, once.
    pub fn store(&self, tx: &Tx) -> Result<()> {
        let is_new = match &self.activity {
            Some(id) => seen_activities::insert(tx, id)?,
            None => true,
        };
        if is_new {
            remote_statuses::store(tx, self.author.id, &self.post, self.recipient)?;
        }
        Ok(())
    }
}
