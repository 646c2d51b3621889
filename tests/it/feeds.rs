//! Atom and RSS.

use crate::support::{Answer, BASE, TestServer};
use quick_xml::Reader;
use quick_xml::events::Event;

#[test]
fn feeds_hold_public_posts_and_nothing_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello <world> & all");
    alice.post_with("a plot", &[("spoiler_text", "Ending of a film")]);
    for (visibility, text) in [
        ("unlisted", "word one"),
        ("private", "word two"),
        ("direct", "word three"),
        ("local", "word four"),
    ] {
        alice.post_with(text, &[("visibility", visibility)]);
    }
    for (kind, entry) in [("atom", "entry"), ("rss", "item")] {
        let feed = server.get(&format!("/users/alice/feed.{kind}"));
        assert!(
            feed.header("Content-Type")
                .unwrap()
                .starts_with(&format!("application/{kind}+xml"))
        );
        let parsed = parse(&feed);
        assert_eq!(parsed.count(entry), 2, "{kind}");
        assert!(
            parsed.text.contains("Ending of a film")
                && parsed.text.contains("hello &lt;world&gt; &amp; all"),
            "{}",
            parsed.text
        );
        assert!(!parsed.text.contains("word "), "{kind}");
    }
}

#[test]
fn an_atom_feed_has_what_the_standard_demands() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = alice.post_status("hello");
    let parsed = parse(&server.get("/users/alice/feed.atom"));
    for needed in [
        "id",
        "title",
        "updated",
        "author",
        "name",
        "published",
        "content",
    ] {
        assert!(parsed.count(needed) >= 1, "{needed}");
    }
    assert!(
        parsed
            .attributes
            .contains(&format!("{BASE}/users/alice/feed.atom"))
    );
    assert!(
        parsed
            .attributes
            .iter()
            .any(|url| url == post["url"].as_str().unwrap())
    );
    assert!(parsed.text.contains(post["uri"].as_str().unwrap()));
    assert!(parsed.text.contains(post["created_at"].as_str().unwrap()));
}

#[test]
fn an_empty_feed_is_a_feed() {
    let server = TestServer::new();
    server.user("alice");
    let parsed = parse(&server.get("/users/alice/feed.atom"));
    assert_eq!((parsed.count("entry"), parsed.count("updated")), (0, 1));
    assert_eq!(parse(&server.get("/users/alice/feed.rss")).count("item"), 0);
}

#[test]
fn whoever_has_the_newest_copy_is_told_so() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello");
    for kind in ["atom", "rss"] {
        let path = format!("/users/alice/feed.{kind}");
        let first = server.get(&path);
        let (etag, date) = (
            first.header("ETag").unwrap(),
            first.header("Last-Modified").unwrap(),
        );
        assert!(date.ends_with(" GMT"));
        assert_eq!(
            server
                .request("GET", &path, &[("If-None-Match", etag)], b"")
                .status,
            304
        );
        assert_eq!(
            server
                .request("GET", &path, &[("If-Modified-Since", date)], b"")
                .status,
            304
        );
        let old = "Thu, 01 Jan 2026 00:00:00 GMT";
        assert_eq!(
            server
                .request("GET", &path, &[("If-Modified-Since", old)], b"")
                .status,
            200
        );
        assert_eq!(
            server
                .request(
                    "GET",
                    &path,
                    &[("If-None-Match", "\"x\""), ("If-Modified-Since", date)],
                    b""
                )
                .status,
            200
        );
        alice.post_status("something new");
        assert_eq!(
            server
                .request("GET", &path, &[("If-None-Match", etag)], b"")
                .status,
            200
        );
    }
}

#[test]
fn characters_that_xml_cannot_hold_do_not_break_the_feed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello");
    server.sql().execute("UPDATE statuses SET content = 'a' || char(11) || char(65535) || 'b ]]>' , rev = rev + 1", []).unwrap();
    for kind in ["atom", "rss"] {
        let parsed = parse(&server.get(&format!("/users/alice/feed.{kind}")));
        assert!(parsed.text.contains("ab ]]"), "{}", parsed.text);
        assert!(!parsed.text.contains('\u{b}') && !parsed.text.contains('\u{ffff}'));
    }
}

#[test]
fn there_is_no_feed_of_those_whom_nobody_may_see() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1 WHERE id = ?1", [&alice.id])
        .unwrap();
    assert_eq!(server.get("/users/alice/feed.atom").status, 404);
    assert_eq!(server.get("/users/nobody/feed.rss").status, 404);
    let closed = TestServer::with(&["instance.public=false"]);
    closed.user("bob");
    assert_eq!(closed.get("/users/bob/feed.atom").status, 403);
}

/// A feed that was well-formed.
struct Parsed {
    elements: Vec<String>,
    attributes: Vec<String>,
    /// All text, its entities decoded once.
    text: String,
}

impl Parsed {
    fn count(&self, name: &str) -> usize {
        self.elements
            .iter()
            .filter(|element| *element == name)
            .count()
    }
}

#[track_caller]
fn parse(answer: &Answer) -> Parsed {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let source = answer.text();
    let mut reader = Reader::from_str(&source);
    let mut parsed = Parsed {
        elements: Vec::new(),
        attributes: Vec::new(),
        text: String::new(),
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                parsed.elements.push(tag.name().as_ref().to_owned());
                for attribute in tag.attributes() {
                    parsed
                        .attributes
                        .push(attribute.unwrap().value.into_owned());
                }
            }
            Event::Text(text) => parsed.text.push_str(&text),
            Event::GeneralRef(name) => match &*name {
                "lt" => parsed.text.push('<'),
                "gt" => parsed.text.push('>'),
                "amp" => parsed.text.push('&'),
                "quot" => parsed.text.push('"'),
                "apos" => parsed.text.push('\''),
                other => panic!("&{other};"),
            },
            Event::Eof => return parsed,
            _ => {}
        }
    }
}
