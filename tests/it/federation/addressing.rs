//! How far posts of each visibility reach (federation.md 5.1): whom they name, where they go, who may fetch them, and where
//! they are seen here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pair::id;
use super::stranger::{Stranger, sent};
use super::{fetch, path};
use crate::support::{BASE, TestServer, TestUser, ids};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Alice; bob follows her from elsewhere and is named by nobody, carl is named, dora is on her list.
struct Scene<'a> {
    server: &'a TestServer,
    alice: TestUser<'a>,
    follower: TestUser<'a>,
    neighbour: TestUser<'a>,
    bob: Stranger<'a>,
    carl: Stranger<'a>,
    dora: Stranger<'a>,
    list: String,
}

impl<'a> Scene<'a> {
    fn new(server: &'a TestServer) -> Scene<'a> {
        let scene = Scene {
            server,
            alice: server.user("alice"),
            follower: server.user("frank"),
            neighbour: server.user("nina"),
            bob: Stranger::new(server, "bob", "follows.example"),
            carl: Stranger::new(server, "carl", "named.example"),
            dora: Stranger::new(server, "dora", "listed.example"),
            list: String::new(),
        };
        scene.bob.follows(&scene.alice);
        scene.follower.follow(&scene.alice);
        scene.dora.is_followed_by(&scene.alice);
        let list = scene.alice.post("/api/v1/lists", &[("title", "few")]).ok();
        let members = format!("/api/v1/lists/{}/accounts", id(&list));
        let dora = scene.dora.id.to_string();
        scene.alice.post(&members, &[("account_ids[]", &dora)]).ok();
        sent(server);
        Scene {
            list: format!("list:{}", id(&list)),
            ..scene
        }
    }

    /// Who of all sees it at home, and whether it is public.
    fn shown(&self, status: &Value) -> (bool, bool, bool) {
        let has = |list: Value| ids(&list).contains(&id(status).to_owned());
        (
            has(self.follower.get("/api/v1/timelines/home").ok()),
            has(self.server.get("/api/v1/timelines/public").ok()),
            self.neighbour
                .get(&format!("/api/v1/statuses/{}", id(status)))
                .status
                == 200,
        )
    }
}

/// What is expected of a visibility.
struct Expected {
    to: Value,
    cc: Value,
    inboxes: &'static [&'static str],
    /// Whether strangers, a follower, and who is named may fetch it.
    fetched: [bool; 3],
    /// Whether it is seen in a follower's home timeline, in the public one, and by other people here.
    shown: (bool, bool, bool),
}

fn expected(scene: &Scene) -> Vec<(String, Expected)> {
    let followers = format!("{BASE}/users/alice/followers");
    let carl = &scene.carl.uri;
    let (all, named): (&[&str], &[&str]) = (
        &[
            "https://follows.example/inbox",
            "https://named.example/inbox",
        ],
        &["https://named.example/inbox"],
    );
    let row = |name: &str, to: Value, cc: Value, inboxes, fetched, shown| {
        let expected = Expected {
            to,
            cc,
            inboxes,
            fetched,
            shown,
        };
        (name.to_owned(), expected)
    };
    vec![
        row(
            "public",
            json!([PUBLIC, carl]),
            json!([followers]),
            all,
            [true; 3],
            (true, true, true),
        ),
        row(
            "unlisted",
            json!([followers, carl]),
            json!([PUBLIC]),
            all,
            [true; 3],
            (true, false, true),
        ),
        row(
            "private",
            json!([followers, carl]),
            json!([]),
            all,
            [false, true, true],
            (true, false, false),
        ),
        row(
            "direct",
            json!([carl]),
            json!([]),
            named,
            [false, false, true],
            (false, false, false),
        ),
        row(
            "local",
            json!(null),
            json!(null),
            &[],
            [false; 3],
            (true, false, true),
        ),
    ]
}

