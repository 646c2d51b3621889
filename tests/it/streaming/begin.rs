//! How streams begin: the handshake, four ways to pass a token, subscriptions.

use serde_json::json;

use super::client::{Client, Listener, Live};
use crate::support::TestUser;

/// Sees that the stream is that user's.
fn hears_its_own_posts(client: &mut Client, user: &TestUser) {
    let posted = user.post_status("for my own eyes");
    let (stream, event, payload) = client.event();
    assert_eq!((stream, event.as_str()), (json!(["user"]), "update"));
    assert_eq!(payload["id"], posted["id"]);
}

#[test]
fn a_token_may_come_in_four_ways() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut by_query = live.stream(&alice, "user");
    hears_its_own_posts(&mut by_query, &alice);
    drop(by_query);

    let bearer = format!("Bearer {}", alice.token);
    let target = "/api/v1/streaming?stream=user";
    let header = [("Authorization", bearer.as_str())];
    let mut by_header = Client::open(live.address, target, &header).unwrap();
    assert!(!by_header.head.contains("sec-websocket-protocol"));
    hears_its_own_posts(&mut by_header, &alice);
    drop(by_header);

    let protocol = [("Sec-WebSocket-Protocol", alice.token.as_str())];
    let mut by_protocol = Client::open(live.address, target, &protocol).unwrap();
    let echoed = format!("sec-websocket-protocol: {}\r\n", alice.token.to_lowercase());
    assert!(by_protocol.head.contains(&echoed), "{}", by_protocol.head);
    hears_its_own_posts(&mut by_protocol, &alice);
    drop(by_protocol);

    let mut by_message = live.open("/api/v1/streaming");
    by_message.say(&json!({"type": "pleroma:authenticate", "token": alice.token}));
    let answer = json!({"event": "pleroma:respond", "payload": r#"{"result":"success","type":"pleroma:authenticate"}"#});
    assert_eq!(by_message.next(), answer);
    by_message.say(&json!({"type": "subscribe", "stream": "user"}));
    let answer = json!({"event": "pleroma:respond", "payload": r#"{"result":"success","type":"subscribe"}"#});
    assert_eq!(by_message.next(), answer);
    hears_its_own_posts(&mut by_message, &alice);
}

#[test]
fn a_wrong_token_is_refused_by_each_of_the_ways() {
    let live = Live::new();
    live.server.user("alice");
    let refused = |target: &str, headers: &[(&str, &str)]| {
        let refusal = Client::open(live.address, target, headers).err().unwrap();
        assert_eq!(refusal.status, 401, "{target}");
        assert_eq!(refusal.body["error"], "The access token is invalid");
    };
    refused("/api/v1/streaming?stream=public&access_token=nonsense", &[]);
    refused("/api/v1/streaming", &[("Authorization", "Bearer nonsense")]);
    refused(
        "/api/v1/streaming",
        &[("Sec-WebSocket-Protocol", "nonsense")],
    );
    let mut client = live.open("/api/v1/streaming");
    for token in [json!("nonsense"), json!(null)] {
        client.say(&json!({"type": "pleroma:authenticate", "token": token}));
        let payload = r#"{"error":"unauthorized","result":"error","type":"pleroma:authenticate"}"#;
        assert_eq!(
            client.next(),
            json!({"event": "pleroma:respond", "payload": payload})
        );
    }
}

#[test]
fn without_a_token_only_public_streams_are_to_be_had() {
    let live = Live::new();
    let mut client = live.open("/api/v1/streaming?stream=public");
    for stream in [
        "user",
        "user:notification",
        "user:pleroma_chat",
        "direct",
        "list",
    ] {
        let refusal = Client::open(
            live.address,
            &format!("/api/v1/streaming?stream={stream}&list=1"),
            &[],
        );
        assert_eq!(refusal.err().unwrap().status, 401, "{stream}");
        client.say(&json!({"type": "subscribe", "stream": stream, "list": "1"}));
        let answer = json!({"error": "Missing access token", "status": 401});
        assert_eq!(client.next(), answer, "{stream}");
    }
    let closed = Live::with(&["instance.public=false"]);
    let refusal = Client::open(closed.address, "/api/v1/streaming?stream=public", &[]);
    assert_eq!(refusal.err().unwrap().status, 401);
    let alice = closed.server.user("alice");
    closed.stream(&alice, "public").sync();
}

/// A token of alice's with those scopes.
fn token(user: &TestUser, scopes: &str) -> String {
    let account = user.id.parse().unwrap();
    let hour = std::time::Duration::from_secs(3600);
    let issue =
        |tx: &kenoma::db::Tx| kenoma::ops::tokens::issue(tx, None, Some(account), scopes, hour);
    user.server.app.db().write(issue).unwrap().access
}

#[test]
fn sec_o3_a_stream_needs_the_scope_of_what_it_shows() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let list = alice.post("/api/v1/lists", &[("title", "friends")]).ok();
    let list = list["id"].as_str().unwrap();
    for (scopes, allowed) in [
        (
            "read",
            vec![
                "user",
                "user:notification",
                "user:pleroma_chat",
                "direct",
                "list",
                "public",
                "hashtag",
            ],
        ),
        ("read:statuses", vec!["user", "direct", "public", "hashtag"]),
        ("read:notifications", vec!["user:notification"]),
        ("read:lists", vec!["list"]),
        ("write follow push", vec![]),
    ] {
        let token = token(&alice, scopes);
        for stream in [
            "user",
            "user:notification",
            "user:pleroma_chat",
            "direct",
            "list",
            "public",
            "hashtag",
        ] {
            let target =
                format!("/api/v1/streaming?access_token={token}&stream={stream}&list={list}&tag=x");
            let opened = Client::open(live.address, &target, &[]);
            match opened {
                Ok(_) => assert!(allowed.contains(&stream), "{scopes} {stream}"),
                Err(refusal) => {
                    assert!(!allowed.contains(&stream), "{scopes} {stream}");
                    assert_eq!(refusal.status, 403);
                }
            }
        }
    }
    let without_notifications = token(&alice, "read:statuses");
    let target = format!("/api/v1/streaming?access_token={without_notifications}&stream=user");
    let mut client = live.open(&target);
    let post = alice.post_status("hello");
    let bob = live.server.user("bob");
    bob.post(
        &format!(
            "/api/v1/statuses/{}/favourite",
            post["id"].as_str().unwrap()
        ),
        &[],
    )
    .ok();
    let last = alice.post_status("the notification came before");
    assert_eq!(client.event().2["id"], post["id"]);
    assert_eq!(client.event().2["id"], last["id"]);
}

#[test]
fn somebody_elses_list_is_nobodys() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let list = alice.post("/api/v1/lists", &[("title", "friends")]).ok();
    let id = list["id"].as_str().unwrap();
    let mut client = live.stream(&bob, "user");
    client.say(&json!({"type": "subscribe", "stream": "list", "list": id}));
    assert_eq!(
        client.next(),
        json!({"error": "Record not found", "status": 404})
    );
    let target = format!("/api/v1/streaming/list?list={id}");
    assert_eq!(
        Listener::open(live.address, &target, Some(&bob.token))
            .err()
            .unwrap()
            .status,
        404
    );
}

#[test]
fn an_unknown_stream_is_told_without_ending_the_connection() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "nonsense");
    let unknown = json!({"error": "Unknown stream type", "status": 400});
    assert_eq!(client.next(), unknown);
    client.say(&json!({"type": "subscribe", "stream": "hashtag"}));
    assert_eq!(client.next(), unknown);
    client.say(&json!({"type": "from the future"}));
    client.say_text("no JSON");
    client.say(&json!(["subscribe", "user"]));
    client.sync();
    client.subscribe(json!({"type": "subscribe", "stream": "user"}));
    hears_its_own_posts(&mut client, &alice);
}

