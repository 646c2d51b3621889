//! Grouped notifications, and how many there are to read.

use rusqlite::Connection;
use serde_json::json;

use super::notifications::filter;
use crate::db::notifications::listing::{self, Filter, NotificationRow};
use crate::db::notifications::{Kind, policy};
use crate::db::page::Page;
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, NotificationId};
use crate::views::notification_group::{Group, Members};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Notifications read for each group of a page.
const PER_GROUP: i64 = 5;
/// Members of one group that are counted and shown at most.
const LARGEST_GROUP: i64 = 1000;

/// `GET /api/v2/notifications`. A group's members beyond the page stand, under the same key, on the next.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, filter, page) = (cx.me()?.id, filter(cx)?, cx.page(40, 80));
    let grouped = grouped(cx);
    let wide = Page {
        limit: page.limit * PER_GROUP,
        ..page
    };
    let (keys, shown) = cx.app.db().read(|db| {
        let mut rows = listing::list(db, me, &filter, &wide)?;
        if page.upwards() {
            rows.reverse();
        }
        let mut groups = gathered(rows, &grouped, page.limit as usize);
        if page.upwards() {
            groups.reverse();
            groups.iter_mut().for_each(|(_, rows)| rows.reverse());
        }
        let mut keys: Vec<NotificationId> = groups
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| row.id)
            .collect();
        keys.sort_unstable_by(|one, other| other.cmp(one));
        Ok((keys, cx.view(db).notification_groups(groups)?))
    })?;
    cx.listed(&shown, &keys)
}

/// The kinds to group: all that can be, unless the client names some.
fn grouped(cx: &Ctx) -> Vec<Kind> {
    let named = cx.params.list("grouped_types");
    let mut kinds = Group::KINDS.to_vec();
    if cx.params.has("grouped_types") {
        kinds.retain(|kind| named.iter().any(|name| name == kind.name()));
    }
    kinds
}

/// Gathers notifications into groups, in the order of their first; ends before the group that is one too many.
fn gathered(rows: Vec<NotificationRow>, grouped: &[Kind], most: usize) -> Vec<Members> {
    let mut groups: Vec<Members> = Vec::new();
    for row in rows {
        let group = Group::of(&row, grouped);
        match groups.iter().position(|(known, _)| *known == group) {
            Some(known) => groups[known].1.push(row),
            None if groups.len() == most => break,
            None => groups.push((group, vec![row])),
        }
    }
    groups
}

/// All of a group, newest first; 404 when nothing of it is the caller's.
fn members(cx: &Ctx, db: &Connection) -> Result<(Group, Vec<NotificationRow>)> {
    let me = cx.me()?.id;
    let group = Group::parse(&cx.params.text("group_key").unwrap_or_default());
    let group = group.ok_or(Error::record())?;
    let rows = match group {
        Group::Alone(id) => listing::one(db, me, id)?.into_iter().collect(),
        Group::Of(kind, status) => {
            within(db, me, kind, group, |filter| filter.status = Some(status))?
        }
        Group::Follows(_) => within(db, me, Kind::Follow, group, |_| {})?,
    };
    match rows.is_empty() {
        true => Err(Error::record()),
        false => Ok((group, rows)),
    }
}

fn within(
    db: &Connection,
    me: AccountId,
    kind: Kind,
    group: Group,
    narrow: impl FnOnce(&mut Filter),
) -> Result<Vec<NotificationRow>> {
    let mut filter = Filter {
        kinds: vec![kind],
        ..Filter::default()
    };
    narrow(&mut filter);
    let span = group.span();
    let page = Page {
        max_id: span.map(|(_, end)| ids::at(end)),
        since_id: span.map(|(start, _)| ids::at(start) - 1),
        min_id: None,
        limit: LARGEST_GROUP,
    };
    listing::list(db, me, &filter, &page)
}

/// `GET /api/v2/notifications/{group_key}`
pub fn show(cx: &Ctx) -> Result<Reply> {
    cx.app.db().read(|db| {
        let group = members(cx, db)?;
        Reply::json(&cx.view(db).notification_groups(vec![group])?)
    })
}

/// `GET /api/v2/notifications/{group_key}/accounts`
pub fn accounts(cx: &Ctx) -> Result<Reply> {
    cx.app.db().read(|db| {
        let (_, rows) = members(cx, db)?;
        Reply::json(&cx.view(db).group_accounts(&rows)?)
    })
}

/// `POST /api/v2/notifications/{group_key}/dismiss`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().write(|tx| {
        let (_, rows) = members(cx, tx)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        listing::delete(tx, me, &ids)
    })?;
    Reply::json(&json!({}))
}

/// `GET /api/v1/notifications/unread_count`
pub fn unread_v1(cx: &Ctx) -> Result<Reply> {
    Reply::json(&json!({"count": unread(cx)?.len()}))
}

/// `GET /api/v2/notifications/unread_count`: counts groups.
pub fn unread_v2(cx: &Ctx) -> Result<Reply> {
    let (rows, grouped) = (unread(cx)?, grouped(cx));
    let most = rows.len();
    Reply::json(&json!({"count": gathered(rows, &grouped, most).len()}))
}

fn unread(cx: &Ctx) -> Result<Vec<NotificationRow>> {
    let (me, filter, most) = (cx.me()?.id, filter(cx)?, cx.page(100, 1000).limit);
    cx.app.db().read(|db| policy::unread(db, me, filter, most))
}
