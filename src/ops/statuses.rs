//! Statuses: how they come to be and go. [`post`] is what a local person does; what arrives from elsewhere will join it in
//! [`insert`], the only way into the tables.

pub(super) mod addressing;
mod edit;
pub(super) mod insert;
mod reblog;

pub(super) use edit::changes_anything;
pub use edit::{Changes, Revision, edit, revise};
pub use reblog::{reblog, reblogged, unreblog};

use std::time::Duration;

use crate::clock::Timestamp;
use crate::config::{BaseUrl, Instance};
use crate::db::quotes::{NewQuote, QuotePolicy, QuoteState};
use crate::db::statuses::insert::{NewStatus, describe};
use crate::db::statuses::origin::Counts;
use crate::db::statuses::{Parent, StatusRow, owned_by, parent};
use crate::db::users::{Habits, habits};
use crate::db::visibility::Visibility;
use crate::db::{self, Tx, conversations, lists, streaming};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{self, AccountId, AppId, ListId, MediaId, StatusId};
use crate::ops::outgoing::{self, Outgoing};
use crate::ops::polls::PollDraft;
use crate::ops::{quotes, relays};
use crate::text::format::{self, ContentType, Rendered};

/// Files on one status.
pub const MAX_ATTACHMENTS: usize = 16;

/// The shortest life of a post that deletes itself (pleroma-contract A.7).
const SHORTEST_LIFE: Duration = Duration::from_secs(3600);

/// The longest; beyond it, clients send nonsense.
const LONGEST_LIFE: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What the settings say about posts.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Where we are.
    pub base: &'a BaseUrl,
    /// Characters in text and warning together.
    pub limit: usize,
    /// Characters in the description of an attachment.
    pub description_limit: usize,
}

impl Rules<'_> {
    /// As the settings have them.
    pub fn new<'a>(base: &'a BaseUrl, instance: &Instance) -> Rules<'a> {
        Rules {
            base,
            limit: instance.limit as usize,
            description_limit: instance.description_limit as usize,
        }
    }
}

/// How long the attachments of a deleted post wait to be posted anew ("delete and redraft").
const REDRAFT: Duration = Duration::from_secs(3600);

/// A post as its author wants it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// As typed.
    pub text: String,
    /// How it is written.
    pub content_type: ContentType,
    /// The warning in front of it.
    pub spoiler_text: String,
    /// Attachments are hidden at first; `None`: as the author's habit is.
    pub sensitive: Option<bool>,
    /// Its language; `None`: as the author's habit is.
    pub language: Option<String>,
    /// How far it reaches; `None`: as far as what it answers, or as the author's habit is.
    pub visibility: Option<Visibility>,
    /// The author's list to whose members it goes, if it goes to a list.
    pub list: Option<ListId>,
    /// The status it answers.
    pub in_reply_to: Option<StatusId>,
    /// The author's participation it is posted into.
    pub participation: Option<i64>,
    /// Exactly whom it addresses, instead of whom the text names.
    pub to: Option<Vec<String>>,
    /// Uploads to attach, in this order.
    pub media: Vec<MediaId>,
    /// New descriptions of some of them.
    pub descriptions: Vec<Description>,
    /// A question.
    pub poll: Option<PollDraft>,
    /// The status it quotes.
    pub quote: Option<StatusId>,
    /// Who may quote it; `None`: everybody.
    pub quote_policy: Option<QuotePolicy>,
    /// How long it lives.
    pub lifetime: Option<Duration>,
    /// The application it is posted with.
    pub app: Option<AppId>,
}

/// What an attachment is described by anew.
#[derive(Clone, Debug)]
pub struct Description {
    /// Which attachment.
    pub media: MediaId,
    /// For people who cannot see it.
    pub text: Option<String>,
    /// The point to keep in view.
    pub focus: Option<(f64, f64)>,
}

