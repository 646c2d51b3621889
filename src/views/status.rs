//! The Status entity (mastodon-api 2.5, pleroma-contract A.2). What everybody sees is a [`StatusCore`], rendered once per
//! revision; what depends on the viewer is read for every showing in one statement.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{View, emoji, media};
use crate::clock::Timestamp;
use crate::db;
use crate::db::reactions::ReactionRow;
use crate::db::statuses::{StatusRow, StatusState};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};

/// The part that looks the same to everybody.
pub struct StatusCore {
    head: Head,
    body: Body,
    pleroma: PleromaCore,
}

/// What is a status's own, also where it only wraps another.
#[derive(Serialize)]
struct Head {
    id: StatusId,
    uri: String,
    url: Option<String>,
    created_at: Timestamp,
    visibility: Visibility,
    in_reply_to_id: Option<StatusId>,
    in_reply_to_account_id: Option<AccountId>,
    application: Option<Application>,
}

/// What a reblog shows of the status that it wraps.
#[derive(Serialize)]
struct Body {
    edited_at: Option<Timestamp>,
    content: Box<RawValue>,
    spoiler_text: String,
    sensitive: bool,
    language: Option<String>,
    replies_count: i64,
    reblogs_count: i64,
    favourites_count: i64,
    quotes_count: i64,
    media_attachments: Box<RawValue>,
    mentions: Box<RawValue>,
    tags: Box<RawValue>,
    emojis: Box<RawValue>,
    card: Option<()>,
    poll: Option<()>,
}

#[derive(Serialize)]
struct PleromaCore {
    local: bool,
    conversation_id: i64,
    context: String,
    in_reply_to_account_acct: Option<String>,
    content: PlainText,
    spoiler_text: PlainText,
}

#[derive(Serialize)]
struct PlainText {
    #[serde(rename = "text/plain")]
    text: Box<RawValue>,
}

#[derive(Serialize)]
struct Application {
    name: String,
    website: Option<String>,
}

#[derive(Serialize)]
struct Mention {
    id: AccountId,
    username: String,
    acct: String,
    url: String,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'a str,
    url: String,
}

impl StatusCore {
    /// Bytes that it holds, roughly.
    pub fn weight(&self) -> u64 {
        let body = &self.body;
        let raws = [
            &body.content,
            &body.media_attachments,
            &body.mentions,
            &body.tags,
            &body.emojis,
            &self.pleroma.content.text,
        ];
        raws.iter().map(|raw| raw.get().len() as u64).sum::<u64>()
            + self.head.uri.len() as u64
            + 500
    }
}

/// Status.
#[derive(Serialize)]
pub struct Status {
    #[serde(flatten)]
    head: HeadOf,
    #[serde(flatten)]
    body: BodyOf,
    account: Arc<RawValue>,
    reblog: Option<Box<Status>>,
    favourited: bool,
    reblogged: bool,
    bookmarked: bool,
    muted: bool,
    pinned: bool,
    filtered: [(); 0],
    quote: Option<()>,
    emoji_reactions: Arc<[Reaction]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    pleroma: Pleroma,
}

#[derive(Serialize)]
struct Pleroma {
    #[serde(flatten)]
    core: PleromaOf,
    direct_conversation_id: Option<i64>,
    expires_at: Option<Timestamp>,
    thread_muted: bool,
    emoji_reactions: Arc<[Reaction]>,
    parent_visible: bool,
    pinned_at: Option<Timestamp>,
    quote: Option<()>,
    quote_id: Option<()>,
    quote_url: Option<()>,
    quote_visible: bool,
    quotes_count: i64,
    bookmark_folder: Option<()>,
}

macro_rules! part_of_core {
    ($name:ident, $part:ident) => {
        /// One part of a shared core.
        struct $name(Arc<StatusCore>);

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.$part.serialize(serializer)
            }
        }
    };
}

part_of_core!(HeadOf, head);
part_of_core!(BodyOf, body);
part_of_core!(PleromaOf, pleroma);

/// A reaction tally.
#[derive(Clone, Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Reaction {
    pub name: String,
    pub count: usize,
    pub me: bool,
    pub url: Option<String>,
    pub account_ids: Vec<AccountId>,
}

impl Status {
    /// Adds the source text, as the answer to a deletion carries it.
    pub fn with_text(mut self, text: Option<String>) -> Status {
        self.text = text;
        self
    }

    /// Its id.
    pub fn id(&self) -> StatusId {
        self.head.0.head.id
    }
}

