//! Messages in chats, out and in (federation.md 5.3, 8.3): for one person, who lives where it comes to and wants it.

use serde_json::{Value, json};

use super::stranger::{Stranger, outbox};
use crate::support::{BASE, TestServer, TestUser, ids};

const CHATS: &str = "/api/v1/pleroma/chats";

/// A message of the stranger's.
fn message(from: &Stranger, to: &str, text: &str) -> Value {
    let id = format!("{}/chats/{}", from.uri, kenoma::ids::next());
    json!({"id": id, "type": "ChatMessage", "attributedTo": from.uri, "actor": from.uri, "content": text, "to": [to]})
}

fn chats(who: &TestUser) -> Value {
    who.get(CHATS).ok()
}

fn said(who: &TestUser) -> Vec<String> {
    let chats = chats(who);
    let Some(chat) = chats[0]["id"].as_str() else {
        return Vec::new();
    };
    let list = who.get(&format!("{CHATS}/{chat}/messages")).ok();
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|one| one["content"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn open_to_chats(server: &TestServer, stranger: &Stranger) {
    let set = "UPDATE accounts SET accepts_chat_messages = 1 WHERE id = ?1";
    server.sql().execute(set, [stranger.id.0]).unwrap();
}

#[test]
fn a_message_goes_to_the_inbox_of_the_one_it_is_for_and_nowhere_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, follower) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    follower.say(&follower.activity("Follow", json!(format!("{BASE}/users/alice"))));
    let before = outbox(&server).len();
    let chat = alice
        .post(&format!("{CHATS}/by-account-id/{}", bob.id), &[])
        .ok();
    let messages = format!("{CHATS}/{}/messages", chat["id"].as_str().unwrap());
    // Whoever does not say that they want chats is not sent any.
    let refused = alice.post(&messages, &[("content", "hi")]);
    refused.refused(400, "This account does not accept chat messages");
    open_to_chats(&server, &bob);
    let sent = alice.post(&messages, &[("content", "hi <bob>")]).ok();
    let out = outbox(&server).split_off(before);
    assert_eq!(out.len(), 1);
    let (inbox, create) = &out[0];
    assert_eq!(inbox, &format!("{}/inbox", bob.uri));
    let me = json!(format!("{BASE}/users/alice"));
    let object = &create["object"];
    assert_eq!((&create["type"], &create["actor"]), (&json!("Create"), &me));
    for thing in [create, object] {
        assert_eq!(
            (&thing["to"], &thing["cc"]),
            (&json!([bob.uri]), &json!([]))
        );
    }
    assert_eq!(
        (&object["type"], &object["attributedTo"]),
        (&json!("ChatMessage"), &me)
    );
    assert_eq!(object["content"], "hi &lt;bob&gt;");
    assert_eq!(
        create["id"],
        json!(
            object["id"]
                .as_str()
                .unwrap()
                .replace("/objects/", "/activities/")
        )
    );
    // Taken back by its author, it goes there too.
    let path = format!("{messages}/{}", sent["id"].as_str().unwrap());
    alice.delete(&path).ok();
    let out = outbox(&server).split_off(before + 1);
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].0, format!("{}/inbox", bob.uri));
    assert_eq!(
        (&out[0].1["type"], &out[0].1["to"]),
        (&json!("Delete"), &json!([bob.uri]))
    );
    assert_eq!(out[0].1["object"]["id"], object["id"]);
}

#[test]
fn a_message_comes_in_once_with_what_hangs_on_it_and_can_be_taken_back() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let me = format!("{BASE}/users/alice");
    let mut hello = message(&bob, &me, "hi <script>x</script>:cat:");
    hello["attachment"] = json!({"type": "Document", "mediaType": "image/png", "url": "https://remote.example/a.png"});
    hello["tag"] = json!([{"type": "Emoji", "name": ":cat:", "icon": {"type": "Image", "url": "https://remote.example/cat.png"}}]);
    let create = bob.activity("Create", hello.clone());
    bob.say(&create);
    bob.say(&create);
    bob.say(&bob.activity("Create", hello.clone()));
    assert_eq!(said(&alice), ["hi :cat:"]);
    let chat = &chats(&alice)[0];
    assert_eq!(
        (&chat["unread"], &chat["account"]["acct"]),
        (&json!(1), &json!("bob@remote.example"))
    );
    let last = &chat["last_message"];
    assert_eq!(
        last["attachment"]["remote_url"],
        "https://remote.example/a.png"
    );
    assert_eq!(last["emojis"][0]["url"], "https://remote.example/cat.png");
    let told = alice
        .get("/api/v1/notifications?include_types[]=pleroma:chat_mention")
        .ok();
    assert_eq!(
        (ids(&told).len(), &told[0]["type"]),
        (1, &json!("pleroma:chat_mention"))
    );
    // Nobody else takes it back; its author does, and a late copy stays out.
    let eve = Stranger::new(&server, "eve", "remote.example");
    let stone = json!({"type": "Tombstone", "id": hello["id"]});
    eve.say(&eve.activity("Delete", stone.clone()));
    assert_eq!(said(&alice).len(), 1);
    bob.say(&bob.activity("Delete", stone));
    assert_eq!(said(&alice).len(), 0);
}

#[test]
fn a_message_that_is_not_for_exactly_one_of_us_or_not_wanted_stays_out() {
    let server = TestServer::new();
    let (alice, carl) = (server.user("alice"), server.user("carl"));
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    let me = format!("{BASE}/users/alice");
    let say = |said: Value| bob.say(&bob.activity("Create", said));
    let mut to_two = message(&bob, &me, "to two");
    to_two["to"] = json!([me, format!("{BASE}/users/carl")]);
    say(to_two);
    let mut to_all = message(&bob, &me, "to all");
    to_all["cc"] = json!("as:Public");
    say(to_all);
    let mut nothing = message(&bob, &me, "");
    nothing["content"] = Value::Null;
    say(nothing);
    say(message(
        &bob,
        "https://elsewhere.example/users/zoe",
        "to somebody elsewhere",
    ));
    // Not the author's, or from another host.
    eve.say(&eve.activity("Create", message(&bob, &me, "in bob's name")));
    let mut moved = message(&eve, &me, "from elsewhere");
    moved["id"] = json!("https://remote.example/chats/1");
    eve.say(&eve.activity("Create", moved));
    // Not wanted: of nobody, or not of this one, or not of that server.
    carl.patch(
        "/api/v1/accounts/update_credentials",
        &[("accepts_chat_messages", "false")],
    )
    .ok();
    say(message(&bob, &format!("{BASE}/users/carl"), "not wanted"));
    carl.patch(
        "/api/v1/accounts/update_credentials",
        &[("accepts_chat_messages", "true")],
    )
    .ok();
    carl.post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    say(message(&bob, &format!("{BASE}/users/carl"), "blocked"));
    carl.post("/api/v1/domain_blocks", &[("domain", "evil.example")])
        .ok();
    eve.say(&eve.activity(
        "Create",
        message(&eve, &format!("{BASE}/users/carl"), "blocked server"),
    ));
    for who in [&alice, &carl] {
        assert_eq!(chats(who), json!([]));
        assert_eq!(who.get("/api/v1/notifications").ok(), json!([]));
    }
    say(message(&bob, &me, "wanted"));
    assert_eq!(said(&alice), ["wanted"]);
}
