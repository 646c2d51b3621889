//! The only way of a status into the tables, with everything that its arrival means to others.

use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::db::home::{self, Reach};
use crate::db::polls::NewPoll;
use crate::db::quotes::NewQuote;
use crate::db::statuses::insert::{self, NewStatus};
use crate::db::visibility::Visibility;
use crate::db::{Tx, conversations, jobs};
use crate::error::Result;
use crate::events::Event;
use crate::ids::{AccountId, ListId, MediaId, StatusId};
use crate::ops::{notifications, polls, quotes, status_search};
use crate::text::html;

/// A status and what comes with it.
pub struct Arrival<'a> {
    /// The row.
    pub row: NewStatus<'a>,
    /// Whom it addresses by name.
    pub addressed: &'a [AccountId],
    /// Whom it addresses without naming them.
    pub silent: &'a [AccountId],
    /// Folded hashtags.
    pub tags: &'a [String],
    /// The author's list whose members it goes to, unnamed.
    pub list: Option<ListId>,
    /// Uploads of its author to attach.
    pub media: &'a [MediaId],
    /// A question to hang on it.
    pub poll: Option<NewPoll<'a>>,
    /// What it quotes.
    pub quote: Option<&'a NewQuote>,
    /// People are told of it.
    pub is_news: bool,
}

/// Adds a status, enters it into timelines and conversations and tells whom it concerns.
pub fn insert(tx: &Tx, new: &Arrival) -> Result<()> {
    let row = &new.row;
    insert::insert(tx, row)?;
    if !new.addressed.is_empty() {
        insert::address(tx, row.id, new.addressed)?;
    }
    if let Some(list) = new.list {
        insert::address_list(tx, row.id, list)?;
    }
    if !new.silent.is_empty() {
        insert::address_silently(tx, row.id, new.silent)?;
    }
    if !new.tags.is_empty() {
        insert::tag(tx, row.id, new.tags)?;
    }
    if !new.media.is_empty() && !insert::attach(tx, row.id, row.account, new.media)? {
        return Err(super::no_attachment());
    }
    if let Some(poll) = &new.poll {
        polls::add(tx, row.id, poll)?;
    }
    if let Some(quote) = new.quote {
        quotes::add(tx, row.id, row.account, quote)?;
    }
    ask_for_card(tx, row.id, row.content)?;
    status_search::arrived(tx, row.id)?;
    if let Some(at) = row.expires_at {
        jobs::push_at(tx, "expire_status", &json!({"status": row.id}), at)?;
    }
    spread(tx, new)
}

/// Has the page behind the first link asked for a preview: within a minute, so that a post that many servers get does not
/// bring all of them to it at once (security.md S5).
pub(super) fn ask_for_card(tx: &Tx, status: StatusId, content: &str) -> Result<()> {
    if html::first_link(content).is_none() {
        return Ok(());
    }
    let jitter = Duration::from_millis(1000 + status.0.unsigned_abs() * 7919 % 59_000);
    let at = Timestamp::now().plus(jitter);
    jobs::push_at(tx, "fetch_card", &json!({"status": status}), at)
}

fn spread(tx: &Tx, new: &Arrival) -> Result<()> {
    let row = &new.row;
    if new.is_news {
        tx.emit(Event::Posted(row.id));
    }
    let reach = match row.visibility {
        Visibility::Direct | Visibility::List => Reach::Addressed,
        _ => Reach::Followers,
    };
    home::deliver(tx, row.id, row.account, reach)?;
    if row.visibility == Visibility::Direct {
        moved(
            tx,
            conversations::bump(tx, row.conversation, row.id, row.account)?,
        );
    }
    if row.reblog_of.is_some() || !new.is_news {
        return Ok(());
    }
    let is_reply = row.in_reply_to_account.is_some();
    notifications::of_status(tx, row.account, row.id, new.addressed, is_reply)
}

/// These sides of a thread have another last message.
pub(super) fn moved(tx: &Tx, participations: Vec<(AccountId, i64)>) {
    for (owner, participation) in participations {
        tx.emit(Event::Conversation {
            owner,
            participation,
        });
    }
}
