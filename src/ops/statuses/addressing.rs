//! Whom a text names, and whom a post therefore addresses.

use std::collections::HashMap;

use crate::config::BaseUrl;
use crate::db::Tx;
use crate::db::accounts::{self, Named};
use crate::db::statuses::Parent;
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::AccountId;
use crate::text::format::{Links, Mention, Rendered};
use crate::text::mentions;

/// The known accounts that a text names.
pub struct People {
    /// For rendering the text.
    pub links: Links,
    ids: HashMap<String, AccountId>,
}

impl People {
    /// Whoever became a link in the rendered text, and the author of what it answers.
    pub fn with_author_of(&self, parent: Option<&Parent>, rendered: &Rendered) -> Vec<AccountId> {
        let named = rendered.mentions.iter();
        named
            .filter_map(|acct| self.ids.get(acct).copied())
            .chain(parent.map(|parent| parent.account))
            .collect()
    }
}

/// Looks up the accounts that a text names, all in one query.
pub fn resolve(tx: &Tx, base: &BaseUrl, text: &str) -> Result<People> {
    let mut people = People {
        links: Links::new(base.as_str()),
        ids: HashMap::new(),
    };
    // Nearly every text names nobody.
    if !text.contains('@') {
        return Ok(people);
    }
    let typed: Vec<&str> = mentions::scan(text)
        .into_iter()
        .filter_map(|token| match token.kind {
            mentions::Kind::Mention(typed) => Some(typed),
            _ => None,
        })
        .collect();
    let found = look_up(tx, base, &typed)?;
    for name in typed {
        if let Some(account) = found.get(&key(base, name)) {
            let acct = accounts::acct(&account.username, &account.host);
            let mention = Mention {
                url: account.url.clone(),
                username: account.username.clone(),
                acct: acct.clone(),
            };
            people.links.insert(name, mention);
            people.ids.insert(acct, account.id);
        }
    }
    Ok(people)
}

/// The known ones among these names, each with or without `@` in front.
pub fn exactly(tx: &Tx, base: &BaseUrl, names: &[String]) -> Result<Vec<AccountId>> {
    let names: Vec<&str> = names
        .iter()
        .map(|name| name.strip_prefix('@').unwrap_or(name))
        .collect();
    let found = look_up(tx, base, &names)?;
    Ok(found.values().map(|account| account.id).collect())
}

/// Nobody addresses themselves, nobody twice, and what is for this server stays on it.
pub fn within_reach(
    tx: &Tx,
    me: AccountId,
    visibility: Visibility,
    mut addressed: Vec<AccountId>,
) -> Result<Vec<AccountId>> {
    addressed.sort_unstable();
    addressed.dedup();
    addressed.retain(|account| *account != me);
    if visibility == Visibility::Local && !addressed.is_empty() {
        addressed = accounts::local_among(tx, &addressed)?;
    }
    Ok(addressed)
}

fn look_up(tx: &Tx, base: &BaseUrl, typed: &[&str]) -> Result<HashMap<(String, String), Named>> {
    let mut wanted = Vec::with_capacity(typed.len());
    for name in typed {
        let (folded, host) = key(base, name);
        // Remote names keep their case; somebody who types it finds them.
        let exact = name.split('@').next().unwrap_or(name);
        if !host.is_empty() && exact != folded {
            wanted.push((exact.to_owned(), host.clone()));
        }
        wanted.push((folded, host));
    }
    let found = accounts::named(tx, &wanted)?.into_iter();
    Ok(found
        .map(|account| {
            let key = (account.username.to_lowercase(), account.host.clone());
            (key, account)
        })
        .collect())
}

/// Name and host, folded; our own host is none.
fn key(base: &BaseUrl, typed: &str) -> (String, String) {
    let typed = typed.to_lowercase();
    match typed.split_once('@') {
        None => (typed, String::new()),
        Some((name, host)) if base.is_own(host) => (name.to_owned(), String::new()),
        Some((name, host)) => (name.to_owned(), host.to_owned()),
    }
}
