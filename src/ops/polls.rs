//! Polls: what one may be, voting in it, its end (pleroma-contract A.7). A poll has the id of its status.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::clock::Timestamp;
use crate::db::polls::{self, NewPoll, PollRow};
use crate::db::statuses::{StatusRow, by_ids, visible_to};
use crate::db::{Tx, jobs};
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::ops::notifications;
use crate::ops::outgoing::{self, Outgoing};

/// The most options.
pub const MAX_OPTIONS: usize = 20;

/// The longest option in characters.
pub const MAX_OPTION_CHARS: usize = 200;

/// The longest that a poll may last, in seconds.
pub const MAX_EXPIRATION: i64 = 31_536_000;

/// A poll as its author wants it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PollDraft {
    /// Titles, in order.
    pub options: Vec<String>,
    /// Seconds from posting to its end.
    pub expires_in: i64,
    /// One may choose several options.
    pub multiple: bool,
    /// The options' counts are not shown until it is over.
    pub hide_totals: bool,
}

impl PollDraft {
    /// Refuses what no poll may be.
    pub fn check(&self) -> Result<()> {
        let invalid = |text: String| Err(Error::Invalid(text));
        if self.options.len() > MAX_OPTIONS {
            return invalid(format!(
                "Poll can't contain more than {MAX_OPTIONS} options"
            ));
        }
        if self.options.len() < 2 {
            return invalid("Poll must contain at least 2 options".into());
        }
        let too_long = |option: &String| option.chars().count() > MAX_OPTION_CHARS;
        if self.options.iter().any(too_long) {
            return invalid(format!(
                "Poll options cannot be longer than {MAX_OPTION_CHARS} characters each"
            ));
        }
        if self.options.iter().any(|option| option.trim().is_empty()) {
            return invalid("Poll options cannot be empty".into());
        }
        if self.options.iter().collect::<BTreeSet<_>>().len() < self.options.len() {
            return invalid("Poll options must differ".into());
        }
        match self.expires_in {
            ..0 => invalid("Expiration date is too soon".into()),
            0..=MAX_EXPIRATION => Ok(()),
            _ => invalid("Expiration date is too far in the future".into()),
        }
    }

    /// The poll, if it is posted now.
    pub fn begin(&self, now: Timestamp) -> NewPoll<'_> {
        NewPoll {
            options: &self.options,
            multiple: self.multiple,
            hide_totals: self.hide_totals,
            expires_at: Some(now.plus(Duration::from_secs(self.expires_in.max(0) as u64))),
        }
    }
}

/// A poll as its server tells it.
#[derive(Clone, Debug)]
pub struct RemotePoll {
    /// Titles, in order, each once.
    pub options: Vec<String>,
    /// Votes for each.
    pub votes: Vec<i64>,
    /// One may choose several options.
    pub multiple: bool,
    /// When it is over, if ever.
    pub expires_at: Option<Timestamp>,
    /// How many people voted, where that is told.
    pub voters: Option<i64>,
}

impl RemotePoll {
    /// The poll without its counts.
    pub fn begun(&self) -> NewPoll<'_> {
        NewPoll {
            options: &self.options,
            multiple: self.multiple,
            hide_totals: false,
            expires_at: self.expires_at,
        }
    }

    /// Takes the counts as they are told.
    pub fn count(&self, tx: &Tx, status: StatusId) -> Result<()> {
        polls::set_counts(tx, status, &self.votes, self.voters)
    }
}

/// Hangs a poll on a new status and has its end told.
pub fn add(tx: &Tx, status: StatusId, new: &NewPoll) -> Result<()> {
    polls::insert(tx, status, new)?;
    announce_end(tx, status, new)
}

/// Whether the poll that a status has and the one that it is to have ask the same.
pub fn asks_the_same(old: Option<&PollRow>, new: Option<&NewPoll>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            let titles = old.options.iter().map(|(title, _)| title);
            old.multiple == new.multiple && titles.eq(new.options)
        }
        _ => false,
    }
}

