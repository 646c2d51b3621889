//! Scrobbles (pleroma-contract 19).

use serde_json::{Value, json};

use crate::planted::{pair, stranger};
use crate::support::{BASE, TestServer, TestUser, ids};

fn listen(user: &TestUser, title: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("title", title)];
    form.extend_from_slice(more);
    user.post("/api/v1/pleroma/scrobble", &form).ok()
}

fn titles(list: &Value) -> Vec<&str> {
    let entries = list.as_array().unwrap().iter();
    entries
        .map(|entry| entry["title"].as_str().unwrap())
        .collect()
}

fn path(user: &TestUser) -> String {
    format!("/api/v1/pleroma/accounts/{}/scrobbles", user.id)
}

#[test]
fn a_scrobble_is_answered_whole_and_listed_for_everybody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let said = listen(
        &alice,
        "<b>lain</b> radio episode 1",
        &[
            ("artist", "lain"),
            ("album", "lain radio"),
            ("length", "180000"),
            ("externalLink", "https://radio.example/1"),
        ],
    );
    assert_eq!(
        (&said["title"], &said["artist"], &said["album"]),
        (
            &json!("lain radio episode 1"),
            &json!("lain"),
            &json!("lain radio")
        )
    );
    assert_eq!(
        (&said["length"], &said["externalLink"]),
        (&json!(180_000), &json!("https://radio.example/1"))
    );
    assert_eq!(said["account"]["id"], alice.id.as_str());
    assert!(said["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(server.get(&path(&alice)).ok(), json!([said]));
    // It is no status, and tells nobody.
    assert_eq!(alice.get("/api/v1/timelines/home").ok(), json!([]));
}

#[test]
fn what_is_not_said_is_null() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let said = alice
        .json(
            "POST",
            "/api/v1/pleroma/scrobble",
            &json!({"title": "x", "artist": "", "length": null}),
        )
        .ok();
    for key in ["artist", "album", "length", "externalLink"] {
        assert_eq!(said[key], Value::Null, "{key}");
    }
}

#[test]
fn scrobbles_come_newest_first_by_id_or_name_and_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for title in ["one", "two", "three"] {
        listen(&alice, title, &[]);
    }
    let all = server.get(&path(&alice)).ok();
    assert_eq!(titles(&all), ["three", "two", "one"]);
    let by_name = server.get("/api/v1/pleroma/accounts/alice/scrobbles").ok();
    assert_eq!(by_name, all);
    let first = server.get(&format!("{}?limit=2", path(&alice)));
    let link = first.header("Link").unwrap().to_owned();
    let page = first.ok();
    assert_eq!(titles(&page), ["three", "two"]);
    let oldest = &ids(&page)[1];
    assert!(link.starts_with(&format!(
        "<{BASE}{}?limit=2&max_id={oldest}>; rel=\"next\"",
        path(&alice)
    )));
    let next = server
        .get(&format!("{}?max_id={oldest}", path(&alice)))
        .ok();
    assert_eq!(titles(&next), ["one"]);
    let above = server
        .get(&format!(
            "{}?limit=1&min_id={}",
            path(&alice),
            ids(&next)[0]
        ))
        .ok();
    assert_eq!(titles(&above), ["two"]);
}

#[test]
fn scrobbles_are_seen_as_far_as_statuses_of_that_visibility() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (carol, dave) = (server.user("carol"), server.user("dave"));
    bob.follow(&alice);
    pair(&server, "blocks", &alice.id, &dave.id);
    for visibility in ["public", "unlisted", "private", "direct", "local"] {
        listen(&alice, visibility, &[("visibility", visibility)]);
    }
    let seen = |user: &TestUser| user.get(&path(&alice)).ok();
    assert_eq!(
        titles(&seen(&alice)),
        ["local", "direct", "private", "unlisted", "public"]
    );
    assert_eq!(
        titles(&seen(&bob)),
        ["local", "private", "unlisted", "public"]
    );
    assert_eq!(titles(&seen(&carol)), ["local", "unlisted", "public"]);
    assert_eq!(titles(&seen(&dave)), Vec::<&str>::new());
    assert_eq!(
        titles(&server.get(&path(&alice)).ok()),
        ["unlisted", "public"]
    );
}

#[test]
fn what_is_no_scrobble_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = |form: &[(&str, &str)]| alice.post("/api/v1/pleroma/scrobble", form);
    for form in [&[][..], &[("title", "<i></i>")]] {
        assert_eq!(
            post(form).with_status(400)["error"],
            "Missing field: title."
        );
    }
    let titled = |key: &str, value: &str| post(&[("title", "x"), (key, value)]);
    titled("length", "long").refused(400, "length - Invalid integer. Got: string.");
    titled("length", "-1").refused(400, "length must not be negative");
    titled("visibility", "list").refused(400, "Unknown visibility");
    titled("externalLink", "javascript:alert(1)")
        .refused(400, "externalLink must be a web address");
    titled("album", &"a".repeat(1001)).refused(400, "album is longer than 1000 characters");
    assert_eq!(server.get(&path(&alice)).ok(), json!([]));
}

#[test]
fn scrobbles_of_unknown_and_hidden_accounts_are_not_found() {
    let server = TestServer::new();
    let alice = server.user("alice");
    listen(&alice, "x", &[]);
    let admin = server.admin("root");
    admin
        .patch(
            "/api/pleroma/admin/users/deactivate",
            &[("nicknames[]", "alice")],
        )
        .ok();
    for name in [&alice.id, "alice", "nobody", "99"] {
        server
            .get(&format!("/api/v1/pleroma/accounts/{name}/scrobbles"))
            .refused(404, "Record not found");
    }
    let far = stranger(&server, "zoe", "far.example");
    let none = server.get(&format!("/api/v1/pleroma/accounts/{far}/scrobbles"));
    assert_eq!(none.ok(), json!([]));
}

#[test]
fn scrobbles_go_with_their_account() {
    let server = TestServer::new();
    let alice = server.user("alice");
    listen(&alice, "x", &[]);
    let admin = server.admin("root");
    admin.delete("/api/pleroma/admin/users?nickname=alice").ok();
    server.run_jobs();
    let left: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM scrobbles", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
