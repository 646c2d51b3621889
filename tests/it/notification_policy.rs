//! Grouped notifications, and whose notifications are kept back or dropped.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};
use crate::trace::{ONE_READER, heard};

const POLICY: &str = "/api/v2/notifications/policy";
const REQUESTS: &str = "/api/v1/notifications/requests";

fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

fn told(user: &TestUser) -> usize {
    user.get("/api/v1/notifications")
        .ok()
        .as_array()
        .unwrap()
        .len()
}

fn keys(grouped: &Value) -> Vec<String> {
    let groups = grouped["notification_groups"].as_array().unwrap().iter();
    groups
        .map(|group| group["group_key"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_happens_to_one_status_in_one_way_is_one_group() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    let post = id(&alice.post_status("nice"));
    for user in [&bob, &carol] {
        user.post(&format!("/api/v1/statuses/{post}/favourite"), &[])
            .ok();
        user.follow(&alice);
    }
    bob.post(&format!("/api/v1/statuses/{post}/reblog"), &[])
        .ok();
    let mention = id(&bob.post_status("hi @alice"));
    let grouped = alice.get("/api/v2/notifications").ok();
    let found = keys(&grouped);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("ungrouped-"));
    assert_eq!(found[1], format!("reblog-{post}"));
    assert!(found[2].starts_with("follow-"));
    assert_eq!(found[3], format!("favourite-{post}"));
    let favourites = &grouped["notification_groups"][3];
    assert_eq!(
        [
            &favourites["notifications_count"],
            &favourites["sample_account_ids"],
            &favourites["status_id"]
        ],
        [&json!(2), &json!([carol.id, bob.id]), &json!(post)]
    );
    assert_eq!(ids(&grouped["statuses"]).len(), 2);
    assert!(ids(&grouped["statuses"]).contains(&mention));
    assert_eq!(ids(&grouped["accounts"]).len(), 2);
    let one = format!("/api/v2/notifications/favourite-{post}");
    assert_eq!(keys(&alice.get(&one).ok()), [format!("favourite-{post}")]);
    assert_eq!(
        ids(&alice.get(&format!("{one}/accounts")).ok()),
        [&*carol.id, &bob.id]
    );
    assert_eq!(
        ids(&alice
            .get(&format!("/api/v2/notifications/{}/accounts", found[2]))
            .ok())
        .len(),
        2
    );
    assert_eq!(
        alice.get("/api/v2/notifications/unread_count").ok()["count"],
        4
    );
    assert_eq!(
        alice.get("/api/v1/notifications/unread_count").ok()["count"],
        6
    );
    let alone = alice
        .get("/api/v2/notifications?grouped_types[]=follow")
        .ok();
    assert_eq!(keys(&alone).len(), 5);
    assert_eq!(alice.post(&format!("{one}/dismiss"), &[]).ok(), json!({}));
    assert_eq!(told(&alice), 4);
    for nonsense in [
        one.as_str(),
        "/api/v2/notifications/x",
        "/api/v2/notifications/mention-1",
    ] {
        alice.get(nonsense).refused(404, "Record not found");
        alice
            .get(&format!("{nonsense}/accounts"))
            .refused(404, "Record not found");
        alice
            .post(&format!("{nonsense}/dismiss"), &[])
            .refused(404, "Record not found");
    }
    // Another person's group is nobody else's.
    bob.get(&format!("/api/v2/notifications/reblog-{post}"))
        .refused(404, "Record not found");
}

#[test]
fn a_group_counts_what_stands_beyond_the_page_and_nobody_who_is_not_heard() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let people = ["bob", "carol", "dan", "erin"].map(|name| server.user(name));
    let [bob, carol, dan, erin] = &people;
    let post = id(&alice.post_status("nice"));
    let favour = |user: &TestUser| user.post(&format!("/api/v1/statuses/{post}/favourite"), &[]);
    for user in [bob, carol, dan] {
        favour(user).ok();
        user.follow(&alice);
    }
    bob.post_status("hi @alice");
    favour(erin).ok();
    erin.follow(&alice);
    let first = |limit: usize| {
        let target = format!("/api/v2/notifications?limit={limit}");
        let groups = alice.get(&target).ok()["notification_groups"].clone();
        let groups = groups.as_array().unwrap().clone();
        let count = |group: &Value| group["notifications_count"].as_i64().unwrap();
        groups.iter().map(count).collect::<Vec<_>>()
    };
    assert_eq!(first(2), [4, 4]);
    alice
        .post(&format!("/api/v1/accounts/{}/mute", carol.id), &[])
        .ok();
    alice
        .post(&format!("/api/v1/accounts/{}/block", dan.id), &[])
        .ok();
    assert_eq!(first(2), [2, 2]);
    assert_eq!(first(3), [2, 2, 1]);
    // Days that no calendar has are days on which nobody followed.
    for day in [i64::MAX, i64::MIN] {
        let target = format!("/api/v2/notifications/follow-{day}");
        alice.get(&target).refused(404, "Record not found");
    }
}

