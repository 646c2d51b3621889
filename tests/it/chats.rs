//! Chats (pleroma-contract E).

use image::ImageFormat;
use serde_json::{Value, json};

use crate::planted::{pair, picture, stranger};
use crate::support::{Answer, BASE, TestServer, TestUser, ids};

const CHATS: &str = "/api/v1/pleroma/chats";

/// The chat of one with the other.
fn open(from: &TestUser, to: &str) -> Value {
    from.post(&format!("{CHATS}/by-account-id/{to}"), &[]).ok()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

fn send(from: &TestUser, chat: &str, text: &str) -> Answer {
    from.post(&format!("{CHATS}/{chat}/messages"), &[("content", text)])
}

/// Says something to somebody.
fn say(from: &TestUser, to: &TestUser, text: &str) -> Value {
    send(from, id(&open(from, &to.id)), text).ok()
}

fn messages(user: &TestUser, chat: &str) -> Value {
    user.get(&format!("{CHATS}/{chat}/messages")).ok()
}

fn contents(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|message| message["content"].as_str().unwrap())
        .collect()
}

#[test]
fn a_chat_is_made_once_and_shown_to_both_once_something_is_said() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let chat = open(&alice, &bob.id);
    assert_eq!(open(&alice, &bob.id)["id"], chat["id"]);
    assert_eq!(chat["account"]["id"], bob.id.as_str());
    assert_eq!(
        (&chat["unread"], &chat["last_message"], &chat["pinned"]),
        (&json!(0), &Value::Null, &json!(false))
    );
    assert_eq!(ids(&alice.get(CHATS).ok()), [id(&chat)]);
    assert_eq!(bob.get(CHATS).ok(), json!([]));
    let sent = send(&alice, id(&chat), "hi <bob>\nhttps://a.example/").ok();
    assert_eq!(
        sent["content"],
        "hi &lt;bob&gt;<br><a href=\"https://a.example/\" rel=\"ugc\">https://a.example/</a>"
    );
    assert_eq!(
        (&sent["chat_id"], &sent["account_id"], &sent["unread"]),
        (&chat["id"], &json!(alice.id), &json!(false))
    );
    assert_eq!(
        (&sent["attachment"], &sent["emojis"], &sent["card"]),
        (&Value::Null, &json!([]), &Value::Null)
    );
    let received = bob.get(CHATS).ok()[0].clone();
    assert_eq!(received["account"]["id"], alice.id.as_str());
    assert_eq!(received["unread"], 1);
    assert_eq!(received["last_message"]["content"], sent["content"]);
    assert_eq!(received["last_message"]["unread"], true);
    assert_eq!(received["last_message"]["chat_id"], received["id"]);
    let shown = bob.get(&format!("{CHATS}/{}", id(&received))).ok();
    assert_eq!(shown, received);
    let mine = alice.get(&format!("{CHATS}/{}", id(&chat))).ok();
    assert_eq!(
        (&mine["unread"], &mine["last_message"]["id"]),
        (&json!(0), &sent["id"])
    );
    // It is in no timeline, and no search finds it.
    assert_eq!(bob.get("/api/v1/timelines/home").ok(), json!([]));
    assert_eq!(
        bob.get("/api/v2/search?q=bob&type=statuses").ok()["statuses"],
        json!([])
    );
}

#[test]
fn thirty_chats_come_at_once_and_in_pages_where_asked_for() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let mut chats: Vec<String> = (0..30)
        .map(|number| {
            let other = server.user(&format!("user{number}"));
            id(&open(&alice, &other.id)).to_owned()
        })
        .collect();
    send(&alice, &chats[0].clone(), "bump").ok();
    let first = chats.remove(0);
    chats.push(first);
    chats.reverse();
    let all = alice.get(CHATS);
    assert_eq!(all.header("Link"), None);
    assert_eq!(ids(&all.ok()), chats);
    let page = alice.get("/api/v2/pleroma/chats");
    let link = page.header("Link").unwrap().to_owned();
    assert_eq!(ids(&page.ok()), chats[..20]);
    let next = link[1..].split('>').next().unwrap();
    let next = next.strip_prefix(BASE).unwrap();
    assert_eq!(ids(&alice.get(next).ok()), chats[20..]);
    let by_id = format!("/api/v2/pleroma/chats?limit=2&max_id={}", chats[19]);
    assert_eq!(ids(&alice.get(&by_id).ok()), chats[20..22]);
    let above = format!("/api/v2/pleroma/chats?limit=2&min_id={}", chats[19]);
    assert_eq!(ids(&alice.get(&above).ok()), chats[17..19]);
}

