//! Pages for people, and the files beside them.

use crate::support::TestServer;

#[test]
fn built_in_files_are_served_with_a_tag_that_saves_the_next_answer() {
    let server = TestServer::new();
    for (name, content_type) in [
        ("style.css", "text/css; charset=utf-8"),
        ("avatar.png", "image/png"),
        ("header.png", "image/png"),
    ] {
        let path = format!("/static/{name}");
        let answer = server.get(&path);
        assert_eq!(
            (answer.status, answer.header("Content-Type")),
            (200, Some(content_type))
        );
        assert!(!answer.body.is_empty());
        let etag = answer.header("ETag").unwrap().to_owned();
        let again = server.request("GET", &path, &[("If-None-Match", &etag)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(
        server.get("/favicon.ico").header("Content-Type"),
        Some("image/png")
    );
    assert!(server.get("/robots.txt").text().contains("Disallow: /api/"));
}

#[test]
fn a_file_of_the_operator_wins_and_is_never_older_than_the_disk() {
    let server = TestServer::new();
    let folder = server.data().join("static");
    std::fs::create_dir_all(folder.join("front")).unwrap();
    std::fs::write(folder.join("style.css"), "body { color: red }").unwrap();
    std::fs::write(folder.join("front/app.js"), "1").unwrap();
    let first = server.get("/static/style.css");
    assert_eq!(first.text(), "body { color: red }");
    assert_eq!(
        server.get("/static/front/app.js").header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    let etag = first.header("ETag").unwrap().to_owned();
    let again = server.request("GET", "/static/style.css", &[("If-None-Match", &etag)], b"");
    assert_eq!(again.status, 304);
    std::fs::write(folder.join("style.css"), "body { color: green }").unwrap();
    let changed = server.request("GET", "/static/style.css", &[("If-None-Match", &etag)], b"");
    assert_eq!(changed.text(), "body { color: green }");
}

#[test]
fn no_path_leads_out_of_the_static_folder() {
    let server = TestServer::new();
    let folder = server.data().join("static");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(server.data().join("secret"), "no").unwrap();
    std::os::unix::fs::symlink(server.data().join("secret"), folder.join("link")).unwrap();
    for path in [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "%2Fetc%2Fpasswd",
        "link",
        "",
        ".",
        "a%00b",
        "nothing",
    ] {
        let answer = server.get(&format!("/static/{path}"));
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn an_unknown_page_says_so_to_people() {
    let server = TestServer::new();
    let answer = server.request("GET", "/nowhere", &[("Accept", "text/html")], b"");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<h1>Page not found</h1>"));
    assert!(
        answer
            .header("Content-Security-Policy")
            .unwrap()
            .contains("default-src 'none'")
    );
}

#[test]
fn a_profile_shows_who_it_is_and_what_everybody_may_read() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello <world>");
    alice.post_with("only for you", &[("visibility", "unlisted")]);
    alice.post_with("just friends", &[("visibility", "private")]);
    alice.post_with("a secret for nobody", &[("visibility", "direct")]);
    alice.post_with("only for people here", &[("visibility", "local")]);
    for path in ["/users/alice", "/@alice", "/users/Alice"] {
        let page = page(&server, path);
        assert!(
            page.contains("<h1>alice</h1>") && page.contains("@alice@127.0.0.1:4000"),
            "{path}"
        );
        assert!(
            page.contains("hello &lt;world&gt;") && page.contains("only for you"),
            "{path}"
        );
        for hidden in ["just friends", "a secret", "people here"] {
            assert!(!page.contains(hidden), "{path}: {hidden}");
        }
    }
    let page = page(&server, "/users/alice");
    assert!(
        page.contains("<meta property=\"og:title\" content=\"alice (@alice@127.0.0.1:4000)\">")
    );
    assert!(page.contains("<meta name=\"robots\" content=\"noindex, noarchive\">"));
    assert!(page.contains("/users/alice/feed.atom") && page.contains("/users/alice/feed.rss"));
}

#[test]
fn a_profile_that_nobody_may_see_is_not_there() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("hello");
    assert_eq!(server.get("/users/nobody").status, 404);
    server
        .sql()
        .execute("UPDATE accounts SET hidden = 1 WHERE id = ?1", [&alice.id])
        .unwrap();
    assert_eq!(server.get("/users/alice").status, 404);
    assert_eq!(server.get("/@alice").status, 404);
}

#[test]
fn a_profile_is_read_page_by_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for n in 0..25 {
        alice.post_status(&format!("number {n}."));
    }
    let first = page(&server, "/users/alice");
    assert!(
        first.contains("number 24.") && first.contains("number 5.") && !first.contains("number 4.")
    );
    let next = first
        .split("href=\"")
        .find(|part| part.contains("rel=\"next\""))
        .unwrap();
    let second = page(&server, next.split('"').next().unwrap());
    assert!(
        second.contains("number 4.")
            && second.contains("number 0.")
            && !second.contains("number 5.")
    );
    assert!(!second.contains("rel=\"next\"") && second.contains(">Newest<"));
}

#[test]
fn a_post_page_shows_the_thread_without_what_is_private() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let first = alice.post_status("the first word");
    let id = first["id"].as_str().unwrap();
    let reply = bob.post_with("@alice an open answer", &[("in_reply_to_id", id)]);
    bob.post_with(
        "@alice a whisper",
        &[("in_reply_to_id", id), ("visibility", "direct")],
    );
    let path = first["url"]
        .as_str()
        .unwrap()
        .strip_prefix(crate::support::BASE)
        .unwrap();
    let page_of_first = page(&server, path);
    assert!(page_of_first.contains("the first word") && page_of_first.contains("an open answer"));
    assert!(!page_of_first.contains("a whisper"));
    assert!(page_of_first.contains("<meta property=\"og:type\" content=\"article\">"));
    assert!(
        page_of_first.contains("<meta property=\"og:description\" content=\"the first word\">")
    );
    let page_of_reply = page(
        &server,
        &format!("/notice/{}", reply["id"].as_str().unwrap()),
    );
    assert!(
        page_of_reply.contains("the first word")
            && page_of_reply.contains(&format!("/notice/{id}"))
    );
}

#[test]
fn a_boost_says_who_boosted_and_its_address_leads_to_the_post() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let post = alice.post_status("worth reading");
    let boost = bob
        .post(
            &format!("/api/v1/statuses/{}/reblog", post["id"].as_str().unwrap()),
            &[],
        )
        .ok();
    let profile = page(&server, "/users/bob");
    assert!(profile.contains(">bob</a> boosted") && profile.contains("worth reading"));
    assert!(!page(&server, "/users/alice").contains("boosted"));
    let answer = server.get(&format!("/notice/{}", boost["id"].as_str().unwrap()));
    assert_eq!(
        (answer.status, answer.header("Location")),
        (302, post["url"].as_str())
    );
}

#[test]
fn private_posts_have_no_page() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for visibility in ["private", "direct", "local"] {
        let post = alice.post_with("quiet", &[("visibility", visibility)]);
        let path = format!("/notice/{}", post["id"].as_str().unwrap());
        assert_eq!(server.get(&path).status, 404, "{visibility}");
        assert_eq!(
            alice.get(&path).status,
            404,
            "pages are what anybody sees, whoever asks"
        );
    }
    for path in ["/notice/1", "/notice/abc", "/notice/99999999999999999999"] {
        assert_eq!(server.get(path).status, 404);
    }
}

