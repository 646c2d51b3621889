//! Uploads: what is kept, who may touch it, and what the stored bytes may be to a browser.

use image::ImageFormat;
use serde_json::Value;

use crate::planted::picture;
use crate::support::{Answer, TestServer, TestUser};

fn upload(user: &TestUser, name: &str, content: &[u8]) -> Answer {
    user.upload("POST", "/api/v1/media", "file", name, content, &[])
}

/// The path of an attachment's file.
fn path(entity: &Value, key: &str) -> String {
    let url = entity[key].as_str().unwrap();
    let path = url.strip_prefix(crate::support::BASE).unwrap();
    path.split('?').next().unwrap().to_owned()
}

fn files(server: &TestServer) -> usize {
    std::fs::read_dir(server.data().join("uploads"))
        .unwrap()
        .count()
}

/// A JPEG whose EXIF block holds a place.
fn photo_with_place() -> Vec<u8> {
    let jpeg = picture(40, 20, ImageFormat::Jpeg);
    let block = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0GPS 51.5007N 0.1246W";
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, block, &jpeg[2..]].concat()
}

#[test]
fn an_upload_is_described_and_can_be_fetched() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let png = picture(1000, 500, ImageFormat::Png);
    let more = [("description", "a red wall"), ("focus", "0.5,-2")];
    let made = alice
        .upload("POST", "/api/v1/media", "file", "wall.png", &png, &more)
        .ok();
    assert_eq!(made["type"], "image");
    assert_eq!(made["description"], "a red wall");
    assert_eq!(made["pleroma"]["mime_type"], "image/png");
    assert_eq!(made["meta"]["original"]["size"], "1000x500");
    assert_eq!(made["meta"]["small"]["size"], "640x320");
    assert_eq!(
        (&made["meta"]["focus"]["x"], &made["meta"]["focus"]["y"]),
        (&0.5.into(), &(-1.0).into())
    );
    assert!(made["blurhash"].is_string());
    assert!(made["url"].as_str().unwrap().ends_with("?name=wall.png"));

    let seen = alice.get(&format!("/api/v1/media/{}", made["id"].as_str().unwrap()));
    assert_eq!(seen.ok(), made);
    let served = server.get(&path(&made, "url"));
    assert_eq!(served.status, 200);
    assert_eq!(served.header("Content-Type"), Some("image/png"));
    assert_eq!(image::load_from_memory(&served.body).unwrap().width(), 1000);
    let preview = server.get(&path(&made, "preview_url"));
    assert_eq!(image::load_from_memory(&preview.body).unwrap().width(), 640);
}

#[test]
fn the_second_version_answers_202_with_the_whole_object() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let gif = picture(8, 8, ImageFormat::Gif);
    let made = alice
        .upload("POST", "/api/v2/media", "file", "x.gif", &gif, &[])
        .with_status(202);
    assert_eq!(server.get(&path(&made, "url")).status, 200);
    let nested = alice
        .upload("POST", "/api/v1/media", "media[file]", "x.gif", &gif, &[])
        .ok();
    assert_eq!(nested["pleroma"]["mime_type"], "image/gif");
}

#[test]
fn what_is_missing_unknown_broken_or_too_large_is_refused_and_leaves_nothing() {
    let server = TestServer::with(&["upload.limit=20000", "instance.description_limit=10"]);
    let alice = server.user("alice");
    alice
        .post("/api/v1/media", &[("description", "x")])
        .refused(400, "Missing field: file.");
    upload(&alice, "x.png", b"hello").refused(422, "This file type is not supported");
    let mut broken = picture(64, 64, ImageFormat::Jpeg);
    broken.truncate(100);
    upload(&alice, "x.jpg", &broken).refused(422, "The file is damaged");
    upload(&alice, "x.png", &[0; 20_001]).refused(413, "file_too_large");
    let png = picture(4, 4, ImageFormat::Png);
    alice
        .upload(
            "POST",
            "/api/v1/media",
            "file",
            "x.png",
            &png,
            &[("description", "eleven char")],
        )
        .refused(422, "The description is longer than 10 characters");
    for focus in ["nonsense", "nan,0", "1"] {
        assert_eq!(
            alice
                .upload(
                    "POST",
                    "/api/v1/media",
                    "file",
                    "x.png",
                    &png,
                    &[("focus", focus)]
                )
                .status,
            422,
            "{focus}"
        );
    }
    assert_eq!(files(&server), 0);
}

