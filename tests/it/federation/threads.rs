//! Threads as their origins have them: fetched when somebody opens a post, within a budget (federation.md 7.3, 7.4).

use std::time::Duration;

use kenoma::events::Event;
use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::{self, Peer, copy, id, settle};
use super::stranger::{Stranger, count};
use crate::support::{TestServer, TestUser, ids};

/// Scripts a post with these replies.
fn post(peer: &Fake, path: &str, by: &str, parent: Option<&str>, replies: Value) {
    let mut note = peer.note(path, by);
    note["inReplyTo"] = json!(parent.map(|parent| peer.url(parent)));
    note["replies"] = replies;
    peer.document(path, &note);
}

fn seen(alice: &TestUser, peer: &Fake, path: &str) -> Value {
    copy(alice, &json!({"uri": peer.url(path)}))
}

fn texts(list: &Value) -> Vec<String> {
    let uri = |status: &Value| {
        status["uri"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    list.as_array().unwrap().iter().map(uri).collect()
}

fn context(user: &TestUser, status: &Value) -> Value {
    user.get(&format!("/api/v1/statuses/{}/context", id(status)))
        .ok()
}

/// Opens a post; what is missing has been fetched then.
fn opened(server: &TestServer, user: &TestUser, status: &Value) -> Value {
    context(user, status);
    server.federate();
    context(user, status)
}

#[test]
fn replies_are_read_from_inline_pages_and_from_others() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (peer, other) = (Fake::start(false), Fake::start(false));
    let (bob, carl) = (peer.actor("bob"), other.actor("carl"));
    let mut told = peer.note("/r1", &bob);
    told["inReplyTo"] = json!(peer.url("/post"));
    // What is told of another host's post is not trusted.
    let mut altered = other.note("/r2", &carl);
    altered["content"] = json!("<p>altered</p>");
    let mut honest = other.note("/r2", &carl);
    honest["inReplyTo"] = json!(peer.url("/post"));
    other.document("/r2", &honest);
    post(
        &peer,
        "/r3",
        &bob,
        Some("/post"),
        json!({"type": "Collection", "items": [peer.url("/r4")]}),
    );
    post(&peer, "/r4", &bob, Some("/r3"), json!(null));
    peer.document("/page2", &json!({"id": peer.url("/page2"), "type": "CollectionPage", "items": [peer.url("/r3"), peer.url("/absent")]}));
    post(
        &peer,
        "/post",
        &bob,
        None,
        json!({"type": "Collection", "totalItems": 9, "first": {"type": "CollectionPage", "items": [told, altered], "next": peer.url("/page2")}}),
    );
    let here = seen(&alice, &peer, "/post");
    assert_eq!(here["replies_count"], 9, "as its origin counts");
    // Nothing is fetched for strangers.
    server
        .get(&format!("/api/v1/statuses/{}/context", id(&here)))
        .ok();
    server.federate();
    assert_eq!(peer.asked("/page2").len(), 0);
    let hub = server.app.db().hub();
    hub.listen(vec![None]);
    let thread = opened(&server, &alice, &here);
    let mut found = texts(&thread["descendants"]);
    found.sort();
    assert_eq!(found, ["r1", "r2", "r3", "r4"]);
    assert!(!thread.to_string().contains("altered"));
    let events = hub.next(Duration::ZERO).events;
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Posted(_)))
            .count(),
        4
    );
    assert_eq!(
        events.back(),
        Some(&Event::Edited(id(&here).parse().unwrap()))
    );
    hub.listen(Vec::new());
    // Once more at once: it was just looked at.
    let before = peer.asked("/post").len();
    opened(&server, &alice, &here);
    assert_eq!(peer.asked("/post").len(), before);
}

#[test]
fn a_collection_without_end_is_left_after_fifty() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let items: Vec<Value> = (0..10_000)
        .map(|number| json!(peer.url(&format!("/r{number}"))))
        .collect();
    for number in 0..60 {
        post(
            &peer,
            &format!("/r{number}"),
            &bob,
            Some("/post"),
            json!(null),
        );
    }
    post(
        &peer,
        "/post",
        &bob,
        None,
        json!({"type": "Collection", "items": items}),
    );
    let here = seen(&alice, &peer, "/post");
    let thread = opened(&server, &alice, &here);
    assert_eq!(ids(&thread["descendants"]).len(), 50);
    // Pages that lead to themselves end as well.
    let page = json!({"id": peer.url("/page"), "type": "CollectionPage", "items": [], "next": peer.url("/page")});
    peer.document("/page", &page);
    post(
        &peer,
        "/turning",
        &bob,
        None,
        json!({"type": "Collection", "first": peer.url("/page")}),
    );
    let here = seen(&alice, &peer, "/turning");
    opened(&server, &alice, &here);
    assert!(peer.asked("/page").len() <= 4);
}

#[test]
fn a_long_way_up_is_taken_in_steps_within_the_budget() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    for number in 0..150 {
        let parent = (number > 0).then(|| format!("/p{}", number - 1));
        post(
            &peer,
            &format!("/p{number}"),
            &bob,
            parent.as_deref(),
            json!(null),
        );
    }
    let here = seen(&alice, &peer, "/p60");
    assert_eq!(ids(&context(&alice, &here)["ancestors"]).len(), 20);
    assert_eq!(ids(&opened(&server, &alice, &here)["ancestors"]).len(), 60);
    let far = seen(&alice, &peer, "/p149");
    opened(&server, &alice, &far);
    let asked: usize = (0..150)
        .map(|number| peer.asked(&format!("/p{number}")).len())
        .sum();
    assert!(asked <= 61 + 2 + 21 + 101, "{asked}");
}

