//! Metadata of packs, and the archive that a `fallback-src` must name.

use std::fs;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXUPPER;
use serde_json::{Value, json};

use super::made::{png, zipped};
use super::{PACK, PACKS, stored};
use crate::emoji::pack;
use crate::peer::Peer;
use crate::support::{TestServer, multipart};

#[test]
fn metadata_is_replaced_as_it_was_sent() {
    let server = TestServer::new();
    let admin = server.admin("root");
    let folder = pack(&server, "p", &["cat"]);
    fs::write(
        folder.join("pack.json"),
        r#"{"files":{"cat":"cat.png"},"pack":{"old":"gone"}}"#,
    )
    .unwrap();
    let sent = json!({"license": "CC0", "homepage": "https://example.com", "description": "All of\nthem", "share-files": false, "own-key": [1, {"a": null}]});
    let by_path = admin.json(
        "PATCH",
        "/api/pleroma/emoji/packs/p",
        &json!({"metadata": sent}),
    );
    assert_eq!(by_path.ok(), sent);
    assert_eq!(stored(&server, "p")["pack"], sent);
    assert_eq!(stored(&server, "p")["files"], json!({"cat": "cat.png"}));
    let second = json!({"license": "MIT"});
    let by_name = admin.json(
        "PATCH",
        "/api/v1/pleroma/emoji/pack?name=p",
        &json!({"metadata": second}),
    );
    assert_eq!(by_name.ok(), second);
    assert_eq!(stored(&server, "p")["pack"], second);
}

#[test]
fn forms_say_the_same_in_brackets() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let expected = json!({"license": "CC0", "share-files": true});
    let (kind, body) = multipart(
        "x",
        "x",
        b"",
        &[
            ("metadata[license]", "CC0"),
            ("metadata[share-files]", "true"),
        ],
    );
    let target = format!("{PACKS}/p");
    let answer = admin.request("PATCH", &target, &[("Content-Type", &kind)], &body);
    assert_eq!(answer.ok(), expected);
    let form = [("metadata[license]", "CC0"), ("metadata[share-files]", "1")];
    assert_eq!(admin.patch(&target, &form).ok(), expected);
    assert_eq!(stored(&server, "p")["pack"], expected);
}

#[test]
fn computed_keys_that_come_back_are_dropped() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let shared = json!({"metadata": {"share-files": true}});
    admin.json("PATCH", &format!("{PACK}?name=p"), &shared).ok();
    let shown = server.get(&format!("{PACK}?name=p")).ok()["pack"].clone();
    assert_eq!(shown["can-download"], true);
    let back = admin.json(
        "PATCH",
        &format!("{PACK}?name=p"),
        &json!({"metadata": shown}),
    );
    assert_eq!(back.ok(), json!({"share-files": true}));
    assert_eq!(stored(&server, "p")["pack"], json!({"share-files": true}));
}

#[test]
fn what_is_no_metadata_is_refused() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let target = format!("{PACKS}/p");
    admin
        .patch(&target, &[])
        .refused(400, "Missing field: metadata.");
    for wrong in [json!("text"), json!([1]), json!(3)] {
        admin
            .json("PATCH", &target, &json!({"metadata": wrong}))
            .refused(400, "metadata - Invalid object.");
    }
    admin
        .json("PATCH", &format!("{PACKS}/q"), &json!({"metadata": {}}))
        .refused(404, "Pack q does not exist");
}

#[test]
fn a_fallback_archive_is_fetched_and_its_digest_kept() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let zip = zipped(&[
        ("cat.png", &png(1)),
        ("more/dog.png", &png(2)),
        ("pack.json", b"{}"),
    ]);
    let peer = Peer::new().file("/pack.zip", &zip);
    let sha256 = HEXUPPER.encode(digest(&SHA256, &zip).as_ref());
    let sent = json!({"fallback-src": peer.url("/pack.zip"), "fallback-src-sha256": "what the client thinks"});
    let patch = |metadata: &Value| {
        admin.json(
            "PATCH",
            &format!("{PACK}?name=p"),
            &json!({"metadata": metadata}),
        )
    };
    let expected = json!({"fallback-src": peer.url("/pack.zip"), "fallback-src-sha256": sha256});
    assert_eq!(patch(&sent).ok(), expected);
    assert_eq!(stored(&server, "p")["pack"], expected);
    // The address is the same, so nobody asks again, and what was sent is stored.
    assert_eq!(patch(&sent).ok(), sent);
    assert_eq!(peer.asked(), ["/pack.zip"]);
}

#[test]
fn a_fallback_archive_that_lacks_a_file_changes_nothing() {
    let server = TestServer::new();
    let admin = server.admin("root");
    pack(&server, "p", &["cat", "dog"]);
    let before = stored(&server, "p");
    let peer = Peer::new()
        .file("/part.zip", &zipped(&[("cat.png", &png(1))]))
        .file("/page", b"<html>");
    let patch = |url: String| {
        let metadata = json!({"license": "new", "fallback-src": url});
        admin.json(
            "PATCH",
            &format!("{PACKS}/p"),
            &json!({"metadata": metadata}),
        )
    };
    patch(peer.url("/part.zip")).refused(
        400,
        "The fallback archive does not have all files specified in pack.json",
    );
    patch(peer.url("/page")).refused(400, "This is not a zip or tar.gz archive, or it is damaged");
    let failure = "Unexpected error occurred while updating pack metadata.";
    patch(peer.url("/missing")).refused(500, failure);
    for url in [
        "http://127.0.0.1:1/x.zip",
        "ftp://example.com/x.zip",
        "nonsense",
    ] {
        patch(url.to_owned()).refused(500, failure);
    }
    assert_eq!(stored(&server, "p"), before);
}

#[test]
fn sec_s3_a_fallback_at_a_private_address_is_never_asked() {
    let server = TestServer::with(&["federation.allow_private_addresses=false"]);
    let admin = server.admin("root");
    pack(&server, "p", &["cat"]);
    let peer = Peer::new().file("/pack.zip", &zipped(&[("cat.png", &png(1))]));
    let metadata = json!({"metadata": {"fallback-src": peer.url("/pack.zip")}});
    admin
        .json("PATCH", &format!("{PACKS}/p"), &metadata)
        .refused(
            500,
            "Unexpected error occurred while updating pack metadata.",
        );
    assert_eq!(peer.asked(), Vec::<String>::new());
}
