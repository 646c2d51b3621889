//! Follower synchronisation (FEP-8fcf, federation.md 9.6): with posts for followers goes a digest of who on the receiving server
//! follows; whoever counts otherwise asks for the list, so that follows which only one side knows of end.

use serde_json::Value;

use super::caller;
use super::documents::collection::Collection;
use super::documents::{self, Document};
use super::keys::Signer;
use super::resolve::{self, Budget, Failure, Resolved};
use super::wire::{self, Class};
use crate::app::App;
use crate::auth::secret;
use crate::db::deliveries::DeliveryRow;
use crate::db::visibility::Visibility;
use crate::db::{accounts, follows, remote_accounts, statuses};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::follower_sync::{self, Comparison};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// The header.
pub const HEADER: &str = "collection-synchronization";

/// The header of a delivery, if it carries a post for followers.
pub fn header(app: &App, row: &DeliveryRow) -> Result<Option<String>> {
    let (Signer::Account(account), Some(status), Some(origin)) =
        (row.signer, row.status, origin(&row.inbox))
    else {
        return Ok(None);
    };
    app.db().read(|db| {
        let status = statuses::by_ids(db, &[status])?.pop();
        if status.is_none_or(|status| status.visibility != Visibility::Private) {
            return Ok(None);
        }
        let Some(me) = accounts::by_id(db, account)? else {
            return Ok(None);
        };
        let digest = digest(&follows::followers_at(db, account, origin)?);
        let own = me.uri;
        Ok(Some(format!(
            "collectionId=\"{own}/followers\", url=\"{own}/followers_synchronization\", digest=\"{digest}\""
        )))
    })
}

/// Scheme and host of an address.
fn origin(address: &str) -> Option<&str> {
    let start = address.find("://")? + 3;
    let end = address[start..]
        .find('/')
        .map_or(address.len(), |at| start + at);
    Some(&address[..end])
}

/// All SHA-256 of the ids, added without carry.
fn digest(uris: &[String]) -> String {
    let mut sum = [0_u8; 32];
    for uri in uris {
        for (total, byte) in sum.iter_mut().zip(secret::digest(uri)) {
            *total ^= byte;
        }
    }
    data_encoding::HEXLOWER.encode(&sum)
}

/// `GET /users/{name}/followers_synchronization`: of the followers those on the caller's own server; 401 for strangers.
pub fn show(cx: &Ctx) -> Result<Reply> {
    let account = match super::actors::find(cx)? {
        super::actors::Found::Gone(reply) => return Ok(reply),
        super::actors::Found::Here(account) => account,
    };
    let unsigned = || Error::Status(401, "Requests for this must be signed".into());
    let caller = caller::proved(cx)?.ok_or_else(unsigned)?;
    let listed = cx.app.db().read(|db| {
        let caller = accounts::uris(db, &[caller])?.pop().unwrap_or_default();
        match origin(&caller) {
            Some(origin) => follows::followers_at(db, account.id, origin),
            None => Ok(Vec::new()),
        }
    })?;
    let own = format!("{}/followers_synchronization", account.uri);
    documents::reply(cx, &Document::new(Collection::whole(own, listed)))
}

/// Looks at the header of a delivery that was signed by that account; where it says otherwise than we know, the list is asked
/// for in the background.
pub fn compare(app: &App, signer: AccountId, header: &str) -> Result<()> {
    let value = |name: &str| {
        let mut parts = header
            .split(',')
            .filter_map(|part| part.trim().split_once('='));
        parts
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim_matches('"'))
    };
    let (Some(collection), Some(url), Some(theirs)) =
        (value("collectionId"), value("url"), value("digest"))
    else {
        return Ok(());
    };
    let differs = app.db().read(|db| {
        let Some(who) = remote_accounts::by_id(db, signer)? else {
            return Ok(false);
        };
        let is_own =
            who.followers_uri.as_deref() == Some(collection) && wire::same_host(url, &who.uri);
        let ours = follows::local_followers(db, signer)?;
        let ours: Vec<String> = ours.into_iter().map(|(_, uri)| uri).collect();
        Ok(is_own && !digest(&ours).eq_ignore_ascii_case(theirs))
    })?;
    match differs {
        true => app.db().write(|tx| {
            let url = url.to_owned();
            follower_sync::ask(
                tx,
                &Comparison {
                    account: signer,
                    url,
                },
            )
        }),
        false => Ok(()),
    }
}

/// Asks for the list, and ends what only one side knows of.
pub fn settle(app: &App, comparison: &Comparison) -> Resolved<()> {
    let account = comparison.account;
    app.fed().failures.forget(&comparison.url);
    let list = resolve::document(app, &comparison.url, &Budget::background())?;
    if wire::type_of(&list).0 != Class::Collection || !wire::get(&list, "first").is_null() {
        return Err(Failure::Refused("the list of followers is none".into()));
    }
    let items = ["orderedItems", "items"]
        .iter()
        .map(|name| wire::get(&list, name))
        .find(|items| !items.is_null())
        .unwrap_or(&Value::Null);
    let listed = wire::ids(items);
    if listed.len() >= wire::MAX_IDS {
        return Err(Failure::Refused("the list of followers is too long".into()));
    }
    let listed: Vec<String> = listed.into_iter().map(str::to_owned).collect();
    app.db()
        .write(|tx| follower_sync::settle(tx, account, &listed))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_the_order_and_is_its_own_undoing() {
        let (one, other) = (
            "https://a.example/users/a".to_owned(),
            "https://a.example/users/b".to_owned(),
        );
        assert_eq!(digest(&[]), "0".repeat(64));
        assert_eq!(
            digest(&[one.clone(), other.clone()]),
            digest(&[other.clone(), one.clone()])
        );
        assert_eq!(digest(&[one.clone(), other.clone(), one]), digest(&[other]));
    }

    #[test]
    fn the_origin_of_an_address_is_scheme_and_host() {
        assert_eq!(
            origin("https://a.example:8443/inbox"),
            Some("https://a.example:8443")
        );
        assert_eq!(origin("https://a.example"), Some("https://a.example"));
        assert_eq!(origin("acct:a@a.example"), None);
    }
}
