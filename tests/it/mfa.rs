//! The second factor: setting it up, logging in with it, and what keeps guessers out (pleroma-contract 6 and B.6).

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use totp_lite::{Sha1, totp_custom};

use crate::login::{code, hidden, submit};
use crate::oauth::{CALLBACK, Client, text, whoami};
use crate::support::{Answer, BASE, TestServer, TestUser, encode};

const MFA: &str = "/api/pleroma/accounts/mfa";

/// An authenticator app.
pub struct Phone(pub Vec<u8>);

impl Phone {
    /// Sets the account up, without confirming.
    fn shown_to(user: &TestUser) -> Phone {
        let made = user.get(&format!("{MFA}/setup/totp")).ok();
        Phone(BASE32_NOPAD.decode(text(&made, "key").as_bytes()).unwrap())
    }

    /// What it shows now, or so many steps later.
    pub fn code(&self, steps: i64) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        totp_custom::<Sha1>(30, 6, &self.0, now.saturating_add_signed(30 * steps))
    }

    /// A code that is wrong for some minutes.
    pub fn wrong(&self) -> String {
        let near: Vec<String> = (-3..10).map(|steps| self.code(steps)).collect();
        (0..100)
            .map(|number| format!("{number:06}"))
            .find(|code| !near.contains(code))
            .unwrap()
    }

    /// Lets all codes be as if never seen.
    fn forgotten_by(&self, server: &TestServer) {
        let sql = "UPDATE mfa_totp SET last_step = 0";
        server.sql().execute(sql, []).unwrap();
    }
}

fn confirm(user: &TestUser, password: &str, code: &str) -> Answer {
    let form = [("password", password), ("code", code)];
    user.post(&format!("{MFA}/confirm/totp"), &form)
}

/// Switches the second factor on; the code that the phone shows now is used up.
fn switch_on(user: &TestUser) -> Phone {
    let phone = Phone::shown_to(user);
    assert_eq!(
        confirm(user, &user.password, &phone.code(0)).ok(),
        json!({})
    );
    phone
}

fn settings(user: &TestUser) -> Value {
    user.get(MFA).ok()["settings"].take()
}

