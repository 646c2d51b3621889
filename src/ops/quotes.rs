//! Quotes: who may quote what, and an author's second thoughts (FEP-044f, mastodon-api 2.5).

use crate::config::BaseUrl;
use crate::db::quotes::{self, NewQuote, QuotePolicy, QuoteState};
use crate::db::statuses::{StatusRow, owned_by, target};
use crate::db::visibility::Visibility;
use crate::db::{Tx, follows};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{self, AccountId, StatusId};
use crate::ops::notifications::{self, Kind};

/// What a new post of `me` quotes, and how far it may reach then: no further than what it quotes.
pub fn find(
    tx: &Tx,
    base: &BaseUrl,
    me: AccountId,
    id: StatusId,
    visibility: Visibility,
) -> Result<(NewQuote, Visibility)> {
    let quoted = target(tx, me, id)?;
    let visibility = match quoted.visibility {
        Visibility::Private => visibility.max(Visibility::Private),
        _ => visibility,
    };
    let is_within_reach = match quoted.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => quoted.account == me && visibility != Visibility::Local,
        Visibility::Local => visibility == Visibility::Local,
        Visibility::Direct | Visibility::List => false,
    };
    if !is_within_reach || !is_allowed(tx, &quoted, me)? {
        return Err(Error::Forbidden("You may not quote this status".into()));
    }
    // Another server that says who may quote wants to be asked; one that says nothing knows no such thing.
    let is_asked = !quoted.local && quoted.quote_policy.is_some();
    let authorization = format!("/quote_authorizations/{}", ids::uuid());
    let quote = NewQuote {
        of: Some(quoted.id),
        uri: quoted.uri,
        state: match is_asked {
            true => QuoteState::Pending,
            false => QuoteState::Accepted,
        },
        authorization: quoted.local.then(|| base.join(&authorization)),
    };
    Ok((quote, visibility))
}

fn is_allowed(tx: &Tx, quoted: &StatusRow, me: AccountId) -> Result<bool> {
    Ok(match quoted.quote_policy {
        _ if quoted.account == me => true,
        None | Some(QuotePolicy::Public | QuotePolicy::Manual) => true,
        Some(QuotePolicy::Followers) => {
            follows::find(tx, me, quoted.account)?.is_some_and(|follow| !follow.pending)
        }
        Some(QuotePolicy::Nobody) => false,
    })
}

/// Hangs a quote on a new status, and tells the author of what it quotes.
pub fn add(tx: &Tx, status: StatusId, author: AccountId, quote: &NewQuote) -> Result<()> {
    quotes::set(tx, status, quote)?;
    match (quote.state, quote.of) {
        (QuoteState::Accepted, Some(quoted)) => tell(tx, status, author, quoted),
        _ => Ok(()),
    }
}

fn tell(tx: &Tx, status: StatusId, author: AccountId, quoted: StatusId) -> Result<()> {
    let rows = crate::db::statuses::by_ids(tx, &[quoted])?;
    match rows.first() {
        Some(row) => notifications::push(tx, Kind::Quote, row.account, author, Some(status), None),
        None => Ok(()),
    }
}

/// Takes back that `quoting` may show a status of `me`.
pub fn revoke(tx: &Tx, me: AccountId, id: StatusId, quoting: StatusId) -> Result<()> {
    owned_by(tx, me, id)?;
    let quoting = target(tx, me, quoting)?;
    if quoting.quote_of != Some(id) {
        return Err(Error::record());
    }
    quotes::decide(tx, quoting.id, QuoteState::Revoked, None)?;
    notifications::withdraw(tx, Kind::Quote, me, quoting.account, Some(quoting.id), None)?;
    tx.emit(Event::Edited(quoting.id));
    Ok(())
}

/// Says who may quote a status of `me` from now on.
pub fn set_policy(tx: &Tx, me: AccountId, id: StatusId, policy: QuotePolicy) -> Result<()> {
    if owned_by(tx, me, id)?.reblog_of.is_some() {
        return Err(Error::record());
    }
    quotes::set_policy(tx, id, policy)
}
