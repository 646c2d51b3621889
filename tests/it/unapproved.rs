//! THE rule: an unapproved user can never log in, whatever the settings are or become. Only approval lets it in.
//! And around it the whole table of who may log in (pleroma-contract C.3).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::login::{code, submit};
use crate::oauth::{Client, text, whoami};
use crate::support::{Answer, TestServer, TestUser};

const APPROVAL: [&str; 2] = [
    "instance.account_approval_required=false",
    "instance.account_approval_required=true",
];

fn set(user: &TestUser, column: &str, value: i64) {
    let sql = match column {
        "deactivated" => "UPDATE accounts SET deactivated = ?2 WHERE id = ?1",
        "reset_pending" => "UPDATE users SET reset_pending = ?2 WHERE account_id = ?1",
        "approval_pending" => "UPDATE users SET approval_pending = ?2 WHERE account_id = ?1",
        "confirmation_pending" => {
            "UPDATE users SET confirmation_pending = ?2 WHERE account_id = ?1"
        }
        other => panic!("no flag {other}"),
    };
    let changed = user.server.sql().execute(sql, (&user.id, value)).unwrap();
    assert_eq!(changed, 1);
}

#[track_caller]
fn awaits_approval(answer: Answer) {
    let body = answer.with_status(403);
    assert_eq!(body["error"], "Your account is awaiting approval.");
    assert_eq!(body["identifier"], "awaiting_approval");
    assert_eq!(body.get("access_token"), None);
}

fn basic(user: &TestUser) -> Answer {
    let pair = BASE64_STANDARD.encode(format!("{}:{}", user.name, user.password));
    let header = format!("Basic {pair}");
    user.server.request(
        "GET",
        "/api/v1/accounts/verify_credentials",
        &[("Authorization", &header)],
        b"",
    )
}

fn with_cookie(server: &TestServer, cookie: &str) -> Answer {
    server.request(
        "GET",
        "/api/v1/accounts/verify_credentials",
        &[("Cookie", cookie)],
        b"",
    )
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("Set-Cookie").unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn an_unapproved_user_gets_no_token_for_the_password() {
    for setting in APPROVAL {
        let server = TestServer::with(&[setting]);
        let alice = server.user("alice");
        set(&alice, "approval_pending", 1);
        let client = Client::new(&server);
        awaits_approval(client.password("alice", &alice.password));
        awaits_approval(client.password("alice@example.com", &alice.password));
        // Nobody without the password learns of it.
        client
            .password("alice", "wrong")
            .refused(400, "Invalid credentials");
    }
}

#[test]
fn an_unapproved_user_gets_no_code_on_the_page() {
    for setting in APPROVAL {
        let server = TestServer::with(&[setting]);
        let alice = server.user("alice");
        set(&alice, "approval_pending", 1);
        let client = Client::new(&server);
        let sent = submit(&client, "alice", &alice.password, &[]);
        assert_eq!((sent.status, sent.header("Location")), (403, None));
        assert!(sent.text().contains("Your account is awaiting approval."));
        let sent = submit(&client, "alice", "wrong", &[]);
        assert_eq!(sent.status, 401);
        assert!(!sent.text().contains("approval"));
    }
}

#[test]
fn a_code_from_before_is_not_exchanged_for_an_unapproved_user() {
    for setting in APPROVAL {
        let server = TestServer::with(&[setting]);
        let alice = server.user("alice");
        let client = Client::new(&server);
        let code = code(&submit(&client, "alice", &alice.password, &[]));
        set(&alice, "approval_pending", 1);
        awaits_approval(client.grant("authorization_code", &[("code", &code)]));
    }
}

#[test]
fn a_refresh_token_from_before_is_of_no_use_to_an_unapproved_user() {
    for setting in APPROVAL {
        let server = TestServer::with(&[setting]);
        let alice = server.user("alice");
        let client = Client::new(&server);
        let token = client.login(&alice);
        set(&alice, "approval_pending", 1);
        let refresh = [("refresh_token", text(&token, "refresh_token"))];
        awaits_approval(client.grant("refresh_token", &refresh));
    }
}

#[test]
fn tokens_cookies_and_passwords_with_a_request_are_nobodys_while_unapproved() {
    for setting in APPROVAL {
        let server = TestServer::with(&[setting]);
        let alice = server.user("alice");
        let login = Client::new(&server).password("alice", &alice.password);
        let cookie = cookie(&login);
        let token = login.ok();
        basic(&alice).ok();
        set(&alice, "approval_pending", 1);
        for answer in [
            whoami(&server, text(&token, "access_token")),
            whoami(&server, &alice.token),
            with_cookie(&server, &cookie),
            basic(&alice),
        ] {
            answer.refused(403, "Invalid credentials.");
        }
        // Where anybody may look, the user is anybody.
        alice.get("/api/v1/timelines/public").ok();
    }
}

#[test]
fn the_consent_page_does_not_know_an_unapproved_user() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let cookie = cookie(&client.password("alice", &alice.password));
    let target = format!(
        "/oauth/authorize?response_type=code&client_id={}",
        client.id
    );
    let page = || {
        server
            .request("GET", &target, &[("Cookie", &cookie)], b"")
            .text()
    };
    assert!(page().contains("as @alice"));
    set(&alice, "approval_pending", 1);
    assert!(!page().contains("as @alice"));
}

