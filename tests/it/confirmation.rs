//! Confirmation of e-mail addresses (pleroma-contract 12 and F).

use serde_json::json;

use crate::registration::{OPEN, register};
use crate::support::{BASE, TestServer};

fn server() -> TestServer {
    let settings = [OPEN, &["instance.account_activation_required=true"]].concat();
    let server = TestServer::with(&settings);
    register(&server, "lain", json!({})).ok();
    server
}

/// The path of the link in the newest letter.
pub fn link(server: &TestServer, start: &str) -> String {
    server.run_jobs();
    let mails = server.mails();
    let mail = mails.last().unwrap();
    let link = mail
        .lines()
        .find(|line| line.starts_with(&format!("{BASE}{start}")));
    link.unwrap_or_else(|| panic!("{mail}"))[BASE.len()..]
        .trim()
        .to_owned()
}

fn logs_in(server: &TestServer) -> bool {
    use base64::Engine;
    let pair = base64::prelude::BASE64_STANDARD.encode("lain:correct horse");
    let headers = [("Authorization", &*format!("Basic {pair}"))];
    let target = "/api/v1/accounts/verify_credentials";
    server.request("GET", target, &headers, b"").status == 200
}

#[test]
fn the_mailed_link_confirms_once() {
    let server = server();
    let link = link(&server, "/api/account/confirm_email/");
    assert!(!logs_in(&server));
    let answer = server.get(&link);
    assert_eq!((answer.status, answer.header("Location")), (302, Some("/")));
    assert!(logs_in(&server));
    server
        .get(&link)
        .refused(400, "This confirmation link is not valid");
}

#[test]
fn a_link_of_another_account_or_none_confirms_nobody() {
    let server = server();
    let link = link(&server, "/api/account/confirm_email/");
    let token = link.rsplit('/').next().unwrap();
    let alice = server.user("alice");
    for path in [
        format!("/api/account/confirm_email/{}/{token}", alice.id),
        format!("/api/account/confirm_email/nobody/{token}"),
        link.replace(token, "wrong"),
    ] {
        server
            .get(&path)
            .refused(400, "This confirmation link is not valid");
    }
    assert!(!logs_in(&server));
}

#[test]
fn a_lost_link_is_sent_again_by_address_or_name() {
    let server = server();
    let first = link(&server, "/api/account/confirm_email/");
    let call = "/api/v1/pleroma/accounts/confirmation_resend";
    for (number, query) in ["email=lain@example.org", "nickname=lain", "email=LAIN"]
        .iter()
        .enumerate()
    {
        let answer = server.request("POST", &format!("{call}?{query}"), &[], b"");
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        server.run_jobs();
        assert_eq!(server.mails().len(), number + 2);
    }
    let newest = link(&server, "/api/account/confirm_email/");
    assert_eq!(server.get(&first).status, 400);
    assert_eq!(server.get(&newest).status, 302);
}

#[test]
fn resending_tells_nobody_who_has_an_account() {
    let server = server();
    server.user("alice");
    server.run_jobs();
    let call = "/api/pleroma/accounts/confirmation_resend";
    for form in [
        &[("email", "nobody@example.org")][..],
        &[("email", "alice@example.com")],
        &[("nickname", "nobody")],
        &[],
    ] {
        assert_eq!(server.post_form(call, form).status, 204);
    }
    server.run_jobs();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn nothing_is_sent_while_confirmation_is_not_required() {
    let server = server();
    server.run_jobs();
    let server = server.restarted_with(OPEN);
    let call = "/api/v1/pleroma/accounts/confirmation_resend";
    assert_eq!(
        server
            .post_form(call, &[("email", "lain@example.org")])
            .status,
        204
    );
    server.run_jobs();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn asking_for_mail_is_limited_by_address() {
    let settings = [OPEN, &["rate_limit.enabled=true"]].concat();
    let server = TestServer::with(&settings);
    let call = "/api/v1/pleroma/accounts/confirmation_resend";
    for _ in 0..5 {
        assert_eq!(
            server.post_form(call, &[("email", "x@example.org")]).status,
            204
        );
    }
    server
        .post_form(call, &[("email", "x@example.org")])
        .refused(429, "Throttled");
}
