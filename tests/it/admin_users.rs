//! Administration of people (pleroma-contract D.1) and its log.

use serde_json::{Value, json};

use crate::registration::{OPEN, register};
use crate::support::{Answer, TestServer, TestUser};

const USERS: &str = "/api/pleroma/admin/users";
const LOG: &str = "/api/v1/pleroma/admin/moderation_log";

fn nicknames(names: &[&str]) -> Value {
    json!({"nicknames": names})
}

fn patch(admin: &TestUser, action: &str, names: &[&str]) -> Answer {
    admin.json("PATCH", &format!("{USERS}/{action}"), &nicknames(names))
}

fn show(admin: &TestUser, name: &str) -> Value {
    admin.get(&format!("{USERS}/{name}")).ok()
}

/// The newest message of the log.
fn last_message(admin: &TestUser) -> String {
    let log = admin.get(LOG).ok();
    log["items"][0]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    let users = page["users"].as_array().unwrap();
    users
        .iter()
        .map(|user| user["nickname"].as_str().unwrap())
        .collect()
}

fn is_heard(user: &TestUser) -> bool {
    user.get("/api/v1/accounts/verify_credentials").status == 200
}

/// Puts a remote account into the database.
fn remote(server: &TestServer, name: &str) {
    let uri = format!("https://peer.example/users/{name}");
    server
        .sql()
        .execute(
            "INSERT INTO accounts (id, username, host, uri, url, created_at) VALUES (?1, ?2, 'peer.example', ?3, ?3, 0)",
            (kenoma::ids::next(), name, uri),
        )
        .unwrap();
}

#[test]
fn only_admins_with_the_scope_may() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let root = server.admin("root");
    alice.get(USERS).refused(403, "User is not an admin.");
    server.get(USERS).refused(403, "Invalid credentials.");
    let id = root.id.parse().unwrap();
    let life = std::time::Duration::from_secs(60);
    let db = server.app.db();
    let token = db
        .write(|tx| kenoma::ops::tokens::issue(tx, None, Some(id), "read write", life))
        .unwrap()
        .access;
    let bearer = format!("Bearer {token}");
    server
        .request("GET", USERS, &[("Authorization", &bearer)], b"")
        .refused(403, "Insufficient permissions: admin:read:accounts.");
    root.get(USERS).ok();
}

#[test]
fn the_admin_secret_acts_as_nobody() {
    let server = TestServer::with(&["admin.token=a-long-admin-secret"]);
    server.user("alice");
    let root = server.admin("root");
    let headers = [
        ("X-Admin-Token", "a-long-admin-secret"),
        ("Content-Type", "application/json"),
    ];
    let body = nicknames(&["alice"]).to_string();
    let path = format!("{USERS}/deactivate");
    server
        .request("PATCH", &path, &headers, body.as_bytes())
        .ok();
    let log = root.get(LOG).ok();
    assert_eq!(
        log["items"][0]["message"],
        "The admin secret deactivated users: @alice"
    );
    assert_eq!(log["items"][0]["data"]["actor"], Value::Null);
    let parameter = format!("{USERS}?admin_token=a-long-admin-secret");
    assert_eq!(server.get(&parameter).ok()["count"], 2);
    let wrong = [("X-Admin-Token", "another secret")];
    server
        .request("GET", USERS, &wrong, b"")
        .refused(403, "Invalid credentials.");
}

#[test]
fn a_user_is_shown_with_old_and_new_keys() {
    let settings = [OPEN, &["instance.account_approval_required=true"]].concat();
    let server = TestServer::with(&settings);
    let root = server.admin("root");
    let more = json!({"reason": "cats", "fullname": "Lain Iwakura"});
    register(&server, "lain", more).ok();
    let lain = show(&root, "lain");
    let id = lain["id"].as_str().unwrap();
    assert_eq!(show(&root, id), lain);
    for (key, value) in [
        ("nickname", json!("lain")),
        ("display_name", json!("Lain Iwakura")),
        ("email", json!("lain@example.org")),
        ("deactivated", json!(false)),
        ("is_active", json!(true)),
        ("local", json!(true)),
        ("roles", json!({"admin": false, "moderator": false})),
        ("tags", json!([])),
        ("confirmation_pending", json!(false)),
        ("is_confirmed", json!(true)),
        ("approval_pending", json!(true)),
        ("is_approved", json!(false)),
        ("url", json!("http://127.0.0.1:4000/users/lain")),
        ("registration_reason", json!("cats")),
        ("actor_type", json!("Person")),
    ] {
        assert_eq!(lain[key], value, "{key}");
    }
    assert!(lain["avatar"].as_str().unwrap().starts_with("http"));
    root.get(&format!("{USERS}/nobody"))
        .refused(404, "Not found");
}

