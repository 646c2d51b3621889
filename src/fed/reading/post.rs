//! Posts of every type (federation.md 5 and 6.3).

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{Refusal, cut, emojis, plain};
use crate::clock::Timestamp;
use crate::db::media::RemoteFile;
use crate::db::statuses::origin::Counts;
use crate::db::visibility::Visibility;
use crate::fed::wire::{self, Class, PUBLIC};
use crate::ops::remote_statuses::RemotePost;
use crate::text::html;

/// Characters of a text, of a warning, of a title.
const TEXT: usize = 100_000;
const WARNING: usize = 5_000;
const TITLE: usize = 1_000;

/// What hangs on one post (security.md 2).
const MAX_MENTIONS: usize = 50;
const MAX_TAGS: usize = 50;
const MAX_MEDIA: usize = 16;
const TAG_LENGTH: usize = 100;
const DESCRIPTION: usize = 5_000;

/// What came around a post: an activity may say whom it addresses when the post does not.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The activity, or `null`.
    pub activity: &'a Value,
    /// The author's followers collection, where it is known.
    pub followers: Option<&'a str>,
}

impl Around<'_> {
    /// A post that was fetched by its id.
    pub const FETCHED: Around<'static> = Around {
        activity: &Value::Null,
        followers: None,
    };
}

/// The author of a post: the first id of `attributedTo`, else `actor`.
pub fn author(document: &Value) -> Option<&str> {
    let attributed = wire::get(document, "attributedTo");
    // A video names its maker and its channel: the maker is a person.
    let person = wire::many(attributed)
        .iter()
        .find(|one| wire::get(one, "type").as_str() == Some("Person"));
    person
        .and_then(wire::id_of)
        .or_else(|| wire::id_of(attributed))
        .or_else(|| wire::id_of(wire::get(document, "actor")))
}

/// Reads a post. That its author and it live on one host is judged here; that it came from there is the caller's care.
pub fn read(document: &Value, around: Around) -> Result<RemotePost, Refusal> {
    let (class, kind) = wire::type_of(document);
    if class != Class::Post {
        return Err("not a post");
    }
    let id = wire::id_of(document).ok_or("a post without an id")?;
    let author = author(document).ok_or("a post without an author")?;
    if !wire::same_host(id, author) {
        return Err("a post and its author are on different hosts");
    }
    let now = Timestamp::now();
    let published = wire::time(wire::get(document, "published"), now);
    let content = wire::text(document, "content");
    let warning = wire::text(document, "summary").map_or("", |text| text.text);
    let sensitive = wire::boolean(wire::get(document, "sensitive"));
    let is_titled = !matches!(kind, "Note" | "Question");
    let tags = wire::get(document, "tag");
    let (recipients, visibility) = addressed(document, around, author);
    let context = ["context", "conversation"]
        .iter()
        .find_map(|name| wire::get(document, name).as_str());
    Ok(RemotePost {
        uri: id.to_owned(),
        url: wire::link(wire::get(document, "url"), "text/html").map(str::to_owned),
        author: author.to_owned(),
        visibility,
        content: html::sanitize(&body(document, kind, content.map_or("", |text| text.text))),
        // An excerpt is no warning.
        spoiler_text: match is_titled && sensitive != Some(true) {
            true => String::new(),
            false => plain(warning, WARNING),
        },
        sensitive: sensitive.unwrap_or(!is_titled && !warning.is_empty()),
        language: content
            .and_then(|text| text.language)
            .filter(|language| language.len() <= 16 && *language != "und")
            .map(str::to_owned),
        source: wire::get(wire::get(document, "source"), "content")
            .as_str()
            .map(|text| cut(text, TEXT).to_owned()),
        created_at: published,
        edited_at: edited(wire::get(document, "updated"), published, now),
        in_reply_to: wire::id_of(wire::get(document, "inReplyTo"))
            .filter(|parent| *parent != id)
            .map(str::to_owned),
        context: context
            .filter(|context| context.len() <= crate::fed::guard::MAX_URL)
            .map(str::to_owned),
        mentions: mentions(tags),
        recipients,
        tags: hashtags(tags),
        emojis: emojis(tags),
        media: media(document, kind),
        is_news: true,
        poll: super::poll::read(document),
        counts: counts(document),
        quote: super::quote::read(document, id),
        quote_policy: super::quote::policy(document, &followers_of(around, author)),
    })
}

/// When it was edited last. Clocks differ: a moment that lies a little ahead is now.
fn edited(updated: &Value, published: Timestamp, now: Timestamp) -> Option<Timestamp> {
    const DAY: Duration = Duration::from_secs(86_400);
    wire::moment(updated)
        .filter(|updated| *updated > published && *updated <= now.plus(DAY))
        .map(|updated| updated.min(now))
}

