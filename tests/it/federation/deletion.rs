//! What is gone here goes elsewhere too, and the other way round (federation.md 9.1, 9.7); and who has a post.

use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::{Stranger, hurry, outbox};
use crate::binary;
use crate::support::{BASE, TestServer, TestUser, encode};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Somebody of a fake peer is found here and follows.
fn follower(who: &TestUser, peer: &Fake, name: &str) -> String {
    let uri = peer.actor(name);
    let query = encode(&[("q", &uri), ("resolve", "true")]);
    let found = who.get(&format!("/api/v2/search?{query}")).ok();
    assert_eq!(
        found["accounts"].as_array().unwrap().len(),
        1,
        "{uri}: {found}"
    );
    let id: i64 = found["accounts"][0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let app = &who.server.app;
    app.db()
        .write(|tx| {
            let me = kenoma::db::accounts::by_handle(tx, &who.name, "")?.unwrap();
            kenoma::ops::follows::asked(tx, kenoma::ids::AccountId(id), &me, None)
        })
        .unwrap();
    uri
}

fn deliveries(who: &TestUser, status: &Value) -> Vec<Value> {
    let path = format!(
        "/api/v1/kenoma/statuses/{}/deliveries",
        status["id"].as_str().unwrap()
    );
    who.get(&path).ok().as_array().unwrap().clone()
}

fn states(list: &[Value]) -> Vec<&str> {
    list.iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect()
}

fn of_kind(peer: &Fake, kind: &str) -> Vec<Value> {
    let got = peer.got().into_iter().map(|(_, activity)| activity);
    got.filter(|activity| activity["type"] == kind).collect()
}

#[test]
fn an_author_sees_which_servers_have_a_post_and_why_others_do_not() {
    let server = TestServer::new();
    let (alice, other) = (server.user("alice"), server.user("other"));
    let (good, busy, gone) = (Fake::start(false), Fake::start(false), Fake::start(false));
    for (peer, name) in [(&good, "bob"), (&busy, "carl"), (&gone, "dora")] {
        follower(&alice, peer, name);
    }
    busy.raw("/inbox", 500, "", "out of order");
    gone.raw("/inbox", 410, "", "nobody here");
    let status = alice.post_status("hello");
    assert_eq!(
        deliveries(&alice, &status).len(),
        0,
        "nothing was written yet"
    );
    server.run_jobs();
    assert_eq!(states(&deliveries(&alice, &status)), ["waiting"; 3]);
    server.federate();
    let list = deliveries(&alice, &status);
    let of = |peer: &Fake| {
        let host = peer.base.strip_prefix("http://").unwrap();
        list.iter().find(|one| one["host"] == host).unwrap()
    };
    let (delivered, waiting, failed) = (of(&good), of(&busy), of(&gone));
    assert_eq!(delivered["state"], "delivered");
    assert_eq!(delivered["error"], Value::Null);
    assert!(delivered["delivered_at"].is_string() && delivered["next_attempt_at"].is_null());
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(
        (&waiting["last_status"], &waiting["attempts"]),
        (&json!(500), &json!(1))
    );
    assert_eq!(waiting["error"], "out of order");
    assert!(waiting["next_attempt_at"].is_string());
    assert_eq!(
        (&failed["state"], &failed["last_status"]),
        (&json!("failed"), &json!(410))
    );
    // The author's alone.
    let path = format!(
        "/api/v1/kenoma/statuses/{}/deliveries",
        status["id"].as_str().unwrap()
    );
    other.get(&path).refused(404, "Record not found");
    alice
        .get("/api/v1/kenoma/statuses/17/deliveries")
        .refused(404, "Record not found");
    // And the operator's.
    let printed = binary::done(
        server.data(),
        &["status", "deliveries", status["uri"].as_str().unwrap()],
    );
    assert_eq!(printed.lines().count(), 3);
    assert!(
        printed.contains("out of order") && printed.contains("delivered"),
        "{printed}"
    );
    let id = status["id"].as_str().unwrap();
    let as_json: Value = serde_json::from_str(&binary::done(
        server.data(),
        &["status", "deliveries", id, "--json"],
    ))
    .unwrap();
    assert_eq!(as_json.as_array().unwrap().len(), 3);
    let unknown = binary::run(
        server.data(),
        &["status", "deliveries", "https://elsewhere.example/1"],
    );
    assert!(binary::failure(&unknown).contains("there is no post"));
}

#[test]
fn t18_a_deletion_goes_to_those_who_have_the_post_or_came_for_it_and_to_nobody_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (has, waits, late) = (Fake::start(false), Fake::start(false), Fake::start(false));
    follower(&alice, &has, "bob");
    follower(&alice, &waits, "carl");
    server.federate();
    let uri = |status: &Value| status["uri"].as_str().unwrap().to_owned();
    // One host is not asked at the moment: what waits for it is never sent.
    let waiting_host = waits.base.strip_prefix("http://").unwrap().to_owned();
    let pause = "INSERT INTO hosts (host, fails, retry_at) VALUES (?1, 9, unixepoch('subsec') * 1000 + 3600000)";
    server.sql().execute(pause, [&waiting_host]).unwrap();
    let status = alice.post_status("hello");
    server.federate();
    assert_eq!(of_kind(&has, "Create").len(), 1);
    // A server that nobody follows from fetches it, signed.
    let stranger = follower_of_nobody(&alice, &late);
    fetch_as(&server, stranger, &uri(&status));
    let holders = deliveries(&alice, &status);
    let fetched: Vec<bool> = holders.iter().map(|one| one["fetched"] == true).collect();
    assert_eq!(fetched.iter().filter(|fetched| **fetched).count(), 1);
    // Whoever comes only now hears of nothing.
    let newcomer = Fake::start(false);
    follower(&alice, &newcomer, "eve");
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    server
        .sql()
        .execute("UPDATE hosts SET retry_at = 0, fails = 0", [])
        .unwrap();
    server
        .sql()
        .execute("UPDATE deliveries SET run_at = 0 WHERE state = 0", [])
        .unwrap();
    server.federate();
    for peer in [&has, &late] {
        let deletes = of_kind(peer, "Delete");
        assert_eq!(deletes.len(), 1);
        let delete = &deletes[0];
        assert_eq!(delete["object"]["type"], "Tombstone");
        assert_eq!(
            (&delete["object"]["id"], &delete["to"]),
            (&status["uri"], &json!([PUBLIC]))
        );
        assert_eq!(delete["actor"], format!("{BASE}/users/alice"));
    }
    assert_eq!(
        of_kind(&waits, "Create").len() + of_kind(&waits, "Delete").len(),
        0
    );
    assert_eq!(of_kind(&newcomer, "Delete").len(), 0);
    assert_eq!(
        super::fetch(&server, &uri(&status).replace(BASE, "")).status,
        410
    );
}

