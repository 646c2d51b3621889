//! What the server says of itself.

use kenoma::routes::ROUTES;
use kenoma::web::router::Route;
use serde_json::{Value, json};

use crate::support::TestServer;

#[test]
fn the_instance_tells_its_settings_in_both_versions() {
    let server = TestServer::with(&[
        "instance.name=Our <house>",
        "instance.description=Two & a cat",
        "instance.contact_email=us@example.org",
        "instance.limit=777",
        "instance.registrations_open=true",
        "instance.account_approval_required=true",
        "upload.limit=1234567",
    ]);
    let v1 = server.get("/api/v1/instance").ok();
    assert_eq!(v1["title"], "Our <house>");
    assert_eq!(v1["description"], "Two &amp; a cat");
    assert_eq!(v1["email"], "us@example.org");
    assert_eq!(v1["uri"], "127.0.0.1:4000");
    assert_eq!(v1["max_toot_chars"], 777);
    assert_eq!(v1["upload_limit"], 1_234_567);
    assert_eq!(
        (&v1["registrations"], &v1["approval_required"]),
        (&json!(true), &json!(true))
    );
    let v2 = server.get("/api/v2/instance").ok();
    assert_eq!(v2["domain"], v1["uri"]);
    assert_eq!(
        v2["registrations"],
        json!({"enabled": true, "approval_required": true, "message": null})
    );
    assert_eq!(v2["contact"]["email"], "us@example.org");
    assert_eq!(v2["configuration"]["statuses"]["max_characters"], 777);
    assert_eq!(
        v2["configuration"]["media_attachments"]["image_size_limit"],
        1_234_567
    );
    assert_eq!(v2["pleroma"], v1["pleroma"]);
    assert_eq!(v2["version"], v1["version"]);
}

#[test]
fn the_version_is_of_the_form_that_clients_parse() {
    let server = TestServer::new();
    let v1 = server.get("/api/v1/instance").ok();
    assert_eq!(v1["version"], "4.3.0 (compatible; Pleroma 2.7.0+kenoma)");
}

#[test]
fn what_the_version_announces_is_in_the_route_table() {
    let server = TestServer::new();
    let v2 = server.get("/api/v2/instance").ok();
    assert_eq!(v2["api_versions"], json!({"mastodon": 7}));
    // 3.5 to 4.3, and what API versions 2 and 7 stand for (mastodon-api 3).
    for announced in [
        "PUT /api/v1/statuses/{id}",
        "GET /api/v1/statuses/{id}/history",
        "GET /api/v2/filters",
        "POST /api/v2/media",
        "POST /api/v1/tags/{name}/follow",
        "GET /api/v2/notifications",
        "GET /api/v2/notifications/policy",
        "GET /api/v1/notifications/requests",
        "GET /api/v1/timelines/link",
        "GET /api/v1/statuses/{id}/quotes",
        "POST /api/v1/statuses/{id}/quotes/{quoting_id}/revoke",
        "PUT /api/v1/statuses/{id}/interaction_policy",
    ] {
        let (method, path) = announced.split_once(' ').unwrap();
        let is_there = |route: &&Route| route.method == method && route.path == path;
        assert!(ROUTES.iter().any(|route| is_there(&route)), "{announced}");
    }
}

