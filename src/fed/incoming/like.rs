//! `Like` and `EmojiReact`. Some servers say the second by the first.

use super::{Activity, Handled, Verdict};
use crate::db::statuses;
use crate::error::Result;
use crate::fed::reading::reaction;
use crate::ids::StatusId;
use crate::ops::reactions::Emoji;
use crate::ops::{favourites, reactions};

/// A favourite or, with an emoji for its content, a reaction.
pub fn like(activity: &Activity) -> Handled {
    let Some(status) = status(activity)? else {
        return Ok(Verdict::Ignored("a Like of a post that is not known here"));
    };
    match reaction(activity.json) {
        Some((emoji, picture)) => react(activity, status, &emoji, picture),
        None => activity
            .apply(|tx| favourites::add_from(tx, activity.actor.id, status, activity.id).map(drop)),
    }
}

/// A reaction.
pub fn emoji_react(activity: &Activity) -> Handled {
    match (status(activity)?, reaction(activity.json)) {
        (None, _) => Ok(Verdict::Ignored(
            "a reaction to a post that is not known here",
        )),
        (_, None) => Ok(Verdict::Ignored("a reaction without an emoji")),
        (Some(status), Some((emoji, picture))) => react(activity, status, &emoji, picture),
    }
}

fn react(activity: &Activity, status: StatusId, emoji: &Emoji, picture: Option<&str>) -> Handled {
    // A custom emoji belongs to the server of whoever reacts.
    let emoji = match emoji {
        Emoji::Local(code) => Emoji::Remote(format!("{code}@{}", activity.actor.host)),
        other => other.clone(),
    };
    activity.apply(|tx| {
        reactions::add_from(tx, activity.actor.id, status, &emoji, picture, activity.id)
    })
}

/// The post that it is about.
pub fn status(activity: &Activity) -> Result<Option<StatusId>> {
    match activity.object_id() {
        Some(id) => activity.app.db().read(|db| statuses::id_of(db, id)),
        None => Ok(None),
    }
}
