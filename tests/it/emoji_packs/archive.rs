//! Archives of packs: what is in them, their digests, who may have them.

use std::fs;
use std::io::{Cursor, Read};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXUPPER;
use serde_json::{Value, json};
use zip::ZipArchive;

use super::made::{drawn, folder, listing, png};
use super::{PACK, PACKS};
use crate::binary::Program;
use crate::emoji::pack;
use crate::support::{Answer, TestServer};

const SHARED: &str = r#"{"share-files": true}"#;

/// A pack whose `pack.json` names these files under their own names.
fn pack_of(server: &TestServer, name: &str, metadata: &str, files: &[(&str, &[u8])]) {
    let root = server.data().join("emoji").join(name);
    folder(&root, files);
    let listed: serde_json::Map<String, Value> = files
        .iter()
        .map(|(file, _)| (file.replace(['/', '.'], "_"), json!(file)))
        .collect();
    let metadata: Value = serde_json::from_str(metadata).unwrap();
    let list = json!({"files": listed, "files_count": files.len(), "pack": metadata});
    fs::write(root.join("pack.json"), list.to_string()).unwrap();
}

fn download(server: &TestServer, name: &str) -> Answer {
    let answer = server.get(&format!("/api/pleroma/emoji/packs/{name}/archive"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn sha256(bytes: &[u8]) -> String {
    HEXUPPER.encode(digest(&SHA256, bytes).as_ref())
}

fn shown(server: &TestServer, name: &str) -> Value {
    server.get(&format!("{PACK}?name={name}")).ok()["pack"].clone()
}

#[test]
fn an_archive_holds_the_list_and_every_file_and_its_digest_is_the_one_shown() {
    let server = TestServer::new();
    let (one, two) = (png(1), png(2));
    pack_of(
        &server,
        "p",
        SHARED,
        &[("a.png", &one), ("dir/b.png", &two)],
    );
    fs::write(server.data().join("emoji/p/unlisted.png"), &one).unwrap();
    let answer = download(&server, "p");
    assert_eq!(answer.header("Content-Type"), Some("application/zip"));
    assert_eq!(
        answer.header("Content-Disposition"),
        Some("attachment; filename=\"p.zip\"")
    );
    let mut zip = ZipArchive::new(Cursor::new(answer.body.as_slice())).unwrap();
    let mut content = |name: &str| {
        let mut bytes = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!((content("a.png"), content("dir/b.png")), (one, two));
    assert_eq!(
        content("pack.json"),
        fs::read(server.data().join("emoji/p/pack.json")).unwrap()
    );
    assert_eq!(zip.len(), 3);
    let expected =
        json!({"share-files": true, "can-download": true, "download-sha256": sha256(&answer.body)});
    assert_eq!(shown(&server, "p"), expected);
    assert_eq!(server.get(PACKS).ok()["packs"]["p"]["pack"], expected);
    let by_name = server.get("/api/v1/pleroma/emoji/packs/archive?name=p");
    assert_eq!(by_name.body, answer.body);
}

#[test]
fn the_same_pack_gives_the_same_bytes_after_a_restart_and_without_the_cache() {
    let server = TestServer::new();
    pack_of(
        &server,
        "p",
        SHARED,
        &[("a.png", &png(1)), ("b.png", &png(2))],
    );
    let first = download(&server, "p").body;
    let cached = server.data().join("cache/archives");
    assert_eq!(listing(&cached).len(), 1);
    let server = server.restarted_with(&[]);
    assert_eq!(listing(&cached).len(), 1, "the archive is kept");
    assert_eq!(download(&server, "p").body, first);
    fs::remove_dir_all(&cached).unwrap();
    fs::create_dir(&cached).unwrap();
    assert_eq!(download(&server, "p").body, first);
}

#[test]
fn any_change_gives_another_archive_and_takes_the_old_one_away() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack_of(&server, "p", SHARED, &[("a.png", &png(1))]);
    let mut seen = vec![download(&server, "p").body];
    let mut changed = |what: &str| {
        let now = download(&server, "p").body;
        assert!(!seen.contains(&now), "{what}");
        assert_eq!(
            shown(&server, "p")["download-sha256"],
            sha256(&now),
            "{what}"
        );
        assert_eq!(
            listing(&server.data().join("cache/archives")).len(),
            1,
            "{what}"
        );
        seen.push(now);
    };
    fs::write(server.data().join("emoji/p/a.png"), png(2)).unwrap();
    changed("a file, by hand");
    let metadata = json!({"metadata": {"share-files": true, "license": "CC0"}});
    admin.json("PATCH", &format!("{PACKS}/p"), &metadata).ok();
    changed("the metadata");
    admin
        .upload(
            "POST",
            &format!("{PACKS}/p/files"),
            "file",
            "b.png",
            &png(3),
            &[],
        )
        .ok();
    changed("another emoji");
    admin.delete(&format!("{PACKS}/p")).ok();
    assert_eq!(
        listing(&server.data().join("cache/archives")),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_not_shared_or_not_whole_cannot_be_downloaded() {
    let server = TestServer::new();
    pack(&server, "private", &["cat"]);
    pack_of(
        &server,
        "text",
        r#"{"share-files": "true", "download-sha256": "AB"}"#,
        &[("a.png", &png(1))],
    );
    pack_of(&server, "gone", SHARED, &[("a.png", &png(1))]);
    fs::remove_file(server.data().join("emoji/gone/a.png")).unwrap();
    pack_of(&server, "linked", SHARED, &[("a.png", &png(1))]);
    let link = server.data().join("emoji/linked/a.png");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(server.data().join("kenoma.db"), link).unwrap();
    for name in ["private", "text", "gone", "linked"] {
        let text = format!(
            "Pack {name} cannot be downloaded from this instance, either pack sharing was disabled for this pack or some files are missing"
        );
        server
            .get(&format!("/api/pleroma/emoji/packs/{name}/archive"))
            .refused(403, &text);
        server
            .get(&format!("/api/v1/pleroma/emoji/packs/archive?name={name}"))
            .refused(403, &text);
        assert_eq!(shown(&server, name)["can-download"], false);
        assert!(shown(&server, name).get("download-sha256").is_none());
    }
    server
        .get("/api/pleroma/emoji/packs/none/archive")
        .refused(404, "Pack none does not exist");
    server
        .get("/api/v1/pleroma/emoji/packs/archive?name=none")
        .refused(404, "Pack none does not exist");
}

#[test]
fn sec_f1_a_hostile_list_packs_nothing_from_outside() {
    let server = TestServer::new();
    for file in ["../../kenoma.db", "/etc/passwd", "a/../../../kenoma.db"] {
        pack_of(&server, "p", SHARED, &[("a.png", &png(1))]);
        let list = json!({"files": {"x": file}, "pack": {"share-files": true}});
        fs::write(server.data().join("emoji/p/pack.json"), list.to_string()).unwrap();
        assert_eq!(server.get("/api/pleroma/emoji/packs/p/archive").status, 403);
        assert_eq!(shown(&server, "p")["can-download"], false);
    }
}

#[test]
fn names_in_the_header_are_safe_and_whole() {
    let server = TestServer::new();
    for (name, header) in [
        (
            "my \"pack\"",
            "attachment; filename=\"my _pack_.zip\"; filename*=UTF-8''my%20%22pack%22.zip",
        ),
        (
            "ねこ",
            "attachment; filename=\"__.zip\"; filename*=UTF-8''%E3%81%AD%E3%81%93.zip",
        ),
    ] {
        pack_of(&server, name, SHARED, &[("a.png", &png(1))]);
        let encoded =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let answer = download(&server, &encoded.to_string());
        assert_eq!(answer.header("Content-Disposition"), Some(header));
    }
}

#[test]
fn a_large_archive_is_streamed_and_takes_no_memory() {
    let server = Program::ephemeral(&["--user", "root:admin"]);
    let root = server.data.join("emoji/large");
    let mut files = serde_json::Map::new();
    for number in 0..250 {
        let picture = drawn(128, number, image::ImageFormat::Png);
        let name = format!("e{number}.png");
        folder(&root, &[(&name, &picture)]);
        files.insert(format!("e{number}"), json!(name));
    }
    let list = json!({"files": files, "pack": {"share-files": true}});
    fs::write(root.join("pack.json"), list.to_string()).unwrap();
    // What the first requests take is not the archive's.
    server.get("/api/pleroma/emoji", "").ok();
    let (before, _) = server.usage();
    let answer = server.get("/api/pleroma/emoji/packs/large/archive", "");
    assert!(
        answer.status == 200 && answer.body.len() > 12_000_000,
        "{}",
        answer.body.len()
    );
    let (after, _) = server.usage();
    assert!(
        after < before + 16 * 1024,
        "{before} KiB before, {after} KiB after"
    );
}