/// Gives an edited status another poll, or none. Votes stay only where the same is asked.
pub fn replace(tx: &Tx, status: StatusId, new: Option<&NewPoll>) -> Result<()> {
    let old = polls::of_status(tx, status)?;
    if !asks_the_same(old.as_ref(), new) {
        polls::delete(tx, status)?;
        return match new {
            Some(new) => add(tx, status, new),
            None => Ok(()),
        };
    }
    match old.zip(new) {
        Some((old, new)) => {
            polls::set_end(tx, status, new)?;
            match old.expires_at == new.expires_at {
                true => Ok(()),
                false => announce_end(tx, status, new),
            }
        }
        None => Ok(()),
    }
}

fn announce_end(tx: &Tx, status: StatusId, new: &NewPoll) -> Result<()> {
    match new.expires_at {
        Some(at) if at > Timestamp::now() => {
            jobs::push_at(tx, "close_poll", &json!({"poll": status}), at)
        }
        _ => Ok(()),
    }
}

/// Votes in a poll that the voter may see: once, and for several options only where the poll allows it.
pub fn vote(tx: &Tx, me: AccountId, id: StatusId, choices: &[i64]) -> Result<()> {
    let invalid = |text: &str| Err(Error::Invalid(text.into()));
    let status = visible_to(tx, Some(me), id)?;
    let poll = polls::of_status(tx, id)?.ok_or(Error::record())?;
    if status.account == me {
        return invalid("Poll's author can't vote");
    }
    if poll.is_over(Timestamp::now()) {
        return invalid("The poll has already ended");
    }
    if !polls::own_votes(tx, me, &[id])?.is_empty() {
        return invalid("Already voted");
    }
    let choices: BTreeSet<i64> = choices.iter().copied().collect();
    let choices: Vec<i64> = choices.into_iter().collect();
    let is_option = |choice: &i64| (0..poll.options.len() as i64).contains(choice);
    if choices.is_empty() || !choices.iter().all(is_option) {
        return invalid("Invalid indices");
    }
    if choices.len() > 1 && !poll.multiple {
        return invalid("Too many choices");
    }
    polls::vote(tx, id, me, &choices, None)?;
    if status.local {
        return counted(tx, &status);
    }
    for position in choices {
        outgoing::push_if_remote(tx, me, &[status.account], false, || Outgoing::Vote {
            account: me,
            status: id,
            position,
        })?;
    }
    Ok(())
}

/// Somebody elsewhere votes, by the title of an option. What does not count (the poll is over, no such option, a second choice
/// where one is allowed) changes nothing.
pub fn voted(tx: &Tx, from: AccountId, id: StatusId, title: &str, uri: &str) -> Result<()> {
    let status = visible_to(tx, Some(from), id)?;
    let Some(poll) = polls::of_status(tx, id)?.filter(|_| status.local) else {
        return Ok(());
    };
    let position = poll.options.iter().position(|(known, _)| known == title);
    let before = polls::own_votes(tx, from, &[id])?.remove(&id);
    let is_second = before.is_some() && !poll.multiple;
    match position {
        Some(position) if !is_second && !poll.is_over(Timestamp::now()) => {
            polls::vote(tx, id, from, &[position as i64], Some(uri))?;
            counted(tx, &status)
        }
        _ => Ok(()),
    }
}

/// Other servers hear of new counts, but not of each vote.
const TELLING: Duration = Duration::from_secs(180);

fn counted(tx: &Tx, status: &StatusRow) -> Result<()> {
    let at = Timestamp::now().plus(TELLING);
    if outgoing::concerns_others(tx, status)? && polls::arrange_telling(tx, status.id, at)? {
        let news = Outgoing::Update { status: status.id };
        jobs::push_at(tx, outgoing::JOB, &news, at)?;
    }
    Ok(())
}

/// The end of a poll: tells its author and those who voted. Nothing happens when it is gone or was given more time.
pub fn close(tx: &Tx, id: StatusId) -> Result<()> {
    let (Some(poll), Some(row)) = (polls::of_status(tx, id)?, by_ids(tx, &[id])?.pop()) else {
        return Ok(());
    };
    if !poll.is_over(Timestamp::now()) {
        return Ok(());
    }
    outgoing::revised(tx, &row)?;
    let mut people = polls::local_voters(tx, id)?;
    people.push(row.account);
    notifications::of_poll(tx, row.account, id, &people)
}
