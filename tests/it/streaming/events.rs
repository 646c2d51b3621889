//! Every event, with its payload as the listener sees it.

use serde_json::{Value, json};

use super::client::Live;

fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_post_is_told_as_its_timeline_shows_it() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    bob.follow(&alice);
    let mut client = live.stream(&bob, "user");
    let post = id(&alice.post_with("hello #cats", &[("spoiler_text", "careful")]));
    let (stream, event, payload) = client.event();
    assert_eq!((stream, event.as_str()), (json!(["user"]), "update"));
    assert_eq!(payload, bob.get(&format!("/api/v1/statuses/{post}")).ok());
}

#[test]
fn a_payload_is_what_that_viewer_sees() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let post = id(&alice.post_status("hello"));
    bob.post(&format!("/api/v1/statuses/{post}/favourite"), &[])
        .ok();
    let mut of_bob = live.stream(&bob, "user");
    let mut of_alice = live.stream(&alice, "user");
    bob.post(&format!("/api/v1/statuses/{post}/reblog"), &[])
        .ok();
    let (_, event, wrapper) = of_bob.event();
    assert_eq!(event, "update");
    assert_eq!(wrapper["reblog"]["favourited"], true);
    assert_eq!(wrapper["reblog"]["reblogged"], true);
    let (_, event, told) = of_alice.event();
    assert_eq!(
        (event.as_str(), &told["type"]),
        ("notification", &json!("reblog"))
    );
    assert_eq!(told["status"]["favourited"], false);
}

#[test]
fn a_deletion_is_told_with_the_bare_id() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "user");
    client.subscribe(json!({"type": "subscribe", "stream": "hashtag", "tag": "Cats"}));
    let post = id(&alice.post_status("#cats"));
    client.event();
    client.event();
    alice.delete(&format!("/api/v1/statuses/{post}")).ok();
    for stream in [json!(["user"]), json!(["hashtag", "Cats"])] {
        let expected = json!({"stream": stream, "event": "delete", "payload": post});
        assert_eq!(client.next(), expected);
    }
}

#[test]
fn the_posts_of_a_deleted_account_are_told_gone_to_those_who_saw_them() {
    let live = Live::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| live.server.user(name));
    bob.follow(&alice);
    let secret = id(&alice.post_with("for followers", &[("visibility", "private")]));
    let open = id(&alice.post_status("for all"));
    let wrapper = id(&carol
        .post(&format!("/api/v1/statuses/{open}/reblog"), &[])
        .ok());
    let mut follower = live.stream(&bob, "user");
    let mut stranger = live.stream(&carol, "user");
    let mut public = live.open("/api/v1/streaming?stream=public");
    alice
        .post(
            "/api/pleroma/delete_account",
            &[("password", &alice.password)],
        )
        .ok();
    live.server.run_jobs();
    let gone = |client: &mut super::client::Client, count: usize| {
        let mut gone: Vec<String> = Vec::new();
        while gone.len() < count {
            let (event, about) = client.about();
            if event == "delete" {
                gone.push(about);
            }
        }
        gone.sort();
        gone
    };
    assert_eq!(gone(&mut follower, 2), [&*secret, &open]);
    assert_eq!(gone(&mut stranger, 1), [&*wrapper]);
    assert_eq!(gone(&mut public, 1), [&*open]);
    // Nobody is told of what they could not see: what comes next is something else.
    let sentinel = id(&carol.post_status("still here"));
    assert_eq!(stranger.about(), ("update".into(), sentinel.clone()));
    assert_eq!(public.about(), ("update".into(), sentinel));
}

#[test]
fn a_reblog_taken_back_is_told_gone() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let post = id(&alice.post_status("hello"));
    let mut client = live.stream(&bob, "user");
    let wrapper = id(&bob
        .post(&format!("/api/v1/statuses/{post}/reblog"), &[])
        .ok());
    assert_eq!(client.about(), ("update".into(), wrapper.clone()));
    bob.post(&format!("/api/v1/statuses/{post}/unreblog"), &[])
        .ok();
    assert_eq!(client.about(), ("delete".into(), wrapper));
}

