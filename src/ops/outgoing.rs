//! What other servers are to hear. It is noted in the transaction of the act, as a job; the job writes the activity and
//! finds out who gets it (`fed::outgoing`). Where it concerns nobody elsewhere, nothing is noted.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::db::statuses::StatusRow;
use crate::db::visibility::Visibility;
use crate::db::{Tx, accounts, audience, deliveries, jobs, status_hosts};
use crate::error::Result;
use crate::ids::{AccountId, ChatMessageId, RelayId, ReportId, ScrobbleId, StatusId};

/// The kind of the job.
pub const JOB: &str = "send_activity";

/// Something that others are to hear. Rows may be gone when it is written: what is undone comes with all that is needed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the activities and of the columns"
)]
pub enum Outgoing {
    /// A post or a reblog is new.
    Create { status: StatusId },
    /// A post says something else now, or other counts hang on it.
    Update { status: StatusId },
    /// Somebody voted for that option of a poll elsewhere.
    Vote {
        account: AccountId,
        status: StatusId,
        position: i64,
    },
    /// Somebody pinned a post, or unpinned it.
    Pin {
        account: AccountId,
        status: StatusId,
        is_pinned: bool,
    },
    /// Somebody listens to something.
    Listen { scrobble: ScrobbleId },
    /// A post of ours wants to quote another's.
    QuoteRequest { status: StatusId },
    /// The answer to who wants to quote a post of ours.
    AnswerQuote(QuoteAnswer),
    /// What `quoter` was granted by that authorization is no more.
    RevokeQuote {
        account: AccountId,
        authorization: String,
        quoter: AccountId,
    },
    /// A post or a chat message is gone. `to`: who else is addressed than everybody.
    Delete {
        uri: String,
        account: AccountId,
        to: Option<Vec<String>>,
        inboxes: Vec<String>,
    },
    /// A message in a chat, for one person.
    ChatMessage {
        message: ChatMessageId,
        to: AccountId,
    },
    /// A reblog was taken back.
    UndoAnnounce {
        uri: String,
        account: AccountId,
        status: StatusId,
        inboxes: Vec<String>,
    },
    Follow {
        account: AccountId,
        target: AccountId,
        row: i64,
    },
    UndoFollow {
        account: AccountId,
        target: AccountId,
        row: i64,
    },
    /// The answer to a request to follow: consent, refusal, or the end of what was.
    AnswerFollow {
        account: AccountId,
        follower: AccountId,
        uri: Option<String>,
        accepted: bool,
    },
    Like {
        account: AccountId,
        status: StatusId,
        row: i64,
    },
    UndoLike {
        account: AccountId,
        status: StatusId,
        row: i64,
    },
    React {
        account: AccountId,
        status: StatusId,
        row: i64,
        emoji: String,
    },
    UndoReact {
        account: AccountId,
        status: StatusId,
        row: i64,
        emoji: String,
    },
    /// Sent where the settings want it.
    Block {
        account: AccountId,
        target: AccountId,
        row: i64,
    },
    UndoBlock {
        account: AccountId,
        target: AccountId,
        row: i64,
    },
    /// A report, without the name of whoever reports.
    Flag { report: ReportId },
    /// Somebody lives elsewhere from now on.
    Move {
        account: AccountId,
        target: AccountId,
    },
    /// The server wants to follow a relay.
    FollowRelay { relay: RelayId },
    /// And not any more. `object`: whom the Follow named, if not everybody.
    UndoFollowRelay {
        relay: RelayId,
        object: Option<String>,
        inbox: String,
    },
    /// The answer to who asked to follow the server itself, by one of its names.
    AnswerRelay {
        follower: AccountId,
        uri: Option<String>,
        object: String,
        accepted: bool,
    },
    /// A post for everybody is new.
    AnnounceToRelays { status: StatusId },
    /// Somebody's profile changed.
    UpdateActor { account: AccountId },
    /// Somebody has another key. `former`: the one before, PKCS#8, as base64, which signs this last word.
    NewKey { account: AccountId, former: String },
    /// Somebody is gone.
    DeleteActor { account: AccountId },
}

/// The answer to a request to quote.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct QuoteAnswer {
    /// Who answers.
    pub account: AccountId,
    /// Who asked.
    pub asker: AccountId,
    /// The id of the request.
    pub request: String,
    /// The id of what is to be quoted.
    pub quoted: String,
    /// The id of what quotes it.
    pub quoting: String,
    /// The id of the consent; `None` is a refusal.
    pub result: Option<String>,
}

impl Outgoing {
    /// Whether even a server that has not answered for a week is to hear of it when it is back: what asks, answers or takes
    /// back.
    pub fn is_needed(&self) -> bool {
        !matches!(
            self,
            Outgoing::Create { .. }
                | Outgoing::Update { .. }
                | Outgoing::Vote { .. }
                | Outgoing::Like { .. }
                | Outgoing::React { .. }
                | Outgoing::ChatMessage { .. }
                | Outgoing::Flag { .. }
                | Outgoing::AnnounceToRelays { .. }
                | Outgoing::Move { .. }
                | Outgoing::UpdateActor { .. }
                | Outgoing::NewKey { .. }
        )
    }

