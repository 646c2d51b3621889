//! Relays of both kinds, both ways (federation.md 9.5, pleroma-contract D.3; T20).

use kenoma::fed::signature::key::{self, NewKey};
use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::{Stranger, count, sent};
use crate::binary;
use crate::support::{BASE, TestServer, TestUser};

const RELAY: &str = "/api/pleroma/admin/relay";
const PUBLISHED: &str = "2026-01-01T00:00:00Z";
const EDITED: &str = "2026-01-02T00:00:00Z";
const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// A relay with its key.
struct Relay {
    peer: Fake,
    made: NewKey,
}

impl Relay {
    fn start() -> Relay {
        let (peer, made) = (Fake::start(false), key::generate().unwrap());
        let id = peer.url("/actor");
        peer.document(
            "/actor",
            &json!({"id": id, "type": "Application", "preferredUsername": "relay", "inbox": peer.url("/inbox"),
                    "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": made.public_pem}}),
        );
        Relay { peer, made }
    }

    fn id(&self) -> String {
        self.peer.url("/actor")
    }

    fn signing<'a>(&self, server: &'a TestServer) -> Stranger<'a> {
        let key_id = format!("{}#main-key", self.id());
        Stranger::with_key(server, &self.id(), &key_id, &self.made)
    }

    /// Followed by an admin, under that address of it; what we said to it.
    #[track_caller]
    fn asked(&self, root: &TestUser, path: &str) -> Value {
        let url = self.peer.url(path);
        let form = [("relay_url", url.as_str())];
        assert_eq!(root.post(RELAY, &form).ok(), json!(url));
        root.server.federate();
        let got = self.peer.got();
        let (inbox, follow) = got.last().unwrap();
        assert_eq!(inbox, "/inbox");
        follow.clone()
    }

    /// And it agrees.
    fn followed(&self, root: &TestUser, path: &str) {
        let follow = self.asked(root, path);
        let relay = self.signing(root.server);
        relay.say(&relay.activity("Accept", follow));
    }
}

/// Contents of the timeline of the known network, as somebody here sees it.
fn known_network(who: &TestUser) -> Vec<String> {
    let list = who.get("/api/v1/timelines/public").ok();
    let list = list.as_array().unwrap().iter();
    list.map(|status| {
        assert_eq!(status["reblog"], Value::Null);
        status["content"].as_str().unwrap().to_owned()
    })
    .collect()
}

/// A post by bob at a path of a server.
fn post(peer: &Fake, path: &str, text: &str) -> String {
    let mut note = peer.note(path, &peer.actor("bob"));
    note["content"] = json!(format!("<p>{text}</p>"));
    note["published"] = json!(PUBLISHED);
    peer.document(path, &note);
    peer.url(path)
}

