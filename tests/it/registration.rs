//! `POST /api/v1/accounts` (pleroma-contract C.1 to C.3).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, TestServer, multipart};

pub const OPEN: &[&str] = &["instance.registrations_open=true", "captcha.enabled=false"];

/// A token of an application by itself, as `client_credentials` gives it.
pub fn app_token(server: &TestServer, trusted: bool) -> String {
    use kenoma::ids::AppId;
    let id = AppId::new();
    server
        .sql()
        .execute(
            "INSERT INTO apps (id, name, client_id, client_secret, redirect_uris, scopes, trusted, created_at)
             VALUES (?1, 'test', ?2, zeroblob(32), 'urn:ietf:wg:oauth:2.0:oob', 'read write follow push admin', ?3, 0)",
            (id.0, id.0.to_string(), trusted),
        )
        .unwrap();
    let life = Duration::from_secs(3600);
    let db = server.app.db();
    db.write(|tx| kenoma::ops::tokens::issue(tx, Some(id), None, "read write", life))
        .unwrap()
        .access
}

/// Posts as that token.
pub fn post(server: &TestServer, token: &str, body: &Value) -> Answer {
    server.request(
        "POST",
        "/api/v1/accounts",
        &[
            ("Authorization", &format!("Bearer {token}")),
            ("Content-Type", "application/json"),
        ],
        body.to_string().as_bytes(),
    )
}

/// Registers with more or other fields.
pub fn register(server: &TestServer, name: &str, more: Value) -> Answer {
    let mut body = json!({
        "username": name,
        "email": format!("{name}@example.org"),
        "password": "correct horse",
        "agreement": true,
    });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    post(server, &app_token(server, false), &body)
}

/// Field problems: a JSON document inside the error's text.
#[track_caller]
fn problems(answer: Answer) -> Value {
    let body = answer.with_status(400);
    serde_json::from_str(body["error"].as_str().unwrap()).unwrap()
}

fn verify(server: &TestServer, token: &Value) -> Answer {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    server.request(
        "GET",
        "/api/v1/accounts/verify_credentials",
        &[("Authorization", &bearer)],
        b"",
    )
}

fn basic(server: &TestServer, name: &str) -> Answer {
    use base64::Engine;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{name}:correct horse"));
    server.request(
        "GET",
        "/api/v1/accounts/verify_credentials",
        &[("Authorization", &format!("Basic {pair}"))],
        b"",
    )
}

#[test]
fn an_application_registers_a_person_who_is_logged_in_at_once() {
    let server = TestServer::with(OPEN);
    let more = json!({"fullname": "Lain Iwakura", "bio": "close the <world>\nopen the nExt"});
    let answer = register(&server, "Lain", more);
    let cookie = answer.header("Set-Cookie").unwrap().to_owned();
    let token = answer.ok();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["scope"], "read write follow push");
    assert_eq!(token["me"], "http://127.0.0.1:4000/users/lain");
    let me = verify(&server, &token["access_token"]).ok();
    assert_eq!(me["acct"], "lain");
    assert_eq!(me["display_name"], "Lain Iwakura");
    assert_eq!(
        me["note"],
        "<p>close the &lt;world&gt;<br>open the nExt</p>"
    );
    let cookie = cookie.split(';').next().unwrap();
    server
        .request(
            "GET",
            "/api/v1/accounts/verify_credentials",
            &[("Cookie", cookie)],
            b"",
        )
        .ok();
    basic(&server, "lain").ok();
    server.run_jobs();
    assert!(server.mails().is_empty());
}

#[test]
fn a_form_with_parts_registers_too() {
    let server = TestServer::with(OPEN);
    let fields = [
        ("username", "lain"),
        ("email", "lain@example.org"),
        ("password", "correct horse"),
        ("agreement", "true"),
    ];
    let (content_type, body) = multipart("unused", "unused.txt", b"", &fields);
    let bearer = format!("Bearer {}", app_token(&server, false));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", content_type.as_str()),
    ];
    let token = server
        .request("POST", "/api/v1/accounts", &headers, &body)
        .ok();
    verify(&server, &token["access_token"]).ok();
}

#[test]
fn people_and_strangers_do_not_register_others() {
    let server = TestServer::with(OPEN);
    let alice = server.user("alice");
    let body = json!({"username": "bob", "password": "correct horse", "agreement": true});
    post(&server, &alice.token, &body).refused(403, "Invalid credentials");
    post(&server, "wrong", &body).refused(403, "Invalid credentials");
    server
        .post_json("/api/v1/accounts", &body)
        .refused(403, "Invalid credentials");
}

