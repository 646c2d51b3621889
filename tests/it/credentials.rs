//! The own account: what its owner sees and changes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, TestUser};

const UPDATE: &str = "/api/v1/accounts/update_credentials";

pub fn png() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 99]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn update(user: &TestUser, change: Value) -> Answer {
    user.json("PATCH", UPDATE, &change)
}

fn own(user: &TestUser) -> Value {
    user.get("/api/v1/accounts/verify_credentials").ok()
}

fn uploads(server: &TestServer) -> usize {
    std::fs::read_dir(server.data().join("uploads"))
        .unwrap()
        .count()
}

#[test]
fn the_owner_sees_the_private_side_with_every_default() {
    let server = TestServer::new();
    let account = own(&server.user("alice"));
    assert_eq!(
        account["source"],
        json!({
            "note": "", "fields": [], "privacy": "public", "sensitive": false, "language": null, "follow_requests_count": 0,
            "discoverable": false, "indexable": false, "hide_collections": false, "attribution_domains": [], "quote_policy": "nobody",
            "pleroma": {"show_role": true, "no_rich_text": false, "discoverable": false, "actor_type": "Person", "show_birthday": false}
        })
    );
    assert_eq!(
        account["role"],
        json!({"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": false})
    );
    let pleroma = &account["pleroma"];
    assert_eq!(
        pleroma["notification_settings"],
        json!({
            "followers": true, "follows": true, "non_followers": true, "non_follows": true, "remote": true, "local": true,
            "block_from_strangers": false, "hide_notification_contents": false, "privacy_option": false
        })
    );
    assert_eq!(pleroma["settings_store"], json!({}));
    assert_eq!(pleroma["email"], "alice@example.com");
    for (key, value) in [
        ("allow_following_move", json!(true)),
        ("unread_conversation_count", json!(0)),
        ("unread_notifications_count", json!(0)),
        ("follow_requests_count", json!(0)),
        ("is_admin", json!(false)),
        ("hide_favorites", json!(true)),
        ("accepts_chat_messages", json!(true)),
    ] {
        assert_eq!(pleroma[key], value, "{key}");
    }
    assert!(pleroma.get("chat_token").is_none());
}

#[test]
fn an_admin_sees_the_own_role_and_may_hide_it_from_others() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let path = format!("/api/v1/accounts/{}", root.id);
    assert_eq!(alice.get(&path).ok()["pleroma"]["is_admin"], true);
    let changed = update(&root, json!({"show_role": false})).ok();
    assert_eq!(
        (&changed["pleroma"]["is_admin"], &changed["role"]["name"]),
        (&json!(true), &json!("Admin"))
    );
    let seen = alice.get(&path).ok();
    assert!(seen["pleroma"].get("is_admin").is_none());
    assert_eq!(seen["roles"], json!([]));
}

#[test]
fn names_and_notes_are_changed_and_shown_as_safe_html() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let note = "I know @bob.\n<script>alert(1)</script> https://example.org";
    let changed = update(
        &alice,
        json!({"display_name": "  A <b>lice</b>\n1 < 2 ", "note": note}),
    )
    .ok();
    assert_eq!(changed["display_name"], "A lice 1 < 2");
    assert_eq!(changed["source"]["note"], note);
    let shown = server.get("/api/v1/accounts/alice").ok();
    let html = shown["note"].as_str().unwrap();
    assert!(
        html.contains(&format!(
            "href=\"{}\"",
            bob.get("/api/v1/accounts/bob").ok()["url"]
                .as_str()
                .unwrap()
        )),
        "{html}"
    );
    assert!(
        html.contains("href=\"https://example.org\"") && !html.contains("<script"),
        "{html}"
    );
    let emptied = update(&alice, json!({"display_name": "", "note": ""})).ok();
    assert_eq!(
        (&emptied["display_name"], &emptied["note"]),
        (&json!("alice"), &json!(""))
    );
}

#[test]
fn null_and_absent_leave_everything_as_it_is() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let before = update(
        &alice,
        json!({"display_name": "Alice", "locked": true, "note": "hello"}),
    )
    .ok();
    let after = update(
        &alice,
        json!({"display_name": null, "locked": null, "note": null, "avatar": null, "unknown": 1}),
    )
    .ok();
    assert_eq!(before, after);
}

