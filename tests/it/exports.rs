//! CSV files that a person takes along.

use crate::planted::stranger;
use crate::support::{TestServer, TestUser};

fn export(user: &TestUser, path: &str) -> String {
    let answer = user.get(path);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("Content-Type"),
        Some("text/csv; charset=utf-8")
    );
    assert!(
        answer
            .header("Content-Disposition")
            .unwrap()
            .starts_with("attachment; filename=")
    );
    answer.text()
}

#[test]
fn each_list_is_written_as_mastodon_writes_it() {
    let server = TestServer::new();
    let (alice, bob, carl) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carl"),
    );
    let far = stranger(&server, "far", "remote.example");
    let act = |id: &str, verb: &str, form: &[(&str, &str)]| {
        alice
            .post(&format!("/api/v1/accounts/{id}/{verb}"), form)
            .ok();
    };
    let options = [
        ("reblogs", "false"),
        ("notify", "true"),
        ("languages[]", "de"),
        ("languages[]", "en"),
    ];
    act(&bob.id, "follow", &options);
    act(&far, "block", &[]);
    act(&carl.id, "mute", &[("notifications", "false")]);
    alice
        .post("/api/v1/domain_blocks", &[("domain", "bad.example")])
        .ok();
    let list = alice
        .post("/api/v1/lists", &[("title", "Friends, old")])
        .ok();
    let members = format!("/api/v1/lists/{}/accounts", list["id"].as_str().unwrap());
    alice.post(&members, &[("account_ids[]", &bob.id)]).ok();
    let kept = bob.post_status("worth keeping");
    let bookmark = format!("/api/v1/statuses/{}/bookmark", kept["id"].as_str().unwrap());
    alice.post(&bookmark, &[]).ok();
    assert_eq!(
        export(&alice, "/settings/exports/follows.csv"),
        "Account address,Show boosts,Notify on new posts,Languages\nbob@127.0.0.1:4000,false,true,\"de, en\"\n"
    );
    assert_eq!(
        export(&alice, "/settings/exports/blocks.csv"),
        "far@remote.example\n"
    );
    assert_eq!(
        export(&alice, "/settings/exports/mutes.csv"),
        "Account address,Hide notifications\ncarl@127.0.0.1:4000,false\n"
    );
    assert_eq!(
        export(&alice, "/settings/exports/domain_blocks.csv"),
        "bad.example\n"
    );
    assert_eq!(
        export(&alice, "/settings/exports/lists.csv"),
        "\"Friends, old\",bob@127.0.0.1:4000\n"
    );
    assert_eq!(
        export(&alice, "/settings/exports/bookmarks.csv"),
        format!("{}\n", kept["uri"].as_str().unwrap())
    );
    // Nobody exports anybody else's.
    for name in ["blocks", "domain_blocks", "lists", "bookmarks"] {
        let path = format!("/settings/exports/{name}.csv");
        assert_eq!(export(&bob, &path), "", "{name}");
    }
    let path = "/settings/exports/follows.csv";
    server.get(path).refused(403, "Invalid credentials.");
}
