//! What federation asks of the database: pages cost the same whatever is on them, and what comes in walks indexes.

use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::{copy, id};
use super::stranger::Stranger;
use super::{fetch, path};
use crate::plans::is_bad;
use crate::support::{BASE, TestServer, TestUser};
use crate::trace::{ONE_READER, heard, plan};

fn rich(author: &TestUser, quoted: &Value) -> Value {
    author.post_with(
        "which? @bob #tag",
        &[
            ("poll[options][]", "cats"),
            ("poll[options][]", "dogs"),
            ("poll[expires_in]", "3600"),
            ("quoted_status_id", id(quoted)),
        ],
    )
}

#[test]
fn a_page_of_an_outbox_costs_the_same_whatever_is_on_it() {
    let server = TestServer::with(&[ONE_READER, &["rate_limit.enabled=false"]].concat());
    let (alice, bob, carl) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carl"),
    );
    let quoted = bob.post_status("quote me");
    for _ in 0..20 {
        rich(&alice, &quoted);
    }
    rich(&carl, &quoted);
    let cost = |name: &str, posts: usize| {
        let target = format!("/users/{name}/outbox?page=true");
        let (page, statements) = heard(&server, || fetch(&server, &target).ok());
        assert_eq!(page["orderedItems"].as_array().unwrap().len(), posts);
        statements.len()
    };
    assert_eq!(cost("alice", 20), cost("carl", 1));
}

#[test]
fn what_others_say_walks_indexes() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    let peer = Fake::start(false);
    let carl = peer.actor("carl");
    bob.is_followed_by(&alice);
    bob.follows(&alice);
    let own = rich(&alice, &alice.post_status("quote me"));
    let mut reply = peer.note("/reply", &carl);
    reply["inReplyTo"] = json!(peer.url("/post"));
    peer.document("/reply", &reply);
    let mut post = peer.note("/post", &carl);
    post["replies"] = json!({"type": "Collection", "items": [peer.url("/reply")]});
    post["inReplyTo"] = json!(peer.url("/missing"));
    peer.document("/post", &post);
    let ((), mut statements) = heard(&server, || {
        let mut note = bob.note("<p>look</p>");
        note["quote"] = own["uri"].clone();
        note["inReplyTo"] = json!(peer.url("/post"));
        note["likes"] = json!({"totalItems": 3});
        bob.say(&bob.activity("Create", note.clone()));
        note["content"] = json!("<p>newer</p>");
        note["updated"] = json!("2036-01-01T00:00:00Z");
        bob.say(&bob.activity("Update", note.clone()));
        let mut request = bob.activity("QuoteRequest", own["uri"].clone());
        request["instrument"] = note["id"].clone();
        bob.say(&request);
        bob.say(&bob.activity(
            "Create",
            json!({"id": format!("{}/vote", bob.uri), "type": "Note", "attributedTo": bob.uri, "name": "cats", "inReplyTo": own["uri"]}),
        ));
        bob.say(&bob.activity("Listen", json!({"type": "Audio", "title": "Lament"})));
        let here = copy(&alice, &json!({"uri": peer.url("/post")}));
        alice
            .get(&format!("/api/v1/statuses/{}/context", id(&here)))
            .ok();
        while kenoma::jobs::gather::once(&server.app).unwrap() {}
        alice
            .put(
                &format!("/api/v1/statuses/{}", id(&own)),
                &[("status", "edited")],
            )
            .ok();
        server.run_jobs();
        let thread = fetch(&server, &path(&own["uri"])).ok()["context"].clone();
        fetch(&server, &format!("{}?page=true", path(&thread))).ok();
        bob.say(&bob.activity("Delete", json!(format!("{BASE}/quote_authorizations/none"))));
        bob.say(&bob.activity("Delete", note["id"].clone()));
    });
    statements.sort_unstable();
    statements.dedup();
    let db = server.sql();
    let looked_at = [
        "remote_favourites <>",
        "in_reply_to_uri = ",
        "quote_authorization = ",
        "\"type\":\"Create\"",
    ];
    for part in looked_at {
        assert!(
            statements.iter().any(|sql| sql.contains(part)),
            "{part} is not asked"
        );
    }
    // What hangs on an account would be looked up if its id changed, which it never does; and of the deliveries that wait, which
    // are bounded, it is asked how many they are.
    let apart = ["INSERT INTO accounts", "SELECT count(*) FROM deliveries"];
    let is_apart = |sql: &&String| apart.iter().any(|start| sql.starts_with(start));
    let asked = statements.iter().filter(|sql| !is_apart(sql));
    for sql in asked.filter(|sql| sql.starts_with(['S', 'W', 'I', 'U', 'D'])) {
        let plan = plan(&db, sql);
        assert!(!plan.iter().any(|step| is_bad(step)), "{sql}\n{plan:#?}");
    }
}