fn backup_codes(user: &TestUser) -> Vec<String> {
    let made = user.get(&format!("{MFA}/backup_codes")).ok();
    let codes = made["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// The first step of a login: right name and password.
fn mfa_token(client: &Client, user: &TestUser) -> String {
    let body = client.password(&user.name, &user.password).with_status(403);
    assert_eq!(body["error"], "mfa_required");
    assert_eq!(body["supported_challenge_types"], "totp");
    text(&body, "mfa_token").to_owned()
}

fn challenge(client: &Client, mfa_token: &str, kind: &str, code: &str) -> Answer {
    let form = [
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
        ("mfa_token", mfa_token),
        ("challenge_type", kind),
        ("code", code),
    ];
    client.server.post_form("/oauth/mfa/challenge", &form)
}

#[test]
fn the_settings_are_nested_and_follow_what_is_set_up() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(
        alice.get(MFA).ok(),
        json!({"settings": {"enabled": false, "totp": false}})
    );
    let phone = Phone::shown_to(&alice);
    assert_eq!(settings(&alice)["enabled"], false, "only shown so far");
    confirm(&alice, &alice.password, &phone.code(0)).ok();
    assert_eq!(settings(&alice), json!({"enabled": true, "totp": true}));
}

#[test]
fn setting_up_shows_a_key_and_an_address_for_apps() {
    let server = TestServer::with(&["instance.name=Cats & Dogs"]);
    let alice = server.user("alice");
    let answer = alice.get("/api/v1/pleroma/accounts/mfa/setup/totp");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let made = answer.ok();
    let key = text(&made, "key");
    assert_eq!(key.len(), 16);
    assert_eq!(
        made["provisioning_uri"],
        format!(
            "otpauth://totp/alice@example.com?digits=6&issuer=Cats+%26+Dogs&period=30&secret={key}"
        )
    );
    let sql = "UPDATE users SET email = NULL";
    server.sql().execute(sql, []).unwrap();
    let again = alice.get(&format!("{MFA}/setup/totp")).ok();
    assert_ne!(again["key"], made["key"], "a new one each time");
    assert!(
        text(&again, "provisioning_uri")
            .starts_with("otpauth://totp/alice@127.0.0.1%3A4000?digits=6")
    );
    alice
        .get(&format!("{MFA}/setup/sms"))
        .refused(400, "undefined method");
}

#[test]
fn confirming_asks_for_password_and_code_and_says_which_is_wrong() {
    let server = TestServer::new();
    let alice = server.user("alice");
    confirm(&alice, &alice.password, "123456").refused(422, "invalid_secret_and_token");
    let phone = Phone::shown_to(&alice);
    confirm(&alice, "wrong", &phone.code(0)).refused(422, "Invalid password.");
    confirm(&alice, "wrong", &phone.wrong()).refused(422, "Invalid password.");
    confirm(&alice, &alice.password, &phone.wrong()).refused(422, "invalid_token");
    confirm(&alice, &alice.password, &phone.code(-3)).refused(422, "invalid_token");
    confirm(&alice, &alice.password, "").refused(422, "invalid_token");
    let path = format!("{MFA}/confirm/totp");
    for form in [&[("password", "x")][..], &[("code", "1")], &[]] {
        alice.post(&path, form).refused(400, "undefined mfa method");
    }
    let both = [("password", "alice-password"), ("code", "1")];
    let other = format!("{MFA}/confirm/sms");
    alice
        .post(&other, &both)
        .refused(400, "undefined mfa method");
    assert_eq!(settings(&alice)["enabled"], false);
    // A phone that is a step behind, and a code typed in two groups.
    let late = phone.code(-1);
    let late = format!("{} {}", &late[..3], &late[3..]);
    confirm(&alice, &alice.password, &late).ok();
    confirm(&alice, &alice.password, &phone.code(1)).refused(422, "invalid_secret_and_token");
}

#[test]
fn every_way_in_asks_for_the_code_and_sessions_stay() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let earlier = client.login(&alice);
    let unused = code(&submit(&client, "alice", &alice.password, &[]));
    let phone = switch_on(&alice);
    whoami(&server, text(&earlier, "access_token")).ok();
    // A code for the application, given out before on the password alone, is worth nothing now.
    client
        .grant("authorization_code", &[("code", &unused)])
        .refused(400, "Invalid credentials");
    client
        .password("alice", "wrong")
        .refused(400, "Invalid credentials");
    let page = submit(&client, "alice", &alice.password, &[]);
    assert_eq!((page.status, page.header("Location")), (200, None));

    let token = mfa_token(&client, &alice);
    let answer = challenge(&client, &token, "totp", &phone.code(1));
    assert!(
        answer
            .header("Set-Cookie")
            .unwrap()
            .starts_with("_pleroma_key=")
    );
    let granted = answer.ok();
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["scope"], "read write follow push");
    assert_eq!(granted["me"], format!("{BASE}/users/alice"));
    whoami(&server, text(&granted, "access_token")).ok();
    // The refresh token goes on without it: the login behind it was whole.
    let refresh = text(&granted, "refresh_token");
    client
        .grant("refresh_token", &[("refresh_token", refresh)])
        .ok();
}

