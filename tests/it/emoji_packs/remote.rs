//! Packs of other servers: two kenomas over real sockets, and a scripted server of either generation that may lie.

use std::fs;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{HEXLOWER, HEXUPPER};
use serde_json::{Value, json};

use super::made::{folder, listing, misskey, png, tar_gz, zipped};
use super::{shortcodes, stored};
use crate::binary::Program;
use crate::emoji::pack;
use crate::peer::Peer;
use crate::support::{Answer, TestServer, TestUser};

const REMOTE: &str = "/api/pleroma/emoji/packs/remote";
const DOWNLOAD: &str = "/api/pleroma/emoji/packs/download";

fn download(admin: &TestUser, url: &str, name: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("url", url), ("name", name)];
    form.extend_from_slice(more);
    admin.post(DOWNLOAD, &form)
}

/// Writes a pack of so many emoji into a running server.
fn share(server: &Program, name: &str, count: u32, metadata: Value) {
    let root = server.data.join("emoji").join(name);
    let mut files = serde_json::Map::new();
    for number in 0..count {
        folder(&root, &[(&format!("dir/e{number}.png"), &png(number))]);
        files.insert(
            format!("{name}_{number}"),
            json!(format!("dir/e{number}.png")),
        );
    }
    let list = json!({"files": files, "pack": metadata});
    fs::write(root.join("pack.json"), list.to_string()).unwrap();
}

/// A server that says of itself what is needed, and knows no pack yet.
fn sharing_peer() -> Peer {
    let peer = Peer::new();
    let about = json!({"metadata": {"features": ["polls", "shareable_emoji_packs"]}});
    let links = json!({"links": [
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "http://127.0.0.1:1/wrong"},
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": peer.url("/nodeinfo/2.1.json")},
    ]});
    peer.set("/.well-known/nodeinfo", links.to_string().as_bytes());
    peer.set("/nodeinfo/2.1.json", about.to_string().as_bytes());
    peer
}

fn sha256(bytes: &[u8]) -> String {
    HEXUPPER.encode(digest(&SHA256, bytes).as_ref())
}

/// Has the peer show a pack at the seed document's path, the only one that old servers know.
fn show(peer: &Peer, name: &str, files: Value, metadata: Value) {
    let count = files.as_object().unwrap().len();
    let shown = json!({"files": files, "files_count": count, "pack": metadata});
    peer.set(
        &format!("/api/pleroma/emoji/packs/{name}"),
        shown.to_string().as_bytes(),
    );
}

#[test]
fn one_kenoma_lists_the_packs_of_another_in_its_own_words() {
    let other = Program::ephemeral(&[]);
    share(&other, "blobs", 2, json!({"share-files": true}));
    share(&other, "cats", 1, json!({}));
    let here = TestServer::new();
    let admin = here.admin("root");
    let url = format!("http://{}", other.address);
    for (query, theirs) in [
        ("", ""),
        ("&page=1&page_size=0", "?page=1&page_size=0"),
        ("&page=2&page_size=1", "?page=2&page_size=1"),
    ] {
        let list = admin.get(&format!("{REMOTE}?url={url}{query}")).ok();
        assert_eq!(
            list,
            other
                .get(&format!("/api/v1/pleroma/emoji/packs{theirs}"), "")
                .ok()
        );
        assert_eq!(list["count"], 2);
    }
    let spaced = admin.get(&format!(
        "/api/v1/pleroma/emoji/packs/remote?url=%20{url}/some/page%20"
    ));
    assert_eq!(spaced.ok()["count"], 2);
    admin.get(REMOTE).refused(400, "Missing field: url.");
}