#[test]
fn what_strict_clients_decode_is_there_with_its_type() {
    let server = TestServer::new();
    let v1 = server.get("/api/v1/instance").ok();
    assert_eq!(v1["urls"]["streaming_api"], "ws://127.0.0.1:4000");
    for number in [
        "/stats/user_count",
        "/stats/status_count",
        "/stats/domain_count",
        "/chat_limit",
        "/description_limit",
        "/poll_limits/max_options",
        "/poll_limits/max_option_chars",
        "/poll_limits/min_expiration",
        "/poll_limits/max_expiration",
        "/avatar_upload_limit",
        "/background_upload_limit",
        "/banner_upload_limit",
        "/pleroma/stats/mau",
        "/pleroma/metadata/fields_limits/max_fields",
        "/pleroma/metadata/fields_limits/max_remote_fields",
        "/pleroma/metadata/fields_limits/name_length",
        "/pleroma/metadata/fields_limits/value_length",
    ] {
        assert!(v1.pointer(number).is_some_and(Value::is_u64), "{number}");
    }
    assert!(
        v1["rules"].is_array() && v1["languages"] == json!(["en"]) && v1["thumbnail"].is_string()
    );
    let v2 = server.get("/api/v2/instance").ok();
    for number in [
        "/accounts/max_featured_tags",
        "/accounts/max_pinned_statuses",
        "/accounts/max_profile_fields",
        "/statuses/max_media_attachments",
        "/statuses/characters_reserved_per_url",
        "/polls/max_options",
        "/polls/max_characters_per_option",
        "/polls/min_expiration",
        "/polls/max_expiration",
        "/media_attachments/video_frame_rate_limit",
    ] {
        assert!(
            v2["configuration"]
                .pointer(number)
                .is_some_and(Value::is_u64),
            "{number}"
        );
    }
    assert!(v2["thumbnail"]["url"].is_string());
    let streaming = |server: &TestServer| {
        let v2 = server.get("/api/v2/instance").ok();
        v2["configuration"]["urls"]["streaming"].clone()
    };
    assert_eq!(streaming(&server), "ws://127.0.0.1:4000");
    let public = TestServer::with(&["server.url=https://kenoma.example.org"]);
    assert_eq!(streaming(&public), "wss://kenoma.example.org");
    assert_eq!(
        v2["configuration"]["timelines_access"]["live_feeds"]["local"],
        "public"
    );
}

#[test]
fn limits_are_the_documented_ones_until_they_are_set() {
    let server = TestServer::new();
    let v1 = server.get("/api/v1/instance").ok();
    let limits = [
        "max_toot_chars",
        "description_limit",
        "chat_limit",
        "upload_limit",
        "avatar_upload_limit",
        "background_upload_limit",
        "banner_upload_limit",
    ];
    assert_eq!(
        limits.map(|key| v1[key].as_u64().unwrap()),
        [
            5000, 5000, 5000, 16_777_216, 2_000_000, 4_000_000, 4_000_000
        ]
    );
    assert_eq!(
        v1["poll_limits"],
        json!({"max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31_536_000})
    );
    let fields = &v1["pleroma"]["metadata"]["fields_limits"];
    assert_eq!(
        ["max_fields", "name_length", "value_length"].map(|key| fields[key].as_u64().unwrap()),
        [10, 512, 2048]
    );
    let switches = ["registrations", "approval_required", "invites_enabled"];
    assert_eq!(switches.map(|key| v1[key] == json!(false)), [true; 3]);
}

#[test]
fn figures_follow_what_people_do_at_once() {
    let server = TestServer::new();
    let count = |what: &str| server.get("/api/v1/instance").ok()["stats"][what].clone();
    assert_eq!(count("user_count"), 0);
    let alice = server.user("alice");
    assert_eq!(count("user_count"), 1);
    insert_status(&server, &alice.id, 1, 0);
    insert_status(&server, &alice.id, 2, 3);
    server.user("bob");
    assert_eq!(
        (count("user_count"), count("status_count")),
        (json!(2), json!(1)),
        "direct statuses do not count"
    );
    let v2 = server.get("/api/v2/instance").ok();
    assert_eq!(v2["usage"]["users"]["active_month"], 1);
}

#[test]
fn people_who_cannot_be_seen_are_not_counted() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1 WHERE id = ?1", [&alice.id])
        .unwrap();
    assert_eq!(
        server.get("/api/v1/instance").ok()["stats"]["user_count"],
        0
    );
}

#[test]
fn the_contact_is_the_first_admin_who_shows_it() {
    let server = TestServer::new();
    assert_eq!(
        server.get("/api/v1/instance").ok()["contact_account"],
        Value::Null
    );
    server.user("alice");
    let root = server.admin("root");
    let v1 = server.get("/api/v1/instance").ok();
    assert_eq!(
        (&v1["contact_account"]["id"], &v1["contact_account"]["acct"]),
        (&json!(root.id), &json!("root"))
    );
    assert_eq!(
        server.get("/api/v2/instance").ok()["contact"]["account"]["id"],
        json!(root.id)
    );
}

#[test]
fn peers_are_the_hosts_that_we_know_somebody_of() {
    let server = TestServer::new();
    server.user("alice");
    assert_eq!(server.get("/api/v1/instance/peers").ok(), json!([]));
    for (id, name, host) in [
        (1, "a", "one.test"),
        (2, "b", "one.test"),
        (3, "c", "two.test"),
    ] {
        server
            .sql()
            .execute(
                "INSERT INTO accounts (id, username, host, uri, url, created_at) VALUES (?1, ?2, ?3, ?4, ?4, 0)",
                rusqlite::params![id, name, host, format!("https://{host}/{name}")],
            )
            .unwrap();
    }
    assert_eq!(
        server.get("/api/v1/instance/peers").ok(),
        json!(["one.test", "two.test"])
    );
}

#[test]
fn the_limit_of_attachments_is_the_one_that_holds() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let limit = server.get("/api/v1/instance").ok()["max_media_attachments"]
        .as_u64()
        .unwrap();
    let ids: Vec<String> = (0..=limit).map(|id| id.to_string()).collect();
    let form: Vec<_> = ids.iter().map(|id| ("media_ids[]", id.as_str())).collect();
    alice
        .post("/api/v1/statuses", &form)
        .refused(422, "Too many attachments");
}

