//! What nobody here touched goes after a while, and comes back when it is asked for (federation.md 10; T23).

use std::collections::BTreeSet;

use kenoma::db::pruning::NAMED_BY;
use kenoma::jobs::prune;
use kenoma::ops::pruning::{self, Cursor, Pruned, Stage, Terms};
use serde_json::{Value, json};

use super::fake::Fake;
use crate::binary::{self, Program, done, failure};
use crate::plans::is_bad;
use crate::support::{TestServer, TestUser, encode, ids};
use crate::trace::{heard, plan};

/// Prunes all that came before so many days, as the job and the command do.
fn prune(server: &TestServer, days: u32) -> Pruned {
    let terms = Terms {
        before: Some(pruning::days_ago(days)),
        spare: 0,
    };
    let (mut total, mut cursor) = (Pruned::default(), Some(Cursor::START));
    while let Some(at) = cursor {
        let slice = server.app.db().write(|tx| pruning::slice(tx, at, &terms));
        let (pruned, next) = slice.unwrap();
        total += pruned;
        cursor = next;
    }
    total
}

fn look(who: &TestUser, address: &str) -> Value {
    let query = encode(&[("q", address), ("resolve", "true")]);
    who.get(&format!("/api/v2/search?{query}")).ok()["statuses"][0].clone()
}

/// An old note by somebody of that name, changed a little.
fn note(elsewhere: &Fake, name: &str, change: impl FnOnce(&mut Value)) -> String {
    let author = elsewhere.actor(name);
    let path = format!("/notes/{name}");
    let mut note = elsewhere.note(&path, &author);
    note["published"] = json!("2020-01-01T00:00:00Z");
    change(&mut note);
    elsewhere.document(&path, &note);
    elsewhere.url(&path)
}

fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn is_there(server: &TestServer, uri: &str) -> bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM statuses WHERE uri = ?1)";
    let db = server.sql();
    db.query_row(sql, [uri], |row| row.get(0)).unwrap()
}

#[test]
fn t23_an_untouched_post_is_pruned_and_fetched_again_when_somebody_asks_for_it() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let uri = note(&elsewhere, "bob", |note| {
        note["attachment"] =
            json!({"type": "Document", "mediaType": "image/png", "url": elsewhere.url("/a.png")});
        note["tag"] = json!([{"type": "Hashtag", "name": "#cats"}]);
        note["content"] = json!("<p>unmistakable</p>");
    });
    let before = look(&alice, &uri);
    let id = before["id"].as_str().unwrap();
    server.run_jobs();
    assert_eq!(
        ids(&alice
            .get("/api/v2/search?q=unmistakable&type=statuses")
            .ok()["statuses"])
        .len(),
        1
    );
    // It is old, but came only now.
    assert_eq!(prune(&server, 90), Pruned::default());
    let pruned = prune(&server, 0);
    assert_eq!((pruned.posts, pruned.accounts), (1, 1));
    alice
        .get(&format!("/api/v1/statuses/{id}"))
        .refused(404, "Record not found");
    assert!(
        ids(&alice
            .get("/api/v2/search?q=unmistakable&type=statuses")
            .ok()["statuses"])
        .is_empty()
    );
    for table in [
        "statuses",
        "media",
        "conversations",
        "tombstones",
        "status_tags",
        "accounts WHERE host <> ''",
        "account_keys WHERE private_pkcs8 IS NULL",
    ] {
        assert_eq!(
            count(&server, &format!("SELECT count(*) FROM {table}")),
            0,
            "{table}"
        );
    }
    assert!(ids(&alice.get("/api/v1/accounts/search?q=bob").ok()).is_empty());
    let again = look(&alice, &uri);
    assert_eq!(
        (&again["uri"], &again["content"]),
        (&before["uri"], &before["content"])
    );
    assert_eq!(
        again["media_attachments"][0]["remote_url"],
        elsewhere.url("/a.png")
    );
    server.run_jobs();
    assert_eq!(
        ids(&alice.get("/api/v1/accounts/search?q=bob").ok()).len(),
        1
    );
}

type Touch = fn(&TestUser, &str);

