//! Accounts.

use crate::support::TestServer;

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
fn a_stranger_has_no_own_account() {
    TestServer::new()
        .get("/api/v1/accounts/verify_credentials")
        .refused(403, "Invalid credentials.");
}