fn state(server: &TestServer) -> String {
    let sql = server.sql();
    sql.query_row("SELECT state FROM relays", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_litepub_relay_is_followed_as_the_actor_of_relays() {
    let server = TestServer::new();
    let root = server.admin("root");
    let relay = Relay::start();
    let follow = relay.asked(&root, "/actor");
    let me = format!("{BASE}/relay");
    assert_eq!(
        (&follow["type"], &follow["actor"], &follow["object"]),
        (&json!("Follow"), &json!(me), &json!(relay.id()))
    );
    assert!(relay.peer.asked("/inbox")[0].contains(&format!("keyId=\"{me}#main-key\"")));
    let document = super::fetch(&server, "/relay").ok();
    assert_eq!(
        (&document["id"], &document["type"]),
        (&json!(me), &json!("Application"))
    );
    assert_eq!(document["publicKey"]["id"], format!("{me}#main-key"));
    assert_eq!(document["preferredUsername"], "relay");
    assert_eq!(super::fetch(&server, "/relay/outbox").ok()["totalItems"], 0);
    for resource in ["acct:relay@127.0.0.1:4000", &me] {
        let path = format!("/.well-known/webfinger?resource={resource}");
        let found = server.get(&path).ok();
        assert_eq!(found["subject"], "acct:relay@127.0.0.1:4000");
        assert_eq!(found["links"][1]["href"], me);
    }
    assert_eq!(state(&server), "asked");
    let signing = relay.signing(&server);
    signing.say(&signing.activity("Accept", follow));
    assert_eq!(state(&server), "accepted");
    // It follows back, and may.
    sent(&server);
    let back = signing.activity("Follow", json!(me));
    signing.say(&back);
    let answer = sent(&server);
    assert_eq!(answer.len(), 1);
    let (inbox, accept) = &answer[0];
    assert_eq!(*inbox, relay.peer.url("/inbox"));
    assert_eq!(
        (&accept["type"], &accept["actor"], &accept["object"]["id"]),
        (&json!("Accept"), &json!(me), &back["id"])
    );
    // It may say no, too, later; and yes again, in words that do not name our Follow by its id.
    signing.say(&signing.activity(
        "Reject",
        json!({"type": "Follow", "id": format!("{BASE}/activities/1")}),
    ));
    assert_eq!(state(&server), "accepted");
    let id: i64 = server
        .sql()
        .query_row("SELECT id FROM relays", [], |row| row.get(0))
        .unwrap();
    signing.say(&signing.activity("Reject", json!(format!("{BASE}/activities/{id}"))));
    assert_eq!(state(&server), "refused");
    let wish = json!({"type": "Follow", "actor": me, "object": relay.id()});
    let eve = Stranger::new(&server, "eve", "evil.example");
    eve.say(&eve.activity("Accept", wish.clone()));
    assert_eq!(state(&server), "refused");
    signing.say(&signing.activity("Accept", wish));
    assert_eq!(state(&server), "accepted");
}

#[test]
fn what_a_litepub_relay_announces_is_in_the_known_network_and_the_boost_is_nowhere() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (relay, origin) = (Relay::start(), Fake::start(false));
    relay.asked(&root, "/actor");
    let signing = relay.signing(&server);
    let announce = |path: &str, text: &str| {
        let mut announce = signing.activity("Announce", json!(post(&origin, path, text)));
        announce["to"] = json!([PUBLIC]);
        signing.say(&announce);
    };
    // Not before it agreed.
    announce("/0", "too early");
    assert!(known_network(&alice).is_empty());
    assert!(origin.asked("/0").is_empty());
    relay.followed(&root, "/actor");
    announce("/1", "hello");
    announce("/1", "hello");
    assert_eq!(known_network(&alice), ["<p>hello</p>"]);
    assert_eq!(origin.asked("/1").len(), 1);
    assert_eq!(alice.get("/api/v1/timelines/home").ok(), json!([]));
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM statuses WHERE reblog_of_id IS NOT NULL"
        ),
        0
    );
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    // What cannot be had is let go.
    origin.raw("/3", 500, "", "");
    signing.say(&signing.activity("Announce", json!(origin.url("/3"))));
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    // Some announce the whole activity: its post is still had from where it lives.
    let uri = post(&origin, "/2", "whole");
    let forged = json!({"type": "Create", "id": relay.peer.url("/c"), "actor": relay.id(),
                        "object": {"type": "Note", "id": uri, "content": "forged"}});
    signing.say(&signing.activity("Announce", forged));
    assert_eq!(known_network(&alice), ["<p>whole</p>", "<p>hello</p>"]);
}

#[test]
fn a_relay_of_mastodons_kind_passes_on_what_its_origin_says() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (relay, origin) = (Relay::start(), Fake::start(false));
    let follow = relay.asked(&root, "/inbox");
    assert_eq!(follow["object"], PUBLIC);
    assert_eq!(follow["actor"], format!("{BASE}/relay"));
    let signing = relay.signing(&server);
    signing.say(&signing.activity("Accept", follow));
    assert_eq!(state(&server), "accepted");
    let bob = origin.actor("bob");
    let said = |kind: &str, object: Value| {
        let id = origin.url(&format!("/activities/{}", kenoma::ids::next()));
        json!({"id": id, "type": kind, "actor": bob, "object": object, "to": [PUBLIC]})
    };
    let uri = post(&origin, "/1", "original");
    let mut altered = origin.note("/1", &bob);
    altered["content"] = json!("<p>altered</p>");
    signing.say(&said("Create", altered.clone()));
    assert_eq!(known_network(&alice), ["<p>original</p>"]);
    // An edit, and what is said of posts that are not known here.
    let mut edited = origin.note("/1", &bob);
    edited["published"] = json!(PUBLISHED);
    edited["content"] = json!("<p>edited</p>");
    edited["updated"] = json!(EDITED);
    origin.document("/1", &edited);
    signing.say(&said("Update", altered));
    assert_eq!(known_network(&alice), ["<p>edited</p>"]);
    signing.say(&said("Update", json!(post(&origin, "/2", "unknown"))));
    signing.say(&said("Like", json!(uri)));
    assert!(origin.asked("/2").is_empty());
    // The end, if it is true.
    signing.say(&said("Delete", json!(uri)));
    assert_eq!(known_network(&alice), ["<p>edited</p>"]);
    origin.raw("/1", 410, "", "");
    signing.say(&said("Delete", json!(uri)));
    assert!(known_network(&alice).is_empty());
}

