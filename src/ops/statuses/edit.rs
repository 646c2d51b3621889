//! Editing. [`edit`] is what an author does here; [`revise`] is what any new version means, wherever it was written.

use super::addressing::{self, People};
use super::insert::{ask_for_card, moved};
use super::{Description, Draft, MAX_ATTACHMENTS, Rules, check_text};
use crate::clock::Timestamp;
use crate::db::polls::NewPoll;
use crate::db::quotes::QuotePolicy;
use crate::db::status_edits::{self, Text};
use crate::db::statuses::insert::{describe, tag};
use crate::db::statuses::{StatusRow, owned_by, source};
use crate::db::visibility::Visibility;
use crate::db::{self, Tx, cards, conversations, home};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{AccountId, MediaId, StatusId};
use crate::ops::polls::PollDraft;
use crate::ops::{notifications, outgoing, polls, status_search};
use crate::text::format::{self, ContentType, Rendered};

/// What an author wants changed. What is sent whole every time (attachments, warning) is taken as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// As typed; `None`: as it was.
    pub text: Option<String>,
    /// How it is written; `None`: as it was.
    pub content_type: Option<ContentType>,
    /// The warning in front of it.
    pub spoiler_text: String,
    /// Attachments are hidden at first; `None`: as it was.
    pub sensitive: Option<bool>,
    /// `None`: as it was.
    pub language: Option<String>,
    /// Exactly whom it addresses from now on, instead of whom the text names.
    pub to: Option<Vec<String>>,
    /// Its attachments, in this order: some that it has, and new uploads.
    pub media: Vec<MediaId>,
    /// New descriptions of some of them.
    pub descriptions: Vec<Description>,
    /// Its question. Votes stay only where the same is asked.
    pub poll: Option<PollDraft>,
    /// Who may quote it; `None`: as it was.
    pub quote_policy: Option<QuotePolicy>,
}

/// A version of a status that replaces the present one.
pub struct Revision<'a> {
    /// What it says.
    pub text: Text<'a>,
    /// Whom it names that the present version does not name, or may not.
    pub named: &'a [AccountId],
    /// Whom it does not name any more.
    pub unnamed: &'a [AccountId],
    /// Folded hashtags.
    pub tags: &'a [String],
    /// All its attachments, in order: some of the present ones, and files of the author that hang on nothing yet.
    pub media: &'a [MediaId],
    /// New descriptions of some of them.
    pub descriptions: &'a [Description],
    /// Its question. Votes stay only where the same is asked.
    pub poll: Option<&'a NewPoll<'a>>,
    /// When it came to be.
    pub edited_at: Timestamp,
}

/// Edits a status of `me`. Whoever boosted or answered it is told; where nothing changes, nobody is.
pub fn edit(tx: &Tx, rules: &Rules, me: AccountId, id: StatusId, changes: &Changes) -> Result<()> {
    let row = owned_by(tx, me, id)?;
    if row.reblog_of.is_some() {
        return Err(Error::record());
    }
    if let Some(policy) = changes.quote_policy {
        db::quotes::set_policy(tx, id, policy)?;
    }
    let before = source(tx, id)?.unwrap_or_default();
    let draft = drafted(&row, &before, changes);
    check_text(rules, &draft)?;
    let people = addressing::resolve(tx, rules.base, &draft.text)?;
    let rendered = format::render(&draft.text, draft.content_type, &people.links);
    let (named, unnamed) = match &changes.to {
        Some(to) => (addressing::exactly(tx, rules.base, to)?, Vec::new()),
        None => whom(tx, rules, &row, &before, &people, &rendered)?,
    };
    let named = addressing::within_reach(tx, me, row.visibility, named)?;
    let is_nsfw = rendered.hashtags.iter().any(|tag| tag == "nsfw");
    let text = Text {
        content: &rendered.html,
        content_type: draft.content_type.as_mime(),
        source: Some(&draft.text),
        spoiler_text: &draft.spoiler_text,
        sensitive: is_nsfw || changes.sensitive.unwrap_or(row.sensitive),
        language: draft.language.as_deref(),
        emojis: "[]",
    };
    let now = Timestamp::now();
    let poll = draft.poll.as_ref().map(|poll| poll.begin(now));
    let revision = Revision {
        text,
        named: &named,
        unnamed: &unnamed,
        tags: &rendered.hashtags,
        media: &draft.media,
        descriptions: &draft.descriptions,
        poll: poll.as_ref(),
        edited_at: now,
    };
    if changes_anything(tx, &row, &before, &revision)? {
        return revise(tx, &row, &revision);
    }
    // How long a poll goes on, or what it shows meanwhile, is no other version.
    polls::replace(tx, id, poll.as_ref())
}

