//! Following: asking, consenting, ending.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn relationship(me: &TestUser, other: &TestUser) -> Value {
    me.get(&format!("/api/v1/accounts/relationships?id={}", other.id))
        .ok()[0]
        .clone()
}

fn act(me: &TestUser, verb: &str, other: &TestUser) -> Value {
    me.post(&format!("/api/v1/accounts/{}/{verb}", other.id), &[])
        .ok()
}

fn notified(user: &TestUser) -> Vec<(String, String)> {
    let db = user.server.sql();
    let mut stmt = db
        .prepare("SELECT kind, actor_id FROM notifications WHERE account_id = ?1 ORDER BY id")
        .unwrap();
    let rows = stmt
        .query_map([user.id.parse::<i64>().unwrap()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.to_string()))
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn lock(user: &TestUser) {
    user.patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
}

#[test]
fn following_shows_on_both_sides_and_in_the_counts() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let answer = alice.follow(&bob);
    assert_eq!(
        (&answer["following"], &answer["requested"], &answer["id"]),
        (&json!(true), &json!(false), &json!(bob.id))
    );
    assert_eq!(relationship(&bob, &alice)["followed_by"], true);
    assert_eq!(
        ids(&server
            .get(&format!("/api/v1/accounts/{}/followers", bob.id))
            .ok()),
        [alice.id.as_str()]
    );
    assert_eq!(
        ids(&server
            .get(&format!("/api/v1/accounts/{}/following", alice.id))
            .ok()),
        [bob.id.as_str()]
    );
    let account = server.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(
        (&account["followers_count"], &account["following_count"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(notified(&bob), [("follow".to_owned(), alice.id.clone())]);
}

#[test]
fn following_again_changes_the_options_and_tells_nobody_twice() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    let path = format!("/api/v1/accounts/{}/follow", bob.id);
    let changed = alice
        .json(
            "POST",
            &path,
            &json!({"reblogs": false, "notify": true, "languages": ["de", "en"]}),
        )
        .ok();
    assert_eq!(changed["showing_reblogs"], false);
    assert_eq!(
        (&changed["notifying"], &changed["subscribing"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(changed["languages"], json!(["de", "en"]));
    let kept = alice.follow(&bob);
    assert_eq!(
        (&kept["showing_reblogs"], &kept["notifying"]),
        (&json!(false), &json!(true))
    );
    let reset = alice
        .json(
            "POST",
            &path,
            &json!({"reblogs": true, "notify": false, "languages": []}),
        )
        .ok();
    assert_eq!(
        (
            &reset["showing_reblogs"],
            &reset["notifying"],
            &reset["languages"]
        ),
        (&json!(true), &json!(false), &Value::Null)
    );
    assert_eq!(notified(&bob).len(), 1);
    let account = server.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(account["followers_count"], 1);
}

#[test]
fn unfollowing_ends_the_follow_and_the_subscription() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .post(
            &format!("/api/v1/accounts/{}/follow", bob.id),
            &[("notify", "true")],
        )
        .ok();
    let ended = act(&alice, "unfollow", &bob);
    assert_eq!(
        (&ended["following"], &ended["subscribing"]),
        (&json!(false), &json!(false))
    );
    act(&alice, "unfollow", &bob);
    let account = server.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(account["followers_count"], 0);
}

#[test]
fn nobody_follows_themselves_or_somebody_unknown() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let own = format!("/api/v1/accounts/{}", alice.id);
    alice
        .post(&format!("{own}/follow"), &[])
        .refused(400, "Can not follow yourself");
    alice
        .post(&format!("{own}/unfollow"), &[])
        .refused(400, "Can not unfollow yourself");
    alice
        .post(&format!("{own}/block"), &[])
        .refused(400, "Can not block yourself");
    alice
        .post(&format!("{own}/mute"), &[])
        .refused(400, "Can not mute yourself");
    for verb in [
        "follow",
        "unfollow",
        "block",
        "unblock",
        "mute",
        "unmute",
        "note",
        "remove_from_followers",
    ] {
        alice
            .post(&format!("/api/v1/accounts/1/{verb}"), &[])
            .refused(404, "Record not found");
        alice
            .post(&format!("/api/v1/accounts/alice/{verb}"), &[])
            .refused(404, "Record not found");
    }
}

#[test]
fn a_hidden_account_cannot_be_followed_but_left() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    alice.follow(&bob);
    server
        .sql()
        .execute(
            "UPDATE accounts SET deactivated = 1, hidden = 1 WHERE username = 'bob'",
            [],
        )
        .unwrap();
    carol
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .refused(404, "Record not found");
    carol
        .post(&format!("/api/v1/accounts/{}/unfollow", bob.id), &[])
        .refused(404, "Record not found");
    assert_eq!(act(&alice, "unfollow", &bob)["following"], false);
    alice
        .post(&format!("/api/v1/accounts/{}/unfollow", bob.id), &[])
        .refused(404, "Record not found");
}

#[test]
fn who_is_blocked_can_neither_follow_nor_subscribe() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    act(&bob, "block", &alice);
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .refused(403, "Could not follow user: bob is blocking you");
    alice
        .post(
            &format!("/api/v1/pleroma/accounts/{}/subscribe", bob.id),
            &[],
        )
        .refused(403, "Could not subscribe: bob is blocking you");
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id), &[])
        .refused(403, "Could not follow user: you are blocking alice");
}

