//! Notifications: what is listed, what each kind carries, and how they are read and removed.

use serde_json::{Value, json};

use crate::planted::{follow, pair, post, stranger};
use crate::support::{TestServer, TestUser, ids};

const LIST: &str = "/api/v1/notifications";

/// The types of a list, newest first.
fn types(list: &Value) -> Vec<&str> {
    let entries = list.as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["type"].as_str().unwrap())
        .collect()
}

fn listed(user: &TestUser, query: &str) -> Value {
    user.get(&format!("{LIST}{query}")).ok()
}

/// Bob favourites, reblogs and reacts to a post of alice's, and mentions her: four notifications, oldest first.
fn four(alice: &TestUser, bob: &TestUser) -> String {
    let id = post(alice, "public", "hello");
    bob.post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
    bob.post(&format!("/api/v1/statuses/{id}/reblog"), &[]).ok();
    bob.put(
        &format!("/api/v1/pleroma/statuses/{id}/reactions/%E2%98%95"),
        &[],
    )
    .ok();
    bob.post_status("@alice hi");
    id
}

/// Puts a notification that no operation here makes yet.
fn told(user: &TestUser, kind: &str, actor: &str) {
    user.server
        .sql()
        .execute(
            "INSERT INTO notifications (id, account_id, actor_id, kind, created_at) VALUES (?1, ?2, ?3, ?4, 0)",
            rusqlite::params![kenoma::ids::next(), user.id, actor, kind],
        )
        .unwrap();
}

#[test]
fn every_kind_carries_what_clients_need() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = four(&alice, &bob);
    let list = listed(&alice, "");
    assert_eq!(
        types(&list),
        ["mention", "pleroma:emoji_reaction", "reblog", "favourite"]
    );
    for entry in list.as_array().unwrap() {
        assert_eq!(entry["account"]["id"], bob.id);
        assert_eq!(entry["account"]["pleroma"]["relationship"], json!({}));
        assert_eq!(
            entry["pleroma"],
            json!({"is_seen": false, "is_muted": false})
        );
        let id = entry["id"].as_str().unwrap();
        assert_eq!(entry["group_key"], format!("ungrouped-{id}"));
        assert_eq!(alice.get(&format!("{LIST}/{id}")).ok(), *entry);
    }
    assert_eq!(
        (&list[1]["emoji"], &list[1]["emoji_url"]),
        (&json!("☕"), &Value::Null)
    );
    for of_post in 1..4 {
        assert_eq!(list[of_post]["status"]["id"], id);
    }
    assert_eq!(list[0]["status"]["account"]["id"], bob.id);
    assert!(list[0].get("emoji").is_none() && list[0].get("target").is_none());
    assert_eq!(listed(&bob, ""), json!([]));
}

#[test]
fn a_move_names_where_to_and_is_left_out_while_that_is_unknown() {
    let server = TestServer::new();
    let (alice, bob, new) = (server.user("alice"), server.user("bob"), server.user("new"));
    told(&alice, "move", &bob.id);
    assert_eq!(listed(&alice, ""), json!([]));
    server
        .sql()
        .execute(
            "UPDATE accounts SET moved_to_id = ?2 WHERE id = ?1",
            [&bob.id, &new.id],
        )
        .unwrap();
    assert_eq!(listed(&alice, "")[0]["target"]["id"], new.id);
}

#[test]
fn types_are_chosen_under_either_name_and_excluded() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    told(&alice, "pleroma:chat_mention", &bob.id);
    for (query, expected) in [
        (
            "?types[]=mention&types[]=reblog",
            &["mention", "reblog"][..],
        ),
        ("?include_types[]=favourite", &["favourite"]),
        (
            "?types[]=mention&include_types[]=favourite&types[]=nonsense",
            &["mention", "favourite"],
        ),
        ("?types[]=nonsense", &[]),
        (
            "?exclude_types[]=mention&exclude_types[]=reblog",
            &["pleroma:emoji_reaction", "favourite"],
        ),
        ("?types[]=mention&exclude_types[]=mention", &[]),
        (
            "",
            &["mention", "pleroma:emoji_reaction", "reblog", "favourite"],
        ),
    ] {
        assert_eq!(types(&listed(&alice, query)), expected, "{query}");
    }
}

