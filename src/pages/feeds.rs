//! Feeds: an account's public posts as Atom and RSS, for readers that ask again and again and mostly get 304.

use std::io::Cursor;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::post::{Person, Post, person, posts};
use super::public::visible_account;
use crate::clock::Timestamp;
use crate::db::page::Page;
use crate::db::timelines::{self, Filter, Profile};
use crate::db::visibility::Visibility;
use crate::error::{Error, Result};
use crate::text::html::strip_tags;
use crate::web::conditional;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Posts in a feed.
const POSTS: i64 = 20;

/// Characters of an entry's title.
const TITLE: usize = 80;

type Xml = Writer<Cursor<Vec<u8>>>;

/// What both kinds of feed are made of.
struct Feed {
    author: Person,
    posts: Vec<Post>,
    /// Of the newest change; of an empty feed, when the account was made.
    updated_at: Timestamp,
}

/// `GET /users/{name}/feed.atom`
pub fn atom(cx: &Ctx) -> Result<Reply> {
    let feed = read(cx)?;
    let address = cx.app.base().join(cx.path);
    send(cx, &feed, "application/atom+xml; charset=utf-8", |xml| {
        write_atom(xml, &feed, &address)
    })
}

/// `GET /users/{name}/feed.rss`
pub fn rss(cx: &Ctx) -> Result<Reply> {
    let feed = read(cx)?;
    let address = cx.app.base().join(cx.path);
    send(cx, &feed, "application/rss+xml; charset=utf-8", |xml| {
        write_rss(xml, &feed, &address)
    })
}

/// Public posts only: what is unlisted is not broadcast.
fn read(cx: &Ctx) -> Result<Feed> {
    let name = cx.params.text("name").unwrap_or_default();
    let page = Page {
        limit: POSTS,
        ..Page::default()
    };
    let filter = Filter {
        exclude_visibilities: vec![Visibility::Unlisted],
        ..Filter::default()
    };
    let own = Profile {
        exclude_reblogs: true,
        ..Profile::default()
    };
    let (author, posts) = cx.app.db().read(|db| {
        let account = visible_account(db, &name)?;
        let ids = timelines::by_account(db, &page, &filter, account.id, &own)?;
        Ok((person(cx.app, db, account.id)?, posts(cx.app, db, &ids)?))
    })?;
    let moments = posts.iter().map(|post| moment(post.updated()));
    let updated_at = moments.max().unwrap_or_else(|| moment(&author.created_at));
    Ok(Feed {
        author,
        posts,
        updated_at,
    })
}

fn send(
    cx: &Ctx,
    feed: &Feed,
    content_type: &'static str,
    write: impl FnOnce(&mut Xml) -> std::io::Result<()>,
) -> Result<Reply> {
    let mut xml = Writer::new(Cursor::new(Vec::new()));
    write(&mut xml).map_err(Error::internal)?;
    let bytes = xml.into_inner().into_inner();
    let etag = conditional::etag_of(&bytes);
    // Whoever sends tags is judged by them alone; a date is coarser.
    if cx.header("If-None-Match").is_none() && conditional::is_not_newer(cx, feed.updated_at) {
        return Ok(conditional::unchanged(&etag));
    }
    let date = feed.updated_at.http_date();
    Ok(conditional::answer(cx, &etag, || {
        Reply::bytes(content_type, bytes)
            .header("Last-Modified", &date)
            .header("Cache-Control", "public, max-age=60")
    }))
}

fn write_atom(xml: &mut Xml, feed: &Feed, address: &str) -> std::io::Result<()> {
    declaration(xml)?;
    let author = &feed.author;
    xml.create_element("feed")
        .with_attribute(("xmlns", "http://www.w3.org/2005/Atom"))
        .write_inner_content(|xml| {
            element(xml, "id", address)?;
            element(xml, "title", &author.display_name)?;
            element(xml, "subtitle", &strip_tags(&author.note))?;
            element(xml, "updated", &feed.updated_at.to_string())?;
            element(xml, "logo", &author.avatar_static)?;
            link(xml, "self", "application/atom+xml", address)?;
            link(xml, "alternate", "text/html", &author.url)?;
            xml.create_element("author").write_inner_content(|xml| {
                element(xml, "name", &author.display_name)?;
                element(xml, "uri", &author.uri)
            })?;
            feed.posts.iter().try_for_each(|post| entry(xml, post))
        })?;
    Ok(())
}

