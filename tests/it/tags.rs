//! Tags: following them, showing them on a profile, and what is much talked of.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn home(user: &TestUser) -> Vec<String> {
    ids(&user.get("/api/v1/timelines/home").ok())
}

fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<&str> {
    let tags = list.as_array().unwrap().iter();
    tags.map(|tag| tag["name"].as_str().unwrap()).collect()
}

#[test]
fn a_tag_tells_its_use_by_day_and_how_the_viewer_stands_to_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    for (author, text) in [
        (&alice, "#Cats"),
        (&alice, "more #cats"),
        (&bob, "#cats #dogs"),
    ] {
        author.post_status(text);
    }
    bob.post_with("secret #cats", &[("visibility", "private")]);
    let tag = alice.get("/api/v1/tags/CATS").ok();
    let history = tag["history"].as_array().unwrap();
    assert_eq!(history.len(), 7);
    let midnight = server
        .sql()
        .query_row("SELECT unixepoch() / 86400 * 86400", [], |row| {
            row.get::<_, i64>(0)
        });
    assert_eq!(
        history[0],
        json!({"day": midnight.unwrap().to_string(), "uses": "3", "accounts": "2"})
    );
    assert_eq!(
        (&history[6]["uses"], &history[6]["accounts"]),
        (&json!("0"), &json!("0"))
    );
    assert_eq!(
        [
            &tag["name"],
            &tag["url"],
            &tag["following"],
            &tag["featuring"]
        ],
        [
            &json!("cats"),
            &json!("http://127.0.0.1:4000/tag/cats"),
            &json!(false),
            &json!(false)
        ]
    );
    // Nobody used it: it is a tag all the same.
    let unknown = server.get("/api/v1/tags/unheard").ok();
    assert_eq!(
        (&unknown["name"], &unknown["history"][0]["uses"]),
        (&json!("unheard"), &json!("0"))
    );
    for nonsense in ["12", "a%20b", "x.y"] {
        server
            .get(&format!("/api/v1/tags/{nonsense}"))
            .refused(404, "Record not found");
    }
}

#[test]
fn public_posts_with_a_followed_tag_appear_at_home() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let before = id(&bob.post_status("old #cats"));
    let followed = alice.post("/api/v1/tags/Cats/follow", &[]).ok();
    assert_eq!(
        (&followed["name"], &followed["following"]),
        (&json!("cats"), &json!(true))
    );
    let after = id(&bob.post_status("new #CATS"));
    bob.post_with("not for all #cats", &[("visibility", "unlisted")]);
    bob.post_status("no tag");
    assert_eq!(home(&alice), [&*after, &before]);
    // Their author keeps away whoever is blocked, and is kept away likewise.
    alice
        .post(&format!("/api/v1/accounts/{}/mute", bob.id), &[])
        .ok();
    assert_eq!(home(&alice), [""; 0]);
    alice
        .post(&format!("/api/v1/accounts/{}/unmute", bob.id), &[])
        .ok();
    let left = alice.post("/api/v1/tags/cats/unfollow", &[]).ok();
    assert_eq!(left["following"], false);
    assert_eq!(home(&alice), [""; 0]);
}

#[test]
fn unfollowing_takes_away_only_what_nothing_else_brought_home() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    for tag in ["cats", "dogs"] {
        alice.post(&format!("/api/v1/tags/{tag}/follow"), &[]).ok();
    }
    alice.follow(&bob);
    let own = id(&alice.post_status("#cats"));
    let by_bob = id(&bob.post_status("#cats"));
    let both = id(&carol.post_status("#cats #dogs"));
    let mention = id(&carol.post_status("@alice #cats"));
    let only = id(&carol.post_status("#cats"));
    assert_eq!(home(&alice), [&*only, &mention, &both, &by_bob, &own]);
    alice.post("/api/v1/tags/cats/unfollow", &[]).ok();
    assert_eq!(home(&alice), [&*mention, &both, &by_bob, &own]);
    // The other way round: what a tag brings stays when its author is no longer followed.
    let tagged = id(&bob.post_status("#dogs"));
    alice
        .post(&format!("/api/v1/accounts/{}/unfollow", bob.id), &[])
        .ok();
    assert_eq!(home(&alice), [&*tagged, &mention, &both, &own]);
}

#[test]
fn followed_tags_are_listed_and_paged() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for tag in ["a", "b", "c", "b"] {
        alice.post(&format!("/api/v1/tags/{tag}/follow"), &[]).ok();
    }
    let answer = alice.get("/api/v1/followed_tags?limit=2");
    let link = answer.header("Link").unwrap().to_owned();
    let page = answer.ok();
    assert_eq!(names(&page), ["c", "b"]);
    assert_eq!(page[0]["following"], true);
    let next = link.split(['<', '>']).nth(1).unwrap();
    let next = next.strip_prefix("http://127.0.0.1:4000").unwrap();
    assert_eq!(names(&alice.get(next).ok()), ["a"]);
    let found = alice.get("/api/v2/search?q=a&type=hashtags").ok();
    assert_eq!(
        found["hashtags"],
        json!([]),
        "a tag without a post is not found"
    );
    alice
        .post("/api/v1/tags/12/follow", &[])
        .refused(404, "Record not found");
    server
        .sql()
        .execute_batch(&format!(
            "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 600)
             INSERT INTO tags (name) SELECT 'many' || value FROM n;
             INSERT INTO tag_follows (account_id, tag_id) SELECT {}, id FROM tags WHERE name LIKE 'many%' LIMIT 497;",
            alice.id
        ))
        .unwrap();
    alice
        .post("/api/v1/tags/onemore/follow", &[])
        .refused(422, "There are no more than 500 followed tags");
}

