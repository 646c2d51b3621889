//! Turns what somebody typed into the HTML that clients and other servers expect.
//!
//! Plain text is the common case and never meets an HTML parser. Markdown and HTML are
//! sanitised first; links to accounts and tags are put in afterwards, so that the
//! allow-list need not trust their markup.
use super::html::{self, Piece, push_escaped};
use super::mentions::{self, Kind, Token};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::HashMap;

/// How the source of a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentType {
    /// `text/plain`
    #[default]
    Plain,
    /// `text/markdown`
    Markdown,
    /// `text/html`
    Html,
}

impl ContentType {
    /// Reads a MIME type; whatever kenoma cannot format counts as plain text.
    pub fn from_mime(mime: &str) -> ContentType {
        match mime {
            "text/markdown" => ContentType::Markdown,
            "text/html" => ContentType::Html,
            _ => ContentType::Plain,
        }
    }

    /// The MIME type that [`ContentType::from_mime`] reads.
    pub fn as_mime(self) -> &'static str {
        match self {
            ContentType::Plain => "text/plain",
            ContentType::Markdown => "text/markdown",
            ContentType::Html => "text/html",
        }
    }
}

/// An account that a text mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The profile page for people, where the link goes.
    pub url: String,
    /// What the link shows behind its `@`.
    pub username: String,
    /// `bob` here, `bob@host` elsewhere.
    pub acct: String,
}

/// What the names in a text stand for.
#[derive(Debug, Clone, Default)]
pub struct Links {
    base: String,
    mentions: HashMap<String, Mention>,
}

impl Links {
    /// Starts without any account; `base` is the server's URL without a final slash.
    pub fn new(base: impl Into<String>) -> Links {
        Links {
            base: base.into(),
            mentions: HashMap::new(),
        }
    }

    /// Makes a name as listed by [`mentions::accts`] a link. The same account may be
    /// known under several names (`bob` and `bob@this-server`).
    pub fn insert(&mut self, typed: &str, mention: Mention) {
        self.mentions.insert(typed.to_lowercase(), mention);
    }

    /// Finds an account by its name as typed, whatever the case.
    pub fn get(&self, typed: &str) -> Option<&Mention> {
        if self.mentions.is_empty() {
            return None;
        }
        self.mentions.get(&typed.to_lowercase())
    }
}

/// A formatted text, and what it turned out to name: code and links name nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML.
    pub html: String,
    /// The `acct` of each account that became a link, in order, each once.
    pub mentions: Vec<String>,
    /// Hashtags in lower case, in order, each once.
    pub hashtags: Vec<String>,
}

/// The page of a hashtag. Clients compare this with the `href` of a link.
pub fn tag_url(base: &str, name: &str) -> String {
    /// RFC 3986's unreserved characters need no encoding.
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let name = name.to_lowercase();
    format!("{base}/tag/{}", utf8_percent_encode(&name, SEGMENT))
}

/// Formats a text as sanitised HTML with links in it.
pub fn render(source: &str, kind: ContentType, links: &Links) -> Rendered {
    let mut writer = Writer {
        links,
        done: Rendered::default(),
    };
    match kind {
        ContentType::Plain => writer.paragraphs(source),
        ContentType::Markdown => writer.sanitized(&html::sanitize(&markdown(source))),
        ContentType::Html => writer.sanitized(&html::sanitize(source)),
    }
    writer.done
}

/// Formats what somebody says in a chat: lines are kept and addresses become links. It names nobody.
pub fn chat_message(source: &str) -> String {
    let mut writer = Writer {
        links: &Links::default(),
        done: Rendered::default(),
    };
    for (number, line) in source.lines().map(str::trim_end).enumerate() {
        writer.push(if number > 0 { "<br>" } else { "" });
        let mut done = 0;
        for Token { range, kind } in mentions::scan(line) {
            if let Kind::Url(url) = kind {
                push_escaped(&mut writer.done.html, &line[done..range.start]);
                writer.url(url);
                done = range.end;
            }
        }
        push_escaped(&mut writer.done.html, &line[done..]);
    }
    writer.done.html
}

