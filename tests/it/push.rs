//! Web Push: subscriptions, and messages that reach a push service and can be read by nobody but the client.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as Verifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use crate::binary::PATIENCE;
use crate::support::{TestServer, TestUser};

const SUBSCRIPTION: &str = "/api/v1/push/subscription";

/// What came to the push service.
struct Posted {
    head: String,
    body: Vec<u8>,
}

impl Posted {
    fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }
}

/// A push service on loopback that answers everything with one status.
fn service(status: u16) -> (String, Receiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/push/one", listener.local_addr().unwrap());
    let (send, posted) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let found = head.to_lowercase();
            let length = found.split("content-length: ").nth(1).unwrap();
            let length = length.split("\r\n").next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer =
                format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            let _ = send.send(Posted { head, body });
        }
    });
    (endpoint, posted)
}

/// A browser's keys.
struct Browser {
    private: PrivateKey,
    public: Vec<u8>,
    auth: Vec<u8>,
}

impl Browser {
    fn new() -> Browser {
        let private = PrivateKey::generate(&ECDH_P256).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        let auth = (0..16).collect();
        Browser {
            private,
            public,
            auth,
        }
    }

    fn subscription(&self, endpoint: &str, standard: bool, alerts: Value) -> Value {
        json!({
            "subscription": {
                "endpoint": endpoint,
                "keys": {"p256dh": BASE64.encode(&self.public), "auth": BASE64.encode(&self.auth)},
                "standard": standard,
            },
            "data": {"alerts": alerts},
        })
    }

    /// Reads a message in the encoding that its head names.
    fn read(&self, posted: &Posted) -> Value {
        let plain = match posted.header("content-encoding") {
            "aes128gcm" => {
                let (salt, rest) = posted.body.split_at(16);
                assert_eq!(&rest[..5], [0, 0, 16, 0, 65]);
                let (sender, sealed) = rest[5..].split_at(65);
                let info = [&b"WebPush: info\0"[..], &self.public, sender].concat();
                let input = hkdf(&self.auth, &self.agree(sender), &info);
                let key = hkdf(salt, &input, b"Content-Encoding: aes128gcm\0");
                let nonce = hkdf(salt, &input, b"Content-Encoding: nonce\0");
                let mut plain = open(&key, &nonce, sealed);
                assert_eq!(plain.pop(), Some(2));
                plain
            }
            "aesgcm" => {
                let salt = posted.header("encryption").strip_prefix("salt=").unwrap();
                let sender = posted.header("crypto-key").strip_prefix("dh=").unwrap();
                let sender = BASE64.decode(sender.split(';').next().unwrap()).unwrap();
                let salt = BASE64.decode(salt).unwrap();
                let input = hkdf(
                    &self.auth,
                    &self.agree(&sender),
                    b"Content-Encoding: auth\0",
                );
                let context = [b"P-256\0\0\x41", &self.public[..], b"\0\x41", &sender].concat();
                let info = |name: &[u8]| [name, b"\0", &context].concat();
                let key = hkdf(&salt, &input, &info(b"Content-Encoding: aesgcm"));
                let nonce = hkdf(&salt, &input, &info(b"Content-Encoding: nonce"));
                let plain = open(&key, &nonce, &posted.body);
                assert_eq!(plain[..2], [0, 0]);
                plain[2..].to_vec()
            }
            other => panic!("{other}"),
        };
        serde_json::from_slice(&plain).unwrap()
    }

    fn agree(&self, sender: &[u8]) -> Vec<u8> {
        let theirs = UnparsedPublicKey::new(&ECDH_P256, sender);
        agree(&self.private, theirs, (), |secret| Ok(secret.to_vec())).unwrap()
    }
}

fn hkdf(salt: &[u8], input: &[u8], info: &[u8]) -> Vec<u8> {
    let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
    let extracted = hmac::sign(&key(salt), input);
    hmac::sign(&key(extracted.as_ref()), &[info, &[1]].concat())
        .as_ref()
        .to_vec()
}

fn open(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
    let mut bytes = sealed.to_vec();
    key.open_in_place(nonce, Aad::empty(), &mut bytes)
        .unwrap()
        .to_vec()
}

fn all_alerts() -> Value {
    json!({"mention": true, "favourite": true, "follow": true, "pleroma:emoji_reaction": true})
}

