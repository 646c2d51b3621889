//! Emoji packs: every call of both generations of routes, what they refuse, and what lies on the disk afterwards.

mod access;
mod archive;
mod cli;
mod files;
mod hostile;
mod import;
mod killed;
mod made;
mod metadata;
mod remote;

use std::fs;

use serde_json::{Value, json};

use crate::emoji::pack;
use crate::support::{TestServer, TestUser};
use made::listing;

const PACKS: &str = "/api/pleroma/emoji/packs";
const PACK: &str = "/api/v1/pleroma/emoji/pack";

/// The `pack.json` of a pack, as it lies on the disk.
fn stored(server: &TestServer, name: &str) -> Value {
    let path = server.data().join("emoji").join(name).join("pack.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The shortcodes that clients are shown.
fn shortcodes(server: &TestServer) -> Vec<String> {
    let shown = server.get("/api/pleroma/emoji").ok();
    shown.as_object().unwrap().keys().cloned().collect()
}

/// Makes an empty pack.
fn create(admin: &TestUser, name: &str) {
    assert_eq!(admin.post(&format!("{PACK}?name={name}"), &[]).ok(), "ok");
}

#[test]
fn a_fresh_pack_is_empty_on_the_disk_and_in_answers() {
    let server = TestServer::new();
    let admin = server.admin("root");
    assert_eq!(admin.post("/api/pleroma/emoji/packs/first", &[]).ok(), "ok");
    assert_eq!(
        admin
            .post("/api/v1/pleroma/emoji/pack?name=second", &[])
            .ok(),
        "ok"
    );
    assert_eq!(
        admin
            .post("/api/pleroma/emoji/pack", &[("name", " third ")])
            .ok(),
        "ok"
    );
    for name in ["first", "second", "third"] {
        let expected = json!({"files": {}, "files_count": 0, "pack": {}});
        assert_eq!(stored(&server, name), expected);
    }
    let shown = json!({"files": {}, "files_count": 0, "pack": {"can-download": false}});
    assert_eq!(server.get("/api/pleroma/emoji/packs/first").ok(), shown);
    assert_eq!(
        server.get("/api/v1/pleroma/emoji/pack?name=first").ok(),
        shown
    );
}

#[test]
fn a_pack_that_exists_cannot_be_created_be_it_with_or_without_a_list() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "listed", &["cat"]);
    fs::create_dir(server.data().join("emoji/bare")).unwrap();
    for name in ["listed", "bare"] {
        let text = format!("A pack named \"{name}\" already exists");
        admin
            .post(&format!("{PACKS}/{name}"), &[])
            .refused(409, &text);
        admin
            .post(&format!("{PACK}?name={name}"), &[])
            .refused(409, &text);
    }
    assert_eq!(
        stored(&server, "listed")["files"],
        json!({"cat": "cat.png"})
    );
    assert_eq!(
        listing(&server.data().join("emoji/bare")),
        Vec::<String>::new()
    );
}

#[test]
fn empty_names_are_refused_by_name() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let text = "pack name cannot be empty";
    admin
        .post("/api/pleroma/emoji/packs/%20", &[])
        .refused(400, text);
    admin
        .delete("/api/pleroma/emoji/packs/%20")
        .refused(400, text);
    server
        .get("/api/pleroma/emoji/packs/%20")
        .refused(400, text);
    for target in [
        PACK.to_owned(),
        format!("{PACK}?name="),
        format!("{PACK}?name=%20"),
    ] {
        admin.post(&target, &[]).refused(400, text);
        admin.delete(&target).refused(400, text);
        server.get(&target).refused(400, text);
        server
            .get(&target.replace("emoji/pack", "emoji/packs/archive"))
            .refused(400, text);
    }
}

