//! Search: words, handles, addresses, and what must not be found.

use serde_json::{Value, json};

use crate::planted::{delivered, pair, post, stranger};
use crate::support::{Answer, BASE, TestServer, TestUser, encode, ids};

fn query(parameters: &[(&str, &str)]) -> String {
    format!("/api/v2/search?{}", encode(parameters))
}

fn search(user: &TestUser, parameters: &[(&str, &str)]) -> Value {
    user.get(&query(parameters)).ok()
}

fn statuses(user: &TestUser, q: &str) -> Vec<String> {
    ids(&search(user, &[("q", q)])["statuses"])
}

fn accounts(user: &TestUser, q: &str) -> Vec<String> {
    ids(&search(user, &[("q", q)])["accounts"])
}

#[test]
fn all_three_lists_are_found_by_one_word_and_one_of_them_on_request() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let kettle = server.user("kettle");
    let post = post(&alice, "public", "my #kettle is on");
    let found = search(&alice, &[("q", "kettle")]);
    assert_eq!(ids(&found["accounts"]), [kettle.id.as_str()]);
    assert_eq!(ids(&found["statuses"]), [post.as_str()]);
    assert_eq!(found["hashtags"][0]["name"], "kettle");
    assert!(
        found["hashtags"][0]["url"]
            .as_str()
            .unwrap()
            .starts_with(BASE)
    );
    for kind in ["accounts", "statuses", "hashtags"] {
        let found = search(&alice, &[("q", "kettle"), ("type", kind)]);
        for list in ["accounts", "statuses", "hashtags"] {
            assert_eq!(
                found[list].as_array().unwrap().len(),
                usize::from(list == kind),
                "{kind} {list}"
            );
        }
    }
    let old = alice
        .get(&format!("/api/v1/search?{}", encode(&[("q", "kettle")])))
        .ok();
    assert_eq!(old["hashtags"], json!(["kettle"]));
    assert_eq!(ids(&old["statuses"]), [post]);
}

#[test]
fn a_search_for_nothing_is_refused_and_for_blanks_finds_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    alice
        .get("/api/v2/search")
        .refused(400, "Missing field: q.");
    let nothing = json!({"accounts": [], "statuses": [], "hashtags": []});
    assert_eq!(search(&alice, &[("q", "  ")]), nothing);
}

#[test]
fn statuses_need_all_words_and_come_newest_first() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let first = post(&alice, "public", "Green tea, please");
    let second = post(&alice, "unlisted", "black TEA");
    assert_eq!(statuses(&alice, "tea"), [second.as_str(), first.as_str()]);
    assert_eq!(statuses(&alice, "tea green"), [first.as_str()]);
    assert_eq!(statuses(&alice, "coffee"), [""; 0]);
    let page = |offset: &str| {
        let found = search(&alice, &[("q", "tea"), ("limit", "1"), ("offset", offset)]);
        ids(&found["statuses"])
    };
    assert_eq!(
        (page("0"), page("1"), page("2")),
        (vec![second], vec![first], vec![])
    );
}

#[test]
fn a_post_enters_the_index_between_jobs_and_at_the_latest_before_a_search() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let held = || -> i64 {
        let db = server.sql();
        db.query_row("SELECT count(*) FROM status_search", [], |row| row.get(0))
            .unwrap()
    };
    let first = post(&alice, "public", "first cup of tea");
    assert_eq!(held(), 0);
    server.run_jobs();
    assert_eq!(held(), 1);
    let second = post(&alice, "public", "second cup of tea");
    let edited = post(&alice, "public", "a cup of coffee");
    alice
        .put(
            &format!("/api/v1/statuses/{edited}"),
            &[("status", "a cup of cocoa")],
        )
        .ok();
    assert_eq!(statuses(&alice, "tea"), [second.clone(), first.clone()]);
    assert_eq!(statuses(&alice, "cocoa"), [edited.as_str()]);
    assert_eq!(statuses(&alice, "coffee"), [""; 0]);
    alice
        .put(
            &format!("/api/v1/statuses/{first}"),
            &[("status", "the first is water")],
        )
        .ok();
    assert_eq!(statuses(&alice, "tea"), [second.as_str()]);
    assert_eq!(statuses(&alice, "water"), [first.as_str()]);
    alice.delete(&format!("/api/v1/statuses/{second}")).ok();
    assert_eq!(statuses(&alice, "tea"), [""; 0]);
    assert_eq!(held(), 2);
}

