//! What somebody types into a search field: words, "phrases", words to leave out, and operators such as `from:me`.
//!
//! | operator | finds |
//! | --- | --- |
//! | `from:me`, `from:name`, `from:name@host` | posts of that account |
//! | `has:media`, `has:image`, `has:video`, `has:audio`, `has:poll`, `has:link`, `has:quote` | posts with such a thing |
//! | `is:reply`, `is:sensitive` | such posts |
//! | `before:2026-01-31`, `after:2026-01-31`, `during:2026-01-31` | posts of days before, after or that day (UTC) |
//! | `language:en` | posts in that language |
//! | `in:library`, `in:public`, `in:all` | posts one wrote, is named in or kept; posts on the public timelines; all one may see |
//!
//! A `-` in front of a word, a phrase, `has:` or `is:` leaves those posts out. Whatever is no operator is a word.

use time::{Date, Duration, OffsetDateTime, Time};

use super::words;

/// More words than this make a search no narrower.
const MAX_TERMS: usize = 16;

/// Longer words are cut; the index has whole words, so such a one is found only by chance.
const MAX_WORD: usize = 64;

/// Things about a status that can be asked for; their bits are what `db::status_search` computes for each status.
pub const TRAITS: [(&str, i64); 9] = [
    ("has:media", 1),
    ("has:image", 2),
    ("has:video", 4),
    ("has:audio", 8),
    ("has:poll", 16),
    ("has:link", 32),
    ("has:quote", 64),
    ("is:reply", 128),
    ("is:sensitive", 256),
];

/// Where to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything that one may see.
    #[default]
    All,
    /// What one wrote, is named in, favourited, bookmarked or boosted.
    Library,
    /// What is on the public timelines.
    Public,
}

/// A search, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// An expression for the index that finds all the words; made of words in quotes of ours and nothing else.
    pub words: Option<String>,
    /// The same for words, any of which leaves a status out.
    pub without: Option<String>,
    /// Whose posts: `me`, a name, or a name and a host.
    pub from: Option<String>,
    /// Bits of [`TRAITS`] that must hold.
    pub wanted: i64,
    /// Bits of [`TRAITS`] that must not hold.
    pub unwanted: i64,
    /// Not before this moment, in milliseconds since 1970.
    pub since: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
    /// In this language.
    pub language: Option<String>,
    /// Where to look.
    pub scope: Scope,
}

impl Query {
    /// Reads what was typed. What cannot be read as an operator is a word: nothing is refused.
    pub fn parse(typed: &str) -> Query {
        let mut query = Query::default();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for Term { negated, text } in terms(typed) {
            if query.operator(negated, text) {
                continue;
            }
            let list = if negated { &mut without } else { &mut with };
            list.extend(expression(text));
        }
        with.truncate(MAX_TERMS);
        without.truncate(MAX_TERMS);
        query.words = (!with.is_empty()).then(|| with.join(" AND "));
        query.without = (!without.is_empty()).then(|| without.join(" OR "));
        query
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        *self
            == Query {
                without: self.without.clone(),
                scope: self.scope,
                ..Query::default()
            }
            && self.scope == Scope::All
    }

    /// Takes the text in if it is an operator.
    fn operator(&mut self, negated: bool, text: &str) -> bool {
        let folded = text.to_lowercase();
        if let Some((_, bit)) = TRAITS.iter().find(|(name, _)| *name == folded) {
            *(if negated {
                &mut self.unwanted
            } else {
                &mut self.wanted
            }) |= bit;
            return true;
        }
        match folded.split_once(':') {
            // Names of people on other servers are found as they are written.
            Some(("from", _)) if !negated && text.len() > "from:".len() => {
                let name = text["from:".len()..].trim_start_matches('@');
                self.from = (!name.is_empty()).then(|| name.to_owned());
                self.from.is_some()
            }
            Some((name, value)) if !negated && !value.is_empty() => self.setting(name, value),
            _ => false,
        }
    }

    fn setting(&mut self, name: &str, value: &str) -> bool {
        let day = Duration::DAY;
        match (name, value, date(value)) {
            ("language", code, _) => self.language = Some(code.to_owned()),
            ("in", "library", _) => self.scope = Scope::Library,
            ("in", "public", _) => self.scope = Scope::Public,
            ("in", "all", _) => self.scope = Scope::All,
            ("before", _, Some(at)) => self.until = Some(millis(at)),
            ("after", _, Some(at)) => self.since = Some(millis(at + day)),
            ("during", _, Some(at)) => {
                self.since = Some(millis(at));
                self.until = Some(millis(at + day));
            }
            _ => return false,
        }
        true
    }
}

struct Term<'a> {
    negated: bool,
    text: &'a str,
}

