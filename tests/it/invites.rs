//! Registration by invitation (pleroma-contract C.5).

use kenoma::db::invites::InviteRow;
use serde_json::json;

use crate::registration::{app_token, post, register};
use crate::support::{Answer, TestServer};

const INVITED: &[&str] = &["instance.invites_enabled=true", "captcha.enabled=false"];

fn invite(server: &TestServer, max_use: Option<i64>, expires_on: Option<&str>) -> String {
    let db = server.app.db();
    db.write(|tx| kenoma::ops::invites::create(tx, max_use, expires_on))
        .unwrap()
        .token
}

fn row(server: &TestServer, token: &str) -> InviteRow {
    let read = |db: &_| kenoma::db::invites::by_token(db, token);
    server.app.db().read(read).unwrap().unwrap()
}

fn today(days: i64) -> String {
    let day = std::time::Duration::from_secs(86_400 * days.unsigned_abs());
    let now = kenoma::clock::Timestamp::now();
    if days < 0 {
        now.minus(day)
    } else {
        now.plus(day)
    }
    .date()
}

#[test]
fn while_registration_is_closed_an_invitation_is_needed() {
    let server = TestServer::with(INVITED);
    register(&server, "lain", json!({})).refused(400, "Expired token");
    register(&server, "lain", json!({"token": ""})).refused(400, "Expired token");
    register(&server, "lain", json!({"token": "wrong"})).refused(400, "Invalid token");
}

#[test]
fn invitations_count_only_where_they_are_enabled() {
    let server = TestServer::with(&["captcha.enabled=false"]);
    let token = invite(&server, None, None);
    register(&server, "lain", json!({"token": token})).refused(400, "Invalid token");
    register(&server, "lain", json!({})).refused(400, "Expired token");
}

#[test]
fn a_plain_invitation_works_once() {
    let server = TestServer::with(INVITED);
    let token = invite(&server, None, None);
    register(&server, "lain", json!({"token": token})).ok();
    assert!(row(&server, &token).used);
    register(&server, "alice", json!({"token": token})).refused(400, "Expired token");
}

#[test]
fn a_failed_registration_does_not_use_the_invitation() {
    let server = TestServer::with(INVITED);
    server.user("alice");
    let token = invite(&server, None, None);
    let refused = register(&server, "alice", json!({"token": token}));
    assert_eq!(refused.status, 400);
    assert!(!row(&server, &token).used);
    register(&server, "lain", json!({"token": token})).ok();
}

#[test]
fn the_invitation_is_judged_before_the_fields() {
    let server = TestServer::with(INVITED);
    register(&server, "not a name", json!({"token": "wrong"})).refused(400, "Invalid token");
}

#[test]
fn a_reusable_invitation_counts_to_its_limit() {
    let server = TestServer::with(INVITED);
    let token = invite(&server, Some(2), None);
    register(&server, "one", json!({"token": token})).ok();
    let after = row(&server, &token);
    assert_eq!((after.uses, after.used), (1, false));
    register(&server, "two", json!({"token": token})).ok();
    let after = row(&server, &token);
    assert_eq!((after.uses, after.used), (2, true));
    register(&server, "three", json!({"token": token})).refused(400, "Expired token");
}

#[test]
fn a_dated_invitation_holds_through_its_last_day_and_is_not_counted() {
    let server = TestServer::with(INVITED);
    let token = invite(&server, None, Some(&today(0)));
    register(&server, "one", json!({"token": token})).ok();
    register(&server, "two", json!({"token": token})).ok();
    assert_eq!(row(&server, &token).uses, 0);
    let over = invite(&server, None, Some(&today(-1)));
    register(&server, "three", json!({"token": over})).refused(400, "Expired token");
}

#[test]
fn with_both_limits_the_first_one_reached_ends_it() {
    let server = TestServer::with(INVITED);
    let token = invite(&server, Some(1), Some(&today(1)));
    register(&server, "one", json!({"token": token})).ok();
    register(&server, "two", json!({"token": token})).refused(400, "Expired token");
    let over = invite(&server, Some(5), Some(&today(-1)));
    register(&server, "three", json!({"token": over})).refused(400, "Expired token");
}