#[test]
fn the_list_filters_counts_and_pages() {
    let server = TestServer::new();
    let root = server.admin("root");
    server.user("alice");
    server.user("bob");
    remote(&server, "alina");
    server
        .sql()
        .execute(
            "UPDATE accounts SET display_name = 'Bobby Tables' WHERE username = 'bob'",
            [],
        )
        .unwrap();
    patch(&root, "deactivate", &["bob"]).ok();
    root.json(
        "PUT",
        &format!("{USERS}/tag"),
        &json!({"nicknames": ["alice"], "tags": ["verified", "x"]}),
    );
    let found = |query: &str| root.get(&format!("{USERS}?{query}")).ok();
    let all = found("");
    assert_eq!(names(&all), ["alice", "alina@peer.example", "bob", "root"]);
    assert_eq!(
        (all["count"].as_i64(), all["page_size"].as_i64()),
        (Some(4), Some(50))
    );
    for (query, expected) in [
        ("filters=local", &["alice", "bob", "root"][..]),
        ("filters=external", &["alina@peer.example"]),
        ("filters=local,active", &["alice", "root"]),
        ("filters=deactivated", &["bob"]),
        ("filters=is_admin", &["root"]),
        ("filters=is_moderator", &[]),
        ("filters=need_approval", &[]),
        ("filters=unconfirmed", &[]),
        ("query=ali", &["alice", "alina@peer.example"]),
        ("query=peer.exa", &["alina@peer.example"]),
        ("query=alina@peer.example", &["alina@peer.example"]),
        ("query=alice@127.0.0.1:4000", &["alice"]),
        ("query=alina@127.0.0.1:4000", &[]),
        ("query=%25", &[]),
        ("name=bobby", &["bob"]),
        ("email=ALICE@example.com", &["alice"]),
        ("email=alice@example", &[]),
        ("tags[]=verified&tags[]=y", &["alice"]),
        ("tags[]=y", &[]),
    ] {
        let page = found(query);
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page["count"], expected.len(), "{query}");
    }
    let second = found("page=2&page_size=3");
    assert_eq!(
        (names(&second), second["count"].as_i64()),
        (vec!["root"], Some(4))
    );
}

#[test]
fn accounts_are_made_all_or_none() {
    let server = TestServer::with(&["instance.account_approval_required=true"]);
    let root = server.admin("root");
    let user = |name: &str, email: &str| json!({"nickname": name, "email": email, "password": "correct horse"});
    let create = |users: Value| root.json("POST", USERS, &json!({"users": users}));
    let refused = create(json!([
        user("lain", "lain@example.org"),
        user("root", "other@example.org"),
        user("alice", "ROOT@example.com"),
        user("Lain", "third@example.org"),
        user("not a name", "fourth@example.org"),
        user("bob", "nonsense"),
    ]))
    .with_status(409);
    let errors: Vec<&str> = refused
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["error"].as_str().unwrap())
        .collect();
    assert_eq!(
        errors,
        [
            "",
            "nickname has already been taken",
            "email has already been taken",
            "nickname has already been taken",
            "nickname has invalid format",
            "email has invalid format",
        ]
    );
    assert_eq!(refused[0]["code"], 409);
    assert_eq!(
        refused[0]["data"],
        json!({"nickname": "lain", "email": "lain@example.org"})
    );
    root.get(&format!("{USERS}/lain")).refused(404, "Not found");

    let made = create(json!([
        user("Lain", "lain@example.org"),
        user("bob", "bob@example.org")
    ]))
    .ok();
    assert_eq!(made[0]["type"], "success");
    assert_eq!(made[0]["code"], 200);
    assert!(made[0].get("error").is_none());
    assert_eq!(last_message(&root), "@root created users: @lain, @bob");
    // Made by an admin: nobody needs to approve them.
    assert_eq!(show(&root, "lain")["is_approved"], true);
    crate::oauth::Client::new(&server)
        .password("lain", "correct horse")
        .ok();
}

