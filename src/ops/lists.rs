//! Lists: making and changing them, and who stands on them.

use crate::db::lists::{self, ListRow, RepliesPolicy};
use crate::db::{Tx, accounts};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ListId};

/// Lists that one person may have.
const MAX_LISTS: i64 = 100;

/// Characters in a title.
const TITLE_LENGTH: usize = 256;

/// What somebody sets of a list; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its name.
    pub title: Option<String>,
    /// Which replies it shows.
    pub replies_policy: Option<RepliesPolicy>,
    /// Its members' posts are not shown at home.
    pub exclusive: Option<bool>,
}

impl Change {
    fn applied_to(&self, list: ListRow) -> Result<ListRow> {
        let title = match &self.title {
            Some(title) => self::title(title)?,
            None => list.title,
        };
        Ok(ListRow {
            id: list.id,
            title,
            replies_policy: self.replies_policy.unwrap_or(list.replies_policy),
            exclusive: self.exclusive.unwrap_or(list.exclusive),
        })
    }
}

fn title(typed: &str) -> Result<String> {
    let title = typed.trim();
    if title.is_empty() {
        return Err(Error::Invalid("The title is empty".into()));
    }
    if title.chars().count() > TITLE_LENGTH {
        return Err(Error::Invalid(format!(
            "The title is longer than {TITLE_LENGTH} characters"
        )));
    }
    Ok(title.to_owned())
}

/// Makes a list. The change must have a title.
pub fn create(tx: &Tx, me: AccountId, change: &Change) -> Result<ListRow> {
    if lists::count(tx, me)? >= MAX_LISTS {
        return Err(Error::Invalid(format!(
            "There are no more than {MAX_LISTS} lists"
        )));
    }
    let list = change.applied_to(ListRow {
        id: ListId::new(),
        title: String::new(),
        replies_policy: RepliesPolicy::default(),
        exclusive: false,
    })?;
    lists::insert(tx, me, &list)?;
    Ok(list)
}

/// Changes a list of one's own.
pub fn update(tx: &Tx, me: AccountId, id: ListId, change: &Change) -> Result<ListRow> {
    let list = change.applied_to(lists::owned_by(tx, me, id)?)?;
    lists::update(tx, &list)?;
    Ok(list)
}

/// Deletes a list of one's own.
pub fn delete(tx: &Tx, me: AccountId, id: ListId) -> Result<()> {
    let list = lists::owned_by(tx, me, id)?;
    lists::delete(tx, list.id)
}

/// Puts accounts on a list, all or none. They need not be followed; one that is unknown is a 404.
pub fn add(tx: &Tx, me: AccountId, id: ListId, members: &[AccountId]) -> Result<()> {
    let list = lists::owned_by(tx, me, id)?;
    for member in members {
        let member = accounts::visible(tx, *member)?.id;
        if lists::add_member(tx, list.id, member)? {
            lists::backfill(tx, list.id, member)?;
        }
    }
    Ok(())
}

/// Takes accounts off a list; whoever does not stand there is passed over.
pub fn remove(tx: &Tx, me: AccountId, id: ListId, members: &[AccountId]) -> Result<()> {
    let list = lists::owned_by(tx, me, id)?;
    lists::remove_members(tx, list.id, members)
}
