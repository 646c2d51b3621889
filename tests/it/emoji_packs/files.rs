//! Files of packs: adding, renaming, deleting, and every conflict.

use std::fs;

use image::ImageFormat;
use serde_json::{Value, json};

use super::made::{drawn, listing, misskey, png, zipped};
use super::{create, shortcodes, stored};
use crate::emoji::pack;
use crate::support::{Answer, TestServer, TestUser};

/// The two routes of a call about files, with what unknown packs and empty values are answered with there.
const ROUTES: [(&str, u16, u16); 2] = [
    ("/api/pleroma/emoji/packs/p/files", 400, 400),
    ("/api/v1/pleroma/emoji/packs/files?name=p", 404, 422),
];

fn add(
    admin: &TestUser,
    target: &str,
    name: &str,
    content: &[u8],
    others: &[(&str, &str)],
) -> Answer {
    admin.upload("POST", target, "file", name, content, others)
}

fn rename(admin: &TestUser, target: &str, (from, to, file): (&str, &str, &str)) -> Answer {
    let form = [
        ("shortcode", from),
        ("new_shortcode", to),
        ("new_filename", file),
    ];
    admin.patch(target, &form)
}

fn files(server: &TestServer, name: &str) -> Vec<String> {
    listing(&server.data().join("emoji").join(name))
}

#[test]
fn an_upload_becomes_an_emoji_that_everybody_sees() {
    let server = TestServer::new();
    let admin = server.admin("root");
    for (number, (target, ..)) in ROUTES.into_iter().enumerate() {
        create(&admin, "p");
        let picture = png(number as u32);
        let names = [("shortcode", "blank2"), ("filename", "dir/blank.png")];
        let answer = add(&admin, target, "shortcode.png", &picture, &names);
        assert_eq!(answer.ok(), json!({"blank2": "dir/blank.png"}));
        assert_eq!(stored(&server, "p")["files_count"], 1);
        assert_eq!(shortcodes(&server), ["blank2"]);
        let served = server.get("/emoji/p/dir/blank.png");
        assert_eq!((served.status, served.body), (200, picture));
        assert_eq!(files(&server, "p"), ["dir/", "dir/blank.png", "pack.json"]);
        admin.delete("/api/pleroma/emoji/packs/p").ok();
    }
}

#[test]
fn names_default_to_those_of_the_upload() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let target = ROUTES[0].0;
    assert_eq!(
        add(&admin, target, "cat.png", &png(1), &[]).ok(),
        json!({"cat": "cat.png"})
    );
    let answer = add(
        &admin,
        target,
        "cat.png",
        &png(2),
        &[("filename", "other.png"), ("shortcode", "dog")],
    );
    assert_eq!(answer.ok(), json!({"cat": "cat.png", "dog": "other.png"}));
    // A name without an ending gets that of what the file is.
    let answer = add(&admin, target, "bird", &drawn(4, 3, ImageFormat::Gif), &[]);
    assert_eq!(answer.ok()["bird"], "bird.gif");
    assert_eq!(
        server.get("/emoji/p/bird.gif").header("Content-Type"),
        Some("image/gif")
    );
}

#[test]
fn blank_values_are_not_the_default() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let text = "pack name, shortcode or filename cannot be empty";
    for (target, _, empty) in ROUTES {
        for blank in [
            [("shortcode", "")],
            [("shortcode", " ")],
            [("filename", "")],
        ] {
            add(&admin, target, "cat.png", &png(1), &blank).refused(empty, text);
        }
        let nameless = target.replace("/p/", "/%20/").replace("name=p", "name=");
        add(&admin, &nameless, "cat.png", &png(1), &[]).refused(empty, text);
        admin.post(target, &[]).refused(400, "Missing field: file.");
    }
    assert_eq!(files(&server, "p"), ["pack.json"]);
}

#[test]
fn a_shortcode_must_be_new_among_all_emoji() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "other", &["cat"]);
    create(&admin, "p");
    let text = "An emoji with the \"cat\" shortcode already exists";
    for (target, ..) in ROUTES {
        add(&admin, target, "cat.png", &png(1), &[]).refused(409, text);
        add(&admin, target, "x.png", &png(1), &[("shortcode", "cat")]).refused(409, text);
    }
    assert_eq!(files(&server, "p"), ["pack.json"]);
}