    /// What it tells the newest of: of all that has the same, only the last need be heard.
    pub fn about(&self) -> Option<String> {
        match self {
            Outgoing::Like {
                account, status, ..
            }
            | Outgoing::UndoLike {
                account, status, ..
            } => Some(format!("like {account} {status}")),
            Outgoing::React {
                account,
                status,
                emoji,
                ..
            }
            | Outgoing::UndoReact {
                account,
                status,
                emoji,
                ..
            } => Some(format!("reaction {account} {status} {emoji}")),
            Outgoing::Follow {
                account, target, ..
            }
            | Outgoing::UndoFollow {
                account, target, ..
            } => Some(format!("follow {account} {target}")),
            Outgoing::AnswerFollow {
                account,
                follower,
                uri,
                ..
            } => {
                let asked = uri.as_deref().unwrap_or_default();
                Some(format!("answer {account} {follower} {asked}"))
            }
            Outgoing::Block {
                account, target, ..
            }
            | Outgoing::UndoBlock {
                account, target, ..
            } => Some(format!("block {account} {target}")),
            Outgoing::AnswerRelay { follower, uri, .. } => {
                let asked = uri.as_deref().unwrap_or_default();
                Some(format!("answer relay {follower} {asked}"))
            }
            Outgoing::UpdateActor { account } | Outgoing::NewKey { account, .. } => {
                Some(format!("profile {account}"))
            }
            _ => None,
        }
    }
}

/// Notes it, whomever it concerns.
pub fn push(tx: &Tx, outgoing: &Outgoing) -> Result<()> {
    jobs::push(tx, JOB, outgoing)
}

/// Notes what `actor` did if one of these people, or (`followers`) somebody who follows it, lives elsewhere.
pub fn push_if_remote(
    tx: &Tx,
    actor: AccountId,
    people: &[AccountId],
    followers: bool,
    outgoing: impl FnOnce() -> Outgoing,
) -> Result<()> {
    match audience::is_remote(tx, actor, people, followers)? {
        true => push(tx, &outgoing()),
        false => Ok(()),
    }
}

/// Whether followers hear of things of that visibility.
pub fn reaches_followers(visibility: Visibility) -> bool {
    visibility <= Visibility::Private
}

/// A local status is about to go: notes whoever has to hear of it. Call it while the row is there.
pub fn deletion(tx: &Tx, status: &StatusRow) -> Result<()> {
    if !status.local || status.visibility == Visibility::Local {
        return Ok(());
    }
    let inboxes = everybody_who_has(tx, status)?;
    deliveries::cancel(tx, status.id)?;
    if inboxes.is_empty() {
        return Ok(());
    }
    push(
        tx,
        &match status.reblog_of {
            Some(inner) => Outgoing::UndoAnnounce {
                uri: status.uri.clone(),
                account: status.account,
                status: inner,
                inboxes,
            },
            None => Outgoing::Delete {
                uri: status.uri.clone(),
                account: status.account,
                to: addressees(tx, status)?,
                inboxes,
            },
        },
    )
}

/// A status was edited: notes it for whoever has it, and for those whom it addresses now.
pub fn revised(tx: &Tx, status: &StatusRow) -> Result<()> {
    match concerns_others(tx, status)? {
        true => push(tx, &Outgoing::Update { status: status.id }),
        false => Ok(()),
    }
}

/// Whether another server has, or is to have, that status of ours.
pub(super) fn concerns_others(db: &Connection, status: &StatusRow) -> Result<bool> {
    Ok(status.local
        && status.visibility != Visibility::Local
        && !everybody_concerned(db, status)?.is_empty())
}

/// Inboxes of followers, of addressees, and of whoever else has it.
pub fn everybody_concerned(db: &Connection, status: &StatusRow) -> Result<Vec<String>> {
    let mut inboxes = everybody_who_has(db, status)?;
    let addressed = audience::addressed(db, status.id)?;
    inboxes.extend(audience::of_people(db, &addressed, false)?);
    if reaches_followers(status.visibility) {
        inboxes.extend(audience::of_followers(db, status.account)?);
    }
    inboxes.sort_unstable();
    inboxes.dedup();
    Ok(inboxes)
}

/// To whom the end of a post is addressed: as the post was.
fn addressees(db: &Connection, status: &StatusRow) -> Result<Option<Vec<String>>> {
    let author = [status.account];
    match status.visibility {
        Visibility::Public | Visibility::Unlisted | Visibility::Local => Ok(None),
        Visibility::Private => {
            let author = accounts::uris(db, &author)?;
            Ok(Some(
                author
                    .iter()
                    .map(|uri| format!("{uri}/followers"))
                    .collect(),
            ))
        }
        Visibility::Direct | Visibility::List => {
            accounts::uris(db, &audience::addressed(db, status.id)?).map(Some)
        }
    }
}

/// A chat message of a local account is about to go.
pub fn chat_deletion(tx: &Tx, uri: String, author: AccountId, to: AccountId) -> Result<()> {
    if !audience::is_remote(tx, author, &[to], false)? {
        return Ok(());
    }
    push(
        tx,
        &Outgoing::Delete {
            uri,
            account: author,
            to: Some(accounts::uris(tx, &[to])?),
            inboxes: audience::of_people(tx, &[to], true)?,
        },
    )
}

/// Inboxes of everybody who has it, or may have it: it was brought there, or they came for it. Of a reblog the copies are
/// with the followers and the author of what is reblogged.
fn everybody_who_has(db: &Connection, status: &StatusRow) -> Result<Vec<String>> {
    let known = status_hosts::of_status(db, status.id)?;
    let mut inboxes: Vec<String> = known.into_iter().map(|holder| holder.inbox).collect();
    inboxes.extend(deliveries::tried(db, status.id)?);
    inboxes.sort_unstable();
    inboxes.dedup();
    Ok(inboxes)
}
