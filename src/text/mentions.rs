//! Finds URLs, `@mentions` and `#hashtags` in source text.
//!
//! One pass from left to right, linear in the length of the text. Whether an account
//! or a scheme is acceptable is not decided here. `:shortcodes:` are in [`super::emoji`].
use linkify::{LinkFinder, LinkKind};
use std::collections::HashSet;
use std::iter::Peekable;
use std::ops::Range;

/// Something in a text that may become a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Where it stands in the scanned text, sign included.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind<'a>,
}

/// The kinds of token, each with its text but without the leading sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `bob`, `bob@host` or `bob@host:port`.
    Mention(&'a str),
    /// A name with at least one letter in it.
    Hashtag(&'a str),
    /// An address with any scheme, as typed.
    Url(&'a str),
}

/// Lists the tokens of a text from left to right; they never overlap.
pub fn scan(text: &str) -> Vec<Token<'_>> {
    let mut urls = urls(text).peekable();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(step) = text[at..].find(['@', '#']) {
        let sign = at + step;
        at = match take_urls(&mut urls, sign, &mut tokens) {
            Some(end) => end,
            None => {
                let next = urls.peek().map_or(text.len(), |url| url.range.start);
                take_sign(text, sign, next, &mut tokens)
            }
        };
    }
    tokens.extend(urls);
    tokens
}

/// Lists the accounts a text names, in lower case, each once.
pub fn accts(text: &str) -> Vec<String> {
    unique(scan(text).into_iter().filter_map(|token| match token.kind {
        Kind::Mention(acct) => Some(acct),
        _ => None,
    }))
}

/// Lists the hashtags of a text, in lower case, each once.
pub fn hashtags(text: &str) -> Vec<String> {
    unique(scan(text).into_iter().filter_map(|token| match token.kind {
        Kind::Hashtag(name) => Some(name),
        _ => None,
    }))
}

/// The hashtag that a text is, with or without its sign, in lower case.
pub fn hashtag(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('#');
    (!text.is_empty() && hashtag_length(text) == text.len()).then(|| text.to_lowercase())
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    names
        .map(str::to_lowercase)
        .filter(|name| seen.insert(name.clone()))
        .collect()
}

fn urls(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    // Nearly every text has no address in it: the finder need not look.
    let links = text.contains("://").then(move || {
        let found: Vec<_> = finder.links(text).collect();
        found
    });
    links.into_iter().flatten().map(|link| Token {
        range: link.start()..link.end(),
        kind: Kind::Url(link.as_str()),
    })
}

/// Moves the URLs that start before `sign` over; returns the end of the one around it.
fn take_urls<'a>(
    urls: &mut Peekable<impl Iterator<Item = Token<'a>>>,
    sign: usize,
    tokens: &mut Vec<Token<'a>>,
) -> Option<usize> {
    let mut around = None;
    while let Some(url) = urls.next_if(|url| url.range.start <= sign) {
        around = (url.range.end > sign).then_some(url.range.end);
        tokens.push(url);
    }
    around
}

/// Reads the token behind a sign, if there is one; returns where to go on. In
/// `#https://…` the name would reach into the URL (from `limit` on): the URL wins.
fn take_sign<'a>(text: &'a str, sign: usize, limit: usize, tokens: &mut Vec<Token<'a>>) -> usize {
    let name = sign + 1;
    let mention = text.as_bytes()[sign] == b'@';
    let before = text[..sign].chars().next_back();
    let length = match before {
        Some(before) if is_glued(before) => 0,
        _ if mention => acct_length(&text[name..]),
        _ => hashtag_length(&text[name..]),
    };
    if length == 0 || name + length > limit {
        return name;
    }
    let end = name + length;
    let kind = if mention {
        Kind::Mention(&text[name..end])
    } else {
        Kind::Hashtag(&text[name..end])
    };
    tokens.push(Token {
        range: sign..end,
        kind,
    });
    end
}

/// A sign right behind one of these belongs to a word, a path or an e-mail address.
fn is_glued(before: char) -> bool {
    is_tag_char(before) || matches!(before, '@' | '#' | '/' | '=' | '&')
}

fn acct_length(rest: &str) -> usize {
    let user = name_length(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let Some(host) = rest[user..].strip_prefix('@').filter(|_| user > 0) else {
        return user;
    };
    match name_length(host, char::is_alphanumeric) {
        0 => user,
        length => user + 1 + length + port_length(&host[length..]),
    }
}

/// The length of a run of `inner` characters, with dots and hyphens between them.
fn name_length(rest: &str, inner: impl Fn(char) -> bool) -> usize {
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        if inner(c) {
            end = at + c.len_utf8();
        } else if end == 0 || !matches!(c, '.' | '-') {
            break;
        }
    }
    end
}

fn port_length(rest: &str) -> usize {
    let Some(port) = rest.strip_prefix(':') else {
        return 0;
    };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=5).contains(&digits) {
        1 + digits
    } else {
        0
    }
}

