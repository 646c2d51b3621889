//! Posting, reading and deleting statuses.

use serde_json::json;

use crate::support::{TestServer, ids};

#[test]
fn a_post_appears_in_home_and_public_and_can_be_read_by_anybody() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = alice.post_status("hello *world* #Cats");
    assert_eq!(posted["visibility"], "public");
    assert_eq!(posted["application"], json!(null));
    assert_eq!(posted["tags"][0]["name"], "cats");
    assert_eq!(
        posted["pleroma"]["content"]["text/plain"],
        "hello *world* #Cats"
    );
    let href = posted["tags"][0]["url"].as_str().unwrap();
    assert!(posted["content"].as_str().unwrap().contains(href));
    let id = posted["id"].as_str().unwrap();
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()), [id]);
    assert_eq!(
        ids(&server.get("/api/v1/timelines/public?local=true").ok()),
        [id]
    );
    let seen = server.get(&format!("/api/v1/statuses/{id}")).ok();
    assert_eq!(seen["account"]["acct"], "alice");
    assert_eq!(seen["account"]["statuses_count"], 1);
}

#[test]
fn content_types_are_rendered_and_anything_unknown_is_plain_text() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let content = |kind: &str, text: &str| {
        let posted = alice.post_with(text, &[("content_type", kind)]);
        posted["content"].as_str().unwrap().to_owned()
    };
    assert!(content("text/markdown", "*hi*").contains("<em>hi</em>"));
    let html = content("text/html", "<b>hi</b><script>alert(1)</script>");
    assert!(
        html.contains("<b>hi</b>") && !html.contains("script"),
        "{html}"
    );
    assert!(content("text/bbcode", "[b]<i>hi</i>").contains("[b]&lt;i&gt;"));
}

#[test]
fn a_mention_links_addresses_and_notifies_a_local_account_by_either_name() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let posted = alice.post_status("hi @Bob and @carol@127.0.0.1:4000, @nobody, @alice");
    let mut accts: Vec<_> = posted["mentions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["acct"].as_str().unwrap())
        .collect();
    accts.sort_unstable();
    assert_eq!(accts, ["bob", "carol"]);
    assert!(
        posted["content"]
            .as_str()
            .unwrap()
            .contains("u-url mention")
    );
    for user in [&bob, &carol] {
        assert_eq!(
            told(&server, &user.id),
            [("mention".to_owned(), alice.id.clone())]
        );
    }
    assert!(
        told(&server, &alice.id).is_empty(),
        "nobody hears of what they did themselves"
    );
}

/// Kinds and actors of somebody's notifications, oldest first.
pub fn told(server: &TestServer, account: &str) -> Vec<(String, String)> {
    let db = server.sql();
    let mut stmt = db
        .prepare("SELECT kind, CAST(actor_id AS TEXT) FROM notifications WHERE account_id = CAST(?1 AS INTEGER) ORDER BY id")
        .unwrap();
    stmt.query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn an_empty_post_and_one_over_the_limit_are_refused() {
    let server = TestServer::with(&["instance.limit=10"]);
    let alice = server.user("alice");
    let post = |form: &[(&str, &str)]| alice.post("/api/v1/statuses", form);
    post(&[("status", "  ")]).refused(422, "Cannot post an empty status without attachments");
    post(&[]).refused(422, "Cannot post an empty status without attachments");
    post(&[("status", "ääääää"), ("spoiler_text", "12345")])
        .refused(422, "The status is over the character limit");
    post(&[("status", "ääääää"), ("spoiler_text", "1234")]).ok();
}

#[test]
fn what_cannot_be_done_is_refused_and_not_dropped() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = |more: &[(&str, &str)]| {
        let mut form = vec![("status", "hi")];
        form.extend_from_slice(more);
        alice.post("/api/v1/statuses", &form)
    };
    post(&[("expires_in", "3600")]).refused(422, "Expiry date is too soon");
    assert_eq!(post(&[("visibility", "everyone")]).status, 422);
    assert!(ids(&alice.get("/api/v1/timelines/home").ok()).is_empty());
}