#[test]
fn a_file_of_another_emoji_is_not_overwritten() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat"]);
    let before = fs::read(folder.join("cat.png")).unwrap();
    let names = [("shortcode", "dog"), ("filename", "cat.png")];
    add(&admin, ROUTES[0].0, "x.png", &png(1), &names).refused(
        409,
        "The file \"cat.png\" is already used by the emoji \"cat\"",
    );
    assert_eq!(fs::read(folder.join("cat.png")).unwrap(), before);
    fs::write(folder.join("unlisted.png"), "anything").unwrap();
    add(&admin, ROUTES[0].0, "unlisted.png", &png(1), &[]).ok();
    assert_eq!(fs::read(folder.join("unlisted.png")).unwrap(), png(1));
}

#[test]
fn unknown_packs_are_told_as_each_generation_of_routes_does() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let text = "pack \"p\" is not found";
    for (target, unknown, _) in ROUTES {
        add(&admin, target, "cat.png", &png(1), &[]).refused(unknown, text);
        add(&admin, target, "c.zip", &zipped(&[("c.png", &png(1))]), &[]).refused(unknown, text);
        rename(&admin, target, ("a", "b", "b.png")).refused(unknown, text);
        admin
            .form("DELETE", target, &[("shortcode", "a")])
            .refused(unknown, text);
    }
    assert_eq!(listing(&server.data().join("emoji")), Vec::<String>::new());
}

#[test]
fn only_small_pictures_become_emoji() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    let heavy = drawn(320, 1, ImageFormat::Png);
    assert!(heavy.len() > 256 << 10);
    for (name, content, error) in [
        (
            "page.html",
            &b"<script>alert(1)</script>"[..],
            "invalid filename",
        ),
        (
            "evil.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "invalid filename",
        ),
        (
            "text.png",
            b"hello",
            "text.png: This file type is not supported",
        ),
        ("heavy.png", &heavy, "heavy.png is larger than 256 KiB"),
        (
            "wide.png",
            &crate::planted::picture(513, 1, ImageFormat::Png),
            "wide.png: The image is too large: 513x1 pixels, 1 frames",
        ),
        ("cut.png", &png(1)[..30], "cut.png: The file is damaged"),
    ] {
        let chosen = [("filename", name), ("shortcode", "x")];
        add(&admin, ROUTES[0].0, name, content, &chosen).refused(400, error);
    }
    assert_eq!(files(&server, "p"), ["pack.json"]);
}

#[test]
fn sec_f1_names_that_lead_out_of_the_pack_are_refused() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let before = listing(server.data());
    let long = "x".repeat(300);
    for name in [
        "../x.png",
        "/etc/x.png",
        "a/../../x.png",
        "a\\b.png",
        "..",
        ".x.png",
        "a//b.png",
        &format!("{long}.png"),
    ] {
        for (target, ..) in ROUTES {
            let names = [("shortcode", "dog"), ("filename", name)];
            add(&admin, target, "dog.png", &png(1), &names).refused(400, "invalid filename");
            rename(&admin, target, ("cat", "dog", name)).refused(400, "invalid filename");
        }
    }
    for code in ["a b", "a:b", "../x", "é", "<b>", &long] {
        let names = [("shortcode", code), ("filename", "dog.png")];
        add(&admin, ROUTES[0].0, "dog.png", &png(1), &names).refused(400, "invalid shortcode");
        rename(&admin, ROUTES[0].0, ("cat", code, "dog.png")).refused(400, "invalid shortcode");
    }
    assert_eq!(listing(server.data()), before);
}

#[test]
fn a_zip_brings_all_its_pictures_and_skips_what_is_taken() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "other", &["taken"]);
    create(&admin, "p");
    let zip = zipped(&[
        ("a.png", &png(1)),
        ("dir/b.png", &png(2)),
        ("taken.png", &png(3)),
        ("not a code.png", &png(4)),
        ("README.md", b"hello"),
        ("__MACOSX/._a.png", b"junk"),
    ]);
    let expected = json!({"a": "a.png", "b": "dir/b.png"});
    assert_eq!(
        add(&admin, ROUTES[1].0, "pack.zip", &zip, &[]).ok(),
        expected
    );
    assert_eq!(
        files(&server, "p"),
        ["a.png", "dir/", "dir/b.png", "pack.json"]
    );
    assert_eq!(shortcodes(&server), ["a", "b", "taken"]);
    // Again: everything is there already.
    assert_eq!(
        add(&admin, ROUTES[0].0, "pack.zip", &zip, &[]).ok(),
        expected
    );
    let export = misskey(&[("blob", "blob.png", &png(5))]);
    assert_eq!(
        add(&admin, ROUTES[0].0, "emojis.zip", &export, &[]).ok()["blob"],
        "blob.png"
    );
}

