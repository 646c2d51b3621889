//! `Like`, `EmojiReact`, and their undoing.

use rusqlite::Connection;

use super::{Activity, Parcel, activity_id};
use crate::app::App;
use crate::db::accounts::{self, AccountRow};
use crate::db::audience;
use crate::db::statuses::{self, StatusRow};
use crate::db::visibility::Visibility;
use crate::error::Result;
use crate::fed::documents::{Emoji, Tag};
use crate::ids::{AccountId, StatusId};

/// Who does it, to what, whose that is, and where it goes.
struct Scene {
    me: AccountRow,
    status: StatusRow,
    author: AccountRow,
    inboxes: Vec<String>,
}

impl Scene {
    /// The author hears of it and, where the post is public, the followers.
    fn load(db: &Connection, account: AccountId, status: StatusId) -> Result<Option<Scene>> {
        let Some(status) = statuses::by_ids(db, &[status])?.pop() else {
            return Ok(None);
        };
        let (me, author) = (
            accounts::by_id(db, account)?,
            accounts::by_id(db, status.account)?,
        );
        let Some((me, author)) = me.zip(author) else {
            return Ok(None);
        };
        let mut inboxes = audience::of_people(db, &[author.id], false)?;
        if status.visibility == Visibility::Public {
            inboxes.extend(audience::of_followers(db, account)?);
        }
        Ok(Some(Scene {
            me,
            status,
            author,
            inboxes,
        }))
    }

    fn activity(&self, app: &App, name: &'static str, row: i64) -> Activity<String> {
        let to = vec![self.author.uri.clone()];
        let id = activity_id(app, row);
        let mut activity = Activity::new(id, name, &self.me.uri, self.status.uri.clone(), to);
        if self.status.visibility == Visibility::Public {
            activity.cc = vec![format!("{}/followers", self.me.uri)];
        }
        activity
    }

    fn parcel(self, activity: Activity<String>, undo: bool) -> Result<Option<Parcel>> {
        Ok(Some(match undo {
            true => Parcel::new(self.me.id, &activity.undone(), self.inboxes)?.later(),
            false => Parcel::new(self.me.id, &activity, self.inboxes)?,
        }))
    }
}

/// A favourite, or that it was taken back.
pub fn like(
    app: &App,
    db: &Connection,
    account: AccountId,
    status: StatusId,
    row: i64,
    undo: bool,
) -> Result<Option<Parcel>> {
    match Scene::load(db, account, status)? {
        Some(scene) => {
            let activity = scene.activity(app, "Like", row);
            scene.parcel(activity, undo)
        }
        None => Ok(None),
    }
}

/// A reaction with an emoji, or that it was taken back. Custom emoji are written without a host, their picture beside them.
pub fn react(
    app: &App,
    db: &Connection,
    account: AccountId,
    status: StatusId,
    row: i64,
    emoji: &str,
    undo: bool,
) -> Result<Option<Parcel>> {
    let Some(scene) = Scene::load(db, account, status)? else {
        return Ok(None);
    };
    let mut activity = scene.activity(app, "EmojiReact", row);
    let code = emoji.split('@').next().unwrap_or(emoji);
    let picture = match app.house().emojis.all().get(emoji) {
        Some(local) => Some(app.base().join(&local.path)),
        None => crate::db::reactions::picture(db, scene.status.id, emoji)?,
    };
    match picture {
        Some(url) => {
            activity.content = Some(format!(":{code}:"));
            activity.tag = vec![Tag::Emoji(Emoji::new(app.base(), code, url))];
        }
        None => activity.content = Some(emoji.to_owned()),
    }
    scene.parcel(activity, undo)
}