#[test]
fn approval_lets_in_and_is_told_by_mail() {
    let settings = [OPEN, &["instance.account_approval_required=true"]].concat();
    let server = TestServer::with(&settings);
    register(&server, "lain", json!({})).ok();
    let root = server.admin("root");
    let answer = patch(&root, "approve", &["lain"]).ok();
    assert_eq!(answer["users"][0]["approval_pending"], false);
    assert_eq!(last_message(&root), "@root approved users: @lain");
    server.run_jobs();
    let mails = server.mails();
    assert!(
        mails[0].contains("To: lain@example.org\r\n"),
        "{}",
        mails[0]
    );
    // Once is enough.
    patch(&root, "approve", &["lain"]).ok();
    server.run_jobs();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn switching_off_mutes_at_once_and_on_again() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let answer = patch(&root, "deactivate", &["alice"]).ok();
    assert_eq!(answer["users"][0]["is_active"], false);
    assert_eq!(last_message(&root), "@root deactivated users: @alice");
    assert!(!is_heard(&alice));
    patch(&root, "activate", &["alice"]).ok();
    assert_eq!(last_message(&root), "@root activated users: @alice");
    assert!(is_heard(&alice));
    let toggle = format!("{USERS}/alice/toggle_activation");
    assert_eq!(root.patch(&toggle, &[]).ok()["deactivated"], true);
    assert_eq!(root.patch(&toggle, &[]).ok()["deactivated"], false);
}

#[test]
fn an_unknown_name_in_a_list_refuses_it_all() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    remote(&server, "alina");
    for action in [
        "deactivate",
        "activate",
        "approve",
        "confirm_email",
        "force_password_reset",
    ] {
        patch(&root, action, &["alice", "nobody"]).refused(404, "Not found");
        assert!(is_heard(&alice), "{action}");
    }
    patch(
        &root,
        "force_password_reset",
        &["alice", "alina@peer.example"],
    )
    .refused(404, "Not found");
    root.json("DELETE", USERS, &nicknames(&["alice", "nobody"]))
        .refused(404, "Not found");
    assert!(is_heard(&alice));
    assert_eq!(root.get(LOG).ok()["total"], 0);
    patch(&root, "deactivate", &["alina@peer.example"]).ok();
    root.patch(&format!("{USERS}/activate"), &[])
        .refused(400, "Missing field: nicknames.");
}

#[test]
fn deleted_users_are_gone_from_the_list() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    server.user("bob");
    let gone = root.delete(&format!("{USERS}?nickname=alice")).ok();
    assert_eq!(gone, json!(["alice"]));
    assert_eq!(last_message(&root), "@root deleted users: @alice");
    assert_eq!(
        root.json("DELETE", USERS, &nicknames(&["bob"])).ok(),
        json!(["bob"])
    );
    assert!(!is_heard(&alice));
    server.run_jobs();
    assert_eq!(names(&root.get(USERS).ok()), ["root"]);
    root.get(&format!("{USERS}/alice"))
        .refused(404, "Not found");
}

#[test]
fn deleting_somebody_who_was_never_let_in_frees_the_name() {
    let settings = [OPEN, &["instance.account_approval_required=true"]].concat();
    let server = TestServer::with(&settings);
    let root = server.admin("root");
    register(&server, "lain", json!({})).ok();
    root.delete(&format!("{USERS}?nickname=lain")).ok();
    assert_eq!(
        register(&server, "lain", json!({})).ok()["identifier"],
        "awaiting_approval"
    );
}

#[test]
fn an_admin_confirms_addresses_and_sends_the_link_again() {
    let settings = [OPEN, &["instance.account_activation_required=true"]].concat();
    let server = TestServer::with(&settings);
    let root = server.admin("root");
    register(&server, "lain", json!({})).ok();
    assert_eq!(show(&root, "lain")["confirmation_pending"], true);
    assert_eq!(
        patch(&root, "resend_confirmation_email", &["lain"]).ok(),
        ""
    );
    assert_eq!(
        last_message(&root),
        "@root re-sent confirmation email for users: @lain"
    );
    server.run_jobs();
    assert_eq!(server.mails().len(), 2);
    assert_eq!(patch(&root, "confirm_email", &["lain"]).ok(), "");
    assert_eq!(
        last_message(&root),
        "@root confirmed email for users: @lain"
    );
    assert_eq!(show(&root, "lain")["is_confirmed"], true);
    // Set, not toggled.
    patch(&root, "confirm_email", &["lain"]).ok();
    assert_eq!(show(&root, "lain")["is_confirmed"], true);
}