#[test]
fn a_shared_pack_of_more_than_a_page_arrives_whole() {
    let other = Program::ephemeral(&[]);
    share(
        &other,
        "blobs",
        77,
        json!({"share-files": true, "license": "CC0"}),
    );
    let here = TestServer::new();
    let admin = here.admin("root");
    let url = format!("http://{}", other.address);
    assert_eq!(download(&admin, &url, "blobs", &[]).ok(), "ok");
    assert_eq!(
        download(&admin, &url, "blobs", &[("as", "my blobs")]).ok(),
        "ok"
    );
    for name in ["blobs", "my blobs"] {
        let list = stored(&here, name);
        assert_eq!(
            (&list["files_count"], &list["pack"]),
            (&json!(77), &json!({"share-files": true, "license": "CC0"}))
        );
        assert_eq!(
            here.get(&format!("/emoji/{}/dir/e76.png", name.replace(' ', "%20")))
                .body,
            png(76)
        );
    }
    assert_eq!(shortcodes(&here).len(), 77);
    // What arrived can be handed on, and is the same.
    let theirs = other.get("/api/pleroma/emoji/packs/blobs", "").ok();
    assert_eq!(theirs["pack"]["can-download"], true);
    assert_eq!(
        here.get("/api/pleroma/emoji/packs/blobs").ok()["pack"]["can-download"],
        true
    );
}

#[test]
fn an_existing_pack_of_that_name_is_replaced_and_kept_when_the_download_fails() {
    let other = Program::ephemeral(&[]);
    share(&other, "p", 1, json!({"share-files": true}));
    let here = TestServer::new();
    let admin = here.admin("root");
    pack(&here, "p", &["old"]);
    let url = format!("http://{}", other.address);
    fs::write(other.data.join("emoji/p/dir/e0.png"), "no picture").unwrap();
    let failed = download(&admin, &url, "p", &[]).with_status(500);
    assert_eq!(
        failed["error"],
        "dir/e0.png: This file type is not supported"
    );
    assert_eq!(shortcodes(&here), ["old"]);
    fs::write(other.data.join("emoji/p/dir/e0.png"), png(0)).unwrap();
    assert_eq!(download(&admin, &url, "p", &[]).ok(), "ok");
    assert_eq!(shortcodes(&here), ["p_0"]);
    assert_eq!(
        listing(&here.data().join("emoji")),
        ["p/", "p/dir/", "p/dir/e0.png", "p/pack.json"]
    );
}

#[test]
fn packs_that_are_not_there_or_not_shared_are_told() {
    let other = Program::ephemeral(&[]);
    share(&other, "private", 1, json!({}));
    let here = TestServer::new();
    let admin = here.admin("root");
    let url = format!("http://{}", other.address);
    download(&admin, &url, "none", &[])
        .refused(500, "Pack none does not exist on the requested instance");
    download(&admin, &url, "private", &[]).refused(
        500,
        "The pack was not set as shared and there is no fallback src to download from",
    );
    for target in ["../x", "a/b", "import"] {
        download(&admin, &url, "private", &[("as", target)]).refused(400, "invalid pack name");
    }
    admin
        .post(DOWNLOAD, &[("url", &url)])
        .refused(400, "Missing field: name.");
    admin
        .post("/api/v1/pleroma/emoji/packs/download", &[("name", "p")])
        .refused(400, "Missing field: url.");
    assert_eq!(listing(&here.data().join("emoji")), Vec::<String>::new());
}

#[test]
fn a_pack_is_taken_from_its_fallback_archive() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let zip = zipped(&[
        ("a.png", &png(1)),
        ("dir/b.png", &png(2)),
        ("unlisted.png", b"no picture"),
        ("pack.json", b"{\"files\":{\"x\":\"unlisted.png\"}}"),
    ]);
    let peer = sharing_peer().file("/fallback.zip", &zip);
    let metadata = json!({"license": "CC0", "share-files": false, "can-download": false,
        "fallback-src": peer.url("/fallback.zip"), "fallback-src-sha256": HEXLOWER.encode(digest(&SHA256, &zip).as_ref())});
    show(
        &peer,
        "p",
        json!({"a": "a.png", "b": "dir/b.png"}),
        metadata.clone(),
    );
    assert_eq!(download(&admin, &peer.url(""), "p", &[]).ok(), "ok");
    let list = stored(&here, "p");
    assert_eq!(list["files"], json!({"a": "a.png", "b": "dir/b.png"}));
    assert_eq!(list["pack"]["license"], "CC0");
    assert!(list["pack"].get("can-download").is_none());
    assert_eq!(
        listing(&here.data().join("emoji/p")),
        ["a.png", "dir/", "dir/b.png", "pack.json"]
    );
}

