//! The doors of the inboxes, and what is made of what comes in (federation.md 4.1, 8; security.md A3 to A12).

use serde_json::{Value, json};

use super::ACTIVITY;
use super::stranger::{Stranger, outbox};
use crate::support::{BASE, TestServer, ids};

fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn post(server: &TestServer, path: &str, kind: &str, body: &Value) -> u16 {
    server
        .request(
            "POST",
            path,
            &[("Content-Type", kind)],
            body.to_string().as_bytes(),
        )
        .status
}

#[test]
fn what_is_no_activity_is_refused_before_anything_else() {
    let server = TestServer::new();
    let bob = Stranger::new(&server, "bob", "remote.example");
    let good = bob.activity("Follow", json!(format!("{BASE}/users/alice")));
    assert_eq!(post(&server, "/inbox", "text/html", &good), 415);
    for (what, body) in [
        ("a list", json!([good])),
        ("no type", json!({"actor": bob.uri})),
        ("no actor", json!({"type": "Like"})),
        (
            "an actor that is no id",
            json!({"type": "Like", "actor": "bob"}),
        ),
        (
            "an id that is none",
            json!({"type": "Like", "actor": bob.uri, "id": 7}),
        ),
        (
            "an id on another host",
            json!({"type": "Like", "actor": bob.uri, "id": "https://evil.example/1"}),
        ),
    ] {
        assert_eq!(post(&server, "/inbox", ACTIVITY, &body), 400, "{what}");
    }
    assert_eq!(
        server
            .request("POST", "/inbox", &[("Content-Type", ACTIVITY)], b"{")
            .status,
        400
    );
    let answer = server.get("/inbox");
    assert_eq!(answer.status, 405);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}

#[test]
fn nothing_is_taken_without_a_signature_that_is_right() {
    let server = TestServer::new();
    let bob = Stranger::new(&server, "bob", "remote.example");
    let said = bob.activity("Like", json!(format!("{BASE}/objects/1")));
    assert_eq!(post(&server, "/inbox", ACTIVITY, &said), 401);
    let signed = said.to_string().into_bytes();
    let swapped = said.to_string().replace("Like", "Flag").into_bytes();
    assert_eq!(bob.send_bytes("/inbox", &signed, &swapped).status, 401);
    // Another's key under bob's id.
    let eve = Stranger::new(&server, "eve", "remote.example");
    let forged = bob.server.sql();
    forged.execute("UPDATE account_keys SET public_pem = (SELECT public_pem FROM account_keys WHERE account_id = ?1) WHERE account_id = ?2", [eve.id.0, bob.id.0]).unwrap();
    server
        .app
        .fed()
        .keys
        .forget(&format!("{}#main-key", bob.uri));
    assert_eq!(bob.send_bytes("/inbox", &signed, &signed).status, 401);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}

#[test]
fn sec_a12_nobody_outside_signs_as_one_of_us() {
    let server = TestServer::new();
    let alice = server.user("alice");
    super::fetch(&server, "/users/alice").ok();
    let key = server
        .app
        .fed()
        .keys
        .own(
            &server.app,
            kenoma::fed::keys::Signer::Account(alice.id.parse().unwrap()),
        )
        .unwrap();
    let said = json!({"type": "Like", "actor": format!("{BASE}/users/alice"), "id": format!("{BASE}/activities/1"), "object": "x"});
    let bytes = said.to_string().into_bytes();
    let url = url::Url::parse(&format!("{BASE}/inbox")).unwrap();
    let body = kenoma::fed::signature::Signable::new(&bytes);
    let outgoing = kenoma::fed::signature::Outgoing {
        url: &url,
        body: Some(&body),
        without_query: false,
    };
    let headers = kenoma::fed::signature::sign(
        &key.private,
        kenoma::fed::signature::Variant::Cavage,
        &outgoing,
        kenoma::clock::Timestamp::now(),
    )
    .unwrap();
    let mut all: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.push(("Content-Type", ACTIVITY));
    // Who only claims it is no news.
    let root = server.admin("root");
    let forged: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| match *name {
            "signature" | "Signature" => (*name, FORGED),
            _ => (*name, *value),
        })
        .collect();
    assert_ne!(forged, all);
    assert_eq!(
        server.request("POST", "/inbox", &forged, &bytes).status,
        401
    );
    server.run_jobs();
    assert!(server.mails().is_empty());
    // Who can do it has the key, and the admins hear of it: once.
    for _ in 0..2 {
        assert_eq!(server.request("POST", "/inbox", &all, &bytes).status, 401);
    }
    server.run_jobs();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("/users/alice#main-key"), "{}", mails[0]);
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    let told = log["items"][0]["message"].as_str().unwrap();
    assert!(told.contains("signed with a key of this server"), "{told}");
    assert_eq!(log["total"], 1);
}

