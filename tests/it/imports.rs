//! Follows, blocks and mutes from lists, and what became of each name (pleroma-contract 2).

use serde_json::{Value, json};

use crate::oauth::{CALLBACK, Client, text};
use crate::support::{TestServer, TestUser, multipart};

/// Sends a list as a file, as front ends do.
fn upload(user: &TestUser, kind: &str, list: &str) {
    let (content_type, body) = multipart("list", "list.csv", list.as_bytes(), &[]);
    let path = format!("/api/pleroma/{kind}_import");
    let answer = user.request("POST", &path, &[("Content-Type", &content_type)], &body);
    assert_eq!(answer.ok(), "job started");
}

/// Names and states of the newest import.
fn outcome(user: &TestUser) -> Vec<(String, String)> {
    let imports = user.get("/api/v1/pleroma/imports").ok();
    let id = text(&imports[0], "id");
    let people = user
        .get(&format!("/api/v1/pleroma/imports/{id}/accounts"))
        .ok();
    let pairs = people.as_array().unwrap().iter();
    pairs
        .map(|person| {
            (
                text(person, "account").to_owned(),
                text(person, "state").to_owned(),
            )
        })
        .collect()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|account| text(account, "username"))
        .collect()
}

fn following(user: &TestUser) -> Value {
    user.get(&format!("/api/v1/accounts/{}/following", user.id))
        .ok()
}

/// Somebody elsewhere whom this server knows already.
fn remote(server: &TestServer, name: &str) -> String {
    let uri = format!("https://remote.example/users/{name}");
    server
        .sql()
        .execute(
            "INSERT INTO accounts (id, username, host, uri, url, created_at)
             VALUES ((SELECT max(id) + 1 FROM accounts), ?1, 'remote.example', ?2, ?2, 0)",
            [name, &uri],
        )
        .unwrap();
    uri
}

#[test]
fn every_way_to_name_somebody_is_understood() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for name in ["bob", "carol", "dave", "erin", "frank", "grace"] {
        server.user(name);
    }
    let lain = remote(&server, "lain");
    remote(&server, "Rin");
    let list = format!(
        "Account address,Show boosts\r\nbob,true\r\n@carol,false\r\n\r\ndave@127.0.0.1:4000\n\n@erin@127.0.0.1,true\n\
         http://127.0.0.1:4000/users/frank\n  {lain} grace\t@Rin@remote.example\n"
    );
    upload(&alice, "follow", &list);
    assert_eq!(outcome(&alice)[0], ("bob".into(), "waiting".into()));
    server.run_jobs();
    let states: Vec<String> = outcome(&alice)
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    let done = ["done"; 5]
        .into_iter()
        .chain(["requested", "done", "requested"]);
    assert!(states.iter().eq(done), "{states:?}");
    let mut followed = names(&following(&alice)).join(" ");
    assert_eq!(followed, "grace frank erin dave carol bob");
    followed.clear();
    let row: Value = alice.get("/api/v1/pleroma/imports").ok()[0].take();
    assert_eq!(
        (
            &row["type"],
            &row["total"],
            &row["done"],
            &row["failed"],
            &row["waiting"]
        ),
        (
            &json!("follows"),
            &json!(8),
            &json!(8),
            &json!(0),
            &json!(0)
        )
    );
    assert!(row["finished_at"].is_string());
}

