//! Who may: anybody reads, also on a closed instance; only admins write, be it by their cookie alone.

use serde_json::json;

use super::{PACK, PACKS, create, stored};
use crate::emoji::pack;
use crate::oauth::Client;
use crate::support::{BASE, TestServer};

/// Every write: method and target.
const WRITES: &[(&str, &str)] = &[
    ("POST", "/api/pleroma/emoji/packs/p"),
    ("PATCH", "/api/pleroma/emoji/packs/p"),
    ("DELETE", "/api/pleroma/emoji/packs/p"),
    ("POST", "/api/pleroma/emoji/packs/p/files"),
    ("PATCH", "/api/pleroma/emoji/packs/p/files"),
    ("DELETE", "/api/pleroma/emoji/packs/p/files"),
    ("GET", "/api/pleroma/emoji/packs/import"),
    ("POST", "/api/pleroma/emoji/packs/import"),
    ("GET", "/api/pleroma/emoji/packs/remote"),
    ("POST", "/api/pleroma/emoji/packs/download"),
    ("POST", "/api/pleroma/emoji/packs/download_zip"),
    ("POST", "/api/v1/pleroma/emoji/pack?name=p"),
    ("PATCH", "/api/v1/pleroma/emoji/pack?name=p"),
    ("DELETE", "/api/v1/pleroma/emoji/pack?name=p"),
    ("POST", "/api/v1/pleroma/emoji/packs/files?name=p"),
    ("PATCH", "/api/v1/pleroma/emoji/packs/files?name=p"),
    ("DELETE", "/api/v1/pleroma/emoji/packs/files?name=p"),
    ("POST", "/api/pleroma/admin/reload_emoji"),
];

#[test]
fn strangers_users_and_narrow_tokens_change_nothing_under_either_prefix() {
    let server = TestServer::new();
    pack(&server, "p", &["cat"]);
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let narrow = Client::with(
        &server,
        "read write follow push admin:read",
        "urn:ietf:wg:oauth:2.0:oob",
    )
    .password("root", &root.password)
    .ok();
    let narrow = format!("Bearer {}", narrow["access_token"].as_str().unwrap());
    for (method, target) in WRITES {
        let other = match target.strip_prefix("/api/v1/pleroma") {
            Some(rest) => format!("/api/pleroma{rest}"),
            None => target.replace("/api/pleroma", "/api/v1/pleroma"),
        };
        for target in [*target, &other] {
            server
                .request(method, target, &[], b"")
                .refused(403, "Invalid credentials.");
            alice
                .request(method, target, &[], b"")
                .refused(403, "User is not an admin.");
            server
                .request(method, target, &[("Authorization", &narrow)], b"")
                .refused(403, "Insufficient permissions: admin:write.");
        }
    }
    assert_eq!(stored(&server, "p")["files"], json!({"cat": "cat.png"}));
}

#[test]
fn reading_needs_nobody_also_on_a_closed_instance() {
    let server = TestServer::with(&["instance.public=false"]);
    pack(&server, "p", &["cat"]);
    for target in [
        "/api/pleroma/emoji/packs",
        "/api/v1/pleroma/emoji/packs",
        "/api/v1/pleroma/emoji/packs/",
        "/api/pleroma/emoji/packs/p",
        "/api/v1/pleroma/emoji/packs/p",
        "/api/pleroma/emoji/pack?name=p",
        "/api/v1/pleroma/emoji/pack?name=p",
    ] {
        server.get(target).ok();
    }
    for target in [
        "/api/pleroma/emoji/packs/p/archive",
        "/api/v1/pleroma/emoji/packs/p/archive",
        "/api/pleroma/emoji/packs/archive?name=p",
        "/api/v1/pleroma/emoji/packs/archive?name=p",
    ] {
        let answer = server.get(target).with_status(403);
        assert!(
            answer["error"]
                .as_str()
                .unwrap()
                .starts_with("Pack p cannot be downloaded")
        );
    }
}

#[test]
fn the_cookie_of_an_admin_is_enough_until_it_is_revoked() {
    let server = TestServer::new();
    let root = server.admin("root");
    let client = Client::with(
        &server,
        "read write follow push admin",
        "urn:ietf:wg:oauth:2.0:oob",
    );
    let granted = client.password("root", &root.password);
    let cookie = granted
        .header("Set-Cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let ask = |target: &str| {
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Origin", BASE),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        server.request("POST", target, &headers, b"")
    };
    assert_eq!(ask(&format!("{PACK}?name=p")).ok(), "ok");
    assert_eq!(server.get(PACKS).ok()["count"], 1);
    assert_eq!(ask("/api/pleroma/admin/reload_emoji").ok(), "ok");
    let token = granted.ok()["access_token"].as_str().unwrap().to_owned();
    let form = [
        ("token", token.as_str()),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
    ];
    server.post_form("/oauth/revoke", &form).ok();
    ask(&format!("{PACK}?name=q")).refused(403, "Invalid credentials.");
    assert_eq!(server.get(PACKS).ok()["count"], 1);
}

#[test]
fn the_admin_secret_opens_packs_too() {
    let server = TestServer::with(&["admin.token=a-long-enough-admin-secret"]);
    let headers = [("X-Admin-Token", "a-long-enough-admin-secret")];
    let answer = server.request("POST", &format!("{PACKS}/p"), &headers, b"");
    assert_eq!(answer.ok(), "ok");
}

#[test]
fn the_table_is_read_anew_when_an_admin_insists() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    for target in [
        "/api/pleroma/admin/reload_emoji",
        "/api/v1/pleroma/admin/reload_emoji",
    ] {
        assert_eq!(admin.post(target, &[]).ok(), "ok");
    }
}