/// Somebody of a peer whom the server knows, key and all, without any tie.
fn follower_of_nobody<'a>(who: &TestUser<'a>, peer: &Fake) -> Stranger<'a> {
    let stranger = Stranger::new(who.server, "zoe", "late.example");
    let inbox = peer.url("/inbox");
    let set = "UPDATE accounts SET shared_inbox = ?1 WHERE id = ?2";
    who.server
        .sql()
        .execute(set, (&inbox, stranger.id.0))
        .unwrap();
    stranger
}

fn fetch_as(server: &TestServer, stranger: Stranger, uri: &str) {
    let path = uri.replace(BASE, "");
    let headers = stranger.signed_get(&path);
    let mut all: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.push(("Accept", super::ACTIVITY));
    for _ in 0..2 {
        assert_eq!(server.request("GET", &path, &all, b"").status, 200);
    }
}

#[test]
fn t18_whoever_leaves_is_gone_everywhere_although_a_server_was_down() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (up, down) = (Fake::start(false), Fake::start(false));
    follower(&alice, &up, "bob");
    // Known here, without any tie to who leaves.
    follower(&root, &down, "carl");
    server.federate();
    let kept = alice.post_status("here until the end");
    down.raw("/inbox", 503, "", "");
    let unsent = alice.post_status("never sent");
    server.run_jobs();
    let leave = "/api/pleroma/admin/users?nickname=alice";
    root.request("DELETE", leave, &[], b"").ok();
    server.federate();
    let farewell = of_kind(&up, "Delete");
    assert_eq!(farewell.len(), 1);
    let uri = format!("{BASE}/users/alice");
    assert_eq!(
        (&farewell[0]["object"], &farewell[0]["actor"]),
        (&json!(uri), &json!(uri))
    );
    assert_eq!(farewell[0]["to"], json!([PUBLIC]));
    assert_eq!(
        of_kind(&up, "Create").len(),
        0,
        "{unsent}: what waited is not said any more"
    );
    // The one that was down hears of it when it is back, signed with the key of who is gone.
    down.raw("/inbox", 202, "", "");
    assert_eq!(of_kind(&down, "Delete").len(), 1);
    server
        .sql()
        .execute("UPDATE hosts SET retry_at = 0, fails = 0", [])
        .unwrap();
    server
        .sql()
        .execute("UPDATE deliveries SET run_at = 0 WHERE state = 0", [])
        .unwrap();
    server.federate();
    assert_eq!(of_kind(&down, "Delete").len(), 2);
    let asked = down.asked("/inbox");
    assert!(asked.last().unwrap().contains(&format!("{uri}#main-key")));
    assert_eq!(
        count(&server, "SELECT count(*) FROM deliveries WHERE state = 0"),
        0
    );
    // What is left says that nothing is left.
    for path in [
        "/users/alice",
        "/users/alice/outbox",
        "/users/alice/followers",
    ] {
        assert_eq!(super::fetch(&server, path).status, 410, "{path}");
    }
    assert_eq!(
        super::fetch(&server, &kept["uri"].as_str().unwrap().replace(BASE, "")).status,
        410
    );
    let finger = "/.well-known/webfinger?resource=acct:alice@127.0.0.1:4000";
    assert_eq!(server.get(finger).status, 404);
}