#[test]
fn each_visibility_reaches_whom_it_is_for() {
    let server = TestServer::new();
    let scene = Scene::new(&server);
    for (visibility, expected) in expected(&scene) {
        let status = scene
            .alice
            .post_with("hi @carl@named.example", &[("visibility", &visibility)]);
        let told = sent(&server);
        let inboxes: BTreeSet<&str> = told.iter().map(|(inbox, _)| inbox.as_str()).collect();
        assert_eq!(
            inboxes,
            expected.inboxes.iter().copied().collect(),
            "{visibility}"
        );
        for (_, create) in &told {
            for document in [create, &create["object"]] {
                assert_eq!(
                    (&document["to"], &document["cc"]),
                    (&expected.to, &expected.cc),
                    "{visibility}"
                );
                let is_direct = document.get("directMessage").is_some();
                assert_eq!(is_direct, visibility == "direct");
            }
            let mention = &create["object"]["tag"][0];
            assert_eq!(
                mention,
                &json!({"type": "Mention", "href": scene.carl.uri, "name": "@carl@named.example"})
            );
        }
        let object = path(&status["uri"]);
        let fetched = [
            fetch(&server, &object).status,
            scene.bob.fetches(&object).status,
            scene.carl.fetches(&object).status,
        ];
        assert_eq!(
            fetched.map(|status| status == 200),
            expected.fetched,
            "{visibility}"
        );
        assert!(
            fetched.iter().all(|status| [200, 404].contains(status)),
            "{visibility}"
        );
        assert_eq!(scene.shown(&status), expected.shown, "{visibility}");
        let outbox = fetch(&server, "/users/alice/outbox?page=true").text();
        assert_eq!(
            outbox.contains(status["uri"].as_str().unwrap()),
            expected.fetched[0],
            "{visibility}"
        );
    }
}

#[test]
fn a_post_to_a_list_names_to_each_server_only_its_own_members() {
    let server = TestServer::new();
    let scene = Scene::new(&server);
    let status = scene
        .alice
        .post_with("hi @carl@named.example", &[("visibility", &scene.list)]);
    let mut told = sent(&server);
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let inboxes: Vec<&str> = told.iter().map(|(inbox, _)| inbox.as_str()).collect();
    assert_eq!(
        inboxes,
        [
            "https://listed.example/inbox",
            "https://named.example/inbox"
        ]
    );
    for ((_, create), cc) in told.iter().zip([json!([scene.dora.uri]), json!([])]) {
        for document in [create, &create["object"]] {
            let list = scene.list.strip_prefix("list:").unwrap();
            assert_eq!(document["listMessage"], format!("{BASE}/lists/{list}"));
            assert_eq!(
                (&document["to"], &document["cc"]),
                (&json!([scene.carl.uri]), &cc)
            );
        }
    }
    let object = path(&status["uri"]);
    let fetched = [&scene.bob, &scene.carl, &scene.dora].map(|who| who.fetches(&object).status);
    assert_eq!(fetched, [404, 200, 200]);
    assert_eq!(fetch(&server, &object).status, 404);
    assert_eq!(scene.shown(&status), (false, false, false));
}

/// What a post says, in whatever words its server uses, and how it is shown here.
#[test]
fn each_way_of_addressing_is_understood() {
    let server = TestServer::new();
    let alice = server.user("alice");
    let bob = Stranger::new(&server, "bob", "remote.example");
    bob.is_followed_by(&alice);
    let (me, followers) = (
        format!("{BASE}/users/alice"),
        format!("{}/followers", bob.uri),
    );
    for (to, cc, more, visibility) in [
        (json!([PUBLIC]), json!([followers]), json!(null), "public"),
        (json!("as:Public"), json!(followers), json!(null), "public"),
        (json!("Public"), json!(null), json!(null), "public"),
        (json!([followers]), json!([PUBLIC]), json!(null), "unlisted"),
        (json!([followers]), json!([]), json!(null), "private"),
        (json!([me]), json!(followers), json!(null), "private"),
        (json!([me]), json!([]), json!(null), "direct"),
        (json!([]), json!([me]), json!(null), "direct"),
        (json!([]), json!([]), json!({"audience": PUBLIC}), "public"),
        (
            json!([me, format!("{BASE}/#Public")]),
            json!([]),
            json!(null),
            "direct",
        ),
        (
            json!([me, "https://other.example/users/x/followers"]),
            json!([]),
            json!(null),
            "direct",
        ),
    ] {
        let mut note = bob.note("<p>hello</p>");
        (note["to"], note["cc"]) = (to.clone(), cc.clone());
        for (name, value) in more.as_object().into_iter().flatten() {
            note[name] = value.clone();
        }
        bob.say(&bob.activity("Create", note.clone()));
        let found: Option<i64> = server
            .sql()
            .query_row(
                "SELECT id FROM statuses WHERE uri = ?1",
                [note["id"].as_str()],
                |row| row.get(0),
            )
            .ok();
        let found = found.unwrap_or_else(|| panic!("{to} {cc}"));
        let seen = alice.get(&format!("/api/v1/statuses/{found}")).ok();
        assert_eq!(seen["visibility"], visibility, "{to} {cc}");
    }
    // The activity's addresses count where the post has none.
    let mut note = bob.note("<p>hello</p>");
    for name in ["to", "cc"] {
        note.as_object_mut().unwrap().remove(name);
    }
    let mut create = bob.activity("Create", note);
    create["to"] = json!([PUBLIC]);
    bob.say(&create);
    let newest = alice.get("/api/v1/timelines/home").ok();
    assert_eq!(newest[0]["visibility"], "public");
}