#[test]
fn thirty_messages_come_twenty_and_ten() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let chat = id(&open(&alice, &bob.id)).to_owned();
    for number in 0..30 {
        send(&alice, &chat, &number.to_string()).ok();
    }
    let texts: Vec<String> = (0..30).rev().map(|number| number.to_string()).collect();
    let first = alice.get(&format!("{CHATS}/{chat}/messages"));
    let link = first.header("Link").unwrap().to_owned();
    let first = first.ok();
    assert_eq!(contents(&first), texts[..20]);
    let next = link[1..].split('>').next().unwrap();
    let next = alice.get(next.strip_prefix(BASE).unwrap()).ok();
    assert_eq!(contents(&next), texts[20..]);
    let above = format!("{CHATS}/{chat}/messages?limit=1&min_id={}", ids(&first)[1]);
    assert_eq!(contents(&alice.get(&above).ok()), ["29"]);
}

#[test]
fn messages_are_read_one_by_one_or_up_to_one() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let sent: Vec<Value> = (0..3).map(|n| say(&alice, &bob, &n.to_string())).collect();
    let chat = id(&open(&bob, &alice.id)).to_owned();
    let path = format!("{CHATS}/{chat}/read");
    let read = bob.post(&path, &[("last_read_id", id(&sent[0]))]).ok();
    assert_eq!((&read["id"], &read["unread"]), (&json!(chat), &json!(2)));
    let one = format!("{CHATS}/{chat}/messages/{}/read", id(&sent[2]));
    let read = bob.post(&one, &[]).ok();
    assert_eq!(
        (&read["id"], &read["unread"]),
        (&sent[2]["id"], &json!(false))
    );
    let listed = messages(&bob, &chat);
    let unread = |n: usize| listed[n]["unread"].as_bool().unwrap();
    assert_eq!((unread(0), unread(1), unread(2)), (false, true, false));
    assert_eq!(
        bob.post(&path, &[]).with_status(400)["error"],
        "Missing field: last_read_id."
    );
    bob.post(&path, &[("last_read_id", "x")])
        .refused(400, "last_read_id is no id");
    let unknown = format!("{CHATS}/{chat}/messages/1/read");
    bob.post(&unknown, &[]).refused(404, "not found");
}

#[test]
fn chats_of_others_are_not_found() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let carol = server.user("carol");
    let sent = say(&alice, &bob, "between us");
    let chat = sent["chat_id"].as_str().unwrap();
    for chat in [chat, "1", "x"] {
        let path = format!("{CHATS}/{chat}");
        let text = "not found";
        carol.get(&path).refused(404, text);
        carol.get(&format!("{path}/messages")).refused(404, text);
        send(&carol, chat, "hi").refused(404, text);
        carol
            .post(&format!("{path}/read"), &[("last_read_id", "9")])
            .refused(404, text);
        let message = format!("{path}/messages/{}", id(&sent));
        carol
            .post(&format!("{message}/read"), &[])
            .refused(404, text);
        carol.delete(&message).refused(400, "could_not_delete");
    }
    // Nor do they lead to a message through a chat of one's own.
    let own = id(&open(&carol, &alice.id)).to_owned();
    let message = format!("{CHATS}/{own}/messages/{}", id(&sent));
    carol
        .post(&format!("{message}/read"), &[])
        .refused(404, "not found");
    carol.delete(&message).refused(400, "could_not_delete");
    assert_eq!(contents(&messages(&alice, chat)), ["between us"]);
}

#[test]
fn nobody_chats_with_themselves_or_with_nobody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let by_id = |id: &str| alice.post(&format!("{CHATS}/by-account-id/{id}"), &[]);
    by_id(&alice.id).refused(400, "You cannot chat with yourself");
    for id in ["1", "x"] {
        by_id(id).refused(404, "Record not found");
    }
}

