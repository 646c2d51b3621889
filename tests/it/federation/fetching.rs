//! What is fetched from other servers, and what is refused (federation.md 7.1; security.md A1, A2); and how deliveries take
//! refusals (federation.md 3.2, 9.1).

use serde_json::{Value, json};

use super::fake::Fake;
use crate::support::{BASE, TestServer, TestUser, encode};

/// Looks an address up; says how many posts came of it.
fn look(who: &TestUser, address: &str) -> usize {
    let found = who
        .get(&format!(
            "/api/v2/search?{}",
            encode(&[("q", address), ("resolve", "true")])
        ))
        .ok();
    found["statuses"].as_array().unwrap().len()
}

#[test]
fn sec_a1_a_post_is_taken_only_from_its_own_host() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (good, evil) = (Fake::start(false), Fake::start(false));
    let (bob, eve) = (good.actor("bob"), evil.actor("eve"));
    let mut posts = 0;
    let mut case = |what: &str, host: &Fake, path: &str, document: Value, expected: usize| {
        host.document(path, &document);
        assert_eq!(look(&alice, &host.url(path)), expected, "{what}");
        posts += expected;
    };
    case("all of one host", &good, "/1", good.note("/1", &bob), 1);
    case("an id elsewhere", &evil, "/2", good.note("/2", &bob), 0);
    case("an author elsewhere", &evil, "/3", evil.note("/3", &bob), 0);
    case(
        "an author elsewhere, an id elsewhere",
        &good,
        "/4",
        evil.note("/4", &bob),
        0,
    );
    let mut own = evil.note("/5", &eve);
    own["id"] = json!(format!("{BASE}/objects/5"));
    case("an id of our own", &evil, "/5", own, 0);
    let mut mixed = good.note("/6", &bob);
    mixed["inbox"] = json!(good.url("/inbox"));
    case("both a post and an actor", &good, "/6", mixed, 0);
    let mut anonymous = good.note("/7", &bob);
    anonymous.as_object_mut().unwrap().remove("id");
    case("no id", &good, "/7", anonymous, 0);
    let kept: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM statuses", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, posts as i64);
    let requests = good.asked("/1");
    assert_eq!(requests.len(), 1);
    let head = requests[0].to_ascii_lowercase();
    assert!(
        head.contains(&format!("keyid=\"{BASE}/actor#main-key\""))
            && head.contains("user-agent: kenoma/"),
        "{head}"
    );
}

#[test]
fn sec_a2_where_a_redirect_ends_is_where_a_document_is_from() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (good, evil) = (Fake::start(false), Fake::start(false));
    let bob = good.actor("bob");
    // An open redirect on the victim's host leads to a forgery.
    good.raw(
        "/open",
        302,
        &format!("Location: {}", evil.url("/forged")),
        "",
    );
    evil.document("/forged", &good.note("/open", &bob));
    assert_eq!(look(&alice, &good.url("/open")), 0);
    // Another address of the same thing on the same host: its id is asked for, once.
    good.document("/alias", &good.note("/real", &bob));
    good.document("/real", &good.note("/real", &bob));
    assert_eq!(look(&alice, &good.url("/alias")), 1);
    assert_eq!(good.asked("/real").len(), 1);
    // An id that leads to another thing is believed in nothing.
    good.document("/liar", &good.note("/other", &bob));
    good.document("/other", &good.note("/third", &bob));
    assert_eq!(look(&alice, &good.url("/liar")), 0);
    // Within the host, three redirects are fine.
    for (from, to) in [("/r3", "/r2"), ("/r2", "/r1"), ("/r1", "/end")] {
        good.raw(from, 301, &format!("Location: {to}"), "");
    }
    good.document("/end", &good.note("/end", &bob));
    assert_eq!(look(&alice, &good.url("/r3")), 1);
}

#[test]
fn sec_f3_what_is_served_as_anything_else_is_no_document() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let good = Fake::start(false);
    let bob = good.actor("bob");
    for (number, kind) in ["application/json", "text/html", "application/octet-stream"]
        .iter()
        .enumerate()
    {
        let path = format!("/upload{number}");
        good.raw(
            &path,
            200,
            &format!("Content-Type: {kind}"),
            good.note(&path, &bob).to_string(),
        );
        assert_eq!(look(&alice, &good.url(&path)), 0, "{kind}");
    }
    let mut large = good.note("/large", &bob);
    large["padding"] = json!(vec!["x".repeat(200_000); 6]);
    good.document("/large", &large);
    assert_eq!(look(&alice, &good.url("/large")), 0);
}

