//! Random trees are the same in every encoding, and random input never panics.

use super::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// How a test writes the steps below a list.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Brackets,
    Indices,
}

fn flatten(key: &str, tree: &serde_json::Value, style: Style, into: &mut Vec<(String, String)>) {
    match tree {
        serde_json::Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                let index = if style == Style::Brackets {
                    String::new()
                } else {
                    (index * 7).to_string()
                };
                flatten(&format!("{key}[{index}]"), value, style, into);
            }
        }
        // "a" comes first, so that it starts a new element of a list.
        serde_json::Value::Object(map) => {
            let (first, others): (Vec<_>, Vec<_>) = map.iter().partition(|(name, _)| *name == "a");
            for (name, value) in first.into_iter().chain(others) {
                let key = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}[{name}]")
                };
                flatten(&key, value, style, into);
            }
        }
        other => into.push((key.to_owned(), other.as_str().unwrap().to_owned())),
    }
}

fn as_form(pairs: &[(String, String)]) -> Vec<u8> {
    let encode = |text: &str| {
        utf8_percent_encode(text, NON_ALPHANUMERIC)
            .to_string()
            .replace("%20", "+")
    };
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    pairs.join("&").into_bytes()
}

fn as_multipart(pairs: &[(String, String)]) -> Vec<u8> {
    let mut body = String::new();
    for (key, value) in pairs {
        let key = key.replace('\\', "\\\\").replace('"', "\\\"");
        body +=
            &format!("--a b\r\ncontent-disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
    }
    (body + "--a b--\r\n").into_bytes()
}

/// Index maps as the lists they stand for.
fn normal(tree: serde_json::Value) -> serde_json::Value {
    match tree {
        serde_json::Value::Array(list) => list.into_iter().map(normal).collect(),
        serde_json::Value::Object(map) => {
            let indices: Option<BTreeMap<u32, _>> = map
                .iter()
                .map(|(k, v)| Some((k.parse().ok()?, v)))
                .collect();
            match indices {
                Some(list) if !list.is_empty() => list.into_values().cloned().map(normal).collect(),
                _ => map
                    .into_iter()
                    .map(|(key, value)| (key, normal(value)))
                    .collect(),
            }
        }
        other => other,
    }
}

fn leaf() -> impl Strategy<Value = serde_json::Value> {
    any::<String>()
        .prop_filter("no boundary", |text| !text.contains("--a b"))
        .prop_map(Into::into)
}

fn name() -> impl Strategy<Value = String> {
    r#"[b-zé&=+%;"\\ ]{1,4}"#.prop_map(String::from)
}

/// Trees a form can write with `[]`: the maps of a list begin with the scalar `a`.
fn bracket_tree() -> impl Strategy<Value = serde_json::Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let element =
            (leaf(), btree_map(name(), inner.clone(), 0..3)).prop_map(|(first, mut map)| {
                map.insert("a".into(), first);
                json!(map)
            });
        prop_oneof![
            vec(leaf(), 1..4).prop_map(|list| json!(list)),
            vec(element, 1..4).prop_map(|list| json!(list)),
            btree_map(name(), inner, 1..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Trees a form can write with indices: all but empty branches.
fn any_tree() -> impl Strategy<Value = serde_json::Value> {
    leaf().prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|list| json!(list)),
            btree_map(name(), inner, 1..4).prop_map(|map| json!(map)),
        ]
    })
}

fn in_all_encodings(tree: &serde_json::Value, style: Style) -> [Params; 4] {
    let mut pairs = Vec::new();
    flatten("", tree, style, &mut pairs);
    [
        try_body(JSON, tree.to_string().as_bytes()).unwrap(),
        try_body(FORM, &as_form(&pairs)).unwrap(),
        try_body(MULTIPART, &as_multipart(&pairs)).unwrap(),
        query(std::str::from_utf8(&as_form(&pairs)).unwrap()),
    ]
}

/// Asks every question about every key.
fn ask_everything(params: &Params) {
    for key in params.keys() {
        let _ = (
            params.text(key),
            params.bool(key),
            params.int(key),
            params.list(key),
            params.ids(key),
        );
        let _ = (params.file(key).map(Upload::bytes), params.json(key));
        params
            .maps(key)
            .into_iter()
            .chain(params.map(key))
            .for_each(ask_everything);
    }
}

proptest! {
    #[test]
    fn a_tree_is_the_same_in_every_encoding(map in btree_map(name(), bracket_tree(), 0..4)) {
        let tree = json!(map);
        for params in in_all_encodings(&tree, Style::Brackets) {
            prop_assert_eq!(params.to_json(), tree.clone());
        }
    }

    #[test]
    fn a_tree_written_with_indices_is_the_same_in_every_encoding(map in btree_map(name(), any_tree(), 0..4)) {
        let tree = json!(map);
        for params in in_all_encodings(&tree, Style::Indices) {
            prop_assert_eq!(normal(params.to_json()), tree.clone());
        }
    }

    #[test]
    fn random_bytes_never_panic(
        data in vec(any::<u8>(), 0..300),
        content_type in prop_oneof![Just(JSON.to_owned()), Just(FORM.to_owned()), Just(MULTIPART.to_owned()), any::<String>()],
    ) {
        if let Ok(params) = try_body(&content_type, &data) {
            ask_everything(&params);
        }
    }

    #[test]
    fn random_forms_never_panic(text in r#"([ab]|\[|\]|\[\]|\[0\]|\[-1\]|=|&|%5b|%|\+){0,80}"#) {
        if let Ok(params) = Params::parse(Some(&text), Body::default()) {
            ask_everything(&params);
        }
    }

    #[test]
    fn random_json_never_panics(text in r#"(\{"a":|\{"0":|\[|\]|\}|,|"b":|"x"|1|-0\.5e3|null|true|"\\ud800"){0,40}"#) {
        if let Ok(params) = try_body(JSON, text.as_bytes()) {
            ask_everything(&params);
        }
    }
}