#[test]
fn a_warning_hides_the_text_and_its_preview() {
    let server = TestServer::new();
    let post = server
        .user("alice")
        .post_with("the butler did it", &[("spoiler_text", "<Ending>")]);
    let page = page(
        &server,
        &format!("/notice/{}", post["id"].as_str().unwrap()),
    );
    assert!(page.contains("<details><summary>&lt;Ending&gt;</summary>"));
    assert!(
        page.contains("<meta property=\"og:description\" content=\"&#60;Ending&#62;\">"),
        "{page}"
    );
    assert_eq!(page.matches("the butler did it").count(), 1);
}

#[test]
fn names_and_texts_never_become_markup() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let evil = "\"><script>alert(1)</script>";
    server
        .sql()
        .execute(
            "UPDATE accounts SET display_name = ?1, emojis = '[]' WHERE id = ?2",
            [evil, &alice.id],
        )
        .unwrap();
    alice.post_with(evil, &[("spoiler_text", evil)]);
    for path in ["/", "/users/alice", "/tag/%22%3E%3Cscript%3E"] {
        let page = page(&server, path);
        assert!(!page.contains("<script"), "{path}: {page}");
        assert!(!page.contains("\"><scr"), "{path}");
    }
}

#[test]
fn a_tag_page_shows_public_posts_with_the_tag() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice.post_status("a #Cat");
    alice.post_with("a quiet #cat", &[("visibility", "unlisted")]);
    alice.post_status("a #dog");
    let page = page(&server, "/tag/cat");
    assert!(page.contains("<h1>#cat</h1>") && page.contains("/tag/cat"));
    assert!(!page.contains("a quiet") && !page.contains("/tag/dog"));
    assert_eq!(server.get("/tag/unheardof").status, 200);
}

