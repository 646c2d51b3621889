//! Applications as admins see and change them (pleroma-contract D.3).

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser};

const APPS: &str = "/api/v1/pleroma/admin/oauth_app";

const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

fn create(root: &TestUser, name: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("name", name), ("redirect_uris", OOB)];
    form.extend_from_slice(more);
    root.post(APPS, &form).ok()
}

fn names(page: &Value) -> Vec<&str> {
    let apps = page["apps"].as_array().unwrap();
    apps.iter()
        .map(|app| app["name"].as_str().unwrap())
        .collect()
}

/// The path of one of them.
fn path(app: &Value) -> String {
    format!("/api/pleroma/admin/oauth_app/{}", app["id"])
}

/// A login by an application.
fn login(user: &TestUser, app: &Value, scope: &str) -> Value {
    let form = [
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
        ("grant_type", "password"),
        ("username", &user.name),
        ("password", &user.password),
        ("scope", scope),
    ];
    user.server.post_form("/oauth/token", &form).ok()
}

fn status_with(server: &TestServer, token: &Value) -> u16 {
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    server
        .request(
            "GET",
            "/api/v1/accounts/verify_credentials",
            &[("Authorization", &bearer)],
            b"",
        )
        .status
}

#[test]
fn an_admin_makes_finds_and_pages_applications() {
    let server = TestServer::new();
    let root = server.admin("root");
    let made = create(
        &root,
        "Cat Viewer",
        &[
            ("scopes", "read write"),
            ("website", "https://cats.example"),
        ],
    );
    assert!(made["id"].is_i64(), "{made}");
    for (key, value) in [
        ("name", json!("Cat Viewer")),
        ("redirect_uri", json!(OOB)),
        ("scopes", json!(["read", "write"])),
        ("website", json!("https://cats.example")),
        ("trusted", json!(false)),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
    let trusted = create(&root, "Front", &[("trusted", "true")]);
    assert_eq!(trusted["scopes"], json!(["read"]));
    create(&root, "Dog Viewer", &[]);
    let page = root.get(APPS).ok();
    assert_eq!(
        (names(&page), &page["count"]),
        (vec!["Cat Viewer", "Dog Viewer"], &json!(2))
    );
    assert_eq!(page["page_size"], 50);
    assert_eq!(page["apps"][0]["client_id"], made["client_id"]);
    assert_eq!(page["apps"][0]["client_secret"], Value::Null);
    let found = |query: &str| root.get(&format!("{APPS}?{query}")).ok();
    assert_eq!(names(&found("trusted=true")), ["Front"]);
    assert_eq!(names(&found("name=dog")), ["Dog Viewer"]);
    let id = made["client_id"].as_str().unwrap();
    assert_eq!(names(&found(&format!("client_id={id}"))), ["Cat Viewer"]);
    let second = found("page=2&page_size=1");
    assert_eq!(
        (names(&second), &second["count"]),
        (vec!["Dog Viewer"], &json!(2))
    );
    // What it made works: somebody logs in with it.
    let alice = server.user("alice");
    let token = login(&alice, &made, "read");
    assert_eq!(status_with(&server, &token), 200);
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    assert_eq!(
        log["items"][2]["message"],
        "@root created the application Cat Viewer"
    );
}

#[test]
fn empty_fields_are_told_in_a_200_as_admin_clients_read_it() {
    let server = TestServer::new();
    let root = server.admin("root");
    let told = root.post(APPS, &[("redirect_uris", OOB)]).ok();
    assert_eq!(told, json!({"name": "can't be blank"}));
    let told = root.post(APPS, &[("name", "x")]).ok();
    assert_eq!(told, json!({"redirect_uris": "can't be blank"}));
    let app = create(&root, "x", &[]);
    let told = root.patch(&path(&app), &[("name", " ")]).ok();
    assert_eq!(told, json!({"name": "can't be blank"}));
    root.post(APPS, &[("name", "x"), ("redirect_uris", "javascript:1")])
        .with_status(422);
    assert_eq!(root.get(APPS).ok()["count"], 1);
}

#[test]
fn a_change_keeps_what_is_not_sent_and_ends_tokens_that_would_hold_too_much() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let app = create(&root, "x", &[("scopes", "read write")]);
    let token = login(&alice, &app, "read");
    let changed = root
        .patch(&path(&app), &[("name", "y"), ("trusted", "true")])
        .ok();
    assert_eq!(changed["name"], "y");
    assert_eq!(changed["trusted"], true);
    assert_eq!(changed["scopes"], json!(["read", "write"]));
    assert_eq!(changed["redirect_uri"], OOB);
    assert_eq!(status_with(&server, &token), 200);
    let changed = root
        .json(
            "PATCH",
            &path(&app),
            &json!({"scopes": ["read"], "redirect_uris": "https://a.example/cb"}),
        )
        .ok();
    assert_eq!(changed["scopes"], json!(["read"]));
    assert_eq!(changed["redirect_uris"], json!(["https://a.example/cb"]));
    assert_eq!(status_with(&server, &token), 403);
}

#[test]
fn a_deleted_application_takes_its_tokens_with_it_but_not_what_was_posted() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let app = create(&root, "x", &[("scopes", "read write")]);
    let token = login(&alice, &app, "read write");
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let posted = server
        .request(
            "POST",
            "/api/v1/statuses?status=hi",
            &[("Authorization", &bearer)],
            b"",
        )
        .ok();
    assert_eq!(root.delete(&path(&app)).status, 204);
    assert_eq!(status_with(&server, &token), 403);
    let id = posted["id"].as_str().unwrap();
    server.get(&format!("/api/v1/statuses/{id}")).ok();
    for unknown in [path(&app), format!("{APPS}/nonsense")] {
        assert_eq!(root.delete(&unknown).status, 400);
        assert_eq!(root.patch(&unknown, &[("name", "z")]).status, 400);
    }
}

#[test]
fn a_trusted_application_registers_people_without_a_captcha() {
    let settings = ["instance.registrations_open=true", "captcha.enabled=true"];
    let server = TestServer::with(&settings);
    let root = server.admin("root");
    let app = create(&root, "x", &[("scopes", "read write")]);
    let grant = [
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
        ("grant_type", "client_credentials"),
    ];
    let token = server.post_form("/oauth/token", &grant).ok();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let register = |name: &str| {
        let target = format!(
            "/api/v1/accounts?username={name}&email={name}%40example.com&password=long%20enough&agreement=true"
        );
        server.request("POST", &target, &[("Authorization", &bearer)], b"")
    };
    assert_eq!(register("eve").status, 400);
    root.patch(&path(&app), &[("trusted", "true")]).ok();
    register("eve").ok();
}

#[test]
fn nobody_but_admins_sees_applications() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.get(APPS).refused(403, "User is not an admin.");
    alice
        .post(APPS, &[("name", "x"), ("redirect_uris", OOB)])
        .refused(403, "User is not an admin.");
    for method in ["PATCH", "DELETE"] {
        alice
            .form(method, &format!("{APPS}/1"), &[("name", "x")])
            .refused(403, "User is not an admin.");
    }
}
