//! Link previews: what is asked of the page that a post links to, and what is shown of it.

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::support::{TestServer, TestUser};

const PAGE: &[u8] = b"<html><head><title>plain</title>
    <meta property='og:title' content='Cats &amp; dogs'>
    <meta property='og:description' content='All <b>about</b> them'>
    <meta property='og:image' content='/cat.png'>
    <link rel='alternate' type='application/json+oembed' href='/oembed.json'>
    </head><body>body</body></html>";

const OEMBED: &[u8] = br#"{"type": "rich", "title": "no", "author_name": "Cleo", "author_url": "https://example.org/cleo",
    "provider_name": "Pets", "provider_url": "javascript:alert(1)", "html": "<script>alert('evil')</script>"}"#;

fn peer() -> Peer {
    Peer::new()
        .file("/page.html", PAGE)
        .file("/oembed.json", OEMBED)
}

/// Lets the minute pass in which previews are asked for.
fn minute_passes(server: &TestServer) {
    server
        .sql()
        .execute(
            "UPDATE jobs SET run_at = 1000 WHERE kind = 'fetch_card'",
            [],
        )
        .unwrap();
    server.run_jobs();
}

fn card(user: &TestUser, posted: &Value) -> Value {
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    user.get(&path).ok()["card"].clone()
}

#[test]
fn a_link_gets_its_preview_after_the_post_was_answered() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), peer());
    let posted = alice.post_status(&format!("see {}#part", peer.url("/page.html")));
    assert_eq!(posted["card"], json!(null));
    server.run_jobs();
    assert!(
        peer.asked().is_empty(),
        "nothing is asked in the same second"
    );
    minute_passes(&server);
    let card = card(&alice, &posted);
    assert_eq!(card["title"], "Cats & dogs");
    assert_eq!(card["description"], "All <b>about</b> them");
    assert_eq!(card["url"], peer.url("/page.html"));
    assert_eq!(card["image"], peer.url("/cat.png"));
    assert_eq!((&card["type"], &card["html"]), (&json!("link"), &json!("")));
    assert_eq!(card["author_name"], "Cleo");
    assert_eq!(card["authors"][0]["url"], "https://example.org/cleo");
    assert_eq!(
        (&card["provider_name"], &card["provider_url"]),
        (&json!("Pets"), &json!(""))
    );
    assert_eq!(card["pleroma"]["opengraph"]["title"], "Cats & dogs");
    assert_eq!((&card["width"], &card["height"]), (&json!(0), &json!(0)));
}

#[test]
fn sec_s6_markup_of_a_page_is_kept_nowhere() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), peer());
    let posted = alice.post_status(&peer.url("/page.html"));
    minute_passes(&server);
    let shown = card(&alice, &posted);
    assert!(shown.is_object());
    assert!(!shown.to_string().contains("evil") && !shown.to_string().contains("javascript"));
    let stored: String = server
        .sql()
        .query_row("SELECT json_object('all', json_array(title, description, author_name, author_url, provider_name, provider_url, opengraph)) FROM cards", [], |row| row.get(0))
        .unwrap();
    assert!(!stored.contains("evil") && !stored.contains("<script"));
}

#[test]
fn sec_s5_a_page_is_asked_once_however_many_posts_and_links_there_are() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), peer());
    let link = peer.url("/page.html");
    let links: Vec<String> = (0..50)
        .map(|number| peer.url(&format!("/{number}.html")))
        .collect();
    let many = alice.post_status(&format!("{link} {}", links.join(" ")));
    for _ in 0..3 {
        alice.post_status(&link);
    }
    minute_passes(&server);
    assert_eq!(peer.asked(), ["/page.html", "/oembed.json"]);
    assert_eq!(card(&alice, &many)["title"], "Cats & dogs");
    // Where there was nothing, nobody asks again soon.
    let missing = peer.url("/missing.html");
    for _ in 0..2 {
        let posted = alice.post_status(&missing);
        minute_passes(&server);
        assert_eq!(card(&alice, &posted), json!(null));
    }
    assert_eq!(peer.asked().len(), 3);
    let aged = "UPDATE cards SET fetched_at = fetched_at - 86400001";
    server.sql().execute(aged, []).unwrap();
    peer.set("/missing.html", PAGE);
    let posted = alice.post_status(&missing);
    minute_passes(&server);
    assert_eq!(card(&alice, &posted)["title"], "Cats & dogs");
}

#[test]
fn a_long_page_is_read_as_far_as_its_head() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let long = [PAGE, &vec![b' '; 600 << 10]].concat();
    let peer = Peer::new().file("/page.html", &long);
    let posted = alice.post_status(&peer.url("/page.html"));
    minute_passes(&server);
    assert_eq!(card(&alice, &posted)["title"], "Cats & dogs");
}

#[test]
fn mentions_tags_and_our_own_pages_are_no_links_and_an_edit_follows_the_new_one() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), peer());
    server.user("bob");
    let own = alice.post_status(&format!("@bob #cats {}/about", crate::support::BASE));
    minute_passes(&server);
    assert_eq!(card(&alice, &own), json!(null));
    let path = format!("/api/v1/statuses/{}", own["id"].as_str().unwrap());
    let text = format!("@bob {}", peer.url("/page.html"));
    alice.put(&path, &[("status", &text)]).ok();
    minute_passes(&server);
    assert_eq!(card(&alice, &own)["title"], "Cats & dogs");
    alice.put(&path, &[("status", "no link")]).ok();
    assert_eq!(card(&alice, &own), json!(null));
}

#[test]
fn nothing_is_asked_where_previews_are_switched_off() {
    let server = TestServer::with(&["instance.link_previews=false"]);
    let (alice, peer) = (server.user("alice"), peer());
    alice.post_status(&peer.url("/page.html"));
    minute_passes(&server);
    assert!(peer.asked().is_empty());
    assert!(server.jobs("fetch_card").is_empty());
}
