//! Reading rows of many columns by their names.

use std::cell::Cell;

use rusqlite::types::FromSql;
use rusqlite::{Error, Row};

/// A row's columns, asked for by name, roughly in the statement's order: each is looked for from behind the last one.
/// rusqlite compares with every name from the first, which took a tenth of what posting a status costs.
pub struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: Cell<usize>,
}

impl<'r, 's> Columns<'r, 's> {
    /// To be read from the first column on.
    pub fn of(row: &'r Row<'s>) -> Columns<'r, 's> {
        Columns {
            row,
            next: Cell::new(0),
        }
    }

    /// The column's value.
    pub fn get<T: FromSql>(&self, name: &str) -> rusqlite::Result<T> {
        let statement = self.row.as_ref();
        let (next, count) = (self.next.get(), statement.column_count());
        for index in (next..count).chain(0..next) {
            if statement.column_name(index)? == name {
                self.next.set(index + 1);
                return self.row.get(index);
            }
        }
        Err(Error::InvalidColumnName(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_any_order() {
        let db = rusqlite::Connection::open_in_memory().expect("memory is there");
        let read = |row: &Row| {
            let row = Columns::of(row);
            let values: [i64; 4] = [row.get("b")?, row.get("c")?, row.get("a")?, row.get("a")?];
            Ok((values, row.get::<i64>("d").is_err()))
        };
        let found = db.query_row("SELECT 1 AS a, 2 AS b, 3 AS c", [], read);
        assert_eq!(found, Ok(([2, 3, 1, 1], true)));
    }
}
