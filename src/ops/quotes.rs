//! Quotes: who may quote what, and an author's second thoughts (FEP-044f, mastodon-api 2.5).

use crate::config::BaseUrl;
use crate::db::quotes::{self, NewQuote, QuotePolicy, QuoteState};
use crate::db::statuses::{StatusRow, by_ids, by_uri, owned_by, target};
use crate::db::visibility::Visibility;
use crate::db::{Tx, blocks, follows};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{self, AccountId, StatusId};
use crate::ops::notifications::{self, Kind};
use crate::ops::outgoing::{self, Outgoing, QuoteAnswer};

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
    let quote = NewQuote {
        of: Some(quoted.id),
        uri: quoted.uri,
        state: match is_asked {
            true => QuoteState::Pending,
            false => QuoteState::Accepted,
        },
        authorization: quoted.local.then(|| new_authorization(base)),
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

/// What a post from elsewhere says that it quotes.
#[derive(Clone, Debug)]
pub struct RemoteQuote {
    /// The id of that.
    pub uri: String,
    /// The id of the consent, checked with its author's server.
    pub authorization: Option<String>,
}

/// The id of the request to quote what a status of ours quotes.
pub fn request_id(status: &str) -> String {
    format!("{status}{REQUEST}")
}

const REQUEST: &str = "#quote-request";

/// The id of the status whose quote was asked for by the request of that id.
pub fn of_request(request: &str) -> Option<&str> {
    request.strip_suffix(REQUEST)
}

/// What a post of `author` elsewhere quotes, and whether that may be shown: with the consent of who wrote it, or where that
/// needs none. What is not known here has to wait.
pub fn from_elsewhere(tx: &Tx, author: AccountId, quote: &RemoteQuote) -> Result<NewQuote> {
    let quoted = by_uri(tx, &quote.uri)?.filter(|row| row.reblog_of.is_none());
    let is_granted = quote.authorization.is_some();
    let state = match &quoted {
        None => QuoteState::Pending,
        Some(row) if row.account == author => QuoteState::Accepted,
        Some(row) if row.visibility > Visibility::Unlisted => QuoteState::Rejected,
        Some(row) if row.local => match grants(tx, row, author)? {
            true => QuoteState::Accepted,
            false => QuoteState::Rejected,
        },
        Some(row) => match row.quote_policy {
            None | Some(QuotePolicy::Public) => QuoteState::Accepted,
            Some(_) if is_granted => QuoteState::Accepted,
            Some(_) => QuoteState::Pending,
        },
    };
    let of_ours = quoted.as_ref().is_some_and(|row| row.local);
    Ok(NewQuote {
        of: quoted.map(|row| row.id),
        uri: quote.uri.clone(),
        state,
        // Ours are given by ourselves.
        authorization: quote.authorization.clone().filter(|_| !of_ours),
    })
}

/// Whether the author of a status of ours lets somebody quote it.
fn grants(tx: &Tx, quoted: &StatusRow, who: AccountId) -> Result<bool> {
    let is_open = matches!(quoted.visibility, Visibility::Public | Visibility::Unlisted);
    Ok(is_open
        && !blocks::exists(tx, quoted.account, who)?
        && !blocks::exists(tx, who, quoted.account)?
        && is_allowed(tx, quoted, who)?)
}

/// A post from elsewhere says anew what it quotes. What an author here decided stays decided.
pub fn requoted(tx: &Tx, row: &StatusRow, quote: Option<&RemoteQuote>) -> Result<()> {
    let old = quotes::of_status(tx, row.id)?;
    let Some(quote) = quote else {
        return match old {
            // What is not granted is not told.
            Some(old) if old.state == QuoteState::Accepted => quotes::clear(tx, row.id),
            _ => Ok(()),
        };
    };
    match old {
        Some(old)
            if old.uri == quote.uri && old.of.is_some() && old.state != QuoteState::Pending =>
        {
            Ok(())
        }
        _ => {
            quotes::clear(tx, row.id)?;
            let new = from_elsewhere(tx, row.account, quote)?;
            add(tx, row.id, row.account, &new)
        }
    }
}

/// A post from elsewhere that came without a quote is meant to have one, as whoever wrote it says when asking for consent.
pub fn meant(tx: &Tx, author: AccountId, quoting: &str, quote: Option<&RemoteQuote>) -> Result<()> {
    match by_uri(tx, quoting)?.filter(|row| row.account == author && !row.local) {
        Some(row) if quotes::of_status(tx, row.id)?.is_none() => {
            tx.emit(Event::Edited(row.id));
            requoted(tx, &row, quote)
        }
        _ => Ok(()),
    }
}

/// Somebody elsewhere asks to quote a status of ours by the post of that id, which is stored by now: the author's policy
/// answers.
pub fn requested(
    tx: &Tx,
    base: &BaseUrl,
    quoted: &StatusRow,
    from: AccountId,
    quoting: &str,
    request: &str,
) -> Result<()> {
    let post = by_uri(tx, quoting)?.filter(|row| row.account == from);
    let quote = match &post {
        Some(post) => quotes::of_status(tx, post.id)?.filter(|quote| quote.uri == quoted.uri),
        None => None,
    };
    let is_granted = grants(tx, quoted, from)?;
    let quote = quote.filter(|quote| is_granted && quote.state != QuoteState::Revoked);
    let mut result = None;
    if let Some(quote) = quote {
        let consent = quote
            .authorization
            .unwrap_or_else(|| new_authorization(base));
        quotes::decide(tx, quote.status, QuoteState::Accepted, Some(&consent))?;
        if quote.state != QuoteState::Accepted {
            tell(tx, quote.status, from, quoted.id)?;
            tx.emit(Event::Edited(quote.status));
        }
        result = Some(consent);
    }
    outgoing::push(
        tx,
        &Outgoing::AnswerQuote(QuoteAnswer {
            account: quoted.account,
            asker: from,
            request: request.to_owned(),
            quoted: quoted.uri.clone(),
            quoting: quoting.to_owned(),
            result,
        }),
    )
}

/// The author of what a status of ours quotes answers: with the consent, or not.
pub fn answered(
    tx: &Tx,
    quoting: &StatusRow,
    by: AccountId,
    consent: Option<Option<&str>>,
) -> Result<()> {
    let quote = quotes::of_status(tx, quoting.id)?.filter(|quote| quote.author == Some(by));
    let Some(quote) = quote.filter(|_| quoting.local) else {
        return Ok(());
    };
    let is_shown = quote.state == QuoteState::Accepted;
    match consent {
        Some(authorization) if quote.state == QuoteState::Pending => {
            quotes::decide(tx, quoting.id, QuoteState::Accepted, authorization)?;
        }
        None if is_shown || quote.state == QuoteState::Pending => {
            quotes::decide(tx, quoting.id, QuoteState::Rejected, None)?;
        }
        _ => return Ok(()),
    }
    tx.emit(Event::Edited(quoting.id));
    outgoing::revised(tx, quoting)
}

/// The author of what a status quotes takes the consent back, elsewhere.
pub fn withdrawn(tx: &Tx, quoting: StatusId, by: AccountId) -> Result<()> {
    let quote = quotes::of_status(tx, quoting)?.filter(|quote| quote.author == Some(by));
    let (Some(_), Some(row)) = (quote, by_ids(tx, &[quoting])?.pop()) else {
        return Ok(());
    };
    quotes::decide(tx, quoting, QuoteState::Revoked, None)?;
    tx.emit(Event::Edited(quoting));
    outgoing::revised(tx, &row)
}

fn new_authorization(base: &BaseUrl) -> String {
    base.join(&format!("/quote_authorizations/{}", ids::uuid()))
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
    let quote = quotes::of_status(tx, quoting.id)?;
    quotes::decide(tx, quoting.id, QuoteState::Revoked, None)?;
    if let Some(authorization) = quote.and_then(|quote| quote.authorization) {
        let quoter = quoting.account;
        outgoing::push_if_remote(tx, me, &[quoter], true, || Outgoing::RevokeQuote {
            account: me,
            authorization,
            quoter,
        })?;
    }
    outgoing::revised(tx, &quoting)?;
    notifications::withdraw(tx, Kind::Quote, me, quoting.account, Some(quoting.id), None)?;
    tx.emit(Event::Edited(quoting.id));
    Ok(())
}

/// Says who may quote a status of `me` from now on.
pub fn set_policy(tx: &Tx, me: AccountId, id: StatusId, policy: QuotePolicy) -> Result<()> {
    let row = owned_by(tx, me, id)?;
    if row.reblog_of.is_some() {
        return Err(Error::record());
    }
    quotes::set_policy(tx, id, policy)?;
    outgoing::revised(tx, &row)
}
