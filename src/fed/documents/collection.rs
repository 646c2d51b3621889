//! Collections and their pages.

use serde::Serialize;

/// A collection: how much there is and, mostly, where it begins.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection<T> {
    id: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_items: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_items: Option<Vec<T>>,
}

impl<T> Collection<T> {
    /// One that is read page by page; without `first` only the count is told.
    pub fn paged(id: String, total: Option<i64>, first: Option<String>) -> Collection<T> {
        Collection {
            id,
            r#type: "OrderedCollection",
            total_items: total,
            first,
            ordered_items: None,
        }
    }

    /// One of which only the count is told, in no order.
    pub fn counted(id: String, total: i64) -> Collection<T> {
        Collection {
            r#type: "Collection",
            ..Collection::paged(id, Some(total), None)
        }
    }

    /// One that is small enough to be shown whole.
    pub fn whole(id: String, items: Vec<T>) -> Collection<T> {
        Collection {
            id,
            r#type: "OrderedCollection",
            total_items: Some(items.len() as i64),
            first: None,
            ordered_items: Some(items),
        }
    }
}

/// A page of a collection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// Its own address.
    pub id: String,
    r#type: &'static str,
    part_of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
    ordered_items: Vec<T>,
}

impl<T> Page<T> {
    /// A page of `part_of`. Pages are asked for by the id of a row, as everywhere.
    pub fn new(
        part_of: &str,
        asked: &str,
        items: Vec<T>,
        next: Option<i64>,
        prev: Option<i64>,
    ) -> Page<T> {
        Page {
            id: format!("{part_of}?{asked}"),
            r#type: "OrderedCollectionPage",
            part_of: part_of.to_owned(),
            next: next.map(|key| format!("{part_of}?page=true&max_id={key}")),
            prev: prev.map(|key| format!("{part_of}?page=true&min_id={key}")),
            ordered_items: items,
        }
    }

    /// A page that is read upwards, the oldest first.
    pub fn ascending(part_of: &str, after: i64, items: Vec<T>, next: Option<String>) -> Page<T> {
        Page {
            id: format!("{part_of}?page=true&min_id={after}"),
            r#type: "OrderedCollectionPage",
            part_of: part_of.to_owned(),
            next,
            prev: None,
            ordered_items: items,
        }
    }
}

/// The replies to a post, in no order that means anything: the first few come along (federation.md 2.4).
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replies {
    id: String,
    r#type: &'static str,
    total_items: i64,
    first: RepliesPage,
}

/// Some of them.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepliesPage {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    r#type: &'static str,
    part_of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    items: Vec<String>,
}

impl Replies {
    /// So many come along.
    pub const INLINE: i64 = 5;

    /// The collection of that address, with its first items and the key of the last of them.
    pub fn new(id: String, total: i64, items: Vec<String>, last: Option<i64>) -> Replies {
        let is_full = items.len() as i64 == Replies::INLINE;
        let first = RepliesPage::new(&id, None, items, last.filter(|_| is_full));
        Replies {
            r#type: "Collection",
            total_items: total,
            first,
            id,
        }
    }
}

impl RepliesPage {
    /// A page by the key before its first item, `None` where it is no document of its own; `last`: the key of its last item,
    /// where more may follow.
    pub fn new(
        part_of: &str,
        after: Option<i64>,
        items: Vec<String>,
        last: Option<i64>,
    ) -> RepliesPage {
        let page = |key: i64| format!("{part_of}?page=true&min_id={key}");
        RepliesPage {
            id: after.map(page),
            r#type: "CollectionPage",
            part_of: part_of.to_owned(),
            next: last.map(page),
            items,
        }
    }
}