const FORGED: &str = "keyId=\"http://127.0.0.1:4000/users/alice#main-key\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest content-type\",signature=\"AAAA\"";

#[test]
fn personal_inboxes_are_those_of_people_who_are_here() {
    let server = TestServer::new();
    server.user("alice");
    server.user("gone");
    server
        .admin("root")
        .request("DELETE", "/api/pleroma/admin/users?nickname=gone", &[], b"")
        .ok();
    let bob = Stranger::new(&server, "bob", "remote.example");
    let bytes = bob
        .activity("Like", json!("https://remote.example/1"))
        .to_string()
        .into_bytes();
    assert_eq!(
        bob.send_bytes("/users/alice/inbox", &bytes, &bytes).status,
        202
    );
    assert_eq!(
        bob.send_bytes("/users/nobody/inbox", &bytes, &bytes).status,
        404
    );
    assert_eq!(
        bob.send_bytes("/users/gone/inbox", &bytes, &bytes).status,
        410
    );
}

#[test]
fn unknown_keys_are_looked_at_later_and_farewells_of_unknown_people_never() {
    let server = TestServer::new();
    let bob = Stranger::new(&server, "bob", "remote.example");
    let farewell = bob
        .activity("Delete", json!(bob.uri))
        .to_string()
        .into_bytes();
    let like = bob
        .activity("Like", json!("https://remote.example/1"))
        .to_string()
        .into_bytes();
    server
        .sql()
        .execute("DELETE FROM account_search WHERE rowid = ?1", [bob.id.0])
        .unwrap();
    server
        .sql()
        .execute_batch("PRAGMA foreign_keys = ON")
        .unwrap();
    let file = server.sql();
    file.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    file.execute("DELETE FROM accounts WHERE id = ?1", [bob.id.0])
        .unwrap();
    server
        .app
        .fed()
        .keys
        .forget(&format!("{}#main-key", bob.uri));
    assert_eq!(bob.send_bytes("/inbox", &farewell, &farewell).status, 202);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    assert_eq!(bob.send_bytes("/inbox", &like, &like).status, 202);
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM inbox_items WHERE signer_id IS NULL AND head IS NOT NULL"
        ),
        1
    );
    // Of one host only so many.
    for _ in 0..60 {
        bob.send_bytes("/inbox", &like, &like);
    }
    let answer = bob.send_bytes("/inbox", &like, &like);
    assert_eq!(
        (answer.status, answer.header("Retry-After")),
        (429, Some("300"))
    );
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 50);
}

#[test]
fn sec_a6_what_was_said_once_has_its_effect_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let status = alice.post_status("hello");
    let like = bob.activity("Like", status["uri"].clone());
    let bytes = like.to_string().into_bytes();
    std::thread::scope(|scope| {
        for path in [
            "/inbox",
            "/users/alice/inbox",
            "/inbox",
            "/users/alice/inbox",
        ] {
            let (bob, bytes) = (&bob, &bytes);
            scope.spawn(move || assert_eq!(bob.send_bytes(path, bytes, bytes).status, 202));
        }
    });
    while kenoma::jobs::incoming::once(&server.app).unwrap() {}
    bob.say(&like);
    let seen = alice
        .get(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(seen["favourites_count"], 1);
    assert_eq!(ids(&alice.get("/api/v1/notifications").ok()).len(), 1);
    // Taken back, and said again as it was: it stays taken back.
    bob.say(&bob.activity("Undo", like.clone()));
    bob.say(&like);
    let seen = alice
        .get(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(seen["favourites_count"], 0);
}

#[test]
fn a_claimed_name_is_not_counted_against_until_it_is_proved() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let bob = Stranger::new(&server, "bob", "remote.example");
    let said = bob
        .activity("Like", json!("https://remote.example/1"))
        .to_string()
        .into_bytes();
    let other = bob
        .activity("Like", json!("https://remote.example/2"))
        .to_string()
        .into_bytes();
    for _ in 0..700 {
        // Signed for another body: forged, and refused as such.
        assert_eq!(bob.send_bytes("/inbox", &other, &said).status, 401);
    }
    assert_eq!(bob.send_bytes("/inbox", &said, &said).status, 202);
}

