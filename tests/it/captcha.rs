//! The captcha (pleroma-contract 3 and C.4).

use kenoma::auth::captcha::challenge;
use kenoma::clock::Timestamp;
use serde_json::{Value, json};

use crate::registration::{app_token, post, register};
use crate::support::TestServer;

const PUZZLED: &[&str] = &["instance.registrations_open=true"];

/// A puzzle whose answer the test knows, as it was given out that long ago.
fn puzzle(server: &TestServer, seconds_ago: u64) -> Value {
    let key = kenoma::ops::server_keys::captcha(server.app.db()).unwrap();
    let age = std::time::Duration::from_secs(seconds_ago);
    let made = challenge(&key, Timestamp::now().minus(age));
    json!({
        "captcha_solution": made.answer,
        "captcha_token": made.token,
        "captcha_answer_data": made.answer_data,
    })
}

fn with(mut puzzle: Value, key: &str, value: &str) -> Value {
    puzzle[key] = json!(value);
    puzzle
}

#[track_caller]
fn refused(server: &TestServer, puzzle: Value, text: &str) {
    let error = format!(r#"{{"captcha":["{text}"]}}"#);
    register(server, "lain", puzzle).refused(400, &error);
}

#[test]
fn there_is_a_captcha_while_registration_is_open() {
    let none = json!({"type": "none"});
    assert_eq!(TestServer::new().get("/api/pleroma/captcha").ok(), none);
    let server = TestServer::with(PUZZLED);
    let given = server.get("/api/v1/pleroma/captcha").ok();
    assert_eq!(given["type"], "native");
    assert_eq!(given["seconds_valid"], 300);
    assert_eq!(given["token"].as_str().unwrap().len(), 14);
    let url = given["url"].as_str().unwrap();
    let png = url.strip_prefix("data:image/png;base64,").unwrap();
    assert!(png.starts_with("iVBORw0KGgo"), "{png}");
}

#[test]
fn no_two_puzzles_are_alike() {
    let server = TestServer::with(PUZZLED);
    let (one, other) = (
        server.get("/api/pleroma/captcha").ok(),
        server.get("/api/pleroma/captcha").ok(),
    );
    for key in ["token", "url", "answer_data"] {
        assert_ne!(one[key], other[key], "{key}");
    }
}

#[test]
fn a_given_puzzle_is_judged_and_not_taken_for_forged() {
    let server = TestServer::with(PUZZLED);
    let given = server.get("/api/pleroma/captcha").ok();
    let answer = json!({
        "captcha_solution": "?????",
        "captcha_token": given["token"],
        "captcha_answer_data": given["answer_data"],
    });
    refused(&server, answer, "Invalid CAPTCHA");
}

#[test]
fn a_right_answer_counts_once_in_any_case() {
    let server = TestServer::with(PUZZLED);
    let puzzle = puzzle(&server, 0);
    let upper = puzzle["captcha_solution"].as_str().unwrap().to_uppercase();
    register(
        &server,
        "alice",
        with(puzzle.clone(), "captcha_solution", &upper),
    )
    .ok();
    refused(&server, puzzle, "CAPTCHA already used");
}

#[test]
fn a_wrong_answer_leaves_another_try() {
    let server = TestServer::with(PUZZLED);
    let puzzle = puzzle(&server, 0);
    let wrong = with(puzzle.clone(), "captcha_solution", "wrong");
    refused(&server, wrong, "Invalid CAPTCHA");
    register(&server, "lain", puzzle).ok();
}

#[test]
fn each_of_the_three_fields_is_needed() {
    let server = TestServer::with(PUZZLED);
    let missing = |field: &str| format!("Invalid CAPTCHA (Missing parameter: {field})");
    refused(&server, json!({}), &missing("captcha_solution"));
    let puzzle = puzzle(&server, 0);
    for field in ["captcha_solution", "captcha_token", "captcha_answer_data"] {
        let mut part = puzzle.clone();
        part.as_object_mut().unwrap().remove(field);
        refused(&server, part, &missing(field));
    }
}

#[test]
fn altered_data_or_data_of_another_puzzle_is_not_ours() {
    let server = TestServer::with(PUZZLED);
    let (one, other) = (puzzle(&server, 0), puzzle(&server, 0));
    let mixed = with(
        one.clone(),
        "captcha_token",
        other["captcha_token"].as_str().unwrap(),
    );
    refused(&server, mixed, "Invalid answer data");
    refused(
        &server,
        with(one, "captcha_answer_data", "AAAAAAAA"),
        "Invalid answer data",
    );
}

#[test]
fn an_old_puzzle_has_expired() {
    let server = TestServer::with(&[PUZZLED, &["captcha.seconds_valid=60"]].concat());
    refused(&server, puzzle(&server, 61), "CAPTCHA expired");
    register(&server, "lain", puzzle(&server, 50)).ok();
}

#[test]
fn a_puzzle_outlives_a_restart() {
    let server = TestServer::with(PUZZLED);
    let puzzle = puzzle(&server, 0);
    let server = server.restarted_with(PUZZLED);
    register(&server, "lain", puzzle).ok();
}

#[test]
fn a_trusted_application_needs_none() {
    let server = TestServer::with(PUZZLED);
    let body = json!({"username": "lain", "password": "correct horse", "agreement": true});
    post(&server, &app_token(&server, true), &body).ok();
}

#[test]
fn the_captcha_comes_before_the_fields() {
    let server = TestServer::with(PUZZLED);
    let refused = register(&server, "not a name", json!({}));
    let text = refused.with_status(400)["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(text.starts_with(r#"{"captcha":"#), "{text}");
}