/// What somebody here may do with a post.
const TOUCHES: &[(&str, Touch)] = &[
    ("favourite", |alice, id| {
        drop(
            alice
                .post(&format!("/api/v1/statuses/{id}/favourite"), &[])
                .ok(),
        )
    }),
    ("reblog", |alice, id| {
        drop(
            alice
                .post(&format!("/api/v1/statuses/{id}/reblog"), &[])
                .ok(),
        )
    }),
    ("bookmark", |alice, id| {
        drop(
            alice
                .post(&format!("/api/v1/statuses/{id}/bookmark"), &[])
                .ok(),
        )
    }),
    ("react", |alice, id| {
        drop(
            alice
                .put(
                    &format!("/api/v1/pleroma/statuses/{id}/reactions/%F0%9F%90%88"),
                    &[],
                )
                .ok(),
        )
    }),
    ("reply", |alice, id| {
        drop(alice.post_with("hm", &[("in_reply_to_id", id)]))
    }),
    ("quote", |alice, id| {
        drop(alice.post_with("look", &[("quote_id", id)]))
    }),
    ("vote", |alice, id| {
        drop(
            alice
                .post(&format!("/api/v1/polls/{id}/votes"), &[("choices[]", "0")])
                .ok(),
        )
    }),
    ("filter", |alice, id| {
        let filter = alice
            .post("/api/v2/filters", &[("title", "no"), ("context[]", "home")])
            .ok();
        let path = format!(
            "/api/v2/filters/{}/statuses",
            filter["id"].as_str().unwrap()
        );
        alice.post(&path, &[("status_id", id)]).ok();
    }),
    ("report", |alice, id| {
        let post = alice.get(&format!("/api/v1/statuses/{id}")).ok();
        let author = post["account"]["id"].as_str().unwrap();
        alice
            .post(
                "/api/v1/reports",
                &[("account_id", author), ("status_ids[]", id)],
            )
            .ok();
    }),
    ("list", |alice, id| {
        let post = alice.get(&format!("/api/v1/statuses/{id}")).ok();
        let list = alice.post("/api/v1/lists", &[("title", "them")]).ok();
        let path = format!("/api/v1/lists/{}/accounts", list["id"].as_str().unwrap());
        alice
            .post(
                &path,
                &[("account_ids[]", post["account"]["id"].as_str().unwrap())],
            )
            .ok();
    }),
    ("follow", |alice, id| {
        let post = alice.get(&format!("/api/v1/statuses/{id}")).ok();
        alice
            .post(
                &format!(
                    "/api/v1/accounts/{}/follow",
                    post["account"]["id"].as_str().unwrap()
                ),
                &[],
            )
            .ok();
    }),
];

#[test]
fn t23_what_somebody_here_touched_is_kept() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let mut posts = Vec::new();
    for (name, touch) in TOUCHES {
        let uri = note(&elsewhere, name, |note| match *name {
            "vote" => {
                note["type"] = json!("Question");
                note["oneOf"] =
                    json!([{"type": "Note", "name": "yes"}, {"type": "Note", "name": "no"}]);
                note["endTime"] = json!("2099-01-01T00:00:00Z");
            }
            // Whoever is read here has to have said something lately.
            "list" | "follow" => drop(note.as_object_mut().unwrap().remove("published")),
            _ => {}
        });
        let post = look(&alice, &uri);
        let id = match *name {
            "vote" => post["poll"]["id"].as_str().unwrap(),
            _ => post["id"].as_str().unwrap(),
        };
        touch(&alice, id);
        posts.push((name.to_string(), uri));
    }
    let me = format!("{}/users/alice", crate::support::BASE);
    let mention = note(&elsewhere, "mention", |note| {
        note["tag"] = json!([{"type": "Mention", "href": me, "name": "@alice"}]);
        note["cc"] = json!([me]);
    });
    look(&alice, &mention);
    posts.push(("mention".into(), mention));
    let quoting = note(&elsewhere, "quoting", |note| {
        note["quoteUrl"] = json!(elsewhere.url("/notes/quoted"))
    });
    let quoted = note(&elsewhere, "quoted", |_| {});
    look(&alice, &quoted);
    let favoured = look(&alice, &quoting);
    alice
        .post(
            &format!(
                "/api/v1/statuses/{}/favourite",
                favoured["id"].as_str().unwrap()
            ),
            &[],
        )
        .ok();
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM statuses WHERE quote_of_id IS NOT NULL AND local = 0"
        ),
        1
    );
    posts.push(("quoted".into(), quoted));
    // Not for everybody: it could not be fetched again.
    let private = note(&elsewhere, "private", |_| {});
    look(&alice, &private);
    server
        .sql()
        .execute(
            "UPDATE statuses SET visibility = 2 WHERE uri = ?1",
            [&private],
        )
        .unwrap();
    posts.push(("private".into(), private));
    let untouched = note(&elsewhere, "untouched", |_| {});
    look(&alice, &untouched);
    let silent = note(&elsewhere, "silent", |_| {});
    let silent_post = look(&alice, &silent);
    alice
        .post(
            &format!(
                "/api/v1/accounts/{}/follow",
                silent_post["account"]["id"].as_str().unwrap()
            ),
            &[],
        )
        .ok();
    prune(&server, 0);
    for (how, uri) in &posts {
        assert!(is_there(&server, uri), "{how}");
    }
    assert!(!is_there(&server, &untouched));
    // Followed, but not heard of for years: the post goes, whoever wrote it stays.
    assert!(!is_there(&server, &silent));
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM accounts WHERE username = 'silent'"
        ),
        1
    );
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM accounts WHERE username = 'untouched'"
        ),
        0
    );
    // What kept a post is over.
    alice.post("/api/v1/notifications/clear", &[]).ok();
    let favourite = look(&alice, &posts[0].1);
    alice
        .post(
            &format!(
                "/api/v1/statuses/{}/unfavourite",
                favourite["id"].as_str().unwrap()
            ),
            &[],
        )
        .ok();
    prune(&server, 0);
    assert!(!is_there(&server, &posts[0].1));
}

