//! Filters, and what they match on a page of statuses (mastodon-api 2.8). A viewer's filters are read and prepared once
//! for a page; every status is then compared with them in memory.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::View;
use crate::clock::Timestamp;
use crate::db;
use crate::db::filters::{Action, Context, FilterRow, KeywordRow};
use crate::error::Result;
use crate::ids::{FilterId, FilterStatusId, KeywordId, StatusId};
use crate::text::keywords::{Folded, Keyword};

/// Filter, second version, as far as it stands in a FilterResult.
#[derive(Serialize)]
pub struct Head {
    id: FilterId,
    title: String,
    context: Vec<&'static str>,
    expires_at: Option<Timestamp>,
    filter_action: &'static str,
}

impl From<FilterRow> for Head {
    fn from(row: FilterRow) -> Head {
        Head {
            id: row.id,
            title: row.title,
            context: row.contexts.names(),
            expires_at: row.expires_at,
            filter_action: row.action.name(),
        }
    }
}

/// Filter, second version.
#[derive(Serialize)]
pub struct Filter {
    #[serde(flatten)]
    head: Head,
    keywords: Vec<FilterKeyword>,
    statuses: Vec<FilterStatus>,
}

impl From<db::filters::Filter> for Filter {
    fn from(filter: db::filters::Filter) -> Filter {
        Filter {
            head: filter.row.into(),
            keywords: filter.keywords.into_iter().map(Into::into).collect(),
            statuses: filter.statuses.into_iter().map(Into::into).collect(),
        }
    }
}

/// FilterKeyword.
#[derive(Serialize)]
pub struct FilterKeyword {
    id: KeywordId,
    keyword: String,
    whole_word: bool,
}

impl From<KeywordRow> for FilterKeyword {
    fn from(row: KeywordRow) -> FilterKeyword {
        FilterKeyword {
            id: row.id,
            keyword: row.keyword,
            whole_word: row.whole_word,
        }
    }
}

/// FilterStatus.
#[derive(Serialize)]
pub struct FilterStatus {
    id: FilterStatusId,
    status_id: StatusId,
}

impl From<(FilterStatusId, StatusId)> for FilterStatus {
    fn from((id, status_id): (FilterStatusId, StatusId)) -> FilterStatus {
        FilterStatus { id, status_id }
    }
}

/// Filter, first version: a keyword.
#[derive(Serialize)]
pub struct FilterV1 {
    id: KeywordId,
    phrase: String,
    context: Vec<&'static str>,
    whole_word: bool,
    expires_at: Option<Timestamp>,
    irreversible: bool,
}

impl FilterV1 {
    /// The keyword of that filter.
    pub fn new(filter: &FilterRow, keyword: KeywordRow) -> FilterV1 {
        FilterV1 {
            id: keyword.id,
            phrase: keyword.keyword,
            context: filter.contexts.names(),
            whole_word: keyword.whole_word,
            expires_at: filter.expires_at,
            irreversible: filter.action == Action::Hide,
        }
    }
}

/// FilterResult: a filter that matches a status, and by what.
#[derive(Clone, Serialize)]
pub struct FilterResult {
    filter: Arc<RawValue>,
    keyword_matches: Option<Vec<String>>,
    status_matches: Option<Vec<StatusId>>,
    #[serde(skip)]
    hides: db::filters::Contexts,
}

impl FilterResult {
    /// Whether the status must not be shown in that context at all.
    pub fn hides_in(&self, context: Context) -> bool {
        self.hides.has(context)
    }
}

/// A viewer's filters, ready to be compared with statuses.
#[derive(Default)]
pub struct Filters(Vec<Prepared>);

struct Prepared {
    shown: Arc<RawValue>,
    hides: db::filters::Contexts,
    keywords: Vec<(String, Keyword)>,
    statuses: Vec<StatusId>,
}

impl View<'_> {
    /// The viewer's filters for a page of statuses; none for strangers.
    pub(super) fn filters(&self, page: &[StatusId]) -> Result<Filters> {
        let Some(viewer) = self.viewer else {
            return Ok(Filters::default());
        };
        let rows = db::filters::applying(self.db, viewer, page)?;
        let prepared = rows.into_iter().map(|filter| {
            let keywords = filter.keywords.into_iter();
            Ok(Prepared {
                hides: match filter.row.action {
                    Action::Hide => filter.row.contexts,
                    Action::Warn | Action::Blur => Default::default(),
                },
                keywords: keywords
                    .map(|row| {
                        (
                            row.keyword.clone(),
                            Keyword::new(&row.keyword, row.whole_word),
                        )
                    })
                    .collect(),
                statuses: filter.statuses.iter().map(|(_, status)| *status).collect(),
                shown: to_raw_value(&Head::from(filter.row))?.into(),
            })
        });
        Ok(Filters(prepared.collect::<Result<_>>()?))
    }
}

impl Filters {
    /// Those that match a status. `text` is asked for only where there is a keyword to look for.
    pub fn matching(&self, status: StatusId, text: impl FnOnce() -> String) -> Vec<FilterResult> {
        let has_keywords = self.0.iter().any(|filter| !filter.keywords.is_empty());
        let text = Folded::new(&if has_keywords { text() } else { String::new() });
        let results = self.0.iter().map(|filter| filter.result(status, &text));
        results.flatten().collect()
    }
}

impl Prepared {
    fn result(&self, status: StatusId, text: &Folded) -> Option<FilterResult> {
        let keywords = self.keywords.iter();
        let keywords: Vec<String> = keywords
            .filter(|(_, keyword)| keyword.stands_in(text))
            .map(|(typed, _)| typed.clone())
            .collect();
        let is_named = self.statuses.contains(&status);
        if keywords.is_empty() && !is_named {
            return None;
        }
        Some(FilterResult {
            filter: self.shown.clone(),
            keyword_matches: (!keywords.is_empty()).then_some(keywords),
            status_matches: is_named.then(|| vec![status]),
            hides: self.hides,
        })
    }
}

/// What the filters match on a page, by status.
pub(super) type Matches = HashMap<StatusId, Vec<FilterResult>>;
