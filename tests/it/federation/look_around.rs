//! What is read of accounts elsewhere in the background (federation.md 6.4, 7.3, 7.4), and of whom a list names.

use serde_json::{Value, json};

use super::fake::Fake;
use crate::support::{BASE, TestServer, TestUser, encode, ids};

/// An actor with collections: 3 pinned posts of whom one is another's, 25 posts in the outbox.
fn scripted(peer: &Fake) -> String {
    let id = peer.url("/users/bob");
    let below = |tail: &str| format!("{id}/{tail}");
    peer.document(
        "/users/bob",
        &json!({"id": id, "type": "Person", "preferredUsername": "bob", "inbox": below("inbox"), "outbox": below("outbox"),
                "followers": below("followers"), "following": below("following"), "featured": below("featured")}),
    );
    let note = |number: usize| {
        let mut note = peer.note(&format!("/notes/{number}"), &id);
        note["published"] = json!(format!("2024-01-{:02}T00:00:00Z", number + 1));
        note["content"] = json!(format!("post {number}"));
        note
    };
    let create = |number: usize| json!({"id": format!("{id}/creates/{number}"), "type": "Create", "actor": id, "object": note(number)});
    let mut page: Vec<Value> = (2..25).rev().map(create).collect();
    // Not everything that is listed is a post of the one who lists it.
    let mut foreign = note(90);
    foreign["attributedTo"] = json!("https://elsewhere.example/users/eve");
    page[1] =
        json!({"id": format!("{id}/creates/90"), "type": "Create", "actor": id, "object": foreign});
    page[2] = json!({"id": format!("{id}/announces/1"), "type": "Announce", "actor": id, "object": "https://elsewhere.example/1"});
    peer.document(
        "/users/bob/outbox",
        &json!({"id": below("outbox"), "type": "OrderedCollection", "totalItems": 321, "first": below("outbox?page=true")}),
    );
    peer.document(
        "/users/bob/outbox?page=true",
        &json!({"id": below("outbox?page=true"), "type": "OrderedCollectionPage", "orderedItems": page}),
    );
    for (name, total) in [("followers", 1234), ("following", 56)] {
        let whole = json!({"id": below(name), "type": "OrderedCollection", "totalItems": total});
        peer.document(&format!("/users/bob/{name}"), &whole);
    }
    peer.document("/notes/0", &note(0));
    peer.document(
        "/users/bob/featured",
        &json!({"id": below("featured"), "type": "OrderedCollection",
                "orderedItems": [peer.url("/notes/0"), note(1), "https://elsewhere.example/notes/7"]}),
    );
    id
}

fn find(who: &TestUser, address: &str) -> Value {
    let query = encode(&[("q", address), ("resolve", "true")]);
    who.get(&format!("/api/v2/search?{query}")).ok()["accounts"][0].clone()
}

fn account(who: &TestUser, found: &Value) -> Value {
    who.get(&format!(
        "/api/v1/accounts/{}",
        found["id"].as_str().unwrap()
    ))
    .ok()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one["pleroma"]["content"]["text/plain"].as_str().unwrap())
        .collect()
}

#[test]
fn counts_and_pinned_posts_of_whom_somebody_looks_at_are_read_once_a_day() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let found = find(&alice, &scripted(&peer));
    assert_eq!(found["followers_count"], 0, "nobody waited for it");
    server.run_jobs();
    let seen = account(&alice, &found);
    assert_eq!(
        (
            &seen["followers_count"],
            &seen["following_count"],
            &seen["statuses_count"]
        ),
        (&json!(1234), &json!(56), &json!(321))
    );
    let pinned = alice
        .get(&format!(
            "/api/v1/accounts/{}/statuses?pinned=true",
            found["id"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(texts(&pinned), ["post 0", "post 1"]);
    find(&alice, &peer.url("/users/bob"));
    server.run_jobs();
    assert_eq!(peer.asked("/users/bob/followers").len(), 1);
    assert!(
        peer.asked("/users/bob/outbox?page=true").is_empty(),
        "posts are for those who follow"
    );
}

#[test]
fn who_follows_somebody_gets_the_newest_twenty_posts_and_is_not_told_of_them() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let uri = scripted(&peer);
    let found = find(&alice, &uri);
    let follow = format!("/api/v1/accounts/{}/follow", found["id"].as_str().unwrap());
    alice.post(&follow, &[("notify", "true")]).ok();
    server.run_jobs();
    assert_eq!(
        alice.get("/api/v1/timelines/home").ok(),
        json!([]),
        "not before consent"
    );
    let (me, bob): (i64, i64) = (
        alice.id.parse().unwrap(),
        found["id"].as_str().unwrap().parse().unwrap(),
    );
    let granted = |tx: &kenoma::db::Tx| {
        kenoma::ops::follows::granted(tx, kenoma::ids::AccountId(me), kenoma::ids::AccountId(bob))
    };
    server.app.db().write(granted).unwrap();
    server.run_jobs();
    let home = alice.get("/api/v1/timelines/home?limit=40").ok();
    let seen = texts(&home);
    // 20 items of the page, less one of another's and one reblog; and the two that are pinned.
    assert_eq!(seen.len(), 20, "{seen:?}");
    assert_eq!((seen[0], seen[1]), ("post 24", "post 21"));
    assert!(seen.ends_with(&["post 1", "post 0"]), "{seen:?}");
    assert_eq!(alice.get("/api/v1/notifications").ok(), json!([]));
    assert_eq!(account(&alice, &found)["statuses_count"], 321);
}

#[test]
fn people_on_a_list_are_looked_up_where_they_live() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let (bob, carl) = (peer.actor("bob"), peer.actor("carl"));
    let host = peer.base.strip_prefix("http://").unwrap();
    let finger = format!(
        "/.well-known/webfinger?resource=acct%3Acarl%40{}",
        host.replace(':', "%3A").replace('.', "%2E")
    );
    let link = json!({"rel": "self", "type": "application/activity+json", "href": carl});
    let answer = json!({"subject": format!("acct:carl@{host}"), "links": [link]});
    peer.raw(
        &finger,
        200,
        "Content-Type: application/jrd+json",
        answer.to_string(),
    );
    let list = format!("{bob}\ncarl@{host}\nnobody@{host}\n");
    alice
        .post("/api/pleroma/follow_import", &[("list", &list)])
        .ok();
    server.run_jobs();
    let import = alice.get("/api/v1/pleroma/imports").ok();
    assert_eq!(
        (&import[0]["done"], &import[0]["failed"]),
        (&json!(2), &json!(1))
    );
    let people = format!(
        "/api/v1/pleroma/imports/{}/accounts",
        import[0]["id"].as_str().unwrap()
    );
    let states: Vec<String> = alice
        .get(&people)
        .ok()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["requested", "requested", "failed"]);
    server.federate();
    let follows: Vec<Value> = peer
        .got()
        .into_iter()
        .map(|(_, activity)| activity)
        .collect();
    let objects: Vec<&Value> = follows.iter().map(|follow| &follow["object"]).collect();
    assert_eq!(objects, [&json!(bob), &json!(carl)]);
}

