//! Two servers on real ports that talk with each other; everything is done and seen through the client API.

use std::cell::RefCell;
use std::net::TcpListener;
use std::time::Duration;

use kenoma::web::server::Server;
use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

/// A server that others can reach.
pub struct Peer {
    pub server: TestServer,
    door: RefCell<Option<Server>>,
    pub host: String,
}

impl Peer {
    pub fn start(settings: &[&str]) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let url = format!("server.url=http://{host}");
        let mut all = vec![url.as_str(), "rate_limit.enabled=false"];
        all.extend_from_slice(settings);
        let server = TestServer::with(&all);
        let door = Server::start(&server.app, listener).unwrap();
        Peer {
            server,
            door: RefCell::new(Some(door)),
            host,
        }
    }

    /// Nobody reaches it any more.
    fn shut(&self) {
        if let Some(door) = self.door.take() {
            door.close(Duration::from_secs(1));
        }
    }

    /// It is there again.
    fn open(&self) {
        let listener = TcpListener::bind(&self.host).unwrap();
        self.door
            .replace(Some(Server::start(&self.server.app, listener).unwrap()));
    }

    pub fn user(&self, name: &str) -> TestUser<'_> {
        self.server.user(name)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Lets both talk until neither has anything to say.
pub fn settle(one: &Peer, other: &Peer) {
    while one.server.federate() | other.server.federate() {}
}

/// Looks somebody up by handle, as a client does.
#[track_caller]
pub fn find(who: &TestUser, name: &str, at: &Peer) -> Value {
    let handle = format!("@{name}@{}", at.host);
    let found = who
        .get(&format!(
            "/api/v2/search?{}",
            crate::support::encode(&[("q", &handle), ("resolve", "true")])
        ))
        .ok();
    assert_eq!(
        found["accounts"].as_array().unwrap().len(),
        1,
        "{handle}: {found}"
    );
    found["accounts"][0].clone()
}

pub fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

#[track_caller]
pub fn follow(who: &TestUser, whom: &Value) -> Value {
    who.post(&format!("/api/v1/accounts/{}/follow", id(whom)), &[])
        .ok()
}

pub fn relationship(who: &TestUser, whom: &Value) -> Value {
    who.get(&format!("/api/v1/accounts/relationships?id[]={}", id(whom)))
        .ok()[0]
        .clone()
}

pub fn kinds(who: &TestUser) -> Vec<String> {
    let list = who.get("/api/v1/notifications").ok();
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap().to_owned())
        .collect()
}

/// The copy of a post on another server.
#[track_caller]
pub fn copy(who: &TestUser, post: &Value) -> Value {
    let uri = post["uri"].as_str().unwrap();
    let found = who
        .get(&format!(
            "/api/v2/search?{}",
            crate::support::encode(&[("q", uri), ("resolve", "true")])
        ))
        .ok();
    assert_eq!(
        found["statuses"].as_array().unwrap().len(),
        1,
        "{uri}: {found}"
    );
    found["statuses"][0].clone()
}

#[test]
fn somebody_is_found_by_handle_with_all_that_they_show() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    bob.patch(
        "/api/v1/accounts/update_credentials",
        &[
            ("display_name", "Bob B."),
            ("note", "I am *here*"),
            ("fields_attributes[0][name]", "Web"),
            ("fields_attributes[0][value]", "https://bob.example"),
        ],
    )
    .ok();
    let found = find(&ann, "bob", &b);
    assert_eq!(found["acct"], format!("bob@{}", b.host));
    assert_eq!(found["display_name"], "Bob B.");
    assert_eq!(found["note"], "<p>I am *here*</p>");
    assert_eq!(found["fields"][0]["name"], "Web");
    assert_eq!(found["url"], format!("http://{}/users/bob", b.host));
    // A second time, and by the other ways.
    assert_eq!(find(&ann, "BOB", &b)["id"], found["id"]);
    let looked_up = ann
        .get(&format!("/api/v1/accounts/lookup?acct=bob@{}", b.host))
        .ok();
    assert_eq!(looked_up["id"], found["id"]);
    // Strangers have nothing fetched for them.
    b.user("eve");
    assert_eq!(
        a.server
            .get(&format!("/api/v1/accounts/lookup?acct=eve@{}", b.host))
            .status,
        404
    );
    ann.get(&format!("/api/v1/accounts/lookup?acct=eve@{}", b.host))
        .ok();
    assert_eq!(
        ann.get(&format!("/api/v1/accounts/lookup?acct=nobody@{}", b.host))
            .status,
        404
    );
}

