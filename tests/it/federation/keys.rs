//! Keys of others: how they are found, and what happens when they change (federation.md 3.4; T5). One delivery to many
//! inboxes (T17), copies of what another wrote (security.md A10), and what one post may cost us (S5).

use kenoma::fed::signature::key::{self, NewKey};
use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::Stranger;
use crate::support::{BASE, TestServer, ids};

fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// An actor on a fake peer that shows a key, in some way.
fn shown(peer: &Fake, name: &str, public_key: Value) -> String {
    let id = peer.url(&format!("/users/{name}"));
    let actor = json!({"id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox"), "publicKey": public_key});
    peer.document(&format!("/users/{name}"), &actor);
    id
}

fn plain(peer: &Fake, name: &str, made: &NewKey) -> (String, String) {
    let id = peer.url(&format!("/users/{name}"));
    let key_id = format!("{id}#main-key");
    shown(
        peer,
        name,
        json!({"id": key_id, "owner": id, "publicKeyPem": made.public_pem}),
    );
    (id, key_id)
}

/// Says something under an id of its own; the status of the answer.
fn like(who: &Stranger, status: &Value) -> u16 {
    let bytes = who
        .activity("Like", status["uri"].clone())
        .to_string()
        .into_bytes();
    let answer = who.send_bytes("/inbox", &bytes, &bytes).status;
    while kenoma::jobs::incoming::once(&who.server.app).unwrap() {}
    answer
}

fn age_keys(server: &TestServer, key_id: &str) {
    server
        .sql()
        .execute(
            "UPDATE account_keys SET fetched_at = fetched_at - 600000",
            [],
        )
        .unwrap();
    server.app.fed().keys.forget(key_id);
}

#[test]
fn t5_an_unknown_key_is_taken_later_and_found_in_every_form() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let made = key::generate().unwrap();
    let id = |name: &str| peer.url(&format!("/users/{name}"));
    let listed = json!([{"id": format!("{}#old", id("list")), "owner": id("list"), "publicKeyPem": "nothing"},
                        {"id": format!("{}#main-key", id("list")), "owner": id("list"), "publicKeyPem": made.public_pem}]);
    shown(&peer, "list", listed);
    plain(&peer, "plain", &made);
    shown(
        &peer,
        "bare",
        json!({"id": id("bare"), "owner": id("bare"), "publicKeyPem": made.public_pem}),
    );
    // As GoToSocial: the key has an address, where a part of the actor is.
    let stub_key = format!("{}/main-key", id("stub"));
    let of_stub = json!({"id": stub_key, "owner": id("stub"), "publicKeyPem": made.public_pem});
    shown(&peer, "stub", of_stub.clone());
    peer.document(
        "/users/stub/main-key",
        &json!({"id": id("stub"), "type": "Person", "preferredUsername": "stub",
        "inbox": format!("{}/inbox", id("stub")), "publicKey": of_stub}),
    );
    // As a document of its own, which names its owner.
    let document_key = peer.url("/keys/1");
    let of_document =
        json!({"id": document_key, "owner": id("document"), "publicKeyPem": made.public_pem});
    shown(&peer, "document", of_document.clone());
    peer.document("/keys/1", &of_document);
    let status = alice.post_status("hello");
    let mut expected = 0;
    for (name, key_id) in [
        ("list", format!("{}#main-key", id("list"))),
        ("plain", format!("{}#main-key", id("plain"))),
        ("bare", id("bare")),
        ("stub", stub_key),
        ("document", document_key),
    ] {
        let who = Stranger::with_key(&server, &id(name), &key_id, &made);
        assert_eq!(like(&who, &status), 202);
        expected += 1;
        assert_eq!(
            count(&server, "SELECT count(*) FROM favourites"),
            expected,
            "{name}"
        );
    }
    // A key document that names somebody who does not name it back.
    let liar =
        json!({"id": peer.url("/keys/2"), "owner": id("plain"), "publicKeyPem": made.public_pem});
    peer.document("/keys/2", &liar);
    let eve = Stranger::with_key(&server, &id("plain"), &peer.url("/keys/2"), &made);
    like(&eve, &status);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    assert_eq!(
        count(
            &server,
            &format!(
                "SELECT count(*) FROM account_keys WHERE key_uri = '{}'",
                peer.url("/keys/2")
            )
        ),
        0
    );
}

