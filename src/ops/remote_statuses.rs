//! Posts that were written elsewhere: how they get in.

use std::borrow::Cow;
use std::time::Duration;

use super::polls::{self, RemotePoll};
use super::quotes::{self, RemoteQuote};
use super::statuses::insert::{Arrival, insert};
use super::statuses::{Description, Revision};
use crate::clock::Timestamp;
use crate::db::media::{self, RemoteFile};
use crate::db::quotes::QuotePolicy;
use crate::db::status_edits::{self, Text};
use crate::db::statuses::StatusRow;
use crate::db::statuses::insert::{NewStatus, address_silently};
use crate::db::statuses::origin::{Counts, set_counts};
use crate::db::visibility::Visibility;
use crate::db::{Tx, conversations, domain_policies, remote_accounts, statuses};
use crate::error::Result;
use crate::ids::{self, AccountId, MediaId, StatusId};

/// A post as its server writes it, cleaned.
#[derive(Clone, Debug)]
pub struct RemotePost {
    /// Its id.
    pub uri: String,
    /// Its page.
    pub url: Option<String>,
    /// The author's actor id.
    pub author: String,
    /// How far it reaches.
    pub visibility: Visibility,
    /// Sanitised HTML.
    pub content: String,
    /// The warning in front of it.
    pub spoiler_text: String,
    /// Attachments are hidden at first.
    pub sensitive: bool,
    /// Its language.
    pub language: Option<String>,
    /// As its author typed it.
    pub source: Option<String>,
    /// When it was published.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub edited_at: Option<Timestamp>,
    /// The id of what it answers.
    pub in_reply_to: Option<String>,
    /// The id of its thread.
    pub context: Option<String>,
    /// Actor ids of those whom the text names.
    pub mentions: Vec<String>,
    /// Ids of all addressees but everybody.
    pub recipients: Vec<String>,
    /// Folded hashtags.
    pub tags: Vec<String>,
    /// JSON `[{shortcode, url}]` of its custom emoji.
    pub emojis: String,
    /// Attachments.
    pub media: Vec<RemoteFile>,
    /// People are told of it; not of what was posted before anybody here cared.
    pub is_news: bool,
    /// Its question.
    pub poll: Option<RemotePoll>,
    /// What it quotes.
    pub quote: Option<RemoteQuote>,
    /// Who may quote it, where its server knows such a thing.
    pub quote_policy: Option<QuotePolicy>,
    /// How often it was answered, reblogged and favourited where it comes from.
    pub counts: Counts,
}

/// A post of which this much has passed since it was published is not news: it stands where its date puts it.
const NEWS: Duration = Duration::from_secs(600);

/// Stores a post of a known author, and tells those whom it concerns. One that is known is left as it is; `None` for one that
/// was deleted. `silent`: somebody in whose inbox it was put without being addressed.
pub fn store(
    tx: &Tx,
    author: AccountId,
    post: &RemotePost,
    silent: Option<AccountId>,
) -> Result<Option<StatusId>> {
    if let Some(known) = statuses::id_of(tx, &post.uri)? {
        return Ok(Some(known));
    }
    if statuses::tombstone(tx, &post.uri)?.is_some() {
        return Ok(None);
    }
    let post = &*tempered(tx, author, post)?;
    let parent = match &post.in_reply_to {
        Some(uri) => statuses::parent_of(tx, uri)?,
        None => None,
    };
    let id = fresh_id(tx, post.created_at)?;
    let row = NewStatus {
        id,
        uri: &post.uri,
        url: post.url.as_deref(),
        account: author,
        local: false,
        visibility: post.visibility,
        conversation: match &parent {
            Some(parent) => parent.conversation,
            None => conversations::find_or_begin(tx, post.context.as_deref().unwrap_or(&post.uri))?,
        },
        in_reply_to: parent.as_ref().map(|parent| parent.id),
        in_reply_to_account: parent.as_ref().map(|parent| parent.account),
        in_reply_to_uri: match parent {
            Some(_) => None,
            None => post.in_reply_to.as_deref(),
        },
        reblog_of: None,
        content: &post.content,
        content_type: "text/html",
        source: post.source.as_deref(),
        spoiler_text: &post.spoiler_text,
        sensitive: post.sensitive,
        language: post.language.as_deref(),
        emojis: &post.emojis,
        app: None,
        created_at: post.created_at,
        edited_at: post.edited_at,
        expires_at: None,
        quote_policy: post.quote_policy,
        counts: post.counts,
    };
    let mut addressed = ids_of(tx, &post.mentions)?;
    addressed.retain(|account| *account != author);
    let quietly = quietly_addressed(tx, author, post, silent, &addressed)?;
    let quote = match &post.quote {
        Some(quote) => Some(quotes::from_elsewhere(tx, author, quote)?),
        None => None,
    };
    let media = post.media.iter();
    let media: Vec<MediaId> = media
        .map(|file| media::insert_remote(tx, author, file))
        .collect::<Result<_>>()?;
    let arrival = Arrival {
        row,
        addressed: &addressed,
        silent: &quietly,
        list: None,
        poll: post.poll.as_ref().map(RemotePoll::begun),
        quote: quote.as_ref(),
        tags: &post.tags,
        media: &media,
        is_news: post.is_news,
    };
    insert(tx, &arrival)?;
    if let Some(poll) = &post.poll {
        poll.count(tx, id)?;
    }
    statuses::adopt(tx, id, &post.uri, author)?;
    Ok(Some(id))
}

