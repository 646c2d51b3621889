//! Posts of known people take the shortest way in, and much that arrives at once is stored together; yet all is as if each had come
//! alone, through the queue.

use std::time::Duration;

use kenoma::clock::Timestamp;
use serde_json::{Value, json};

use super::fake::Fake;
use super::stranger::{Stranger, count};
use crate::support::{TestServer, TestUser};
use crate::trace::{ONE_READER, heard};

/// Takes down what is said, without acting upon it.
fn hold(who: &Stranger, activities: &[Value]) {
    for activity in activities {
        let bytes = activity.to_string().into_bytes();
        assert_eq!(who.send_bytes("/inbox", &bytes, &bytes).status, 202);
    }
}

/// Lets something of theirs wait, and with it all that they say, until it is let go.
fn hold_back(server: &TestServer, who: &Stranger) {
    let sql = "INSERT INTO inbox_items (id, actor, host, signer_id, body, received_at, run_at)
               SELECT 1, uri, host, id, '{}', 0, 9000000000000 FROM accounts WHERE uri = ?1";
    assert_eq!(server.sql().execute(sql, [&who.uri]).unwrap(), 1);
}

fn let_go(server: &TestServer) {
    let sql = "DELETE FROM inbox_items WHERE id = 1";
    assert_eq!(server.sql().execute(sql, []).unwrap(), 1);
}

fn home(reader: &TestUser) -> Vec<String> {
    let page = reader.get("/api/v1/timelines/home").ok();
    let texts = page.as_array().unwrap().iter();
    texts
        .map(|status| status["content"].as_str().unwrap().to_owned())
        .collect()
}

fn act(server: &TestServer) {
    while kenoma::jobs::incoming::once(&server.app).unwrap() {}
    assert_eq!(count(server, "SELECT count(*) FROM inbox_items"), 0);
}

#[test]
fn a_post_of_somebody_known_is_at_home_when_it_is_answered() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let post = bob.activity("Create", bob.note("<p>hello</p>"));
    let (_, statements) = heard(&server, || hold(&bob, std::slice::from_ref(&post)));
    let begun = statements.iter().filter(|sql| sql.contains("IMMEDIATE"));
    assert_eq!(begun.count(), 1, "{statements:#?}");
    assert_eq!(home(&alice), ["<p>hello</p>"]);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
    // Nothing is applied twice.
    hold(&bob, &[post]);
    act(&server);
    assert_eq!(home(&alice).len(), 1);
}

#[test]
fn nobody_is_waited_for_who_never_comes() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let somebody = server.app.fed().intake.announce();
    hold(&bob, &[bob.activity("Create", bob.note("<p>hello</p>"))]);
    assert_eq!(home(&alice), ["<p>hello</p>"]);
    drop(somebody);
    hold(&bob, &[bob.activity("Create", bob.note("<p>again</p>"))]);
    assert_eq!(home(&alice).len(), 2);
}

#[test]
fn a_post_waits_behind_what_its_author_said_before() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, carl) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "carl", "other.example"),
    );
    bob.is_followed_by(&alice);
    carl.is_followed_by(&alice);
    hold_back(&server, &bob);
    hold(&bob, &[bob.activity("Create", bob.note("<p>late</p>"))]);
    hold(&carl, &[carl.activity("Create", carl.note("<p>early</p>"))]);
    assert_eq!(home(&alice), ["<p>early</p>"]);
    let_go(&server);
    act(&server);
    assert_eq!(home(&alice), ["<p>late</p>", "<p>early</p>"]);
}

#[test]
fn a_post_that_cannot_be_stored_is_kept_until_it_can_be() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON statuses BEGIN SELECT RAISE(ABORT, 'it is broken'); END";
    server.sql().execute(broken, []).unwrap();
    hold(&bob, &[bob.activity("Create", bob.note("<p>hello</p>"))]);
    assert!(home(&alice).is_empty());
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 1);
    server.sql().execute("DROP TRIGGER broken", []).unwrap();
    act(&server);
    assert_eq!(home(&alice), ["<p>hello</p>"]);
}

#[test]
fn posts_that_wait_together_cost_one_transaction() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let posts: Vec<Value> = (0..10)
        .map(|n| bob.activity("Create", bob.note(&format!("<p>number {n}</p>"))))
        .collect();
    hold_back(&server, &bob);
    hold(&bob, &posts);
    let_go(&server);
    let (_, statements) = heard(&server, || {
        assert!(kenoma::jobs::incoming::once(&server.app).unwrap());
    });
    let begun = statements.iter().filter(|sql| sql.contains("IMMEDIATE"));
    assert_eq!(begun.count(), 1, "{statements:#?}");
    let newest_first: Vec<String> = (0..10)
        .rev()
        .map(|n| format!("<p>number {n}</p>"))
        .collect();
    assert_eq!(home(&alice), newest_first);
    // Nothing is applied twice.
    hold(&bob, &posts);
    act(&server);
    assert_eq!(home(&alice).len(), 10);
}