#[test]
fn relays_get_the_public_posts_from_here_and_hear_of_their_end() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (litepub, mastodon) = (Relay::start(), Relay::start());
    litepub.followed(&root, "/actor");
    mastodon.followed(&root, "/inbox");
    sent(&server);
    for visibility in ["unlisted", "private", "direct", "local"] {
        alice.post_with("not for relays", &[("visibility", visibility)]);
    }
    assert!(sent(&server).is_empty());
    let status = alice.post_status("for everybody");
    server.federate();
    let last = |relay: &Relay| relay.peer.got().last().unwrap().1.clone();
    let announce = last(&litepub);
    assert_eq!(
        (&announce["type"], &announce["actor"], &announce["object"]),
        (
            &json!("Announce"),
            &json!(format!("{BASE}/relay")),
            &status["uri"]
        )
    );
    let create = last(&mastodon);
    assert_eq!(
        (&create["type"], &create["actor"], &create["object"]["id"]),
        (
            &json!("Create"),
            &json!(format!("{BASE}/users/alice")),
            &status["uri"]
        )
    );
    // The author sees who has it.
    let id = status["id"].as_str().unwrap();
    let hosts = alice
        .get(&format!("/api/v1/kenoma/statuses/{id}/deliveries"))
        .ok();
    assert_eq!(hosts.as_array().unwrap().len(), 2);
    let boosts = server.user("carl");
    boosts
        .post(&format!("/api/v1/statuses/{id}/reblog"), &[])
        .ok();
    assert!(
        sent(&server)
            .iter()
            .all(|(_, activity)| activity["object"] != status["uri"]
                || activity["actor"] != format!("{BASE}/users/carl"))
    );
    alice.delete(&format!("/api/v1/statuses/{id}")).ok();
    server.federate();
    for relay in [&litepub, &mastodon] {
        let delete = last(relay);
        assert_eq!(
            (&delete["type"], &delete["object"]["id"]),
            (&json!("Delete"), &status["uri"])
        );
    }
}

#[test]
fn nothing_goes_to_relays_that_were_left() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (litepub, mastodon) = (Relay::start(), Relay::start());
    for (relay, path) in [(&litepub, "/actor"), (&mastodon, "/inbox")] {
        relay.followed(&root, path);
        let url = relay.peer.url(path);
        let follow = relay.peer.got().last().unwrap().1.clone();
        let form = [("relay_url", url.as_str())];
        assert_eq!(root.form("DELETE", RELAY, &form).ok(), json!(url));
        server.federate();
        let undo = relay.peer.got().last().unwrap().1.clone();
        assert_eq!(
            (
                &undo["type"],
                &undo["object"]["id"],
                &undo["object"]["object"]
            ),
            (&json!("Undo"), &follow["id"], &follow["object"])
        );
        let again = root.form("DELETE", RELAY, &form);
        assert_eq!((again.status, again.value()), (500, json!(url)));
    }
    sent(&server);
    alice.post_status("hello");
    assert!(sent(&server).is_empty());
    let signing = litepub.signing(&server);
    let origin = Fake::start(false);
    signing.say(&signing.activity("Announce", json!(post(&origin, "/1", "hello"))));
    assert!(origin.asked("/1").is_empty());
}

#[test]
fn nobody_else_is_a_relay() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (relay, origin) = (Relay::start(), Fake::start(false));
    let follow = relay.asked(&root, "/inbox");
    let eve = Stranger::new(&server, "eve", "evil.example");
    // Who knows our Follow is not yet whom it was for.
    eve.say(&eve.activity("Accept", follow));
    assert_eq!(state(&server), "asked");
    eve.say(&eve.activity("Announce", json!(post(&origin, "/1", "hello"))));
    assert!(known_network(&alice).is_empty());
    // The server itself is followed by relays alone.
    sent(&server);
    for object in [
        format!("{BASE}/relay"),
        format!("{BASE}/actor"),
        PUBLIC.into(),
    ] {
        eve.say(&eve.activity("Follow", json!(object)));
        let answer = sent(&server);
        assert_eq!(
            (answer.len(), &answer[0].1["type"]),
            (1, &json!("Reject")),
            "{object}"
        );
        assert_eq!(answer[0].1["object"]["object"], object);
    }
    assert_eq!(count(&server, "SELECT count(*) FROM follows"), 0);
}