#[test]
fn fields_come_as_array_or_index_map_and_nameless_ones_go() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let map = [
        ("fields_attributes[1][name]", "Web"),
        ("fields_attributes[1][value]", "https://example.org"),
        ("fields_attributes[0][name]", "Pro<i>nouns"),
        ("fields_attributes[0][value]", "they"),
        ("fields_attributes[2][name]", ""),
        ("fields_attributes[2][value]", "dropped"),
    ];
    let changed = alice.patch(UPDATE, &map).ok();
    assert_eq!(
        changed["source"]["fields"][0],
        json!({"name": "Pro<i>nouns", "value": "they", "verified_at": null})
    );
    assert_eq!(
        changed["source"]["fields"][1]["value"],
        "https://example.org"
    );
    let shown = server.get("/api/v1/accounts/alice").ok();
    assert_eq!(shown["fields"].as_array().unwrap().len(), 2);
    assert!(
        shown["fields"][1]["value"]
            .as_str()
            .unwrap()
            .starts_with("<a href=\"https://example.org\"")
    );
    assert_eq!(shown["fields"][0]["verified_at"], Value::Null);
    let array = json!({"fields_attributes": [{"name": "One", "value": "1"}]});
    assert_eq!(update(&alice, array).ok()["fields"][0]["value"], "1");
    assert_eq!(
        update(&alice, json!({"fields_attributes": []})).ok()["fields"],
        json!([])
    );
}

#[test]
fn whatever_is_too_long_or_unknown_is_an_invalid_request_and_changes_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let before = own(&alice);
    let fields: Vec<Value> = (0..11)
        .map(|n| json!({"name": n.to_string(), "value": "x"}))
        .collect();
    for change in [
        json!({"display_name": "x".repeat(101)}),
        json!({"note": "x".repeat(5001)}),
        json!({"fields_attributes": fields}),
        json!({"fields_attributes": [{"name": "x".repeat(513), "value": ""}]}),
        json!({"fields_attributes": [{"name": "x", "value": "x".repeat(2049)}]}),
        json!({"actor_type": "Application"}),
        json!({"default_scope": "everybody"}),
        json!({"default_scope": "list"}),
        json!({"source": {"language": "de<b>"}}),
        json!({"pleroma_settings_store": "text"}),
        json!({"avatar": "https://example.org/avatar.png"}),
        json!({"avatar": "data:image/png;base64,AAAA"}),
        json!({"avatar": "data:image/png;base64,not base64"}),
    ] {
        let mut change = change;
        change["locked"] = json!(true);
        update(&alice, change).refused(403, "Invalid request");
    }
    assert_eq!(own(&alice), before);
}

#[test]
fn every_switch_is_kept() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let shown = [
        "hide_followers",
        "hide_follows",
        "hide_followers_count",
        "hide_follows_count",
        "skip_thread_containment",
    ];
    for key in shown {
        assert_eq!(
            update(&alice, json!({key: true})).ok()["pleroma"][key],
            true,
            "{key}"
        );
        assert_eq!(
            server.get("/api/v1/accounts/alice").ok()["pleroma"][key],
            true,
            "{key}"
        );
    }
    for key in [
        "hide_favorites",
        "accepts_chat_messages",
        "allow_following_move",
    ] {
        assert_eq!(
            update(&alice, json!({key: false})).ok()["pleroma"][key],
            false,
            "{key}"
        );
    }
    assert_eq!(update(&alice, json!({"locked": true})).ok()["locked"], true);
    let changed = update(&alice, json!({"no_rich_text": true, "discoverable": true})).ok();
    assert_eq!(changed["source"]["pleroma"]["no_rich_text"], true);
    assert_eq!(
        (
            &changed["source"]["pleroma"]["discoverable"],
            &changed["discoverable"]
        ),
        (&json!(true), &json!(true))
    );
    let changed = update(&alice, json!({"default_scope": "unlisted"})).ok();
    assert_eq!(changed["source"]["privacy"], "unlisted");
    let changed = update(&alice, json!({"source": {"language": ""}})).ok();
    assert_eq!(changed["source"]["language"], Value::Null);
}

#[test]
fn the_actor_type_wins_over_bot() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(update(&alice, json!({"bot": true})).ok()["bot"], true);
    let changed = update(&alice, json!({"bot": true, "actor_type": "Person"})).ok();
    assert_eq!(
        (&changed["bot"], &changed["source"]["pleroma"]["actor_type"]),
        (&json!(false), &json!("Person"))
    );
    assert_eq!(
        update(&alice, json!({"actor_type": "Service"})).ok()["bot"],
        true
    );
}

#[test]
fn settings_are_merged_by_front_end_and_seen_by_the_owner_only() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let long = "x".repeat(50_000);
    update(&alice, json!({"pleroma_settings_store": {"pleroma-fe": {"theme": "a", "old": long}, "other": {"n": 1}}})).ok();
    let merged = update(
        &alice,
        json!({"pleroma_settings_store": {"pleroma-fe": {"theme": "b"}}}),
    )
    .ok();
    assert_eq!(
        merged["pleroma"]["settings_store"],
        json!({"pleroma-fe": {"theme": "b"}, "other": {"n": 1}})
    );
    assert_eq!(
        own(&alice)["pleroma"]["settings_store"]["other"],
        json!({"n": 1})
    );
    let seen = bob.get(&format!("/api/v1/accounts/{}", alice.id)).ok();
    assert!(seen["pleroma"].get("settings_store").is_none());
}

