//! Polls and votes, ours and theirs (federation.md 5.2, 7.5, 8.3).

use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::{self, Peer, copy, find, id, settle};
use super::stranger::{Stranger, count, hurry, sent};
use super::{fetch, path};
use crate::support::{BASE, TestServer, TestUser};

fn ask(user: &TestUser, more: &[(&str, &str)]) -> Value {
    let mut form = vec![
        ("poll[options][]", "cats"),
        ("poll[options][]", "dogs"),
        ("poll[expires_in]", "3600"),
    ];
    form.extend_from_slice(more);
    user.post_with("which?", &form)
}

fn poll(user: &TestUser, status: &Value) -> Value {
    user.get(&format!("/api/v1/polls/{}", id(status))).ok()
}

fn votes(poll: &Value) -> Vec<i64> {
    let options = poll["options"].as_array().unwrap().iter();
    options
        .map(|option| option["votes_count"].as_i64().unwrap_or(-1))
        .collect()
}

fn question(bob: &Stranger, kind: &str, totals: [i64; 2]) -> Value {
    let mut note = bob.note("<p>which?</p>");
    note["type"] = json!("Question");
    note["published"] = json!("2026-01-01T00:00:00Z");
    note["endTime"] = json!("2036-01-01T00:00:00Z");
    counted(&mut note, kind, totals);
    note
}

fn counted(note: &mut Value, kind: &str, totals: [i64; 2]) {
    let option = |name: &str, total: i64| json!({"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": total}});
    note[kind] = json!([option("cats", totals[0]), option("dogs", totals[1])]);
    note["votersCount"] = json!(totals[0] + totals[1]);
}

fn vote(bob: &Stranger, status: &Value, option: &str) -> Value {
    json!({"id": format!("{}/votes/{}", bob.uri, kenoma::ids::next()), "type": "Note", "attributedTo": bob.uri,
           "name": option, "inReplyTo": status["uri"], "to": [format!("{BASE}/users/alice")]})
}

#[test]
fn a_question_is_written_as_agreed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = ask(&alice, &[]);
    let document = fetch(&server, &path(&status["uri"])).ok();
    assert_eq!(document["type"], "Question");
    assert_eq!(
        document["oneOf"],
        json!([
            {"type": "Note", "name": "cats", "replies": {"type": "Collection", "totalItems": 0}},
            {"type": "Note", "name": "dogs", "replies": {"type": "Collection", "totalItems": 0}}])
    );
    assert_eq!(document["votersCount"], 0);
    assert_eq!(document["endTime"], status["poll"]["expires_at"]);
    assert!(document.get("closed").is_none() && document.get("anyOf").is_none());
    let many = ask(&alice, &[("poll[multiple]", "true")]);
    assert!(fetch(&server, &path(&many["uri"])).ok()["anyOf"].is_array());
}

#[test]
fn hidden_counts_are_hidden_from_other_servers_too() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let status = ask(&alice, &[("poll[hide_totals]", "true")]);
    bob.post(
        &format!("/api/v1/polls/{}/votes", id(&status)),
        &[("choices[]", "1")],
    )
    .ok();
    let totals = |document: &Value| document["oneOf"][1]["replies"]["totalItems"].clone();
    assert_eq!(totals(&fetch(&server, &path(&status["uri"])).ok()), 0);
    server
        .sql()
        .execute("UPDATE polls SET expires_at = 1", [])
        .unwrap();
    let over = fetch(&server, &path(&status["uri"])).ok();
    assert_eq!(totals(&over), 1);
    assert!(over["closed"].is_string());
}

