//! Reads one tag as HTML5 tokenisers do, without decoding anything.
use std::borrow::Cow;

/// Attributes worth keeping for the sanitiser's judgement.
const ATTRIBUTES: [&str; 6] = ["href", "class", "translate", "start", "reversed", "value"];

/// A tag as written, without the attributes nobody asks for.
pub(super) struct Tag<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) attributes: Vec<(&'static str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Reads a tag from its name on and returns it with what follows; `None` when the
    /// text ends before the tag does.
    pub(super) fn read(inside: &'a str) -> Option<(Tag<'a>, &'a str)> {
        let (name, mut rest) = split_while(inside, |c| !is_space(c) && c != '/' && c != '>');
        let mut tag = Tag {
            name: lower(name),
            attributes: Vec::new(),
        };
        loop {
            rest = rest.trim_start_matches(|c| is_space(c) || c == '/');
            if rest.is_empty() {
                return None;
            }
            if let Some(after) = rest.strip_prefix('>') {
                return Some((tag, after));
            }
            rest = tag.read_attribute(rest);
        }
    }

    fn read_attribute(&mut self, rest: &'a str) -> &'a str {
        // A name may start with `=`, but does not contain it.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let ends = |c: char| is_space(c) || matches!(c, '/' | '>' | '=');
        let end = rest[first..].find(ends).map_or(rest.len(), |at| first + at);
        let (name, mut rest) = rest.split_at(end);
        let mut value = "";
        if let Some(given) = rest.trim_start_matches(is_space).strip_prefix('=') {
            (value, rest) = read_value(given.trim_start_matches(is_space));
        }
        let known = ATTRIBUTES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = known
            && !self.attributes.iter().any(|(seen, _)| seen == known)
        {
            self.attributes.push((known, value));
        }
        rest
    }
}

fn read_value(rest: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    split_while(rest, |c| !is_space(c) && c != '>')
}

fn split_while(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !wanted(c)).unwrap_or(text.len()))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