#[test]
fn a_list_may_be_text_in_a_form_in_json_or_in_the_query() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for name in ["bob", "carol", "dave", "erin"] {
        server.user(name);
    }
    let path = "/api/pleroma/follow_import";
    alice.post(path, &[("list", "bob\n")]).ok();
    alice.json("POST", path, &json!({"list": "carol"})).ok();
    alice.json("POST", path, &json!({"list": ["@dave"]})).ok();
    alice
        .post("/api/v1/pleroma/follow_import?list=erin", &[])
        .ok();
    server.run_jobs();
    assert_eq!(names(&following(&alice)), ["erin", "dave", "carol", "bob"]);
    alice.post(path, &[]).refused(400, "Missing field: list.");
    // Nothing happens, and that is no error.
    assert_eq!(alice.post(path, &[("list", " \n,\n")]).ok(), "job started");
    assert_eq!(
        alice
            .get("/api/v1/pleroma/imports")
            .ok()
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn mastodons_own_files_are_read_with_all_that_they_say() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let (bob, carol, dave) = (
        server.user("bob"),
        server.user("carol"),
        server.user("dave"),
    );
    let relationship = |user: &TestUser| {
        let path = format!("/api/v1/accounts/relationships?id={}", user.id);
        alice.get(&path).ok()[0].take()
    };
    upload(
        &alice,
        "follow",
        "Account address,Show boosts,Notify on new posts,Languages\n\
         bob@127.0.0.1:4000,false,true,\"de, en\"\ncarol@127.0.0.1:4000,true,false,\n",
    );
    upload(
        &alice,
        "mutes",
        "Account address,Hide notifications\ncarol@127.0.0.1:4000,false\ndave@127.0.0.1:4000,true\n",
    );
    server.run_jobs();
    let (of_bob, of_carol, of_dave) = (
        relationship(&bob),
        relationship(&carol),
        relationship(&dave),
    );
    let said = |of: &Value| {
        (
            of["following"].clone(),
            of["showing_reblogs"].clone(),
            of["notifying"].clone(),
        )
    };
    assert_eq!(said(&of_bob), (json!(true), json!(false), json!(true)));
    assert_eq!(of_bob["languages"], json!(["de", "en"]));
    assert_eq!(said(&of_carol), (json!(true), json!(true), json!(false)));
    let mute = |of: &Value| (of["muting"].clone(), of["muting_notifications"].clone());
    assert_eq!(mute(&of_carol), (json!(true), json!(false)));
    assert_eq!(mute(&of_dave), (json!(true), json!(true)));
    upload(
        &alice,
        "blocks",
        "bob@127.0.0.1:4000\ndave@127.0.0.1:4000\n",
    );
    server.run_jobs();
    assert_eq!(names(&alice.get("/api/v1/blocks").ok()), ["dave", "bob"]);
    assert_eq!(relationship(&bob)["following"], false);
}

#[test]
fn lists_of_blocks_and_mutes_may_be_separated_by_spaces() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for name in ["bob", "carol", "dave"] {
        server.user(name);
    }
    for (kind, path) in [("blocks", "/api/v1/blocks"), ("mutes", "/api/v1/mutes")] {
        let list = "bob @carol http://127.0.0.1:4000/users/dave";
        alice
            .post(&format!("/api/pleroma/{kind}_import"), &[("list", list)])
            .ok();
        server.run_jobs();
        assert_eq!(names(&alice.get(path).ok()), ["dave", "carol", "bob"]);
    }
}

#[test]
fn a_list_that_was_exported_here_is_understood_again() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.follow(&alice);
    server.user("carol");
    for name in ["carol", "alice"] {
        bob.post("/api/pleroma/mutes_import", &[("list", name)])
            .ok();
    }
    server.run_jobs();
    for (kind, path) in [("follow", "follows"), ("mutes", "mutes")] {
        let exported = bob.get(&format!("/settings/exports/{path}.csv")).text();
        assert!(exported.contains("@127.0.0.1:4000"), "{exported}");
        let dave = server.user(&format!("dave_{kind}"));
        upload(&dave, kind, &exported);
        server.run_jobs();
        assert!(outcome(&dave).iter().all(|(_, state)| state == "done"));
    }
}

#[test]
fn what_cannot_be_done_is_skipped_and_told_name_by_name() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    server.user("dave");
    bob.post(&format!("/api/v1/accounts/{}/block", alice.id), &[])
        .ok();
    carol
        .patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
    let list = "nobody\nbob\nalice\nfar@unknown.example\ncarol\ndave";
    upload(&alice, "follow", list);
    server.run_jobs();
    let id = text(&alice.get("/api/v1/pleroma/imports").ok()[0], "id").to_owned();
    let path = format!("/api/v1/pleroma/imports/{id}");
    let row = alice.get(&path).ok();
    assert_eq!((&row["done"], &row["failed"]), (&json!(2), &json!(4)));
    let failed = alice.get(&format!("{path}/accounts?state=failed")).ok();
    let errors: Vec<(&str, &str)> = failed
        .as_array()
        .unwrap()
        .iter()
        .map(|person| (text(person, "account"), text(person, "error")))
        .collect();
    let unknown = "There is no such account, or its server does not answer";
    assert_eq!(
        errors,
        [
            ("nobody", unknown),
            ("bob", "Could not follow user: bob is blocking you"),
            ("alice", "Can not follow yourself"),
            ("far@unknown.example", unknown),
        ]
    );
    let requested = alice.get(&format!("{path}/accounts?state=requested")).ok();
    assert_eq!(
        requested,
        json!([{"position": 4, "account": "carol", "state": "requested", "error": null}])
    );
    let rest = alice.get(&format!("{path}/accounts?after=3&limit=1")).ok();
    assert_eq!(rest[0]["account"], "carol");
    assert_eq!(rest.as_array().unwrap().len(), 1);
}

