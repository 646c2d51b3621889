//! Settings of others, read by admins (pleroma-contract D.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::planted::stranger;
use crate::support::{Answer, BASE, TestServer};

#[test]
fn an_admin_reads_the_settings_of_people_who_live_here() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let settings = json!({
        "display_name": "Alice", "note": "hi", "locked": true, "default_scope": "unlisted", "hide_followers": true,
        "no_rich_text": true, "pleroma_settings_store": {"fe": {"theme": "dark"}}, "actor_type": "Service",
        "fields_attributes": [{"name": "pet", "value": "cat"}]
    });
    let path = "/api/v1/accounts/update_credentials";
    alice.json("PATCH", path, &settings).ok();
    let seen = root.get("/api/pleroma/admin/users/alice/credentials").ok();
    for (key, value) in [
        ("id", json!(alice.id)),
        ("nickname", json!("alice")),
        ("email", json!("alice@example.com")),
        ("name", json!("Alice")),
        ("locked", json!(true)),
        ("no_rich_text", json!(true)),
        ("default_scope", json!("unlisted")),
        ("hide_followers", json!(true)),
        ("hide_follows", json!(false)),
        ("hide_favorites", json!(true)),
        ("show_role", json!(true)),
        ("actor_type", json!("Service")),
        ("pleroma_settings_store", json!({"fe": {"theme": "dark"}})),
        ("avatar", json!(format!("{BASE}/static/avatar.png"))),
        ("banner", json!(format!("{BASE}/static/header.png"))),
        ("background", json!(null)),
    ] {
        assert_eq!(seen[key], value, "{key}");
    }
    assert!(seen["bio"].as_str().unwrap().contains("hi"));
    assert_eq!(seen["raw_fields"][0]["name"], "pet");
    assert_eq!(seen["fields"][0]["name"], "pet");
    alice
        .get("/api/pleroma/admin/users/alice/credentials")
        .refused(403, "User is not an admin.");
}

#[test]
fn whoever_does_not_live_here_has_no_settings() {
    let server = TestServer::new();
    let root = server.admin("root");
    stranger(&server, "zoe", "far.example");
    for name in ["nobody", "zoe@far.example"] {
        root.get(&format!("/api/pleroma/admin/users/{name}/credentials"))
            .refused(404, "Not found");
    }
}

const ALICE: &str = "/api/v1/pleroma/admin/users/alice/credentials";

/// Whether a name and a password are let in: the answer of the password grant.
fn login(server: &TestServer, name: &str, password: &str) -> Answer {
    let app = server
        .post_form(
            "/api/v1/apps",
            &[
                ("client_name", "x"),
                ("redirect_uris", "urn:ietf:wg:oauth:2.0:oob"),
            ],
        )
        .ok();
    let form = [
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
        ("grant_type", "password"),
        ("username", name),
        ("password", password),
    ];
    server.post_form("/oauth/token", &form)
}

#[test]
fn an_admin_changes_the_settings_of_others_and_only_those_sent() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let change = json!({
        "name": "Alice A.", "bio": "see @root", "locked": true, "default_scope": "private", "hide_follows": true,
        "show_role": false, "actor_type": "Service", "email": "new@example.com", "nickname": "mallory",
        "fields": [{"name": "pet", "value": "cat"}], "pleroma_settings_store": {"fe": {"theme": "dark"}}
    });
    let answer = root.json("PATCH", ALICE, &change).ok();
    assert_eq!(answer, json!({"status": "success"}));
    let seen = root.get(ALICE).ok();
    for (key, value) in [
        ("nickname", json!("alice")),
        ("email", json!("new@example.com")),
        ("name", json!("Alice A.")),
        ("locked", json!(true)),
        ("default_scope", json!("private")),
        ("hide_follows", json!(true)),
        ("hide_followers", json!(false)),
        ("show_role", json!(false)),
        ("actor_type", json!("Service")),
        ("pleroma_settings_store", json!({"fe": {"theme": "dark"}})),
    ] {
        assert_eq!(seen[key], value, "{key}");
    }
    assert_eq!(seen["raw_fields"][0]["value"], "cat");
    assert!(seen["bio"].as_str().unwrap().contains("<a "));
    // What was shown can be sent back whole, and changes nothing.
    let mut back = seen.clone();
    for picture in ["avatar", "banner", "background"] {
        back.as_object_mut().unwrap().remove(picture);
    }
    root.json("PATCH", ALICE, &back).ok();
    assert_eq!(root.get(ALICE).ok(), seen);
    // The owner is not logged out by that, and finds it so.
    let own = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(own["display_name"], "Alice A.");
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    assert_eq!(log["items"][0]["message"], "@root updated users: @alice");
}

