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

/// So far apart are the first ids of two days (see [`ids::at`]).
const IDS_OF_A_DAY: i64 = 86_400_000_000;

/// `GET /api/v2/notifications`. A group's members beyond the page stand, under the same key, on the next.
pub fn list(cx: &Ctx) -> Result<Reply> {
    let (me, filter, page) = (cx.me()?.id, filter(cx)?, cx.page(40, 80));
    let grouped = grouped(cx);
    let wide = Page {
        limit: page.limit * PER_GROUP,
        ..page
    };
    let (keys, shown) = cx.app.db().read(|db| {
        let mut groups = Vec::new();
        listing::walk(db, me, &filter, &wide, |row| {
            gather(&mut groups, row, &grouped, page.limit as usize)
        })?;
        if page.upwards() {
            groups.reverse();
            groups.iter_mut().for_each(|group| group.rows.reverse());
        }
        count(db, me, &filter, &mut groups)?;
        let rows = groups.iter().flat_map(|group| &group.rows);
        let mut keys: Vec<NotificationId> = rows.map(|row| row.id).collect();
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

/// Puts a notification into its group, the groups in the order of their first; false when that would be one group too many.
fn gather(groups: &mut Vec<Members>, row: NotificationRow, grouped: &[Kind], most: usize) -> bool {
    let group = Group::of(&row, grouped);
    match groups.iter().position(|known| known.group == group) {
        Some(known) => groups[known].rows.push(row),
        None if groups.len() == most => return false,
        None => groups.push(Members {
            group,
            rows: vec![row],
            total: 1,
        }),
    }
    true
}

/// Says of each group how many it has beyond the page too.
fn count(db: &Connection, me: AccountId, filter: &Filter, groups: &mut [Members]) -> Result<()> {
    for kind in Group::KINDS {
        let number = |members: &Members| match members.group {
            Group::Of(one, status) if one == kind => Some(status.0),
            Group::Follows(_) if kind == Kind::Follow => {
                stretch(members.group).map(|(start, _)| start)
            }
            _ => None,
        };
        let asked: Vec<i64> = groups.iter().filter_map(number).collect();
        if asked.is_empty() {
            continue;
        }
        let width = (kind == Kind::Follow).then_some(IDS_OF_A_DAY);
        let totals = listing::totals(db, me, filter, kind, &asked, width)?;
        let alike = groups
            .iter_mut()
            .filter(|members| number(members).is_some());
        alike
            .zip(totals)
            .for_each(|(members, total)| members.total = total);
    }
    Ok(())
}

/// The ids between which all of a group lies, the second exclusive.
fn stretch(group: Group) -> Option<(i64, i64)> {
    let (start, end) = group.span()?;
    Some((ids::at(start), ids::at(end)))
}

/// All of a group, newest first; 404 when nothing of it is the caller's.
fn members(cx: &Ctx, db: &Connection) -> Result<Members> {
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
        false => Ok(Members {
            group,
            total: rows.len() as i64,
            rows,
        }),
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
    let stretch = stretch(group);
    let page = Page {
        max_id: stretch.map(|(_, end)| end),
        since_id: stretch.map(|(start, _)| start - 1),
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
        let members = members(cx, db)?;
        Reply::json(&cx.view(db).group_accounts(&members.rows)?)
    })
}

/// `POST /api/v2/notifications/{group_key}/dismiss`
pub fn dismiss(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    cx.app.db().write(|tx| {
        let members = members(cx, tx)?;
        let ids: Vec<i64> = members.rows.iter().map(|row| row.id.0).collect();
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
    let mut groups = Vec::new();
    rows.into_iter().for_each(|row| {
        gather(&mut groups, row, &grouped, usize::MAX);
    });
    Reply::json(&json!({"count": groups.len()}))
}

fn unread(cx: &Ctx) -> Result<Vec<NotificationRow>> {
    let (me, filter, most) = (cx.me()?.id, filter(cx)?, cx.page(100, 1000).limit);
    cx.app.db().read(|db| policy::unread(db, me, filter, most))
}