/// Replaces what a status says by a newer version, and tells whom that concerns. The author, and that the version is newer,
/// are the caller's to check.
pub fn revise(tx: &Tx, row: &StatusRow, new: &Revision) -> Result<()> {
    if new.media.len() > MAX_ATTACHMENTS {
        return Err(Error::Invalid("Too many attachments".into()));
    }
    status_edits::keep(tx, row.id)?;
    status_edits::set(tx, row.id, &new.text, new.edited_at)?;
    status_edits::untag(tx, row.id, new.tags)?;
    tag(tx, row.id, new.tags)?;
    if status_edits::media(tx, row.id)? != new.media
        && !status_edits::set_media(tx, row.id, row.account, new.media)?
    {
        return Err(super::no_attachment());
    }
    for one in new.descriptions {
        describe(tx, row.id, one.media, one.text.as_deref(), one.focus)?;
    }
    polls::replace(tx, row.id, new.poll)?;
    if new.text.content != row.content {
        cards::detach(tx, row.id)?;
        ask_for_card(tx, row.id, new.text.content)?;
    }
    status_search::changed(tx, row.id)?;
    status_edits::silence(tx, row.id, new.unnamed)?;
    let reached = status_edits::name(tx, row.id, new.named)?;
    if !reached.is_empty() {
        welcome(tx, row, &reached)?;
    }
    tx.emit(Event::Edited(row.id));
    outgoing::revised(tx, row)?;
    notifications::of_edit(tx, row.account, row.id)
}

/// Lets people in whom only the new version addresses.
fn welcome(tx: &Tx, row: &StatusRow, reached: &[AccountId]) -> Result<()> {
    if matches!(row.visibility, Visibility::Direct | Visibility::List) {
        home::deliver(tx, row.id, row.account, home::Reach::Addressed)?;
    }
    if row.visibility == Visibility::Direct {
        moved(
            tx,
            conversations::join(tx, row.conversation, row.id, row.account)?,
        );
    }
    notifications::mention(tx, row.account, row.id, reached)
}

/// The post as it would be if it were written now.
fn drafted(row: &StatusRow, before: &str, changes: &Changes) -> Draft {
    let kept = || ContentType::from_mime(&row.content_type);
    Draft {
        text: changes.text.clone().unwrap_or_else(|| before.to_owned()),
        content_type: changes.content_type.unwrap_or_else(kept),
        spoiler_text: changes.spoiler_text.clone(),
        language: changes.language.clone().or_else(|| row.language.clone()),
        media: changes.media.clone(),
        descriptions: changes.descriptions.clone(),
        poll: changes.poll.clone(),
        ..Draft::default()
    }
}

/// Whom the new text names, and whom only the old one named. Where the old text named people who were not addressed, the
/// addressees were chosen otherwise, and stay so.
fn whom(
    tx: &Tx,
    rules: &Rules,
    row: &StatusRow,
    before: &str,
    people: &People,
    rendered: &Rendered,
) -> Result<(Vec<AccountId>, Vec<AccountId>)> {
    let old = addressing::resolve(tx, rules.base, before)?;
    let kind = ContentType::from_mime(&row.content_type);
    let old = old.with_author_of(None, &format::render(before, kind, &old.links));
    let addressed = status_edits::addressed(tx, row.id)?;
    let others = |account: &AccountId| *account != row.account && !addressed.contains(account);
    if old.iter().any(others) {
        return Ok((Vec::new(), Vec::new()));
    }
    let now = people.with_author_of(None, rendered);
    let gone = |account: &AccountId| {
        !now.contains(account) && row.in_reply_to_account.as_ref() != Some(account)
    };
    let unnamed = old.into_iter().filter(gone).collect();
    Ok((now, unnamed))
}

/// Whether the version differs from the present one, whose text was typed as `before`.
pub(in crate::ops) fn changes_anything(
    tx: &Tx,
    row: &StatusRow,
    before: &str,
    new: &Revision,
) -> Result<bool> {
    let text = &new.text;
    let same_text = text.content == row.content
        && text.spoiler_text == row.spoiler_text
        && text.sensitive == row.sensitive
        && text.language == row.language.as_deref()
        && text.source.unwrap_or_default() == before
        && text.content_type == row.content_type;
    let poll = db::polls::of_status(tx, row.id)?;
    Ok(!same_text
        || !polls::asks_the_same(poll.as_ref(), new.poll)
        || !new.descriptions.is_empty()
        || status_edits::media(tx, row.id)? != new.media)
}