/// The text: a title above it where there is one, rendered from Markdown where it is written so, and a link to the rest.
fn body(document: &Value, kind: &str, text: &str) -> String {
    let is_titled = !matches!(kind, "Note" | "Question");
    // Of what is too long to be kept whole an excerpt is, and the link below.
    let excerpt = wire::text(document, "summary").map_or("", |text| text.text);
    let text = match text.char_indices().nth(TEXT) {
        Some(_) if is_titled && !excerpt.is_empty() => cut(excerpt, TEXT),
        _ => cut(text, TEXT),
    };
    let text = match wire::media_type(document) {
        Some("text/markdown") => {
            crate::text::format::render(
                text,
                crate::text::format::ContentType::Markdown,
                &Default::default(),
            )
            .html
        }
        _ => text.to_owned(),
    };
    if !is_titled {
        return text;
    }
    let title = wire::text(document, "name").map_or("", |text| text.text);
    let mut body = match title.trim() {
        "" => text,
        title => format!(
            "<p><strong>{}</strong></p>{text}",
            html::escape(&plain(title, TITLE))
        ),
    };
    let page =
        wire::link(wire::get(document, "url"), "text/html").or_else(|| wire::id_of(document));
    for link in linked(document, kind).chain(page) {
        let link = html::escape(link);
        body.push_str(&format!("<p><a href=\"{link}\">{link}</a></p>"));
    }
    body
}

/// How often it was answered, reblogged and favourited, where its server says so.
fn counts(document: &Value) -> Counts {
    const MOST: i64 = 1_000_000_000;
    let total = |name: &str| {
        let total = wire::get(wire::get(document, name), "totalItems").as_i64();
        total.filter(|total| (0..=MOST).contains(total))
    };
    Counts {
        replies: total("replies"),
        reblogs: total("shares"),
        favourites: total("likes"),
    }
}

/// What a page of a link aggregator is about: the link that is attached to it. Its preview is shown.
fn linked<'a>(document: &'a Value, kind: &str) -> impl Iterator<Item = &'a str> {
    let attached = match kind {
        "Page" => wire::many(wire::get(document, "attachment")),
        _ => &[],
    };
    let links = attached.iter().filter(|one| has_type(one, "Link"));
    links
        .filter(|link| wire::media_type(link).is_none_or(|kind| kind_of(kind) == "unknown"))
        .filter_map(|link| wire::link(link, ""))
        .take(1)
}

/// The id of the author's followers, guessed where it is not known.
fn followers_of<'a>(around: Around<'a>, author: &str) -> Cow<'a, str> {
    match around.followers {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(format!("{author}/followers")),
    }
}

/// All addressees, and how far that reaches (federation.md 5.1).
fn addressed(document: &Value, around: Around, author: &str) -> (Vec<String>, Visibility) {
    let lists = |source| {
        let to = wire::ids(wire::get(source, "to"));
        let cc = wire::ids(wire::get(source, "cc"));
        (to, cc)
    };
    let (mut to, mut cc) = lists(document);
    if to.is_empty() && cc.is_empty() {
        (to, cc) = lists(around.activity);
    }
    let audience = wire::ids(wire::get(document, "audience"));
    let followers = &*followers_of(around, author);
    let visibility = if to.contains(&PUBLIC) || audience.contains(&PUBLIC) {
        Visibility::Public
    } else if cc.contains(&PUBLIC) {
        Visibility::Unlisted
    } else if to.contains(&followers) || cc.contains(&followers) {
        Visibility::Private
    } else {
        Visibility::Direct
    };
    let people = to.into_iter().chain(cc).filter(|id| *id != PUBLIC);
    (people.map(str::to_owned).collect(), visibility)
}

fn has_type(tag: &Value, wanted: &str) -> bool {
    let types = wire::many(wire::get(tag, "type")).iter();
    types
        .filter_map(Value::as_str)
        .any(|kind| kind == wanted || kind.strip_prefix("as:") == Some(wanted))
}

/// Actor ids of those whom the text names.
fn mentions(tags: &Value) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let named = wire::many(tags)
        .iter()
        .filter(|tag| has_type(tag, "Mention"));
    for href in named.filter_map(|tag| wire::get(tag, "href").as_str()) {
        if wire::is_id(href)
            && found.len() < MAX_MENTIONS
            && !found.iter().any(|known| known == href)
        {
            found.push(href.to_owned());
        }
    }
    found
}