#[test]
fn whoever_comes_from_another_server_follows_with_the_account_here() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    let finger = server
        .get("/.well-known/webfinger?resource=acct:alice@127.0.0.1:4000")
        .ok();
    let subscribe = finger["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == "http://ostatus.org/schema/1.0/subscribe")
        .unwrap();
    assert_eq!(
        subscribe["template"],
        format!("{BASE}/ostatus_subscribe?acct={{uri}}")
    );
    let path = format!(
        "/ostatus_subscribe?acct={}",
        encode(&[("", &bob)]).trim_start_matches('=')
    );
    let page = server.get(&path);
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains(&bob) && peer.asked("/users/bob").is_empty(),
        "nothing is fetched for strangers"
    );
    let text = page.text();
    let token = text
        .split("type=\"hidden\"")
        .nth(1)
        .unwrap()
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let field = text
        .split("type=\"hidden\" name=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let send = |uri: &str, password: &str, token: &str| {
        let form = [
            (field, token),
            ("uri", uri),
            ("name", "alice"),
            ("password", password),
        ];
        server.post_form("/authorize_interaction", &form)
    };
    assert_eq!(send(&bob, "wrong", token).status, 401);
    assert_eq!(send(&bob, &alice.password, "forged").status, 401);
    assert!(peer.asked("/users/bob").is_empty());
    let done = send(&bob, &alice.password, token);
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("You follow"));
    server.federate();
    assert_eq!(peer.got().len(), 1);
    // A post is shown, what is not there is said.
    peer.document("/1", &peer.note("/1", &bob));
    let post = send(&peer.url("/1"), &alice.password, token);
    assert_eq!(post.status, 302);
    assert!(post.header("Location").unwrap().contains("/notice/"));
    assert_eq!(
        send(&peer.url("/nothing"), &alice.password, token).status,
        404
    );
    assert_eq!(server.get("/authorize_interaction").status, 400);
    let home = alice.get("/api/v1/timelines/home").ok();
    assert_eq!(ids(&home).len(), 0);
}

#[test]
fn what_people_here_do_counts_on_top_of_what_the_origin_counted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let peer = Fake::start(false);
    let mut note = peer.note("/1", &peer.actor("carl"));
    let counted = |name: &str, total: u32| json!({"id": peer.url(&format!("/1/{name}")), "type": "Collection", "totalItems": total});
    note["likes"] = counted("likes", 10);
    note["shares"] = counted("shares", 4);
    note["replies"] = counted("replies", 3);
    peer.document("/1", &note);
    let query = encode(&[("q", &peer.url("/1")), ("resolve", "true")]);
    let found = alice.get(&format!("/api/v2/search?{query}")).ok();
    let id = found["statuses"][0]["id"].as_str().unwrap().to_owned();
    let counts = || {
        let seen = alice.get(&format!("/api/v1/statuses/{id}")).ok();
        ["favourites_count", "reblogs_count", "replies_count"]
            .map(|key| seen[key].as_i64().unwrap())
    };
    assert_eq!(counts(), [10, 4, 3]);
    let act = |who: &TestUser, verb: &str| {
        who.post(&format!("/api/v1/statuses/{id}/{verb}"), &[]).ok();
        counts()
    };
    assert_eq!(act(&alice, "favourite"), [11, 4, 3]);
    assert_eq!(act(&bob, "favourite"), [12, 4, 3]);
    assert_eq!(act(&alice, "reblog"), [12, 5, 3]);
    let answer = alice.post_with("indeed", &[("in_reply_to_id", &id)]);
    assert_eq!(counts(), [12, 5, 4]);
    assert_eq!(act(&alice, "unfavourite"), [11, 5, 4]);
    assert_eq!(act(&alice, "unreblog"), [11, 4, 4]);
    let path = format!("/api/v1/statuses/{}", answer["id"].as_str().unwrap());
    alice.delete(&path).ok();
    assert_eq!(counts(), [11, 4, 3]);
    assert_eq!(act(&bob, "unfavourite"), [10, 4, 3]);
}
