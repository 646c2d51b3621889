//! The database file: its schema, its versions, what a page costs.

use kenoma::db::{Db, Settings, migrations};
use rusqlite::Connection;

use crate::support::TestServer;

fn open(path: &std::path::Path) -> kenoma::error::Result<Db> {
    Db::open(
        path,
        &Settings {
            full_sync: false,
            readers: 2,
            cache_kib: 512,
        },
    )
}

/// Every object's name and text, without what differs only in white space.
fn schema(conn: &Connection) -> Vec<(String, String)> {
    let mut stmt = conn
        .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
        .unwrap();
    let rows = stmt
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .unwrap();
    rows.map(|row| row.unwrap())
        .map(|(name, sql)| (name, sql.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

#[test]
fn a_new_file_has_the_schema_and_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    drop(open(&path).unwrap());
    let file = Connection::open(&path).unwrap();
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(migrations::SCHEMA).unwrap();
    assert_eq!(schema(&file), schema(&fresh));
    let version: i64 = file
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, migrations::VERSION);
    let mode: String = file
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

/// What a table, index or trigger is, however its text came about: a column that was added later stands elsewhere in it.
fn meaning(conn: &Connection) -> std::collections::BTreeSet<String> {
    let lines = |sql: &str| -> Vec<String> {
        let mut stmt = conn.prepare(sql).unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all = std::collections::BTreeSet::new();
    let tables = "FROM sqlite_schema AS t, pragma_{}(t.name) AS x WHERE t.type = 'table'";
    for (pragma, what) in [
        (
            "table_xinfo",
            "x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden",
        ),
        (
            "foreign_key_list",
            "x.\"from\", x.\"table\", x.\"to\", x.on_delete",
        ),
    ] {
        let from = tables.replace("{}", pragma);
        all.extend(lines(&format!(
            "SELECT json_array('{pragma}', t.name, {what}) {from}"
        )));
    }
    let rest =
        "SELECT name || ' ' || sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL";
    all.extend(lines(rest).iter().map(|text| words(text)));
    all
}

#[test]
fn a_file_of_each_older_version_is_led_up_to_the_present_schema() {
    let older = [
        include_str!("schemas/1.sql"),
        include_str!("schemas/2.sql"),
        include_str!("schemas/3.sql"),
    ];
    assert_eq!(older.len() as i64, migrations::VERSION - 1);
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(migrations::SCHEMA).unwrap();
    for (position, text) in older.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kenoma.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch(text).unwrap();
        file.pragma_update(None, "application_id", 0x6b65_6e6f)
            .unwrap();
        file.pragma_update(None, "user_version", position as i64 + 1)
            .unwrap();
        drop(file);
        drop(open(&path).unwrap());
        let (led, fresh) = (meaning(&Connection::open(&path).unwrap()), meaning(&fresh));
        let missing: Vec<_> = fresh.difference(&led).collect();
        let left_over: Vec<_> = led.difference(&fresh).collect();
        assert!(
            missing.is_empty() && left_over.is_empty(),
            "from version {}: missing {missing:#?}, left over {left_over:#?}",
            position + 1
        );
    }
}

#[test]
fn threads_of_an_older_file_are_found_by_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    let file = Connection::open(&path).unwrap();
    file.execute_batch(include_str!("schemas/3.sql")).unwrap();
    let threads = [
        "tag:a.example,2026-11-24:objectId=7:objectType=Conversation",
        "tag:a.example,2026-11-24:objectId=7:objectId=8:objectType=Conversation",
        "tag:a#b,2026-11-24:objectId=7:objectType=Conversation",
        "https://a.example/contexts/1",
    ];
    for (id, uri) in threads.iter().enumerate() {
        file.execute(
            "INSERT INTO conversations (id, uri) VALUES (?1, ?2)",
            (id as i64, uri),
        )
        .unwrap();
    }
    file.execute_batch("PRAGMA application_id = 0x6b656e6f; PRAGMA user_version = 3")
        .unwrap();
    drop(file);
    let db = open(&path).unwrap();
    for (id, uri) in threads.iter().enumerate() {
        let found = db.read(|db| kenoma::db::conversations::by_uri(db, uri));
        assert_eq!(found.unwrap(), Some(id as i64), "{uri}");
    }
}

#[test]
fn every_foreign_key_has_an_index_so_that_deleting_scans_nothing() {
    let server = TestServer::new();
    let db = server.sql();
    let mut stmt = db
        .prepare(
            "SELECT t.name || '.' || fk.\"from\" FROM pragma_table_list AS t JOIN pragma_foreign_key_list(t.name) AS fk
              WHERE t.schema = 'main'
                AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) AS c
                                 WHERE c.name = fk.\"from\" AND c.pk = 1 AND c.type = 'INTEGER'
                                   AND (SELECT max(pk) FROM pragma_table_info(t.name)) = 1)
                AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
                                 WHERE c.seqno = 0 AND c.name = fk.\"from\")",
        )
        .unwrap();
    let without: Vec<String> = stmt
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn a_newer_file_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    let newer = Connection::open(&path).unwrap();
    newer
        .execute_batch("CREATE TABLE future (wonder TEXT); PRAGMA application_id = 0x6b656e6f; PRAGMA user_version = 999;")
        .unwrap();
    drop(newer);
    let before = std::fs::read(&path).unwrap();
    let Err(error) = open(&path) else {
        panic!("a newer file was opened")
    };
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("version 999") && cause.contains("newer kenoma"),
        "{cause}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn another_programs_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE bookmarks (url TEXT);")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(open(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn counters_follow_what_they_count_and_revisions_follow_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    drop(open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "INSERT INTO accounts (id, username, uri, url, created_at) VALUES (1, 'a', 'u/a', 'u/a', 0), (2, 'b', 'u/b', 'u/b', 0);
         INSERT INTO conversations (id, uri) VALUES (1, 'c');
         INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, created_at) VALUES (10, 's/10', 1, 0, 1, 5);
         INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, in_reply_to_id, created_at) VALUES (11, 's/11', 2, 0, 1, 10, 6);
         INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, reblog_of_id, created_at) VALUES (12, 's/12', 2, 0, 1, 10, 7);
         INSERT INTO favourites (id, account_id, status_id) VALUES (1, 2, 10);
         INSERT INTO follows (id, account_id, target_id, pending, created_at) VALUES (1, 1, 2, 1, 0);",
    )
    .unwrap();
    let status = || {
        db.query_row("SELECT replies_count, reblogs_count, favourites_count, rev FROM statuses WHERE id = 10", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
        })
        .unwrap()
    };
    let follows = || {
        db.query_row("SELECT (SELECT following_count FROM accounts WHERE id = 1), followers_count FROM accounts WHERE id = 2", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .unwrap()
    };
    let (replies, reblogs, favourites, rev) = status();
    assert_eq!((replies, reblogs, favourites), (1, 1, 1));
    assert_eq!(follows(), (0, 0));
    db.execute("UPDATE follows SET pending = 0", []).unwrap();
    assert_eq!(follows(), (1, 1));
    db.execute_batch(
        "DELETE FROM follows; DELETE FROM favourites; DELETE FROM statuses WHERE id IN (11, 12);",
    )
    .unwrap();
    assert_eq!(follows(), (0, 0));
    let (replies, reblogs, favourites, later) = status();
    assert_eq!((replies, reblogs, favourites), (0, 0, 0));
    assert!(later > rev);
}

