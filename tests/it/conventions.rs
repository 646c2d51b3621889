//! What holds for every endpoint (pleroma-contract 0, mastodon-api 0).

use serde_json::json;

use crate::support::{Answer, TestServer, TestUser, encode, ids, multipart};

const HOME: &str = "/api/v1/timelines/home";

#[test]
fn an_unknown_api_path_is_not_implemented_in_json() {
    let server = TestServer::new();
    for path in [
        "/api/v1/nothing",
        "/api/nothing/at/all",
        "/api/pleroma/nothing",
    ] {
        let answer = server.get(path);
        assert_eq!(
            answer.header("Content-Type"),
            Some("application/json; charset=utf-8")
        );
        answer.refused(404, "Not implemented");
    }
}

#[test]
fn a_trailing_slash_does_not_matter() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello");
    for path in [
        "/api/v1/timelines/public",
        "/api/v1/timelines/public/",
        "/api/v1/timelines/public/?limit=5",
    ] {
        assert_eq!(alice.get(path).ok().as_array().unwrap().len(), 1, "{path}");
    }
}

#[test]
fn a_pleroma_path_answers_under_both_prefixes_and_where_documented_with_a_suffix() {
    let server = TestServer::new();
    let plain = server.get("/api/pleroma/emoji").ok();
    for path in [
        "/api/v1/pleroma/emoji",
        "/api/pleroma/emoji.json",
        "/api/v1/pleroma/emoji.json",
    ] {
        assert_eq!(server.get(path).ok(), plain, "{path}");
    }
    server
        .get("/api/v1/timelines/public.json")
        .refused(404, "Not implemented");
}

#[test]
fn a_known_path_with_another_method_names_the_methods_it_has() {
    let server = TestServer::new();
    let answer = server.request("DELETE", HOME, &[], b"");
    assert_eq!(answer.header("Allow"), Some("GET"));
    answer.refused(405, "Method not allowed");
}

#[test]
fn head_answers_like_get() {
    let server = TestServer::new();
    let answer = server.request("HEAD", "/api/v1/timelines/public", &[], b"");
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("application/json; charset=utf-8"))
    );
}

#[test]
fn a_preflight_is_answered_from_the_table() {
    let server = TestServer::new();
    let origin = [
        ("Origin", "https://elsewhere.example"),
        ("Access-Control-Request-Method", "POST"),
    ];
    let answer = server.request("OPTIONS", "/api/v1/statuses", &origin, b"");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(
            answer
                .header("Access-Control-Allow-Methods")
                .unwrap()
                .contains(method)
        );
    }
    for header in ["Authorization", "Content-Type", "Idempotency-Key"] {
        assert!(
            answer
                .header("Access-Control-Allow-Headers")
                .unwrap()
                .contains(header)
        );
    }
    server
        .request("OPTIONS", "/api/v1/nothing", &[], b"")
        .refused(404, "Not implemented");
}

#[test]
fn web_clients_of_other_origins_may_read_answers_errors_and_link_headers() {
    let server = TestServer::new();
    for path in ["/api/v1/timelines/public", "/api/v1/nothing", HOME] {
        let answer = server.get(path);
        assert_eq!(
            answer.header("Access-Control-Allow-Origin"),
            Some("*"),
            "{path}"
        );
        assert!(
            answer
                .header("Access-Control-Expose-Headers")
                .unwrap()
                .contains("Link"),
            "{path}"
        );
    }
}

#[test]
fn a_form_may_name_the_method_it_means() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("soon gone");
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    alice.post(&path, &[("_method", "delete")]).ok();
    alice.get(&path).refused(404, "Record not found");
}

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

#[test]
fn dates_have_three_fractional_digits_and_ids_have_sixteen() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("hello");
    let created = status["created_at"].as_str().unwrap();
    assert!(
        created.len() == 24 && created.ends_with('Z') && created.as_bytes()[19] == b'.',
        "{created}"
    );
    for id in [&status["id"], &status["account"]["id"]] {
        let id = id.as_str().unwrap();
        assert!(
            id.len() == 16 && id.parse::<i64>().unwrap() < 1 << 53,
            "{id}"
        );
    }
}