#[test]
fn a_picture_is_taken_from_a_file_or_a_data_address_and_reset_by_an_empty_text() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let default = own(&alice)["avatar"].clone();
    let uploaded = alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            &png(),
            &[("display_name", "Alice")],
        )
        .ok();
    assert_eq!(uploaded["display_name"], "Alice");
    let url = uploaded["avatar"].as_str().unwrap();
    let file = url.rsplit('/').next().unwrap();
    assert!(server.data().join("uploads").join(file).is_file(), "{url}");
    assert_eq!(
        server.get("/api/v1/accounts/alice").ok()["avatar_static"],
        json!(url)
    );

    let uri = format!("data:image/png;base64,{}", STANDARD.encode(png()));
    let changed = alice
        .patch(
            UPDATE,
            &[
                ("avatar", &uri),
                ("header", &uri),
                ("pleroma_background_image", &uri),
            ],
        )
        .ok();
    assert_ne!(changed["avatar"], json!(url));
    assert!(changed["pleroma"]["background_image"].is_string());
    assert_eq!(uploads(&server), 3, "the first avatar is gone");

    let reset = update(
        &alice,
        json!({"avatar": "", "header": "", "pleroma_background_image": ""}),
    )
    .ok();
    assert_eq!(
        (&reset["avatar"], &reset["pleroma"]["background_image"]),
        (&default, &Value::Null)
    );
    assert_eq!(uploads(&server), 0);
}

#[test]
fn a_picture_must_be_one_and_not_too_large() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            b"<svg onload=alert(1)>",
            &[],
        )
        .refused(403, "Invalid request");
    alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            b"ID3\x04\0\0\0\0\0\0",
            &[],
        )
        .refused(403, "Invalid request");
    let mut large = png();
    large.resize(2_000_001, 0);
    alice
        .upload("PATCH", UPDATE, "avatar", "me.png", &large, &[])
        .refused(413, "file_too_large");
    large.resize(4_000_001, 0);
    alice
        .upload("PATCH", UPDATE, "header", "me.png", &large, &[])
        .refused(413, "file_too_large");
    // A good picture beside a bad change is not kept.
    alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            &png(),
            &[("actor_type", "Group")],
        )
        .refused(403, "Invalid request");
    let name = "x".repeat(101);
    alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            &png(),
            &[("display_name", &name)],
        )
        .refused(403, "Invalid request");
    alice
        .upload(
            "PATCH",
            UPDATE,
            "avatar",
            "me.png",
            &png(),
            &[("header", "data:nonsense")],
        )
        .refused(403, "Invalid request");
    assert_eq!(uploads(&server), 0);
}

#[test]
fn the_three_old_calls_change_one_picture_each() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for (call, key, shown) in [
        ("update_avatar", "img", "/avatar"),
        ("update_banner", "banner", "/header"),
        ("update_background", "img", "/pleroma/background_image"),
    ] {
        let path = format!("/api/v1/pleroma/accounts/{call}");
        let answer = alice.upload("PATCH", &path, key, "x.png", &png(), &[]).ok();
        assert_eq!(own(&alice).pointer(shown), Some(&answer["url"]), "{call}");
        let uri = format!("data:image/png;base64,{}", STANDARD.encode(png()));
        alice
            .patch(&format!("/api/pleroma/accounts/{call}"), &[(key, &uri)])
            .ok();
        assert_eq!(alice.patch(&path, &[(key, "")]).ok(), json!({"url": null}));
        alice
            .patch(&path, &[])
            .refused(400, &format!("Missing field: {key}."));
        alice
            .upload("PATCH", &path, key, "x.png", b"no picture", &[])
            .refused(415, "Only images can be used here");
        server
            .request("PATCH", &path, &[], b"")
            .refused(403, "Invalid credentials.");
    }
    let mut large = png();
    large.resize(2_000_001, 0);
    alice
        .upload(
            "PATCH",
            "/api/v1/pleroma/accounts/update_avatar",
            "img",
            "x.png",
            &large,
            &[],
        )
        .refused(413, "file_too_large");
    assert_eq!(uploads(&server), 0);
}

#[test]
fn a_scope_of_writing_accounts_is_needed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server
        .sql()
        .execute("UPDATE tokens SET scopes = 'read write:follows'", [])
        .unwrap();
    update(&alice, json!({"locked": true}))
        .refused(403, "Insufficient permissions: write:accounts.");
    server
        .request("PATCH", UPDATE, &[], b"")
        .refused(403, "Invalid credentials.");
    assert_eq!(own(&alice)["locked"], false);
}
