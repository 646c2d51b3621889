//! Documents as other servers fetch them (federation.md 2 to 5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ACTIVITY, fetch, path};
use crate::support::{BASE, TestServer, TestUser};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

fn uri(status: &Value) -> String {
    path(&status["uri"])
}

/// Moments, ids and keys differ from run to run.
fn settled(mut document: Value) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    match name.as_str() {
                        "published" | "updated" | "endTime" => *value = json!("[moment]"),
                        "publicKeyPem" => *value = json!("[key]"),
                        "@context" => *value = json!("[context]"),
                        _ => settle(value),
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(settle),
            Value::String(text) => {
                let digit = |c: char| c.is_ascii_hexdigit() || c == '-';
                for folder in [
                    "objects/",
                    "contexts/",
                    "activities/",
                    "notice/",
                    "media/",
                    "quote_authorizations/",
                ] {
                    let mut from = 0;
                    while let Some(at) = text[from..].find(folder) {
                        let start = from + at + folder.len();
                        let end = text[start..]
                            .find(|c: char| !digit(c))
                            .map_or(text.len(), |end| start + end);
                        text.replace_range(start..end, "[id]");
                        from = start + "[id]".len();
                    }
                }
            }
            _ => {}
        }
    }
    settle(&mut document);
    document
}

fn emoji(server: &TestServer, name: &str) {
    let pack = server.data().join("emoji/cats");
    std::fs::create_dir_all(&pack).unwrap();
    std::fs::write(pack.join(format!("{name}.png")), b"\x89PNG\r\n\x1a\n").unwrap();
    server.app.look_at_packs(true);
}

fn dressed<'a>(server: &'a TestServer) -> TestUser<'a> {
    emoji(server, "cat");
    let alice = server.user("alice");
    alice
        .patch(
            "/api/v1/accounts/update_credentials",
            &[
                ("display_name", "Alice :cat:"),
                ("note", "I am here"),
                ("fields_attributes[0][name]", "Web"),
                ("fields_attributes[0][value]", "https://alice.example"),
                ("locked", "true"),
            ],
        )
        .ok();
    alice
}

#[test]
fn an_actor_is_written_as_agreed() {
    let server = TestServer::new();
    dressed(&server);
    let answer = fetch(&server, "/users/alice");
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/activity+json; charset=utf-8")
    );
    assert_eq!(answer.header("Vary"), Some("Accept"));
    insta::assert_json_snapshot!(settled(answer.ok()));
}

#[test]
fn a_post_is_written_as_agreed() {
    let server = TestServer::new();
    let alice = dressed(&server);
    server.user("bob");
    let parent = alice.post_status("first");
    let status = alice.post_with(
        "hello @bob #Cats :cat:",
        &[
            ("spoiler_text", "careful"),
            ("language", "en"),
            ("in_reply_to_id", parent["id"].as_str().unwrap()),
            ("content_type", "text/markdown"),
        ],
    );
    insta::assert_json_snapshot!("note", settled(fetch(&server, &uri(&status)).ok()));
    let activity = uri(&status).replace("/objects/", "/activities/");
    insta::assert_json_snapshot!("create", settled(fetch(&server, &activity).ok()));
}

#[test]
fn a_question_that_quotes_is_written_as_agreed() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let quoted = bob.post_status("quote me");
    let status = alice.post_with(
        "which?",
        &[
            ("poll[options][]", "cats"),
            ("poll[options][]", "dogs"),
            ("poll[expires_in]", "3600"),
            ("quoted_status_id", quoted["id"].as_str().unwrap()),
        ],
    );
    bob.post(
        &format!("/api/v1/polls/{}/votes", status["id"].as_str().unwrap()),
        &[("choices[]", "0")],
    )
    .ok();
    let document = fetch(&server, &uri(&status)).ok();
    let text = document.to_string();
    assert_eq!(
        fetch(&server, &uri(&status)).text(),
        fetch(&server, &uri(&status)).text()
    );
    assert!(text.contains("quoteAuthorization"));
    insta::assert_json_snapshot!("question", settled(document));
}

