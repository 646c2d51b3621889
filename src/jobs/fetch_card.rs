//! Asks the page that a post links to for a preview (security.md S5, S6): the first link only, once for all posts that share
//! it, and not again soon where there was nothing. Of what the page says, text and addresses are kept, never markup.

use std::io::Read;
use std::time::Duration;

use rusqlite::Connection;
use serde::Deserialize;
use url::Url;

use super::Outcome;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::{self, JobRow};
use crate::db::{cards, domain_policies, statuses};
use crate::error::Result;
use crate::fed::fetch::{Limits, Request};
use crate::ids::StatusId;
use crate::text::html;
use crate::text::preview::{self, Preview, http_address, short};

/// How long a preview is good for.
const FOUND: Duration = Duration::from_secs(7 * 86_400);

/// How long a page without one is left alone.
const MISSING: Duration = Duration::from_secs(86_400);

/// How long one answer may take: other jobs wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(8);

/// Characters of what oEmbed says.
const LONGEST: usize = 300;

#[derive(Deserialize)]
struct Payload {
    status: String,
}

/// Does the job.
pub fn work(app: &App, job: &JobRow) -> Outcome {
    let payload = serde_json::from_str::<Payload>(&job.payload);
    let Ok(Ok(id)) = payload.map(|payload| payload.status.parse()) else {
        return Outcome::Drop("the payload names no status".into());
    };
    match look(app, job, id) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(format!("{error:?}")),
    }
}

fn look(app: &App, job: &JobRow, id: StatusId) -> Result<()> {
    let now = Timestamp::now();
    let claimed = app.db().write(|tx| {
        let link = link(app, statuses::by_ids(tx, &[id])?.first());
        let link = match link {
            Some(url) if is_suspended(tx, &url)? => None,
            link => link,
        };
        let is_ours = match &link {
            Some(url) => cards::claim(tx, id, url, job.id, now.minus(FOUND), now.minus(MISSING))?,
            None => {
                cards::detach(tx, id)?;
                false
            }
        };
        if !is_ours {
            jobs::done(tx, job.id)?;
        }
        Ok(link.filter(|_| is_ours))
    })?;
    let Some(url) = claimed else {
        return Ok(());
    };
    let preview = fetch(app, &url);
    app.db().write(|tx| {
        jobs::done(tx, job.id)?;
        cards::keep(tx, &url, preview.as_ref())
    })
}

/// Whether an admin keeps the server of that address away: its pages are not shown here either (federation.md 9.3).
fn is_suspended(db: &Connection, url: &str) -> Result<bool> {
    Ok(domain_policies::of(db, &[domain_policies::authority(url)])?.suspended)
}

/// The page to ask: the first that a post links to, unless it is one of ours.
fn link(app: &App, row: Option<&statuses::StatusRow>) -> Option<String> {
    let url = html::first_link(&row.filter(|_| app.config().instance.link_previews)?.content)?;
    let mut url = Url::parse(&url).ok()?;
    url.set_fragment(None);
    let url = http_address(url.as_str(), &url)?;
    let is_ours = url.starts_with(&format!("{}/", app.base()));
    (!is_ours).then_some(url)
}

fn fetch(app: &App, url: &str) -> Option<Preview> {
    let accepted = "text/html, application/xhtml+xml";
    let request = Request::get(url, accepted, patient(Limits::PAGE));
    let mut answer = app.client().open(&request).ok()?;
    let is_page = matches!(
        answer.head.media_type().as_str(),
        "text/html" | "application/xhtml+xml"
    );
    if answer.head.status != 200 || !is_page {
        return None;
    }
    // The head of a page comes first: what is longer than we read is cut, not refused.
    let mut page = Vec::new();
    let _ = answer
        .by_ref()
        .take(Limits::PAGE.size)
        .read_to_end(&mut page);
    let at = answer.head.url.clone();
    // It may have led elsewhere.
    let is_unwanted = app.db().read(|db| is_suspended(db, at.as_str()));
    if is_unwanted.unwrap_or(true) {
        return None;
    }
    let mut found = preview::read(&String::from_utf8_lossy(&page), &at)?;
    if found.provider_name.is_empty() {
        found.provider_name = at.host_str().unwrap_or_default().to_owned();
    }
    if let Some(oembed) = found.oembed.take() {
        add_oembed(app, &oembed, &at, &mut found);
    }
    Some(found)
}

fn patient(limits: Limits) -> Limits {
    Limits {
        total: PATIENCE,
        ..limits
    }
}

/// What oEmbed says of author and provider. Its `html` is not even read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OEmbed {
    title: Option<String>,
    author_name: Option<String>,
    author_url: Option<String>,
    provider_name: Option<String>,
    provider_url: Option<String>,
}

fn add_oembed(app: &App, link: &str, at: &Url, found: &mut Preview) {
    let request = Request::get(link, "application/json", patient(Limits::DISCOVERY));
    let Ok(answer) = app.client().send(&request) else {
        return;
    };
    let Ok(said) = serde_json::from_slice::<OEmbed>(&answer.body) else {
        return;
    };
    let fill = |known: &mut String, said: Option<String>| {
        let said = short(&said.unwrap_or_default(), LONGEST);
        if known.is_empty() || !said.is_empty() {
            *known = said;
        }
    };
    let address = |text: Option<String>| text.and_then(|text| http_address(&text, at));
    if found.title.is_empty() {
        fill(&mut found.title, said.title);
    }
    fill(&mut found.author_name, said.author_name);
    fill(&mut found.provider_name, said.provider_name);
    found.author_url = address(said.author_url).unwrap_or_default();
    found.provider_url = address(said.provider_url).unwrap_or_default();
}
