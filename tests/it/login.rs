//! Login in the browser: the authorize page, codes, cookies; and limits on guessing.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kenoma::auth::secret::digest;

use crate::oauth::{CALLBACK, Client, text, whoami};
use crate::support::{Answer, BASE, TestServer, encode};

const FORM: &str = "application/x-www-form-urlencoded";

/// The authorize page of a client for its first redirect URI, with more parameters.
fn page(client: &Client, more: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", client.id.as_str()),
        ("redirect_uri", CALLBACK),
    ];
    query.retain(|(key, _)| !more.iter().any(|(other, _)| key == other));
    query.extend_from_slice(more);
    let target = format!("/oauth/authorize?{}", encode(&query));
    client.server.request("GET", &target, headers, b"")
}

/// Sends the form of the authorize page, as a program does.
pub fn submit(client: &Client, name: &str, password: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("authorization[client_id]", client.id.as_str()),
        ("authorization[redirect_uri]", CALLBACK),
        ("authorization[response_type]", "code"),
        ("authorization[name]", name),
        ("authorization[password]", password),
    ];
    form.retain(|(key, _)| !more.iter().any(|(other, _)| key == other));
    form.extend_from_slice(more);
    client.server.post_form("/oauth/authorize", &form)
}

/// The code in a redirect.
pub fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text());
    let location = url::Url::parse(answer.header("Location").unwrap()).unwrap();
    let found = location.query_pairs().find(|(key, _)| key == "code");
    found.unwrap().1.into_owned()
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("{name} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("Set-Cookie").expect("a cookie");
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn a_person_logs_in_on_the_page_and_the_client_gets_a_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let shown = page(&client, &[("state", "a&b"), ("scope", "read write")], &[]);
    assert_eq!(shown.status, 200);
    let html = shown.text();
    assert!(html.contains("type=\"submit\"") && html.contains("Probe"));
    assert!(html.contains("value=\"write\"") && !html.contains("value=\"push\""));
    let more = [
        ("form_token", &*hidden(&html, "form_token")),
        ("authorization[state]", "a&b"),
        ("authorization[scope][]", "read"),
    ];
    let answer = submit(&client, "Alice@example.com", &alice.password, &more);
    let location = answer.header("Location").unwrap();
    assert!(location.starts_with("https://client.example/callback?code="));
    assert!(location.ends_with("&state=a%26b"));
    let code = code(&answer);
    let token = client
        .grant(
            "authorization_code",
            &[("code", &code), ("redirect_uri", CALLBACK)],
        )
        .ok();
    assert_eq!(token["scope"], "read");
    assert_eq!(
        whoami(&server, text(&token, "access_token")).ok()["id"],
        alice.id.as_str()
    );
}

#[test]
fn without_scopes_a_code_stands_for_all_of_the_application() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read write:statuses custom", CALLBACK);
    let code = code(&submit(&client, "alice", &alice.password, &[]));
    let token = client.grant("authorization_code", &[("code", &code)]).ok();
    assert_eq!(token["scope"], "read write:statuses custom");
}

#[test]
fn the_page_is_asked_for_in_every_spelling() {
    let server = TestServer::new();
    let client = Client::with(&server, "read write", CALLBACK);
    for keys in [
        ["client_id", "redirect_uri", "response_type", "scope"],
        ["client_id", "redirect_uri", "response_type", "scopes"],
        [
            "authorization[client_id]",
            "authorization[redirect_uri]",
            "authorization[response_type]",
            "authorization[scope][]",
        ],
    ] {
        let values = [client.id.as_str(), CALLBACK, "code", "read"];
        let query: Vec<(&str, &str)> = keys.into_iter().zip(values).collect();
        let html = server
            .get(&format!("/oauth/authorize/?{}", encode(&query)))
            .text();
        assert!(html.contains("action=\"/oauth/authorize\""), "{html}");
        assert_eq!(hidden(&html, "authorization[client_id]"), client.id);
        assert_eq!(hidden(&html, "authorization[redirect_uri]"), CALLBACK);
        assert_eq!(hidden(&html, "authorization[response_type]"), "code");
        let boxes = html.matches("type=\"checkbox\"").count();
        assert!(html.contains("value=\"read\"") && boxes == 1, "{html}");
        for field in ["authorization[name]", "authorization[password]"] {
            assert!(html.contains(&format!("name=\"{field}\"")), "{field}");
        }
    }
    let shown = page(&client, &[("response_type", "token")], &[]);
    assert_eq!((shown.status, shown.header("Location")), (400, None));
}