#[test]
fn groups_are_paged_without_gap() {
    let server = TestServer::with(ONE_READER);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    for n in 0..6 {
        bob.post_status(&format!("{n} @alice"));
    }
    let all = keys(&alice.get("/api/v2/notifications").ok());
    let (mut seen, mut next) = (Vec::new(), Some("/api/v2/notifications?limit=2".to_owned()));
    while let Some(target) = next {
        let answer = alice.get(&target);
        next = answer.header("Link").map(|link| {
            let url = link.split(['<', '>']).nth(1).unwrap();
            url.strip_prefix("http://127.0.0.1:4000")
                .unwrap()
                .to_owned()
        });
        seen.extend(keys(&answer.ok()));
    }
    assert_eq!(seen, all);
    let cost = |limit: usize| {
        server.app.house().fragments.clear();
        heard(&server, || {
            alice
                .get(&format!("/api/v2/notifications?limit={limit}"))
                .ok()
        })
        .1
        .len()
    };
    assert_eq!(cost(6), cost(1));
}

#[test]
fn a_policy_keeps_back_or_drops_what_strangers_cause() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    let accepting = json!({
        "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
        "for_private_mentions": "accept", "for_limited_accounts": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    });
    assert_eq!(alice.get(POLICY).ok(), accepting);
    alice.follow(&carol);
    let changed = alice.patch(POLICY, &[("for_not_following", "filter")]).ok();
    assert_eq!(
        (&changed["for_not_following"], &changed["for_new_accounts"]),
        (&json!("filter"), &json!("accept"))
    );
    let first = id(&bob.post_status("one @alice"));
    let second = id(&bob.post_status("two @alice"));
    carol.post_status("friend @alice");
    assert_eq!(told(&alice), 1);
    assert_eq!(
        alice
            .get("/api/v1/notifications?include_filtered=true")
            .ok()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let own = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(own["pleroma"]["unread_notifications_count"], 1);
    let summary = &alice.get(POLICY).ok()["summary"];
    assert_eq!(
        *summary,
        json!({"pending_requests_count": 1, "pending_notifications_count": 2})
    );
    let requests = alice.get(REQUESTS).ok();
    assert_eq!(ids(&requests), [&*bob.id]);
    assert_eq!(
        [
            &requests[0]["notifications_count"],
            &requests[0]["account"]["id"],
            &requests[0]["last_status"]["id"]
        ],
        [&json!(2), &json!(bob.id), &json!(second)]
    );
    assert_ne!(first, second);
    let one = format!("{REQUESTS}/{}", bob.id);
    assert_eq!(alice.get(&one).ok(), requests[0]);
    bob.get(&one).refused(404, "Record not found");
    assert_eq!(
        alice.get("/api/v1/notifications/requests/merged").ok(),
        json!({"merged": true})
    );
    assert_eq!(alice.post(&format!("{one}/accept"), &[]).ok(), json!({}));
    assert_eq!((told(&alice), alice.get(REQUESTS).ok()), (3, json!([])));
    // Whoever was accepted is let through from now on.
    bob.post_status("three @alice");
    assert_eq!(told(&alice), 4);
    for verb in ["accept", "dismiss"] {
        alice
            .post(
                &format!("/api/v1/notifications/requests/{}/{verb}", bob.id),
                &[],
            )
            .refused(404, "Record not found");
    }
    let dropping = json!({"for_not_following": "drop"});
    alice.json("PUT", POLICY, &dropping).ok();
    server.user("dave").post_status("hello @alice");
    assert_eq!((told(&alice), alice.get(REQUESTS).ok()), (4, json!([])));
    alice
        .patch(POLICY, &[("for_new_accounts", "eat")])
        .refused(422, "for_new_accounts is one of accept, filter, drop");
}

