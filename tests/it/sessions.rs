//! Who a request speaks for: the table of pleroma-contract 0.3, cookies (security.md O5) and HTTP Basic (B.10).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::oauth::{CALLBACK, Client, text, whoami};
use crate::support::{Answer, BASE, TestServer, TestUser, encode};

const OWN: &str = "/api/v1/accounts/verify_credentials";

fn basic(server: &TestServer, target: &str, name: &str, password: &str) -> Answer {
    let header = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{name}:{password}"))
    );
    server.request("GET", target, &[("Authorization", &header)], b"")
}

/// A token of those scopes only.
fn narrow(user: &TestUser, scopes: &str) -> String {
    let client = Client::with(user.server, scopes, CALLBACK);
    text(&client.login(user), "access_token").to_owned()
}

fn switch_on_mfa(user: &TestUser) {
    let sql = "INSERT INTO mfa_totp (account_id, secret) VALUES (?1, x'00')";
    user.server.sql().execute(sql, [&user.id]).unwrap();
}

#[test]
fn no_unknown_expired_or_revoked_credentials_are_refused_with_403() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.get(OWN).refused(403, "Invalid credentials.");
    whoami(&server, "unknown").refused(403, "Invalid credentials.");
    whoami(&server, &alice.token).ok();
    server
        .sql()
        .execute("UPDATE tokens SET expires_at = 1", [])
        .unwrap();
    whoami(&server, &alice.token).refused(403, "Invalid credentials.");
    let token = narrow(&alice, "read");
    whoami(&server, &token).ok();
    server.post_form("/oauth/revoke", &[("token", &token)]).ok();
    whoami(&server, &token).refused(403, "Invalid credentials.");
}

#[test]
fn a_token_without_the_scope_is_told_which_one_it_lacks() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let refused = "Insufficient permissions: read:accounts.";
    for scopes in [
        "write",
        "read:statuses",
        "read:accountsx",
        "something",
        "admin",
    ] {
        whoami(&server, &narrow(&alice, scopes)).refused(403, refused);
    }
    for scopes in ["read", "read:accounts", "write read:accounts"] {
        whoami(&server, &narrow(&alice, scopes)).ok();
    }
}

#[test]
fn several_missing_scopes_are_joined_with_a_bar() {
    let server = TestServer::new();
    let token = narrow(&server.user("alice"), "write");
    let bearer = format!("Bearer {token}");
    server
        .request("GET", "/oauth/userinfo", &[("Authorization", &bearer)], b"")
        .refused(403, "Insufficient permissions: profile | read:accounts.");
}

#[test]
fn an_application_alone_is_no_user() {
    let server = TestServer::new();
    let token = Client::new(&server).grant("client_credentials", &[]).ok();
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");
}

#[test]
fn a_token_without_the_scope_is_anybody_where_anybody_may_look() {
    let open = TestServer::new();
    let token = narrow(&open.user("alice"), "write");
    let ask = |server: &TestServer, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        server.request("GET", "/api/v1/timelines/public", &headers, b"")
    };
    ask(&open, &token).ok();
    ask(&open, "unknown").ok();
    let app = Client::new(&open).grant("client_credentials", &[]).ok();
    ask(&open, text(&app, "access_token")).ok();

    let closed = TestServer::with(&["instance.public=false"]);
    let alice = closed.user("alice");
    let needs_login = "This resource requires authentication.";
    ask(&closed, &narrow(&alice, "write")).refused(403, needs_login);
    ask(&closed, "unknown").refused(403, needs_login);
    closed
        .get("/api/v1/timelines/public")
        .refused(403, needs_login);
    ask(&closed, &alice.token).ok();
}

#[test]
fn too_many_requests_are_throttled() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    for _ in 0..300 {
        assert_eq!(server.get("/api/v1/timelines/public").status, 200);
    }
    let answer = server.get("/api/v1/timelines/public");
    assert!(answer.header("Retry-After").is_some());
    answer.refused(429, "Throttled");
}

#[test]
fn a_token_may_be_presented_in_every_way_and_the_first_present_wins() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let by_parameter = |token: &str, headers: &[(&str, &str)]| {
        server.request("GET", &format!("{OWN}?access_token={token}"), headers, b"")
    };
    by_parameter(&alice.token, &[]).ok();
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer:"] {
        let header = format!("{scheme} {}", alice.token);
        server
            .request("GET", OWN, &[("Authorization", &header)], b"")
            .ok();
        by_parameter("unknown", &[("Authorization", &header)]).refused(403, "Invalid credentials.");
    }
    let form = [("access_token", alice.token.as_str()), ("status", "hi")];
    server.post_form("/api/v1/statuses", &form).ok();
    let login = Client::new(&server).password("alice", &alice.password);
    let set = login.header("Set-Cookie").unwrap();
    let cookie = ("Cookie", set.split(';').next().unwrap());
    by_parameter("unknown", &[cookie]).refused(403, "Invalid credentials.");
    let dead = ("Authorization", "Bearer unknown");
    server
        .request("GET", OWN, &[dead, cookie], b"")
        .refused(403, "Invalid credentials.");
    server.request("GET", OWN, &[cookie], b"").ok();
}