#[test]
fn votes_from_elsewhere_count_once_and_are_no_posts() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let status = ask(&alice, &[]);
    let first = bob.activity("Create", vote(&bob, &status, "dogs"));
    bob.say(&first);
    bob.say(&first);
    bob.say(&bob.activity("Create", vote(&bob, &status, "dogs")));
    bob.say(&bob.activity("Create", vote(&bob, &status, "cats")));
    bob.say(&bob.activity("Create", vote(&bob, &status, "birds")));
    // In bob's name, and in one's own as if it were bob's.
    eve.say(&bob.activity("Create", vote(&bob, &status, "cats")));
    eve.say(&eve.activity("Create", vote(&bob, &status, "cats")));
    let now = poll(&alice, &status);
    assert_eq!((votes(&now), &now["voters_count"]), (vec![0, 1], &json!(1)));
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 1);
    assert_eq!(alice.get("/api/v1/notifications").ok(), json!([]));
    // Several, alone or as a list, where several may be chosen.
    let many = ask(&alice, &[("poll[multiple]", "true")]);
    bob.say(&bob.activity(
        "Create",
        json!([vote(&bob, &many, "cats"), vote(&bob, &many, "dogs")]),
    ));
    eve.say(&eve.activity("Create", vote(&eve, &many, "cats")));
    let now = poll(&alice, &many);
    assert_eq!((votes(&now), &now["voters_count"]), (vec![2, 1], &json!(2)));
    // Of whom it is hidden, and when it is over, nobody votes.
    let secret = ask(&alice, &[("visibility", "private")]);
    bob.say(&bob.activity("Create", vote(&bob, &secret, "cats")));
    server
        .sql()
        .execute("UPDATE polls SET expires_at = 1", [])
        .unwrap();
    let carl = Stranger::new(&server, "carl", "remote.example");
    carl.say(&carl.activity("Create", vote(&carl, &many, "cats")));
    assert_eq!(votes(&poll(&alice, &secret)), [0, 0]);
    assert_eq!(votes(&poll(&alice, &many)), [2, 1]);
}

#[test]
fn others_hear_of_counts_every_three_minutes_and_at_the_end() {
    let server = TestServer::new();
    let (alice, carl) = (server.user("alice"), server.user("carl"));
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.follows(&alice);
    let status = ask(&alice, &[]);
    sent(&server);
    bob.say(&bob.activity("Create", vote(&bob, &status, "dogs")));
    carl.post(
        &format!("/api/v1/polls/{}/votes", id(&status)),
        &[("choices[]", "1")],
    )
    .ok();
    assert_eq!(sent(&server).len(), 0, "not at once");
    let early = count(
        &server,
        "SELECT count(*) FROM jobs WHERE kind = 'send_activity' AND run_at < (unixepoch() + 170) * 1000",
    );
    assert_eq!(early, 0);
    assert_eq!(server.jobs("send_activity").len(), 1, "not for each vote");
    server
        .sql()
        .execute(
            "UPDATE jobs SET run_at = 0 WHERE kind = 'send_activity'",
            [],
        )
        .unwrap();
    let told = sent(&server);
    assert_eq!(
        (told.len(), &told[0].0[..]),
        (1, "https://remote.example/inbox")
    );
    let object = &told[0].1["object"];
    assert_eq!(
        (&told[0].1["type"], &object["type"]),
        (&json!("Update"), &json!("Question"))
    );
    assert_eq!(
        (
            &object["oneOf"][1]["replies"]["totalItems"],
            &object["votersCount"]
        ),
        (&json!(2), &json!(2))
    );
    assert!(
        object.get("updated").is_none(),
        "counts are no other version"
    );
    // The end: the author and the voters here are told, and so are other servers.
    server
        .sql()
        .execute("UPDATE polls SET expires_at = 1", [])
        .unwrap();
    hurry(&server);
    let told = sent(&server);
    assert_eq!(told.len(), 1);
    assert!(told[0].1["object"]["closed"].is_string());
    assert_eq!(pair::kinds(&alice), ["poll", "follow"]);
    assert_eq!(pair::kinds(&carl), ["poll"]);
}

