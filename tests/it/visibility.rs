//! Who sees what: every visibility, for everybody, on every way to a post.

use crate::support::{TestServer, TestUser, ids};

/// Who looks.
const VIEWERS: [&str; 6] = [
    "author",
    "mentioned",
    "follower",
    "stranger",
    "anonymous",
    "blocked",
];

/// Whether each viewer may see a post of that visibility, in the order of [`VIEWERS`].
const MATRIX: [(&str, [bool; 6]); 6] = [
    ("public", [true, true, true, true, true, false]),
    ("unlisted", [true, true, true, true, true, false]),
    ("private", [true, true, true, false, false, false]),
    ("direct", [true, true, false, false, false, false]),
    ("list:1", [true, true, false, false, false, false]),
    ("local", [true, true, true, true, false, false]),
];

struct House<'a> {
    server: &'a TestServer,
    people: Vec<TestUser<'a>>,
}

impl<'a> House<'a> {
    fn new(server: &'a TestServer) -> House<'a> {
        let people = VIEWERS.iter().filter(|name| **name != "anonymous");
        let people: Vec<_> = people.map(|name| server.user(name)).collect();
        let house = House { server, people };
        let author = &house.person("author").unwrap().id;
        let sql = |sql: &str, who: &str| {
            let who = &house.person(who).unwrap().id;
            server.sql().execute(sql, [who, author]).unwrap();
        };
        sql(
            "INSERT INTO follows (account_id, target_id, created_at) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 0)",
            "follower",
        );
        // Blocked people used to follow.
        sql(
            "INSERT INTO follows (account_id, target_id, created_at) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER), 0)",
            "blocked",
        );
        sql(
            "INSERT INTO blocks (account_id, target_id) VALUES (CAST(?2 AS INTEGER), CAST(?1 AS INTEGER))",
            "blocked",
        );
        house
    }

    fn person(&self, name: &str) -> Option<&TestUser<'a>> {
        self.people.iter().find(|user| user.name == name)
    }

    /// A list as a viewer gets it; empty where strangers have none.
    fn list(&self, viewer: &str, target: &str) -> Vec<String> {
        let answer = match self.person(viewer) {
            Some(user) => user.get(target),
            None => self.server.get(target),
        };
        if answer.status == 403 {
            Vec::new()
        } else {
            ids(&answer.ok())
        }
    }

    fn shown(&self, viewer: &str, target: &str) -> u16 {
        match self.person(viewer) {
            Some(user) => user.get(target).status,
            None => self.server.get(target).status,
        }
    }
}

#[test]
fn every_way_to_a_post_keeps_to_the_matrix() {
    let server = TestServer::new();
    let house = House::new(&server);
    let author = house.person("author").unwrap();
    for (visibility, may_see) in MATRIX {
        let text = format!("@mentioned a {visibility} #tagged post");
        let posted = author.post_with(&text, &[("visibility", visibility)]);
        let id = posted["id"].as_str().unwrap();
        assert_eq!(posted["visibility"], visibility.split(':').next().unwrap());
        for (viewer, may_see) in VIEWERS.into_iter().zip(may_see) {
            let case = format!("{visibility} by {viewer}");
            let status = if may_see { 200 } else { 404 };
            for way in ["", "/context", "/source", "/favourited_by", "/reblogged_by"] {
                let target = format!("/api/v1/statuses/{id}{way}");
                assert_eq!(house.shown(viewer, &target), status, "{case} {target}");
            }
            let has = |target: &str| house.list(viewer, target).iter().any(|found| found == id);
            assert_eq!(
                has(&format!("/api/v1/statuses?id[]={id}")),
                may_see,
                "{case} by id"
            );
            let profile = format!("/api/v1/accounts/{}/statuses", author.id);
            assert_eq!(has(&profile), may_see, "{case} on the profile");
            let is_public = may_see && visibility == "public";
            assert_eq!(
                has("/api/v1/timelines/public"),
                is_public,
                "{case} in public"
            );
            assert_eq!(
                has("/api/v1/timelines/tag/TAGGED"),
                is_public,
                "{case} by tag"
            );
            let is_addressed = matches!(visibility, "direct" | "list:1");
            let at_home = match viewer {
                "author" => true,
                "mentioned" => is_addressed,
                "follower" => !is_addressed,
                _ => false,
            };
            assert_eq!(has("/api/v1/timelines/home"), at_home, "{case} at home");
            let in_direct = visibility == "direct" && may_see;
            assert_eq!(
                has("/api/v1/timelines/direct"),
                in_direct,
                "{case} in direct"
            );
        }
    }
}

#[test]
fn who_may_not_see_a_post_can_do_nothing_to_it() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let secret = alice.post_with("psst", &[("visibility", "private")]);
    let id = secret["id"].as_str().unwrap();
    for verb in [
        "favourite",
        "unfavourite",
        "reblog",
        "unreblog",
        "bookmark",
        "unbookmark",
        "pin",
        "unpin",
        "mute",
        "unmute",
    ] {
        bob.post(&format!("/api/v1/statuses/{id}/{verb}"), &[])
            .refused(404, "Record not found");
    }
}

#[test]
fn a_reply_shows_nothing_of_a_parent_that_the_viewer_may_not_see() {
    let server = TestServer::new();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let secret = alice.post_with("psst", &[("visibility", "private")]);
    let more = [
        ("in_reply_to_id", secret["id"].as_str().unwrap()),
        ("visibility", "public"),
    ];
    let reply = alice.post_with("to myself", &more);
    let target = format!("/api/v1/statuses/{}", reply["id"].as_str().unwrap());
    assert_eq!(alice.get(&target).ok()["pleroma"]["parent_visible"], true);
    assert_eq!(bob.get(&target).ok()["pleroma"]["parent_visible"], false);
    let context = bob.get(&format!("{target}/context")).ok();
    assert!(ids(&context["ancestors"]).is_empty());
}