#[test]
fn nobody_reads_what_another_imported() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    upload(&alice, "blocks", "bob");
    let id = text(&alice.get("/api/v1/pleroma/imports").ok()[0], "id").to_owned();
    assert_eq!(bob.get("/api/v1/pleroma/imports").ok(), json!([]));
    for id in [id.as_str(), "1", "x"] {
        for rest in ["", "/accounts"] {
            bob.get(&format!("/api/v1/pleroma/imports/{id}{rest}"))
                .refused(404, "Record not found");
        }
    }
}

#[test]
fn each_import_needs_its_scope() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.user("bob");
    let ask = |scopes: &str, kind: &str| {
        let client = Client::with(&server, scopes, CALLBACK);
        let token = client.login(&alice);
        let bearer = format!("Bearer {}", text(&token, "access_token"));
        let target = format!("/api/pleroma/{kind}_import?list=bob");
        server.request("POST", &target, &[("Authorization", &bearer)], b"")
    };
    for (kind, scope) in [
        ("follow", "follows"),
        ("blocks", "blocks"),
        ("mutes", "mutes"),
    ] {
        for enough in ["write", "follow", &format!("write:{scope}")] {
            assert_eq!(ask(enough, kind).ok(), "job started", "{enough}");
        }
        for lacking in ["something", "read", "write:statuses"] {
            let refused = format!("Insufficient permissions: follow | write:{scope}.");
            ask(lacking, kind).refused(403, &refused);
        }
    }
}

#[test]
fn a_list_longer_than_anybody_needs_is_refused_whole() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let list = "a\n".repeat(20_001);
    let (content_type, body) = multipart("list", "list.csv", list.as_bytes(), &[]);
    let headers = [("Content-Type", content_type.as_str())];
    alice
        .request("POST", "/api/pleroma/blocks_import", &headers, &body)
        .refused(422, "The list has more than 20000 accounts");
    assert_eq!(alice.get("/api/v1/pleroma/imports").ok(), json!([]));
}

#[test]
fn other_work_has_its_turn_between_the_parts_of_a_long_list() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    upload(&alice, "follow", &"nobody\n".repeat(50));
    // What is queued in the same millisecond has no order.
    std::thread::sleep(std::time::Duration::from_millis(2));
    upload(&bob, "blocks", "nobody\n");
    std::thread::sleep(std::time::Duration::from_millis(2));
    // The first part of the list, then the other list, before the second part. What does not wait for other servers waits
    // for neither.
    alice.post("/auth/password", &[("email", "alice@example.com")]);
    kenoma::jobs::runner::run_due(&server.app).unwrap();
    assert_eq!(server.mails().len(), 1);
    let one = || {
        let lease = std::time::Duration::from_secs(60);
        let job = server
            .app
            .db()
            .write(|tx| kenoma::db::jobs::lease(tx, lease, true))
            .unwrap()
            .unwrap();
        let kind = kenoma::jobs::KINDS
            .iter()
            .find(|kind| kind.name == job.kind)
            .unwrap();
        (kind.work)(&server.app, &job);
        job.id
    };
    let (first, second, third) = (one(), one(), one());
    assert!(first == third && first != second);
    server.run_jobs();
    assert!(server.jobs("import_people").is_empty());
    assert_eq!(alice.get("/api/v1/pleroma/imports").ok()[0]["failed"], 50);
}