#[test]
fn a_post_to_a_list_reaches_its_members_only_and_names_nobody() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    bob.follow(&alice);
    carol.follow(&alice);
    let list = alice.post("/api/v1/lists", &[("title", "near")]).ok();
    let list = list["id"].as_str().unwrap();
    alice
        .post(
            &format!("/api/v1/lists/{list}/accounts"),
            &[("account_ids[]", bob.id.as_str())],
        )
        .ok();
    let to = format!("list:{list}");
    let posted = alice.post_with("psst", &[("visibility", to.as_str())]);
    assert_eq!(
        (&posted["visibility"], &posted["mentions"]),
        (&json!("list"), &json!([]))
    );
    let id = posted["id"].as_str().unwrap();
    let path = format!("/api/v1/statuses/{id}");
    assert_eq!(ids(&bob.get("/api/v1/timelines/home").ok()), [id]);
    bob.get(&path).ok();
    assert!(told(&server, &bob.id).is_empty());
    for answer in [carol.get(&path), server.get(&path)] {
        answer.refused(404, "Record not found");
    }
    assert!(ids(&carol.get("/api/v1/timelines/home").ok()).is_empty());
    // Somebody else's list, and one that is not there, reach nobody.
    for to in [to.as_str(), "list:12345", "list:near"] {
        let posted = carol.post_with("hello?", &[("visibility", to)]);
        let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
        assert_eq!(posted["visibility"], "list");
        bob.get(&path).refused(404, "Record not found");
    }
}

#[test]
fn a_preview_shows_the_post_and_leaves_nothing_behind() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let seen = alice.post_with("hi @bob #new", &[("preview", "true")]);
    assert_eq!(seen["mentions"][0]["acct"], "bob");
    assert!(ids(&alice.get("/api/v1/timelines/home").ok()).is_empty());
    assert!(told(&server, &bob.id).is_empty());
    let tags: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM tags", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tags, 0);
    // A rendering of rolled-back counters must not be remembered.
    bob.post_status("one");
    let me = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(me["statuses_count"], 0);
}

#[test]
fn a_reply_to_a_direct_post_must_be_direct_and_takes_it_by_default() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let direct = alice.post_with("@bob psst", &[("visibility", "direct")]);
    let to = ("in_reply_to_id", direct["id"].as_str().unwrap());
    bob.post(
        "/api/v1/statuses",
        &[("status", "what"), to, ("visibility", "public")],
    )
    .refused(422, "The message visibility must be direct");
    let reply = bob.post_with("what", &[to]);
    assert_eq!(reply["visibility"], "direct");
    assert_eq!(reply["in_reply_to_id"], direct["id"]);
    assert_eq!(reply["mentions"][0]["acct"], "alice");
    assert_eq!(
        reply["pleroma"]["conversation_id"],
        direct["pleroma"]["conversation_id"]
    );
    assert_eq!(told(&server, &alice.id).len(), 1);
}

#[test]
fn a_reply_takes_the_reach_of_what_it_answers_and_an_unknown_parent_makes_a_normal_post() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let quiet = alice.post_with("quiet", &[("visibility", "unlisted")]);
    let reply = bob.post_with("ok", &[("in_reply_to_id", quiet["id"].as_str().unwrap())]);
    assert_eq!(reply["visibility"], "unlisted");
    assert_eq!(reply["in_reply_to_account_id"], alice.id.as_str());
    let hidden = alice.post_with("psst", &[("visibility", "private")]);
    for parent in [hidden["id"].as_str().unwrap(), "12345", "nonsense"] {
        let post = bob.post_with("hi", &[("in_reply_to_id", parent)]);
        assert_eq!(
            (&post["in_reply_to_id"], &post["visibility"]),
            (&json!(null), &json!("public"))
        );
    }
    assert_eq!(
        alice
            .get(&format!(
                "/api/v1/statuses/{}",
                quiet["id"].as_str().unwrap()
            ))
            .ok()["replies_count"],
        1
    );
}

#[test]
fn explicit_addressees_replace_those_whom_the_text_names() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let posted = alice.post_with(
        "hi @bob",
        &[("to[]", "carol"), ("to[]", "nobody@example.org")],
    );
    assert_eq!(posted["mentions"].as_array().unwrap().len(), 1);
    assert_eq!(posted["mentions"][0]["acct"], "carol");
    assert!(told(&server, &bob.id).is_empty());
    assert_eq!(told(&server, &carol.id).len(), 1);
}

