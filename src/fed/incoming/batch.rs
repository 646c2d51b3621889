//! What waits, several at a time: the posts of one batch for which nobody need be asked are stored in one transaction, for a part of
//! what one each would cost.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::ready::{self, Ready};
use crate::app::App;
use crate::db::inbox_items::{self, ItemRow};
use crate::db::remote_accounts::Whereabouts;
use crate::error::Result;
use crate::fed::wire;

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

/// Stores the posts among these for which nobody need be asked; returns the others, in their order. After one of an actor that
/// is left, all of that actor are.
pub fn store<'a>(app: &App, items: &'a [ItemRow]) -> Vec<&'a ItemRow> {
    let parsed: Vec<Value> = items
        .iter()
        .map(|item| wire::parse(item.body.as_bytes()).unwrap_or_default())
        .collect();
    let stored = known(app, items, &parsed).and_then(|authors| {
        let all = authors.into_iter().zip(items.iter().zip(&parsed));
        let ready: Vec<Option<Ready>> = all
            .map(|(author, (item, json))| Ready::read(author?, item.recipient, json))
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
        both.map(|(item, json)| ready::author(app, db, item.signer, item.recipient, json))
            .collect()
    })
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
            if !ready.is_whole(tx)? {
                left.push(item);
                continue;
            }
            inbox_items::done(tx, item.id)?;
            ready.store(tx)?;
        }
        Ok(left)
    })
}
