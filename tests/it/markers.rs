//! Read markers and preferences.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn a_marker_never_set_stands_at_zero() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let markers = alice
        .get("/api/v1/markers?timeline[]=home&timeline[]=notifications&timeline[]=other")
        .ok();
    for timeline in ["home", "notifications"] {
        let marker = &markers[timeline];
        assert_eq!(
            (&marker["last_read_id"], &marker["version"]),
            (&json!("0"), &json!(0))
        );
        assert!(marker["updated_at"].is_string());
        assert_eq!(marker["pleroma"]["unread_count"], 0);
    }
    assert_eq!(markers.as_object().unwrap().len(), 2);
    assert_eq!(alice.get("/api/v1/markers").ok(), json!({}));
}

#[test]
fn setting_a_marker_counts_its_version_and_answers_only_what_was_set() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice
        .post(
            "/api/v1/markers",
            &[("home[last_read_id]", "1700000000000001")],
        )
        .ok();
    assert_eq!(
        (&first["home"]["last_read_id"], &first["home"]["version"]),
        (&json!("1700000000000001"), &json!(1))
    );
    assert!(first.get("notifications").is_none());
    let both =
        json!({"home": {"last_read_id": "1700000000000002"}, "notifications": {"last_read_id": 7}});
    let second = alice.json("POST", "/api/v1/markers", &both).ok();
    assert_eq!(
        (
            &second["home"]["version"],
            &second["notifications"]["last_read_id"]
        ),
        (&json!(2), &json!("7"))
    );
    let seen = alice.get("/api/v1/markers?timeline[]=home").ok();
    assert_eq!(seen["home"]["last_read_id"], "1700000000000002");
    assert_eq!(
        bob.get("/api/v1/markers?timeline=home").ok()["home"]["version"],
        0
    );
    alice
        .post("/api/v1/markers", &[("home[last_read_id]", "newest")])
        .refused(400, "last_read_id - Invalid integer. Got: string.");
    server
        .get("/api/v1/markers")
        .refused(403, "Invalid credentials.");
}

#[test]
fn the_notifications_marker_tells_how_many_are_unread() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.follow(&alice);
    let unread = |expected: i64| {
        let markers = alice.get("/api/v1/markers?timeline[]=notifications").ok();
        assert_eq!(
            markers["notifications"]["pleroma"]["unread_count"],
            expected
        );
        let own = alice.get("/api/v1/accounts/verify_credentials").ok();
        assert_eq!(own["pleroma"]["unread_notifications_count"], expected);
    };
    unread(1);
    alice
        .post(&format!("/api/v1/accounts/{}/mute", bob.id), &[])
        .ok();
    unread(0);
}

#[test]
fn of_unread_notifications_a_thousand_are_counted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let add = |first: i64, last: i64| {
        let sql = "WITH RECURSIVE n (n) AS (SELECT ?3 UNION ALL SELECT n + 1 FROM n WHERE n < ?4)
                   INSERT INTO notifications (id, account_id, actor_id, kind, created_at) SELECT n, ?1, ?2, 'follow', 0 FROM n";
        let told = rusqlite::params![alice.id, bob.id, first, last];
        let db = server.app.db();
        db.write(|tx| Ok(tx.execute(sql, told)?)).unwrap();
    };
    let unread = || {
        let own = alice.get("/api/v1/accounts/verify_credentials").ok();
        own["pleroma"]["unread_notifications_count"].clone()
    };
    add(1, 999);
    assert_eq!(unread(), 999);
    add(1000, 1200);
    assert_eq!(unread(), 1000);
    alice
        .post("/api/v1/pleroma/notifications/read", &[("max_id", "1199")])
        .ok();
    assert_eq!(unread(), 1);
}

#[test]
fn preferences_are_what_update_credentials_set() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let before = alice.get("/api/v1/preferences").ok();
    assert_eq!(before["posting:default:visibility"], "public");
    assert_eq!(
        (
            &before["posting:default:sensitive"],
            &before["posting:default:language"]
        ),
        (&json!(false), &json!(null))
    );
    let change = json!({"source": {"privacy": "private", "sensitive": true, "language": "de"}});
    alice
        .json("PATCH", "/api/v1/accounts/update_credentials", &change)
        .ok();
    let after = alice.get("/api/v1/preferences").ok();
    assert_eq!(after["posting:default:visibility"], "private");
    assert_eq!(
        (
            &after["posting:default:sensitive"],
            &after["posting:default:language"]
        ),
        (&json!(true), &json!("de"))
    );
    server
        .get("/api/v1/preferences")
        .refused(403, "Invalid credentials.");
}