#[test]
fn every_name_beyond_activitystreams_is_defined() {
    let server = TestServer::new();
    let alice = dressed(&server);
    let status = alice.post_with("hi :cat: #x", &[("language", "en")]);
    let reblog = alice
        .post(
            &format!("/api/v1/statuses/{}/reblog", status["id"].as_str().unwrap()),
            &[],
        )
        .ok();
    let bob = server.user("bob");
    let asked = alice.post_with(
        "which?",
        &[
            ("poll[options][]", "a"),
            ("poll[options][]", "b"),
            ("poll[expires_in]", "3600"),
        ],
    );
    let quoting = bob.post_with(
        "look",
        &[("quoted_status_id", status["id"].as_str().unwrap())],
    );
    let consent = path(&fetch(&server, &uri(&quoting)).ok()["quoteAuthorization"]);
    let piece = [
        ("title", "a"),
        ("artist", "b"),
        ("album", "c"),
        ("length", "1"),
        ("externalLink", "https://d.example"),
    ];
    alice.post("/api/v1/pleroma/scrobble", &piece).ok();
    let listened: String = server
        .sql()
        .query_row("SELECT uri FROM scrobbles", [], |row| row.get(0))
        .unwrap();
    let listened = path(&json!(listened));
    let mut used = BTreeSet::new();
    let mut context = Value::Null;
    for target in [
        "/users/alice".to_owned(),
        "/actor".into(),
        uri(&status),
        uri(&status).replace("/objects/", "/activities/"),
        uri(&reblog),
        "/users/alice/outbox?page=true".into(),
        "/emoji/cat".into(),
        uri(&asked),
        uri(&quoting),
        consent,
        listened,
    ] {
        let document = fetch(&server, &target).ok();
        context = document["@context"].clone();
        names(&document, &mut used);
    }
    let defined = context[2].as_object().unwrap();
    let activitystreams = [
        "@context",
        "id",
        "type",
        "name",
        "summary",
        "url",
        "published",
        "updated",
        "inbox",
        "outbox",
        "followers",
        "following",
        "endpoints",
        "sharedInbox",
        "oauthAuthorizationEndpoint",
        "oauthTokenEndpoint",
        "preferredUsername",
        "icon",
        "image",
        "mediaType",
        "attachment",
        "tag",
        "href",
        "to",
        "cc",
        "actor",
        "object",
        "attributedTo",
        "inReplyTo",
        "context",
        "content",
        "contentMap",
        "source",
        "replies",
        "likes",
        "shares",
        "first",
        "next",
        "prev",
        "partOf",
        "orderedItems",
        "items",
        "totalItems",
        "oneOf",
        "anyOf",
        "endTime",
        "closed",
        "rel",
        "width",
        "height",
        // security/v1
        "publicKey",
        "owner",
        "publicKeyPem",
    ];
    let missing: Vec<&String> = used
        .iter()
        .filter(|name| !defined.contains_key(*name) && !activitystreams.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every name and type in a document; the languages of a map are no names.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                found.insert(name.clone());
                if !["@context", "contentMap"].contains(&name.as_str()) {
                    names(value, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

#[test]
fn addressing_follows_the_visibility() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.user("bob");
    let (followers, bob) = (
        format!("{BASE}/users/alice/followers"),
        format!("{BASE}/users/bob"),
    );
    for (visibility, to, cc, status) in [
        ("public", json!([PUBLIC, bob]), json!([followers]), 200),
        ("unlisted", json!([followers, bob]), json!([PUBLIC]), 200),
        ("private", json!(null), json!(null), 404),
        ("direct", json!(null), json!(null), 404),
        ("local", json!(null), json!(null), 404),
    ] {
        let posted = alice.post_with("hi @bob", &[("visibility", visibility)]);
        for target in [
            uri(&posted),
            uri(&posted).replace("/objects/", "/activities/"),
        ] {
            let answer = fetch(&server, &target);
            assert_eq!(answer.status, status, "{visibility}");
            if status == 200 {
                let document = answer.value();
                assert_eq!(
                    (&document["to"], &document["cc"]),
                    (&to, &cc),
                    "{visibility}"
                );
            }
        }
    }
}

#[test]
fn the_outbox_holds_what_strangers_may_see_a_page_at_a_time() {
    let server = TestServer::with(&["rate_limit.enabled=false"]);
    let alice = server.user("alice");
    let bob = server.user("bob");
    for number in 0..25 {
        alice.post_status(&format!("post {number}"));
    }
    for visibility in ["private", "direct", "local"] {
        alice.post_with("secret @bob", &[("visibility", visibility)]);
    }
    let of_bob = bob.post_status("bob's");
    let reblog = alice
        .post(
            &format!("/api/v1/statuses/{}/reblog", of_bob["id"].as_str().unwrap()),
            &[],
        )
        .ok();
    let whole = fetch(&server, "/users/alice/outbox").ok();
    assert_eq!(whole["type"], "OrderedCollection");
    let first = fetch(&server, &path(&whole["first"])).ok();
    let items = first["orderedItems"].as_array().unwrap();
    assert_eq!(items.len(), 20);
    assert_eq!(
        (&items[0]["type"], &items[0]["object"]),
        (&json!("Announce"), &of_bob["uri"])
    );
    assert_eq!(items[0]["id"], reblog["uri"]);
    assert_eq!(
        items[0]["cc"],
        json!([
            format!("{BASE}/users/alice/followers"),
            format!("{BASE}/users/bob")
        ])
    );
    assert_eq!(items[1]["object"]["content"], "<p>post 24</p>");
    let second = fetch(&server, &path(&first["next"])).ok();
    assert_eq!(second["orderedItems"].as_array().unwrap().len(), 6);
    assert!(second.get("next").is_none());
    assert!(!(first.to_string() + &second.to_string()).contains("secret"));
}

#[test]
fn followers_and_following_are_shown_as_far_as_the_owner_likes() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.follow(&alice);
    for (target, whom) in [
        ("/users/alice/followers", "bob"),
        ("/users/bob/following", "alice"),
    ] {
        let whole = fetch(&server, target).ok();
        assert_eq!(whole["totalItems"], 1);
        let page = fetch(&server, &path(&whole["first"])).ok();
        assert_eq!(
            page["orderedItems"],
            json!([format!("{BASE}/users/{whom}")])
        );
    }
    alice
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("hide_followers", "true")],
        )
        .ok();
    let whole = fetch(&server, "/users/alice/followers").ok();
    assert_eq!(whole["totalItems"], 1);
    assert!(whole.get("first").is_none());
    assert_eq!(
        fetch(&server, "/users/alice/followers?page=true").status,
        403
    );
    alice
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("hide_followers_count", "true")],
        )
        .ok();
    assert_eq!(
        fetch(&server, "/users/alice/followers").ok()["totalItems"],
        0
    );
}