/// Folded hashtags; some come without their sign, some without a name.
fn hashtags(tags: &Value) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let filed = wire::many(tags)
        .iter()
        .filter(|tag| has_type(tag, "Hashtag"));
    for tag in filed {
        let name = wire::get(tag, "name").as_str();
        let name = name.or_else(|| wire::get(tag, "href").as_str()?.rsplit('/').next());
        let name = name
            .unwrap_or_default()
            .trim_start_matches('#')
            .to_lowercase();
        let fits = !name.is_empty()
            && name.chars().count() <= TAG_LENGTH
            && !name
                .contains(|c: char| c.is_whitespace() || matches!(c, '#' | '/' | '<' | '>' | '"'));
        if fits && found.len() < MAX_TAGS && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn media(document: &Value, kind: &str) -> Vec<RemoteFile> {
    let mut found: Vec<RemoteFile> = Vec::new();
    if matches!(kind, "Video" | "Audio" | "Image") {
        found.extend(playable(document));
    }
    let attached = wire::many(wire::get(document, "attachment")).iter();
    found.extend(attached.filter_map(attachment));
    found.truncate(MAX_MEDIA);
    found
}

/// The media type of a stream's list of parts.
const HLS: &str = "application/x-mpegURL";

/// Of the links of a video, audio or image the file itself; of several videos one that is not too large. Where there is only a
/// stream, its files hang on its link as tags; where there are none, it is the stream itself.
fn playable(document: &Value) -> Option<RemoteFile> {
    const TALLEST: i64 = 720;
    let links = wire::many(wire::get(document, "url"));
    let hidden = links
        .iter()
        .flat_map(|link| wire::many(wire::get(link, "tag")));
    let mut streams = links
        .iter()
        .filter(|link| wire::media_type(link) == Some(HLS));
    let file = best(links.iter(), TALLEST).or_else(|| best(hidden, TALLEST));
    let (file, kind) = file.or_else(|| Some((streams.next_back()?, HLS)))?;
    Some(RemoteFile {
        url: wire::link(file, kind)?.to_owned(),
        preview: picture(document),
        mime: kind.to_owned(),
        kind: if kind == HLS { "video" } else { kind_of(kind) },
        description: None,
        blurhash: None,
        size: None,
        focus: (0.0, 0.0),
    })
}

/// The picture of a video or a piece of music: of several sizes the largest.
fn picture(thing: &Value) -> Option<String> {
    let pictures = wire::many(wire::get(thing, "icon")).iter();
    let width = |picture: &&Value| wire::get(picture, "width").as_i64().unwrap_or(0);
    let largest = pictures.max_by_key(width)?;
    wire::link(largest, "image/").map(str::to_owned)
}

/// The tallest file that is not too tall, with its media type.
fn best<'a>(links: impl Iterator<Item = &'a Value>, tallest: i64) -> Option<(&'a Value, &'a str)> {
    let files = links.filter_map(|link| Some((link, wire::media_type(link)?)));
    let files = files.filter(|(_, kind)| {
        ["video/", "audio/", "image/"]
            .iter()
            .any(|start| kind.starts_with(start))
    });
    let height = |link: &Value| wire::get(link, "height").as_i64().unwrap_or(0);
    files.max_by_key(|(link, _)| {
        let height = height(link);
        match height <= tallest {
            true => (true, height),
            false => (false, -height),
        }
    })
}

/// What hangs on something, if it is a file.
pub(super) fn attachment(value: &Value) -> Option<RemoteFile> {
    let known = ["Document", "Image", "Video", "Audio", "Link"];
    if value.is_object() && !known.iter().any(|kind| has_type(value, kind)) {
        return None;
    }
    let address = match value.get("url").or_else(|| value.get("href")) {
        Some(url) => wire::link(url, "")?,
        None => wire::link(value, "")?,
    };
    let url = Url::parse(address).ok()?;
    let told = wire::media_type(value).or_else(|| {
        wire::many(value.get("url")?)
            .iter()
            .find_map(wire::media_type)
    });
    let mime = match told {
        Some(told) => told,
        None => crate::media::mime::of_upload(url.path()),
    };
    // A link to a page is no attachment.
    if has_type(value, "Link") && kind_of(mime) == "unknown" {
        return None;
    }
    let description = ["name", "summary", "content"]
        .iter()
        .find_map(|name| wire::get(value, name).as_str())
        .filter(|text| !text.trim().is_empty());
    let number = |name: &str| {
        wire::get(value, name)
            .as_i64()
            .filter(|n| (1..=100_000).contains(n))
    };
    let focus = wire::get(value, "focalPoint");
    let focus = |at: usize| {
        focus
            .get(at)
            .and_then(Value::as_f64)
            .unwrap_or(0.0)
            .clamp(-1.0, 1.0)
    };
    Some(RemoteFile {
        url: address.to_owned(),
        preview: picture(value).filter(|_| kind_of(mime) != "image"),
        mime: cut(mime, 100).to_owned(),
        kind: kind_of(mime),
        description: description.map(|text| plain(text, DESCRIPTION)),
        blurhash: wire::get(value, "blurhash")
            .as_str()
            .filter(|hash| hash.len() <= 100 && hash.is_ascii())
            .map(str::to_owned),
        size: number("width").zip(number("height")),
        focus: (focus(0), focus(1)),
    })
}

/// The API's kind of a media type.
fn kind_of(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "unknown",
    }
}