/// Subscribes with everything on; returns what comes to the push service.
fn subscribed(user: &TestUser, browser: &Browser, status: u16, standard: bool) -> Receiver<Posted> {
    let (endpoint, posted) = service(status);
    let wish = browser.subscription(&endpoint, standard, all_alerts());
    user.json("POST", SUBSCRIPTION, &wish).ok();
    posted
}

fn received(server: &TestServer, posted: &Receiver<Posted>) -> Posted {
    server.run_jobs();
    posted.recv_timeout(PATIENCE).expect("a message")
}

fn nothing(server: &TestServer, posted: &Receiver<Posted>) {
    server.run_jobs();
    assert!(posted.try_recv().is_err());
    assert!(server.jobs("send_push").is_empty());
}

#[test]
fn a_subscription_is_made_shown_changed_and_ended() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.get(SUBSCRIPTION).refused(404, "Record not found");
    alice
        .json("PUT", SUBSCRIPTION, &json!({"data": {"policy": "all"}}))
        .refused(404, "Record not found");
    let browser = Browser::new();
    let endpoint = "https://push.example/one";
    let wish = browser.subscription(
        endpoint,
        true,
        json!({"mention": true, "from.the.future": true, "poll": false}),
    );
    let made = alice.json("POST", SUBSCRIPTION, &wish).ok();
    assert!(made["id"].is_i64(), "{made}");
    assert_eq!(
        (&made["endpoint"], &made["standard"], &made["policy"]),
        (&json!(endpoint), &json!(true), &json!("all"))
    );
    assert_eq!(made["alerts"]["mention"], true);
    assert_eq!(made["alerts"]["from.the.future"], true);
    for off in [
        "poll",
        "follow",
        "favourite",
        "reblog",
        "status",
        "update",
        "follow_request",
        "admin.sign_up",
        "pleroma:chat_mention",
    ] {
        assert_eq!(made["alerts"][off], false, "{off}");
    }
    assert_eq!(
        made["server_key"],
        server.get("/api/v2/instance").ok()["configuration"]["vapid"]["public_key"]
    );
    assert_eq!(alice.get(SUBSCRIPTION).ok(), made);
    // As forms write it.
    let form = [("data[alerts][follow]", "1"), ("data[policy]", "followed")];
    let changed = alice.put(SUBSCRIPTION, &form).ok();
    assert_eq!(
        (&changed["alerts"]["follow"], &changed["alerts"]["mention"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&changed["policy"], &changed["id"]),
        (&json!("followed"), &made["id"])
    );
    bob.get(SUBSCRIPTION).refused(404, "Record not found");
    let again = alice
        .json(
            "POST",
            SUBSCRIPTION,
            &browser.subscription("https://push.example/two", false, json!({})),
        )
        .ok();
    assert_eq!(again["endpoint"], "https://push.example/two");
    assert_eq!(alice.delete(SUBSCRIPTION).ok(), json!({}));
    assert_eq!(alice.delete(SUBSCRIPTION).ok(), json!({}));
    alice.get(SUBSCRIPTION).refused(404, "Record not found");
}

#[test]
fn what_cannot_be_a_subscription_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let good = Browser::new().subscription("https://push.example/one", true, json!({}));
    let refused = |path: [&str; 3], value: Value, error: &str| {
        let mut wish = good.clone();
        let mut place = &mut wish;
        for step in path.iter().filter(|step| !step.is_empty()) {
            place = &mut place[*step];
        }
        *place = value;
        alice.json("POST", SUBSCRIPTION, &wish).refused(422, error);
    };
    let endpoint = "Validation failed: endpoint is invalid";
    for bad in [
        "",
        "push.example",
        "ftp://push.example/",
        "https://me@push.example/",
        &format!("https://push.example/{}", "x".repeat(2000)),
    ] {
        refused(["subscription", "endpoint", ""], json!(bad), endpoint);
    }
    let key = "Validation failed: the key is invalid";
    refused(["subscription", "keys", "p256dh"], json!("AAAA"), key);
    refused(["subscription", "keys", "auth"], json!("AAAA"), key);
    refused(["subscription", "keys", ""], json!(null), key);
    refused(
        ["data", "policy", ""],
        json!("sometimes"),
        "Validation failed: policy is invalid",
    );
    assert_eq!(alice.json("POST", SUBSCRIPTION, &json!({})).status, 400);
    let closed = TestServer::with(&["federation.allow_private_addresses=false"]);
    let carol = closed.user("carol");
    let plain = Browser::new().subscription("http://push.example/", true, json!({}));
    carol
        .json("POST", SUBSCRIPTION, &plain)
        .refused(422, endpoint);
}