#[test]
fn a_notification_is_told_on_both_of_its_streams() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let mut client = live.stream(&alice, "user:notification");
    client.subscribe(json!({"type": "subscribe", "stream": "user"}));
    bob.follow(&alice);
    let listed = alice.get("/api/v1/notifications").ok();
    for stream in ["user:notification", "user"] {
        let (streams, event, payload) = client.event();
        assert_eq!((streams, event.as_str()), (json!([stream]), "notification"));
        assert_eq!(payload, listed[0]);
    }
}

#[test]
fn what_is_muted_is_not_told() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    alice.follow(&bob);
    let (mut home, mut public) = (live.stream(&alice, "user"), live.stream(&alice, "public"));
    alice
        .post(&format!("/api/v1/accounts/{}/mute", bob.id), &[])
        .ok();
    bob.post_status("@alice hear me");
    let last = id(&alice.post_status("silence"));
    assert_eq!(home.about(), ("update".into(), last.clone()));
    assert_eq!(public.about(), ("update".into(), last));
}

#[test]
fn a_direct_message_moves_the_conversations_of_both() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let mut of_alice = live.stream(&alice, "direct");
    let mut of_bob = live.stream(&bob, "direct");
    let post = id(&alice.post_with("psst @bob", &[("visibility", "direct")]));
    for (client, user, unread) in [(&mut of_alice, &alice, false), (&mut of_bob, &bob, true)] {
        let (streams, event, payload) = client.event();
        assert_eq!(
            (streams, event.as_str()),
            (json!(["direct"]), "conversation")
        );
        assert_eq!(payload, user.get("/api/v1/conversations").ok()[0]);
        assert_eq!(
            (&payload["last_status"]["id"], &payload["unread"]),
            (&json!(post), &json!(unread))
        );
    }
}

#[test]
fn a_follow_is_told_to_the_followers_clients_as_it_develops() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    bob.patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
    let mut client = live.stream(&alice, "user");
    let mut states = Vec::new();
    let mut next = |following: i64| {
        let (_, event, payload) = client.event();
        assert_eq!(event, "pleroma:follow_relationships_update");
        assert_eq!(
            payload["follower"],
            json!({"id": alice.id, "follower_count": 0, "following_count": following})
        );
        assert_eq!(
            payload["following"],
            json!({"id": bob.id, "follower_count": following, "following_count": 0})
        );
        states.push(payload["state"].as_str().unwrap().to_owned());
    };
    alice.follow(&bob);
    next(0);
    bob.post(
        &format!("/api/v1/follow_requests/{}/authorize", alice.id),
        &[],
    )
    .ok();
    next(1);
    bob.post(
        &format!("/api/v1/accounts/{}/remove_from_followers", alice.id),
        &[],
    )
    .ok();
    next(0);
    assert_eq!(states, ["follow_pending", "follow_accept", "follow_reject"]);
}

#[test]
fn a_marker_is_told_to_the_readers_other_clients() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    bob.follow(&alice);
    let notification = id(&alice.get("/api/v1/notifications").ok()[0]);
    let mut client = live.stream(&alice, "user");
    let set = alice
        .post(
            "/api/v1/markers",
            &[("home[last_read_id]", "1700000000000000")],
        )
        .ok();
    let (_, event, payload) = client.event();
    assert_eq!((event.as_str(), payload), ("marker", set));
    alice
        .post(
            "/api/v1/pleroma/notifications/read",
            &[("id", &notification)],
        )
        .ok();
    let (_, event, payload) = client.event();
    assert_eq!(event, "marker");
    assert_eq!(payload["notifications"]["last_read_id"], notification);
}

