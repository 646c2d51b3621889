//! The queue of deliveries (federation.md 9.1; T15, T16).

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::Stranger;
use crate::binary::PATIENCE;
use crate::support::{BASE, TestServer, TestUser, encode};

fn number(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Somebody on a fake peer who is known here.
fn met(who: &TestUser, peer: &Fake, name: &str) -> i64 {
    let query = encode(&[("q", &peer.actor(name)), ("resolve", "true")]);
    let found = who.get(&format!("/api/v2/search?{query}")).ok();
    found["accounts"][0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn make_follow(server: &TestServer, follower: i64, target: &TestUser) {
    let sql = "INSERT INTO follows (id, account_id, target_id, created_at) VALUES (?1, ?2, ?3, 0)";
    let target: i64 = target.id.parse().unwrap();
    server
        .sql()
        .execute(sql, [kenoma::ids::next(), follower, target])
        .unwrap();
}

fn posts(peer: &Fake) -> Vec<Value> {
    peer.got()
        .into_iter()
        .map(|(_, activity)| activity)
        .collect()
}

/// Milliseconds from now until each waiting delivery is tried.
fn waits(server: &TestServer) -> Vec<i64> {
    let db = server.sql();
    let mut stmt = db
        .prepare("SELECT run_at - CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM deliveries WHERE state = 0 ORDER BY id")
        .unwrap();
    let rows = stmt.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn make_due(server: &TestServer) {
    let sql = server.sql();
    sql.execute("UPDATE deliveries SET run_at = 0 WHERE state = 0", [])
        .unwrap();
    sql.execute("UPDATE hosts SET retry_at = 0", []).unwrap();
}

#[test]
fn t15_what_was_queued_is_sent_although_the_server_was_killed_before_or_after() {
    let server = TestServer::new();
    let peer = Fake::start(false);
    {
        let alice = server.user("alice");
        make_follow(&server, met(&alice, &peer, "bob"), &alice);
        alice.post_status("killed after it was queued");
        server.run_jobs();
    }
    assert_eq!(posts(&peer).len(), 0);
    let server = server.restarted_with(&[]);
    while kenoma::jobs::deliver::once(&server.app).unwrap() {}
    assert_eq!(posts(&peer).len(), 1);
    // Sent, and killed before that was written down: sent once more, and the other side knows it by its id.
    let unmark = "UPDATE deliveries SET state = 0, lease_until = 9999999999999";
    server.sql().execute(unmark, []).unwrap();
    assert!(
        !kenoma::jobs::deliver::once(&server.app).unwrap(),
        "somebody has it"
    );
    let server = server.restarted_with(&[]);
    server
        .app
        .db()
        .write(|tx| kenoma::db::deliveries::release_all(tx))
        .unwrap();
    while kenoma::jobs::deliver::once(&server.app).unwrap() {}
    let sent = posts(&peer);
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
    assert_eq!(
        number(&server, "SELECT count(*) FROM deliveries WHERE state <> 1"),
        0
    );
}

#[test]
fn t15_what_failed_is_tried_again_by_the_schedule_and_given_up_in_the_end() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    peer.raw("/inbox", 500, "", "");
    alice.post_status("hello");
    server.run_jobs();
    for minutes in [1, 5, 20, 60, 180, 480, 960, 1440, 1440, 1440] {
        server.sql().execute("DELETE FROM hosts", []).unwrap();
        make_due(&server);
        assert!(kenoma::jobs::deliver::once(&server.app).unwrap());
        let wait = waits(&server)[0];
        let expected = minutes * 60_000;
        // The clock goes on between the two.
        assert!(
            (expected * 8 / 10 - 30_000..=expected * 12 / 10).contains(&wait),
            "{minutes} min: {wait} ms"
        );
    }
    let last = || {
        make_due(&server);
        server.sql().execute("DELETE FROM hosts", []).unwrap();
        assert!(kenoma::jobs::deliver::once(&server.app).unwrap());
        waits(&server).len()
    };
    // Not before the four days are over, however often it was tried meanwhile.
    assert_eq!(last(), 1);
    server
        .sql()
        .execute(
            "UPDATE activities SET created_at = created_at - 86400000 * 4",
            [],
        )
        .unwrap();
    assert_eq!(last(), 0);
    assert_eq!(
        number(&server, "SELECT attempts FROM deliveries WHERE state = 2"),
        12
    );
}

#[test]
fn t15_a_server_that_is_down_is_probed_once_a_time_until_it_is_heard_of() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = met(&alice, &peer, "bob");
    make_follow(&server, bob, &alice);
    peer.raw("/inbox", 500, "", "");
    for round in 0..10 {
        alice.post_status(&format!("post {round}"));
    }
    server.federate();
    assert_eq!(posts(&peer).len(), 5, "five failures in a row are enough");
    assert_eq!(
        number(
            &server,
            "SELECT count(*) FROM deliveries WHERE attempts = 0"
        ),
        5
    );
    assert!(
        waits(&server).iter().all(|wait| *wait > 30_000),
        "the others wait too"
    );
    // When the time has come, one tries, and the others go on waiting.
    make_due(&server);
    server.federate();
    assert_eq!(posts(&peer).len(), 6);
    assert!(
        waits(&server).iter().all(|wait| *wait > 150_000),
        "and longer than before"
    );
    // Whoever talks to us can be talked to.
    peer.raw("/inbox", 202, "", "");
    let made = kenoma::fed::signature::key::generate().unwrap();
    let (uri, key_id) = (peer.url("/users/bob"), peer.url("/users/bob#main-key"));
    server
        .app
        .db()
        .write(|tx| {
            kenoma::db::account_keys::put_remote(
                tx,
                &key_id,
                kenoma::ids::AccountId(bob),
                &made.public_pem,
            )
        })
        .unwrap();
    let bob = Stranger::with_key(&server, &uri, &key_id, &made);
    bob.say(&bob.activity("Like", json!("https://elsewhere.example/1")));
    server.federate();
    let sent = posts(&peer);
    assert_eq!(
        number(&server, "SELECT count(*) FROM deliveries WHERE state <> 1"),
        0
    );
    let mut ids: Vec<&str> = sent[6..]
        .iter()
        .map(|create| create["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((sent.len(), ids.len()), (16, 10));
}

/// The texts of what a peer was sent since so many requests.
fn texts(peer: &Fake, before: usize) -> Vec<String> {
    let sent = posts(peer).split_off(before).into_iter();
    sent.map(|create| create["object"]["source"]["content"].to_string())
        .collect()
}

/// Makes all that waits due, the youngest first, and the host worth a try.
fn make_due_backwards(server: &TestServer) {
    let sql = server.sql();
    sql.execute(
        "UPDATE deliveries SET run_at = -id % 1000000 WHERE state = 0",
        [],
    )
    .unwrap();
    sql.execute("UPDATE hosts SET retry_at = 0", []).unwrap();
}

#[test]
fn t15_what_waited_for_a_server_arrives_in_its_order() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    peer.raw("/inbox", 503, "", "");
    for number in 0..4 {
        alice.post_status(&number.to_string());
    }
    server.run_jobs();
    for _ in 0..3 {
        make_due_backwards(&server);
        assert!(kenoma::jobs::deliver::once(&server.app).unwrap());
    }
    // The first try finds out that nobody is there.
    assert_eq!(texts(&peer, 0), ["\"3\"", "\"0\"", "\"0\""]);
    peer.raw("/inbox", 202, "", "");
    make_due_backwards(&server);
    while kenoma::jobs::deliver::once(&server.app).unwrap() {}
    assert_eq!(texts(&peer, 3), ["\"0\"", "\"1\"", "\"2\"", "\"3\""]);
    assert_eq!(
        number(&server, "SELECT count(*) FROM deliveries WHERE state <> 1"),
        0
    );
}

#[test]
fn t15_a_server_where_nobody_is_costs_a_connection_a_step_however_much_waits() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    peer.raw("/inbox", 502, "", "");
    let step = || {
        for _ in 0..3 {
            alice.post_status("hello");
        }
        let before = posts(&peer).len();
        server.federate();
        (posts(&peer).len() - before, waits(&server))
    };
    for minutes in [1, 5, 20, 60] {
        let (tries, waits) = step();
        assert_eq!(tries, 1);
        let about = minutes * 60_000 * 8 / 10 - 30_000..=minutes * 60_000 * 12 / 10;
        assert!(
            waits.iter().all(|wait| about.contains(wait)),
            "{minutes} min: {waits:?}"
        );
        assert_eq!(step().0, 0, "what is new waits too");
        make_due(&server);
    }
}

#[test]
fn t15_what_a_server_had_and_did_not_take_holds_up_nothing_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    peer.raw("/inbox", 500, "", "");
    for number in 0..3 {
        alice.post_status(&number.to_string());
    }
    server.run_jobs();
    assert!(kenoma::jobs::deliver::once(&server.app).unwrap());
    assert_eq!(texts(&peer, 0), ["\"0\""]);
    peer.raw("/inbox", 202, "", "");
    let sql = server.sql();
    sql.execute(
        "UPDATE deliveries SET run_at = 0 WHERE state = 0 AND attempts = 0",
        [],
    )
    .unwrap();
    while kenoma::jobs::deliver::once(&server.app).unwrap() {}
    // The second did not wait for the first. It says that the host is there, so the first is due again.
    assert_eq!(texts(&peer, 1), ["\"1\"", "\"0\"", "\"2\""]);
}

#[test]
fn t15_a_host_gets_one_delivery_at_a_time() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (one, other) = (Fake::start(false), Fake::start(false));
    make_follow(&server, met(&alice, &one, "bob"), &alice);
    make_follow(&server, met(&alice, &other, "carl"), &alice);
    alice.post_status("first");
    alice.post_status("second");
    server.run_jobs();
    let lease = || {
        let lease = std::time::Duration::from_secs(60);
        server
            .app
            .db()
            .write(|tx| kenoma::db::deliveries::lease(tx, lease))
            .unwrap()
    };
    let (first, second) = (lease().unwrap(), lease().unwrap());
    assert_ne!(first.host, second.host);
    assert!(lease().is_none(), "two hosts, two deliveries");
}

