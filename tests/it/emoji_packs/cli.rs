//! `kenoma emoji`: import, list, export, delete, beside a running server.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::made::{Files, folder, listing, misskey, png, tar_gz, zipped};
use crate::binary::{PATIENCE, Program, done, failure, run};
use crate::small_disk::SmallDisk;

/// A server, and a folder with things to import.
struct Desk {
    server: Program,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            server: Program::ephemeral(&["--user", "root:admin"]),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        folder(self.folder.path(), &[(name, content)]);
        self.folder.path().join(name)
    }

    fn import(&self, path: &Path, more: &[&str]) -> std::process::Output {
        let mut arguments = vec!["emoji", "import", path.to_str().unwrap()];
        arguments.extend_from_slice(more);
        run(&self.server.data, &arguments)
    }

    fn packs(&self) -> Value {
        self.server.get("/api/pleroma/emoji/packs", "").ok()["packs"].clone()
    }
}

#[test]
fn every_layout_is_imported_and_seen_by_the_running_server() {
    let desk = Desk::new();
    let (one, two) = (png(1), png(2));
    let list = br#"{"files": {"uno": "one.png"}, "pack": {"description": "First"}}"#;
    let layouts: [(&str, &Files); 3] = [
        ("listed", &[("one.png", &one), ("pack.json", list)]),
        (
            "texted",
            &[("two.png", &two), ("emoji.txt", b"dos, two.png, Fun\n")],
        ),
        ("loose", &[("a.png", &one), ("sub/b.png", &two)]),
    ];
    for (name, files) in layouts {
        folder(&desk.folder.path().join(name), files);
        assert_eq!(
            desk.import(&desk.folder.path().join(name), &[])
                .status
                .code(),
            Some(0)
        );
    }
    for (name, content) in [
        ("blobs.zip", misskey(&[("blob", "blob.png", &one)])),
        (
            "plain.zip",
            zipped(&[("top/c.png", &one), ("top/d.png", &two)]),
        ),
        ("tarred.tar.gz", tar_gz(&[("e.png", b'0', &one)])),
    ] {
        assert_eq!(
            desk.import(&desk.file(name, &content), &[]).status.code(),
            Some(0)
        );
    }
    let files: Vec<(String, Value)> = desk
        .packs()
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, pack)| (name.clone(), pack["files"].clone()))
        .collect();
    let expected = [
        ("blobs", json!({"blob": "blob.png"})),
        ("listed", json!({"uno": "one.png"})),
        ("loose", json!({"a": "a.png", "b": "sub/b.png"})),
        ("plain", json!({"c": "c.png", "d": "d.png"})),
        ("tarred", json!({"e": "e.png"})),
        ("texted", json!({"dos": "two.png"})),
    ];
    assert_eq!(
        files,
        expected.map(|(name, files)| (name.to_owned(), files))
    );
    let emoji = desk.server.get("/api/pleroma/emoji", "").ok();
    assert_eq!(emoji.as_object().unwrap().len(), 8);
    assert_eq!(emoji["uno"]["image_url"], "/emoji/listed/one.png");
    let listed: Value =
        serde_json::from_str(&done(&desk.server.data, &["emoji", "list", "--json"])).unwrap();
    assert_eq!(
        listed[1],
        json!({"name": "listed", "files_count": 1, "pack": {"description": "First"}})
    );
    let lines = done(&desk.server.data, &["emoji", "list"]);
    assert_eq!(lines.lines().count(), 6);
    assert!(lines.lines().next().unwrap().starts_with("blobs "));
}

#[test]
fn a_name_can_be_chosen_and_is_never_taken_from_another_pack() {
    let desk = Desk::new();
    let zip = desk.file("x.zip", &zipped(&[("a.png", &png(1))]));
    let said = desk.import(&zip, &["--as", "my pack"]);
    assert_eq!(
        String::from_utf8_lossy(&said.stdout),
        "imported 1 emoji as my pack\n"
    );
    let again = failure(&desk.import(&zip, &["--as", "my pack"]));
    assert!(
        again
            .contains("there is a pack my pack already: delete it, or give another name with --as"),
        "{again}"
    );
    for name in ["../x", "a/b", "", "import", ".x"] {
        let output = desk.import(&zip, &["--as", name]);
        assert_eq!(output.status.code(), Some(2), "{name:?}");
    }
    let odd = desk.file("import.zip", &zipped(&[("a.png", &png(1))]));
    assert!(failure(&desk.import(&odd, &[])).contains("--as"));
    assert_eq!(
        desk.packs().as_object().unwrap().keys().collect::<Vec<_>>(),
        ["my pack"]
    );
}

#[test]
fn what_cannot_come_along_is_told() {
    let desk = Desk::new();
    let zip = zipped(&[
        ("a.png", &png(1)),
        ("b/a.png", &png(2)),
        ("not a code.png", &png(3)),
    ]);
    let output = desk.import(&desk.file("x.zip", &zip), &[]);
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        told,
        "left out: b/a.png: there is another a\nleft out: not a code.png: its name cannot be a shortcode\n"
    );
    for (name, content, reason) in [
        (
            "none.zip",
            zipped(&[("readme.md", b"x")]),
            "There are no emoji in it",
        ),
        (
            "list.zip",
            zipped(&[
                ("pack.json", br#"{"files": {"a": "gone.png"}}"#),
                ("b.png", &png(1)),
            ]),
            "pack.json: \"gone.png\" is not there",
        ),
        (
            "html.zip",
            zipped(&[("a.png", b"<html>")]),
            "a.png: This file type is not supported",
        ),
        (
            "no.rar",
            b"Rar!".to_vec(),
            "This is not a zip or tar.gz archive, or it is damaged",
        ),
    ] {
        let path = desk.file(name, &content);
        let expected = format!("kenoma: cannot import {}: {reason}", path.display());
        assert_eq!(failure(&desk.import(&path, &[])), expected);
    }
    assert!(failure(&desk.import(Path::new("/nonexistent"), &[])).contains("/nonexistent"));
    assert_eq!(
        listing(&desk.server.data.join("emoji")),
        ["x/", "x/a.png", "x/pack.json"]
    );
}