#[test]
fn names_that_people_use_work_on_both_routes() {
    let server = TestServer::new();
    let admin = server.admin("root");
    for name in [
        "blobs.gg", "x.json", "my pack", "ねこ", "what?", "a & b", "%2e%2e", "a+b",
    ] {
        let encoded =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        assert_eq!(admin.post(&format!("{PACKS}/{encoded}"), &[]).ok(), "ok");
        assert_eq!(
            server.get(&format!("{PACKS}/{encoded}")).ok()["files_count"],
            0
        );
        assert_eq!(
            server.get(&format!("{PACK}?name={encoded}")).ok()["files_count"],
            0
        );
        assert!(
            server
                .data()
                .join("emoji")
                .join(name)
                .join("pack.json")
                .is_file()
        );
        assert_eq!(admin.delete(&format!("{PACK}?name={encoded}")).ok(), "ok");
    }
    assert_eq!(listing(&server.data().join("emoji")), Vec::<String>::new());
}

#[test]
fn names_of_routes_cannot_be_names_of_packs() {
    let server = TestServer::new();
    let admin = server.admin("root");
    for name in [
        "import",
        "remote",
        "download",
        "download_zip",
        "files",
        "archive",
    ] {
        admin
            .post(&format!("{PACK}?name={name}"), &[])
            .refused(400, "invalid pack name");
    }
}

#[test]
fn a_deleted_pack_is_gone_with_its_emoji() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "a", &["cat"]);
    pack(&server, "b", &["dog"]);
    assert_eq!(shortcodes(&server), ["cat", "dog"]);
    assert_eq!(admin.delete("/api/pleroma/emoji/packs/a").ok(), "ok");
    assert_eq!(shortcodes(&server), ["dog"]);
    assert_eq!(admin.delete("/api/v1/pleroma/emoji/pack?name=b").ok(), "ok");
    assert_eq!(shortcodes(&server), Vec::<String>::new());
    assert_eq!(listing(&server.data().join("emoji")), Vec::<String>::new());
    let text = "Pack a does not exist";
    admin
        .delete("/api/pleroma/emoji/packs/a")
        .refused(404, text);
    admin
        .delete("/api/v1/pleroma/emoji/pack?name=a")
        .refused(404, text);
    server.get("/api/pleroma/emoji/packs/a").refused(404, text);
    server
        .get("/api/v1/pleroma/emoji/pack?name=a")
        .refused(404, text);
}

#[test]
fn packs_are_listed_by_name_a_page_at_a_time() {
    let server = TestServer::new();
    for name in ["c", "a", "B"] {
        pack(&server, name, &[&format!("in_{name}")]);
    }
    let names = |query: &str| {
        let list = server.get(&format!("/api/pleroma/emoji/packs{query}")).ok();
        assert_eq!(list["count"], 3, "{query}");
        let packs = list["packs"].as_object().unwrap();
        packs.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(""), "B a c");
    let pages = [1, 2, 3].map(|page| names(&format!("?page={page}&page_size=1")));
    assert_eq!(pages, ["B", "a", "c"]);
    assert_eq!(names("?page=1&page_size=0"), "");
    assert_eq!(names("?page=0&page_size=2"), "c");
    assert_eq!(names("?page=9&page_size=2"), "");
    assert_eq!(names("?page=1&page_size=25"), "B a c");
    let shown = server.get("/api/v1/pleroma/emoji/packs").ok();
    assert_eq!(
        shown["packs"]["a"],
        json!({"files": {"in_a": "in_a.png"}, "files_count": 1, "pack": {"can-download": false}})
    );
}

#[test]
fn paging_values_that_are_no_numbers_or_negative_are_refused() {
    let server = TestServer::new();
    pack(&server, "p", &["cat"]);
    for query in ["page=-1", "page=x", "page_size=-1", "page_size=1.5"] {
        for target in [
            format!("{PACKS}?{query}"),
            format!("{PACKS}/p?{query}"),
            format!("{PACK}?name=p&{query}"),
        ] {
            assert_eq!(server.get(&target).status, 400, "{target}");
        }
    }
}

