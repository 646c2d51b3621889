//! The own login: deleting and disabling the account, changing address and password (pleroma-contract 4, 5 and 16).

use serde_json::json;

use crate::oauth::{Client, text, whoami};
use crate::support::{Answer, TestServer, TestUser, multipart};

fn delete_account(user: &TestUser, form: &[(&str, &str)]) -> Answer {
    user.post("/api/pleroma/delete_account", form)
}

/// What deleting and disabling have in common.
fn assert_shut(server: &TestServer, user: &TestUser) {
    whoami(server, &user.token).refused(403, "Invalid credentials.");
    let refused = Client::new(server).password(&user.name, &user.password);
    let body = refused.with_status(403);
    assert_eq!(body["identifier"], "account_is_disabled");
    assert_eq!(body["error"], "Your account is currently disabled");
    server
        .get(&format!("/api/v1/accounts/{}", user.id))
        .refused(404, "Can't find user");
}

#[test]
fn a_wrong_or_missing_password_changes_nothing_and_is_told_with_200() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let fields = [
        ("email", "new@example.com"),
        ("new_password", "a-new-password"),
        ("new_password_confirmation", "a-new-password"),
    ];
    for path in [
        "delete_account",
        "disable_account",
        "change_email",
        "change_password",
    ] {
        for password in [None, Some(""), Some("wrong")] {
            let mut form = fields.to_vec();
            form.extend(password.map(|password| ("password", password)));
            let answer = alice.post(&format!("/api/v1/pleroma/{path}"), &form).ok();
            assert_eq!(answer, json!({"error": "Invalid password."}), "{path}");
        }
    }
    let me = whoami(&server, &alice.token).ok();
    assert_eq!(me["pleroma"]["email"], "alice@example.com");
    Client::new(&server).login(&alice);
}

#[test]
fn a_token_without_the_scope_ends_no_account() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::with(&server, "read write:statuses", crate::oauth::CALLBACK);
    let token = client.login(&alice);
    let bearer = format!("Bearer {}", text(&token, "access_token"));
    for path in [
        "delete_account",
        "disable_account",
        "change_email",
        "change_password",
    ] {
        let target = format!("/api/pleroma/{path}?password={}", alice.password);
        server
            .request("POST", &target, &[("Authorization", &bearer)], b"")
            .refused(403, "Insufficient permissions: write:accounts.");
    }
}

#[test]
fn a_deleted_account_is_shut_at_once_and_its_name_stays_taken() {
    let server = TestServer::with(&["instance.registrations_open=true", "captcha.enabled=false"]);
    let alice = server.user("alice");
    let client = Client::new(&server);
    let form = [("password", alice.password.as_str())];
    assert_eq!(
        delete_account(&alice, &form).ok(),
        json!({"status": "success"})
    );
    assert_shut(&server, &alice);
    server.run_jobs();
    assert_shut(&server, &alice);
    let app = client.grant("client_credentials", &[]).ok();
    let bearer = format!("Bearer {}", text(&app, "access_token"));
    let again = |name: &str| {
        let form = crate::support::encode(&[
            ("username", name),
            ("password", "another-password"),
            ("agreement", "true"),
            ("email", "alice@example.com"),
        ]);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        server.request("POST", "/api/v1/accounts", &headers, form.as_bytes())
    };
    let refused = again("alice").with_status(400);
    assert!(
        text(&refused, "error").contains("has already been taken"),
        "{refused}"
    );
    // The address is free again.
    again("alice2").ok();
}

/// How many rows a query counts.
fn count(server: &TestServer, sql: &str, user: &TestUser) -> i64 {
    server
        .sql()
        .query_row(sql, [&user.id], |row| row.get(0))
        .unwrap()
}

