//! Conversations: threads of direct messages (pleroma-contract 17).

use serde_json::{Value, json};

use crate::planted::{pair, post, stranger};
use crate::support::{TestServer, TestUser, ids};

/// A direct status; its id, and the author's conversation.
fn direct(from: &TestUser, text: &str) -> (String, String) {
    let sent = from.post_with(text, &[("visibility", "direct")]);
    (
        sent["id"].as_str().unwrap().to_owned(),
        sent["pleroma"]["direct_conversation_id"].to_string(),
    )
}

fn list(user: &TestUser) -> Value {
    user.get("/api/v1/conversations").ok()
}

/// The only conversation that somebody has.
fn only(user: &TestUser) -> Value {
    let found = list(user);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    found[0].clone()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

fn unread(user: &TestUser) -> i64 {
    let me = user.get("/api/v1/accounts/verify_credentials").ok();
    me["pleroma"]["unread_conversation_count"].as_i64().unwrap()
}

fn reply(from: &TestUser, conversation: &str, text: &str) -> Value {
    from.post_with(text, &[("in_reply_to_conversation_id", conversation)])
}

#[test]
fn a_direct_message_begins_a_conversation_for_everybody_in_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let (message, conversation) = direct(&alice, "hi @bob and @carol");
    let sent = only(&alice);
    assert_eq!(id(&sent), conversation);
    assert_eq!(sent["unread"], false);
    let mut others = vec![bob.id.clone(), carol.id.clone()];
    others.sort();
    assert_eq!(ids(&sent["accounts"]), others);
    let received = only(&bob);
    assert_eq!(received["unread"], true);
    assert_eq!(received["last_status"]["id"], message.as_str());
    assert_eq!(
        received["last_status"]["pleroma"]["direct_conversation_id"].to_string(),
        id(&received)
    );
    let mut all = vec![alice.id.clone(), bob.id.clone(), carol.id.clone()];
    all.sort();
    assert_eq!(ids(&received["pleroma"]["recipients"]), all);
    let shown = bob
        .get(&format!("/api/v1/pleroma/conversations/{}", id(&received)))
        .ok();
    assert_eq!(shown, received);
}

#[test]
fn who_writes_to_nobody_is_shown_to_themselves() {
    let server = TestServer::new();
    let alice = server.user("alice");
    direct(&alice, "note to self");
    assert_eq!(ids(&only(&alice)["accounts"]), [alice.id.as_str()]);
}

#[test]
fn the_conversation_bumped_last_comes_first_and_pages_follow() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let mut conversations = Vec::new();
    for name in ["bob", "carol", "dave"] {
        server.user(name);
        conversations.push(direct(&alice, &format!("hi @{name}")).1);
    }
    reply(&alice, &conversations[0], "bump");
    let order = [&conversations[0], &conversations[2], &conversations[1]];
    assert_eq!(ids(&list(&alice)), order.map(String::as_str));
    let first = alice.get("/api/v1/conversations?limit=2");
    let link = first.header("Link").unwrap().to_owned();
    assert_eq!(ids(&first.ok()), [order[0].as_str(), order[1].as_str()]);
    let next = link
        .split('<')
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap()
        .strip_prefix(crate::support::BASE)
        .unwrap();
    assert_eq!(ids(&alice.get(next).ok()), [order[2].as_str()]);
    // Some clients page by the entity's own id.
    let by_id = format!("/api/v1/conversations?max_id={}", order[1]);
    assert_eq!(ids(&alice.get(&by_id).ok()), [order[2].as_str()]);
    let above = format!("/api/v1/conversations?limit=1&min_id={}", order[2]);
    assert_eq!(ids(&alice.get(&above).ok()), [order[1].as_str()]);
}

#[test]
fn only_conversations_among_exactly_these_people_are_found_by_recipients() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let (_, two) = direct(&alice, "hi @bob");
    let (_, three) = direct(&alice, "hi @bob @carol");
    let with = |people: &[&str]| {
        let query: Vec<String> = people
            .iter()
            .map(|id| format!("recipients[]={id}"))
            .collect();
        ids(&alice
            .get(&format!("/api/v1/conversations?{}", query.join("&")))
            .ok())
    };
    assert_eq!(with(&[&bob.id]), [two.as_str()]);
    assert_eq!(with(&[&alice.id, &bob.id]), [two.as_str()]);
    assert_eq!(with(&[&carol.id, &bob.id]), [three.as_str()]);
    assert_eq!(with(&[&carol.id]), Vec::<String>::new());
}

