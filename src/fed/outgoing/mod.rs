//! Activities out (federation.md 5.3): from what was noted in the act's transaction to what is sent, and to whom.

mod block;
mod chat;
mod delete;
mod flag;
mod follow;
mod listen;
mod moves;
mod pin;
mod post;
mod profile;
mod quote;
mod reaction;
mod relay;
mod vote;

use rusqlite::Connection;
use serde::Serialize;

use super::documents::{Document, Tag};
use super::keys::Signer;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::accounts::{self, AccountRow};
use crate::db::statuses::{self, StatusRow};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::ops::outgoing::Outgoing;

/// An activity with its addresses.
pub struct Parcel {
    /// Who signs it.
    pub signer: Signer,
    /// What is sent: the same to all, mostly.
    pub copies: Vec<Copy>,
    /// The post that it carries.
    pub status: Option<StatusId>,
    /// What the post's Create is from now on, for those who have not got it yet.
    pub create: Option<String>,
    /// 1: after what is new.
    pub urgency: u8,
    /// PKCS#8: signs in place of the key that the signer has now.
    pub former_key: Option<Vec<u8>>,
}

/// An activity as some get it.
pub struct Copy {
    /// The whole of it.
    pub json: String,
    /// Where it goes.
    pub inboxes: Vec<String>,
}

fn written(activity: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(&Document::new(activity))?)
}

impl Copy {
    fn new(activity: &impl Serialize, inboxes: Vec<String>) -> Result<Copy> {
        Ok(Copy {
            json: written(activity)?,
            inboxes,
        })
    }
}

impl Parcel {
    fn new(account: AccountId, activity: &impl Serialize, inboxes: Vec<String>) -> Result<Parcel> {
        Ok(Parcel {
            signer: Signer::Account(account),
            copies: vec![Copy::new(activity, inboxes)?],
            status: None,
            create: None,
            urgency: 0,
            former_key: None,
        })
    }

    fn later(mut self) -> Parcel {
        self.urgency = 1;
        self
    }
}

/// An activity as most are: who does what to what.
#[derive(Serialize)]
struct Activity<T> {
    id: String,
    r#type: &'static str,
    actor: String,
    object: T,
    to: Vec<String>,
    cc: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tag: Vec<Tag>,
}

impl<T> Activity<T> {
    fn new(
        id: String,
        r#type: &'static str,
        actor: &str,
        object: T,
        to: Vec<String>,
    ) -> Activity<T> {
        Activity {
            id,
            r#type,
            actor: actor.to_owned(),
            object,
            to,
            cc: Vec::new(),
            published: None,
            content: None,
            tag: Vec::new(),
        }
    }

    /// The activity that takes this one back.
    fn undone(self) -> Activity<Activity<T>> {
        let mut undo = Activity::new(
            format!("{}/undo", self.id),
            "Undo",
            &self.actor.clone(),
            self,
            Vec::new(),
        );
        undo.to = undo.object.to.clone();
        undo.cc = undo.object.cc.clone();
        undo
    }
}

/// Writes what was noted; `None` when it has become pointless.
pub fn write(app: &App, db: &Connection, outgoing: &Outgoing) -> Result<Option<Parcel>> {
    match outgoing {
        Outgoing::Create { status } => post::new(app, db, *status),
        Outgoing::Update { status } => post::update(app, db, *status),
        Outgoing::Pin {
            account,
            status,
            is_pinned,
        } => pin::pin(db, *account, *status, *is_pinned),
        Outgoing::Listen { scrobble } => listen::listen(db, *scrobble),
        Outgoing::QuoteRequest { status } => quote::request(app, db, *status),
        Outgoing::AnswerQuote(answer) => quote::answer(db, answer),
        Outgoing::RevokeQuote {
            account,
            authorization,
            quoter,
        } => quote::revoke(db, *account, authorization, *quoter),
        Outgoing::Vote {
            account,
            status,
            position,
        } => vote::vote(db, *account, *status, *position),
        Outgoing::UndoAnnounce {
            uri,
            account,
            status,
            inboxes,
        } => post::undo_announce(db, uri, *account, *status, inboxes),
        Outgoing::Delete {
            uri,
            account,
            to,
            inboxes,
        } => delete::object(db, uri, *account, to.as_deref(), inboxes),
        Outgoing::ChatMessage { message, to } => chat::message(app, db, *message, *to),
        Outgoing::Block {
            account,
            target,
            row,
        } => block::block(app, db, *account, *target, *row, false),
        Outgoing::UndoBlock {
            account,
            target,
            row,
        } => block::block(app, db, *account, *target, *row, true),
        Outgoing::Flag { report } => flag::flag(app, db, *report),
        Outgoing::Move { account, target } => moves::moved(db, *account, *target),
        Outgoing::Follow {
            account,
            target,
            row,
        } => follow::follow(app, db, *account, *target, *row),
        Outgoing::UndoFollow {
            account,
            target,
            row,
        } => follow::undo(app, db, *account, *target, *row),
        Outgoing::AnswerFollow {
            account,
            follower,
            uri,
            accepted,
        } => follow::answer(db, *account, *follower, uri.as_deref(), *accepted),
        Outgoing::Like {
            account,
            status,
            row,
        } => reaction::like(app, db, *account, *status, *row, false),
        Outgoing::UndoLike {
            account,
            status,
            row,
        } => reaction::like(app, db, *account, *status, *row, true),
        Outgoing::React {
            account,
            status,
            row,
            emoji,
        } => reaction::react(app, db, *account, *status, *row, emoji, false),
        Outgoing::UndoReact {
            account,
            status,
            row,
            emoji,
        } => reaction::react(app, db, *account, *status, *row, emoji, true),
        Outgoing::FollowRelay { relay } => relay::follow(app, db, *relay),
        Outgoing::UndoFollowRelay {
            relay,
            object,
            inbox,
        } => relay::undo(app, *relay, object.as_deref(), inbox),
        Outgoing::AnswerRelay {
            follower,
            uri,
            object,
            accepted,
        } => relay::answer(app, db, *follower, uri.as_deref(), object, *accepted),
        Outgoing::AnnounceToRelays { status } => relay::announce(app, db, *status),
        Outgoing::UpdateActor { account } => profile::update(app, db, *account),
        Outgoing::NewKey { account, former } => profile::new_key(app, db, *account, former),
        Outgoing::DeleteActor { account } => delete::actor(db, *account),
    }
}

/// Who does it, and to which post; `None` when one of them is gone.
fn actor_and_status(
    db: &Connection,
    account: AccountId,
    status: StatusId,
) -> Result<Option<(AccountRow, StatusRow)>> {
    let status = statuses::by_ids(db, &[status])?.pop();
    Ok(accounts::by_id(db, account)?.zip(status))
}

/// The id of the activity that a row stands for. Row ids are never given out twice.
fn activity_id(app: &App, row: i64) -> String {
    app.base().join(&format!("/activities/{row}"))
}