#[test]
fn subscribing_twice_is_subscribing_once_and_ends_with_one_word() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "user");
    client.subscribe(json!({"type": "subscribe", "stream": "user"}));
    client.subscribe(json!({"type": "subscribe", "stream": "public"}));
    let post = alice.post_status("once on each");
    for stream in ["user", "public"] {
        let (streams, _, payload) = client.event();
        assert_eq!((streams, &payload["id"]), (json!([stream]), &post["id"]));
    }
    client.subscribe(json!({"type": "unsubscribe", "stream": "user"}));
    let post = alice.post_status("public alone");
    let (streams, _, payload) = client.event();
    assert_eq!((streams, &payload["id"]), (json!(["public"]), &post["id"]));
    client.sync();
}

#[test]
fn what_is_no_websocket_is_told_what_is_wrong() {
    let live = Live::new();
    let alice = live.server.user("alice");
    live.server
        .get("/api/v1/streaming")
        .refused(404, "Record not found");
    alice
        .get("/api/v1/streaming/")
        .refused(404, "Record not found");
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "12"),
        ("Sec-WebSocket-Key", "short"),
    ];
    let ask = |headers: &[(&str, &str)]| {
        live.server
            .request("GET", "/api/v1/streaming", headers, b"")
    };
    let old = ask(&upgrade);
    assert_eq!(old.header("Sec-WebSocket-Version"), Some("13"));
    old.refused(426, "Only WebSocket version 13 is spoken");
    let mut upgrade = upgrade;
    upgrade[2].1 = "13";
    ask(&upgrade).refused(400, "Sec-WebSocket-Key is no key");
}

#[test]
fn streaming_is_advertised_and_healthy() {
    let live = Live::new();
    let v2 = live.server.get("/api/v2/instance").ok();
    assert_eq!(
        v2["configuration"]["urls"]["streaming"],
        "ws://127.0.0.1:4000"
    );
    let v1 = live.server.get("/api/v1/instance").ok();
    assert_eq!(v1["urls"]["streaming_api"], "ws://127.0.0.1:4000");
    let features = v1["pleroma"]["metadata"]["features"].as_array().unwrap();
    assert!(features.contains(&json!("mastodon_api_streaming")));
    assert_eq!(live.server.get("/api/v1/streaming/health").text(), "OK");
}

