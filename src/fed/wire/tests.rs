use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn a_thing_is_its_id_or_the_whole_of_it_alone_or_in_a_list() {
    for value in [
        json!("https://a.example/1"),
        json!({"id": "https://a.example/1"}),
        json!(["https://a.example/1", "https://a.example/2"]),
        json!([{"id": "https://a.example/1"}]),
    ] {
        assert_eq!(id_of(&value), Some("https://a.example/1"), "{value}");
    }
    for value in [
        json!(null),
        json!(1),
        json!([]),
        json!({}),
        json!([[]]),
        json!("acct:a@b"),
        json!({"id": 1}),
    ] {
        assert_eq!(id_of(&value), None, "{value}");
    }
}

#[test]
fn addressees_are_read_once_each_and_everybody_by_any_name() {
    let value = json!(["as:Public", "https://a.example/f", {"id": "https://a.example/f"}, null, 3, "Public", PUBLIC]);
    assert_eq!(ids(&value), [PUBLIC, "https://a.example/f"]);
    assert_eq!(ids(&json!("https://a.example/f")), ["https://a.example/f"]);
    let crowd: Vec<String> = (0..1500)
        .map(|n| format!("https://a.example/{n}"))
        .collect();
    assert_eq!(ids(&json!(crowd)).len(), MAX_IDS);
}

#[test]
fn links_are_chosen_by_media_type() {
    let value = json!([
        {"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v"},
        {"type": "Link", "mimeType": "text/html", "href": "https://a.example/p"},
    ]);
    assert_eq!(link(&value, "text/html"), Some("https://a.example/p"));
    assert_eq!(link(&value, "audio/"), Some("https://a.example/v"));
    assert_eq!(
        link(&json!("https://a.example/x"), "image/"),
        Some("https://a.example/x")
    );
    assert_eq!(
        link(
            &json!({"type": "Image", "url": "https://a.example/i"}),
            "image/"
        ),
        Some("https://a.example/i")
    );
    assert_eq!(link(&json!("javascript:alert(1)"), ""), None);
}

#[test]
fn sec_a9_what_pretends_to_be_two_things_is_nothing() {
    assert_eq!(type_of(&json!({"type": "Note"})), (Class::Post, "Note"));
    assert_eq!(
        type_of(&json!({"type": ["Odd", "as:Note", "Article"]})),
        (Class::Post, "Note")
    );
    assert_eq!(
        type_of(&json!({"type": "Group", "inbox": "x", "attributedTo": []})),
        (Class::Actor, "Group")
    );
    for mixed in [
        json!({"type": ["Note", "Person"]}),
        json!({"type": "Note", "inbox": "https://a.example/inbox"}),
        json!({"type": "Note", "publicKey": {}}),
        json!({"type": "Person", "inbox": "x", "content": "y"}),
        json!({"type": "Person", "attributedTo": "x", "content": "y"}),
        json!({"type": "Travel"}),
        json!({}),
        json!([]),
    ] {
        assert_eq!(type_of(&mixed), (Class::Unknown, ""), "{mixed}");
    }
}

#[test]
fn texts_come_with_their_language() {
    let both = json!({"content": "b", "contentMap": {"de": "a", "en": "b"}});
    assert_eq!(
        text(&both, "content"),
        Some(Text {
            text: "b",
            language: Some("en")
        })
    );
    let map = json!({"contentMap": {"de": "a"}});
    assert_eq!(
        text(&map, "content"),
        Some(Text {
            text: "a",
            language: Some("de")
        })
    );
    assert_eq!(
        text(&json!({"content": "x"}), "content"),
        Some(Text {
            text: "x",
            language: None
        })
    );
    assert_eq!(
        text(&json!({"content": null, "contentMap": {}}), "content"),
        None
    );
}

#[test]
fn long_names_are_names() {
    assert_eq!(
        get(&json!({"as:sensitive": true}), "sensitive"),
        &json!(true)
    );
    assert_eq!(
        get(
            &json!({"http://joinmastodon.org/ns#featured": "x"}),
            "featured"
        ),
        &json!("x")
    );
    assert_eq!(get(&json!({"xsensitive": true}), "sensitive"), &Value::Null);
}

