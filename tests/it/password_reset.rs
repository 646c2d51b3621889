//! A new password by mail (pleroma-contract F, security.md O10).

use crate::confirmation::link;
use crate::support::{Answer, BASE, TestServer, TestUser, encode};

fn token(server: &TestServer) -> String {
    let link = link(server, "/api/pleroma/password_reset/");
    link.rsplit('/').next().unwrap().to_owned()
}

fn ask(server: &TestServer, query: &str) -> Answer {
    server.request("POST", &format!("/auth/password?{query}"), &[], b"")
}

fn set(server: &TestServer, token: &str, password: &str, again: &str) -> String {
    let form = [
        ("data[token]", token),
        ("data[password]", password),
        ("data[password_confirmation]", again),
    ];
    let answer = server.post_form("/api/pleroma/password_reset", &form);
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("Content-Type")
            .unwrap()
            .starts_with("text/html")
    );
    answer.text()
}

fn logs_in(user: &TestUser, password: &str) -> bool {
    use base64::Engine;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{}:{password}", user.name));
    let headers = [("Authorization", &*format!("Basic {pair}"))];
    let target = "/api/v1/accounts/verify_credentials";
    user.server.request("GET", target, &headers, b"").status == 200
}

#[test]
fn the_mailed_link_sets_a_password_once_and_ends_every_session() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(ask(&server, "email=alice@example.com").status, 204);
    let token = token(&server);
    let page = server
        .get(&format!("/api/pleroma/password_reset/{token}"))
        .text();
    for part in [
        "data[password]",
        "data[password_confirmation]",
        "data[token]",
        &token,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(set(&server, &token, "new password", "new password").contains("Password changed!"));
    assert!(logs_in(&alice, "new password") && !logs_in(&alice, &alice.password));
    alice
        .get("/api/v1/accounts/verify_credentials")
        .refused(403, "Invalid credentials.");
    assert!(set(&server, &token, "third password", "third password").contains("Invalid Token"));
    assert!(logs_in(&alice, "new password"));
}

#[test]
fn one_reset_ends_every_other_link_of_the_account() {
    let server = TestServer::new();
    let alice = server.user("alice");
    ask(&server, "nickname=alice");
    let first = token(&server);
    ask(&server, "nickname=alice");
    let second = token(&server);
    set(&server, &second, "new password", "new password");
    assert!(set(&server, &first, "third password", "third password").contains("Invalid Token"));
    assert!(logs_in(&alice, "new password"));
}

#[test]
fn a_link_works_for_an_hour() {
    let server = TestServer::new();
    let alice = server.user("alice");
    ask(&server, "nickname=alice");
    let token = token(&server);
    let age = |ms: i64| {
        let sql = "UPDATE password_resets SET expires_at = expires_at - ?1";
        server.sql().execute(sql, [ms]).unwrap();
    };
    age(59 * 60_000);
    let page = || {
        server
            .get(&format!("/api/pleroma/password_reset/{token}"))
            .text()
    };
    assert!(page().contains("<form"));
    age(60_001);
    assert!(page().contains("Invalid Token"));
    assert!(set(&server, &token, "new password", "new password").contains("Invalid Token"));
    assert!(logs_in(&alice, &alice.password));
}

#[test]
fn a_bad_password_leaves_the_link_for_another_try() {
    let server = TestServer::new();
    let alice = server.user("alice");
    ask(&server, "nickname=alice");
    let token = token(&server);
    assert!(set(&server, &token, "new password", "other password").contains("differ"));
    assert!(set(&server, &token, "short", "short").contains("at least 8"));
    let long = "x".repeat(73);
    assert!(set(&server, &token, &long, &long).contains("at most 72"));
    assert!(logs_in(&alice, &alice.password));
    set(&server, &token, "new password", "new password");
    assert!(logs_in(&alice, "new password"));
}

#[test]
fn asking_tells_nobody_who_has_an_account() {
    let server = TestServer::new();
    server.user("alice");
    for query in ["email=nobody@example.org", "nickname=nobody", "email=", ""] {
        let answer = ask(&server, query);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{query}");
    }
    server.run_jobs();
    assert!(server.mails().is_empty());
}

#[test]
fn the_link_leads_where_the_settings_say_whatever_host_was_asked() {
    let server = TestServer::new();
    server.user("alice");
    let headers = [
        ("Host", "evil.example"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    server.request(
        "POST",
        "/auth/password",
        &headers,
        encode(&[("nickname", "alice")]).as_bytes(),
    );
    server.run_jobs();
    let mail = server.mails().remove(0);
    assert!(
        mail.contains(&format!("{BASE}/api/pleroma/password_reset/")),
        "{mail}"
    );
    assert!(!mail.contains("evil.example"), "{mail}");
}

#[test]
fn the_database_holds_no_link_and_the_page_no_foreign_html() {
    let server = TestServer::new();
    server.user("alice");
    ask(&server, "nickname=alice");
    let token = token(&server);
    let stored: Vec<u8> = server
        .sql()
        .query_row("SELECT token FROM password_resets", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, kenoma::auth::secret::digest(&token));
    assert!(server.jobs("send_mail").is_empty());
    let page = server
        .get("/api/pleroma/password_reset/%22%3E%3Cscript%3E")
        .text();
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn a_deactivated_account_gets_no_link() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let id = alice.id.parse().unwrap();
    server
        .app
        .db()
        .write(|tx| kenoma::ops::users::deactivate(tx, id))
        .unwrap();
    ask(&server, "nickname=alice");
    server.run_jobs();
    assert!(server.mails().is_empty());
}