#[test]
fn a_list_can_be_limited_to_an_account_and_to_visibilities() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let direct = bob.post_with("@alice psst", &[("visibility", "direct")]);
    carol.post_status("@alice hi");
    assert_eq!(listed(&alice, "").as_array().unwrap().len(), 2);
    let of_bob = listed(&alice, &format!("?account_id={}", bob.id));
    assert_eq!(of_bob[0]["status"]["id"], direct["id"]);
    assert_eq!(of_bob.as_array().unwrap().len(), 1);
    for id in ["1", "nobody"] {
        alice
            .get(&format!("{LIST}?account_id={id}"))
            .refused(404, "Account is not found");
    }
    let open = listed(
        &alice,
        "?exclude_visibilities[]=direct&exclude_visibilities[]=nonsense",
    );
    assert_eq!(open.as_array().unwrap().len(), 1);
    assert_eq!(open[0]["account"]["id"], carol.id);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let all = ids(&listed(&alice, ""));
    let answer = alice.get(&format!(
        "{LIST}?limit=2&types[]=mention&types[]=reblog&types[]=favourite"
    ));
    let link = answer.header("Link").unwrap().to_owned();
    let first = ids(&answer.ok());
    assert_eq!(first, [all[0].as_str(), all[2].as_str()]);
    assert!(
        link.contains(&format!("max_id={}", first[1])) && link.contains("types[]=mention"),
        "{link}"
    );
    let older = ids(&listed(&alice, &format!("?max_id={}", all[1])));
    assert_eq!(older, all[2..]);
    let newer = ids(&listed(&alice, &format!("?min_id={}&limit=1", all[2])));
    assert_eq!(newer, all[1..2]);
    let newest = ids(&listed(&alice, &format!("?since_id={}&limit=1", all[2])));
    assert_eq!(newest, all[..1]);
}

#[test]
fn people_blocked_muted_or_hidden_later_are_not_listed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let names = ["blocked", "muted", "hidden", "blocking", "fine"];
    let people: Vec<TestUser> = names.map(|name| server.user(name)).into();
    for person in &people {
        person.post_status("@alice hi");
    }
    assert_eq!(listed(&alice, "").as_array().unwrap().len(), 5);
    pair(&server, "blocks", &alice.id, &people[0].id);
    pair(&server, "mutes", &alice.id, &people[1].id);
    pair(&server, "blocks", &people[3].id, &alice.id);
    server
        .sql()
        .execute(
            "UPDATE accounts SET hidden = 1 WHERE id = ?1",
            [&people[2].id],
        )
        .unwrap();
    let seen = listed(&alice, "");
    assert_eq!(seen[0]["account"]["username"], "fine");
    assert_eq!(seen.as_array().unwrap().len(), 1);
    let with_muted = listed(&alice, "?with_muted=true");
    assert_eq!(with_muted.as_array().unwrap().len(), 2);
    assert_eq!(with_muted[1]["account"]["username"], "muted");
    assert_eq!(with_muted[1]["pleroma"]["is_muted"], true);
}

#[test]
fn a_blocked_domain_is_silent_but_for_those_followed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = stranger(&server, "far", "remote.example");
    let friend = stranger(&server, "friend", "remote.example");
    told(&alice, "follow", &far);
    told(&alice, "follow", &friend);
    follow(&server, &alice.id, &friend);
    server
        .sql()
        .execute(
            "INSERT INTO domain_blocks (account_id, host) VALUES (?1, 'remote.example')",
            [&alice.id],
        )
        .unwrap();
    let seen = listed(&alice, "");
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(seen[0]["account"]["id"], friend);
    assert_eq!(seen[0]["type"], "follow");
}

#[test]
fn a_muted_thread_and_a_deleted_post_leave_the_list() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = post(&alice, "public", "hello");
    bob.post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
    alice.post(&format!("/api/v1/statuses/{id}/mute"), &[]).ok();
    assert_eq!(listed(&alice, ""), json!([]));
    assert_eq!(
        listed(&alice, "?with_muted=true")[0]["pleroma"]["is_muted"],
        true
    );
    alice.delete(&format!("/api/v1/statuses/{id}")).ok();
    assert_eq!(listed(&alice, "?with_muted=true"), json!([]));
}

