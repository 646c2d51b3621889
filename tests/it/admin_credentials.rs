//! Settings of others, read by admins (pleroma-contract D.1).

use serde_json::json;

use crate::planted::stranger;
use crate::support::{BASE, TestServer};

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
