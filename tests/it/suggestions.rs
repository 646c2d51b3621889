//! People worth knowing: endorsements, suggestions, the directory, familiar followers.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn act(me: &TestUser, verb: &str, other: &TestUser) -> Value {
    me.post(&format!("/api/v1/accounts/{}/{verb}", other.id), &[])
        .ok()
}

fn discoverable(user: &TestUser) {
    user.patch(
        "/api/v1/accounts/update_credentials",
        &[("discoverable", "true")],
    )
    .ok();
}

#[test]
fn an_endorsement_is_shown_until_it_or_the_follow_ends() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    alice
        .post(&format!("/api/v1/accounts/{}/pin", bob.id), &[])
        .refused(422, "You must be following the person you want to endorse");
    alice.follow(&bob);
    alice.follow(&carol);
    for verb in ["pin", "endorse", "pin"] {
        assert_eq!(act(&alice, verb, &bob)["endorsed"], true);
    }
    act(&alice, "endorse", &carol);
    let newest_first = [carol.id.as_str(), &bob.id];
    assert_eq!(ids(&alice.get("/api/v1/endorsements").ok()), newest_first);
    for path in ["/api/v1/accounts", "/api/v1/pleroma/accounts"] {
        let path = format!("{path}/{}/endorsements", alice.id);
        assert_eq!(ids(&server.get(&path).ok()), newest_first, "{path}");
        let page = server.get(&format!("{path}?limit=1"));
        let link = page.header("Link").unwrap().to_owned();
        let next = link.split(['<', '>']).nth(1).unwrap();
        let next = next.strip_prefix("http://127.0.0.1:4000").unwrap();
        assert_eq!(ids(&server.get(next).ok()), [&*bob.id]);
    }
    assert_eq!(act(&alice, "unpin", &carol)["endorsed"], false);
    assert_eq!(act(&alice, "unendorse", &carol)["endorsed"], false);
    assert_eq!(act(&alice, "unfollow", &bob)["endorsed"], false);
    assert_eq!(alice.get("/api/v1/endorsements").ok(), json!([]));
    for path in [
        "/api/v1/accounts/1/endorsements",
        "/api/v1/pleroma/accounts/1/endorsements",
    ] {
        server.get(path).refused(404, "Record not found");
    }
    for verb in ["pin", "unpin", "endorse", "unendorse"] {
        alice
            .post(&format!("/api/v1/accounts/1/{verb}"), &[])
            .refused(404, "Record not found");
    }
}

#[test]
fn suggestions_are_whom_ones_people_follow_and_then_whom_many_do() {
    let server = TestServer::new();
    let names = [
        "alice", "friend", "mate", "near", "nearer", "star", "fan", "shy",
    ];
    let [alice, friend, mate, near, nearer, star, fan, shy] = names.map(|name| server.user(name));
    for user in [&alice, &friend, &mate, &near, &nearer, &star] {
        discoverable(user);
    }
    alice.follow(&friend);
    alice.follow(&mate);
    for known in [&near, &nearer, &shy] {
        friend.follow(known);
    }
    mate.follow(&nearer);
    for admirer in [&fan, &shy] {
        admirer.follow(&star);
    }
    let suggested = || ids(&alice.get("/api/v1/suggestions").ok());
    assert_eq!(suggested(), [&*nearer.id, &near.id, &star.id]);
    let second = alice.get("/api/v2/suggestions").ok();
    assert_eq!(
        (
            &second[0]["source"],
            &second[0]["sources"],
            &second[0]["account"]["id"]
        ),
        (
            &json!("global"),
            &json!(["friends_of_friends"]),
            &json!(nearer.id)
        )
    );
    assert_eq!(second[2]["sources"], json!(["most_followed"]));
    assert_eq!(
        ids(&alice.get("/api/v1/suggestions?limit=1").ok()),
        [&*nearer.id]
    );
    let dismiss = format!("/api/v1/suggestions/{}", nearer.id);
    assert_eq!(alice.delete(&dismiss).ok(), json!({}));
    alice
        .delete("/api/v1/suggestions/1")
        .refused(404, "Record not found");
    act(&alice, "mute", &near);
    assert_eq!(suggested(), [&*star.id]);
    act(&alice, "block", &star);
    assert_eq!(suggested(), [""; 0]);
    // Whoever hides whom they follow lends no names.
    act(&alice, "unmute", &near);
    friend
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("hide_follows", "true")],
        )
        .ok();
    let second = alice.get("/api/v2/suggestions").ok();
    assert_eq!(second[0]["sources"], json!(["most_followed"]));
}

#[test]
fn the_directory_lists_who_wants_to_be_found() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    server.user("shy");
    for user in [&alice, &bob, &carol] {
        discoverable(user);
    }
    for user in [&carol, &bob, &alice] {
        user.post_status("hi");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let listed = |query: &str| ids(&server.get(&format!("/api/v1/directory{query}")).ok());
    assert_eq!(listed(""), [&*alice.id, &bob.id, &carol.id]);
    assert_eq!(listed("?order=new"), [&*carol.id, &bob.id, &alice.id]);
    assert_eq!(listed("?order=new&limit=1&offset=1"), [&*bob.id]);
    let remote = "INSERT INTO accounts (username, host, uri, url, discoverable, created_at) VALUES ('r', 'r.example', 'u/r', 'u/r', 1, 0)";
    server.sql().execute(remote, []).unwrap();
    assert_eq!((listed("").len(), listed("?local=true").len()), (4, 3));
    act(&alice, "block", &bob);
    assert_eq!(
        ids(&bob.get("/api/v1/directory?local=1").ok()),
        [&*bob.id, &carol.id]
    );
}

#[test]
fn familiar_followers_are_those_one_follows_oneself() {
    let server = TestServer::new();
    let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(|name| server.user(name));
    alice.follow(&bob);
    alice.follow(&carol);
    for follower in [&bob, &carol] {
        follower.follow(&dave);
    }
    let path = format!(
        "/api/v1/accounts/familiar_followers?id[]={}&id[]={}&id[]=7",
        dave.id, bob.id
    );
    let answer = alice.get(&path).ok();
    assert_eq!(ids(&answer), [&*dave.id, &bob.id, "7"]);
    assert_eq!(ids(&answer[0]["accounts"]), [&*carol.id, &bob.id]);
    assert_eq!(
        (&answer[1]["accounts"], &answer[2]["accounts"]),
        (&json!([]), &json!([]))
    );
    carol
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("hide_follows", "true")],
        )
        .ok();
    assert_eq!(ids(&alice.get(&path).ok()[0]["accounts"]), [&*bob.id]);
    dave.patch(
        "/api/v1/accounts/update_credentials",
        &[("hide_followers", "true")],
    )
    .ok();
    assert_eq!(alice.get(&path).ok()[0]["accounts"], json!([]));
}
