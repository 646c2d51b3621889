//! What a handler is given: the request decoded, the caller known, the house at hand.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use rusqlite::Connection;
use serde::Serialize;

use super::params::Params;
use super::reply::Reply;
use crate::app::App;
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::ops::sessions::{Session, Viewer};
use crate::views::View;

/// One request on its way through.
pub struct Ctx<'a> {
    /// The house.
    pub app: &'a App,
    /// The framework's request, for headers.
    pub request: &'a rouille::Request,
    /// As dispatched: after `_method`, with `HEAD` as `GET`.
    pub method: &'a str,
    /// Undecoded, without query.
    pub path: &'a str,
    /// The caller's address, behind trusted proxies the one they name.
    pub address: IpAddr,
    /// Every parameter, wherever it came from.
    pub params: Params,
    /// The body as it came, on rows that ask for it; empty on others.
    pub body: Vec<u8>,
    /// Who calls.
    pub session: Session,
}

impl Ctx<'_> {
    /// The calling user. Routes with `Access::User` or `Access::Admin` always have one, but for the admin secret.
    pub fn me(&self) -> Result<&Viewer> {
        self.session.viewer().ok_or(Error::InvalidCredentials)
    }

    /// The calling user's account, if there is one.
    pub fn viewer(&self) -> Option<AccountId> {
        self.session.viewer().map(|viewer| viewer.id)
    }

    /// How the caller sees the database.
    pub fn view<'v>(&'v self, db: &'v Connection) -> View<'v> {
        View {
            db,
            house: self.app.house(),
            viewer: self.viewer(),
            admin: self.session.viewer().is_some_and(|viewer| viewer.is_admin),
            with_muted: self.params.bool("with_muted").unwrap_or(false),
        }
    }

    /// An id parameter that names the thing itself: 404 when it cannot be one.
    pub fn id<I: FromStr>(&self, key: &str, noun: &'static str) -> Result<I> {
        self.params
            .text(key)
            .and_then(|text| text.parse().ok())
            .ok_or(Error::NotFound(noun))
    }

    /// An optional id parameter; what cannot be an id names nothing.
    pub fn optional_id<I: FromStr>(&self, key: &str) -> Option<I> {
        self.params.nonempty(key).and_then(|text| text.parse().ok())
    }

    /// A required text parameter: 400 when absent.
    pub fn require(&self, key: &'static str) -> Result<Cow<'_, str>> {
        self.params.text(key).ok_or(Error::MissingField(key))
    }

    /// Keyset paging parameters. `limit` is clamped, never refused.
    pub fn page(&self, default: i64, max: i64) -> Page {
        let limit = self.params.int("limit").ok().flatten().unwrap_or(default);
        Page {
            max_id: self.optional_id("max_id"),
            since_id: self.optional_id("since_id"),
            min_id: self.optional_id("min_id"),
            limit: limit.clamp(1, max),
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// A list with its `Link` header. `keys` are the ids of the paging rows, newest first; an empty page has no header.
    pub fn listed<K: Copy + Into<i64>>(
        &self,
        entities: &impl Serialize,
        keys: &[K],
    ) -> Result<Reply> {
        let reply = Reply::json(entities)?;
        Ok(match (keys.first(), keys.last()) {
            (Some(first), Some(last)) => {
                reply.header("Link", &self.link((*first).into(), (*last).into()))
            }
            _ => reply,
        })
    }

    /// The `Link` header's value: exactly the form that clients parse (mastodon-api 0.4).
    pub fn link(&self, newest: i64, oldest: i64) -> String {
        let mut kept = String::new();
        for pair in self
            .request
            .raw_query_string()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let key = pair.split('=').next().unwrap_or_default();
            if !matches!(key, "max_id" | "min_id" | "since_id" | "access_token") {
                // A raw comma would break the clients that split on it.
                kept.push_str(
                    &pair
                        .replace(',', "%2C")
                        .replace('<', "%3C")
                        .replace('>', "%3E")
                        .replace(';', "%3B"),
                );
                kept.push('&');
            }
        }
        let base = self.app.base();
        let path = self.path.replace(',', "%2C").replace(';', "%3B");
        format!(
            "<{base}{path}?{kept}max_id={oldest}>; rel=\"next\", <{base}{path}?{kept}min_id={newest}>; rel=\"prev\""
        )
    }
}
