//! What admins decide about other servers, and that it holds at every door (federation.md 9.3; T20).

use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::{Stranger, outbox};
use crate::binary;
use crate::support::{BASE, TestServer, TestUser, encode, ids};

const BLOCKS: &str = "/api/v1/admin/domain_blocks";
const ALLOWS: &str = "/api/v1/admin/domain_allows";

fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn look(who: &TestUser, address: &str) -> Value {
    let query = encode(&[("q", address), ("resolve", "true")]);
    who.get(&format!("/api/v2/search?{query}")).ok()
}

fn block(root: &TestUser, host: &str, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("domain", host)];
    form.extend_from_slice(more);
    let made = root.post(BLOCKS, &form).ok();
    root.server.run_jobs();
    made
}

const SUSPEND: &[(&str, &str)] = &[("severity", "suspend")];

#[test]
fn admins_decide_about_servers_and_change_their_minds() {
    let server = TestServer::new();
    let root = server.admin("root");
    let made = block(
        &root,
        "*.Bad.Example.",
        &[("private_comment", "spam"), ("reject_media", "true")],
    );
    assert_eq!(
        (&made["domain"], &made["severity"]),
        (&json!("bad.example"), &json!("silence"))
    );
    assert_eq!(
        (&made["reject_media"], &made["obfuscate"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&made["private_comment"], &made["public_comment"]),
        (&json!("spam"), &Value::Null)
    );
    let path = format!("{BLOCKS}/{}", made["id"].as_str().unwrap());
    assert_eq!(root.get(&path).ok(), made);
    let changed = root
        .put(
            &path,
            &[("severity", "suspend"), ("followers_only", "true")],
        )
        .ok();
    assert_eq!(
        (&changed["severity"], &changed["reject_media"]),
        (&json!("suspend"), &json!(true))
    );
    block(&root, "worse.example:8443", SUSPEND);
    let list = root.get(BLOCKS).ok();
    assert_eq!(
        (ids(&list).len(), &list[0]["domain"]),
        (2, &json!("worse.example:8443"))
    );
    let first = root.get(&format!("{BLOCKS}?limit=1"));
    assert!(first.header("Link").unwrap().contains("max_id="));
    let taken = root.post(BLOCKS, &[("domain", "bad.example")]);
    taken.refused(422, "Validation failed: Domain has already been taken");
    root.post(BLOCKS, &[("domain", "127.0.0.1:4000")])
        .refused(422, "Validation failed: Domain is this server");
    for wrong in [
        "",
        "a b",
        "a/b",
        "user@a.example",
        "a_b.example",
        "%.example",
    ] {
        assert!(
            [400, 422].contains(&root.post(BLOCKS, &[("domain", wrong)]).status),
            "{wrong}"
        );
    }
    root.post(BLOCKS, &[("domain", "x.example"), ("severity", "harsh")])
        .refused(422, "'harsh' is not a valid severity");
    assert_eq!(root.delete(&path).ok(), json!({}));
    root.get(&path).refused(404, "Record not found");
    root.delete(&path).refused(404, "Record not found");
    root.put(&path, &[]).refused(404, "Record not found");
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    assert_eq!(
        log["items"][0]["message"],
        "@root took back what was decided about bad.example"
    );
    // On the command line, while the server runs.
    binary::done(
        server.data(),
        &[
            "domain",
            "block",
            "spam.example",
            "--reject-reports",
            "--comment",
            "loud",
        ],
    );
    binary::done(
        server.data(),
        &["domain", "block", "spam.example", "--severity", "noop"],
    );
    let printed = binary::done(server.data(), &["domain", "list"]);
    assert!(
        printed.contains("spam.example") && printed.contains("noop") && !printed.contains("loud"),
        "{printed}"
    );
    binary::done(server.data(), &["domain", "unblock", "spam.example"]);
    let again = binary::run(server.data(), &["domain", "unblock", "spam.example"]);
    assert!(binary::failure(&again).contains("nothing was decided"));
}

#[test]
fn t20_nothing_of_a_suspended_server_comes_in_by_any_door() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (bad, good) = (Fake::start(false), Fake::start(false));
    let bad_host = bad.base.strip_prefix("http://").unwrap().to_owned();
    let (eve, gina) = (bad.actor("eve"), good.actor("gina"));
    let known = bad.note("/known", &eve);
    bad.document("/known", &known);
    assert_eq!(ids(&look(&alice, &bad.url("/known"))["statuses"]).len(), 1);
    bad.document("/new", &bad.note("/new", &eve));
    block(&root, &bad_host, SUSPEND);
    // What was known is hidden.
    assert_eq!(look(&alice, &bad.url("/known"))["statuses"], json!([]));
    assert_eq!(look(&alice, &eve)["accounts"], json!([]));
    // Looked up, by address and by handle.
    assert_eq!(look(&alice, &bad.url("/new"))["statuses"], json!([]));
    look(&alice, &format!("@mallory@{bad_host}"));
    // Reblogged by somebody whom alice follows, known or not, with a copy or without.
    let bob = Stranger::new(&server, "bob", "remote.example");
    alice
        .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
        .ok();
    let me = format!("{BASE}/users/alice");
    bob.say(&bob.activity(
        "Accept",
        json!({"type": "Follow", "actor": me, "object": bob.uri}),
    ));
    let reblog = |object: Value| {
        let mut announce = bob.activity("Announce", object);
        announce["to"] = json!(["https://www.w3.org/ns/activitystreams#Public"]);
        bob.say(&announce);
    };
    reblog(json!(bad.url("/known")));
    reblog(json!(bad.url("/new")));
    reblog(bad.note("/new", &eve));
    // Passed on, and as a copy in a Create.
    bob.say(&bob.activity("Create", bad.note("/new", &eve)));
    // Answered: the answer is there, what it answers is not.
    let mut answer = bob.note("<p>an answer</p>");
    answer["inReplyTo"] = json!(bad.url("/new"));
    bob.say(&bob.activity("Create", answer));
    // Found above a post of a good server.
    let mut thread = good.note("/thread", &gina);
    thread["inReplyTo"] = json!(bad.url("/new"));
    good.document("/thread", &thread);
    look(&alice, &good.url("/thread"));
    let home = alice.get("/api/v1/timelines/home").ok();
    assert_eq!(ids(&home).len(), 1, "{home}");
    assert!(bad.asked("/new").is_empty(), "it was not even asked");
    let finger = format!(
        "/.well-known/webfinger?resource=acct%3Amallory%40{}",
        bad_host.replace(':', "%3A").replace('.', "%2E")
    );
    assert!(bad.asked(&finger).is_empty());
    let of_bad = format!(
        "SELECT count(*) FROM statuses WHERE uri LIKE '{}%' AND uri NOT LIKE '%/known'",
        bad.base
    );
    assert_eq!(count(&server, &of_bad), 0);
    // Until the decision is taken back.
    let id = root.get(BLOCKS).ok()[0]["id"].as_str().unwrap().to_owned();
    root.delete(&format!("{BLOCKS}/{id}")).ok();
    server.run_jobs();
    assert_eq!(ids(&look(&alice, &bad.url("/known"))["statuses"]).len(), 1);
    assert_eq!(ids(&look(&alice, &bad.url("/new"))["statuses"]).len(), 1);
}