#[test]
fn an_old_server_is_asked_by_the_old_paths_page_by_page() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let peer = sharing_peer();
    let pictures: Vec<(String, Vec<u8>)> = (0..31)
        .map(|number| (format!("e{number:02}.png"), png(number)))
        .collect();
    let files: Vec<(&str, &[u8])> = pictures
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let zip = zipped(&files);
    let page = |from: usize, to: usize| {
        let files: serde_json::Map<String, Value> = pictures[from..to]
            .iter()
            .map(|(name, _)| (name.replace(".png", ""), json!(name)))
            .collect();
        let metadata =
            json!({"share-files": true, "can-download": true, "download-sha256": sha256(&zip)});
        json!({"files": files, "files_count": 31, "pack": metadata})
            .to_string()
            .into_bytes()
    };
    peer.set(
        "/api/pleroma/emoji/packs/p?page=1&page_size=1000",
        &page(0, 30),
    );
    peer.set(
        "/api/pleroma/emoji/packs/p?page=2&page_size=1000",
        &page(30, 31),
    );
    peer.set("/api/pleroma/emoji/packs/p/archive", &zip);
    peer.set("/api/pleroma/emoji/packs", br#"{"packs": {}, "count": 1}"#);
    assert_eq!(download(&admin, &peer.url(""), "p", &[]).ok(), "ok");
    assert_eq!(stored(&here, "p")["files_count"], 31);
    let list = admin.get(&format!("{REMOTE}?url={}", peer.url("")));
    assert_eq!(list.ok(), json!({"packs": {}, "count": 1}));
}

#[test]
fn sec_f2_a_digest_that_does_not_match_stops_a_download() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let zip = zipped(&[("a.png", &png(1))]);
    let peer = sharing_peer()
        .file("/fallback.zip", &zip)
        .file("/api/pleroma/emoji/packs/shared/archive", &zip);
    let text = "SHA256 for the pack doesn't match the one sent by the server";
    let wrong = sha256(b"something else");
    show(
        &peer,
        "shared",
        json!({"a": "a.png"}),
        json!({"share-files": true, "can-download": true, "download-sha256": wrong}),
    );
    show(
        &peer,
        "fallback",
        json!({"a": "a.png"}),
        json!({"fallback-src": peer.url("/fallback.zip"), "fallback-src-sha256": wrong}),
    );
    download(&admin, &peer.url(""), "shared", &[]).refused(500, text);
    download(&admin, &peer.url(""), "fallback", &[]).refused(500, text);
    assert_eq!(listing(&here.data().join("emoji")), Vec::<String>::new());
}

