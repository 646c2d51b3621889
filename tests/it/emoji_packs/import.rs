//! Import of what lies in `emoji/`: directories of every layout, and archives.

use std::fs;

use serde_json::json;

use super::made::{folder, listing, misskey, png, tar_gz, zipped};
use super::{PACKS, shortcodes, stored};
use crate::emoji::pack;
use crate::support::TestServer;

const IMPORT: &str = "/api/pleroma/emoji/packs/import";

#[test]
fn a_directory_of_pictures_becomes_a_pack() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "known", &["cat"]);
    let before = stored(&server, "known");
    let root = server.data().join("emoji");
    folder(
        &root.join("found"),
        &[
            ("blank.png", &png(1)),
            ("deep/blank2.gif", b"GIF89a"),
            ("readme.md", b"hello"),
            (".hidden.png", b""),
        ],
    );
    assert_eq!(server.get(PACKS).ok()["count"], 1);
    assert_eq!(admin.get(IMPORT).ok(), json!(["found"]));
    assert_eq!(
        stored(&server, "found"),
        json!({"files": {"blank": "blank.png", "blank2": "deep/blank2.gif"}, "files_count": 2, "pack": {}})
    );
    assert_eq!(stored(&server, "known"), before);
    assert_eq!(shortcodes(&server), ["blank", "blank2", "cat"]);
    assert_eq!(
        server.get("/api/pleroma/emoji").ok()["blank"]["tags"],
        json!(["pack:found"])
    );
    assert_eq!(admin.get(IMPORT).ok(), json!([]));
    assert_eq!(
        admin.post("/api/v1/pleroma/emoji/packs/import", &[]).ok(),
        json!([])
    );
}

#[test]
fn an_emoji_txt_says_what_is_in_a_directory_in_four_forms() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let text =
        "blank, blank.png, Fun\nblank2, blank.png\nfoo, /emoji/test_pack_for_import/blank.png\nbar";
    let root = server.data().join("emoji/test_pack_for_import");
    folder(
        &root,
        &[
            ("blank.png", &png(1)),
            ("other.png", &png(2)),
            ("emoji.txt", text.as_bytes()),
        ],
    );
    assert_eq!(admin.get(IMPORT).ok(), json!(["test_pack_for_import"]));
    let files = json!({"blank": "blank.png", "blank2": "blank.png", "foo": "blank.png"});
    assert_eq!(stored(&server, "test_pack_for_import")["files"], files);
}

#[test]
fn archives_that_lie_there_become_packs_of_their_names() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let root = server.data().join("emoji");
    let (one, two, three) = (png(1), png(2), png(3));
    let list =
        br#"{"files": {"uno": "a/one.png"}, "pack": {"license": "CC0", "can-download": true}}"#;
    folder(
        &root,
        &[
            (
                "plain.zip",
                &zipped(&[
                    ("one.png", &one),
                    ("sub/two.png", &two),
                    ("notes.txt", b"x"),
                ]),
            ),
            (
                "whole.zip",
                &zipped(&[
                    ("whole/pack.json", list),
                    ("whole/a/one.png", &one),
                    ("whole/not listed.png", &two),
                ]),
            ),
            ("misskey.zip", &misskey(&[("blob", "blob.png", &three)])),
            (
                "tarred.tar.gz",
                &tar_gz(&[("./", b'5', b""), ("./three.png", b'0', &three)]),
            ),
            ("tarred2.TGZ", &tar_gz(&[("four.png", b'0', &three)])),
            ("broken.zip", b"PK\x03\x04 and nothing else"),
            ("taken.zip", &zipped(&[("x.png", &one)])),
        ],
    );
    pack(&server, "taken", &["cat"]);
    assert_eq!(
        admin.get(IMPORT).ok(),
        json!(["misskey", "plain", "tarred", "tarred2", "whole"])
    );
    assert_eq!(
        stored(&server, "plain")["files"],
        json!({"one": "one.png", "two": "sub/two.png"})
    );
    assert_eq!(
        stored(&server, "whole"),
        json!({"files": {"uno": "a/one.png"}, "files_count": 1, "pack": {"license": "CC0"}})
    );
    assert_eq!(
        listing(&root.join("whole")),
        ["a/", "a/one.png", "pack.json"]
    );
    assert_eq!(
        stored(&server, "misskey"),
        json!({"files": {"blob": "blob.png"}, "files_count": 1, "pack": {"license": "CC0"}})
    );
    assert_eq!(
        stored(&server, "tarred")["files"],
        json!({"three": "three.png"})
    );
    assert_eq!(stored(&server, "taken")["files"], json!({"cat": "cat.png"}));
    assert_eq!(server.get("/emoji/misskey/blob.png").body, three);
    assert_eq!(admin.get(IMPORT).ok(), json!([]));
}

#[test]
fn a_directory_that_cannot_be_read_or_written_to_is_told() {
    let server = TestServer::new();
    let admin = server.admin("root");
    // Where the list should go, there is something that no file can take the place of.
    let in_the_way = server.data().join("emoji/p/pack.json/x");
    fs::create_dir_all(in_the_way).unwrap();
    admin
        .get(IMPORT)
        .refused(500, "Error: emoji pack directory must be writable");
    fs::remove_dir_all(server.data().join("emoji/p")).unwrap();
    fs::remove_dir(server.data().join("emoji")).unwrap();
    fs::write(server.data().join("emoji"), "not a directory").unwrap();
    admin
        .get(IMPORT)
        .refused(500, "Error accessing emoji pack directory");
}

#[test]
fn links_are_neither_imported_nor_followed() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let outside = tempfile::tempdir().unwrap();
    folder(outside.path(), &[("secret.png", &png(1))]);
    let root = server.data().join("emoji");
    std::os::unix::fs::symlink(outside.path(), root.join("linked")).unwrap();
    fs::create_dir(root.join("real")).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("secret.png"),
        root.join("real/secret.png"),
    )
    .unwrap();
    assert_eq!(admin.get(IMPORT).ok(), json!(["real"]));
    assert_eq!(stored(&server, "real")["files"], json!({}));
    assert_eq!(listing(outside.path()), ["secret.png"]);
}
