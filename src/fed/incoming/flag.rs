//! `Flag`: another server forwards a report about one of us.

use super::{Activity, Handled, Verdict};
use crate::db::{accounts, statuses};
use crate::error::Result;
use crate::fed::wire;
use crate::ids::{AccountId, StatusId};
use crate::ops::reports;
use crate::text::html;

/// Takes the report down for the admins. Accounts and posts come in one list; some name the posts in the text only, and some
/// give their report no id.
pub fn flag(activity: &Activity) -> Handled {
    if activity.policy()?.reject_reports {
        return Ok(Verdict::Ignored(
            "a report from a server whose reports are not heard",
        ));
    }
    let content = wire::text(activity.json, "content").map_or("", |text| text.text);
    let comment = match content.contains(['<', '&']) {
        true => html::strip_tags(content),
        false => content.to_owned(),
    };
    let mut named = wire::ids(activity.object());
    if let [_] = named[..] {
        named.extend(addresses(&comment));
    }
    let (subject, posts) = subject(activity, &named)?;
    let Some(subject) = subject else {
        return Ok(Verdict::Ignored("a report about nobody here"));
    };
    let made_up = || format!("{}#flags/{}", activity.actor.uri, crate::ids::uuid());
    let uri = activity.id.map_or_else(made_up, str::to_owned);
    activity.apply(|tx| reports::forwarded(tx, &uri, activity.actor.id, subject, &comment, &posts))
}

/// Addresses in a text.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .filter(|word| wire::is_id(word))
        .take(wire::MAX_IDS)
}

/// Whom a report is about, and which posts: the first account of ours that is named, else the author of the first post.
fn subject(activity: &Activity, named: &[&str]) -> Result<(Option<AccountId>, Vec<StatusId>)> {
    let pages = activity.app.base().join("/notice/");
    activity.app.db().read(|db| {
        let (mut subject, mut author, mut posts) = (None, None, Vec::new());
        for name in named {
            if let Some(account) = accounts::by_uri(db, name)? {
                subject = subject.or(account.is_local().then_some(account.id));
                continue;
            }
            let page = name.strip_prefix(&pages).and_then(|id| id.parse().ok());
            let id = match page {
                Some(id) => Some(id),
                None => statuses::id_of(db, name)?,
            };
            let found = match id {
                Some(id) => statuses::by_ids(db, &[id])?.pop(),
                None => None,
            };
            if let Some(status) = found.filter(|status| status.local) {
                author = author.or(Some(status.account));
                posts.push(status.id);
            }
        }
        Ok((subject.or(author), posts))
    })
}
