//! What write transactions tell open streams: after the commit, in its order, and of what is gone to those who saw it.

use std::time::Duration;

use kenoma::error::Error;
use kenoma::events::{Event, FollowState, Sight};
use kenoma::ids::{AccountId, StatusId};

use crate::support::{TestServer, TestUser};
use crate::trace::{ONE_READER, heard, plan};

fn listen(server: &TestServer, users: &[&TestUser]) {
    let mut viewers: Vec<Option<AccountId>> =
        users.iter().map(|user| Some(account(user))).collect();
    viewers.push(None);
    server.app.db().hub().listen(viewers);
}

fn account(user: &TestUser) -> AccountId {
    user.id.parse().unwrap()
}

fn told(server: &TestServer) -> Vec<Event> {
    server.app.db().hub().next(Duration::ZERO).events.into()
}

fn gone(server: &TestServer) -> Vec<Sight> {
    let events = told(server).into_iter();
    let gone = events.filter_map(|event| match event {
        Event::Deleted(sight) => Some(sight),
        _ => None,
    });
    gone.collect()
}

fn status(entity: &serde_json::Value) -> StatusId {
    entity["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_transaction_that_is_rolled_back_tells_nothing() {
    let server = TestServer::new();
    let alice = server.user("alice");
    listen(&server, &[&alice]);
    let refused = server.app.db().write(|tx| {
        tx.emit(Event::Posted(StatusId(1)));
        Err::<(), _>(Error::record())
    });
    assert!(refused.is_err());
    server
        .app
        .db()
        .rehearse(|tx| {
            tx.emit(Event::Posted(StatusId(2)));
            Ok(())
        })
        .unwrap();
    assert_eq!(told(&server), []);
    let preview = [("status", "not yet"), ("preview", "true")];
    alice.post("/api/v1/statuses", &preview).ok();
    assert_eq!(told(&server), []);
}

#[test]
fn a_post_is_told_before_the_notification_of_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    listen(&server, &[&alice, &bob]);
    let posted = status(&alice.post_status("hello @bob"));
    let events = told(&server);
    assert_eq!(events[0], Event::Posted(posted));
    assert!(matches!(events[1], Event::Notified { to, .. } if to == account(&bob)));
    assert_eq!(events.len(), 2);
}

#[test]
fn follows_markers_and_conversations_are_told() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    bob.patch("/api/v1/accounts/update_credentials", &[("locked", "true")])
        .ok();
    listen(&server, &[&alice, &bob]);
    alice.follow(&bob);
    let request = format!("/api/v1/follow_requests/{}/authorize", alice.id);
    bob.post(&request, &[]).ok();
    let unfollow = format!("/api/v1/accounts/{}/unfollow", bob.id);
    alice.post(&unfollow, &[]).ok();
    alice.post(&unfollow, &[]).ok();
    let states: Vec<FollowState> = told(&server)
        .into_iter()
        .filter_map(|event| match event {
            Event::Relationship { state, .. } => Some(state),
            _ => None,
        })
        .collect();
    let expected = [
        FollowState::Pending,
        FollowState::Accepted,
        FollowState::Rejected,
    ];
    assert_eq!(states, expected);
    alice
        .post("/api/v1/markers", &[("home[last_read_id]", "12")])
        .ok();
    let (owner, timeline) = (account(&alice), "home");
    assert_eq!(told(&server), [Event::Marker { owner, timeline }]);
    alice.post_with("psst @bob", &[("visibility", "direct")]);
    let threads = told(&server)
        .into_iter()
        .filter(|event| matches!(event, Event::Conversation { .. }));
    assert_eq!(threads.count(), 2);
}

#[test]
fn of_a_deletion_only_those_are_told_who_saw_the_post() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    bob.follow(&alice);
    listen(&server, &[&alice, &bob, &carol]);
    for (visibility, viewers, at_home) in [
        (
            "public",
            vec![Some(&alice), Some(&bob), Some(&carol), None],
            2,
        ),
        ("private", vec![Some(&alice), Some(&bob)], 2),
        ("direct", vec![Some(&alice)], 1),
    ] {
        let post = alice.post_with("going #soon", &[("visibility", visibility)]);
        let id = status(&post);
        alice.delete(&format!("/api/v1/statuses/{id}")).ok();
        let gone = gone(&server);
        assert_eq!(gone.len(), 1, "{visibility}");
        let expected: Vec<_> = viewers.iter().map(|one| one.map(account)).collect();
        let seen: Vec<_> = gone[0].seen_by.iter().map(|seer| seer.viewer).collect();
        assert_eq!((gone[0].status, seen), (id, expected), "{visibility}");
        let home = gone[0].seen_by.iter().filter(|seer| seer.at_home).count();
        assert_eq!(home, at_home, "{visibility}");
        assert_eq!(gone[0].tags, ["soon"]);
        assert_eq!(gone[0].public, visibility == "public");
    }
}

#[test]
fn the_reblogs_of_a_deleted_post_are_told_gone_too() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    listen(&server, &[&bob]);
    let post = status(&alice.post_status("hello"));
    let reblog = |id| format!("/api/v1/statuses/{id}/reblog");
    let wrapper = status(&bob.post(&reblog(post), &[]).ok());
    alice.delete(&format!("/api/v1/statuses/{post}")).ok();
    let mut ids: Vec<StatusId> = gone(&server).iter().map(|sight| sight.status).collect();
    ids.sort_unstable();
    assert_eq!(ids, [post, wrapper]);
}

#[test]
fn the_look_at_a_post_through_all_eyes_walks_no_table() {
    let server = TestServer::with(ONE_READER);
    let alice = server.user("alice");
    listen(&server, &[&alice]);
    let id = status(&alice.post_status("hello #cats"));
    let (_, statements) = heard(&server, || {
        alice.delete(&format!("/api/v1/statuses/{id}")).ok();
    });
    let looks = statements
        .iter()
        .filter(|sql| sql.contains("json_each(?2) AS v"));
    let looks: Vec<&String> = looks.collect();
    assert_eq!(looks.len(), 1);
    for step in plan(&server.sql(), looks[0]) {
        let walks = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
        assert!(!walks || step.contains("CONSTANT"), "{step}");
    }
}
