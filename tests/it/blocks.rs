//! Blocks between accounts, and of hosts.

use serde_json::json;

use crate::support::{TestServer, ids};

#[test]
fn blocking_ends_follows_and_subscriptions_both_ways() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    bob.post(
        &format!("/api/v1/accounts/{}/follow", alice.id),
        &[("notify", "true")],
    )
    .ok();
    let blocked = alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(
        (
            &blocked["blocking"],
            &blocked["following"],
            &blocked["followed_by"]
        ),
        (&json!(true), &json!(false), &json!(false))
    );
    let other_side = bob
        .get(&format!("/api/v1/accounts/relationships?id={}", alice.id))
        .ok();
    assert_eq!(
        (&other_side[0]["blocked_by"], &other_side[0]["subscribing"]),
        (&json!(true), &json!(false))
    );
    for user in [&alice, &bob] {
        let account = user.get("/api/v1/accounts/verify_credentials").ok();
        assert_eq!(
            (&account["followers_count"], &account["following_count"]),
            (&json!(0), &json!(0))
        );
    }
}

#[test]
fn blocking_withdraws_a_request_and_its_notification() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
    bob.follow(&alice);
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(
        ids(&alice.get("/api/v1/follow_requests").ok()),
        Vec::<String>::new()
    );
    let left: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM notifications", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn the_list_of_blocks_is_the_owners_and_pages() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let others: Vec<_> = (0..3).map(|n| server.user(&format!("user{n}"))).collect();
    for other in &others {
        for _ in 0..2 {
            alice
                .post(&format!("/api/v1/accounts/{}/block", other.id), &[])
                .ok();
        }
    }
    let first = alice.get("/api/v1/blocks/?limit=2&with_relationships=true");
    assert!(first.header("Link").unwrap().contains("rel=\"next\""));
    let first = first.ok();
    assert_eq!(ids(&first), [others[2].id.as_str(), others[1].id.as_str()]);
    assert_eq!(first[0]["pleroma"]["relationship"]["blocking"], true);
    let second = alice
        .get(&format!("/api/v1/blocks?max_id={}", others[1].id))
        .ok();
    assert_eq!(ids(&second), [others[0].id.as_str()]);
    assert_eq!(others[0].get("/api/v1/blocks").ok(), json!([]));
    server
        .get("/api/v1/blocks")
        .refused(403, "Invalid credentials.");
}

#[test]
fn a_lifted_block_is_gone_even_when_the_other_is_hidden() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1 WHERE username = 'bob'", [])
        .unwrap();
    assert_eq!(alice.get("/api/v1/blocks").ok(), json!([]));
    let lifted = alice
        .post(&format!("/api/v1/accounts/{}/unblock", bob.id), &[])
        .ok();
    assert_eq!(lifted["blocking"], false);
    alice
        .post(&format!("/api/v1/accounts/{}/unblock", bob.id), &[])
        .refused(404, "Record not found");
}

#[test]
fn hosts_are_blocked_by_any_spelling_and_listed_as_text() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    assert_eq!(
        alice
            .post("/api/v1/domain_blocks", &[("domain", " Spam.Example ")])
            .ok(),
        json!({})
    );
    assert_eq!(
        alice
            .post("/api/v1/domain_blocks", &[("domain", "spam.example")])
            .ok(),
        json!({})
    );
    assert_eq!(
        alice
            .json(
                "POST",
                "/api/v1/domain_blocks",
                &json!({"domain": "müll.example"})
            )
            .ok(),
        json!({})
    );
    assert_eq!(
        alice.get("/api/v1/domain_blocks").ok(),
        json!(["spam.example", "xn--mll-hoa.example"])
    );
    assert_eq!(bob.get("/api/v1/domain_blocks").ok(), json!([]));
    assert_eq!(
        alice
            .json(
                "DELETE",
                "/api/v1/domain_blocks",
                &json!({"domain": "SPAM.example"})
            )
            .ok(),
        json!({})
    );
    assert_eq!(
        alice
            .delete("/api/v1/domain_blocks?domain=never.example")
            .ok(),
        json!({})
    );
    assert_eq!(
        alice.get("/api/v1/domain_blocks").ok(),
        json!(["xn--mll-hoa.example"])
    );
    alice
        .post("/api/v1/domain_blocks", &[])
        .refused(400, "Missing field: domain.");
    alice
        .post("/api/v1/domain_blocks", &[("domain", "a b/c")])
        .refused(422, "The domain is not valid");
    server
        .post_form("/api/v1/domain_blocks", &[("domain", "x.example")])
        .refused(403, "Invalid credentials.");
}
