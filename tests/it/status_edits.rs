//! Editing statuses: what changes, who is told, and what the history shows.

use serde_json::{Value, json};

use crate::statuses::told;
use crate::support::{TestServer, TestUser, ids};

fn path(status: &Value) -> String {
    format!("/api/v1/statuses/{}", status["id"].as_str().unwrap())
}

fn kinds(server: &TestServer, user: &TestUser) -> Vec<String> {
    let told = told(server, &user.id).into_iter();
    told.map(|(kind, _)| kind).collect()
}

fn image(user: &TestUser, description: &str) -> String {
    let png = include_bytes!("../../static/avatar.png");
    let uploaded = user.upload(
        "POST",
        "/api/v1/media",
        "file",
        "cat.png",
        png,
        &[("description", description)],
    );
    uploaded.ok()["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_edit_shows_everywhere_and_the_history_keeps_what_was() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = alice.post_with("frist #cats", &[("language", "en")]);
    assert_eq!(posted["edited_at"], json!(null));
    let edited = alice
        .put(
            &path(&posted),
            &[
                ("status", "first #dogs"),
                ("spoiler_text", "pets"),
                ("sensitive", "true"),
            ],
        )
        .ok();
    assert_eq!(edited["id"], posted["id"]);
    assert_eq!(edited["created_at"], posted["created_at"]);
    assert!(edited["edited_at"].is_string());
    let seen = server.get(&path(&posted)).ok();
    assert_eq!(seen["pleroma"]["content"]["text/plain"], "first #dogs");
    assert_eq!(seen["tags"][0]["name"], "dogs");
    assert_eq!(seen["tags"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&seen["spoiler_text"], &seen["sensitive"], &seen["language"]),
        (&json!("pets"), &json!(true), &json!("en"))
    );
    let tagged = |tag: &str| ids(&server.get(&format!("/api/v1/timelines/tag/{tag}")).ok());
    assert!(tagged("cats").is_empty());
    assert_eq!(tagged("dogs"), [posted["id"].as_str().unwrap()]);
    let found = |word: &str| {
        let found = alice
            .get(&format!("/api/v2/search?type=statuses&q={word}"))
            .ok();
        ids(&found["statuses"]).len()
    };
    assert_eq!((found("frist"), found("first")), (0, 1));

    let history = server.get(&format!("{}/history", path(&posted))).ok();
    let history = history.as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert!(history[0]["content"].as_str().unwrap().contains("frist"));
    assert_eq!(history[0]["created_at"], posted["created_at"]);
    assert_eq!(
        (&history[0]["spoiler_text"], &history[0]["sensitive"]),
        (&json!(""), &json!(false))
    );
    assert_eq!(history[1]["content"], edited["content"]);
    assert_eq!(history[1]["created_at"], edited["edited_at"]);
    assert_eq!(history[1]["account"]["id"], alice.id.as_str());
    assert_eq!(history[1]["emojis"], json!([]));
}

#[test]
fn source_gives_back_what_was_typed_last() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = alice.post_with("*hi*", &[("content_type", "text/markdown")]);
    let source = |status: &Value| alice.get(&format!("{}/source", path(status))).ok();
    assert_eq!(source(&posted)["text"], "*hi*");
    // The content type stays unless another is given.
    let edited = alice.put(&path(&posted), &[("status", "*hello*")]).ok();
    assert!(
        edited["content"]
            .as_str()
            .unwrap()
            .contains("<em>hello</em>")
    );
    let now = source(&posted);
    assert_eq!(
        (&now["text"], &now["content_type"]),
        (&json!("*hello*"), &json!("text/markdown"))
    );
}

