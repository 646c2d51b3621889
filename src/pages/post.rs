//! Posts and people as pages show them: read back from the entities that anonymous clients get, so that a page never shows
//! what the API would not.

use rusqlite::Connection;
use serde::Deserialize;

use crate::app::App;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::text::gist::shortened;
use crate::text::html::{escape, strip_tags};
use crate::views::View;

/// A Status, as far as pages show it.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Post {
    pub id: String,
    pub uri: String,
    pub url: Option<String>,
    pub created_at: String,
    pub edited_at: Option<String>,
    pub in_reply_to_id: Option<String>,
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub account: Person,
    pub reblog: Option<Box<Post>>,
    pub media_attachments: Vec<Attachment>,
    pub emojis: Vec<Emoji>,
    pub emoji_reactions: Vec<Reaction>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub application: Option<Application>,
    pub poll: Option<Poll>,
    pub pleroma: PleromaPart,
}

/// A poll, as it stands.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Poll {
    pub expires_at: Option<String>,
    pub expired: bool,
    pub votes_count: i64,
    pub voters_count: Option<i64>,
    pub options: Vec<PollOption>,
}

/// One of its answers; no count while the author hides it.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PollOption {
    pub title: String,
    pub votes_count: Option<i64>,
}

/// `pleroma` of a status.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct PleromaPart {
    pub local: bool,
    pub in_reply_to_account_acct: Option<String>,
    pub parent_visible: bool,
    /// What it quotes, as far as anybody may read that.
    pub quote: Option<Box<Post>>,
    pub quote_url: Option<String>,
}

/// An Account, as far as pages show it.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Person {
    pub fqn: String,
    pub display_name: String,
    pub url: String,
    pub uri: String,
    pub avatar_static: String,
    pub header_static: String,
    pub note: String,
    pub bot: bool,
    pub locked: bool,
    pub discoverable: bool,
    pub created_at: String,
    pub emojis: Vec<Emoji>,
    pub fields: Vec<Field>,
    pub statuses_count: i64,
    pub following_count: i64,
    pub followers_count: i64,
}

/// A profile field; the value is sanitised HTML.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// An attached file.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Attachment {
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
    pub preview_url: String,
    pub description: Option<String>,
    pub meta: Meta,
    pub pleroma: AttachmentType,
}

/// Sizes of an attached picture.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Meta {
    pub small: Option<Size>,
}

/// A size in pixels.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Size {
    pub width: i64,
    pub height: i64,
}

/// `pleroma` of an attachment.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct AttachmentType {
    pub mime_type: String,
}

/// A custom emoji.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Emoji {
    pub shortcode: String,
    pub static_url: String,
}

/// How many reacted with one emoji.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Reaction {
    pub name: String,
    pub count: usize,
    pub url: Option<String>,
}

/// The application that a post was written with.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Application {
    pub name: String,
}

/// Posts of a list that was made through the visibility predicate, as anybody sees them.
pub fn posts(app: &App, db: &Connection, ids: &[StatusId]) -> Result<Vec<Post>> {
    let statuses = View::anonymous(db, app.house()).statuses(ids)?;
    Ok(serde_json::from_str(&serde_json::to_string(&statuses)?)?)
}

/// An account as anybody sees it. Hidden ones are the caller's care.
pub fn person(app: &App, db: &Connection, id: AccountId) -> Result<Person> {
    let account = View::anonymous(db, app.house()).account(id)?;
    Ok(serde_json::from_str(account.get())?)
}

impl Post {
    /// What there is to read: of a reblog, what it wraps.
    pub fn shown(&self) -> &Post {
        self.reblog.as_deref().unwrap_or(self)
    }

    /// Its page: ours for what was written here, else the author's.
    pub fn link(&self) -> &str {
        self.url.as_deref().unwrap_or(&self.uri)
    }

    /// The page of what it answers, if anybody may read that.
    pub fn in_reply_to(&self) -> Option<String> {
        let parent = self.in_reply_to_id.as_deref()?;
        self.pleroma
            .parent_visible
            .then(|| format!("/notice/{parent}"))
    }

    /// When it was last changed, or else written.
    pub fn updated(&self) -> &str {
        self.edited_at.as_deref().unwrap_or(&self.created_at)
    }

    /// HTML with its custom emoji.
    pub fn shown_content(&self) -> String {
        emojified(&self.content, &self.emojis)
    }

    /// HTML with its custom emoji.
    pub fn shown_spoiler(&self) -> String {
        emojified(&escape(&self.spoiler_text), &self.emojis)
    }

    /// What the post is about, in one line of plain text: what it warns of if it warns, else how it begins.
    pub fn gist(&self, longest: usize) -> String {
        if self.spoiler_text.is_empty() {
            shortened(&strip_tags(&self.content), longest)
        } else {
            shortened(&self.spoiler_text, longest)
        }
    }

    /// When it was written, for people.
    pub fn written(&self) -> String {
        moment(&self.created_at)
    }