#[test]
fn a_message_says_something_and_not_too_much() {
    let server = TestServer::with(&["instance.limit=10"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let chat = id(&open(&alice, &bob.id)).to_owned();
    for text in ["", " \n "] {
        send(&alice, &chat, text).refused(400, "no_content");
    }
    send(&alice, &chat, "éééééééééé").ok();
    send(&alice, &chat, "ééééééééééé").refused(400, "content_too_long");
    let path = format!("{CHATS}/{chat}/messages");
    alice
        .post(&path, &[("media_id", "x")])
        .refused(400, "media_id is no id");
    alice.post(&path, &[("media_id", "1")]).refused(
        400,
        "The attachment does not exist or belongs to something else",
    );
    assert_eq!(
        messages(&bob, id(&open(&bob, &alice.id)))
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server.get("/api/v1/instance").ok()["chat_limit"], 10);
}

#[test]
fn who_does_not_want_messages_gets_none() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    say(&alice, &bob, "hi");
    let chat = id(&open(&alice, &bob.id)).to_owned();
    let setting = "accepts_chat_messages";
    let path = "/api/v1/accounts/update_credentials";
    let set = |value: &str| bob.patch(path, &[(setting, value)]).ok();
    assert_eq!(set("false")["pleroma"][setting], false);
    send(&alice, &chat, "hi").refused(400, "This account does not accept chat messages");
    set("true");
    bob.post(&format!("/api/v1/accounts/{}/block", alice.id), &[])
        .ok();
    send(&alice, &chat, "hi").refused(400, "This account does not want messages from you");
    let back = id(&open(&bob, &alice.id)).to_owned();
    send(&bob, &back, "hi").refused(400, "You block this account");
    assert_eq!(bob.get(CHATS).ok(), json!([]));
    assert_eq!(ids(&alice.get(CHATS).ok()), [chat.as_str()]);
    assert_eq!(contents(&messages(&bob, &back)), ["hi"]);
    // Of people elsewhere it is only known when their server says so.
    let far = stranger(&server, "zoe", "far.example");
    let far = id(&open(&alice, &far)).to_owned();
    send(&alice, &far, "hi").refused(400, "This account does not accept chat messages");
}

#[test]
fn a_deactivated_account_cannot_be_reached() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let sent = say(&alice, &bob, "hi");
    let admin = server.admin("root");
    admin
        .patch(
            "/api/pleroma/admin/users/deactivate",
            &[("nicknames[]", "bob")],
        )
        .ok();
    let chat = sent["chat_id"].as_str().unwrap();
    send(&alice, chat, "hi").refused(400, "This account cannot be reached");
    assert_eq!(alice.get(CHATS).ok(), json!([]));
}

#[test]
fn ones_own_message_goes_from_both_sides_and_the_others_from_ones_own() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (one, two) = (say(&alice, &bob, "one"), say(&alice, &bob, "two"));
    let (hers, his) = (
        one["chat_id"].as_str().unwrap().to_owned(),
        id(&open(&bob, &alice.id)).to_owned(),
    );
    let gone = alice
        .delete(&format!("{CHATS}/{hers}/messages/{}", id(&one)))
        .ok();
    assert_eq!(gone, one);
    let gone = bob
        .delete(&format!("{CHATS}/{his}/messages/{}", id(&two)))
        .ok();
    assert_eq!(
        (&gone["id"], &gone["unread"], &gone["chat_id"]),
        (&two["id"], &json!(true), &json!(his))
    );
    assert_eq!(contents(&messages(&alice, &hers)), ["two"]);
    assert_eq!(messages(&bob, &his), json!([]));
    let left = bob.get(&format!("{CHATS}/{his}")).ok();
    assert_eq!(
        (&left["unread"], &left["last_message"]),
        (&json!(0), &Value::Null)
    );
    bob.delete(&format!("{CHATS}/{his}/messages/{}", id(&two)))
        .refused(400, "could_not_delete");
    // Once nobody has it, nothing is left of it.
    alice
        .delete(&format!("{CHATS}/{hers}/messages/{}", id(&two)))
        .ok();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        server.sql().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("chat_messages"), count("notifications")), (0, 0));
}

#[test]
fn a_message_carries_a_file_which_goes_with_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let upload = |name: &str| {
        let picture = picture(20, 20, ImageFormat::Png);
        let media = alice
            .upload("POST", "/api/v1/media", "file", name, &picture, &[])
            .ok();
        id(&media).to_owned()
    };
    let file = upload("cat.png");
    let chat = id(&open(&alice, &bob.id)).to_owned();
    let path = format!("{CHATS}/{chat}/messages");
    let sent = alice.post(&path, &[("media_id", &file)]).ok();
    assert_eq!(
        (&sent["content"], &sent["attachment"]["id"]),
        (&Value::Null, &json!(file))
    );
    // It hangs there: it is not posted twice, not deleted as forgotten, not somebody else's to send.
    let elsewhere = "The attachment does not exist or belongs to something else";
    alice
        .post(&path, &[("media_id", &file)])
        .refused(400, elsewhere);
    let posted = alice.post(
        "/api/v1/statuses",
        &[("status", "x"), ("media_ids[]", &file)],
    );
    assert_eq!(posted.status, 422);
    assert_eq!(alice.delete(&format!("/api/v1/media/{file}")).status, 422);
    let other = upload("dog.png");
    let theirs = id(&open(&bob, &alice.id)).to_owned();
    bob.post(
        &format!("{CHATS}/{theirs}/messages"),
        &[("media_id", &other)],
    )
    .refused(400, elsewhere);
    let received = messages(&bob, &theirs);
    let url = received[0]["attachment"]["url"].as_str().unwrap();
    let url = url.strip_prefix(BASE).unwrap().to_owned();
    server
        .sql()
        .execute("UPDATE jobs SET run_at = 0", [])
        .unwrap();
    server.run_jobs();
    assert_eq!(server.get(&url).status, 200);
    alice
        .delete(&format!("{CHATS}/{chat}/messages/{}", id(&sent)))
        .ok();
    server.run_jobs();
    assert_eq!(server.get(&url).status, 404);
}

