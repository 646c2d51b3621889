//! Visitors who live elsewhere follow and answer from their own server (pleroma-contract F).

use serde_json::{Value, json};

use super::fake::Fake;
use crate::support::{BASE, TestServer};

const API: &str = "/api/v1/pleroma/remote_interaction";

/// A server whose people interact on that page.
fn home(template: Value) -> (Fake, String) {
    let peer = Fake::start(false);
    let host = peer.base.strip_prefix("http://").unwrap().to_owned();
    let finger = json!({"subject": format!("acct:bob@{host}"), "links": [
        {"rel": "self", "type": super::ACTIVITY, "href": peer.url("/users/bob")},
        {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": template},
    ]});
    let resource = format!("acct:bob@{host}")
        .replace(':', "%3A")
        .replace('@', "%40");
    let resource = resource.replace('.', "%2E");
    peer.document(
        &format!("/.well-known/webfinger?resource={resource}"),
        &finger,
    );
    (peer, format!("bob@{host}"))
}

#[test]
fn a_visitor_is_led_to_the_page_of_their_own_server() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = alice.post_status("hello");
    let (peer, bob) = home(json!("https://social.example/interact?uri={uri}"));
    let of_alice =
        "https://social.example/interact?uri=http%3A%2F%2F127%2E0%2E0%2E1%3A4000%2Fusers%2Falice";
    let form = [
        ("ap_id", format!("{BASE}/users/alice")),
        ("profile", format!("@{bob}")),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    assert_eq!(server.post_form(API, &form).ok(), json!({"url": of_alice}));
    for nickname in ["alice", "Alice@127.0.0.1:4000"] {
        let form = [("nickname", nickname), ("profile", bob.as_str())];
        let page = server.post_form("/main/ostatus", &form);
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(
            text.contains(&format!("href=\"{}\"", of_alice.replace('&', "&amp;"))),
            "{text}"
        );
        assert!(text.contains("Continue on social.example"));
    }
    let id = post["id"].as_str().unwrap();
    let form = [("status_id", id), ("profile", bob.as_str())];
    let page = server.post_form("/main/ostatus", &form).text();
    let uuid = post["uri"].as_str().unwrap().rsplit('/').next().unwrap();
    assert!(page.contains(&uuid.replace('-', "%2D")), "{page}");
    assert!(!peer.url("").is_empty());
    // The profile page has the form for it.
    let profile = server
        .request("GET", "/users/alice", &[("Accept", "text/html")], b"")
        .text();
    assert!(profile.contains("action=\"/main/ostatus\""));
}

#[test]
fn whoever_cannot_be_found_or_lives_here_is_led_nowhere() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.user("carol");
    let nowhere = |profile: &str| {
        let uri = format!("{BASE}/users/alice");
        let form = [("ap_id", uri.as_str()), ("profile", profile)];
        assert_eq!(
            server.post_form(API, &form).ok(),
            json!({"error": "Couldn't find user"}),
            "{profile}"
        );
        let form = [("nickname", "alice"), ("profile", profile)];
        let page = server.post_form("/main/ostatus", &form);
        assert_eq!(page.status, 404, "{profile}");
        assert!(
            page.text().contains("Couldn&#39;t find user"),
            "{}",
            page.text()
        );
    };
    for profile in [
        "",
        "bob",
        "carol@127.0.0.1:4000",
        "bob@127.0.0.1:1",
        "b o@b@c",
        "bob@x/y",
    ] {
        nowhere(profile);
    }
    // What would lead a browser anywhere but to a page.
    for template in [
        json!("javascript:alert('{uri}')"),
        json!("/interact?uri={uri}"),
        json!("https://x.example/"),
        json!(7),
    ] {
        let (_peer, bob) = home(template);
        nowhere(&bob);
    }
    let missing = server.post_form(API, &[("profile", "bob@far.example")]);
    missing.refused(400, "Missing field: ap_id.");
    // What strangers may not see is not led to.
    let secret = alice.post_with("psst", &[("visibility", "private")]);
    let (_peer, bob) = home(json!("https://social.example/?uri={uri}"));
    let form = [
        ("status_id", secret["id"].as_str().unwrap()),
        ("profile", bob.as_str()),
    ];
    assert_eq!(server.post_form("/main/ostatus", &form).status, 404);
    let form = [("nickname", "nobody"), ("profile", bob.as_str())];
    assert_eq!(server.post_form("/main/ostatus", &form).status, 404);
}
