//! Mutes, for a while or for ever.

use serde_json::{Value, json};

use crate::support::{TestServer, ids};

#[test]
fn a_mute_covers_notifications_unless_told_otherwise() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let path = format!("/api/v1/accounts/{}/mute", bob.id);
    let muted = alice.post(&path, &[]).ok();
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(true))
    );
    let changed = alice.post(&path, &[("notifications", "false")]).ok();
    assert_eq!(
        (&changed["muting"], &changed["muting_notifications"]),
        (&json!(true), &json!(false))
    );
    let other_side = bob
        .get(&format!("/api/v1/accounts/relationships?id={}", alice.id))
        .ok();
    assert_eq!(other_side[0]["muting"], false);
    let lifted = alice
        .post(&format!("/api/v1/accounts/{}/unmute", bob.id), &[])
        .ok();
    assert_eq!(
        (&lifted["muting"], &lifted["muting_notifications"]),
        (&json!(false), &json!(false))
    );
}

#[test]
fn a_mute_with_an_end_ends() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    for key in ["duration", "expires_in"] {
        let muted = alice
            .post(
                &format!("/api/v1/accounts/{}/mute", bob.id),
                &[(key, "600")],
            )
            .ok();
        assert!(muted["mute_expires_at"].is_string());
        assert!(alice.get("/api/v1/mutes").ok()[0]["mute_expires_at"].is_string());
        server
            .sql()
            .execute("UPDATE mutes SET expires_at = expires_at - 600001", [])
            .unwrap();
        let after = alice
            .get(&format!("/api/v1/accounts/relationships?id={}", bob.id))
            .ok();
        assert_eq!(
            (&after[0]["muting"], &after[0]["mute_expires_at"]),
            (&json!(false), &Value::Null)
        );
        assert_eq!(alice.get("/api/v1/mutes").ok(), json!([]));
    }
}

#[test]
fn zero_and_absurd_durations_are_for_ever_or_very_long() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let path = format!("/api/v1/accounts/{}/mute", bob.id);
    for (key, value) in [
        ("duration", "0"),
        ("expires_in", "0"),
        ("duration", "-5"),
        ("duration", ""),
    ] {
        let muted = alice.post(&path, &[(key, value)]).ok();
        assert_eq!(
            (&muted["muting"], &muted["mute_expires_at"]),
            (&json!(true), &Value::Null),
            "{key}={value}"
        );
    }
    assert_eq!(
        alice
            .post(&path, &[("duration", "9223372036854775807")])
            .ok()["muting"],
        true
    );
    alice
        .post(&path, &[("duration", "soon")])
        .refused(400, "duration - Invalid integer. Got: string.");
}

#[test]
fn the_list_of_mutes_pages_by_account_id_and_carries_relationships() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let others: Vec<_> = (0..3).map(|n| server.user(&format!("user{n}"))).collect();
    for other in &others {
        alice
            .post(&format!("/api/v1/accounts/{}/mute", other.id), &[])
            .ok();
    }
    let first = alice.get("/api/v1/mutes?limit=1&with_relationships=true");
    assert!(first.header("Link").is_some());
    let first = first.ok();
    assert_eq!(ids(&first), [others[2].id.as_str()]);
    assert_eq!(first[0]["pleroma"]["relationship"]["muting"], true);
    assert_eq!(first[0]["mute_expires_at"], Value::Null);
    let rest = alice
        .get(&format!("/api/v1/mutes?max_id={}", others[2].id))
        .ok();
    assert_eq!(ids(&rest), [others[1].id.as_str(), others[0].id.as_str()]);
    server
        .get("/api/v1/mutes")
        .refused(403, "Invalid credentials.");
}
