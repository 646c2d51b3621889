//! Where parameters may come from and how they are spelt (pleroma-contract 0.2, mastodon-api 0.1). Trees, numbers and
//! booleans have their unit tests in `web::params`.

use serde_json::json;

use crate::support::{TestServer, encode, multipart};

const HOME: &str = "/api/v1/timelines/home";

/// The same status, said in every way there is.
#[test]
fn query_form_multipart_and_json_are_one() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let said = [
        ("status", "said & done"),
        ("spoiler_text", "a + b"),
        ("visibility", "unlisted"),
        ("sensitive", "true"),
    ];
    let query = alice.post(&format!("/api/v1/statuses?{}", encode(&said)), &[]);
    let form = alice.post("/api/v1/statuses", &said);
    let (content_type, body) = multipart_text(&said);
    let multipart = alice.request(
        "POST",
        "/api/v1/statuses",
        &[("Content-Type", &content_type)],
        &body,
    );
    let body = json!({"status": "said & done", "spoiler_text": "a + b", "visibility": "unlisted", "sensitive": true});
    let typed = alice.json("POST", "/api/v1/statuses", &body);
    let untyped = alice.request("POST", "/api/v1/statuses", &[], body.to_string().as_bytes());
    for (way, answer) in [
        ("query", query),
        ("form", form),
        ("multipart", multipart),
        ("json", typed),
        ("no type", untyped),
    ] {
        let status = answer.ok();
        assert_eq!(
            status["pleroma"]["content"]["text/plain"], "said & done",
            "{way}"
        );
        assert_eq!(status["spoiler_text"], "a + b", "{way}");
        assert_eq!(status["visibility"], "unlisted", "{way}");
        assert_eq!(status["sensitive"], true, "{way}");
    }
}

fn multipart_text(fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    multipart("unused", "unused.txt", b"", fields)
}

#[test]
fn the_body_wins_over_the_query_and_the_path_over_both() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice
        .post("/api/v1/statuses?status=query", &[("status", "body")])
        .ok();
    assert_eq!(status["pleroma"]["content"]["text/plain"], "body");
    let id = status["id"].as_str().unwrap();
    assert_eq!(
        alice.get(&format!("/api/v1/statuses/{id}?id=1")).ok()["id"],
        id
    );
    let encoded: String = id.bytes().map(|digit| format!("%{digit:02x}")).collect();
    assert_eq!(
        alice.get(&format!("/api/v1/statuses/{encoded}")).ok()["id"],
        id
    );
}

#[test]
fn malformed_json_is_a_bad_request_that_changes_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let answer = alice.request(
        "POST",
        "/api/v1/statuses",
        &[("Content-Type", "application/json")],
        b"{\"status\": \"x",
    );
    assert!(answer.with_status(400)["error"].is_string());
    assert_eq!(alice.get(HOME).ok(), json!([]));
}

/// The same text parameter in each place: query and three kinds of body.
fn everywhere(key: &str, value: &str) -> [(String, &'static str, Vec<u8>); 4] {
    let form = encode(&[(key, value)]);
    let (_, parts) = multipart_text(&[(key, value)]);
    [
        (format!("?{form}"), "", Vec::new()),
        (
            String::new(),
            "application/x-www-form-urlencoded",
            form.into_bytes(),
        ),
        (
            String::new(),
            "multipart/form-data; boundary=----kenoma-test-boundary",
            parts,
        ),
        (
            String::new(),
            "application/json",
            json!({key: value}).to_string().into_bytes(),
        ),
    ]
}

#[test]
fn every_method_takes_parameters_from_everywhere() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let send = |method: &str, path: &str, key: &str, value: &str, place: usize| {
        let (query, content_type, body) = everywhere(key, value)[place].clone();
        let headers = [("Content-Type", content_type)];
        alice
            .request(method, &format!("{path}{query}"), &headers, &body)
            .ok()
    };
    for place in 0..4 {
        let value = format!("value {place}");
        let host = format!("no{place}.example");
        let shown = send(
            "PATCH",
            "/api/v1/accounts/update_credentials",
            "display_name",
            &value,
            place,
        );
        assert_eq!(shown["display_name"], value.as_str());
        let posted = send("POST", "/api/v1/statuses", "status", &value, place);
        let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
        let edited = send("PUT", &path, "status", &format!("new {value}"), place);
        assert_eq!(edited["content"], format!("<p>new {value}</p>"));
        alice
            .post("/api/v1/domain_blocks", &[("domain", &host)])
            .ok();
        send("DELETE", "/api/v1/domain_blocks", "domain", &host, place);
        assert_eq!(
            alice.get("/api/v1/domain_blocks").ok(),
            json!([]),
            "{place}"
        );
        let page = send("GET", HOME, "limit", "1", place);
        assert_eq!(page.as_array().unwrap().len(), 1, "{place}");
    }
}

#[test]
fn what_is_unknown_or_null_is_ignored() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let body = json!({"status": "hi", "preview": "false", "source": "Pleroma FE", "never heard of": [1, {"a": null}],
        "in_reply_to_id": null, "spoiler_text": null, "media_ids": null, "poll": null, "expires_in": ""});
    let status = alice.json("POST", "/api/v1/statuses", &body).ok();
    assert_eq!(
        (&status["content"], &status["in_reply_to_id"]),
        (&json!("<p>hi</p>"), &json!(null))
    );
    alice
        .get(&format!(
            "{HOME}?reply_visibility=&with_muted=true&zz[a][]=1"
        ))
        .ok();
}

#[test]
fn a_parameter_that_is_missing_or_of_the_wrong_type_is_named_for_people_and_for_programs() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let problem = |field: &str, text: &str| json!({"title": "Invalid value", "source": {"pointer": format!("/{field}")}, "message": text});
    let missing = "Missing field: title.";
    assert_eq!(
        alice.post("/api/v1/pleroma/scrobble", &[]).with_status(400),
        json!({"error": missing, "errors": [problem("title", missing)]})
    );
    let wrong = "length - Invalid integer. Got: string.";
    assert_eq!(
        alice
            .post(
                "/api/v1/pleroma/scrobble",
                &[("title", "x"), ("length", "long")]
            )
            .with_status(400),
        json!({"error": wrong, "errors": [problem("length", wrong)]})
    );
}