#[test]
fn the_front_page_shows_the_place_and_what_people_here_say() {
    let server = TestServer::with(&[
        "instance.name=Our house",
        "instance.description=Two & a cat",
    ]);
    assert!(page(&server, "/").contains("Nobody lives here yet"));
    let alice = server.user("alice");
    alice.post_status("good morning");
    alice.post_with("not for the front", &[("visibility", "unlisted")]);
    let page = page(&server, "/");
    assert!(page.contains("<h1>Our house</h1>") && page.contains("Two &#38; a cat"));
    assert!(page.contains("good morning") && !page.contains("not for the front"));
    assert!(page.contains("127.0.0.1:4000"));
}

#[test]
fn a_closed_house_shows_its_name_and_nothing_else() {
    let server = TestServer::with(&["instance.public=false"]);
    let post = server.user("alice").post_status("good morning #cat");
    let page = page(&server, "/");
    assert!(!page.contains("good morning") && page.contains("for those who live here"));
    let notice = format!("/notice/{}", post["id"].as_str().unwrap());
    for path in ["/users/alice", "/@alice", "/tag/cat", &notice] {
        let answer = server.request("GET", path, &[("Accept", "text/html")], b"");
        assert_eq!(answer.status, 403, "{path}");
    }
}

/// The page at a path, after checking that browsers are told to run nothing that is not ours.
#[track_caller]
#[test]
fn a_poll_shows_its_options_and_counts_unless_these_are_hidden() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    let ask = |hide: &str| {
        let poll = [
            ("poll[options][]", "<tea>"),
            ("poll[options][]", "coffee"),
            ("poll[expires_in]", "3600"),
            ("poll[multiple]", "true"),
            ("poll[hide_totals]", hide),
        ];
        let posted = alice.post_with("what to drink?", &poll);
        let votes = format!(
            "/api/v1/polls/{}/votes",
            posted["poll"]["id"].as_str().unwrap()
        );
        bob.post(&votes, &[("choices[]", "0"), ("choices[]", "1")])
            .ok();
        carol.post(&votes, &[("choices[]", "0")]).ok();
        page(
            &server,
            &format!("/notice/{}", posted["id"].as_str().unwrap()),
        )
    };
    let shown = ask("false");
    for part in [
        "&lt;tea&gt;",
        "100 %",
        "50 %",
        "coffee",
        "2 people, open until ",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert!(!shown.contains("<tea>"));
    let hidden = ask("true");
    assert!(
        hidden.contains("coffee") && !hidden.contains(" %</b>"),
        "{hidden}"
    );
    // Afterwards it says so.
    server
        .sql()
        .execute("UPDATE polls SET expires_at = 1000", [])
        .unwrap();
    assert!(page(&server, "/users/alice").contains("2 people, closed"));
}

#[test]
fn a_quoted_post_stands_in_the_one_that_quotes_it_as_far_as_anybody_may_read_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let quoted = alice.post_with("first <words>", &[]);
    let id = quoted["id"].as_str().unwrap();
    let quoting = bob.post_with("as she said", &[("quote_id", id)]);
    let path = format!("/notice/{}", quoting["id"].as_str().unwrap());
    let shown = page(&server, &path);
    let inside = shown.split("<blockquote").nth(1).expect("a quote");
    let inside = inside.split("</blockquote>").next().unwrap();
    assert!(
        inside.contains("first &lt;words&gt;") && inside.contains("@alice@"),
        "{inside}"
    );
    assert!(inside.contains(quoted["url"].as_str().unwrap()));
    let revoke = format!(
        "/api/v1/statuses/{id}/quotes/{}/revoke",
        quoting["id"].as_str().unwrap()
    );
    alice.post(&revoke, &[]).ok();
    let shown = page(&server, &path);
    assert!(
        !shown.contains("first") && shown.contains("as she said"),
        "{shown}"
    );
}

fn page(server: &TestServer, path: &str) -> String {
    let answer = server.request("GET", path, &[("Accept", "text/html")], b"");
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(
        answer.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        answer
            .header("Content-Security-Policy")
            .unwrap()
            .contains("script-src 'self'")
    );
    answer.text()
}