fn entry(xml: &mut Xml, post: &Post) -> std::io::Result<()> {
    xml.create_element("entry").write_inner_content(|xml| {
        element(xml, "id", &post.uri)?;
        element(xml, "title", &title(post))?;
        element(xml, "published", &post.created_at)?;
        element(xml, "updated", post.updated())?;
        link(xml, "alternate", "text/html", post.link())?;
        for media in &post.media_attachments {
            link(xml, "enclosure", &media.pleroma.mime_type, &media.url)?;
        }
        if !post.spoiler_text.is_empty() {
            element(xml, "summary", &post.spoiler_text)?;
        }
        xml.create_element("content")
            .with_attribute(("type", "html"))
            .write_text_content(BytesText::new(&clean(&post.content)))?;
        Ok(())
    })?;
    Ok(())
}

fn write_rss(xml: &mut Xml, feed: &Feed, address: &str) -> std::io::Result<()> {
    declaration(xml)?;
    let author = &feed.author;
    xml.create_element("rss")
        .with_attributes([
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
        ])
        .write_inner_content(|xml| {
            xml.create_element("channel").write_inner_content(|xml| {
                element(xml, "title", &author.display_name)?;
                element(xml, "link", &author.url)?;
                element(xml, "description", &strip_tags(&author.note))?;
                element(xml, "lastBuildDate", &mail_date(feed.updated_at))?;
                xml.create_element("atom:link")
                    .with_attributes([
                        ("rel", "self"),
                        ("type", "application/rss+xml"),
                        ("href", address),
                    ])
                    .write_empty()?;
                feed.posts.iter().try_for_each(|post| item(xml, post))
            })?;
            Ok(())
        })?;
    Ok(())
}

fn item(xml: &mut Xml, post: &Post) -> std::io::Result<()> {
    xml.create_element("item").write_inner_content(|xml| {
        element(xml, "title", &title(post))?;
        element(xml, "link", post.link())?;
        xml.create_element("guid")
            .with_attribute(("isPermaLink", "false"))
            .write_text_content(BytesText::new(&clean(&post.uri)))?;
        element(xml, "pubDate", &mail_date(moment(&post.created_at)))?;
        element(xml, "description", &described(post))
    })?;
    Ok(())
}

/// RSS has one text for all: the warning stands before what it warns of, files are links after it.
fn described(post: &Post) -> String {
    let escape = crate::text::html::escape;
    let mut html = String::new();
    if !post.spoiler_text.is_empty() {
        html.push_str(&format!("<p><b>{}</b></p>", escape(&post.spoiler_text)));
    }
    html.push_str(&post.content);
    for media in &post.media_attachments {
        let text = Some(media.alt())
            .filter(|alt| !alt.is_empty())
            .unwrap_or("Attached file");
        html.push_str(&format!(
            "<p><a href=\"{}\">{}</a></p>",
            escape(&media.url),
            escape(text)
        ));
    }
    html
}

/// Feeds want a title where posts have none.
fn title(post: &Post) -> String {
    match post.gist(TITLE) {
        gist if gist.is_empty() => post.written(),
        gist => gist,
    }
}

fn declaration(xml: &mut Xml) -> std::io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
}

fn element(xml: &mut Xml, name: &str, text: &str) -> std::io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(&clean(text)))?;
    Ok(())
}

fn link(xml: &mut Xml, rel: &str, kind: &str, href: &str) -> std::io::Result<()> {
    xml.create_element("link")
        .with_attributes([("rel", rel), ("type", kind), ("href", &*clean(href))])
        .write_empty()?;
    Ok(())
}

/// XML cannot hold every character, not even escaped.
fn clean(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or(Timestamp(0))
}

fn mail_date(at: Timestamp) -> String {
    let at: OffsetDateTime = at.to_datetime();
    at.format(&Rfc2822).unwrap_or_default()
}
