//! How programs find out what this is.

use crate::support::{BASE, TestServer};
use serde_json::json;

#[test]
fn the_well_known_document_lists_2_0_first_and_2_1_last() {
    let server = TestServer::new();
    assert_eq!(
        server.get("/.well-known/nodeinfo").ok(),
        json!({"links": [
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{BASE}/nodeinfo/2.0.json")},
            {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": format!("{BASE}/actor")},
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": format!("{BASE}/nodeinfo/2.1.json")},
        ]})
    );
}

#[test]
fn both_versions_answer_with_and_without_json_and_to_other_origins() {
    let server = TestServer::new();
    for version in ["2.0", "2.1"] {
        for suffix in ["", ".json"] {
            let answer = server.get(&format!("/nodeinfo/{version}{suffix}"));
            let profile =
                format!("profile=\"http://nodeinfo.diaspora.software/ns/schema/{version}#\"");
            assert!(answer.header("Content-Type").unwrap().contains(&profile));
            assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
            assert_eq!(answer.ok()["version"], version);
        }
    }
    assert_eq!(server.get("/nodeinfo/1.0").status, 404);
}

#[test]
fn the_software_is_named_as_it_is_or_as_the_operator_wants() {
    let software = |settings: &[&str]| TestServer::with(settings).get("/nodeinfo/2.1").ok();
    let own = software(&[]);
    assert_eq!(own["software"]["name"], "kenoma");
    assert_eq!(own["software"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(own["metadata"]["upstream"], json!({"name": "mastodon"}));
    let other = software(&["instance.advertised_name=pleroma"]);
    assert_eq!(other["software"]["name"], "pleroma");
}

#[test]
fn metadata_has_every_key_that_front_ends_read() {
    let server = TestServer::with(&[
        "instance.name=Us",
        "instance.public=false",
        "instance.invites_enabled=true",
    ]);
    let root = server.admin("root");
    let document = server.get("/nodeinfo/2.0").ok();
    let metadata = &document["metadata"];
    assert_eq!(metadata["nodeName"], "Us");
    assert_eq!(metadata["private"], true);
    assert_eq!(metadata["invitesEnabled"], true);
    assert_eq!(
        metadata["staffAccounts"],
        json!([format!("{BASE}/users/{}", root.name)])
    );
    assert_eq!(
        metadata["features"],
        server.get("/api/v1/instance").ok()["pleroma"]["metadata"]["features"]
    );
    for object in [
        "pollLimits",
        "uploadLimits",
        "fieldsLimits",
        "suggestions",
        "federation",
    ] {
        assert!(metadata[object].is_object(), "{object}");
    }
    for array in ["postFormats", "restrictedNicknames"] {
        assert!(
            metadata[array]
                .as_array()
                .is_some_and(|list| !list.is_empty()),
            "{array}"
        );
    }
    for switch in [
        "accountActivationRequired",
        "mailerEnabled",
        "skipThreadContainment",
    ] {
        assert!(metadata[switch].is_boolean(), "{switch}");
    }
    assert_eq!(document["usage"]["users"]["total"], 1);
    assert_eq!(document["openRegistrations"], false);
}

#[test]
fn host_meta_names_webfinger() {
    let server = TestServer::new();
    let answer = server.get("/.well-known/host-meta");
    assert!(
        answer
            .header("Content-Type")
            .unwrap()
            .starts_with("application/xrd+xml")
    );
    assert!(answer.text().contains(&format!(
        "template=\"{BASE}/.well-known/webfinger?resource={{uri}}\""
    )));
}
