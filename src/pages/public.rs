//! What anybody may read: profiles, posts, tags and the front page.

use askama::Template;

use super::page;
use super::post::{Person, Post, person, posts};
use crate::app::App;
use crate::db::accounts::AccountRow;
use crate::db::page::Page;
use crate::db::timelines::{self, Filter, Profile, TagQuery};
use crate::db::{self, accounts};
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::text::gist::shortened;
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;

/// Posts on one page.
const POSTS: i64 = 20;

/// Characters of a description in previews of links.
const DESCRIPTION: usize = 200;

/// What the `<head>` says: for the browser's tab, for previews of links, for search engines.
struct Head<'a> {
    site: &'a str,
    title: String,
    description: String,
    kind: &'static str,
    url: String,
    image: String,
    /// Whether search engines may list it: the author decides.
    listed: bool,
    /// The same in other forms: media types and addresses.
    forms: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage<'a> {
    head: Head<'a>,
    person: Person,
    list: Vec<Post>,
    older: Option<String>,
    newest: Option<String>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    head: Head<'a>,
    post: Post,
    alone: bool,
    ancestors: Vec<Post>,
    descendants: Vec<Post>,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    head: Head<'a>,
    title: String,
    text: &'a str,
    hints: Vec<String>,
    /// Says nothing about there being no posts.
    quiet: bool,
    list: Vec<Post>,
    older: Option<String>,
    newest: Option<String>,
}

/// `GET /users/{name}` and `GET /@{name}`
pub fn profile(cx: &Ctx) -> Result<Reply> {
    let name = cx.params.text("name").unwrap_or_default();
    let range = range(cx);
    let (id, person, list) = cx.app.db().read(|db| {
        let account = visible_account(db, &name)?;
        let ids = timelines::by_account(
            db,
            &range,
            &Filter::default(),
            account.id,
            &Profile::default(),
        )?;
        let list = posts(cx.app, db, &ids)?;
        Ok((account.uri, person(cx.app, db, account.id)?, list))
    })?;
    let path = format!("/users/{}", name.to_lowercase());
    let feed = |kind: &str| cx.app.base().join(&format!("{path}/feed.{kind}"));
    let mut forms = vec![
        ("application/atom+xml", feed("atom")),
        ("application/rss+xml", feed("rss")),
    ];
    forms.extend(document(cx.app, &id));
    let head = Head {
        title: format!("{} (@{})", person.display_name, person.fqn),
        description: shortened(&crate::text::html::strip_tags(&person.note), DESCRIPTION),
        kind: "profile",
        url: person.url.clone(),
        image: person.avatar_static.clone(),
        listed: person.discoverable,
        forms,
        ..head(cx.app)
    };
    let shown = page(&ProfilePage {
        head,
        older: older(&path, &list),
        newest: newest(&path, &range),
        person,
        list,
    })?;
    Ok(with_document(cx.app, shown, &id))
}

/// The media type of the document that other servers read.
const DOCUMENT: &str = "application/activity+json";

/// The document of that id, where there are documents.
fn document(app: &App, id: &str) -> Option<(&'static str, String)> {
    let is_federated = app.config().federation.enabled;
    is_federated.then(|| (DOCUMENT, id.to_owned()))
}

/// A page says where its document is (federation.md 4.2).
fn with_document(app: &App, page: Reply, id: &str) -> Reply {
    match document(app, id) {
        Some((kind, id)) => {
            let link = format!("<{id}>; rel=\"alternate\"; type=\"{kind}\"");
            page.header("Link", &link)
        }
        None => page,
    }
}

/// `GET /notice/{id}`: a post in its thread. What was written elsewhere is read there.
pub fn notice(cx: &Ctx) -> Result<Reply> {
    let id: StatusId = cx.id("id", "Page")?;
    let (uri, post, ancestors, descendants) = cx.app.db().read(|db| {
        let status = db::statuses::visible_to(db, None, id)?;
        let around = db::statuses::context(db, None, &status)?;
        let post = posts(cx.app, db, &[id])?.pop().ok_or(Error::record())?;
        Ok((
            status.uri,
            post,
            posts(cx.app, db, &around.ancestors)?,
            posts(cx.app, db, &around.descendants)?,
        ))
    })?;
    if !post.shown().pleroma.local || post.reblog.is_some() {
        return Ok(Reply::redirect(post.shown().link()));
    }
    let head = Head {
        title: format!("{}: {}", post.account.display_name, post.gist(60)),
        description: post.gist(DESCRIPTION),
        kind: "article",
        url: post.link().to_owned(),
        image: preview(&post),
        listed: post.account.discoverable,
        forms: document(cx.app, &uri).into_iter().collect(),
        ..head(cx.app)
    };
    let shown = page(&NoticePage {
        head,
        alone: ancestors.is_empty() && descendants.is_empty(),
        post,
        ancestors,
        descendants,
    })?;
    Ok(with_document(cx.app, shown, &uri))
}