#[test]
fn posting_into_a_conversation_addresses_its_recipients_and_nobody_else() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let first = alice.post_with("@bob psst", &[("visibility", "direct")]);
    let conversation = first["pleroma"]["direct_conversation_id"].to_string();
    let more = [
        ("in_reply_to_conversation_id", conversation.as_str()),
        ("visibility", "public"),
        ("to[]", "carol"),
    ];
    let second = alice.post_with("about @carol", &more);
    assert_eq!(second["visibility"], "direct");
    assert_eq!(
        second["pleroma"]["conversation_id"],
        first["pleroma"]["conversation_id"]
    );
    let (carols, bobs) = (told(&server, &carol.id), told(&server, &bob.id));
    assert_eq!((carols.len(), bobs.len()), (0, 2));
    let id = second["id"].as_str().unwrap();
    carol
        .get(&format!("/api/v1/statuses/{id}"))
        .refused(404, "Record not found");
    bob.get(&format!("/api/v1/statuses/{id}")).ok();
    // Somebody else's participation is not a way to write to its recipients.
    carol
        .post("/api/v1/statuses", &[("status", "hi"), more[0]])
        .refused(404, "Unknown conversation id");
    let unread: Vec<(String, bool)> = {
        let db = server.sql();
        let mut stmt = db
            .prepare(
                "SELECT CAST(account_id AS TEXT), unread FROM participations ORDER BY account_id",
            )
            .unwrap();
        stmt.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    assert_eq!(unread, [(alice.id.clone(), false), (bob.id.clone(), true)]);
}

#[test]
fn sensitivity_follows_the_tag_and_the_habit() {
    let server = TestServer::new();
    let alice = server.user("alice");
    assert_eq!(
        alice.post_with("look #NSFW", &[("sensitive", "false")])["sensitive"],
        true
    );
    assert_eq!(alice.post_status("look")["sensitive"], false);
    server
        .sql()
        .execute(
            "UPDATE users SET default_sensitive = 1, default_visibility = 'private'",
            [],
        )
        .unwrap();
    let usual = alice.post_status("look");
    assert_eq!(
        (&usual["sensitive"], &usual["visibility"]),
        (&json!(true), &json!("private"))
    );
    assert_eq!(
        alice.post_with("look", &[("sensitive", "false")])["sensitive"],
        false
    );
}

#[test]
fn a_deleted_post_is_answered_with_its_source_and_then_gone_everywhere() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_with("*hi* @bob", &[("content_type", "text/markdown")]);
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    bob.delete(&path).refused(404, "Record not found");
    let gone = alice.delete(&path).ok();
    assert_eq!(
        (&gone["text"], &gone["id"]),
        (&json!("*hi* @bob"), &posted["id"])
    );
    alice.delete(&path).refused(404, "Record not found");
    alice.get(&path).refused(404, "Record not found");
    assert!(ids(&alice.get("/api/v1/timelines/home").ok()).is_empty());
    assert!(told(&server, &bob.id).is_empty());
    let tombstones: i64 = server
        .sql()
        .query_row(
            "SELECT count(*) FROM tombstones WHERE uri = ?1",
            [posted["uri"].as_str()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(tombstones, 1);
}

#[test]
fn a_post_with_an_end_is_deleted_when_it_comes() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted = alice.post_with("soon gone", &[("expires_in", "7200")]);
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    assert!(posted["pleroma"]["expires_at"].is_string());
    assert!(
        server.get(&path).ok()["pleroma"]["expires_at"].is_null(),
        "only its author knows"
    );
    server.run_jobs();
    alice.get(&path).ok();
    server
        .sql()
        .execute_batch("UPDATE jobs SET run_at = 0; UPDATE statuses SET expires_at = 1;")
        .unwrap();
    server.run_jobs();
    alice.get(&path).refused(404, "Record not found");
    assert!(server.jobs("expire_status").is_empty());
}

#[test]
fn many_posts_are_fetched_by_id_and_invisible_ones_left_out() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (open, closed) = (
        alice.post_status("a"),
        alice.post_with("b", &[("visibility", "private")]),
    );
    let (open, closed) = (open["id"].as_str().unwrap(), closed["id"].as_str().unwrap());
    for key in ["id", "ids"] {
        let target = format!("/api/v1/statuses?{key}[]={open}&{key}[]={closed}&{key}[]=77");
        assert_eq!(ids(&bob.get(&target).ok()), [open]);
        assert_eq!(ids(&alice.get(&target).ok()), [closed, open]);
    }
}

