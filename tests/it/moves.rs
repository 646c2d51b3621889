//! Aliases and moving to another account (pleroma-contract 16), as clients do it.

use serde_json::{Value, json};

use crate::support::{TestServer, TestUser};

const ALIASES: &str = "/api/pleroma/aliases";
const MOVE: &str = "/api/pleroma/move_account";

fn aliases(who: &TestUser) -> Value {
    who.get(ALIASES).ok()["aliases"].clone()
}

fn move_to(who: &TestUser, target: &str) -> Value {
    let form = [
        ("password", who.password.as_str()),
        ("target_account", target),
    ];
    who.post(MOVE, &form).ok()
}

#[test]
fn aliases_are_added_listed_and_removed() {
    let server = TestServer::new();
    let (alice, _old, _older) = (
        server.user("alice"),
        server.user("old"),
        server.user("older"),
    );
    assert_eq!(aliases(&alice), json!([]));
    let body = json!({"alias": "old@127.0.0.1:4000"});
    let added = alice.json("PUT", ALIASES, &body).ok();
    assert_eq!(added, json!({"status": "success"}));
    alice
        .put("/api/v1/pleroma/aliases", &[("alias", "@older")])
        .ok();
    // Twice is once.
    alice.json("PUT", ALIASES, &body).ok();
    let both = json!(["old@127.0.0.1:4000", "older@127.0.0.1:4000"]);
    assert_eq!(aliases(&alice), both);
    let own = alice.get("/api/v1/accounts/verify_credentials").ok();
    assert_eq!(
        own["pleroma"]["also_known_as"][0],
        "http://127.0.0.1:4000/users/old"
    );
    // As Pleroma-FE sends it: JSON on DELETE.
    let removed = alice.json("DELETE", ALIASES, &body).ok();
    assert_eq!(removed, json!({"status": "success"}));
    assert_eq!(aliases(&alice), json!(["older@127.0.0.1:4000"]));
    let by_id = json!({"alias": "http://127.0.0.1:4000/users/older"});
    alice.json("DELETE", ALIASES, &by_id).ok();
    assert_eq!(aliases(&alice), json!([]));
}

#[test]
fn what_can_be_no_alias_is_refused() {
    let server = TestServer::new();
    let (alice, _old) = (server.user("alice"), server.user("old"));
    for nobody in ["nobody", "nobody@127.0.0.1:4000", "someone@127.0.0.1:1"] {
        alice
            .put(ALIASES, &[("alias", nobody)])
            .refused(404, "Target account does not exist.");
    }
    alice
        .put(ALIASES, &[])
        .refused(400, "Missing field: alias.");
    alice
        .put(ALIASES, &[("alias", "alice")])
        .refused(400, "An account is no alias of itself");
    alice
        .form("DELETE", ALIASES, &[("alias", "old")])
        .refused(404, "Account has no such alias.");
    for number in 0..10 {
        let name = format!("old{number}");
        server.user(&name);
        alice.put(ALIASES, &[("alias", &name)]).ok();
    }
    alice
        .put(ALIASES, &[("alias", "old")])
        .refused(400, "An account has at most 10 aliases");
}

#[test]
fn followers_here_follow_whoever_moves_to_another_account_here() {
    let server = TestServer::new();
    let (alice, new) = (server.user("alice"), server.user("new"));
    let (fan, stays) = (server.user("fan"), server.user("stays"));
    fan.follow(&alice);
    stays.follow(&alice);
    let no = [("allow_following_move", "false")];
    stays.patch("/api/v1/accounts/update_credentials", &no).ok();
    let told = move_to(&alice, "new");
    assert_eq!(
        told["error"],
        "The new account does not name this one as its alias"
    );
    new.put(ALIASES, &[("alias", "alice")]).ok();
    assert_eq!(
        move_to(&alice, "new@127.0.0.1:4000"),
        json!({"status": "success"})
    );
    let follows = |who: &TestUser, whom: &TestUser| {
        let path = format!("/api/v1/accounts/relationships?id[]={}", whom.id);
        who.get(&path).ok()[0]["following"] == true
    };
    assert!(follows(&fan, &new) && !follows(&fan, &alice));
    assert!(follows(&stays, &alice) && !follows(&stays, &new));
    let heard = fan.get("/api/v1/notifications?include_types[]=move").ok();
    assert_eq!(heard[0]["account"]["id"], alice.id);
    assert_eq!(heard[0]["target"]["id"], new.id);
    alice
        .post("/api/v1/statuses", &[("status", "hello")])
        .refused(403, "You have moved to another account");
    let again = move_to(&alice, "new");
    assert_eq!(again["error"], "An account moves once a week at most");
}

#[test]
fn a_move_needs_the_password_and_somebody_to_move_to() {
    let server = TestServer::new();
    let (alice, _new) = (server.user("alice"), server.user("new"));
    for password in ["", "wrong"] {
        let form = [("password", password), ("target_account", "new")];
        let told = alice.post(MOVE, &form).ok();
        assert_eq!(told, json!({"error": "Invalid password."}));
    }
    let form = [
        ("password", alice.password.as_str()),
        ("target_account", "nobody"),
    ];
    alice
        .post(MOVE, &form)
        .refused(404, "Target account not found.");
    alice
        .post(MOVE, &[("password", &alice.password)])
        .refused(400, "Missing field: target_account.");
    assert_eq!(
        move_to(&alice, "alice")["error"],
        "An account does not move to itself"
    );
}