/// Cuts at white space, but not between quotes.
fn terms(typed: &str) -> Vec<Term<'_>> {
    let mut found = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let bare = rest.strip_prefix('-').unwrap_or(rest);
        let negated = bare.len() < rest.len();
        let (text, after) = match bare.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => bare.split_at(bare.find(char::is_whitespace).unwrap_or(bare.len())),
        };
        found.push(Term { negated, text });
        rest = after.trim_start();
    }
    found
}

/// One term for the index: its pieces as a phrase.
fn expression(text: &str) -> Option<String> {
    let (mut pieces, open) = words::phrase(text);
    pieces.truncate(MAX_TERMS);
    let cut = |piece: String| piece.chars().take(MAX_WORD).collect::<String>();
    let pieces: Vec<String> = pieces.into_iter().map(cut).collect();
    let star = if open { "*" } else { "" };
    (!pieces.is_empty()).then(|| format!("\"{}\"{star}", pieces.join(" ")))
}

fn date(text: &str) -> Option<OffsetDateTime> {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    let date = Date::parse(text, form).ok()?;
    Some(date.with_time(Time::MIDNIGHT).assume_utc())
}

fn millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(typed: &str) -> (Option<String>, Option<String>) {
        let query = Query::parse(typed);
        (query.words, query.without)
    }

    #[test]
    fn nothing_but_words_in_our_quotes_reaches_the_index() {
        for (typed, with) in [
            ("Hello, world!", Some("\"Hello\" AND \"world\"")),
            ("\"a\" OR b*", Some("\"a\" AND \"OR\" AND \"b\"")),
            ("NEAR(x) col:^y", Some("\"NEAR x\" AND \"col y\"")),
            ("'; DROP TABLE", Some("\"DROP\" AND \"TABLE\"")),
            ("\"green tea\" please", Some("\"green tea\" AND \"please\"")),
            ("\"never closed", Some("\"never closed\"")),
            ("東京 京", Some("\"東京\" AND \"京\"*")),
            ("☕ % _ * \" \0", None),
            ("", None),
        ] {
            assert_eq!(words(typed), (with.map(str::to_owned), None), "{typed}");
        }
        assert_eq!(words(&"\"".repeat(10_000)), (None, None));
        assert!(words(&"word ".repeat(5_000)).0.expect("words").len() < 300);
        let both = words("tea -milk -\"brown sugar\"");
        assert_eq!(
            both,
            (
                Some("\"tea\"".into()),
                Some("\"milk\" OR \"brown sugar\"".into())
            )
        );
    }

    #[test]
    fn operators_are_read_and_what_is_none_is_a_word() {
        let query = Query::parse(
            "from:@Bob@Far.Example has:image -has:poll is:reply -is:sensitive language:DE in:library",
        );
        assert_eq!(query.from.as_deref(), Some("Bob@Far.Example"));
        assert_eq!((query.wanted, query.unwanted), (2 | 128, 16 | 256));
        assert_eq!(
            (query.language.as_deref(), query.scope),
            (Some("de"), Scope::Library)
        );
        assert_eq!(query.words, None);
        let day = 86_400_000;
        let first = 1_767_225_600_000; // 2026-01-01
        let query = Query::parse("after:2026-01-01 before:2026-01-03");
        assert_eq!(
            (query.since, query.until),
            (Some(first + day), Some(first + 2 * day))
        );
        let query = Query::parse("during:2026-01-01");
        assert_eq!((query.since, query.until), (Some(first), Some(first + day)));
        let query = Query::parse("before:soon has:hope in:doubt from:");
        assert_eq!(
            query,
            Query {
                words: query.words.clone(),
                ..Query::default()
            }
        );
        assert_eq!(
            query.words.as_deref(),
            Some("\"before soon\" AND \"has hope\" AND \"in doubt\" AND \"from\"")
        );
    }

    #[test]
    fn a_search_of_exclusions_alone_is_empty() {
        for (typed, empty) in [
            ("", true),
            ("-tea", true),
            ("tea", false),
            ("in:library", false),
            ("has:media", false),
        ] {
            assert_eq!(Query::parse(typed).is_empty(), empty, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_an_expression_of_anything_but_quoted_words(typed in any::<String>()) {
            let query = Query::parse(&typed);
            for text in [query.words, query.without].into_iter().flatten() {
                for (at, part) in text.split('"').enumerate() {
                    let is_fine = match at % 2 {
                        0 => matches!(part.trim_start_matches('*'), "" | " AND " | " OR "),
                        _ => part.chars().all(|c| c.is_alphanumeric() || c == ' '),
                    };
                    prop_assert!(is_fine, "{text}");
                }
            }
        }
    }
}
