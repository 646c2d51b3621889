//! Finding accounts by the beginnings of words in their names: the completion of `@mentions` and the search page.

use rusqlite::{Connection, params};

use crate::config::BaseUrl;
use crate::error::Result;
use crate::ids::AccountId;

/// More words than this make a search no narrower.
const MAX_WORDS: usize = 8;

/// Longer words are cut; no name is longer.
const MAX_WORD: usize = 64;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// An FTS5 expression made of quoted words only.
    words: String,
    username: String,
    host: String,
    uri: String,
}

impl Query {
    /// Reads what was typed: names, a handle with or without `@`, an address. `None` when there is no word in it.
    /// Nothing of the input reaches the search engine but letters and digits, each word in quotes of ours.
    pub fn parse(typed: &str, base: &BaseUrl) -> Option<Query> {
        let typed = typed.trim();
        let handle = typed.trim_start_matches('@').to_lowercase();
        let (username, host) = handle.split_once('@').unwrap_or((&handle, ""));
        let host = if base.is_own(host) { "" } else { host };
        let named = format!("{username} {host}");
        let words: Vec<String> = named
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(MAX_WORDS)
            .map(|word| format!("\"{}\"*", word.chars().take(MAX_WORD).collect::<String>()))
            .collect();
        (!words.is_empty()).then(|| Query {
            words: words.join(" AND "),
            username: username.to_owned(),
            host: host.to_owned(),
            uri: typed.to_owned(),
        })
    }
}

/// Accounts that match, best first: the exact name, then followed ones, local ones and those with many followers. Of very
/// many matches only some are weighed against each other, but always the followed ones. Hidden accounts, and those with
/// a block either way, are left out; but those whom the viewer blocks are found by the whole name, as clients look up by
/// search whom they are told to unblock.
pub fn find(
    db: &Connection,
    viewer: Option<AccountId>,
    query: &Query,
    following: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<AccountId>> {
    let mut stmt = db.prepare_cached(
        "WITH found (id) AS (
                SELECT id FROM (SELECT rowid AS id FROM account_search WHERE account_search MATCH ?1 LIMIT 500)
                 UNION SELECT target_id FROM follows WHERE account_id = ?2 AND pending = 0
                          AND target_id IN (SELECT rowid FROM account_search WHERE account_search MATCH ?1)
                 UNION SELECT id FROM accounts WHERE username = ?3 AND (?4 = '' OR host = ?4)
                 UNION SELECT id FROM accounts WHERE uri = ?5)
         SELECT a.id FROM found JOIN accounts AS a ON a.id = found.id
           LEFT JOIN follows AS f ON f.account_id = ?2 AND f.target_id = a.id AND f.pending = 0
          WHERE a.hidden = 0 AND (f.id IS NOT NULL OR NOT ?6)
            AND (a.username = ?3 OR NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = ?2 AND target_id = a.id))
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_id = ?2)
            AND NOT EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = ?2 AND host = a.host)
          ORDER BY a.username = ?3 DESC, f.id IS NULL, a.host <> '', a.followers_count DESC, a.id LIMIT ?7 OFFSET ?8",
    )?;
    let rows = stmt.query_map(
        params![
            query.words,
            viewer,
            query.username,
            query.host,
            query.uri,
            following,
            limit,
            offset
        ],
        |row| row.get(0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_nothing_but_quoted_words() {
        let here = BaseUrl::parse("https://here.example").unwrap();
        for (typed, words) in [
            ("Alice", "\"alice\"*"),
            (
                "@bob@remote.example",
                "\"bob\"* AND \"remote\"* AND \"example\"*",
            ),
            ("@bob@here.example", "\"bob\"*"),
            (
                "NEAR(a b) OR col:x*",
                "\"near\"* AND \"a\"* AND \"b\"* AND \"or\"* AND \"col\"* AND \"x\"*",
            ),
        ] {
            assert_eq!(
                Query::parse(typed, &here).map(|query| query.words),
                Some(words.to_owned())
            );
        }
        assert_eq!(Query::parse(&"\"".repeat(10_000), &here), None);
        assert_eq!(Query::parse(" @ ", &here), None);
    }
}
