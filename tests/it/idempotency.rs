//! `Idempotency-Key` (pleroma-contract 0.7, mastodon-api 0.7).

use crate::support::{Answer, TestServer, TestUser};

const HOME: &str = "/api/v1/timelines/home";

/// Sends JSON under a key.
fn keyed(user: &TestUser, method: &str, target: &str, key: &str, body: &str) -> Answer {
    let headers = [
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    user.request(method, target, &headers, body.as_bytes())
}

#[test]
fn the_same_idempotency_key_posts_once() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = |user: &TestUser, key: &str| {
        let headers = [
            ("Idempotency-Key", key),
            ("Content-Type", "application/json"),
        ];
        user.request(
            "POST",
            "/api/v1/statuses",
            &headers,
            br#"{"status": "only once"}"#,
        )
    };
    let first = post(&alice, "k1").ok();
    let again = post(&alice, "k1");
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Idempotency-Key"), Some("k1"));
    assert!(again.header("X-Original-Request-Id").is_some());
    assert_eq!(again.ok(), first);
    assert_ne!(post(&alice, "k2").ok()["id"], first["id"]);
    assert_ne!(post(&bob, "k1").ok()["id"], first["id"]);
    assert_eq!(alice.get(HOME).ok().as_array().unwrap().len(), 2);
}

#[test]
fn twenty_requests_at_once_with_one_idempotency_key_post_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    std::thread::scope(|threads| {
        for _ in 0..20 {
            threads.spawn(|| {
                let headers = [
                    ("Idempotency-Key", "k"),
                    ("Content-Type", "application/json"),
                ];
                alice
                    .request(
                        "POST",
                        "/api/v1/statuses",
                        &headers,
                        br#"{"status": "only once"}"#,
                    )
                    .ok()
            });
        }
    });
    assert_eq!(alice.get(HOME).ok().as_array().unwrap().len(), 1);
}

#[test]
fn an_idempotency_key_is_forgotten_after_an_hour() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = || {
        alice
            .request(
                "POST",
                "/api/v1/statuses?status=x",
                &[("Idempotency-Key", "k")],
                b"",
            )
            .ok()["id"]
            .clone()
    };
    let first = post();
    server
        .sql()
        .execute(
            "UPDATE idempotent_answers SET created_at = created_at - 3601000",
            [],
        )
        .unwrap();
    assert_ne!(post(), first);
}

#[test]
fn a_key_counts_for_its_method_and_path_only() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = keyed(
        &alice,
        "POST",
        "/api/v1/statuses",
        "k",
        r#"{"status": "one"}"#,
    )
    .ok();
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    let edited = || keyed(&alice, "PUT", &path, "k", r#"{"status": "two"}"#);
    assert_eq!(edited().ok()["content"], "<p>two</p>");
    alice.put(&path, &[("status", "three")]).ok();
    assert_eq!(edited().header("Idempotent-Replayed"), Some("true"));
    assert_eq!(alice.get(&path).ok()["content"], "<p>three</p>");
    let source = keyed(&alice, "GET", &path, "k", "");
    assert_eq!(source.header("Idempotent-Replayed"), None);
    keyed(&alice, "DELETE", &path, "k", "").ok();
    alice.get(&path).refused(404, "Record not found");
}

#[test]
fn a_refusal_is_replayed_and_a_failure_of_ours_is_tried_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = |key, text: &str| {
        let body = format!(r#"{{"status": "{text}"}}"#);
        keyed(&alice, "POST", "/api/v1/statuses", key, &body)
    };
    let refused = post("k1", "").with_status(422);
    let again = post("k1", "");
    assert_eq!(again.with_status(422), refused);
    let sql = server.sql();
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON statuses BEGIN SELECT RAISE(ABORT, 'x'); END";
    sql.execute_batch(broken).unwrap();
    assert_eq!(post("k2", "hello").status, 500);
    sql.execute_batch("DROP TRIGGER broken").unwrap();
    assert_eq!(post("k2", "hello").header("Idempotent-Replayed"), None);
    assert_eq!(alice.get(HOME).ok().as_array().unwrap().len(), 1);
}
