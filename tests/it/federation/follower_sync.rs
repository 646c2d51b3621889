//! Follows that only one side knows of end (federation.md 9.6).

use serde_json::json;

use super::pair::{Peer, find, follow, id, relationship, settle};
use super::stranger::Stranger;
use crate::support::{BASE, TestServer, TestUser};

fn forget_follow(at: &TestServer, follower: &str, target: &str) {
    let sql = "DELETE FROM follows WHERE account_id = (SELECT id FROM accounts WHERE username = ?1)
                AND target_id = (SELECT id FROM accounts WHERE username = ?2)";
    assert_eq!(at.sql().execute(sql, [follower, target]).unwrap(), 1);
}

#[test]
fn a_post_for_followers_brings_both_sides_to_agree_on_who_they_are() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, amy, abe, bob) = (a.user("ann"), a.user("amy"), a.user("abe"), b.user("bob"));
    let there = find(&ann, "bob", &b);
    for who in [&ann, &amy, &abe] {
        follow(who, &there);
    }
    settle(&a, &b);
    // One side lost a follow, the other lost another.
    forget_follow(&b.server, "ann", "bob");
    forget_follow(&a.server, "amy", "bob");
    bob.post_status("for everybody");
    settle(&a, &b);
    assert_eq!(
        relationship(&ann, &there)["following"],
        true,
        "nobody compares for public posts"
    );
    bob.post_with("for followers", &[("visibility", "private")]);
    settle(&a, &b);
    let follows = |who: &TestUser| relationship(who, &there)["following"] == true;
    assert_eq!(
        (follows(&ann), follows(&amy), follows(&abe)),
        (false, false, true)
    );
    let followers = bob
        .get(&format!("/api/v1/accounts/{}/followers", bob.id))
        .ok();
    let names: Vec<&str> = followers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["abe"]);
    // Both agree: nothing is asked for any more.
    bob.post_with("for followers again", &[("visibility", "private")]);
    b.server.federate();
    assert!(a.server.jobs("synchronize_followers").is_empty());
    assert!(!id(&there).is_empty());
}

#[test]
fn a_server_is_told_of_its_own_followers_alone_and_strangers_of_none() {
    let server = TestServer::new();
    server.user("alice");
    let (bob, carl) = (
        Stranger::new(&server, "bob", "one.example"),
        Stranger::new(&server, "carl", "other.example"),
    );
    for who in [&bob, &carl] {
        who.say(&who.activity("Follow", json!(format!("{BASE}/users/alice"))));
    }
    let path = "/users/alice/followers_synchronization";
    assert_eq!(super::fetch(&server, path).status, 401);
    let headers = bob.signed_get(path);
    let mut all: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.push(("Accept", super::ACTIVITY));
    let list = server.request("GET", path, &all, b"").ok();
    assert_eq!(list["orderedItems"], json!([bob.uri]));
    assert_eq!(
        server.get("/users/nobody/followers_synchronization").status,
        404
    );
}

#[test]
fn a_digest_is_believed_only_for_followers_of_who_signs() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let header = |collection: &str, url: &str, digest: &str| {
        let text = format!("collectionId=\"{collection}\", url=\"{url}\", digest=\"{digest}\"");
        kenoma::fed::follower_sync::compare(&server.app, bob.id, &text).unwrap();
        server.jobs("synchronize_followers").len()
    };
    let (own, url) = (
        format!("{}/followers", bob.uri),
        format!("{}/followers_synchronization", bob.uri),
    );
    let digest = "0".repeat(64);
    assert_eq!(
        header("https://elsewhere.example/followers", &url, &digest),
        0,
        "another's collection"
    );
    assert_eq!(
        header(&own, "https://elsewhere.example/list", &digest),
        0,
        "a list elsewhere"
    );
    assert_eq!(
        kenoma::fed::follower_sync::compare(&server.app, bob.id, "nonsense").map_err(drop),
        Ok(())
    );
    assert_eq!(header(&own, &url, &digest), 1);
    assert_eq!(header(&own, &url, &digest), 1, "once at a time");
}
