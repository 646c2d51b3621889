//! Applications and the token endpoint.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Answer, BASE, TestServer, TestUser};

/// A registered application.
pub struct Client<'a> {
    pub server: &'a TestServer,
    pub id: String,
    pub secret: String,
}

pub const CALLBACK: &str = "https://client.example/callback";
const ALL: &str = "read write follow push admin";

impl<'a> Client<'a> {
    pub fn new(server: &'a TestServer) -> Client<'a> {
        Client::with(server, ALL, CALLBACK)
    }

    pub fn with(server: &'a TestServer, scopes: &str, redirect_uris: &str) -> Client<'a> {
        let form = [
            ("client_name", "Probe"),
            ("redirect_uris", redirect_uris),
            ("scopes", scopes),
        ];
        let app = server.post_form("/api/v1/apps", &form).ok();
        Client {
            server,
            id: app["client_id"].as_str().unwrap().to_owned(),
            secret: app["client_secret"].as_str().unwrap().to_owned(),
        }
    }

    /// Asks the token endpoint, with the client's credentials among the parameters.
    pub fn grant(&self, kind: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", kind),
            ("client_id", self.id.as_str()),
            ("client_secret", self.secret.as_str()),
        ];
        form.extend_from_slice(more);
        self.server.post_form("/oauth/token", &form)
    }

    pub fn password(&self, name: &str, password: &str) -> Answer {
        self.grant("password", &[("username", name), ("password", password)])
    }

    pub fn login(&self, user: &TestUser) -> Value {
        self.password(&user.name, &user.password).ok()
    }
}

/// The own account, as a token sees it.
pub fn whoami(server: &TestServer, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    server.request(
        "GET",
        "/api/v1/accounts/verify_credentials",
        &[("Authorization", &bearer)],
        b"",
    )
}

pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn an_application_registers_and_is_told_everything_clients_read() {
    let server = TestServer::new();
    let form = [
        ("client_name", "Probe"),
        (
            "redirect_uris",
            "urn:ietf:wg:oauth:2.0:oob\nhttps://a.example/cb",
        ),
        ("scopes", "read write follow push admin custom"),
        ("website", "https://a.example"),
    ];
    let app = server.post_form("/api/v1/apps", &form).ok();
    assert!(app["id"].is_string());
    assert_eq!(text(&app, "client_id").len(), 43);
    assert_eq!(text(&app, "client_secret").len(), 43);
    assert_eq!(app["name"], "Probe");
    assert_eq!(app["website"], "https://a.example");
    assert_eq!(
        app["redirect_uris"],
        json!(["urn:ietf:wg:oauth:2.0:oob", "https://a.example/cb"])
    );
    assert_eq!(
        app["scopes"],
        json!(["read", "write", "follow", "push", "admin", "custom"])
    );
    assert_eq!(app["client_secret_expires_at"], 0);
    let key = BASE64_URL_SAFE_NO_PAD
        .decode(text(&app, "vapid_key"))
        .unwrap();
    assert_eq!((key.len(), key[0]), (65, 4), "an uncompressed P-256 point");
}

#[test]
fn the_push_key_outlives_a_restart() {
    let form = [
        ("client_name", "x"),
        ("redirect_uris", "https://a.example/"),
    ];
    let server = TestServer::new();
    let before = server.post_form("/api/v1/apps", &form).ok();
    let server = server.restarted_with(&[]);
    let after = server.post_form("/api/v1/apps", &form).ok();
    assert_eq!(before["vapid_key"], after["vapid_key"]);
    assert_eq!(after["scopes"], json!(["read"]), "the default");
}

#[test]
fn an_application_may_register_in_every_encoding() {
    let server = TestServer::new();
    let body = json!({"client_name": "x", "redirect_uris": ["https://a.example/", "app://"], "scopes": ["read", "write"]});
    let app = server.post_json("/api/v1/apps", &body).ok();
    assert_eq!(
        app["redirect_uris"],
        json!(["https://a.example/", "app://"])
    );
    assert_eq!(app["scopes"], json!(["read", "write"]));
    let fields = [
        ("client_name", "x"),
        ("redirect_uris", "https://a.example/"),
        ("scopes", "read,write"),
    ];
    let (content_type, body) = crate::support::multipart("unused", "f", b"", &fields);
    let app = server
        .request(
            "POST",
            "/api/v1/apps",
            &[("Content-Type", &content_type)],
            &body,
        )
        .ok();
    assert_eq!(app["scopes"], json!(["read", "write"]));
}

#[test]
fn an_application_without_a_name_or_with_a_harmful_address_is_refused() {
    let server = TestServer::new();
    let register = |name: &str, uris: &str| {
        server.post_form(
            "/api/v1/apps",
            &[("client_name", name), ("redirect_uris", uris)],
        )
    };
    register("", "https://a.example/").refused(400, "Missing field: client_name.");
    register("x", "").refused(400, "Missing field: redirect_uris.");
    register("Mastodon-Local", "https://a.example/").refused(422, "Client name is reserved");
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "/cb",
        "https://a.example/#x",
    ] {
        assert_eq!(register("x", uri).status, 422, "{uri}");
    }
    let form = [
        ("client_name", "x"),
        ("redirect_uris", "https://a.example/"),
        ("website", "javascript:alert(1)"),
    ];
    let app = server.post_form("/api/v1/apps", &form).ok();
    assert_eq!(app["website"], Value::Null);
    assert_eq!(app["redirect_uri"], "https://a.example/");
}