#[test]
fn an_unchecked_box_grants_nothing_and_spoils_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read write", CALLBACK);
    let boxes = [
        ("authorization[scope][]", ""),
        ("authorization[scope][]", "read"),
        ("authorization[scope][]", ""),
    ];
    let code = code(&submit(&client, "alice", &alice.password, &boxes));
    let token = client.grant("authorization_code", &[("code", &code)]).ok();
    assert_eq!(token["scope"], "read");
}

#[test]
fn the_page_runs_no_script_and_cannot_be_framed() {
    let server = TestServer::new();
    let client = Client::with(&server, "read", "icecubesapp://");
    let shown = page(&client, &[("redirect_uri", "icecubesapp://")], &[]);
    let policy = shown.header("Content-Security-Policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(
        policy.ends_with("form-action 'self' icecubesapp:"),
        "{policy}"
    );
    assert_eq!(shown.header("Cache-Control"), Some("no-store"));
    assert!(!shown.text().contains("<script"));
}

#[test]
fn what_clients_say_about_themselves_is_shown_as_text() {
    let server = TestServer::new();
    let form = [("client_name", "<b>\"x\"</b>"), ("redirect_uris", CALLBACK)];
    let app = server.post_form("/api/v1/apps", &form).ok();
    let client = Client {
        server: &server,
        id: text(&app, "client_id").to_owned(),
        secret: String::new(),
    };
    let html = page(&client, &[("state", "\"><script>")], &[]).text();
    assert!(
        !html.contains("<b>") && !html.contains("<script>"),
        "{html}"
    );
}

#[test]
fn out_of_band_the_code_is_shown_on_a_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let oob = "urn:ietf:wg:oauth:2.0:oob";
    let client = Client::with(&server, "read", oob);
    let answer = submit(
        &client,
        "alice",
        &alice.password,
        &[("authorization[redirect_uri]", oob)],
    );
    assert_eq!(answer.status, 200);
    let html = answer.text();
    assert!(html.contains("Successfully authorized"));
    let (_, rest) = html.split_once("<code>").unwrap();
    let code = rest.split('<').next().unwrap();
    client.grant("authorization_code", &[("code", code)]).ok();
}

#[test]
fn nothing_leads_to_an_address_that_was_not_registered() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read", &format!("{CALLBACK} http://127.0.0.1/cb"));
    for uri in [
        "https://client.example/callback/",
        "https://client.example/callback?x=1",
        "https://client.example/callback#x",
        "https://client.example/callback/../other",
        "https://client.example:8443/callback",
        "https://client.example@evil.example/callback",
        "https://evil.example/callback",
        "http://client.example/callback",
        "HTTPS://client.example/callback",
        "http://127.0.0.1:@evil.example/cb",
        "http://localhost/cb",
        "javascript:alert(1)",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        let shown = page(
            &client,
            &[("redirect_uri", uri), ("force_login", "true")],
            &[],
        );
        assert_eq!(
            (shown.status, shown.header("Location")),
            (400, None),
            "{uri}"
        );
        let more = [("authorization[redirect_uri]", uri)];
        let sent = submit(&client, "alice", &alice.password, &more);
        assert_eq!((sent.status, sent.header("Location")), (401, None), "{uri}");
        assert!(sent.text().contains("Invalid Username/Password"));
    }
    let more = [("authorization[redirect_uri]", "http://127.0.0.1:5050/cb")];
    let sent = submit(&client, "alice", &alice.password, &more);
    assert!(
        sent.header("Location")
            .unwrap()
            .starts_with("http://127.0.0.1:5050/cb?code=")
    );
}

#[test]
fn an_address_with_a_query_keeps_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let uri = "https://client.example/cb?instance=x";
    let client = Client::with(&server, "read", uri);
    let more = [("authorization[redirect_uri]", uri)];
    let sent = submit(&client, "alice", &alice.password, &more);
    assert!(
        sent.header("Location")
            .unwrap()
            .starts_with("https://client.example/cb?instance=x&code=")
    );
}