    /// What it quotes where that cannot be shown: another server's page, if that is known.
    pub fn quoted_elsewhere(&self) -> Option<&str> {
        match self.pleroma.quote {
            Some(_) => None,
            None => self.pleroma.quote_url.as_deref(),
        }
    }
}

impl Poll {
    /// An option's title as HTML with the post's custom emoji.
    pub fn shown_title(&self, option: &PollOption, post: &Post) -> String {
        emojified(&escape(&option.title), &post.emojis)
    }

    /// How much of those who voted chose an option, in percent; `None` where the counts are hidden or nobody voted.
    pub fn share(&self, option: &PollOption) -> Option<i64> {
        let all = self.voters_count.unwrap_or(self.votes_count).max(1);
        option.votes_count.map(|votes| (votes * 100 / all).min(100))
    }

    /// How many took part, and until when one may.
    pub fn state(&self) -> String {
        let (count, one) = match self.voters_count {
            Some(voters) => (voters, "person"),
            None => (self.votes_count, "vote"),
        };
        let many = match (one, count) {
            (one, 1) => one,
            ("person", _) => "people",
            _ => "votes",
        };
        let until = match (&self.expires_at, self.expired) {
            (_, true) => ", closed".to_owned(),
            (Some(at), false) => format!(", open until {}", moment(at)),
            (None, false) => String::new(),
        };
        format!("{count} {many}{until}")
    }
}

/// A moment of the API's, for people.
fn moment(at: &str) -> String {
    let at = Timestamp::parse(at).unwrap_or(Timestamp(0)).to_datetime();
    let month = at.month().to_string();
    format!(
        "{} {} {}, {:02}:{:02} UTC",
        at.day(),
        &month[..3],
        at.year(),
        at.hour(),
        at.minute()
    )
}

impl Person {
    /// The name as HTML with its custom emoji.
    pub fn shown_name(&self) -> String {
        self.emojified(&escape(&self.display_name))
    }

    /// The biography as HTML with its custom emoji.
    pub fn shown_note(&self) -> String {
        self.emojified(&self.note)
    }

    /// HTML of the account with its custom emoji.
    pub fn emojified(&self, html: &str) -> String {
        emojified(html, &self.emojis)
    }
}

impl Attachment {
    /// What is to be seen or heard, for those who cannot.
    pub fn alt(&self) -> &str {
        self.description.as_deref().unwrap_or("")
    }
}

/// Puts pictures in the place of `:shortcode:` in the text of sanitised HTML, never inside a tag.
fn emojified(html: &str, emojis: &[Emoji]) -> String {
    if emojis.is_empty() {
        return html.to_owned();
    }
    let mut shown = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        shown.push_str(&with_pictures(&rest[..start], emojis));
        let end = tag_end(&rest[start..]);
        shown.push_str(&rest[start..start + end]);
        rest = &rest[start + end..];
    }
    shown.push_str(&with_pictures(rest, emojis));
    shown
}

/// The length of the tag at the beginning; a `>` inside a quoted value does not end it.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (at, c) in html.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at + 1,
            _ => {}
        }
    }
    html.len()
}

fn with_pictures(text: &str, emojis: &[Emoji]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        let found = rest[start + 1..].find(':').and_then(|length| {
            let code = &rest[start + 1..start + 1 + length];
            emojis.iter().find(|emoji| emoji.shortcode == code)
        });
        match found {
            Some(emoji) => {
                shown.push_str(&rest[..start]);
                shown.push_str(&picture(emoji));
                rest = &rest[start + emoji.shortcode.len() + 2..];
            }
            None => {
                shown.push_str(&rest[..=start]);
                rest = &rest[start + 1..];
            }
        }
    }
    shown.push_str(rest);
    shown
}

fn picture(emoji: &Emoji) -> String {
    let (code, url) = (escape(&emoji.shortcode), escape(&emoji.static_url));
    format!(
        "<img class=\"emoji\" src=\"{url}\" alt=\":{code}:\" title=\":{code}:\" loading=\"lazy\">"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cat() -> Vec<Emoji> {
        vec![Emoji {
            shortcode: "cat".into(),
            static_url: "https://one.test/cat.png?a&b\"".into(),
        }]
    }

    #[test]
    fn shortcodes_become_pictures_in_text_only() {
        let shown = emojified("<a href=\"/:cat:/>\">a:cat: :dog::cat:</a>", &cat());
        assert!(shown.starts_with("<a href=\"/:cat:/>\">a<img "));
        assert_eq!(shown.matches("<img").count(), 2);
        assert!(shown.contains(":dog:<img"));
        assert!(shown.contains("src=\"https://one.test/cat.png?a&amp;b&quot;\""));
    }

    #[test]
    fn a_gist_is_one_line_of_bounded_length() {
        assert_eq!(shortened("a\n  b ", 10), "a b");
        assert_eq!(shortened("äöü äöü", 5), "äöü…");
    }
}
