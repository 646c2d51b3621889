//! Edits of posts, ours and theirs (federation.md 5.2, 8.3).

use std::time::Duration;

use kenoma::events::Event;
use serde_json::{Value, json};

use super::pair::{self, Peer, copy, find, id, settle};
use super::stranger::{Stranger, count, outbox, sent};
use crate::support::{BASE, TestServer, TestUser};

fn path(status: &Value) -> String {
    format!("/api/v1/statuses/{}", id(status))
}

fn kinds(user: &TestUser) -> Vec<String> {
    pair::kinds(user)
}

/// The post as it is to be read after an edit a minute later.
fn edited(note: &Value, text: &str) -> Value {
    let mut note = note.clone();
    note["content"] = json!(text);
    note["updated"] = json!("2026-01-01T00:01:00Z");
    note
}

/// A post of bob's that stands in alice's home timeline.
fn posted(bob: &Stranger, alice: &TestUser) -> Value {
    bob.is_followed_by(alice);
    let mut note = bob.note("<p>frist #cats</p>");
    note["published"] = json!("2026-01-01T00:00:00Z");
    note["tag"] = json!([{"type": "Hashtag", "name": "#cats"}]);
    note["attachment"] = json!([{"type": "Document", "mediaType": "image/png", "url": "https://remote.example/a.png", "name": "a cat"}]);
    bob.say(&bob.activity("Create", note.clone()));
    note
}

fn seen(alice: &TestUser, note: &Value) -> Value {
    copy(alice, &json!({"uri": note["id"]}))
}

#[test]
fn an_edit_goes_whole_to_everybody_who_has_the_post() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, carl) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "carl", "other.example"),
    );
    bob.follows(&alice);
    let status = alice.post_with("hello @carl@other.example", &[]);
    sent(&server);
    alice
        .put(
            &path(&status),
            &[("status", "good day @carl@other.example")],
        )
        .ok();
    let mut updates = sent(&server);
    updates.sort_by(|one, other| one.0.cmp(&other.0));
    let inboxes: Vec<&str> = updates.iter().map(|(inbox, _)| inbox.as_str()).collect();
    assert_eq!(
        inboxes,
        [
            "https://other.example/inbox",
            "https://remote.example/inbox"
        ]
    );
    let update = &updates[0].1;
    let object = &update["object"];
    assert_eq!(
        (&update["type"], &update["actor"]),
        (&json!("Update"), &json!(format!("{BASE}/users/alice")))
    );
    assert_eq!(
        (&object["type"], &object["id"]),
        (&json!("Note"), &status["uri"])
    );
    assert!(object["content"].as_str().unwrap().contains("good day"));
    assert!(object["updated"].as_str() > object["published"].as_str());
    assert_eq!(
        (&update["to"], &update["cc"]),
        (&object["to"], &object["cc"])
    );
    assert_eq!(object["to"][1], carl.uri);
    // The same again is no edit, and each edit is an activity of its own.
    alice
        .put(
            &path(&status),
            &[("status", "good day @carl@other.example")],
        )
        .ok();
    assert_eq!(sent(&server).len(), 0);
    alice
        .put(&path(&status), &[("status", "bye @carl@other.example")])
        .ok();
    assert_ne!(sent(&server)[0].1["id"], update["id"]);
    // What stays here is not told.
    let local = alice.post_with("for us", &[("visibility", "local")]);
    alice.put(&path(&local), &[("status", "for us alone")]).ok();
    assert_eq!(sent(&server).len(), 0);
}

#[test]
fn whoever_has_not_got_the_post_yet_gets_it_as_it_is_now() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.follows(&alice);
    let status = alice.post_status("frist");
    outbox(&server);
    alice.put(&path(&status), &[("status", "first")]).ok();
    let told = outbox(&server);
    let said = |at: usize| (&told[at].1["type"], &told[at].1["object"]["content"]);
    assert_eq!(told.len(), 2);
    assert_eq!(said(0), (&json!("Create"), &json!("<p>first</p>")));
    assert_eq!(said(1), (&json!("Update"), &json!("<p>first</p>")));
}

