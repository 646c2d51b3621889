//! Search: accounts, statuses and hashtags by words, or the one thing that an address names.

use rusqlite::Connection;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use crate::db::account_search::{self, Query};
use crate::db::status_search;
use crate::db::{accounts, statuses, tags};
use crate::error::Result;
use crate::fed::resolve::{self, Found};
use crate::ids::{AccountId, StatusId};
use crate::ops;
use crate::text::query;
use crate::views::View;
use crate::views::search as entity;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// What is looked for.
struct Search {
    typed: String,
    kind: Option<String>,
    author: Option<AccountId>,
    following: bool,
    limit: i64,
    offset: i64,
    /// What the address typed leads to elsewhere, where that was asked.
    elsewhere: Option<Found>,
}

/// Ids and names of what was found.
#[derive(Default)]
struct Matches {
    accounts: Vec<AccountId>,
    statuses: Vec<StatusId>,
    hashtags: Vec<String>,
}

/// `GET /api/v2/search`
pub fn v2(cx: &Ctx) -> Result<Reply> {
    let search = Search::prepared(cx)?;
    cx.app.db().read(|db| {
        let found = search.run(cx, db)?;
        let view = cx.view(db);
        Reply::json(&entity::Found {
            accounts: accounts_json(cx, &view, &found.accounts)?,
            statuses: view.statuses(&found.statuses)?,
            hashtags: view.tags(&found.hashtags)?,
        })
    })
}

/// `GET /api/v1/search`: hashtags are mere names.
pub fn v1(cx: &Ctx) -> Result<Reply> {
    let search = Search::prepared(cx)?;
    cx.app.db().read(|db| {
        let found = search.run(cx, db)?;
        let view = cx.view(db);
        Reply::json(&json!({
            "accounts": view.accounts(&found.accounts)?,
            "statuses": view.statuses(&found.statuses)?,
            "hashtags": found.hashtags,
        }))
    })
}

impl Search {
    fn of(cx: &Ctx) -> Result<Search> {
        let following = cx.params.text("following");
        Ok(Search {
            typed: cx.require("q")?.trim().to_owned(),
            kind: cx.params.nonempty("type").map(|kind| kind.into_owned()),
            author: cx.optional_id("account_id"),
            // Some clients put another parameter's word here: only a boolean counts (mastodon-api 1.5).
            following: matches!(following.as_deref(), Some("true" | "1" | "on" | "t")),
            limit: cx.page(20, 40).limit,
            offset: cx.params.int("offset").ok().flatten().unwrap_or(0).max(0),
            elsewhere: None,
        })
    }

    /// With everything had that a search needs beforehand.
    fn prepared(cx: &Ctx) -> Result<Search> {
        let mut search = Search::of(cx)?;
        search.look_elsewhere(cx);
        if cx.viewer().is_some() && search.wants("statuses") {
            ops::status_search::make_ready(cx.app.db())?;
        }
        Ok(search)
    }

    /// With `resolve`, a handle or an address that is not of this server is asked for where it leads; what is had is then
    /// found as if it had been known.
    fn look_elsewhere(&mut self, cx: &Ctx) {
        if cx.viewer().is_some() && cx.params.bool("resolve").unwrap_or(false) {
            self.elsewhere = resolve::asked(cx.app, &self.typed);
        }
    }

    /// Whether things of that kind are wanted.
    fn wants(&self, kind: &str) -> bool {
        self.kind.as_deref().is_none_or(|wanted| wanted == kind)
    }

    fn run(&self, cx: &Ctx, db: &Connection) -> Result<Matches> {
        let is_address = self.typed.starts_with("https://") || self.typed.starts_with("http://");
        let mut found = Matches::default();
        if self.wants("accounts") {
            found.accounts = match is_address {
                true => self.account_at(cx, db)?,
                false => self.accounts(cx, db)?,
            };
        }
        if self.wants("statuses") {
            found.statuses = match is_address {
                true => self.status_at(cx, db)?,
                false => self.statuses(cx, db)?,
            };
        }
        if self.wants("hashtags") && !is_address {
            found.hashtags = self.hashtags(cx, db)?;
        }
        Ok(found)
    }