/// Writes so many pages of the log, a hundred at a time.
fn write_pages(db: &Db, pages: usize) {
    for _ in 0..pages / 100 {
        let sql = "INSERT INTO server_state (key, value) VALUES ('filler', hex(randomblob(200000))) ON CONFLICT DO UPDATE SET value = excluded.value";
        db.write(|tx| Ok(tx.execute(sql, [])?)).unwrap();
    }
}

#[test]
fn the_log_of_the_database_is_folded_in_beside_who_writes_and_stays_short_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kenoma.db");
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    let db = open(&path).unwrap();
    // Nobody folds it in but who writes.
    write_pages(&db, 30_000);
    let most = size("kenoma.db-wal");
    assert!((40 << 20..60 << 20).contains(&most), "{most}");
    drop(db);
    // In time each time: the log begins anew, and never gets as long.
    let db = open(&path).unwrap();
    for _ in 0..8 {
        write_pages(&db, 4_500);
        db.log_bell().wait(std::time::Duration::from_secs(60));
        db.fold_log().unwrap();
    }
    let short = size("kenoma.db-wal");
    assert!(short < 24 << 20, "{short}");
    let read = |db: &Db| {
        let sql = "SELECT length(value) FROM server_state WHERE key = 'filler'";
        db.read(|db| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?))
    };
    assert_eq!(read(&db).unwrap(), 400_000);
    drop(db);
    std::fs::remove_file(folder.path().join("kenoma.db-wal")).ok();
    assert_eq!(read(&open(&path).unwrap()).unwrap(), 400_000);
}
