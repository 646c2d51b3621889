//! `Undo`: what somebody did is taken back. What is undone may be sent whole or by its id alone.

use super::{Activity, Handled, Verdict};
use crate::db::{accounts, blocks, favourites, follows, reactions, statuses};
use crate::fed::reading::reaction;
use crate::fed::wire;
use crate::ops::reactions::Emoji;
use crate::ops::{self};

/// Takes back what the actor did; nobody takes back what another did.
pub fn undo(activity: &Activity) -> Handled {
    let object = activity.object();
    let by = wire::id_of(wire::get(object, "actor"));
    if by.is_some_and(|by| by != activity.actor.uri) {
        return Ok(Verdict::Ignored("an Undo of what another did"));
    }
    let about = wire::id_of(wire::get(object, "object"));
    match wire::type_of(object).1 {
        "Follow" => match about {
            Some(about) => unfollow(activity, about),
            None => by_id(activity),
        },
        "Like" | "EmojiReact" => match (about, reaction(object)) {
            (Some(about), Some((emoji, _))) => unreact(activity, about, &emoji),
            (Some(about), None) => unlike(activity, about),
            (None, _) => by_id(activity),
        },
        "Block" => match about {
            Some(about) => super::block::unblock(activity, about),
            None => by_id(activity),
        },
        "Announce" | "" => by_id(activity),
        _ => Ok(Verdict::Ignored("an Undo of what is not known here")),
    }
}

fn unfollow(activity: &Activity, target: &str) -> Handled {
    let target = activity.app.db().read(|db| accounts::by_uri(db, target))?;
    match target.filter(|target| target.is_local()) {
        Some(target) => activity.apply(|tx| ops::follows::left(tx, activity.actor.id, target.id)),
        None => Ok(Verdict::Ignored("an Undo of a Follow of nobody here")),
    }
}

fn unlike(activity: &Activity, status: &str) -> Handled {
    match activity.app.db().read(|db| statuses::id_of(db, status))? {
        Some(status) => {
            activity.apply(|tx| ops::favourites::remove(tx, activity.actor.id, status).map(drop))
        }
        None => Ok(Verdict::Ignored(
            "an Undo of a Like of what is not known here",
        )),
    }
}

fn unreact(activity: &Activity, status: &str, emoji: &Emoji) -> Handled {
    let emoji = match emoji {
        Emoji::Local(code) => Emoji::Remote(format!("{code}@{}", activity.actor.host)),
        other => other.clone(),
    };
    match activity.app.db().read(|db| statuses::id_of(db, status))? {
        Some(status) => activity
            .apply(|tx| ops::reactions::remove(tx, activity.actor.id, status, &emoji).map(drop)),
        None => Ok(Verdict::Ignored(
            "an Undo of a reaction to what is not known here",
        )),
    }
}

/// By the id of what is undone, whatever that was.
fn by_id(activity: &Activity) -> Handled {
    let Some(id) = activity.object_id() else {
        return Ok(Verdict::Ignored("an Undo of nothing"));
    };
    let me = activity.actor.id;
    activity.apply(|tx| {
        if let Some(row) = statuses::by_uri(tx, id)? {
            return match row.reblog_of {
                Some(inner) if row.account == me => {
                    ops::statuses::unreblog(tx, me, inner).map(drop)
                }
                _ => Ok(()),
            };
        }
        if let Some(status) = favourites::by_uri(tx, me, id)? {
            return ops::favourites::remove(tx, me, status).map(drop);
        }
        if let Some((status, emoji)) = reactions::by_uri(tx, me, id)? {
            let emoji = Emoji::parse(&emoji);
            return match emoji {
                Some(emoji) => ops::reactions::remove(tx, me, status, &emoji).map(drop),
                None => Ok(()),
            };
        }
        if let Some(target) = blocks::by_uri(tx, me, id)? {
            return blocks::remove(tx, me, target).map(drop);
        }
        match follows::by_uri(tx, me, id)? {
            Some(target) => ops::follows::left(tx, me, target),
            None => Ok(()),
        }
    })
}