#[test]
fn a_pack_has_a_thousand_emoji_at_most() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat"]);
    let many: serde_json::Map<String, Value> = (0..1000)
        .map(|number| (format!("e{number}"), json!("cat.png")))
        .collect();
    fs::write(folder.join("pack.json"), json!({"files": many}).to_string()).unwrap();
    let text = "It is too large: a pack may have 1,000 emoji";
    add(&admin, ROUTES[0].0, "dog.png", &png(1), &[]).refused(400, text);
    add(
        &admin,
        ROUTES[0].0,
        "d.zip",
        &zipped(&[("dog.png", &png(1))]),
        &[],
    )
    .refused(400, text);
    assert_eq!(files(&server, "p"), ["cat.png", "pack.json"]);
}

#[test]
fn an_emoji_gets_another_name_and_another_file() {
    let server = TestServer::new();
    let admin = server.admin("root");
    for (target, ..) in ROUTES {
        create(&admin, "p");
        add(
            &admin,
            target,
            "x.png",
            &png(1),
            &[("filename", "old/deep/x.png"), ("shortcode", "one")],
        )
        .ok();
        let answer = rename(&admin, target, ("one", "two", "new/y.png"));
        assert_eq!(answer.ok(), json!({"two": "new/y.png"}));
        assert_eq!(files(&server, "p"), ["new/", "new/y.png", "pack.json"]);
        assert_eq!(shortcodes(&server), ["two"]);
        assert_eq!(server.get("/emoji/p/new/y.png").body, png(1));
        // The same shortcode, another file; the same file, another shortcode.
        assert_eq!(
            rename(&admin, target, ("two", "two", "y.png")).ok(),
            json!({"two": "y.png"})
        );
        assert_eq!(
            rename(&admin, target, ("two", "three", "y.png")).ok(),
            json!({"three": "y.png"})
        );
        assert_eq!(files(&server, "p"), ["pack.json", "y.png"]);
        admin.delete("/api/pleroma/emoji/packs/p").ok();
    }
}

#[test]
fn a_used_shortcode_is_taken_by_force_only() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "other", &["owl"]);
    pack(&server, "p", &["cat", "dog"]);
    let target = ROUTES[1].0;
    let conflict = |code: &str| {
        format!(
            "New shortcode \"{code}\" is already used. If you want to override emoji use 'force' option"
        )
    };
    rename(&admin, target, ("cat", "dog", "new.png")).refused(409, &conflict("dog"));
    rename(&admin, target, ("cat", "owl", "new.png")).refused(409, &conflict("owl"));
    assert_eq!(
        stored(&server, "p")["files"],
        json!({"cat": "cat.png", "dog": "dog.png"})
    );
    let forced = json!({"shortcode": "cat", "new_shortcode": "dog", "new_filename": "new.png", "force": true});
    assert_eq!(
        admin.json("PATCH", target, &forced).ok(),
        json!({"dog": "new.png"})
    );
    assert_eq!(files(&server, "p"), ["new.png", "pack.json"]);
    let forced = [
        ("shortcode", "dog"),
        ("new_shortcode", "owl"),
        ("new_filename", "new.png"),
        ("force", "true"),
    ];
    assert_eq!(admin.patch(target, &forced).ok(), json!({"owl": "new.png"}));
    assert_eq!(stored(&server, "other")["files"], json!({"owl": "owl.png"}));
}

#[test]
fn renaming_tells_what_is_wrong() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat", "gone", "dog"]);
    fs::remove_file(folder.join("gone.png")).unwrap();
    for (target, _, empty) in ROUTES {
        let text = "new_shortcode or new_filename cannot be empty";
        rename(&admin, target, ("cat", "", "x.png")).refused(empty, text);
        rename(&admin, target, ("cat", "x", " ")).refused(empty, text);
        rename(&admin, target, ("", "x", "x.png"))
            .refused(empty, "pack name or shortcode cannot be empty");
        rename(&admin, target, ("owl", "x", "x.png")).refused(400, "Emoji \"owl\" does not exist");
        rename(&admin, target, ("gone", "x", "x.png"))
            .refused(400, "Emoji \"gone\" does not exist");
        rename(&admin, target, ("cat", "x", "dog.png")).refused(
            409,
            "The file \"dog.png\" is already used by the emoji \"dog\"",
        );
        rename(&admin, target, ("cat", "x", "x.html")).refused(400, "invalid filename");
        admin
            .patch(target, &[("shortcode", "cat"), ("new_filename", "x.png")])
            .refused(400, "Missing field: new_shortcode.");
    }
    assert_eq!(files(&server, "p"), ["cat.png", "dog.png", "pack.json"]);
}

