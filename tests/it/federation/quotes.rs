//! Quotes between servers: every form, and the consent of whoever is quoted (federation.md 5.2, FEP-044f).

use serde_json::{Value, json};

use super::fake::Fake;
use super::pair::{self, Peer, copy, id, settle};
use super::stranger::{Stranger, count, sent};
use super::{fetch, path};
use crate::support::{BASE, TestServer, TestUser};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

fn quote(user: &TestUser, of: &Value) -> Value {
    user.post_with("look at this", &[("quoted_status_id", id(of))])
}

fn seen(user: &TestUser, uri: &Value) -> Value {
    copy(user, &json!({"uri": uri}))
}

/// The document of a post of ours, as a stranger finds it.
fn document(server: &TestServer, status: &Value) -> Value {
    fetch(server, &path(&status["uri"])).ok()
}

/// A post of bob's that alice knows, with what it says about being quoted.
fn quotable(bob: &Stranger, alice: &TestUser, approval: Value) -> Value {
    let mut note = bob.note("<p>quote me</p>");
    note["interactionPolicy"] = json!({"canQuote": approval});
    note["cc"] = json!([format!("{BASE}/users/{}", alice.name)]);
    bob.say(&bob.activity("Create", note.clone()));
    seen(alice, &note["id"])
}

#[test]
fn a_quote_is_written_in_every_form_and_says_who_may_quote() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("quote me");
    let quoting = quote(&bob, &first);
    let written = document(&server, &quoting);
    for name in ["quote", "quoteUrl", "quoteUri", "_misskey_quote"] {
        assert_eq!(written[name], first["uri"], "{name}");
    }
    assert_eq!(
        written["tag"],
        json!([{"type": "Link", "mediaType": "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
                "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": first["uri"],
                "name": format!("RE: {}", first["url"].as_str().unwrap())}])
    );
    let url = first["url"].as_str().unwrap();
    let link = format!("<p class=\"quote-inline\">RE: <a href=\"{url}\">{url}</a></p>");
    assert_eq!(written["content"], format!("<p>look at this</p>{link}"));
    assert!(
        !quoting["content"].as_str().unwrap().contains("RE:"),
        "clients show the quote itself"
    );
    // The consent can be looked at.
    let consent = fetch(&server, &path(&written["quoteAuthorization"])).ok();
    assert_eq!(
        (
            &consent["type"],
            &consent["attributedTo"],
            &consent["interactingObject"],
            &consent["interactionTarget"]
        ),
        (
            &json!("QuoteAuthorization"),
            &json!(format!("{BASE}/users/alice")),
            &quoting["uri"],
            &first["uri"]
        )
    );
    assert_eq!(fetch(&server, "/quote_authorizations/none").status, 404);
    // Who may.
    let may = |status: &Value| {
        document(&server, status)["interactionPolicy"]["canQuote"]["automaticApproval"][0].clone()
    };
    assert_eq!(may(&first), PUBLIC);
    let set = |policy: &str| {
        alice
            .put(
                &format!("/api/v1/statuses/{}/interaction_policy", id(&first)),
                &[("quote_approval_policy", policy)],
            )
            .ok()
    };
    set("followers");
    assert_eq!(may(&first), format!("{BASE}/users/alice/followers"));
    set("nobody");
    assert_eq!(may(&first), format!("{BASE}/users/alice"));
    // Second thoughts: the link stays, the quote and the consent go.
    alice
        .post(
            &format!(
                "/api/v1/statuses/{}/quotes/{}/revoke",
                id(&first),
                id(&quoting)
            ),
            &[],
        )
        .ok();
    let revoked = document(&server, &quoting);
    assert!(
        revoked.get("quote").is_none()
            && revoked.get("quoteUrl").is_none()
            && revoked["tag"] == json!([])
    );
    assert!(revoked["content"].as_str().unwrap().ends_with(&link));
    assert_eq!(
        fetch(&server, &path(&written["quoteAuthorization"])).status,
        404
    );
}