#[test]
fn a_name_and_a_password_speak_for_the_user_raw_or_encoded() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(
        basic(&server, OWN, "alice", &alice.password).ok()["id"],
        alice.id.as_str()
    );
    basic(&server, OWN, "alice@example.com", &alice.password).ok();
    basic(&server, OWN, "alice%40example.com", "alice%2Dpassword").ok();
    let hash = server.app.hasher().hash("100% sure+1").unwrap();
    server
        .sql()
        .execute("UPDATE users SET password_hash = ?1", [&hash])
        .unwrap();
    basic(&server, OWN, "alice", "100% sure+1").ok();
    basic(&server, OWN, "alice", "100%25+sure%2B1").ok();
}

#[test]
fn a_wrong_password_with_a_request_is_nobodys() {
    let server = TestServer::new();
    server.user("alice");
    for (name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("alice", "")] {
        basic(&server, OWN, name, password).refused(403, "Invalid credentials.");
        basic(&server, "/api/v1/timelines/public", name, password).ok();
    }
    let headers = [("Authorization", "Basic !!!")];
    server
        .request("GET", OWN, &headers, b"")
        .refused(403, "Invalid credentials.");
}

#[test]
fn a_changed_password_is_noticed_at_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    basic(&server, OWN, "alice", &alice.password).ok();
    let hash = server.app.hasher().hash("another password").unwrap();
    server
        .sql()
        .execute("UPDATE users SET password_hash = ?1", [&hash])
        .unwrap();
    basic(&server, OWN, "alice", &alice.password).refused(403, "Invalid credentials.");
}

#[test]
fn guessing_with_every_request_is_limited_like_a_login() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    for _ in 0..5 {
        basic(&server, OWN, "alice", "wrong").refused(403, "Invalid credentials.");
    }
    basic(&server, OWN, "alice", &alice.password).refused(429, "Throttled");
}

#[test]
fn a_user_with_a_second_factor_needs_a_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    switch_on_mfa(&alice);
    basic(&server, OWN, "alice", &alice.password).refused(
        403,
        "Two-factor authentication enabled, you must use a access token.",
    );
    basic(
        &server,
        "/api/v1/timelines/public",
        "alice",
        &alice.password,
    )
    .ok();
    whoami(&server, &alice.token).ok();
    let closed = server.restarted_with(&["instance.public=false"]);
    basic(
        &closed,
        "/api/v1/timelines/public",
        "alice",
        "alice-password",
    )
    .refused(403, "This resource requires authentication.");
}

#[test]
fn a_cookie_counts_only_on_our_own_pages() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read", CALLBACK);
    let answer = client.password("alice", &alice.password);
    let value = answer
        .header("Set-Cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let ask = |cookie: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("Cookie", cookie)];
        headers.extend_from_slice(more);
        server.request("GET", OWN, &headers, b"")
    };
    for more in [
        vec![],
        vec![("Sec-Fetch-Site", "same-origin"), ("Origin", BASE)],
        vec![("Sec-Fetch-Site", "none")],
    ] {
        ask(value, &more).ok();
    }
    for more in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "http://127.0.0.1:4001"),
        ("Origin", "null"),
    ] {
        ask(value, &[more]).refused(403, "Invalid credentials.");
    }
    let secret = value.split_once('=').unwrap().1;
    for name in ["pleroma_key", "__Host-pleroma_key"] {
        ask(&format!("theme=dark; {name}={secret}"), &[]).ok();
    }
    ask(&format!("other={secret}"), &[]).refused(403, "Invalid credentials.");
}

#[test]
fn a_cookie_has_the_scopes_of_its_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "write", CALLBACK);
    let answer = client.password("alice", &alice.password);
    let value = answer
        .header("Set-Cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    server
        .request("GET", OWN, &[("Cookie", value)], b"")
        .refused(403, "Insufficient permissions: read:accounts.");
}

#[test]
fn the_cookie_alone_cannot_be_used_as_a_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let answer = Client::new(&server).password("alice", &alice.password);
    let value = answer
        .header("Set-Cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let secret = value.split_once('=').unwrap().1;
    whoami(&server, secret).refused(403, "Invalid credentials.");
    let body = encode(&[("token", secret)]);
    assert_eq!(
        server
            .request("POST", "/oauth/revoke", &[], body.as_bytes())
            .status,
        200
    );
    server.request("GET", OWN, &[("Cookie", value)], b"").ok();
}

#[test]
fn the_admin_secret_is_nothing_while_none_is_set() {
    let without = TestServer::new();
    for shown in [None, Some(""), Some("x")] {
        assert!(!without.app.is_admin_secret(shown), "{shown:?}");
    }
    let secret = "a-long-secret-for-scripts-0123456789";
    let with = TestServer::with(&[&format!("admin.token={secret}")]);
    for shown in [None, Some(""), Some("x"), Some(&secret[1..])] {
        assert!(!with.app.is_admin_secret(shown), "{shown:?}");
    }
    assert!(with.app.is_admin_secret(Some(secret)));
    // It opens the routes of admins, and no others.
    let headers = [("X-Admin-Token", secret)];
    with.request("GET", OWN, &headers, b"")
        .refused(403, "Invalid credentials.");
}