#[test]
fn a_challenge_says_no_more_than_that_it_failed() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (client, other) = (Client::new(&server), Client::new(&server));
    let phone = switch_on(&alice);
    let bobs = switch_on(&bob);
    let token = mfa_token(&client, &alice);
    let right = phone.code(1);
    let refused = |answer: Answer| answer.refused(400, "Invalid code");
    refused(challenge(&client, &token, "totp", &bobs.code(1)));
    refused(challenge(&client, &token, "sms", &right));
    refused(challenge(&client, &token, "recovery", &right));
    refused(challenge(&client, "unknown", "totp", &right));
    refused(challenge(&other, &token, "totp", &right));
    let stranger = Client {
        secret: "wrong".into(),
        id: client.id.clone(),
        server: &server,
    };
    refused(challenge(&stranger, &token, "totp", &right));
    refused(server.post_form("/oauth/mfa/challenge", &[]));
    // The login of the authorize page ends there.
    let page = submit(&client, "alice", &alice.password, &[]).text();
    let of_page = hidden(&page, "mfa[mfa_token]");
    refused(challenge(&client, &of_page, "totp", &right));
    let sql = "UPDATE mfa_tokens SET expires_at = expires_at - 300001";
    let late = mfa_token(&client, &alice);
    server.sql().execute(sql, []).unwrap();
    refused(challenge(&client, &late, "totp", &right));
    refused(challenge(&client, &token, "totp", &right));
    let token = mfa_token(&client, &alice);
    challenge(&client, &token, "totp", &right).ok();
    phone.forgotten_by(&server);
    refused(challenge(&client, &token, "totp", &right));
}

#[test]
fn an_account_that_may_not_log_in_does_not_with_a_code_either() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let token = mfa_token(&client, &alice);
    let sql = "UPDATE users SET approval_pending = 1";
    server.sql().execute(sql, []).unwrap();
    let body = challenge(&client, &token, "totp", &phone.code(1)).with_status(403);
    assert_eq!(body["identifier"], "awaiting_approval");
}

#[test]
fn backup_codes_log_in_once_each() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    // Front ends fetch them first.
    let codes = backup_codes(&alice);
    assert_eq!(codes.len(), 5);
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(
        codes
            .iter()
            .all(|code| code.len() == 16 && code.chars().all(is_hex))
    );
    assert_eq!(settings(&alice)["enabled"], false);
    switch_on(&alice);
    let login = |code: &str| challenge(&client, &mfa_token(&client, &alice), "recovery", code);
    let granted = login(&codes[0]).ok();
    whoami(&server, text(&granted, "access_token")).ok();
    login(&codes[0]).refused(400, "Invalid code");
    login(&codes[1].to_uppercase()).ok();
    let newer = backup_codes(&alice);
    login(&codes[2]).refused(400, "Invalid code");
    login(&newer[0]).ok();
    let stored: Vec<u8> = server
        .sql()
        .query_row("SELECT code FROM mfa_backup_codes LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(stored.len(), 32, "a hash");
}

#[test]
fn a_new_phone_takes_over_only_once_it_is_confirmed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let old = switch_on(&alice);
    let new = Phone::shown_to(&alice);
    assert_eq!(settings(&alice), json!({"enabled": true, "totp": true}));
    let login = |phone: &Phone| {
        phone.forgotten_by(&server);
        challenge(&client, &mfa_token(&client, &alice), "totp", &phone.code(0))
    };
    login(&new).refused(400, "Invalid code");
    login(&old).ok();
    confirm(&alice, &alice.password, &new.code(0)).ok();
    login(&old).refused(400, "Invalid code");
    login(&new).ok();
}

