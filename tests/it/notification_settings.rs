//! Which notifications somebody wants (pleroma-contract 14).

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, multipart};

const PATH: &str = "/api/pleroma/notification_settings";

fn settings(user: &TestUser) -> Value {
    let mut me = user.get("/api/v1/accounts/verify_credentials").ok();
    me["pleroma"]["notification_settings"].take()
}

fn usual() -> Value {
    json!({
        "followers": true, "follows": true, "non_followers": true, "non_follows": true, "remote": true, "local": true,
        "block_from_strangers": false, "hide_notification_contents": false, "privacy_option": false,
    })
}

#[test]
fn a_key_changes_only_itself_in_every_encoding() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let success = json!({"status": "success"});
    let mut expected = usual();
    assert_eq!(settings(&alice), expected);
    let answer = alice.json("PUT", PATH, &json!({"followers": false, "bar": 1}));
    assert_eq!(answer.ok(), success);
    expected["followers"] = json!(false);
    assert_eq!(settings(&alice), expected);
    assert_eq!(
        alice.put(PATH, &[("block_from_strangers", "1")]).ok(),
        success
    );
    expected["block_from_strangers"] = json!(true);
    assert_eq!(settings(&alice), expected);
    // As front ends do: the same in query and body.
    let (kind, body) = multipart("x", "x", b"", &[("follows", "false")]);
    let target = "/api/v1/pleroma/notification_settings?follows=false&remote=0";
    alice
        .request("PUT", target, &[("Content-Type", &kind)], &body)
        .ok();
    expected["follows"] = json!(false);
    expected["remote"] = json!(false);
    assert_eq!(settings(&alice), expected);
    alice
        .put(
            PATH,
            &[
                ("followers", "true"),
                ("follows", "true"),
                ("remote", "true"),
                ("block_from_strangers", "off"),
            ],
        )
        .ok();
    assert_eq!(settings(&alice), usual());
    let stored: String = server
        .sql()
        .query_row("SELECT notification_settings FROM users", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(stored, "{}", "only what differs is stored");
}

#[test]
fn both_names_of_one_value_are_understood() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for (key, value) in [
        ("privacy_option", true),
        ("hide_notification_contents", false),
    ] {
        alice.json("PUT", PATH, &json!({key: value})).ok();
        let now = settings(&alice);
        assert_eq!(now["privacy_option"], value);
        assert_eq!(now["hide_notification_contents"], value);
    }
}

#[test]
fn what_is_no_boolean_is_refused_and_changes_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for bad in [json!([true]), json!({"a": 1})] {
        alice
            .json("PUT", PATH, &json!({"local": false, "remote": bad}))
            .refused(400, "remote - Invalid boolean.");
    }
    alice.json("PUT", PATH, &json!({"remote": null})).ok();
    assert_eq!(settings(&alice), usual());
}

/// Whether alice is told when bob, who may be connected with her, mentions her.
fn is_told(chosen: &[(&str, &str)], she_follows: bool, he_follows: bool) -> bool {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    if she_follows {
        alice.follow(&bob);
    }
    if he_follows {
        bob.follow(&alice);
    }
    alice.put(PATH, chosen).ok();
    bob.post_status("hi @alice");
    let list = alice.get("/api/v1/notifications?types[]=mention").ok();
    !list.as_array().unwrap().is_empty()
}

#[test]
fn each_setting_keeps_away_whom_it_names() {
    // She follows him, he follows her: who is told by each setting alone switched to its other value.
    let both = [(false, false), (false, true), (true, false), (true, true)];
    for (key, value, told) in [
        ("followers", "false", [true, false, true, false]),
        ("follows", "false", [true, true, false, false]),
        ("non_followers", "false", [false, true, false, true]),
        ("non_follows", "false", [false, false, true, true]),
        ("block_from_strangers", "true", [false, false, true, true]),
        ("local", "false", [false; 4]),
        ("remote", "false", [true; 4]),
        ("privacy_option", "true", [true; 4]),
    ] {
        let found = both.map(|(she, he)| is_told(&[(key, value)], she, he));
        assert_eq!(found, told, "{key}");
    }
}

#[test]
fn what_was_told_before_stays() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.post_status("hi @alice");
    alice.put(PATH, &[("non_follows", "false")]).ok();
    bob.post_status("hi again @alice");
    let list = alice.get("/api/v1/notifications").ok();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_scope_is_needed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = crate::oauth::Client::with(&server, "read", crate::oauth::CALLBACK);
    let token = client.login(&alice);
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    server
        .request("PUT", PATH, &[("Authorization", &bearer)], b"")
        .refused(403, "Insufficient permissions: write:accounts.");
}