#[test]
fn quotes_of_ours_are_shown_as_the_author_allows() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    let open = alice.post_status("quote me");
    let closed = alice.post_with("do not", &[("quote_approval_policy", "nobody")]);
    let secret = alice.post_with("nor this", &[("visibility", "private")]);
    alice
        .post(&format!("/api/v1/accounts/{}/block", eve.id), &[])
        .ok();
    for (who, form, of, state) in [
        (&bob, "quoteUrl", &open, "accepted"),
        (&bob, "_misskey_quote", &open, "accepted"),
        (&bob, "quote", &closed, "rejected"),
        (&bob, "quote", &secret, "rejected"),
    ] {
        let mut note = who.note("<p>look</p>");
        note[form] = of["uri"].clone();
        who.say(&who.activity("Create", note.clone()));
        assert_eq!(seen(&alice, &note["id"])["quote"]["state"], state, "{form}");
    }
    assert_eq!(pair::kinds(&alice), ["quote", "quote"]);
    let mut note = eve.note("<p>look</p>");
    note["quote"] = open["uri"].clone();
    eve.say(&eve.activity("Create", note));
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM statuses WHERE quote_state = 'accepted'"
        ),
        2
    );
}

/// Somebody asks to quote; returns what is answered.
fn request(by: &Stranger, note: &Value, of: &Value) -> Vec<(String, Value)> {
    let mut request = by.activity("QuoteRequest", of["uri"].clone());
    request["instrument"] = note.clone();
    by.say(&request);
    let told = sent(by.server);
    if let [(_, answer)] = told.as_slice() {
        assert_eq!(
            answer["object"],
            json!({"type": "QuoteRequest", "id": request["id"], "actor": by.uri, "object": of["uri"], "instrument": note["id"]})
        );
        assert_eq!(answer["to"], json!([by.uri]));
    }
    told
}

#[test]
fn who_asks_to_quote_is_answered_as_the_policy_says() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    let open = alice.post_status("quote me");
    let closed = alice.post_with("do not", &[("quote_approval_policy", "followers")]);
    let mut note = bob.note("<p>look</p>");
    note["quote"] = open["uri"].clone();
    let told = request(&bob, &note, &open);
    let (inbox, answer) = &told[0];
    assert_eq!(
        (inbox, &answer["type"]),
        (&format!("{}/inbox", bob.uri), &json!("Accept"))
    );
    let consent = fetch(&server, &path(&answer["result"])).ok();
    assert_eq!(
        (&consent["interactingObject"], &consent["interactionTarget"]),
        (&note["id"], &open["uri"])
    );
    assert_eq!(seen(&alice, &note["id"])["quote"]["state"], "accepted");
    assert_eq!(pair::kinds(&alice), ["quote"]);
    // Once more: the same consent, and nobody is told twice.
    assert_eq!(request(&bob, &note, &open)[0].1["result"], answer["result"]);
    assert_eq!(pair::kinds(&alice), ["quote"]);
    // What the policy does not allow, what does not quote, and what is another's.
    let mut other = bob.note("<p>this too</p>");
    other["quote"] = closed["uri"].clone();
    assert_eq!(request(&bob, &other, &closed)[0].1["type"], "Reject");
    assert_eq!(
        request(&bob, &bob.note("no quote"), &open)[0].1["type"],
        "Reject"
    );
    let theirs = request(&eve, &note, &open);
    assert_eq!(
        (&theirs[0].0, &theirs[0].1["type"]),
        (&format!("{}/inbox", eve.uri), &json!("Reject"))
    );
    // Taken back: the other server hears of it, and asking again does not help.
    bob.follows(&alice);
    let quoting = seen(&alice, &note["id"]);
    alice
        .post(
            &format!(
                "/api/v1/statuses/{}/quotes/{}/revoke",
                id(&open),
                id(&quoting)
            ),
            &[],
        )
        .ok();
    let told = sent(&server);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0].0[..], &told[0].1["type"], &told[0].1["object"]),
        (
            "https://remote.example/inbox",
            &json!("Delete"),
            &answer["result"]
        )
    );
    assert_eq!(request(&bob, &note, &open)[0].1["type"], "Reject");
    assert_eq!(seen(&alice, &note["id"])["quote"]["state"], "revoked");
}

