//! Link previews: what is asked of the page that a post links to, and what is shown of it.

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::support::{TestServer, TestUser, ids};

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

fn titles(links: &Value) -> Vec<&str> {
    let links = links.as_array().unwrap().iter();
    links.map(|link| link["title"].as_str().unwrap()).collect()
}

/// A page with that title at that address.
fn page(peer: &Peer, path: &str, title: &str) -> String {
    let html = format!("<html><head><meta property='og:title' content='{title}'></head></html>");
    peer.set(path, html.as_bytes());
    peer.url(path)
}

#[test]
fn links_that_most_people_share_in_public_trend() {
    let server = TestServer::new();
    let [alice, bob] = ["alice", "bob"].map(|name| server.user(name));
    let peer = Peer::new();
    let loud = page(&peer, "/loud.html", "loud");
    let shared = page(&peer, "/shared.html", "shared");
    let hidden = page(&peer, "/hidden.html", "hidden");
    for _ in 0..3 {
        alice.post_status(&loud);
    }
    let posted = alice.post_status(&shared);
    bob.post_status(&shared);
    alice.post_with(&hidden, &[("visibility", "private")]);
    alice.post_status(&peer.url("/missing.html"));
    minute_passes(&server);
    let trends = server.get("/api/v1/trends/links").ok();
    assert_eq!(titles(&trends), ["shared", "loud"]);
    assert_eq!(trends[0]["url"], shared);
    let history = trends[0]["history"].as_array().unwrap();
    assert_eq!(history.len(), 7);
    assert_eq!(
        (&history[0]["uses"], &history[0]["accounts"]),
        (&json!("2"), &json!("2"))
    );
    assert_eq!(history[1]["uses"], "0");
    let second = server.get("/api/v1/trends/links?limit=1&offset=1").ok();
    assert_eq!(titles(&second), ["loud"]);
    // Editing a post is not another one.
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    alice
        .put(&path, &[("status", &format!("once more {shared}"))])
        .ok();
    minute_passes(&server);
    let again = server.get("/api/v1/trends/links").ok();
    assert_eq!(again[0]["history"][0], history[0]);
    // Last week's links are over.
    let sql = "UPDATE card_days SET day = day - 3";
    server.sql().execute(sql, []).unwrap();
    assert_eq!(server.get("/api/v1/trends/links").ok(), json!([]));
}

#[test]
fn a_link_has_a_timeline_of_the_public_posts_that_the_reader_may_see() {
    let server = TestServer::new();
    let [alice, bob] = ["alice", "bob"].map(|name| server.user(name));
    let (peer, timeline) = (peer(), "/api/v1/timelines/link?url=");
    let url = peer.url("/page.html");
    let id = |posted: &Value| posted["id"].as_str().unwrap().to_owned();
    let first = id(&alice.post_status(&url));
    let second = id(&bob.post_status(&format!("also {url}#part")));
    alice.post_with(&url, &[("visibility", "unlisted")]);
    alice.post_status("no link");
    minute_passes(&server);
    let read = |query: &str| ids(&server.get(&format!("{timeline}{query}")).ok());
    assert_eq!(read(&url), [&*second, &first]);
    assert_eq!(read(&format!("{url}%23other")), [&*second, &first]);
    assert_eq!(read(&format!("{url}&limit=1&max_id={second}")), [&*first]);
    assert_eq!(read("https://nobody.example/"), [""; 0]);
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    let seen = alice.get(&format!("{timeline}{url}")).ok();
    assert_eq!(ids(&seen), [&*first]);
    server
        .get("/api/v1/timelines/link")
        .refused(400, "Missing field: url.");
    server
        .get(&format!("{timeline}nonsense"))
        .refused(422, "The url is no address");
}

#[test]
fn a_preview_goes_with_the_last_post_that_links_there() {
    let server = TestServer::new();
    let (alice, peer) = (server.user("alice"), peer());
    let url = peer.url("/page.html");
    let cards = || {
        let count = "SELECT (SELECT count(*) FROM cards) + (SELECT count(*) FROM card_days)";
        let count = server.sql().query_row(count, [], |row| row.get(0));
        count.map(|rows: i64| rows).unwrap()
    };
    let posts = [alice.post_status(&url), alice.post_status(&url)];
    minute_passes(&server);
    assert_eq!(cards(), 2);
    let path = |post: &Value| format!("/api/v1/statuses/{}", post["id"].as_str().unwrap());
    alice.delete(&path(&posts[0])).ok();
    assert_eq!(cards(), 2);
    alice.put(&path(&posts[1]), &[("status", "no link")]).ok();
    assert_eq!(cards(), 0);
    alice.post_status(&url);
    minute_passes(&server);
    assert_eq!(cards(), 2);
    let target = format!(
        "/api/v1/statuses/{}",
        ids(&alice.get("/api/v1/timelines/home").ok())[0]
    );
    alice.delete(&target).ok();
    assert_eq!(cards(), 0);
}