#[test]
fn a_message_can_be_read_by_the_browser_in_both_encodings() {
    for standard in [true, false] {
        let server = TestServer::with(&["instance.contact_email=me@example.com"]);
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let browser = Browser::new();
        let posted = subscribed(&alice, &browser, 201, standard);
        let post = bob.post_with("hello @alice, how are <you>?", &[]);
        let message = received(&server, &posted);
        assert!(
            message.head.starts_with("POST /push/one HTTP/1.1"),
            "{}",
            message.head
        );
        assert_eq!(
            (message.header("ttl"), message.header("urgency")),
            ("172800", "normal")
        );
        let told = alice.get("/api/v1/notifications").ok();
        let id: i64 = told[0]["id"].as_str().unwrap().parse().unwrap();
        let expected = json!({
            "access_token": alice.token,
            "preferred_locale": "en",
            "notification_id": id,
            "notification_type": "mention",
            "icon": post["account"]["avatar"],
            "title": "bob mentioned you",
            "body": "hello @alice, how are <you>?",
        });
        assert_eq!(browser.read(&message), expected);
        check_signature(&server, &message, standard);
    }
}

fn check_signature(server: &TestServer, message: &Posted, standard: bool) {
    let public =
        server.get("/api/v2/instance").ok()["configuration"]["vapid"]["public_key"].clone();
    let public = public.as_str().unwrap();
    let authorization = message.header("authorization");
    let token = match standard {
        true => {
            let (token, key) = authorization
                .strip_prefix("vapid t=")
                .unwrap()
                .split_once(", k=")
                .unwrap();
            assert_eq!(key, public);
            token
        }
        false => {
            assert!(
                message
                    .header("crypto-key")
                    .ends_with(&format!(";p256ecdsa={public}"))
            );
            authorization.strip_prefix("WebPush ").unwrap()
        }
    };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = BASE64.decode(public).unwrap();
    let verifier = Verifier::new(&ECDSA_P256_SHA256_FIXED, &key);
    verifier
        .verify(signed.as_bytes(), &BASE64.decode(signature).unwrap())
        .unwrap();
    let claims = BASE64.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], format!("http://{}", message.header("host")));
    assert_eq!(claims["sub"], "mailto:me@example.com");
}

#[test]
fn who_hides_contents_is_pushed_a_title_alone() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let sql = "UPDATE users SET notification_settings = '{\"hide_notification_contents\":true}' WHERE account_id = ?1";
    server.sql().execute(sql, [&alice.id]).unwrap();
    let browser = Browser::new();
    let posted = subscribed(&alice, &browser, 201, true);
    bob.post_with("@alice the secret", &[("visibility", "direct")]);
    let message = browser.read(&received(&server, &posted));
    assert_eq!(
        (&message["title"], &message["body"]),
        (&json!("bob mentioned you"), &json!(""))
    );
}

#[test]
fn a_warning_stands_for_what_is_behind_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let browser = Browser::new();
    let posted = subscribed(&alice, &browser, 201, true);
    bob.post_with("@alice the end of the film", &[("spoiler_text", "film")]);
    assert_eq!(browser.read(&received(&server, &posted))["body"], "film");
}

#[test]
fn only_what_was_asked_for_is_pushed() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let browser = Browser::new();
    let posted = subscribed(&alice, &browser, 201, true);
    let post = alice.post_status("hello");
    let id = post["id"].as_str().unwrap();
    bob.post(&format!("/api/v1/statuses/{id}/reblog"), &[]).ok();
    nothing(&server, &posted);
    bob.put(&format!("/api/v1/pleroma/statuses/{id}/reactions/🐈"), &[])
        .ok();
    let message = browser.read(&received(&server, &posted));
    assert_eq!(message["title"], "bob reacted with 🐈");
    for (policy, expected) in [("none", false), ("followed", false), ("follower", true)] {
        alice.put(SUBSCRIPTION, &[("data[policy]", policy)]).ok();
        if policy == "follower" {
            bob.follow(&alice);
            server.run_jobs();
            while posted.try_recv().is_ok() {}
        }
        bob.post_status(&format!("@alice by {policy}"));
        match expected {
            true => drop(received(&server, &posted)),
            false => nothing(&server, &posted),
        }
    }
}

