//! The multipart parser on its own: heads, limits, boundaries across reads.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    file: u64::MAX,
    memory: u64::MAX,
};

/// Returns one to seven bytes at a time.
struct Dripping<'a> {
    data: &'a [u8],
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes.next().unwrap_or(1).min(buffer.len());
        self.data.read(&mut buffer[..size])
    }
}

fn parts(input: impl Read, boundary: &str, limits: &Limits) -> Result<Vec<Part>, BadParams> {
    let mut parts = Vec::new();
    parse(input, boundary.as_bytes(), limits, |part| {
        parts.push(part);
        Ok(())
    })?;
    Ok(parts)
}

fn params(body: &str) -> Result<Params, BadParams> {
    read(
        "multipart/form-data; boundary=b",
        Data::Bytes(body.as_bytes()),
        u64::MAX,
    )
}

/// A body of one part with this `Content-Disposition`.
fn one(disposition: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n--b--\r\n")
}

fn filename(disposition: &str) -> String {
    let params = params(&one(&format!("form-data; name=f; {disposition}"), "x")).unwrap();
    params.file("f").unwrap().filename.clone()
}

#[test]
fn file_names_are_read_in_every_spelling() {
    assert_eq!(filename(r#"filename="a \"b\" \\c;d=e.png""#), "c;d=e.png");
    assert_eq!(filename(r#"filename="a \"b\";c.png""#), r#"a "b";c.png"#);
    assert_eq!(filename("filename=plain.png"), "plain.png");
    assert_eq!(filename("FileName = plain.png ; x=y"), "plain.png");
    assert_eq!(filename("filename=\"naïve.png\""), "naïve.png");
    assert_eq!(
        filename("filename=\"x\"; filename*=UTF-8''na%C3%AFve%20.png"),
        "naïve .png"
    );
    assert_eq!(
        filename("filename*=iso-8859-1'en'na%EFve.png; filename=x"),
        "naïve.png"
    );
    assert_eq!(filename("filename*=utf-7''x; filename=y"), "y");
}

#[test]
fn file_names_lose_directories_and_control_characters() {
    for name in [
        r"C:\pictures\cat.png",
        "../../cat.png",
        "/etc/cat.png",
        "c\u{7}at.png",
        "..\\cat.png",
    ] {
        assert_eq!(
            filename(&format!("filename=\"{name}\"")),
            "cat.png",
            "{name}"
        );
    }
    assert_eq!(filename("filename*=UTF-8''..%2F..%2Fcat.png"), "cat.png");
}

#[test]
fn the_content_type_of_a_file_is_kept() {
    let body = "--b\r\nCONTENT-TYPE: image/png\r\ncontent-disposition:form-data;name=\"data[avatar]\";filename=a\r\n\r\nx\r\n--b--";
    let params = params(body).unwrap();
    let upload = params.map("data").unwrap().file("avatar").unwrap();
    assert_eq!(upload.content_type.as_deref(), Some("image/png"));
}

#[test]
fn a_part_with_a_file_name_is_a_file_even_when_empty() {
    let given = params(&one("form-data; name=f; filename=a.txt", "")).unwrap();
    assert_eq!(given.file("f").unwrap().size(), 0);
    let nameless = params(&one("form-data; name=f; filename=\"\"", "x")).unwrap();
    assert_eq!(nameless.file("f").unwrap().size(), 1);
    let unchosen = params(&one("form-data; name=f; filename=\"\"", "")).unwrap();
    assert!(!unchosen.has("f"));
    let empty_text = params(&one("form-data; name=f", "")).unwrap();
    assert_eq!(empty_text.text("f").as_deref(), Some(""));
}

#[test]
fn parts_without_a_name_and_charset_notes_are_no_parameters() {
    for disposition in [
        "form-data",
        "form-data; filename=x",
        "form-data; name=_charset_",
    ] {
        assert_eq!(
            params(&one(disposition, "utf-8")).unwrap().keys().count(),
            0,
            "{disposition}"
        );
    }
    assert_eq!(
        params("--b\r\n\r\nheadless\r\n--b--")
            .unwrap()
            .keys()
            .count(),
        0
    );
}

#[test]
fn boundaries_may_be_quoted_padded_and_preceded_by_a_preamble() {
    let part = "Content-Disposition: form-data; name=a\r\n\r\n1\r\n";
    let parsed = params(&format!(
        "ignored\r\n--b \t\r\n{part}--b--ignored\r\n--b\r\n"
    ))
    .unwrap();
    assert_eq!(parsed.text("a").as_deref(), Some("1"));
    for content_type in [
        "multipart/form-data;BOUNDARY=\"x;y\"",
        "multipart/form-data; charset=utf-8; boundary=\"x;y\"",
    ] {
        let body = format!("--x;y\r\n{part}--x;y--");
        assert!(
            read(content_type, Data::Bytes(body.as_bytes()), 0)
                .unwrap()
                .has("a"),
            "{content_type}"
        );
    }
    assert_eq!(params("--b--").unwrap().keys().count(), 0);
}

#[test]
fn a_missing_or_overlong_boundary_is_refused() {
    for value in [
        "",
        "; boundary",
        "; boundary=",
        "; boundary=\"\"",
        &format!("; boundary={}", "b".repeat(71)),
    ] {
        assert!(
            read(
                &format!("multipart/form-data{value}"),
                Data::Bytes(b"--b--"),
                0
            )
            .is_err(),
            "{value}"
        );
    }
}

#[test]
fn every_truncation_of_a_body_is_an_error() {
    let body = one("form-data; name=f", "content");
    let complete = body.len() - 2;
    assert!(params(&body[..complete]).is_ok());
    for end in 1..complete {
        assert!(params(&body[..end]).is_err(), "{:?}", &body[..end]);
    }
}

#[test]
fn text_after_a_boundary_is_malformed() {
    assert!(params("--bx\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--").is_err());
}

#[test]
fn bodies_have_limits() {
    let part = |disposition: &str| {
        format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\nx\r\n")
    };
    let many = |disposition, count| params(&(part(disposition).repeat(count) + "--b--"));
    assert!(many("name=a", MAX_PARTS).is_ok());
    assert!(many("name=a", MAX_PARTS + 1).is_err());
    assert!(many("name=a; filename=b", MAX_FILES).is_ok());
    assert!(many("name=a; filename=b", MAX_FILES + 1).is_err());
    let head = |length: usize| {
        params(&one(
            &format!("form-data; name=a; x={}", "x".repeat(length)),
            "1",
        ))
    };
    assert!(head(MAX_HEAD - 100).is_ok());
    assert!(head(MAX_HEAD).is_err());
    let text = |length: u64| params(&one("form-data; name=a", &"x".repeat(length as usize)));
    assert!(text(MAX_TEXT).is_ok());
    assert!(matches!(text(MAX_TEXT + 1), Err(BadParams::TooLarge(_))));
    let texts = one("form-data; name=a", &"x".repeat(MAX_TEXT as usize)).replace("--b--\r\n", "");
    assert!(params(&(texts.repeat(4) + "--b--")).is_ok());
    assert!(matches!(
        params(&(texts.repeat(5) + "--b--")),
        Err(BadParams::TooLarge(_))
    ));
    assert!(
        params(&one(
            &format!("form-data; name=\"a{}\"", "[b]".repeat(9)),
            "1"
        ))
        .is_err()
    );
}

/// Bytes that look like the boundary for a while.
fn near_boundaries() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\r",
            "\n",
            "\r\n",
            "-",
            "--",
            "\r\n-",
            "\r\n--",
            "\r\n--bound",
            "\r\n--boun\r\n--boundar",
            "--boundary"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..20),
    ];
    let whole = vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    whole.prop_filter("no boundary", |content| {
        find(&[content, &b"\r\n"[..]].concat(), b"\r\n--boundary").is_none()
    })
}

fn any_pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "--b",
            "--b--",
            "\r\n",
            "\r\n\r\n",
            "\r\n--b\r\n",
            "Content-Disposition:",
            "form-data",
            "; name=",
            "\"",
            "\\",
            "a[]",
            "; filename=",
            "; filename*=",
            "UTF-8''%",
            "%e2",
            "Content-Type: ",
            "=",
            ";"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn contents_survive_any_chunking(
        contents in vec((near_boundaries(), any::<bool>()), 0..5),
        sizes in vec(1_usize..=7, 1..10),
        memory in 0_u64..60,
    ) {
        let mut body = Vec::new();
        for (index, (content, file)) in contents.iter().enumerate() {
            let filename = if *file { "; filename=\"f\"" } else { "" };
            let head = format!("--boundary\r\nContent-Disposition: form-data; name=\"{index}\"{filename}\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        }
        body.extend(b"--boundary--\r\n");
        let reader = Dripping { data: &body, sizes: sizes.into_iter().cycle() };
        let parts = parts(reader, "boundary", &Limits { file: u64::MAX, memory }).unwrap();
        prop_assert_eq!(parts.len(), contents.len());
        for (index, (part, (content, file))) in parts.iter().zip(&contents).enumerate() {
            prop_assert_eq!(&part.name, &index.to_string());
            prop_assert_eq!(part.filename.is_some(), *file);
            let found = match &part.content {
                Content::Memory(bytes) => bytes.as_slice(),
                Content::Range(range) => &body[range.start as usize..range.end as usize],
            };
            prop_assert_eq!(found, content.as_slice());
            let in_memory = matches!(part.content, Content::Memory(_));
            prop_assert_eq!(in_memory, !file || content.len() as u64 <= memory);
        }
    }

    #[test]
    fn random_bodies_never_panic(body in any_pieces()) {
        let whole = parts(body.as_slice(), "b", &LIMITS).map(|parts| parts.len());
        let dripping = Dripping { data: &body, sizes: vec![1, 3].into_iter().cycle() };
        prop_assert_eq!(parts(dripping, "b", &LIMITS).map(|parts| parts.len()), whole);
        let _ = read("multipart/form-data; boundary=b", Data::Bytes(&body), u64::MAX);
    }

    #[test]
    fn random_header_values_never_panic(value in any::<String>(), disposition in r#"(;|=|"|\\|name|filename\*?|'|%|é| ){0,30}"#) {
        let _ = boundary(&value);
        let _ = Head::parse(&[format!("content-disposition:{value}"), format!("content-disposition:{disposition}")]);
    }
}