#[test]
fn t20_a_suspended_server_says_nothing_sees_nothing_and_hears_nothing() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let eve = Stranger::new(&server, "eve", "sub.bad.example");
    let status = alice.post_status("hello");
    eve.say(&eve.activity("Follow", json!(format!("{BASE}/users/alice"))));
    let before = outbox(&server).len();
    // Queued before, decided before it was acted upon.
    let like = eve.activity("Like", status["uri"].clone());
    let bytes = like.to_string().into_bytes();
    assert_eq!(eve.send_bytes("/inbox", &bytes, &bytes).status, 202);
    block(&root, "bad.example", SUSPEND);
    while kenoma::jobs::incoming::once(&server.app).unwrap() {}
    // And afterwards: taken without a word, and thrown away.
    eve.say(&eve.activity("Like", status["uri"].clone()));
    let mut note = eve.note("hi");
    note["cc"] = json!([format!("{BASE}/users/alice")]);
    eve.say(&eve.activity("Create", note));
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 0);
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 1);
    // Nothing is sent there, and what waits is given up.
    alice.post_status("more");
    assert_eq!(outbox(&server).len(), before);
    server.federate();
    assert_eq!(
        count(&server, "SELECT count(*) FROM deliveries WHERE state = 0"),
        0
    );
    let error =
        "SELECT count(*) FROM deliveries WHERE last_error = 'the server is not spoken with'";
    assert_eq!(count(&server, error), before as i64);
    // What everybody sees it does not see under its own name.
    let path = status["uri"].as_str().unwrap().replace(BASE, "");
    let headers = eve.signed_get(&path);
    let mut all: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.push(("Accept", super::ACTIVITY));
    assert_eq!(server.request("GET", &path, &all, b"").status, 404);
    // A name that only looks alike is another.
    let bob = Stranger::new(&server, "bob", "notbad.example");
    bob.say(&bob.activity("Like", status["uri"].clone()));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 1);
}

