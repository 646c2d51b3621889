//! Servers that answer WebFinger elsewhere than others do, or in XML (federation.md 1.2, 1.3; security.md F9).

use super::fake::Fake;
use crate::support::{TestServer, TestUser, encode};

const XML: &str = "Content-Type: application/xrd+xml; charset=utf-8";

/// The path and query at which somebody is asked for, below a folder.
fn asked_at(peer: &Fake, folder: &str, name: &str) -> String {
    let host = peer.base.strip_prefix("http://").unwrap();
    let escaped = host.replace(':', "%3A").replace('.', "%2E");
    format!("{folder}?resource=acct%3A{name}%40{escaped}")
}

fn plain(peer: &Fake, name: &str) -> String {
    asked_at(peer, "/.well-known/webfinger", name)
}

/// What WebFinger says of somebody, in XML; `before` comes first.
fn xrd(peer: &Fake, name: &str, before: &str) -> String {
    let host = peer.base.strip_prefix("http://").unwrap();
    let id = peer.url(&format!("/users/{name}"));
    format!(
        "<?xml version=\"1.0\"?>{before}<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\
         <Subject>acct:{name}@{host}</Subject><Alias>{id}</Alias>\
         <Link rel=\"self\" type=\"application/activity+json\" href=\"{id}\"/></XRD>"
    )
}

/// A host-meta that leads to that place.
fn host_meta(peer: &Fake, template: &str, before: &str) {
    let body = format!(
        "<?xml version=\"1.0\"?>{before}<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\
         <Link rel=\"lrdd\" type=\"application/xrd+xml\" template=\"{template}\"/></XRD>"
    );
    peer.raw("/.well-known/host-meta", 200, XML, body);
}

/// Who is found under the handle.
fn found(who: &TestUser, peer: &Fake, name: &str) -> Vec<String> {
    let host = peer.base.strip_prefix("http://").unwrap();
    let handle = format!("@{name}@{host}");
    let found = who
        .get(&format!(
            "/api/v2/search?{}",
            encode(&[("q", &handle), ("resolve", "true")])
        ))
        .ok();
    let accounts = found["accounts"].as_array().unwrap().iter();
    accounts
        .map(|one| one["pleroma"]["ap_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn somebody_is_found_where_host_meta_says() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    host_meta(&peer, &peer.url("/finger?resource={uri}"), "");
    peer.raw(
        &asked_at(&peer, "/finger", "bob"),
        200,
        XML,
        xrd(&peer, "bob", ""),
    );
    assert_eq!(found(&alice, &peer, "bob"), [bob]);
    let head = &peer.asked(&plain(&peer, "bob"))[0];
    assert!(
        head.to_ascii_lowercase()
            .contains("accept: application/jrd+json")
    );
}

#[test]
fn host_meta_is_not_asked_for_where_webfinger_answers() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    host_meta(&peer, &peer.url("/finger?resource={uri}"), "");
    // An answer in XML is one.
    peer.raw(&plain(&peer, "bob"), 200, XML, xrd(&peer, "bob", ""));
    assert_eq!(found(&alice, &peer, "bob"), [bob]);
    // So is that somebody is gone, and that nothing can be said now.
    for (name, status) in [("carl", 410), ("dora", 500)] {
        peer.actor(name);
        peer.raw(&plain(&peer, name), status, "", "");
        assert!(found(&alice, &peer, name).is_empty());
    }
    assert!(peer.asked("/.well-known/host-meta").is_empty());
}

#[test]
fn host_meta_that_leads_back_or_nowhere_ends_the_search() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    peer.actor("bob");
    host_meta(
        &peer,
        &peer.url("/.well-known/webfinger?resource={uri}"),
        "",
    );
    assert!(found(&alice, &peer, "bob").is_empty());
    assert_eq!(peer.asked(&plain(&peer, "bob")).len(), 1);
    for template in ["nowhere/{uri}", "file:///etc/passwd?{uri}", &peer.url("/a")] {
        host_meta(&peer, template, "");
        assert!(found(&alice, &peer, "bob").is_empty(), "{template}");
    }
}

#[test]
fn host_meta_leads_to_no_server_that_is_kept_away() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (peer, bad) = (Fake::start(false), Fake::start(false));
    peer.actor("bob");
    host_meta(&peer, &bad.url("/finger?resource={uri}"), "");
    let host = bad.base.strip_prefix("http://").unwrap();
    let form = [("domain", host), ("severity", "suspend")];
    root.post("/api/v1/admin/domain_blocks", &form).ok();
    assert!(found(&alice, &peer, "bob").is_empty());
    assert_eq!(bad.requests(), 0);
}

/// A billion laughs, and a file of this machine with an address of its network.
fn hostile() -> [String; 2] {
    let mut laughs = "<!DOCTYPE XRD [<!ENTITY l0 \"lol\">".to_owned();
    for level in 1..10 {
        let before = format!("&l{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY l{level} \"{before}\">"));
    }
    laughs.push_str("]><!-- &l9; -->");
    let outside = "<!DOCTYPE XRD [<!ENTITY f SYSTEM \"file:///etc/passwd\">\
                   <!ENTITY % d SYSTEM \"CANARY\">%d;]>";
    [laughs, outside.to_owned()]
}

#[test]
fn sec_f9_xml_with_a_document_type_finds_nobody_and_calls_nobody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let canary = Fake::start(false);
    for opening in hostile() {
        let opening = opening.replace("CANARY", &canary.url("/evil.dtd"));
        // In the answer about somebody …
        let peer = Fake::start(false);
        peer.actor("bob");
        let answer = xrd(&peer, "bob", &opening);
        for subject in ["&l9;", "&f;"] {
            let answer = answer.replace("<Alias>", &format!("<Title>{subject}</Title><Alias>"));
            peer.raw(&plain(&peer, "bob"), 200, XML, answer);
            assert!(found(&alice, &peer, "bob").is_empty());
        }
        assert!(peer.asked("/users/bob").is_empty());
        // … and in host-meta.
        let peer = Fake::start(false);
        peer.actor("bob");
        host_meta(&peer, &peer.url("/finger?resource={uri}"), &opening);
        peer.raw(
            &asked_at(&peer, "/finger", "bob"),
            200,
            XML,
            xrd(&peer, "bob", ""),
        );
        assert!(found(&alice, &peer, "bob").is_empty());
        assert!(peer.asked(&asked_at(&peer, "/finger", "bob")).is_empty());
    }
    assert_eq!(canary.requests(), 0);
    let kept: i64 = server
        .sql()
        .query_row(
            "SELECT count(*) FROM accounts WHERE host <> ''",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 0);
}

#[test]
fn sec_f9_no_more_than_256_kib_are_read() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let answer = xrd(&peer, "bob", "");
    let padded = |size: usize| answer.clone() + &" ".repeat(size - answer.len());
    peer.raw(&plain(&peer, "bob"), 200, XML, padded((256 << 10) + 1));
    assert!(found(&alice, &peer, "bob").is_empty());
    peer.raw(&plain(&peer, "bob"), 200, XML, padded(256 << 10));
    assert_eq!(found(&alice, &peer, "bob"), [bob]);
}