#[test]
fn a_list_is_told_as_its_timeline_shows_it() {
    let live = Live::new();
    let (alice, bob, carol) = (
        live.server.user("alice"),
        live.server.user("bob"),
        live.server.user("carol"),
    );
    alice.follow(&bob);
    let list = alice
        .post(
            "/api/v1/lists",
            &[
                ("title", "b"),
                ("replies_policy", "none"),
                ("exclusive", "true"),
            ],
        )
        .ok();
    let list = id(&list);
    alice
        .post(
            &format!("/api/v1/lists/{list}/accounts"),
            &[("account_ids[]", &bob.id)],
        )
        .ok();
    let mut client = live.stream(&alice, &format!("list&list={list}"));
    client.subscribe(json!({"type": "subscribe", "stream": "user"}));
    let of_carol = id(&carol.post_status("to talk about"));
    let reply = [("in_reply_to_id", of_carol.as_str())];
    bob.post_with("a reply", &reply);
    let post = id(&bob.post_status("a post"));
    let (streams, _, payload) = client.event();
    assert_eq!(
        (streams, payload["id"].as_str().unwrap()),
        (json!(["list", list]), post.as_str())
    );
    // An exclusive list keeps its members out of the home timeline, and of its stream.
    let own = id(&alice.post_status("at home"));
    let (streams, _, payload) = client.event();
    assert_eq!(
        (streams, payload["id"].as_str().unwrap()),
        (json!(["user"]), own.as_str())
    );
}

#[test]
fn public_streams_part_posts_by_origin_files_and_tags() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.open("/api/v1/streaming");
    let streams = [
        "public",
        "public:media",
        "public:local",
        "public:local:media",
        "public:remote",
        "public:remote:media",
    ];
    for stream in streams {
        client.subscribe(json!({"type": "subscribe", "stream": stream}));
    }
    client.subscribe(json!({"type": "subscribe", "stream": "hashtag", "tag": "cats"}));
    client.subscribe(json!({"type": "subscribe", "stream": "hashtag:local", "tag": "dogs"}));
    let upload = alice
        .upload(
            "POST",
            "/api/v1/media",
            "file",
            "a.png",
            &crate::credentials::png(),
            &[],
        )
        .ok();
    let mut told = |text: &str, more: &[(&str, &str)], expected: &[&str]| {
        let post = id(&alice.post_with(text, more));
        for stream in expected {
            let (streams, _, payload) = client.event();
            assert_eq!(
                (&streams[0], payload["id"].as_str().unwrap()),
                (&json!(stream), post.as_str())
            );
        }
        client.sync();
    };
    told("plain #cats", &[], &["public", "public:local", "hashtag"]);
    told(
        "with a picture #dogs",
        &[("media_ids[]", upload["id"].as_str().unwrap())],
        &[
            "public",
            "public:media",
            "public:local",
            "public:local:media",
            "hashtag:local",
        ],
    );
    told(
        "only for those who know #cats",
        &[("visibility", "unlisted")],
        &[],
    );
}

#[test]
fn changed_filters_are_told_without_a_payload_and_count_at_once() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    alice.follow(&bob);
    let mut client = live.stream(&alice, "user");
    let filter = json!({"title": "cats", "context": ["home"], "filter_action": "hide",
        "keywords_attributes": [{"keyword": "cat"}, {"keyword": "kitten"}]});
    let filter = id(&alice.json("POST", "/api/v2/filters", &filter).ok());
    assert_eq!(
        client.next(),
        json!({"stream": ["user"], "event": "filters_changed"})
    );
    bob.post_status("my cat is on the table");
    let own = id(&alice.post_status("my cat, I may say"));
    assert_eq!(client.about(), ("update".into(), own));
    let warn = json!({"filter_action": "warn"});
    alice
        .json("PUT", &format!("/api/v2/filters/{filter}"), &warn)
        .ok();
    assert_eq!(
        client.next(),
        json!({"stream": ["user"], "event": "filters_changed"})
    );
    let post = id(&bob.post_status("my cat is on the roof"));
    let (_, event, payload) = client.event();
    assert_eq!(
        (event.as_str(), payload["id"].as_str().unwrap()),
        ("update", post.as_str())
    );
    assert_eq!(payload["filtered"][0]["filter"]["title"], "cats");
    alice.delete(&format!("/api/v2/filters/{filter}")).ok();
    assert_eq!(client.next()["event"], "filters_changed");
}

