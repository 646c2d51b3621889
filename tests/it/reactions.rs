//! Emoji reactions (pleroma-contract 20).

use serde_json::{Value, json};

use crate::emoji::pack;
use crate::planted::{pair, post};
use crate::support::{Answer, BASE, TestServer, TestUser, ids};

fn react(user: &TestUser, status: &str, emoji: &str) -> Answer {
    let emoji = crate::support::encode(&[("", emoji)]);
    user.put(
        &format!(
            "/api/v1/pleroma/statuses/{status}/reactions/{}",
            &emoji[1..]
        ),
        &[],
    )
}

fn unreact(user: &TestUser, status: &str, emoji: &str) -> Answer {
    let emoji = crate::support::encode(&[("", emoji)]);
    user.delete(&format!(
        "/api/v1/pleroma/statuses/{status}/reactions/{}",
        &emoji[1..]
    ))
}

/// Emoji, count and `me` of each tally.
fn tallies(list: &Value) -> Vec<(String, u64, bool)> {
    let tally = |entry: &Value| {
        (
            entry["name"].as_str().unwrap().to_owned(),
            entry["count"].as_u64().unwrap(),
            entry["me"].as_bool().unwrap(),
        )
    };
    list.as_array().unwrap().iter().map(tally).collect()
}

fn tally(name: &str, count: u64, me: bool) -> (String, u64, bool) {
    (name.to_owned(), count, me)
}

fn list(status: &str) -> String {
    format!("/api/v1/pleroma/statuses/{status}/reactions")
}

#[test]
fn reacting_twice_with_one_emoji_counts_once() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = post(&alice, "public", "hello");
    react(&bob, &post, "☕").ok();
    let seen = react(&bob, &post, "☕\u{fe0f}").ok();
    assert_eq!(seen["id"], post);
    assert_eq!(
        seen["pleroma"]["emoji_reactions"],
        json!([{"name": "☕", "count": 1, "me": true, "url": null, "account_ids": [bob.id]}])
    );
    assert_eq!(seen["emoji_reactions"], seen["pleroma"]["emoji_reactions"]);
    assert_eq!(
        tallies(&alice.get(&list(&post)).ok()),
        [tally("☕", 1, false)]
    );
}

#[test]
fn emoji_come_in_the_order_of_their_first_use_and_people_newest_first() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = post(&alice, "public", "hello");
    for (user, emoji) in [(&bob, "🎅"), (&alice, "☕"), (&alice, "🎅")] {
        react(user, &post, emoji).ok();
    }
    let seen = alice.get(&list(&post)).ok();
    assert_eq!(tallies(&seen), [tally("🎅", 2, true), tally("☕", 1, true)]);
    assert_eq!(
        ids(&seen[0]["accounts"]),
        [alice.id.as_str(), bob.id.as_str()]
    );
    let one = alice.get(&format!("{}/%E2%98%95", list(&post))).ok();
    assert_eq!(tallies(&one), [tally("☕", 1, true)]);
    assert_eq!(alice.get(&format!("{}/x", list(&post))).ok(), json!([]));
    let anonymous = server.get(&list(&post)).ok();
    assert_eq!(
        tallies(&anonymous),
        [tally("🎅", 2, false), tally("☕", 1, false)]
    );
}

#[test]
fn what_is_no_emoji_is_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = post(&alice, "public", "hello");
    for text in ["x", ".", "text", "☕☕", ":unknown:", "wow@remote.example"] {
        react(&alice, &post, text).refused(400, "Could not add reaction emoji");
    }
    unreact(&alice, &post, "☕").refused(400, "Could not remove reaction emoji");
    unreact(&alice, &post, ".").refused(400, "Could not remove reaction emoji");
}

