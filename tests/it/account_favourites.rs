//! What somebody favourited, as others see it (pleroma-contract 10).

use serde_json::{Value, json};

use crate::oauth::{CALLBACK, Client, text};
use crate::support::{Answer, TestServer, TestUser, ids};

fn path(user: &TestUser) -> String {
    format!("/api/v1/pleroma/accounts/{}/favourites", user.id)
}

fn show(user: &TestUser) {
    let update = [("hide_favorites", "false")];
    user.patch("/api/v1/accounts/update_credentials", &update)
        .ok();
}

fn favourite(user: &TestUser, status: &Value) {
    let id = text(status, "id");
    user.post(&format!("/api/v1/statuses/{id}/favourite"), &[])
        .ok();
}

#[test]
fn a_new_account_hides_its_favourites_even_from_itself() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let hidden = |answer: Answer| answer.refused(403, "Can't get favorites");
    hidden(server.get(&path(&alice)));
    hidden(bob.get(&path(&alice)));
    hidden(alice.get(&path(&alice)));
    show(&alice);
    assert_eq!(server.get(&path(&alice)).ok(), json!([]));
}

#[test]
fn an_unknown_or_hidden_account_has_none() {
    let server = TestServer::new();
    let (root, alice) = (server.admin("root"), server.user("alice"));
    show(&alice);
    for id in ["1", "alice", "x"] {
        let path = format!("/api/pleroma/accounts/{id}/favourites");
        server.get(&path).refused(404, "Record not found");
    }
    let names = json!({"nicknames": ["alice"]});
    root.json("PATCH", "/api/pleroma/admin/users/deactivate", &names)
        .ok();
    server.get(&path(&alice)).refused(404, "Record not found");
}

#[test]
fn pages_follow_the_statuses_not_the_moments_of_favouring() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    show(&alice);
    let posts: Vec<Value> = (0..10)
        .map(|n| bob.post_status(&format!("number {n}")))
        .collect();
    // The newest first: the order must not matter.
    for post in posts.iter().rev() {
        favourite(&alice, post);
    }
    let list = |query: &str| ids(&server.get(&format!("{}?{query}", path(&alice))).ok());
    let id = |n: usize| text(&posts[n], "id").to_owned();
    assert_eq!(list(""), (0..10).rev().map(id).collect::<Vec<_>>());
    let between = format!("since_id={}&max_id={}", id(2), id(6));
    assert_eq!(list(&between), [id(5), id(4), id(3)]);
    assert_eq!(list("limit=3"), [id(9), id(8), id(7)]);
    assert_eq!(list(&format!("min_id={}&limit=2", id(3))), [id(5), id(4)]);
    let answer = server.get(&format!("{}?limit=3", path(&alice)));
    let link = answer.header("Link").unwrap();
    assert!(link.contains(&format!("max_id={}", id(7))), "{link}");
}

#[test]
fn everybody_sees_those_that_they_may_see() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    show(&alice);
    alice.follow(&bob);
    let post = |visibility: &str| {
        let post = bob.post_with("hi @alice", &[("visibility", visibility)]);
        favourite(&alice, &post);
        text(&post, "id").to_owned()
    };
    let [public, unlisted, private, direct] = ["public", "unlisted", "private", "direct"].map(post);
    let seen = |answer: Answer| ids(&answer.ok());
    assert_eq!(
        seen(server.get(&path(&alice))),
        [unlisted.clone(), public.clone()]
    );
    assert_eq!(
        seen(carol.get(&path(&alice))),
        [unlisted.clone(), public.clone()]
    );
    let all = [&direct, &private, &unlisted, &public].map(Clone::clone);
    assert_eq!(seen(bob.get(&path(&alice))), all);
    assert_eq!(seen(alice.get(&path(&alice))), all);
    carol.follow(&bob);
    assert_eq!(seen(carol.get(&path(&alice))), [private, unlisted, public]);
    carol
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    assert_eq!(seen(carol.get(&path(&alice))), [""; 0]);
    // A token without the scope is nobody's.
    let client = Client::with(&server, "write", CALLBACK);
    let token = client.login(&bob);
    let bearer = format!("Bearer {}", text(&token, "access_token"));
    let narrow = server.request("GET", &path(&alice), &[("Authorization", &bearer)], b"");
    assert_eq!(seen(narrow).len(), 2);
}
