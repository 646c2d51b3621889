//! What people listen to, here and elsewhere (federation.md 5.3, 8.3).

use serde_json::json;

use super::fetch;
use super::pair::{self, Peer, find, id, settle};
use super::stranger::{Stranger, sent};
use crate::support::{BASE, TestServer};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

#[test]
fn followers_hear_what_somebody_listens_to_if_anybody_may() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.follows(&alice);
    let piece = [
        ("title", "Lament"),
        ("artist", "The Cats"),
        ("album", "Night"),
        ("length", "180000"),
        ("externalLink", "https://music.example/1"),
    ];
    alice.post("/api/v1/pleroma/scrobble", &piece).ok();
    let told = sent(&server);
    assert_eq!(
        (told.len(), &told[0].0[..]),
        (1, "https://remote.example/inbox")
    );
    let listen = &told[0].1;
    let me = format!("{BASE}/users/alice");
    assert_eq!(
        (
            &listen["type"],
            &listen["actor"],
            &listen["to"],
            &listen["cc"]
        ),
        (
            &json!("Listen"),
            &json!(me),
            &json!([PUBLIC]),
            &json!([format!("{me}/followers")])
        )
    );
    let object = &listen["object"];
    assert_eq!(
        (
            &object["type"],
            &object["title"],
            &object["artist"],
            &object["album"]
        ),
        (
            &json!("Audio"),
            &json!("Lament"),
            &json!("The Cats"),
            &json!("Night")
        )
    );
    assert_eq!(
        (&object["length"], &object["externalLink"]),
        (&json!(180_000), &json!("https://music.example/1"))
    );
    // Its id leads to it.
    let found = fetch(
        &server,
        listen["id"].as_str().unwrap().strip_prefix(BASE).unwrap(),
    )
    .ok();
    assert_eq!(found["object"], *object);
    for visibility in ["private", "direct", "local"] {
        let more = [("title", "Secret"), ("visibility", visibility)];
        alice.post("/api/v1/pleroma/scrobble", &more).ok();
    }
    assert_eq!(sent(&server).len(), 0);
    let uris: Vec<String> = {
        let db = server.sql();
        let mut stmt = db
            .prepare("SELECT uri FROM scrobbles WHERE title = 'Secret'")
            .unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for uri in uris {
        assert_eq!(fetch(&server, &uri[BASE.len()..]).status, 404);
    }
}

#[test]
fn what_somebody_elsewhere_listens_to_is_noted_for_followers() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    let listen = |by: &Stranger, title: &str| {
        let mut listen = by.activity(
            "Listen",
            json!({"type": "Audio", "title": title, "artist": "<b>Cats</b>", "length": -3}),
        );
        listen["to"] = json!(PUBLIC);
        listen
    };
    let of_bob = || {
        alice
            .get(&format!("/api/v1/pleroma/accounts/{}/scrobbles", bob.id))
            .ok()
    };
    bob.say(&listen(&bob, "unheard"));
    assert_eq!(of_bob(), json!([]), "nobody here follows");
    bob.is_followed_by(&alice);
    let heard = listen(&bob, "Lament");
    bob.say(&heard);
    bob.say(&heard);
    eve.say(&listen(&bob, "forged"));
    let mut secret = listen(&bob, "to nobody");
    secret["to"] = json!([]);
    bob.say(&secret);
    let seen = of_bob();
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(
        (&seen[0]["title"], &seen[0]["artist"], &seen[0]["length"]),
        (&json!("Lament"), &json!("Cats"), &json!(null))
    );
}

#[test]
fn a_scrobble_is_seen_on_the_other_server() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let there = find(&ann, "bob", &b);
    pair::follow(&ann, &there);
    settle(&a, &b);
    bob.post(
        "/api/v1/pleroma/scrobble",
        &[("title", "Lament"), ("artist", "The Cats")],
    )
    .ok();
    settle(&a, &b);
    let seen = ann
        .get(&format!(
            "/api/v1/pleroma/accounts/{}/scrobbles",
            id(&there)
        ))
        .ok();
    assert_eq!(
        (&seen[0]["title"], &seen[0]["artist"]),
        (&json!("Lament"), &json!("The Cats"))
    );
}