#[test]
fn features_are_those_that_the_routes_answer() {
    let server = TestServer::new();
    let v1 = server.get("/api/v1/instance").ok();
    let features = v1["pleroma"]["metadata"]["features"]
        .as_array()
        .unwrap()
        .clone();
    assert!(features.contains(&json!("pleroma_api")) && features.contains(&json!("mastodon_api")));
    for name in [
        "pleroma_emoji_reactions",
        "custom_emoji_reactions",
        "pleroma_custom_emoji_reactions",
    ] {
        assert!(features.contains(&json!(name)), "{name}");
    }
    assert_eq!(
        features.contains(&json!("mastodon_api_streaming")),
        server.get("/api/v1/streaming/health").status != 404,
    );
    assert_eq!(
        features.contains(&json!("pleroma_emoji_reactions")),
        server
            .request("PUT", "/api/v1/pleroma/statuses/1/reactions/x", &[], b"")
            .status
            != 404,
    );
}

#[test]
fn the_healthcheck_tells_true_figures() {
    let server = TestServer::new();
    let health = server.get("/api/pleroma/healthcheck").ok();
    assert_eq!(health["healthy"], true);
    assert!(health["pool_size"].as_u64().unwrap() >= 4);
    assert!(health["memory_used"].as_f64().unwrap() > 1.0);
    server
        .sql()
        .execute(
            "INSERT INTO jobs (id, kind, payload, run_at) VALUES (1, 'sweep', '{}', 0)",
            [],
        )
        .unwrap();
    let health = server.get("/api/v1/pleroma/healthcheck").ok();
    assert_eq!(
        health["job_queue_stats"]["sweep"],
        json!({"waiting": 1, "dead": 0})
    );
    assert_eq!(server.get("/health").text(), "OK");
    let json = server.request("GET", "/health", &[("Accept", "application/json")], b"");
    assert_eq!(json.ok(), json!({"status": "OK"}));
}