/// `GET /tag/{tag}`
pub fn tag(cx: &Ctx) -> Result<Reply> {
    let tag = cx.params.text("tag").unwrap_or_default().to_lowercase();
    let range = range(cx);
    let list = cx.app.db().read(|db| {
        let query = TagQuery {
            any: db::tags::ids(db, std::slice::from_ref(&tag))?,
            ..TagQuery::default()
        };
        let ids = timelines::tagged(db, &range, &Filter::default(), &query)?;
        posts(cx.app, db, &ids)
    })?;
    let url = crate::views::tag_url(cx.app.base(), &tag);
    let path = url[cx.app.base().as_str().len()..].to_owned();
    let head = Head {
        title: format!("#{tag}"),
        description: format!("Public posts with #{tag}"),
        url,
        ..head(cx.app)
    };
    page(&ListPage {
        head,
        title: format!("#{tag}"),
        text: "",
        hints: Vec::new(),
        quiet: false,
        older: older(&path, &list),
        newest: newest(&path, &range),
        list,
    })
}

/// `GET /`: what this place is, and what people here say, where that is public.
pub fn front(cx: &Ctx) -> Result<Reply> {
    let instance = &cx.app.config().instance;
    let range = range(cx);
    let (inhabited, list) = cx.app.db().read(|db| {
        let filter = Filter {
            local: true,
            ..Filter::default()
        };
        let ids = match instance.public {
            true => timelines::public(db, &range, &filter, None)?,
            false => Vec::new(),
        };
        Ok((db::users::any(db)?, posts(cx.app, db, &ids)?))
    })?;
    let head = Head {
        title: "Welcome".into(),
        description: shortened(&instance.description, DESCRIPTION),
        url: cx.app.base().join("/"),
        ..head(cx.app)
    };
    page(&ListPage {
        head,
        title: instance.name.clone(),
        text: &instance.description,
        hints: hints(cx.app, inhabited),
        quiet: !inhabited || !instance.public,
        older: older("/", &list),
        newest: newest("/", &range),
        list,
    })
}

/// What a visitor may want to know.
fn hints(app: &App, inhabited: bool) -> Vec<String> {
    let host = app.base().domain();
    if !inhabited {
        return vec!["Nobody lives here yet. Whoever started this server finds the link for the first account in its terminal.".into()];
    }
    let mut hints = vec![format!(
        "Log in with any app for Mastodon or Pleroma: give it the address {host}."
    )];
    if !app.config().instance.public {
        hints.push("What people write here is for those who live here.".into());
    }
    hints
}

fn head(app: &App) -> Head<'_> {
    Head {
        site: &app.config().instance.name,
        title: String::new(),
        description: String::new(),
        kind: "website",
        url: String::new(),
        image: app.base().join("/static/favicon.png"),
        listed: true,
        forms: Vec::new(),
    }
}

/// A local account that anybody may see.
pub(super) fn visible_account(db: &rusqlite::Connection, name: &str) -> Result<AccountRow> {
    accounts::by_handle(db, name, "")?
        .filter(|account| !account.hidden)
        .ok_or(Error::NotFound("Page"))
}

/// The picture for previews of links: the first one attached, unless it is not for everybody's eyes.
fn preview(post: &Post) -> String {
    let open = !post.sensitive && post.spoiler_text.is_empty();
    let picture = post
        .media_attachments
        .iter()
        .find(|media| media.kind == "image");
    match picture.filter(|_| open) {
        Some(media) => media.preview_url.clone(),
        None => post.account.avatar_static.clone(),
    }
}

fn range(cx: &Ctx) -> Page {
    Page {
        max_id: cx.optional_id("max_id"),
        limit: POSTS,
        ..Page::default()
    }
}

fn older(path: &str, list: &[Post]) -> Option<String> {
    let last = list.last().filter(|_| list.len() as i64 == POSTS)?;
    Some(format!("{path}?max_id={}", last.id))
}

fn newest(path: &str, range: &Page) -> Option<String> {
    range.max_id.map(|_| path.to_owned())
}
