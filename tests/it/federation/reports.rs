//! Reports that are forwarded, out and in (federation.md 5.3, 8.3).

use serde_json::{Value, json};

use super::stranger::{Stranger, outbox};
use crate::support::{BASE, TestServer, TestUser};

const ADMIN: &str = "/api/pleroma/admin/reports";

fn reports(root: &TestUser) -> Vec<Value> {
    root.get(ADMIN).ok()["reports"].as_array().unwrap().clone()
}

#[test]
fn a_forwarded_report_goes_out_in_the_name_of_the_server() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let bob = Stranger::new(&server, "bob", "remote.example");
    let mut note = bob.note("<p>rude</p>");
    note["tag"] = json!({"type": "Mention", "href": format!("{BASE}/users/alice")});
    bob.say(&bob.activity("Create", note.clone()));
    let status = alice.get("/api/v1/notifications").ok()[0]["status"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = bob.id.to_string();
    let form = [
        ("account_id", id.as_str()),
        ("status_ids[]", &status),
        ("comment", "rude"),
    ];
    alice.post("/api/v1/reports", &form).ok();
    assert_eq!(outbox(&server).len(), 0, "it was not to be forwarded");
    let form = [&form[..], &[("forward", "true")]].concat();
    alice.post("/api/v1/reports", &form).ok();
    let sent = outbox(&server);
    assert_eq!(sent.len(), 1);
    let (inbox, flag) = &sent[0];
    assert_eq!(inbox, "https://remote.example/inbox");
    assert_eq!(
        (&flag["type"], &flag["actor"]),
        (&json!("Flag"), &json!(format!("{BASE}/actor")))
    );
    assert_eq!(
        (&flag["object"], &flag["to"]),
        (&json!([bob.uri, note["id"]]), &json!([bob.uri]))
    );
    assert_eq!(flag["content"], "rude");
    assert!(!flag.to_string().contains("alice"));
    assert_eq!(reports(&root).len(), 2);
}

#[test]
fn a_report_from_elsewhere_is_told_to_the_admins_once() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let (post, private) = (
        alice.post_status("hello"),
        alice.post_with("psst", &[("visibility", "private")]),
    );
    let of_root = root.post_status("mine");
    let server_actor = Stranger::new(&server, "remote.example", "remote.example");
    let uris = |list: &[&Value]| {
        let posts = list.iter().map(|post| post["uri"].clone());
        let mut all = vec![
            json!(format!("{BASE}/users/alice")),
            json!("https://remote.example/users/zoe"),
        ];
        all.extend(posts);
        json!(all)
    };
    let mut flag = server_actor.activity("Flag", uris(&[&post, &private, &of_root]));
    flag["content"] = json!(format!("<b>rude</b> {}", "x".repeat(2000)));
    server_actor.say(&flag);
    server_actor.say(&flag);
    let list = reports(&root);
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["account"]["id"], alice.id.as_str());
    assert_eq!(list[0]["actor"]["acct"], "remote.example@remote.example");
    let content = list[0]["content"].as_str().unwrap();
    assert!(
        content.starts_with("rude xxx") && content.chars().count() == 1000,
        "{content}"
    );
    let mut named: Vec<&str> = list[0]["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            post["id"].as_str().unwrap(),
            private["id"].as_str().unwrap()
        ]
    );
    let told = root
        .get("/api/v1/notifications?include_types[]=pleroma:report")
        .ok();
    assert_eq!(
        (told.as_array().unwrap().len(), &told[0]["type"]),
        (1, &json!("pleroma:report"))
    );
    assert_eq!(alice.get("/api/v1/notifications").ok(), json!([]));
}

#[test]
fn a_report_is_read_in_each_dialect_and_one_about_nobody_here_is_none() {
    let server = TestServer::new();
    let (alice, root) = (server.user("alice"), server.admin("root"));
    let post = alice.post_status("hello");
    let bob = Stranger::new(&server, "bob", "remote.example");
    // Posts in the text, no id.
    let mut flag = bob.activity("Flag", json!(format!("{BASE}/users/alice")));
    flag["content"] = json!(format!(
        "Note: {}\n-----\nrude",
        post["url"].as_str().unwrap()
    ));
    flag.as_object_mut().unwrap().remove("id");
    bob.say(&flag);
    // A post alone.
    bob.say(&bob.activity("Flag", json!([post["uri"]])));
    bob.say(&bob.activity("Flag", json!(["https://elsewhere.example/1", bob.uri])));
    bob.say(&bob.activity("Flag", Value::Null));
    let list = reports(&root);
    assert_eq!(list.len(), 2);
    for report in &list {
        assert_eq!(report["account"]["id"], alice.id.as_str());
        assert_eq!(report["statuses"][0]["id"], post["id"]);
    }
}
