//! What timelines hold, leave out, and how they are paged. Who may see what is in `visibility`.

use serde_json::Value;

use crate::support::{BASE, TestServer, TestUser, ids};

fn follow(server: &TestServer, follower: &TestUser, target: &TestUser, show_reblogs: bool) {
    server
        .sql()
        .execute(
            "INSERT INTO follows (account_id, target_id, show_reblogs, created_at)
             VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), ?3, 0)",
            rusqlite::params![follower.id, target.id, show_reblogs],
        )
        .unwrap();
}

fn id(status: &Value) -> String {
    status["id"].as_str().unwrap().to_owned()
}

/// Texts of a timeline, newest first.
fn texts(user: &TestUser, target: &str) -> Vec<String> {
    let list = user.get(target).ok();
    let text = |status: &Value| {
        status["pleroma"]["content"]["text/plain"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    list.as_array().unwrap().iter().map(text).collect()
}

#[test]
fn pages_meet_without_gap_or_overlap_in_both_directions() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posts: Vec<String> = (0..7)
        .map(|n| id(&alice.post_status(&format!("{n} #tag"))))
        .collect();
    let newest_first: Vec<String> = posts.iter().rev().cloned().collect();
    for path in [
        "/api/v1/timelines/home?limit=3".to_owned(),
        "/api/v1/timelines/public?limit=3".to_owned(),
        "/api/v1/timelines/tag/tag?limit=3&any[]=other".to_owned(),
        format!("/api/v1/accounts/{}/statuses?limit=3", alice.id),
    ] {
        let (mut down, mut next) = (Vec::new(), Some(path.clone()));
        while let Some(target) = next {
            let answer = alice.get(&target);
            next = answer.header("Link").map(|link| {
                let url = link.split(['<', '>']).nth(1).unwrap();
                url.strip_prefix(BASE).unwrap().to_owned()
            });
            down.extend(ids(&answer.ok()));
        }
        assert_eq!(down, newest_first, "{path}");
        let up = ids(&alice.get(&format!("{path}&min_id={}", posts[1])).ok());
        assert_eq!(up, newest_first[2..5], "{path}");
        let since = ids(&alice.get(&format!("{path}&since_id={}", posts[1])).ok());
        assert_eq!(since, newest_first[..3], "{path}");
    }
}

#[test]
fn the_public_timeline_is_divided_by_where_posts_come_from() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let here = id(&alice.post_status("here"));
    let from = |host: &str| {
        let account = crate::planted::stranger(&server, "far", host);
        crate::planted::delivered(&server, &account, "far away")
    };
    let (one, two) = (from("one.example"), from("two.example"));
    let with_picture = id(&alice.post_status("picture"));
    let sql = "INSERT INTO media (id, account_id, status_id, kind, mime, created_at)
               VALUES (1, CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 'image', 'image/png', 0)";
    server
        .sql()
        .execute(sql, [&alice.id, &with_picture])
        .unwrap();
    for (query, expected) in [
        ("", vec![&with_picture, &two, &one, &here]),
        ("?local=true", vec![&with_picture, &here]),
        ("?local=false&remote=1", vec![&two, &one]),
        ("?only_media=true", vec![&with_picture]),
        ("?instance=ONE.example", vec![&one]),
        ("?instance=none.example", vec![]),
        ("?instance=127.0.0.1:4000", vec![&with_picture, &here]),
    ] {
        let found = ids(&server.get(&format!("/api/v1/timelines/public{query}")).ok());
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[test]
fn home_holds_what_people_one_follows_say_and_their_reblogs_unless_unwanted() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    follow(&server, &alice, &bob, true);
    follow(&server, &alice, &carol, false);
    let (one, two) = (bob.post_status("by bob"), carol.post_status("by carol"));
    let stranger = server.user("dave").post_status("by dave");
    let reblog = |user: &TestUser| {
        id(&user
            .post(&format!("/api/v1/statuses/{}/reblog", id(&stranger)), &[])
            .ok())
    };
    let (by_bob, _by_carol) = (reblog(&bob), reblog(&carol));
    assert_eq!(
        ids(&alice.get("/api/v1/timelines/home").ok()),
        [by_bob, id(&two), id(&one)]
    );
    let mute = "INSERT INTO mutes (account_id, target_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER))";
    server.sql().execute(mute, [&alice.id, &bob.id]).unwrap();
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()), [id(&two)]);
    assert_eq!(
        ids(&alice.get("/api/v1/timelines/home?with_muted=true").ok()).len(),
        3
    );
}