impl View<'_> {
    /// Statuses in the order of the ids. The ids come from lists made through the visibility predicate.
    pub fn statuses(&self, ids: &[StatusId]) -> Result<Vec<Status>> {
        let states = db::statuses::states(self.db, self.viewer, ids)?;
        let cores = self.cores(&states)?;
        let authors: BTreeSet<(AccountId, i64)> = states
            .iter()
            .map(|state| (state.account, state.account_rev))
            .collect();
        let accounts = self.rendered(&authors.into_iter().collect::<Vec<_>>())?;
        let mut reactions = self.reactions(&states)?;
        let states: HashMap<StatusId, StatusState> =
            states.into_iter().map(|state| (state.id, state)).collect();
        let page = Page {
            view: self,
            states: &states,
            cores: &cores,
            accounts: &accounts,
        };
        Ok(ids
            .iter()
            .filter_map(|id| page.status(*id, &mut reactions))
            .collect())
    }

    /// One status, 404 when unknown.
    pub fn status(&self, id: StatusId) -> Result<Status> {
        self.statuses(&[id])?.pop().ok_or(Error::record())
    }

    fn cores(&self, states: &[StatusState]) -> Result<HashMap<StatusId, Arc<StatusCore>>> {
        let mut found = HashMap::with_capacity(states.len());
        let mut missing = Vec::new();
        for state in states {
            match self.house.fragments.status(state.id, state.rev) {
                Some(core) => drop(found.insert(state.id, core)),
                None => missing.push(state.id),
            }
        }
        if !missing.is_empty() {
            self.build(&missing, &mut found)?;
        }
        Ok(found)
    }

    fn build(
        &self,
        missing: &[StatusId],
        found: &mut HashMap<StatusId, Arc<StatusCore>>,
    ) -> Result<()> {
        let mut attachments: HashMap<StatusId, Vec<media::Attachment>> = HashMap::new();
        for row in db::media::of_statuses(self.db, missing)? {
            if let Some(status) = row.status {
                attachments
                    .entry(status)
                    .or_default()
                    .push(media::attachment(&row, &self.house.base));
            }
        }
        let mut mentions: HashMap<StatusId, Vec<Mention>> = HashMap::new();
        for row in db::statuses::mentions(self.db, missing)? {
            let acct = db::accounts::acct(&row.username, &row.host);
            mentions.entry(row.status).or_default().push(Mention {
                id: row.account,
                username: row.username,
                acct,
                url: row.url,
            });
        }
        let mut tags: HashMap<StatusId, Vec<String>> = HashMap::new();
        for (status, name) in db::statuses::tags(self.db, missing)? {
            tags.entry(status).or_default().push(name);
        }
        for row in db::statuses::by_ids(self.db, missing)? {
            let core = Arc::new(self.core(
                &row,
                &attachments.remove(&row.id).unwrap_or_default(),
                &mentions.remove(&row.id).unwrap_or_default(),
                &tags.remove(&row.id).unwrap_or_default(),
            )?);
            self.house
                .fragments
                .keep_status(row.id, row.rev, core.clone());
            found.insert(row.id, core);
        }
        Ok(())
    }

    fn core(
        &self,
        row: &StatusRow,
        attachments: &[media::Attachment],
        mentions: &[Mention],
        tags: &[String],
    ) -> Result<StatusCore> {
        let base = &self.house.base;
        let tags: Vec<Tag> = tags
            .iter()
            .map(|name| Tag {
                name,
                url: super::tag_url(base, name),
            })
            .collect();
        let emojis = if row.local {
            emoji::used_in(&[&row.content, &row.spoiler_text], &self.house.emojis, base)
        } else {
            emoji::stored(&row.emojis)
        };
        let head = Head {
            id: row.id,
            uri: row.uri.clone(),
            url: row.url.clone(),
            created_at: row.created_at,
            visibility: row.visibility,
            in_reply_to_id: row.in_reply_to,
            in_reply_to_account_id: row.in_reply_to_account,
            application: row
                .application
                .clone()
                .map(|(name, website)| Application { name, website }),
        };
        let body = Body {
            edited_at: row.edited_at,
            content: to_raw_value(&row.content)?,
            spoiler_text: row.spoiler_text.clone(),
            sensitive: row.sensitive,
            language: row.language.clone(),
            replies_count: row.replies_count,
            reblogs_count: row.reblogs_count,
            favourites_count: row.favourites_count,
            quotes_count: 0,
            media_attachments: to_raw_value(attachments)?,
            mentions: to_raw_value(mentions)?,
            tags: to_raw_value(&tags)?,
            emojis: to_raw_value(&emojis)?,
            card: None,
            poll: None,
        };
        let pleroma = PleromaCore {
            local: row.local,
            conversation_id: row.conversation,
            context: row.conversation_uri.clone(),
            in_reply_to_account_acct: row.in_reply_to_acct.clone(),
            content: PlainText {
                text: to_raw_value(&crate::text::html::text_of(&row.content))?,
            },
            spoiler_text: PlainText {
                text: to_raw_value(&row.spoiler_text)?,
            },
        };
        Ok(StatusCore {
            head,
            body,
            pleroma,
        })
    }

    /// Tallies of a page by status.
    fn reactions(&self, states: &[StatusState]) -> Result<HashMap<StatusId, Vec<Reaction>>> {
        let ids: Vec<StatusId> = states.iter().map(|state| state.id).collect();
        let rows = db::reactions::of_statuses(self.db, self.viewer, self.with_muted, &ids)?;
        let mut tallies = self.tally(rows);
        if !self.house.show_reactions {
            let all = tallies.values_mut().flatten();
            all.for_each(|reaction| reaction.account_ids.clear());
        }
        Ok(tallies)
    }

    /// Groups reactions by status and emoji, oldest emoji first.
    pub(super) fn tally(&self, rows: Vec<ReactionRow>) -> HashMap<StatusId, Vec<Reaction>> {
        let mut tallies: HashMap<StatusId, Vec<Reaction>> = HashMap::new();
        for row in rows {
            let me = self.viewer == Some(row.account);
            let tally = tallies.entry(row.status).or_default();
            match tally.iter_mut().find(|reaction| reaction.name == row.emoji) {
                Some(reaction) => {
                    reaction.count += 1;
                    reaction.me |= me;
                    reaction.account_ids.push(row.account);
                }
                None => {
                    let url = row.url.or_else(|| self.local_emoji(&row.emoji));
                    tally.push(Reaction {
                        name: row.emoji,
                        count: 1,
                        me,
                        url,
                        account_ids: vec![row.account],
                    });
                }
            }
        }
        tallies
    }

    pub(super) fn local_emoji(&self, shortcode: &str) -> Option<String> {
        self.house
            .emojis
            .all()
            .get(shortcode)
            .map(|emoji| format!("{}{}", self.house.base, emoji.path))
    }
}