#[test]
fn sec_f1_a_peer_cannot_write_outside_the_pack_nor_leave_half_of_one() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let before = listing(here.data());
    let peer = sharing_peer();
    for (files, zip) in [
        (json!({"a": "../a.png"}), zipped(&[("../a.png", &png(1))])),
        (json!({"a": "/a.png"}), zipped(&[("/a.png", &png(1))])),
        (
            json!({"a": "a.png"}),
            zipped(&[("a.png", &png(1)), ("../b.png", &png(1))]),
        ),
        (json!({"a": "a.html"}), zipped(&[("a.html", b"<script>")])),
        (
            json!({"a": "a.png", "b": "b.png"}),
            zipped(&[("a.png", &png(1))]),
        ),
        (json!({"a b": "a.png"}), zipped(&[("a.png", &png(1))])),
        (json!({"a": "a.png"}), b"<html>".to_vec()),
    ] {
        peer.set("/fallback.zip", &zip);
        let metadata =
            json!({"fallback-src": peer.url("/fallback.zip"), "fallback-src-sha256": sha256(&zip)});
        show(&peer, "p", files.clone(), metadata);
        let answer = download(&admin, &peer.url(""), "p", &[]);
        assert_eq!(answer.status, 500, "{files}: {}", answer.text());
        peer.set("/api/pleroma/emoji/packs/p/archive", &zip);
        let metadata =
            json!({"share-files": true, "can-download": true, "download-sha256": sha256(&zip)});
        show(&peer, "p", files.clone(), metadata);
        let answer = download(&admin, &peer.url(""), "p", &[]);
        assert_eq!(answer.status, 500, "{files}: {}", answer.text());
    }
    assert_eq!(listing(here.data()), before);
}

#[test]
fn servers_that_do_not_share_or_cannot_be_reached_are_told() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let unsharing = sharing_peer();
    unsharing.set(
        "/nodeinfo/2.1.json",
        br#"{"metadata": {"features": ["polls"]}}"#,
    );
    let mastodon = sharing_peer();
    mastodon.set(
        "/nodeinfo/2.1.json",
        br#"{"version": "2.0", "metadata": {}}"#,
    );
    for peer in [&unsharing, &mastodon] {
        let text = "The requested instance does not support sharing emoji packs";
        admin
            .get(&format!("{REMOTE}?url={}", peer.url("")))
            .refused(500, text);
        download(&admin, &peer.url(""), "p", &[]).refused(500, text);
    }
    let text = "Could not reach the instance";
    let html = Peer::new().file("/.well-known/nodeinfo", b"<html>");
    let empty = Peer::new().file("/.well-known/nodeinfo", br#"{"links": []}"#);
    let urls = [
        html.url(""),
        empty.url(""),
        Peer::new().url(""),
        "http://127.0.0.1:1".into(),
        "ftp://example.com".into(),
        "".into(),
    ];
    for url in urls {
        let answer = admin.post(DOWNLOAD, &[("url", &url), ("name", "p")]);
        answer.refused(500, text);
        admin.get(&format!("{REMOTE}?url={url}")).refused(500, text);
    }
}

#[test]
fn an_emoji_is_added_from_an_address() {
    let here = TestServer::new();
    let admin = here.admin("root");
    pack(&here, "p", &["cat"]);
    let peer = Peer::new()
        .file("/files/dog.png", &png(1))
        .file("/files/raw", &png(2))
        .file("/page.png", b"<html>")
        .file("/heavy.png", &vec![0; 300 << 10]);
    let target = "/api/pleroma/emoji/packs/p/files";
    let by_form = admin.post(target, &[("file", &peer.url("/files/dog.png?size=1"))]);
    assert_eq!(by_form.ok()["dog"], "dog.png");
    let body = json!({"file": peer.url("/files/raw"), "shortcode": "owl"});
    let by_json = admin.json("POST", "/api/v1/pleroma/emoji/packs/files?name=p", &body);
    assert_eq!(by_json.ok()["owl"], "raw.png");
    assert_eq!(here.get("/emoji/p/raw.png").body, png(2));
    let add = |url: &str| admin.post(target, &[("file", url)]);
    let failure = "Unexpected error occurred while adding file to pack.";
    add(&peer.url("/missing.png")).refused(500, failure);
    add("http://127.0.0.1:1/x.png").refused(500, failure);
    add("ftp://example.com/x.png").refused(500, failure);
    add(&peer.url("/page.png")).refused(400, "page.png: This file type is not supported");
    add(&peer.url("/heavy.png")).refused(400, "The file is larger than 256 KiB");
    add(&peer.url("/")).refused(400, "pack name, shortcode or filename cannot be empty");
    // Nothing is fetched for a name that is taken.
    add(&peer.url("/other/cat.png"))
        .refused(409, "An emoji with the \"cat\" shortcode already exists");
    assert!(!peer.asked().contains(&"/other/cat.png".to_owned()));
}