#[test]
fn a_server_that_was_down_for_a_week_is_told_only_what_it_must_know() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = met(&alice, &peer, "bob");
    make_follow(&server, bob, &alice);
    let status = alice.post_status("before");
    server.federate();
    let host = peer.base.strip_prefix("http://").unwrap();
    for (days, expected) in [(6, 1), (8, 0)] {
        let down = "INSERT OR REPLACE INTO hosts (host, fails, down_since) VALUES (?1, 9, unixepoch('subsec') * 1000 - ?2 * 86400000)";
        server.sql().execute(down, (host, days)).unwrap();
        let before = number(&server, "SELECT count(*) FROM deliveries");
        alice.post_status("news");
        server.run_jobs();
        assert_eq!(
            number(&server, "SELECT count(*) FROM deliveries") - before,
            expected,
            "{days} days"
        );
    }
    let before = number(&server, "SELECT count(*) FROM deliveries");
    alice
        .post(&format!("/api/v1/accounts/{bob}/follow"), &[])
        .ok();
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    server.run_jobs();
    assert_eq!(
        number(&server, "SELECT count(*) FROM deliveries") - before,
        2,
        "a request and a deletion wait"
    );
}

#[test]
fn when_too_much_waits_profiles_go_first_and_then_the_oldest() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    // Nobody hears of changes whose key nobody ever needed.
    super::fetch(&server, "/users/alice").ok();
    let oldest = alice.post_status("oldest");
    alice
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("display_name", "A.")],
        )
        .ok();
    for round in 0..3 {
        alice.post_status(&format!("post {round}"));
    }
    server.run_jobs();
    let trim = |most| {
        server
            .app
            .db()
            .write(|tx| kenoma::db::deliveries::trim(tx, most))
            .unwrap()
    };
    assert_eq!(
        number(&server, "SELECT count(*) FROM deliveries WHERE state = 0"),
        5
    );
    assert_eq!(trim(5), 0);
    assert_eq!(trim(4), 1);
    let profiles = "SELECT count(*) FROM deliveries AS d JOIN activities AS a ON a.id = d.activity_id WHERE a.json LIKE '%\"Update\"%'";
    assert_eq!(number(&server, profiles), 0);
    assert_eq!(trim(3), 1);
    let path = format!(
        "/api/v1/kenoma/statuses/{}/deliveries",
        oldest["id"].as_str().unwrap()
    );
    let told = alice.get(&path).ok();
    assert_eq!(
        (&told[0]["state"], &told[0]["error"]),
        (&json!("failed"), &json!("the queue was full"))
    );
    server.federate();
    assert_eq!(posts(&peer).len(), 3);
}