#[test]
fn uploading_needs_a_user_with_the_scope() {
    let server = TestServer::new();
    server
        .post_form("/api/v1/media", &[])
        .refused(403, "Invalid credentials.");
    server
        .get("/api/v1/media/1")
        .refused(403, "Invalid credentials.");
}

#[test]
fn only_the_owner_sees_changes_or_deletes_an_upload() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let made = upload(&alice, "x.png", &picture(4, 4, ImageFormat::Png)).ok();
    let target = format!("/api/v1/media/{}", made["id"].as_str().unwrap());
    bob.get(&target).refused(403, "Access denied");
    bob.put(&target, &[("description", "mine")])
        .refused(403, "Access denied");
    bob.delete(&target).refused(403, "Access denied");
    for method in ["GET", "PUT", "DELETE"] {
        for id in ["1", "x"] {
            alice
                .request(method, &format!("/api/v1/media/{id}"), &[], b"")
                .refused(404, "Record not found");
        }
    }
    let changed = alice
        .put(&target, &[("description", "a dot"), ("focus", "0,1")])
        .ok();
    assert_eq!(changed["description"], "a dot");
    assert_eq!(changed["meta"]["focus"]["y"], 1.0);
    assert_eq!(
        alice.put(&target, &[("description", "")]).ok()["description"],
        Value::Null
    );
    assert_eq!(alice.get(&target).ok()["meta"]["focus"]["y"], 1.0);
}

#[test]
fn a_deleted_upload_is_gone_from_the_disk_but_one_in_use_stays() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let wide = picture(900, 4, ImageFormat::Png);
    let (free, used) = (
        upload(&alice, "x.png", &wide).ok(),
        upload(&alice, "x.png", &wide).ok(),
    );
    let target = |media: &Value| format!("/api/v1/media/{}", media["id"].as_str().unwrap());
    alice.post_with("look", &[("media_ids[]", used["id"].as_str().unwrap())]);
    alice
        .delete(&target(&used))
        .refused(422, "Media attachment is currently used by a status");
    alice.delete(&target(&free)).ok();
    alice.get(&target(&free)).refused(404, "Record not found");
    assert_eq!(files(&server), 4);
    server.run_jobs();
    assert_eq!(files(&server), 2);
    assert_eq!(server.get(&path(&free, "url")).status, 404);
    assert_eq!(server.get(&path(&used, "url")).status, 200);
}

#[test]
fn an_upload_that_nobody_posts_is_removed_after_a_day() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = upload(&alice, "x.png", &picture(4, 4, ImageFormat::Png)).ok();
    let orphan = upload(&alice, "x.png", &picture(4, 4, ImageFormat::Png)).ok();
    alice.post_with("look", &[("media_ids[]", posted["id"].as_str().unwrap())]);
    server.run_jobs();
    assert_eq!(files(&server), 2);
    server
        .sql()
        .execute("UPDATE jobs SET run_at = run_at - 24 * 60 * 60 * 1000", [])
        .unwrap();
    server.run_jobs();
    assert_eq!(server.get(&path(&posted, "url")).status, 200);
    assert_eq!(server.get(&path(&orphan, "url")).status, 404);
    assert_eq!(files(&server), 1);
}

