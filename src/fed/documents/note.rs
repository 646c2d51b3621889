//! Posts, and the activities that carry them: loaded a page at a time, then written without the database.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;

use super::collection::Replies;
use super::question::Question;
use super::quote::{self, InteractionPolicy, Quotation};
use super::{Tag, emoji_tags};
use crate::clock::Timestamp;
use crate::db::accounts::{self, AccountRow};
use crate::db::media::{self, MediaRow};
use crate::db::polls::{self, PollRow};
use crate::db::quotes::{self, QuoteRow, QuoteState};
use crate::db::statuses::{self, MentionRow, Outward, StatusRow};
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::fed::wire::PUBLIC;
use crate::ids::{AccountId, StatusId};
use crate::views::{House, tag_url};

/// A post of ours.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Its id.
    pub id: String,
    r#type: &'static str,
    attributed_to: String,
    /// Its author.
    pub actor: String,
    /// Addressees.
    pub to: Vec<String>,
    /// More of them.
    pub cc: Vec<String>,
    published: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Timestamp>,
    url: String,
    in_reply_to: Option<String>,
    context: String,
    conversation: String,
    summary: Option<String>,
    sensitive: bool,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_map: Option<HashMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    direct_message: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_message: Option<String>,
    tag: Vec<Tag>,
    attachment: Vec<Attachment>,
    #[serde(flatten)]
    question: Option<Question>,
    #[serde(flatten)]
    quotation: Option<Quotation>,
    /// The quote as it is meant, granted or not.
    #[serde(skip)]
    meant: Option<Quotation>,
    interaction_policy: InteractionPolicy,
    replies: Replies,
    likes: Count,
    shares: Count,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    content: String,
    media_type: String,
}

/// A file that hangs on something.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    r#type: &'static str,
    media_type: String,
    url: String,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blurhash: Option<String>,
    focal_point: [f64; 2],
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    id: String,
    r#type: &'static str,
    total_items: i64,
}

/// Something posted: a post, or the announcement of one.
#[derive(Clone)]
pub enum Posted {
    /// A post.
    Note(Box<Note>),
    /// A reblog.
    Announce(Announce),
}

/// A reblog of ours.
#[derive(Clone, Serialize)]
pub struct Announce {
    id: String,
    r#type: &'static str,
    actor: String,
    object: String,
    published: Timestamp,
    /// Addressees.
    pub to: Vec<String>,
    /// More of them.
    pub cc: Vec<String>,
}

impl Note {
    /// The post with its quote as it is meant, also where that is not granted yet.
    pub fn as_meant(mut self) -> Note {
        self.quotation = self.meant.take();
        self
    }
}

/// What carries a post.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Carrier {
    /// The post is new.
    Create(Box<Create>),
    /// A reblog is its own activity.
    Announce(Announce),
}

/// A new post on its way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    id: String,
    r#type: &'static str,
    actor: String,
    published: Timestamp,
    to: Vec<String>,
    cc: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    direct_message: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_message: Option<String>,
    object: Note,
}

/// The id of the activity that made a post: both share the part that nobody can guess.
pub fn create_id(status: &str) -> String {
    status.replacen("/objects/", "/activities/", 1)
}

impl Posted {
    /// The activity that carries it.
    pub fn into_activity(self) -> Carrier {
        match self {
            Posted::Announce(announce) => Carrier::Announce(announce),
            Posted::Note(note) => Carrier::Create(Box::new(Create {
                id: create_id(&note.id),
                r#type: "Create",
                actor: note.actor.clone(),
                published: note.published,
                to: note.to.clone(),
                cc: note.cc.clone(),
                direct_message: note.direct_message,
                list_message: note.list_message.clone(),
                object: *note,
            })),
        }
    }
}

/// Writes a page of local posts, in the order asked for. Whether they may be shown is the caller's care.
pub fn page(db: &Connection, house: &House, ids: &[StatusId]) -> Result<Vec<Posted>> {
    let mut rows: HashMap<StatusId, StatusRow> = statuses::by_ids(db, ids)?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let mut authors: Vec<AccountId> = rows.values().map(|row| row.account).collect();
    authors.sort_unstable();
    authors.dedup();
    let authors: HashMap<AccountId, AccountRow> = accounts::by_ids(db, &authors)?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let mut parts = Parts::load(db, ids)?;
    let mut written = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(row) = rows.remove(id)
            && let Some(author) = authors.get(&row.account)
        {
            written.push(parts.write(house, row, author));
        }
    }
    Ok(written)
}

