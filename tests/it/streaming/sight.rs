//! Who hears of what: streams through the visibility predicate (security.md P2).

use serde_json::json;

use super::client::Live;
use crate::support::TestUser;

const VISIBILITIES: [&str; 6] = ["public", "unlisted", "private", "direct", "list", "local"];

/// The ids that come on each stream before the sentinel's.
fn heard(client: &mut super::client::Client, sentinel: &str) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let (event, id) = client.about();
        match event.as_str() {
            "update" if id == sentinel => return ids,
            "update" => ids.push(id),
            _ => {}
        }
    }
}

#[test]
fn sec_p2_streams_show_each_viewer_what_timelines_show() {
    let live = Live::new();
    let author = live.server.user("author");
    let people = ["mentioned", "follower", "stranger", "blocked", "blocker"]
        .map(|name| live.server.user(name));
    let [mentioned, follower, _, blocked, blocker] = &people;
    // So that a sentinel of the author's reaches everybody's home.
    for person in [follower, blocked, blocker] {
        person.follow(&author);
    }
    let list = author.post("/api/v1/lists", &[("title", "chosen")]).ok();
    let list = list["id"].as_str().unwrap();
    author
        .post(&format!("/api/v1/accounts/{}/block", blocked.id), &[])
        .ok();
    blocker
        .post(&format!("/api/v1/accounts/{}/block", author.id), &[])
        .ok();

    let everybody: Vec<&TestUser> = std::iter::once(&author).chain(&people).collect();
    let streams = ["user", "public", "public:local", "hashtag"];
    let mut open = Vec::new();
    for person in &everybody {
        for stream in streams {
            open.push((
                Some(*person),
                stream,
                live.stream(person, &format!("{stream}&tag=secret")),
            ));
        }
    }
    for stream in ["public", "hashtag"] {
        open.push((
            None,
            stream,
            live.open(&format!("/api/v1/streaming?stream={stream}&tag=secret")),
        ));
    }
    let mut posted = Vec::new();
    for visibility in VISIBILITIES {
        let visibility = if visibility == "list" {
            format!("list:{list}")
        } else {
            visibility.to_owned()
        };
        let text = format!("#secret for @{}", mentioned.name);
        let post = author.post_with(&text, &[("visibility", &visibility)]);
        posted.push((visibility, post["id"].as_str().unwrap().to_owned()));
    }
    for (person, stream, mut client) in open {
        // Each stream gets a last post that it surely shows.
        let other = live.server.user(&format!("s{}", kenoma::ids::next()));
        let sentinel = match (person, stream) {
            (Some(person), "user") => person.post_status("sentinel"),
            _ => other.post_status("#secret sentinel"),
        };
        let ids = heard(&mut client, sentinel["id"].as_str().unwrap());
        let timeline = match stream {
            "user" => "/api/v1/timelines/home?limit=40",
            "public:local" => "/api/v1/timelines/public?local=true&limit=40",
            "hashtag" => "/api/v1/timelines/tag/secret?limit=40",
            _ => "/api/v1/timelines/public?limit=40",
        };
        let shown = match person {
            Some(person) => person.get(timeline).ok(),
            None => live.server.get(timeline).ok(),
        };
        let shown = crate::support::ids(&shown);
        let who = person.map_or("anonymous", |person| &person.name);
        for (visibility, id) in &posted {
            assert_eq!(
                ids.contains(id),
                shown.contains(id),
                "{who} {stream} {visibility}"
            );
        }
        let public = &posted[0].1;
        let is_home = stream == "user";
        let expected = match who {
            "blocked" | "blocker" => false,
            "author" | "follower" => true,
            _ => !is_home,
        };
        assert_eq!(ids.contains(public), expected, "{who} {stream}");
        let hidden = posted[1..].iter().any(|(_, id)| ids.contains(id));
        let expected = is_home && matches!(who, "author" | "follower" | "mentioned");
        assert_eq!(hidden, expected, "{who} {stream}");
    }
}

#[test]
fn nobody_hears_what_went_out_of_sight_before_it_was_told() {
    let live = Live::new();
    let (alice, bob) = (live.server.user("alice"), live.server.user("bob"));
    let mut client = live.stream(&bob, "public");
    alice
        .post(&format!("/api/v1/accounts/{}/block", bob.id), &[])
        .ok();
    let post = alice.post_status("not for bob");
    alice
        .delete(&format!(
            "/api/v1/statuses/{}",
            post["id"].as_str().unwrap()
        ))
        .ok();
    let own = bob.post_status("mine");
    let (streams, event, payload) = client.event();
    assert_eq!((streams, event.as_str()), (json!(["public"]), "update"));
    assert_eq!(payload["id"], own["id"]);
}
