//! HTML from people and from other servers: escaping, sanitising, back to plain text.
//!
//! [`sanitize`] is the one allow-list for every piece of HTML that kenoma stores or
//! serves. [`super::balance`] bounds the cost first; ammonia then decides what stays.
use super::balance::{self, TAGS};
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What a link in somebody's text may point to.
pub const SCHEMES: [&str; 8] = [
    "http", "https", "mailto", "gemini", "magnet", "xmpp", "matrix", "ipfs",
];

/// What every link in sanitised HTML says about its target.
const REL: &str = "nofollow noopener noreferrer ugc";

const CLASSES: [&str; 7] = [
    "mention",
    "hashtag",
    "h-card",
    "u-url",
    "ellipsis",
    "invisible",
    "quote-inline",
];

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .add_tag_attributes("a", ["href", "class", "translate"])
        .add_tag_attributes("span", ["class", "translate"])
        .add_tag_attributes("p", ["class"])
        .add_tag_attributes("ol", ["start", "reversed"])
        .add_tag_attributes("li", ["value"])
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some(REL))
        .attribute_filter(|_, name, value| attribute(name, value));
    builder
});

/// Reduces any HTML to the allow-list; doing it again changes nothing.
pub fn sanitize(source: &str) -> String {
    let clean = SANITIZER.clean(&balance::balance(source)).to_string();
    if clean.contains("<pre>\n") {
        without_first_lines(&clean)
    } else {
        clean
    }
}

/// Drops empty lines at the start of preformatted text: each parser on the way would
/// take one of them, and the text would differ from reader to reader.
fn without_first_lines(clean: &str) -> String {
    let mut parts = clean.split("<pre>");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str("<pre>");
        out.push_str(part.trim_start_matches('\n'));
    }
    out
}

/// Reads HTML as plain text: entities decoded, a new line where a block or a `<br>` ends.
pub fn strip_tags(source: &str) -> String {
    text_of(&sanitize(source))
}

/// Like [`strip_tags`], for HTML that [`sanitize`] or the formatter made: nothing is parsed anew.
pub fn text_of(clean: &str) -> String {
    let mut text = String::with_capacity(clean.len());
    for piece in pieces(clean) {
        match piece {
            Piece::Text(raw) => text.push_str(&unescape(raw)),
            Piece::Tag("br") => text.push('\n'),
            Piece::Tag("/p" | "/li" | "/pre" | "/blockquote") if !text.ends_with('\n') => {
                text.push('\n');
            }
            Piece::Tag(_) => {}
        }
    }
    text.trim().to_owned()
}

/// The first address that a text links to and that names neither an account nor a tag, in HTML that [`sanitize`] or the
/// formatter made.
pub fn first_link(clean: &str) -> Option<String> {
    if !clean.contains("<a ") {
        return None;
    }
    let links = pieces(clean).filter_map(|piece| match piece {
        Piece::Tag(tag) => tag.strip_prefix("a "),
        Piece::Text(_) => None,
    });
    links
        .filter(|attributes| !names_something(attributes))
        .filter_map(|attributes| attributes.split_once("href=\"")?.1.split_once('"'))
        .map(|(address, _)| unescape(address).into_owned())
        .find(|address| address.starts_with("http://") || address.starts_with("https://"))
}

/// Whether a link is one to an account or a tag.
fn names_something(attributes: &str) -> bool {
    let class = attributes.split_once("class=\"");
    let class = class.and_then(|(_, rest)| rest.split_once('"'));
    class.is_some_and(|(words, _)| words.contains("mention") || words.contains("hashtag"))
}

/// Escapes text for use between tags or inside a quoted attribute.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 8);
    push_escaped(&mut out, text);
    Cow::Owned(out)
}

/// Appends escaped text; see [`escape`].
pub(super) fn push_escaped(out: &mut String, mut text: &str) {
    while let Some(at) = text.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&text[..at]);
        out.push_str(match text.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        text = &text[at + 1..];
    }
    out.push_str(text);
}

/// A part of sanitised HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as written, entities included.
    Text(&'a str),
    /// What stands between `<` and `>`.
    Tag(&'a str),
}

impl<'a> Piece<'a> {
    /// The piece as it was written.
    pub(super) fn push_to(&self, out: &mut String) {
        match self {
            Piece::Text(raw) => out.push_str(raw),
            Piece::Tag(inside) => {
                out.push('<');
                out.push_str(inside);
                out.push('>');
            }
        }
    }
}

/// Splits *sanitised* HTML into tags and text. There `<` only ever starts a tag and
/// attribute values stand in double quotes; other HTML needs [`sanitize`] first.
pub(super) fn pieces(clean: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = clean;
    std::iter::from_fn(move || {
        let first = *rest.as_bytes().first()?;
        let (piece, tail) = if first == b'<' {
            let end = tag_end(rest);
            (Piece::Tag(&rest[1..end]), rest.get(end + 1..).unwrap_or(""))
        } else {
            let (text, tail) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            (Piece::Text(text), tail)
        };
        rest = tail;
        Some(piece)
    })
}

fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    tag.bytes()
        .position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        })
        .unwrap_or(tag.len())
}

