//! A household with a past: accounts, statuses, reblogs, marks and emoji, written straight into a database.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use kenoma::app::App;
use kenoma::cli::ephemeral;
use kenoma::config::{BaseUrl, Config, Profile};
use kenoma::ops::status_search;
use rusqlite::{Connection, params};
use tempfile::TempDir;

/// A data directory in which somebody has lived for a while.
pub struct Household {
    folder: TempDir,
    /// Of its owner, with every scope.
    pub token: String,
    /// One of the statuses.
    pub a_status: i64,
    /// A status that was answered two hundred times.
    pub a_thread: i64,
    /// One of the people.
    pub a_person: i64,
    /// A list of the owner's.
    pub a_list: i64,
}

/// Other people: half of them here, half elsewhere.
const PEOPLE: usize = 200;

/// Custom emoji of a usual household, in one pack.
const EMOJI: usize = 500;

/// As a server has it by default; throw-away ones hash less.
const PASSWORD_COST: u32 = 12;

/// Members of the list.
const LISTED: usize = 20;

/// Answers in the thread.
const ANSWERS: usize = 200;

impl Household {
    /// One with so many statuses, in the system's temporary directory.
    pub fn of(statuses: usize) -> Household {
        Household::furnished(&std::env::temp_dir(), statuses, EMOJI)
    }

    /// One inside a folder.
    pub fn within(parent: &Path, statuses: usize) -> Household {
        Household::furnished(parent, statuses, EMOJI)
    }

    /// One with so many emoji, a thousand to a pack, and nothing said.
    pub fn of_emoji(emoji: usize) -> Household {
        Household::furnished(&std::env::temp_dir(), 0, emoji)
    }

    fn furnished(parent: &Path, statuses: usize, emoji: usize) -> Household {
        let folder = tempfile::Builder::new()
            .prefix("kenoma-bench-")
            .tempdir_in(parent)
            .unwrap();
        for first in (0..emoji).step_by(1000) {
            let pack = folder.path().join("emoji").join(format!("bench{first}"));
            emoji_pack(&pack, first..emoji.min(first + 1000));
        }
        let mut config = Config::load(folder.path(), std::iter::empty(), &[], Profile::Ephemeral)
            .unwrap()
            .config;
        config.password.cost = PASSWORD_COST;
        let app = App::open(
            folder.path(),
            config,
            BaseUrl::parse("http://127.0.0.1:4000").unwrap(),
        )
        .unwrap();
        let owner = ephemeral::make_user(&app, "owner", true).unwrap();
        let mut db = Connection::open(folder.path().join("kenoma.db")).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        let owner_id: i64 = owner.id.parse().unwrap();
        let marks = fill(&mut db, owner_id, statuses);
        while status_search::catch_up(app.db()).unwrap() {}
        drop(app);
        Household {
            folder,
            token: owner.token,
            a_status: marks.status,
            a_thread: marks.thread,
            a_person: marks.person,
            a_list: LIST,
        }
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }
}

fn emoji_pack(folder: &Path, numbers: Range<usize>) {
    std::fs::create_dir_all(folder).unwrap();
    let files: serde_json::Map<String, serde_json::Value> = numbers
        .clone()
        .map(|n| (format!("bench_{n}"), format!("{n}.png").into()))
        .collect();
    let manifest = serde_json::json!({"files": files, "files_count": numbers.len(), "pack": {}});
    std::fs::write(folder.join("pack.json"), manifest.to_string()).unwrap();
    for n in numbers {
        std::fs::write(folder.join(format!("{n}.png")), b"\x89PNG\r\n\x1a\n").unwrap();
    }
}

/// Rows that the benches ask for.
struct Marks {
    status: i64,
    thread: i64,
    person: i64,
}

/// The id of the list.
const LIST: i64 = 1;

fn fill(db: &mut Connection, owner: i64, statuses: usize) -> Marks {
    let started = Instant::now();
    // A past that ended an hour ago, so that ids are below every new one.
    let now = kenoma::clock::Timestamp::now()
        .minus(Duration::from_secs(3600))
        .0;
    let tx = db.transaction().unwrap();
    let people: Vec<i64> = (0..PEOPLE)
        .map(|n| person(&tx, owner, n, now - 500_000_000))
        .collect();
    list(&tx, owner, &people[..LISTED]);
    let mut last = 0;
    let first = now - statuses as i64 - ANSWERS as i64;
    for n in 0..statuses {
        let id = (first + n as i64) * 1000 + 999;
        let author = people[n % PEOPLE];
        last = status(&tx, owner, id, author, n % PEOPLE < PEOPLE / 2, n, last);
        if n.is_multiple_of(20) {
            notification(&tx, owner, id, author, last);
        }
    }
    if statuses > 0 {
        let first = (now - ANSWERS as i64) * 1000;
        (0..ANSWERS).for_each(|n| answer(&tx, first + n as i64 * 1000, people[n % PEOPLE], last));
    }
    tx.commit().unwrap();
    if statuses > 0 {
        eprintln!(
            "  ({statuses} statuses written in {:.1} s)",
            started.elapsed().as_secs_f64()
        );
    }
    Marks {
        status: last,
        thread: last,
        person: people[0],
    }
}

fn list(db: &Connection, owner: i64, members: &[i64]) {
    db.execute(
        "INSERT INTO lists (id, account_id, title) VALUES (?1, ?2, 'bench')",
        [LIST, owner],
    )
    .unwrap();
    for member in members {
        db.execute(
            "INSERT INTO list_members (id, list_id, account_id) VALUES (?2, ?1, ?2)",
            [LIST, *member],
        )
        .unwrap();
    }
}

fn notification(db: &Connection, owner: i64, id: i64, actor: i64, status: i64) {
    db.prepare_cached(
        "INSERT INTO notifications (id, account_id, actor_id, kind, status_id, created_at) VALUES (?1, ?2, ?3, 'favourite', ?4, ?5)",
    )
    .unwrap()
    .execute(params![id, owner, actor, status, id / 1000])
    .unwrap();
}

/// Answers the root of a thread, or every other time the answer before.
fn answer(db: &Connection, id: i64, author: i64, root: i64) {
    db.prepare_cached(
        "INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, in_reply_to_id, in_reply_to_account_id, content,
                               source, created_at)
         SELECT ?1, 'https://bench.example/objects/' || ?1, ?2, 1, conversation_id,
                coalesce((SELECT id FROM statuses WHERE id = ?1 - 1000 AND ?1 / 1000 % 2), id), account_id,
                '<p>I see it differently, and here is why.</p>', 'I see it differently, and here is why.', ?1 / 1000
           FROM statuses WHERE id = ?3",
    )
    .unwrap()
    .execute(params![id, author, root])
    .unwrap();
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