#[test]
fn server_sent_events_come_on_a_route_for_each_stream() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let list = alice.post("/api/v1/lists", &[("title", "me")]).ok();
    let id = list["id"].as_str().unwrap();
    alice.post(
        &format!("/api/v1/lists/{id}/accounts"),
        &[("account_ids[]", &alice.id)],
    );
    let (list, remote) = (
        format!("/api/v1/streaming/list?list={id}"),
        "/api/v1/streaming/public/remote?instance=remote.example",
    );
    let open = |target: &str, token| Listener::open(live.address, target, token).unwrap();
    let mut hears = Vec::new();
    for target in [
        "/api/v1/streaming/user",
        "/api/v1/streaming/public",
        "/api/v1/streaming/public/local",
        "/api/v1/streaming/hashtag?tag=Cats",
        "/api/v1/streaming/hashtag/local?tag=cats",
    ] {
        hears.push(open(target, Some(alice.token.as_str())));
    }
    let mut silent = open("/api/v1/streaming/public?only_media=true", None);
    let mut also_silent = open(remote, None);
    let mut direct = open("/api/v1/streaming/direct", Some(&alice.token));
    let mut told = open("/api/v1/streaming/user/notification", Some(&alice.token));
    assert!(
        told.head.contains("content-type: text/event-stream"),
        "{}",
        told.head
    );
    let on_list = Listener::open(live.address, &list, Some(&alice.token)).is_ok();
    assert!(on_list);
    let post = alice.post_status("hello #cats");
    for listener in &mut hears {
        let (event, data) = listener.event();
        let data: serde_json::Value = serde_json::from_str(&data).unwrap();
        assert_eq!((event.as_str(), &data["id"]), ("update", &post["id"]));
    }
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            post["id"].as_str().unwrap()
        ))
        .ok();
    for listener in &mut hears {
        assert_eq!(
            listener.event(),
            ("delete".to_owned(), post["id"].as_str().unwrap().to_owned())
        );
    }
    live.server
        .user("bob")
        .post_with("psst @alice", &[("visibility", "direct")]);
    assert_eq!(direct.event().0, "conversation");
    assert_eq!(told.event().0, "notification");
    drop(live);
    silent.end();
    also_silent.end();
}

#[test]
fn the_routes_of_server_sent_events_refuse_strangers_and_missing_parameters() {
    let live = Live::new();
    let alice = live.server.user("alice");
    for target in [
        "/api/v1/streaming/user",
        "/api/v1/streaming/direct",
        "/api/v1/streaming/list?list=1",
    ] {
        assert_eq!(
            Listener::open(live.address, target, None)
                .err()
                .unwrap()
                .status,
            403,
            "{target}"
        );
    }
    for target in [
        "/api/v1/streaming/hashtag",
        "/api/v1/streaming/hashtag/local",
        "/api/v1/streaming/list",
    ] {
        assert_eq!(alice.get(target).status, 400, "{target}");
    }
    assert_eq!(
        alice
            .request("HEAD", "/api/v1/streaming/user", &[], b"")
            .status,
        200
    );
    assert_eq!(live.server.app.streams().count(), 0);
}

#[test]
fn too_many_streams_of_one_person_or_in_all_are_refused() {
    let live = Live::with(&["limits.streams_per_user=2", "limits.streams=4"]);
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let target = |user: &TestUser| format!("/api/v1/streaming?access_token={}", user.token);
    let mut open = vec![live.open(&target(&alice)), live.open(&target(&alice))];
    assert_eq!(
        Client::open(live.address, &target(&alice), &[])
            .err()
            .unwrap()
            .status,
        429
    );
    let mut stranger = live.open("/api/v1/streaming");
    stranger.say(&json!({"type": "pleroma:authenticate", "token": alice.token}));
    let payload = r#"{"error":"too_many_streams","result":"error","type":"pleroma:authenticate"}"#;
    assert_eq!(stranger.next()["payload"], payload);
    open.push(live.open(&target(&bob)));
    assert_eq!(
        Client::open(live.address, &target(&bob), &[])
            .err()
            .unwrap()
            .status,
        503
    );
    // One that ends makes room.
    drop(open.remove(0));
    let until = std::time::Instant::now() + crate::binary::PATIENCE;
    while Client::open(live.address, &target(&alice), &[]).is_err() {
        assert!(
            std::time::Instant::now() < until,
            "an ended stream still counts"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn streams_begin_without_the_front_door_too() {
    let live = Live::with(&["server.front_door=false"]);
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "user");
    let mut listener =
        Listener::open(live.address, "/api/v1/streaming/user", Some(&alice.token)).unwrap();
    hears_its_own_posts(&mut client, &alice);
    assert_eq!(listener.event().0, "update");
    client.sync();
}