/// Decodes the entities that sanitised HTML can contain.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (decoded, length) = entity(&rest[at..]);
        out.push_str(decoded);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(rest: &str) -> (&'static str, usize) {
    [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", "\u{a0}"),
    ]
    .into_iter()
    .find(|(written, _)| rest.starts_with(written))
    .map_or(("&", 1), |(written, decoded)| (decoded, written.len()))
}

/// Ammonia has checked that the attribute is allowed; this checks what it says.
fn attribute<'a>(name: &str, value: &'a str) -> Option<Cow<'a, str>> {
    match name {
        "class" => classes(value).map(Cow::Owned),
        "translate" => (value == "no").then_some(Cow::Borrowed(value)),
        "start" | "value" => value.parse::<i32>().is_ok().then_some(Cow::Borrowed(value)),
        "reversed" => Some(Cow::Borrowed("")),
        _ => Some(Cow::Borrowed(value)),
    }
}

fn classes(value: &str) -> Option<String> {
    let kept: Vec<&str> = value
        .split_ascii_whitespace()
        .filter(|class| is_allowed_class(class))
        .collect();
    (!kept.is_empty()).then(|| kept.join(" "))
}

/// Names that clients understand; `p-` and `e-` are microformats.
fn is_allowed_class(class: &str) -> bool {
    CLASSES.contains(&class) || class.starts_with("p-") || class.starts_with("e-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    #[test]
    fn what_servers_send_stays_readable() {
        let cases = [
            ("<p>a<br />b</p>", "<p>a<br>b</p>"),
            (
                "<p><span class=\"h-card x\"><a href=\"https://h.example/@b\" class=\"u-url mention\">@<span>b</span></a></span></p>",
                "<p><span class=\"h-card\"><a href=\"https://h.example/@b\" class=\"u-url mention\" rel=\"nofollow noopener noreferrer ugc\">@<span>b</span></a></span></p>",
            ),
            (
                "<ol start=\"3\"><li value=x>a</li></ol>",
                "<ol start=\"3\"><li>a</li></ol>",
            ),
            (
                "<p class=\"quote-inline\">RE: x</p>",
                "<p class=\"quote-inline\">RE: x</p>",
            ),
            ("a &amp; b &eacute;&nbsp;", "a &amp; b é&nbsp;"),
            ("<img src=x onerror=alert(1)>x", "x"),
        ];
        for (given, expected) in cases {
            assert_eq!(sanitize(given), expected, "{given}");
        }
    }

    /// From the usual collections of filter evasions and mutation tricks.
    const HOSTILE: [&str; 26] = [
        "<script>alert(1)</script>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\" &#106;avascript:alert(1)\">x</a>",
        "<a href=\"jav\tascript:alert(1)\">x</a>",
        "<a href=\"data:text/html,<script>1</script>\">x</a>",
        "<a href=/relative>x</a>",
        "<a href='//host.example' onclick=x>x</a>",
        "<svg onload=alert(1)><a xlink:href=javascript:1>x</a></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<p style=\"background:url(javascript:1)\" id=x class=\"x\">x</p>",
        "<<script>script>alert(1)<</script>/script>",
        "<a href=\"https://x.example/\"onmouseover=alert(1)>x</a>",
        "<a href=https://x.example/?\"onclick=alert(1)//>x</a>",
        "<a href='https://x.example/?\" onclick=\"alert(1)'>x</a>",
        "<iframe src=javascript:1></iframe><object data=x><embed src=x>",
        "<base href=//x.example><meta http-equiv=refresh content=0><link rel=stylesheet href=x>",
        "<input onfocus=alert(1) autofocus><button>x</button>",
        "<template><script>x</script></template><textarea></p><script>x</script></textarea>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<p =x onclick=alert(1)>x<p/onclick=alert(1)>",
        "<a\u{0} href=x><\u{0}script>x",
        "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
        "<ruby><rt><script>x</script><rt>b<p>",
    ];

    #[test]
    fn hostile_markup_leaves_nothing_outside_the_list() {
        for source in HOSTILE {
            assert_allowed(&sanitize(source), source);
        }
    }

    /// Every tag of the output is on the list, and so is each of its attributes.
    fn assert_allowed(clean: &str, source: &str) {
        for piece in pieces(clean) {
            let Piece::Tag(inside) = piece else { continue };
            let name = inside
                .trim_start_matches('/')
                .split(' ')
                .next()
                .unwrap_or("");
            assert!(TAGS.contains(&name), "{source} -> {clean}");
            // What stands at even places between quotes are names.
            for attribute in inside[inside.find(' ').unwrap_or(inside.len())..]
                .split('"')
                .step_by(2)
            {
                let allowed = [
                    "",
                    " href=",
                    " class=",
                    " rel=",
                    " translate=",
                    " start=",
                    " value=",
                    " reversed=",
                ];
                assert!(allowed.contains(&attribute), "{source} -> {clean}");
            }
        }
        for scheme in ["javascript:", "data:", "vbscript:"] {
            assert!(
                !clean.contains(&format!("\"{scheme}")),
                "{source} -> {clean}"
            );
        }
    }

    #[test]
    fn hostile_sources_take_linear_time() {
        let attributes: String = (0..120_000).map(|n| format!(" a{n:x}")).collect();
        let fonts: String = (0..40_000)
            .map(|n| format!("<p><b class=p-{n}></p>"))
            .collect();
        let sources = [
            "<div>".repeat(200_000),
            "<b>".repeat(330_000),
            "<p><i>".repeat(170_000),
            "<a href=https://x.example/>".repeat(38_000),
            "<b><object></b></object>".repeat(43_000),
            "<table><td>".repeat(95_000),
            "<!--".repeat(250_000),
            "<a \"".repeat(250_000),
            "<script>".repeat(130_000),
            "&".repeat(1_000_000),
            "&a".repeat(500_000),
            "x\u{0}".repeat(500_000),
            "x\r".repeat(500_000),
            "< ".repeat(500_000),
            "<br>\n".repeat(200_000),
            "<div>x ".repeat(140_000),
            "<li>".repeat(250_000),
            format!("<p{attributes}>"),
            fonts,
        ];
        // Tens of milliseconds when optimised and undisturbed; what must not happen is minutes.
        let limit = Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 1000 });
        for source in sources {
            let start = Instant::now();
            sanitize(&source);
            let took = start.elapsed();
            println!("{took:?} {:?}", &source[..20]);
            assert!(took < limit, "{took:?} {:?}", &source[..20]);
        }
    }

    #[test]
    fn plain_text_keeps_lines_and_decodes_entities() {
        let cases = [
            ("<p>a<br>b</p><p>c &amp; d</p>", "a\nb\nc & d"),
            ("<ul><li>x</li><li>y</li></ul>z", "x\ny\nz"),
            ("Bob <script>x</script>&lt;b&gt;", "Bob <b>"),
            ("I <3 you &eacute;", "I <3 you é"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(strip_tags(given), expected, "{given}");
        }
    }

    #[test]
    fn escaping_and_unescaping_are_inverse() {
        assert_eq!(
            escape("<a b=\"c\">&'"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#39;"
        );
        assert_eq!(
            unescape("&lt;&gt;&amp;lt;&quot;&nbsp;&x;"),
            "<>&lt;\"\u{a0}&x;"
        );
        assert!(matches!(escape("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn empty_lines_in_preformatted_text_do_not_get_lost() {
        for source in [
            "<pre>\n\nx</pre>",
            "<pre>\n\n\n\nx</pre>",
            "<pre>&#10;&#10;x",
            "<pre><code>\n\nx</code></pre>",
        ] {
            let once = sanitize(source);
            assert_eq!(sanitize(&once), once);
        }
    }

    /// Text that often is nearly HTML.
    fn soup() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(TAGS.to_vec()).prop_map(|tag| format!("<{tag}>")),
            prop::sample::select(TAGS.to_vec()).prop_map(|tag| format!("</{tag}>")),
            prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
            prop::sample::select(vec![
                "<a href='https://x.example/?a&b'>",
                "<svg>",
                "<table>",
                "<td>",
                "<math>",
                "<select>",
                "</svg>",
                "<!--",
                "-->",
                "\n",
                "\r\n",
                "&amp;",
                "&",
                "\"",
                "'",
                ">",
                "<",
                "\u{0}",
                " class=mention",
                "<div>",
                "</div>",
                "<h1>",
                "</h1>",
            ])
            .prop_map(str::to_owned),
            "[a-z ]{0,4}",
        ];
        prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn sanitising_twice_changes_nothing(source in soup()) {
            let once = sanitize(&source);
            assert_allowed(&once, &source);
            prop_assert_eq!(sanitize(&once), once);
        }

        #[test]
        fn any_text_survives_escaping(text in "\\PC{0,40}") {
            let text = text.replace('\u{a0}', " ");
            prop_assert_eq!(strip_tags(&escape(&text)), text.trim());
        }
    }
}
