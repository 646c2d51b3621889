//! Mascots (pleroma-contract 13).

use serde_json::json;

use crate::oauth::text;
use crate::support::{Answer, BASE, TestServer, TestUser};

const MASCOT: &str = "/api/v1/pleroma/mascot";
const PICTURE: &[u8] = include_bytes!("../../static/avatar.png");

fn put(user: &TestUser, content: &[u8]) -> Answer {
    user.upload("PUT", MASCOT, "file", "an_image.png", content, &[])
}

#[test]
fn without_a_choice_there_is_the_servers_own() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let shown = alice.get("/api/pleroma/mascot").ok();
    assert_eq!(shown["id"], "default-mascot");
    assert_eq!(shown["type"], "image");
    assert_eq!(shown["pleroma"]["mime_type"], "image/png");
    assert_eq!(shown["url"], shown["preview_url"]);
    let path = text(&shown, "url").strip_prefix(BASE).unwrap().to_owned();
    let picture = server.get(&path);
    assert_eq!(picture.header("Content-Type"), Some("image/png"));
    assert!(picture.body.starts_with(b"\x89PNG"));
}

#[test]
fn a_chosen_mascot_is_shown_again_and_served() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let chosen = put(&alice, PICTURE).ok();
    assert_eq!(chosen["type"], "image");
    assert!(text(&chosen, "url").contains("an_image"));
    for key in [
        "id",
        "url",
        "remote_url",
        "preview_url",
        "text_url",
        "description",
    ] {
        assert!(chosen.get(key).is_some(), "{key}");
    }
    assert_eq!(alice.get(MASCOT).ok(), chosen);
    assert_eq!(bob.get(MASCOT).ok()["id"], "default-mascot");
    let path = text(&chosen, "url").strip_prefix(BASE).unwrap().to_owned();
    assert_eq!(server.get(&path).status, 200);
    // It outlives the day after which uploads that nobody posted are removed.
    let due = "UPDATE jobs SET run_at = 0";
    server.sql().execute(due, []).unwrap();
    server.run_jobs();
    assert_eq!(server.get(&path).status, 200);
    assert_eq!(alice.get(MASCOT).ok(), chosen);
}

#[test]
fn another_choice_or_its_deletion_leaves_no_file_behind() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let files = || {
        std::fs::read_dir(server.data().join("uploads"))
            .unwrap()
            .count()
    };
    put(&alice, PICTURE).ok();
    let one = files();
    let second = put(&alice, PICTURE).ok();
    server.run_jobs();
    assert_eq!(files(), one);
    alice
        .delete(&format!("/api/v1/media/{}", text(&second, "id")))
        .ok();
    server.run_jobs();
    assert_eq!(files(), 0);
    assert_eq!(alice.get(MASCOT).ok()["id"], "default-mascot");
}

#[test]
fn only_pictures_are_mascots() {
    let server = TestServer::with(&["upload.limit=4096"]);
    let alice = server.user("alice");
    // An MP3 by its content, whatever it is called.
    let sound = [b"ID3\x03\0\0\0\0\0\x21".as_slice(), &[0; 64]].concat();
    for content in [sound.as_slice(), b"text", b"", b"\x89PNG\r\n\x1a\nbroken"] {
        put(&alice, content).refused(415, "mascots can only be images");
    }
    alice.put(MASCOT, &[]).refused(400, "Missing field: file.");
    put(&alice, &[0; 5000]).refused(413, "file_too_large");
    assert_eq!(alice.get(MASCOT).ok()["id"], json!("default-mascot"));
}