#[test]
fn notifications_are_dismissed_one_by_one_several_at_once_or_all() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let all = ids(&listed(&alice, ""));
    bob.post(&format!("{LIST}/{}/dismiss", all[0]), &[])
        .refused(403, "Cannot dismiss notification");
    alice.post(&format!("{LIST}/{}/dismiss", all[0]), &[]).ok();
    alice
        .post(&format!("{LIST}/{}/dismiss", all[0]), &[])
        .refused(403, "Cannot dismiss notification");
    alice
        .post(&format!("{LIST}/dismiss"), &[("id", &all[1])])
        .ok();
    alice
        .post(&format!("{LIST}/dismiss"), &[])
        .refused(400, "Missing field: id.");
    assert_eq!(ids(&listed(&alice, "")), all[2..]);
    let several = format!("{LIST}/destroy_multiple?ids[]={}&ids[]=1&ids[]=x", all[2]);
    assert_eq!(bob.delete(&several).ok(), json!({}));
    assert_eq!(ids(&listed(&alice, "")), all[2..]);
    assert_eq!(alice.delete(&several).ok(), json!({}));
    assert_eq!(ids(&listed(&alice, "")), all[3..]);
    assert_eq!(alice.post(&format!("{LIST}/clear"), &[]).ok(), json!({}));
    assert_eq!(listed(&alice, ""), json!([]));
}

#[test]
fn somebody_elses_notification_is_not_shown() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let id = ids(&listed(&alice, "")).remove(0);
    for (user, id) in [(&bob, id.as_str()), (&alice, "1"), (&alice, "x")] {
        user.get(&format!("{LIST}/{id}"))
            .refused(403, "Cannot get notification");
    }
}

/// Where the marker stands.
fn marker(user: &TestUser) -> Option<i64> {
    let db = user.server.sql();
    let sql =
        "SELECT last_read_id FROM markers WHERE account_id = ?1 AND timeline = 'notifications'";
    db.query_row(sql, [&user.id], |row| row.get(0)).ok()
}

#[test]
fn one_notification_is_read() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let all = ids(&listed(&alice, ""));
    for path in [
        "/api/v1/pleroma/notifications/read",
        "/api/pleroma/notifications/read",
    ] {
        let read = alice
            .post(path, &[("id", &all[1]), ("max_id", &all[0])])
            .ok();
        assert_eq!(
            (&read["id"], &read["pleroma"]["is_seen"]),
            (&json!(all[1]), &json!(true))
        );
        bob.post(path, &[("id", &all[1])])
            .refused(400, "Cannot get notification");
        alice
            .post(path, &[("id", "1")])
            .refused(400, "Cannot get notification");
        alice.post(path, &[]).refused(400, "Missing field: id.");
    }
    let seen = listed(&alice, "");
    let seen: Vec<&Value> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["pleroma"]["is_seen"])
        .collect();
    assert_eq!(seen, [false, true, false, false]);
    assert_eq!(marker(&alice), all[1].parse().ok());
}

#[test]
fn all_up_to_one_are_read_and_the_marker_only_moves_forward() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let all = ids(&listed(&alice, ""));
    let path = "/api/v1/pleroma/notifications/read";
    assert_eq!(alice.post(path, &[("max_id", "1")]).ok(), json!([]));
    assert_eq!(marker(&alice), None);
    let read = alice.post(path, &[("max_id", &all[1])]).ok();
    assert_eq!(ids(&read), all[1..]);
    assert!(
        read.as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["pleroma"]["is_seen"] == true)
    );
    assert_eq!(alice.post(path, &[("max_id", &all[1])]).ok(), json!([]));
    assert_eq!(listed(&alice, "")[0]["pleroma"]["is_seen"], false);
    assert_eq!(
        ids(&alice.post(path, &[("max_id", &all[0])]).ok()),
        all[..1]
    );
    alice.post(path, &[("id", &all[3])]).ok();
    assert_eq!(marker(&alice), all[0].parse().ok());
}

#[test]
fn old_front_ends_read_by_the_latest_id() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    four(&alice, &bob);
    let all = ids(&listed(&alice, ""));
    let path = "/api/qvitter/statuses/notifications/read";
    assert_eq!(
        alice.post(path, &[]).with_status(400),
        json!({"error": "You need to specify latest_id", "request": path})
    );
    let page = alice.post(path, &[("latest_id", &all[0])]).ok();
    assert_eq!(ids(&page), all);
    assert!(
        page.as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["pleroma"]["is_seen"] == true)
    );
}

#[test]
fn notifications_are_nobody_elses_business() {
    let server = TestServer::new();
    for (method, path) in [
        ("GET", LIST),
        ("GET", "/api/v1/notifications/1"),
        ("POST", "/api/v1/notifications/clear"),
        ("POST", "/api/v1/notifications/dismiss"),
        ("POST", "/api/v1/notifications/1/dismiss"),
        ("DELETE", "/api/v1/notifications/destroy_multiple"),
        ("POST", "/api/v1/pleroma/notifications/read"),
        ("POST", "/api/qvitter/statuses/notifications/read"),
    ] {
        server
            .request(method, path, &[], b"")
            .refused(403, "Invalid credentials.");
    }
}