#[test]
fn an_import_ends_with_its_account() {
    let server = TestServer::new();
    let alice = server.user("alice");
    upload(&alice, "follow", &"nobody\n".repeat(50));
    alice
        .post(
            "/api/pleroma/delete_account",
            &[("password", &alice.password)],
        )
        .ok();
    server.run_jobs();
    let left: i64 = server
        .sql()
        .query_row(
            "SELECT (SELECT count(*) FROM import_rows) + (SELECT count(*) FROM jobs)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn what_is_exported_can_be_imported_by_somebody_else() {
    let server = TestServer::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| server.user(name));
    let make = |path: &str, form: &[(&str, &str)]| alice.post(path, form).ok();
    let list = make("/api/v1/lists", &[("title", "Friends, old")]);
    let members = format!("/api/v1/lists/{}/accounts", text(&list, "id"));
    make(&members, &[("account_ids[]", &carol.id)]);
    make("/api/v1/domain_blocks", &[("domain", "bad.example")]);
    let kept = carol.post_status("worth keeping");
    make(
        &format!("/api/v1/statuses/{}/bookmark", text(&kept, "id")),
        &[],
    );
    for kind in ["lists", "domain_blocks", "bookmarks"] {
        let file = alice.get(&format!("/settings/exports/{kind}.csv")).text();
        // Twice is once.
        for _ in 0..2 {
            upload(&bob, kind, &file);
            server.run_jobs();
        }
        let states: Vec<String> = outcome(&bob).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["done"], "{kind}");
        assert_eq!(
            bob.get("/api/v1/pleroma/imports").ok()[0]["type"],
            kind,
            "the newest import"
        );
        let again = bob.get(&format!("/settings/exports/{kind}.csv")).text();
        assert_eq!(again, file, "{kind}");
    }
    let lists = bob.get("/api/v1/lists").ok();
    assert_eq!(lists.as_array().unwrap().len(), 1);
    let members = format!("/api/v1/lists/{}/accounts", text(&lists[0], "id"));
    assert_eq!(names(&bob.get(&members).ok()), ["carol"]);
    assert_eq!(
        bob.get("/api/v1/domain_blocks").ok(),
        json!(["bad.example"])
    );
    assert_eq!(bob.get("/api/v1/bookmarks").ok()[0]["id"], kept["id"]);
}

#[test]
fn lines_that_name_nothing_are_told_with_the_reason() {
    let server = TestServer::with(&["federation.enabled=false"]);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let hidden = bob.post_with("not for you", &[("visibility", "private")]);
    let hidden = text(&hidden, "uri");
    let person = bob.get("/api/v1/accounts/verify_credentials").ok();
    let reasons = |kind: &str, list: &str| {
        upload(&alice, kind, list);
        server.run_jobs();
        let imports = alice.get("/api/v1/pleroma/imports").ok();
        let path = format!(
            "/api/v1/pleroma/imports/{}/accounts",
            text(&imports[0], "id")
        );
        let people = alice.get(&path).ok();
        let rows = people.as_array().unwrap().iter();
        rows.map(|row| text(row, "error").to_owned())
            .collect::<Vec<_>>()
    };
    let no_post = "There is no such post, or its server does not answer";
    let list = format!("{hidden}\nhttps://far.example/1\n{}", text(&person, "uri"));
    assert_eq!(
        reasons("bookmarks", &list),
        ["Record not found", no_post, no_post]
    );
    assert_eq!(alice.get("/api/v1/bookmarks").ok(), json!([]));
    assert_eq!(
        reasons("domain_blocks", "no host\n"),
        ["That is not the name of a server"]
    );
    let no_account = "There is no such account, or its server does not answer";
    assert_eq!(reasons("lists", "friends,nobody\n"), [no_account]);
    assert_eq!(alice.get("/api/v1/lists").ok(), json!([]));
    let long = format!("{},bob\n", "x".repeat(257));
    assert_eq!(
        reasons("lists", &long),
        ["The title is longer than 256 characters"]
    );
    for kind in ["domain_blocks_import", "lists_import", "bookmarks_import"] {
        alice
            .post(&format!("/api/pleroma/{kind}"), &[])
            .refused(400, "Missing field: list.");
    }
}