#[test]
fn t16_a_thousand_followers_on_fifty_servers_cost_fifty_requests_with_one_body() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peers: Vec<Fake> = (0..50).map(|_| Fake::start(false)).collect();
    let db = server.sql();
    db.execute_batch("BEGIN").unwrap();
    let me: i64 = alice.id.parse().unwrap();
    for number in 0..1000 {
        let peer = &peers[number % 50];
        let uri = peer.url(&format!("/users/u{number}"));
        let id = kenoma::ids::next();
        db.execute(
            "INSERT INTO accounts (id, username, host, uri, url, inbox, shared_inbox, created_at) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 0)",
            (id, format!("u{number}"), peer.base.strip_prefix("http://").unwrap(), &uri, format!("{uri}/inbox"), peer.url("/inbox")),
        )
        .unwrap();
        db.execute(
            "INSERT INTO follows (id, account_id, target_id, created_at) VALUES (?1, ?2, ?3, 0)",
            [kenoma::ids::next(), id, me],
        )
        .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
    alice.post_status("to a thousand");
    server.federate();
    assert_eq!(number(&server, "SELECT count(*) FROM activities"), 1);
    let bodies: Vec<Vec<(String, Value)>> = peers.iter().map(Fake::got).collect();
    assert!(
        bodies
            .iter()
            .all(|got| got.len() == 1 && got[0].0 == "/inbox")
    );
    let digests: std::collections::BTreeSet<String> = peers
        .iter()
        .map(|peer| {
            let head = peer.asked("/inbox").remove(0).to_ascii_lowercase();
            head.lines()
                .find(|line| line.starts_with("digest:"))
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(digests.len(), 1);
    assert_eq!(bodies[0][0].1["actor"], format!("{BASE}/users/alice"));
}

#[test]
fn of_what_is_done_and_taken_back_again_and_again_a_server_that_was_down_hears_the_last() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    peer.document("/1", &peer.note("/1", &bob));
    let query = encode(&[("q", &peer.url("/1")), ("resolve", "true")]);
    let found = alice.get(&format!("/api/v2/search?{query}")).ok();
    let status = found["statuses"][0]["id"].as_str().unwrap().to_owned();
    peer.raw("/inbox", 503, "", "");
    let last = |verbs: &[&str]| {
        for verb in verbs {
            alice
                .post(&format!("/api/v1/statuses/{status}/{verb}"), &[])
                .ok();
            server.sql().execute("DELETE FROM hosts", []).unwrap();
            server.federate();
        }
        peer.raw("/inbox", 202, "", "");
        let before = posts(&peer).len();
        make_due(&server);
        server.federate();
        let kinds = posts(&peer).split_off(before).into_iter();
        kinds
            .map(|said| said["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(last(&["favourite", "unfavourite", "favourite"]), ["Like"]);
    peer.raw("/inbox", 503, "", "");
    assert_eq!(last(&["unfavourite", "favourite", "unfavourite"]), ["Undo"]);
}

#[test]
fn t15_an_inbox_that_is_gone_gets_nothing_more_until_its_owner_speaks() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), Fake::start(false));
    let bob = met(&alice, &peer, "bob");
    make_follow(&server, bob, &alice);
    // Somebody else on that server, with an inbox of their own.
    let carl = peer.url("/users/carl");
    let document = json!({"id": carl, "type": "Person", "preferredUsername": "carl", "inbox": peer.url("/carl")});
    peer.document("/users/carl", &document);
    let found = alice
        .get(&format!(
            "/api/v2/search?{}",
            encode(&[("q", &carl), ("resolve", "true")])
        ))
        .ok();
    let carl = found["accounts"][0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    make_follow(&server, carl, &alice);
    peer.raw("/inbox", 410, "", "");
    let post = |text: &str| {
        let status = alice.post_status(text);
        server.federate();
        let id = status["id"].as_str().unwrap();
        alice
            .get(&format!("/api/v1/kenoma/statuses/{id}/deliveries"))
            .ok()
    };
    post("first");
    assert_eq!(
        (peer.asked("/inbox").len(), peer.asked("/carl").len()),
        (1, 1)
    );
    post("second");
    assert_eq!(
        (peer.asked("/inbox").len(), peer.asked("/carl").len()),
        (1, 2)
    );
    let gone = number(
        &server,
        "SELECT count(*) FROM deliveries WHERE state = 2 AND last_status = 410",
    );
    assert_eq!(gone, 2);
    // Whoever speaks is there.
    let made = kenoma::fed::signature::key::generate().unwrap();
    let (id, key_id) = (peer.url("/users/bob"), peer.url("/users/bob#main-key"));
    let mut document = json!({"id": id, "type": "Person", "preferredUsername": "bob", "inbox": format!("{id}/inbox")});
    document["endpoints"] = json!({"sharedInbox": peer.url("/inbox")});
    document["publicKey"] = json!({"id": key_id, "owner": id, "publicKeyPem": made.public_pem});
    peer.document("/users/bob", &document);
    let bob = Stranger::with_key(&server, &id, &key_id, &made);
    bob.say(&bob.activity("Like", json!(format!("{BASE}/objects/none"))));
    peer.raw("/inbox", 202, "", "");
    post("third");
    assert_eq!(peer.asked("/inbox").len(), 2);
}

#[test]
fn servers_that_never_answer_do_not_keep_the_others_waiting() {
    const SILENT: i64 = 12;
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    make_follow(&server, met(&alice, &peer, "bob"), &alice);
    // They take connections, and that is all.
    let silent: Vec<TcpListener> = (0..SILENT)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    alice.post_status("hello");
    server.run_jobs();
    for (n, one) in silent.iter().enumerate() {
        let host = one.local_addr().unwrap();
        server
            .sql()
            .execute(
                "INSERT INTO deliveries (id, activity_id, inbox, host, run_at)
                 SELECT id + ?1, activity_id, 'http://' || ?2 || '/inbox', ?2, run_at - 1 FROM deliveries WHERE inbox LIKE ?3 || '%'",
                rusqlite::params![n as i64 + 1, host.to_string(), peer.base],
            )
            .unwrap();
    }
    let threads = kenoma::jobs::start_pools(&server.app).unwrap();
    let patience = Instant::now() + PATIENCE;
    while posts(&peer).is_empty() {
        assert!(Instant::now() < patience, "the living wait for the dead");
        std::thread::sleep(Duration::from_millis(5));
    }
    let untried = number(
        &server,
        "SELECT count(*) FROM deliveries WHERE state = 0 AND attempts = 0 AND lease_until > 0",
    );
    assert!(untried >= SILENT, "{untried} of them are still waited for");
    // Whoever waits for them hears that they are gone.
    drop(silent);
    server.app.stop();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}
