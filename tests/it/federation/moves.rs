//! Moving from server to server (federation.md 9.2; security.md A11).

use kenoma::ids::AccountId;
use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::{self, Peer};
use super::stranger::{Stranger, sent};
use crate::support::{BASE, TestServer, TestUser};

/// Where bob moves: a new account that may name the old one.
fn new_home(peer: &Fake, name: &str, more: Value) -> String {
    let id = peer.url(&format!("/users/{name}"));
    let mut actor = json!({"id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox")});
    for (key, value) in more.as_object().unwrap() {
        actor[key] = value.clone();
    }
    peer.document(&format!("/users/{name}"), &actor);
    id
}

fn followed<'a>(server: &'a TestServer, who: &TestUser) -> Stranger<'a> {
    let bob = Stranger::new(server, "bob", "remote.example");
    follow(&bob, who);
    bob
}

fn follow(bob: &Stranger, who: &TestUser) {
    who.post(
        &format!("/api/v1/accounts/{}/follow", bob.id),
        &[("reblogs", "false"), ("notify", "true")],
    )
    .ok();
    let me = format!("{BASE}/users/{}", who.name);
    bob.say(&bob.activity(
        "Accept",
        json!({"type": "Follow", "actor": me, "object": bob.uri}),
    ));
}

fn say_move(bob: &Stranger, target: &str) {
    let mut moved = bob.activity("Move", json!(bob.uri));
    moved["target"] = json!(target);
    bob.say(&moved);
}

/// Ids elsewhere of those whom somebody follows or asked to.
fn follows(server: &TestServer) -> Vec<String> {
    let db = server.sql();
    let mut stmt = db
        .prepare(
            "SELECT a.uri FROM follows AS f JOIN accounts AS a ON a.id = f.target_id ORDER BY f.id",
        )
        .unwrap();
    let rows = stmt.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn t19_whoever_moves_takes_the_followers_along_with_their_options() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = followed(&server, &alice);
    let peer = Fake::start(false);
    let home = new_home(&peer, "dora", json!({"alsoKnownAs": [bob.uri]}));
    sent(&server);
    say_move(&bob, &home);
    assert_eq!(follows(&server), [home.as_str()]);
    let sent = sent(&server);
    let said: Vec<(&Value, &Value)> = sent
        .iter()
        .map(|(_, said)| (&said["type"], &said["object"]))
        .collect();
    assert_eq!(said[0], (&json!("Follow"), &json!(home)));
    assert_eq!(
        (said[1].0, &said[1].1["type"]),
        (&json!("Undo"), &json!("Follow"))
    );
    let told = alice.get("/api/v1/notifications").ok();
    let of_move = told
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["type"] == "move")
        .unwrap();
    assert_eq!(of_move["account"]["acct"], "bob@remote.example");
    assert_eq!(of_move["target"]["username"], "dora");
    let new = of_move["target"]["id"].as_str().unwrap();
    let seen = alice
        .get(&format!("/api/v1/accounts/relationships?id[]={new}"))
        .ok();
    assert_eq!(
        (&seen[0]["showing_reblogs"], &seen[0]["notifying"]),
        (&json!(false), &json!(true))
    );
    // A second move within the week has no effect.
    let elsewhere = new_home(&peer, "dana", json!({"alsoKnownAs": [bob.uri]}));
    follow(&bob, &alice);
    say_move(&bob, &elsewhere);
    assert!(!follows(&server).contains(&elsewhere));
    server
        .sql()
        .execute(
            "UPDATE accounts SET moved_at = moved_at - 8 * 86400000 WHERE id = ?1",
            [bob.id.0],
        )
        .unwrap();
    say_move(&bob, &elsewhere);
    assert!(follows(&server).contains(&elsewhere));
}