#[test]
fn files_of_a_pack_are_shown_a_page_at_a_time() {
    let server = TestServer::new();
    let codes: Vec<String> = (0..45).map(|number| format!("e{number:02}")).collect();
    pack(
        &server,
        "p",
        &codes.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let files = |query: &str| {
        let shown = server.get(&format!("{PACK}?name=p{query}")).ok();
        assert_eq!(shown["files_count"], 45);
        let files = shown["files"].as_object().unwrap();
        files.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(files(""), codes[..30]);
    assert_eq!(files("&page=2"), codes[30..]);
    assert_eq!(files("&page=0"), codes[30..]);
    assert_eq!(files("&page=2&page_size=10"), codes[10..20]);
    assert!(files("&page_size=0").is_empty() && files("&page=3").is_empty());
    let list = server.get(PACKS).ok();
    assert_eq!(list["packs"]["p"]["files"].as_object().unwrap().len(), 45);
}

#[test]
fn an_edit_by_hand_is_seen_by_the_next_request() {
    let server = TestServer::new();
    let folder = pack(&server, "p", &["one"]);
    let list = || server.get(PACKS).ok()["packs"].clone();
    assert_eq!(list()["p"]["files_count"], 1);
    let text = r#"{"files": {"one": "one.png", "uno": "one.png"}, "pack": {"license": "CC0"}}"#;
    fs::write(folder.join("pack.json"), text).unwrap();
    assert_eq!(list()["p"]["files_count"], 2);
    assert_eq!(list()["p"]["pack"]["license"], "CC0");
    assert_eq!(
        server.get("/api/pleroma/emoji/packs/p").ok()["files_count"],
        2
    );
    fs::rename(&folder, server.data().join("emoji/q")).unwrap();
    assert_eq!(
        list().as_object().unwrap().keys().collect::<Vec<_>>(),
        ["q"]
    );
}

#[test]
fn a_directory_that_is_no_pack_and_a_broken_list_are_left_out() {
    let server = TestServer::new();
    pack(&server, "good", &["cat"]);
    let root = server.data().join("emoji");
    for (name, list) in [("broken", "{"), ("array", "[]")] {
        fs::create_dir(root.join(name)).unwrap();
        fs::write(root.join(name).join("pack.json"), list).unwrap();
    }
    fs::create_dir(root.join("bare")).unwrap();
    fs::write(root.join("loose.png"), "").unwrap();
    let list = server.get(PACKS).ok();
    assert_eq!(list["count"], 1);
    assert_eq!(
        list["packs"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["good"]
    );
    server
        .get("/api/pleroma/emoji/packs/bare")
        .refused(404, "Pack bare does not exist");
}

#[test]
fn the_directory_is_made_when_it_is_missing() {
    let server = TestServer::new();
    fs::remove_dir(server.data().join("emoji")).unwrap();
    assert_eq!(server.get(PACKS).ok(), json!({"packs": {}, "count": 0}));
    assert!(server.data().join("emoji").is_dir());
    fs::remove_dir(server.data().join("emoji")).unwrap();
    create(&server.admin("root"), "p");
    assert_eq!(server.get(PACKS).ok()["count"], 1);
}

#[test]
fn a_directory_that_cannot_be_read_or_written_is_told_without_its_path() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let root = server.data().join("emoji");
    fs::remove_dir(&root).unwrap();
    fs::write(&root, "not a directory").unwrap();
    let text = "Failed to get the contents of the emoji pack directory";
    server.get(PACKS).refused(500, text);
    let text = "Unexpected error occurred while creating pack.";
    admin
        .post("/api/pleroma/emoji/packs/p", &[])
        .refused(500, text);
    admin
        .delete("/api/pleroma/emoji/packs/p")
        .refused(500, "Couldn't delete the pack p");
    fs::remove_file(&root).unwrap();
    std::os::unix::fs::symlink("/nonexistent/folder", &root).unwrap();
    let text = "Failed to create the emoji pack directory";
    server.get(PACKS).refused(500, text);
}

#[test]
fn sharing_packs_is_announced() {
    let server = TestServer::new();
    let about = server.get("/nodeinfo/2.0.json").ok();
    let features = about["metadata"]["features"].as_array().unwrap();
    assert!(features.contains(&json!("shareable_emoji_packs")));
}