#[test]
fn what_somebody_read_here_boosted_is_kept_and_so_is_a_boost_of_ours() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let boosted = note(&elsewhere, "author", |_| {});
    let boring = note(&elsewhere, "other", |_| {});
    let own = alice.post_status("ours");
    look(&alice, &boosted);
    look(&alice, &boring);
    let read = note(&elsewhere, "reader", |note| {
        drop(note.as_object_mut().unwrap().remove("published"))
    });
    let reader = look(&alice, &read)["account"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let unread = look(&alice, &note(&elsewhere, "unread", |_| {}))["account"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    alice
        .post(&format!("/api/v1/accounts/{reader}/follow"), &[])
        .ok();
    let db = server.sql();
    let boost = |number: i64, account: &str, what: &str| {
        db.execute(
            "INSERT INTO statuses (id, uri, account_id, local, visibility, conversation_id, reblog_of_id, created_at)
             SELECT ?1, 'https://boost.example/' || ?1, ?2, 0, 0, conversation_id, id, 1 FROM statuses WHERE uri = ?3",
            rusqlite::params![1_500_000_000_000_000 + number, account, what],
        )
        .unwrap();
    };
    boost(1, &reader, &boosted);
    boost(2, &unread, &boosted);
    boost(3, &unread, &boring);
    boost(4, &unread, own["uri"].as_str().unwrap());
    prune(&server, 0);
    assert!(is_there(&server, &boosted) && !is_there(&server, &boring));
    let boosts: Vec<bool> = (1..=4)
        .map(|n| {
            is_there(
                &server,
                &format!("https://boost.example/{}", 1_500_000_000_000_000_i64 + n),
            )
        })
        .collect();
    assert_eq!(boosts, [true, false, false, true]);
    // Two were counted before one of them was let go.
    let kept = look(&alice, &boosted);
    assert_eq!(kept["reblogs_count"], 2);
    assert_eq!(
        alice
            .get(&format!("/api/v1/statuses/{}", own["id"].as_str().unwrap()))
            .ok()["reblogs_count"],
        1
    );
}

#[test]
fn a_thread_stays_whole_where_somebody_here_wrote_and_grows_together_again_elsewhere() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let top = note(&elsewhere, "top", |_| {});
    let reply = note(&elsewhere, "reply", |note| note["inReplyTo"] = json!(top));
    look(&alice, &top);
    let shown = look(&alice, &reply);
    let own = alice.post_with(
        "me too",
        &[("in_reply_to_id", shown["id"].as_str().unwrap())],
    );
    prune(&server, 0);
    assert!(is_there(&server, &top) && is_there(&server, &reply));
    alice
        .delete(&format!("/api/v1/statuses/{}", own["id"].as_str().unwrap()))
        .ok();
    alice
        .post(
            &format!(
                "/api/v1/statuses/{}/favourite",
                shown["id"].as_str().unwrap()
            ),
            &[],
        )
        .ok();
    prune(&server, 0);
    assert!(!is_there(&server, &top));
    let orphan = alice
        .get(&format!(
            "/api/v1/statuses/{}",
            shown["id"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(orphan["in_reply_to_id"], Value::Null);
    let back = look(&alice, &top);
    let whole = alice
        .get(&format!(
            "/api/v1/statuses/{}",
            shown["id"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(whole["in_reply_to_id"], back["id"]);
}

#[test]
fn every_place_that_names_an_account_is_asked_before_one_goes() {
    let server = TestServer::new();
    let db = server.sql();
    let mut stmt = db
        .prepare(
            "SELECT t.name, k.\"from\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k
              WHERE t.type = 'table' AND k.\"table\" = 'accounts' AND t.name NOT IN ('account_keys', 'card_days', 'tag_day_accounts')",
        )
        .unwrap();
    let rows = stmt.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    });
    let named: BTreeSet<(String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let asked = NAMED_BY
        .iter()
        .map(|(table, column)| (table.to_string(), column.to_string()));
    assert_eq!(asked.collect::<BTreeSet<_>>(), named);
}

#[test]
fn accounts_that_somebody_decided_about_or_that_are_gone_for_good_stay() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    for name in [
        "plain",
        "blocked",
        "noted",
        "tagged",
        "deactivated",
        "deleted",
    ] {
        look(&alice, &note(&elsewhere, name, |_| {}));
    }
    let id = |name: &str| -> String {
        let sql = "SELECT CAST(id AS TEXT) FROM accounts WHERE username = ?1";
        server
            .sql()
            .query_row(sql, [name], |row| row.get(0))
            .unwrap()
    };
    alice
        .post(&format!("/api/v1/accounts/{}/block", id("blocked")), &[])
        .ok();
    alice
        .post(
            &format!("/api/v1/accounts/{}/note", id("noted")),
            &[("comment", "hm")],
        )
        .ok();
    for sql in [
        "UPDATE accounts SET moderation_tags = '[\"x\"]' WHERE username = 'tagged'",
        "UPDATE accounts SET deactivated = 1, hidden = 1 WHERE username = 'deactivated'",
        "UPDATE accounts SET deleted_at = 1 WHERE username = 'deleted'",
    ] {
        server.sql().execute(sql, []).unwrap();
    }
    assert_eq!(prune(&server, 0).accounts, 1);
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM accounts WHERE username = 'plain'"
        ),
        0
    );
    assert_eq!(
        count(&server, "SELECT count(*) FROM accounts WHERE host <> ''"),
        5
    );
}

#[test]
fn records_of_traffic_are_let_go_by_their_age() {
    let server = TestServer::new();
    server.user("alice");
    let day = 86_400_000_i64;
    let now = kenoma::clock::Timestamp::now().0;
    let db = server.sql();
    for (number, days, state) in [
        (1, 2, 1),
        (2, 4, 1),
        (3, 4, 0),
        (4, 4, 2),
        (5, 8, 1),
        (6, 8, 0),
    ] {
        let at = now - days * day;
        db.execute(
            "INSERT INTO activities (id, json, created_at) VALUES (?1, '{}', ?2)",
            [at * 1000 + number, at],
        )
        .unwrap();
        db.execute(
            "INSERT INTO deliveries (id, activity_id, inbox, host, state, run_at) VALUES (?1, ?1, 'https://a.example/inbox', 'a.example', ?2, ?3)",
            [at * 1000 + number, state, now + day],
        )
        .unwrap();
    }
    for (uri, days) in [("new", 29), ("old", 31)] {
        db.execute(
            "INSERT INTO seen_activities (uri, seen_at) VALUES (?1, ?2)",
            rusqlite::params![uri, now - days * day],
        )
        .unwrap();
    }
    prune(&server, 90);
    let column = |sql: &str| -> Vec<i64> {
        let mut stmt = db.prepare(sql).unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(
        column("SELECT id % 1000 FROM deliveries ORDER BY 1"),
        [1, 3, 4, 6]
    );
    assert_eq!(
        column("SELECT id % 1000 FROM activities ORDER BY 1"),
        [1, 2, 3, 4, 6]
    );
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM seen_activities WHERE uri = 'new'"
        ),
        1
    );
    assert_eq!(count(&server, "SELECT count(*) FROM seen_activities"), 1);
}

/// Turns the clock of the job back by a day, and has it begun once.
fn begin_a_day_later(server: &TestServer) {
    prune::begin_if_due(&server.app).unwrap();
    let sql = "UPDATE server_state SET value = value - 86400000 WHERE key = 'pruned_at'";
    assert_eq!(server.sql().execute(sql, []).unwrap(), 1);
    prune::begin_if_due(&server.app).unwrap();
    prune::begin_if_due(&server.app).unwrap();
    assert_eq!(server.jobs("prune").len(), 1);
}

#[test]
fn the_job_prunes_in_slices_and_waits_for_the_next_day() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    let old = note(&elsewhere, "old", |_| {});
    look(&alice, &old);
    server.run_jobs();
    // A server that was just begun has other things to do; a day later it is time.
    prune::begin_if_due(&server.app).unwrap();
    assert!(server.jobs("prune").is_empty());
    begin_a_day_later(&server);
    let spooled = server.app.spool_dir().join("left");
    let file = std::fs::File::create(&spooled).unwrap();
    let times = std::fs::FileTimes::new()
        .set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(7200));
    file.set_times(times).unwrap();
    // It came long ago.
    server
        .sql()
        .execute("UPDATE statuses SET received_at = NULL", [])
        .unwrap();
    server.run_jobs();
    assert!(!is_there(&server, &old) && !spooled.exists());
    prune::begin_if_due(&server.app).unwrap();
    assert!(server.jobs("prune").is_empty());
    // Never, where the operator says so.
    let server = TestServer::with(&["federation.keep_days=0"]);
    let alice = server.user("alice");
    look(&alice, &old);
    server
        .sql()
        .execute("UPDATE statuses SET received_at = NULL", [])
        .unwrap();
    begin_a_day_later(&server);
    server.run_jobs();
    assert!(is_there(&server, &old));
}