#[test]
fn a_conversation_is_read_from_its_oldest_status_on() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (one, conversation) = direct(&alice, "one @bob");
    let of_alice = |text: &str| id(&reply(&alice, &conversation, text)).to_owned();
    let (two, three) = (of_alice("two"), of_alice("three"));
    let path = format!("/api/v1/pleroma/conversations/{conversation}/statuses");
    assert_eq!(
        ids(&alice.get(&path).ok()),
        [&one, &two, &three].map(|id| id.as_str())
    );
    let newest = alice.get(&format!("{path}?limit=2"));
    let base = format!("{}{path}", crate::support::BASE);
    assert_eq!(
        newest.header("Link").unwrap(),
        format!(
            "<{base}?limit=2&max_id={two}>; rel=\"next\", <{base}?limit=2&min_id={three}>; rel=\"prev\""
        )
    );
    assert_eq!(ids(&newest.ok()), [two.as_str(), three.as_str()]);
    let after = alice.get(&format!("{path}?min_id={one}&limit=1")).ok();
    assert_eq!(ids(&after), [two.as_str()]);
    // Bob's side of the same thread has an id of its own.
    let theirs = format!("/api/v1/pleroma/conversations/{}/statuses", id(&only(&bob)));
    assert_eq!(ids(&bob.get(&theirs).ok()).len(), 3);
}

#[test]
fn a_conversation_shows_public_answers_and_nothing_of_blocked_people() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let public = post(&alice, "public", "in the open");
    let whisper = alice.post_with(
        "psst @bob",
        &[("visibility", "direct"), ("in_reply_to_id", &public)],
    );
    let conversation = whisper["pleroma"]["direct_conversation_id"].to_string();
    let heard = carol.post_with("what?", &[("in_reply_to_id", &public)]);
    let path = format!("/api/v1/pleroma/conversations/{conversation}/statuses");
    assert_eq!(
        ids(&alice.get(&path).ok()),
        [public.as_str(), id(&whisper), id(&heard)]
    );
    pair(&server, "mutes", &alice.id, &bob.id);
    pair(&server, "blocks", &alice.id, &carol.id);
    assert_eq!(ids(&alice.get(&path).ok()), [public.as_str(), id(&whisper)]);
}

#[test]
fn conversations_of_others_are_unknown() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (_, conversation) = direct(&alice, "hi @bob");
    for id in [conversation.as_str(), "999", "x"] {
        let path = format!("/api/v1/pleroma/conversations/{id}");
        let own = format!("/api/v1/conversations/{id}");
        let text = "Unknown conversation id";
        bob.get(&path).refused(404, text);
        bob.get(&format!("{path}/statuses")).refused(404, text);
        bob.patch(&path, &[("recipients[]", &bob.id)])
            .refused(404, text);
        bob.post(&format!("{own}/read"), &[]).refused(404, text);
        bob.delete(&own).refused(404, text);
    }
    assert_eq!(ids(&list(&alice)), [conversation.as_str()]);
}

#[test]
fn recipients_are_replaced_and_the_owner_stays_among_them() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let (_, conversation) = direct(&alice, "hi @bob");
    let path = format!("/api/v1/pleroma/conversations/{conversation}");
    let changed = alice
        .patch(
            &path,
            &[
                ("recipients[]", &carol.id),
                ("recipients[]", &carol.id),
                ("recipients[]", "1"),
            ],
        )
        .ok();
    let mut people = vec![alice.id.clone(), carol.id.clone()];
    people.sort();
    assert_eq!(ids(&changed["pleroma"]["recipients"]), people);
    assert_eq!(ids(&changed["accounts"]), [carol.id.as_str()]);
    // Nobody is told, and Bob's side is as it was.
    assert_eq!(ids(&list(&carol)), Vec::<String>::new());
    assert_eq!(ids(&only(&bob)["accounts"]), [alice.id.as_str()]);
    let sent = reply(&alice, &conversation, "now for carol, not for @bob");
    assert_eq!(only(&carol)["last_status"]["id"], sent["id"]);
    bob.get(&format!("/api/v1/statuses/{}", id(&sent)))
        .with_status(404);
    assert_eq!(
        alice.patch(&path, &[]).with_status(400)["error"],
        "Missing field: recipients."
    );
    let alone = alice.json("PATCH", &path, &json!({"recipients": []})).ok();
    assert_eq!(ids(&alone["pleroma"]["recipients"]), [alice.id.as_str()]);
    let crowd: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    alice
        .json("PATCH", &path, &json!({"recipients": crowd}))
        .refused(422, "A conversation has at most 100 recipients");
}

#[test]
fn a_reply_by_conversation_reaches_its_recipients_and_stays_in_its_thread() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let (first, conversation) = direct(&alice, "hi @bob");
    let sent = reply(&alice, &conversation, "about @carol");
    assert_eq!(sent["visibility"], "direct");
    assert_eq!(
        sent["pleroma"]["direct_conversation_id"].to_string(),
        conversation
    );
    let before = alice.get(&format!("/api/v1/statuses/{first}")).ok();
    assert_eq!(sent["pleroma"]["context"], before["pleroma"]["context"]);
    assert_eq!(only(&bob)["last_status"]["id"], sent["id"]);
    carol
        .get(&format!("/api/v1/statuses/{}", id(&sent)))
        .with_status(404);
    assert_eq!(ids(&list(&carol)), Vec::<String>::new());
}

