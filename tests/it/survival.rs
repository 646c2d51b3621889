//! Long work goes on after `kill -9` at any moment, and is never half done in the end.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::Signal;

use crate::binary::{PATIENCE, Program};
use crate::support::{TestServer, TestUser, encode};

/// So often the server is killed.
const KILLS: u64 = 50;

const SETTINGS: &[&str] = &["--set", "rate_limit.enabled=false"];

/// Sends a request, and kills the server when `wait` is over; the answer may or may not come before.
fn killed_after(server: &Program, request: impl FnOnce() + Send, wait: impl FnOnce()) {
    thread::scope(|scope| {
        scope.spawn(request);
        wait();
        server.signal(Signal::KILL);
    });
}

/// Waits until something is so, however busy the machine is.
fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never came to that");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Not random, so that a failure can be repeated; spread over all moments up to the longest, in milliseconds.
fn moment(round: u64, longest: f64) -> Duration {
    let part = (round as f64 * 0.618_034).fract();
    Duration::from_secs_f64(part * longest / 1000.0)
}

fn form(server: &Program, path: &str, token: &str, fields: &[(&str, &str)]) {
    let kind = "application/x-www-form-urlencoded";
    let _ = server.attempt("POST", path, token, kind, encode(fields).as_bytes());
}

fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Lets a server do what is left in the queue, and holds that the file is sound.
fn finished(server: &TestServer) -> Connection {
    let program = Program::on(server.data(), SETTINGS);
    let db = server.sql();
    until(|| number(&db, "SELECT count(*) FROM jobs") == 0);
    program.stop();
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    let dangling = "SELECT count(*) FROM pragma_foreign_key_check";
    assert_eq!(number(&db, dangling), 0);
    db
}

/// Posts and files of each account that is deleted.
const POSTS: i64 = 400;
const FILES: i64 = 400;

/// Gives somebody posts, files, a follower's home timeline and favourites, faster than through the API.
fn furnish(server: &TestServer, user: &TestUser, fan: &TestUser, round: u64) {
    let first = 1_000_000_000_000_000 + round as i64 * 10_000;
    let db = server.sql();
    let (me, fan) = (&user.id, &fan.id);
    db.execute_batch(&format!(
        "BEGIN;
         INSERT INTO conversations (id, uri) VALUES ({round} + 1, 'context/{round}');
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {POSTS})
           INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, content, created_at)
           SELECT {first} + n, 'post/{round}/' || n, {me}, 0, {round} + 1, 'words', 0 FROM n;
         INSERT INTO home_entries (account_id, status_id) SELECT {fan}, id FROM statuses WHERE account_id = {me};
         INSERT INTO favourites (id, account_id, status_id) SELECT id, {fan}, id FROM statuses WHERE account_id = {me} LIMIT 100;
         INSERT INTO media (id, account_id, status_id, kind, mime, file, preview_file, created_at)
           SELECT id, account_id, iif(id % 3 = 0, NULL, id), 'image', 'image/png', 'a-{round}-' || id || '.png',
                  'b-{round}-' || id || '.png', 0
             FROM statuses WHERE account_id = {me} LIMIT {FILES} / 2;
         COMMIT;"
    ))
    .unwrap();
    let mut stmt = db
        .prepare("SELECT file, preview_file FROM media WHERE account_id = ?1")
        .unwrap();
    let names = stmt.query_map([me], |row| Ok([row.get(0)?, row.get(1)?]));
    for pair in names.unwrap() {
        let pair: [String; 2] = pair.unwrap();
        for name in pair {
            fs::write(server.data().join("uploads").join(name), b"picture").unwrap();
        }
    }
}

