//! What people take along of their accounts: archives that the server makes for them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::{Value, json};
use zip::ZipArchive;

use crate::credentials::png;
use crate::support::{BASE, TestServer, TestUser};

const BACKUPS: &str = "/api/v1/pleroma/backups";

/// The files of an archive by name.
fn unpacked(bytes: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(name, content);
    }
    files
}

fn document(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap()
}

/// Has an archive made, and fetches it as a browser does.
fn made(who: &TestUser) -> BTreeMap<String, Vec<u8>> {
    who.post(BACKUPS, &[]).ok();
    who.server.run_jobs();
    let listed = who.get(BACKUPS).ok();
    assert_eq!(listed[0]["state"], "complete", "{listed}");
    let url = listed[0]["url"].as_str().unwrap();
    let answer = who.server.get(url.strip_prefix(BASE).unwrap());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Disposition"), Some("attachment"));
    assert_eq!(listed[0]["file_size"], answer.body.len());
    unpacked(answer.body)
}

/// Files in the store.
fn stored(server: &TestServer) -> usize {
    let folder = server.data().join("uploads");
    std::fs::read_dir(folder).unwrap().count()
}

/// Makes all archives eight days older.
fn age(server: &TestServer) {
    server
        .sql()
        .execute(
            "UPDATE backups SET created_at = created_at - 8 * 86400000",
            [],
        )
        .unwrap();
}

#[test]
fn an_archive_holds_all_that_somebody_said_and_marked() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .upload(
            "PATCH",
            "/api/v1/accounts/update_credentials",
            "avatar",
            "a.png",
            &png(),
            &[],
        )
        .ok();
    let media = alice
        .upload("POST", "/api/v1/media", "file", "cat.png", &png(), &[])
        .ok();
    let id = media["id"].as_str().unwrap();
    let picture = alice.post_with("look", &[("media_ids[]", id)]);
    let secret = alice.post_with("@bob psst", &[("visibility", "direct")]);
    let other = bob.post_status("words of bob");
    let of = |post: &Value| post["id"].as_str().unwrap().to_owned();
    for act in ["reblog", "favourite", "bookmark"] {
        let path = format!("/api/v1/statuses/{}/{act}", of(&other));
        alice.post(&path, &[]).ok();
    }
    let files = made(&alice);
    let actor = document(&files, "actor.json");
    assert_eq!(actor["id"], format!("{BASE}/users/alice"));
    for name in ["outbox", "likes", "bookmarks"] {
        assert_eq!(actor[name], format!("{name}.json"));
        assert_eq!(
            document(&files, &format!("{name}.json"))["type"],
            "OrderedCollection"
        );
    }
    let outbox = document(&files, "outbox.json");
    let items = outbox["orderedItems"].as_array().unwrap();
    let kinds: Vec<&str> = items
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Announce", "Create", "Create"]);
    assert_eq!(outbox["totalItems"], 3);
    assert_eq!(items[1]["object"]["id"], secret["uri"]);
    assert_eq!(items[2]["object"]["id"], picture["uri"]);
    for marks in ["likes.json", "bookmarks.json"] {
        let marks = document(&files, marks);
        assert_eq!(marks["orderedItems"], json!([other["uri"]]));
    }
    // The picture lies where its address ends.
    let url = items[2]["object"]["attachment"][0]["url"].as_str().unwrap();
    let name = url.split('?').next().unwrap().strip_prefix(BASE).unwrap();
    assert_eq!(files[&name[1..]], server.get(name).body);
    let avatar = actor["icon"]["url"].as_str().unwrap();
    assert!(files.contains_key(avatar.strip_prefix(&format!("{BASE}/")).unwrap()));
    // And nothing of anybody else.
    assert!(!String::from_utf8_lossy(&files["outbox.json"]).contains("words of bob"));
}

#[test]
fn many_posts_are_written_page_by_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let fill = format!(
        "INSERT INTO conversations (id, uri) VALUES (1, 'context');
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 450)
           INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, content, created_at)
           SELECT 1000000000000000 + n, '{BASE}/objects/' || n, {}, 0, 1, 'words', 0 FROM n;
         INSERT INTO bookmarks (id, account_id, status_id) SELECT id, account_id, id FROM statuses",
        alice.id
    );
    server.sql().execute_batch(&fill).unwrap();
    let files = made(&alice);
    for (name, first, last) in [
        ("outbox.json", "/activities/450", "/activities/1"),
        ("bookmarks.json", "/objects/450", "/objects/1"),
    ] {
        let collection = document(&files, name);
        let items = collection["orderedItems"].as_array().unwrap();
        let id = |item: &Value| match item {
            Value::String(id) => id.clone(),
            activity => activity["id"].as_str().unwrap().to_owned(),
        };
        assert_eq!((items.len(), &collection["totalItems"]), (450, &json!(450)));
        assert_eq!(id(&items[0]), format!("{BASE}{first}"));
        assert_eq!(id(&items[449]), format!("{BASE}{last}"));
    }
}

#[test]
fn a_second_one_waits_a_week_and_takes_the_place_of_the_first() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(alice.get(BACKUPS).ok(), json!([]));
    let waiting = alice.post(BACKUPS, &[]).ok();
    assert_eq!(waiting[0]["processed"], false);
    assert_eq!(waiting[0]["url"], Value::Null);
    let too_soon = "Last export was less than 7 days ago";
    alice.post(BACKUPS, &[]).refused(400, too_soon);
    server.run_jobs();
    let first = alice.get(BACKUPS).ok();
    assert_eq!(first[0]["processed"], true);
    assert_eq!(first[0]["content_type"], "application/zip");
    alice.post(BACKUPS, &[]).refused(400, too_soon);
    age(&server);
    let both = alice.post("/api/pleroma/backups", &[]).ok();
    assert_eq!(both.as_array().unwrap().len(), 2);
    server.run_jobs();
    let second = alice.get(BACKUPS).ok();
    assert_eq!(second.as_array().unwrap().len(), 1);
    assert_ne!(second[0]["id"], first[0]["id"]);
    assert_eq!(stored(&server), 1);
}

#[test]
fn one_that_cannot_be_made_fails_in_the_end_and_another_may_be_asked_for() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post(BACKUPS, &[]).ok();
    // Where the archive would be made there is no folder.
    let cache = server.data().join("cache");
    std::fs::rename(&cache, server.data().join("aside")).unwrap();
    for _ in 0..4 {
        server.run_jobs();
        server
            .sql()
            .execute("UPDATE jobs SET run_at = 0", [])
            .unwrap();
    }
    assert_eq!(alice.get(BACKUPS).ok()[0]["state"], "failed");
    std::fs::rename(server.data().join("aside"), &cache).unwrap();
    made(&alice);
    assert_eq!(alice.get(BACKUPS).ok().as_array().unwrap().len(), 1);
}

#[test]
fn nobody_sees_anothers_and_they_go_with_the_account() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    made(&alice);
    assert_eq!(bob.get(BACKUPS).ok(), json!([]));
    let form = [("password", alice.password.as_str())];
    alice.post("/api/pleroma/delete_account", &form).ok();
    server.run_jobs();
    assert_eq!(stored(&server), 0);
    // One whose owner goes before it is made is never made.
    bob.post(BACKUPS, &[]).ok();
    let form = [("password", bob.password.as_str())];
    bob.post("/api/pleroma/delete_account", &form).ok();
    server.run_jobs();
    assert_eq!(stored(&server), 0);
    assert_eq!(server.jobs("make_backup").len(), 0);
}