#[test]
fn no_change_of_settings_lets_an_unapproved_user_in_but_approval_does() {
    let server = TestServer::with(&["instance.account_approval_required=true"]);
    let (id, password, old) = {
        let alice = server.user("alice");
        set(&alice, "approval_pending", 1);
        (alice.id, alice.password, alice.token)
    };
    let mut server = server;
    for settings in [
        vec!["instance.account_approval_required=false"],
        vec![
            "instance.registrations_open=true",
            "instance.account_approval_required=false",
        ],
        vec!["instance.account_activation_required=true"],
        vec![
            "instance.account_approval_required=true",
            "instance.invites_enabled=true",
        ],
        vec![],
    ] {
        server = server.restarted_with(&settings);
        awaits_approval(Client::new(&server).password("alice", &password));
        whoami(&server, &old).refused(403, "Invalid credentials.");
    }
    let id = id.parse().unwrap();
    server
        .app
        .db()
        .write(|tx| kenoma::ops::users::approve(tx, &server.app.site(), id))
        .unwrap();
    let token = Client::new(&server).password("alice", &password).ok();
    assert!(token["access_token"].is_string());
    whoami(&server, &old).ok();
}

/// One line of table C.3: flags D, R, P, U, the setting `account_activation_required`, and the answer.
type Line = (u8, bool, Option<(&'static str, &'static str)>);

const DISABLED: (&str, &str) = ("Your account is currently disabled", "account_is_disabled");
const RESET: (&str, &str) = ("Password reset is required", "password_reset_required");
const UNAPPROVED: (&str, &str) = ("Your account is awaiting approval.", "awaiting_approval");
const UNCONFIRMED: (&str, &str) = (
    "Your login is missing a confirmed e-mail address",
    "missing_confirmed_email",
);

/// Every combination of flags and settings, with what the table says of it.
fn table() -> Vec<Line> {
    let mut lines = Vec::new();
    for flags in 0..16_u8 {
        for activation in [false, true] {
            let expected = match flags {
                8.. => Some(DISABLED),
                4..8 => Some(RESET),
                2..4 => Some(UNAPPROVED),
                1 if activation => Some(UNCONFIRMED),
                _ => None,
            };
            lines.push((flags, activation, expected));
        }
    }
    lines
}

fn set_flags(user: &TestUser, flags: u8) {
    let columns = [
        "confirmation_pending",
        "approval_pending",
        "reset_pending",
        "deactivated",
    ];
    for (bit, column) in columns.into_iter().enumerate() {
        set(user, column, i64::from(flags >> bit & 1));
    }
}

/// Goes through the table with the setting `approval`, which must not matter.
fn for_each_line(approval: &str, check: impl Fn(&Client, &TestUser, Option<(&str, &str)>, u8)) {
    for activation in [false, true] {
        let setting = format!("instance.account_activation_required={activation}");
        let server = TestServer::with(&[approval, &setting]);
        let alice = server.user("alice");
        let client = Client::new(&server);
        for (flags, _, expected) in table().into_iter().filter(|line| line.1 == activation) {
            set_flags(&alice, flags);
            check(&client, &alice, expected, flags);
        }
    }
}

#[test]
fn the_password_grant_follows_the_table() {
    for approval in APPROVAL {
        for_each_line(approval, |client, alice, expected, flags| {
            let answer = client.password("alice", &alice.password);
            match expected {
                None => assert!(answer.ok()["access_token"].is_string(), "{flags:04b}"),
                Some((error, identifier)) => {
                    let body: Value = answer.with_status(403);
                    assert_eq!(
                        (&body["error"], &body["identifier"]),
                        (&error.into(), &identifier.into())
                    );
                    assert_eq!(body.get("access_token"), None);
                }
            }
        });
    }
}

#[test]
fn the_authorize_page_follows_the_table() {
    for approval in APPROVAL {
        for_each_line(approval, |client, alice, expected, flags| {
            let answer = submit(client, "alice", &alice.password, &[]);
            match expected {
                None => assert_eq!(answer.status, 302, "{flags:04b}"),
                Some((error, _)) => {
                    assert_eq!((answer.status, answer.header("Location")), (403, None));
                    assert!(
                        answer.text().contains(error),
                        "{flags:04b}: {}",
                        answer.text()
                    );
                }
            }
        });
    }
}

#[test]
fn codes_and_refresh_tokens_follow_the_table() {
    for_each_line(APPROVAL[0], |client, alice, expected, flags| {
        set_flags(alice, 0);
        let code = code(&submit(client, "alice", &alice.password, &[]));
        let token = client.login(alice);
        set_flags(alice, flags);
        let refresh = [("refresh_token", text(&token, "refresh_token"))];
        for answer in [
            client.grant("authorization_code", &[("code", &code)]),
            client.grant("refresh_token", &refresh),
        ] {
            match expected {
                None => assert!(answer.ok()["access_token"].is_string(), "{flags:04b}"),
                Some((error, identifier)) => assert_eq!(
                    answer.with_status(403),
                    serde_json::json!({"error": error, "identifier": identifier})
                ),
            }
        }
    });
}

#[test]
fn tokens_cookies_and_passwords_with_a_request_follow_the_table() {
    for approval in APPROVAL {
        for_each_line(approval, |client, alice, expected, flags| {
            let server = client.server;
            set_flags(alice, 0);
            let cookie = cookie(&client.password("alice", &alice.password));
            set_flags(alice, flags);
            for answer in [
                whoami(server, &alice.token),
                with_cookie(server, &cookie),
                basic(alice),
            ] {
                match expected {
                    None => assert_eq!(answer.status, 200, "{flags:04b}"),
                    Some(_) => answer.refused(403, "Invalid credentials."),
                }
            }
            // Where anybody may look, whoever may not log in is anybody.
            alice.get("/api/v1/timelines/public").ok();
        });
    }
}