#[test]
fn an_export_is_an_archive_that_another_server_imports() {
    let (here, there) = (Desk::new(), Desk::new());
    let list = br#"{"files": {"uno": "sub/one.png"}, "pack": {"license": "CC0"}}"#;
    folder(
        &here.folder.path().join("p"),
        &[("sub/one.png", &png(1)), ("pack.json", list)],
    );
    here.import(&here.folder.path().join("p"), &[]);
    let file = here.folder.path().join("out.zip");
    done(
        &here.server.data,
        &["emoji", "export", "p", file.to_str().unwrap()],
    );
    assert_eq!(there.import(&file, &["--as", "q"]).status.code(), Some(0));
    assert_eq!(there.packs()["q"]["files"], json!({"uno": "sub/one.png"}));
    assert_eq!(there.packs()["q"]["pack"]["license"], "CC0");
    assert_eq!(there.server.get("/emoji/q/sub/one.png", "").body, png(1));
    let missing = run(&here.server.data, &["emoji", "export", "none", "x.zip"]);
    assert_eq!(
        failure(&missing),
        "kenoma: there is no pack none: `kenoma emoji list` shows what there is"
    );
    let nowhere = run(
        &here.server.data,
        &["emoji", "export", "p", "/nonexistent/x.zip"],
    );
    assert!(failure(&nowhere).contains("/nonexistent/x.zip"));
    fs::remove_file(here.server.data.join("emoji/p/sub/one.png")).unwrap();
    let broken = run(
        &here.server.data,
        &["emoji", "export", "p", file.to_str().unwrap()],
    );
    assert_eq!(
        failure(&broken),
        "kenoma: cannot export p: its pack.json names files that are not there"
    );
}

#[test]
fn a_deleted_pack_is_gone_from_the_running_server_too() {
    let desk = Desk::new();
    let zip = desk.file("p.zip", &zipped(&[("a.png", &png(1))]));
    desk.import(&zip, &[]);
    assert_eq!(desk.server.get("/emoji/p/a.png", "").status, 200);
    done(&desk.server.data, &["emoji", "delete", "p"]);
    assert_eq!(desk.packs(), json!({}));
    assert_eq!(desk.server.get("/api/pleroma/emoji", "").ok(), json!({}));
    let again = run(&desk.server.data, &["emoji", "delete", "p"]);
    assert_eq!(
        failure(&again),
        "kenoma: there is no pack p: `kenoma emoji list` shows what there is"
    );
}

#[test]
fn commands_need_a_data_directory_and_their_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["emoji", "list"]);
    assert!(failure(&output).contains("there is no kenoma.db in"));
    assert_eq!(listing(folder.path()), Vec::<String>::new());
    for wrong in [
        &["emoji"][..],
        &["emoji", "import"],
        &["emoji", "export", "p"],
        &["emoji", "delete"],
        &["emoji", "eat"],
    ] {
        assert_eq!(
            run(folder.path(), wrong).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_pack_of_a_thousand_files_comes_in_whole_and_a_larger_one_not_at_all() {
    let desk = Desk::new();
    let names: Vec<String> = (0..1001).map(|number| format!("e{number}.png")).collect();
    let picture = png(1);
    for (number, name) in names.iter().enumerate() {
        folder(&desk.folder.path().join("large"), &[(name, &picture)]);
        if number == 999 {
            let begun = Instant::now();
            assert_eq!(
                desk.import(&desk.folder.path().join("large"), &[])
                    .status
                    .code(),
                Some(0)
            );
            assert!(begun.elapsed() < PATIENCE.min(Duration::from_secs(30)));
        }
    }
    let list = desk.packs();
    assert_eq!(list["large"]["files_count"], 1000);
    assert_eq!(list["large"]["files"].as_object().unwrap().len(), 1000);
    let output = desk.import(&desk.folder.path().join("large"), &["--as", "larger"]);
    assert!(failure(&output).contains("a pack may have 1,000 emoji"));
    assert_eq!(desk.packs().as_object().unwrap().len(), 1);
}

#[test]
fn nothing_comes_in_when_the_disk_is_nearly_full() {
    let disk = SmallDisk::of_mebibytes(32);
    let data = disk.path().join("data");
    Program::on(&data, &[]).stop();
    let source = tempfile::tempdir().unwrap();
    folder(source.path(), &[("p.zip", &zipped(&[("a.png", &png(1))]))]);
    let path = source.path().join("p.zip");
    let refused = failure(&run(&data, &["emoji", "import", path.to_str().unwrap()]));
    assert_eq!(
        refused,
        format!("kenoma: the disk that holds {} is full", data.display())
    );
    assert_eq!(listing(&data.join("emoji")), Vec::<String>::new());
}
