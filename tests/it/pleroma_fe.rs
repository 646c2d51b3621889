//! Pleroma-FE's way in, request by request, as its browser sends them (mastodon-api 4).

use serde_json::Value;

use crate::support::{Answer, TestServer, multipart};

const HTML: &[(&str, &str)] = &[("Accept", "text/html")];

/// What must hold of every answer of the API that this front end reads: JSON, and no `errors`.
#[track_caller]
fn read(answer: Answer) -> Value {
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/json; charset=utf-8")
    );
    let body = answer.ok();
    assert!(body.get("errors").is_none(), "{body}");
    body
}

#[track_caller]
fn list(answer: Answer) -> Vec<Value> {
    read(answer).as_array().expect("a list").clone()
}

/// What its code reads without asking whether it is there.
#[track_caller]
fn assert_showable(status: &Value) {
    for part in ["content", "spoiler_text", "created_at", "visibility"] {
        assert!(status[part].is_string(), "{part}: {status}");
    }
    for part in ["tags", "mentions", "media_attachments", "emojis"] {
        assert!(status[part].is_array(), "{part}: {status}");
    }
    assert!(status["pleroma"]["content"]["text/plain"].is_string());
    assert!(status["pleroma"]["emoji_reactions"].is_array());
    assert!(status["account"]["fields"].is_array());
}

#[test]
fn a_first_visit_finds_everything_it_asks_for() {
    let server = TestServer::with(&["frontend.primary=pleroma-fe"]);
    let alice = server.user("alice");
    let post = alice.post_status("hello #world");
    let folder = server.data().join("static/frontends/pleroma-fe");
    for (path, text) in [
        ("index.html", "<!DOCTYPE html><div id=app></div>"),
        ("static/config.json", "{}"),
        ("static/palettes/index.json", "{}"),
        ("static/styles/index.json", "{}"),
        ("static/terms-of-service.html", "<p>be kind"),
        ("sw-pleroma.js", "0"),
    ] {
        std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.join(path), text).unwrap();
    }
    assert!(
        server
            .request("GET", "/", HTML, b"")
            .text()
            .contains("id=app")
    );
    for path in [
        "/static/config.json",
        "/static/palettes/index.json",
        "/static/styles/index.json",
        "/static/terms-of-service.html",
        "/sw-pleroma.js",
    ] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    // Missing ones are missing, not the first page again.
    for path in [
        "/static/palettes/index.custom.json",
        "/static/stickers.json",
        "/instance/panel.html",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    let configurations = read(server.get("/api/pleroma/frontend_configurations"));
    assert!(configurations["pleroma_fe"].is_object());
    let instance = read(server.get("/api/v1/instance"));
    assert!(instance["pleroma"]["metadata"]["features"].is_array());
    assert!(instance["max_toot_chars"].is_number());
    let node = server.get("/nodeinfo/2.1.json").ok();
    for part in ["uploadLimits", "suggestions", "federation", "fieldsLimits"] {
        assert!(node["metadata"][part].is_object(), "{part}");
    }
    assert!(node["metadata"]["staffAccounts"].is_array() && node["software"].is_object());
    // Without a token these are refused or empty, in JSON either way.
    server
        .get("/api/v1/mutes/?with_relationships=true")
        .refused(403, "Invalid credentials.");
    assert_eq!(list(server.get("/api/v1/announcements")).len(), 0);
    let timeline = "/api/v1/timelines/public?only_media=false&with_muted=true&limit=20";
    let shown = list(server.get(timeline));
    assert_eq!(shown[0]["id"], post["id"]);
    shown.iter().for_each(assert_showable);
    let author = shown[0]["account"]["id"].as_str().unwrap();
    let scrobbles = format!("/api/v1/pleroma/accounts/{author}/scrobbles?limit=1");
    assert_eq!(list(server.get(&scrobbles)).len(), 0);
}