#[test]
fn a_description_changed_after_posting_is_shown_with_the_post() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let made = upload(&alice, "x.png", &picture(4, 4, ImageFormat::Png)).ok();
    let id = made["id"].as_str().unwrap();
    let post = alice.post_with("look", &[("media_ids[]", id)]);
    alice
        .put(&format!("/api/v1/media/{id}"), &[("description", "a dot")])
        .ok();
    let seen = server.get(&format!(
        "/api/v1/statuses/{}",
        post["id"].as_str().unwrap()
    ));
    assert_eq!(seen.ok()["media_attachments"][0]["description"], "a dot");
}

#[test]
fn sec_f4_nobody_posts_what_somebody_else_uploaded() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let made = upload(&alice, "x.png", &picture(4, 4, ImageFormat::Png)).ok();
    let id = made["id"].as_str().unwrap();
    let stolen = bob.post(
        "/api/v1/statuses",
        &[("status", "mine"), ("media_ids[]", id)],
    );
    assert_eq!(stolen.status, 422, "{}", stolen.text());
    assert_eq!(alice.get(&format!("/api/v1/media/{id}")).ok()["id"], id);
}

#[test]
fn a_chosen_thumbnail_takes_the_place_of_the_made_one() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let made = upload(&alice, "x.png", &picture(900, 900, ImageFormat::Png)).ok();
    let target = format!("/api/v1/media/{}", made["id"].as_str().unwrap());
    let small = picture(30, 10, ImageFormat::Png);
    let changed = alice
        .upload("PUT", &target, "thumbnail", "t.png", &small, &[])
        .ok();
    assert_eq!(changed["meta"]["small"]["size"], "30x10");
    assert_eq!(changed["url"], made["url"]);
    assert_eq!(server.get(&path(&changed, "preview_url")).status, 200);
    server.run_jobs();
    assert_eq!(server.get(&path(&made, "preview_url")).status, 404);
    alice
        .upload("PUT", &target, "thumbnail", "t.png", b"no picture", &[])
        .refused(422, "This file type is not supported");
}

#[test]
fn sec_f3_stored_bytes_are_never_served_as_something_active() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for (name, content) in [
        ("x.html", &b"<!DOCTYPE html><script>alert(1)</script>"[..]),
        (
            "x.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        ),
        (
            "x.activity+json",
            br#"{"@context":"https://www.w3.org/ns/activitystreams"}"#,
        ),
        ("x.js", b"alert(1)"),
        ("x.pdf", b"%PDF-1.4 <html>"),
    ] {
        assert_eq!(upload(&alice, name, content).status, 422, "{name}");
    }
    let gif = [
        &picture(4, 4, ImageFormat::Gif)[..],
        b"/*<script>alert(1)</script>*/",
    ]
    .concat();
    let made = upload(&alice, "x.html", &gif).ok();
    let served = server.get(&path(&made, "url"));
    assert_eq!(served.header("Content-Type"), Some("image/gif"));
    assert_eq!(served.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(
        served.header("Content-Security-Policy"),
        Some("sandbox; default-src 'none'")
    );
    assert_eq!(
        served.header("Cross-Origin-Resource-Policy"),
        Some("cross-origin")
    );
    for name in ["x.html", "x.svg", "x.json", "x.js", "x"] {
        std::fs::write(server.data().join("uploads").join(name), "<script>").unwrap();
        let served = server.get(&format!("/media/{name}"));
        assert_eq!(
            served.header("Content-Type"),
            Some("application/octet-stream"),
            "{name}"
        );
        assert_eq!(
            served.header("Content-Disposition"),
            Some("attachment"),
            "{name}"
        );
    }
}

#[test]
fn sec_f5_no_name_and_no_script_for_converters_has_any_effect() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let folder = |name: &str| -> Vec<_> {
        let entries = std::fs::read_dir(server.data().join(name)).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let above = folder(".");
    // What image libraries run or read files for: all by their first bytes, whatever they are called.
    for script in [
        &b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context"[..],
        b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file",
        b"\xc5\xd0\xd3\xc6\x20\0\0\0",
        b"<?xml version='1.0'?><svg xmlns:xlink='x'><image xlink:href='file:///etc/passwd'/></svg>",
        b"<image><read filename='text:/etc/passwd'/></image>",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd",
    ] {
        for name in ["x.png", "x.mvg", "x.eps", "x.mp4"] {
            assert_eq!(upload(&alice, name, script).status, 422, "{name}");
        }
    }
    assert_eq!(folder("uploads").len(), 0);
    // Names that a shell or a converter would read something into are words to show.
    let png = picture(4, 4, ImageFormat::Png);
    for name in [
        "-write /tmp/x.png",
        "x.png; touch x",
        "| touch x",
        "%d%n%s.png",
        "$(touch x).png",
        "msl:x.png",
        "../../x.png",
    ] {
        let made = upload(&alice, name, &png).ok();
        assert_eq!(server.get(&path(&made, "url")).body.len(), png.len());
    }
    let names = folder("uploads");
    let is_ours = |name: &std::ffi::OsString| {
        let name = name.to_str().unwrap();
        name.len() == 36 && name.ends_with(".png")
    };
    assert!(names.iter().all(is_ours), "{names:?}");
    assert_eq!(folder("."), above);
}

#[test]
fn sec_f6_served_bytes_hold_no_place() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let photo = photo_with_place();
    assert!(photo.windows(3).any(|bytes| bytes == b"GPS"));
    let made = upload(&alice, "holiday.jpg", &photo).ok();
    let served = server.get(&path(&made, "url"));
    assert_eq!(image::load_from_memory(&served.body).unwrap().width(), 40);
    assert!(!served.body.windows(3).any(|bytes| bytes == b"GPS"));
    assert!(!served.body.windows(4).any(|bytes| bytes == b"Exif"));
}