#[test]
fn the_healthcheck_says_so_when_all_readers_are_busy() {
    let server = TestServer::with(&["storage.readers=1"]);
    server
        .app
        .db()
        .read(|_| {
            let health = server.get("/api/pleroma/healthcheck").with_status(503);
            assert_eq!(
                (&health["healthy"], &health["active"]),
                (&json!(false), &json!(1))
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_healthcheck_can_be_switched_off() {
    let server = TestServer::with(&["instance.healthcheck=false"]);
    assert_eq!(
        server.get("/api/pleroma/healthcheck").with_status(503),
        json!({})
    );
}

#[test]
fn small_documents_that_clients_ask_for_are_there() {
    let server = TestServer::with(&["instance.description=Here <we> are"]);
    assert_eq!(server.get("/api/v1/instance/rules").ok(), json!([]));
    assert_eq!(
        server.get("/api/v1/instance/extended_description").ok()["content"],
        "Here &lt;we&gt; are"
    );
    let front_ends = server.get("/api/pleroma/frontend_configurations").ok();
    assert!(front_ends["pleroma_fe"].is_object() && front_ends["masto_fe"].is_object());
}

fn insert_status(server: &TestServer, account: &str, id: i64, visibility: i64) {
    let db = server.sql();
    db.execute(
        "INSERT INTO conversations (uri) VALUES (?1)",
        [format!("tag:{id}")],
    )
    .unwrap();
    let conversation = db.last_insert_rowid();
    db.execute(
        "INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, unixepoch() * 1000)",
        rusqlite::params![id, format!("urn:{id}"), account, visibility, conversation],
    )
    .unwrap();
}

#[test]
fn activity_counts_posts_logins_and_newcomers_of_twelve_weeks() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let first = alice.post_status("one");
    alice.post_status("two");
    let path = format!("/api/v1/statuses/{}", first["id"].as_str().unwrap());
    alice.post(&format!("{path}/reblog"), &[]).ok();
    let weeks = server.get("/api/v1/instance/activity").ok();
    let weeks = weeks.as_array().unwrap();
    assert_eq!(weeks.len(), 12);
    let figures = |week: &Value| {
        ["statuses", "logins", "registrations"].map(|key| week[key].as_str().unwrap().to_owned())
    };
    assert_eq!(figures(&weeks[0]), ["2", "1", "1"]);
    assert_eq!(figures(&weeks[1]), ["0", "0", "0"]);
    let start = |week: &Value| -> i64 { week["week"].as_str().unwrap().parse().unwrap() };
    assert_eq!(start(&weeks[0]) - start(&weeks[11]), 11 * 604_800);
    // 1970 began on a Thursday: Mondays are four days after a multiple of weeks.
    assert_eq!(start(&weeks[0]) % 604_800, 4 * 86_400);
    // What was registered a week ago stands a week lower.
    let sql = "UPDATE accounts SET created_at = created_at - 604800000 WHERE username = 'alice'";
    server.sql().execute(sql, []).unwrap();
    let weeks = server.get("/api/v1/instance/activity").ok();
    assert_eq!(figures(&weeks[1]), ["0", "0", "1"]);
}

#[test]
fn the_operators_texts_are_told_as_they_were_written() {
    let server = TestServer::with(&["instance.description=Two & a cat"]);
    let about = |what: &str| server.get(&format!("/api/v1/instance/{what}"));
    assert_eq!(
        about("extended_description").ok()["content"],
        "Two &amp; a cat"
    );
    for what in ["privacy_policy", "terms_of_service"] {
        about(what).refused(404, "Record not found");
    }
    let folder = server.data().join("static");
    std::fs::create_dir_all(&folder).unwrap();
    for what in ["extended-description", "privacy-policy", "terms-of-service"] {
        let text = format!("<h2>{what}</h2>");
        std::fs::write(folder.join(format!("{what}.html")), text).unwrap();
    }
    let policy = about("privacy_policy").ok();
    assert_eq!(policy["content"], "<h2>privacy-policy</h2>");
    assert_eq!(
        about("extended_description").ok()["content"],
        "<h2>extended-description</h2>"
    );
    let terms = about("terms_of_service").ok();
    assert_eq!(terms["content"], "<h2>terms-of-service</h2>");
    // The file's date is that of the text.
    assert_eq!(
        policy["updated_at"].as_str().unwrap()[..10],
        terms["effective_date"]
    );
    assert_eq!(
        server.get("/static/terms-of-service.html").text(),
        "<h2>terms-of-service</h2>"
    );
    // Nothing is translated here, and the instance says so.
    assert_eq!(about("translation_languages").ok(), json!({}));
}

#[test]
fn decisions_about_other_servers_are_told_as_far_as_the_admins_want() {
    let server = TestServer::new();
    let root = server.admin("root");
    let decide = |form: &[(&str, &str)]| {
        root.post("/api/v1/admin/domain_blocks", form).ok();
    };
    assert_eq!(server.get("/api/v1/instance/domain_blocks").ok(), json!([]));
    decide(&[
        ("domain", "rude.example"),
        ("severity", "suspend"),
        ("public_comment", "rude"),
        ("private_comment", "very rude"),
    ]);
    decide(&[
        ("domain", "loud.example"),
        ("severity", "silence"),
        ("obfuscate", "true"),
    ]);
    decide(&[("domain", "fine.example"), ("severity", "noop")]);
    let told = server.get("/api/v1/instance/domain_blocks").ok();
    let rude = json!({
        "domain": "rude.example",
        // printf rude.example | sha256sum
        "digest": "87d82db5b100e29978515cd5b92cf0b7dad4eb294b560644a67d7d6554236d9a",
        "severity": "suspend",
        "comment": "rude",
    });
    assert_eq!(told[1], rude);
    assert_eq!(
        (&told[0]["domain"], &told[0]["severity"]),
        (&json!("lou*.****ple"), &json!("silence"))
    );
    assert_eq!(told.as_array().unwrap().len(), 2);
}