#[test]
fn t20_what_admins_decided_about_a_server_holds_for_what_relays_pass_on() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (relay, bad, loud) = (Relay::start(), Fake::start(false), Fake::start(false));
    relay.followed(&root, "/actor");
    let decide = |peer: &Fake, severity: &str| {
        let host = peer.base.strip_prefix("http://").unwrap();
        let form = [("domain", host), ("severity", severity)];
        root.post("/api/v1/admin/domain_blocks", &form).ok();
        server.run_jobs();
    };
    decide(&bad, "suspend");
    decide(&loud, "silence");
    let signing = relay.signing(&server);
    signing.say(&signing.activity("Announce", json!(post(&bad, "/1", "bad"))));
    let create = json!({"id": bad.url("/a"), "type": "Create", "actor": bad.actor("bob"), "object": bad.note("/1", &bad.actor("bob"))});
    signing.say(&create);
    signing.say(&signing.activity("Announce", json!(post(&loud, "/1", "loud"))));
    assert!(known_network(&alice).is_empty());
    assert_eq!(bad.requests(), 0);
    // Nor is the relay itself heard, once it is kept away.
    decide(&relay.peer, "suspend");
    let origin = Fake::start(false);
    signing.say(&signing.activity("Announce", json!(post(&origin, "/1", "hello"))));
    assert_eq!(origin.requests(), 0);
    sent(&server);
    alice.post_status("hello");
    assert!(sent(&server).is_empty());
    let form = [("relay_url", relay.peer.url("/inbox"))];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    assert_eq!(root.post(RELAY, &form).status, 500);
}

#[test]
fn relays_together_make_us_ask_for_two_posts_in_a_second() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let root = server.admin("root");
    let (relay, origin) = (Relay::start(), Fake::start(false));
    relay.followed(&root, "/actor");
    let signing = relay.signing(&server);
    for number in 0..40 {
        let uri = post(&origin, &format!("/{number}"), "hello");
        signing.say(&signing.activity("Announce", json!(uri)));
    }
    let taken = count(&server, "SELECT count(*) FROM statuses");
    assert!((20..40).contains(&taken), "{taken}");
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}

#[test]
fn admins_follow_list_and_leave_relays() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    assert_eq!(root.get(RELAY).ok(), json!({"relays": []}));
    let relay = Relay::start();
    relay.followed(&root, "/actor");
    assert_eq!(root.get(RELAY).ok(), json!({"relays": [relay.id()]}));
    let log = root.get("/api/pleroma/admin/moderation_log").ok();
    let message = format!("@root followed relay: {}", relay.id());
    assert_eq!(log["items"][0]["message"], message);
    for wrong in [
        &relay.peer.url("/nobody"),
        "http://",
        "ftp://a.example/inbox",
        &format!("{BASE}/actor"),
    ] {
        let answer = root.post(RELAY, &[("relay_url", wrong)]);
        assert_eq!((answer.status, answer.value()), (500, json!(wrong)));
    }
    assert_eq!(root.post(RELAY, &[]).status, 400);
    for method in ["GET", "POST", "DELETE"] {
        let form = [("relay_url", "https://relay.example/actor")];
        assert_eq!(alice.form(method, RELAY, &form).status, 403);
    }
    let is_listed = |server: &TestServer| {
        let nodeinfo = server.get("/nodeinfo/2.0.json").ok();
        let features = nodeinfo["metadata"]["features"].as_array().unwrap();
        features.contains(&json!("relay"))
    };
    assert!(is_listed(&server));
    assert!(!is_listed(&TestServer::with(&["federation.enabled=false"])));
}

#[test]
fn relays_are_followed_listed_and_left_from_the_command_line() {
    let server = TestServer::new();
    let relay = Relay::start();
    let inbox = relay.peer.url("/inbox");
    std::fs::write(
        server.data().join("config.toml"),
        format!("[federation]\nallow_private_addresses = true\n[server]\nurl = \"{BASE}\"\n"),
    )
    .unwrap();
    for url in [&relay.id(), &inbox] {
        binary::done(server.data(), &["relay", "add", url]);
    }
    let printed = binary::done(server.data(), &["relay", "list"]);
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines,
        [
            [relay.id().as_str(), "litepub", "asked"],
            [inbox.as_str(), "mastodon", "asked"]
        ]
    );
    binary::done(server.data(), &["relay", "remove", &inbox]);
    server.federate();
    let said: Vec<Value> = relay
        .peer
        .got()
        .into_iter()
        .map(|(_, said)| said["type"].clone())
        .collect();
    assert_eq!(said, ["Follow", "Undo"]);
    let again = binary::run(server.data(), &["relay", "remove", &inbox]);
    assert!(binary::failure(&again).contains("no relay of that address"));
    let nobody = binary::run(server.data(), &["relay", "add", &relay.peer.url("/nobody")]);
    assert!(binary::failure(&nobody).contains("no relay can be followed"));
}