#[test]
fn t5_a_key_that_changed_is_read_once_and_not_again_within_the_hour() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let (old, new, wrong) = (
        key::generate().unwrap(),
        key::generate().unwrap(),
        key::generate().unwrap(),
    );
    let (id, key_id) = plain(&peer, "bob", &old);
    let (first, second) = (alice.post_status("first"), alice.post_status("second"));
    assert_eq!(
        like(&Stranger::with_key(&server, &id, &key_id, &old), &first),
        202
    );
    assert_eq!(peer.asked("/users/bob").len(), 1);
    // A fresh key is not doubted.
    plain(&peer, "bob", &new);
    assert_eq!(
        like(&Stranger::with_key(&server, &id, &key_id, &new), &second),
        401
    );
    assert_eq!(peer.asked("/users/bob").len(), 1);
    age_keys(&server, &key_id);
    assert_eq!(
        like(&Stranger::with_key(&server, &id, &key_id, &new), &second),
        202
    );
    assert_eq!(peer.asked("/users/bob").len(), 2);
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 2);
    // It was read a moment ago: a signature that is wrong now does not have it read again.
    age_keys(&server, &key_id);
    assert_eq!(
        like(&Stranger::with_key(&server, &id, &key_id, &wrong), &first),
        401
    );
    assert_eq!(peer.asked("/users/bob").len(), 2);
}

#[test]
fn t17_one_activity_in_four_inboxes_by_eight_at_once_is_one_post_and_one_notification() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.user("carl");
    server.user("dan");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let mut note = bob.note("hi @alice");
    note["tag"] = json!({"type": "Mention", "href": format!("{BASE}/users/alice")});
    let bytes = bob.activity("Create", note).to_string().into_bytes();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (bob, bytes, server) = (&bob, &bytes, &server);
            scope.spawn(move || {
                let paths = [
                    "/inbox",
                    "/users/alice/inbox",
                    "/users/carl/inbox",
                    "/users/dan/inbox",
                ];
                for round in 0..4 {
                    let path = paths[(round + thread) % 4];
                    assert_eq!(bob.send_bytes(path, bytes, bytes).status, 202);
                    while kenoma::jobs::incoming::once(&server.app).unwrap() {}
                }
            });
        }
    });
    while kenoma::jobs::incoming::once(&server.app).unwrap() {}
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 1);
    assert_eq!(ids(&alice.get("/api/v1/notifications").ok()).len(), 1);
    assert_eq!(count(&server, "SELECT count(*) FROM seen_activities"), 1);
}

#[test]
fn sec_a10_a_copy_of_what_another_wrote_is_not_believed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let origin = Fake::start(false);
    let carl = origin.actor("carl");
    let mut true_words = Vec::new();
    for number in 0..4 {
        let path = format!("/notes/{number}");
        let mut note = origin.note(&path, &carl);
        note["content"] = json!(format!("true {number}"));
        origin.document(&path, &note);
        true_words.push(note);
    }
    let forged = |number: usize| {
        let mut note = true_words[number].clone();
        note["content"] = json!("forged");
        note
    };
    let eve = Stranger::new(&server, "eve", "evil.example");
    eve.is_followed_by(&alice);
    let public = json!(["https://www.w3.org/ns/activitystreams#Public"]);
    // A reblog with a copy, a Create of another's, one passed on, and one whose author is eve but whose id is not.
    let mut announce = eve.activity("Announce", forged(0));
    announce["to"] = public.clone();
    eve.say(&announce);
    eve.say(&eve.activity("Create", forged(1)));
    let mut passed_on = eve.activity("Create", forged(2));
    passed_on["actor"] = json!(carl);
    passed_on["id"] = json!(origin.url("/creates/2"));
    eve.say(&passed_on);
    let mut claimed = forged(3);
    claimed["attributedTo"] = json!(eve.uri);
    eve.say(&eve.activity("Create", claimed));
    let texts: Vec<String> = {
        let db = server.sql();
        let mut stmt = db
            .prepare("SELECT content FROM statuses WHERE reblog_of_id IS NULL ORDER BY uri")
            .unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(texts, ["true 0", "true 1", "true 2", "true 3"]);
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM statuses WHERE reblog_of_id IS NOT NULL"
        ),
        1
    );
    let home = alice.get("/api/v1/timelines/home").text();
    assert!(home.contains("true 0") && !home.contains("forged"));
}

#[test]
fn sec_s5_a_post_with_a_thousand_names_and_links_has_nobody_asked_a_thousand_times() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let mut note = bob.note("hello");
    let mention =
        |number: usize| json!({"type": "Mention", "href": peer.actor(&format!("u{number}"))});
    let mut tags: Vec<Value> = (0..1000).map(mention).collect();
    tags.push(json!({"type": "Mention", "href": format!("{BASE}/users/alice")}));
    note["tag"] = json!(tags);
    let links = (0..1000)
        .map(|number| format!("<a href=\"{}\">x</a>", peer.url(&format!("/page{number}"))));
    note["content"] = json!(links.collect::<String>());
    bob.say(&bob.activity("Create", note));
    server.run_jobs();
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()).len(), 1);
    assert!(peer.requests() <= 100, "{}", peer.requests());
}