#[test]
fn a_slice_walks_no_table() {
    let server = TestServer::new();
    let (alice, elsewhere) = (server.user("alice"), Fake::start(false));
    look(&alice, &note(&elsewhere, "bob", |_| {}));
    let (_, mut statements) = heard(&server, || prune(&server, 0));
    statements.sort_unstable();
    statements.dedup();
    let db = server.sql();
    assert!(statements.len() > 10, "{statements:?}");
    for sql in statements
        .iter()
        .filter(|sql| sql.starts_with(['S', 'U', 'D']) && !sql.contains("'main'."))
    {
        let plan = plan(&db, sql);
        let is_walk = |step: &String| is_bad(step) && !step.starts_with("SCAN json_each");
        assert!(!plan.iter().any(is_walk), "{sql}\n{plan:#?}");
    }
}

#[test]
fn pages_that_were_emptied_go_back_to_the_disk() {
    let server = TestServer::new();
    let db = server.sql();
    db.execute_batch("CREATE TABLE ballast (a BLOB); INSERT INTO ballast VALUES (zeroblob(4000000)); DROP TABLE ballast;").unwrap();
    let pages = || count(&server, "PRAGMA page_count");
    let before = pages();
    assert!(prune(&server, 0).bytes > 3_900_000);
    assert!(pages() < before - 900 && count(&server, "PRAGMA freelist_count") == 0);
    assert_eq!(prune(&server, 0).bytes, 0);
    let sound: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    assert_eq!(Stage::Space, serde_json::from_str("\"space\"").unwrap());
}