#[test]
fn an_application_sees_itself_with_its_own_token_and_with_a_users() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let own = client.grant("client_credentials", &[]).ok();
    let users = client.login(&alice);
    for token in [text(&own, "access_token"), text(&users, "access_token")] {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        let app = server
            .request("GET", "/api/v1/apps/verify_credentials", &headers, b"")
            .ok();
        assert_eq!(app["name"], "Probe");
        assert_eq!(app["website"], Value::Null);
        assert!(app["vapid_key"].is_string());
        assert_eq!(app.get("client_secret"), None);
    }
}

#[test]
fn an_application_with_a_dead_token_is_told_401_so_that_it_registers_anew() {
    let server = TestServer::new();
    let client = Client::new(&server);
    let token = client.grant("client_credentials", &[]).ok();
    let bearer = format!("Bearer {}", text(&token, "access_token"));
    server
        .post_form("/oauth/revoke", &[("token", text(&token, "access_token"))])
        .ok();
    for headers in [
        vec![],
        vec![("Authorization", "Bearer nonsense")],
        vec![("Authorization", bearer.as_str())],
    ] {
        server
            .request("GET", "/api/v1/apps/verify_credentials", &headers, b"")
            .refused(401, "The access token is invalid");
    }
}

#[test]
fn a_password_gives_a_token_that_speaks_for_the_user() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let token = Client::new(&server).login(&alice);
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["scope"], "read write follow push");
    assert_eq!(token["me"], format!("{BASE}/users/alice"));
    assert_eq!(token["expires_in"], 2_147_483_647);
    assert!(token["id"].is_number() && token["created_at"].is_number());
    assert_eq!(text(&token, "refresh_token").len(), 43);
    let account = whoami(&server, text(&token, "access_token")).ok();
    assert_eq!(account["id"], alice.id.as_str());
}

#[test]
fn a_password_grant_reads_form_json_multipart_and_basic_credentials() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let fields = [
        ("grant_type", "password"),
        ("client_id", client.id.as_str()),
        ("client_secret", client.secret.as_str()),
        ("username", "Alice@Example.com"),
        ("password", alice.password.as_str()),
    ];
    let json: serde_json::Map<String, Value> = fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    server.post_json("/oauth/token", &json.into()).ok();
    let (content_type, body) = crate::support::multipart("unused", "f", b"", &fields);
    server
        .request(
            "POST",
            "/oauth/token",
            &[("Content-Type", &content_type)],
            &body,
        )
        .ok();
    let encoded = format!("{}:{}", client.id.replace('-', "%2D"), client.secret);
    for pair in [format!("{}:{}", client.id, client.secret), encoded] {
        let header = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let headers = [
            ("Authorization", header.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let body = "grant_type=password&name=alice&password=alice-password";
        server
            .request("POST", "/oauth/token", &headers, body.as_bytes())
            .ok();
    }
}

#[test]
fn client_credentials_in_the_header_come_before_those_among_the_parameters() {
    let server = TestServer::new();
    let client = Client::new(&server);
    let ask = |header: Option<&str>, id: &str| {
        let query = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", &client.secret),
        ];
        let target = format!("/oauth/token?{}", crate::support::encode(&query));
        let header = header.map(|pair| format!("Basic {}", BASE64_STANDARD.encode(pair)));
        let headers = header
            .iter()
            .map(|header| ("Authorization", header.as_str()));
        server.request("POST", &target, &headers.collect::<Vec<_>>(), b"")
    };
    let right = format!("{}:{}", client.id, client.secret);
    ask(None, &client.id).ok();
    ask(Some(&right), "unknown").ok();
    ask(Some("unknown:secret"), &client.id).refused(400, "Invalid credentials");
}