#[test]
fn pins_replies_and_counts_have_collections() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let status = alice.post_status("pin me");
    let id = status["id"].as_str().unwrap();
    alice.post(&format!("/api/v1/statuses/{id}/pin"), &[]).ok();
    bob.post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
    bob.post(&format!("/api/v1/statuses/{id}/reblog"), &[]).ok();
    let reply = bob.post_with("yes", &[("in_reply_to_id", id)]);
    bob.post_with("psst", &[("in_reply_to_id", id), ("visibility", "private")]);
    let featured = fetch(&server, "/users/alice/collections/featured").ok();
    assert_eq!(featured["orderedItems"][0]["id"], status["uri"]);
    let object = uri(&status);
    assert_eq!(
        fetch(&server, &format!("{object}/likes")).ok()["totalItems"],
        1
    );
    assert_eq!(
        fetch(&server, &format!("{object}/shares")).ok()["totalItems"],
        1
    );
    let replies = fetch(&server, &format!("{object}/replies")).ok();
    assert_eq!(replies["type"], "Collection");
    assert_eq!(replies["first"]["items"], json!([reply["uri"]]));
    assert_eq!(
        fetch(&server, &object).ok()["replies"],
        without_context(&replies)
    );
    assert_eq!(
        fetch(&server, &reply["uri"].as_str().unwrap()[BASE.len()..]).ok()["inReplyTo"],
        status["uri"]
    );
}

#[test]
fn the_tags_of_a_profile_are_a_collection() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let own = fetch(&server, "/users/alice").ok()["featuredTags"].clone();
    assert_eq!(own, format!("{BASE}/users/alice/collections/tags"));
    let none = fetch(&server, "/users/alice/collections/tags").ok();
    assert_eq!(none["orderedItems"], json!([]));
    alice
        .post("/api/v1/featured_tags", &[("name", "Cats")])
        .ok();
    let shown = fetch(&server, &path(&own)).ok();
    assert_eq!(shown["id"], own);
    let tag = json!({"type": "Hashtag", "name": "#cats", "href": format!("{BASE}/tag/cats")});
    assert_eq!(shown["orderedItems"], json!([tag]));
}

