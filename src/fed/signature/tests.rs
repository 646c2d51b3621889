use proptest::prelude::*;

use super::*;

const PRIVATE: &str = include_str!("test_key.pem");
const PUBLIC: &str = include_str!("test_key_public.pem");
const KEY_ID: &str = "https://kenoma.example/users/ann#main-key";
const BODY: &[u8] = br#"{"type":"Create"}"#;

/// Noon of 1 November 2026.
const NOON: Timestamp = Timestamp(1_793_534_400_000);

// Made with another library from the same key.
const CAVAGE: &str = "KspB2kyZsnPDg2TQ9oy5uQdVdoYiNPJZ6j40iBfY2MlsL5kGDmM3rqIVsOCG3RlfHiAIz+TJVqOhkjirhAURXq1yHi63uAVcrk8za+YuppaE+yYTHiZPR2vTw2wz8oUWSe9UsDhwQxR4N1z8bJ/N7DiiwMfbnw7bTwJUhRrUqaw4W6mkjNoEpuQAAeeikWP81eYQhXPIgUt54xfWqB9CO1JYtNe4VY3hRcGMvELt2KBp92OaioQzhnnfQWBqdI5VKQvW6eUVnYDOUl9lP2oxAd2mUB3PMYKNdou8ovMOa6Dz2/qlf/QPBkCA4fRiOXNbb0+aanzTHa9kc6apUHexEg==";
const MESSAGE: &str = "G9uQDKK9XYxqHL6O0zZFnqjIanL3wG5P9LIkB0Oc+CqddL4As+nVzFCQk7bVrGxAUnLb7/5Mp987M3key87fpMVgni3VjjolD1WHB/gf5C/fQ/mAJ1FIxFX5JNMUDoiMDrK3w42ffkoUrf70rMUf3k24rxlkdlK8/IO2LewVJ7tnV7ee0dfIQy+mB9EsVztEYmRahv9YLp3RE3VW9Jus2ybKHnwuIxoX2YKBFwC9jHNUIf8r6oPiu7tVbk9p7sNvG/lGRgpK89M9DFLJC3FpXnsmnyL6XuXYGUIr7Q5lacUQ4it8Iz4ToBjZx4ozAeywJtYzRVPQ+/yIbagBWAQ4/g==";

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(body).unwrap()
}

fn private() -> PrivateKey {
    PrivateKey::parse(KEY_ID.into(), &der(PRIVATE)).unwrap()
}

fn public() -> PublicKey {
    PublicKey::parse(PUBLIC).unwrap()
}

fn base() -> BaseUrl {
    BaseUrl::parse("https://remote.example:8443").unwrap()
}

fn headers(
    variant: Variant,
    body: Option<&Signable>,
    without_query: bool,
) -> Vec<(String, String)> {
    let url = Url::parse("https://remote.example:8443/inbox?a=b").unwrap();
    let outgoing = Outgoing {
        url: &url,
        body,
        without_query,
    };
    let mut headers: Vec<(String, String)> = sign(&private(), variant, &outgoing, NOON)
        .unwrap()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    headers.push(("host".into(), "remote.example:8443".into()));
    headers.push(("content-type".into(), CONTENT_TYPE.into()));
    headers
}

/// A signed request as the peer receives it.
fn received(variant: Variant, method: &str) -> Received {
    let body = Signable::new(BODY);
    Received {
        method: method.into(),
        target: "/inbox?a=b".into(),
        headers: headers(variant, (method == "POST").then_some(&body), false),
    }
}

fn verified(received: &Received, body: Option<&[u8]>, now: Timestamp) -> Result<bool, Refusal> {
    let claim = read(received, body, &base(), now)?;
    assert_eq!(claim.key_id, KEY_ID);
    Ok(claim.is_by(&public()))
}

fn replace(received: &mut Received, name: &str, change: impl Fn(&str) -> String) {
    for (known, value) in &mut received.headers {
        if known == name {
            *value = change(value);
        }
    }
}

