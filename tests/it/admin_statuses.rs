//! Statuses, figures and follows in the hands of admins (pleroma-contract D).

use serde_json::{Value, json};

use crate::planted::{delivered, post, stranger};
use crate::support::{TestServer, TestUser, ids};

const ADMIN: &str = "/api/pleroma/admin";

fn last_message(root: &TestUser) -> Value {
    let log = root.get(&format!("{ADMIN}/moderation_log")).ok();
    log["items"][0]["message"].clone()
}

#[test]
fn an_admin_lists_what_everybody_sees_and_all_of_it_in_godmode() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let far = stranger(&server, "zoe", "far.example");
    let public = post(&alice, "public", "one");
    let private = post(&alice, "private", "two");
    let direct = post(&alice, "direct", "three");
    let remote = delivered(&server, &far, "four");
    let boost = alice
        .post(&format!("/api/v1/statuses/{public}/reblog"), &[])
        .ok();
    let boost = boost["id"].as_str().unwrap();
    let list = |query: &str| ids(&root.get(&format!("{ADMIN}/statuses?{query}")).ok());
    assert_eq!(list(""), [remote.as_str(), &public]);
    assert_eq!(list("local_only=true"), [public.as_str()]);
    assert_eq!(
        list("godmode=true"),
        [&remote, &direct, &private, &public].map(String::as_str)
    );
    assert_eq!(list("local_only=1&with_reblogs=true"), [boost, &public]);
    assert_eq!(list("page_size=1&page=2"), [public.as_str()]);
    let of_alice = |query: &str| {
        let path = format!("{ADMIN}/users/alice/statuses?{query}");
        ids(&root.get(&path).ok())
    };
    assert_eq!(of_alice(""), [public.as_str()]);
    assert_eq!(of_alice("godmode=true").len(), 3);
    assert_eq!(of_alice("with_reblogs=true&page_size=1"), [boost]);
    let by_id = format!("{ADMIN}/users/{}/statuses", alice.id);
    assert_eq!(ids(&root.get(&by_id).ok()), [public.as_str()]);
    root.get(&format!("{ADMIN}/users/nobody/statuses"))
        .refused(404, "Not found");
    let of_host = |host: &str| {
        let path = format!("{ADMIN}/instances/{host}/statuses");
        ids(&root.get(&path).ok())
    };
    assert_eq!(of_host("far.example"), [remote.as_str()]);
    assert_eq!(of_host("other.example"), Vec::<String>::new());
}

#[test]
fn an_admin_sees_a_status_with_all_that_is_known_of_its_author() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let direct = post(&alice, "direct", "psst");
    let path = format!("{ADMIN}/statuses/{direct}");
    let shown = root.get(&path).ok();
    assert_eq!(
        (&shown["id"], &shown["visibility"]),
        (&json!(direct), &json!("direct"))
    );
    let account = &shown["account"];
    assert_eq!(
        (&account["id"], &account["acct"], &account["nickname"]),
        (&json!(alice.id), &json!("alice"), &json!("alice"))
    );
    assert_eq!(account["email"], "alice@example.com");
    assert_eq!(
        account["roles"],
        json!({"admin": false, "moderator": false})
    );
    for id in ["1", "x"] {
        for method in ["GET", "PUT", "DELETE"] {
            root.request(method, &format!("{ADMIN}/statuses/{id}"), &[], b"")
                .refused(404, "Not found");
        }
    }
    alice.get(&path).refused(403, "User is not an admin.");
}

#[test]
fn the_admin_secret_reads_statuses_too() {
    let server = TestServer::with(&["admin.token=a-secret-of-some-length"]);
    let alice = server.user("alice");
    let id = post(&alice, "public", "hi");
    let headers = [("X-Admin-Token", "a-secret-of-some-length")];
    let list = server.request("GET", &format!("{ADMIN}/statuses"), &headers, b"");
    let list = list.ok();
    assert_eq!(ids(&list), [id.as_str()]);
    assert_eq!(list[0]["account"]["email"], "alice@example.com");
}