#[test]
fn a_refused_login_shows_the_form_again_with_everything_it_held() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read", CALLBACK);
    for (name, password) in [("alice", "wrong"), ("nobody", "wrong")] {
        let sent = submit(&client, name, password, &[("authorization[state]", "s-1")]);
        assert_eq!(sent.status, 401);
        let html = sent.text();
        assert!(html.contains("Invalid Username/Password"));
        assert_eq!(hidden(&html, "authorization[client_id]"), client.id);
        assert_eq!(hidden(&html, "authorization[redirect_uri]"), CALLBACK);
        assert_eq!(hidden(&html, "authorization[state]"), "s-1");
        assert!(
            !html.contains("\"wrong\""),
            "a password is never shown again"
        );
    }
    let unknown = [("authorization[client_id]", "unknown")];
    let sent = submit(&client, "alice", &alice.password, &unknown);
    assert_eq!(sent.status, 401);
    assert!(sent.text().contains("Invalid Username/Password"));
    for scope in ["", "write", "read push"] {
        let more = [("authorization[scope][]", scope)];
        let sent = submit(&client, "alice", &alice.password, &more);
        assert_eq!(sent.status, 401, "{scope}");
        assert!(
            sent.text()
                .contains("This action is outside the authorized scopes")
        );
    }
}

#[test]
fn cancelling_tells_the_client_so() {
    let server = TestServer::new();
    let client = Client::new(&server);
    let html = page(&client, &[("state", "s")], &[]).text();
    let more = [
        ("form_token", &*hidden(&html, "form_token")),
        ("authorization[state]", "s"),
        ("decision", "cancel"),
    ];
    let sent = submit(&client, "", "", &more);
    assert_eq!(sent.status, 302);
    let location = sent.header("Location").unwrap();
    assert!(location.starts_with("https://client.example/callback?error=access_denied"));
    assert!(location.ends_with("&state=s"));
}

#[test]
fn a_form_that_another_site_sends_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let html = page(&client, &[], &[]).text();
    let token = hidden(&html, "form_token");
    let body = |token: &str| {
        encode(&[
            ("authorization[client_id]", &client.id),
            ("authorization[redirect_uri]", CALLBACK),
            ("authorization[name]", "alice"),
            ("authorization[password]", &alice.password),
            ("form_token", token),
        ])
    };
    let send = |header: (&str, &str), token: &str| {
        let headers = [("Content-Type", FORM), header];
        server.request("POST", "/oauth/authorize", &headers, body(token).as_bytes())
    };
    for header in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        assert_eq!(send(header, &token).status, 403, "{header:?}");
    }
    for forged in ["", "1.x", "99999999999999.AAAA", "x"] {
        assert_eq!(send(("Origin", BASE), forged).status, 401, "{forged}");
    }
    assert_eq!(send(("Origin", BASE), &token).status, 302);
}

#[test]
fn who_is_logged_in_is_asked_instead_of_made_to_log_in() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read write", CALLBACK);
    let cookie = cookie(&client.password("alice", &alice.password));
    // The way to the page is a link on the client's site.
    let headers = [
        ("Cookie", cookie.as_str()),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    let html = page(&client, &[("scope", "read")], &headers).text();
    assert!(html.contains("Authorize Probe as @alice"), "{html}");
    assert!(!html.contains("password"));
    let login = page(&client, &[("force_login", "true")], &headers).text();
    assert!(login.contains("authorization[password]"));

    let token = hidden(&html, "form_token");
    let agree = |cookie: &str, token: &str| {
        let body = encode(&[
            ("authorization[client_id]", &client.id),
            ("authorization[redirect_uri]", CALLBACK),
            ("authorization[scope][]", "read"),
            ("decision", "authorize"),
            ("form_token", token),
        ]);
        let headers = [("Content-Type", FORM), ("Cookie", cookie), ("Origin", BASE)];
        server.request("POST", "/oauth/authorize", &headers, body.as_bytes())
    };
    assert_eq!(agree(&cookie, "").status, 401, "no form token");
    let foreign = hidden(&page(&client, &[], &[]).text(), "form_token");
    assert_eq!(
        agree(&cookie, &foreign).status,
        401,
        "another session's form token"
    );
    assert_eq!(agree("_pleroma_key=unknown", &token).status, 401);
    let code = code(&agree(&cookie, &token));
    let token = client.grant("authorization_code", &[("code", &code)]).ok();
    assert_eq!(token["scope"], "read");
}

#[test]
fn a_narrow_session_cannot_be_made_into_a_wide_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let narrow = Client::with(&server, "read", CALLBACK);
    let wide = Client::with(&server, "read write", CALLBACK);
    let cookie = cookie(&narrow.password("alice", &alice.password));
    let headers = [("Cookie", cookie.as_str())];
    let html = page(&wide, &[], &headers).text();
    assert!(
        html.contains("authorization[password]"),
        "asks for the password"
    );
    let html = page(&wide, &[("scope", "read")], &headers).text();
    let token = hidden(&html, "form_token");
    let body = encode(&[
        ("authorization[client_id]", &wide.id),
        ("authorization[redirect_uri]", CALLBACK),
        ("authorization[scope][]", "write"),
        ("form_token", &token),
    ]);
    let headers = [("Content-Type", FORM), ("Cookie", cookie.as_str())];
    let sent = server.request("POST", "/oauth/authorize", &headers, body.as_bytes());
    assert_eq!((sent.status, sent.header("Location")), (401, None));
}

