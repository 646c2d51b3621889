//! What people do with statuses, and the lists that come of it.

use serde_json::Value;

use crate::statuses::told;
use crate::support::{TestServer, TestUser, ids};

fn act(user: &TestUser, status: &Value, verb: &str) -> Value {
    let id = status["id"].as_str().unwrap();
    user.post(&format!("/api/v1/statuses/{id}/{verb}"), &[])
        .ok()
}

#[test]
fn a_favourite_counts_once_tells_the_author_once_and_can_be_taken_back() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    for _ in 0..2 {
        let seen = act(&bob, &posted, "favourite");
        assert_eq!(
            (
                seen["favourited"].as_bool(),
                seen["favourites_count"].as_i64()
            ),
            (Some(true), Some(1))
        );
    }
    assert_eq!(
        told(&server, &alice.id),
        [("favourite".to_owned(), bob.id.clone())]
    );
    let by = format!(
        "/api/v1/statuses/{}/favourited_by",
        posted["id"].as_str().unwrap()
    );
    assert_eq!(ids(&server.get(&by).ok()), [bob.id.as_str()]);
    assert_eq!(
        ids(&bob.get("/api/v1/favourites").ok()),
        [posted["id"].as_str().unwrap()]
    );
    let seen = act(&bob, &posted, "unfavourite");
    assert_eq!(
        (
            seen["favourited"].as_bool(),
            seen["favourites_count"].as_i64()
        ),
        (Some(false), Some(0))
    );
    assert!(ids(&bob.get("/api/v1/favourites").ok()).is_empty());
    assert!(told(&server, &alice.id).is_empty());
}

#[test]
fn a_reblog_wraps_the_status_and_twice_is_the_same_wrapper() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    let wrapper = act(&bob, &posted, "reblog");
    assert_ne!(wrapper["id"], posted["id"]);
    assert_eq!(wrapper["reblog"]["id"], posted["id"]);
    assert_eq!(
        (&wrapper["account"]["acct"], &wrapper["content"]),
        (&"bob".into(), &posted["content"])
    );
    assert_eq!(
        (
            wrapper["reblogged"].as_bool(),
            wrapper["reblogs_count"].as_i64()
        ),
        (Some(true), Some(1))
    );
    assert_eq!(act(&bob, &posted, "reblog")["id"], wrapper["id"]);
    assert_eq!(
        act(&bob, &wrapper, "reblog")["id"],
        wrapper["id"],
        "a reblog is never reblogged itself"
    );
    assert_eq!(
        told(&server, &alice.id),
        [("reblog".to_owned(), bob.id.clone())]
    );
    assert_eq!(
        ids(&bob.get("/api/v1/timelines/home").ok()),
        [wrapper["id"].as_str().unwrap()]
    );
    let by = format!(
        "/api/v1/statuses/{}/reblogged_by",
        posted["id"].as_str().unwrap()
    );
    assert_eq!(ids(&server.get(&by).ok()), [bob.id.as_str()]);
    let back = act(&bob, &wrapper, "unreblog");
    assert_eq!(
        (&back["id"], back["reblogs_count"].as_i64()),
        (&posted["id"], Some(0))
    );
    assert!(ids(&bob.get("/api/v1/timelines/home").ok()).is_empty());
    assert_eq!(act(&bob, &posted, "unreblog")["id"], posted["id"]);
}

#[test]
fn only_open_posts_and_ones_own_private_ones_are_reblogged_and_never_further_than_they_reach() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = |visibility: &str| alice.post_with("hi @bob", &[("visibility", visibility)]);
    for visibility in ["private", "direct", "local", "list:1"] {
        let id = post(visibility)["id"].as_str().unwrap().to_owned();
        bob.post(&format!("/api/v1/statuses/{id}/reblog"), &[])
            .refused(400, "Could not repeat");
    }
    assert_eq!(
        act(&alice, &post("private"), "reblog")["visibility"],
        "private"
    );
    assert_eq!(
        act(&bob, &post("unlisted"), "reblog")["visibility"],
        "unlisted"
    );
    let id = post("public")["id"].as_str().unwrap().to_owned();
    let wrapper = bob
        .post(
            &format!("/api/v1/statuses/{id}/reblog"),
            &[("visibility", "private")],
        )
        .ok();
    assert_eq!(wrapper["visibility"], "private");
}