#[test]
fn an_admin_hides_a_picture_and_narrows_a_reach() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let id = post(&alice, "public", "hi");
    let path = format!("{ADMIN}/statuses/{id}");
    let shown = root.put(&path, &[("sensitive", "true")]).ok();
    assert_eq!(shown["sensitive"], true);
    assert_eq!(
        last_message(&root),
        format!("@root updated status #{id}, set sensitive: 'true'").as_str()
    );
    let shown = root
        .put(&path, &[("visibility", "private"), ("sensitive", "false")])
        .ok();
    assert_eq!(
        (&shown["visibility"], &shown["sensitive"]),
        (&json!("private"), &json!(false))
    );
    assert_eq!(
        last_message(&root),
        format!("@root updated status #{id}, set sensitive: 'false', visibility: 'private'")
            .as_str()
    );
    server
        .get(&format!("/api/v1/statuses/{id}"))
        .with_status(404);
    let unsupported = "Unsupported visibility";
    for word in ["direct", "list", "loud"] {
        root.put(&path, &[("visibility", word)])
            .refused(400, unsupported);
    }
    // Nor does an admin spread what was addressed to few.
    let direct = post(&alice, "direct", "psst");
    root.put(
        &format!("{ADMIN}/statuses/{direct}"),
        &[("visibility", "public")],
    )
    .refused(400, unsupported);
}

#[test]
fn an_admin_deletes_a_status_and_the_log_says_so() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let id = post(&alice, "public", "hi");
    let gone = root.delete(&format!("{ADMIN}/statuses/{id}")).ok();
    assert_eq!(gone, json!({}));
    alice
        .get(&format!("/api/v1/statuses/{id}"))
        .with_status(404);
    assert_eq!(
        last_message(&root),
        format!("@root deleted status #{id}").as_str()
    );
    let log = root.get(&format!("{ADMIN}/moderation_log")).ok();
    assert_eq!(
        log["items"][0]["data"]["subject"],
        json!([{"id": id, "type": "status"}])
    );
}

#[test]
fn the_figures_follow_posting_editing_and_deleting() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let public = post(&alice, "public", "one");
    let unlisted = post(&alice, "unlisted", "two");
    post(&alice, "private", "three");
    post(&alice, "direct", "four");
    alice
        .post(&format!("/api/v1/statuses/{public}/reblog"), &[])
        .ok();
    let far = stranger(&server, "zoe", "far.example");
    delivered(&server, &far, "five");
    let stats = |query: &str| {
        let path = format!("{ADMIN}/stats?{query}");
        root.get(&path).ok()["status_visibility"].clone()
    };
    let figures = |public: i64, unlisted: i64, private: i64, direct: i64| json!({"public": public, "unlisted": unlisted, "private": private, "direct": direct});
    assert_eq!(stats(""), figures(2, 1, 1, 1));
    assert_eq!(stats("instance=127.0.0.1:4000"), figures(1, 1, 1, 1));
    assert_eq!(stats("instance=far.example"), figures(1, 0, 0, 0));
    assert_eq!(stats("instance=other.example"), figures(0, 0, 0, 0));
    root.put(
        &format!("{ADMIN}/statuses/{public}"),
        &[("visibility", "private")],
    )
    .ok();
    alice.delete(&format!("/api/v1/statuses/{unlisted}")).ok();
    assert_eq!(stats("instance=127.0.0.1"), figures(0, 0, 2, 1));
}

#[test]
fn an_admin_has_one_person_follow_another() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let bob = server.user("bob");
    let set = |verb: &str, one: &str, other: &str| {
        let path = format!("{ADMIN}/users/{verb}");
        root.post(&path, &[("follower", one), ("followed", other)])
    };
    let following = || {
        let path = format!("/api/v1/accounts/relationships?id={}", bob.id);
        alice.get(&path).ok()[0]["following"].clone()
    };
    assert_eq!(set("follow", "alice", "bob").ok(), "ok");
    assert_eq!(following(), true);
    assert_eq!(last_message(&root), "@root made @alice follow @bob");
    assert_eq!(set("unfollow", "alice", "bob").ok(), "ok");
    assert_eq!(following(), false);
    assert_eq!(last_message(&root), "@root made @alice unfollow @bob");
    assert_eq!(set("follow", "alice", "nobody").ok(), "ok");
    assert_eq!(set("follow", "nobody", "alice").ok(), "ok");
    assert_eq!(last_message(&root), "@root made @alice unfollow @bob");
    for path in ["follow", "unfollow"] {
        let path = format!("{ADMIN}/users/{path}");
        let missing = root.post(&path, &[("follower", "alice")]).with_status(400);
        assert_eq!(missing["error"], "Missing field: followed.");
    }
}

#[test]
fn settings_are_not_in_the_database_and_nothing_waits_for_a_restart() {
    let server = TestServer::new();
    let root = server.admin("root");
    let path = "/api/pleroma/admin/config";
    let text = "To use this endpoint you need to enable configuration from database.";
    root.get(path).refused(400, text);
    root.post(path, &[]).refused(400, text);
    let descriptions = root.get("/api/pleroma/admin/config/descriptions");
    assert_eq!(descriptions.ok(), json!([]));
    let reboot = root.get("/api/pleroma/admin/need_reboot").ok();
    assert_eq!(reboot, json!({"need_reboot": false}));
}
