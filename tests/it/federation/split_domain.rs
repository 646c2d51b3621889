//! Handles under another name than the server's own (federation.md 1.3).

use serde_json::json;

use super::fake::Fake;
use super::pair::{Peer, find, follow, id, relationship, settle};
use crate::support::TestServer;

#[test]
fn handles_carry_the_domain_and_ids_the_address() {
    let server = TestServer::with(&["server.domain=Family.Example"]);
    let (alice, _bob) = (server.user("alice"), server.user("bob"));
    let base = crate::support::BASE;
    for resource in [
        "acct:alice@family.example",
        "acct:alice@127.0.0.1:4000",
        &format!("{base}/users/alice"),
    ] {
        let found = server
            .get(&format!("/.well-known/webfinger?resource={resource}"))
            .ok();
        assert_eq!(found["subject"], "acct:alice@family.example");
        assert_eq!(found["aliases"][0], format!("{base}/users/alice"));
    }
    let actor = super::fetch(&server, "/users/alice").ok();
    assert_eq!(
        (&actor["webfinger"], &actor["id"]),
        (
            &json!("alice@family.example"),
            &json!(format!("{base}/users/alice"))
        )
    );
    assert_eq!(
        super::fetch(&server, "/actor").ok()["preferredUsername"],
        "family.example"
    );
    assert_eq!(
        server.get("/api/v2/instance").ok()["domain"],
        "family.example"
    );
    // People here are named by it.
    let status = alice.post_status("hi @bob@family.example");
    assert_eq!(status["mentions"][0]["acct"], "bob");
    let note = super::fetch(&server, &super::path(&status["uri"])).ok();
    assert_eq!(note["tag"][0]["name"], "@bob@family.example");
    let found = server
        .get("/api/v1/accounts/lookup?acct=bob@family.example")
        .ok();
    assert_eq!(
        (&found["acct"], &found["fqn"]),
        (&json!("bob"), &json!("bob@family.example"))
    );
}

#[test]
fn somebody_is_found_and_followed_under_the_domain_that_only_points_to_the_server() {
    // The domain is another host, which sends those who ask for WebFinger on.
    let domain = Fake::start(false);
    let name = domain.base.strip_prefix("http://").unwrap().to_owned();
    let a = Peer::start(&[&format!("server.domain={name}")]);
    let b = Peer::start(&[]);
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let escaped = name.replace(':', "%3A").replace('.', "%2E");
    let asked = format!("/.well-known/webfinger?resource=acct%3Aann%40{escaped}");
    domain.raw(
        &asked,
        302,
        &format!("Location: http://{}{asked}", a.host),
        "",
    );
    let handle = crate::support::encode(&[("q", &format!("@ann@{name}")), ("resolve", "true")]);
    let found = bob.get(&format!("/api/v2/search?{handle}")).ok();
    let there = found["accounts"][0].clone();
    assert_eq!(there["acct"], format!("ann@{name}"));
    assert_eq!(
        there["pleroma"]["ap_id"],
        format!("http://{}/users/ann", a.host)
    );
    // The same by the server's own name: the handle is the one that both agree on.
    assert_eq!(find(&bob, "ann", &a)["acct"], format!("ann@{name}"));
    follow(&bob, &there);
    settle(&a, &b);
    assert_eq!(relationship(&bob, &there)["following"], true);
    let post = ann.post_with(&format!("hi @bob@{}", b.host), &[("visibility", "direct")]);
    settle(&a, &b);
    let told = bob.get("/api/v1/notifications").ok();
    assert_eq!(told[0]["status"]["account"]["acct"], format!("ann@{name}"));
    assert_eq!(told[0]["status"]["uri"], post["uri"]);
    let answer = [
        ("in_reply_to_id", id(&told[0]["status"])),
        ("visibility", "direct"),
    ];
    bob.post_with(&format!("hi @ann@{name}"), &answer);
    settle(&a, &b);
    assert_eq!(ann.get("/api/v1/notifications").ok()[0]["type"], "mention");
}