/// One local post; `None` when there is none.
pub fn one(db: &Connection, house: &House, id: StatusId) -> Result<Option<Posted>> {
    Ok(page(db, house, &[id])?.pop())
}

/// What hangs on a page of posts.
struct Parts {
    outward: HashMap<StatusId, Outward>,
    mentions: HashMap<StatusId, Vec<MentionRow>>,
    tags: HashMap<StatusId, Vec<String>>,
    media: HashMap<StatusId, Vec<MediaRow>>,
    polls: HashMap<StatusId, PollRow>,
    quotes: HashMap<StatusId, QuoteRow>,
    replies: HashMap<StatusId, Vec<(StatusId, String)>>,
}

impl Parts {
    fn load(db: &Connection, ids: &[StatusId]) -> Result<Parts> {
        let mut parts = Parts {
            outward: HashMap::new(),
            mentions: HashMap::new(),
            tags: HashMap::new(),
            media: HashMap::new(),
            polls: HashMap::new(),
            quotes: HashMap::new(),
            replies: HashMap::new(),
        };
        for row in statuses::outward(db, ids)? {
            parts.outward.insert(row.status, row);
        }
        for row in statuses::mentions(db, ids)? {
            parts.mentions.entry(row.status).or_default().push(row);
        }
        for (status, tag) in statuses::tags(db, ids)? {
            parts.tags.entry(status).or_default().push(tag);
        }
        for row in media::of_statuses(db, ids)? {
            if let Some(status) = row.status {
                parts.media.entry(status).or_default().push(row);
            }
        }
        for row in polls::of_statuses(db, ids)? {
            parts.polls.insert(row.status, row);
        }
        for row in quotes::of_statuses(db, ids)? {
            parts.quotes.insert(row.status, row);
        }
        for (status, reply, uri) in statuses::first_replies(db, ids, Replies::INLINE)? {
            parts.replies.entry(status).or_default().push((reply, uri));
        }
        Ok(parts)
    }

    fn write(&mut self, house: &House, row: StatusRow, author: &AccountRow) -> Posted {
        let outward = self.outward.remove(&row.id);
        let mentions = self.mentions.remove(&row.id).unwrap_or_default();
        let people: Vec<String> = mentions.iter().map(|mention| mention.uri.clone()).collect();
        let (to, cc) = addressed(&house.base, author, row.visibility, people);
        if let Some((object, _)) = outward
            .as_ref()
            .and_then(|outward| outward.reblogged.clone())
        {
            return Posted::Announce(self.announce(row, author, object, outward, (to, cc)));
        }
        let base = &house.base;
        let texts = [&*row.content, &row.spoiler_text];
        let mut tag: Vec<Tag> = mentions.iter().map(|row| mention(base, row)).collect();
        let tags = self.tags.remove(&row.id).unwrap_or_default();
        tag.extend(tags.iter().map(|name| Tag::Hashtag {
            href: tag_url(base, name),
            name: format!("#{name}"),
        }));
        tag.extend(emoji_tags(&texts, &house.emojis, base));
        let media = self.media.remove(&row.id).unwrap_or_default();
        let question = self.polls.remove(&row.id).map(Question::new);
        let quote = self.quotes.remove(&row.id);
        tag.extend(quote.as_ref().and_then(link));
        let mut content = row.content.clone();
        content.extend(quote.as_ref().map(quote::fallback));
        let (keys, replies): (Vec<StatusId>, Vec<String>) = self
            .replies
            .remove(&row.id)
            .unwrap_or_default()
            .into_iter()
            .unzip();
        let last_reply = keys.last().map(|key| key.0);
        let source = outward.as_ref().and_then(|outward| outward.source.clone());
        let below = |tail: &str| format!("{}/{tail}", row.uri);
        Posted::Note(Box::new(Note {
            r#type: if question.is_some() {
                "Question"
            } else {
                "Note"
            },
            question,
            quotation: quote.as_ref().and_then(Quotation::granted),
            meant: quote.as_ref().map(Quotation::new),
            interaction_policy: InteractionPolicy::new(
                row.visibility,
                row.quote_policy,
                &author.uri,
            ),
            attributed_to: author.uri.clone(),
            actor: author.uri.clone(),
            published: row.created_at,
            updated: row.edited_at,
            url: row.url.clone().unwrap_or_else(|| row.uri.clone()),
            list_message: outward
                .as_ref()
                .and_then(|outward| outward.list)
                .map(|list| base.join(&format!("/lists/{list}"))),
            in_reply_to: outward.and_then(|outward| outward.parent),
            context: row.conversation_uri.clone(),
            conversation: row.conversation_uri.clone(),
            summary: Some(row.spoiler_text.clone()).filter(|text| !text.is_empty()),
            sensitive: row.sensitive,
            content_map: row
                .language
                .clone()
                .map(|language| HashMap::from([(language, content.clone())])),
            source: source.map(|content| Source {
                content,
                media_type: row.content_type.clone(),
            }),
            direct_message: row.visibility == Visibility::Direct,
            tag,
            attachment: media
                .into_iter()
                .map(|row| attachment(house, row))
                .collect(),
            replies: Replies::new(below("replies"), row.replies_count, replies, last_reply),
            likes: count(below("likes"), row.favourites_count),
            shares: count(below("shares"), row.reblogs_count),
            content,
            id: row.uri,
            to,
            cc,
        }))
    }

    fn announce(
        &self,
        row: StatusRow,
        author: &AccountRow,
        object: String,
        outward: Option<Outward>,
        (to, mut cc): (Vec<String>, Vec<String>),
    ) -> Announce {
        cc.extend(
            outward
                .and_then(|outward| outward.reblogged)
                .map(|(_, who)| who),
        );
        cc.retain(|id| *id != author.uri);
        Announce {
            id: row.uri,
            r#type: "Announce",
            actor: author.uri.clone(),
            object,
            published: row.created_at,
            to,
            cc,
        }
    }
}

