//! A household with a past: accounts, statuses, reblogs, marks and emoji, written straight into a database.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kenoma::app::App;
use kenoma::cli::ephemeral;
use kenoma::config::{BaseUrl, Config, Profile};
use rusqlite::{Connection, params};
use tempfile::TempDir;

/// A data directory in which somebody has lived for a while.
pub struct Household {
    folder: TempDir,
    /// Of its owner, with every scope.
    pub token: String,
    /// One of the statuses.
    pub a_status: i64,
}

/// Other people: half of them here, half elsewhere.
const PEOPLE: usize = 200;

/// Custom emoji in one pack.
const EMOJI: usize = 500;

impl Household {
    /// One with so many statuses, in the system's temporary directory.
    pub fn of(statuses: usize) -> Household {
        Household::within(&std::env::temp_dir(), statuses)
    }

    /// One inside a folder.
    pub fn within(parent: &Path, statuses: usize) -> Household {
        let folder = tempfile::Builder::new()
            .prefix("kenoma-bench-")
            .tempdir_in(parent)
            .unwrap();
        emoji_pack(&folder.path().join("emoji").join("bench"));
        let config = Config::load(folder.path(), std::iter::empty(), &[], Profile::Ephemeral)
            .unwrap()
            .config;
        let app = App::open(
            folder.path(),
            config,
            BaseUrl::parse("http://127.0.0.1:4000").unwrap(),
        )
        .unwrap();
        let owner = ephemeral::make_user(&app, "owner", true).unwrap();
        drop(app);
        let mut db = Connection::open(folder.path().join("kenoma.db")).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        let owner_id: i64 = owner.id.parse().unwrap();
        let a_status = fill(&mut db, owner_id, statuses);
        Household {
            folder,
            token: owner.token,
            a_status,
        }
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }
}

fn emoji_pack(folder: &PathBuf) {
    std::fs::create_dir_all(folder).unwrap();
    let files: serde_json::Map<String, serde_json::Value> = (0..EMOJI)
        .map(|n| (format!("bench_{n}"), format!("{n}.png").into()))
        .collect();
    let manifest = serde_json::json!({"files": files, "files_count": EMOJI, "pack": {}});
    std::fs::write(folder.join("pack.json"), manifest.to_string()).unwrap();
    for n in 0..EMOJI {
        std::fs::write(folder.join(format!("{n}.png")), b"\x89PNG\r\n\x1a\n").unwrap();
    }
}

fn fill(db: &mut Connection, owner: i64, statuses: usize) -> i64 {
    let started = Instant::now();
    // A past that ended an hour ago, so that ids are below every new one.
    let now = kenoma::clock::Timestamp::now()
        .minus(Duration::from_secs(3600))
        .0;
    let tx = db.transaction().unwrap();
    let people: Vec<i64> = (0..PEOPLE)
        .map(|n| person(&tx, owner, n, now - 500_000_000))
        .collect();
    let mut last = 0;
    let first = now - statuses as i64;
    for n in 0..statuses {
        let id = (first + n as i64) * 1000 + 999;
        let author = people[n % PEOPLE];
        last = status(&tx, owner, id, author, n % PEOPLE < PEOPLE / 2, n, last);
    }
    tx.commit().unwrap();
    if statuses > 0 {
        eprintln!(
            "  ({statuses} statuses written in {:.1} s)",
            started.elapsed().as_secs_f64()
        );
    }
    last
}

fn person(db: &Connection, owner: i64, n: usize, at: i64) -> i64 {
    let id = (at + n as i64) * 1000 + 1;
    let host = if n < PEOPLE / 2 {
        ""
    } else {
        "elsewhere.example"
    };
    let uri = format!(
        "https://{}/users/person{n}",
        if host.is_empty() {
            "here.example"
        } else {
            host
        }
    );
    let note = "<p>Writes about bread, trains and the weather. Sometimes all three at once, mostly in the morning.</p>";
    db.prepare_cached(
        "INSERT INTO accounts (id, username, host, uri, url, display_name, note, avatar, created_at)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 'https://elsewhere.example/avatar.png', ?7)",
    )
    .unwrap()
    .execute(params![id, format!("person{n}"), host, uri, format!("Person Number {n}"), note, at])
    .unwrap();
    db.prepare_cached(
        "INSERT INTO follows (id, account_id, target_id, created_at) VALUES (?1, ?2, ?1, ?3)",
    )
    .unwrap()
    .execute(params![id, owner, at])
    .unwrap();
    id
}

/// Writes one status; every tenth wraps the one before it, every third has a tag, every fifth a reaction.
fn status(
    db: &Connection,
    owner: i64,
    id: i64,
    author: i64,
    local: bool,
    n: usize,
    before: i64,
) -> i64 {
    let wraps = n % 10 == 9;
    let uri = format!("https://bench.example/objects/{id}");
    db.prepare_cached("INSERT INTO conversations (id, uri) VALUES (?1, ?2)")
        .unwrap()
        .execute(params![id, uri])
        .unwrap();
    let content = format!(
        "<p>Status number {n}: the quick brown fox jumps over the lazy dog, and then goes home to write about it at some length. \
         It was a good day, all in all.</p>"
    );
    db.prepare_cached(
        "INSERT INTO statuses (id, uri, url, account_id, local, visibility, conversation_id, reblog_of_id, content, source, created_at)
         VALUES (?1, ?2, ?2, ?3, ?4, 0, ?1, ?5, ?6, ?6, ?7)",
    )
    .unwrap()
    .execute(params![id, uri, author, local, wraps.then_some(before), if wraps { "" } else { &content }, id / 1000])
    .unwrap();
    db.prepare_cached("INSERT INTO home_entries (account_id, status_id) VALUES (?1, ?2)")
        .unwrap()
        .execute(params![owner, id])
        .unwrap();
    if wraps {
        return before;
    }
    db.prepare_cached("INSERT INTO status_search (rowid, content) VALUES (?1, ?2)")
        .unwrap()
        .execute(params![id, content])
        .unwrap();
    if n.is_multiple_of(3) {
        tag(db, id, n % 50);
    }
    if n.is_multiple_of(5) {
        db.prepare_cached(
            "INSERT INTO reactions (id, account_id, status_id, emoji) VALUES (?1, ?2, ?1, '☕')",
        )
        .unwrap()
        .execute(params![id, author])
        .unwrap();
    }
    id
}

fn tag(db: &Connection, status: i64, n: usize) {
    db.prepare_cached("INSERT OR IGNORE INTO tags (name) VALUES (?1)")
        .unwrap()
        .execute(params![format!("tag{n}")])
        .unwrap();
    db.prepare_cached(
        "INSERT INTO status_tags (tag_id, status_id) SELECT id, ?2 FROM tags WHERE name = ?1",
    )
    .unwrap()
    .execute(params![format!("tag{n}"), status])
    .unwrap();
}