#[test]
fn an_open_account_is_followed_at_once_and_a_locked_one_after_consent() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, carl) = (a.user("ann"), b.user("bob"), b.user("carl"));
    carl.patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
    let (bob_there, carl_there) = (find(&ann, "bob", &b), find(&ann, "carl", &b));
    assert_eq!(follow(&ann, &bob_there)["requested"], true);
    follow(&ann, &carl_there);
    settle(&a, &b);
    assert_eq!(relationship(&ann, &bob_there)["following"], true);
    assert_eq!(kinds(&bob), ["follow"]);
    let waiting = relationship(&ann, &carl_there);
    assert_eq!(
        (&waiting["following"], &waiting["requested"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(kinds(&carl), ["follow_request"]);
    let requests = carl.get("/api/v1/follow_requests").ok();
    assert_eq!(requests[0]["acct"], format!("ann@{}", a.host));
    carl.post(
        &format!("/api/v1/follow_requests/{}/authorize", id(&requests[0])),
        &[],
    )
    .ok();
    settle(&a, &b);
    assert_eq!(relationship(&ann, &carl_there)["following"], true);
    // Ended from either side.
    ann.post(
        &format!("/api/v1/accounts/{}/unfollow", id(&bob_there)),
        &[],
    )
    .ok();
    carl.post(
        &format!(
            "/api/v1/accounts/{}/remove_from_followers",
            id(&requests[0])
        ),
        &[],
    )
    .ok();
    settle(&a, &b);
    assert_eq!(
        bob.get(&format!("/api/v1/accounts/{}/followers", bob.id))
            .ok(),
        json!([])
    );
    assert_eq!(relationship(&ann, &carl_there)["following"], false);
    assert_eq!(
        a.server
            .sql()
            .query_row("SELECT count(*) FROM follows", [], |row| row
                .get::<_, i64>(0))
            .unwrap(),
        0
    );
}

#[test]
fn posts_reach_exactly_those_whom_they_are_for() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, eve) = (a.user("ann"), b.user("bob"), a.user("eve"));
    follow(&ann, &find(&ann, "bob", &b));
    settle(&a, &b);
    let ann_there = find(&bob, "ann", &a);
    for visibility in ["public", "unlisted", "private", "local"] {
        bob.post_with(
            &format!("to {visibility}"),
            &[
                ("visibility", visibility),
                ("spoiler_text", "careful"),
                ("language", "de"),
            ],
        );
    }
    bob.post_with(
        &format!("hi @ann@{} #Cats", a.host),
        &[("visibility", "direct")],
    );
    settle(&a, &b);
    let home = ann.get("/api/v1/timelines/home").ok();
    let texts: Vec<&str> = home
        .as_array()
        .unwrap()
        .iter()
        .map(|status| status["pleroma"]["content"]["text/plain"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    for (status, visibility) in home
        .as_array()
        .unwrap()
        .iter()
        .zip(["direct", "private", "unlisted", "public"])
    {
        assert_eq!(status["visibility"], visibility);
        assert_eq!(status["account"]["acct"], format!("bob@{}", b.host));
        let seen_by_eve = eve.get(&format!("/api/v1/statuses/{}", id(status))).status;
        assert_eq!(
            seen_by_eve == 200,
            ["public", "unlisted"].contains(&visibility),
            "{visibility}"
        );
    }
    assert_eq!(
        (&home[1]["spoiler_text"], &home[1]["language"]),
        (&json!("careful"), &json!("de"))
    );
    assert_eq!(home[0]["mentions"][0]["acct"], "ann");
    assert_eq!(home[0]["tags"][0]["name"], "cats");
    assert_eq!(kinds(&ann), ["mention"]);
    assert_eq!(ids(&eve.get("/api/v1/timelines/home").ok()).len(), 0);
    let public = eve.get("/api/v1/timelines/public").ok();
    assert_eq!(ids(&public).len(), 1);
    assert_eq!(ann_there["acct"], format!("ann@{}", a.host));
}

#[test]
fn answers_favourites_reactions_and_reblogs_go_both_ways_and_can_be_taken_back() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    follow(&ann, &find(&ann, "bob", &b));
    settle(&a, &b);
    let post = bob.post_status("hello world");
    settle(&a, &b);
    let here = copy(&ann, &post);
    let of_here = |verb: &str| {
        ann.post(&format!("/api/v1/statuses/{}/{verb}", id(&here)), &[])
            .ok()
    };
    of_here("favourite");
    of_here("reblog");
    ann.put(
        &format!("/api/v1/pleroma/statuses/{}/reactions/🐈", id(&here)),
        &[],
    )
    .ok();
    ann.post_with("good day", &[("in_reply_to_id", id(&here))]);
    settle(&a, &b);
    let there = |()| bob.get(&format!("/api/v1/statuses/{}", id(&post))).ok();
    let seen = there(());
    assert_eq!(
        (
            &seen["favourites_count"],
            &seen["reblogs_count"],
            &seen["replies_count"]
        ),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(seen["pleroma"]["emoji_reactions"][0]["name"], "🐈");
    let mut told = kinds(&bob);
    told.sort();
    assert_eq!(
        told,
        [
            "favourite",
            "follow",
            "mention",
            "pleroma:emoji_reaction",
            "reblog"
        ]
    );
    let context = bob
        .get(&format!("/api/v1/statuses/{}/context", id(&post)))
        .ok();
    assert_eq!(
        context["descendants"][0]["account"]["acct"],
        format!("ann@{}", a.host)
    );
    // The answer to the answer finds its thread.
    let answer = context["descendants"][0].clone();
    bob.post_with("indeed", &[("in_reply_to_id", id(&answer))]);
    settle(&a, &b);
    let thread = ann
        .get(&format!("/api/v1/statuses/{}/context", id(&here)))
        .ok();
    assert_eq!(thread["descendants"].as_array().unwrap().len(), 2);
    of_here("unfavourite");
    of_here("unreblog");
    ann.delete(&format!(
        "/api/v1/pleroma/statuses/{}/reactions/🐈",
        id(&here)
    ))
    .ok();
    settle(&a, &b);
    let seen = there(());
    assert_eq!(
        (&seen["favourites_count"], &seen["reblogs_count"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(seen["pleroma"]["emoji_reactions"], json!([]));
}

#[test]
fn what_is_deleted_goes_on_both_sides() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let there = find(&ann, "bob", &b);
    follow(&ann, &there);
    settle(&a, &b);
    let post = bob.post_status("soon gone");
    let kept = bob.post_status("stays until the end");
    settle(&a, &b);
    let here = copy(&ann, &post);
    bob.delete(&format!("/api/v1/statuses/{}", id(&post))).ok();
    settle(&a, &b);
    assert_eq!(
        ann.get(&format!("/api/v1/statuses/{}", id(&here))).status,
        404
    );
    let here = copy(&ann, &kept);
    b.server
        .admin("root")
        .request("DELETE", "/api/pleroma/admin/users?nickname=bob", &[], b"")
        .ok();
    settle(&a, &b);
    assert_eq!(
        ann.get(&format!("/api/v1/statuses/{}", id(&here))).status,
        404
    );
    assert_eq!(
        ann.get(&format!("/api/v1/accounts/{}", id(&there))).status,
        404
    );
    assert_eq!(ann.get("/api/v1/timelines/home").ok(), json!([]));
}

#[test]
fn whoever_is_named_in_a_post_is_looked_up_for_it() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let text = format!("hello @bob@{} and @nobody@{}", b.host, b.host);
    let post = ann.post_with(&text, &[("visibility", "direct")]);
    assert_eq!(post["mentions"].as_array().unwrap().len(), 1);
    settle(&a, &b);
    let told = bob.get("/api/v1/notifications").ok();
    assert_eq!(
        told[0]["status"]["account"]["acct"],
        format!("ann@{}", a.host)
    );
    assert_eq!(told[0]["status"]["visibility"], "direct");
}

#[test]
fn a_changed_profile_is_shown_to_followers_elsewhere() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let there = find(&ann, "bob", &b);
    follow(&ann, &there);
    settle(&a, &b);
    bob.patch(
        "/api/v1/accounts/update_credentials",
        &[("display_name", "Robert")],
    )
    .ok();
    settle(&a, &b);
    let seen = ann.get(&format!("/api/v1/accounts/{}", id(&there))).ok();
    assert_eq!(seen["display_name"], "Robert");
}

#[test]
fn a_thread_is_fetched_upwards_when_an_answer_is_looked_at() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let mut post = bob.post_status("post 0");
    for number in 1..5 {
        post = bob.post_with(&format!("post {number}"), &[("in_reply_to_id", id(&post))]);
    }
    let here = copy(&ann, &post);
    let context = ann
        .get(&format!("/api/v1/statuses/{}/context", id(&here)))
        .ok();
    let above: Vec<&str> = context["ancestors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|status| status["pleroma"]["content"]["text/plain"].as_str().unwrap())
        .collect();
    assert_eq!(above, ["post 0", "post 1", "post 2", "post 3"]);
}

#[test]
fn two_servers_that_both_demand_signatures_understand_each_other() {
    let strict = ["federation.authorized_fetch=true"];
    let (a, b) = (Peer::start(&strict), Peer::start(&strict));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    bob.patch(
        "/api/v1/accounts/update_credentials",
        &[("display_name", "Bob B.")],
    )
    .ok();
    let there = find(&ann, "bob", &b);
    assert_eq!(
        there["display_name"], "Bob B.",
        "whoever signs gets more than the key"
    );
    follow(&ann, &there);
    settle(&a, &b);
    assert_eq!(relationship(&ann, &there)["following"], true);
    bob.post_with("for followers", &[("visibility", "private")]);
    settle(&a, &b);
    assert_eq!(ids(&ann.get("/api/v1/timelines/home").ok()).len(), 1);
}

#[test]
fn what_could_not_be_delivered_arrives_once_when_the_other_is_back() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    follow(&ann, &find(&ann, "bob", &b));
    settle(&a, &b);
    // The door of a is shut; posts wait.
    a.shut();
    for number in 0..3 {
        bob.post_status(&format!("post {number}"));
    }
    b.server.federate();
    let waiting: i64 = b
        .server
        .sql()
        .query_row(
            "SELECT count(*) FROM deliveries WHERE state = 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(waiting, 3);
    let early: i64 = b.server.sql().query_row(
        "SELECT count(*) FROM deliveries WHERE state = 0 AND run_at < unixepoch('subsec') * 1000 + 40000", [], |row| row.get(0),
    ).unwrap();
    assert_eq!(early, 0, "the next try is a minute away");
    // A sender that was killed in the middle leaves its lease behind; the start ends it.
    b.server
        .sql()
        .execute(
            "UPDATE deliveries SET run_at = 0, lease_until = 9999999999999 WHERE state = 0",
            [],
        )
        .unwrap();
    b.server.federate();
    b.server
        .app
        .db()
        .write(|tx| kenoma::db::deliveries::release_all(tx))
        .unwrap();
    a.open();
    b.server
        .sql()
        .execute("UPDATE hosts SET retry_at = 0", [])
        .unwrap();
    for _ in 0..2 {
        settle(&a, &b);
        b.server
            .sql()
            .execute("UPDATE deliveries SET run_at = 0, state = 0", [])
            .unwrap();
    }
    settle(&a, &b);
    let home = ann.get("/api/v1/timelines/home").ok();
    assert_eq!(home.as_array().unwrap().len(), 3);
}

#[test]
fn a_list_names_people_elsewhere_whom_nobody_here_knew() {
    let (here, there) = (Peer::start(&[]), Peer::start(&[]));
    let alice = here.user("alice");
    let (bob, carol) = (there.user("bob"), there.user("carol"));
    there.user("dora");
    let lock = [("locked", "true")];
    carol
        .patch("/api/v1/accounts/update_credentials", &lock)
        .ok();
    let host = &there.host;
    let list = format!(
        "Account address,Show boosts\nbob@{host},false\n@carol@{host}\nhttp://{host}/users/dora\nnobody@{host}\nbob@127.0.0.1:1\n"
    );
    alice
        .post("/api/pleroma/follow_import", &[("list", &list)])
        .ok();
    settle(&here, &there);
    let import = alice.get("/api/v1/pleroma/imports").ok()[0].clone();
    assert_eq!((&import["done"], &import["failed"]), (&json!(3), &json!(2)));
    let followers = bob
        .get(&format!("/api/v1/accounts/{}/followers", bob.id))
        .ok();
    assert_eq!(followers[0]["acct"], format!("alice@{}", here.host));
    let asking = carol.get("/api/v1/follow_requests").ok();
    assert_eq!(ids(&asking).len(), 1);
    let names = alice
        .get(&format!("/api/v1/accounts/{}/following", alice.id))
        .ok();
    let names: Vec<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["dora", "bob"]);
}

#[test]
fn who_has_a_new_key_is_believed_at_once_and_the_old_one_is_not() {
    let (here, there) = (Peer::start(&[]), Peer::start(&[]));
    let (alice, bob) = (here.user("alice"), there.user("bob"));
    follow(&alice, &find(&alice, "bob", &there));
    settle(&here, &there);
    copy(&alice, &bob.post_status("under the first key"));
    settle(&here, &there);
    let keys = |server: &TestServer| -> Vec<String> {
        let db = server.sql();
        let sql = "SELECT public_pem FROM account_keys WHERE key_uri LIKE '%/users/bob#main-key'";
        let mut stmt = db.prepare(sql).unwrap();
        let rows = stmt.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let old = keys(&there.server);
    assert_eq!(keys(&here.server), old);
    // While nobody hears it, and with a post right behind it.
    here.shut();
    rotate(&there.server, &bob.id);
    bob.post_status("under the second key");
    settle(&here, &there);
    here.open();
    there
        .server
        .sql()
        .execute_batch("UPDATE deliveries SET run_at = 0; DELETE FROM hosts;")
        .unwrap();
    settle(&here, &there);
    let texts: Vec<String> = alice
        .get("/api/v1/timelines/home")
        .ok()
        .as_array()
        .unwrap()
        .iter()
        .map(|post| {
            post["pleroma"]["content"]["text/plain"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(texts, ["under the second key", "under the first key"]);
    assert_ne!(keys(&there.server), old);
    assert_eq!(keys(&here.server), keys(&there.server));
    let signatures = "SELECT count(*) FROM deliveries WHERE last_status IN (401, 403)";
    assert_eq!(
        crate::federation::stranger::count(&there.server, signatures),
        0
    );
}

/// As `kenoma user rotate-key`.
fn rotate(server: &TestServer, account: &str) {
    let new = kenoma::fed::signature::key::generate().unwrap();
    let id = kenoma::ids::AccountId(account.parse().unwrap());
    server
        .app
        .db()
        .write(|tx| kenoma::ops::users::rotate_key(tx, id, &new.public_pem, &new.private))
        .unwrap();
}