#[test]
fn a_reaction_taken_back_is_gone_with_its_notification() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = post(&alice, "public", "hello");
    react(&bob, &post, "☕").ok();
    react(&bob, &post, "🎅").ok();
    let notified = || -> Vec<String> {
        let db = server.sql();
        let mut stmt = db
            .prepare("SELECT emoji FROM notifications WHERE account_id = ?1 ORDER BY id")
            .unwrap();
        let rows = stmt.query_map([&alice.id], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(notified(), ["☕", "🎅"]);
    let seen = unreact(&bob, &post, "☕").ok();
    assert_eq!(
        tallies(&seen["pleroma"]["emoji_reactions"]),
        [tally("🎅", 1, true)]
    );
    assert_eq!(notified(), ["🎅"]);
}

#[test]
fn nobody_is_notified_of_the_own_reaction() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = post(&alice, "public", "hello");
    react(&alice, &post, "☕").ok();
    let count: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM notifications", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 0);
}

#[test]
fn invisible_and_unknown_statuses_look_the_same() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let private = post(&alice, "private", "secret");
    react(&alice, &private, "☕").ok();
    for id in [private.as_str(), "1", "x"] {
        react(&bob, id, "☕").refused(404, "Record not found");
        unreact(&bob, id, "☕").refused(404, "Record not found");
        assert_eq!(bob.get(&list(id)).ok(), json!([]));
        assert_eq!(server.get(&list(id)).ok(), json!([]));
    }
    let public = post(&alice, "public", "hello");
    pair(&server, "blocks", &alice.id, &bob.id);
    react(&bob, &public, "☕").refused(404, "Record not found");
}

#[test]
fn a_reaction_to_a_reblog_is_one_to_the_status_itself() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = post(&alice, "public", "hello");
    let wrapper = bob
        .post(&format!("/api/v1/statuses/{post}/reblog"), &[])
        .ok();
    let wrapper = wrapper["id"].as_str().unwrap();
    let seen = react(&bob, wrapper, "☕").ok();
    assert_eq!(seen["id"], post);
    assert_eq!(
        tallies(&alice.get(&list(&post)).ok()),
        [tally("☕", 1, false)]
    );
    assert_eq!(
        tallies(&alice.get(&list(wrapper)).ok()),
        [tally("☕", 1, false)]
    );
}

#[test]
fn a_custom_emoji_of_this_server_may_react_under_both_spellings() {
    let server = TestServer::new();
    let alice = server.user("alice");
    pack(&server, "p", &["dinosaur"]);
    server.get("/api/pleroma/emoji").ok();
    let post = post(&alice, "public", "hello");
    react(&alice, &post, ":dinosaur:").ok();
    let seen = react(&alice, &post, "dinosaur").ok();
    let url = format!("{BASE}/emoji/p/dinosaur.png");
    assert_eq!(
        seen["emoji_reactions"],
        json!([{"name": "dinosaur", "count": 1, "me": true, "url": url, "account_ids": [alice.id]}])
    );
    assert_eq!(
        unreact(&alice, &post, ":dinosaur:").ok()["emoji_reactions"],
        json!([])
    );
}

#[test]
fn another_servers_emoji_may_only_join_where_it_reacted_already() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = crate::planted::stranger(&server, "far", "remote.example");
    let post = post(&alice, "public", "hello");
    let picture = "https://remote.example/wow.png";
    server
        .sql()
        .execute(
            "INSERT INTO reactions (account_id, status_id, emoji, url) VALUES (?1, ?2, 'wow@remote.example', ?3)",
            [&far, &post, picture],
        )
        .unwrap();
    let seen = react(&alice, &post, ":wow@remote.example:").ok();
    assert_eq!(
        seen["emoji_reactions"],
        json!([{"name": "wow@remote.example", "count": 2, "me": true, "url": picture, "account_ids": [far, alice.id]}])
    );
}