#[test]
fn a_follow_is_answered_each_time_and_counted_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    // What somebody posted before is in no home here of whoever follows from elsewhere.
    alice.post_status("earlier");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let target = format!("{BASE}/users/alice");
    let follow = bob.activity("Follow", json!(target));
    bob.say(&follow);
    let again = bob.activity("Follow", json!(target));
    bob.say(&again);
    let sent = outbox(&server);
    assert_eq!(sent.len(), 2);
    for ((inbox, answer), asked) in sent.iter().zip([&follow, &again]) {
        assert_eq!(inbox, &format!("{}/inbox", bob.uri));
        assert_eq!(
            (&answer["type"], &answer["actor"]),
            (&json!("Accept"), &json!(target))
        );
        assert_eq!(
            (
                &answer["object"]["type"],
                &answer["object"]["id"],
                &answer["object"]["actor"],
                &answer["object"]["object"]
            ),
            (
                &json!("Follow"),
                &asked["id"],
                &json!(bob.uri),
                &json!(target)
            )
        );
    }
    let followers = alice
        .get(&format!("/api/v1/accounts/{}/followers", alice.id))
        .ok();
    assert_eq!(ids(&followers).len(), 1);
    assert_eq!(ids(&alice.get("/api/v1/notifications").ok()).len(), 1);
    bob.say(&bob.activity(
        "Undo",
        json!({"type": "Follow", "actor": bob.uri, "object": target}),
    ));
    let followers = alice
        .get(&format!("/api/v1/accounts/{}/followers", alice.id))
        .ok();
    assert_eq!(ids(&followers).len(), 0);
}

#[test]
fn whoever_is_blocked_is_refused_and_not_heard() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    bob.say(&bob.activity("Follow", json!(format!("{BASE}/users/alice"))));
    let sent = outbox(&server);
    assert_eq!((sent.len(), &sent[0].1["type"]), (1, &json!("Reject")));
    let status = alice.post_status("hello");
    bob.say(&bob.activity("Like", status["uri"].clone()));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 0);
    assert_eq!(alice.get("/api/v1/notifications").ok(), json!([]));
}

#[test]
fn sec_a7_only_what_was_asked_is_granted_and_only_by_who_was_asked() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let eve = Stranger::new(&server, "eve", "evil.example");
    let active = || count(&server, "SELECT count(*) FROM follows WHERE pending = 0");
    let accept = |by: &Stranger, object: Value| by.say(&by.activity("Accept", object));
    let repeated =
        json!({"type": "Follow", "actor": format!("{BASE}/users/alice"), "object": bob.uri});
    accept(&bob, repeated.clone());
    assert_eq!(
        count(&server, "SELECT count(*) FROM follows"),
        0,
        "nobody asked"
    );
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .ok();
    let asked = outbox(&server).remove(0).1;
    assert_eq!(
        (&asked["type"], &asked["object"]),
        (&json!("Follow"), &json!(bob.uri))
    );
    accept(&eve, asked["id"].clone());
    accept(&eve, asked.clone());
    assert_eq!(active(), 0, "another accepted");
    accept(&bob, asked["id"].clone());
    assert_eq!(active(), 1);
    alice
        .post(&format!("/api/v1/accounts/{}/unfollow", bob.id), &[])
        .ok();
    accept(&bob, asked.clone());
    assert_eq!(
        count(&server, "SELECT count(*) FROM follows"),
        0,
        "it was withdrawn"
    );
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .ok();
    bob.say(&bob.activity("Reject", repeated));
    assert_eq!(count(&server, "SELECT count(*) FROM follows"), 0);
}

#[test]
fn sec_a5_nobody_speaks_for_another() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .ok();
    bob.say(&bob.activity(
        "Accept",
        json!({"type": "Follow", "actor": format!("{BASE}/users/alice"), "object": bob.uri}),
    ));
    let note = bob.note("<p>mine</p>");
    bob.say(&bob.activity("Create", note.clone()));
    let home = || ids(&alice.get("/api/v1/timelines/home").ok());
    assert_eq!(home().len(), 1);
    // Passed on by another under bob's name: the origin is asked, and it is not there.
    eve.say(&bob.activity("Create", bob.note("<p>not mine</p>")));
    eve.say(&bob.activity("Delete", note["id"].clone()));
    // Eve's own activities about what is bob's.
    eve.say(&eve.activity("Delete", note["id"].clone()));
    eve.say(&eve.activity("Create", bob.note("<p>nor this</p>")));
    eve.say(&eve.activity(
        "Undo",
        json!({"type": "Follow", "actor": bob.uri, "object": format!("{BASE}/users/alice")}),
    ));
    assert_eq!(home().len(), 1);
    let texts = alice.get("/api/v1/timelines/home").text();
    assert!(texts.contains("mine") && !texts.contains("not mine") && !texts.contains("nor this"));
}

