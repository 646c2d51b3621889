//! Whether a database file is sound, and which files it counts on; for the command line, which looks at files that no
//! server can open.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::migrations;
use crate::error::{Error, Result};

/// So many faults of the file itself are told; one is as good as a thousand.
const MOST_TOLD: usize = 20;

/// Opens a file without changing or upgrading it; refuses other programs' files and newer ones.
pub fn open(path: &Path) -> Result<Connection> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(5))?;
    if migrations::check(&db)? == 0 {
        return Err(Error::internal("there is nothing in it"));
    }
    Ok(db)
}

/// What SQLite finds wrong with the file's pages, indexes and search tables.
pub fn faults(db: &Connection) -> Result<Vec<String>> {
    let mut stmt = db.prepare("PRAGMA integrity_check")?;
    let rows = stmt.query_map([], |row| row.get::<_, String>(0))?;
    let mut faults = rows.take(MOST_TOLD).collect::<rusqlite::Result<Vec<_>>>()?;
    faults.retain(|fault| fault != "ok");
    // A fault may go over lines; it is told in one.
    faults
        .iter_mut()
        .for_each(|fault| *fault = fault.replace('\n', " "));
    Ok(faults)
}

/// A column whose rows name rows that are not there.
#[derive(Debug)]
pub struct Dangling {
    /// The table of those rows.
    pub table: String,
    /// Their column.
    pub column: String,
    /// The table of the missing ones.
    pub parent: String,
    /// The column there.
    key: String,
    /// How many.
    pub rows: i64,
    /// The row can do without.
    nullable: bool,
}

/// References that lead nowhere, by column.
pub fn dangling(db: &Connection) -> Result<Vec<Dangling>> {
    let mut stmt = db.prepare(
        "SELECT c.\"table\", k.\"from\", c.parent, coalesce(k.\"to\", (SELECT name FROM pragma_table_info(c.parent) WHERE pk = 1)),
                count(*), NOT (i.\"notnull\" OR i.pk)
           FROM pragma_foreign_key_check AS c
           JOIN pragma_foreign_key_list(c.\"table\") AS k ON k.id = c.fkid
           JOIN pragma_table_info(c.\"table\") AS i ON i.name = k.\"from\"
          GROUP BY c.\"table\", c.fkid ORDER BY 1, 2",
    )?;
    let rows = stmt.query_map([], |row| {
        Ok(Dangling {
            table: row.get(0)?,
            column: row.get(1)?,
            parent: row.get(2)?,
            key: row.get(3)?,
            rows: row.get(4)?,
            nullable: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Makes the indexes anew from their tables.
pub fn reindex(db: &Connection) -> Result<()> {
    Ok(db.execute_batch("REINDEX")?)
}

/// Ends references that lead nowhere: by forgetting them, or with the row where it is nothing without.
pub fn mend(db: &Connection, broken: &Dangling) -> Result<()> {
    // Names out of our own schema; an identifier cannot be a parameter.
    let (table, column) = (&broken.table, &broken.column);
    let verb = if broken.nullable {
        format!("UPDATE \"{table}\" SET \"{column}\" = NULL")
    } else {
        format!("DELETE FROM \"{table}\"")
    };
    let (parent, key) = (&broken.parent, &broken.key);
    db.execute(
        &format!("{verb} WHERE \"{column}\" IS NOT NULL AND \"{column}\" NOT IN (SELECT \"{key}\" FROM \"{parent}\")"),
        [],
    )?;
    Ok(())
}

/// Names of the files in `uploads/` that the database counts on, each once, in order.
pub fn named_files(db: &Connection) -> Result<Vec<String>> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (table, sql) in NAMED {
        // Backups of older versions have fewer tables.
        if db.table_exists(None, *table)? {
            let mut stmt = db.prepare(sql)?;
            let rows = stmt.query_map([], |row| row.get::<_, String>(0))?;
            names.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        }
    }
    Ok(names.into_iter().collect())
}

/// Where files are named.
const NAMED: &[(&str, &str)] = &[
    ("media", "SELECT file FROM media WHERE file IS NOT NULL"),
    (
        "media",
        "SELECT preview_file FROM media WHERE preview_file IS NOT NULL",
    ),
    (
        "accounts",
        "SELECT value FROM accounts, json_each(json_array(avatar, header, background)) WHERE host = '' AND value IS NOT NULL",
    ),
    ("backups", "SELECT file FROM backups WHERE file IS NOT NULL"),
];

/// The whole of which that file is the preview.
pub fn original_of(db: &Connection, preview: &str) -> Result<Option<String>> {
    Ok(db
        .prepare("SELECT file FROM media WHERE preview_file = ?1 AND file <> ?1")?
        .query_row(params![preview], |row| row.get(0))
        .optional()?)
}

/// Shows the whole in place of a preview that is lost; nothing in place of a film's.
pub fn forget_preview(db: &Connection, preview: &str) -> Result<()> {
    db.execute(
        "UPDATE media SET preview_file = iif(kind = 'image', file, NULL), preview_width = iif(kind = 'image', width, NULL),
                          preview_height = iif(kind = 'image', height, NULL)
          WHERE preview_file = ?1",
        params![preview],
    )?;
    Ok(())
}

/// Files that a waiting job will remove.
pub fn doomed_files(db: &Connection) -> Result<Vec<String>> {
    let mut stmt = db.prepare(
        "SELECT f.value FROM jobs, json_each(jobs.payload, '$.files') AS f WHERE jobs.kind = 'remove_files'",
    )?;
    let rows = stmt.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The whole file is worth keeping: it is ours, of a version that this program can use, and nothing in it is broken.
pub fn verify(path: &Path) -> Result<()> {
    let db = open(path)?;
    if let Some(fault) = faults(&db)?.into_iter().next() {
        return Err(Error::internal(fault));
    }
    match dangling(&db)?.first() {
        Some(broken) => Err(Error::internal(format!(
            "rows of {} name rows of {} that are not there",
            broken.table, broken.parent
        ))),
        None => Ok(()),
    }
}
