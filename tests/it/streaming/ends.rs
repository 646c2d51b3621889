//! How streams end: by the client, by a lost right, by a slow reader, by the server.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Client, Listener, Live};
use crate::binary::{self, PATIENCE, Program};
use crate::support::{TestServer, TestUser};

/// Policy violation: the client should not come back with the same token.
const NO_RIGHT: Option<u16> = Some(1008);

/// The longest that a lost right may go unnoticed (security.md O4).
const SOON: Duration = Duration::from_secs(5);

fn ends_soon(client: &mut Client) {
    let since = Instant::now();
    assert_eq!(client.end(), NO_RIGHT);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

fn until(server: &TestServer, count: usize) {
    let end = Instant::now() + PATIENCE;
    while server.app.streams().count() != count {
        assert!(
            Instant::now() < end,
            "{} streams are open",
            server.app.streams().count()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn sec_o4_a_lost_right_ends_every_kind_of_stream() {
    type Act = fn(&TestServer, &TestUser);
    let acts: [(&str, Act); 5] = [
        ("revoked", |server, user| {
            let form = [("token", user.token.as_str())];
            server.post_form("/oauth/revoke", &form);
            server
                .sql()
                .execute("DELETE FROM tokens WHERE account_id = ?1", [&user.id])
                .unwrap();
        }),
        ("deactivated", |server, user| {
            let admin = server.admin("admin");
            let form = [("nicknames[]", user.name.as_str())];
            admin
                .patch("/api/pleroma/admin/users/deactivate", &form)
                .ok();
        }),
        ("unapproved", |server, user| {
            let sql = "UPDATE users SET approval_pending = 1 WHERE account_id = ?1";
            server.sql().execute(sql, [&user.id]).unwrap();
        }),
        ("expired", |server, user| {
            let sql = "UPDATE tokens SET expires_at = 1 WHERE account_id = ?1";
            server.sql().execute(sql, [&user.id]).unwrap();
        }),
        ("deleted", |server, user| {
            let id = user.id.parse().unwrap();
            server
                .app
                .db()
                .write(|tx| kenoma::ops::users::delete(tx, id))
                .unwrap();
        }),
    ];
    for (how, act) in acts {
        let live = Live::new();
        let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
        let mut socket = live.stream(&alice, "user");
        let mut public = live.stream(&alice, "public");
        let mut events =
            Listener::open(live.address, "/api/v1/streaming/user", Some(&alice.token)).unwrap();
        let mut others = live.stream(&bob, "user");
        act(&live.server, &alice);
        let since = Instant::now();
        assert_eq!(socket.end(), NO_RIGHT, "{how}");
        assert_eq!(public.end(), NO_RIGHT, "{how}");
        events.end();
        assert!(since.elapsed() < SOON, "{how}: {:?}", since.elapsed());
        others.sync();
        until(&live.server, 1);
    }
}

#[test]
fn sec_o4_a_right_taken_on_the_command_line_ends_streams_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    drop(Program::on(data.path(), &[]));
    let made = ["user", "create", "alice", "--email", "alice@example.com"];
    binary::done(data.path(), &made);
    let token = binary::done(
        data.path(),
        &["token", "create", "alice", "--scopes", "read"],
    );
    let program = Program::on(data.path(), &[]);
    let target = format!("/api/v1/streaming?stream=user&access_token={token}");
    let mut client = Client::open(program.address, &target, &[]).unwrap();
    client.sync();
    binary::done(data.path(), &["user", "deactivate", "alice"]);
    ends_soon(&mut client);
}

#[test]
fn a_token_that_loses_a_scope_loses_the_streams_of_it() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "user");
    client.subscribe(json!({"type": "subscribe", "stream": "user:notification"}));
    let sql = "UPDATE tokens SET scopes = 'read:notifications' WHERE account_id = ?1";
    live.server.sql().execute(sql, [&alice.id]).unwrap();
    std::thread::sleep(SOON);
    alice.server.user("bob").follow(&alice);
    let (streams, event, _) = client.event();
    assert_eq!(
        (streams, event.as_str()),
        (json!(["user:notification"]), "notification")
    );
    client.sync();
}

#[test]
fn the_server_says_goodbye_with_a_code_that_means_come_back() {
    let mut live = Live::new();
    let alice = live.server.user("alice");
    let mut socket = live.stream(&alice, "user");
    let mut events =
        Listener::open(live.address, "/api/v1/streaming/user", Some(&alice.token)).unwrap();
    let since = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(socket.end(), Some(1012)));
        scope.spawn(|| events.end());
        live.close();
    });
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[test]
fn a_client_that_says_goodbye_is_answered_and_forgotten() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut client = live.stream(&alice, "user");
    // A close frame with code 1000, masked with zeros.
    client
        .raw()
        .write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])
        .unwrap();
    let mut answer = Vec::new();
    client.raw().read_to_end(&mut answer).unwrap();
    assert_eq!(answer, [0x88, 0x02, 0x03, 0xe8]);
    until(&live.server, 0);
}

#[test]
fn a_client_killed_in_the_middle_of_a_frame_disturbs_nobody() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let mut stays = live.stream(&alice, "user");
    for half in [
        &[0x81][..],
        &[0x81, 0x8a, 1, 2],
        &[0x81, 0x8a, 1, 2, 3, 4, 5, 6],
    ] {
        let mut goes = live.stream(&alice, "user");
        goes.raw().write_all(half).unwrap();
    }
    until(&live.server, 1);
    let post = alice.post_status("still here");
    assert_eq!(stays.event().2["id"], post["id"]);
    assert_eq!(live.server.app.db().hub().listeners().len(), 1);
    drop(stays);
    until(&live.server, 0);
    assert!(live.server.app.db().hub().listeners().is_empty());
}

#[test]
fn frames_that_no_client_may_send_end_the_stream() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let endless = [&[0x81, 0xff][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
    for bad in [
        &[0x81, 0x01, b'x'][..],
        &[0xf1, 0x80, 0, 0, 0, 0],
        &[0x83, 0x80, 0, 0, 0, 0],
        &endless,
    ] {
        let mut client = live.stream(&alice, "user");
        client.raw().write_all(bad).unwrap();
        client.end();
    }
    until(&live.server, 0);
}

#[test]
fn whoever_talks_without_end_is_sent_away() {
    let live = Live::new();
    let mut client = live.open("/api/v1/streaming");
    for _ in 0..300 {
        let ping = kenoma_frame(b"ping");
        if client.raw().write_all(&ping).is_err() {
            break;
        }
    }
    assert_eq!(client.end(), NO_RIGHT);
}

/// A client's text frame, masked with zeros.
fn kenoma_frame(text: &[u8]) -> Vec<u8> {
    [&[0x81, 0x80 | text.len() as u8, 0, 0, 0, 0][..], text].concat()
}

#[test]
fn a_reader_that_sleeps_is_dropped_and_holds_nobody_up() {
    let live = Live::new();
    let alice = live.server.user("alice");
    let _sleeps = live.stream(&alice, "user");
    let mut reads = live.stream(&alice, "user");
    let text = "x".repeat(4900);
    // The system's own buffers take some megabytes before the stream's limit counts.
    for posted in 0.. {
        assert!(posted < 2000, "the sleeper is still there");
        let post = alice.post_status(&text);
        assert_eq!(reads.event().2["id"], post["id"]);
        if live.server.app.streams().count() == 1 {
            break;
        }
    }
}