#[test]
fn featured_tags_stand_on_the_profile_with_their_count() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("#cats #dogs");
    alice.post_with("#cats", &[("visibility", "direct")]);
    bob.post_status("#cats");
    assert_eq!(
        names(&alice.get("/api/v1/featured_tags/suggestions").ok()).len(),
        2
    );
    let made = alice
        .post("/api/v1/featured_tags", &[("name", "#Cats")])
        .ok();
    let today = alice.get("/api/v1/accounts/verify_credentials").ok()["last_status_at"].clone();
    assert_eq!(
        made,
        json!({"id": made["id"], "name": "cats", "url": "http://127.0.0.1:4000/tag/cats",
               "statuses_count": "1", "last_status_at": today})
    );
    assert_eq!(
        alice
            .post("/api/v1/featured_tags", &[("name", "cats")])
            .ok(),
        made
    );
    assert_eq!(
        names(&alice.get("/api/v1/featured_tags/suggestions").ok()),
        ["dogs"]
    );
    let of_alice = format!("/api/v1/accounts/{}/featured_tags", alice.id);
    let count = || {
        server.get(&of_alice).ok()[0]["statuses_count"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let second = alice.post_status("again #cats");
    assert_eq!(count(), "2");
    alice
        .delete(&format!("/api/v1/statuses/{}", id(&first)))
        .ok();
    assert_eq!(count(), "1");
    alice
        .put(
            &format!("/api/v1/statuses/{}", id(&second)),
            &[("status", "no longer")],
        )
        .ok();
    assert_eq!(count(), "0");
    let feature = alice.post("/api/v1/tags/dogs/feature", &[]).ok();
    assert_eq!(feature["featuring"], true);
    assert_eq!(
        names(&alice.get("/api/v1/featured_tags").ok()),
        ["cats", "dogs"]
    );
    assert_eq!(
        alice.post("/api/v1/tags/dogs/unfeature", &[]).ok()["featuring"],
        false
    );
    let path = format!("/api/v1/featured_tags/{}", id(&made));
    bob.delete(&path).refused(404, "Record not found");
    assert_eq!(alice.delete(&path).ok(), json!({}));
    assert_eq!(server.get(&of_alice).ok(), json!([]));
    server
        .get("/api/v1/accounts/1/featured_tags")
        .refused(404, "Record not found");
}

#[test]
fn a_profile_has_room_for_ten_tags() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice
        .post("/api/v1/featured_tags", &[])
        .refused(400, "Missing field: name.");
    alice
        .post("/api/v1/featured_tags", &[("name", "no tag")])
        .refused(422, "The name is no hashtag");
    let instance = server.get("/api/v2/instance").ok();
    let most = instance["configuration"]["accounts"]["max_featured_tags"]
        .as_u64()
        .unwrap();
    assert_eq!(most, 10);
    for n in 0..most {
        alice
            .post("/api/v1/featured_tags", &[("name", &format!("tag{n}"))])
            .ok();
    }
    alice
        .post("/api/v1/featured_tags", &[("name", "another")])
        .refused(422, "There are no more than 10 featured tags");
}

#[test]
fn trends_are_what_most_people_use_and_like_of_late() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    for _ in 0..3 {
        alice.post_status("#loud");
    }
    let liked = alice.post_status("#shared");
    bob.post_status("#shared");
    let reblogged = bob.post_status("nice");
    let private = alice.post_with("#hidden", &[("visibility", "private")]);
    for path in ["/api/v1/trends/tags", "/api/v1/trends"] {
        assert_eq!(names(&server.get(path).ok()), ["shared", "loud"], "{path}");
    }
    assert_eq!(
        names(&server.get("/api/v1/trends/tags?limit=1&offset=1").ok()),
        ["loud"]
    );
    let act = |user: &TestUser, status: &Value, verb: &str| {
        user.post(&format!("/api/v1/statuses/{}/{verb}", id(status)), &[])
            .ok()
    };
    act(&bob, &liked, "favourite");
    act(&carol, &liked, "favourite");
    act(&carol, &reblogged, "reblog");
    act(&alice, &private, "favourite");
    let trends = |query: &str| ids(&server.get(&format!("/api/v1/trends/statuses{query}")).ok());
    assert_eq!(trends(""), [id(&liked), id(&reblogged)]);
    assert_eq!(trends("?limit=1&offset=1"), [id(&reblogged)]);
    // Whom the viewer mutes does not trend for them.
    carol
        .post(&format!("/api/v1/accounts/{}/mute", alice.id), &[])
        .ok();
    assert_eq!(
        ids(&carol.get("/api/v1/trends/statuses").ok()),
        [id(&reblogged)]
    );
    // Last week's talk is over.
    server
        .sql()
        .execute_batch("UPDATE tag_days SET day = day - 3; UPDATE status_days SET day = day - 3;")
        .unwrap();
    assert_eq!(server.get("/api/v1/trends/tags").ok(), json!([]));
    assert_eq!(trends(""), [""; 0]);
}