#[test]
fn roles_are_given_and_taken() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let group = |path: &str| format!("{USERS}/{path}");
    assert_eq!(
        root.post(&group("alice/permission_group/admin"), &[]).ok(),
        json!({"is_admin": true})
    );
    assert_eq!(last_message(&root), "@root made @alice admin");
    alice.get(USERS).ok();
    let both = json!({"is_moderator": false, "is_admin": true});
    let held = format!("{USERS}/alice/permission_group");
    assert_eq!(root.get(&held).ok(), both);
    assert_eq!(root.get(&group("alice/permission_group/admin")).ok(), both);
    assert_eq!(
        root.delete(&group("alice/permission_group/admin")).ok(),
        json!({"is_admin": false})
    );
    assert_eq!(last_message(&root), "@root revoked admin role from @alice");
    alice.get(USERS).refused(403, "User is not an admin.");
    let many = group("permission_group/moderator");
    assert_eq!(
        root.json("POST", &many, &nicknames(&["alice"])).ok(),
        json!({"is_moderator": true})
    );
    assert_eq!(show(&root, "alice")["roles"]["moderator"], true);
    assert_eq!(
        root.json("DELETE", &many, &nicknames(&["alice"])).ok(),
        json!({"is_moderator": false})
    );
    root.post(&group("alice/permission_group/king"), &[])
        .refused(404, "No such permission_group");
    root.post(&group("nobody/permission_group/admin"), &[])
        .refused(404, "Not found");
}

#[test]
fn nobody_takes_the_own_role_away() {
    let server = TestServer::new();
    let root = server.admin("root");
    root.delete(&format!("{USERS}/root/permission_group/admin"))
        .refused(403, "You can't revoke your own admin status.");
    root.json(
        "DELETE",
        &format!("{USERS}/permission_group/admin"),
        &nicknames(&["root"]),
    )
    .refused(403, "You can't revoke your own admin/moderator status.");
    root.get(USERS).ok();
    assert_eq!(root.get(LOG).ok()["total"], 0);
}

#[test]
fn tags_are_added_and_removed() {
    let server = TestServer::new();
    let root = server.admin("root");
    server.user("alice");
    let path = format!("{USERS}/tag");
    let body = |tags: &[&str]| json!({"nicknames": ["alice"], "tags": tags});
    assert_eq!(root.json("PUT", &path, &body(&["foo", "bar"])).status, 204);
    assert_eq!(
        last_message(&root),
        "@root added tags: foo, bar to users: @alice"
    );
    assert_eq!(root.json("PUT", &path, &body(&["foo"])).status, 204);
    assert_eq!(show(&root, "alice")["tags"], json!(["bar", "foo"]));
    assert_eq!(root.json("DELETE", &path, &body(&["foo"])).status, 204);
    assert_eq!(
        last_message(&root),
        "@root removed tags: foo from users: @alice"
    );
    assert_eq!(show(&root, "alice")["tags"], json!(["bar"]));
}

#[test]
fn an_admins_reset_link_works_once() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    let made = root.get(&format!("{USERS}/alice/password_reset")).ok();
    let token = made["token"].as_str().unwrap();
    let link = format!("http://127.0.0.1:4000/api/pleroma/password_reset/{token}");
    assert_eq!(made["link"], link);
    let form = [
        ("data[token]", token),
        ("data[password]", "new password"),
        ("data[password_confirmation]", "new password"),
    ];
    let page = server
        .post_form("/api/pleroma/password_reset", &form)
        .text();
    assert!(page.contains("Password changed!"), "{page}");
    assert!(!is_heard(&alice));
    let page = server
        .post_form("/api/pleroma/password_reset", &form)
        .text();
    assert!(page.contains("Invalid Token"), "{page}");
    root.get(&format!("{USERS}/nobody/password_reset"))
        .refused(404, "Not found");
}