#[test]
fn circles_of_answers_end_and_lost_parents_are_found_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    post(&peer, "/self", &bob, Some("/self"), json!(null));
    post(&peer, "/a", &bob, Some("/b"), json!([peer.url("/b")]));
    post(&peer, "/b", &bob, Some("/c"), json!([peer.url("/a")]));
    post(
        &peer,
        "/c",
        &bob,
        Some("/a"),
        json!([peer.url("/a"), peer.url("/b")]),
    );
    for path in ["/self", "/a", "/b", "/c"] {
        let here = seen(&alice, &peer, path);
        let thread = opened(&server, &alice, &here);
        assert!(ids(&thread["ancestors"]).len() < 3, "{path}: {thread}");
    }
    // A parent that cannot be had: the thread begins below it, until it comes.
    post(&peer, "/below", &bob, Some("/above"), json!(null));
    let below = seen(&alice, &peer, "/below");
    assert_eq!(opened(&server, &alice, &below)["ancestors"], json!([]));
    post(&peer, "/above", &bob, None, json!(null));
    server.app.fed().failures.forget(&peer.url("/above"));
    let above = seen(&alice, &peer, "/above");
    assert_eq!(texts(&context(&alice, &below)["ancestors"]), ["above"]);
    let above = alice.get(&format!("/api/v1/statuses/{}", id(&above))).ok();
    assert_eq!(above["replies_count"], 1);
    let below = alice.get(&format!("/api/v1/statuses/{}", id(&below))).ok();
    assert_eq!(below["in_reply_to_id"], above["id"]);
}

#[test]
fn counts_of_the_origin_are_kept_apart_from_ours() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let mut note = bob.note("<p>liked</p>");
    let total = |count: i64| json!({"type": "Collection", "totalItems": count});
    (note["likes"], note["shares"], note["replies"]) = (total(7), total(-3), total(2));
    bob.say(&bob.activity("Create", note.clone()));
    let here = copy(&alice, &json!({"uri": note["id"]}));
    let counts = |status: &Value| {
        ["favourites_count", "reblogs_count", "replies_count"]
            .map(|name| status[name].as_i64().unwrap())
    };
    assert_eq!(counts(&here), [7, 0, 2]);
    let now = alice
        .post(&format!("/api/v1/statuses/{}/favourite", id(&here)), &[])
        .ok();
    assert_eq!(counts(&now), [8, 0, 2], "the origin will hear of it");
    assert_eq!(count(&server, "SELECT favourites_count FROM statuses"), 1);
    note["likes"] = total(0);
    bob.say(&bob.activity("Update", note));
    let now = alice.get(&format!("/api/v1/statuses/{}", id(&here))).ok();
    assert_eq!(
        counts(&now),
        [1, 0, 2],
        "what we know of counts in any case"
    );
}

#[test]
fn answers_on_the_other_server_appear_when_a_post_is_opened() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, carl) = (a.user("ann"), b.user("bob"), b.user("carl"));
    let post = bob.post_status("hello");
    let answer = carl.post_with("hi", &[("in_reply_to_id", id(&post))]);
    bob.post_with("how are you", &[("in_reply_to_id", id(&answer))]);
    carl.post(&format!("/api/v1/statuses/{}/favourite", id(&post)), &[])
        .ok();
    let here = copy(&ann, &post);
    assert_eq!(here["favourites_count"], 1);
    let refresh = format!("/api/v1_alpha/async_refreshes/{}", id(&here));
    ann.get(&refresh).refused(404, "Record not found");
    let opened = ann.get(&format!("/api/v1/statuses/{}/context", id(&here)));
    let announced = format!("id=\"{}\", retry=3", id(&here));
    assert_eq!(opened.header("Mastodon-Async-Refresh"), Some(&*announced));
    assert_eq!(opened.ok()["descendants"], json!([]));
    settle(&a, &b);
    assert_eq!(
        ann.get(&refresh).ok()["async_refresh"],
        json!({"id": id(&here), "status": "finished", "result_count": 2})
    );
    let again = ann.get(&format!("/api/v1/statuses/{}/context", id(&here)));
    assert_eq!(again.header("Mastodon-Async-Refresh"), None);
    let found = context(&ann, &here);
    assert_eq!(ids(&found["descendants"]).len(), 2);
    assert_eq!(
        found["descendants"][0]["account"]["acct"],
        format!("carl@{}", b.host)
    );
    assert_eq!(pair::kinds(&ann), [] as [&str; 0]);
}

#[test]
fn pages_and_threads_are_shown_as_their_server_calls_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let thread = "tag:remote.example,2026-11-24:objectId=7:objectType=Conversation";
    let of = |id: &str| format!("{}{id}", bob.uri);
    for (id, url) in [
        ("/statuses/1", bob.uri.replace("/users/", "/@") + "/1"),
        ("/statuses/2", of("/statuses/2")),
        ("/statuses/3", "https://remote.example/notice/3".to_owned()),
    ] {
        let mut note = bob.note("<p>hello</p>");
        note["id"] = json!(of(id));
        note["url"] = json!(url);
        note["conversation"] = json!(thread);
        bob.say(&bob.activity("Create", note));
        let seen = alice.get("/api/v1/timelines/home").ok()[0].clone();
        assert_eq!(seen["uri"], of(id));
        assert_eq!(seen["url"], url);
        assert_eq!(seen["pleroma"]["context"], thread);
    }
    let home = alice.get("/api/v1/timelines/home").ok();
    let threads = home.as_array().unwrap().iter();
    let threads: std::collections::BTreeSet<i64> = threads
        .map(|seen| seen["pleroma"]["conversation_id"].as_i64().unwrap())
        .collect();
    assert_eq!(threads.len(), 1);
}