#[test]
fn sec_a11_nobody_moves_to_who_does_not_know_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = followed(&server, &alice);
    let peer = Fake::start(false);
    let unmoved = |what: &str| assert_eq!(follows(&server), [bob.uri.as_str()], "{what}");
    say_move(&bob, &new_home(&peer, "stranger", json!({})));
    unmoved("no alias");
    say_move(
        &bob,
        &new_home(
            &peer,
            "handle",
            json!({"alsoKnownAs": ["@bob@remote.example"]}),
        ),
    );
    unmoved("an alias that is no id");
    let moved = json!({"alsoKnownAs": [bob.uri], "movedTo": "https://elsewhere.example/users/zoe"});
    say_move(&bob, &new_home(&peer, "restless", moved));
    unmoved("moved itself");
    say_move(&bob, &peer.url("/users/nobody"));
    unmoved("nobody there");
    say_move(&bob, &bob.uri);
    unmoved("to itself");
    // An alias that was known once, and is no more.
    let fickle = new_home(&peer, "fickle", json!({"alsoKnownAs": [bob.uri]}));
    alice
        .get(&format!("/api/v2/search?resolve=true&q={fickle}"))
        .ok();
    new_home(&peer, "fickle", json!({}));
    say_move(&bob, &fickle);
    unmoved("no longer an alias");
    // Said by another, or of another.
    let eve = Stranger::new(&server, "eve", "evil.example");
    let home = new_home(&peer, "dora", json!({"alsoKnownAs": [bob.uri, eve.uri]}));
    let mut of_bob = eve.activity("Move", json!(bob.uri));
    of_bob["target"] = json!(home);
    eve.say(&of_bob);
    unmoved("another moves bob");
    let mut in_bobs_name = bob.activity("Move", json!(bob.uri));
    in_bobs_name["target"] = json!(home);
    eve.say(&in_bobs_name);
    unmoved("another says so in bob's name");
    say_move(&bob, &home);
    assert_eq!(follows(&server), [home.as_str()]);
}

#[test]
fn t19_nobody_is_made_to_follow_whom_they_block_or_when_they_do_not_want_to() {
    let server = TestServer::new();
    let (alice, carl, dan) = (
        server.user("alice"),
        server.user("carl"),
        server.user("dan"),
    );
    let bob = followed(&server, &alice);
    follow(&bob, &carl);
    follow(&bob, &dan);
    let peer = Fake::start(false);
    let home = new_home(&peer, "dora", json!({"alsoKnownAs": [bob.uri]}));
    let found = carl
        .get(&format!("/api/v2/search?resolve=true&q={home}"))
        .ok();
    carl.post(
        &format!(
            "/api/v1/accounts/{}/block",
            found["accounts"][0]["id"].as_str().unwrap()
        ),
        &[],
    )
    .ok();
    dan.patch(
        "/api/v1/accounts/update_credentials",
        &[("allow_following_move", "false")],
    )
    .ok();
    say_move(&bob, &home);
    let mut left = follows(&server);
    left.sort();
    let mut expected = vec![bob.uri.clone(), bob.uri.clone(), home];
    expected.sort();
    assert_eq!(left, expected, "only alice follows the new account");
    let kinds = |who: &TestUser| who.get("/api/v1/notifications").text().contains("\"move\"");
    assert_eq!(
        (kinds(&alice), kinds(&carl), kinds(&dan)),
        (true, false, true)
    );
}