#[test]
fn t18_the_deletion_of_an_account_goes_on_after_a_crash() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let mut note = bob.note("hello @alice");
    note["tag"] = json!({"type": "Mention", "href": format!("{BASE}/users/alice")});
    for _ in 0..3 {
        note["id"] = json!(format!("{}/notes/{}", bob.uri, kenoma::ids::next()));
        bob.say(&bob.activity("Create", note.clone()));
    }
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 3);
    // Another cannot say it, and a copy of it does nothing either.
    let eve = Stranger::new(&server, "eve", "evil.example");
    eve.say(&eve.activity("Delete", json!(bob.uri)));
    assert_eq!(server.jobs("delete_account").len(), 0);
    let farewell = bob.activity("Delete", json!(bob.uri));
    bob.say(&farewell);
    assert_eq!(server.jobs("delete_account").len(), 1);
    // Killed before the job: the lease is on, the work is not done.
    let never = "UPDATE jobs SET lease_until = 9999999999999";
    server.sql().execute(never, []).unwrap();
    server.run_jobs();
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 3);
    server
        .app
        .db()
        .write(|tx| kenoma::db::jobs::release_all(tx))
        .unwrap();
    server.run_jobs();
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 0);
    assert_eq!(alice.get("/api/v1/notifications").ok(), json!([]));
    assert_eq!(
        alice.get(&format!("/api/v1/accounts/{}", bob.id)).status,
        404
    );
    bob.say(&farewell);
    assert_eq!(server.jobs("delete_account").len(), 0);
    assert_eq!(
        outbox(&server).len(),
        0,
        "what is gone elsewhere is not ours to tell"
    );
}

#[test]
fn the_key_of_a_deleted_account_goes_when_all_have_heard_or_after_a_week() {
    for week in [false, true] {
        let server = TestServer::new();
        let (alice, peer) = (server.user("alice"), Fake::start(false));
        let query = [("q", peer.actor("bob")), ("resolve", "true".into())];
        let query: Vec<(&str, &str)> = query
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let found = alice
            .get(&format!(
                "/api/v2/search?{}",
                crate::support::encode(&query)
            ))
            .ok();
        let bob = found["accounts"][0]["id"].as_str().unwrap();
        alice
            .post(&format!("/api/v1/accounts/{bob}/follow"), &[])
            .ok();
        server.federate();
        peer.raw("/inbox", 503, "", "");
        peer.raw("/users/bob/inbox", 503, "", "");
        let form = [("password", alice.password.as_str())];
        alice.post("/api/pleroma/delete_account", &form).ok();
        server.federate();
        let keys = "SELECT count(*) FROM account_keys WHERE private_pkcs8 IS NOT NULL";
        assert_eq!(count(&server, keys), 1, "somebody waits for the last word");
        hurry(&server);
        assert_eq!(count(&server, keys), 1);
        if week {
            let sql = "UPDATE jobs SET payload = json_set(payload, '$.until', 0) WHERE kind = 'forget_key'";
            server.sql().execute(sql, []).unwrap();
            hurry(&server);
            assert_eq!(
                count(&server, "SELECT count(*) FROM deliveries WHERE state = 0"),
                0
            );
        } else {
            peer.raw("/inbox", 202, "", "");
            server
                .sql()
                .execute_batch("UPDATE hosts SET retry_at = 0; UPDATE deliveries SET run_at = 0")
                .unwrap();
            server.federate();
            assert_eq!(count(&server, keys), 1);
            hurry(&server);
        }
        assert_eq!(count(&server, keys), 0);
        assert_eq!(server.jobs("forget_key").len(), 0);
        assert_eq!(super::fetch(&server, "/users/alice").status, 410);
    }
}
