//! What admins do to statuses of others, never without a trace in the moderation log.

use std::time::Duration;

use crate::db::Tx;
use crate::db::statuses::StatusRow;
use crate::db::statuses::moderation;
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::StatusId;
use crate::ops::moderation_log::{Subject, record};
use crate::ops::sessions::Viewer;
use crate::ops::statuses;

/// A status by its id, whoever may see it; 404 for an unknown one.
pub fn find(db: &rusqlite::Connection, id: StatusId) -> Result<StatusRow> {
    moderation::any(db, id)?.ok_or(Error::Status(404, "Not found".into()))
}

/// Hides attachments, and changes how far a status reaches. What was addressed to few is not for admins to spread.
pub fn update(
    tx: &Tx,
    actor: Option<&Viewer>,
    id: StatusId,
    sensitive: Option<bool>,
    visibility: Option<Visibility>,
) -> Result<()> {
    let status = find(tx, id)?;
    let is_among_reaches = |visibility| visibility <= Visibility::Private;
    if let Some(wanted) = visibility
        && (!is_among_reaches(wanted) || !is_among_reaches(status.visibility))
    {
        return Err(Error::BadRequest("Unsupported visibility".into()));
    }
    let mut said = Vec::new();
    said.extend(sensitive.map(|sensitive| format!("sensitive: '{sensitive}'")));
    said.extend(visibility.map(|visibility| format!("visibility: '{}'", visibility.name())));
    if said.is_empty() {
        return Ok(());
    }
    moderation::update(tx, id, sensitive, visibility)?;
    tx.emit(Event::Edited(id));
    let did = format!("updated status #{id}, set {}", said.join(", "));
    record(tx, actor, "status_update", &[Subject::status(id)], &did)
}

/// Takes a status down.
pub fn delete(tx: &Tx, actor: Option<&Viewer>, id: StatusId) -> Result<()> {
    let status = find(tx, id)?;
    statuses::remove(tx, &status, Duration::ZERO)?;
    let did = format!("deleted status #{id}");
    record(tx, actor, "status_delete", &[Subject::status(id)], &did)
}