#[test]
fn a_deletion_killed_at_any_of_50_moments_is_whole_in_the_end() {
    let server = TestServer::new();
    let fan = server.user("fan");
    let users: Vec<TestUser> = (0..KILLS)
        .map(|round| server.user(&format!("user{round}")))
        .collect();
    for (round, user) in users.iter().enumerate() {
        furnish(&server, user, &fan, round as u64);
        user.follow(&fan);
    }
    for (round, user) in users.iter().enumerate() {
        let program = Program::on(server.data(), SETTINGS);
        let request = || {
            let path = "/api/pleroma/delete_account";
            form(&program, path, &user.token, &[("password", &user.password)]);
        };
        let db = server.sql();
        let is_shut = || {
            let sql = "SELECT deleted_at IS NOT NULL FROM accounts WHERE id = ?1";
            db.query_row(sql, [&user.id], |row| row.get(0)).unwrap()
        };
        killed_after(&program, request, || {
            // One time in five the kill may come before the deletion has begun.
            if round % 5 > 0 {
                until(is_shut);
            }
            thread::sleep(moment(round as u64, 100.0));
        });
    }
    let db = finished(&server);
    let mut alive = 0;
    for (round, user) in users.iter().enumerate() {
        let ask = |sql: &str| {
            let mut stmt = db.prepare(sql).unwrap();
            stmt.query_row([&user.id], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        let is_deleted = ask("SELECT deleted_at IS NOT NULL FROM accounts WHERE id = ?1") == 1;
        let expected = |all: i64| if is_deleted { 0 } else { all };
        alive += i64::from(!is_deleted);
        let posts = ask("SELECT count(*) FROM statuses WHERE account_id = ?1");
        assert_eq!(posts, expected(POSTS), "round {round}");
        let rows = ask("SELECT count(*) FROM media WHERE account_id = ?1");
        assert_eq!(rows, expected(FILES / 2));
        assert_eq!(
            ask("SELECT count(*) FROM tokens WHERE account_id = ?1"),
            expected(1)
        );
        assert_eq!(
            ask("SELECT count(*) FROM follows WHERE account_id = ?1"),
            expected(1)
        );
        let names = fs::read_dir(server.data().join("uploads")).unwrap();
        let marks = [format!("a-{round}-"), format!("b-{round}-")];
        let files = names.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            marks.iter().any(|mark| name.starts_with(mark))
        });
        assert_eq!(
            files.count() as i64,
            expected(FILES),
            "files of round {round}"
        );
    }
    let gone = KILLS as i64 - alive;
    assert!(
        gone >= KILLS as i64 * 4 / 5,
        "only {gone} deletions began before the kill"
    );
    assert_eq!(number(&db, "SELECT count(*) FROM tombstones"), gone * POSTS);
    let followers = "SELECT followers_count FROM accounts WHERE username = 'fan'";
    assert_eq!(number(&db, followers), alive);
    assert_eq!(
        number(&db, "SELECT count(*) FROM home_entries"),
        alive * POSTS
    );
}

/// People on the list that is imported.
const PEOPLE: i64 = 4000;

#[test]
fn a_follow_import_killed_at_any_of_50_moments_is_whole_in_the_end() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let db = server.sql();
    db.execute_batch(&format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {PEOPLE})
           INSERT INTO accounts (id, username, uri, url, created_at)
           SELECT n, 'person' || n, 'http://127.0.0.1:4000/users/person' || n, 'x', 0 FROM n;"
    ))
    .unwrap();
    let list: Vec<String> = (1..=PEOPLE).map(|n| format!("person{n}")).collect();
    let list = list.join("\n");
    let counts = || {
        let figures = "SELECT coalesce(sum(done), 0) FROM imports";
        let rows = "SELECT count(*) FROM import_rows WHERE state = 'done'";
        let follows = "SELECT count(*) FROM follows";
        [figures, rows, follows].map(|sql| number(&db, sql))
    };
    let mut reached = std::collections::BTreeSet::new();
    alice
        .post("/api/pleroma/follow_import", &[("list", &list)])
        .ok();
    for round in 0..KILLS {
        let program = Program::on(server.data(), SETTINGS);
        // Told by its progress, not by the clock, or a fast machine would be done after a few rounds.
        let aim = PEOPLE.min(counts()[2] + 1 + round as i64 * 37 % 50);
        killed_after(
            &program,
            || {},
            || {
                until(|| number(&db, "SELECT count(*) FROM follows") >= aim);
                thread::sleep(moment(round, 2.0));
            },
        );
        let [figures, rows, follows] = counts();
        assert_eq!((figures, rows), (follows, follows), "round {round}");
        reached.insert(follows);
    }
    assert!(
        reached.len() >= 20,
        "the kills fell on {} stages only",
        reached.len()
    );
    let db = finished(&server);
    assert_eq!(counts(), [PEOPLE; 3]);
    let own = "SELECT following_count FROM accounts WHERE username = 'alice'";
    assert_eq!(number(&db, own), PEOPLE);
    let followed = "SELECT count(*) FROM accounts WHERE followers_count = 1";
    assert_eq!(number(&db, followed), PEOPLE);
    let finished = "SELECT count(*) FROM imports WHERE finished_at IS NOT NULL";
    assert_eq!(number(&db, finished), 1);
}
