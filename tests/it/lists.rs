//! Lists: their rows, who stands on them, what their timelines show and home then does not.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn make(owner: &TestUser, more: &[(&str, &str)]) -> String {
    let mut form = vec![("title", "friends")];
    form.extend_from_slice(more);
    let made = owner.post("/api/v1/lists", &form).ok();
    made["id"].as_str().unwrap().to_owned()
}

fn add(owner: &TestUser, list: &str, member: &TestUser) {
    let form = [("account_ids[]", member.id.as_str())];
    let path = format!("/api/v1/lists/{list}/accounts");
    assert_eq!(owner.post(&path, &form).ok(), json!({}));
}

fn timeline(owner: &TestUser, list: &str, query: &str) -> Vec<String> {
    ids(&owner
        .get(&format!("/api/v1/timelines/list/{list}?{query}"))
        .ok())
}

fn id(status: &Value) -> String {
    status["id"].as_str().unwrap().to_owned()
}

fn reply(author: &TestUser, to: &str) -> String {
    id(&author.post_with("yes", &[("in_reply_to_id", to)]))
}

#[test]
fn a_list_is_made_shown_changed_and_deleted() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let made = alice.post("/api/v1/lists", &[("title", " friends ")]).ok();
    let list = made["id"].as_str().unwrap();
    assert_eq!(
        made,
        json!({"id": list, "title": "friends", "replies_policy": "list", "exclusive": false})
    );
    assert_eq!(alice.get("/api/v1/lists").ok(), json!([made]));
    let path = format!("/api/v1/lists/{list}");
    let change = json!({"replies_policy": "none", "exclusive": true});
    let changed = alice.json("PUT", &path, &change).ok();
    assert_eq!(
        changed,
        json!({"id": list, "title": "friends", "replies_policy": "none", "exclusive": true})
    );
    let renamed = alice.put(&path, &[("title", "foes")]).ok();
    assert_eq!(
        (&renamed["title"], &renamed["exclusive"]),
        (&json!("foes"), &json!(true))
    );
    assert_eq!(alice.get(&path).ok(), renamed);
    assert_eq!(alice.delete(&path).ok(), json!({}));
    alice.get(&path).refused(404, "Record not found");
    assert_eq!(alice.get("/api/v1/lists").ok(), json!([]));
}

#[test]
fn a_list_needs_a_title_and_a_known_policy() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice
        .post("/api/v1/lists", &[])
        .refused(400, "Missing field: title.");
    alice
        .post("/api/v1/lists", &[("title", "  ")])
        .refused(422, "The title is empty");
    alice
        .post("/api/v1/lists", &[("title", &"x".repeat(257))])
        .refused(422, "The title is longer than 256 characters");
    alice
        .post(
            "/api/v1/lists",
            &[("title", "a"), ("replies_policy", "all")],
        )
        .refused(422, "replies_policy is one of followed, list, none");
    for n in 0..100 {
        make(&alice, &[("title", &n.to_string())]);
    }
    alice
        .post("/api/v1/lists", &[("title", "one more")])
        .refused(422, "There are no more than 100 lists");
}

#[test]
fn nobody_sees_or_touches_another_persons_list() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let list = make(&alice, &[]);
    add(&alice, &list, &bob);
    let path = format!("/api/v1/lists/{list}");
    let members = format!("{path}/accounts");
    let member = [("account_ids[]", bob.id.as_str())];
    for answer in [
        bob.get(&path),
        bob.put(&path, &[("title", "mine")]),
        bob.delete(&path),
        bob.get(&members),
        bob.post(&members, &member),
        bob.form("DELETE", &members, &member),
        bob.get(&format!("/api/v1/timelines/list/{list}")),
        bob.get("/api/v1/lists/nonsense"),
    ] {
        answer.refused(404, "Record not found");
    }
    assert_eq!(bob.get("/api/v1/lists").ok(), json!([]));
    let containing =
        |user: &TestUser| ids(&user.get(&format!("/api/v1/accounts/{}/lists", bob.id)).ok());
    assert_eq!(containing(&bob), [""; 0]);
    assert_eq!(containing(&alice), [list]);
    alice
        .get("/api/v1/accounts/1/lists")
        .refused(404, "Record not found");
}

#[test]
fn members_need_not_be_followed_and_are_paged_or_all_at_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let others: Vec<TestUser> = (0..5).map(|n| server.user(&format!("user{n}"))).collect();
    let list = make(&alice, &[]);
    let path = format!("/api/v1/lists/{list}/accounts");
    let all: Vec<&str> = others.iter().map(|other| other.id.as_str()).collect();
    alice.json("POST", &path, &json!({"account_ids": all})).ok();
    // Twice is once.
    add(&alice, &list, &others[0]);
    let newest_first: Vec<&str> = all.iter().rev().copied().collect();
    let page = alice.get(&format!("{path}?limit=2"));
    let next = page.header("Link").unwrap().to_owned();
    let max_id = next.split("max_id=").nth(1).unwrap();
    let max_id = max_id.split('>').next().unwrap();
    assert_eq!(ids(&page.ok()), newest_first[..2]);
    let second = alice.get(&format!("{path}?limit=2&max_id={max_id}")).ok();
    assert_eq!(ids(&second), newest_first[2..4]);
    let whole = alice.get(&format!("{path}?limit=0")).ok();
    assert_eq!(ids(&whole), newest_first);
    let gone = [("account_ids[]", all[0]), ("account_ids[]", all[4])];
    assert_eq!(alice.form("DELETE", &path, &gone).ok(), json!({}));
    assert_eq!(ids(&alice.get(&path).ok()), newest_first[1..4]);
    alice
        .post(&path, &[])
        .refused(400, "Missing field: account_ids.");
    // All or none.
    alice
        .post(&path, &[("account_ids[]", all[0]), ("account_ids[]", "1")])
        .refused(404, "Record not found");
    let many: Vec<String> = (0..501).map(|n| n.to_string()).collect();
    alice
        .json("POST", &path, &json!({"account_ids": many}))
        .refused(422, "No more than 500 accounts at a time");
    assert_eq!(ids(&alice.get(&path).ok()), newest_first[1..4]);
}