#[test]
fn what_one_actor_says_is_taken_in_order_whatever_it_is() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let (mut edited, gone) = (bob.note("<p>first</p>"), bob.note("<p>a mistake</p>"));
    edited["published"] = json!(Timestamp::now().minus(Duration::from_secs(60)));
    let mut activities = vec![
        bob.activity("Create", edited.clone()),
        bob.activity("Create", gone.clone()),
    ];
    edited["content"] = json!("<p>second</p>");
    edited["updated"] = json!(Timestamp::now());
    activities.push(bob.activity("Update", edited));
    activities.push(bob.activity("Delete", gone["id"].clone()));
    activities.push(bob.activity("Create", bob.note("<p>last</p>")));
    hold(&bob, &activities);
    act(&server);
    assert_eq!(home(&alice), ["<p>last</p>", "<p>second</p>"]);
}

#[test]
fn an_answer_finds_what_came_just_before_it_and_asks_nobody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, carl) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "carl", "other.example"),
    );
    bob.is_followed_by(&alice);
    carl.is_followed_by(&alice);
    let root = bob.note("<p>root</p>");
    let mut answer = carl.note("<p>answer</p>");
    answer["inReplyTo"] = root["id"].clone();
    hold(&bob, &[bob.activity("Create", root)]);
    hold(&carl, &[carl.activity("Create", answer)]);
    act(&server);
    assert_eq!(home(&alice), ["<p>answer</p>", "<p>root</p>"]);
    let sql = "SELECT count(*) FROM statuses WHERE in_reply_to_id IS NOT NULL";
    assert_eq!(count(&server, sql), 1);
}

#[test]
fn among_posts_that_are_whole_one_that_is_not_is_looked_at_closer() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let dora = peer.actor("dora");
    peer.document("/root", &peer.note("/root", &dora));
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let mut answer = bob.note("<p>answer</p>");
    answer["inReplyTo"] = json!(peer.url("/root"));
    let stolen = peer.note("/stolen", &dora);
    hold(
        &bob,
        &[
            bob.activity("Create", bob.note("<p>before</p>")),
            bob.activity("Create", answer),
            bob.activity("Create", stolen),
            bob.activity("Create", bob.note("<p>after</p>")),
        ],
    );
    act(&server);
    assert_eq!(
        home(&alice),
        ["<p>after</p>", "<p>answer</p>", "<p>before</p>"]
    );
    assert_eq!(peer.asked("/root").len(), 1);
    assert_eq!(peer.asked("/stolen").len(), 1, "a copy is not believed");
    let sql = "SELECT count(*) FROM statuses WHERE in_reply_to_id IS NOT NULL";
    assert_eq!(count(&server, sql), 1);
}

#[test]
fn what_one_actor_says_does_not_keep_others_waiting() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    hold_back(&server, &bob);
    hold(&bob, &[bob.activity("Create", bob.note("<p>flood</p>"))]);
    let_go(&server);
    // As many as are looked through for somebody else, and more.
    server
        .sql()
        .execute(
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO inbox_items (id, actor, host, signer_id, body, received_at, run_at)
             SELECT i.id + n.i, i.actor, i.host, i.signer_id, '{}', i.received_at, i.run_at FROM inbox_items AS i, n",
            [],
        )
        .unwrap();
    let due = |but: &[&str]| {
        let read = server
            .app
            .db()
            .read(|db| kenoma::db::inbox_items::due(db, but, 1000, 100_000));
        read.unwrap().len()
    };
    assert_eq!(due(&[]), 500);
    assert_eq!(
        due(&[&bob.uri]),
        0,
        "all that is near is of one who is being heard"
    );
    let few = server
        .app
        .db()
        .read(|db| kenoma::db::inbox_items::due(db, &[], 1000, 20));
    assert_eq!(
        few.unwrap().len(),
        1,
        "the first is taken however large it is"
    );
    act(&server);
    assert_eq!(home(&alice), ["<p>flood</p>"]);
}

#[test]
fn what_arrives_at_once_is_written_down_once_each() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let people = ["bob", "carl", "dan", "fay"].map(|name| {
        let host = format!("{name}.example");
        Stranger::new(&server, name, &host)
    });
    people.iter().for_each(|one| one.is_followed_by(&alice));
    std::thread::scope(|scope| {
        for one in &people {
            scope.spawn(move || {
                for n in 0..25 {
                    hold(
                        one,
                        &[one.activity("Create", one.note(&format!("<p>{n}</p>")))],
                    );
                }
            });
        }
    });
    assert_eq!(count(&server, "SELECT count(*) FROM statuses"), 100);
    assert_eq!(count(&server, "SELECT count(*) FROM inbox_items"), 0);
}
