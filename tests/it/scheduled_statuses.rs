//! Posts that wait for their hour: listed, moved, cancelled, posted, also after a restart.

use std::time::Duration;

use kenoma::clock::Timestamp;
use serde_json::{Value, json};

use crate::statuses::told;
use crate::support::{TestServer, TestUser, ids};

const LIST: &str = "/api/v1/scheduled_statuses";

fn in_seconds(seconds: u64) -> String {
    Timestamp::now()
        .plus(Duration::from_secs(seconds))
        .to_string()
}

fn schedule(user: &TestUser, text: &str, more: &[(&str, &str)]) -> Value {
    let at = in_seconds(3600);
    let mut form = vec![("scheduled_at", at.as_str())];
    form.extend_from_slice(more);
    user.post_with(text, &form)
}

fn path(waiting: &Value) -> String {
    format!(
        "/api/v1/scheduled_statuses/{}",
        waiting["id"].as_str().unwrap()
    )
}

/// Lets the hour of everything that waits come.
fn hour_comes(server: &TestServer) {
    let db = server.sql();
    db.execute("UPDATE scheduled_statuses SET scheduled_at = 1000", [])
        .unwrap();
    db.execute(
        "UPDATE jobs SET run_at = 1000 WHERE kind = 'post_scheduled'",
        [],
    )
    .unwrap();
    server.run_jobs();
}

fn home(user: &TestUser) -> Value {
    user.get("/api/v1/timelines/home").ok()
}

#[test]
fn under_five_minutes_ahead_it_is_posted_at_once_and_from_there_on_it_waits() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for at in ["2020-01-01T00:00:00Z".to_owned(), in_seconds(295)] {
        let posted = alice.post_with("now", &[("scheduled_at", at.as_str())]);
        assert!(posted["content"].is_string(), "{at}");
    }
    let at = in_seconds(305);
    let waiting = alice.post_with("later", &[("scheduled_at", at.as_str())]);
    assert_eq!(waiting["scheduled_at"], at.as_str());
    assert_eq!(waiting["params"]["text"], "later");
    assert_eq!(ids(&home(&alice)).len(), 2);
    alice
        .post(
            "/api/v1/statuses",
            &[("status", "when?"), ("scheduled_at", "tomorrow")],
        )
        .refused(422, "scheduled_at is no date");
}

#[test]
fn what_waits_is_shown_to_its_author_and_posted_as_it_was_meant() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = bob.post_status("hi");
    let waiting = schedule(
        &alice,
        "*hello* @bob",
        &[
            ("content_type", "text/markdown"),
            ("spoiler_text", "greeting"),
            ("visibility", "unlisted"),
            ("language", "en"),
            ("sensitive", "true"),
            ("in_reply_to_id", first["id"].as_str().unwrap()),
            ("poll[options][]", "yes"),
            ("poll[options][]", "no"),
            ("poll[expires_in]", "600"),
            ("expires_in", "7200"),
        ],
    );
    let params = &waiting["params"];
    assert_eq!(
        (&params["visibility"], &params["in_reply_to_id"]),
        (&json!("unlisted"), &first["id"])
    );
    assert_eq!(params["expires_in"], 7200);
    assert_eq!(params["poll"]["options"], json!(["yes", "no"]));
    assert_eq!(
        (&params["media_ids"], &params["idempotency"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(waiting["media_attachments"], json!([]));
    assert_eq!(alice.get(LIST).ok(), json!([waiting]));
    assert_eq!(alice.get(&path(&waiting)).ok(), waiting);
    bob.get(&path(&waiting)).refused(404, "Record not found");
    assert_eq!(bob.get(LIST).ok(), json!([]));
    server.run_jobs();
    assert!(told(&server, &bob.id).is_empty());

    hour_comes(&server);
    let posted = &home(&alice)[0];
    assert!(
        posted["content"]
            .as_str()
            .unwrap()
            .contains("<em>hello</em>")
    );
    assert_eq!(posted["in_reply_to_id"], first["id"]);
    assert_eq!(posted["visibility"], "unlisted");
    assert_eq!(posted["spoiler_text"], "greeting");
    assert_eq!(posted["poll"]["options"][1]["title"], "no");
    assert!(posted["pleroma"]["expires_at"].is_string());
    assert_eq!(told(&server, &bob.id).len(), 1);
    assert_eq!(alice.get(LIST).ok(), json!([]));
}

#[test]
fn its_hour_can_be_moved_but_not_nearer_than_five_minutes() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let waiting = schedule(&alice, "later", &[]);
    let later = in_seconds(7200);
    let moved = alice
        .put(&path(&waiting), &[("scheduled_at", later.as_str())])
        .ok();
    assert_eq!(moved["scheduled_at"], later.as_str());
    alice
        .put(&path(&waiting), &[("scheduled_at", &in_seconds(200))])
        .refused(422, "scheduled_at must be at least 5 minutes from now");
    alice
        .put(&path(&waiting), &[])
        .refused(400, "Missing field: scheduled_at.");
    bob.put(&path(&waiting), &[("scheduled_at", later.as_str())])
        .refused(404, "Record not found");
    // The job of the first hour finds that it was moved.
    server
        .sql()
        .execute("UPDATE jobs SET run_at = 1000", [])
        .unwrap();
    server.run_jobs();
    assert!(ids(&home(&alice)).is_empty());
    assert_eq!(ids(&alice.get(LIST).ok()).len(), 1);
}

#[test]
fn a_cancelled_post_is_never_posted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let waiting = schedule(&alice, "later", &[]);
    bob.delete(&path(&waiting)).refused(404, "Record not found");
    assert_eq!(alice.delete(&path(&waiting)).ok(), json!({}));
    alice
        .delete(&path(&waiting))
        .refused(404, "Record not found");
    hour_comes(&server);
    assert!(ids(&home(&alice)).is_empty());
}