/// Markdown as people write posts: a new line is a new line, a picture is a link to it.
fn markdown(source: &str) -> String {
    let events = Parser::new_ext(source, Options::ENABLE_STRIKETHROUGH).map(|event| match event {
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    });
    let mut out = String::with_capacity(source.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut out, events);
    out
}

struct Writer<'a> {
    links: &'a Links,
    done: Rendered,
}

impl Writer<'_> {
    /// Blank lines part paragraphs, other line ends are kept.
    fn paragraphs(&mut self, source: &str) {
        self.done.html.reserve(source.len() + source.len() / 4 + 16);
        let mut open = false;
        for line in source.lines().map(str::trim_end) {
            if line.is_empty() {
                self.push(if open { "</p>" } else { "" });
                open = false;
            } else {
                self.push(if open { "<br>" } else { "<p>" });
                self.text(line);
                open = true;
            }
        }
        self.push(if open { "</p>" } else { "" });
    }

    /// Copies sanitised HTML and links its text, except where a link or code is open.
    fn sanitized(&mut self, clean: &str) {
        self.done.html.reserve(clean.len() + 16);
        let mut shielded = 0_usize;
        for piece in html::pieces(clean) {
            match piece {
                Piece::Tag(inside) if is_shield(inside) => shielded += 1,
                Piece::Tag("/a" | "/code" | "/pre") => shielded = shielded.saturating_sub(1),
                Piece::Text(raw) if shielded == 0 && may_hold_links(raw) => {
                    self.text(&html::unescape(raw));
                    continue;
                }
                _ => {}
            }
            piece.push_to(&mut self.done.html);
        }
        let kept = self.done.html.trim_end().len();
        self.done.html.truncate(kept);
    }

    /// Escapes text and makes links of the tokens in it.
    fn text(&mut self, text: &str) {
        let mut done = 0;
        for Token { range, kind } in mentions::scan(text) {
            push_escaped(&mut self.done.html, &text[done..range.start]);
            match kind {
                Kind::Mention(typed) => self.mention(typed),
                Kind::Hashtag(name) => self.hashtag(name),
                Kind::Url(url) => self.url(url),
            }
            done = range.end;
        }
        push_escaped(&mut self.done.html, &text[done..]);
    }

    fn mention(&mut self, typed: &str) {
        let Some(mention) = self.links.get(typed) else {
            self.push("@");
            return push_escaped(&mut self.done.html, typed);
        };
        self.push("<span class=\"h-card\"><a class=\"u-url mention\" href=\"");
        push_escaped(&mut self.done.html, &mention.url);
        self.push("\" rel=\"ugc\">@<span>");
        push_escaped(&mut self.done.html, &mention.username);
        self.push("</span></a></span>");
        push_once(&mut self.done.mentions, &mention.acct);
    }

    fn hashtag(&mut self, name: &str) {
        let lower = name.to_lowercase();
        self.push("<a class=\"hashtag\" data-tag=\"");
        push_escaped(&mut self.done.html, &lower);
        self.push("\" href=\"");
        push_escaped(&mut self.done.html, &tag_url(&self.links.base, &lower));
        self.push("\" rel=\"tag ugc\">#");
        push_escaped(&mut self.done.html, name);
        self.push("</a>");
        push_once(&mut self.done.hashtags, &lower);
    }

    fn url(&mut self, url: &str) {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let allowed = html::SCHEMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme));
        if !allowed {
            return push_escaped(&mut self.done.html, url);
        }
        self.push("<a href=\"");
        push_escaped(&mut self.done.html, url);
        self.push("\" rel=\"ugc\">");
        push_escaped(&mut self.done.html, url);
        self.push("</a>");
    }

    fn push(&mut self, markup: &str) {
        self.done.html.push_str(markup);
    }
}

fn push_once(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// Nothing inside these becomes a link.
fn is_shield(tag: &str) -> bool {
    let name = tag.split(' ').next().unwrap_or(tag);
    matches!(name, "a" | "code" | "pre")
}

/// Text without any of these is copied as it is.
fn may_hold_links(raw: &str) -> bool {
    raw.contains(['@', '#']) || raw.contains("://")
}

#[cfg(test)]
mod tests;