#[test]
fn pictures_come_as_files_or_texts_and_go_by_an_empty_one() {
    let server = TestServer::new();
    let (root, _alice) = (server.admin("root"), server.user("alice"));
    let png = crate::credentials::png();
    root.upload("PATCH", ALICE, "avatar", "a.png", &png, &[("name", "A")])
        .ok();
    let url = format!("data:image/png;base64,{}", STANDARD.encode(&png));
    root.patch(ALICE, &[("banner", &url), ("background", &url)])
        .ok();
    let seen = root.get(ALICE).ok();
    assert_eq!(seen["name"], "A");
    for picture in ["avatar", "banner", "background"] {
        let url = seen[picture].as_str().unwrap();
        let path = url.strip_prefix(BASE).unwrap();
        assert!(path.starts_with("/media/"), "{url}");
        assert_eq!(server.get(path).status, 200);
    }
    root.patch(ALICE, &[("avatar", ""), ("background", "")])
        .ok();
    let seen = root.get(ALICE).ok();
    assert_eq!(seen["avatar"], format!("{BASE}/static/avatar.png"));
    assert_eq!(seen["background"], Value::Null);
    // Only the banner's file is left.
    assert_eq!(files(&server), 1);
}

/// Files in the store.
fn files(server: &TestServer) -> usize {
    let folder = server.data().join("uploads");
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_new_password_ends_every_session_and_must_be_replaced() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    root.patch(ALICE, &[("password", "chosen by root")]).ok();
    alice
        .get("/api/v1/accounts/verify_credentials")
        .refused(403, "Invalid credentials.");
    let told = login(&server, "alice", "chosen by root").with_status(403);
    assert_eq!(told["identifier"], "password_reset_required");
    login(&server, "alice", &alice.password).refused(400, "Invalid credentials");
}

#[test]
fn what_is_wrong_is_told_by_field_and_changes_nothing() {
    let server = TestServer::new();
    let (root, _alice) = (server.admin("root"), server.user("alice"));
    let before = root.get(ALICE).ok();
    let long = "x".repeat(101);
    for (key, value, text) in [
        ("actor_type", "Application", "is invalid"),
        ("default_scope", "everybody", "is invalid"),
        ("avatar", "no picture", "is invalid"),
        ("banner", "data:image/png;base64,AAAA", "is invalid"),
        ("name", &long, "should be at most 100 character(s)"),
        ("email", "nonsense", "has invalid format"),
        ("email", "ROOT@example.com", "has already been taken"),
        ("email", "", "can't be blank"),
        ("password", "short", "should be at least 8 character(s)"),
    ] {
        let change = [("locked", "true"), (key, value)];
        let told = root.patch(ALICE, &change).with_status(400);
        assert_eq!(told, json!({"errors": {key: text}}), "{key}={value}");
    }
    let png = crate::credentials::png();
    root.upload("PATCH", ALICE, "avatar", "a.png", &png, &[("email", "bad")])
        .with_status(400);
    assert_eq!(root.get(ALICE).ok(), before);
    assert_eq!(files(&server), 0, "a picture of a refused change stays");
}

#[test]
fn only_admins_change_settings_and_only_of_people_who_live_here() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    stranger(&server, "zoe", "far.example");
    for name in ["nobody", "zoe@far.example"] {
        root.patch(
            &format!("/api/pleroma/admin/users/{name}/credentials"),
            &[("name", "x")],
        )
        .refused(404, "Not found");
    }
    alice
        .patch(ALICE, &[("name", "x")])
        .refused(403, "User is not an admin.");
}