#[test]
fn milder_decisions_change_what_comes_in() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let take = |decided: &[(&str, &str)], host: &str| {
        let mut form = vec![("severity", "noop")];
        form.extend_from_slice(decided);
        block(&root, host, &form);
        let bob = Stranger::new(&server, "bob", host);
        alice
            .post(&format!("/api/v1/accounts/{}/follow", bob.id), &[])
            .ok();
        let me = format!("{BASE}/users/alice");
        bob.say(&bob.activity(
            "Accept",
            json!({"type": "Follow", "actor": me, "object": bob.uri}),
        ));
        let mut note = bob.note("hello");
        note["attachment"] = json!({"type": "Document", "mediaType": "image/png", "url": format!("https://{host}/a.png")});
        bob.say(&bob.activity("Create", note.clone()));
        (
            bob,
            note,
            alice.get("/api/v1/timelines/home").ok()[0].clone(),
        )
    };
    let (_, _, seen) = take(&[], "a.example");
    assert_eq!(
        (&seen["visibility"], &seen["sensitive"]),
        (&json!("public"), &json!(false))
    );
    assert_eq!(seen["media_attachments"].as_array().unwrap().len(), 1);
    let (_, _, seen) = take(&[("severity", "silence")], "b.example");
    assert_eq!(seen["visibility"], "unlisted");
    let (_, _, seen) = take(&[("followers_only", "true")], "c.example");
    assert_eq!(seen["visibility"], "private");
    let (_, _, seen) = take(&[("mark_sensitive", "true")], "d.example");
    assert_eq!(seen["sensitive"], true);
    let (_, _, seen) = take(&[("reject_media", "true")], "e.example");
    assert_eq!(seen["media_attachments"], json!([]));
    let (bob, note, seen) = take(&[("reject_deletes", "true")], "f.example");
    bob.say(&bob.activity("Delete", note["id"].clone()));
    assert_eq!(
        alice.get("/api/v1/timelines/home").ok()[0]["id"],
        seen["id"]
    );
    let (bob, ..) = take(&[("reject_reports", "true")], "g.example");
    bob.say(&bob.activity("Flag", json!(format!("{BASE}/users/alice"))));
    assert_eq!(count(&server, "SELECT count(*) FROM reports"), 0);
    let public = ids(&alice.get("/api/v1/timelines/public").ok()).len();
    assert_eq!(
        public, 5,
        "silenced and followers-only posts are not among them"
    );
}

#[test]
fn with_an_allow_list_only_those_are_spoken_with_that_are_on_it() {
    let server = TestServer::with(&["federation.allow_list=true"]);
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (listed, other) = (Fake::start(false), Fake::start(false));
    let host = listed.base.strip_prefix("http://").unwrap();
    let made = root.post(ALLOWS, &[("domain", host)]).ok();
    assert_eq!(made["domain"], host);
    assert_eq!(
        root.post(ALLOWS, &[("domain", host)]).ok()["id"],
        made["id"]
    );
    assert_eq!(ids(&root.get(ALLOWS).ok()).len(), 1);
    let path = format!("{ALLOWS}/{}", made["id"].as_str().unwrap());
    assert_eq!(root.get(&path).ok(), made);
    assert_eq!(
        ids(&look(&alice, &listed.actor("bob"))["accounts"]).len(),
        1
    );
    assert_eq!(look(&alice, &other.actor("eve"))["accounts"], json!([]));
    assert!(other.asked("/users/eve").is_empty());
    let eve = Stranger::new(&server, "eve", "other.example");
    let status = alice.post_status("hello");
    eve.say(&eve.activity("Like", status["uri"].clone()));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 0);
    binary::done(server.data(), &["domain", "allow", "other.example"]);
    eve.say(&eve.activity("Like", status["uri"].clone()));
    assert_eq!(count(&server, "SELECT count(*) FROM favourites"), 1);
    binary::done(server.data(), &["domain", "disallow", "other.example"]);
    assert_eq!(root.delete(&path).ok(), json!({}));
    root.get(&path).refused(404, "Record not found");
    root.delete(&path).refused(404, "Record not found");
    assert_eq!(root.get(ALLOWS).ok(), json!([]));
}

