//! What arrived, several at a time. Most of it is posts of people who are followed here, for which nobody need be asked: those
//! of one batch are stored in one transaction, for a part of what one each would cost.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use serde_json::Value;

use super::{Speaker, create, hosts_of, speaker};
use crate::app::App;
use crate::db::inbox_items::{self, ItemRow};
use crate::db::remote_accounts::Whereabouts;
use crate::db::{audience, seen_activities, statuses};
use crate::error::Result;
use crate::fed::reading::post::{self, Around};
use crate::fed::wire::{self, Class};
use crate::ops::remote_statuses::{self, RemotePost};

/// Actors for whose words somebody is at work: what one actor says is taken in order.
#[derive(Default)]
pub struct Speaking(Mutex<Vec<String>>);

/// Items that nobody else takes as long as this lives.
pub struct Taken<'a> {
    /// In the order in which they came.
    pub items: Vec<ItemRow>,
    speaking: &'a Speaking,
}

impl Speaking {
    /// Takes what `due` finds, which is told whose words to leave out.
    pub fn take(&self, due: impl FnOnce(&[&str]) -> Result<Vec<ItemRow>>) -> Result<Taken<'_>> {
        // Two who look at once would find the same.
        let mut speaking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<&str> = speaking.iter().map(String::as_str).collect();
        let items = due(&names)?;
        let actors: HashSet<&str> = items.iter().map(|item| item.actor.as_str()).collect();
        speaking.extend(actors.into_iter().map(str::to_owned));
        Ok(Taken {
            items,
            speaking: self,
        })
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut speaking = self
            .speaking
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        speaking.retain(|actor| self.items.iter().all(|item| item.actor != *actor));
    }
}

/// A post that can be stored, unless it turns out that it answers something unknown.
struct Ready<'a> {
    author: Whereabouts,
    activity: Option<&'a str>,
    post: RemotePost,
}

/// Stores the posts among these for which nobody need be asked; returns the others, in their order. After one of an actor that
/// is left, all of that actor are.
pub fn store<'a>(app: &App, items: &'a [ItemRow]) -> Vec<&'a ItemRow> {
    let parsed: Vec<Value> = items
        .iter()
        .map(|item| wire::parse(item.body.as_bytes()).unwrap_or_default())
        .collect();
    let stored = known(app, items, &parsed).and_then(|authors| {
        let ready: Vec<Option<Ready>> = authors
            .into_iter()
            .zip(&parsed)
            .map(|(author, json)| Ready::read(author?, json))
            .collect();
        write(app, items, &ready)
    });
    stored.unwrap_or_else(|error| {
        // Whichever it is about will say so alone.
        log::info!("a batch of {} could not be stored: {error:?}", items.len());
        items.iter().collect()
    })
}

/// The authors of those that may be stored as they are, in one look at the database.
fn known(app: &App, items: &[ItemRow], parsed: &[Value]) -> Result<Vec<Option<Whereabouts>>> {
    app.db().read(|db| {
        let both = items.iter().zip(parsed);
        both.map(|(item, json)| author(app, db, item, json))
            .collect()
    })
}

fn author(app: &App, db: &Connection, item: &ItemRow, json: &Value) -> Result<Option<Whereabouts>> {
    let Some(signer) = item.signer.filter(|_| is_post(json)) else {
        return Ok(None);
    };
    let Ok(Speaker::Actor(actor)) = speaker(app, db, signer, &hosts_of(json), json)? else {
        return Ok(None);
    };
    let concerns_us = item.recipient.is_some() || audience::has_local_followers(db, actor.id)?;
    Ok(concerns_us.then_some(actor))
}

/// Whether it is a Create of what can only be a post.
fn is_post(json: &Value) -> bool {
    let object = wire::get(json, "object");
    wire::type_of(json) == (Class::Activity, "Create")
        && wire::type_of(object).0 == Class::Post
        && create::votes(object).is_empty()
}

impl Ready<'_> {
    /// Reads the post; `None` where a closer look is needed.
    fn read(author: Whereabouts, json: &Value) -> Option<Ready<'_>> {
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
            activity: wire::get(json, "id").as_str(),
            post,
            author,
        })
    }

    /// Whether nothing that belongs to it would have to be fetched.
    fn is_whole(&self, db: &Connection) -> Result<bool> {
        Ok(self.post.quote.is_none()
            && match &self.post.in_reply_to {
                Some(parent) => statuses::id_of(db, parent)?.is_some(),
                None => true,
            })
    }
}

fn write<'a>(app: &App, items: &'a [ItemRow], ready: &[Option<Ready>]) -> Result<Vec<&'a ItemRow>> {
    if ready.iter().all(Option::is_none) {
        return Ok(items.iter().collect());
    }
    app.db().write(|tx| {
        let mut left: Vec<&ItemRow> = Vec::new();
        for (item, ready) in items.iter().zip(ready) {
            let ready = match ready {
                Some(ready) if left.iter().all(|before| before.actor != item.actor) => ready,
                _ => {
                    left.push(item);
                    continue;
                }
            };
            // Judged here, where what came just before is seen.
            if !ready.is_whole(tx)? {
                left.push(item);
                continue;
            }
            inbox_items::done(tx, item.id)?;
            let is_new = match ready.activity {
                Some(id) => seen_activities::insert(tx, id)?,
                None => true,
            };
            if is_new {
                remote_statuses::store(tx, ready.author.id, &ready.post, item.recipient)?;
            }
        }
        Ok(left)
    })
}