/// Takes in what its server says now of a known status, whose author is the same. Only what is dated as newer than the present
/// version becomes another one; what is dated as the same, or not at all, may tell other counts of a poll.
pub fn update(tx: &Tx, row: &StatusRow, post: &RemotePost) -> Result<()> {
    let post = &*tempered(tx, row.account, post)?;
    let present = row.edited_at.unwrap_or(row.created_at);
    match post.edited_at {
        Some(at) if at < present => return Ok(()),
        Some(at) if at > present => revise(tx, row, post, at)?,
        _ => polls::replace(
            tx,
            row.id,
            post.poll.as_ref().map(RemotePoll::begun).as_ref(),
        )?,
    }
    if let Some(policy) = post.quote_policy {
        crate::db::quotes::set_policy(tx, row.id, policy)?;
    }
    set_counts(tx, row.id, &post.counts)?;
    quotes::requoted(tx, row, post.quote.as_ref())?;
    match &post.poll {
        Some(poll) => poll.count(tx, row.id),
        None => Ok(()),
    }
}

fn revise(tx: &Tx, row: &StatusRow, post: &RemotePost, edited_at: Timestamp) -> Result<()> {
    let mut named = ids_of(tx, &post.mentions)?;
    named.retain(|account| *account != row.account);
    let mut unnamed = status_edits::named(tx, row.id)?;
    unnamed.retain(|account| !named.contains(account));
    let quietly = quietly_addressed(tx, row.account, post, None, &named)?;
    address_silently(tx, row.id, &quietly)?;
    let (media, descriptions) = attachments(tx, row, post)?;
    let poll = post.poll.as_ref().map(RemotePoll::begun);
    let revision = Revision {
        text: Text {
            content: &post.content,
            content_type: "text/html",
            source: post.source.as_deref(),
            spoiler_text: &post.spoiler_text,
            sensitive: post.sensitive,
            language: post.language.as_deref(),
            emojis: &post.emojis,
        },
        named: &named,
        unnamed: &unnamed,
        tags: &post.tags,
        media: &media,
        descriptions: &descriptions,
        poll: poll.as_ref(),
        edited_at,
    };
    let before = statuses::source(tx, row.id)?.unwrap_or_default();
    match super::statuses::changes_anything(tx, row, &before, &revision)? {
        true => super::statuses::revise(tx, row, &revision),
        false => polls::replace(tx, row.id, poll.as_ref()),
    }
}

/// The files of a newer version: those that hang on the status already are known again by their address.
fn attachments(
    tx: &Tx,
    row: &StatusRow,
    post: &RemotePost,
) -> Result<(Vec<MediaId>, Vec<Description>)> {
    let old = media::of_versions(tx, row.id)?;
    let (mut all, mut described) = (Vec::new(), Vec::new());
    for file in &post.media {
        let known = old
            .iter()
            .find(|one| one.remote_url.as_ref() == Some(&file.url));
        let id = match known {
            Some(known) => known.id,
            None => media::insert_remote(tx, row.account, file)?,
        };
        if let Some(known) = known
            && (&known.description, known.focus) != (&file.description, file.focus)
        {
            described.push(Description {
                media: id,
                text: file.description.clone(),
                focus: Some(file.focus),
            });
        }
        if !all.contains(&id) {
            all.push(id);
        }
    }
    Ok((all, described))
}

/// The post as the admins want it from that server.
fn tempered<'a>(tx: &Tx, author: AccountId, post: &'a RemotePost) -> Result<Cow<'a, RemotePost>> {
    let policy = domain_policies::of_account(tx, author)?;
    let is_open = post.visibility <= Visibility::Unlisted;
    let mut post = Cow::Borrowed(post);
    if policy.reject_media && !post.media.is_empty() {
        post.to_mut().media.clear();
    }
    if policy.mark_sensitive && !post.media.is_empty() {
        post.to_mut().sensitive = true;
    }
    if policy.followers_only && is_open {
        post.to_mut().visibility = Visibility::Private;
    } else if policy.silenced && is_open {
        post.to_mut().visibility = Visibility::Unlisted;
    }
    Ok(post)
}

/// Those who are addressed but not named: they see it, without a mention.
fn quietly_addressed(
    tx: &Tx,
    author: AccountId,
    post: &RemotePost,
    silent: Option<AccountId>,
    named: &[AccountId],
) -> Result<Vec<AccountId>> {
    let mut quietly = ids_of(tx, &post.recipients)?;
    if post.visibility >= Visibility::Private {
        quietly.extend(silent);
    }
    quietly.retain(|account| *account != author && !named.contains(account));
    quietly.sort_unstable();
    quietly.dedup();
    Ok(quietly)
}

fn ids_of(tx: &Tx, uris: &[String]) -> Result<Vec<AccountId>> {
    if uris.is_empty() {
        return Ok(Vec::new());
    }
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    remote_accounts::ids_of(tx, &uris)
}

/// An id for something of that date. Two of one moment follow each other.
pub(super) fn fresh_id(tx: &Tx, created_at: Timestamp) -> Result<StatusId> {
    if created_at > Timestamp::now().minus(NEWS) {
        return Ok(StatusId::new());
    }
    let mut id = StatusId(ids::at(created_at));
    while statuses::exists(tx, id)? {
        id.0 += 1;
    }
    Ok(id)
}