#[test]
fn a_locked_account_is_asked_and_may_consent() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    lock(&bob);
    let asked = alice.follow(&bob);
    assert_eq!(
        (&asked["following"], &asked["requested"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(relationship(&bob, &alice)["requested_by"], true);
    assert_eq!(
        server.get(&format!("/api/v1/accounts/{}", bob.id)).ok()["followers_count"],
        0
    );
    assert_eq!(
        notified(&bob),
        [("follow_request".to_owned(), alice.id.clone())]
    );
    assert_eq!(
        ids(&bob.get("/api/v1/follow_requests").ok()),
        [alice.id.as_str()]
    );
    let own = bob.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(
        (
            &own["follow_requests_count"],
            &own["source"]["follow_requests_count"]
        ),
        (&json!(1), &json!(1))
    );

    let accepted = bob
        .post(
            &format!("/api/v1/follow_requests/{}/authorize", alice.id),
            &[],
        )
        .ok();
    assert_eq!(
        (&accepted["followed_by"], &accepted["requested_by"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(relationship(&alice, &bob)["following"], true);
    assert_eq!(
        ids(&bob.get("/api/v1/follow_requests").ok()),
        Vec::<String>::new()
    );
    assert_eq!(notified(&bob), [("follow".to_owned(), alice.id.clone())]);
    bob.post(
        &format!("/api/v1/follow_requests/{}/authorize", alice.id),
        &[],
    )
    .refused(404, "Record not found");
    bob.post(&format!("/api/v1/follow_requests/{}/reject", alice.id), &[])
        .refused(404, "Record not found");
    assert_eq!(relationship(&alice, &bob)["following"], true);
}

#[test]
fn a_locked_account_may_refuse_and_a_request_be_withdrawn() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    lock(&bob);
    alice.follow(&bob);
    carol.follow(&bob);
    let refused = bob
        .post(&format!("/api/v1/follow_requests/{}/reject", alice.id), &[])
        .ok();
    assert_eq!(
        (&refused["followed_by"], &refused["requested_by"]),
        (&json!(false), &json!(false))
    );
    act(&carol, "unfollow", &bob);
    assert_eq!(
        ids(&bob.get("/api/v1/follow_requests").ok()),
        Vec::<String>::new()
    );
    assert_eq!(notified(&bob), []);
    bob.post("/api/v1/follow_requests/1/authorize", &[])
        .refused(404, "Record not found");
}

#[test]
fn unlocking_lets_everybody_in_who_waits() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    lock(&bob);
    alice.follow(&bob);
    bob.patch(
        "/api/v1/accounts/update_credentials",
        &[("locked", "false")],
    )
    .ok();
    assert_eq!(relationship(&alice, &bob)["following"], true);
}

#[test]
fn a_follower_can_be_removed() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    bob.follow(&alice);
    let removed = act(&bob, "remove_from_followers", &alice);
    assert_eq!(
        (&removed["followed_by"], &removed["following"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(relationship(&alice, &bob)["following"], false);
}

#[test]
fn subscribing_needs_no_follow_and_both_spellings_are_one() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    for prefix in ["/api/v1/pleroma", "/api/pleroma"] {
        for _ in 0..2 {
            let on = alice
                .post(&format!("{prefix}/accounts/{}/subscribe", bob.id), &[])
                .ok();
            assert_eq!(
                (&on["subscribing"], &on["notifying"], &on["following"]),
                (&json!(true), &json!(true), &json!(false))
            );
        }
        for _ in 0..2 {
            let off = alice
                .post(&format!("{prefix}/accounts/{}/unsubscribe", bob.id), &[])
                .ok();
            assert_eq!(off["subscribing"], false);
        }
    }
    alice
        .post("/api/v1/pleroma/accounts/1/subscribe", &[])
        .refused(404, "Record not found");
    alice
        .post("/api/v1/pleroma/accounts/bob/subscribe", &[])
        .refused(404, "Record not found");
    alice
        .post("/api/v1/pleroma/accounts/1/unsubscribe", &[])
        .refused(404, "Record not found");
    alice
        .post(
            &format!("/api/v1/pleroma/accounts/{}/subscribe", alice.id),
            &[],
        )
        .refused(400, "Can not subscribe to yourself");
}

#[test]
fn a_note_is_seen_by_its_writer_only() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let path = format!("/api/v1/accounts/{}/note", bob.id);
    assert_eq!(
        alice.post(&path, &[("comment", "owes me a book")]).ok()["note"],
        "owes me a book"
    );
    assert_eq!(relationship(&alice, &bob)["note"], "owes me a book");
    assert_eq!(relationship(&bob, &alice)["note"], "");
    assert_eq!(alice.post(&path, &[("comment", "")]).ok()["note"], "");
    let long = "x".repeat(5001);
    alice
        .post(&path, &[("comment", &long)])
        .refused(422, "The note is longer than 5000 characters");
}

#[test]
fn relationships_come_in_the_order_asked_and_leave_out_who_is_unknown_or_hidden() {
    let server = TestServer::new();
    let (alice, bob, carol, dave) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
        server.user("dave"),
    );
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1 WHERE username = 'dave'", [])
        .unwrap();
    let query = format!(
        "id[]={}&id[]=12&id[]={}&id[]={}&id[]=x",
        carol.id, dave.id, bob.id
    );
    let found = alice
        .get(&format!("/api/v1/accounts/relationships?{query}"))
        .ok();
    assert_eq!(ids(&found), [carol.id.as_str(), bob.id.as_str()]);
    assert_eq!(
        found[0],
        json!({
            "id": carol.id, "following": false, "showing_reblogs": true, "notifying": false, "languages": null,
            "followed_by": false, "blocking": false, "blocked_by": false, "muting": false, "muting_notifications": false,
            "mute_expires_at": null, "requested": false, "requested_by": false, "domain_blocking": false,
            "endorsed": false, "subscribing": false, "note": ""
        })
    );
    assert_eq!(alice.get("/api/v1/accounts/relationships").ok(), json!([]));
    server
        .get("/api/v1/accounts/relationships?id=1")
        .refused(403, "Invalid credentials.");
}

#[test]
fn lists_of_follows_page_by_link_and_by_account_id() {
    let server = TestServer::new();
    let star = server.user("star");
    let fans: Vec<TestUser> = (0..5).map(|n| server.user(&format!("fan{n}"))).collect();
    for fan in &fans {
        fan.follow(&star);
    }
    let newest_first: Vec<String> = fans.iter().rev().map(|fan| fan.id.clone()).collect();
    let path = format!("/api/v1/accounts/{}/followers", star.id);
    let first = server.get(&format!("{path}?limit=2"));
    let link = first.header("Link").unwrap().to_owned();
    assert_eq!(ids(&first.ok()), newest_first[..2]);
    let next = link
        .split('>')
        .next()
        .unwrap()
        .trim_start_matches('<')
        .replace(crate::support::BASE, "");
    assert_eq!(ids(&server.get(&next).ok()), newest_first[2..4]);
    let by_account = format!("{path}?limit=2&max_id={}", newest_first[1]);
    assert_eq!(ids(&server.get(&by_account).ok()), newest_first[2..4]);
    let upwards = format!("{path}?limit=2&min_id={}", newest_first[4]);
    assert_eq!(ids(&server.get(&upwards).ok()), newest_first[2..4]);
    let since = format!("{path}?limit=2&since_id={}", newest_first[4]);
    assert_eq!(ids(&server.get(&since).ok()), newest_first[..2]);
    assert!(
        server
            .get(&format!("{path}?max_id=1"))
            .header("Link")
            .is_none()
    );
}

#[test]
fn hidden_lists_are_empty_to_others_and_hidden_counts_zero() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    bob.follow(&alice);
    let hide = [
        ("hide_followers", "true"),
        ("hide_follows", "1"),
        ("hide_followers_count", "true"),
        ("hide_follows_count", "on"),
    ];
    bob.patch("/api/v1/accounts/update_credentials", &hide).ok();
    for list in ["followers", "following"] {
        let path = format!("/api/v1/accounts/{}/{list}", bob.id);
        assert_eq!(alice.get(&path).ok(), json!([]));
        assert_eq!(server.get(&path).ok(), json!([]));
        assert_eq!(ids(&bob.get(&path).ok()), [alice.id.as_str()]);
    }
    let path = format!("/api/v1/accounts/{}", bob.id);
    let (theirs, own) = (alice.get(&path).ok(), bob.get(&path).ok());
    assert_eq!(
        (&theirs["followers_count"], &theirs["following_count"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (&own["followers_count"], &own["following_count"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_list_can_carry_relationships() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    let path = format!(
        "/api/v1/accounts/{}/following?with_relationships=true",
        alice.id
    );
    assert_eq!(
        alice.get(&path).ok()[0]["pleroma"]["relationship"]["following"],
        true
    );
    assert_eq!(
        server.get(&path).ok()[0]["pleroma"]["relationship"],
        json!({})
    );
    let plain = format!("/api/v1/accounts/{}/following", alice.id);
    assert_eq!(
        alice.get(&plain).ok()[0]["pleroma"]["relationship"],
        json!({})
    );
}

#[test]
fn a_scope_of_follows_is_needed() {
    let server = TestServer::new();
    let (mut alice, bob) = (server.user("alice"), server.user("bob"));
    server
        .sql()
        .execute("UPDATE tokens SET scopes = 'read write:statuses'", [])
        .unwrap();
    let path = format!("/api/v1/accounts/{}/follow", bob.id);
    alice
        .post(&path, &[])
        .refused(403, "Insufficient permissions: follow | write:follows.");
    for scopes in ["follow", "write:follows", "write"] {
        server
            .sql()
            .execute("UPDATE tokens SET scopes = ?1", [scopes])
            .unwrap();
        alice.post(&path, &[]).ok();
    }
    alice.token = "nonsense".into();
    alice.post(&path, &[]).refused(403, "Invalid credentials.");
}

fn home(user: &TestUser) -> Vec<String> {
    ids(&user.get("/api/v1/timelines/home").ok())
}

#[test]
fn a_new_follow_brings_earlier_posts_home_and_its_end_takes_them_away() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = |text: &str, visibility: &str| {
        bob.post_with(text, &[("visibility", visibility)])["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (public, private) = (
        posted("hello", "public"),
        posted("for followers", "private"),
    );
    let (named, direct) = (
        posted("hello @alice", "public"),
        posted("@alice psst", "direct"),
    );
    alice.follow(&bob);
    let found = home(&alice);
    for id in [&public, &private, &named] {
        assert!(found.contains(id));
    }
    act(&alice, "unfollow", &bob);
    let left = home(&alice);
    assert!(!left.contains(&public) && !left.contains(&private));
    assert!(left.contains(&named));
    assert_eq!(
        left.contains(&direct),
        found.contains(&direct),
        "what is addressed to her was hers before"
    );
}

#[test]
fn a_request_brings_nothing_home_before_it_is_accepted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    lock(&bob);
    bob.post_status("hello");
    alice.follow(&bob);
    assert_eq!(home(&alice), Vec::<String>::new());
    bob.post(
        &format!("/api/v1/follow_requests/{}/authorize", alice.id),
        &[],
    )
    .ok();
    assert_eq!(home(&alice).len(), 1);
}

#[test]
fn a_follow_shows_only_the_languages_and_reblogs_it_wants() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    bob.post_with("Hallo", &[("language", "de")]);
    let english = bob.post_with("Hello", &[("language", "en")]);
    let other = carol.post_status("reblog me");
    let reblog = bob
        .post(
            &format!("/api/v1/statuses/{}/reblog", other["id"].as_str().unwrap()),
            &[],
        )
        .ok();
    let path = format!("/api/v1/accounts/{}/follow", bob.id);
    alice
        .json(
            "POST",
            &path,
            &json!({"languages": ["en"], "reblogs": false}),
        )
        .ok();
    assert_eq!(home(&alice), [english["id"].as_str().unwrap()]);
    alice
        .json("POST", &path, &json!({"languages": [], "reblogs": true}))
        .ok();
    let all = home(&alice);
    assert_eq!(
        (all.len(), &all[0]),
        (3, &reblog["id"].as_str().unwrap().to_owned())
    );
}

#[test]
fn a_block_takes_both_out_of_each_others_home() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    bob.follow(&alice);
    let (hers, his) = (
        alice.post_status("hello @bob"),
        bob.post_status("hello @alice"),
    );
    act(&alice, "block", &bob);
    act(&alice, "unblock", &bob);
    assert!(!home(&alice).contains(&his["id"].as_str().unwrap().to_owned()));
    assert!(!home(&bob).contains(&hers["id"].as_str().unwrap().to_owned()));
}

#[test]
fn who_subscribed_is_told_of_posts_but_not_of_replies() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice
        .post(
            &format!("/api/v1/pleroma/accounts/{}/subscribe", bob.id),
            &[],
        )
        .ok();
    let post = bob.post_status("news");
    bob.post_with("more", &[("in_reply_to_id", post["id"].as_str().unwrap())]);
    bob.post_with("for followers", &[("visibility", "private")]);
    assert_eq!(notified(&alice), [("status".to_owned(), bob.id.clone())]);
}
