//! Finding statuses by the words in them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::{unblocked, visible};

/// More words than this make a search no narrower.
const MAX_WORDS: usize = 16;

/// Longer words are cut; the index has whole words, so such a one is found only by chance.
const MAX_WORD: usize = 64;

/// Words to look for, as an FTS5 expression that is made of nothing but quoted words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// The words of what was typed; `None` when there are none. Only letters and digits reach the search engine, in quotes
    /// of ours, so that its own syntax is out of reach (security.md P6).
    pub fn parse(typed: &str) -> Option<Words> {
        let words: Vec<String> = typed
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(MAX_WORDS)
            .map(|word| format!("\"{}\"", word.chars().take(MAX_WORD).collect::<String>()))
            .collect();
        (!words.is_empty()).then(|| Words(words.join(" AND ")))
    }
}

/// Statuses with all the words that the viewer may see, newest first; of one author with `author`.
pub fn find(
    db: &Connection,
    viewer: AccountId,
    words: &Words,
    author: Option<AccountId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<StatusId>> {
    let mut stmt = db.prepare_cached(concat!(
        "SELECT s.id FROM status_search CROSS JOIN statuses AS s ON s.id = status_search.rowid
          WHERE status_search MATCH ?1 AND (?3 IS NULL OR s.account_id = ?3) AND ",
        visible!("s", "?2"),
        " AND ",
        unblocked!("s", "?2"),
        " ORDER BY status_search.rowid DESC LIMIT ?4 OFFSET ?5"
    ))?;
    let rows = stmt.query_map(params![words.0, viewer, author, limit, offset], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The status with that ActivityPub id. Whether it may be seen is the caller's care.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<StatusId>> {
    Ok(db
        .prepare_cached("SELECT id FROM statuses WHERE uri = ?1")?
        .query_row(params![uri], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_words_in_our_quotes_reaches_the_index() {
        for (typed, words) in [
            ("Hello, world!", Some("\"Hello\" AND \"world\"")),
            ("\"a\" OR b*", Some("\"a\" AND \"OR\" AND \"b\"")),
            (
                "NEAR(x) col:^y",
                Some("\"NEAR\" AND \"x\" AND \"col\" AND \"y\""),
            ),
            ("'; DROP TABLE", Some("\"DROP\" AND \"TABLE\"")),
            ("☕ % _ * \" \0", None),
            ("", None),
        ] {
            let expected = words.map(|words| Words(words.to_owned()));
            assert_eq!(Words::parse(typed), expected, "{typed}");
        }
        assert_eq!(Words::parse(&"\"".repeat(10_000)), None);
        let many = Words::parse(&"word ".repeat(5_000)).expect("words");
        assert!(many.0.len() < 300);
    }
}
