//! Polls: asking, voting, the end, and what each may see of it.

use serde_json::{Value, json};

use crate::statuses::told;
use crate::support::{Answer, TestServer, TestUser};

fn ask<'a>(user: &TestUser, more: &[(&'a str, &'a str)]) -> Answer {
    let mut form = vec![
        ("status", "cats or dogs?"),
        ("poll[options][]", "cats"),
        ("poll[options][]", "dogs"),
        ("poll[options][]", "both"),
    ];
    form.extend_from_slice(more);
    user.post("/api/v1/statuses", &form)
}

fn asked<'a>(user: &TestUser, more: &[(&'a str, &'a str)]) -> Value {
    let mut form = vec![("poll[expires_in]", "3600")];
    form.extend_from_slice(more);
    ask(user, &form).ok()
}

fn poll_path(status: &Value) -> String {
    format!("/api/v1/polls/{}", status["poll"]["id"].as_str().unwrap())
}

fn vote(user: &TestUser, status: &Value, choices: &[&str]) -> Answer {
    let form: Vec<(&str, &str)> = choices.iter().map(|one| ("choices[]", *one)).collect();
    let id = status["poll"]["id"].as_str().unwrap();
    user.post(&format!("/api/v1/polls/{id}/votes"), &form)
}

/// Turns the clock of a poll forward past its end.
fn end(server: &TestServer, status: &Value) {
    let db = server.sql();
    let id = status["id"].as_str().unwrap();
    db.execute(
        "UPDATE polls SET expires_at = 1000 WHERE status_id = CAST(?1 AS INTEGER)",
        [id],
    )
    .unwrap();
    db.execute(
        "UPDATE jobs SET run_at = 1000 WHERE kind = 'close_poll'",
        [],
    )
    .unwrap();
}