/// Posts a status.
pub fn post(tx: &Tx, rules: &Rules, me: AccountId, draft: &Draft) -> Result<StatusId> {
    check_text(rules, draft)?;
    let habits = habits(tx, me)?;
    if habits.moved {
        return Err(Error::Forbidden("You have moved to another account".into()));
    }
    let thread = Thread::find(tx, me, draft)?;
    let mut visibility = thread.visibility(draft, &habits)?;
    let mut quote = None;
    if let Some(id) = draft.quote {
        let (found, reach) = quotes::find(tx, rules.base, me, id, visibility)?;
        (quote, visibility) = (Some(found), reach);
    }
    let named = addressing::resolve(tx, rules.base, &draft.text)?;
    let rendered = format::render(&draft.text, draft.content_type, &named.links);
    let addressed = match (&thread.recipients, &draft.to) {
        (Some(recipients), _) => recipients.clone(),
        (None, Some(to)) => addressing::exactly(tx, rules.base, to)?,
        (None, None) => named.with_author_of(thread.parent.as_ref(), &rendered),
    };
    let addressed = addressing::within_reach(tx, me, visibility, addressed)?;
    let composed = Composed {
        draft,
        habits,
        thread,
        visibility,
        quote,
        rendered,
        addressed,
    };
    let id = composed.store(tx, rules, me)?;
    if visibility != Visibility::Local {
        let followers = outgoing::reaches_followers(visibility);
        // The members of a list are not named.
        let people = match visibility {
            Visibility::List => db::audience::addressed(tx, id)?,
            _ => composed.addressed.clone(),
        };
        let create = || Outgoing::Create { status: id };
        match relays::told(tx, id, visibility)? {
            true => outgoing::push(tx, &create())?,
            false => outgoing::push_if_remote(tx, me, &people, followers, create)?,
        }
    }
    if composed.quote.as_ref().map(|quote| quote.state) == Some(QuoteState::Pending) {
        outgoing::push(tx, &Outgoing::QuoteRequest { status: id })?;
    }
    for new in &draft.descriptions {
        describe(tx, id, new.media, new.text.as_deref(), new.focus)?;
    }
    Ok(id)
}

/// Deletes a status of `me`. Its attachments may be posted again for an hour, unless they are to go at once.
pub fn delete(tx: &Tx, me: AccountId, id: StatusId, with_media: bool) -> Result<()> {
    let status = owned_by(tx, me, id)?;
    let wait = if with_media { Duration::ZERO } else { REDRAFT };
    remove(tx, &status, wait)
}

/// Takes a status down, whoever wrote it.
pub fn remove(tx: &Tx, status: &StatusRow, media_wait: Duration) -> Result<()> {
    outgoing::deletion(tx, status)?;
    about_to_go(tx, status.id)?;
    let media = db::statuses::remove(tx, status.id)?;
    super::media::discard(tx, &media, media_wait)
}

/// Tells those who have it on their screens. Afterwards nobody could say who that is.
pub fn about_to_go(tx: &Tx, status: StatusId) -> Result<()> {
    let listeners = tx.listeners();
    if listeners.is_empty() {
        return Ok(());
    }
    for sight in streaming::sights_with_reblogs(tx, status, &listeners)? {
        tx.emit(Event::Deleted(sight));
    }
    Ok(())
}

/// As [`about_to_go`], for posts of an author who is hidden by now.
pub fn of_hidden_about_to_go(tx: &Tx, statuses: &[StatusId]) -> Result<()> {
    let listeners = tx.listeners();
    if listeners.is_empty() || statuses.is_empty() {
        return Ok(());
    }
    for sight in streaming::sights_of_hidden(tx, statuses, &listeners)? {
        tx.emit(Event::Deleted(sight));
    }
    Ok(())
}

/// Refuses what [`post`] would refuse for what it says, and tells how far it would reach.
pub(super) fn check(tx: &Tx, rules: &Rules, me: AccountId, draft: &Draft) -> Result<Visibility> {
    check_text(rules, draft)?;
    let visibility = Thread::find(tx, me, draft)?.visibility(draft, &habits(tx, me)?)?;
    match draft.quote {
        Some(id) => Ok(quotes::find(tx, rules.base, me, id, visibility)?.1),
        None => Ok(visibility),
    }
}

fn check_text(rules: &Rules, draft: &Draft) -> Result<()> {
    let invalid = |text: &str| Err(Error::Invalid(text.into()));
    if draft.text.trim().is_empty() && draft.media.is_empty() {
        return invalid("Cannot post an empty status without attachments");
    }
    if draft.media.len() > MAX_ATTACHMENTS {
        return invalid("Too many attachments");
    }
    if draft.text.chars().count() + draft.spoiler_text.chars().count() > rules.limit {
        return invalid("The status is over the character limit");
    }
    let described = |new: &Description| new.text.as_ref().map_or(0, |text| text.chars().count());
    if draft.descriptions.iter().map(described).max() > Some(rules.description_limit) {
        return invalid("The description is over the character limit");
    }
    if let Some(poll) = &draft.poll {
        poll.check()?;
    }
    match draft.lifetime {
        Some(lifetime) if lifetime <= SHORTEST_LIFE => invalid("Expiry date is too soon"),
        Some(lifetime) if lifetime > LONGEST_LIFE => {
            invalid("Expiry date is too far in the future")
        }
        _ => Ok(()),
    }
}

