//! Finding and showing accounts.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser, ids};

fn hide(user: &TestUser) {
    user.server
        .sql()
        .execute(
            "UPDATE accounts SET hidden = 1 WHERE id = ?1",
            [user.id.parse::<i64>().unwrap()],
        )
        .unwrap();
}

/// An account of another server, as the federation would make it.
fn remote(server: &TestServer, id: i64, username: &str, host: &str) -> String {
    let uri = format!("https://{host}/users/{username}");
    server
        .sql()
        .execute(
            "INSERT INTO accounts (id, username, host, uri, url, created_at) VALUES (?1, ?2, ?3, ?4, ?4, 0)",
            rusqlite::params![id, username, host, uri],
        )
        .unwrap();
    id.to_string()
}

#[test]
fn a_user_sees_the_own_account() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let account = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(
        (account["id"].as_str(), account["acct"].as_str()),
        (Some(alice.id.as_str()), Some("alice"))
    );
}

#[test]
fn a_bare_account_has_everything_that_strict_clients_decode() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let account = server.get(&format!("/api/v1/accounts/{}", alice.id)).ok();
    for key in [
        "url",
        "uri",
        "avatar",
        "avatar_static",
        "header",
        "header_static",
    ] {
        let address = account[key].as_str().unwrap();
        assert!(url::Url::parse(address).is_ok(), "{key}: {address}");
    }
    for picture in ["avatar", "header"] {
        let path = account[picture].as_str().unwrap();
        let path = path.strip_prefix(crate::support::BASE).unwrap();
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for (key, value) in [
        ("acct", json!("alice")),
        ("note", json!("")),
        ("last_status_at", json!(null)),
        ("fields", json!([])),
        ("emojis", json!([])),
        ("followers_count", json!(0)),
    ] {
        assert_eq!(account[key], value, "{key}");
    }
    assert_eq!(account["pleroma"]["relationship"], json!({}));
    alice.post_status("hi");
    let account = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(account["last_status_at"].as_str().unwrap().len(), 10);
    // There is no old chat whose socket it would open.
    assert_eq!(account["pleroma"].get("chat_token"), None);
}

#[test]
fn a_stranger_has_no_own_account() {
    TestServer::new()
        .get("/api/v1/accounts/verify_credentials")
        .refused(403, "Invalid credentials.");
}

#[test]
fn an_account_is_found_by_id_and_by_name() {
    let server = TestServer::new();
    let alice = server.user("alice");
    for named in [
        alice.id.as_str(),
        "alice",
        "ALICE",
        "@alice",
        "alice@127.0.0.1:4000",
    ] {
        let account = server.get(&format!("/api/v1/accounts/{named}")).ok();
        assert_eq!(account["id"].as_str(), Some(alice.id.as_str()), "{named}");
    }
    for named in ["nobody", "12", "alice@elsewhere.example", "%F0%9F%90%88"] {
        server
            .get(&format!("/api/v1/accounts/{named}"))
            .refused(404, "Can't find user");
    }
}

#[test]
fn digits_for_a_name_do_not_take_anothers_id() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let digits = server.user(&alice.id);
    assert_eq!(
        server.get(&format!("/api/v1/accounts/{}", alice.id)).ok()["username"],
        "alice"
    );
    assert_eq!(
        server.get(&format!("/api/v1/accounts/@{}", alice.id)).ok()["id"],
        json!(digits.id)
    );
}

#[test]
fn strangers_find_remote_accounts_by_id_only() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let id = remote(&server, 1_500_000_000_000_000, "bob", "remote.example");
    assert_eq!(
        alice.get("/api/v1/accounts/bob@remote.example").ok()["id"],
        json!(id)
    );
    assert_eq!(
        alice.get("/api/v1/accounts/bob@REMOTE.example").ok()["acct"],
        "bob@remote.example"
    );
    server
        .get("/api/v1/accounts/bob@remote.example")
        .refused(404, "Can't find user");
    assert_eq!(
        server.get(&format!("/api/v1/accounts/{id}")).ok()["acct"],
        "bob@remote.example"
    );
}