    fn accounts(&self, cx: &Ctx, db: &Connection) -> Result<Vec<AccountId>> {
        let Some(query) = Query::parse(&self.typed, cx.app.base()) else {
            return Ok(Vec::new());
        };
        let following = self.following && cx.viewer().is_some();
        let mut found =
            account_search::find(db, cx.viewer(), &query, following, self.limit, self.offset)?;
        // A handle may lead to somebody who goes by another one.
        if let Some(Found::Account(id)) = self.elsewhere
            && !following
            && self.offset == 0
            && !found.contains(&id)
            && accounts::by_id(db, id)?.is_some_and(|account| !account.hidden)
        {
            found.insert(0, id);
            found.truncate(self.limit.unsigned_abs() as usize);
        }
        Ok(found)
    }

    /// The account that an address names: its page here, or its ActivityPub id wherever it lives.
    fn account_at(&self, cx: &Ctx, db: &Connection) -> Result<Vec<AccountId>> {
        let found = match (profile_name(cx, &self.typed), &self.elsewhere) {
            (Some(name), _) => accounts::by_handle(db, name, "")?,
            (None, Some(Found::Account(id))) => accounts::by_id(db, *id)?,
            (None, _) => accounts::by_uri(db, &self.typed)?,
        };
        let shown = found.filter(|account| !account.hidden);
        Ok(shown.into_iter().map(|account| account.id).collect())
    }

    /// Strangers search no texts: what is public can be read, but not combed through.
    fn statuses(&self, cx: &Ctx, db: &Connection) -> Result<Vec<StatusId>> {
        let query = query::Query::parse(&self.typed);
        let Some(viewer) = cx.viewer().filter(|_| !query.is_empty()) else {
            return Ok(Vec::new());
        };
        let author = match &query.from {
            Some(name) => match author(cx, db, viewer, name)? {
                Some(author) if self.author.is_none_or(|other| other == author) => Some(author),
                _ => return Ok(Vec::new()),
            },
            None => self.author,
        };
        let search = status_search::Search {
            viewer,
            query: &query,
            author,
            limit: self.limit,
            offset: self.offset,
        };
        status_search::find(db, &search)
    }

    /// The status that an address names: its page here, or its ActivityPub id wherever it lives.
    fn status_at(&self, cx: &Ctx, db: &Connection) -> Result<Vec<StatusId>> {
        let page = below_base(cx, &self.typed).and_then(|path| path.strip_prefix("/notice/"));
        let id = match (page.and_then(|id| id.parse().ok()), &self.elsewhere) {
            (Some(id), _) => Some(id),
            (None, Some(Found::Status(id))) => Some(*id),
            (None, _) => status_search::by_uri(db, &self.typed)?,
        };
        statuses::visible_among(db, cx.viewer(), id.as_slice())
    }

    fn hashtags(&self, cx: &Ctx, db: &Connection) -> Result<Vec<String>> {
        let name = self.typed.strip_prefix('#').unwrap_or(&self.typed);
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Ok(Vec::new());
        }
        tags::beginning_with(db, cx.viewer(), name, self.limit, self.offset)
    }
}

/// Whom `from:` names.
fn author(cx: &Ctx, db: &Connection, me: AccountId, name: &str) -> Result<Option<AccountId>> {
    if name == "me" {
        return Ok(Some(me));
    }
    let (username, host) = name.split_once('@').unwrap_or((name, ""));
    let (base, host) = (cx.app.base(), host.to_lowercase());
    let found = match host.is_empty() || base.is_own(&host) {
        true => accounts::by_handle(db, &username.to_lowercase(), "")?,
        false => accounts::by_handle(db, username, &host)?,
    };
    Ok(found.map(|account| account.id))
}

/// Accounts, with the caller's relationships to them on request.
fn accounts_json(cx: &Ctx, view: &View, ids: &[AccountId]) -> Result<Box<RawValue>> {
    let related = cx.viewer().is_some() && cx.params.bool("with_relationships").unwrap_or(false);
    Ok(match related {
        true => to_raw_value(&view.related_accounts(ids)?)?,
        false => to_raw_value(&view.accounts(ids)?)?,
    })
}

/// The path of an address of ours.
fn below_base<'a>(cx: &Ctx, address: &'a str) -> Option<&'a str> {
    address.strip_prefix(cx.app.base().as_str())
}

/// The name in the address of a profile of ours.
fn profile_name<'a>(cx: &Ctx, address: &'a str) -> Option<&'a str> {
    let path = below_base(cx, address)?;
    let name = path
        .strip_prefix("/users/")
        .or_else(|| path.strip_prefix("/@"))?;
    crate::auth::names::is_username(name).then_some(name)
}
