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
            "SELECT id, name, website, client_id, client_secret, redirect_uris, scopes FROM apps ",
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