#[test]
fn a_newer_version_is_taken_with_its_history_and_those_concerned_are_told() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let note = posted(&bob, &alice);
    let before = seen(&alice, &note);
    alice.post(&format!("{}/reblog", path(&before)), &[]).ok();
    outbox(&server);
    let mut newer = edited(&note, "<p>first #dogs <script>x</script></p>");
    newer["tag"] = json!([{"type": "Hashtag", "name": "#dogs"}, {"type": "Mention", "href": format!("{BASE}/users/alice")}]);
    newer["summary"] = json!("pets");
    newer["attachment"] = json!([
        {"type": "Document", "mediaType": "image/png", "url": "https://remote.example/b.png"},
        {"type": "Document", "mediaType": "image/png", "url": "https://remote.example/a.png", "name": "a dog"}]);
    let hub = server.app.db().hub();
    hub.listen(vec![Some(alice.id.parse().unwrap())]);
    let update = bob.activity("Update", newer);
    bob.say(&update);
    let events = hub.next(Duration::ZERO).events;
    let edit = Event::Edited(id(&before).parse().unwrap());
    assert!(events.contains(&edit), "{events:?}");
    hub.listen(Vec::new());
    let now = seen(&alice, &note);
    assert_eq!(now["id"], before["id"]);
    assert_eq!(now["content"], "<p>first #dogs </p>");
    assert_eq!(
        (&now["spoiler_text"], &now["edited_at"]),
        (&json!("pets"), &json!("2026-01-01T00:01:00.000Z"))
    );
    assert_eq!(now["tags"][0]["name"], "dogs");
    assert_eq!(now["mentions"][0]["acct"], "alice");
    let media = now["media_attachments"].as_array().unwrap();
    assert_eq!(
        media[1]["id"], before["media_attachments"][0]["id"],
        "the same file is known again"
    );
    assert_eq!(
        (media.len(), &media[1]["description"]),
        (2, &json!("a dog"))
    );
    let history = alice.get(&format!("{}/history", path(&before))).ok();
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert_eq!(history[0]["content"], "<p>frist #cats</p>");
    assert_eq!(kinds(&alice), ["update", "mention"]);
    // The same again, and what is older, change nothing.
    bob.say(&update);
    bob.say(&bob.activity(
        "Update",
        edited(&note, "<p>first #dogs <script>x</script></p>"),
    ));
    let mut older = edited(&note, "<p>older</p>");
    older["updated"] = json!("2026-01-01T00:00:30Z");
    bob.say(&bob.activity("Update", older));
    let mut undated = note.clone();
    undated["content"] = json!("<p>undated</p>");
    bob.say(&bob.activity("Update", undated));
    assert_eq!(seen(&alice, &note)["content"], now["content"]);
    assert_eq!(count(&server, "SELECT count(*) FROM status_edits"), 1);
    assert_eq!(kinds(&alice), ["update", "mention"]);
}

#[test]
fn sec_a5_nobody_edits_what_another_wrote() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let neighbour = Stranger::new(&server, "carl", "remote.example");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let note = posted(&bob, &alice);
    let forged = edited(&note, "<p>forged</p>");
    // In one's own name about what is another's, under the author's name, and as one's own.
    eve.say(&eve.activity("Update", forged.clone()));
    neighbour.say(&neighbour.activity("Update", forged.clone()));
    eve.say(&bob.activity("Update", forged.clone()));
    let mut claimed = forged;
    claimed["attributedTo"] = json!(neighbour.uri);
    neighbour.say(&neighbour.activity("Update", claimed));
    // Of ours, and of what is not known here.
    let own = alice.post_status("mine");
    let mut ours = bob.note("<p>forged</p>");
    ours["id"] = own["uri"].clone();
    ours["updated"] = json!("2036-01-01T00:00:00Z");
    bob.say(&bob.activity("Update", ours));
    bob.say(&bob.activity("Update", edited(&bob.note("x"), "<p>new</p>")));
    assert_eq!(seen(&alice, &note)["content"], note["content"]);
    assert_eq!(alice.get(&path(&own)).ok()["content"], "<p>mine</p>");
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 2);
    assert_eq!(count(&server, "SELECT count(*) FROM status_edits"), 0);
}

#[test]
fn an_edit_is_seen_on_the_other_server() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    pair::follow(&ann, &find(&ann, "bob", &b));
    settle(&a, &b);
    let post = bob.post_status("frist");
    settle(&a, &b);
    let here = copy(&ann, &post);
    ann.post_with("you mean first", &[("in_reply_to_id", id(&here))]);
    settle(&a, &b);
    bob.put(
        &path(&post),
        &[("status", "first"), ("spoiler_text", "corrected")],
    )
    .ok();
    settle(&a, &b);
    let now = ann.get(&path(&here)).ok();
    assert_eq!(
        (&now["content"], &now["spoiler_text"]),
        (&json!("<p>first</p>"), &json!("corrected"))
    );
    let history = ann.get(&format!("{}/history", path(&here))).ok();
    assert_eq!(history[0]["content"], "<p>frist</p>");
    assert_eq!(kinds(&ann), ["update"]);
    // Whoever comes later learns that it was edited.
    let late = a.user("late");
    assert!(copy(&late, &post)["edited_at"].is_string());
}