#[test]
fn pages_say_where_their_documents_are() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("hello");
    let notice = format!("/notice/{}", status["id"].as_str().unwrap());
    let profile = format!("{BASE}/users/alice");
    let page = |server: &TestServer, target: &str| {
        server.request("GET", target, &[("Accept", "text/html")], b"")
    };
    for (target, id) in [
        ("/users/alice", json!(profile)),
        (notice.as_str(), status["uri"].clone()),
    ] {
        let shown = page(&server, target);
        let id = id.as_str().unwrap();
        let link = format!("<{id}>; rel=\"alternate\"; type=\"application/activity+json\"");
        assert_eq!(shown.header("Link"), Some(link.as_str()));
        let element =
            format!("<link rel=\"alternate\" type=\"application/activity+json\" href=\"{id}\">");
        assert!(shown.text().contains(&element), "{}", shown.text());
        fetch(&server, &id[BASE.len()..]).ok();
    }
    let alone = TestServer::with(&["federation.enabled=false"]);
    alone.user("alice");
    assert_eq!(page(&alone, "/users/alice").header("Link"), None);
}

fn without_context(document: &Value) -> Value {
    let mut inner = document.clone();
    inner.as_object_mut().unwrap().remove("@context");
    inner
}

#[test]
fn the_first_replies_come_along_and_the_rest_is_on_pages() {
    let server = TestServer::with(&["rate_limit.enabled=false"]);
    let alice = server.user("alice");
    let status = alice.post_status("hello");
    let other = alice.post_status("hello again");
    let under = |visibility: &str| {
        let parent = status["id"].as_str().unwrap();
        let more = [("in_reply_to_id", parent), ("visibility", visibility)];
        alice.post_with("more", &more)["uri"].clone()
    };
    under("private");
    let mut posts: Vec<Value> = (0..4).map(|_| under("public")).collect();
    let first = |status: &Value| fetch(&server, &uri(status)).ok()["replies"]["first"].clone();
    let inline = first(&status);
    assert_eq!(inline["items"], json!(posts));
    assert_eq!(
        (&inline["type"], &inline["next"]),
        (&json!("CollectionPage"), &Value::Null)
    );
    assert_eq!(first(&other)["items"], json!([]));
    posts.extend((0..23).map(|_| under("unlisted")));
    let mut page = first(&status);
    let mut found: Vec<Value> = page["items"].as_array().unwrap().clone();
    assert_eq!(found.len(), 5);
    let mut sizes = Vec::new();
    while page["next"].is_string() {
        page = fetch(&server, &path(&page["next"])).ok();
        assert_eq!(
            page["partOf"],
            format!("{}/replies", status["uri"].as_str().unwrap())
        );
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        found.extend(items.iter().cloned());
    }
    assert_eq!((sizes, found), (vec![20, 2], posts));
}

#[test]
fn a_thread_is_a_collection_of_what_the_caller_may_see() {
    let server = TestServer::with(&["rate_limit.enabled=false"]);
    let alice = server.user("alice");
    let first = alice.post_status("first");
    let under = |visibility: &str| {
        let parent = first["id"].as_str().unwrap();
        alice.post_with(
            "more",
            &[("in_reply_to_id", parent), ("visibility", visibility)],
        )
    };
    under("private");
    under("local");
    let mut posts = vec![first["uri"].clone()];
    posts.extend((0..55).map(|_| under("unlisted")["uri"].clone()));
    let thread = fetch(&server, &uri(&first)).ok()["context"].clone();
    let whole = fetch(&server, &path(&thread)).ok();
    assert_eq!(
        (&whole["type"], &whole["id"]),
        (&json!("OrderedCollection"), &thread)
    );
    let page = fetch(&server, &path(&whole["first"])).ok();
    let rest = fetch(&server, &path(&page["next"])).ok();
    let items = |page: &Value| page["orderedItems"].as_array().unwrap().clone();
    assert_eq!(items(&page).len(), 50);
    assert_eq!([items(&page), items(&rest)].concat(), posts);
    assert!(rest.get("next").is_none());
    // A thread of which nothing is for strangers is none.
    let secret = alice.post_with("secret", &[("visibility", "private")]);
    let thread: String = server
        .sql()
        .query_row(
            "SELECT c.uri FROM statuses AS s JOIN conversations AS c ON c.id = s.conversation_id WHERE s.uri = ?1",
            [secret["uri"].as_str()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(fetch(&server, &path(&json!(thread))).status, 404);
    assert_eq!(fetch(&server, "/contexts/none").status, 404);
}

#[test]
fn what_is_gone_answers_410_with_a_tombstone() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("soon gone");
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            status["id"].as_str().unwrap()
        ))
        .ok();
    for target in [
        uri(&status),
        uri(&status).replace("/objects/", "/activities/"),
    ] {
        let stone = fetch(&server, &target).with_status(410);
        assert_eq!(
            (&stone["type"], &stone["id"]),
            (&json!("Tombstone"), &status["uri"])
        );
    }
    server
        .admin("root")
        .request(
            "DELETE",
            "/api/pleroma/admin/users?nickname=alice",
            &[],
            b"",
        )
        .ok();
    let stone = fetch(&server, "/users/alice").with_status(410);
    assert_eq!(stone["id"], format!("{BASE}/users/alice"));
    assert_eq!(fetch(&server, "/users/alice/outbox").status, 410);
    for target in [
        "/objects/none",
        "/objects/none/replies",
        "/objects/none/likes",
        "/objects/none/shares",
        "/activities/none",
        "/emoji/none",
    ] {
        assert_eq!(fetch(&server, target).status, 404, "{target}");
    }
}