#[test]
fn a_subscription_that_the_service_does_not_know_is_ended() {
    for status in [404, 410] {
        let server = TestServer::new();
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let posted = subscribed(&alice, &Browser::new(), status, true);
        bob.post_status("@alice are you there?");
        received(&server, &posted);
        alice.get(SUBSCRIPTION).refused(404, "Record not found");
        assert!(server.jobs("send_push").is_empty());
    }
}

#[test]
fn a_service_that_is_busy_is_asked_again_later_and_one_that_refuses_is_not() {
    for (status, waiting) in [(503, 0), (429, 0), (400, 1), (413, 1)] {
        let server = TestServer::new();
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let posted = subscribed(&alice, &Browser::new(), status, true);
        bob.post_status("@alice are you there?");
        received(&server, &posted);
        let dead: i64 = server
            .sql()
            .query_row(
                "SELECT dead FROM jobs WHERE kind = 'send_push'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(dead, waiting, "{status}");
        alice.get(SUBSCRIPTION).ok();
    }
}

#[test]
fn sec_o4_a_lost_right_ends_pushes() {
    let acts = [
        "UPDATE accounts SET deactivated = 1 WHERE id = ?1",
        "UPDATE users SET approval_pending = 1 WHERE account_id = ?1",
        "UPDATE tokens SET expires_at = 1 WHERE account_id = ?1",
        "UPDATE tokens SET scopes = 'read' WHERE account_id = ?1",
        "DELETE FROM tokens WHERE account_id = ?1",
    ];
    for act in acts {
        let server = TestServer::new();
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let posted = subscribed(&alice, &Browser::new(), 201, true);
        bob.post_status("@alice are you there?");
        server.sql().execute(act, [&alice.id]).unwrap();
        nothing(&server, &posted);
    }
}

#[test]
fn sec_p2_what_went_out_of_sight_before_the_push_is_not_told() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = subscribed(&alice, &Browser::new(), 201, true);
    bob.post_status("@alice read me");
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    nothing(&server, &posted);
    let carol = server.user("carol");
    let post = carol.post_status("@alice no, me");
    carol
        .delete(&format!(
            "/api/v1/statuses/{}",
            post["id"].as_str().unwrap()
        ))
        .ok();
    nothing(&server, &posted);
}

#[test]
fn sec_o11_the_token_in_messages_is_not_in_the_file_in_the_clear() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let wish = Browser::new().subscription("https://push.example/one", true, json!({}));
    alice.json("POST", SUBSCRIPTION, &wish).ok();
    server.app.db().checkpoint().unwrap();
    let file = std::fs::read(server.data().join("kenoma.db")).unwrap();
    let token = alice.token.as_bytes();
    assert!(!file.windows(token.len()).any(|part| part == token));
}

#[test]
fn after_a_refresh_messages_carry_the_new_token() {
    let server = TestServer::new();
    let (bob, browser) = (server.user("bob"), Browser::new());
    let mut alice = server.user("alice");
    let form = [
        ("client_name", "app"),
        ("redirect_uris", "urn:ietf:wg:oauth:2.0:oob"),
        ("scopes", "read write push"),
    ];
    let app = server.post_form("/api/v1/apps", &form).ok();
    let grant = |kind: &str, more: &[(&str, &str)]| {
        let (id, secret) = (app["client_id"].as_str(), app["client_secret"].as_str());
        let mut form = vec![
            ("grant_type", kind),
            ("client_id", id.unwrap()),
            ("client_secret", secret.unwrap()),
        ];
        form.extend_from_slice(more);
        server.post_form("/oauth/token", &form).ok()
    };
    let login = [("username", "alice"), ("password", &*alice.password)];
    let first = grant("password", &login);
    alice.token = first["access_token"].as_str().unwrap().to_owned();
    let posted = subscribed(&alice, &browser, 201, true);
    let refresh = first["refresh_token"].as_str().unwrap();
    let second = grant("refresh_token", &[("refresh_token", refresh)]);
    assert_ne!(second["access_token"], first["access_token"]);
    bob.post_status("hello @alice");
    let message = received(&server, &posted);
    assert_eq!(
        browser.read(&message)["access_token"],
        second["access_token"]
    );
    alice.token = second["access_token"].as_str().unwrap().to_owned();
    alice.get(SUBSCRIPTION).ok();
}
