//! One document, with every check that its id demands (federation.md 7.1).

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use serde_json::Value;
use url::Url;

use super::{Budget, Failure, Resolved};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::hosts;
use crate::fed::documents::ACCEPT;
use crate::fed::fetch::{Answer, FetchError, HopHeaders, Limits, Request};
use crate::fed::keys::Signer;
use crate::fed::policy;
use crate::fed::signature::{self, Outgoing, Variant};
use crate::fed::wire;

/// What could not be had a while ago, so that it is not asked for again and again. In memory: after a restart once more.
pub struct Failures(Cache<String, (Instant, u32)>);

impl Default for Failures {
    fn default() -> Failures {
        Failures(Cache::new(2000))
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

impl Failures {
    fn check(&self, url: &str) -> Resolved<()> {
        match self.0.get(url) {
            Some((until, _)) if Instant::now() < until => {
                Err(Failure::refused("it could not be had a while ago"))
            }
            _ => Ok(()),
        }
    }

    fn note(&self, url: &str, failure: &Failure, status: Option<u16>) {
        let before = self.0.get(url).map_or(0, |(_, times)| times);
        let pause = match (failure, status) {
            (Failure::Ours(_), _) => return,
            (Failure::Gone, _) => DAY,
            (_, Some(401 | 403)) => 60 * MINUTE,
            _ => (10 * MINUTE * 2_u32.pow(before.min(8))).min(DAY),
        };
        self.0
            .insert(url.to_owned(), (Instant::now() + pause, before + 1));
    }

    /// Somebody wants to know anew.
    pub fn forget(&self, url: &str) {
        self.0.remove(url);
    }
}

/// Fetches the document of that id. What comes back says it is that id, and comes from the id's own host.
pub fn document(app: &App, id: &str, budget: &Budget) -> Resolved<Value> {
    app.fed().failures.check(id)?;
    let mut status = None;
    let fetched = fetch_checked(app, id, budget, &mut status);
    if let Err(failure) = &fetched {
        app.fed().failures.note(id, failure, status);
    }
    fetched
}

/// Fetches a page of a collection: its address is no id, but it comes from that host, or nothing does.
pub fn page(app: &App, address: &str, budget: &Budget) -> Resolved<Value> {
    let (url, found) = fetch(app, address, budget, &mut None)?;
    match wire::host(&url) == wire::host_of(address) {
        true => Ok(found),
        false => Err(Failure::refused("the page comes from another host")),
    }
}

fn fetch_checked(
    app: &App,
    id: &str,
    budget: &Budget,
    status: &mut Option<u16>,
) -> Resolved<Value> {
    let (url, found) = fetch(app, id, budget, status)?;
    let own = wire::id_of(&found).ok_or_else(|| Failure::refused("the document has no id"))?;
    if wire::same_id(own, url.as_str()) {
        return Ok(found);
    }
    // It was asked for under another address, or says so: its own id decides, once.
    if wire::host_of(own) != wire::host(&url) {
        return Err(Failure::refused("the document says it is of another host"));
    }
    let own = own.to_owned();
    let (url, found) = fetch(app, &own, budget, status)?;
    match wire::id_of(&found) {
        Some(again) if wire::same_id(again, url.as_str()) && wire::same_id(again, &own) => {
            Ok(found)
        }
        _ => Err(Failure::refused("the document is not what its id leads to")),
    }
}

/// Nobody asks a server that is not spoken with.
pub(super) fn refuse_unwanted(app: &App, host: &str) -> Resolved<()> {
    match policy::refuses(app, host)? {
        true => Err(Failure::refused("the server is not spoken with")),
        false => Ok(()),
    }
}

/// One signed request, its answer judged but for the id.
fn fetch(
    app: &App,
    address: &str,
    budget: &Budget,
    status: &mut Option<u16>,
) -> Resolved<(Url, Value)> {
    budget.take()?;
    let host = wire::host_of(address).ok_or_else(|| Failure::refused("not an address"))?;
    if host == app.base().authority() {
        return Err(Failure::refused("an id of our own is not fetched"));
    }
    refuse_unwanted(app, &host)?;
    let known = app.db().read(|db| hosts::get(db, &host))?;
    if known.retry_at.is_some_and(|at| at > Timestamp::now()) {
        return Err(Failure::Temporary(
            "the server wants to be left alone".into(),
        ));
    }
    let limits = budget.within(Limits::DOCUMENT);
    let answer = signed(app, address, &host, known.signature, limits)?;
    *status = Some(answer.head.status);
    match answer.head.status {
        200 => {}
        404 | 410 => return Err(Failure::Gone),
        429 | 503 => {
            let pause = answer.head.retry_after().unwrap_or(5 * MINUTE).min(DAY);
            let until = Timestamp::now().plus(pause);
            app.db().write(|tx| hosts::wait_until(tx, &host, until))?;
            return Err(Failure::Temporary("the server is busy".into()));
        }
        status @ (400..=407 | 411..=499) => {
            return Err(Failure::refused(format!("the server answered {status}")));
        }
        status => {
            return Err(Failure::Temporary(format!("the server answered {status}")));
        }
    }
    if !is_activity_json(answer.head.header("content-type").unwrap_or_default()) {
        return Err(Failure::refused("the answer is no ActivityPub document"));
    }
    let document =
        wire::parse(&answer.body).map_err(|_| Failure::refused("the document cannot be read"))?;
    if known.fails > 0 {
        app.db().write(|tx| hosts::succeeded(tx, &host))?;
    }
    Ok((answer.head.url, document))
}

/// Asks as the instance actor. A server that refuses the signature is asked once more with the other standard; one that
/// stumbles over it, once without.
fn signed(
    app: &App,
    address: &str,
    host: &str,
    remembered: Option<(String, Timestamp)>,
    limits: Limits,
) -> Result<Answer, Failure> {
    let key = app.fed().keys.own(app, Signer::Instance)?;
    let ask = |variant: Option<Variant>, without_query: bool| -> Result<Answer, FetchError> {
        let headers: HopHeaders = &|url| {
            let outgoing = Outgoing {
                url,
                body: None,
                without_query,
            };
            let variant = variant.unwrap_or(Variant::Cavage);
            signature::sign(&key.private, variant, &outgoing, Timestamp::now()).unwrap_or_default()
        };
        let request = Request::get(address, ACCEPT, limits);
        match variant {
            Some(_) => app.client().send(&request.hop_headers(headers)),
            None => app.client().send(&request),
        }
    };
    let first = signature::remembered(remembered);
    let answer = ask(Some(first), false)?;
    match answer.head.status {
        401 if address.contains('?') => Ok(ask(Some(first), true)?),
        401 | 403 => {
            let second = ask(Some(first.other()), false)?;
            if second.head.status == 200 {
                let name = first.other().name();
                app.db().write(|tx| hosts::took_signature(tx, host, name))?;
            }
            Ok(second)
        }
        500 | 502 => Ok(ask(None, false)?),
        _ => Ok(answer),
    }
}

/// Exactly ActivityPub's media types: uploads are served with others (security.md F3).
fn is_activity_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    match media_type.as_str() {
        "application/activity+json" => true,
        "application/ld+json" => parts
            .find_map(|part| part.strip_prefix("profile="))
            .is_none_or(|profile| {
                let profile = profile.trim_matches('"');
                profile
                    .split_ascii_whitespace()
                    .any(|one| one == "https://www.w3.org/ns/activitystreams")
            }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_activitypub_is_taken_for_it() {
        for fine in [
            "application/activity+json",
            "Application/Activity+JSON; charset=utf-8",
            "application/ld+json",
            "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
            "application/ld+json; charset=utf-8; profile=\"a https://www.w3.org/ns/activitystreams\"",
        ] {
            assert!(is_activity_json(fine), "{fine}");
        }
        for other in [
            "application/json",
            "text/html",
            "application/ld+json; profile=\"https://other.example\"",
            "application/octet-stream",
            "",
        ] {
            assert!(!is_activity_json(other), "{other}");
        }
    }

    #[test]
    fn what_failed_is_left_alone_for_longer_each_time() {
        let failures = Failures::default();
        let url = "https://a.example/1";
        assert!(failures.check(url).is_ok());
        failures.note(url, &Failure::Temporary("x".into()), Some(500));
        assert!(failures.check(url).is_err());
        let first = failures.0.get(url).unwrap().0;
        failures.note(url, &Failure::Temporary("x".into()), Some(500));
        assert!(failures.0.get(url).unwrap().0 > first + 5 * MINUTE);
        failures.forget(url);
        assert!(failures.check(url).is_ok());
    }
}