#[test]
fn an_id_is_a_page_or_a_document_as_the_caller_likes() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("hello");
    let notice = format!("/notice/{}", status["id"].as_str().unwrap());
    let kind = |target: &str, accept: Option<&str>| {
        let headers: Vec<(&str, &str)> = accept
            .into_iter()
            .map(|accept| ("Accept", accept))
            .collect();
        let answer = server.request("GET", target, &headers, b"");
        (
            answer.status,
            answer
                .header("Content-Type")
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap()
                .to_owned(),
        )
    };
    let page = (200, "text/html".to_owned());
    let document = (200, ACTIVITY.to_owned());
    let html = Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    assert_eq!(kind("/users/alice", html), page);
    assert_eq!(kind("/users/alice", None), document);
    assert_eq!(kind("/users/alice", Some("application/json")), document);
    assert_eq!(kind("/@alice", None), page);
    assert_eq!(kind("/@alice", Some(ACTIVITY)), document);
    assert_eq!(kind(&notice, None), page);
    assert_eq!(kind(&notice, html), page);
    let redirect = fetch(&server, &notice);
    assert_eq!(
        (redirect.status, redirect.header("Location")),
        (302, status["uri"].as_str())
    );
    assert_eq!(kind(&uri(&status), html), document);
}

#[test]
fn a_copy_that_is_still_right_is_not_sent_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let etag = fetch(&server, "/users/alice")
        .header("ETag")
        .unwrap()
        .to_owned();
    let again = |server: &TestServer| {
        server
            .request(
                "GET",
                "/users/alice",
                &[("Accept", ACTIVITY), ("If-None-Match", &etag)],
                b"",
            )
            .status
    };
    assert_eq!(again(&server), 304);
    alice
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("display_name", "New")],
        )
        .ok();
    assert_eq!(again(&server), 200);
}

#[test]
fn unsigned_fetches_get_keys_alone_where_signatures_are_demanded() {
    keys_alone(&TestServer::with(&["federation.authorized_fetch=true"]));
}

#[test]
fn strangers_are_told_no_more_of_a_closed_house() {
    keys_alone(&TestServer::with(&["instance.public=false"]));
}

fn keys_alone(server: &TestServer) {
    let alice = server.user("alice");
    let status = alice.post_status("hello");
    let stub = fetch(server, "/users/alice").ok();
    let names: Vec<&String> = stub.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "@context",
            "id",
            "inbox",
            "outbox",
            "preferredUsername",
            "publicKey",
            "type"
        ]
    );
    assert_eq!(
        fetch(server, "/users/alice/main-key").ok()["publicKey"],
        stub["publicKey"]
    );
    for target in [
        uri(&status),
        format!("{}/replies", uri(&status)),
        "/users/alice/outbox".into(),
        "/users/alice/followers".into(),
    ] {
        assert_eq!(fetch(server, &target).status, 401, "{target}");
    }
}

#[test]
fn a_key_stays_the_same() {
    let server = TestServer::new();
    server.user("alice");
    let key = fetch(&server, "/users/alice").ok()["publicKey"].clone();
    let server = server.restarted_with(&[]);
    assert_eq!(fetch(&server, "/users/alice").ok()["publicKey"], key);
}