#[test]
fn sec_s3_private_addresses_are_never_asked() {
    let here = TestServer::with(&["federation.allow_private_addresses=false"]);
    let admin = here.admin("root");
    pack(&here, "p", &["cat"]);
    let peer = sharing_peer().file("/dog.png", &png(1));
    admin
        .post(
            "/api/pleroma/emoji/packs/p/files",
            &[("file", &peer.url("/dog.png"))],
        )
        .refused(500, "Unexpected error occurred while adding file to pack.");
    admin
        .get(&format!("{REMOTE}?url={}", peer.url("")))
        .refused(500, "Could not reach the instance");
    download(&admin, &peer.url(""), "p", &[]).refused(500, "Could not reach the instance");
    assert_eq!(peer.asked(), Vec::<String>::new());
}

#[test]
fn a_pack_is_made_of_an_archive_that_is_sent_or_lies_somewhere() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let target = "/api/v1/pleroma/emoji/packs/download_zip";
    let export = misskey(&[("blob", "blob.png", &png(1))]);
    let named = [("name", "sent")];
    let sent = admin.upload("POST", target, "file", "emojis.zip", &export, &named);
    assert_eq!(sent.ok(), "ok");
    let peer = Peer::new().file("/tarred.tar.gz", &tar_gz(&[("cat.png", b'0', &png(2))]));
    let fetch = |url: &str| admin.post(target, &[("name", "fetched"), ("url", url)]);
    assert_eq!(fetch(&peer.url("/tarred.tar.gz")).ok(), "ok");
    assert_eq!(stored(&here, "sent")["files"], json!({"blob": "blob.png"}));
    assert_eq!(stored(&here, "fetched")["files"], json!({"cat": "cat.png"}));
    assert_eq!(shortcodes(&here), ["blob", "cat"]);
    fetch(&peer.url("/tarred.tar.gz")).refused(409, "A pack named \"fetched\" already exists");
    admin.delete("/api/pleroma/emoji/pack?name=fetched").ok();
    fetch(&peer.url("/missing")).refused(500, "Could not download the archive of the pack");
    admin
        .post(target, &[("name", "p")])
        .refused(400, "Neither file nor URL was present in the request");
    let bad = |name: &str, content: &[u8]| {
        admin.upload("POST", target, "file", "x.zip", content, &[("name", name)])
    };
    bad("p", b"not a zip").refused(400, "This is not a zip or tar.gz archive, or it is damaged");
    bad("../p", &export).refused(400, "invalid pack name");
    bad(" ", &export).refused(400, "pack name cannot be empty");
    assert_eq!(
        listing(&here.data().join("emoji")),
        ["sent/", "sent/blob.png", "sent/pack.json"]
    );
}

#[test]
fn sec_d3_slow_servers_hold_up_a_few_requests_and_never_all() {
    let here = TestServer::new();
    let admin = here.admin("root");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    std::thread::scope(|scope| {
        let waiting = [(); 4].map(|()| scope.spawn(|| download(&admin, &url, "p", &[]).status));
        // Each is connected, and gets no answer as long as we hold on to its connection.
        let held = [(); 4].map(|()| silent.accept().unwrap());
        let text = "Too many other servers are being asked at this moment";
        let refused = download(&admin, &url, "p", &[]);
        assert_eq!(refused.header("Retry-After"), Some("5"));
        refused.refused(503, text);
        admin.get(&format!("{REMOTE}?url={url}")).refused(503, text);
        drop((held, silent));
        assert_eq!(waiting.map(|waiting| waiting.join().unwrap()), [500; 4]);
    });
    let again = download(&admin, &url, "p", &[]);
    again.refused(500, "Could not reach the instance");
}
