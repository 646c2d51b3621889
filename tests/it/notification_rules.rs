//! Who is told of what. The rules hold when a notification is made; lists and settings have their own tests.

use crate::statuses::told;
use crate::support::{TestServer, TestUser};

fn sql(server: &TestServer, sql: &str, one: &TestUser, other: &TestUser) {
    let changed = server.sql().execute(sql, [&one.id, &other.id]).unwrap();
    assert!(changed > 0, "{sql}");
}

const FOLLOW: &str = "INSERT INTO follows (account_id, target_id, created_at) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 0)";

/// Whether bob hears of alice's mention after this.
fn hears(prepare: impl FnOnce(&TestServer, &TestUser, &TestUser)) -> bool {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    prepare(&server, &alice, &bob);
    alice.post_status("hi @bob");
    !told(&server, &bob.id).is_empty()
}

fn with_settings(settings: &'static str) -> impl Fn(&TestServer) {
    move |server| {
        let changed = server
            .sql()
            .execute("UPDATE users SET notification_settings = ?1", [settings])
            .unwrap();
        assert!(changed > 0);
    }
}

#[test]
fn blocked_and_muted_people_are_not_heard_and_a_mute_may_spare_notifications() {
    assert!(hears(|_, _, _| ()));
    let blocks = "INSERT INTO blocks (account_id, target_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER))";
    assert!(!hears(|server, alice, bob| sql(server, blocks, bob, alice)));
    assert!(!hears(|server, alice, bob| sql(server, blocks, alice, bob)));
    for (notifications, expires_at, heard) in
        [(1, "NULL", false), (0, "NULL", true), (1, "1", true)]
    {
        let mute = format!(
            "INSERT INTO mutes (account_id, target_id, notifications, expires_at)
             VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), {notifications}, {expires_at})"
        );
        assert_eq!(
            hears(|server, alice, bob| sql(server, &mute, bob, alice)),
            heard
        );
    }
}

#[test]
fn settings_tell_followers_and_strangers_apart() {
    let case = |settings: &'static str, alice_follows: bool, bob_follows: bool| {
        hears(|server, alice, bob| {
            with_settings(settings)(server);
            if alice_follows {
                sql(server, FOLLOW, alice, bob);
            }
            if bob_follows {
                sql(server, FOLLOW, bob, alice);
            }
        })
    };
    for (settings, nobody, alice_follows, bob_follows) in [
        (r#"{"followers":false}"#, true, false, true),
        (r#"{"non_followers":false}"#, false, true, false),
        (r#"{"follows":false}"#, true, true, false),
        (r#"{"non_follows":false}"#, false, false, true),
        (r#"{"block_from_strangers":true}"#, false, false, true),
        (r#"{"local":false}"#, false, false, false),
        (r#"{"remote":false,"followers":true}"#, true, true, true),
    ] {
        let seen = [
            case(settings, false, false),
            case(settings, true, false),
            case(settings, false, true),
        ];
        assert_eq!(seen, [nobody, alice_follows, bob_follows], "{settings}");
    }
}

#[test]
fn subscribers_are_told_of_posts_they_may_see_but_not_of_replies_and_of_each_post_once() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    sql(
        &server,
        "INSERT INTO subscriptions (account_id, target_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER))",
        &bob,
        &alice,
    );
    let posted = alice.post_status("one");
    assert_eq!(
        told(&server, &bob.id),
        [("status".to_owned(), alice.id.clone())]
    );
    alice.post_with("two", &[("in_reply_to_id", posted["id"].as_str().unwrap())]);
    alice.post_with("three", &[("visibility", "private")]);
    assert_eq!(told(&server, &bob.id).len(), 1);
    alice.post_status("four @bob");
    assert_eq!(
        told(&server, &bob.id)[1..],
        [("mention".to_owned(), alice.id.clone())]
    );
}
