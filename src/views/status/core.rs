//! What everybody sees of a status, rendered once per revision.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::poll::PollCore;
use crate::clock::Timestamp;
use crate::db;
use crate::db::cards::CardRow;
use crate::db::polls::PollRow;
use crate::db::statuses::{StatusRow, StatusState};
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::views::card::{Card, card};
use crate::views::{View, media, tag_url};

/// The part that looks the same to everybody.
pub struct StatusCore {
    head: Head,
    body: Body,
    pleroma: PleromaCore,
    pub(super) poll: Option<PollCore>,
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
    card: Option<Card>,
}

#[derive(Serialize)]
struct PleromaCore {
    local: bool,
    conversation_id: i64,
    context: String,
    in_reply_to_account_acct: Option<String>,
    quotes_count: i64,
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
    /// Its id.
    pub(super) fn id(&self) -> StatusId {
        self.head.id
    }

    /// What filters look at: the warning, the text, the descriptions of attachments.
    pub(super) fn words(&self) -> String {
        #[derive(serde::Deserialize)]
        struct Described<'a> {
            #[serde(borrow)]
            description: Option<std::borrow::Cow<'a, str>>,
        }
        let text = serde_json::from_str(self.pleroma.content.text.get());
        let media: Vec<Described> =
            serde_json::from_str(self.body.media_attachments.get()).unwrap_or_default();
        let mut words = vec![self.body.spoiler_text.clone(), text.unwrap_or_default()];
        words.extend(
            media
                .into_iter()
                .filter_map(|one| one.description.map(Into::into)),
        );
        words.join("\n")
    }

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
            + self.poll.as_ref().map_or(0, PollCore::weight)
            + 500
    }
}

/// What hangs on a status.
struct Parts {
    attachments: Vec<media::Attachment>,
    mentions: Vec<Mention>,
    tags: Vec<String>,
    poll: Option<PollRow>,
    card: Option<Card>,
}

macro_rules! part_of_core {
    ($name:ident, $part:ident) => {
        /// One part of a shared core.
        pub(super) struct $name(pub(super) Arc<StatusCore>);

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

impl View<'_> {
    pub(super) fn cores(
        &self,
        states: &[&StatusState],
    ) -> Result<HashMap<StatusId, Arc<StatusCore>>> {
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
                    .push(media::attachment(&row, self.house));
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
        let rows = db::statuses::by_ids(self.db, missing)?;
        let mut polls = self.polls(&rows)?;
        let cards = self.cards(&rows)?;
        for row in rows {
            let parts = Parts {
                attachments: attachments.remove(&row.id).unwrap_or_default(),
                mentions: mentions.remove(&row.id).unwrap_or_default(),
                tags: tags.remove(&row.id).unwrap_or_default(),
                poll: polls.remove(&row.id),
                card: row
                    .card
                    .and_then(|id| cards.get(&id).cloned())
                    .map(|row| card(row, self.house)),
            };
            let core = Arc::new(self.core(&row, parts)?);
            self.house
                .fragments
                .keep_status(row.id, row.rev, core.clone());
            found.insert(row.id, core);
        }
        Ok(())
    }

    /// The link previews of these, by their own ids.
    fn cards(&self, rows: &[StatusRow]) -> Result<HashMap<i64, CardRow>> {
        let wanted: Vec<i64> = rows.iter().filter_map(|row| row.card).collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let cards = db::cards::by_ids(self.db, &wanted)?.into_iter();
        Ok(cards.map(|card| (card.id, card)).collect())
    }

    /// The polls of these. Most pages have none.
    fn polls(&self, rows: &[StatusRow]) -> Result<HashMap<StatusId, PollRow>> {
        let asking = rows.iter().filter(|row| row.has_poll);
        let asking: Vec<StatusId> = asking.map(|row| row.id).collect();
        if asking.is_empty() {
            return Ok(HashMap::new());
        }
        let polls = db::polls::of_statuses(self.db, &asking)?.into_iter();
        Ok(polls.map(|poll| (poll.status, poll)).collect())
    }

    fn core(&self, row: &StatusRow, parts: Parts) -> Result<StatusCore> {
        let base = &self.house.base;
        let tags: Vec<Tag> = parts
            .tags
            .iter()
            .map(|name| Tag {
                name,
                url: tag_url(base, name),
            })
            .collect();
        let emojis = self.emojis(row.local, &row.content, &row.spoiler_text, &row.emojis);
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
            quotes_count: row.quotes_count,
            media_attachments: to_raw_value(&parts.attachments)?,
            mentions: to_raw_value(&parts.mentions)?,
            tags: to_raw_value(&tags)?,
            emojis: to_raw_value(&emojis)?,
            card: parts.card,
        };
        let pleroma = PleromaCore {
            local: row.local,
            conversation_id: row.conversation,
            context: row.conversation_uri.clone(),
            in_reply_to_account_acct: row.in_reply_to_acct.clone(),
            quotes_count: row.quotes_count,
            content: PlainText {
                text: to_raw_value(&crate::text::html::text_of(&row.content))?,
            },
            spoiler_text: PlainText {
                text: to_raw_value(&row.spoiler_text)?,
            },
        };
        let poll = match parts.poll {
            Some(poll) => Some(self.poll_core(row, poll)?),
            None => None,
        };
        Ok(StatusCore {
            head,
            body,
            pleroma,
            poll,
        })
    }
}