#[test]
fn custom_emoji_are_listed_with_the_message() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    crate::emoji::pack(&server, "cats", &["blobcat"]);
    server.get("/api/pleroma/emoji").ok();
    let sent = say(&alice, &bob, "hi :blobcat: :nocat:");
    let emojis = sent["emojis"].as_array().unwrap();
    assert_eq!(emojis.len(), 1, "{sent}");
    assert_eq!(emojis[0]["shortcode"], "blobcat");
}

#[test]
fn a_message_sent_twice_under_one_key_is_sent_once_and_its_author_sees_the_key() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let chat = id(&open(&alice, &bob.id)).to_owned();
    let once = || {
        let headers = [
            ("idempotency-key", "k1"),
            ("Content-Type", "application/json"),
        ];
        let path = format!("{CHATS}/{chat}/messages");
        alice
            .request("POST", &path, &headers, br#"{"content": "hi"}"#)
            .ok()
    };
    let sent = once();
    assert_eq!(sent["idempotency_key"], "k1");
    assert_eq!(once(), sent);
    assert_eq!(messages(&alice, &chat), json!([sent]));
    let received = messages(&bob, id(&open(&bob, &alice.id)));
    assert_eq!(received.as_array().unwrap().len(), 1);
    assert_eq!(received[0].get("idempotency_key"), None);
}

#[test]
fn a_message_notifies_those_who_ask_for_that() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (one, two) = (say(&alice, &bob, "one"), say(&alice, &bob, "two"));
    let list = "/api/v1/notifications";
    assert_eq!(bob.get(list).ok(), json!([]));
    let me = bob.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(me["pleroma"]["unread_notifications_count"], 0);
    let asked = format!("{list}?include_types[]=pleroma:chat_mention");
    let told = bob.get(&asked).ok();
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), 2);
    let newest = &told[0];
    assert_eq!(
        (&newest["type"], &newest["account"]["id"]),
        (&json!("pleroma:chat_mention"), &json!(alice.id))
    );
    assert_eq!(newest["chat_message"]["id"], two["id"]);
    assert_eq!(
        newest["chat_message"]["chat_id"],
        open(&bob, &alice.id)["id"]
    );
    assert_eq!(newest.get("status"), None);
    assert_eq!(&bob.get(&format!("{list}/{}", id(newest))).ok(), newest);
    assert_eq!(newest["pleroma"]["is_seen"], false);
    let chat = id(&open(&bob, &alice.id)).to_owned();
    bob.post(
        &format!("{CHATS}/{chat}/read"),
        &[("last_read_id", id(&one))],
    )
    .ok();
    let seen = bob.get(&asked).ok();
    let seen: Vec<&Value> = seen.as_array().unwrap().iter().collect();
    assert_eq!(
        (
            &seen[0]["pleroma"]["is_seen"],
            &seen[1]["pleroma"]["is_seen"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(alice.get(&asked).ok(), json!([]));
    pair(&server, "mutes", &bob.id, &alice.id);
    say(&alice, &bob, "three");
    assert_eq!(
        bob.get(&format!("{asked}&with_muted=true"))
            .ok()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn chats_go_with_their_account() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let sent = say(&alice, &bob, "hi");
    let answer = say(&bob, &alice, "ho");
    let admin = server.admin("root");
    admin.delete("/api/pleroma/admin/users?nickname=bob").ok();
    server.run_jobs();
    assert_eq!(alice.get(CHATS).ok(), json!([]));
    let left = messages(&alice, sent["chat_id"].as_str().unwrap());
    assert_eq!(contents(&left), ["hi"]);
    let chats: i64 = server
        .sql()
        .query_row(
            "SELECT count(*) FROM chats WHERE account_id = CAST(?1 AS INTEGER)",
            [&bob.id],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(chats, 0, "{answer}");
}

#[test]
fn chats_are_a_feature() {
    let server = TestServer::new();
    let instance = server.get("/api/v1/instance").ok();
    let features = instance["pleroma"]["metadata"]["features"]
        .as_array()
        .unwrap();
    assert!(features.contains(&json!("pleroma_chat_messages")));
}