#[test]
fn clients_leave_out_visibilities_replies_and_posts_without_media() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    follow(&server, &alice, &bob, true);
    let root = id(&carol.post_status("root"));
    bob.post_with("to carol", &[("in_reply_to_id", &root)]);
    bob.post_with("quiet", &[("visibility", "unlisted")]);
    let mine = id(&alice.post_status("mine"));
    bob.post_with("to alice", &[("in_reply_to_id", &mine)]);
    let home = |more: &str| texts(&alice, &format!("/api/v1/timelines/home?{more}"));
    assert_eq!(home(""), ["to alice", "mine", "quiet", "to carol"]);
    assert_eq!(
        home("exclude_visibilities[]=unlisted&exclude_visibilities[]=odd"),
        ["to alice", "mine", "to carol"]
    );
    assert_eq!(home("reply_visibility=self"), ["to alice", "mine", "quiet"]);
    assert_eq!(
        home("reply_visibility=following"),
        ["to alice", "mine", "quiet"]
    );
    follow(&server, &alice, &carol, true);
    assert_eq!(home("reply_visibility=following").len(), 4);
    assert!(home("only_media=true").is_empty());
    server
        .sql()
        .execute(
            "INSERT INTO media (id, account_id, status_id, kind, mime, created_at)
             VALUES (1, CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 'image', 'image/png', 0)",
            [&alice.id, &mine],
        )
        .unwrap();
    assert_eq!(home("only_media=true"), ["mine"]);
    assert!(home("remote=true").is_empty());
    let profile = |more: &str| texts(&alice, &format!("/api/v1/accounts/bob/statuses?{more}"));
    assert_eq!(profile(""), ["to alice", "quiet", "to carol"]);
    assert_eq!(profile("exclude_replies=true"), ["quiet"]);
}

#[test]
fn tags_are_combined_whatever_their_case() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for text in ["#Cats", "#cats #dogs", "#dogs #Katzenäuglein", "none"] {
        alice.post_status(text);
    }
    let by = |target: &str| texts(&alice, &format!("/api/v1/timelines/tag/{target}"));
    assert_eq!(by("CATS"), ["#cats #dogs", "#Cats"]);
    assert_eq!(
        by("cats?any[]=Dogs"),
        ["#dogs #Katzenäuglein", "#cats #dogs", "#Cats"]
    );
    assert_eq!(by("cats?all[]=dogs"), ["#cats #dogs"]);
    assert_eq!(by("cats?none[]=dogs"), ["#Cats"]);
    assert_eq!(by("katzen%C3%84uglein"), ["#dogs #Katzenäuglein"]);
    assert!(by("cats?all[]=unheard").is_empty());
    assert!(by("unheard").is_empty());
}

#[test]
fn a_profile_is_found_by_id_or_name_and_an_unknown_one_is_not() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = id(&alice.post_status("hi"));
    for name in [alice.id.as_str(), "alice", "Alice", "alice@127.0.0.1:4000"] {
        assert_eq!(
            ids(&server
                .get(&format!("/api/v1/accounts/{name}/statuses"))
                .ok()),
            [posted.as_str()]
        );
    }
    server
        .get("/api/v1/accounts/nobody/statuses")
        .refused(404, "Record not found");
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1", [])
        .unwrap();
    server
        .get("/api/v1/accounts/alice/statuses")
        .refused(404, "Record not found");
}
