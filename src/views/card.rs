//! The Card entity: a link preview (mastodon-api 2.6). It carries text and addresses, never markup (security.md S6).

use std::collections::BTreeMap;

use serde::Serialize;

use super::tag::{Day, History};
use super::{House, View};
use crate::db::cards::{self, CardRow};
use crate::db::trends;
use crate::error::Result;

/// Card.
#[derive(Serialize)]
pub struct Card {
    url: String,
    title: String,
    description: String,
    r#type: &'static str,
    author_name: String,
    author_url: String,
    authors: Vec<Author>,
    provider_name: String,
    provider_url: String,
    html: &'static str,
    width: u32,
    height: u32,
    image: Option<String>,
    embed_url: &'static str,
    blurhash: Option<()>,
    language: Option<()>,
    published_at: Option<()>,
    pleroma: Pleroma,
}

#[derive(Serialize)]
struct Author {
    name: String,
    url: String,
    account: Option<()>,
}

#[derive(Serialize)]
struct Pleroma {
    opengraph: BTreeMap<String, String>,
}

/// Renders a preview.
pub fn card(row: CardRow, house: &House) -> Card {
    let page = row.preview;
    let elsewhere = |url: &str| house.remote_media.address(url);
    let author = (!page.author_name.is_empty()).then(|| Author {
        name: page.author_name.clone(),
        url: page.author_url.clone(),
        account: None,
    });
    Card {
        url: row.url,
        title: page.title,
        description: page.description,
        r#type: "link",
        author_name: page.author_name,
        author_url: page.author_url,
        authors: author.into_iter().collect(),
        provider_name: page.provider_name,
        provider_url: page.provider_url,
        html: "",
        width: 0,
        height: 0,
        image: page.image.as_deref().map(elsewhere),
        embed_url: "",
        blurhash: None,
        language: None,
        published_at: None,
        pleroma: Pleroma {
            opengraph: page
                .opengraph
                .into_iter()
                .map(|(name, text)| match is_picture(&name) {
                    true => (name, elsewhere(&text)),
                    false => (name, text),
                })
                .collect(),
        },
    }
}

/// Whether a property's text is the address of a picture, which clients show.
fn is_picture(property: &str) -> bool {
    matches!(property, "image" | "image:url" | "image:secure_url")
}

/// Trends::Link: a Card with its use in the last week.
#[derive(Serialize)]
pub struct TrendingLink {
    #[serde(flatten)]
    card: Card,
    history: Vec<Day>,
}

impl View<'_> {
    /// Previews in the order of the ids, with how much their pages were linked to.
    pub fn trending_links(&self, ids: &[i64]) -> Result<Vec<TrendingLink>> {
        let history = History::of(trends::link_history(self.db, ids, History::start())?);
        let mut rows = cards::by_ids(self.db, ids)?;
        rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        let link = |row: CardRow| TrendingLink {
            history: history.days(Some(row.id)),
            card: card(row, self.house),
        };
        Ok(rows.into_iter().map(link).collect())
    }
}