#[test]
fn the_password_is_judged_first_then_client_standing_scopes_and_second_factor() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read", CALLBACK);
    let stranger = Client {
        server: &server,
        id: client.id.clone(),
        secret: "wrong".into(),
    };
    let sql = "INSERT INTO mfa_totp (account_id, secret) VALUES (?1, x'00')";
    server.sql().execute(sql, [&alice.id]).unwrap();
    let standing = |deactivated: bool| {
        let sql = "UPDATE accounts SET deactivated = ?1";
        server.sql().execute(sql, [deactivated]).unwrap();
    };
    let told = |answer: Answer| answer.value()["error"].as_str().unwrap().to_owned();
    standing(true);
    let disabled = "Your account is currently disabled";
    assert_eq!(
        told(client.password("alice", "wrong")),
        "Invalid credentials"
    );
    assert_eq!(told(stranger.login_answer(&alice)), "Invalid credentials");
    assert_eq!(told(client.login_answer(&alice)), disabled);
    assert_eq!(told(client.scoped(&alice, "write")), disabled);
    standing(false);
    assert_eq!(told(client.scoped(&alice, "write")), "Invalid credentials");
    assert_eq!(told(client.scoped(&alice, "read")), "mfa_required");
}

#[test]
fn every_wrong_password_client_or_scope_looks_the_same() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read", CALLBACK);
    let stranger = Client {
        server: &server,
        id: client.id.clone(),
        secret: "wrong".into(),
    };
    for answer in [
        client.password("alice", "wrong"),
        client.password("nobody", "wrong"),
        client.password("alice", ""),
        client.password("alice", &"x".repeat(73)),
        client.grant("password", &[]),
        stranger.login_answer(&alice),
        client.scoped(&alice, "write"),
        client.scoped(&alice, ""),
    ] {
        answer.refused(400, "Invalid credentials");
    }
    let narrower = client.scoped(&alice, "read:accounts").ok();
    assert_eq!(narrower["scope"], "read:accounts");
}

impl Client<'_> {
    fn login_answer(&self, user: &TestUser) -> Answer {
        self.password(&user.name, &user.password)
    }

    fn scoped(&self, user: &TestUser, scope: &str) -> Answer {
        let form = [
            ("username", user.name.as_str()),
            ("password", user.password.as_str()),
            ("scope", scope),
        ];
        self.grant("password", &form)
    }
}

#[test]
fn admin_scopes_are_for_admins_and_others_lose_them_silently() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let client = Client::new(&server);
    assert_eq!(
        client.scoped(&alice, ALL).ok()["scope"],
        "read write follow push"
    );
    assert_eq!(client.scoped(&root, ALL).ok()["scope"], ALL);
}

#[test]
fn an_application_alone_gets_a_token_without_a_user() {
    let server = TestServer::new();
    let token = Client::new(&server).grant("client_credentials", &[]).ok();
    assert_eq!(token["scope"], ALL);
    assert_eq!(token.get("me"), None);
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");
}

#[test]
fn an_unknown_grant_is_a_bad_request() {
    let server = TestServer::new();
    let client = Client::new(&server);
    client.grant("magic", &[]).refused(500, "Bad request");
    server
        .post_form("/oauth/token", &[])
        .refused(500, "Bad request");
}

#[test]
fn refreshing_ends_the_old_access_token_and_keeps_the_refresh_token() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let old = client.login(&alice);
    let refresh = [("refresh_token", text(&old, "refresh_token"))];
    // Even an expired token may be refreshed.
    server
        .sql()
        .execute("UPDATE tokens SET expires_at = 1", [])
        .unwrap();
    let new = client.grant("refresh_token", &refresh).ok();
    assert_ne!(new["access_token"], old["access_token"]);
    assert_eq!(new["refresh_token"], old["refresh_token"]);
    assert_eq!(new["scope"], old["scope"]);
    assert_eq!(new["me"], old["me"]);
    whoami(&server, text(&old, "access_token")).refused(403, "Invalid credentials.");
    whoami(&server, text(&new, "access_token")).ok();
    client.grant("refresh_token", &refresh).ok();
}

#[test]
fn only_the_application_of_a_refresh_token_may_use_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (client, other) = (Client::new(&server), Client::new(&server));
    let token = client.login(&alice);
    let refresh = [("refresh_token", text(&token, "refresh_token"))];
    other
        .grant("refresh_token", &refresh)
        .refused(400, "Invalid credentials");
    let access = [("refresh_token", text(&token, "access_token"))];
    client
        .grant("refresh_token", &access)
        .refused(400, "Invalid credentials");
    client
        .grant("refresh_token", &[])
        .refused(400, "Invalid credentials");
    whoami(&server, text(&token, "access_token")).ok();
}