#[test]
fn a_code_is_bound_to_client_address_and_time() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let uris = format!("{CALLBACK} https://client.example/other");
    let client = Client::with(&server, "read", &uris);
    let other = Client::with(&server, "read", &uris);
    let fresh = || code(&submit(&client, "alice", &alice.password, &[]));
    let refused = |client: &Client, form: &[(&str, &str)]| {
        client
            .grant("authorization_code", form)
            .refused(400, "Invalid credentials");
    };
    let code = fresh();
    refused(&other, &[("code", &code)]);
    refused(
        &client,
        &[
            ("code", &code),
            ("redirect_uri", "https://client.example/other"),
        ],
    );
    refused(&client, &[("code", "unknown")]);
    refused(&client, &[]);
    // Some clients encode it once more than need be.
    let twice: String = code.bytes().map(|byte| format!("%{byte:02X}")).collect();
    client.grant("authorization_code", &[("code", &twice)]).ok();
    let late = fresh();
    let life: i64 = server
        .sql()
        .query_row(
            "SELECT max(expires_at) - unixepoch() * 1000 FROM oauth_codes",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!((540_000..=601_000).contains(&life), "{life}");
    server
        .sql()
        .execute("UPDATE oauth_codes SET expires_at = 1", [])
        .unwrap();
    refused(&client, &[("code", &late)]);
}

#[test]
fn a_code_used_twice_ends_the_token_that_it_made() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let code = code(&submit(&client, "alice", &alice.password, &[]));
    let exchange = || client.grant("authorization_code", &[("code", &code)]);
    let token = exchange().ok();
    let refresh = [("refresh_token", text(&token, "refresh_token"))];
    let renewed = client.grant("refresh_token", &refresh).ok();
    whoami(&server, text(&renewed, "access_token")).ok();
    exchange().refused(400, "Invalid credentials");
    whoami(&server, text(&renewed, "access_token")).refused(403, "Invalid credentials.");
    client
        .grant("refresh_token", &refresh)
        .refused(400, "Invalid credentials");
}

#[test]
fn a_challenge_must_be_answered() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let verifier = "v".repeat(43);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&verifier));
    let fresh = || {
        let more = [
            ("authorization[code_challenge]", challenge.as_str()),
            ("authorization[code_challenge_method]", "S256"),
        ];
        code(&submit(&client, "alice", &alice.password, &more))
    };
    let exchange = |code: &str, verifier: &str| {
        client.grant(
            "authorization_code",
            &[("code", code), ("code_verifier", verifier)],
        )
    };
    let code_ = fresh();
    client
        .grant("authorization_code", &[("code", &code_)])
        .refused(400, "Invalid credentials");
    exchange(&code_, &"w".repeat(43)).refused(400, "Invalid credentials");
    exchange(&code_, &challenge).refused(400, "Invalid credentials");
    exchange(&code_, &verifier).ok();
    // Nobody took the challenge away on the way here.
    let bare = code(&submit(&client, "alice", &alice.password, &[]));
    exchange(&bare, &verifier).refused(400, "Invalid credentials");

    for (challenge, method) in [
        (challenge.as_str(), "plain"),
        (challenge.as_str(), ""),
        ("short", "S256"),
    ] {
        let more = [
            ("code_challenge", challenge),
            ("code_challenge_method", method),
        ];
        let shown = page(&client, &more, &[]);
        assert_eq!(
            (shown.status, shown.header("Location")),
            (400, None),
            "{method}"
        );
    }
    // The page keeps a good one for the form.
    let more = [
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let html = page(&client, &more, &[]).text();
    assert_eq!(hidden(&html, "authorization[code_challenge]"), challenge);
}

#[test]
fn the_sixth_wrong_password_closes_the_account_for_a_while() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    server.user("bob");
    let client = Client::new(&server);
    for _ in 0..5 {
        client
            .password("alice", "wrong")
            .refused(400, "Invalid credentials");
    }
    let answer = client.password("Alice", &alice.password);
    assert!(answer.header("Retry-After").is_some());
    answer.refused(429, "Throttled");
    assert_eq!(submit(&client, "alice", &alice.password, &[]).status, 429);
    client.password("bob", "bob-password").ok();
}