#[test]
fn a_hidden_account_is_unknown_to_all_but_admins() {
    let server = TestServer::new();
    let (alice, bob, root) = (
        server.user("alice"),
        server.user("bob"),
        server.admin("root"),
    );
    alice.follow(&bob);
    hide(&bob);
    for path in [
        format!("/api/v1/accounts/{}", bob.id),
        "/api/v1/accounts/bob".into(),
        "/api/v1/accounts/lookup?acct=bob".into(),
    ] {
        server.get(&path).refused(404, "Can't find user");
        alice.get(&path).refused(404, "Can't find user");
        assert_eq!(root.get(&path).ok()["id"], json!(bob.id));
    }
    for path in ["followers", "following", "identity_proofs"] {
        alice
            .get(&format!("/api/v1/accounts/{}/{path}", bob.id))
            .refused(404, "Record not found");
    }
    assert_eq!(alice.get("/api/v1/accounts/search?q=bob").ok(), json!([]));
    assert_eq!(
        alice.get(&format!("/api/v1/accounts?id[]={}", bob.id)).ok(),
        json!([])
    );
    assert_eq!(
        alice
            .get(&format!("/api/v1/accounts/{}/following", alice.id))
            .ok(),
        json!([])
    );
}

#[test]
fn a_server_that_is_not_public_shows_strangers_nobody() {
    let server = TestServer::with(&["instance.public=false"]);
    let alice = server.user("alice");
    for path in ["alice", "search?q=alice", "lookup?acct=alice"] {
        let path = format!("/api/v1/accounts/{path}");
        server
            .get(&path)
            .refused(403, "This resource requires authentication.");
        alice.get(&path).ok();
    }
}

#[test]
fn lookup_takes_a_handle_and_nothing_else() {
    let server = TestServer::new();
    let alice = server.user("alice");
    remote(&server, 1_500_000_000_000_000, "Bob", "remote.example");
    for acct in ["alice", "@alice", "alice@127.0.0.1:4000", "Alice"] {
        assert_eq!(
            server
                .get(&format!("/api/v1/accounts/lookup?acct={acct}"))
                .ok()["id"],
            json!(alice.id)
        );
    }
    assert_eq!(
        server
            .get("/api/v1/accounts/lookup?acct=Bob@remote.example")
            .ok()["username"],
        "Bob"
    );
    server
        .get(&format!("/api/v1/accounts/lookup?acct={}", alice.id))
        .refused(404, "Can't find user");
    server
        .get("/api/v1/accounts/lookup")
        .refused(400, "Missing field: acct.");
}

#[test]
fn several_accounts_come_in_the_order_asked() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let found = server
        .get(&format!(
            "/api/v1/accounts?id[]={}&id[]=5&id[]={}",
            bob.id, alice.id
        ))
        .ok();
    assert_eq!(ids(&found), [bob.id.as_str(), alice.id.as_str()]);
    assert_eq!(server.get("/api/v1/accounts").ok(), json!([]));
}

#[test]
fn others_see_nothing_private_of_an_account() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let account = alice.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    for key in [
        "settings_store",
        "notification_settings",
        "email",
        "unread_notifications_count",
        "allow_following_move",
        "deactivated",
    ] {
        assert!(account["pleroma"].get(key).is_none(), "{key}");
    }
    assert!(account["source"].get("privacy").is_none() && account.get("role").is_none());
    let own = bob.get(&format!("/api/v1/accounts/{}", bob.id)).ok();
    assert_eq!(own["source"]["privacy"], "public");
    assert!(own["pleroma"].get("settings_store").is_none());
    let related = alice
        .get(&format!(
            "/api/v1/accounts/{}?with_relationships=true",
            bob.id
        ))
        .ok();
    assert_eq!(related["pleroma"]["relationship"]["id"], json!(bob.id));
}