#[test]
fn an_index_that_is_begun_anew_is_filled_in_batches_and_holds_everything_again() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let first = post(&alice, "public", "first cup of tea");
    // More than one batch.
    (0..250).for_each(|_| drop(post(&alice, "public", "coffee")));
    let last = post(&alice, "public", "last cup of tea");
    server.run_jobs();
    assert_eq!(statuses(&alice, "tea"), [last.as_str(), first.as_str()]);
    server
        .sql()
        .execute_batch(
            "INSERT INTO status_search (status_search) VALUES ('delete-all');
             DELETE FROM server_state WHERE key = 'status_search.reach'",
        )
        .unwrap();
    server.run_jobs();
    // It is whole before anybody searches.
    let held: i64 = server
        .sql()
        .query_row("SELECT count(*) FROM status_search", [], |row| row.get(0))
        .unwrap();
    assert_eq!(held, 252);
    assert_eq!(statuses(&alice, "tea"), [last.as_str(), first.as_str()]);
}

#[test]
fn nobody_finds_what_they_may_not_see() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let private = post(&alice, "private", "treasure under the #oak");
    let direct = post(&alice, "direct", "@bob the treasure is gone");
    let unlisted = post(&alice, "unlisted", "what treasure");
    assert_eq!(
        statuses(&alice, "treasure"),
        [unlisted.as_str(), direct.as_str(), private.as_str()]
    );
    assert_eq!(
        statuses(&bob, "treasure"),
        [unlisted.as_str(), direct.as_str()]
    );
    assert_eq!(search(&bob, &[("q", "oak")])["hashtags"], json!([]));
    assert_eq!(
        search(&alice, &[("q", "oak")])["hashtags"][0]["name"],
        "oak"
    );
    let stranger = server.get(&query(&[("q", "treasure")])).ok();
    assert_eq!(stranger["statuses"], json!([]));
    pair(&server, "blocks", &alice.id, &bob.id);
    assert_eq!(statuses(&bob, "treasure"), [""; 0]);
    assert_eq!(accounts(&bob, "alice"), [""; 0]);
    // toot looks up by search whom it is told to unblock.
    assert_eq!(accounts(&alice, "bob"), [bob.id.as_str()]);
    alice.delete(&format!("/api/v1/statuses/{unlisted}")).ok();
    assert_eq!(
        statuses(&alice, "treasure"),
        [direct.as_str(), private.as_str()]
    );
}

#[test]
fn statuses_of_a_blocked_domain_are_not_found() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = stranger(&server, "far", "remote.example");
    let post = delivered(&server, &far, "a remote teapot");
    assert_eq!(statuses(&alice, "teapot"), [post]);
    server
        .sql()
        .execute(
            "INSERT INTO domain_blocks (account_id, host) VALUES (?1, 'remote.example')",
            [&alice.id],
        )
        .unwrap();
    assert_eq!(statuses(&alice, "teapot"), [""; 0]);
    assert_eq!(accounts(&alice, "far"), [""; 0]);
}

#[test]
fn statuses_can_be_limited_to_an_author() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    post(&alice, "public", "tea");
    let of_bob = post(&bob, "public", "tea");
    let found = search(&alice, &[("q", "tea"), ("account_id", &bob.id)]);
    assert_eq!(ids(&found["statuses"]), [of_bob]);
}

#[test]
fn accounts_are_found_by_beginnings_handles_and_display_names() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let far = stranger(&server, "alina", "remote.example");
    assert_eq!(accounts(&alice, "ali").len(), 2);
    for handle in ["@alina@remote.example", "alina@remote.example", "alina"] {
        assert_eq!(accounts(&alice, handle), [far.as_str()], "{handle}");
    }
    for handle in ["@alice", "alice@127.0.0.1:4000", "@ALICE"] {
        assert_eq!(accounts(&alice, handle), [alice.id.as_str()], "{handle}");
    }
    let anonymous = server.get(&query(&[("q", "alina")])).ok();
    assert_eq!(ids(&anonymous["accounts"]), [far]);
}

#[test]
fn only_people_followed_are_found_when_asked_and_a_wrong_word_there_does_not_count() {
    let server = TestServer::new();
    let (alice, anna) = (server.user("alice"), server.user("anna"));
    server.user("anton");
    crate::planted::follow(&server, &alice.id, &anna.id);
    let found = |following: &str| {
        let found = search(&alice, &[("q", "an"), ("following", following)]);
        ids(&found["accounts"])
    };
    assert_eq!(found("true"), [anna.id.as_str()]);
    let related = search(&alice, &[("q", "anna"), ("with_relationships", "true")]);
    assert_eq!(
        related["accounts"][0]["pleroma"]["relationship"]["following"],
        true
    );
    for word in ["false", "statuses", ""] {
        assert_eq!(found(word).len(), 2, "{word}");
    }
}

