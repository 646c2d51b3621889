//! What a server says of itself or of its people when it is asked by WebFinger or host-meta: a list of links, as JSON (JRD) or
//! as XML (XRD). No I/O.
//!
//! Of XML this reads what XRD needs and no more (security.md F9): a body with a document type is refused whole, so that there
//! are no entities but the five of XML itself, and depth and numbers are bounded.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use serde_json::Value;

use super::wire;

/// Bytes of XML that are read.
const MAX_XML: usize = 256 << 10;

/// Elements within each other; XRD needs three.
const MAX_DEPTH: usize = 16;

/// Links that are read; more are left out. The longest lists in the wild have about ten.
const MAX_LINKS: usize = 100;

/// Attributes of one element that are read.
const MAX_ATTRIBUTES: usize = 16;

/// Somebody or something, and where more of it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// What it is about, such as `acct:ann@example.org`; empty where that is not said.
    pub subject: String,
    /// Where more of it is.
    pub links: Vec<Link>,
}

/// One of the places. What is not said is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// What is there for.
    pub rel: String,
    /// The media type.
    pub kind: String,
    /// The address.
    pub href: String,
    /// An address with `{uri}` for what is asked about.
    pub template: String,
}

impl Descriptor {
    /// Reads either form; `None` for what is neither, and for XML that is not wanted here.
    pub fn read(body: &[u8]) -> Option<Descriptor> {
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match text.trim_ascii_start().first() {
            Some(b'<') => of_xml(std::str::from_utf8(text).ok()?),
            _ => wire::parse(text).ok().map(|document| of_json(&document)),
        }
    }

    /// The links of that relation, in their order.
    pub fn related<'a>(&'a self, rel: &'a str) -> impl Iterator<Item = &'a Link> {
        self.links.iter().filter(move |link| link.rel == rel)
    }
}

fn of_json(document: &Value) -> Descriptor {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let links = document["links"].as_array().map_or(&[][..], Vec::as_slice);
    let link = |link: &Value| Link {
        rel: text(&link["rel"]),
        kind: text(&link["type"]),
        href: text(&link["href"]),
        template: text(&link["template"]),
    };
    Descriptor {
        subject: text(&document["subject"]),
        links: links.iter().take(MAX_LINKS).map(link).collect(),
    }
}

fn has_document_type(text: &str) -> bool {
    const NAME: &[u8] = b"<!doctype";
    text.as_bytes()
        .windows(NAME.len())
        .any(|window| window.eq_ignore_ascii_case(NAME))
}

fn of_xml(text: &str) -> Option<Descriptor> {
    if text.len() > MAX_XML || has_document_type(text) {
        return None;
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut found, mut depth, mut is_begun, mut in_subject) =
        (Descriptor::default(), 0_usize, false, false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                match (depth, element.local_name().as_ref()) {
                    (0, "XRD") if !is_begun => is_begun = true,
                    (0, _) => return None,
                    (1, "Subject") => in_subject = found.subject.is_empty(),
                    (1, "Link") if found.links.len() < MAX_LINKS => {
                        found.links.push(link(&element)?);
                    }
                    _ => {}
                }
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                in_subject &= depth > 1;
            }
            Event::Text(words) if in_subject => found.subject.push_str(&words.xml10_content()),
            Event::CData(words) if in_subject => found.subject.push_str(&words.xml10_content()),
            Event::GeneralRef(name) => {
                let letters = referred(&name)?;
                if in_subject {
                    found.subject.push_str(&letters);
                }
            }
            Event::DocType(_) => return None,
            Event::Eof if depth == 0 && is_begun => break,
            Event::Eof => return None,
            _ => {}
        }
    }
    found.subject = found.subject.trim().to_owned();
    Some(found)
}

/// What `&name;` stands for: a letter by its number, or one of the five that XML has by itself.
fn referred(name: &BytesRef) -> Option<String> {
    match name.resolve_char_ref().ok()? {
        Some(letter) => Some(letter.to_string()),
        None => escape::resolve_xml_entity(name).map(str::to_owned),
    }
}