#[test]
fn the_timeline_shows_what_members_said_before_and_after_and_not_once_they_are_gone() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let list = make(&alice, &[]);
    let before = id(&bob.post_status("before"));
    add(&alice, &list, &bob);
    let after = id(&bob.post_status("after"));
    let by_carol = id(&carol.post_status("not on it"));
    let wrapper = id(&bob
        .post(&format!("/api/v1/statuses/{by_carol}/reblog"), &[])
        .ok());
    assert_eq!(timeline(&alice, &list, ""), [&*wrapper, &after, &before]);
    assert_eq!(timeline(&alice, &list, "limit=1"), [&*wrapper]);
    assert_eq!(
        timeline(&alice, &list, &format!("min_id={before}&limit=1")),
        [&*after]
    );
    // Alice need not follow to read, and reading is not following.
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()), [""; 0]);
    let members = format!("/api/v1/lists/{list}/accounts");
    alice
        .form("DELETE", &members, &[("account_ids[]", &bob.id)])
        .ok();
    assert_eq!(timeline(&alice, &list, ""), [""; 0]);
}

#[test]
fn the_timeline_keeps_to_what_its_owner_may_see_and_wants_to() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let list = make(&alice, &[]);
    add(&alice, &list, &bob);
    let posts: Vec<String> = ["public", "unlisted", "private", "direct"]
        .iter()
        .map(|visibility| id(&bob.post_with("for @alice?", &[("visibility", visibility)])))
        .collect();
    let hidden = id(&bob.post_with("for followers", &[("visibility", "private")]));
    let mentioned: Vec<&str> = posts[..3].iter().rev().map(String::as_str).collect();
    assert_eq!(timeline(&alice, &list, ""), mentioned);
    alice.follow(&bob);
    assert!(timeline(&alice, &list, "").contains(&hidden));
    assert_eq!(
        timeline(
            &alice,
            &list,
            "exclude_visibilities[]=private&exclude_visibilities[]=public"
        ),
        [&*posts[1]]
    );
    assert_eq!(timeline(&alice, &list, "only_media=true"), [""; 0]);
    assert_eq!(timeline(&alice, &list, "remote=true"), [""; 0]);
    assert_eq!(timeline(&alice, &list, "local=true").len(), 4);
    alice
        .post(&format!("/api/v1/accounts/{}/mute", bob.id), &[])
        .ok();
    assert_eq!(timeline(&alice, &list, ""), [""; 0]);
    assert_eq!(timeline(&alice, &list, "with_muted=true").len(), 4);
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(timeline(&alice, &list, "with_muted=true"), [""; 0]);
}

#[test]
fn the_replies_policy_says_which_replies_are_shown() {
    let server = TestServer::new();
    let [alice, bob, carol, dave, erin] =
        ["alice", "bob", "carol", "dave", "erin"].map(|name| server.user(name));
    let list = make(&alice, &[]);
    add(&alice, &list, &bob);
    add(&alice, &list, &carol);
    alice.follow(&dave);
    let own = id(&bob.post_status("a thread"));
    let thread = reply(&bob, &own);
    let to_owner = reply(&bob, &id(&alice.post_status("hm")));
    let to_member = reply(&bob, &id(&carol.post_status("carol's")));
    let to_followed = reply(&bob, &id(&dave.post_status("dave's")));
    let to_stranger = reply(&bob, &id(&erin.post_status("erin's")));
    let shown = |policy: &str| {
        let path = format!("/api/v1/lists/{list}");
        alice.put(&path, &[("replies_policy", policy)]).ok();
        let timeline = timeline(&alice, &list, "");
        let always = [&own, &thread, &to_owner];
        assert!(always.iter().all(|post| timeline.contains(post)));
        [&to_member, &to_followed, &to_stranger].map(|post| timeline.contains(post))
    };
    assert_eq!(shown("list"), [true, false, false]);
    assert_eq!(shown("followed"), [false, true, false]);
    assert_eq!(shown("none"), [false, false, false]);
}

#[test]
fn what_an_exclusive_list_shows_home_does_not() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    alice.follow(&bob);
    alice.follow(&carol);
    carol.follow(&bob);
    let list = make(&alice, &[("exclusive", "true")]);
    add(&alice, &list, &bob);
    let by_bob = id(&bob.post_status("on the list"));
    let by_carol = id(&carol.post_status("at home"));
    let home = |user: &TestUser| ids(&user.get("/api/v1/timelines/home").ok());
    assert_eq!(home(&alice), [&*by_carol]);
    assert_eq!(timeline(&alice, &list, ""), [&*by_bob]);
    // Another person's home is none of this list's business.
    assert!(home(&carol).contains(&by_bob));
    let path = format!("/api/v1/lists/{list}");
    alice.put(&path, &[("exclusive", "false")]).ok();
    assert_eq!(home(&alice), [&*by_carol, &by_bob]);
}
