//! What holds for every endpoint (pleroma-contract 0, mastodon-api 0).

use serde_json::json;

use crate::support::{Answer, BASE, TestServer, TestUser, ids};

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
fn a_suffix_is_ignored_where_it_is_documented_and_nowhere_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = alice.post_status("hello");
    let notice = format!("/notice/{}", post["id"].as_str().unwrap());
    for path in [
        "/api/pleroma/emoji",
        "/api/v1/pleroma/emoji",
        "/api/pleroma/emoji/packs",
        "/api/oauth_tokens",
        "/nodeinfo/2.1",
        "/users/alice",
        &notice,
    ] {
        let plain = alice.get(path);
        assert_eq!(plain.status, 200, "{path}");
        for suffix in [".json", ".xml"] {
            let answer = alice.get(&format!("{path}{suffix}"));
            assert_eq!(answer.status, 200, "{path}{suffix}");
            assert_eq!(answer.body, plain.body, "{path}{suffix}");
        }
    }
    let read = "/api/qvitter/statuses/notifications/read.json";
    assert_eq!(alice.post(read, &[("latest_id", "1")]).ok(), json!([]));
    // The names of packs keep theirs.
    crate::emoji::pack(&server, "blobs.json", &["one"]);
    let found = "/api/pleroma/emoji/packs/blobs.json";
    assert!(server.get(found).ok()["files"]["one"].is_string());
    assert_eq!(server.get("/api/pleroma/emoji/packs/blobs").status, 404);
    for path in [
        "/api/v1/timelines/public.json",
        "/api/v1/statuses/1.xml",
        "/api/pleroma/emoji.txt",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
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
    assert_eq!(answer.header("Access-Control-Max-Age"), Some("86400"));
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
    let alice = server.user("alice");
    for (answer, status) in [
        (server.get("/api/v1/timelines/public"), 200),
        (server.get("/nodeinfo/2.1"), 200),
        (server.get("/.well-known/nodeinfo"), 200),
        (server.get("/api/v1/nothing"), 404),
        (server.get("/media/none.png"), 404),
        (server.get("/api/v1/apps/verify_credentials"), 401),
        (server.get(HOME), 403),
        (server.request("DELETE", HOME, &[], b""), 405),
        (
            server.post_form("/oauth/token", &[("grant_type", "password")]),
            400,
        ),
        (alice.post("/api/v1/statuses", &[]), 422),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text());
        let allowed = answer.header("Access-Control-Allow-Origin");
        assert_eq!(allowed, Some("*"), "{status}");
        let exposed = answer.header("Access-Control-Expose-Headers").unwrap();
        assert_eq!(
            exposed,
            "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key"
        );
    }
}

#[test]
fn a_form_may_name_the_method_it_means() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let status = alice.post_status("soon gone");
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    let edit = [("_method", "put"), ("status", "changed")];
    assert_eq!(alice.post(&path, &edit).ok()["content"], "<p>changed</p>");
    let profile = [("_method", "PATCH"), ("display_name", "Alice")];
    let changed = alice.post("/api/v1/accounts/update_credentials", &profile);
    assert_eq!(changed.ok()["display_name"], "Alice");
    alice.post(&path, &[("_method", "delete")]).ok();
    alice.get(&path).refused(404, "Record not found");
    // Only a POST has it, and only for these three.
    alice.get("/api/v1/timelines/home?_method=delete").ok();
    assert_eq!(alice.post(HOME, &[("_method", "get")]).status, 405);
}

#[test]
fn what_goes_wrong_here_is_told_without_its_cause() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON statuses BEGIN SELECT RAISE(ABORT, 'secret'); END";
    server.sql().execute_batch(broken).unwrap();
    let answer = alice.post("/api/v1/statuses", &[("status", "hi")]);
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(
        answer.with_status(500),
        json!({"error": "Internal server error", "errors": {"detail": "Internal server error"}})
    );
}

#[test]
fn addresses_and_numbers_have_their_documented_forms() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = alice.post_with("psst @bob #cats", &[("visibility", "direct")]);
    let id = post["id"].as_str().unwrap();
    assert_eq!(post["url"], format!("{BASE}/notice/{id}"));
    let uri = post["uri"].as_str().unwrap();
    let uuid = uri.strip_prefix(&format!("{BASE}/objects/")).unwrap();
    let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{uri}");
    assert_eq!(post["account"]["url"], format!("{BASE}/users/alice"));
    assert_eq!(post["tags"][0]["url"], format!("{BASE}/tag/cats"));
    let pleroma = &post["pleroma"];
    assert!(pleroma["conversation_id"].is_u64());
    assert!(pleroma["direct_conversation_id"].is_u64());
    let conversation = &alice.get("/api/v1/conversations").ok()[0]["id"];
    assert_eq!(
        conversation.as_str().unwrap(),
        pleroma["direct_conversation_id"].to_string()
    );
    let notification = &bob.get("/api/v1/notifications").ok()[0]["id"];
    let notification: i64 = notification.as_str().unwrap().parse().unwrap();
    assert!(notification < 1 << 53);
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
    // Clients take the header apart at commas and semicolons.
    let odd = alice.get(&format!(
        "{HOME}?limit=3&x=a,b;c&min_id=1&access_token={}",
        alice.token
    ));
    let header = odd.header("Link").unwrap();
    assert!(header.contains("limit=3&x=a%2Cb%3Bc&m"), "{header}");
    assert_eq!(
        (header.matches(',').count(), header.matches(';').count()),
        (1, 2)
    );
    assert!(
        !header.contains("min_id=1&") && !header.contains(&alice.token),
        "{header}"
    );
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
    assert_eq!(
        page(&format!("max_id={}&min_id={}", posted[5], posted[1])),
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
fn users_are_counted_by_their_tokens_and_not_by_the_address_they_share() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let path = "/api/v1/follow_requests";
    for _ in 0..600 {
        assert_eq!(alice.get(path).status, 200);
    }
    alice.get(path).refused(429, "Throttled");
    bob.get(path).ok();
    // Guessed tokens are counted by address.
    for n in 0..300 {
        assert_eq!(crate::oauth::whoami(&server, &n.to_string()).status, 403);
    }
    crate::oauth::whoami(&server, "another").refused(429, "Throttled");
    server
        .get("/api/v1/timelines/public")
        .refused(429, "Throttled");
    bob.get(path).ok();
}

#[test]
fn without_the_setting_nothing_is_limited() {
    let server = TestServer::new();
    for _ in 0..301 {
        assert_eq!(server.get("/api/v1/timelines/public").status, 200);
    }
    for _ in 0..16 {
        assert_eq!(server.post_form("/oauth/token", &[]).status, 500);
    }
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
