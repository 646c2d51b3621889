//! Messages in chats.

use super::{Activity, Handled, Verdict};
use crate::db::accounts;
use crate::fed::reading::chat_message;
use crate::fed::resolve::Failure;
use crate::ops::chats;

/// Takes a message of the actor, for exactly one person, who lives here and wants to hear from it.
pub fn message(activity: &Activity) -> Handled {
    let message = chat_message::read(activity.object())
        .map_err(|reason| Failure::Refused(reason.to_owned()))?;
    let to = activity
        .app
        .db()
        .read(|db| accounts::by_uri(db, &message.to))?;
    match to.filter(|to| to.is_local()) {
        Some(to) => activity.apply(|tx| chats::received(tx, &activity.actor, to.id, &message)),
        None => Ok(Verdict::Ignored("a chat message for nobody here")),
    }
}