#[test]
fn an_edit_is_told_to_everybody_who_has_the_post() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    bob.follow(&alice);
    let mut client = live.stream(&bob, "user");
    client.subscribe(json!({"type": "subscribe", "stream": "hashtag", "tag": "dogs"}));
    let post = id(&alice.post_status("hello #cats"));
    assert_eq!(client.about().0, "update");
    alice
        .put(
            &format!("/api/v1/statuses/{post}"),
            &[("status", "hello #dogs")],
        )
        .ok();
    for stream in [json!(["user"]), json!(["hashtag", "dogs"])] {
        let (streams, event, payload) = client.event();
        assert_eq!((streams, event.as_str()), (stream, "status.update"));
        assert_eq!(payload, bob.get(&format!("/api/v1/statuses/{post}")).ok());
    }
}

#[test]
fn a_chat_is_told_to_both_sides_and_again_when_it_is_read() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let chats = "/api/v1/pleroma/chats";
    let of_alice = id(&alice
        .post(&format!("{chats}/by-account-id/{}", bob.id), &[])
        .ok());
    let mut chat = live.stream(&bob, "user:pleroma_chat");
    let mut user = live.stream(&alice, "user");
    let message = alice
        .post(
            &format!("{chats}/{of_alice}/messages"),
            &[("content", "hi")],
        )
        .ok();
    let (streams, event, payload) = chat.event();
    assert_eq!(
        (streams, event.as_str()),
        (json!(["user:pleroma_chat"]), "pleroma:chat_update")
    );
    assert_eq!(payload, bob.get(chats).ok()[0]);
    assert_eq!(
        (&payload["unread"], &payload["last_message"]["content"]),
        (&json!(1), &json!("hi"))
    );
    let (_, event, payload) = user.event();
    assert_eq!(
        (event.as_str(), &payload["id"]),
        ("pleroma:chat_update", &json!(of_alice))
    );
    let of_bob = id(&bob.get(chats).ok()[0]);
    let read = [("last_read_id", message["id"].as_str().unwrap())];
    bob.post(&format!("{chats}/{of_bob}/read"), &read).ok();
    assert_eq!(chat.event().2["unread"], 0);
    // A message taken back is told to both sides, one taken from one's own view to oneself.
    let path = |chat: &str, message: &Value| {
        format!(
            "{chats}/{chat}/messages/{}",
            message["id"].as_str().unwrap()
        )
    };
    alice.delete(&path(&of_alice, &message)).ok();
    for client in [&mut chat, &mut user] {
        let (_, event, payload) = client.event();
        assert_eq!(
            (event.as_str(), &payload["last_message"]),
            ("pleroma:chat_update", &Value::Null)
        );
    }
    let second = alice
        .post(
            &format!("{chats}/{of_alice}/messages"),
            &[("content", "again")],
        )
        .ok();
    for client in [&mut chat, &mut user] {
        assert_eq!(client.event().2["last_message"]["content"], "again");
    }
    bob.delete(&path(&of_bob, &second)).ok();
    assert_eq!(chat.event().2["last_message"], Value::Null);
    assert_eq!(alice.get(chats).ok()[0]["last_message"]["content"], "again");
}

#[test]
fn announcements_are_told_to_everybody_as_they_come_and_go() {
    let live = Live::new();
    let (alice, admin) = (live.server.user("alice"), live.server.admin("admin"));
    let mut client = live.stream(&alice, "user");
    let made = admin
        .json(
            "POST",
            "/api/v1/pleroma/admin/announcements",
            &json!({"content": "We move tonight"}),
        )
        .ok();
    let announcement = id(&made);
    let (_, event, payload) = client.event();
    assert_eq!(
        (event.as_str(), &payload),
        ("announcement", &alice.get("/api/v1/announcements").ok()[0])
    );
    let reaction = format!("/api/v1/announcements/{announcement}/reactions/🐈");
    alice.put(&reaction, &[]).ok();
    let (_, event, payload) = client.event();
    assert_eq!(event, "announcement.reaction");
    assert_eq!(
        payload,
        json!({"name": "🐈", "count": 1, "announcement_id": announcement})
    );
    alice.delete(&reaction).ok();
    assert_eq!(client.event().2["count"], 0);
    admin.delete(&format!(
        "/api/v1/pleroma/admin/announcements/{announcement}"
    ));
    assert_eq!(
        client.next(),
        json!({"stream": ["user"], "event": "announcement.delete", "payload": announcement})
    );
}