#[test]
fn switching_off_needs_the_password_and_restores_the_plain_login() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    for method in ["totp", "mfa"] {
        let phone = switch_on(&alice);
        let codes = backup_codes(&alice);
        let path = format!("{MFA}/{method}");
        for form in [&[][..], &[("password", "wrong")]] {
            alice
                .form("DELETE", &path, form)
                .refused(422, "Invalid password.");
        }
        alice
            .delete(&format!("{MFA}/sms?password={}", alice.password))
            .refused(400, "undefined mfa method");
        assert_eq!(settings(&alice)["enabled"], true);
        let off = alice.delete(&format!("{path}?password={}", alice.password));
        assert_eq!(off.ok(), json!({}));
        assert_eq!(settings(&alice), json!({"enabled": false, "totp": false}));
        client.login(&alice);
        // Old backup codes open nothing later.
        let token = {
            switch_on(&alice);
            mfa_token(&client, &alice)
        };
        challenge(&client, &token, "recovery", &codes[0]).refused(400, "Invalid code");
        challenge(&client, &token, "totp", &phone.code(1)).refused(400, "Invalid code");
        // Front ends send the password as multipart, with DELETE too.
        let (kind, body) =
            crate::support::multipart("x", "x", b"", &[("password", &alice.password)]);
        alice
            .request("DELETE", &path, &[("Content-Type", &kind)], &body)
            .ok();
    }
}

#[test]
fn scopes_of_security_are_asked_for() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let token = |scopes: &str| {
        let client = Client::with(&server, scopes, CALLBACK);
        text(&client.login(&alice), "access_token").to_owned()
    };
    let ask = |token: &str, method: &str, path: &str| {
        let bearer = format!("Bearer {token}");
        server.request(
            method,
            &format!("{MFA}{path}"),
            &[("Authorization", &bearer)],
            b"",
        )
    };
    let (read, write) = (token("read"), token("write"));
    ask(&read, "GET", "").ok();
    ask(&token("read:security"), "GET", "").ok();
    ask(&write, "GET", "").refused(403, "Insufficient permissions: read:security.");
    for (method, path) in [
        ("GET", "/setup/totp"),
        ("POST", "/confirm/totp"),
        ("DELETE", "/totp"),
        ("DELETE", "/mfa"),
        ("GET", "/backup_codes"),
    ] {
        ask(&read, method, path).refused(403, "Insufficient permissions: write:security.");
    }
    ask(&write, "GET", "/setup/totp").ok();
    ask(&token("write:security"), "GET", "/backup_codes").ok();
}

#[test]
fn sec_o9_a_code_works_once_and_so_does_none_before_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let login = |code: &str| challenge(&client, &mfa_token(&client, &alice), "totp", code);
    let (before, used, next) = (phone.code(-1), phone.code(0), phone.code(1));
    login(&used).refused(400, "Invalid code");
    login(&before).refused(400, "Invalid code");
    login(&next).ok();
    login(&next).refused(400, "Invalid code");
    login(&used).refused(400, "Invalid code");
}

#[test]
fn sec_o9_five_wrong_codes_end_a_login_even_without_limits() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let token = mfa_token(&client, &alice);
    for _ in 0..5 {
        challenge(&client, &token, "totp", &phone.wrong()).refused(400, "Invalid code");
    }
    challenge(&client, &token, "totp", &phone.code(1)).refused(400, "Invalid code");
    let token = mfa_token(&client, &alice);
    challenge(&client, &token, "totp", &phone.code(1)).ok();
}

#[test]
fn sec_o9_the_sixth_try_finds_the_account_locked_by_whatever_way_it_comes() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let client = Client::new(&server);
    let (phone, bobs) = (switch_on(&alice), switch_on(&bob));
    // It is the account that is counted, not the login, nor the kind of code.
    let logins = [mfa_token(&client, &alice), mfa_token(&client, &alice)];
    for number in 0..5 {
        let kind = ["totp", "recovery"][number % 2];
        challenge(&client, &logins[number % 2], kind, &phone.wrong()).refused(400, "Invalid code");
    }
    let token = mfa_token(&client, &alice);
    let answer = challenge(&client, &token, "totp", &phone.code(1));
    let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((890..=900).contains(&wait), "{wait}");
    answer.refused(429, "Throttled");
    // Nobody else is kept waiting.
    let token = mfa_token(&client, &bob);
    challenge(&client, &token, "totp", &bobs.code(1)).ok();
}