#[test]
fn a_login_by_form_and_the_first_page_after_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    alice.follow(&bob);
    bob.post_status("hello @alice");
    let form = |path: &str, fields: &[(&str, &str)], token: Option<&str>| {
        let (content_type, body) = multipart("nothing", "nothing", b"", fields);
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("Content-Type", content_type.as_str())];
        headers.extend(
            bearer
                .iter()
                .map(|bearer| ("Authorization", bearer.as_str())),
        );
        server.request("POST", path, &headers, &body)
    };
    let scopes = "read write follow push admin";
    let app = read(form(
        "/api/v1/apps",
        &[
            ("client_name", "PleromaFE_1"),
            ("website", "https://pleroma.social"),
            ("redirect_uris", "http://127.0.0.1:4000/oauth-callback"),
            ("scopes", scopes),
        ],
        None,
    ));
    let client = [
        ("client_id", app["client_id"].as_str().unwrap()),
        ("client_secret", app["client_secret"].as_str().unwrap()),
    ];
    let token = |more: &[(&str, &str)]| {
        let fields: Vec<_> = client.iter().chain(more).copied().collect();
        let granted = read(form("/oauth/token", &fields, None));
        granted["access_token"].as_str().unwrap().to_owned()
    };
    let of_the_app = token(&[("grant_type", "client_credentials")]);
    let ask = |method: &str, path: &str, token: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        server.request(method, path, &headers, body.as_bytes())
    };
    read(ask(
        "GET",
        "/api/v1/apps/verify_credentials",
        &of_the_app,
        "",
    ));
    // The front end reads timelines with this token before anybody has logged in.
    list(ask(
        "GET",
        "/api/v1/timelines/public?limit=20",
        &of_the_app,
        "",
    ));
    let own = token(&[
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", &alice.password),
    ]);
    let me = read(ask("GET", "/api/v1/accounts/verify_credentials", &own, ""));
    assert!(me["source"]["pleroma"].is_object() && me["pleroma"].is_object());
    assert!(me["fields"].is_array());
    let emoji = read(ask("GET", "/api/pleroma/emoji.json", &own, ""));
    assert!(emoji.is_object());
    let settings =
        r#"{"pleroma_settings_store":{"pleroma-fe":{"simple":{"theme":"x"},"_timestamp":1}}}"#;
    let kept = read(ask(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        &own,
        settings,
    ));
    assert_eq!(
        kept["pleroma"]["settings_store"]["pleroma-fe"]["simple"]["theme"],
        "x"
    );
    for empty in [
        "/api/v1/lists",
        "/api/v1/pleroma/bookmark_folders",
        "/api/v1/pleroma/chats",
        "/api/v1/mutes/?with_relationships=true",
        "/api/v1/blocks/?with_relationships=true",
        "/api/v1/follow_requests",
    ] {
        assert_eq!(list(ask("GET", empty, &own, "")).len(), 0, "{empty}");
    }
    let home = list(ask(
        "GET",
        "/api/v1/timelines/home?with_muted=true&limit=20",
        &own,
        "",
    ));
    home.iter().for_each(assert_showable);
    let newest = home[0]["id"].as_str().unwrap();
    let later = format!("/api/v1/timelines/home?with_muted=true&limit=20&since_id={newest}");
    assert_eq!(list(ask("GET", &later, &own, "")).len(), 0);
    let types = "include_types[]=mention&include_types[]=favourite&include_types[]=reblog&include_types[]=follow\
                 &include_types[]=follow_request&include_types[]=move&include_types[]=pleroma:emoji_reaction\
                 &include_types[]=pleroma:chat_mention&include_types[]=poll&include_types[]=status";
    let told = format!("/api/v1/notifications?with_muted=true&{types}&limit=20");
    let told = list(ask("GET", &told, &own, ""));
    assert_eq!(told[0]["type"], "mention");
    assert_eq!(told[0]["pleroma"]["is_seen"], false);
    assert!(told[0]["id"].as_str().unwrap().parse::<u64>().is_ok());
    let following = format!(
        "/api/v1/accounts/{}/following?limit=20&with_relationships=true",
        alice.id
    );
    let following = list(ask("GET", &following, &own, ""));
    assert_eq!(following[0]["pleroma"]["relationship"]["following"], true);
    let related = format!("/api/v1/accounts/relationships/?id={}", alice.id);
    assert_eq!(
        list(ask("GET", &related, &own, ""))[0]["id"],
        alice.id.as_str()
    );
}