#[test]
fn a_vote_in_a_poll_elsewhere_is_sent_to_its_author_alone() {
    let server = TestServer::new();
    let (alice, carl) = (server.user("alice"), server.user("carl"));
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let many = question(&bob, "anyOf", [3, 4]);
    bob.say(&bob.activity("Create", many.clone()));
    let here = copy(&alice, &json!({"uri": many["id"]}));
    assert_eq!(
        (votes(&here["poll"]), &here["poll"]["voters_count"]),
        (vec![3, 4], &json!(7))
    );
    assert_eq!(
        (&here["poll"]["multiple"], &here["poll"]["expired"]),
        (&json!(true), &json!(false))
    );
    sent(&server);
    alice
        .post(
            &format!("/api/v1/polls/{}/votes", id(&here)),
            &[("choices[]", "0"), ("choices[]", "1")],
        )
        .ok();
    let told = sent(&server);
    assert_eq!(told.len(), 2, "one activity for each option");
    for ((inbox, create), name) in told.iter().zip(["cats", "dogs"]) {
        assert_eq!(inbox, &format!("{}/inbox", bob.uri));
        let object = &create["object"];
        assert_eq!(
            object,
            &json!({"id": object["id"], "type": "Note", "name": name, "attributedTo": format!("{BASE}/users/alice"),
                    "inReplyTo": many["id"], "to": [bob.uri], "cc": []})
        );
        assert_eq!(
            (&create["type"], &create["to"]),
            (&json!("Create"), &json!([bob.uri]))
        );
    }
    assert_ne!(told[0].1["id"], told[1].1["id"]);
    assert_eq!(votes(&poll(&alice, &here)), [4, 5]);
    // What the origin counts is what counts.
    let mut now = many.clone();
    counted(&mut now, "anyOf", [9, 8]);
    let update = bob.activity("Update", now.clone());
    bob.say(&update);
    bob.say(&update);
    assert_eq!(votes(&poll(&alice, &here)), [9, 8]);
    assert_eq!(poll(&alice, &here)["own_votes"], json!([0, 1]));
    assert_eq!(count(&server, "SELECT count(*) FROM status_edits"), 0);
    let eve = Stranger::new(&server, "eve", "evil.example");
    counted(&mut now, "anyOf", [0, 0]);
    eve.say(&eve.activity("Update", now.clone()));
    eve.say(&bob.activity("Update", now.clone()));
    assert_eq!(votes(&poll(&alice, &here)), [9, 8]);
    // Another question: the votes are void.
    now["anyOf"][0]["name"] = json!("birds");
    bob.say(&bob.activity("Update", now));
    assert_eq!(poll(&alice, &here)["own_votes"], json!([]));
    // Those who voted are told when it is over.
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM jobs WHERE kind = 'close_poll'"
        ),
        2
    );
    carl.post(
        &format!("/api/v1/polls/{}/votes", id(&here)),
        &[("choices[]", "0")],
    )
    .ok();
    server
        .sql()
        .execute("UPDATE polls SET expires_at = 1", [])
        .unwrap();
    hurry(&server);
    assert_eq!(pair::kinds(&carl), ["poll"]);
    assert_eq!(pair::kinds(&alice), [] as [&str; 0]);
}

#[test]
fn counts_are_taken_anew_when_somebody_here_looks_at_old_ones() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let document = |totals: [i64; 2], end: &str| {
        let mut note = peer.note("/q", &bob);
        note["type"] = json!("Question");
        note["published"] = json!("2026-01-01T00:00:00Z");
        note["endTime"] = json!(end);
        counted(&mut note, "oneOf", totals);
        peer.document("/q", &note);
    };
    let far = "2036-01-01T00:00:00Z";
    document([1, 2], far);
    let here = copy(&alice, &json!({"uri": peer.url("/q")}));
    document([3, 3], far);
    assert_eq!(votes(&poll(&alice, &here)), [1, 2], "fresh enough");
    let age = || {
        let sql = server.sql();
        sql.execute("UPDATE polls SET counted_at = counted_at - 61000", [])
            .unwrap();
    };
    age();
    let stranger = server.get(&format!("/api/v1/polls/{}", id(&here))).ok();
    assert_eq!(votes(&stranger), [1, 2], "nothing is fetched for strangers");
    assert_eq!(votes(&poll(&alice, &here)), [3, 3]);
    assert_eq!(peer.asked("/q").len(), 2);
    // When it is over it is asked for once more, and never again.
    document([5, 5], "2026-01-01T00:00:01Z");
    for _ in 0..3 {
        age();
        assert_eq!(votes(&poll(&alice, &here)), [5, 5]);
    }
    assert_eq!(peer.asked("/q").len(), 3);
}

#[test]
fn a_poll_is_voted_in_from_the_other_server_and_ends_on_both() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    pair::follow(&ann, &find(&ann, "bob", &b));
    settle(&a, &b);
    let status = ask(&bob, &[]);
    settle(&a, &b);
    let here = copy(&ann, &status);
    ann.post(
        &format!("/api/v1/polls/{}/votes", id(&here)),
        &[("choices[]", "1")],
    )
    .ok();
    settle(&a, &b);
    let there = poll(&bob, &status);
    assert_eq!(
        (votes(&there), &there["voters_count"]),
        (vec![0, 1], &json!(1))
    );
    for peer in [&a, &b] {
        let sql = peer.server.sql();
        sql.execute("UPDATE polls SET expires_at = 1700000000000", [])
            .unwrap();
        hurry(&peer.server);
    }
    settle(&a, &b);
    let here = poll(&ann, &here);
    assert_eq!((votes(&here), &here["expired"]), (vec![0, 1], &json!(true)));
    assert!(pair::kinds(&ann).contains(&"poll".into()));
    assert!(pair::kinds(&bob).contains(&"poll".into()));
}
