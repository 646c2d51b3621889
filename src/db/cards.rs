//! Link previews: one per address, shared by all statuses that link to it.

use rusqlite::{Connection, OptionalExtension, params};

use super::domain_policies::{authority, names};
use super::json_ids;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{self, StatusId};
use crate::text::preview::Preview;

/// A preview of a page.
#[derive(Clone, Debug)]
pub struct CardRow {
    /// Its id.
    pub id: i64,
    /// The page.
    pub url: String,
    /// What the page says about itself; `oembed` is not kept.
    pub preview: Preview,
}

/// The previews with these ids that have something to show.
pub fn by_ids(db: &Connection, page: &[i64]) -> Result<Vec<CardRow>> {
    let mut stmt = db.prepare_cached(
        "SELECT c.id, c.url, c.title, c.description, c.image, c.author_name, c.author_url, c.provider_name, c.provider_url, c.opengraph
           FROM json_each(?1) AS page JOIN cards AS c ON c.id = page.value WHERE c.found = 1",
    )?;
    let rows = stmt.query_map(params![json_ids(page)], |row| {
        let opengraph: String = row.get(9)?;
        Ok(CardRow {
            id: row.get(0)?,
            url: row.get(1)?,
            preview: Preview {
                title: row.get(2)?,
                description: row.get(3)?,
                image: row.get(4)?,
                author_name: row.get(5)?,
                author_url: row.get(6)?,
                provider_name: row.get(7)?,
                provider_url: row.get(8)?,
                opengraph: serde_json::from_str(&opengraph).unwrap_or_default(),
                oembed: None,
            },
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives a status the preview of that address. Says whether this job has to fetch it: nobody else does, and what is known of
/// it is older than `found` or, where there was nothing, than `missing`.
pub fn claim(
    db: &Connection,
    status: StatusId,
    url: &str,
    job: i64,
    found: Timestamp,
    missing: Timestamp,
) -> Result<bool> {
    let claimed: Option<i64> = db
        .prepare_cached(
            "INSERT INTO cards (id, url, fetched_at, fetched_by) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (url) DO UPDATE SET fetched_at = excluded.fetched_at, fetched_by = excluded.fetched_by
              WHERE fetched_by IS ?4 OR fetched_at < CASE found WHEN 1 THEN ?5 ELSE ?6 END
             RETURNING id",
        )?
        .query_row(
            params![ids::next(), url, Timestamp::now(), job, found, missing],
            |row| row.get(0),
        )
        .optional()?;
    db.prepare_cached(
        "UPDATE statuses SET card_id = (SELECT id FROM cards WHERE url = ?2) WHERE id = ?1",
    )?
    .execute(params![status, url])?;
    Ok(claimed.is_some())
}

/// Keeps what came of fetching an address. A page that once had something to show and is away keeps it.
pub fn keep(db: &Connection, url: &str, preview: Option<&Preview>) -> Result<()> {
    let Some(preview) = preview else {
        db.prepare_cached("UPDATE cards SET fetched_by = NULL WHERE url = ?1")?
            .execute(params![url])?;
        return Ok(());
    };
    db.prepare_cached(
        "UPDATE cards SET fetched_by = NULL, found = 1, title = ?2, description = ?3, image = ?4, author_name = ?5,
                          author_url = ?6, provider_name = ?7, provider_url = ?8, opengraph = ?9
          WHERE url = ?1",
    )?
    .execute(params![
        url,
        preview.title,
        preview.description,
        preview.image,
        preview.author_name,
        preview.author_url,
        preview.provider_name,
        preview.provider_url,
        serde_json::to_string(&preview.opengraph)?
    ])?;
    Ok(())
}

/// Previews of pages that a host, or one below it, has: all that have something to show are looked through.
pub fn of_host(db: &Connection, host: &str) -> Result<Vec<i64>> {
    let mut stmt = db.prepare_cached("SELECT id, url FROM cards WHERE found = 1")?;
    let mut rows = stmt.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let url: String = row.get(1)?;
        if is_at(&url, host) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// Whether an address is one of that host's, or of one below it.
fn is_at(url: &str, host: &str) -> bool {
    names(authority(url))
        .iter()
        .any(|name| name.eq_ignore_ascii_case(host))
}

/// Nothing is shown of these pages any more.
pub fn hide(db: &Connection, ids: &[i64]) -> Result<()> {
    db.prepare_cached("UPDATE cards SET found = 0 WHERE id IN (SELECT value FROM json_each(?1))")?
        .execute(params![json_ids(ids)])?;
    Ok(())
}

/// Takes the preview off a status: it no longer links anywhere.
pub fn detach(db: &Connection, status: StatusId) -> Result<()> {
    db.prepare_cached("UPDATE statuses SET card_id = NULL WHERE id = ?1")?
        .execute(params![status])?;
    Ok(())
}