#[test]
fn sec_o9_a_right_code_forgives_the_wrong_ones() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let codes = backup_codes(&alice);
    for round in &codes[..2] {
        let token = mfa_token(&client, &alice);
        for _ in 0..4 {
            challenge(&client, &token, "totp", &phone.wrong()).refused(400, "Invalid code");
        }
        challenge(&client, &token, "recovery", round).ok();
    }
}

#[test]
fn sec_o9_eight_at_once_with_one_code_get_one_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let codes = backup_codes(&alice);
    let phone = switch_on(&alice);
    for (kind, code) in [("totp", &phone.code(1)), ("recovery", &codes[0])] {
        let logins: Vec<String> = (0..8).map(|_| mfa_token(&client, &alice)).collect();
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let tries: Vec<_> = logins
                .iter()
                .map(|login| {
                    let client = &client;
                    scope.spawn(move || challenge(client, login, kind, code).status)
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let right = answers.iter().filter(|status| **status == 200);
        assert_eq!(right.count(), 1, "{kind}: {answers:?}");
        assert!(answers.iter().all(|status| [200, 400].contains(status)));
    }
}

/// Sends the form of the page for codes, as a program does.
fn verify(page: &str, server: &TestServer, code: &str, more: &[(&str, &str)]) -> Answer {
    let kept = ["mfa[mfa_token]", "mfa[challenge_type]", "mfa[redirect_uri]"];
    let kept: Vec<(&str, String)> = kept
        .iter()
        .map(|name| (*name, hidden(page, name)))
        .collect();
    let mut form: Vec<(&str, &str)> = kept
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    form.push(("mfa[code]", code));
    form.retain(|(key, _)| !more.iter().any(|(other, _)| key == other));
    form.extend_from_slice(more);
    server.post_form("/oauth/mfa/verify", &form)
}

#[test]
fn the_authorize_page_goes_on_to_the_code_and_back_to_the_client() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let more = [
        ("authorization[state]", "a&b"),
        ("authorization[scope][]", "read"),
    ];
    let shown = submit(&client, "alice", &alice.password, &more);
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("Cache-Control"), Some("no-store"));
    let page = shown.text();
    assert!(page.contains("Two-factor authentication") && page.contains("type=\"submit\""));
    assert_eq!(hidden(&page, "mfa[state]"), "a&#38;b");
    let wrong = verify(&page, &server, &phone.wrong(), &[("mfa[state]", "a&b")]);
    assert_eq!((wrong.status, wrong.header("Location")), (401, None));
    let page = wrong.text();
    assert!(page.contains("Two-factor authentication failed."));
    let right = verify(&page, &server, &phone.code(1), &[("mfa[state]", "a&b")]);
    assert!(right.header("Location").unwrap().ends_with("&state=a%26b"));
    let token = client
        .grant(
            "authorization_code",
            &[("code", &code(&right)), ("redirect_uri", CALLBACK)],
        )
        .ok();
    assert_eq!(token["scope"], "read");
    // It was this one login.
    assert_eq!(verify(&page, &server, &phone.code(1), &[]).status, 401);
}

#[test]
fn a_backup_code_opens_the_page_too_and_pkce_holds_through_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let codes = backup_codes(&alice);
    switch_on(&alice);
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let more = [
        (
            "authorization[code_challenge]",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        ("authorization[code_challenge_method]", "S256"),
    ];
    let page = submit(&client, "alice", &alice.password, &more).text();
    let other = verify(&page, &server, "", &[("other", "recovery")]);
    assert_eq!(other.status, 200);
    let page = other.text();
    assert!(page.contains("Two-factor recovery"));
    let given = code(&verify(&page, &server, &codes[0], &[]));
    client
        .grant("authorization_code", &[("code", &given)])
        .refused(400, "Invalid credentials");
    let proof = [("code", given.as_str()), ("code_verifier", verifier)];
    client.grant("authorization_code", &proof).ok();
}

