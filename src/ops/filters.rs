//! Filters: making and changing them. What they match is found when statuses are shown (`views::filter`).

use crate::clock::Timestamp;
use crate::db::filters::{self, Action, Contexts, Filter, FilterRow, KeywordRow};
use crate::db::{Tx, statuses};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::ids::{AccountId, FilterId, FilterStatusId, KeywordId, StatusId};

/// Filters that one person may have.
const MAX_FILTERS: i64 = 100;
/// Keywords of all of one person's filters: every one is looked for in every status shown.
const MAX_KEYWORDS: i64 = 300;
/// Statuses that all of one person's filters name.
const MAX_STATUSES: i64 = 1000;
/// Characters in a title.
const TITLE_LENGTH: usize = 256;
/// Characters in a keyword.
const KEYWORD_LENGTH: usize = 512;

/// What somebody sets of a filter; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its name.
    pub title: Option<String>,
    /// Where it applies.
    pub contexts: Option<Contexts>,
    /// What becomes of matches.
    pub action: Option<Action>,
    /// Until when it applies; `Some(None)`: for ever.
    pub expires_at: Option<Option<Timestamp>>,
    /// Keywords to add, change and remove.
    pub keywords: Vec<KeywordChange>,
}

/// What somebody does with a keyword.
#[derive(Clone, Debug)]
pub struct KeywordChange {
    /// The one that is meant; `None` adds another.
    pub id: Option<KeywordId>,
    /// Its text; `None` leaves it.
    pub keyword: Option<String>,
    /// Whether it is found only as a whole word; `None` leaves it, and a new one is.
    pub whole_word: Option<bool>,
    /// It goes.
    pub remove: bool,
}

fn at_most(length: usize, what: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Invalid(format!("The {what} is empty")));
    }
    if text.chars().count() > length {
        return Err(Error::Invalid(format!(
            "The {what} is longer than {length} characters"
        )));
    }
    Ok(text.to_owned())
}

/// Makes a filter. The change must have a title and contexts.
pub fn create(tx: &Tx, me: AccountId, change: &Change) -> Result<Filter> {
    if filters::counts(tx, me)?.0 >= MAX_FILTERS {
        return Err(too_many("filters", MAX_FILTERS));
    }
    let new = FilterRow {
        id: FilterId::new(),
        title: String::new(),
        contexts: Contexts::default(),
        action: Action::default(),
        expires_at: None,
    };
    let id = apply(tx, me, new, change)?;
    filters::owned_by(tx, me, id)
}

/// Changes a filter of one's own.
pub fn update(tx: &Tx, me: AccountId, id: FilterId, change: &Change) -> Result<Filter> {
    let old = filters::owned_by(tx, me, id)?;
    apply(tx, me, old.row, change)?;
    filters::owned_by(tx, me, id)
}

fn apply(tx: &Tx, me: AccountId, old: FilterRow, change: &Change) -> Result<FilterId> {
    let title = change.title.as_deref().unwrap_or(&old.title);
    let row = FilterRow {
        id: old.id,
        title: at_most(TITLE_LENGTH, "title", title)?,
        contexts: change.contexts.unwrap_or(old.contexts),
        action: change.action.unwrap_or(old.action),
        expires_at: change.expires_at.unwrap_or(old.expires_at),
    };
    if row.contexts.is_empty() {
        return Err(Error::Invalid("The context is empty".into()));
    }
    filters::put(tx, me, &row)?;
    tx.emit(Event::FiltersChanged(me));
    for keyword in &change.keywords {
        change_keyword(tx, me, row.id, keyword)?;
    }
    Ok(row.id)
}

fn change_keyword(tx: &Tx, me: AccountId, filter: FilterId, change: &KeywordChange) -> Result<()> {
    let Some(id) = change.id else {
        let text = change.keyword.as_deref().unwrap_or_default();
        return add_keyword(tx, me, filter, text, change.whole_word).map(drop);
    };
    if keyword(tx, me, id)?.0.row.id != filter {
        return Err(Error::record());
    }
    match change.remove {
        true => filters::delete_keyword(tx, id),
        false => update_keyword(tx, me, id, change).map(drop),
    }
}