/// `to` and `cc` of a post (federation.md 5.1).
fn addressed(
    base: &crate::config::BaseUrl,
    author: &AccountRow,
    visibility: Visibility,
    mut people: Vec<String>,
) -> (Vec<String>, Vec<String>) {
    let followers = format!("{}/followers", author.uri);
    let mut first = |id: String| {
        let mut to = vec![id];
        to.append(&mut people);
        to
    };
    match visibility {
        Visibility::Public => (first(PUBLIC.into()), vec![followers]),
        Visibility::Unlisted => (first(followers), vec![PUBLIC.into()]),
        Visibility::Private => (first(followers), Vec::new()),
        Visibility::Local => (first(format!("{base}/#Public")), vec![followers]),
        Visibility::Direct | Visibility::List => (people, Vec::new()),
    }
}

fn mention(base: &crate::config::BaseUrl, row: &MentionRow) -> Tag {
    let host = match row.host.is_empty() {
        true => base.domain(),
        false => &row.host,
    };
    Tag::Mention {
        href: row.uri.clone(),
        name: format!("@{}@{host}", row.username),
    }
}

/// The quote as a link to what is quoted, if it may be shown.
fn link(quote: &QuoteRow) -> Option<Tag> {
    (quote.state == QuoteState::Accepted).then(|| Tag::Link {
        media_type: "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
        rel: "https://misskey-hub.net/ns#_misskey_quote",
        href: quote.uri.clone(),
        name: format!("RE: {}", quote.url.as_ref().unwrap_or(&quote.uri)),
    })
}

fn count(id: String, total_items: i64) -> Count {
    Count {
        id,
        r#type: "Collection",
        total_items,
    }
}

/// A file of ours, or the address of one elsewhere.
pub fn attachment(house: &House, row: MediaRow) -> Attachment {
    let url = match (&row.file, &row.remote_url) {
        (Some(file), _) => house.base.join(&format!("/media/{file}")),
        (None, remote) => remote.clone().unwrap_or_default(),
    };
    Attachment {
        r#type: "Document",
        media_type: row.mime,
        url,
        summary: row.description.clone(),
        name: row.description,
        width: row.size.map(|size| size.0),
        height: row.size.map(|size| size.1),
        blurhash: row.blurhash,
        focal_point: [row.focus.0, row.focus.1],
    }
}