#[test]
fn a_revoked_invitation_is_over() {
    let server = TestServer::with(INVITED);
    let token = invite(&server, Some(10), None);
    let db = server.app.db();
    db.write(|tx| kenoma::ops::invites::revoke(tx, &token))
        .unwrap();
    register(&server, "lain", json!({"token": token})).refused(400, "Expired token");
}

#[test]
fn an_invitation_does_not_replace_approval_or_confirmation() {
    let both = [
        "instance.account_activation_required=true",
        "instance.account_approval_required=true",
    ];
    let server = TestServer::with(&[INVITED, &both].concat());
    let token = invite(&server, None, None);
    let body = register(&server, "lain", json!({"token": token})).ok();
    assert_eq!(body["identifier"], "awaiting_approval");
}

#[test]
fn while_registration_is_open_an_invitation_is_not_looked_at() {
    let server = TestServer::with(&[INVITED, &["instance.registrations_open=true"]].concat());
    let token = invite(&server, None, None);
    register(&server, "one", json!({"token": token})).ok();
    register(&server, "two", json!({"token": "wrong"})).ok();
    assert!(!row(&server, &token).used);
}

#[test]
fn twenty_at_once_on_one_invitation_make_one_account() {
    let server = TestServer::with(INVITED);
    let (app, token) = (app_token(&server, false), invite(&server, None, None));
    let body = |n: usize| json!({"username": format!("lain{n}"), "password": "correct horse", "agreement": true, "token": token});
    let made: Vec<u16> = std::thread::scope(|threads| {
        let runs: Vec<_> = (0..20)
            .map(|n| {
                let (server, app, body) = (&server, &app, body(n));
                threads.spawn(move || post(server, app, &body).status)
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|status| **status == 200).count(), 1);
    let count: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM users", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
}

/// Fills in the form of a registration page with its own hidden fields.
fn fill_in(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = server.get(path).text();
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap();
    let form = [&[("form_token", token)], fields].concat();
    server.post_form(path, &form)
}

const LAIN: &[(&str, &str)] = &[
    ("username", "Lain"),
    ("email", ""),
    ("password", "correct horse"),
    ("password_again", "correct horse"),
];

#[test]
fn the_link_of_an_invitation_leads_to_a_form_that_registers_once() {
    let server = TestServer::with(INVITED);
    let path = format!("/registration/{}", invite(&server, None, None));
    let welcome = fill_in(&server, &path, LAIN);
    assert_eq!(welcome.status, 200);
    assert!(welcome.text().contains("You are @lain now."));
    let over = server.get(&path);
    assert_eq!(over.status, 404);
    assert!(over.text().contains("does not work any more"));
    assert_eq!(server.post_form(&path, LAIN).status, 404);
}

#[test]
fn the_form_says_what_is_wrong_and_keeps_what_was_typed() {
    let server = TestServer::with(INVITED);
    server.user("lain");
    let path = format!("/registration/{}", invite(&server, None, None));
    let refused = fill_in(&server, &path, LAIN);
    assert_eq!(refused.status, 422);
    let page = refused.text();
    assert!(page.contains("The name has already been taken."), "{page}");
    assert!(page.contains("value=\"Lain\""), "{page}");
    assert!(!page.contains("correct horse"), "{page}");
    let forged = server.post_form(&path, LAIN);
    assert_eq!(forged.status, 403);
}

#[test]
fn the_form_is_closed_to_strangers_and_asks_for_a_captcha_where_open() {
    let server = TestServer::with(INVITED);
    assert_eq!(server.get("/registration").status, 403);
    assert_eq!(server.get("/registration/wrong").status, 404);
    let server = TestServer::with(&["instance.registrations_open=true"]);
    assert!(
        server
            .get("/registration")
            .text()
            .contains("data:image/png;base64,")
    );
    let refused = fill_in(&server, "/registration", LAIN);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("The letters were not"));
    let key = kenoma::ops::server_keys::captcha(server.app.db()).unwrap();
    let made = kenoma::auth::captcha::challenge(&key, kenoma::clock::Timestamp::now());
    let solved = [
        ("captcha_solution", made.answer.as_str()),
        ("captcha_token", &made.token),
        ("captcha_answer_data", &made.answer_data),
    ];
    let welcome = fill_in(&server, "/registration", &[LAIN, &solved].concat());
    assert!(welcome.text().contains("You are @lain now."));
}