#[test]
fn a_post_that_concerns_nobody_here_is_not_kept_and_one_that_does_is() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.say(&bob.activity("Create", bob.note("to nobody")));
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 0);
    let mut mention = bob.note("<p>hi <script>alert(1)</script>alice</p>");
    mention["tag"] = json!({"type": "Mention", "href": format!("{BASE}/users/alice")});
    mention["cc"] = json!(format!("{BASE}/users/alice"));
    mention["attachment"] = json!({"type": "Document", "mediaType": "image/png", "url": "https://remote.example/a.png", "name": "a cat", "width": 2, "height": 1});
    bob.say(&bob.activity("Create", mention.clone()));
    let told = alice.get("/api/v1/notifications").ok();
    assert_eq!(
        (&told[0]["type"], &told[0]["account"]["acct"]),
        (&json!("mention"), &json!("bob@remote.example"))
    );
    let status = &told[0]["status"];
    assert_eq!(status["content"], "<p>hi alice</p>");
    assert_eq!(status["visibility"], "public");
    assert_eq!(
        status["media_attachments"][0]["remote_url"],
        "https://remote.example/a.png"
    );
    assert_eq!(status["media_attachments"][0]["description"], "a cat");
    // A second Create of the same changes nothing.
    bob.say(&bob.activity("Create", mention));
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 1);
}

#[test]
fn a_post_dated_before_others_is_found_like_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let found = || ids(&alice.get("/api/v2/search?q=kettle").ok()["statuses"]).len();
    alice.post_status("my kettle");
    assert_eq!(found(), 1);
    let mut note = bob.note("an old kettle");
    note["published"] = json!("2020-02-02T02:02:02Z");
    note["cc"] = json!([format!("{BASE}/users/alice")]);
    bob.say(&bob.activity("Create", note));
    assert_eq!(found(), 2);
}

#[test]
fn a_delete_that_comes_first_keeps_its_post_out() {
    let server = TestServer::new();
    server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let mut note = bob.note("late");
    note["cc"] = json!([format!("{BASE}/users/alice")]);
    bob.say(&bob.activity("Delete", json!({"type": "Tombstone", "id": note["id"]})));
    bob.say(&bob.activity("Create", note));
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 0);
}

#[test]
fn reactions_come_in_each_dialect() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let status = alice.post_status("react to me");
    let react = |kind: &str, content: &str, tag: Value| {
        let mut activity = bob.activity(kind, status["uri"].clone());
        activity["content"] = json!(content);
        activity["tag"] = tag;
        bob.say(&activity);
    };
    react("EmojiReact", "🐈", json!([]));
    react("Like", "🎉", json!([]));
    react(
        "Like",
        ":blob:",
        json!({"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://remote.example/blob.png"}}),
    );
    react("EmojiReact", "a long text that is no emoji", json!([]));
    react("EmojiReact", ":nopicture:", json!([]));
    react("Like", "like", json!([]));
    let seen = alice
        .get(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    let names: Vec<&str> = seen["pleroma"]["emoji_reactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["🐈", "🎉", "blob@remote.example"]);
    assert_eq!(
        seen["pleroma"]["emoji_reactions"][2]["url"],
        "https://remote.example/blob.png"
    );
    assert_eq!(seen["favourites_count"], 1, "a word is a favourite");
}

#[test]
fn one_activity_goes_to_each_shared_inbox_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for number in 0..20 {
        let one = Stranger::new(
            &server,
            &format!("user{number}"),
            &format!("host{}.example", number % 4),
        );
        one.say(&one.activity("Follow", json!(format!("{BASE}/users/alice"))));
    }
    let before = outbox(&server).len();
    alice.post_status("to all");
    let sent = outbox(&server);
    let mut inboxes: Vec<&str> = sent[before..]
        .iter()
        .map(|(inbox, _)| inbox.as_str())
        .collect();
    inboxes.sort_unstable();
    assert_eq!(
        inboxes,
        [
            "https://host0.example/inbox",
            "https://host1.example/inbox",
            "https://host2.example/inbox",
            "https://host3.example/inbox"
        ]
    );
    assert!(
        sent[before..]
            .iter()
            .all(|(_, activity)| activity["type"] == "Create")
    );
    alice.post_with("for us alone", &[("visibility", "local")]);
    assert_eq!(outbox(&server).len(), before + 4);
}
