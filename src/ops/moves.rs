//! Moving house: from one account to another, here or elsewhere (federation.md 9.2). The new account names the old one as its
//! alias first; then the old one says where it went, and those who follow it follow the new one instead.

use std::time::Duration;

use super::notifications::{self, Kind};
use crate::clock::Timestamp;
use crate::db::accounts::AccountRow;
use crate::db::{Tx, accounts, blocks, follows as follow_rows, moves};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::follows::{self, Options};
use crate::ops::outgoing::{self, Outgoing};

/// Nobody moves again sooner.
const SETTLED: Duration = Duration::from_secs(7 * 86_400);

/// Other ids of one person.
const MAX_ALIASES: usize = 10;

/// Says that an account elsewhere, or another one here, is one's own too, so that it can move here.
pub fn add_alias(tx: &Tx, me: AccountId, other: AccountId) -> Result<()> {
    let mut aliases = moves::aliases(tx, me)?;
    let uri = accounts::visible(tx, other)?.uri;
    if other == me {
        return Err(Error::BadRequest("An account is no alias of itself".into()));
    }
    if aliases.contains(&uri) {
        return Ok(());
    }
    if aliases.len() >= MAX_ALIASES {
        let text = format!("An account has at most {MAX_ALIASES} aliases");
        return Err(Error::BadRequest(text));
    }
    aliases.push(uri);
    set_aliases(tx, me, &aliases)
}

/// Says that it is not; `false` when it was not said before.
pub fn remove_alias(tx: &Tx, me: AccountId, uri: &str) -> Result<bool> {
    let mut aliases = moves::aliases(tx, me)?;
    let before = aliases.len();
    aliases.retain(|alias| alias != uri);
    if aliases.len() == before {
        return Ok(false);
    }
    set_aliases(tx, me, &aliases)?;
    Ok(true)
}

fn set_aliases(tx: &Tx, me: AccountId, aliases: &[String]) -> Result<()> {
    moves::set_aliases(tx, me, aliases)?;
    outgoing::push_if_remote(tx, me, &[], true, || Outgoing::UpdateActor { account: me })
}

/// Moves the own account to another, which must have been read anew a moment ago and name this one as its alias. Followers here
/// follow the new one at once, those elsewhere when their servers hear of it.
pub fn leave(tx: &Tx, me: AccountId, target: AccountId) -> Result<()> {
    let (old, new) = (accounts::visible(tx, me)?, accounts::visible(tx, target)?);
    if let Some(reason) = refusal(tx, &old, &new)? {
        return Err(Error::BadRequest(reason.into()));
    }
    moves::set(tx, me, target, Timestamp::now())?;
    outgoing::push_if_remote(tx, me, &[], true, || Outgoing::UpdateActor { account: me })?;
    outgoing::push_if_remote(tx, me, &[], true, || Outgoing::Move {
        account: me,
        target,
    })?;
    take_along(tx, &old, &new)
}

/// Somebody elsewhere says that they moved. Both accounts were read anew a moment ago. What does not hold has no effect.
pub fn moved_elsewhere(tx: &Tx, from: AccountId, target: AccountId) -> Result<()> {
    let pair = (accounts::by_id(tx, from)?, accounts::by_id(tx, target)?);
    let Some((old, new)) = pair.0.zip(pair.1) else {
        return Ok(());
    };
    if let Some(reason) = refusal(tx, &old, &new)? {
        log::info!("{} did not move to {}: {reason}", old.uri, new.uri);
        return Ok(());
    }
    moves::set(tx, from, target, Timestamp::now())?;
    take_along(tx, &old, &new)
}

/// Why the first cannot move to the second.
fn refusal(tx: &Tx, old: &AccountRow, new: &AccountRow) -> Result<Option<&'static str>> {
    let since = moves::moved_at(tx, old.id)?;
    Ok(if old.id == new.id {
        Some("An account does not move to itself")
    } else if new.hidden {
        Some("The new account is not there")
    } else if accounts::moved_to(tx, new.id)?.is_some() {
        Some("The new account has moved itself")
    } else if !moves::aliases(tx, new.id)?.contains(&old.uri) {
        Some("The new account does not name this one as its alias")
    } else if since > Some(Timestamp::now().minus(SETTLED)) {
        Some("An account moves once a week at most")
    } else {
        None
    })
}

/// Those here who follow the old account follow the new one, as they followed the old; whoever does not want that, or has it
/// blocked, is only told.
fn take_along(tx: &Tx, old: &AccountRow, new: &AccountRow) -> Result<()> {
    for follow in moves::local_followers(tx, old.id)? {
        let me = follow.account;
        let unwanted = blocks::exists(tx, me, new.id)?
            || blocks::exists(tx, new.id, me)?
            || blocks::is_host_blocked(tx, me, &new.host)?;
        if follow.goes_along && !unwanted && me != new.id {
            if follow_rows::find(tx, me, new.id)?.is_none() {
                let options = Options {
                    reblogs: Some(follow.show_reblogs),
                    notify: follow.subscribed.then_some(true),
                    languages: follow.languages,
                };
                follows::follow(tx, me, new.id, &options)?;
            }
            follows::unfollow(tx, me, old.id)?;
        }
        if !unwanted {
            notifications::push(tx, Kind::Move, me, old.id, None, None)?;
        }
    }
    Ok(())
}