#[test]
fn the_headers_are_those_that_another_library_makes() {
    let body = Signable::new(BODY);
    let signed = headers(Variant::Cavage, Some(&body), false);
    let get = |name: &str| {
        signed
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(get("date"), "Sun, 01 Nov 2026 12:00:00 GMT");
    assert_eq!(
        get("digest"),
        "SHA-256=JeE18werLvQnEoHViKDam+ZK1D8E27TBC2kIISI7pIY="
    );
    assert_eq!(
        get("signature"),
        format!(
            "keyId=\"{KEY_ID}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest content-type\",signature=\"{CAVAGE}\""
        )
    );
    let signed = headers(Variant::Message, Some(&body), false);
    let get = |name: &str| {
        signed
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(
        get("signature-input"),
        format!(
            "sig1=(\"@method\" \"@target-uri\" \"content-digest\");created=1793534400;keyid=\"{KEY_ID}\";alg=\"rsa-v1_5-sha256\""
        )
    );
    assert_eq!(get("signature"), format!("sig1=:{MESSAGE}:"));
}

#[test]
fn what_is_signed_verifies_in_both_variants_with_and_without_a_body() {
    for variant in [Variant::Cavage, Variant::Message] {
        assert_eq!(
            verified(&received(variant, "POST"), Some(BODY), NOON),
            Ok(true)
        );
        assert_eq!(verified(&received(variant, "GET"), None, NOON), Ok(true));
        let body = Signable::new(BODY);
        let without_query = Received {
            headers: headers(variant, Some(&body), true),
            ..received(variant, "POST")
        };
        assert_eq!(verified(&without_query, Some(BODY), NOON), Ok(true));
    }
}

#[test]
fn sec_a3_nothing_that_is_covered_can_be_altered() {
    type Change = fn(&mut Received);
    let changes: [(&str, Change); 5] = [
        ("the method", |r| r.method = "PUT".into()),
        ("the path", |r| r.target = "/users/bob/inbox?a=b".into()),
        ("the signature", |r| {
            replace(r, "signature", |value| {
                value
                    .replacen("G9uQ", "G9uR", 1)
                    .replacen("KspB", "KspC", 1)
            })
        }),
        ("the date", |r| {
            replace(r, "date", |_| "Sun, 01 Nov 2026 12:00:01 GMT".into());
            replace(r, "signature-input", |value| {
                value.replace("1793534400", "1793534401")
            });
        }),
        ("the key id", |r| {
            replace(r, "signature-input", |value| {
                value.replace("alg=\"rsa-v1_5-sha256\"", "alg=\"rsa-v1_5-sha256\";x=1")
            });
            replace(r, "content-type", |_| "text/plain".into());
        }),
    ];
    for variant in [Variant::Cavage, Variant::Message] {
        for (what, change) in changes {
            let mut altered = received(variant, "POST");
            change(&mut altered);
            assert_eq!(
                verified(&altered, Some(BODY), NOON),
                Ok(false),
                "{what}, {variant:?}"
            );
        }
        let elsewhere = BaseUrl::parse("https://other.example").unwrap();
        let claim = read(&received(variant, "POST"), Some(BODY), &elsewhere, NOON).unwrap();
        assert!(
            !claim.is_by(&public()),
            "a signature for another server, {variant:?}"
        );
    }
}

#[test]
fn sec_a3_the_digest_is_that_of_the_body() {
    for (variant, name) in [
        (Variant::Cavage, "digest"),
        (Variant::Message, "content-digest"),
    ] {
        let refused = "the digest is not that of the body";
        assert_eq!(
            verified(&received(variant, "POST"), Some(b"{}"), NOON),
            Err(refused)
        );
        let mut missing = received(variant, "POST");
        missing.headers.retain(|(known, _)| known != name);
        assert!(verified(&missing, Some(BODY), NOON).is_err());
        let mut other = received(variant, "POST");
        replace(&mut other, name, |value| {
            value.to_ascii_lowercase().replace("sha-256", "md5")
        });
        assert_eq!(verified(&other, Some(BODY), NOON), Err(refused));
        // A second digest beside the signed one: one of the two is wrong.
        let mut twice = received(variant, "POST");
        let wrong = match variant {
            Variant::Cavage => format!("SHA-256={}", sha256(b"{}")),
            Variant::Message => format!("sha-256=:{}:", sha256(b"{}")),
        };
        twice.headers.push((name.into(), wrong));
        assert_eq!(verified(&twice, Some(BODY), NOON), Err(refused));
    }
}

#[test]
fn sec_a3_what_must_be_covered_is() {
    for (without, refusal) in [
        (
            "(request-target)",
            "the signature does not cover the request target",
        ),
        ("host", "the signature does not cover the host"),
        ("date", "the signature does not cover a date"),
        ("digest", "the signature does not cover the digest"),
    ] {
        let mut altered = received(Variant::Cavage, "POST");
        replace(&mut altered, "signature", |value| {
            value.replace(&format!("{without} "), "")
        });
        assert_eq!(verified(&altered, Some(BODY), NOON), Err(refusal));
    }
    for (without, refusal) in [
        ("\"@method\" ", "the signature does not cover the method"),
        (
            "\"@target-uri\" ",
            "the signature does not cover the target",
        ),
        (
            " \"content-digest\"",
            "the signature does not cover the digest",
        ),
        (";created=1793534400", "the signature says no time"),
        (
            ";keyid=\"https://kenoma.example/users/ann#main-key\"",
            "the signature names no key",
        ),
    ] {
        let mut altered = received(Variant::Message, "POST");
        replace(&mut altered, "signature-input", |value| {
            value.replace(without, "")
        });
        assert_eq!(verified(&altered, Some(BODY), NOON), Err(refusal));
    }
    let mut silent = received(Variant::Cavage, "POST");
    replace(&mut silent, "signature", |value| {
        value.replace(
            "headers=\"(request-target) host date digest content-type\",",
            "",
        )
    });
    assert!(verified(&silent, Some(BODY), NOON).is_err());
    let mut keyless = received(Variant::Cavage, "POST");
    replace(&mut keyless, "signature", |value| {
        value.replace("keyId", "key")
    });
    assert_eq!(
        verified(&keyless, Some(BODY), NOON),
        Err("the signature names no key")
    );
}

#[test]
fn algorithms_are_those_of_the_table() {
    for (written, expected) in [
        ("rsa-sha256", Ok(true)),
        ("hs2019", Ok(true)),
        ("ed25519", Ok(false)),
        ("rsa-sha1", Err("the signature is of an unknown algorithm")),
    ] {
        let mut altered = received(Variant::Cavage, "POST");
        replace(&mut altered, "signature", |value| {
            value.replace("rsa-sha256", written)
        });
        assert_eq!(verified(&altered, Some(BODY), NOON), expected, "{written}");
    }
    let mut silent = received(Variant::Cavage, "POST");
    replace(&mut silent, "signature", |value| {
        value.replace("algorithm=\"rsa-sha256\",", "")
    });
    assert_eq!(verified(&silent, Some(BODY), NOON), Ok(true));
}

#[test]
fn a_created_parameter_stands_for_a_date() {
    let text = "(request-target): get /inbox\nhost: remote.example:8443\n(created): 1793534400";
    let signature = private().sign(text).unwrap();
    let header = format!(
        "keyId=\"{KEY_ID}\",algorithm=\"hs2019\",created=1793534400,headers=\"(request-target) host (created)\",signature=\"{signature}\""
    );
    let request = Received {
        method: "GET".into(),
        target: "/inbox".into(),
        headers: vec![("signature".into(), header)],
    };
    assert_eq!(verified(&request, None, NOON), Ok(true));
    assert!(verified(&request, None, NOON.plus(Duration::from_secs(13 * 3600))).is_err());
}

#[test]
fn clocks_may_be_wrong_within_limits() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    for variant in [Variant::Cavage, Variant::Message] {
        let request = received(variant, "POST");
        assert_eq!(
            verified(&request, Some(BODY), NOON.plus(minutes(11 * 60))),
            Ok(true)
        );
        assert!(verified(&request, Some(BODY), NOON.plus(minutes(13 * 60))).is_err());
        assert_eq!(
            verified(&request, Some(BODY), NOON.minus(minutes(50))),
            Ok(true)
        );
        assert!(verified(&request, Some(BODY), NOON.minus(minutes(70))).is_err());
    }
    assert!(check_time(NOON, Some(NOON), NOON.plus(minutes(59))).is_ok());
    assert!(check_time(NOON, Some(NOON), NOON.plus(minutes(61))).is_err());
}

#[test]
fn quoted_values_may_hold_what_separates_others() {
    let mut odd = received(Variant::Cavage, "POST");
    replace(&mut odd, "signature", |value| {
        format!("note=\"a,b=\\\"c\\\"\", {}", value.replace("\",", "\" , "))
    });
    assert_eq!(verified(&odd, Some(BODY), NOON), Ok(true));
    let mut twice = received(Variant::Cavage, "POST");
    replace(&mut twice, "signature", |value| {
        format!("{value},keyId=\"https://evil.example/\"")
    });
    assert!(verified(&twice, Some(BODY), NOON).is_err());
    let mut labels = received(Variant::Message, "POST");
    replace(&mut labels, "signature-input", |value| {
        format!("{value}, sig2=(\"@method\");created=1")
    });
    replace(&mut labels, "signature", |value| {
        format!("sig2=:AAAA:, {value}")
    });
    assert_eq!(verified(&labels, Some(BODY), NOON), Ok(true));
}

#[test]
fn keys_are_read_in_each_form() {
    assert!(matches!(
        PublicKey::parse(PUBLIC),
        Some(PublicKey::Rsa { .. })
    ));
    let spki = der(PUBLIC);
    // PKCS#1 is what SPKI wraps.
    let pkcs1 = BASE64_STANDARD.encode(&spki[24..]);
    let pkcs1 = PublicKey::parse(&format!(
        "-----BEGIN RSA PUBLIC KEY-----\r\n{pkcs1}\r\n-----END RSA PUBLIC KEY-----"
    ));
    let claim = read(
        &received(Variant::Cavage, "POST"),
        Some(BODY),
        &base(),
        NOON,
    )
    .unwrap();
    assert!(claim.is_by(&pkcs1.unwrap()));
    let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAz9w+1FKskvp7LWEHOf4115EZn1If5V8E/86ZAMZM7PE=\n-----END PUBLIC KEY-----\n";
    assert!(matches!(
        PublicKey::parse(ed25519),
        Some(PublicKey::Ed25519(_))
    ));
    for damaged in [
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        PRIVATE,
    ] {
        assert!(PublicKey::parse(damaged).is_none(), "{damaged}");
    }
}

#[test]
fn a_new_key_signs_for_its_public_half() {
    let new = key::generate().unwrap();
    let (private, public) = (
        PrivateKey::parse("x".into(), &new.private).unwrap(),
        PublicKey::parse(&new.public_pem).unwrap(),
    );
    let signature = BASE64_STANDARD
        .decode(private.sign("text").unwrap())
        .unwrap();
    assert!(public.verifies(Algorithm::RsaSha256, "text", &signature));
    assert!(!public.verifies(Algorithm::RsaSha256, "other", &signature));
}

proptest! {
    #[test]
    fn no_header_makes_the_parsers_panic(
        signature in "[ -~]{0,80}",
        input in "(sig1=)?\\(?[ -~]{0,80}",
        with_input in any::<bool>(),
    ) {
        let mut headers = vec![("signature".to_owned(), signature)];
        if with_input {
            headers.push(("signature-input".to_owned(), input));
        }
        let request = Received { method: "GET".into(), target: "/".into(), headers };
        let _ = read(&request, None, &base(), NOON);
    }

    #[test]
    fn no_cut_of_a_real_header_makes_them_panic(from in 0_usize..300, to in 0_usize..700, message in any::<bool>()) {
        let mut request = received(if message { Variant::Message } else { Variant::Cavage }, "POST");
        for (_, value) in &mut request.headers {
            let (from, to) = (from.min(value.len()), to.min(value.len()));
            value.replace_range(from.min(to)..to, "");
        }
        let _ = read(&request, Some(BODY), &base(), NOON);
    }
}