#[test]
fn a_poll_is_seen_by_anybody_and_counts_each_voter_once() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let status = asked(&alice, &[]);
    let poll = &status["poll"];
    assert_eq!(
        (&poll["expired"], &poll["multiple"], &poll["voted"]),
        (&json!(false), &json!(false), &json!(true)),
        "its author sees it as a voter does"
    );
    assert_eq!(poll["emojis"], json!([]));
    assert!(poll["expires_at"].is_string());
    let after = vote(&bob, &status, &["1"]).ok();
    assert_eq!(after["own_votes"], json!([1]));
    assert_eq!(after["voted"], true);
    // A JSON array of numbers, as some clients send it.
    let body = json!({"choices": [1]});
    carol
        .json("POST", &format!("{}/votes", poll_path(&status)), &body)
        .ok();
    let seen = server.get(&poll_path(&status)).ok();
    assert_eq!(
        seen["options"],
        json!([
            {"title": "cats", "votes_count": 0},
            {"title": "dogs", "votes_count": 2},
            {"title": "both", "votes_count": 0},
        ])
    );
    assert_eq!(
        (&seen["votes_count"], &seen["voters_count"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        (&seen["voted"], &seen["own_votes"]),
        (&json!(false), &json!([]))
    );
    // The same where the status stands in a list, and inside a reblog of it.
    let boost = carol
        .post(
            &format!("/api/v1/statuses/{}/reblog", status["id"].as_str().unwrap()),
            &[],
        )
        .ok();
    assert_eq!(boost["reblog"]["poll"]["own_votes"], json!([1]));
    let page = server.get("/api/v1/timelines/public").ok();
    assert_eq!(page[0]["poll"]["votes_count"], 2);
}

#[test]
fn several_options_count_as_one_voter_where_the_poll_allows_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let one = asked(&alice, &[]);
    vote(&bob, &one, &["0", "1"]).refused(422, "Too many choices");
    let many = asked(&alice, &[("poll[multiple]", "true")]);
    let after = vote(&bob, &many, &["2", "0", "0"]).ok();
    assert_eq!(after["own_votes"], json!([0, 2]));
    assert_eq!(
        (&after["votes_count"], &after["voters_count"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn votes_that_cannot_be_counted_are_refused() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let status = asked(&alice, &[]);
    vote(&alice, &status, &["0"]).refused(422, "Poll's author can't vote");
    for wrong in ["3", "-1", "cats"] {
        vote(&bob, &status, &[wrong]).refused(422, "Invalid indices");
    }
    vote(&bob, &status, &[]).refused(400, "Missing field: choices.");
    vote(&bob, &status, &["0"]).ok();
    vote(&bob, &status, &["1"]).refused(422, "Already voted");
    end(&server, &status);
    vote(&carol, &status, &["1"]).refused(422, "The poll has already ended");
    let hidden = asked(&alice, &[("visibility", "private")]);
    vote(&bob, &hidden, &["0"]).refused(404, "Record not found");
    bob.get(&poll_path(&hidden))
        .refused(404, "Record not found");
    let plain = alice.post_status("no question");
    let none = format!("/api/v1/polls/{}", plain["id"].as_str().unwrap());
    bob.get(&none).refused(404, "Record not found");
    bob.post(&format!("{none}/votes"), &[("choices[]", "0")])
        .refused(404, "Record not found");
}

#[test]
fn polls_keep_to_their_limits() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = |options: &[&str], expires_in: i64| {
        let body = json!({"status": "?", "poll": {"options": options, "expires_in": expires_in}});
        alice.json("POST", "/api/v1/statuses", &body)
    };
    let numbers: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    post(&numbers, 60).refused(422, "Poll can't contain more than 20 options");
    post(&numbers[..20], 60).ok();
    let long = "ä".repeat(201);
    post(&["a", &long], 60).refused(
        422,
        "Poll options cannot be longer than 200 characters each",
    );
    post(&["a", &long[2..]], 60).ok();
    post(&["a", "b"], 31_536_001).refused(422, "Expiration date is too far in the future");
    post(&["a", "b"], 31_536_000).ok();
    post(&["a", "b"], -1).refused(422, "Expiration date is too soon");
    post(&["a"], 60).refused(422, "Poll must contain at least 2 options");
    post(&["a", "a"], 60).refused(422, "Poll options must differ");
    post(&["a", " "], 60).refused(422, "Poll options cannot be empty");
    ask(&alice, &[]).refused(400, "Missing field: expires_in.");
    let limits = server.get("/api/v1/instance").ok();
    assert_eq!(
        limits["poll_limits"],
        json!({"max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31_536_000})
    );
}

#[test]
fn hidden_totals_show_when_it_is_over() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let status = asked(&alice, &[("poll[hide_totals]", "true")]);
    let after = vote(&bob, &status, &["0"]).ok();
    assert_eq!(after["options"][0]["votes_count"], json!(null));
    assert_eq!(after["votes_count"], 1);
    end(&server, &status);
    let over = bob.get(&poll_path(&status)).ok();
    assert_eq!(over["expired"], true);
    assert_eq!(over["options"][0]["votes_count"], 1);
}

#[test]
fn the_end_is_told_to_the_author_and_those_who_voted_once() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    // A stranger's block must not keep an author from the end of their own poll.
    server
        .sql()
        .execute(
            r#"UPDATE users SET notification_settings = '{"block_from_strangers": 1}' WHERE account_id = CAST(?1 AS INTEGER)"#,
            [&alice.id],
        )
        .unwrap();
    let status = asked(&alice, &[]);
    vote(&bob, &status, &["0"]).ok();
    server.run_jobs();
    assert!(told(&server, &alice.id).is_empty());
    end(&server, &status);
    server.run_jobs();
    let expected = [("poll".to_owned(), alice.id.clone())];
    assert_eq!(told(&server, &alice.id), expected);
    assert_eq!(told(&server, &bob.id), expected);
    assert!(told(&server, &carol.id).is_empty());
    assert!(server.jobs("close_poll").is_empty());
    let shown = alice.get("/api/v1/notifications").ok();
    assert_eq!(shown[0]["type"], "poll");
    assert_eq!(shown[0]["status"]["poll"]["expired"], true);
}

#[test]
fn an_edit_that_asks_something_else_starts_the_votes_anew() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let status = asked(&alice, &[]);
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    vote(&bob, &status, &["0"]).ok();
    let edit = |options: &[&str]| {
        let body =
            json!({"status": "cats or dogs?", "poll": {"options": options, "expires_in": 7200}});
        alice.json("PUT", &path, &body).ok()
    };
    let longer = edit(&["cats", "dogs", "both"]);
    assert_eq!(longer["edited_at"], json!(null));
    assert_eq!(longer["poll"]["votes_count"], 1);
    assert_ne!(longer["poll"]["expires_at"], status["poll"]["expires_at"]);
    let other = edit(&["cats", "dogs"]);
    assert!(other["edited_at"].is_string());
    assert_eq!(
        (
            &other["poll"]["votes_count"],
            &other["poll"]["voters_count"]
        ),
        (&json!(0), &json!(0))
    );
    vote(&bob, &other, &["1"]).ok();
    let history = server.get(&format!("{path}/history")).ok();
    assert_eq!(
        history[0]["poll"]["options"],
        json!([{"title": "cats"}, {"title": "dogs"}, {"title": "both"}])
    );
    assert_eq!(history[1]["poll"]["options"].as_array().unwrap().len(), 2);
    let none = alice.put(&path, &[("status", "cats or dogs?")]).ok();
    assert_eq!(none["poll"], json!(null));
    bob.get(&poll_path(&status))
        .refused(404, "Record not found");
}

#[test]
fn the_votes_of_a_deleted_account_go_with_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let status = asked(&alice, &[("poll[multiple]", "true")]);
    vote(&bob, &status, &["0", "1"]).ok();
    bob.post(
        "/api/pleroma/delete_account",
        &[("password", bob.password.as_str())],
    )
    .ok();
    server.run_jobs();
    let seen = server.get(&poll_path(&status)).ok();
    assert_eq!(
        (&seen["votes_count"], &seen["voters_count"]),
        (&json!(0), &json!(0))
    );
}