#[test]
fn a_deleted_post_takes_its_reblogs_with_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    act(&bob, &posted, "reblog");
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            posted["id"].as_str().unwrap()
        ))
        .ok();
    assert!(ids(&bob.get("/api/v1/timelines/home").ok()).is_empty());
    let bob = server
        .get(&format!("/api/v1/accounts/{}/statuses", bob.id))
        .ok();
    assert!(ids(&bob).is_empty());
}

#[test]
fn bookmarks_are_listed_latest_first_and_paged_by_their_own_keys() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posts: Vec<Value> = (0..3).map(|n| alice.post_status(&n.to_string())).collect();
    // The oldest post is bookmarked last.
    for post in posts.iter().rev() {
        assert_eq!(act(&alice, post, "bookmark")["bookmarked"], true);
    }
    let id = |n: usize| posts[n]["id"].as_str().unwrap();
    let first = alice.get("/api/v1/bookmarks?limit=2");
    let link = first.header("Link").unwrap().to_owned();
    assert_eq!(ids(&first.ok()), [id(0), id(1)]);
    let next = link.split(['<', '>']).nth(1).unwrap();
    let next = next.strip_prefix(crate::support::BASE).unwrap();
    assert_eq!(ids(&alice.get(next).ok()), [id(2)]);
    assert_eq!(act(&alice, &posts[0], "unbookmark")["bookmarked"], false);
    assert_eq!(ids(&alice.get("/api/v1/bookmarks").ok()), [id(1), id(2)]);
}

#[test]
fn pins_have_a_limit_an_owner_and_an_audience() {
    let server = TestServer::with(&["instance.max_pinned=1"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (one, two) = (alice.post_status("one"), alice.post_status("two"));
    let pin = |user: &TestUser, status: &Value| {
        user.post(
            &format!("/api/v1/statuses/{}/pin", status["id"].as_str().unwrap()),
            &[],
        )
    };
    assert_eq!(pin(&alice, &one).ok()["pinned"], true);
    assert_eq!(pin(&alice, &one).ok()["pinned"], true, "twice is once");
    pin(&alice, &two).refused(
        400,
        "You have already pinned the maximum number of statuses",
    );
    pin(&bob, &two).refused(400, "Could not pin");
    let private = alice.post_with("three", &[("visibility", "private")]);
    pin(&alice, &private).refused(400, "Could not pin");
    let pinned = format!("/api/v1/accounts/{}/statuses?pinned=true", alice.id);
    assert_eq!(
        ids(&server.get(&pinned).ok()),
        [one["id"].as_str().unwrap()]
    );
    act(&alice, &one, "unpin");
    assert!(ids(&server.get(&pinned).ok()).is_empty());
}

#[test]
fn a_muted_thread_tells_nothing_and_stays_out_of_sight_until_it_is_heard_again() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    let muted = act(&alice, &posted, "mute");
    assert_eq!(
        (&muted["muted"], &muted["pleroma"]["thread_muted"]),
        (&true.into(), &true.into())
    );
    let reply = [("in_reply_to_id", posted["id"].as_str().unwrap())];
    let first = bob.post_with("you there?", &reply);
    assert!(told(&server, &alice.id).is_empty());
    assert!(ids(&alice.get("/api/v1/timelines/public").ok()).is_empty());
    let with_muted = ids(&alice.get("/api/v1/timelines/public?with_muted=true").ok());
    assert_eq!(with_muted[0], first["id"].as_str().unwrap());
    act(&alice, &posted, "unmute");
    bob.post_with("hello?", &reply);
    assert_eq!(told(&server, &alice.id).len(), 1);
}
