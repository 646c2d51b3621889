//! OAuth applications.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AppId;

/// An application.
#[derive(Clone, Debug)]
pub struct AppRow {
    /// Its id.
    pub id: AppId,
    /// As it calls itself.
    pub name: String,
    /// An http(s) address.
    pub website: Option<String>,
    /// Public.
    pub client_id: String,
    /// SHA-256.
    pub client_secret: [u8; 32],
    /// Separated by newlines.
    pub redirect_uris: String,
    /// Separated by spaces.
    pub scopes: String,
    /// An admin lets it register people without a captcha.
    pub trusted: bool,
}

impl AppRow {
    fn read(row: &Row) -> rusqlite::Result<AppRow> {
        Ok(AppRow {
            id: row.get(0)?,
            name: row.get(1)?,
            website: row.get(2)?,
            client_id: row.get(3)?,
            client_secret: row.get(4)?,
            redirect_uris: row.get(5)?,
            scopes: row.get(6)?,
            trusted: row.get(7)?,
        })
    }

    /// The registered redirect URIs.
    pub fn redirect_uris(&self) -> impl Iterator<Item = &str> {
        self.redirect_uris.lines()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, website, client_id, client_secret, redirect_uris, scopes, trusted FROM apps ",
            $rest
        )
    };
}

/// The application with that id.
pub fn by_id(db: &Connection, id: AppId) -> Result<Option<AppRow>> {
    Ok(db
        .prepare_cached(select!("WHERE id = ?1"))?
        .query_row(params![id], AppRow::read)
        .optional()?)
}

/// The application with that public id.
pub fn by_client_id(db: &Connection, client_id: &str) -> Result<Option<AppRow>> {
    Ok(db
        .prepare_cached(select!("WHERE client_id = ?1"))?
        .query_row(params![client_id], AppRow::read)
        .optional()?)
}

/// Stores an application.
pub fn insert(db: &Connection, app: &AppRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO apps (id, name, website, client_id, client_secret, redirect_uris, scopes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        app.id,
        app.name,
        app.website,
        app.client_id,
        app.client_secret,
        app.redirect_uris,
        app.scopes,
        Timestamp::now(),
    ])?;
    Ok(())
}

/// Whether an admin lets the application register people without a captcha.
pub fn is_trusted(db: &Connection, id: AppId) -> Result<bool> {
    let found = db
        .prepare_cached("SELECT trusted FROM apps WHERE id = ?1")?
        .query_row(params![id], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// Replaces what an admin may change of an application.
pub fn update(db: &Connection, app: &AppRow) -> Result<()> {
    db.prepare_cached(
        "UPDATE apps SET name = ?2, website = ?3, redirect_uris = ?4, scopes = ?5, trusted = ?6 WHERE id = ?1",
    )?
    .execute(params![
        app.id,
        app.name,
        app.website,
        app.redirect_uris,
        app.scopes,
        app.trusted
    ])?;
    Ok(())
}

/// Removes an application; its tokens go with it, its posts stay.
pub fn delete(db: &Connection, id: AppId) -> Result<()> {
    db.prepare_cached("DELETE FROM apps WHERE id = ?1")?
        .execute(params![id])?;
    Ok(())
}

/// Which applications an admin asks for; `None` does not care.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name, in any case.
    pub name: Option<String>,
    /// The whole public id.
    pub client_id: Option<String>,
    /// Trusted ones, or the others.
    pub trusted: bool,
}

/// A page of applications, oldest first, and how many there are in all.
pub fn page(
    db: &Connection,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AppRow>, i64)> {
    let (name, id, trusted) = (&filter.name, &filter.client_id, filter.trusted);
    let count = db
        .prepare_cached(
            "SELECT count(*) FROM apps
              WHERE trusted = ?3 AND (?1 IS NULL OR instr(lower(name), lower(?1)) > 0) AND (?2 IS NULL OR client_id = ?2)",
        )?
        .query_row(params![name, id, trusted], |row| row.get(0))?;
    let mut stmt = db.prepare_cached(select!(
        "WHERE trusted = ?3 AND (?1 IS NULL OR instr(lower(name), lower(?1)) > 0) AND (?2 IS NULL OR client_id = ?2)
         ORDER BY id LIMIT ?4 OFFSET ?5"
    ))?;
    let rows = stmt.query_map(params![name, id, trusted, limit, offset], AppRow::read)?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, count))
}
