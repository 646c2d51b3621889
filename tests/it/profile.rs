//! The own profile as its owner edits it.

use serde_json::{Value, json};

use crate::support::TestServer;

/// A picture of one pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const PROFILE: &str = "/api/v1/profile";

#[test]
fn a_profile_shows_the_texts_as_typed_and_no_picture_where_none_was_chosen() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post("/api/v1/tags/cats/feature", &[]).ok();
    let changed = alice
        .patch(
            PROFILE,
            &[
                ("display_name", "Alice"),
                ("note", "I like #cats & \"dogs\""),
                ("fields_attributes[0][name]", "site"),
                ("fields_attributes[0][value]", "https://example.org"),
                ("locked", "true"),
            ],
        )
        .ok();
    assert_eq!(alice.get(PROFILE).ok(), changed);
    assert_eq!(changed["note"], "I like #cats & \"dogs\"");
    assert_eq!(changed["fields"][0]["value"], "https://example.org");
    assert_eq!(
        (&changed["id"], &changed["locked"], &changed["avatar"]),
        (&json!(alice.id), &json!(true), &Value::Null)
    );
    assert_eq!(changed["featured_tags"][0]["name"], "cats");
    // It is the same profile that everybody sees.
    let account = server.get(&format!("/api/v1/accounts/{}", alice.id)).ok();
    assert_eq!(account["display_name"], "Alice");
    let put = alice.put(PROFILE, &[("display_name", "Alice A.")]).ok();
    assert_eq!(put["display_name"], "Alice A.");
    alice
        .patch(PROFILE, &[("avatar", "no picture")])
        .refused(403, "Invalid request");
}

#[test]
fn pictures_are_taken_off_one_by_one() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let shown = |path: &str| alice.get(path).ok();
    let pictures = [("avatar", PIXEL), ("header", PIXEL)];
    let set = alice.patch(PROFILE, &pictures).ok();
    for key in ["avatar", "avatar_static", "header", "header_static"] {
        assert!(set[key].as_str().unwrap().contains("/media/"), "{key}");
    }
    let default = format!("{}/static/avatar.png", crate::support::BASE);
    assert_eq!(
        alice.delete("/api/v1/profile/avatar").ok()["avatar"],
        default
    );
    let left = shown(PROFILE);
    assert_eq!(
        (&left["avatar"], &left["header"]),
        (&Value::Null, &set["header"])
    );
    // Taking off what is not there changes nothing.
    alice.delete("/api/v1/profile/avatar").ok();
    alice.delete("/api/v1/profile/header").ok();
    assert_eq!(shown(PROFILE)["header"], Value::Null);
    let file = set["header"].as_str().unwrap();
    let file = file.strip_prefix(crate::support::BASE).unwrap();
    assert_eq!(server.get(file).status, 404);
}
