//! What is kept of pages that were shown: nobody can tell it from what is made anew.

use serde_json::Value;

use crate::support::{TestServer, TestUser};

/// A look at home and at a thread, compared with the same look of a server that has kept nothing.
struct Looks<'a> {
    server: &'a TestServer,
    viewer: &'a TestUser<'a>,
    thread: String,
    last: Value,
}

impl Looks<'_> {
    fn look(&self) -> Value {
        let home = self.viewer.get("/api/v1/timelines/home").ok();
        let thread = format!("/api/v1/statuses/{}/context", self.thread);
        serde_json::json!([home, self.viewer.get(&thread).ok()])
    }

    /// What changed must be seen, and be what a server without memory shows.
    #[track_caller]
    fn after(&mut self, change: &str) {
        let seen = self.look();
        self.server.app.house().fragments.clear();
        assert_eq!(seen, self.look(), "kept otherwise than made anew: {change}");
        assert_ne!(seen, self.last, "nothing to be seen: {change}");
        self.last = seen;
    }
}

#[test]
fn after_every_change_a_page_shown_before_is_what_it_would_be_if_made_anew() {
    let server = TestServer::new();
    let (alice, bob, carol) = (
        server.user("alice"),
        server.user("bob"),
        server.user("carol"),
    );
    let dora = server.user("dora");
    carol.follow(&alice);
    carol.follow(&bob);
    let id_of = |status: &Value| status["id"].as_str().unwrap().to_owned();
    let root = id_of(&alice.post_status("the first"));
    let answer = id_of(&bob.post_with("an answer", &[("in_reply_to_id", &root)]));
    let wrapped = id_of(&dora.post_status("to be passed on"));
    let act = |user: &TestUser, id: &str, verb: &str| {
        user.post(&format!("/api/v1/statuses/{id}/{verb}"), &[])
            .ok();
    };
    let toward = |target: &TestUser, verb: &str| {
        carol
            .post(&format!("/api/v1/accounts/{}/{verb}", target.id), &[])
            .ok();
    };
    let react = |user: &TestUser, method: &str| {
        let path = format!("/api/v1/pleroma/statuses/{answer}/reactions/🐈");
        user.request(method, &path, &[], b"").ok();
    };
    let named = |user: &TestUser, name: &str| {
        let path = "/api/v1/accounts/update_credentials";
        user.patch(path, &[("display_name", name)]).ok();
    };
    let mut looks = Looks {
        server: &server,
        viewer: &carol,
        thread: root.clone(),
        last: Value::Null,
    };
    looks.after("the beginning");
    act(&bob, &wrapped, "reblog");
    looks.after("somebody passes a post on");
    for (id, verb) in [
        (&root, "favourite"),
        (&answer, "bookmark"),
        (&wrapped, "favourite"),
        (&wrapped, "unfavourite"),
        (&answer, "mute"),
        (&answer, "unmute"),
        (&answer, "unbookmark"),
    ] {
        act(&carol, id, verb);
        looks.after(verb);
    }
    act(&alice, &answer, "favourite");
    looks.after("another favourites");
    act(&alice, &root, "pin");
    looks.after("its author pins it");
    act(&alice, &root, "unpin");
    looks.after("its author unpins it");
    for method in ["PUT", "DELETE"] {
        react(&carol, method);
        looks.after("the viewer reacts, or does no more");
    }
    react(&alice, "PUT");
    looks.after("another reacts");
    toward(&alice, "mute");
    looks.after("who reacted is muted");
    toward(&alice, "unmute");
    looks.after("who reacted is muted no more");
    let edit = format!("/api/v1/statuses/{root}");
    alice.put(&edit, &[("status", "the first, mended")]).ok();
    looks.after("it is edited");
    named(&alice, "Alice the First");
    looks.after("its author takes a new name");
    named(&dora, "Dora");
    looks.after("who is passed on takes a new name");
    bob.post_with("and another", &[("in_reply_to_id", &answer)]);
    looks.after("it is answered");
    let filter = [
        ("title", "a"),
        ("context[]", "home"),
        ("keywords_attributes[][keyword]", "answer"),
    ];
    let filter = carol.post("/api/v2/filters", &filter).ok();
    looks.after("the viewer filters");
    let filter = format!("/api/v2/filters/{}", filter["id"].as_str().unwrap());
    carol.delete(&filter).ok();
    looks.after("the viewer filters no more");
    alice.delete(&edit).ok();
    carol
        .get(&format!("/api/v1/statuses/{root}"))
        .with_status(404);
}

#[test]
fn what_one_person_is_shown_is_nobody_elses() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let posted = alice.post_with("hi", &[("expires_in", "7200")]);
    let path = format!("/api/v1/statuses/{}", posted["id"].as_str().unwrap());
    bob.post(&format!("{path}/favourite"), &[]).ok();
    for _ in 0..2 {
        let (own, theirs, anybodys) = (
            alice.get(&path).ok(),
            bob.get(&path).ok(),
            server.get(&path).ok(),
        );
        let marks = [&own, &theirs, &anybodys].map(|seen| seen["favourited"].as_bool());
        assert_eq!(marks, [Some(false), Some(true), Some(false)]);
        assert!(own["pleroma"]["expires_at"].is_string());
        assert!(theirs["pleroma"]["expires_at"].is_null());
        assert!(anybodys["pleroma"]["expires_at"].is_null());
    }
}