#[test]
fn reading_all_conversations_returns_those_that_were_unread() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    direct(&bob, "one @alice");
    direct(&bob, "two @alice");
    assert_eq!(unread(&alice), 2);
    let read = alice.post("/api/v1/pleroma/conversations/read", &[]).ok();
    assert_eq!(ids(&read).len(), 2);
    assert!(
        read.as_array()
            .unwrap()
            .iter()
            .all(|one| one["unread"] == false)
    );
    assert_eq!(unread(&alice), 0);
    let again = alice.post("/api/v1/pleroma/conversations/read", &[]).ok();
    assert_eq!(again, json!([]));
}

#[test]
fn a_conversation_is_read_by_reading_it_or_by_writing_into_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    direct(&bob, "one @alice");
    let conversation = id(&only(&alice)).to_owned();
    let read = alice
        .post(&format!("/api/v1/conversations/{conversation}/read"), &[])
        .ok();
    assert_eq!(
        (id(&read), &read["unread"]),
        (conversation.as_str(), &json!(false))
    );
    assert_eq!(unread(&alice), 0);
    let again = format!("/api/v1/conversations/{conversation}/unread");
    assert_eq!(alice.post(&again, &[]).ok()["unread"], true);
    assert_eq!(unread(&alice), 1);
    bob.post(&again, &[])
        .refused(404, "Unknown conversation id");
    alice
        .post(&format!("/api/v1/conversations/{conversation}/read"), &[])
        .ok();
    let theirs = id(&only(&bob)).to_owned();
    reply(&bob, &theirs, "two");
    assert_eq!(unread(&alice), 1);
    reply(&alice, &conversation, "three");
    assert_eq!((unread(&alice), unread(&bob)), (0, 1));
}

#[test]
fn blocking_somebody_reads_the_conversations_with_them() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    direct(&bob, "hi @alice @carol");
    direct(&carol, "only you @alice");
    assert_eq!(unread(&alice), 2);
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(unread(&alice), 1);
    // Carol goes on in the thread with Bob in it.
    let in_thread = list(&carol);
    let of_three = in_thread.as_array().unwrap().iter();
    let of_three = of_three.last().unwrap();
    reply(&carol, id(of_three), "three of us");
    assert_eq!(unread(&alice), 1);
    let shown = list(&alice);
    assert_eq!(shown.as_array().unwrap().len(), 2);
    // A thread in which only a blocked person speaks is not shown, and counts for nothing.
    direct(&bob, "me again @alice");
    assert_eq!((list(&alice), unread(&alice)), (shown, 1));
}

#[test]
fn the_last_status_is_the_newest_that_is_visible() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (first, conversation) = direct(&alice, "hi @bob");
    let theirs = id(&only(&bob)).to_owned();
    let answer = reply(&bob, &theirs, "hi");
    assert_eq!(only(&alice)["last_status"]["id"], answer["id"]);
    pair(&server, "blocks", &alice.id, &bob.id);
    assert_eq!(only(&alice)["last_status"]["id"], first.as_str());
    server.sql().execute("DELETE FROM blocks", []).unwrap();
    bob.delete(&format!("/api/v1/statuses/{}", id(&answer)))
        .ok();
    assert_eq!(only(&alice)["last_status"]["id"], first.as_str());
    alice.delete(&format!("/api/v1/statuses/{first}")).ok();
    assert_eq!((list(&alice), list(&bob)), (json!([]), json!([])));
    assert_eq!((unread(&alice), unread(&bob)), (0, 0));
    let left = alice
        .get(&format!("/api/v1/pleroma/conversations/{conversation}"))
        .ok();
    assert_eq!(left["last_status"], Value::Null);
}

#[test]
fn a_conversation_with_a_deleted_account_keeps_what_others_said() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (first, _) = direct(&alice, "hi @bob");
    let theirs = id(&only(&bob)).to_owned();
    reply(&bob, &theirs, "bye");
    let admin = server.admin("root");
    admin.delete("/api/pleroma/admin/users?nickname=bob").ok();
    server.run_jobs();
    let left = only(&alice);
    assert_eq!(left["last_status"]["id"], first.as_str());
    assert_eq!(ids(&left["accounts"]), [alice.id.as_str()]);
}

#[test]
fn a_deleted_conversation_comes_back_with_the_next_message() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (message, conversation) = direct(&alice, "hi @bob");
    let gone = alice
        .delete(&format!("/api/v1/conversations/{conversation}"))
        .ok();
    assert_eq!(gone, json!({}));
    assert_eq!(list(&alice), json!([]));
    alice.get(&format!("/api/v1/statuses/{message}")).ok();
    let theirs = id(&only(&bob)).to_owned();
    reply(&bob, &theirs, "still there?");
    let back = only(&alice);
    assert_ne!(id(&back), conversation);
    assert_eq!(back["unread"], true);
}

#[test]
fn people_elsewhere_are_recipients_without_a_side_of_their_own() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = stranger(&server, "zoe", "far.example");
    direct(&alice, "hi @zoe@far.example");
    assert_eq!(ids(&only(&alice)["accounts"]), [far.as_str()]);
    let sides: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM participations", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sides, 1);
}