/// Where a new status belongs.
struct Thread {
    parent: Option<Parent>,
    /// The participation's thread and recipients, when posting into one.
    conversation: Option<i64>,
    recipients: Option<Vec<AccountId>>,
}

impl Thread {
    /// A parent that is unknown or invisible makes a normal status; somebody else's participation is an error, because
    /// its owner's words would go to others than meant.
    fn find(tx: &Tx, me: AccountId, draft: &Draft) -> Result<Thread> {
        let parent = match draft.in_reply_to {
            Some(id) => parent(tx, me, id)?,
            None => None,
        };
        let (conversation, recipients) = match draft.participation {
            Some(id) => conversations::participation(tx, me, id)?
                .map(|(thread, recipients)| (Some(thread), Some(recipients)))
                .ok_or_else(crate::ops::conversations::unknown)?,
            None => (parent.as_ref().map(|parent| parent.conversation), None),
        };
        Ok(Thread {
            parent,
            conversation,
            recipients,
        })
    }

    fn visibility(&self, draft: &Draft, habits: &Habits) -> Result<Visibility> {
        if self.recipients.is_some() {
            return Ok(Visibility::Direct);
        }
        let of_parent = self.parent.as_ref().map(|parent| parent.visibility);
        let chosen = draft.visibility.or(of_parent).unwrap_or(habits.visibility);
        if of_parent == Some(Visibility::Direct) && chosen != Visibility::Direct {
            return Err(Error::Invalid(
                "The message visibility must be direct".into(),
            ));
        }
        Ok(chosen)
    }
}

/// A post with everything decided.
struct Composed<'a> {
    draft: &'a Draft,
    habits: Habits,
    thread: Thread,
    visibility: Visibility,
    quote: Option<NewQuote>,
    rendered: Rendered,
    addressed: Vec<AccountId>,
}

impl Composed<'_> {
    fn store(&self, tx: &Tx, rules: &Rules, me: AccountId) -> Result<StatusId> {
        let (draft, parent) = (self.draft, self.thread.parent.as_ref());
        let (id, now, base) = (StatusId::new(), Timestamp::now(), rules.base);
        let is_nsfw = self.rendered.hashtags.iter().any(|tag| tag == "nsfw");
        let row = NewStatus {
            id,
            uri: &base.join(&format!("/objects/{}", ids::uuid())),
            url: Some(&base.join(&format!("/notice/{id}"))),
            account: me,
            local: true,
            visibility: self.visibility,
            conversation: self.conversation(tx, base)?,
            in_reply_to: parent.map(|parent| parent.id),
            in_reply_to_account: parent.map(|parent| parent.account),
            in_reply_to_uri: None,
            reblog_of: None,
            content: &self.rendered.html,
            content_type: draft.content_type.as_mime(),
            source: Some(&draft.text),
            spoiler_text: &draft.spoiler_text,
            sensitive: is_nsfw || draft.sensitive.unwrap_or(self.habits.sensitive),
            language: draft
                .language
                .as_deref()
                .or(self.habits.language.as_deref()),
            emojis: "[]",
            app: draft.app,
            created_at: now,
            edited_at: None,
            expires_at: draft.lifetime.map(|lifetime| now.plus(lifetime)),
            quote_policy: draft.quote_policy,
            counts: Counts::default(),
        };
        insert::insert(
            tx,
            &insert::Arrival {
                row,
                addressed: &self.addressed,
                silent: &[],
                tags: &self.rendered.hashtags,
                list: self.list(tx, me)?,
                media: &draft.media,
                poll: draft.poll.as_ref().map(|poll| poll.begin(now)),
                quote: self.quote.as_ref(),
                is_news: true,
            },
        )?;
        Ok(id)
    }

    /// The list, if it is the author's. To an unknown one the post goes to nobody.
    fn list(&self, tx: &Tx, me: AccountId) -> Result<Option<ListId>> {
        let wanted = self
            .draft
            .list
            .filter(|_| self.visibility == Visibility::List);
        match wanted.map(|id| lists::owned_by(tx, me, id)) {
            Some(Ok(list)) => Ok(Some(list.id)),
            None | Some(Err(Error::NotFound(_))) => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }

    fn conversation(&self, tx: &Tx, base: &BaseUrl) -> Result<i64> {
        match self.thread.conversation {
            Some(known) => Ok(known),
            None => conversations::begin(tx, &base.join(&format!("/contexts/{}", ids::uuid()))),
        }
    }
}

pub(super) fn no_attachment() -> Error {
    Error::Invalid("An attachment does not exist or belongs to another post".into())
}
