//! Rewrites any HTML as properly nested tags, no deeper and no more than a limit.
//!
//! An HTML5 parser needs quadratic time (and memory) for hostile nesting, misnesting
//! and attribute lists, so it only ever sees the output of this pass. This is a bound
//! on cost, not the sanitiser: what it lets through, ammonia parses and judges again.
mod tag;

use tag::Tag;

/// The elements that may stay, in the order of the Mastodon list they follow.
pub(super) const TAGS: [&str; 21] = [
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ul",
    "ol",
    "li",
    "ruby",
    "rt",
    "rp",
    "wbr",
];

/// Deepest nesting; tags below it are dropped, their text stays.
const MAX_DEPTH: usize = 32;

/// Most elements in one text; later tags are dropped, their text stays.
const MAX_ELEMENTS: usize = 10_000;

/// Most `&` signs; later ones are dropped. Each may make the parser look back.
const MAX_ENTITIES: usize = 10_000;

/// Longest source; the rest is cut off. Other servers' documents are limited likewise.
const MAX_BYTES: usize = 1 << 20;

/// Elements whose content is not markup and not meant to be read.
const HIDDEN: [&str; 11] = [
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "template",
    "plaintext",
];

/// Unknown elements that start and end a line.
const BLOCKS: [&str; 25] = [
    "div",
    "section",
    "article",
    "aside",
    "header",
    "footer",
    "main",
    "nav",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tr",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "address",
    "hr",
    "form",
    "fieldset",
    "center",
    "caption",
];

/// Rewrites HTML so that parsing it takes linear time.
pub(super) fn balance(source: &str) -> String {
    let source = &source[..source.floor_char_boundary(MAX_BYTES)];
    let mut writer = Writer::new(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        writer.text(&rest[..at]);
        rest = read_markup(&rest[at..], &mut writer);
    }
    writer.text(rest);
    writer.finish()
}

/// Reads one piece of markup at the start of `rest`; returns what follows it.
fn read_markup<'a>(rest: &'a str, writer: &mut Writer) -> &'a str {
    let inside = &rest[1..];
    match inside.as_bytes().first() {
        Some(b'a'..=b'z' | b'A'..=b'Z') => read_open(inside, writer),
        Some(b'/') if inside[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let Some((tag, after)) = Tag::read(&inside[1..]) else {
                return "";
            };
            writer.close(&tag.name);
            after
        }
        Some(b'!') if inside.starts_with("!--") => after(&inside[3..], "-->"),
        Some(b'!' | b'?' | b'/') => after(inside, ">"),
        _ => {
            writer.text("&lt;");
            inside
        }
    }
}

fn read_open<'a>(inside: &'a str, writer: &mut Writer) -> &'a str {
    let Some((tag, after)) = Tag::read(inside) else {
        return "";
    };
    if HIDDEN.contains(&&*tag.name) {
        return skip_hidden(after, &tag.name);
    }
    writer.open(&tag);
    after
}

fn after<'a>(rest: &'a str, mark: &str) -> &'a str {
    rest.find(mark).map_or("", |at| &rest[at + mark.len()..])
}

/// Goes to the end tag of an element that is read as raw text.
fn skip_hidden<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut rest = rest;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let ends = rest
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name));
        if ends {
            return after(rest, ">");
        }
    }
    ""
}

/// Writes tags so that each one opened is closed, innermost first.
struct Writer {
    out: String,
    stack: Vec<&'static str>,
    elements: usize,
    entities: usize,
    /// Open tags that were dropped for being too deep: their end tags are dropped too.
    ignored: usize,
    /// A dropped block ended or started here: what follows belongs on a new line.
    line_break: bool,
}

impl Writer {
    fn new(length: usize) -> Writer {
        Writer {
            out: String::with_capacity(length + length / 8),
            stack: Vec::new(),
            elements: 0,
            entities: 0,
            ignored: 0,
            line_break: false,
        }
    }

    fn text(&mut self, text: &str) {
        if self.line_break && !text.trim_start().is_empty() {
            self.line_break = false;
            if !self.at_line_start() {
                self.out.push_str("<br>");
            }
        }
        self.push_raw(text, "\"");
    }

    /// Copies text or an attribute's value. Entities are kept as they are: the HTML
    /// parser behind this pass decodes them.
    fn push_raw(&mut self, text: &str, quote: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '"']) {
            self.out.push_str(&rest[..at]);
            if rest.as_bytes()[at] == b'"' {
                self.out.push_str(quote);
            } else if self.entities < MAX_ENTITIES {
                self.entities += 1;
                self.out.push('&');
            }
            rest = &rest[at + 1..];
        }
        self.out.push_str(rest);
    }

    fn at_line_start(&self) -> bool {
        let out = self.out.trim_end();
        let starts = [
            "<br>",
            "<p>",
            "</p>",
            "<li>",
            "</li>",
            "</ul>",
            "</ol>",
            "<blockquote>",
            "</blockquote>",
            "</pre>",
        ];
        out.is_empty() || starts.iter().any(|start| out.ends_with(start))
    }

    fn open(&mut self, tag: &Tag) {
        if is_heading(&tag.name) {
            self.open_known("p", &[]);
            return self.open_known("strong", &[]);
        }
        match TAGS.iter().find(|known| **known == tag.name) {
            Some(name) => self.open_known(name, &tag.attributes),
            None => self.line_break |= BLOCKS.contains(&&*tag.name),
        }
    }

    fn open_known(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.close_implied(name);
        let void = matches!(name, "br" | "wbr");
        if self.elements == MAX_ELEMENTS || (self.stack.len() == MAX_DEPTH && !void) {
            self.ignored += usize::from(!void);
            return;
        }
        self.elements += 1;
        self.line_break = false;
        self.push_tag(name, attributes);
        if !void {
            self.stack.push(name);
        }
    }

    fn push_tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.push_raw(value, "&#34;");
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// Ends what HTML ends by itself when this element starts.
    fn close_implied(&mut self, name: &str) {
        match name {
            "a" => self.close_within("a", &[]),
            "li" => self.close_within("li", &["ul", "ol"]),
            "rt" | "rp" => {
                self.close_within("rt", &["ruby"]);
                self.close_within("rp", &["ruby"]);
            }
            _ => {}
        }
        if matches!(name, "p" | "ul" | "ol" | "li" | "pre" | "blockquote") {
            self.close_within("p", &[]);
        }
    }

    fn close(&mut self, name: &str) {
        if is_heading(name) {
            self.close_known("strong");
            return self.close_known("p");
        }
        match TAGS.iter().find(|known| **known == name) {
            // Browsers read this slip as a line break.
            Some(&"br") => self.open_known("br", &[]),
            Some(name) => self.close_known(name),
            None => self.line_break |= BLOCKS.contains(&name),
        }
    }

    fn close_known(&mut self, name: &str) {
        if self.ignored > 0 {
            self.ignored -= 1;
        } else {
            self.close_within(name, &[]);
        }
    }

    /// Closes the innermost such element and all within, unless a barrier is nearer.
    fn close_within(&mut self, name: &str, barriers: &[&str]) {
        let nearest = self
            .stack
            .iter()
            .rposition(|open| *open == name || barriers.contains(open));
        if let Some(at) = nearest.filter(|at| self.stack[*at] == name) {
            self.close_to(at);
        }
    }

    fn close_to(&mut self, depth: usize) {
        for name in self.stack.drain(depth..).rev() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn finish(mut self) -> String {
        self.close_to(0);
        self.out
    }
}

/// Headings become bold paragraphs, as readers elsewhere show them.
fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h', b'1'..=b'6'])
}

#[cfg(test)]
mod tests;