#[test]
fn what_is_not_there_is_not_asked_for_again_and_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let good = Fake::start(false);
    good.raw("/gone", 410, "", "");
    for _ in 0..3 {
        assert_eq!(look(&alice, &good.url("/gone")), 0);
    }
    assert_eq!(good.asked("/gone").len(), 1);
    // Who is too busy is left alone whole.
    good.raw("/busy", 429, "Retry-After: 600", "");
    look(&alice, &good.url("/busy"));
    look(&alice, &good.url("/anything"));
    assert!(good.asked("/anything").is_empty());
}

#[test]
fn sec_a4_a_key_belongs_to_whoever_showed_it_first() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let good = Fake::start(false);
    let pem = super::fetch(&server, "/actor").ok()["publicKey"]["publicKeyPem"].clone();
    for name in ["bob", "eve"] {
        let id = good.actor(name);
        good.document(
            &format!("/users/{name}"),
            &json!({"id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox"),
                    "publicKey": {"id": good.url("/users/bob#main-key"), "owner": id, "publicKeyPem": pem}}),
        );
        let found = alice
            .get(&format!(
                "/api/v2/search?{}",
                encode(&[("q", &id), ("resolve", "true")])
            ))
            .ok();
        assert_eq!(found["accounts"].as_array().unwrap().len(), 1, "{name}");
    }
    let owners: Vec<String> = {
        let db = server.sql();
        let mut stmt = db.prepare("SELECT a.uri FROM account_keys AS k JOIN accounts AS a ON a.id = k.account_id WHERE k.private_pkcs8 IS NULL").unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(owners, [good.url("/users/bob")]);
}

/// Follows somebody on a fake peer: a delivery to its inbox.
fn follow(server: &TestServer, who: &TestUser, address: &str) {
    let found = who
        .get(&format!(
            "/api/v2/search?{}",
            encode(&[("q", address), ("resolve", "true")])
        ))
        .ok();
    let id = found["accounts"][0]["id"].as_str().unwrap();
    who.post(&format!("/api/v1/accounts/{id}/follow"), &[]).ok();
    server.federate();
}

#[test]
fn a_server_that_takes_the_newer_signatures_only_is_remembered_for_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let picky = Fake::start(true);
    follow(&server, &alice, &picky.actor("bob"));
    let first = picky.asked("/users/bob/inbox");
    let is_new = |head: &String| head.to_ascii_lowercase().contains("signature-input:");
    assert_eq!(first.iter().map(is_new).collect::<Vec<_>>(), [false, true]);
    follow(&server, &alice, &picky.actor("carl"));
    let second = picky.asked("/users/carl/inbox");
    assert_eq!(second.iter().map(is_new).collect::<Vec<_>>(), [true]);
}

#[test]
fn t6_who_says_that_it_takes_the_newer_signatures_gets_them_at_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let rfc =
        json!([{"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421"}]);
    for (name, said) in [
        ("bob", json!({"implements": rfc})),
        (
            "carl",
            json!({"generator": {"type": "Application", "implements": rfc}}),
        ),
    ] {
        let picky = Fake::start(true);
        let id = picky.actor(name);
        let mut actor = json!({"id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox")});
        for (key, value) in said.as_object().unwrap() {
            actor[key] = value.clone();
        }
        picky.document(&format!("/users/{name}"), &actor);
        follow(&server, &alice, &id);
        let asked = picky.asked(&format!("/users/{name}/inbox"));
        assert_eq!(asked.len(), 1);
        assert!(asked[0].to_ascii_lowercase().contains("signature-input:"));
    }
}

#[test]
fn what_a_refusal_means_depends_on_its_number() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let good = Fake::start(false);
    let state = |name: &str| -> (i64, i64) {
        let inbox = good.url(&format!("/users/{name}/inbox"));
        server
            .sql()
            .query_row(
                "SELECT state, attempts FROM deliveries WHERE inbox = ?1",
                [inbox],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap()
    };
    for (name, status, expected) in [
        ("gone", 410, (2, 1)),
        ("absent", 404, (0, 1)),
        ("broken", 500, (0, 1)),
    ] {
        good.raw(&format!("/users/{name}/inbox"), status, "", "");
        follow(&server, &alice, &good.actor(name));
        assert_eq!(state(name), expected, "{name}");
    }
    // Once more for those that wait: a missing inbox is given up then, a broken server is not.
    server
        .sql()
        .execute("UPDATE deliveries SET run_at = 0 WHERE state = 0", [])
        .unwrap();
    server.federate();
    assert_eq!((state("absent"), state("broken")), ((2, 2), (0, 2)));
    // A server that asks for patience gets it, for everything that is meant for it.
    good.raw("/users/busy/inbox", 503, "Retry-After: 7200", "");
    follow(&server, &alice, &good.actor("busy"));
    let waiting: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM deliveries WHERE state = 0 AND run_at < unixepoch('subsec') * 1000 + 3600000 AND inbox LIKE '%broken%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(waiting, 0);
}
