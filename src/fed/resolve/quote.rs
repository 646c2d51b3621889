//! What posts quote, and the consent to that (FEP-044f).

use serde_json::Value;

use super::object::{known, read};
use super::{Budget, Failure, Resolved, document};
use crate::app::App;
use crate::db::accounts;
use crate::db::statuses;
use crate::fed::wire;
use crate::ops::quotes::RemoteQuote;
use crate::ops::remote_statuses::{self, RemotePost};

/// Fetches what a post quotes, but not what that quotes in turn, so that a chain or a circle of quotes ends; and checks the
/// consent that the post names. What cannot be had, and a consent that is none, is left out.
pub fn quotation(app: &App, post: &mut RemotePost, budget: &Budget) -> Resolved<()> {
    let Some(quote) = &mut post.quote else {
        return Ok(());
    };
    forgiven(quoted(app, quote, budget))?;
    if let Some(consent) = quote.authorization.take() {
        let is_ours = wire::host_of(&consent).as_deref() == Some(app.base().authority());
        if is_ours || is_granted(app, &consent, &post.uri, &quote.uri, budget)? {
            quote.authorization = Some(consent);
        }
    }
    Ok(())
}

fn quoted(app: &App, quote: &RemoteQuote, budget: &Budget) -> Resolved<()> {
    if known(app, &quote.uri)?.is_some() {
        return Ok(());
    }
    let found = read(app, &document(app, &quote.uri, budget)?, budget)?;
    app.db()
        .write(|tx| remote_statuses::store(tx, found.author, &found.post, None))?;
    Ok(())
}

/// Whether that consent is what it says: by the author of what is quoted, for this post and that one.
fn is_granted(
    app: &App,
    consent: &str,
    quoting: &str,
    quoted: &str,
    budget: &Budget,
) -> Resolved<bool> {
    if !wire::same_host(consent, quoted) {
        return Ok(false);
    }
    let Some(document) = forgiven(document(app, consent, budget))? else {
        return Ok(false);
    };
    let author = app.db().read(|db| {
        let row = statuses::by_uri(db, quoted)?;
        match row {
            Some(row) => accounts::uris(db, &[row.account]),
            None => Ok(Vec::new()),
        }
    })?;
    let says = |name: &str| wire::id_of(wire::get(&document, name));
    Ok(is_consent(&document)
        && says("attributedTo") == author.first().map(String::as_str)
        && says("interactingObject") == Some(quoting)
        && says("interactionTarget") == Some(quoted))
}

fn is_consent(document: &Value) -> bool {
    let kinds = wire::many(wire::get(document, "type")).iter();
    kinds
        .filter_map(Value::as_str)
        .any(|kind| kind.ends_with("QuoteAuthorization"))
}

/// What is beside the point may fail.
fn forgiven<T>(found: Resolved<T>) -> Resolved<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Ours(error)) => Err(Failure::Ours(error)),
        Err(_) => Ok(None),
    }
}
