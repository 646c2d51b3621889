//! Folders for bookmarks, as Pleroma has them.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

const FOLDERS: &str = "/api/v1/pleroma/bookmark_folders";

fn folder(user: &TestUser, name: &str) -> String {
    let made = user.post(FOLDERS, &[("name", name), ("emoji", "🐈")]).ok();
    made["id"].as_str().unwrap().to_owned()
}

fn bookmark(user: &TestUser, status: &Value, folder: &str) -> Value {
    let id = status["id"].as_str().unwrap();
    let form: &[(&str, &str)] = match folder {
        "" => &[],
        _ => &[("folder_id", folder)],
    };
    user.post(&format!("/api/v1/statuses/{id}/bookmark"), form)
        .ok()
}

fn listed(user: &TestUser, folder: &str) -> Vec<String> {
    ids(&user
        .get(&format!("/api/v1/bookmarks?folder_id={folder}"))
        .ok())
}

#[test]
fn folders_are_made_changed_and_removed_by_their_owner() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    assert_eq!(alice.get(FOLDERS).ok(), json!([]));
    let id = folder(&alice, "cats");
    let path = format!("/api/v1/pleroma/bookmark_folders/{id}");
    assert_eq!(
        alice.get(FOLDERS).ok(),
        json!([{"id": id, "name": "cats", "emoji": "🐈", "emoji_url": null}])
    );
    assert_eq!(bob.get(FOLDERS).ok(), json!([]));
    let renamed = alice.patch(&path, &[("name", "felines")]).ok();
    assert_eq!(
        (&renamed["name"], &renamed["emoji"]),
        (&json!("felines"), &json!("🐈"))
    );
    let plain = alice.patch(&path, &[("emoji", "")]).ok();
    assert_eq!(plain["emoji"], json!(null));
    alice
        .patch(&path, &[("emoji", "no such thing")])
        .refused(422, "Invalid emoji");
    alice
        .post(FOLDERS, &[])
        .refused(400, "Missing field: name.");
    for name in [" ", &"x".repeat(101)] {
        alice
            .post(FOLDERS, &[("name", name)])
            .refused(422, "The name must have 1 to 100 characters");
    }
    let taken = "There is a folder of that name";
    alice
        .post(FOLDERS, &[("name", "felines")])
        .refused(422, taken);
    let other = folder(&alice, "dogs");
    alice
        .patch(&format!("{FOLDERS}/{other}"), &[("name", "felines")])
        .refused(422, taken);
    folder(&bob, "felines");
    bob.patch(&path, &[("name", "mine")])
        .refused(404, "Record not found");
    bob.delete(&path).refused(404, "Record not found");
    assert_eq!(alice.delete(&path).ok()["name"], "felines");
    alice.delete(&path).refused(404, "Record not found");
    let features = server.get("/api/v1/instance").ok();
    let features = &features["pleroma"]["metadata"]["features"];
    assert!(
        features
            .as_array()
            .unwrap()
            .contains(&json!("pleroma:bookmark_folders"))
    );
}

#[test]
fn bookmarks_go_into_folders_move_between_them_and_outlive_them() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (cats, dogs) = (folder(&alice, "cats"), folder(&alice, "dogs"));
    let (one, two) = (bob.post_status("one"), bob.post_status("two"));
    let (first, second) = (one["id"].as_str().unwrap(), two["id"].as_str().unwrap());
    let marked = bookmark(&alice, &one, &cats);
    assert_eq!(
        (&marked["bookmarked"], &marked["pleroma"]["bookmark_folder"]),
        (&json!(true), &json!(cats))
    );
    let loose = bookmark(&alice, &two, "");
    assert_eq!(
        (&loose["bookmarked"], &loose["pleroma"]["bookmark_folder"]),
        (&json!(true), &json!(null))
    );
    let seen = bob.get(&format!("/api/v1/statuses/{first}")).ok();
    assert_eq!(
        (&seen["bookmarked"], &seen["pleroma"]["bookmark_folder"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(listed(&alice, &cats), [first]);
    assert_eq!(listed(&alice, ""), [second, first]);
    bookmark(&alice, &one, &dogs);
    assert!(listed(&alice, &cats).is_empty());
    // Bookmarked again without a folder, it stays where it is.
    bookmark(&alice, &one, "");
    assert_eq!(listed(&alice, &dogs), [first]);
    alice.delete(&format!("{FOLDERS}/{dogs}")).ok();
    assert_eq!(listed(&alice, ""), [second, first]);
    let foreign = folder(&bob, "mine");
    for folder in [foreign.as_str(), "12345", "nonsense"] {
        alice
            .post(
                &format!("/api/v1/statuses/{first}/bookmark"),
                &[("folder_id", folder)],
            )
            .refused(404, "Record not found");
    }
    assert!(listed(&alice, &foreign).is_empty());
}