#[test]
fn every_missing_field_is_named() {
    let server = TestServer::with(OPEN);
    let token = app_token(&server, false);
    let body = post(&server, &token, &json!({"username": "lain"})).with_status(400);
    assert_eq!(
        body["error"],
        "Missing field: password. Missing field: agreement."
    );
    assert_eq!(body["errors"][1]["source"]["pointer"], "/agreement");
    let body = json!({"password": "correct horse", "agreement": true});
    post(&server, &token, &body).refused(400, "Missing field: username.");
}

#[test]
fn an_address_is_needed_only_where_it_must_be_confirmed() {
    let server = TestServer::with(OPEN);
    let body =
        |name: &str| json!({"username": name, "password": "correct horse", "agreement": true});
    let token = app_token(&server, false);
    post(&server, &token, &body("one")).ok();
    register(&server, "two", json!({"email": ""})).ok();
    register(&server, "three", json!({"email": ""})).ok();

    let server =
        server.restarted_with(&[OPEN, &["instance.account_activation_required=true"]].concat());
    post(&server, &token, &body("four")).refused(400, "Missing parameter: email");
    register(&server, "four", json!({"email": ""})).refused(400, r#"{"email":["can't be blank"]}"#);
}

#[test]
fn the_address_comes_before_the_captcha_and_the_captcha_before_the_invitation() {
    let invited = ["instance.invites_enabled=true", "captcha.enabled=true"];
    let activated = ["instance.account_activation_required=true"];
    let server = TestServer::with(&[&invited[..], &activated].concat());
    let (token, wrong) = (app_token(&server, false), json!({"token": "wrong"}));
    let body = json!({"username": "lain", "password": "correct horse", "agreement": true, "token": "wrong"});
    post(&server, &token, &body).refused(400, "Missing parameter: email");
    let captcha = problems(register(&server, "lain", wrong));
    assert!(captcha["captcha"].is_array(), "{captcha}");
}

#[test]
fn what_front_ends_send_besides_is_ignored() {
    let server = TestServer::with(OPEN);
    let more = json!({"nickname": "other", "confirm": "something else", "captcha_solution": "x", "token": "x", "language": "de"});
    let token = register(&server, "lain", more).ok();
    let me = verify(&server, &token["access_token"]).ok();
    assert_eq!(me["username"], "lain");
}

#[test]
fn whoever_waits_is_shown_to_admins_only_and_keeps_the_name() {
    for obstacle in ["account_approval_required", "account_activation_required"] {
        let setting = format!("instance.{obstacle}=true");
        let server = TestServer::with(&[OPEN, &[&setting]].concat());
        let (bob, root) = (server.user("bob"), server.admin("root"));
        register(&server, "lain", json!({})).ok();
        let path = "/api/v1/accounts/lain";
        server.get(path).refused(404, "Can't find user");
        bob.get(path).refused(404, "Can't find user");
        assert_eq!(root.get(path).ok()["username"], "lain", "{obstacle}");
        assert_eq!(server.get("/users/lain").status, 404);
        let again = problems(register(&server, "lain", json!({"email": "b@example.org"})));
        assert_eq!(again, json!({"nickname": ["has already been taken"]}));
    }
}

#[test]
fn a_taken_name_or_address_is_told_whatever_its_case() {
    let server = TestServer::with(OPEN);
    register(&server, "lain", json!({})).ok();
    register(&server, "other", json!({"email": "LAIN@example.org"}))
        .refused(400, r#"{"email":["has already been taken"]}"#);
    let both = problems(register(&server, "LAIN", json!({})));
    assert_eq!(both["nickname"], json!(["has already been taken"]));
    assert_eq!(both["email"], json!(["has already been taken"]));
}

#[test]
fn a_deleted_name_is_never_handed_out_again() {
    let server = TestServer::with(OPEN);
    let alice = server.user("alice");
    let id = alice.id.parse().unwrap();
    server
        .app
        .db()
        .write(|tx| kenoma::ops::users::delete(tx, id))
        .unwrap();
    server.run_jobs();
    let taken = problems(register(
        &server,
        "alice",
        json!({"email": "alice@example.com"}),
    ));
    assert_eq!(taken, json!({"nickname": ["has already been taken"]}));
}

#[test]
fn reserved_and_misspelt_names_are_refused() {
    let server = TestServer::with(OPEN);
    for (name, rule) in [
        ("api", "is reserved"),
        ("OAuth", "is reserved"),
        ("la-in", "has invalid format"),
        ("lain@example.org", "has invalid format"),
        ("la in", "has invalid format"),
        ("läin", "has invalid format"),
        ("", "can't be blank"),
        (&"a".repeat(31), "has invalid format"),
    ] {
        let found = problems(register(&server, name, json!({"email": "a@example.org"})));
        assert_eq!(found, json!({"nickname": [rule]}), "{name}");
    }
}

#[test]
fn addresses_that_mailers_read_differently_are_refused() {
    let server = TestServer::with(OPEN);
    for email in [
        "lain%evil.example@example.org",
        "evil.example!lain@example.org",
        "\"lain\"@example.org",
        "lain(x)@example.org",
        "lain@example.org\r\nBcc: x@example.org",
        "lain@[127.0.0.1]",
        "läin@example.org",
        "a@example.org,b@example.org",
        "lain",
    ] {
        let found = problems(register(&server, "lain", json!({"email": email})));
        assert_eq!(found, json!({"email": ["has invalid format"]}), "{email}");
    }
}

#[test]
fn lengths_are_limited() {
    let server = TestServer::with(OPEN);
    let found = problems(register(
        &server,
        "lain",
        json!({"password": "short", "fullname": "é".repeat(101), "bio": "b".repeat(5001)}),
    ));
    assert_eq!(
        found,
        json!({
            "password": ["should be at least 8 character(s)"],
            "name": ["should be at most 100 character(s)"],
            "bio": ["should be at most 5000 character(s)"],
        })
    );
    let none = problems(register(&server, "lain", json!({"password": ""})));
    assert_eq!(none, json!({"password": ["can't be blank"]}));
    let long = problems(register(
        &server,
        "lain",
        json!({"password": "x".repeat(73)}),
    ));
    assert_eq!(long["password"][0], "should be at most 72 byte(s)");
    register(
        &server,
        "lain",
        json!({"fullname": "é".repeat(100), "bio": "b".repeat(5000)}),
    )
    .ok();
}

#[test]
fn whoever_awaits_approval_gets_no_token_and_cannot_log_in() {
    let settings = [OPEN, &["instance.account_approval_required=true"]].concat();
    let server = TestServer::with(&settings);
    server.admin("root");
    let more = json!({"reason": "I like <b>cats</b>"});
    let body = register(&server, "lain", more).ok();
    assert_eq!(body["identifier"], "awaiting_approval");
    assert_eq!(
        body["message"],
        "You have been registered. You'll be able to log in once your account is approved."
    );
    assert!(body.get("access_token").is_none());
    basic(&server, "lain").refused(403, "Invalid credentials.");
    server.run_jobs();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("To: root@example.com\r\n"),
        "{}",
        mails[0]
    );
    assert!(mails[0].contains("> I like cats\r\n"), "{}", mails[0]);
    // Switching the setting off lets nobody in.
    let server = server.restarted_with(OPEN);
    basic(&server, "lain").refused(403, "Invalid credentials.");
}

#[test]
fn whoever_must_confirm_is_told_to_read_mail() {
    let settings = [OPEN, &["instance.account_activation_required=true"]].concat();
    let server = TestServer::with(&settings);
    let body = register(&server, "lain", json!({})).ok();
    assert_eq!(body["identifier"], "missing_confirmed_email");
    assert!(body.get("access_token").is_none());
    basic(&server, "lain").refused(403, "Invalid credentials.");
    // Unlike approval, confirmation depends on the present setting.
    let server = server.restarted_with(OPEN);
    basic(&server, "lain").ok();
}

#[test]
fn with_two_obstacles_approval_is_told_first() {
    let both = [
        "instance.account_activation_required=true",
        "instance.account_approval_required=true",
    ];
    let server = TestServer::with(&[OPEN, &both].concat());
    let body = register(&server, "lain", json!({})).ok();
    assert_eq!(body["identifier"], "awaiting_approval");
    server.run_jobs();
    // There is no admin to write to, but the link is sent.
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn nobody_is_marked_unconfirmed_while_confirmation_is_not_required() {
    let server = TestServer::with(OPEN);
    register(&server, "lain", json!({})).ok();
    let server =
        server.restarted_with(&[OPEN, &["instance.account_activation_required=true"]].concat());
    basic(&server, "lain").ok();
}

#[test]
fn twenty_at_once_with_one_name_make_one_account() {
    let server = TestServer::with(OPEN);
    let token = app_token(&server, false);
    let body = |n: usize| json!({"username": "lain", "email": format!("{n}@example.org"), "password": "correct horse", "agreement": true});
    let made: Vec<u16> = std::thread::scope(|threads| {
        let runs: Vec<_> = (0..20)
            .map(|n| {
                let (server, token) = (&server, &token);
                threads.spawn(move || post(server, token, &body(n)).status)
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(made.iter().filter(|status| **status == 400).count(), 19);
}

#[test]
fn the_26th_attempt_is_too_many() {
    let server = TestServer::with(&[OPEN, &["rate_limit.enabled=true"]].concat());
    for n in 0..25 {
        register(&server, &format!("lain{n}"), json!({})).ok();
    }
    let refused = register(&server, "lain25", json!({}));
    assert!(refused.header("Retry-After").is_some());
    refused.refused(429, "Throttled");
}