#[test]
fn a_token_that_expired_is_nobodys() {
    let server = TestServer::with(&["oauth.token_days=1"]);
    let alice = server.user("alice");
    let token = Client::new(&server).login(&alice);
    assert_eq!(token["expires_in"], 86_400);
    server
        .sql()
        .execute("UPDATE tokens SET expires_at = 1", [])
        .unwrap();
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");
}

#[test]
fn revoking_needs_no_client_but_a_client_that_is_named_must_be_the_right_one() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (client, other) = (Client::new(&server), Client::new(&server));
    let token = client.login(&alice);
    let access = text(&token, "access_token");
    let revoke = |client: &Client, secret: &str, token: &str| {
        let form = [
            ("client_id", client.id.as_str()),
            ("client_secret", secret),
            ("token", token),
        ];
        assert_eq!(server.post_form("/oauth/revoke", &form).ok(), json!({}));
    };
    revoke(&other, &other.secret, access);
    revoke(&client, "wrong", access);
    revoke(&client, "", access);
    revoke(&client, &client.secret, "unknown");
    whoami(&server, access).ok();
    revoke(&client, &client.secret, access);
    whoami(&server, access).refused(403, "Invalid credentials.");

    let token = client.login(&alice);
    let pair = BASE64_STANDARD.encode(format!("{}:{}", client.id, client.secret));
    let header = format!("Basic {pair}");
    let body = json!({"token": token["access_token"]}).to_string();
    let headers = [("Authorization", header.as_str())];
    let by_header = server.request("POST", "/oauth/revoke", &headers, body.as_bytes());
    assert_eq!(by_header.ok(), json!({}));
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");

    let token = client.login(&alice);
    let form = [("token", text(&token, "refresh_token"))];
    assert_eq!(server.post_form("/oauth/revoke", &form).ok(), json!({}));
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");
    server
        .post_form("/oauth/revoke", &[])
        .refused(500, "Bad request");
}

#[test]
fn a_user_lists_and_ends_the_own_tokens_only() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let token = Client::new(&server).login(&alice);
    let list = alice.get("/api/oauth_tokens.json").ok();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["id"], token["id"]);
    assert_eq!(list[0]["app_name"], "Probe");
    assert!(text(&list[0], "valid_until").ends_with('Z'));
    assert_eq!(list[0].as_object().unwrap().len(), 3, "no secrets");

    let path = format!("/api/oauth_tokens/{}", token["id"]);
    assert_eq!(bob.delete(&path).status, 201);
    whoami(&server, text(&token, "access_token")).ok();
    let answer = alice.delete(&path);
    assert_eq!((answer.status, answer.body.len()), (201, 0));
    whoami(&server, text(&token, "access_token")).refused(403, "Invalid credentials.");
    server
        .get("/api/oauth_tokens")
        .refused(403, "Invalid credentials.");
}

#[test]
fn neither_tokens_nor_codes_nor_secrets_are_in_the_database() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let token = client.login(&alice);
    server.app.db().checkpoint().unwrap();
    let file = std::fs::read(server.data().join("kenoma.db")).unwrap();
    let contains = |needle: &str| {
        file.windows(needle.len())
            .any(|part| part == needle.as_bytes())
    };
    assert!(contains(&client.id), "the probe itself works");
    for secret in [
        client.secret.as_str(),
        text(&token, "access_token"),
        text(&token, "refresh_token"),
        alice.token.as_str(),
        alice.password.as_str(),
    ] {
        assert!(!contains(secret), "{secret}");
    }
}

#[test]
fn the_server_describes_its_endpoints() {
    let server = TestServer::new();
    let metadata = server.get("/.well-known/oauth-authorization-server").ok();
    assert_eq!(metadata["token_endpoint"], format!("{BASE}/oauth/token"));
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
}

#[test]
fn userinfo_tells_who_the_user_is_to_whom_may_know() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "profile write", CALLBACK);
    let ask = |scope: &str| {
        let token = client.scoped(&alice, scope).ok();
        let bearer = format!("Bearer {}", text(&token, "access_token"));
        server.request("GET", "/oauth/userinfo", &[("Authorization", &bearer)], b"")
    };
    let info = ask("profile").ok();
    assert_eq!(info["sub"], format!("{BASE}/users/alice"));
    assert_eq!(info["preferred_username"], "alice");
    ask("write").refused(403, "Insufficient permissions: profile | read:accounts.");
}
