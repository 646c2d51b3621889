//! The page on which people set up the second factor without a client.

use data_encoding::BASE32_NOPAD;

use crate::login::hidden;
use crate::mfa::Phone;
use crate::oauth::Client;
use crate::support::{Answer, TestServer, TestUser};

const PAGE: &str = "/auth/mfa";

/// Sends the form of a page, filled in.
fn send(server: &TestServer, page: &str, fields: &[(&str, &str)]) -> Answer {
    let token = hidden(page, "form_token");
    let account = page
        .contains("name=\"account\"")
        .then(|| hidden(page, "account"));
    let mut form = vec![("form_token", token.as_str())];
    form.extend(account.as_deref().map(|id| ("account", id)));
    form.extend_from_slice(fields);
    server.post_form(PAGE, &form)
}

/// The page after name and password.
fn begun(user: &TestUser) -> Answer {
    let page = user.server.get(PAGE).text();
    let fields = [("name", user.name.as_str()), ("password", &user.password)];
    send(user.server, &page, &fields)
}

fn phone(page: &str) -> Phone {
    let (_, rest) = page.split_once("key into it: <code>").unwrap();
    let key = rest.split('<').next().unwrap();
    Phone(BASE32_NOPAD.decode(key.as_bytes()).unwrap())
}

fn codes(page: &str) -> Vec<&str> {
    let items = page.split("<li><code>").skip(1);
    items.map(|rest| rest.split('<').next().unwrap()).collect()
}

#[test]
fn a_person_switches_it_on_and_off_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let page = begun(&alice);
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let page = page.text();
    assert!(
        page.contains("<svg class=\"qr\"")
            && page.contains("href=\"otpauth://totp/alice@example.com?digits=6&#38;")
    );
    let phone = phone(&page);
    let wrong = send(&server, &page, &[("code", &phone.wrong())]);
    assert_eq!(wrong.status, 401);
    let again = wrong.text();
    assert!(again.contains("This code is wrong") && again.contains("<svg"));
    assert_eq!(
        self::phone(&again).0,
        phone.0,
        "the phone need not scan again"
    );
    client.login(&alice);
    let done = send(&server, &again, &[("code", &phone.code(0))]).text();
    let codes: Vec<String> = codes(&done).into_iter().map(str::to_owned).collect();
    assert_eq!(codes.len(), 5);
    let refused = client.password("alice", &alice.password).with_status(403);
    assert_eq!(refused["error"], "mfa_required");

    let page = begun(&alice).text();
    assert!(page.contains("Switch it off") && !page.contains("<svg"));
    assert_eq!(send(&server, &page, &[("code", "000")]).status, 401);
    let off = send(&server, &page, &[("code", &codes[0])]);
    assert!(off.text().contains("It is switched off"));
    client.login(&alice);
}

#[test]
fn nobody_gets_on_without_the_password() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (page, mine) = (server.get(PAGE).text(), begun(&alice).text());
    for (name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("", "")] {
        let answer = send(&server, &page, &[("name", name), ("password", password)]);
        assert_eq!(answer.status, 401);
        assert!(answer.text().contains("Invalid Username/Password"));
    }
    // The token of one form is none for another, nor for another account.
    let bob = server.user("bob");
    let token = hidden(&mine, "form_token");
    for forged in [&*token, &hidden(&page, "form_token"), ""] {
        let form = [
            ("form_token", forged),
            ("account", &bob.id),
            ("code", "123456"),
        ];
        let answer = server.post_form(PAGE, &form);
        assert_eq!(answer.status, 401);
        assert!(answer.text().contains("This form has expired"));
    }
    // A new password ends the forms of the old one.
    let hash = server.app.hasher().hash("another-password").unwrap();
    let id = alice.id.parse().unwrap();
    let change = |tx: &kenoma::db::Tx| kenoma::ops::users::set_password(tx, id, &hash);
    server.app.db().write(change).unwrap();
    assert_eq!(
        send(&server, &mine, &[("code", &phone(&mine).code(0))]).status,
        401
    );
}

#[test]
fn another_site_cannot_send_it() {
    let server = TestServer::new();
    for header in [
        ("Origin", "https://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        assert_eq!(server.request("POST", PAGE, &[header], b"").status, 403);
    }
}

#[test]
fn an_account_that_may_not_log_in_sets_nothing_up() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let sql = "UPDATE users SET approval_pending = 1";
    server.sql().execute(sql, []).unwrap();
    let answer = begun(&alice);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("Your account is awaiting approval."));
}

#[test]
fn guessing_the_code_to_switch_it_off_locks_the_account() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    let first = begun(&alice).text();
    send(&server, &first, &[("code", &phone(&first).code(0))]);
    let page = begun(&alice).text();
    for _ in 0..5 {
        assert_eq!(
            send(&server, &page, &[("code", &phone(&first).wrong())]).status,
            401
        );
    }
    let locked = send(&server, &page, &[("code", &phone(&first).code(1))]);
    assert_eq!(locked.status, 429);
    assert!(locked.text().contains("Please try again in 15 minutes"));
}