#[test]
fn kenoma_prune_works_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let allow = ["--set", "federation.allow_private_addresses=true"];
    let server = Program::on(folder.path(), &allow);
    done(
        folder.path(),
        &["user", "create", "alice", "--email", "alice@example.com"],
    );
    let db = rusqlite::Connection::open(folder.path().join("kenoma.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    db.execute_batch(
        "INSERT INTO accounts (id, username, host, uri, url, created_at) VALUES (1, 'bob', 'far.example', 'https://far.example/bob', 'x', 0);
         INSERT INTO conversations (id, uri) VALUES (9, 'c');
         WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO statuses (id, uri, account_id, local, visibility, conversation_id, created_at)
           SELECT 1500000000000000 + i, 'https://far.example/' || i, 1, 0, 0, 9, 1 FROM n;",
    )
    .unwrap();
    let posts = || -> i64 {
        db.query_row("SELECT count(*) FROM statuses", [], |row| row.get(0))
            .unwrap()
    };
    let said = done(folder.path(), &["prune", "--dry-run"]);
    assert!(said.contains("posts      500 would be dropped"), "{said}");
    assert_eq!(posts(), 500);
    let said = done(folder.path(), &["prune", "--older-than", "10000"]);
    assert!(said.contains("posts      0 dropped"), "{said}");
    let said = done(folder.path(), &["prune", "--older-than", "30"]);
    assert!(
        said.contains("posts      500 dropped") && said.contains("accounts   1 dropped"),
        "{said}"
    );
    assert_eq!(posts(), 0);
    let token = done(folder.path(), &["token", "create", "alice"]);
    assert_eq!(server.get("/api/v1/timelines/home", &token).status, 200);
    std::fs::write(
        folder.path().join("config.toml"),
        "[federation]\nkeep_days = 0\n",
    )
    .unwrap();
    let refused = failure(&binary::run(folder.path(), &["prune"]));
    assert!(refused.contains("--older-than"), "{refused}");
    done(folder.path(), &["prune", "--older-than", "1"]);
}