#[test]
fn moments_are_believed_within_reason() {
    let now = Timestamp(1_793_534_400_000);
    for (written, read) in [
        ("2026-11-01T11:00:00Z", 1_793_530_800_000),
        ("2026-11-01T13:00:00.5+02:00", 1_793_530_800_500),
        ("2026-11-01T11:00:00", 1_793_530_800_000),
        ("1960-01-01T00:00:00Z", now.0),
        ("2027-01-01T00:00:00Z", now.0),
        ("yesterday", now.0),
    ] {
        assert_eq!(time(&json!(written), now).0, read, "{written}");
    }
}

#[test]
fn sec_a8_hosts_are_compared_in_one_form() {
    for (id, host) in [
        ("https://EXAMPLE.org/x", "example.org"),
        ("https://example.org:443/x", "example.org"),
        ("https://example.org./x", "example.org"),
        ("https://example.org:8443/x", "example.org:8443"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://ｅxample。org/", "example.org"),
        ("https://a@b.example/", "b.example"),
    ] {
        assert_eq!(host_of(id).as_deref(), Some(host), "{id}");
    }
    assert!(!same_host("https://a.example/", "https://b.example/"));
    assert!(!same_host("nonsense", "nonsense"));
    assert!(same_id("https://a.example/x#y", "https://a.example/x/"));
    assert!(same_id("https://A.example:443/x", "https://a.example/x"));
    assert!(!same_id("https://a.example/X", "https://a.example/x"));
    assert!(!same_id("https://a.example/x?y", "https://a.example/x"));
}

#[test]
fn sec_d5_documents_are_bounded() {
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(deep(62).as_bytes()).is_ok());
    assert_eq!(parse(deep(64).as_bytes()), Err(Malformed::TooMuch));
    assert_eq!(
        parse(deep(1_000_000).as_bytes()),
        Err(Malformed::NotAnObject)
    );
    let wide = |count: usize| format!("{{\"a\":[{}]}}", vec!["0"; count].join(","));
    assert!(parse(wide(19_000).as_bytes()).is_ok());
    assert_eq!(parse(wide(20_001).as_bytes()), Err(Malformed::TooMuch));
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length));
    assert!(parse(long(256 << 10).as_bytes()).is_ok());
    assert_eq!(
        parse(long((256 << 10) + 1).as_bytes()),
        Err(Malformed::TooMuch)
    );
    for other in ["[]", "[{}]", "1", "null", "", "{", "{}x"] {
        assert_eq!(
            parse(other.as_bytes()),
            Err(Malformed::NotAnObject),
            "{other}"
        );
    }
    assert_eq!(get(&parse(br#"{"a":1,"a":2}"#).unwrap(), "a"), &json!(2));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(https://a\\.example/)?[a-zA-Z:#]{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("id".to_owned()),
        Just("type".to_owned()),
        Just("href".to_owned()),
        Just("url".to_owned()),
        Just("content".to_owned()),
        Just("contentMap".to_owned()),
        Just("mediaType".to_owned()),
        "[a-z:]{0,6}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_host_is_read_as_a_browser_reads_it(
        id in "(https?|ftp)://([a-zü0-9]{1,4}:?@)?[-a-zA-Z0-9.:%ü\\\\]{0,9}(:(0|80|443|[0-9]{1,6}))?[/?#\\\\][-a-z.:@/]{0,6}"
    ) {
        prop_assert_eq!(host_of(&id), Url::parse(&id).ok().and_then(|url| host(&url)));
    }

    #[test]
    fn the_hosts_that_there_are_are_read_as_a_browser_reads_them(
        id in "https?://([a-z0-9-]{1,4}\\.){0,3}[a-z]{1,3}(:[0-9]{1,5})?/[a-z]{0,3}|http://[0-9]{1,3}(\\.[0-9]{1,3}){3}(:[0-9]{1,5})?/"
    ) {
        prop_assert_eq!(host_of(&id), Url::parse(&id).ok().and_then(|url| host(&url)));
    }

    #[test]
    fn every_question_has_an_answer_whatever_was_sent(value in any_value()) {
        let id = id_of(&value);
        prop_assert!(id.is_none_or(is_id));
        prop_assert!(ids(&value).iter().all(|id| is_id(id)));
        prop_assert!(link(&value, "image/").is_none_or(is_id));
        let _ = (type_of(&value), text(&value, "content"), boolean(&value), media_type(&value));
        let _ = (time(&value, Timestamp(0)), id.and_then(host_of));
    }
}