#[test]
fn search_finds_beginnings_of_names_and_puts_the_best_first() {
    let server = TestServer::new();
    let (alice, al, albert) = (
        server.user("alice"),
        server.user("al"),
        server.user("albert"),
    );
    server.user("bob");
    alice.follow(&albert);
    albert
        .patch(
            "/api/v1/accounts/update_credentials",
            &[("display_name", "Grüße Aus Berlin")],
        )
        .ok();
    let found = alice.get("/api/v1/accounts/search?q=al").ok();
    assert_eq!(
        ids(&found),
        [al.id.as_str(), albert.id.as_str(), alice.id.as_str()]
    );
    for q in ["@al", "AL", "al@127.0.0.1:4000"] {
        assert_eq!(
            ids(&alice.get(&format!("/api/v1/accounts/search?q={q}")).ok())[0],
            al.id,
            "{q}"
        );
    }
    assert_eq!(
        ids(&server.get("/api/v1/accounts/search?q=gruss").ok()),
        Vec::<String>::new()
    );
    assert_eq!(
        ids(&server.get("/api/v1/accounts/search?q=gru").ok()),
        [albert.id.as_str()]
    );
    assert_eq!(
        ids(&server.get("/api/v1/accounts/search?q=berl+aus").ok()),
        [albert.id.as_str()]
    );
    assert_eq!(
        ids(&alice
            .get("/api/v1/accounts/search?q=al&following=true")
            .ok()),
        [albert.id.as_str()]
    );
    assert_eq!(
        ids(&alice
            .get("/api/v1/accounts/search?q=al&following=statuses")
            .ok())
        .len(),
        3
    );
    assert_eq!(
        ids(&alice
            .get("/api/v1/accounts/search?q=al&limit=1&offset=1")
            .ok()),
        [albert.id.as_str()]
    );
    let related = alice
        .get("/api/v1/accounts/search?q=albert&with_relationships=1")
        .ok();
    assert_eq!(related[0]["pleroma"]["relationship"]["following"], true);
}

#[test]
fn search_finds_remote_handles_and_addresses() {
    let server = TestServer::new();
    let id = remote(&server, 1_500_000_000_000_000, "bob", "remote.example");
    server.user("bob");
    for q in [
        "bob@remote.example",
        "@bob@remote",
        "https://remote.example/users/bob",
    ] {
        assert_eq!(
            ids(&server.get(&format!("/api/v1/accounts/search?q={q}")).ok()),
            [id.as_str()],
            "{q}"
        );
    }
    assert_eq!(
        ids(&server.get("/api/v1/accounts/search?q=bob").ok()).len(),
        2
    );
}

#[test]
fn search_leaves_out_blocked_accounts_either_way_and_blocked_hosts() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    remote(&server, 1_500_000_000_000_000, "bob", "remote.example");
    alice
        .post("/api/v1/domain_blocks", &[("domain", "remote.example")])
        .ok();
    assert_eq!(
        ids(&alice.get("/api/v1/accounts/search?q=bob").ok()),
        [bob.id.as_str()]
    );
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(alice.get("/api/v1/accounts/search?q=bo").ok(), json!([]));
    assert_eq!(bob.get("/api/v1/accounts/search?q=alice").ok(), json!([]));
}

#[test]
fn no_search_text_is_a_query_of_its_own() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let quotes = "%22".repeat(10_000);
    for q in [
        "%22",
        "*",
        "NEAR(",
        "NEAR(a+b,",
        "handle:alice*",
        "col:",
        "%22alice",
        "a%22+OR+%22b",
        "-",
        "^alice",
        "%00",
        "alice%00",
        quotes.as_str(),
    ] {
        let answer = alice.get(&format!("/api/v1/accounts/search?q={q}"));
        assert_eq!(answer.status, 200, "{q}");
    }
    assert_eq!(
        alice.get("/api/v1/accounts/search?q=handle:alice*").ok(),
        json!([])
    );
    assert_eq!(alice.get("/api/v1/accounts/search?q=").ok(), json!([]));
    alice
        .get("/api/v1/accounts/search")
        .refused(400, "Missing field: q.");
}

#[test]
fn nobody_proves_an_identity_here() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let proofs: Value = server
        .get(&format!("/api/v1/accounts/{}/identity_proofs", alice.id))
        .ok();
    assert_eq!(proofs, json!([]));
    server
        .get("/api/v1/accounts/7/identity_proofs")
        .refused(404, "Record not found");
}
