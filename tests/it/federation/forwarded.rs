//! What somebody passes on of others: the origin is asked, and its word counts (federation.md 9.4; security.md A5, A10).

use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::{Stranger, count};
use crate::support::TestServer;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

fn texts(server: &TestServer) -> Vec<String> {
    let db = server.sql();
    let mut stmt = db
        .prepare("SELECT content FROM statuses ORDER BY id")
        .unwrap();
    let rows = stmt.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What bob on the peer is said to say.
fn said(peer: &Fake, kind: &str, by: &str, object: Value) -> Value {
    json!({"id": peer.url(&format!("/activities/{}", kenoma::ids::next())), "type": kind, "actor": by, "object": object, "to": [PUBLIC]})
}

#[test]
fn sec_a5_of_what_is_passed_on_the_original_is_kept() {
    let server = TestServer::new();
    server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let mut note = peer.note("/1", &bob);
    note["content"] = json!("<p>original</p>");
    note["published"] = json!("2026-01-01T00:00:00Z");
    peer.document("/1", &note);
    let mut altered = note.clone();
    altered["content"] = json!("<p>altered</p>");
    // Signed by eve under bob's name, and as eve's own activity about bob's post.
    eve.say(&said(&peer, "Create", &bob, altered.clone()));
    assert_eq!(texts(&server), ["<p>original</p>"]);
    eve.say(&eve.activity("Create", altered.clone()));
    eve.say(&eve.activity("Update", altered.clone()));
    assert_eq!(texts(&server), ["<p>original</p>"]);
    // An edit that the origin has, whatever eve makes of it.
    note["content"] = json!("<p>edited</p>");
    note["updated"] = json!("2026-01-02T00:00:00Z");
    peer.document("/1", &note);
    altered["updated"] = json!("2026-01-03T00:00:00Z");
    eve.say(&said(&peer, "Update", &bob, altered));
    assert_eq!(texts(&server), ["<p>edited</p>"]);
    // A deletion, when it is true.
    eve.say(&said(&peer, "Delete", &bob, json!(peer.url("/1"))));
    assert_eq!(texts(&server).len(), 1);
    peer.raw("/1", 404, "", "");
    eve.say(&said(&peer, "Delete", &bob, json!(peer.url("/1"))));
    assert_eq!(texts(&server).len(), 0);
    // Anything else in another's name is dropped.
    let status = server.user("carl").post_status("like me");
    eve.say(&said(&peer, "Like", &bob, status["uri"].clone()));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 0);
}

#[test]
fn sec_a10_a_copy_that_is_announced_is_not_believed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let eve = Stranger::new(&server, "eve", "evil.example");
    eve.is_followed_by(&alice);
    let mut note = peer.note("/1", &bob);
    peer.document("/1", &note);
    note["content"] = json!("<p>altered</p>");
    let mut announce = eve.activity("Announce", note);
    announce["to"] = json!(PUBLIC);
    eve.say(&announce);
    let home = alice.get("/api/v1/timelines/home").ok();
    assert_eq!(home[0]["reblog"]["content"], "<p>hello</p>");
}

#[test]
fn nobody_makes_us_ask_others_without_end() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let eve = Stranger::new(&server, "eve", "evil.example");
    for number in 0..30 {
        let path = format!("/{number}");
        peer.document(&path, &peer.note(&path, &bob));
        eve.say(&said(&peer, "Create", &bob, json!(peer.url(&path))));
    }
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 20);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}

#[test]
fn what_is_passed_on_about_our_posts_counts_as_its_origin_tells_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("like me");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let said_there = |kind: &str, path: &str| {
        let document = json!({"id": peer.url(path), "type": kind, "actor": bob, "object": status["uri"], "to": [PUBLIC]});
        peer.document(path, &document);
        document
    };
    let like = said_there("Like", "/like");
    let mut forged = like.clone();
    forged["content"] = json!("🎉");
    eve.say(&forged);
    let announce = said_there("Announce", "/announce");
    eve.say(&announce);
    eve.say(&announce);
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    let seen = alice.get(&path).ok();
    assert_eq!(
        (&seen["favourites_count"], &seen["reblogs_count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(seen["pleroma"]["emoji_reactions"], json!([]));
    // Not what the origin says otherwise, or not at all, or of another.
    let mut other = said_there("Like", "/other");
    other["type"] = json!("Announce");
    eve.say(&other);
    eve.say(&json!({"id": peer.url("/none"), "type": "Like", "actor": peer.actor("carl"), "object": status["uri"]}));
    let mut elsewhere = said_there("Like", "/elsewhere");
    elsewhere["actor"] = json!(Fake::start(false).actor("dora"));
    peer.document("/elsewhere", &elsewhere);
    elsewhere["actor"] = json!(bob);
    eve.say(&elsewhere);
    let seen = alice.get(&path).ok();
    assert_eq!(
        (&seen["favourites_count"], &seen["reblogs_count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}
