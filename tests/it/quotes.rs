//! Quotes: who may quote, what each viewer sees of it, and an author's second thoughts.

use serde_json::{Value, json};

use crate::statuses::told;
use crate::support::{Answer, TestServer, TestUser, ids};

fn id(status: &Value) -> &str {
    status["id"].as_str().unwrap()
}

fn path(status: &Value) -> String {
    format!("/api/v1/statuses/{}", id(status))
}

fn quote(user: &TestUser, of: &Value, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("status", "look at this"), ("quoted_status_id", id(of))];
    form.extend_from_slice(more);
    user.post("/api/v1/statuses", &form)
}

fn quotes(user: &TestUser, of: &Value) -> Vec<String> {
    ids(&user
        .get(&format!("/api/v1/statuses/{}/quotes", id(of)))
        .ok())
}

/// A post must show nothing of what it quotes, under no key.
#[track_caller]
fn assert_shows_nothing(seen: &Value, state: &str) {
    assert_eq!(seen["quote"]["state"], state);
    assert_eq!(seen["quote"]["quoted_status"], json!(null));
    assert_eq!(seen["pleroma"]["quote"], json!(null));
    assert_eq!(seen["pleroma"]["quote_id"], json!(null));
    assert_eq!(seen["pleroma"]["quote_url"], json!(null));
    assert_eq!(seen["pleroma"]["quote_visible"], false);
    assert!(!seen.to_string().contains("the first word"));
}

#[test]
fn a_quote_shows_what_it_quotes_under_both_names_and_tells_its_author() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("the first word");
    assert_eq!(
        first["quote_approval"],
        json!({"automatic": ["public"], "manual": [], "current_user": "automatic"})
    );
    assert_eq!(first["quote"], json!(null));
    let quoting = quote(&bob, &first, &[]).ok();
    for seen in [&quoting, &server.get(&path(&quoting)).ok()] {
        assert_eq!(seen["quote"]["state"], "accepted");
        assert_eq!(seen["quote"]["quoted_status"]["id"], first["id"]);
        assert_eq!(seen["pleroma"]["quote"]["id"], first["id"]);
        assert_eq!(seen["pleroma"]["quote_id"], first["id"]);
        assert_eq!(seen["pleroma"]["quote_url"], first["uri"]);
        assert_eq!(seen["pleroma"]["quote_visible"], true);
    }
    let counted = server.get(&path(&first)).ok();
    assert_eq!(
        (
            &counted["quotes_count"],
            &counted["pleroma"]["quotes_count"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        told(&server, &alice.id),
        [("quote".to_owned(), bob.id.clone())]
    );
    let shown = alice.get("/api/v1/notifications").ok();
    assert_eq!(shown[0]["type"], "quote");
    assert_eq!(shown[0]["status"]["id"], quoting["id"]);
    // A quote of a quote shows only the id of what is further in.
    let again = bob.post_with("deeper", &[("quote_id", id(&quoting))]);
    assert_eq!(
        again["quote"]["quoted_status"]["quote"],
        json!({"state": "accepted", "quoted_status_id": first["id"]})
    );
    assert_eq!(again["pleroma"]["quote"]["pleroma"]["quote"], json!(null));
    // In a list and inside a reblog, too.
    alice.post(&format!("{}/reblog", path(&quoting)), &[]).ok();
    let home = alice.get("/api/v1/timelines/home").ok();
    assert_eq!(
        home[0]["reblog"]["quote"]["quoted_status"]["id"],
        first["id"]
    );
}

#[test]
fn sec_p2_a_quote_never_shows_what_its_viewer_may_not_see() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    bob.follow(&alice);
    let hidden = alice.post_with("the first word", &[("visibility", "private")]);
    // Its author quotes it: no further than what it quotes.
    let own = quote(&alice, &hidden, &[("visibility", "public")]).ok();
    assert_eq!(own["visibility"], "private");
    assert_eq!(bob.get(&path(&own)).ok()["quote"]["state"], "accepted");
    carol.get(&path(&own)).refused(404, "Record not found");
    // Whoever is named in it, but does not follow.
    let named = quote(
        &alice,
        &hidden,
        &[("status", "for @carol"), ("visibility", "direct")],
    )
    .ok();
    assert_shows_nothing(&carol.get(&path(&named)).ok(), "unauthorized");

    let open = alice.post_status("the first word");
    let quoting = quote(&bob, &open, &[]).ok();
    assert_eq!(
        carol.get(&path(&quoting)).ok()["quote"]["state"],
        "accepted"
    );
    alice
        .post(&format!("/api/v1/accounts/{}/block", carol.id), &[])
        .ok();
    assert_shows_nothing(&carol.get(&path(&quoting)).ok(), "unauthorized");
    let page = carol.get("/api/v1/timelines/public").ok();
    assert!(!page.to_string().contains("the first word"));
    assert_eq!(
        server.get(&path(&quoting)).ok()["quote"]["state"],
        "accepted"
    );
}

#[test]
fn what_is_not_for_everybody_cannot_be_quoted_by_others() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.follow(&alice);
    for (visibility, to_bob) in [
        ("private", (403, "You may not quote this status")),
        ("direct", (404, "Record not found")),
    ] {
        let hidden = alice.post_with("psst", &[("visibility", visibility)]);
        quote(&bob, &hidden, &[]).refused(to_bob.0, to_bob.1);
    }
    let direct = alice.post_with("psst @bob", &[("visibility", "direct")]);
    for user in [&alice, &bob] {
        quote(user, &direct, &[]).refused(403, "You may not quote this status");
    }
    let here = alice.post_with("among us", &[("visibility", "local")]);
    quote(&bob, &here, &[]).refused(403, "You may not quote this status");
    quote(&bob, &here, &[("visibility", "local")]).ok();
    // A quote that is not there is no post without it.
    for of in ["12345", "nonsense"] {
        bob.post("/api/v1/statuses", &[("status", "x"), ("quote_id", of)])
            .refused(404, "Record not found");
    }
    assert_eq!(
        ids(&bob
            .get(&format!("/api/v1/accounts/{}/statuses", bob.id))
            .ok())
        .len(),
        1
    );
}