fn hashtag_length(rest: &str) -> usize {
    let end = rest.find(|c| !is_tag_char(c)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(JOINERS);
    if name.contains(char::is_alphabetic) {
        name.len()
    } else {
        0
    }
}

/// They hold the parts of a word together, but do not end it.
const JOINERS: [char; 3] = ['\u{b7}', '\u{200c}', '\u{200d}'];

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || JOINERS.contains(&c) || is_mark(c)
}

/// Signs that Hindi, Thai, Arabic and others write on top of letters. Unicode does not
/// count them as alphabetic, but a word does not end there.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}'
        | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{a3c}' | '\u{a4d}'
        | '\u{abc}' | '\u{acd}' | '\u{b3c}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}'
        | '\u{cbc}' | '\u{ccd}' | '\u{d4d}' | '\u{dca}' | '\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{eba}' | '\u{ec8}'..='\u{ecd}' | '\u{f84}'
        | '\u{1039}' | '\u{103a}' | '\u{17d2}' | '\u{3099}' | '\u{309a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashtag_alone_is_told_from_what_only_begins_with_one() {
        assert_eq!(hashtag(" #Caf\u{e9} ").as_deref(), Some("caf\u{e9}"));
        assert_eq!(hashtag("cats").as_deref(), Some("cats"));
        for text in ["", "#", "42", "two words", "a-b", "x.y"] {
            assert_eq!(hashtag(text), None, "{text}");
        }
    }
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// Writes the tokens back with their signs.
    fn found(text: &str) -> Vec<&str> {
        scan(text)
            .into_iter()
            .map(|token| &text[token.range])
            .collect()
    }

    #[test]
    fn mentions_are_found() {
        let cases: [(&str, &[&str]); 13] = [
            ("@bob", &["@bob"]),
            ("hi @bob, and @al_ice!", &["@bob", "@al_ice"]),
            ("(@bob)", &["@bob"]),
            (".@bob said", &["@bob"]),
            ("@bob.", &["@bob"]),
            ("@bob@host.example.", &["@bob@host.example"]),
            ("@bob@host:4001: hi", &["@bob@host:4001"]),
            ("@bob@host:smile:", &["@bob@host"]),
            ("@b.o-b@münchen.example", &["@b.o-b@münchen.example"]),
            ("@bobさん", &["@bob"]),
            ("@bob@", &["@bob"]),
            ("@bob@.example", &["@bob"]),
            ("\n@bob\n", &["@bob"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_and_words_hold_no_mentions() {
        for text in [
            "bob@host.example",
            "mailto:bob@host.example",
            "a@",
            "@ bob",
            "@@bob",
            "/@bob",
            "@é",
            "@-bob",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn urls_hold_no_mentions_and_no_hashtags() {
        assert_eq!(found("#https://x.example/"), ["https://x.example/"]);
        let text = "see https://host.example/@bob#top, @al and #tag https://x.example/#a";
        assert_eq!(
            found(text),
            [
                "https://host.example/@bob#top",
                "@al",
                "#tag",
                "https://x.example/#a"
            ]
        );
    }

    #[test]
    fn hashtags_are_found() {
        let cases: [(&str, &[&str]); 9] = [
            ("#cats and #Dogs2", &["#cats", "#Dogs2"]),
            ("(#a_b)", &["#a_b"]),
            ("#2024review", &["#2024review"]),
            ("#日本語です。", &["#日本語です"]),
            ("#हिन्दी", &["#हिन्दी"]),
            ("#ไม่ได้ x", &["#ไม่ได้"]),
            ("#no-hyphen", &["#no"]),
            ("#one\u{200c}", &["#one"]),
            ("#cats:cat:", &["#cats"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_words_hold_no_hashtags() {
        for text in [
            "#1", "#1_2", "#_", "a#b", "##", "##b", "&#39;", "x/#b", "# b",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn names_are_listed_once_in_lower_case() {
        let text = "@Bob @bob @al@Host.example #Cat #cat #dog";
        assert_eq!(accts(text), ["bob", "al@host.example"]);
        assert_eq!(hashtags(text), ["cat", "dog"]);
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for unit in [
            "@",
            "#",
            "@a@",
            "a@a.",
            "://",
            "http://a@",
            "h://[",
            "@a.-",
            "#\u{200c}",
            "@a@b:1",
        ] {
            let text = unit.repeat(200_000 / unit.len());
            let start = Instant::now();
            scan(&text);
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{unit}: {:?}",
                start.elapsed()
            );
        }
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_and_inside_the_text(
            text in "(@|#|:|/|\\.|-|http://|[a-z0-9_]|é|本|\u{200c}|\\PC){0,40}"
        ) {
            let mut last = 0;
            for token in scan(&text) {
                prop_assert!(token.range.start >= last && token.range.end > token.range.start);
                prop_assert!(text.get(token.range.clone()).is_some());
                last = token.range.end;
            }
        }
    }
}