#[test]
fn only_the_author_edits_and_only_within_the_rules() {
    let server = TestServer::with(&["instance.limit=10"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    let boost = bob.post(&format!("{}/reblog", path(&posted)), &[]).ok();
    bob.put(&path(&posted), &[("status", "ha")])
        .refused(404, "Record not found");
    bob.put(&path(&boost), &[("status", "ha")])
        .refused(404, "Record not found");
    alice
        .put(&path(&posted), &[("status", " ")])
        .refused(422, "Cannot post an empty status without attachments");
    alice
        .put(&path(&posted), &[("status", "12345678901")])
        .refused(422, "The status is over the character limit");
    alice
        .put("/api/v1/statuses/12345", &[("status", "ha")])
        .refused(404, "Record not found");
    let hidden = alice.post_with("psst", &[("visibility", "private")]);
    for target in ["history", "source"] {
        bob.get(&format!("{}/{target}", path(&hidden)))
            .refused(404, "Record not found");
    }
    assert_eq!(server.get(&path(&posted)).ok()["edited_at"], json!(null));
}

#[test]
fn those_who_boosted_or_answered_hear_of_the_last_edit_once() {
    let server = TestServer::new();
    let (alice, bob, carol, dave) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
        server.user("dave"),
    );
    let posted = alice.post_status("hi");
    bob.post(&format!("{}/reblog", path(&posted)), &[]).ok();
    carol.post_with(
        "hello",
        &[("in_reply_to_id", posted["id"].as_str().unwrap())],
    );
    for text in ["hi all", "hi you all"] {
        alice.put(&path(&posted), &[("status", text)]).ok();
        assert_eq!(kinds(&server, &bob), ["update"]);
        assert_eq!(kinds(&server, &carol), ["update"]);
    }
    assert!(kinds(&server, &dave).is_empty());
    let shown = bob.get("/api/v1/notifications").ok();
    assert_eq!(shown[0]["type"], "update");
    assert!(
        shown[0]["status"]["content"]
            .as_str()
            .unwrap()
            .contains("hi you all")
    );
}

#[test]
fn an_edit_without_a_change_is_none() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_status("hi");
    bob.post(&format!("{}/reblog", path(&posted)), &[]).ok();
    let same = alice.put(&path(&posted), &[("status", "hi")]).ok();
    assert_eq!(same["edited_at"], json!(null));
    assert!(kinds(&server, &bob).is_empty());
    let history = server.get(&format!("{}/history", path(&posted))).ok();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[test]
fn a_person_named_later_is_told_and_one_no_longer_named_may_still_read() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let posted = alice.post_with("psst @bob", &[("visibility", "direct")]);
    carol.get(&path(&posted)).refused(404, "Record not found");
    let edited = alice.put(&path(&posted), &[("status", "psst @carol")]).ok();
    let mentions = edited["mentions"].as_array().unwrap();
    assert_eq!(mentions.len(), 1);
    assert_eq!(mentions[0]["acct"], "carol");
    assert_eq!(kinds(&server, &carol), ["mention"]);
    assert_eq!(kinds(&server, &bob), ["mention"]);
    let id = posted["id"].as_str().unwrap();
    for user in [&bob, &carol] {
        user.get(&path(&posted)).ok();
        assert_eq!(ids(&user.get("/api/v1/timelines/home").ok()), [id]);
    }
    let seen = carol.get(&path(&posted)).ok();
    assert!(seen["pleroma"]["direct_conversation_id"].is_number());
    // Named again, nobody is told twice.
    alice
        .put(&path(&posted), &[("status", "psst @carol @bob")])
        .ok();
    assert_eq!(kinds(&server, &bob), ["mention"]);
}

#[test]
fn explicit_addressees_stay_those_of_an_edited_post() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let posted = alice.post_with("about @bob", &[("to[]", "carol"), ("visibility", "direct")]);
    alice
        .put(&path(&posted), &[("status", "all about @bob")])
        .ok();
    bob.get(&path(&posted)).refused(404, "Record not found");
    assert!(kinds(&server, &bob).is_empty());
    carol.get(&path(&posted)).ok();
}

#[test]
fn attachments_stay_only_if_listed_and_the_history_shows_them_as_they_were() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (one, two) = (image(&alice, "one"), image(&alice, "two"));
    let posted = alice.post_with(
        "look",
        &[("media_ids[]", one.as_str()), ("media_ids[]", two.as_str())],
    );
    let (three, foreign) = (image(&alice, "three"), image(&bob, "mine"));
    let edited = alice
        .put(
            &path(&posted),
            &[
                ("status", "look"),
                ("media_ids[]", three.as_str()),
                ("media_ids[]", one.as_str()),
                ("media_attributes[][id]", one.as_str()),
                ("media_attributes[][description]", "one, described"),
            ],
        )
        .ok();
    assert_eq!(
        ids(&edited["media_attachments"]),
        [three.clone(), one.clone()]
    );
    assert_eq!(
        edited["media_attachments"][1]["description"],
        "one, described"
    );
    alice
        .put(
            &path(&posted),
            &[("status", "look"), ("media_ids[]", foreign.as_str())],
        )
        .refused(
            422,
            "An attachment does not exist or belongs to another post",
        );
    let history = server.get(&format!("{}/history", path(&posted))).ok();
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert_eq!(
        ids(&history[0]["media_attachments"]),
        [one.clone(), two.clone()]
    );
    assert_eq!(history[0]["media_attachments"][0]["description"], "one");
    assert_eq!(ids(&history[1]["media_attachments"]), [three, one]);
    // The taken-off file is still the post's, and goes with it.
    server.run_jobs();
    let url = history[0]["media_attachments"][1]["url"].as_str().unwrap();
    let file = url.strip_prefix(crate::support::BASE).unwrap();
    assert_eq!(server.get(file).status, 200);
    let none = alice.put(&path(&posted), &[("status", "look")]).ok();
    assert_eq!(none["media_attachments"], json!([]));
    let media_only = format!("/api/v1/accounts/{}/statuses?only_media=true", alice.id);
    assert!(ids(&alice.get(&media_only).ok()).is_empty());
    alice
        .delete(&format!("{}?delete_media=true", path(&posted)))
        .ok();
    server.run_jobs();
    assert_eq!(server.get(file).status, 404);
}