#[test]
fn an_address_leads_to_the_one_thing_it_names() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    server.user("alice2");
    let public = alice.post_status("hello");
    let private = alice.post_with("secret", &[("visibility", "private")]);
    for key in ["url", "uri"] {
        let found = search(
            &bob,
            &[("q", public[key].as_str().unwrap()), ("resolve", "true")],
        );
        assert_eq!(
            ids(&found["statuses"]),
            [public["id"].as_str().unwrap()],
            "{key}"
        );
        assert_eq!(
            (&found["accounts"], &found["hashtags"]),
            (&json!([]), &json!([]))
        );
        let hidden = private[key].as_str().unwrap();
        assert_eq!(statuses(&bob, hidden), [""; 0], "{key}");
        assert_eq!(statuses(&alice, hidden).len(), 1, "{key}");
        let anonymous = server
            .get(&query(&[("q", public[key].as_str().unwrap())]))
            .ok();
        assert_eq!(ids(&anonymous["statuses"]).len(), 1, "{key}");
    }
    let far = stranger(&server, "far", "remote.example");
    let post = delivered(&server, &far, "hi");
    assert_eq!(
        statuses(&bob, &format!("https://planted.example/{post}")),
        [post]
    );
    assert_eq!(accounts(&bob, "https://remote.example/users/far"), [far]);
    for address in ["/users/alice", "/@alice"] {
        assert_eq!(
            accounts(&bob, &format!("{BASE}{address}")),
            [alice.id.as_str()],
            "{address}"
        );
    }
    assert_eq!(
        accounts(&bob, "https://elsewhere.example/users/alice"),
        [""; 0]
    );
}

#[test]
fn tags_are_found_by_their_beginning_the_exact_one_first() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for text in ["#catalogue", "#catalogue again", "#cat", "#dog", "#Straße"] {
        alice.post_status(text);
    }
    let names = |q: &str| -> Vec<String> {
        let found = search(&alice, &[("q", q)]);
        let tags = found["hashtags"].as_array().unwrap().iter();
        tags.map(|tag| tag["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("#CAT"), ["cat", "catalogue"]);
    assert_eq!(names("cata"), ["catalogue"]);
    assert_eq!(names("stra"), ["straße"]);
    assert_eq!(names("c%"), [""; 0]);
    assert_eq!(names("a"), [""; 0]);
}

#[test]
fn operators_narrow_a_search_with_words_and_without() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let far = stranger(&server, "Far", "remote.example");
    let of_far = delivered(&server, &far, "remote tea");
    let plain = post(&alice, "public", "green tea");
    let reply = bob.post_with(
        "black tea",
        &[("in_reply_to_id", &plain), ("language", "de")],
    );
    let reply = reply["id"].as_str().unwrap();
    let sensitive = bob.post_with(
        "tea and milk",
        &[("sensitive", "true"), ("visibility", "unlisted")],
    );
    let sensitive = sensitive["id"].as_str().unwrap();
    let found = |q: &str| statuses(&alice, q);
    assert_eq!(found("tea from:me"), [plain.as_str()]);
    assert_eq!(found("tea from:bob"), [sensitive, reply]);
    assert_eq!(found("from:@bob@127.0.0.1:4000"), [sensitive, reply]);
    assert_eq!(found("from:Far@remote.example"), [of_far.as_str()]);
    assert_eq!(found("tea from:nobody"), [""; 0]);
    assert_eq!(found("tea is:reply"), [reply]);
    assert_eq!(
        found("tea -is:reply -is:sensitive"),
        [plain.as_str(), of_far.as_str()]
    );
    assert_eq!(found("is:sensitive"), [sensitive]);
    assert_eq!(found("language:de"), [reply]);
    assert_eq!(found("tea -milk -green from:bob"), [reply]);
    assert_eq!(found("\"green tea\""), [plain.as_str()]);
    assert_eq!(found("\"tea green\""), [""; 0]);
    assert_eq!(found("tea in:public from:bob"), [reply]);
    assert_eq!(found("-tea"), [""; 0]);
    server
        .sql()
        .execute(
            "UPDATE statuses SET created_at = unixepoch('2020-02-02') * 1000 + 5 WHERE id = ?1",
            [&plain],
        )
        .unwrap();
    assert_eq!(found("tea before:2020-02-03"), [plain.as_str()]);
    assert_eq!(found("during:2020-02-02"), [plain.as_str()]);
    assert_eq!(found("tea before:2020-02-02"), [""; 0]);
    assert_eq!(found("tea after:2020-02-02").len(), 3);
}

#[test]
fn the_library_is_what_one_wrote_is_named_in_or_kept() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let own = post(&alice, "public", "tea of my own");
    let other = post(&bob, "public", "tea of bob");
    let named = post(&bob, "public", "tea for @alice");
    let (liked, kept, boosted) = (
        post(&bob, "public", "tea 1"),
        post(&bob, "public", "tea 2"),
        post(&bob, "public", "tea 3"),
    );
    for (id, verb) in [
        (&liked, "favourite"),
        (&kept, "bookmark"),
        (&boosted, "reblog"),
    ] {
        alice
            .post(&format!("/api/v1/statuses/{id}/{verb}"), &[])
            .ok();
    }
    assert_eq!(
        statuses(&alice, "tea in:library"),
        [boosted, kept, liked, named, own]
    );
    assert_eq!(
        statuses(&bob, "tea in:library").first(),
        statuses(&bob, "tea from:me").first()
    );
    assert!(statuses(&alice, "tea in:all").contains(&other));
}