#[test]
fn who_was_known_before_is_hidden_while_an_allow_list_holds_that_does_not_name_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (near, far) = (
        Stranger::new(&server, "near", "near.example")
            .id
            .to_string(),
        Stranger::new(&server, "far", "sub.far.example")
            .id
            .to_string(),
    );
    let start = |server: &TestServer, is_on: bool| {
        let held = server
            .app
            .db()
            .write(|tx| kenoma::ops::domain_policies::hold_allow_list(tx, is_on));
        held.unwrap();
        server.run_jobs();
    };
    start(&server, false);
    let name = alice.name.clone();
    let token = alice.token.clone();
    let seen = |server: &TestServer| {
        let bearer = format!("Bearer {token}");
        [&near, &far].map(|id| {
            let path = format!("/api/v1/accounts/{id}");
            server
                .request("GET", &path, &[("Authorization", &bearer)], b"")
                .status
        })
    };
    assert_eq!((name.as_str(), seen(&server)), ("alice", [200, 200]));
    let server = server.restarted_with(&["federation.allow_list=true"]);
    start(&server, true);
    assert_eq!(seen(&server), [404, 404]);
    let root = server.admin("root");
    let made = root.post(ALLOWS, &[("domain", "far.example")]).ok();
    server.run_jobs();
    assert_eq!(seen(&server), [404, 200]);
    root.delete(&format!("{ALLOWS}/{}", made["id"].as_str().unwrap()))
        .ok();
    server.run_jobs();
    assert_eq!(seen(&server), [404, 404]);
    let server = server.restarted_with(&[]);
    start(&server, false);
    assert_eq!(seen(&server), [200, 200]);
}

#[test]
fn t20_neither_previews_nor_emoji_of_a_suspended_server_are_fetched() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (bad, door) = (Fake::start(false), Fake::start(false));
    let page = "<title>bad</title>";
    bad.raw("/page", 200, "Content-Type: text/html", page);
    let card = |status: &Value| {
        super::stranger::hurry(&server);
        let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
        alice.get(&path).ok()["card"].clone()
    };
    let shown = alice.post_status(&format!("see {}", bad.url("/page")));
    assert_eq!(card(&shown)["title"], "bad");
    let host = bad.base.strip_prefix("http://").unwrap();
    block(&root, host, SUSPEND);
    assert_eq!(card(&shown), Value::Null);
    // Nor where another page leads there.
    door.raw("/", 302, &format!("Location: {}", bad.url("/page")), "");
    door.raw("/page", 200, "Content-Type: text/html", page);
    let asked = bad.requests();
    let direct = alice.post_status(&format!("see {}", bad.url("/other")));
    assert_eq!(card(&direct), Value::Null);
    assert_eq!(bad.requests(), asked);
    let led = alice.post_status(&format!("see {}", door.url("/")));
    assert_eq!(card(&led), Value::Null);
    let fine = alice.post_status(&format!("see {}", door.url("/page")));
    assert_eq!(card(&fine)["title"], "bad");
    // Emoji packs, and pictures for them.
    let asked = bad.requests();
    let url = format!("url={}", bad.base);
    let remote = root.get(&format!("/api/pleroma/emoji/packs/remote?{url}"));
    assert_eq!(remote.status, 403, "{}", remote.text());
    let form = [("url", bad.base.as_str()), ("name", "cats")];
    assert_eq!(
        root.post("/api/pleroma/emoji/packs/download", &form).status,
        403
    );
    root.post("/api/pleroma/emoji/packs/mine", &[]).ok();
    let form = [("shortcode", "cat"), ("file", &bad.url("/cat.png"))];
    assert_eq!(
        root.post("/api/pleroma/emoji/packs/mine/files", &form)
            .status,
        403
    );
    assert_eq!(bad.requests(), asked);
}