#[test]
fn ids_of_later_statuses_are_larger() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let ids: Vec<String> = (0..5)
        .map(|n| {
            alice.post_status(&format!("{n}"))["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

fn link<'a>(answer: &'a Answer, rel: &str) -> Option<&'a str> {
    let header = answer.header("Link")?;
    let part = header
        .split(", ")
        .find(|part| part.ends_with(&format!("; rel=\"{rel}\"")))?;
    part.split('<').nth(1)?.split('>').next()
}

fn walk(user: &TestUser, rel: &str, start: &str) -> Vec<String> {
    let (mut seen, mut target) = (Vec::new(), start.to_owned());
    loop {
        let answer = user.get(&target);
        let page = ids(&answer.value());
        let next =
            link(&answer, rel).map(|url| url.trim_start_matches(crate::support::BASE).to_owned());
        seen.extend(page);
        match next {
            Some(next) => target = next,
            None => return seen,
        }
    }
}

#[test]
fn the_link_header_leads_through_all_pages_and_keeps_the_other_parameters() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let mut posted: Vec<String> = (0..7)
        .map(|n| {
            alice.post_status(&format!("{n}"))["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    posted.reverse();
    let first = alice.get(&format!("{HOME}?limit=3&with_muted=true"));
    let header = first.header("Link").unwrap();
    let (newest, oldest) = (&posted[0], &posted[2]);
    let base = crate::support::BASE;
    assert_eq!(
        header,
        format!(
            "<{base}{HOME}?limit=3&with_muted=true&max_id={oldest}>; rel=\"next\", <{base}{HOME}?limit=3&with_muted=true&min_id={newest}>; rel=\"prev\""
        )
    );
    assert_eq!(walk(&alice, "next", &format!("{HOME}?limit=3")), posted);
}

#[test]
fn min_id_is_the_page_just_above_and_since_id_the_newest_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let posted: Vec<String> = (0..6)
        .map(|n| {
            alice.post_status(&format!("{n}"))["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let page = |query: &str| ids(&alice.get(&format!("{HOME}?limit=2&{query}")).ok());
    assert_eq!(
        page(&format!("min_id={}", posted[1])),
        [posted[3].clone(), posted[2].clone()]
    );
    assert_eq!(
        page(&format!("since_id={}", posted[1])),
        [posted[5].clone(), posted[4].clone()]
    );
    assert_eq!(
        page(&format!("max_id={}", posted[2])),
        [posted[1].clone(), posted[0].clone()]
    );
    assert_eq!(
        page(&format!("max_id={}&since_id={}", posted[4], posted[1])),
        [posted[3].clone(), posted[2].clone()]
    );
}

#[test]
fn an_empty_page_has_no_link_and_a_limit_is_clamped() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let empty = alice.get(HOME);
    assert_eq!(empty.header("Link"), None);
    assert_eq!(empty.ok(), json!([]));
    for n in 0..45 {
        alice.post_status(&format!("{n}"));
    }
    let length = |query: &str| {
        alice
            .get(&format!("{HOME}{query}"))
            .ok()
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (
            length(""),
            length("?limit=400"),
            length("?limit=0"),
            length("?limit=x")
        ),
        (20, 40, 1, 20)
    );
}

#[test]
fn the_same_idempotency_key_posts_once() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = |user: &TestUser, key: &str| {
        let headers = [
            ("Idempotency-Key", key),
            ("Content-Type", "application/json"),
        ];
        user.request(
            "POST",
            "/api/v1/statuses",
            &headers,
            br#"{"status": "only once"}"#,
        )
    };
    let first = post(&alice, "k1").ok();
    let again = post(&alice, "k1");
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Idempotency-Key"), Some("k1"));
    assert!(again.header("X-Original-Request-Id").is_some());
    assert_eq!(again.ok(), first);
    assert_ne!(post(&alice, "k2").ok()["id"], first["id"]);
    assert_ne!(post(&bob, "k1").ok()["id"], first["id"]);
    assert_eq!(alice.get(HOME).ok().as_array().unwrap().len(), 2);
}

#[test]
fn twenty_requests_at_once_with_one_idempotency_key_post_once() {
    let server = TestServer::new();
    let alice = server.user("alice");
    std::thread::scope(|threads| {
        for _ in 0..20 {
            threads.spawn(|| {
                let headers = [
                    ("Idempotency-Key", "k"),
                    ("Content-Type", "application/json"),
                ];
                alice
                    .request(
                        "POST",
                        "/api/v1/statuses",
                        &headers,
                        br#"{"status": "only once"}"#,
                    )
                    .ok()
            });
        }
    });
    assert_eq!(alice.get(HOME).ok().as_array().unwrap().len(), 1);
}

#[test]
fn an_idempotency_key_is_forgotten_after_an_hour() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = || {
        alice
            .request(
                "POST",
                "/api/v1/statuses?status=x",
                &[("Idempotency-Key", "k")],
                b"",
            )
            .ok()["id"]
            .clone()
    };
    let first = post();
    server
        .sql()
        .execute(
            "UPDATE idempotent_answers SET created_at = created_at - 3601000",
            [],
        )
        .unwrap();
    assert_ne!(post(), first);
}

#[test]
fn answers_over_a_kilobyte_are_compressed_for_those_who_take_it() {
    use std::io::Read;
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello");
    let plain = alice.get(HOME);
    let packed = alice.request("GET", HOME, &[("Accept-Encoding", "gzip, br")], b"");
    assert_eq!(
        (
            plain.header("Content-Encoding"),
            packed.header("Content-Encoding")
        ),
        (None, Some("gzip"))
    );
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    assert_eq!(
        server
            .request(
                "GET",
                "/api/v1/timelines/tag/none",
                &[("Accept-Encoding", "gzip")],
                b""
            )
            .header("Content-Encoding"),
        None
    );
}

#[test]
fn too_many_requests_are_throttled_with_the_time_to_wait() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let answers: Vec<u16> = (0..301)
        .map(|_| server.get("/api/v1/timelines/public").status)
        .collect();
    assert!(answers[..300].iter().all(|status| *status == 200));
    let throttled = server.get("/api/v1/timelines/public");
    assert!(
        throttled
            .header("Retry-After")
            .unwrap()
            .parse::<u32>()
            .unwrap()
            >= 1
    );
    throttled.refused(429, "Throttled");
}

#[test]
fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    // Requests of tests come from 127.0.0.1, which is trusted by default.
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let from = |address: &str| {
        server
            .request(
                "GET",
                "/api/v1/timelines/public",
                &[("X-Forwarded-For", address)],
                b"",
            )
            .status
    };
    for _ in 0..300 {
        assert_eq!(from("203.0.113.5"), 200);
    }
    assert_eq!((from("203.0.113.5"), from("203.0.113.6")), (429, 200));
    let server = TestServer::with(&[
        "rate_limit.enabled=true",
        "server.trusted_proxies=192.0.2.1",
    ]);
    let from = |address: &str| {
        server
            .request(
                "GET",
                "/api/v1/timelines/public",
                &[("X-Forwarded-For", address)],
                b"",
            )
            .status
    };
    for n in 0..300 {
        assert_eq!(from(&format!("203.0.113.{}", n % 200)), 200);
    }
    assert_eq!(from("198.51.100.9"), 429);
}
