//! Groups that pass on what others say (FEP-1b12): their origin is asked (security.md A10).

use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::id;
use super::stranger::{Stranger, count};
use crate::support::{BASE, TestServer, TestUser, ids};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

fn announce(group: &Stranger, inner: Value) {
    let mut announce = group.activity("Announce", inner);
    announce["to"] = json!([PUBLIC]);
    group.say(&announce);
}

fn said(peer: &Fake, kind: &str, by: &str, object: Value) -> Value {
    json!({"id": peer.url(&format!("/activities/{}", kenoma::ids::next())), "type": kind, "actor": by, "object": object})
}

fn home(user: &TestUser) -> Value {
    user.get("/api/v1/timelines/home").ok()
}

#[test]
fn sec_a10_a_group_passes_on_posts_as_their_origin_has_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let carl = peer.actor("carl");
    let group = Stranger::new(&server, "cats", "group.example");
    group.is_followed_by(&alice);
    let mut page = peer.note("/post/1", &carl);
    page["type"] = json!("Page");
    page["name"] = json!("Of cats");
    peer.document("/post/1", &page);
    let mut altered = page.clone();
    altered["content"] = json!("<p>altered</p>");
    announce(&group, said(&peer, "Create", &carl, altered.clone()));
    announce(&group, said(&peer, "Create", &carl, altered));
    let seen = home(&alice);
    assert_eq!(ids(&seen).len(), 1, "passed on twice, shown once");
    let (who, what) = (&seen[0]["account"]["acct"], &seen[0]["reblog"]);
    assert_eq!(who, "cats@group.example");
    let text = what["content"].as_str().unwrap();
    assert!(
        text.contains("Of cats") && text.contains("hello") && !text.contains("altered"),
        "{text}"
    );
    // A comment is part of the thread, and fills nobody's timeline.
    let mut comment = peer.note("/comment/1", &carl);
    comment["inReplyTo"] = json!(peer.url("/post/1"));
    peer.document("/comment/1", &comment);
    announce(&group, said(&peer, "Create", &carl, comment));
    assert_eq!(ids(&home(&alice)).len(), 1);
    let context = alice
        .get(&format!("/api/v1/statuses/{}/context", id(what)))
        .ok();
    assert_eq!(ids(&context["descendants"]).len(), 1);
    // What its origin does not have, and what is said in another's name.
    announce(
        &group,
        said(&peer, "Create", &carl, peer.note("/post/none", &carl)),
    );
    let mut foreign = said(&peer, "Create", &carl, peer.note("/post/1", &carl));
    foreign["id"] = json!("https://evil.example/1");
    announce(&group, foreign);
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 3);
    // An edit and a deletion, as the origin bears them out.
    page["content"] = json!("<p>newer</p>");
    page["updated"] = json!("2026-01-02T00:00:00Z");
    page["published"] = json!("2026-01-01T00:00:00Z");
    server
        .sql()
        .execute(
            "UPDATE statuses SET created_at = 1767225600000 WHERE reblog_of_id IS NULL",
            [],
        )
        .unwrap();
    peer.document("/post/1", &page);
    announce(
        &group,
        said(&peer, "Update", &carl, json!(peer.url("/post/1"))),
    );
    let now = alice.get(&format!("/api/v1/statuses/{}", id(what))).ok();
    assert!(now["content"].as_str().unwrap().contains("newer"));
    announce(
        &group,
        said(&peer, "Delete", &carl, json!(peer.url("/post/1"))),
    );
    assert_eq!(ids(&home(&alice)).len(), 1, "it is still there");
    peer.raw("/post/1", 410, "", "");
    announce(
        &group,
        said(&peer, "Delete", &carl, json!(peer.url("/post/1"))),
    );
    assert_eq!(ids(&home(&alice)).len(), 0);
}

#[test]
fn sec_a10_a_favourite_that_is_passed_on_counts_if_its_origin_knows_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let carl = peer.actor("carl");
    let group = Stranger::new(&server, "cats", "group.example");
    group.is_followed_by(&alice);
    let status = alice.post_status("hello");
    let like = |path: &str| json!({"id": peer.url(path), "type": "Like", "actor": carl, "object": status["uri"]});
    announce(&group, like("/likes/none"));
    let mut other = like("/likes/other");
    other["object"] = json!(format!("{BASE}/objects/other"));
    peer.document("/likes/other", &other);
    announce(&group, like("/likes/other"));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 0);
    peer.document("/likes/1", &like("/likes/1"));
    announce(&group, like("/likes/1"));
    announce(&group, like("/likes/1"));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 1);
    let told = alice.get("/api/v1/notifications").ok();
    assert_eq!(
        (&told[0]["type"], &told[0]["account"]["username"]),
        (&json!("favourite"), &json!("carl"))
    );
}
