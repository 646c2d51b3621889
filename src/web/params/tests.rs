//! Every spelling of parameters that clients use, and every limit.

mod trees;

use super::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use std::io::{Read, Write};
use std::sync::Arc;

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=\"a b\"";

fn try_body(content_type: &str, data: &[u8]) -> Result<Params, BadParams> {
    let content_type = Some(content_type).filter(|text| !text.is_empty());
    Params::parse(
        None,
        Body {
            content_type,
            data: Data::Bytes(data),
        },
    )
}

fn body(content_type: &str, data: &str) -> Params {
    try_body(content_type, data.as_bytes()).unwrap()
}

fn query(text: &str) -> Params {
    Params::parse(Some(text), Body::default()).unwrap()
}

fn spooled(content_type: &str, data: &[u8]) -> Result<Params, BadParams> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(data).unwrap();
    Params::parse(
        None,
        Body {
            content_type: Some(content_type),
            data: Data::File(Arc::new(file)),
        },
    )
}

#[test]
fn lists_are_read_in_every_spelling() {
    for text in [
        "a[]=x&a[]=y",
        "a[0]=x&a[1]=y",
        "a[10]=y&a[9]=x",
        "a%5B%5D=x&a%5B%5D=y",
        "a[-1]=x&a[0]=y",
    ] {
        assert_eq!(query(text).list("a"), ["x", "y"], "{text}");
    }
    assert_eq!(body(JSON, r#"{"a":["x","y"]}"#).list("a"), ["x", "y"]);
    assert_eq!(
        body(JSON, r#"{"a":{"10":"y","9":"x"}}"#).list("a"),
        ["x", "y"]
    );
    assert_eq!(
        body(JSON, r#"{"a":[1,true,null,"z",[2],{}]}"#).list("a"),
        ["1", "true", "z"]
    );
    assert_eq!(query("a=x").list("a"), ["x"]);
    assert_eq!(body(JSON, r#"{"a":7}"#).list("a"), ["7"]);
    assert!(query("a=").list("a").is_empty());
    assert!(query("a[b]=x").list("a").is_empty());
    assert_eq!(query("a[]=&a[]=x").list("a"), ["", "x"]);
}

#[test]
fn ids_drop_members_that_are_no_numbers() {
    assert_eq!(query("id[]=3&id[]=x&id[]=&id[]=1").ids("id"), [3, 1]);
    assert_eq!(body(JSON, r#"{"id":["3",1,2.5]}"#).ids("id"), [3, 1]);
    assert_eq!(query("id=5").ids("id"), [5]);
    assert!(query("").ids("id").is_empty());
}

#[test]
fn maps_nest_in_forms_as_in_json() {
    let params = query(
        "data[alerts][mention]=true&data[policy]=all&subscription[keys][p256dh]=k&poll[options][]=a",
    );
    assert_eq!(
        params
            .map("data")
            .and_then(|data| data.map("alerts")?.bool("mention")),
        Some(true)
    );
    assert_eq!(
        params.map("data").unwrap().text("policy").as_deref(),
        Some("all")
    );
    assert_eq!(
        params.json("subscription"),
        json!({"keys": {"p256dh": "k"}})
    );
    assert_eq!(params.map("poll").unwrap().list("options"), ["a"]);
    assert!(params.map("absent").is_none());
}

#[test]
fn lists_of_maps_are_read_in_every_spelling() {
    let names = |params: &Params| -> Vec<String> {
        params
            .maps("f")
            .iter()
            .map(|map| format!("{:?}={:?}", map.text("n"), map.text("v")))
            .collect()
    };
    let expected = [r#"Some("a")=Some("1")"#, r#"Some("b")=Some("2")"#];
    for text in [
        "f[0][n]=a&f[0][v]=1&f[1][n]=b&f[1][v]=2",
        "f[10][n]=b&f[9][n]=a&f[10][v]=2&f[9][v]=1",
        "f[1700000000001][n]=b&f[1700000000001][v]=2&f[12][n]=a&f[12][v]=1",
        "f[][n]=a&f[][v]=1&f[][n]=b&f[][v]=2",
    ] {
        assert_eq!(names(&query(text)), expected, "{text}");
    }
    for text in [
        r#"{"f":[{"n":"a","v":1},{"n":"b","v":"2"}]}"#,
        r#"{"f":[{"n":"a","v":1},null,"x",{"n":"b","v":"2"}]}"#,
        r#"{"f":{"10":{"n":"b","v":2},"2":{"n":"a","v":1}}}"#,
    ] {
        assert_eq!(names(&body(JSON, text)), expected, "{text}");
    }
    assert_eq!(names(&query("f[n]=a&f[v]=1")), expected[..1]);
    assert!(query("f=x").maps("f").is_empty());
    assert!(body(JSON, r#"{"f":{}}"#).maps("f").is_empty());
}

#[test]
fn a_list_inside_a_repeated_element_does_not_start_a_new_one() {
    let params = query("k[][id]=1&k[][on][]=a&k[][on][]=b&k[][id]=2&k[][on][]=c");
    assert_eq!(
        params.json("k"),
        json!([{"id": "1", "on": ["a", "b"]}, {"id": "2", "on": ["c"]}])
    );
}

#[test]
fn booleans_follow_the_spellings_of_forms_and_json() {
    for word in FALSE {
        assert_eq!(query(&format!("b={word}")).bool("b"), Some(false), "{word}");
    }
    for word in ["1", "true", "t", "on", "no", "00"] {
        assert_eq!(query(&format!("b={word}")).bool("b"), Some(true), "{word}");
    }
    let params = body(
        JSON,
        r#"{"no":false,"yes":true,"zero":0,"one":1,"null":null,"empty":"","list":[]}"#,
    );
    let read = [
        "no", "yes", "zero", "one", "null", "empty", "list", "absent",
    ]
    .map(|key| params.bool(key));
    assert_eq!(
        read,
        [
            Some(false),
            Some(true),
            Some(false),
            Some(true),
            None,
            None,
            Some(true),
            None
        ]
    );
}

#[test]
fn integers_come_as_json_numbers_or_decimal_text() {
    let params = body(
        JSON,
        r#"{"n":5,"s":"-6","f":300.0,"e":"","z":null,"max":9223372036854775807}"#,
    );
    let read = ["n", "s", "f", "e", "z", "max", "absent"].map(|key| params.int(key).unwrap());
    assert_eq!(
        read,
        [
            Some(5),
            Some(-6),
            Some(300),
            None,
            None,
            Some(i64::MAX),
            None
        ]
    );
    let params = body(
        JSON,
        r#"{"t":"5x","f":1.5,"b":true,"l":[1],"m":{},"big":18446744073709551615}"#,
    );
    for key in ["t", "f", "b", "l", "m", "big"] {
        assert!(params.int(key).is_err(), "{key}");
    }
    assert_eq!(
        params.int("t").unwrap_err().to_string(),
        "t - Invalid integer. Got: string."
    );
}

#[test]
fn null_is_not_given_and_an_empty_string_is() {
    let params = body(JSON, r#"{"null":null,"empty":"","n":1.5,"b":true}"#);
    assert!(!params.has("null") && params.has("empty") && !params.has("absent"));
    assert_eq!(params.text("null"), None);
    assert_eq!(params.text("empty").as_deref(), Some(""));
    assert_eq!(params.nonempty("empty"), None);
    assert_eq!(
        (params.text("n").as_deref(), params.text("b").as_deref()),
        (Some("1.5"), Some("true"))
    );
    assert_eq!(params.keys().collect::<Vec<_>>(), ["b", "empty", "n"]);
}

#[test]
fn path_wins_over_body_and_body_over_query() {
    let data = Data::Bytes(br#"{"id":2,"b":"body","n":null,"m":{"y":1}}"#);
    let body = Body {
        content_type: Some(JSON),
        data,
    };
    let mut params = Params::parse(Some("id=1&b=query&q=query&n=query&m[x]=1"), body).unwrap();
    params.set("id", "3");
    assert_eq!(
        params.to_json(),
        json!({"id": "3", "b": "body", "q": "query", "n": "query", "m": {"y": 1}})
    );
}

#[test]
fn the_last_of_repeated_or_conflicting_keys_wins() {
    assert_eq!(query("a=1&a=2").text("a").as_deref(), Some("2"));
    assert_eq!(body(JSON, r#"{"a":1,"a":2}"#).int("a"), Ok(Some(2)));
    assert_eq!(query("a=1&a[]=2").json("a"), json!(["2"]));
    assert_eq!(query("a[]=1&a[b]=2").json("a"), json!({"b": "2"}));
    assert_eq!(query("a[b]=1&a=2").json("a"), json!("2"));
    assert_eq!(
        query("a[b]=1&a[b][c]=2&a[b][]=3").json("a"),
        json!({"b": ["3"]})
    );
    assert_eq!(query("a[][]=1&a[][]=2").json("a"), json!(["1", "2"]));
    assert_eq!(query("a[]=1&a[][b]=2").json("a"), json!(["1", {"b": "2"}]));
}

#[test]
fn text_is_decoded_leniently() {
    let params = query("a=x+y%20z&b=100%&c=%zz&d=%ff&e&=nameless&f=a=b&&%61b=1");
    let read =
        ["a", "b", "c", "d", "e", "f", "ab"].map(|key| params.text(key).unwrap().into_owned());
    assert_eq!(read, ["x y z", "100%", "%zz", "\u{fffd}", "", "a=b", "1"]);
}

#[test]
fn keys_with_unmatched_brackets_are_plain_names() {
    for key in ["a[b", "a]b", "[a]", "a[b]c", "a[b[c]]", "[", "[]", "a[b]["] {
        let text = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
        assert_eq!(
            query(&format!("{text}=1")).text(key).as_deref(),
            Some("1"),
            "{key}"
        );
    }
}

#[test]
fn forms_have_limits() {
    let many = |count: usize| vec!["a=1"; count].join("&");
    assert!(Params::parse(Some(&many(form::MAX_PAIRS)), Body::default()).is_ok());
    assert!(Params::parse(Some(&many(form::MAX_PAIRS + 1)), Body::default()).is_err());
    assert!(try_body(FORM, format!("a{}=1", "[b]".repeat(8)).as_bytes()).is_ok());
    assert!(try_body(FORM, format!("a{}=1", "[x]".repeat(9)).as_bytes()).is_err());
    let long = format!("a={}", "x".repeat(MAX_TEXT_BODY as usize - 2));
    assert_eq!(
        try_body(FORM, long.as_bytes())
            .unwrap()
            .text("a")
            .unwrap()
            .len(),
        long.len() - 2
    );
    for result in [
        try_body(FORM, format!("{long}x").as_bytes()),
        spooled(FORM, format!("{long}x").as_bytes()),
    ] {
        assert!(matches!(result, Err(BadParams::TooLarge(_))));
    }
}

#[test]
fn json_has_limits() {
    let deep = |depth: usize| {
        format!(
            r#"{{"a":{}{}}}"#,
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(try_body(JSON, deep(64).as_bytes()).is_ok());
    assert!(try_body(JSON, deep(65).as_bytes()).is_err());
    let wide = |nodes: usize| format!(r#"{{"a":[{}]}}"#, vec!["0"; nodes - 2].join(","));
    assert!(try_body(JSON, wide(20_000).as_bytes()).is_ok());
    assert!(try_body(JSON, wide(20_001).as_bytes()).is_err());
    let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length));
    assert!(try_body(JSON, long(256 * 1024).as_bytes()).is_ok());
    assert!(try_body(JSON, long(256 * 1024 + 1).as_bytes()).is_err());
    assert!(
        try_body(
            JSON,
            format!(r#"{{"{}":1}}"#, "k".repeat(256 * 1024 + 1)).as_bytes()
        )
        .is_err()
    );
    assert!(try_body(JSON, br#"{"a":1e999}"#).is_err());
}

#[test]
fn a_mebibyte_of_brackets_fits_a_small_stack() {
    let brackets = vec![b'['; 1024 * 1024];
    let maps = br#"{"a":"#.repeat(1024 * 1024 / 5);
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let results = thread
        .spawn(move || [try_body(JSON, &brackets), try_body(JSON, &maps)])
        .unwrap()
        .join()
        .unwrap();
    assert!(results.iter().all(Result::is_err));
}

#[test]
fn a_body_without_known_type_is_json_or_else_a_form() {
    for content_type in ["", "text/plain", "application/octet-stream", ";"] {
        assert_eq!(body(content_type, r#"{"a":1}"#).json("a"), json!(1));
        assert_eq!(body(content_type, "a=1").json("a"), json!("1"));
        assert!(body(content_type, " \n").keys().next().is_none());
        for bad in ["hello", r#"{"url":"http://x/?a=b""#, r#"["a=b"]"#] {
            assert!(try_body(content_type, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

#[test]
fn an_empty_body_is_no_parameters_whatever_its_type() {
    for content_type in ["", JSON, FORM, MULTIPART, "multipart/form-data"] {
        assert!(body(content_type, "").keys().next().is_none());
        assert!(spooled(content_type, b"").unwrap().keys().next().is_none());
    }
}

#[test]
fn json_other_than_an_object_is_malformed() {
    for text in [
        "[]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{}}",
        "{'a':1}",
        "a=1",
        "\u{feff}{}",
    ] {
        let error = try_body("application/activity+json", text.as_bytes()).unwrap_err();
        assert!(
            matches!(&error, BadParams::Malformed(message) if message.starts_with("malformed JSON: ")),
            "{text}"
        );
    }
}

#[test]
fn a_large_upload_is_read_from_the_spool_file_and_a_small_one_from_memory() {
    let (small, large) = (vec![1; 64 * 1024], vec![2; 64 * 1024 + 1]);
    let part = |name: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=f\r\n\r\n")
    };
    let (first, second) = (part("data[small]"), part("large"));
    let data = [
        first.as_bytes(),
        &small,
        b"\r\n",
        second.as_bytes(),
        &large,
        b"\r\n--b--",
    ];
    let data = data.concat();
    let content_type = "multipart/form-data; boundary=b";
    let (spooled, memory) = (
        spooled(content_type, &data).unwrap(),
        try_body(content_type, &data).unwrap(),
    );
    for params in [&spooled, &memory] {
        for (upload, content) in [
            (params.map("data").unwrap().file("small"), &small),
            (params.file("large"), &large),
        ] {
            let upload = upload.unwrap();
            assert!(upload.size() == content.len() as u64 && *upload.bytes().unwrap() == **content);
            let mut copy = Vec::new();
            upload.reader().read_to_end(&mut copy).unwrap();
            assert!(copy == *content);
        }
    }
    assert!(matches!(
        spooled.file("large").unwrap().content,
        UploadContent::Spooled(_)
    ));
    assert!(matches!(
        spooled.map("data").unwrap().file("small").unwrap().content,
        UploadContent::Memory(_)
    ));
    assert!(matches!(
        memory.file("large").unwrap().content,
        UploadContent::Memory(_)
    ));
    assert_eq!(
        (
            spooled.text("large"),
            spooled.json("large"),
            spooled.has("large")
        ),
        (None, json!(null), true)
    );
}

#[test]
fn files_over_the_limit_are_too_large() {
    let data = b"--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n12345\r\n--b--";
    let parse = |limit| {
        let body = Body {
            content_type: Some("multipart/form-data; boundary=b"),
            data: Data::Bytes(data),
        };
        Params::parse_with_file_limit(None, body, limit)
    };
    assert_eq!(parse(5).unwrap().file("f").unwrap().size(), 5);
    assert!(matches!(parse(4), Err(BadParams::TooLarge(_))));
}
