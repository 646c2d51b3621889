//! Pins, ours and theirs (federation.md 5.3, 8.3).

use serde_json::{Value, json};

use super::pair::{self, Peer, copy, find, id, settle};
use super::stranger::{Stranger, count, sent};
use crate::support::{BASE, TestServer, TestUser, ids};

fn pinned(user: &TestUser, account: &str) -> Vec<String> {
    ids(&user
        .get(&format!("/api/v1/accounts/{account}/statuses?pinned=true"))
        .ok())
}

#[test]
fn followers_hear_of_what_is_pinned_and_unpinned() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.follows(&alice);
    let status = alice.post_status("pin me");
    sent(&server);
    let path = format!("/api/v1/statuses/{}", id(&status));
    for (verb, name) in [("pin", "Add"), ("unpin", "Remove")] {
        // Twice is once.
        alice.post(&format!("{path}/{verb}"), &[]).ok();
        alice.post(&format!("{path}/{verb}"), &[]).ok();
        let told = sent(&server);
        assert_eq!(
            (told.len(), &told[0].0[..]),
            (1, "https://remote.example/inbox"),
            "{verb}"
        );
        let said = &told[0].1;
        assert_eq!(
            (
                &said["type"],
                &said["actor"],
                &said["object"],
                &said["target"]
            ),
            (
                &json!(name),
                &json!(format!("{BASE}/users/alice")),
                &status["uri"],
                &json!(format!("{BASE}/users/alice/collections/featured"))
            )
        );
    }
}

#[test]
fn pins_of_others_are_their_own_posts_in_their_own_collection() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    bob.is_followed_by(&alice);
    let featured = format!("{}/featured", bob.uri);
    server
        .sql()
        .execute(
            "UPDATE accounts SET featured_uri = uri || '/featured' WHERE host <> ''",
            [],
        )
        .unwrap();
    let note = bob.note("<p>pin me</p>");
    bob.say(&bob.activity("Create", note.clone()));
    let here = copy(&alice, &json!({"uri": note["id"]}));
    let account = bob.id.to_string();
    let pin = |by: &Stranger, kind: &str, object: &Value, target: &str| {
        let mut pin = by.activity(kind, object.clone());
        pin["target"] = json!(target);
        by.say(&pin);
    };
    // Into another collection, by another, of another's post.
    pin(&bob, "Add", &note["id"], &format!("{}/followers", bob.uri));
    pin(&eve, "Add", &note["id"], &featured);
    pin(&eve, "Add", &note["id"], &format!("{}/featured", eve.uri));
    assert!(pinned(&alice, &account).is_empty());
    pin(&bob, "Add", &note["id"], &featured);
    pin(&bob, "Add", &note["id"], &featured);
    assert_eq!(pinned(&alice, &account), [id(&here)]);
    pin(&eve, "Remove", &note["id"], &featured);
    assert_eq!(pinned(&alice, &account), [id(&here)]);
    pin(&bob, "Remove", &note["id"], &featured);
    assert!(pinned(&alice, &account).is_empty());
    // What is not for everybody, and more than twenty.
    let mut secret = bob.note("<p>secret</p>");
    secret["to"] = json!([format!("{}/followers", bob.uri)]);
    secret["cc"] = json!([]);
    bob.say(&bob.activity("Create", secret.clone()));
    pin(&bob, "Add", &secret["id"], &featured);
    assert_eq!(count(&server, "SELECT count(*) FROM pins"), 0);
    for number in 0..22 {
        let note = bob.note(&format!("<p>{number}</p>"));
        bob.say(&bob.activity("Create", note.clone()));
        pin(&bob, "Add", &note["id"], &featured);
    }
    assert_eq!(count(&server, "SELECT count(*) FROM pins"), 20);
}

#[test]
fn a_pin_is_seen_on_the_other_server() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let there = find(&ann, "bob", &b);
    pair::follow(&ann, &there);
    settle(&a, &b);
    let post = bob.post_status("pin me");
    bob.post(&format!("/api/v1/statuses/{}/pin", id(&post)), &[])
        .ok();
    settle(&a, &b);
    assert_eq!(pinned(&ann, id(&there)), [id(&copy(&ann, &post))]);
    bob.post(&format!("/api/v1/statuses/{}/unpin", id(&post)), &[])
        .ok();
    settle(&a, &b);
    assert!(pinned(&ann, id(&there)).is_empty());
}