#[test]
fn an_author_says_who_may_quote() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    bob.follow(&alice);
    let first = alice.post_with("hi", &[("quote_approval_policy", "followers")]);
    assert_eq!(first["quote_approval"]["automatic"], json!(["followers"]));
    let may =
        |user: &TestUser| user.get(&path(&first)).ok()["quote_approval"]["current_user"].clone();
    assert_eq!(
        (may(&alice), may(&bob)),
        (json!("automatic"), json!("automatic"))
    );
    assert_eq!(may(&carol), "denied");
    assert_eq!(
        server.get(&path(&first)).ok()["quote_approval"]["current_user"],
        "denied"
    );
    quote(&carol, &first, &[]).refused(403, "You may not quote this status");
    quote(&bob, &first, &[]).ok();
    let policy = format!("/api/v1/statuses/{}/interaction_policy", id(&first));
    let set = |user: &TestUser, word: &str| user.put(&policy, &[("quote_approval_policy", word)]);
    let closed = set(&alice, "nobody").ok();
    assert_eq!(closed["quote_approval"]["automatic"], json!([]));
    quote(&bob, &first, &[]).refused(403, "You may not quote this status");
    quote(&alice, &first, &[]).ok();
    set(&bob, "public").refused(404, "Record not found");
    set(&alice, "manual").refused(422, "Unknown quote approval policy");
    alice
        .put(&policy, &[])
        .refused(400, "Missing field: quote_approval_policy.");
    set(&alice, "public").ok();
    quote(&carol, &first, &[]).ok();
    let edited = alice
        .put(
            &path(&first),
            &[("status", "hi"), ("quote_approval_policy", "nobody")],
        )
        .ok();
    assert_eq!(edited["quote_approval"]["automatic"], json!([]));
}

#[test]
fn quotes_are_listed_to_those_who_may_see_them() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let first = alice.post_status("hi");
    let open = quote(&bob, &first, &[]).ok();
    let hidden = quote(&bob, &first, &[("visibility", "private")]).ok();
    assert_eq!(quotes(&bob, &first), [id(&hidden), id(&open)]);
    assert_eq!(quotes(&carol, &first), [id(&open)]);
    assert_eq!(carol.get(&path(&first)).ok()["quotes_count"], 1);
    let twin = format!("/api/v1/pleroma/statuses/{}/quotes?limit=1", id(&first));
    let page = bob.get(&twin);
    assert!(
        page.header("Link")
            .unwrap()
            .contains(&format!("max_id={}", id(&hidden)))
    );
    assert_eq!(ids(&page.ok()), [id(&hidden)]);
    let more = bob.get(&format!("{twin}&max_id={}", id(&hidden))).ok();
    assert_eq!(ids(&more), [id(&open)]);
    let secret = alice.post_with("psst", &[("visibility", "private")]);
    carol
        .get(&format!("/api/v1/statuses/{}/quotes", id(&secret)))
        .refused(404, "Record not found");
    bob.delete(&path(&open)).ok();
    assert_eq!(carol.get(&path(&first)).ok()["quotes_count"], 0);
}

#[test]
fn a_revoked_quote_shows_nothing_any_more_and_counts_no_longer() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("the first word");
    let quoting = quote(&bob, &first, &[]).ok();
    let other = bob.post_status("unrelated");
    let revoke = |user: &TestUser, quoting: &Value| {
        let target = format!(
            "/api/v1/statuses/{}/quotes/{}/revoke",
            id(&first),
            id(quoting)
        );
        user.post(&target, &[])
    };
    revoke(&bob, &quoting).refused(404, "Record not found");
    revoke(&alice, &other).refused(404, "Record not found");
    assert_shows_nothing(&revoke(&alice, &quoting).ok(), "revoked");
    assert_shows_nothing(&bob.get(&path(&quoting)).ok(), "revoked");
    assert!(quotes(&alice, &first).is_empty());
    assert_eq!(bob.get(&path(&first)).ok()["quotes_count"], 0);
    assert!(told(&server, &alice.id).is_empty());
}

#[test]
fn a_quote_of_what_is_gone_says_so_and_an_edit_is_told_to_those_who_quote() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("the first word");
    let quoting = quote(&bob, &first, &[]).ok();
    alice
        .put(&path(&first), &[("status", "the first word, again")])
        .ok();
    assert_eq!(
        told(&server, &bob.id),
        [("quoted_update".to_owned(), alice.id.clone())]
    );
    alice.delete(&path(&first)).ok();
    assert_shows_nothing(&bob.get(&path(&quoting)).ok(), "deleted");
}

#[test]
fn another_server_that_says_who_may_quote_is_asked_first() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("the first word");
    let sql = server.sql();
    sql.execute("UPDATE statuses SET local = 0", []).unwrap();
    assert_eq!(quote(&bob, &first, &[]).ok()["quote"]["state"], "accepted");
    sql.execute("UPDATE statuses SET quote_policy = 'manual'", [])
        .unwrap();
    let seen = bob.get(&path(&first)).ok();
    assert_eq!(
        seen["quote_approval"],
        json!({"automatic": [], "manual": ["public"], "current_user": "manual"})
    );
    assert_shows_nothing(&quote(&bob, &first, &[]).ok(), "pending");
    assert_eq!(told(&server, &alice.id).len(), 1);
}