#[test]
fn the_context_is_told_oldest_first_and_without_what_the_viewer_may_not_see() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = |status: &serde_json::Value| status["id"].as_str().unwrap().to_owned();
    let root = id(&alice.post_status("root"));
    let middle = id(&bob.post_with("middle", &[("in_reply_to_id", &root)]));
    let secret = id(&alice.post_with(
        "secret",
        &[
            ("in_reply_to_id", &middle),
            ("visibility", "private"),
            ("to[]", ""),
        ],
    ));
    let leaf = id(&alice.post_with("leaf", &[("in_reply_to_id", &middle)]));
    let last = id(&bob.post_with("last", &[("in_reply_to_id", &leaf)]));
    let context = server
        .get(&format!("/api/v1/statuses/{middle}/context"))
        .ok();
    assert_eq!(ids(&context["ancestors"]), [root.as_str()]);
    assert_eq!(ids(&context["descendants"]), [leaf.as_str(), &last]);
    let context = alice.get(&format!("/api/v1/statuses/{last}/context")).ok();
    assert_eq!(ids(&context["ancestors"]), [root.as_str(), &middle, &leaf]);
    let context = alice
        .get(&format!("/api/v1/statuses/{middle}/context"))
        .ok();
    assert_eq!(
        ids(&context["descendants"]),
        [secret.as_str(), &leaf, &last]
    );
    server
        .get(&format!("/api/v1/statuses/{secret}/context"))
        .refused(404, "Record not found");
}

#[test]
fn the_source_is_what_was_typed() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let more = [
        ("content_type", "text/markdown"),
        ("spoiler_text", "warning"),
    ];
    let posted = alice.post_with("**hi**", &more);
    let id = posted["id"].as_str().unwrap();
    assert_eq!(
        alice.get(&format!("/api/v1/statuses/{id}/source")).ok(),
        json!({"id": id, "text": "**hi**", "spoiler_text": "warning", "content_type": "text/markdown"})
    );
}

/// An upload by somebody, with a file behind it.
fn upload(server: &TestServer, owner: &str, id: i64) -> std::path::PathBuf {
    let name = format!("upload{id}.png");
    let file = server.data().join("uploads").join(&name);
    std::fs::write(&file, b"png").unwrap();
    server
        .sql()
        .execute(
            "INSERT INTO media (id, account_id, kind, mime, file, created_at)
             VALUES (?1, CAST(?2 AS INTEGER), 'image', 'image/png', ?3, 0)",
            rusqlite::params![id, owner, name],
        )
        .unwrap();
    file
}

#[test]
fn attachments_are_ones_own_hang_on_one_post_and_keep_their_order() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    for id in [11, 12, 13] {
        upload(&server, &alice.id, id);
    }
    upload(&server, &bob.id, 21);
    let posted = alice.json(
        "POST",
        "/api/v1/statuses",
        &json!({"media_ids": ["12", "11", "12"], "media_attributes": [{"id": "11", "description": "a cat"}]}),
    );
    let media = posted.ok()["media_attachments"].clone();
    assert_eq!(ids(&media), ["12", "11"]);
    assert_eq!(
        (&media[0]["description"], &media[1]["description"]),
        (&json!(null), &json!("a cat"))
    );
    for wrong in ["11", "21", "99", "nonsense"] {
        let form = [
            ("status", "hi"),
            ("media_ids[]", "13"),
            ("media_ids[]", wrong),
        ];
        assert_eq!(alice.post("/api/v1/statuses", &form).status, 422, "{wrong}");
    }
    assert_eq!(
        ids(&alice.post_with("", &[("media_ids[]", "13")])["media_attachments"]),
        ["13"]
    );
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()).len(), 2);
}

#[test]
fn attachments_of_a_deleted_post_can_be_posted_again_for_a_while_and_then_go() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (kept, lost) = (
        upload(&server, &alice.id, 11),
        upload(&server, &alice.id, 12),
    );
    let post = |media: &str| {
        let posted = alice.post_with("look", &[("media_ids[]", media)]);
        format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap())
    };
    let (first, second) = (post("11"), post("12"));
    assert_eq!(ids(&alice.delete(&first).ok()["media_attachments"]), ["11"]);
    alice.delete(&second).ok();
    let again = post("11");
    server.run_jobs();
    assert!(lost.exists(), "there is still time to post it again");
    server
        .sql()
        .execute("UPDATE jobs SET run_at = 0", [])
        .unwrap();
    server.run_jobs();
    assert!(kept.exists() && !lost.exists());
    alice.delete(&format!("{again}?delete_media=true")).ok();
    server.run_jobs();
    assert!(!kept.exists());
    assert!(server.jobs("remove_files").is_empty());
}

#[test]
fn a_post_sent_twice_under_one_key_is_made_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let headers = [
        ("Idempotency-Key", "k1"),
        ("Content-Type", "application/json"),
    ];
    let send = || {
        alice
            .request(
                "POST",
                "/api/v1/statuses",
                &headers,
                br#"{"status": "once"}"#,
            )
            .ok()
    };
    assert_eq!(send()["id"], send()["id"]);
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").ok()).len(), 1);
}