#[test]
fn t19_whoever_moves_away_tells_the_followers_and_posts_no_more() {
    let server = TestServer::new();
    let (alice, local) = (server.user("alice"), server.user("local"));
    local.follow(&alice);
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.say(&bob.activity("Follow", json!(format!("{BASE}/users/alice"))));
    let new = Stranger::new(&server, "alice", "new.example");
    let me: AccountId = alice.id.parse().unwrap();
    let leave = || {
        server
            .app
            .db()
            .write(|tx| kenoma::ops::moves::leave(tx, me, new.id))
    };
    assert!(
        leave().is_err(),
        "the new account does not know the old one"
    );
    let uri = format!("{BASE}/users/alice");
    let set = "UPDATE accounts SET also_known_as = json_array(?1) WHERE id = ?2";
    server.sql().execute(set, (&uri, new.id.0)).unwrap();
    sent(&server);
    leave().unwrap();
    assert!(leave().is_err(), "once a week");
    let sent = sent(&server);
    let moves: Vec<&(String, Value)> = sent
        .iter()
        .filter(|(_, said)| said["type"] == "Move")
        .collect();
    assert_eq!(moves.len(), 1);
    let (inbox, moved) = moves[0];
    assert_eq!(inbox, "https://remote.example/inbox");
    assert_eq!(
        (&moved["object"], &moved["target"]),
        (&json!(uri), &json!(new.uri))
    );
    assert_eq!(
        (&moved["actor"], &moved["to"]),
        (&json!(uri), &json!([format!("{uri}/followers")]))
    );
    assert!(
        sent.iter()
            .any(|(_, said)| said["type"] == "Follow" && said["object"] == json!(new.uri))
    );
    let shown = super::fetch(&server, "/users/alice").ok();
    assert_eq!(shown["movedTo"], new.uri);
    let refused = alice.post("/api/v1/statuses", &[("status", "hello")]);
    refused.refused(403, "You have moved to another account");
}

#[test]
fn aliases_are_shown_and_told_to_followers() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.say(&bob.activity("Follow", json!(format!("{BASE}/users/alice"))));
    sent(&server);
    let me: AccountId = alice.id.parse().unwrap();
    let db = server.app.db();
    for _ in 0..2 {
        db.write(|tx| kenoma::ops::moves::add_alias(tx, me, bob.id))
            .unwrap();
    }
    assert!(
        db.write(|tx| kenoma::ops::moves::add_alias(tx, me, me))
            .is_err()
    );
    assert_eq!(
        super::fetch(&server, "/users/alice").ok()["alsoKnownAs"],
        json!([bob.uri])
    );
    let sent = sent(&server);
    assert_eq!((sent.len(), &sent[0].1["type"]), (1, &json!("Update")));
    assert!(
        db.write(|tx| kenoma::ops::moves::remove_alias(tx, me, &bob.uri))
            .unwrap()
    );
    assert!(
        !db.write(|tx| kenoma::ops::moves::remove_alias(tx, me, &bob.uri))
            .unwrap()
    );
    assert!(
        super::fetch(&server, "/users/alice")
            .ok()
            .get("alsoKnownAs")
            .is_none()
    );
}

#[test]
fn somebody_moves_from_one_server_to_another_as_clients_do_it() {
    let (here, there) = (Peer::start(&[]), Peer::start(&[]));
    let (alice, fan) = (here.user("alice"), here.user("fan"));
    let (new, friend) = (there.user("alice"), there.user("friend"));
    fan.follow(&alice);
    pair::follow(&friend, &pair::find(&friend, "alice", &here));
    pair::settle(&here, &there);
    let move_away = || {
        let target = format!("alice@{}", there.host);
        let form = [
            ("password", alice.password.as_str()),
            ("target_account", &target),
        ];
        alice.post("/api/pleroma/move_account", &form).ok()
    };
    assert_eq!(
        move_away()["error"],
        "The new account does not name this one as its alias"
    );
    let old = format!("alice@{}", here.host);
    new.put("/api/pleroma/aliases", &[("alias", &old)]).ok();
    let listed = new.get("/api/pleroma/aliases").ok();
    assert_eq!(listed, json!({"aliases": [old]}));
    // Its server is asked again, however fresh the copy here is.
    assert_eq!(move_away(), json!({"status": "success"}));
    pair::settle(&here, &there);
    let followers = new
        .get(&format!("/api/v1/accounts/{}/followers", new.id))
        .ok();
    let mut names: Vec<&str> = followers
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["username"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["fan", "friend"]);
}