#[test]
fn sec_f6_a_picture_too_large_to_decode_is_refused_by_its_header() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let mut bomb = picture(4, 4, ImageFormat::Png);
    bomb[16..20].copy_from_slice(&30_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000u32.to_be_bytes());
    assert_eq!(upload(&alice, "bomb.png", &bomb).status, 422);
    assert_eq!(files(&server), 0);
}

#[test]
fn sec_f7_links_and_names_that_leave_the_folder_are_not_found() {
    let server = TestServer::new();
    let secret = server.data().join("secret.png");
    std::fs::write(&secret, "secret").unwrap();
    let uploads = server.data().join("uploads");
    std::os::unix::fs::symlink(&secret, uploads.join("link.png")).unwrap();
    std::fs::create_dir(uploads.join("folder")).unwrap();
    for name in [
        "link.png",
        "folder",
        "..",
        "%2e%2e%2fsecret.png",
        "..%2fsecret.png",
        ".",
        "%00",
        "a%5cb",
        "missing.png",
        ".tmp-x",
        "%2fetc%2fpasswd",
    ] {
        let answer = server.get(&format!("/media/{name}"));
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
        assert!(!answer.text().contains("secret\""), "{name}");
    }
}

#[test]
fn a_file_is_sent_in_parts_to_those_who_ask() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let made = upload(&alice, "x.png", &picture(50, 50, ImageFormat::Png)).ok();
    let path = path(&made, "url");
    let whole = server.get(&path);
    let range = |range: &str| server.request("GET", &path, &[("Range", range)], b"");
    let part = range("bytes=1-3");
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[1..4]));
    let of = format!("bytes 1-3/{}", whole.body.len());
    assert_eq!(part.header("Content-Range"), Some(of.as_str()));
    assert_eq!(range("bytes=999999-").status, 416);
    let head = server.request("HEAD", &path, &[], b"");
    assert_eq!(
        (head.status, head.header("Content-Type")),
        (200, Some("image/png"))
    );
    assert!(whole.header("Cache-Control").unwrap().contains("immutable"));
}