#[test]
fn each_rule_of_the_policy_is_about_its_own_people() {
    let server = TestServer::new();
    let [alice, bob] = ["alice", "bob"].map(|name| server.user(name));
    let kept = |rule: &str, act: &dyn Fn()| {
        alice.patch(POLICY, &[(rule, "filter")]).ok();
        act();
        let count = alice.get(POLICY).ok()["summary"]["pending_notifications_count"].clone();
        alice
            .post(
                "/api/v1/notifications/requests/dismiss",
                &[("id[]", &bob.id)],
            )
            .ok();
        alice.patch(POLICY, &[(rule, "accept")]).ok();
        count
    };
    let post = |visibility: &'static str| {
        move |bob: &TestUser| drop(bob.post_with("@alice", &[("visibility", visibility)]))
    };
    let (public, direct) = (post("public"), post("direct"));
    assert_eq!(kept("for_new_accounts", &|| public(&bob)), 1);
    server
        .sql()
        .execute("UPDATE accounts SET created_at = 0", [])
        .unwrap();
    assert_eq!(kept("for_new_accounts", &|| public(&bob)), 0);
    assert_eq!(kept("for_private_mentions", &|| public(&bob)), 0);
    assert_eq!(kept("for_private_mentions", &|| direct(&bob)), 1);
    // An answer was asked for.
    let asked = id(&alice.post_with("@bob?", &[("visibility", "direct")]));
    assert_eq!(
        kept("for_private_mentions", &|| drop(
            bob.post_with("yes @alice", &[("in_reply_to_id", &asked)])
        )),
        0
    );
    assert_eq!(kept("for_not_followers", &|| public(&bob)), 1);
    bob.follow(&alice);
    assert_eq!(kept("for_not_followers", &|| public(&bob)), 0);
    server.admin("boss").post_status("@alice");
    let list = alice.get(REQUESTS).ok();
    assert_eq!(list, json!([]));
}

#[test]
fn the_first_version_of_the_policy_is_the_same_one() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let path = "/api/v1/notifications/policy";
    let set = alice.put(path, &[("filter_not_followers", "true")]).ok();
    assert_eq!(
        (&set["filter_not_followers"], &set["filter_not_following"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(alice.get(POLICY).ok()["for_not_followers"], "filter");
    bob.post_status("@alice");
    assert_eq!(alice.get(path).ok()["summary"]["pending_requests_count"], 1);
    let many = [("id[]", bob.id.as_str())];
    assert_eq!(
        alice
            .post("/api/v1/notifications/requests/accept", &many)
            .ok(),
        json!({})
    );
    assert_eq!(told(&alice), 1);
    alice.put(path, &[("filter_not_followers", "false")]).ok();
    assert_eq!(alice.get(path).ok()["filter_not_followers"], false);
}

#[test]
fn people_of_silenced_servers_are_limited_accounts() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let far = crate::planted::stranger(&server, "far", "cats.loud.example");
    let near = crate::planted::stranger(&server, "near", "quiet.example");
    alice
        .patch(POLICY, &[("for_limited_accounts", "filter")])
        .ok();
    let follows = |actor: &str| {
        let (to, from) = (alice.id.parse().unwrap(), actor.parse().unwrap());
        server.app.db().write(|tx| {
            kenoma::ops::notifications::push(
                tx,
                kenoma::ops::notifications::Kind::Follow,
                to,
                from,
                None,
                None,
            )
        })
    };
    let form = [("domain", "loud.example"), ("severity", "silence")];
    root.post("/api/v1/admin/domain_blocks", &form).ok();
    follows(&far).unwrap();
    follows(&near).unwrap();
    assert_eq!(ids(&alice.get(REQUESTS).ok()), [&*far]);
    assert_eq!(told(&alice), 1);
}

#[test]
fn requests_are_paged_and_a_page_of_many_costs_as_much_as_one() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    alice.patch(POLICY, &[("for_not_following", "filter")]).ok();
    let names = ["ann", "ben", "cat", "dan", "eva"];
    let people: Vec<String> = names
        .iter()
        .map(|name| {
            let stranger = server.user(name);
            stranger.post_status("hello @alice");
            stranger.id
        })
        .collect();
    let newest_first: Vec<String> = people.into_iter().rev().collect();
    assert_eq!(ids(&alice.get(REQUESTS).ok()), newest_first);
    let first = alice.get(&format!("{REQUESTS}?limit=2"));
    let next = first.header("Link").unwrap();
    let next = next.split(['<', '>']).nth(1).unwrap();
    let next = next.strip_prefix(crate::support::BASE).unwrap().to_owned();
    assert_eq!(ids(&first.ok()), newest_first[..2]);
    assert_eq!(ids(&alice.get(&next).ok()), newest_first[2..4]);
    let cost = |limit: usize| {
        server.app.house().fragments.clear();
        let target = format!("{REQUESTS}?limit={limit}");
        heard(&server, || alice.get(&target).ok()).1.len()
    };
    assert_eq!(cost(5), cost(1));
}
