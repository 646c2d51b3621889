//! Posts that wait for their hour (pleroma-contract A.7). They are checked when they are written, and posted by a job as if
//! they were written then.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::polls::PollDraft;
use super::statuses::{self, Description, Draft, Rules};
use crate::clock::Timestamp;
use crate::db::quotes::QuotePolicy;
use crate::db::scheduled_statuses::{self, ScheduledRow};
use crate::db::visibility::Visibility;
use crate::db::{Tx, jobs};
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, ScheduledId};
use crate::text::format::ContentType;

/// What is due sooner than this is posted at once, and nothing is moved nearer.
const AT_ONCE: Duration = Duration::from_secs(300);

/// Posts that may wait for the same day, and in all.
const MOST: (i64, i64) = (25, 300);

/// How long the uploads of a cancelled post wait to be posted otherwise.
const UPLOADS_WAIT: Duration = Duration::from_secs(3600);

/// A draft in the API's words: as it is stored, and as it is shown.
#[derive(Debug, Deserialize, Serialize)]
struct Params {
    text: String,
    content_type: String,
    spoiler_text: String,
    sensitive: Option<bool>,
    language: Option<String>,
    visibility: String,
    list_id: Option<String>,
    in_reply_to_id: Option<String>,
    in_reply_to_conversation_id: Option<String>,
    to: Option<Vec<String>>,
    media_ids: Option<Vec<String>>,
    media_attributes: Vec<MediaAttributes>,
    poll: Option<PollDraft>,
    quoted_status_id: Option<String>,
    quote_approval_policy: Option<QuotePolicy>,
    expires_in: Option<u64>,
    application_id: Option<String>,
    idempotency: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct MediaAttributes {
    id: String,
    description: Option<String>,
    focus: Option<(f64, f64)>,
}

impl Params {
    fn of(draft: &Draft, visibility: Visibility) -> Params {
        let attributes = draft.descriptions.iter().map(|one| MediaAttributes {
            id: one.media.to_string(),
            description: one.text.clone(),
            focus: one.focus,
        });
        let media: Vec<String> = draft.media.iter().map(MediaId::to_string).collect();
        Params {
            text: draft.text.clone(),
            content_type: draft.content_type.as_mime().to_owned(),
            spoiler_text: draft.spoiler_text.clone(),
            sensitive: draft.sensitive,
            language: draft.language.clone(),
            visibility: visibility.name().to_owned(),
            list_id: draft.list.map(|id| id.to_string()),
            in_reply_to_id: draft.in_reply_to.map(|id| id.to_string()),
            in_reply_to_conversation_id: draft.participation.map(|id| id.to_string()),
            to: draft.to.clone(),
            media_ids: (!media.is_empty()).then_some(media),
            media_attributes: attributes.collect(),
            poll: draft.poll.clone(),
            quoted_status_id: draft.quote.map(|id| id.to_string()),
            quote_approval_policy: draft.quote_policy,
            expires_in: draft.lifetime.map(|lifetime| lifetime.as_secs()),
            application_id: draft.app.map(|id| id.to_string()),
            idempotency: None,
        }
    }

    fn into_draft(self) -> Draft {
        let id = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok());
        let described = self.media_attributes.into_iter().filter_map(|one| {
            Some(Description {
                media: one.id.parse().ok()?,
                text: one.description,
                focus: one.focus,
            })
        });
        let media = self.media_ids.unwrap_or_default();
        Draft {
            content_type: ContentType::from_mime(&self.content_type),
            visibility: Visibility::parse(&self.visibility),
            list: id(self.list_id).map(Into::into),
            in_reply_to: id(self.in_reply_to_id).map(Into::into),
            participation: id(self.in_reply_to_conversation_id),
            media: media.iter().filter_map(|id| id.parse().ok()).collect(),
            descriptions: described.collect(),
            lifetime: self.expires_in.map(Duration::from_secs),
            app: id(self.application_id).map(Into::into),
            text: self.text,
            spoiler_text: self.spoiler_text,
            sensitive: self.sensitive,
            language: self.language,
            to: self.to,
            poll: self.poll,
            quote: id(self.quoted_status_id).map(Into::into),
            quote_policy: self.quote_approval_policy,
        }
    }
}

/// Whether a post for that moment waits; what is nearer is posted at once.
pub fn waits(at: Timestamp) -> bool {
    at >= Timestamp::now().plus(AT_ONCE)
}

/// Has a post wait for its hour. What could not be posted now is refused now.
pub fn add(
    tx: &Tx,
    rules: &Rules,
    me: AccountId,
    draft: &Draft,
    at: Timestamp,
) -> Result<ScheduledId> {
    let visibility = statuses::check(tx, rules, me, draft)?;
    let (all, that_day) = scheduled_statuses::count(tx, me, at)?;
    if that_day >= MOST.0 || all >= MOST.1 {
        let reason = format!(
            "No more than {} posts can be scheduled for a day, and {} in all",
            MOST.0, MOST.1
        );
        return Err(Error::Invalid(reason));
    }
    let row = ScheduledRow {
        id: ScheduledId::new(),
        account: me,
        scheduled_at: at,
        params: serde_json::to_string(&Params::of(draft, visibility))?,
    };
    scheduled_statuses::insert(tx, &row)?;
    if !scheduled_statuses::reserve(tx, row.id, me, &draft.media)? {
        return Err(statuses::no_attachment());
    }
    wake(tx, row.id, at)?;
    Ok(row.id)
}

/// Gives a waiting post another hour.
pub fn move_to(tx: &Tx, me: AccountId, id: ScheduledId, at: Timestamp) -> Result<()> {
    scheduled_statuses::owned_by(tx, me, id)?;
    if !waits(at) {
        return Err(Error::Invalid(
            "scheduled_at must be at least 5 minutes from now".into(),
        ));
    }
    scheduled_statuses::set_hour(tx, id, at)?;
    wake(tx, id, at)
}

/// Cancels a waiting post. Its uploads may be posted otherwise for an hour.
pub fn cancel(tx: &Tx, me: AccountId, id: ScheduledId) -> Result<()> {
    scheduled_statuses::owned_by(tx, me, id)?;
    let media = scheduled_statuses::media(tx, id)?;
    scheduled_statuses::delete(tx, id)?;
    if media.is_empty() {
        return Ok(());
    }
    let unless_posted = json!({"media": media});
    let at = Timestamp::now().plus(UPLOADS_WAIT);
    jobs::push_at(tx, "remove_files", &unless_posted, at)
}

/// Its hour has come: posts it. Nothing happens when it was cancelled or moved.
pub fn publish(tx: &Tx, rules: &Rules, id: ScheduledId) -> Result<()> {
    let row = scheduled_statuses::by_id(tx, id)?;
    let Some(row) = row.filter(|row| row.scheduled_at <= Timestamp::now()) else {
        return Ok(());
    };
    let params: Params = serde_json::from_str(&row.params)?;
    scheduled_statuses::delete(tx, id)?;
    statuses::post(tx, rules, row.account, &params.into_draft())?;
    Ok(())
}

fn wake(tx: &Tx, id: ScheduledId, at: Timestamp) -> Result<()> {
    jobs::push_at(tx, "post_scheduled", &json!({"scheduled": id}), at)
}
