//! The Account entity as others see it (mastodon-api 2.3, pleroma-contract A.3).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::emoji::{self, Emoji};
use super::relationship::Relationship;
use super::{House, View};
use crate::clock::Timestamp;
use crate::db;
use crate::db::accounts::AccountRow;
use crate::error::{Error, Result};
use crate::ids::AccountId;

/// Account, as everybody sees it.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Account {
    #[serde(flatten)]
    pub core: Core,
    pub source: PublicSource,
    pub pleroma: PleromaPart,
}

/// What an account is to others and to its owner alike.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Core {
    pub id: AccountId,
    pub username: String,
    pub acct: String,
    pub fqn: String,
    pub display_name: String,
    pub locked: bool,
    pub bot: bool,
    pub group: bool,
    pub discoverable: bool,
    pub indexable: bool,
    pub created_at: Timestamp,
    pub note: String,
    pub url: String,
    pub uri: String,
    pub avatar: String,
    pub avatar_static: String,
    pub header: String,
    pub header_static: String,
    pub followers_count: i64,
    pub following_count: i64,
    pub statuses_count: i64,
    pub last_status_at: Option<String>,
    pub hide_collections: bool,
    pub emojis: Vec<Emoji>,
    pub fields: Box<RawValue>,
    pub roles: Vec<Role>,
    /// The account that this one moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Box<RawValue>>,
}

/// A role badge.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Role {
    pub id: &'static str,
    pub name: &'static str,
    pub color: &'static str,
}

/// The part of `source` that everybody sees, as in Pleroma.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PublicSource {
    pub note: String,
    pub fields: Vec<()>,
    pub sensitive: bool,
    pub pleroma: PublicSourcePleroma,
}

/// `source.pleroma` for everybody.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PublicSourcePleroma {
    pub discoverable: bool,
    pub actor_type: String,
}

/// `pleroma` of an account.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PleromaPart {
    pub ap_id: String,
    pub background_image: Option<String>,
    pub tags: Box<RawValue>,
    pub relationship: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_admin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_moderator: Option<bool>,
    pub confirmation_pending: bool,
    pub is_confirmed: bool,
    pub hide_favorites: bool,
    pub hide_followers: bool,
    pub hide_follows: bool,
    pub hide_followers_count: bool,
    pub hide_follows_count: bool,
    pub skip_thread_containment: bool,
    pub accepts_chat_messages: Option<bool>,
    pub also_known_as: Box<RawValue>,
    pub favicon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