#[test]
fn a_deleted_emoji_takes_its_file_and_an_emptied_directory_with_it() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    for (number, name) in ["dir/a.png", "dir/b.png", "c.png"].into_iter().enumerate() {
        add(
            &admin,
            ROUTES[0].0,
            "x.png",
            &png(number as u32),
            &[
                ("filename", name),
                ("shortcode", &name[name.len() - 5..][..1]),
            ],
        )
        .ok();
    }
    let seed = "/api/pleroma/emoji/packs/p/files?shortcode=a";
    assert_eq!(
        admin.delete(seed).ok(),
        json!({"b": "dir/b.png", "c": "c.png"})
    );
    assert_eq!(
        files(&server, "p"),
        ["c.png", "dir/", "dir/b.png", "pack.json"]
    );
    let present = "/api/v1/pleroma/emoji/packs/files?name=p&shortcode=b";
    assert_eq!(admin.delete(present).ok(), json!({"c": "c.png"}));
    assert_eq!(files(&server, "p"), ["c.png", "pack.json"]);
    assert_eq!(shortcodes(&server), ["c"]);
    let (kind, body) = crate::support::multipart("ignored", "x", b"", &[("shortcode", "c")]);
    let answer = admin.request("DELETE", ROUTES[0].0, &[("Content-Type", &kind)], &body);
    assert_eq!(answer.ok(), json!({}));
}

#[test]
fn a_file_that_two_emoji_share_stays_for_the_other() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat"]);
    fs::write(
        folder.join("pack.json"),
        r#"{"files":{"cat":"cat.png","neko":"cat.png"}}"#,
    )
    .unwrap();
    admin
        .delete("/api/pleroma/emoji/packs/p/files?shortcode=cat")
        .ok();
    assert_eq!(files(&server, "p"), ["cat.png", "pack.json"]);
}

#[test]
fn deleting_tells_what_is_wrong() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat", "gone"]);
    fs::remove_file(folder.join("gone.png")).unwrap();
    for (target, _, empty) in ROUTES {
        let delete = |code: &str| admin.form("DELETE", target, &[("shortcode", code)]);
        delete("owl").refused(400, "Emoji \"owl\" does not exist");
        delete("").refused(empty, "pack name or shortcode cannot be empty");
        admin
            .delete(target)
            .refused(400, "Missing field: shortcode.");
    }
    // The entry of a file that somebody removed by hand can be removed too.
    let target = "/api/pleroma/emoji/packs/p/files?shortcode=gone";
    assert_eq!(admin.delete(target).ok(), json!({"cat": "cat.png"}));
}

#[test]
fn pack_json_stays_readable_and_keeps_what_others_wrote_in_it() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat"]);
    let text = r#"{"files":{"cat":"cat.png"},"pack":{"license":"CC0","made-with":"love","can-download":true},"origin":"x"}"#;
    fs::write(folder.join("pack.json"), text).unwrap();
    add(&admin, ROUTES[0].0, "dog.png", &png(1), &[]).ok();
    assert_eq!(
        stored(&server, "p"),
        json!({"files": {"cat": "cat.png", "dog": "dog.png"}, "files_count": 2,
               "pack": {"license": "CC0", "made-with": "love"}, "origin": "x"})
    );
    let text = fs::read_to_string(folder.join("pack.json")).unwrap();
    assert!(
        text.contains("\n  \"files\": {\n    \"cat\": \"cat.png\",\n"),
        "{text}"
    );
}

#[test]
fn many_admins_at_once_lose_nothing() {
    let server = TestServer::new();
    let admin = server.admin("root");
    create(&admin, "p");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let admin = &admin;
            scope.spawn(move || {
                let name = format!("e{number}.png");
                add(admin, ROUTES[0].0, &name, &png(number), &[]).ok();
            });
        }
    });
    assert_eq!(stored(&server, "p")["files_count"], 8);
    assert_eq!(shortcodes(&server).len(), 8);
    assert_eq!(listing(&server.data().join("emoji")).len(), 10);
}