#[test]
fn uploads_wait_with_their_post_and_nothing_else_can_take_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let png = include_bytes!("../../static/avatar.png");
    let uploaded = alice
        .upload("POST", "/api/v1/media", "file", "cat.png", png, &[])
        .ok();
    let media = ("media_ids[]", uploaded["id"].as_str().unwrap());
    let waiting = schedule(&alice, "later", &[media]);
    assert_eq!(waiting["media_attachments"][0]["id"], uploaded["id"]);
    assert_eq!(waiting["params"]["media_ids"], json!([uploaded["id"]]));
    alice
        .post("/api/v1/statuses", &[("status", "now"), media])
        .refused(
            422,
            "An attachment does not exist or belongs to another post",
        );
    // The day that an upload has to be posted ends before the hour comes.
    server
        .sql()
        .execute(
            "UPDATE jobs SET run_at = 1000 WHERE kind = 'remove_files'",
            [],
        )
        .unwrap();
    server.run_jobs();
    hour_comes(&server);
    let posted = &home(&alice)[0];
    assert_eq!(posted["media_attachments"][0]["id"], uploaded["id"]);
}

#[test]
fn a_post_waits_through_a_restart() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let token = alice.token.clone();
    schedule(&alice, "after the night", &[]);
    let server = server.restarted_with(&[]);
    hour_comes(&server);
    let bearer = format!("Bearer {token}");
    let home = server
        .request(
            "GET",
            "/api/v1/timelines/home",
            &[("Authorization", &bearer)],
            b"",
        )
        .ok();
    assert_eq!(
        home[0]["pleroma"]["content"]["text/plain"],
        "after the night"
    );
}

#[test]
fn the_same_key_schedules_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let at = in_seconds(3600);
    let body = json!({"status": "once", "scheduled_at": at}).to_string();
    let post = || {
        let headers = [
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "one"),
        ];
        alice
            .request("POST", "/api/v1/statuses", &headers, body.as_bytes())
            .ok()
    };
    assert_eq!(post(), post());
    assert_eq!(ids(&alice.get(LIST).ok()).len(), 1);
}

#[test]
fn what_could_not_be_posted_now_is_refused_now_and_there_is_an_end_to_scheduling() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let at = in_seconds(3600);
    let post = |more: &[(&str, &str)]| {
        let mut form = vec![("scheduled_at", at.as_str())];
        form.extend_from_slice(more);
        alice.post("/api/v1/statuses", &form)
    };
    post(&[]).refused(422, "Cannot post an empty status without attachments");
    post(&[("status", "x"), ("media_ids[]", "12345")]).refused(
        422,
        "An attachment does not exist or belongs to another post",
    );
    assert!(ids(&alice.get(LIST).ok()).is_empty());
    for _ in 0..25 {
        post(&[("status", "x")]).ok();
    }
    post(&[("status", "x")]).refused(
        422,
        "No more than 25 posts can be scheduled for a day, and 300 in all",
    );
    let page = alice.get(&format!("{LIST}?limit=20"));
    assert!(page.header("Link").unwrap().contains("max_id="));
    assert_eq!(ids(&page.ok()).len(), 20);
}

#[test]
fn what_cannot_be_posted_any_more_stays_in_the_list() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let waiting = schedule(&alice, "long enough", &[]);
    let token = alice.token.clone();
    let server = server.restarted_with(&["instance.limit=5"]);
    hour_comes(&server);
    let bearer = format!("Bearer {token}");
    let list = server
        .request("GET", LIST, &[("Authorization", &bearer)], b"")
        .ok();
    assert_eq!(ids(&list), [waiting["id"].as_str().unwrap()]);
}
