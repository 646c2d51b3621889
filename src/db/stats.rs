//! Figures about the whole database.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;

/// Rows of every table. Counts each table whole: for the command line, not for requests.
pub fn row_counts(db: &Connection) -> Result<BTreeMap<String, i64>> {
    let mut stmt = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%\\_search\\_%' ESCAPE '\\'",
    )?;
    let names = stmt
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut counts = BTreeMap::new();
    for name in names {
        // The name comes from our own schema; an identifier cannot be a parameter.
        let count = db.query_row(
            &["SELECT count(*) FROM \"", &name, "\""].concat(),
            [],
            |row| row.get(0),
        )?;
        counts.insert(name, count);
    }
    Ok(counts)
}