impl View<'_> {
    /// Accounts in the order of the ids; unknown ones are left out. Hidden ones are the caller's care.
    pub fn accounts(&self, ids: &[AccountId]) -> Result<Vec<Arc<RawValue>>> {
        let revs = db::accounts::revs(self.db, ids)?;
        let mut found = self.rendered(&revs)?;
        // A list may name an account twice, so nothing is taken out.
        Ok(ids
            .iter()
            .filter_map(|id| found.get_mut(id).map(|account| account.clone()))
            .collect())
    }

    /// One account, 404 when unknown.
    pub fn account(&self, id: AccountId) -> Result<Arc<RawValue>> {
        self.accounts(&[id])?.pop().ok_or(Error::record())
    }

    /// Accounts in the order of the ids, to be completed by the entity that carries them.
    pub fn built_accounts(&self, ids: &[AccountId]) -> Result<Vec<Account>> {
        let mut rows: HashMap<AccountId, AccountRow> = db::accounts::by_ids(self.db, ids)?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let rows: Vec<AccountRow> = ids.iter().filter_map(|id| rows.remove(id)).collect();
        self.built(&rows)
    }

    /// The entities of rows, in their order, with the accounts that they moved to.
    pub(super) fn built(&self, rows: &[AccountRow]) -> Result<Vec<Account>> {
        let moved: Vec<AccountId> = rows.iter().filter_map(|row| row.moved_to).collect();
        let targets = match moved.is_empty() {
            true => Vec::new(),
            false => db::accounts::by_ids(self.db, &moved)?,
        };
        rows.iter()
            .map(|row| {
                let mut account = build(row, self.house, self.admin);
                let target = targets
                    .iter()
                    .find(|target| Some(target.id) == row.moved_to);
                if let Some(target) = target.filter(|target| !target.hidden) {
                    let target = build(target, self.house, self.admin);
                    account.core.moved = Some(to_raw_value(&target)?);
                }
                Ok(account)
            })
            .collect()
    }

    /// Accounts in the order of the ids, each with the viewer's relationship to it (`with_relationships`).
    pub fn related_accounts(&self, ids: &[AccountId]) -> Result<Vec<Account>> {
        let mut accounts = self.built_accounts(ids)?;
        let relationships = self.relationships(ids, true)?;
        let mut relationships: HashMap<AccountId, Relationship> = relationships
            .into_iter()
            .map(|relationship| (relationship.id, relationship))
            .collect();
        for account in &mut accounts {
            if let Some(relationship) = relationships.remove(&account.core.id) {
                account.pleroma.relationship = to_raw_value(&relationship)?;
            }
        }
        Ok(accounts)
    }

    /// Rendered accounts for revisions already known: from the fragments, else from one more query.
    pub(super) fn rendered(
        &self,
        revs: &[(AccountId, i64)],
    ) -> Result<HashMap<AccountId, Arc<RawValue>>> {
        let mut found = HashMap::with_capacity(revs.len());
        let mut missing = Vec::new();
        for (id, rev) in revs {
            match self.house.fragments.account(&(*id, *rev, self.admin)) {
                Some(account) => drop(found.insert(*id, account)),
                None => missing.push(*id),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let rows = db::accounts::by_ids(self.db, &missing)?;
        for (row, account) in rows.iter().zip(self.built(&rows)?) {
            // The account that another moved to changes with a revision of its own.
            let account: Arc<RawValue> = to_raw_value(&account)?.into();
            if row.moved_to.is_none() {
                self.house
                    .fragments
                    .keep_account((row.id, row.rev, self.admin), account.clone());
            }
            found.insert(row.id, account);
        }
        Ok(found)
    }
}

/// Builds the entity from its row.
pub fn build(row: &AccountRow, house: &House, for_admin: bool) -> Account {
    Account {
        core: core(row, house),
        source: PublicSource {
            note: crate::text::html::strip_tags(&row.note),
            fields: Vec::new(),
            sensitive: false,
            pleroma: PublicSourcePleroma {
                discoverable: row.discoverable,
                actor_type: row.actor_type.clone(),
            },
        },
        pleroma: pleroma(row, house, for_admin),
    }
}

fn core(row: &AccountRow, house: &House) -> Core {
    let base = &house.base;
    let avatar = avatar(house, row);
    let header = picture(house, row, row.header.as_deref(), "/static/header.png");
    let role = row.role.filter(|role| role.shown);
    Core {
        id: row.id,
        username: row.username.clone(),
        acct: row.acct(),
        fqn: format!(
            "{}@{}",
            row.username,
            if row.is_local() {
                base.domain()
            } else {
                &row.host
            }
        ),
        display_name: if row.display_name.is_empty() {
            row.username.clone()
        } else {
            row.display_name.clone()
        },
        locked: row.locked,
        bot: row.actor_type == "Service",
        group: row.actor_type == "Group",
        discoverable: row.discoverable,
        indexable: row.discoverable,
        created_at: row.created_at,
        note: row.note.clone(),
        url: row.url.clone(),
        uri: row.uri.clone(),
        avatar_static: avatar.clone(),
        avatar,
        header_static: header.clone(),
        header,
        followers_count: if row.hide_followers && row.hide_followers_count {
            0
        } else {
            row.followers_count
        },
        following_count: if row.hide_follows && row.hide_follows_count {
            0
        } else {
            row.following_count
        },
        statuses_count: row.statuses_count,
        last_status_at: row.last_status_at.map(Timestamp::date),
        hide_collections: row.hide_followers && row.hide_follows,
        emojis: emojis(row, house),
        fields: raw(&row.fields, "[]"),
        roles: roles(role),
        moved: None,
    }
}

fn pleroma(row: &AccountRow, house: &House, for_admin: bool) -> PleromaPart {
    let shown = row.role.filter(|role| role.shown || for_admin);
    let unconfirmed = row.role.is_some_and(|role| role.confirmation_pending);
    PleromaPart {
        ap_id: row.uri.clone(),
        background_image: row
            .background
            .as_deref()
            .map(|file| stored_picture(house, row, file)),
        tags: raw(&row.moderation_tags, "[]"),
        relationship: raw("{}", "{}"),
        is_admin: shown.map(|role| role.admin),
        is_moderator: shown.map(|role| role.moderator),
        confirmation_pending: unconfirmed,
        is_confirmed: !unconfirmed,
        hide_favorites: row.hide_favourites,
        hide_followers: row.hide_followers,
        hide_follows: row.hide_follows,
        hide_followers_count: row.hide_followers_count,
        hide_follows_count: row.hide_follows_count,
        skip_thread_containment: row.role.is_some_and(|role| role.skip_thread_containment),
        accepts_chat_messages: row.accepts_chat_messages,
        also_known_as: raw(&row.also_known_as, "[]"),
        favicon: None,
        deactivated: for_admin.then_some(row.deactivated),
        is_active: for_admin.then_some(!row.deactivated),
    }
}

fn emojis(row: &AccountRow, house: &House) -> Vec<Emoji> {
    if row.is_local() {
        emoji::used_in(
            &[&row.display_name, &row.note, &row.fields],
            &house.emojis,
            &house.base,
        )
    } else {
        emoji::stored(&row.emojis, house)
    }
}

fn roles(role: Option<db::accounts::Role>) -> Vec<Role> {
    match role {
        Some(role) if role.admin => vec![Role {
            id: "1",
            name: "Admin",
            color: "",
        }],
        Some(role) if role.moderator => vec![Role {
            id: "2",
            name: "Moderator",
            color: "",
        }],
        _ => Vec::new(),
    }
}

/// The URL of an avatar.
pub(super) fn avatar(house: &House, row: &AccountRow) -> String {
    picture(house, row, row.avatar.as_deref(), "/static/avatar.png")
}

/// The URL of an avatar or header; never empty, since some clients cannot do without (mastodon-api 2.3).
fn picture(house: &House, row: &AccountRow, stored: Option<&str>, default: &str) -> String {
    match stored {
        Some(file) => stored_picture(house, row, file),
        None => format!("{}{default}", house.base),
    }
}

fn stored_picture(house: &House, row: &AccountRow, file: &str) -> String {
    if row.is_local() {
        format!("{}/media/{file}", house.base)
    } else {
        house.remote_media.address(file)
    }
}

/// JSON from a column that only we write; should it ever be damaged, `default` is shown.
pub(super) fn raw(json: &str, default: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned())
        .or_else(|_| RawValue::from_string(default.to_owned()))
        .expect("the default is JSON")
}