fn link(element: &BytesStart) -> Option<Link> {
    let mut link = Link::default();
    // Without the search for doubled names, which takes long where there are many.
    let mut attributes = element.attributes();
    for attribute in attributes.with_checks(false).take(MAX_ATTRIBUTES) {
        let attribute = attribute.ok()?;
        let place = match attribute.key.as_ref() {
            "rel" => &mut link.rel,
            "type" => &mut link.kind,
            "href" => &mut link.href,
            "template" => &mut link.template,
            _ => continue,
        };
        *place = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()?
            .into_owned();
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn xml(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">{inside}</XRD>"
        )
    }

    fn read(text: &str) -> Option<Descriptor> {
        Descriptor::read(text.as_bytes())
    }

    #[test]
    fn both_forms_say_the_same() {
        let from_xml = read(&xml(
            "<Subject>acct:bob&#64;b.example</Subject><Alias>https://b.example/@bob</Alias>
             <Link rel='lrdd' type=\"application/xrd+xml\" template='https://b.example/f?a=1&amp;r={uri}'>
               <Title>Find <b>people</b></Title>
             </Link>
             <hm:Link xmlns:hm=\"x\" rel=\"self\" type=\"application/activity+json\" href=\"https://b.example/u/1\"/>",
        ));
        let from_json = read(
            r#"{"subject": "acct:bob@b.example", "aliases": [], "links": [
                {"rel": "lrdd", "type": "application/xrd+xml", "template": "https://b.example/f?a=1&r={uri}"},
                {"rel": "self", "type": "application/activity+json", "href": "https://b.example/u/1"}]}"#,
        );
        assert!(from_xml.is_some());
        assert_eq!(from_xml, from_json);
        let found = from_xml.unwrap();
        assert_eq!(
            found.related("self").next().unwrap().href,
            "https://b.example/u/1"
        );
    }

    #[test]
    fn a_mark_of_the_encoding_and_white_space_may_come_first() {
        for text in ["\u{feff}<XRD/>", " \n<XRD></XRD>", "\u{feff}{}", " {}"] {
            assert_eq!(read(text), Some(Descriptor::default()), "{text:?}");
        }
    }

    #[test]
    fn what_is_nested_or_comes_twice_is_not_taken_for_the_thing_itself() {
        let found = read(&xml(
            "<Property><Subject>acct:evil@e.example</Subject><Link rel=\"self\" href=\"https://e.example\"/></Property>
             <Subject>acct:bob@b.example</Subject><Subject>acct:other@b.example</Subject>",
        ));
        let found = found.unwrap();
        assert_eq!(found.subject, "acct:bob@b.example");
        assert!(found.links.is_empty());
    }

    #[test]
    fn sec_f9_a_document_type_is_refused_whatever_is_in_it() {
        for opening in [
            "<!DOCTYPE XRD>",
            "<!doctype XRD SYSTEM \"http://127.0.0.1/evil.dtd\">",
            "<!DOCTYPE XRD [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
            "<!DOCTYPE XRD [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY x \"&b;&b;&b;\">]>",
            "<!-- <!DOCTYPE XRD> -->",
        ] {
            for subject in ["acct:a@b", "&x;"] {
                let text = format!("{opening}<XRD><Subject>{subject}</Subject></XRD>");
                assert_eq!(read(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn sec_f9_there_are_no_entities_but_those_of_xml() {
        assert_eq!(read(&xml("<Subject>&x;</Subject>")), None);
        assert_eq!(read(&xml("<Title>&x;</Title>")), None);
        assert_eq!(read(&xml("<Link href=\"&x;\"/>")), None);
        assert_eq!(read(&xml("<Subject>&#0;</Subject>")), None);
        let found = read(&xml("<Subject>&lt;&amp;&quot;&apos;&gt;</Subject>")).unwrap();
        assert_eq!(found.subject, "<&\"'>");
    }

    #[test]
    fn sec_f9_size_depth_and_number_are_bounded() {
        assert_eq!(read(&xml(&" ".repeat(MAX_XML))), None);
        let deep = |levels: usize| xml(&("<a>".repeat(levels) + &"</a>".repeat(levels)));
        assert!(read(&deep(MAX_DEPTH - 1)).is_some());
        assert_eq!(read(&deep(MAX_DEPTH)), None);
        let many = read(&xml(&"<Link rel=\"x\"/>".repeat(5000))).unwrap();
        assert_eq!(many.links.len(), MAX_LINKS);
        // A hundred thousand attributes cost no more than reading over them.
        let wide = xml(&format!("<Link rel=\"x\" {}/>", "a=\"\" ".repeat(40_000)));
        assert_eq!(read(&wide).unwrap().links[0].rel, "x");
    }

    #[test]
    fn what_is_no_descriptor_is_none() {
        for text in [
            "",
            "x",
            "[]",
            "<html><head></head></html>",
            "<XRD>",
            "<XRD></XRD><XRD></XRD>",
            "</XRD>",
            "<XRD><Link></XRD>",
            "<XRD><Link rel=self/></XRD>",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let wide: Vec<u8> = "<XRD/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Descriptor::read(&wide), None);
    }

    /// Pieces of XML in any order.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<XRD>",
            "</XRD>",
            "<Subject>",
            "</Subject>",
            "<Link ",
            "rel=\"",
            "\"",
            "'",
            "/>",
            ">",
            "<",
            "&",
            ";",
            "&amp;",
            "&#x41;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?",
            "?>",
            "<!",
            "DOCTYPE",
            "href=",
            "é",
            "\0",
            " ",
            "=",
            "xml",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn sec_f9_nothing_makes_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Descriptor::read(&bytes);
            let _ = Descriptor::read(&[b"<XRD>".as_slice(), &bytes].concat());
        }

        #[test]
        fn sec_f9_nor_do_pieces_of_xml(text in pieces()) {
            let _ = read(&text);
            let _ = read(&xml(&text));
        }

        #[test]
        fn what_is_written_out_is_read_as_it_was(
            subject in "[ -~]{0,20}", href in "[ -~é]{0,20}", template in "[ -~]{0,20}"
        ) {
            let text = xml(&format!(
                "<Subject>{}</Subject><Link rel=\"r\" href=\"{}\" template=\"{}\"/>",
                escape::escape(subject.as_str()), escape::escape(href.as_str()), escape::escape(template.as_str()),
            ));
            let found = read(&text).unwrap();
            prop_assert_eq!(found.subject, subject.trim());
            prop_assert_eq!(&found.links[0].href, &href);
            prop_assert_eq!(&found.links[0].template, &template);
        }
    }
}