#[test]
fn a_forced_reset_mutes_until_a_new_password_is_set() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    assert_eq!(patch(&root, "force_password_reset", &["alice"]).status, 204);
    assert_eq!(
        last_message(&root),
        "@root forced password reset for users: @alice"
    );
    assert!(!is_heard(&alice));
    let refused = server.post_form("/auth/password?nickname=alice", &[]);
    assert_eq!(refused.status, 204);
    server.run_jobs();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn invitations_are_made_listed_and_revoked() {
    let server = TestServer::with(&["instance.invites_enabled=true", "captcha.enabled=false"]);
    let root = server.admin("root");
    let path = format!("{USERS}/invite_token");
    let make = |body: Value| root.json("POST", &path, &body);
    for (body, kind, max_use, expires_at) in [
        (json!({}), "one_time", json!(null), json!(null)),
        (json!({"max_use": 150}), "reusable", json!(150), json!(null)),
        (
            json!({"expires_at": "2099-04-07"}),
            "date_limited",
            json!(null),
            json!("2099-04-07"),
        ),
        (
            json!({"max_use": "5", "expires_at": "2099-04-07T00:00:00Z"}),
            "reusable_date_limited",
            json!(5),
            json!("2099-04-07"),
        ),
    ] {
        let invite = make(body).ok();
        assert_eq!(invite["invite_type"], kind);
        assert_eq!(
            (&invite["max_use"], &invite["expires_at"]),
            (&max_use, &expires_at)
        );
        assert_eq!(
            (&invite["used"], &invite["uses"]),
            (&json!(false), &json!(0))
        );
    }
    for bad in [
        json!({"max_use": "x"}),
        json!({"max_use": 0}),
        json!({"expires_at": "2099-02-30"}),
        json!({"expires_at": "soon"}),
    ] {
        assert_eq!(make(bad).status, 400);
    }
    let list = root.get(&format!("{USERS}/invites")).ok();
    let ids: Vec<i64> = list["invites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invite| invite["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    let token = &list["invites"][0]["token"];
    let revoked = root
        .json(
            "POST",
            &format!("{USERS}/revoke_invite"),
            &json!({"token": token}),
        )
        .ok();
    assert_eq!(revoked["used"], true);
    register(&server, "lain", json!({"token": token})).refused(400, "Expired token");
    register(
        &server,
        "lain",
        json!({"token": list["invites"][1]["token"]}),
    )
    .ok();
    root.json(
        "POST",
        &format!("{USERS}/revoke_invite"),
        &json!({"token": "wrong"}),
    )
    .refused(404, "Not found");
}

#[test]
fn an_invitation_by_mail_leads_to_an_account() {
    let server = TestServer::with(&["instance.invites_enabled=true", "captcha.enabled=false"]);
    let root = server.admin("root");
    let invite = [("email", "lain@example.org"), ("name", "Lain")];
    assert_eq!(
        root.post(&format!("{USERS}/email_invite"), &invite).status,
        204
    );
    let link = crate::confirmation::link(&server, "/registration/");
    let token = link.rsplit('/').next().unwrap();
    register(&server, "lain", json!({"token": token})).ok();

    let closed = server.restarted_with(&[]);
    let root = TestUser {
        server: &closed,
        id: String::new(),
        name: "root".into(),
        password: String::new(),
        token: token_of(&closed),
    };
    root.post(&format!("{USERS}/email_invite"), &invite)
        .refused(
            400,
            "To send invites you need to set the `invites_enabled` option to true.",
        );
}

/// A fresh token of the admin.
fn token_of(server: &TestServer) -> String {
    let life = std::time::Duration::from_secs(60);
    let db = server.app.db();
    db.write(|tx| {
        let root = kenoma::db::users::by_name(tx, "root")?.map(|user| user.id);
        kenoma::ops::tokens::issue(tx, None, root, "admin", life)
    })
    .unwrap()
    .access
}

#[test]
fn open_registration_needs_no_invitations_by_mail() {
    let server = TestServer::with(OPEN);
    let root = server.admin("root");
    root.post(
        &format!("{USERS}/email_invite"),
        &[("email", "lain@example.org")],
    )
    .refused(
        400,
        "To send invites you need to set the `registrations_open` option to false.",
    );
}

#[test]
fn the_log_tells_who_did_what_and_is_searched() {
    let server = TestServer::new();
    let (root, other) = (server.admin("root"), server.admin("other"));
    let alice = server.user("alice");
    patch(&root, "deactivate", &["alice"]).ok();
    patch(&other, "activate", &["alice"]).ok();
    let log = root.get(LOG).ok();
    assert_eq!(log["total"], 2);
    let newest = &log["items"][0];
    assert_eq!(newest["message"], "@other activated users: @alice");
    assert_eq!(newest["data"]["action"], "activate");
    assert_eq!(newest["data"]["actor"]["nickname"], "other");
    assert_eq!(
        newest["data"]["subject"],
        json!([{"id": alice.id, "type": "user", "nickname": "alice"}])
    );
    assert!(newest["time"].as_i64().unwrap() > 1_700_000_000);
    for (query, total) in [
        ("search=DEACTIVATED", 1),
        ("search=users", 2),
        (&*format!("user_id={}", root.id), 1),
        ("start_date=2000-01-01&end_date=2000-01-02", 0),
        ("start_date=2000-01-01T00:00:00", 2),
        ("end_date=2000-01-01T00:00:00Z", 0),
        ("page_size=1&page=2", 2),
    ] {
        assert_eq!(
            root.get(&format!("{LOG}?{query}")).ok()["total"],
            total,
            "{query}"
        );
    }
    let second = root.get(&format!("{LOG}?page_size=1&page=2")).ok();
    assert_eq!(
        second["items"][0]["message"],
        "@root deactivated users: @alice"
    );
    assert_eq!(root.get(&format!("{LOG}?start_date=soon")).status, 400);
    alice.get(LOG).refused(403, "User is not an admin.");
}
