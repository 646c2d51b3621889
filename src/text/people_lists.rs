//! Lists of people as servers export them and as people write them (pleroma-contract 2): Mastodon's CSV files with and
//! without header, and names separated by white space or lines.

use csv::{ReaderBuilder, StringRecord};
use serde::{Deserialize, Serialize};

/// The header of the column that names people; a line that begins with it says what the columns are.
const HEADER: &str = "Account address";

/// Somebody on a list, and what the list says beside the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Entry {
    /// A name with or without host, without `@` in front, or an address.
    #[serde(skip)]
    pub who: String,
    /// Of follows: `Show boosts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reblogs: Option<bool>,
    /// Of follows: `Notify on new posts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<bool>,
    /// Of follows: `Languages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<String>>,
    /// Of mutes: `Hide notifications`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<bool>,
    /// Of lists: the title of the one to stand on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

/// Reads lists with their members as Mastodon exports them: a title and a name on each line, with a header or without.
pub fn parse_lists(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let columns = columns(line);
        let column = |at| columns.get(at).unwrap_or_default().trim();
        let (title, who) = (column(0), column(1).trim_start_matches('@'));
        if who.is_empty() || title.is_empty() || who == HEADER {
            continue;
        }
        entries.push(Entry {
            who: who.to_owned(),
            list: Some(title.to_owned()),
            ..Entry::default()
        });
    }
    entries
}

/// Reads hosts or addresses, the first column of each line. A line that begins with `#` is a header.
pub fn parse_names(text: &str) -> Vec<Entry> {
    let names = text.trim_start_matches('\u{feff}').lines().map(columns);
    let names = names.filter_map(|columns| {
        let name = columns.get(0).unwrap_or_default().trim().to_owned();
        (!name.is_empty() && !name.starts_with('#')).then_some(name)
    });
    let entry = |who| Entry {
        who,
        ..Entry::default()
    };
    names.map(entry).collect()
}

/// Reads a list. Nothing is refused: what names nobody is found out later, one by one.
pub fn parse(text: &str) -> Vec<Entry> {
    let mut header = None;
    let mut entries = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let columns = columns(line);
        let first = columns.get(0).unwrap_or_default().trim();
        if first == HEADER {
            header = Some(columns);
            continue;
        }
        // Quotes in the middle of a name are nobody's.
        let names = first
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']).trim_start_matches('@'))
            .filter(|word| !word.is_empty());
        for name in names {
            let mut entry = Entry {
                who: name.to_owned(),
                ..Entry::default()
            };
            if let Some(header) = &header {
                entry.read(header, &columns);
            }
            entries.push(entry);
        }
    }
    entries
}

/// The columns of one line. Lines are read one by one: a quote that nobody closed must not swallow the rest of the list.
fn columns(line: &str) -> StringRecord {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let mut columns = StringRecord::new();
    match reader.read_record(&mut columns) {
        Ok(true) => columns,
        _ => StringRecord::new(),
    }
}

impl Entry {
    /// Takes what stands under the known headers.
    fn read(&mut self, header: &StringRecord, columns: &StringRecord) {
        for (title, value) in header.iter().zip(columns) {
            match title.trim() {
                "Show boosts" => self.reblogs = boolean(value),
                "Notify on new posts" => self.notify = boolean(value),
                "Languages" => self.languages = Some(words(value)).filter(|all| !all.is_empty()),
                "Hide notifications" => self.notifications = boolean(value),
                _ => {}
            }
        }
    }
}

fn boolean(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn words(value: &str) -> Vec<String> {
    value
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).into_iter().map(|entry| entry.who).collect()
    }

    #[test]
    fn lists_are_read_with_their_titles_and_other_names_line_by_line() {
        let entry = |list: &str, who: &str| Entry {
            who: who.into(),
            list: Some(list.into()),
            ..Entry::default()
        };
        assert_eq!(
            parse_lists(
                "List name,Account address\n\"Friends, old\",@a@b.example\r\nalone\n,c\nx,d\n"
            ),
            [entry("Friends, old", "a@b.example"), entry("x", "d")]
        );
        let names =
            parse_names("\u{feff}#domain,#severity\nBad.example\n \nhttps://a.example/1,x\n");
        let names: Vec<&str> = names.iter().map(|entry| entry.who.as_str()).collect();
        assert_eq!(names, ["Bad.example", "https://a.example/1"]);
    }

    #[test]
    fn names_are_separated_by_lines_and_white_space() {
        assert_eq!(
            names(
                "@lain\r\n  kaniini@b.example\t@@c@d.example \n\n\"e@f.example\"\n'g'\nhttps://h.example/users/i"
            ),
            [
                "lain",
                "kaniini@b.example",
                "c@d.example",
                "e@f.example",
                "g",
                "https://h.example/users/i"
            ]
        );
        assert_eq!(names(" \n @ \n,\n\"\"\n"), [""; 0]);
    }

    #[test]
    fn mastodons_list_of_follows_keeps_what_it_says_of_each() {
        let list = parse(
            "\u{feff}Account address,Show boosts,Notify on new posts,Languages\n\
             a@b.example,false,true,\"de, en\"\n\
             c@d.example,true,false,\n",
        );
        let entry = |who: &str, reblogs, notify, languages: Option<&[&str]>| Entry {
            who: who.into(),
            reblogs: Some(reblogs),
            notify: Some(notify),
            languages: languages.map(|all| all.iter().map(|text| (*text).to_owned()).collect()),
            ..Entry::default()
        };
        assert_eq!(
            list,
            [
                entry("a@b.example", false, true, Some(&["de", "en"])),
                entry("c@d.example", true, false, None)
            ]
        );
    }

    #[test]
    fn older_lists_and_those_of_mutes_have_other_columns() {
        let follows = parse("Account address,Show boosts\na@b.example,false\n");
        assert_eq!((follows[0].reblogs, follows[0].notify), (Some(false), None));
        let mutes = parse("Account address,Hide notifications\na@b.example,false");
        assert_eq!(mutes[0].notifications, Some(false));
    }

    #[test]
    fn without_a_header_the_other_columns_say_nothing() {
        let list = parse("a@b.example,true,false\nc@d.example");
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].reblogs, None);
    }

    #[test]
    fn a_quote_that_nobody_closed_swallows_one_line_at_most() {
        assert_eq!(
            names("\"a@b.example,true\nc@d.example"),
            ["a@b.example,true", "c@d.example"]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "(\\PC|[\"\n\r,@' \u{feff}\0])*") {
            for entry in parse(&text) {
                prop_assert!(!entry.who.is_empty() && !entry.who.starts_with('@'));
                prop_assert!(!entry.who.contains(char::is_whitespace));
            }
        }
    }
}