#[test]
fn everything_of_a_deleted_account_goes_and_nothing_of_others() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let picture = include_bytes!("../../static/avatar.png");
    let media = alice
        .upload("POST", "/api/v1/media", "file", "a.png", picture, &[])
        .ok();
    alice
        .upload("POST", "/api/v1/media", "file", "b.png", picture, &[])
        .ok();
    alice
        .upload(
            "PATCH",
            "/api/v1/accounts/update_credentials",
            "avatar",
            "c.png",
            picture,
            &[],
        )
        .ok();
    let files = || {
        std::fs::read_dir(server.data().join("uploads"))
            .unwrap()
            .count()
    };
    assert!(files() >= 3);
    let hers = alice.post_with("hi @bob", &[("media_ids[]", text(&media, "id"))]);
    let his = bob.post_status("hello");
    let (hers, his) = (text(&hers, "id"), text(&his, "id"));
    alice.follow(&bob);
    bob.follow(&alice);
    for verb in ["favourite", "reblog", "bookmark"] {
        alice
            .post(&format!("/api/v1/statuses/{his}/{verb}"), &[])
            .ok();
        bob.post(&format!("/api/v1/statuses/{hers}/{verb}"), &[])
            .ok();
    }
    alice
        .put(&format!("/api/v1/pleroma/statuses/{his}/reactions/🐈"), &[])
        .ok();
    let answer = bob.post_with("and you?", &[("in_reply_to_id", hers)]);
    assert!(
        !bob.get("/api/v1/notifications")
            .ok()
            .as_array()
            .unwrap()
            .is_empty()
    );

    delete_account(&alice, &[("password", &alice.password)]).ok();
    server.run_jobs();
    assert_eq!(files(), 0);
    bob.get(&format!("/api/v1/statuses/{hers}"))
        .refused(404, "Record not found");
    let post = bob.get(&format!("/api/v1/statuses/{his}")).ok();
    assert_eq!(
        (&post["favourites_count"], &post["reblogs_count"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(post["pleroma"]["emoji_reactions"], json!([]));
    let me = bob.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(
        (&me["followers_count"], &me["following_count"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(bob.get("/api/v1/notifications").ok(), json!([]));
    assert_eq!(bob.get("/api/v1/bookmarks").ok(), json!([]));
    // His answer stays, to nobody.
    let answer = bob
        .get(&format!("/api/v1/statuses/{}", text(&answer, "id")))
        .ok();
    assert_eq!(answer["in_reply_to_id"], json!(null));
    let tombstones = "SELECT count(*) FROM tombstones WHERE ?1 <> ''";
    assert_eq!(
        count(&server, tombstones, &alice),
        2,
        "the post and the reblog"
    );
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM accounts WHERE id = ?1 AND avatar IS NULL",
            &alice
        ),
        1
    );
    assert!(server.jobs("delete_account").is_empty());
}

#[test]
fn a_disabled_account_keeps_its_posts_for_the_admin_who_brings_it_back() {
    let server = TestServer::new();
    let (root, alice, bob) = (
        server.admin("root"),
        server.user("alice"),
        server.user("bob"),
    );
    let post = alice.post_status("still here");
    alice.follow(&bob);
    bob.follow(&alice);
    // The parameter may come in the query too.
    let path = format!("/api/pleroma/disable_account?password={}", alice.password);
    assert_eq!(alice.post(&path, &[]).ok(), json!({"status": "success"}));
    assert_shut(&server, &alice);
    let of_bob = bob.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(
        of_bob["followers_count"], 0,
        "she follows nobody here any more"
    );
    let names = json!({"nicknames": ["alice"]});
    root.json("PATCH", "/api/pleroma/admin/users/activate", &names)
        .ok();
    Client::new(&server).login(&alice);
    let statuses = bob
        .get(&format!("/api/v1/accounts/{}/statuses", alice.id))
        .ok();
    assert_eq!(statuses[0]["id"], post["id"]);
    let relationship = bob
        .get(&format!("/api/v1/accounts/relationships?id={}", alice.id))
        .ok();
    assert_eq!(
        (
            &relationship[0]["following"],
            &relationship[0]["followed_by"]
        ),
        (&json!(true), &json!(false))
    );
}

#[test]
fn a_new_address_counts_at_once_and_bad_ones_are_told_apart() {
    let server = TestServer::new();
    let alice = server.user("alice");
    server.user("bob");
    let client = Client::new(&server);
    server.post_form("/auth/password", &[("email", "alice@example.com")]);
    let change = |form: &[(&str, &str)]| {
        let mut all = vec![("password", alice.password.as_str())];
        all.extend_from_slice(form);
        alice.post("/api/pleroma/change_email", &all).ok()
    };
    let blank = json!({"error": "Email can't be blank."});
    assert_eq!(change(&[]), blank);
    assert_eq!(change(&[("email", "")]), blank);
    for email in ["foobar", "a@b@c", "a%b@example.com"] {
        assert_eq!(
            change(&[("email", email)]),
            json!({"error": "Email has invalid format."})
        );
    }
    assert_eq!(
        change(&[("email", "BOB@example.com")]),
        json!({"error": "Email has already been taken."})
    );
    let success = json!({"status": "success"});
    assert_eq!(
        change(&[("email", "Alice@example.com")]),
        success,
        "her own, in another case"
    );
    assert_eq!(change(&[("email", "new@example.com")]), success);
    client.password("new@example.com", &alice.password).ok();
    client
        .password("alice@example.com", &alice.password)
        .refused(400, "Invalid credentials");
    // A link that went to the old address opens nothing.
    let links = "SELECT count(*) FROM password_resets WHERE account_id = ?1";
    assert_eq!(count(&server, links, &alice), 0);
}

#[test]
fn a_new_password_ends_every_session() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let client = Client::new(&server);
    let other = client.login(&alice);
    let change = |new: Option<&str>, again: Option<&str>| {
        let mut form = vec![("password", alice.password.as_str())];
        form.extend(new.map(|text| ("new_password", text)));
        form.extend(again.map(|text| ("new_password_confirmation", text)));
        // As front ends send it.
        let (kind, body) = multipart("x", "x", b"", &form);
        let path = "/api/pleroma/change_password";
        alice
            .request("POST", path, &[("Content-Type", &kind)], &body)
            .ok()
    };
    let blank = json!({"error": "New password can't be blank."});
    assert_eq!(change(None, None), blank);
    assert_eq!(change(Some(""), Some("")), blank);
    let differs = json!({"error": "New password does not match confirmation."});
    assert_eq!(change(Some("a-new-password"), Some("another")), differs);
    assert_eq!(change(Some("a-new-password"), None), differs);
    let long = "x".repeat(73);
    assert_eq!(
        change(Some(&long), Some(&long)),
        json!({"error": "New password should be at most 72 byte(s)."})
    );
    assert_eq!(
        change(Some("short"), Some("short")),
        json!({"error": "New password should be at least 8 character(s)."})
    );
    whoami(&server, &alice.token).ok();
    let done = change(Some("a-new-password"), Some("a-new-password"));
    assert_eq!(done, json!({"status": "success"}));
    for token in [&alice.token, text(&other, "access_token")] {
        whoami(&server, token).refused(403, "Invalid credentials.");
    }
    client
        .password("alice", &alice.password)
        .refused(400, "Invalid credentials");
    client.password("alice", "a-new-password").ok();
}

#[test]
fn guessing_the_password_with_a_stolen_token_is_limited() {
    let server = TestServer::with(&["rate_limit.enabled=true"]);
    let alice = server.user("alice");
    for _ in 0..5 {
        let wrong = delete_account(&alice, &[("password", "wrong")]).ok();
        assert_eq!(wrong["error"], "Invalid password.");
    }
    delete_account(&alice, &[("password", &alice.password)]).refused(429, "Throttled");
}

#[test]
fn sec_d12_others_post_while_a_large_account_is_deleted() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    server
        .sql()
        .execute_batch(&format!(
            "INSERT INTO conversations (id, uri) VALUES (999, 'context');
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000)
               INSERT INTO statuses (id, uri, account_id, visibility, conversation_id, content, created_at)
               SELECT 1000000000000000 + n, 'post/' || n, {alice}, 0, 999, 'words', 0 FROM n;
             INSERT INTO home_entries (account_id, status_id) SELECT {bob}, id FROM statuses WHERE account_id = {alice};
             INSERT INTO favourites (id, account_id, status_id) SELECT id, {bob}, id FROM statuses WHERE account_id = {alice};",
            alice = alice.id,
            bob = bob.id
        ))
        .unwrap();
    delete_account(&alice, &[("password", &alice.password)]).ok();
    let mut waits = Vec::new();
    std::thread::scope(|scope| {
        let purge = scope.spawn(|| server.run_jobs());
        while !purge.is_finished() {
            let begun = std::time::Instant::now();
            bob.post_status("meanwhile");
            waits.push(begun.elapsed());
        }
    });
    waits.sort();
    println!("{} posts, the slowest took {:?}", waits.len(), waits.last());
    // It is 20 slices long: whoever waits for the writer gets it between two of them.
    assert!(waits.len() >= 10, "only {} posts got through", waits.len());
    assert!(server.jobs("delete_account").is_empty());
}