/// Deletes a filter of one's own.
pub fn delete(tx: &Tx, me: AccountId, id: FilterId) -> Result<()> {
    let filter = filters::owned_by(tx, me, id)?;
    tx.emit(Event::FiltersChanged(me));
    filters::delete(tx, filter.row.id)
}

/// A keyword of one's own and the filter on which it hangs; 404 for any other.
pub fn keyword(
    db: &rusqlite::Connection,
    me: AccountId,
    id: KeywordId,
) -> Result<(Filter, KeywordRow)> {
    let filter = filters::of_keyword(db, me, id)?;
    let found = filter.keywords.iter().find(|keyword| keyword.id == id);
    let found = found.cloned().ok_or(Error::record())?;
    Ok((filter, found))
}

/// Adds a keyword to a filter of one's own, found as a whole word unless said otherwise.
pub fn add_keyword(
    tx: &Tx,
    me: AccountId,
    filter: FilterId,
    text: &str,
    whole_word: Option<bool>,
) -> Result<KeywordRow> {
    let filter = filters::owned_by(tx, me, filter)?;
    if filters::counts(tx, me)?.1 >= MAX_KEYWORDS {
        return Err(too_many("keywords", MAX_KEYWORDS));
    }
    let row = KeywordRow {
        id: KeywordId::new(),
        keyword: at_most(KEYWORD_LENGTH, "keyword", text)?,
        whole_word: whole_word.unwrap_or(true),
    };
    filters::put_keyword(tx, filter.row.id, &row)?;
    tx.emit(Event::FiltersChanged(me));
    Ok(row)
}

/// Changes a keyword of one's own.
pub fn update_keyword(
    tx: &Tx,
    me: AccountId,
    id: KeywordId,
    change: &KeywordChange,
) -> Result<KeywordRow> {
    let (filter, old) = keyword(tx, me, id)?;
    let text = change.keyword.as_deref().unwrap_or(&old.keyword);
    let row = KeywordRow {
        id,
        keyword: at_most(KEYWORD_LENGTH, "keyword", text)?,
        whole_word: change.whole_word.unwrap_or(old.whole_word),
    };
    filters::put_keyword(tx, filter.row.id, &row)?;
    tx.emit(Event::FiltersChanged(me));
    Ok(row)
}

/// Deletes a keyword of one's own.
pub fn delete_keyword(tx: &Tx, me: AccountId, id: KeywordId) -> Result<()> {
    keyword(tx, me, id)?;
    tx.emit(Event::FiltersChanged(me));
    filters::delete_keyword(tx, id)
}

/// Deletes what the first version of the API calls a filter: a keyword, and with the last one the filter.
pub fn delete_with_last_keyword(tx: &Tx, me: AccountId, id: KeywordId) -> Result<()> {
    let (filter, keyword) = keyword(tx, me, id)?;
    tx.emit(Event::FiltersChanged(me));
    if filter.keywords.len() == 1 && filter.statuses.is_empty() {
        return filters::delete(tx, filter.row.id);
    }
    filters::delete_keyword(tx, keyword.id)
}

/// Lets a filter of one's own name a status that one may see; returns the entry.
pub fn add_status(
    tx: &Tx,
    me: AccountId,
    filter: FilterId,
    status: StatusId,
) -> Result<FilterStatusId> {
    let filter = filters::owned_by(tx, me, filter)?;
    if filters::counts(tx, me)?.2 >= MAX_STATUSES {
        return Err(too_many("statuses", MAX_STATUSES));
    }
    let status = statuses::visible_to(tx, Some(me), status)?;
    tx.emit(Event::FiltersChanged(me));
    filters::add_status(tx, filter.row.id, status.id)
}

/// Lets a filter of one's own no longer name a status.
pub fn delete_status(tx: &Tx, me: AccountId, entry: FilterStatusId) -> Result<()> {
    filters::of_status(tx, me, entry)?;
    tx.emit(Event::FiltersChanged(me));
    filters::delete_status(tx, entry)
}

fn too_many(what: &str, most: i64) -> Error {
    Error::Invalid(format!("There are no more than {most} {what}"))
}