#[test]
fn consent_is_asked_for_and_counts_from_the_author_alone() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, eve) = (
        Stranger::new(&server, "bob", "remote.example"),
        Stranger::new(&server, "eve", "evil.example"),
    );
    eve.follows(&alice);
    let theirs = quotable(&bob, &alice, json!({"manualApproval": [PUBLIC]}));
    let quoting = quote(&alice, &theirs);
    assert_eq!(quoting["quote"]["state"], "pending");
    let told = sent(&server);
    let asked: Vec<_> = told
        .iter()
        .filter(|(_, one)| one["type"] == "QuoteRequest")
        .collect();
    let [(inbox, asked)] = asked.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(inbox, &format!("{}/inbox", bob.uri));
    assert_eq!(
        (&asked["object"], &asked["to"], &asked["actor"]),
        (
            &theirs["uri"],
            &json!([bob.uri]),
            &json!(format!("{BASE}/users/alice"))
        )
    );
    assert_eq!(
        (&asked["instrument"]["id"], &asked["instrument"]["quote"]),
        (&quoting["uri"], &theirs["uri"])
    );
    let created = told
        .iter()
        .find(|(_, one)| one["type"] == "Create")
        .unwrap();
    let object = &created.1["object"];
    assert!(
        object.get("quote").is_none(),
        "what is not granted is a link only"
    );
    assert!(object["content"].as_str().unwrap().contains("quote-inline"));
    let consent = json!("https://remote.example/consents/1");
    let answer = |by: &Stranger, kind: &str, result: &Value| {
        let mut answer = by.activity(kind, (*asked).clone());
        answer["result"] = result.clone();
        by.say(&answer);
    };
    answer(&eve, "Accept", &json!("https://evil.example/consents/1"));
    answer(&eve, "Reject", &json!(null));
    let state = || {
        alice
            .get(&format!("/api/v1/statuses/{}", id(&quoting)))
            .ok()["quote"]["state"]
            .clone()
    };
    assert_eq!(state(), "pending");
    answer(&bob, "Accept", &consent);
    assert_eq!(state(), "accepted");
    let told = sent(&server);
    assert_eq!((told.len(), &told[0].1["type"]), (1, &json!("Update")));
    assert_eq!(
        (
            &told[0].1["object"]["quote"],
            &told[0].1["object"]["quoteAuthorization"]
        ),
        (&theirs["uri"], &consent)
    );
    answer(&bob, "Accept", &consent);
    assert_eq!(sent(&server).len(), 0);
    // And taken back: by the author alone.
    eve.say(&eve.activity("Delete", consent.clone()));
    assert_eq!(state(), "accepted");
    bob.say(&bob.activity("Delete", consent));
    assert_eq!(state(), "revoked");
    let told = sent(&server);
    assert_eq!(told.len(), 1);
    assert!(told[0].1["object"].get("quote").is_none());
    // Refused at once.
    let again = quote(&alice, &theirs);
    let told = sent(&server);
    let asked = told
        .iter()
        .find(|(_, one)| one["type"] == "QuoteRequest")
        .unwrap();
    bob.say(&bob.activity("Reject", asked.1["id"].clone()));
    assert_eq!(
        alice.get(&format!("/api/v1/statuses/{}", id(&again))).ok()["quote"]["state"],
        "rejected"
    );
}

#[test]
fn a_consent_that_a_post_names_is_looked_at() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let (bob, carl) = (peer.actor("bob"), peer.actor("carl"));
    let mut quoted = peer.note("/quoted", &bob);
    quoted["interactionPolicy"] = json!({"canQuote": {"manualApproval": [PUBLIC]}});
    peer.document("/quoted", &quoted);
    let consent = |path: &str, by: &str, of: &str| {
        peer.document(
            path,
            &json!({"id": peer.url(path), "type": "QuoteAuthorization", "attributedTo": by,
                    "interactingObject": peer.url(of), "interactionTarget": peer.url("/quoted")}),
        );
    };
    consent("/good", &bob, "/1");
    consent("/others", &bob, "/elsewhere");
    consent("/forged", &carl, "/3");
    for (path, named, state) in [
        ("/1", Some("/good"), "accepted"),
        ("/2", Some("/others"), "pending"),
        ("/3", Some("/forged"), "pending"),
        ("/4", Some("/absent"), "pending"),
        ("/5", None, "pending"),
    ] {
        let mut note = peer.note(path, &carl);
        note["quote"] = json!(peer.url("/quoted"));
        note["quoteAuthorization"] = json!(named.map(|path| peer.url(path)));
        peer.document(path, &note);
        assert_eq!(
            seen(&alice, &json!(peer.url(path)))["quote"]["state"],
            state,
            "{path}"
        );
    }
    // Of its own author, and where nobody is asked.
    let mut own = peer.note("/own", &bob);
    own["quoteUrl"] = json!(peer.url("/quoted"));
    peer.document("/own", &own);
    let own = seen(&alice, &json!(peer.url("/own")));
    assert_eq!(own["quote"]["state"], "accepted");
    assert_eq!(own["quote"]["quoted_status"]["uri"], peer.url("/quoted"));
}