#[test]
fn posts_with_media_are_found_by_what_it_is() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let pictured = post(&alice, "public", "a picture");
    post(&alice, "public", "no picture");
    server
        .sql()
        .execute(
            "INSERT INTO media (id, account_id, status_id, kind, mime, created_at) VALUES (1, ?1, ?2, 'image', 'image/png', 0)",
            [&alice.id, &pictured],
        )
        .unwrap();
    assert_eq!(statuses(&alice, "has:image"), [pictured.as_str()]);
    assert_eq!(statuses(&alice, "picture has:media"), [pictured.as_str()]);
    let asked = alice.post_with(
        "a question",
        &[
            ("poll[options][]", "yes"),
            ("poll[options][]", "no"),
            ("poll[expires_in]", "3600"),
        ],
    );
    let asked = asked["id"].as_str().unwrap();
    assert_eq!(statuses(&alice, "has:poll"), [asked]);
    assert!(!statuses(&alice, "-has:poll from:me").contains(&asked.to_owned()));
    let linked = post(&alice, "public", "read https://far.example/page");
    server.run_jobs();
    server
        .sql()
        .execute_batch(&format!(
            "INSERT OR IGNORE INTO cards (id, url, fetched_at) VALUES (7, 'https://far.example/page', 0);
             UPDATE statuses SET card_id = (SELECT id FROM cards LIMIT 1) WHERE id = {linked}"
        ))
        .unwrap();
    assert_eq!(statuses(&alice, "has:link"), [linked.as_str()]);
    assert_eq!(statuses(&alice, "has:video"), [""; 0]);
    assert_eq!(statuses(&alice, "picture -has:media").len(), 1);
}

#[test]
fn languages_without_spaces_are_searched_by_any_part_of_a_sentence() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let tokyo = post(&alice, "public", "明日は東京タワーに行きます");
    let thai = post(&alice, "public", "ฉันรักแมวมาก");
    let korean = post(&alice, "public", "고양이를 좋아해요");
    for (q, id) in [
        ("東京", &tokyo),
        ("東京タワー", &tokyo),
        ("京", &tokyo),
        ("行きます", &tokyo),
        ("รักแมว", &thai),
        ("고양이", &korean),
    ] {
        assert_eq!(statuses(&alice, q), [id.as_str()], "{q}");
    }
    assert_eq!(statuses(&alice, "京東"), [""; 0]);
    let mixed = post(&alice, "public", "Rustで書く");
    assert_eq!(statuses(&alice, "rust"), [mixed.as_str()]);
    assert_eq!(statuses(&alice, "書く"), [mixed.as_str()]);
}

#[test]
fn a_limit_is_clamped_never_refused() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for number in 0..45 {
        alice.post_status(&format!("tea number {number}"));
    }
    for (limit, expected) in [("1000", 40), ("x", 20), ("", 20), ("0", 1), ("-5", 1)] {
        let found = search(&alice, &[("q", "tea"), ("limit", limit), ("offset", "-1")]);
        assert_eq!(ids(&found["statuses"]).len(), expected, "{limit}");
    }
}

#[test]
fn sec_p6_no_input_speaks_to_the_search_engine() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let post = post(&alice, "public", "plain words here");
    let quotes = "\"".repeat(10_000);
    let words = "plain ".repeat(2_000);
    for input in [
        "%",
        "_",
        "\"",
        "'",
        "NEAR(",
        "NEAR(plain words, 2)",
        "*",
        "pl*",
        "content:plain",
        "plain OR nothing",
        "plain NOT words",
        "'; DROP TABLE statuses; --",
        "a\0b",
        "\u{202e}",
        "\u{1f355}",
        "(((",
        &quotes,
    ] {
        let answer: Answer = alice.get(&query(&[("q", input)]));
        assert_eq!(answer.status, 200, "{input}: {}", answer.text());
        assert_eq!(answer.ok()["statuses"], json!([]), "{input}");
    }
    assert_eq!(
        statuses(&alice, "\"plain\" (words)* ^here"),
        [post.as_str()]
    );
    assert_eq!(statuses(&alice, &words), [post.as_str()]);
}

#[test]
fn a_closed_instance_lets_no_stranger_search() {
    let server = TestServer::with(&["instance.public=false"]);
    server
        .get(&query(&[("q", "x")]))
        .refused(403, "This resource requires authentication.");
}