#[test]
fn the_page_of_a_login_through_the_api_leads_only_to_the_clients_own_address() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let token = mfa_token(&client, &alice);
    let page = |kind: &str, uri: &str| {
        let query = encode(&[
            ("mfa_token", &token),
            ("challenge_type", kind),
            ("state", "s"),
            ("redirect_uri", uri),
        ]);
        server.get(&format!("/oauth/mfa?{query}"))
    };
    let shown = page("totp", CALLBACK);
    assert_eq!(shown.status, 200);
    let html = shown.text();
    assert!(
        html.contains("Two-factor authentication")
            && html.contains(&token)
            && html.contains(CALLBACK)
    );
    assert!(
        page("recovery", CALLBACK)
            .text()
            .contains("Two-factor recovery")
    );
    assert_eq!(page("totp", "https://evil.example/").status, 401);
    let evil = [("mfa[redirect_uri]", "https://evil.example/")];
    let sent = verify(&html, &server, &phone.code(1), &evil);
    assert_eq!((sent.status, sent.header("Location")), (401, None));
    let done = verify(&html, &server, &phone.code(1), &[("mfa[state]", "s")]);
    assert!(done.header("Location").unwrap().ends_with("&state=s"));
    let spent = page("totp", CALLBACK);
    assert_eq!(spent.status, 401);
    assert!(spent.text().contains("Two-factor authentication failed."));
}

#[test]
fn a_form_for_codes_that_another_site_sends_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let page = submit(&client, "alice", &alice.password, &[]).text();
    let body = |token: &str| {
        encode(&[
            ("mfa[mfa_token]", &hidden(&page, "mfa[mfa_token]")),
            ("mfa[challenge_type]", "totp"),
            ("mfa[code]", &phone.code(1)),
            ("form_token", token),
        ])
    };
    let send = |header: (&str, &str), token: &str| {
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            header,
        ];
        server.request(
            "POST",
            "/oauth/mfa/verify",
            &headers,
            body(token).as_bytes(),
        )
    };
    let token = hidden(&page, "form_token");
    assert_eq!(send(("Origin", "https://evil.example"), &token).status, 403);
    assert_eq!(send(("Sec-Fetch-Site", "cross-site"), &token).status, 403);
    assert_eq!(send(("Origin", BASE), "").status, 401);
    assert_eq!(send(("Origin", BASE), &token).status, 302);
}

#[test]
fn too_many_wrong_codes_on_the_page_are_told_in_words() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    let client = Client::new(&server);
    let phone = switch_on(&alice);
    let page = submit(&client, "alice", &alice.password, &[]).text();
    for _ in 0..4 {
        let wrong = verify(&page, &server, &phone.wrong(), &[]);
        assert!(wrong.text().contains("mfa[code]"), "one may try again");
    }
    let last = verify(&page, &server, &phone.wrong(), &[]);
    assert_eq!(last.status, 401);
    assert!(last.text().contains("This login is over") && !last.text().contains("mfa[code]"));
    let page = submit(&client, "alice", &alice.password, &[]).text();
    let locked = verify(&page, &server, &phone.code(1), &[]);
    assert_eq!(locked.status, 429);
    assert!(locked.text().contains("Please try again in 15 minutes"));
}

#[test]
fn an_admin_lifts_it_for_somebody_who_lost_the_phone() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let client = Client::new(&server);
    switch_on(&alice);
    let path = "/api/pleroma/admin/users/disable_mfa";
    alice
        .put(path, &[("nickname", "alice")])
        .refused(403, "User is not an admin.");
    root.put(path, &[("nickname", "nobody")])
        .refused(404, "Not found");
    root.put(path, &[]).refused(400, "Missing field: nickname.");
    assert_eq!(root.put(path, &[("nickname", "alice")]).ok(), "alice");
    client.login(&alice);
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    assert_eq!(
        log["items"][0]["message"],
        "@root disabled two-factor authentication for users: @alice"
    );
    assert_eq!(log["total"], 1);
}
