//! Announcements and rules: what the staff says to everybody here.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

const ADMIN: &str = "/api/v1/pleroma/admin/announcements";
const RULES: &str = "/api/v1/pleroma/admin/rules";

fn announce(admin: &TestUser, form: &[(&str, &str)]) -> Value {
    admin.post(ADMIN, form).ok()
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

#[test]
fn what_an_admin_announces_everybody_here_reads_and_strangers_do_not() {
    let server = TestServer::new();
    let (admin, bob) = (server.admin("admin"), server.user("bob"));
    let made = announce(&admin, &[("content", "Down on <b>Monday</b> #maintenance")]);
    assert_eq!(
        made,
        json!({
            "id": made["id"], "starts_at": null, "ends_at": null, "all_day": false,
            "published_at": made["published_at"], "updated_at": made["updated_at"], "read": false,
            "content": "<p>Down on &lt;b&gt;Monday&lt;/b&gt; <a class=\"hashtag\" data-tag=\"maintenance\" href=\"http://127.0.0.1:4000/tag/maintenance\" rel=\"tag ugc\">#maintenance</a></p>",
            "mentions": [], "statuses": [], "emojis": [], "reactions": [],
            "tags": [{"name": "maintenance", "url": "http://127.0.0.1:4000/tag/maintenance"}],
            "pleroma": {"raw_content": "Down on <b>Monday</b> #maintenance"},
        })
    );
    assert_eq!(bob.get("/api/v1/announcements").ok(), json!([made]));
    assert_eq!(server.get("/api/v1/announcements").ok(), json!([]));
    let dismiss = format!("/api/v1/announcements/{}/dismiss", id(&made));
    assert_eq!(bob.post(&dismiss, &[]).ok(), json!({}));
    assert_eq!(bob.get("/api/v1/announcements").ok()[0]["read"], true);
    assert_eq!(admin.get("/api/v1/announcements").ok()[0]["read"], false);
    let unread = "/api/v1/announcements?with_dismissed=false";
    assert_eq!(bob.get(unread).ok(), json!([]));
    assert_eq!(ids(&admin.get(unread).ok()), [id(&made)]);
    bob.post("/api/v1/announcements/1/dismiss", &[])
        .refused(404, "Record not found");
}

#[test]
fn an_announcement_is_shown_between_its_beginning_and_its_end() {
    let server = TestServer::new();
    let (admin, bob) = (server.admin("admin"), server.user("bob"));
    let later = announce(
        &admin,
        &[
            ("content", "later"),
            ("starts_at", "2099-01-01"),
            ("all_day", "true"),
        ],
    );
    assert_eq!(
        (&later["starts_at"], &later["all_day"]),
        (&json!("2099-01-01T00:00:00.000Z"), &json!(true))
    );
    let over = announce(
        &admin,
        &[("content", "over"), ("ends_at", "2020-01-01T10:00:00Z")],
    );
    let now = announce(
        &admin,
        &[
            ("content", "now"),
            ("starts_at", "2020-01-01"),
            ("ends_at", "2099-01-01"),
        ],
    );
    assert_eq!(ids(&bob.get("/api/v1/announcements").ok()), [id(&now)]);
    assert_eq!(
        ids(&admin.get(ADMIN).ok()),
        [id(&now), id(&over), id(&later)]
    );
    assert_eq!(
        ids(&admin.get(&format!("{ADMIN}?limit=1&offset=1")).ok()),
        [id(&over)]
    );
    let one = format!("{ADMIN}/{}", id(&over));
    assert_eq!(admin.get(&one).ok(), over);
    let changed = admin
        .patch(&one, &[("content", "again"), ("ends_at", "")])
        .ok();
    assert_eq!(
        (
            &changed["pleroma"]["raw_content"],
            &changed["ends_at"],
            &changed["published_at"]
        ),
        (&json!("again"), &Value::Null, &over["published_at"])
    );
    assert_eq!(
        ids(&bob.get("/api/v1/announcements").ok()),
        [id(&now), id(&over)]
    );
    bob.post(
        &format!("/api/v1/announcements/{}/dismiss", id(&later)),
        &[],
    )
    .refused(404, "Record not found");
    assert_eq!(admin.delete(&one).ok(), json!({}));
    for answer in [
        admin.get(&one),
        admin.delete(&one),
        admin.patch(&one, &[("content", "x")]),
    ] {
        answer.refused(404, "Record not found");
    }
}

#[test]
fn an_announcement_that_makes_no_sense_is_refused() {
    let server = TestServer::new();
    let admin = server.admin("admin");
    admin
        .post(ADMIN, &[])
        .refused(400, "Missing field: content.");
    admin
        .post(ADMIN, &[("content", " ")])
        .refused(422, "The announcement is empty");
    admin
        .post(ADMIN, &[("content", "a"), ("starts_at", "soon")])
        .refused(400, "starts_at is no date");
    admin
        .post(
            ADMIN,
            &[
                ("content", "a"),
                ("starts_at", "2030-01-02"),
                ("ends_at", "2030-01-01"),
            ],
        )
        .refused(422, "The announcement ends before it starts");
    admin
        .post(ADMIN, &[("content", &"x".repeat(10_001))])
        .refused(422, "The announcement is longer than 10000 characters");
    assert_eq!(admin.get(ADMIN).ok(), json!([]));
}

#[test]
fn people_react_to_announcements() {
    let server = TestServer::new();
    let (admin, bob) = (server.admin("admin"), server.user("bob"));
    let made = announce(&admin, &[("content", "cake")]);
    let path = |emoji: &str| format!("/api/v1/announcements/{}/reactions/{emoji}", id(&made));
    for user in [&admin, &bob, &bob] {
        assert_eq!(user.put(&path("%F0%9F%8D%B0"), &[]).ok(), json!({}));
    }
    bob.put(&path("%E2%98%95"), &[]).ok();
    let seen = admin.get("/api/v1/announcements").ok();
    assert_eq!(
        seen[0]["reactions"],
        json!([{"name": "🍰", "count": 2, "me": true}, {"name": "☕", "count": 1, "me": false}])
    );
    for _ in 0..2 {
        assert_eq!(bob.delete(&path("%E2%98%95")).ok(), json!({}));
    }
    assert_eq!(
        bob.get("/api/v1/announcements").ok()[0]["reactions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for nonsense in ["x", "wow@remote.example"] {
        bob.put(&path(nonsense), &[])
            .refused(422, "The emoji is unknown");
    }
    for emoji in ["🐈", "🐕", "🐟", "🐎", "🐖", "🐄", "🐑"] {
        bob.put(&path(emoji), &[]).ok();
    }
    bob.put(&path("🐓"), &[])
        .refused(422, "There are no more than 8 different reactions");
    bob.put("/api/v1/announcements/1/reactions/🐓", &[])
        .refused(404, "Record not found");
}

#[test]
fn the_rules_stand_in_every_document_that_tells_them() {
    let server = TestServer::new();
    let admin = server.admin("admin");
    let first = admin.post(RULES, &[("text", "Be kind")]).ok();
    assert_eq!(
        first,
        json!({"id": first["id"], "priority": 0, "text": "Be kind", "hint": ""})
    );
    let second = admin
        .post(
            RULES,
            &[("text", "No ads"), ("hint", "None."), ("priority", "5")],
        )
        .ok();
    assert_eq!(admin.get(RULES).ok(), json!([second, first]));
    let told = json!([
        {"id": second["id"], "text": "No ads", "hint": "None."},
        {"id": first["id"], "text": "Be kind", "hint": ""},
    ]);
    assert_eq!(server.get("/api/v1/instance/rules").ok(), told);
    assert_eq!(server.get("/api/v1/instance").ok()["rules"], told);
    assert_eq!(server.get("/api/v2/instance").ok()["rules"], told);
    let one = format!("{RULES}/{}", id(&second));
    let changed = admin
        .patch(&one, &[("priority", "-1"), ("text", "Few ads")])
        .ok();
    assert_eq!(
        changed,
        json!({"id": second["id"], "priority": -1, "text": "Few ads", "hint": "None."})
    );
    assert_eq!(
        server.get("/api/v1/instance/rules").ok()[1]["text"],
        "Few ads"
    );
    assert_eq!(admin.delete(&one).ok(), json!({}));
    for answer in [admin.delete(&one), admin.patch(&one, &[("text", "x")])] {
        answer.refused(404, "Record not found");
    }
    admin.post(RULES, &[]).refused(400, "Missing field: text.");
    admin
        .post(RULES, &[("text", " ")])
        .refused(422, "The rule is empty");
    admin
        .post(RULES, &[("text", &"x".repeat(2001))])
        .refused(422, "The rule is longer than 2000 characters");
}