/// A page whose rows are all here.
struct Page<'a> {
    view: &'a View<'a>,
    states: &'a HashMap<StatusId, StatusState>,
    cores: &'a HashMap<StatusId, Arc<StatusCore>>,
    accounts: &'a HashMap<AccountId, Arc<RawValue>>,
}

impl Page<'_> {
    fn status(
        &self,
        id: StatusId,
        reactions: &mut HashMap<StatusId, Vec<Reaction>>,
    ) -> Option<Status> {
        let state = self.states.get(&id)?;
        // A wrapper shows the inner status's content, counts and the viewer's marks on it, as clients expect.
        let reblog = match state.reblog_of {
            Some(inner) => Some(Box::new(self.status(inner, reactions)?)),
            None => None,
        };
        let marks = state
            .reblog_of
            .and_then(|inner| self.states.get(&inner))
            .unwrap_or(state);
        let tally: Arc<[Reaction]> = reactions.get(&marks.id).cloned().unwrap_or_default().into();
        let (head, body) = (self.cores.get(&id)?, self.cores.get(&marks.id)?);
        let is_author = self.view.viewer == Some(state.account);
        Some(Status {
            head: HeadOf(head.clone()),
            body: BodyOf(body.clone()),
            account: self.accounts.get(&state.account)?.clone(),
            reblog,
            favourited: marks.favourited,
            reblogged: marks.reblogged,
            bookmarked: marks.bookmarked,
            muted: state.author_muted || state.thread_muted,
            pinned: state.pinned_at.is_some(),
            filtered: [],
            quote: None,
            emoji_reactions: tally.clone(),
            text: None,
            pleroma: Pleroma {
                core: PleromaOf(head.clone()),
                direct_conversation_id: state.participation,
                expires_at: state.expires_at.filter(|_| is_author),
                thread_muted: state.thread_muted,
                emoji_reactions: tally,
                parent_visible: state.parent_visible,
                pinned_at: state.pinned_at,
                quote: None,
                quote_id: None,
                quote_url: None,
                quote_visible: false,
                quotes_count: 0,
                bookmark_folder: None,
            },
        })
    }
}
