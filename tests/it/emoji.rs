//! Custom emoji: both lists, the files, and packs that somebody edits by hand.

use std::path::PathBuf;

use image::ImageFormat;
use serde_json::json;

use crate::planted::picture;
use crate::support::{BASE, TestServer};

/// Writes a pack with a `pack.json` naming these shortcodes, each with its own picture.
pub fn pack(server: &TestServer, name: &str, shortcodes: &[&str]) -> PathBuf {
    let folder = server.data().join("emoji").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = serde_json::Map::new();
    for code in shortcodes {
        let file = format!("{code}.png");
        std::fs::write(folder.join(&file), picture(4, 4, ImageFormat::Png)).unwrap();
        files.insert((*code).to_owned(), file.into());
    }
    let manifest = json!({"files": files, "pack": {}}).to_string();
    std::fs::write(folder.join("pack.json"), manifest).unwrap();
    folder
}

#[test]
fn a_pack_copied_in_by_hand_is_in_both_lists_at_once() {
    let server = TestServer::new();
    assert_eq!(server.get("/api/pleroma/emoji").ok(), json!({}));
    assert_eq!(server.get("/api/v1/custom_emojis").ok(), json!([]));
    pack(&server, "my pack", &["girlpower"]);
    let expected = json!({"girlpower": {"tags": ["pack:my pack"], "image_url": "/emoji/my%20pack/girlpower.png"}});
    for path in [
        "/api/pleroma/emoji",
        "/api/pleroma/emoji.json",
        "/api/v1/pleroma/emoji",
        "/api/v1/pleroma/emoji.json",
    ] {
        assert_eq!(server.get(path).ok(), expected, "{path}");
    }
    let url = format!("{BASE}/emoji/my%20pack/girlpower.png");
    assert_eq!(
        server.get("/api/v1/custom_emojis").ok(),
        json!([{"shortcode": "girlpower", "url": url, "static_url": url, "visible_in_picker": true,
                "tags": ["pack:my pack"], "category": "pack:my pack"}])
    );
}

#[test]
fn a_folder_without_a_list_is_read_by_its_text_or_by_its_pictures() {
    let server = TestServer::new();
    for (folder, name) in [("text", "one"), ("text", "two"), ("bare", "three")] {
        let folder = server.data().join("emoji").join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        std::fs::write(file, picture(4, 4, ImageFormat::Png)).unwrap();
    }
    let lines = "uno, one.png, Fun, Games\nnothing\ndos, two.png\n";
    std::fs::write(server.data().join("emoji/text/emoji.txt"), lines).unwrap();
    assert_eq!(
        server.get("/api/pleroma/emoji").ok(),
        json!({
            "uno": {"tags": ["Fun", "Games"], "image_url": "/emoji/text/one.png"},
            "dos": {"tags": ["Custom"], "image_url": "/emoji/text/two.png"},
            "three": {"tags": ["Custom"], "image_url": "/emoji/bare/three.png"},
        })
    );
    let all = server.get("/api/v1/custom_emojis").ok();
    let all = all.as_array().unwrap();
    let of = |name: &str| all.iter().find(|emoji| emoji["shortcode"] == name).unwrap();
    assert_eq!(of("uno")["category"], "Fun,Games");
    assert_eq!(of("uno")["url"], format!("{BASE}/emoji/text/one.png"));
    assert_eq!((all.len(), &of("three")["tags"]), (3, &json!(["Custom"])));
    assert_eq!(server.get("/emoji/bare/three.png").status, 200);
}

#[test]
fn of_two_packs_with_one_shortcode_the_later_by_name_wins() {
    let server = TestServer::new();
    pack(&server, "b", &["cat"]);
    pack(&server, "a", &["cat"]);
    assert_eq!(
        server.get("/api/pleroma/emoji").ok(),
        json!({"cat": {"tags": ["pack:b"], "image_url": "/emoji/b/cat.png"}})
    );
}

#[test]
fn an_edit_by_hand_changes_the_list() {
    let server = TestServer::new();
    let folder = pack(&server, "p", &["one"]);
    assert!(server.get("/api/pleroma/emoji").ok()["one"].is_object());
    pack(&server, "p", &["one", "two"]);
    assert!(server.get("/api/pleroma/emoji").ok()["two"].is_object());
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(server.get("/api/pleroma/emoji").ok(), json!({}));
}

#[test]
fn the_lists_answer_strangers_of_a_closed_instance_too() {
    let server = TestServer::with(&["instance.public=false"]);
    server.get("/api/pleroma/emoji").ok();
    server.get("/api/v1/custom_emojis").ok();
}

#[test]
fn emoji_files_are_served_as_pictures_and_everything_else_as_a_download() {
    let server = TestServer::new();
    let folder = pack(&server, "p", &["one"]);
    std::fs::create_dir(folder.join("dir")).unwrap();
    std::fs::write(
        folder.join("dir/blank.gif"),
        picture(1, 1, ImageFormat::Gif),
    )
    .unwrap();
    std::fs::write(folder.join("evil.html"), "<script>").unwrap();
    let png = server.get("/emoji/p/one.png");
    assert_eq!(
        (png.status, png.header("Content-Type")),
        (200, Some("image/png"))
    );
    assert_eq!(png.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(
        server.get("/emoji/p/dir/blank.gif").header("Content-Type"),
        Some("image/gif")
    );
    let html = server.get("/emoji/p/evil.html");
    assert_eq!(
        html.header("Content-Type"),
        Some("application/octet-stream")
    );
    assert_eq!(html.header("Content-Disposition"), Some("attachment"));
}

#[test]
fn sec_f7_nothing_outside_a_pack_is_served() {
    let server = TestServer::new();
    let folder = pack(&server, "p", &["one"]);
    std::fs::write(server.data().join("secret.png"), "secret").unwrap();
    std::os::unix::fs::symlink(server.data().join("secret.png"), folder.join("link.png")).unwrap();
    std::os::unix::fs::symlink(server.data(), server.data().join("emoji/up")).unwrap();
    for path in [
        "p/link.png",
        "up/secret.png",
        "p/../../secret.png",
        "..%2f/secret.png",
        "%2e%2e/secret.png",
        "p/%2e%2e/%2e%2e/secret.png",
        "p/..%2f..%2fsecret.png",
        "p/dir",
        "p/missing.png",
        "none/one.png",
        "p/%00",
    ] {
        let answer = server.get(&format!("/emoji/{path}"));
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}
