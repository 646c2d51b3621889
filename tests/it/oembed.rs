//! oEmbed: what other sites show of a post.

use serde_json::json;

use crate::support::TestServer;

#[test]
fn a_post_that_anybody_may_see_is_embedded_by_either_address() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = alice.post_status("hello <b>");
    for key in ["url", "uri"] {
        let url = posted[key].as_str().unwrap();
        let embed = server
            .get(&format!("/api/oembed?url={url}&maxwidth=9000"))
            .ok();
        assert_eq!(
            (&embed["type"], &embed["version"], &embed["width"]),
            (&json!("rich"), &json!("1.0"), &json!(800))
        );
        assert_eq!(embed["title"], "hello <b>");
        assert!(embed["author_url"].as_str().unwrap().contains("alice"));
        let html = embed["html"].as_str().unwrap();
        assert!(html.contains("hello &lt;b&gt;") && html.contains(posted["url"].as_str().unwrap()));
    }
    let warned = alice.post_with("secret", &[("spoiler_text", "spoilers")]);
    let url = warned["url"].as_str().unwrap();
    let embed = alice.get(&format!("/api/oembed?url={url}")).ok();
    assert!(!embed.to_string().contains("secret"));
}

#[test]
fn sec_p2_what_not_everybody_may_see_is_not_embedded_whoever_asks() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for visibility in ["private", "direct", "local"] {
        let posted = alice.post_with("psst", &[("visibility", visibility)]);
        let target = format!("/api/oembed?url={}", posted["url"].as_str().unwrap());
        alice.get(&target).refused(404, "Record not found");
        server.get(&target).refused(404, "Record not found");
    }
    server
        .get("/api/oembed?url=https://example.org/1")
        .refused(404, "Record not found");
    server
        .get("/api/oembed")
        .refused(400, "Missing field: url.");
}