#[test]
fn each_viewer_sees_reactions_without_the_people_blocked_or_muted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (carol, dave) = (server.user("carol"), server.user("dave"));
    let post = post(&alice, "public", "hello");
    for user in [&bob, &carol, &dave] {
        react(user, &post, "☕").ok();
    }
    pair(&server, "mutes", &alice.id, &bob.id);
    pair(&server, "blocks", &alice.id, &carol.id);
    assert_eq!(
        tallies(&alice.get(&list(&post)).ok()),
        [tally("☕", 1, false)]
    );
    let muted = alice.get(&format!("{}?with_muted=true", list(&post))).ok();
    assert_eq!(
        ids(&muted[0]["accounts"]),
        [dave.id.as_str(), bob.id.as_str()]
    );
    assert_eq!(
        tallies(&server.get(&list(&post)).ok()),
        [tally("☕", 3, false)]
    );
    let sql = server.sql();
    sql.execute("UPDATE accounts SET hidden = 1 WHERE id = ?1", [&dave.id])
        .unwrap();
    assert_eq!(alice.get(&list(&post)).ok(), json!([]));
    assert_eq!(
        tallies(&server.get(&list(&post)).ok()),
        [tally("☕", 2, false)]
    );
}

#[test]
fn reactions_from_a_blocked_domain_are_left_out_for_whoever_blocked_it() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = crate::planted::stranger(&server, "far", "remote.example");
    let post = post(&alice, "public", "hello");
    react(&alice, &post, "☕").ok();
    let sql = "INSERT INTO reactions (account_id, status_id, emoji) VALUES (?1, ?2, '🎅')";
    server.sql().execute(sql, [&far, &post]).unwrap();
    let own = format!("/api/v1/statuses/{post}");
    let shown = |status: &Value| tallies(&status["pleroma"]["emoji_reactions"]);
    assert_eq!(shown(&alice.get(&own).ok()).len(), 2);
    let domain = [("domain", "remote.example")];
    alice.post("/api/v1/domain_blocks", &domain).ok();
    let rest = [tally("☕", 1, true)];
    assert_eq!(shown(&alice.get(&own).ok()), rest);
    assert_eq!(tallies(&alice.get(&list(&post)).ok()), rest);
    assert_eq!(tallies(&server.get(&list(&post)).ok()).len(), 2);
}

#[test]
fn a_token_that_may_not_read_statuses_looks_as_anybody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = post(&alice, "public", "hello");
    react(&alice, &post, "☕").ok();
    let client = crate::oauth::Client::with(&server, "write:statuses", crate::oauth::CALLBACK);
    let token = client.login(&alice)["access_token"].clone();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let headers = [("Authorization", bearer.as_str())];
    let read = |method: &str, target: &str| server.request(method, target, &headers, b"").ok();
    let seen = read("GET", &list(&post));
    assert_eq!(tallies(&seen), [tally("☕", 1, false)]);
    assert_eq!(seen[0]["url"], Value::Null);
    // The emoji stands in the path as it is, too.
    let raw = format!("{}/🎅", list(&post));
    let both = [tally("☕", 1, true), tally("🎅", 1, true)];
    assert_eq!(
        tallies(&read("PUT", &raw)["pleroma"]["emoji_reactions"]),
        both
    );
    assert_eq!(tallies(&read("GET", &raw)), [tally("🎅", 1, false)]);
}

#[test]
fn an_instance_may_keep_to_itself_who_reacted() {
    let server = TestServer::with(&["instance.show_reactions=false"]);
    let alice = server.user("alice");
    let post = post(&alice, "public", "hello");
    let seen = react(&alice, &post, "☕").ok();
    assert_eq!(seen["emoji_reactions"][0]["account_ids"], json!([]));
    assert_eq!(seen["emoji_reactions"][0]["count"], 1);
    assert_eq!(alice.get(&list(&post)).ok(), json!([]));
}

#[test]
fn reacting_needs_a_user() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = post(&alice, "public", "hello");
    for target in [
        format!("/api/v1/pleroma/statuses/{post}/reactions/%E2%98%95"),
        format!("/api/v1/statuses/{post}/emoji_reactions/%E2%98%95"),
    ] {
        for method in ["PUT", "DELETE"] {
            server
                .request(method, &target, &[], b"")
                .refused(403, "Invalid credentials.");
        }
        alice.put(&target, &[]).ok();
        assert_eq!(tallies(&server.get(&target).ok()), [tally("☕", 1, false)]);
        let all = server.get(&format!("/api/v1/statuses/{post}/emoji_reactions"));
        assert_eq!(tallies(&all.ok()), [tally("☕", 1, false)]);
        alice.delete(&target).ok();
    }
}
