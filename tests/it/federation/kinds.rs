//! Posts of every type that other servers send, as clients here see them (federation.md 6.3).

use serde_json::{Value, json};

use super::pair::copy;
use super::stranger::Stranger;
use crate::support::{TestServer, TestUser};

/// Sends a post made of a note and these properties; returns what alice sees.
fn received(bob: &Stranger, alice: &TestUser, kind: &str, more: Value) -> Value {
    let mut note = bob.note("<p>text</p>");
    note["type"] = json!(kind);
    for (name, value) in more.as_object().unwrap() {
        note[name] = value.clone();
    }
    bob.say(&bob.activity("Create", note.clone()));
    copy(alice, &json!({"uri": note["id"]}))
}

#[test]
fn every_type_of_post_becomes_a_status() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let url = "https://remote.example/page";
    let html = json!({"type": "Link", "mediaType": "text/html", "href": url});
    for kind in ["Article", "Page", "Video", "Audio", "Image", "Event"] {
        let seen = received(
            &bob,
            &alice,
            kind,
            json!({"name": "Title <i>", "summary": "An excerpt", "url": [html]}),
        );
        let text = seen["content"].as_str().unwrap();
        assert!(text.starts_with("<p><strong>Title"), "{kind}: {text}");
        assert!(
            text.contains("<p>text</p>") && text.contains(&format!("href=\"{url}\"")),
            "{kind}: {text}"
        );
        assert_eq!(
            (&seen["spoiler_text"], &seen["sensitive"], &seen["url"]),
            (&json!(""), &json!(false), &json!(url)),
            "{kind}: an excerpt is no warning"
        );
    }
    let warned = received(
        &bob,
        &alice,
        "Article",
        json!({"summary": "careful", "sensitive": true}),
    );
    assert_eq!(warned["spoiler_text"], "careful");
    let markdown = received(
        &bob,
        &alice,
        "Article",
        json!({"content": "*so*", "mediaType": "text/markdown"}),
    );
    assert!(
        markdown["content"]
            .as_str()
            .unwrap()
            .contains("<em>so</em>")
    );
    // Other types are no posts.
    let mut place = bob.note("x");
    place["type"] = json!("Place");
    bob.say(&bob.activity("Create", place));
    let found: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM statuses", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, 8);
}

#[test]
fn of_an_article_that_is_too_long_the_excerpt_is_kept() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let long = format!("<p>{}</p>", "word ".repeat(25_000));
    let seen = received(
        &bob,
        &alice,
        "Article",
        json!({"name": "Long", "summary": "<p>In short</p>", "content": long}),
    );
    let text = seen["content"].as_str().unwrap();
    assert!(
        text.contains("In short") && text.contains("<a href") && text.len() < 500,
        "{text}"
    );
}

#[test]
fn a_video_is_the_file_that_is_not_too_tall() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let file = |height: i64| json!({"type": "Link", "mediaType": "video/mp4", "height": height, "href": format!("https://remote.example/{height}.mp4")});
    let stream = |tag: Value| json!({"type": "Link", "mediaType": "application/x-mpegURL", "href": "https://remote.example/all.m3u8", "tag": tag});
    for (links, expected) in [
        (
            json!([file(360), file(1080), file(720), file(480)]),
            "720.mp4",
        ),
        (json!([file(2160), file(1080)]), "1080.mp4"),
        (json!([stream(json!([file(1080), file(480)]))]), "480.mp4"),
        (json!([stream(json!([]))]), "all.m3u8"),
    ] {
        let icon = |width: i64| json!({"type": "Image", "mediaType": "image/jpeg", "width": width, "url": format!("https://remote.example/{width}.jpg")});
        let icons = json!([icon(223), icon(850), icon(100)]);
        let seen = received(
            &bob,
            &alice,
            "Video",
            json!({"name": "Film", "url": links, "icon": icons}),
        );
        let media = &seen["media_attachments"][0];
        assert_eq!(media["type"], "video");
        assert_eq!(media["preview_url"], "https://remote.example/850.jpg");
        assert_eq!(
            media["remote_url"],
            format!("https://remote.example/{expected}")
        );
    }
}

#[test]
fn what_a_page_is_about_is_linked_in_its_text() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let seen = received(
        &bob,
        &alice,
        "Page",
        json!({"name": "News", "attachment": [{"type": "Link", "href": "https://news.example/1"}]}),
    );
    assert!(
        seen["content"]
            .as_str()
            .unwrap()
            .contains("href=\"https://news.example/1\"")
    );
    assert_eq!(seen["media_attachments"], json!([]));
}
