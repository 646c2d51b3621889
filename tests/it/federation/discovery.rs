//! WebFinger, host-meta, NodeInfo: how other servers find people here (federation.md 1).

use serde_json::json;

use super::fetch;
use crate::support::{BASE, TestServer};

const HOST: &str = "127.0.0.1:4000";

fn finger(server: &TestServer, resource: &str) -> crate::support::Answer {
    server.get(&format!(
        "/.well-known/webfinger?{}",
        crate::support::encode(&[("resource", resource)])
    ))
}

#[test]
fn webfinger_leads_from_every_spelling_of_an_address_to_the_actor() {
    let server = TestServer::new();
    server.user("alice");
    let actor = format!("{BASE}/users/alice");
    for resource in [
        format!("acct:alice@{HOST}"),
        format!("alice@{HOST}"),
        format!("acct:@alice@{HOST}"),
        format!("acct:ALICE@{HOST}"),
        actor.clone(),
        format!("{BASE}/@alice"),
    ] {
        let answer = finger(&server, &resource);
        assert_eq!(
            answer.header("Content-Type"),
            Some("application/jrd+json; charset=utf-8")
        );
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
        let found = answer.ok();
        assert_eq!(found["subject"], format!("acct:alice@{HOST}"));
        assert_eq!(found["aliases"], json!([actor]));
        let own = json!({"rel": "self", "type": "application/activity+json", "href": actor});
        assert!(
            found["links"].as_array().unwrap().contains(&own),
            "{resource}"
        );
    }
}

#[test]
fn webfinger_knows_nobody_else() {
    let server = TestServer::new();
    server.user("alice");
    let carol = server.user("carol");
    server
        .admin("root")
        .patch(
            "/api/pleroma/admin/users/deactivate",
            &[("nicknames[]", &carol.name)],
        )
        .ok();
    for resource in [
        format!("acct:nobody@{HOST}"),
        format!("acct:carol@{HOST}"),
        "acct:alice@elsewhere.example".into(),
        format!("acct:alice@evil@{HOST}.example"),
        "https://elsewhere.example/users/alice".into(),
        "alice".into(),
    ] {
        assert_eq!(finger(&server, &resource).status, 404, "{resource}");
    }
    assert_eq!(server.get("/.well-known/webfinger").status, 400);
}

#[test]
fn webfinger_answers_xml_to_those_who_prefer_it() {
    let server = TestServer::new();
    server.user("alice");
    let target = format!("/.well-known/webfinger?resource=acct:alice@{HOST}");
    let ask = |accept: &str| server.request("GET", &target, &[("Accept", accept)], b"");
    let xml = ask("application/xrd+xml");
    assert_eq!(
        xml.header("Content-Type"),
        Some("application/xrd+xml; charset=utf-8")
    );
    assert!(
        xml.text()
            .contains(&format!("<Subject>acct:alice@{HOST}</Subject>"))
    );
    assert!(xml.text().contains(&format!(
        "type=\"application/activity+json\" href=\"{BASE}/users/alice\""
    )));
    ask("application/jrd+json, application/xrd+xml").ok();
    ask("*/*").ok();
}

#[test]
fn the_server_itself_is_found_and_served_complete() {
    let server = TestServer::with(&["federation.authorized_fetch=true", "instance.name=Us"]);
    let found = finger(&server, &format!("acct:{HOST}@{HOST}")).ok();
    let actor = format!("{BASE}/actor");
    assert_eq!(found["links"][1]["href"], actor);
    let document = fetch(&server, "/actor").ok();
    assert_eq!(
        (&document["id"], &document["type"]),
        (&json!(actor), &json!("Application"))
    );
    assert_eq!(
        (&document["preferredUsername"], &document["name"]),
        (&json!(HOST), &json!("Us"))
    );
    assert_eq!(document["inbox"], format!("{BASE}/inbox"));
    assert_eq!(document["publicKey"]["id"], format!("{actor}#main-key"));
    assert_eq!(fetch(&server, "/actor/outbox").ok()["totalItems"], 0);
    let nodeinfo = server.get("/.well-known/nodeinfo").ok();
    let link = json!({"rel": "https://www.w3.org/ns/activitystreams#Application", "href": actor});
    assert!(nodeinfo["links"].as_array().unwrap().contains(&link));
}

#[test]
fn host_meta_says_where_webfinger_is_asked() {
    let server = TestServer::new();
    let template = format!("{BASE}/.well-known/webfinger?resource={{uri}}");
    let xml = server.get("/.well-known/host-meta");
    assert_eq!(
        xml.header("Content-Type"),
        Some("application/xrd+xml; charset=utf-8")
    );
    assert!(xml.text().contains(&format!("template=\"{template}\"")));
    let document = server.get("/.well-known/host-meta.json").ok();
    assert_eq!(document["links"][0]["template"], template);
}

#[test]
fn nothing_of_it_is_there_without_federation() {
    let server = TestServer::with(&["federation.enabled=false"]);
    server.user("alice");
    for target in [
        format!("/.well-known/webfinger?resource=acct:alice@{HOST}"),
        "/.well-known/host-meta".into(),
        "/.well-known/host-meta.json".into(),
        "/actor".into(),
        "/actor/outbox".into(),
        "/users/alice/outbox".into(),
        "/users/alice/main-key".into(),
    ] {
        assert_eq!(fetch(&server, &target).status, 404, "{target}");
    }
    let page = fetch(&server, "/users/alice");
    assert_eq!(
        page.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        !server
            .get("/.well-known/nodeinfo")
            .text()
            .contains("#Application")
    );
}
