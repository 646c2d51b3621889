//! Blocks between servers (federation.md 5.3, 8.3, 9.3).

use serde_json::{Value, json};

use super::stranger::{Stranger, sent};
use crate::support::{BASE, TestServer, TestUser, ids};

fn relationship(who: &TestUser, whom: &Stranger) -> Value {
    who.get(&format!("/api/v1/accounts/relationships?id[]={}", whom.id))
        .ok()[0]
        .clone()
}

/// Follows both ways.
fn befriended<'a>(server: &'a TestServer, alice: &TestUser) -> Stranger<'a> {
    let bob = Stranger::new(server, "bob", "remote.example");
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .ok();
    let me = format!("{BASE}/users/alice");
    bob.say(&bob.activity(
        "Accept",
        json!({"type": "Follow", "actor": me, "object": bob.uri}),
    ));
    bob.say(&bob.activity("Follow", json!(me)));
    let seen = relationship(alice, &bob);
    assert_eq!(
        (&seen["following"], &seen["followed_by"]),
        (&json!(true), &json!(true))
    );
    bob
}

#[test]
fn a_block_from_elsewhere_ends_all_ties_quietly_until_it_is_taken_back() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = befriended(&server, &alice);
    let told = ids(&alice.get("/api/v1/notifications").ok());
    let me = format!("{BASE}/users/alice");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let mut forged = eve.activity("Block", json!(me));
    forged["actor"] = json!(bob.uri);
    forged["id"] = json!(format!("{}/blocks/1", bob.uri));
    eve.say(&forged);
    assert_eq!(relationship(&alice, &bob)["blocked_by"], false);
    let block = bob.activity("Block", json!(me));
    bob.say(&block);
    bob.say(&block);
    let seen = relationship(&alice, &bob);
    assert_eq!(
        (&seen["following"], &seen["followed_by"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(seen["blocked_by"], true);
    let after = ids(&alice.get("/api/v1/notifications").ok());
    assert_eq!(after, told, "nobody is told");
    let follow = alice.post(&format!("/api/v1/accounts/{}/follow", bob.id), &[]);
    assert_eq!(follow.status, 403);
    // Taken back as a whole, by its id, and by nobody else.
    eve.say(&eve.activity("Undo", block.clone()));
    assert_eq!(relationship(&alice, &bob)["blocked_by"], true);
    bob.say(&bob.activity("Undo", block.clone()));
    assert_eq!(relationship(&alice, &bob)["blocked_by"], false);
    let again = bob.activity("Block", json!(me));
    bob.say(&again);
    bob.say(&bob.activity("Undo", again["id"].clone()));
    assert_eq!(relationship(&alice, &bob)["blocked_by"], false);
}

#[test]
fn a_block_is_told_elsewhere_only_where_the_settings_want_it() {
    for wanted in [false, true] {
        let setting = format!("federation.outgoing_blocks={wanted}");
        let server = TestServer::with(&[&setting]);
        let alice = server.user("alice");
        let bob = befriended(&server, &alice);
        sent(&server);
        alice
            .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
            .ok();
        let mut said = sent(&server);
        alice
            .post(&format!("/api/v1/accounts/{}/unblock", bob.id), &[])
            .ok();
        said.extend(sent(&server));
        let all = |kind: &str| -> Vec<Value> {
            let said = said.iter().map(|(_, activity)| activity.clone());
            said.filter(|activity| activity["type"] == kind).collect()
        };
        // The follows end in any case.
        assert_eq!(all("Reject").len(), 1);
        assert!(
            all("Undo")
                .iter()
                .any(|undo| undo["object"]["type"] == "Follow")
        );
        let blocks = all("Block");
        let undone: Vec<Value> = all("Undo")
            .into_iter()
            .filter(|undo| undo["object"]["type"] == "Block")
            .collect();
        assert_eq!(
            (blocks.len(), undone.len()),
            (usize::from(wanted), usize::from(wanted))
        );
        if wanted {
            assert_eq!(
                (&blocks[0]["object"], &blocks[0]["to"]),
                (&json!(bob.uri), &json!([bob.uri]))
            );
            assert_eq!(undone[0]["object"]["id"], blocks[0]["id"]);
            let to = said
                .iter()
                .find(|(_, activity)| activity["type"] == "Block")
                .unwrap();
            assert_eq!(to.0, format!("{}/inbox", bob.uri));
        }
    }
}