#[test]
fn circles_of_quotes_end() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let peer = Fake::start(false);
    let bob = peer.actor("bob");
    for (path, quoted) in [("/self", "/self"), ("/1", "/2"), ("/2", "/3"), ("/3", "/1")] {
        let mut note = peer.note(path, &bob);
        note["quote"] = json!(peer.url(quoted));
        peer.document(path, &note);
    }
    assert_eq!(
        seen(&alice, &json!(peer.url("/self")))["quote"],
        json!(null)
    );
    let first = seen(&alice, &json!(peer.url("/1")));
    assert_eq!(first["quote"]["quoted_status"]["uri"], peer.url("/2"));
    assert_eq!(
        peer.asked("/3").len(),
        0,
        "not what is quoted by what is quoted"
    );
}

#[test]
fn a_quote_is_granted_by_the_other_server_and_taken_back_there() {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let post = bob.post_status("quote me");
    let here = copy(&ann, &post);
    let quoting = quote(&ann, &here);
    assert_eq!(quoting["quote"]["state"], "pending");
    settle(&a, &b);
    let now = |user: &TestUser, status: &Value| {
        user.get(&format!("/api/v1/statuses/{}", id(status))).ok()
    };
    assert_eq!(now(&ann, &quoting)["quote"]["state"], "accepted");
    assert_eq!(pair::kinds(&bob), ["quote"]);
    let there = copy(&bob, &quoting);
    assert_eq!(there["quote"]["quoted_status"]["id"], post["id"]);
    bob.post(
        &format!(
            "/api/v1/statuses/{}/quotes/{}/revoke",
            id(&post),
            id(&there)
        ),
        &[],
    )
    .ok();
    settle(&a, &b);
    assert_eq!(now(&ann, &quoting)["quote"]["state"], "revoked");
    assert_eq!(now(&bob, &there)["quote"]["state"], "revoked");
    // Where nobody may, it is refused.
    let closed = bob.post_with("do not", &[("quote_approval_policy", "nobody")]);
    let here = copy(&ann, &closed);
    let refused = ann.post(
        "/api/v1/statuses",
        &[("status", "x"), ("quoted_status_id", id(&here))],
    );
    assert_eq!(refused.status, 403);
}

#[test]
fn a_quote_by_somebody_whom_its_author_follows_is_granted_although_the_post_came_before_the_question()
 {
    let (a, b) = (Peer::start(&[]), Peer::start(&[]));
    let (ann, bob, eve) = (a.user("ann"), b.user("bob"), b.user("eve"));
    for who in [&bob, &eve] {
        pair::follow(who, &pair::find(who, "ann", &a));
    }
    settle(&a, &b);
    let post = bob.post_status("quote me");
    let quoting = quote(&ann, &copy(&ann, &post));
    settle(&a, &b);
    let here = ann.get(&format!("/api/v1/statuses/{}", id(&quoting))).ok();
    assert_eq!(here["quote"]["state"], "accepted");
    for who in [&bob, &eve] {
        let home = who.get("/api/v1/timelines/home").ok();
        let there = home
            .as_array()
            .unwrap()
            .iter()
            .find(|status| status["uri"] == quoting["uri"])
            .unwrap();
        assert_eq!(there["quote"]["state"], "accepted");
        assert_eq!(there["quote"]["quoted_status"]["id"], post["id"]);
    }
    assert_eq!(pair::kinds(&bob), ["quote"]);
    let counted = bob.get(&format!("/api/v1/statuses/{}", id(&post))).ok();
    assert_eq!(counted["quotes_count"], 1);
}