#[test]
fn one_address_may_not_try_many_accounts() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let client = Client::new(&server);
    for n in 0..15 {
        client
            .password(&format!("user{n}"), "x")
            .refused(400, "Invalid credentials");
    }
    client.password("user15", "x").refused(429, "Throttled");
}

#[test]
fn every_token_comes_with_a_cookie_that_dies_with_it() {
    let server = TestServer::with(&["server.url=https://kenoma.example.org"]);
    let alice = server.user("alice");
    let client = Client::new(&server);
    let answer = client.password("alice", &alice.password);
    let set = answer.header("Set-Cookie").unwrap();
    for part in [
        "_pleroma_key=",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Secure",
    ] {
        assert!(set.contains(part), "{part} in {set}");
    }
    let cookie = cookie(&answer);
    let token = answer.ok();
    let ask = || {
        let headers = [("Cookie", cookie.as_str())];
        server.request("GET", "/api/v1/accounts/verify_credentials", &headers, b"")
    };
    assert_eq!(ask().ok()["id"], alice.id.as_str());
    let body = encode(&[("token", text(&token, "access_token"))]);
    let headers = [("Content-Type", FORM), ("Cookie", cookie.as_str())];
    let revoked = server.request("POST", "/oauth/revoke", &headers, body.as_bytes());
    assert!(
        revoked
            .header("Set-Cookie")
            .unwrap()
            .contains("_pleroma_key=; ")
    );
    ask().refused(403, "Invalid credentials.");
    let again = server.request("POST", "/oauth/revoke", &headers, body.as_bytes());
    assert_eq!(again.header("Set-Cookie"), None);
}

#[test]
fn every_grant_sets_the_cookie_and_over_http_it_is_not_secure() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let code = code(&submit(&client, "alice", &alice.password, &[]));
    let by_code = client.grant("authorization_code", &[("code", &code)]);
    let set = by_code.header("Set-Cookie").unwrap().to_owned();
    assert!(set.contains("HttpOnly") && !set.contains("Secure"), "{set}");
    let refresh = text(&by_code.ok(), "refresh_token").to_owned();
    let renewed = client.grant("refresh_token", &[("refresh_token", &refresh)]);
    let cookie = cookie(&renewed);
    let headers = [("Cookie", cookie.as_str())];
    server
        .request("GET", "/api/v1/accounts/verify_credentials", &headers, b"")
        .ok();
    let own = client.grant("client_credentials", &[]);
    assert!(own.header("Set-Cookie").is_some());
}

#[test]
fn an_applications_own_token_does_not_push_a_users_session_away() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let cookie = cookie(&client.password("alice", &alice.password));
    let body = encode(&[
        ("grant_type", "client_credentials"),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
    ]);
    let ask = |cookie: &str| {
        let headers = [("Content-Type", FORM), ("Cookie", cookie)];
        server.request("POST", "/oauth/token", &headers, body.as_bytes())
    };
    assert_eq!(ask(&cookie).header("Set-Cookie"), None);
    assert!(ask("_pleroma_key=unknown").header("Set-Cookie").is_some());
}

#[test]
fn a_page_of_another_site_gets_no_cookie() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let body = encode(&[
        ("grant_type", "password"),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
        ("username", "alice"),
        ("password", &alice.password),
    ]);
    let headers = [
        ("Content-Type", FORM),
        ("Origin", "https://elsewhere.example"),
    ];
    let answer = server.request("POST", "/oauth/token", &headers, body.as_bytes());
    assert_eq!((answer.status, answer.header("Set-Cookie")), (200, None));
}

#[test]
fn signing_out_ends_the_cookie_but_only_on_an_own_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let answer = Client::new(&server).password("alice", &alice.password);
    let cookie = cookie(&answer);
    let token = answer.ok();
    let sign_out = |more: (&str, &str)| {
        server.request(
            "DELETE",
            "/auth/sign_out",
            &[("Cookie", &cookie), more],
            b"",
        )
    };
    let ask = || {
        let headers = [("Cookie", cookie.as_str())];
        server.request("GET", "/api/v1/accounts/verify_credentials", &headers, b"")
    };
    assert_eq!(sign_out(("Sec-Fetch-Site", "cross-site")).status, 403);
    ask().ok();
    let answer = sign_out(("Sec-Fetch-Site", "same-origin"));
    assert_eq!((answer.status, answer.header("Location")), (302, Some("/")));
    assert!(answer.header("Set-Cookie").unwrap().contains("Max-Age=0"));
    ask().refused(403, "Invalid credentials.");
    whoami(&server, text(&token, "access_token")).ok();
}
