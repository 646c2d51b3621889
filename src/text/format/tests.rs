use super::ContentType::{Html, Markdown, Plain};
use super::*;
use proptest::prelude::*;

const BOB: &str = "<span class=\"h-card\"><a class=\"u-url mention\" href=\"https://h.example/users/bob\" rel=\"ugc\">@<span>bob</span></a></span>";
const CATS: &str = "<a class=\"hashtag\" data-tag=\"cats\" href=\"https://h.example/tag/cats\" rel=\"tag ugc\">#Cats</a>";

fn links() -> Links {
    let bob = Mention {
        url: "https://h.example/users/bob".into(),
        username: "bob".into(),
        acct: "bob".into(),
    };
    let mut links = Links::new("https://h.example");
    links.insert("bob", bob.clone());
    links.insert("bob@h.example", bob);
    links
}

fn html(source: &str, kind: ContentType) -> String {
    render(source, kind, &links()).html
}

#[test]
fn plain_text_becomes_paragraphs() {
    let cases = [
        ("hello", "<p>hello</p>"),
        ("a\nb\r\n\r\n \n\nc\n", "<p>a<br>b</p><p>c</p>"),
        ("", ""),
        (" \n ", ""),
        ("<b> & \"x\"", "<p>&lt;b&gt; &amp; &quot;x&quot;</p>"),
        (":cat:  two", "<p>:cat:  two</p>"),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given, Plain), expected, "{given}");
    }
}

#[test]
fn names_and_addresses_become_links() {
    assert_eq!(html("hi @bob!", Plain), format!("<p>hi {BOB}!</p>"));
    assert_eq!(html("@Bob@H.example", Plain), format!("<p>{BOB}</p>"));
    assert_eq!(html("#Cats", Plain), format!("<p>{CATS}</p>"));
    assert_eq!(
        html("see https://x.example/?a&b.", Plain),
        "<p>see <a href=\"https://x.example/?a&amp;b\" rel=\"ugc\">https://x.example/?a&amp;b</a>.</p>"
    );
}

#[test]
fn unknown_accounts_and_schemes_stay_text() {
    for source in [
        "@nobody",
        "@bob@elsewhere.example",
        "javascript://x.example/%0aalert(1)",
    ] {
        assert_eq!(html(source, Plain), format!("<p>{source}</p>"));
    }
}

#[test]
fn a_hashtag_link_is_a_valid_address() {
    assert!(
        html("#日本", Plain)
            .contains("data-tag=\"日本\" href=\"https://h.example/tag/%E6%97%A5%E6%9C%AC\"")
    );
    assert_eq!(
        tag_url("https://h.example", "A_b"),
        "https://h.example/tag/a_b"
    );
}

#[test]
fn a_text_tells_whom_and_what_it_names() {
    let rendered = render(
        "@bob @bob@h.example #Cats #cats `@bob` #dogs",
        Plain,
        &links(),
    );
    assert_eq!(rendered.mentions, ["bob"]);
    assert_eq!(rendered.hashtags, ["cats", "dogs"]);
}

#[test]
fn code_and_links_name_nobody() {
    let sources = [
        ("`@bob #x`", Markdown),
        ("```\n@bob #x\n```", Markdown),
        ("[@bob #x](https://x.example)", Markdown),
        ("<code>@bob #x</code>", Html),
        ("<a href='https://x.example'><b>@bob</b> #x</a>", Html),
        ("<pre>@bob https://x.example</pre>", Html),
    ];
    for (source, kind) in sources {
        let rendered = render(source, kind, &links());
        assert_eq!(
            (rendered.mentions.len(), rendered.hashtags.len()),
            (0, 0),
            "{source}"
        );
        assert!(rendered.html.contains("@bob"), "{source}");
    }
}

#[test]
fn markdown_is_formatted_and_linked() {
    let cases = [
        ("**a** ~~b~~ `c`", "<p><strong>a</strong> <del>b</del> <code>c</code></p>".to_owned()),
        ("a\nb", "<p>a<br>\nb</p>".to_owned()),
        ("# T", "<p><strong>T</strong></p>".to_owned()),
        ("hi @bob **#Cats**", format!("<p>hi {BOB} <strong>{CATS}</strong></p>")),
        ("> q\n\nx", "<blockquote>\n<p>q</p>\n</blockquote>\n<p>x</p>".to_owned()),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>".to_owned()),
        (
            "![alt](https://x.example/a.png)",
            "<p><a href=\"https://x.example/a.png\" rel=\"nofollow noopener noreferrer ugc\">alt</a></p>".to_owned(),
        ),
        ("[x](javascript:alert(1))", "<p><a rel=\"nofollow noopener noreferrer ugc\">x</a></p>".to_owned()),
        ("<script>x</script>y", "y".to_owned()),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>".to_owned()),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given, Markdown), expected, "{given}");
    }
}

#[test]
fn html_is_sanitised_and_linked() {
    let cases = [
        ("<p onclick=x>hi @bob</p>", format!("<p>hi {BOB}</p>")),
        ("<b>#Cats</b><script>x</script>", format!("<b>{CATS}</b>")),
        (
            "a &lt;b&gt; #Cats &amp;",
            format!("a &lt;b&gt; {CATS} &amp;"),
        ),
        ("&lt;script&gt;", "&lt;script&gt;".to_owned()),
    ];
    for (given, expected) in cases {
        assert_eq!(html(given, Html), expected, "{given}");
    }
}

#[test]
fn content_types_have_names() {
    for kind in [Plain, Markdown, Html] {
        assert_eq!(ContentType::from_mime(kind.as_mime()), kind);
    }
    assert_eq!(ContentType::from_mime("text/bbcode"), Plain);
}

proptest! {
    #[test]
    fn any_source_becomes_html_that_the_sanitiser_accepts(
        source in "(@bob|#|@|<b>|</b>|\\*\\*|`|\n|&lt;|\"|<a href=|https://x.example/|[a-z ]|\\PC){0,25}",
        kind in prop::sample::select(vec![Plain, Markdown, Html]),
    ) {
        let html = html(&source, kind);
        // Only the marks of our own links may be lost: their data-tag and rel.
        let text = super::html::strip_tags(&html);
        prop_assert_eq!(super::html::strip_tags(&super::html::sanitize(&html)), text);
        prop_assert!(!html.contains("<script"));
    }
}

#[test]
fn a_chat_message_keeps_its_lines_links_addresses_and_names_nobody() {
    let typed = "<b>hi</b> @bob #cats\nsee https://example.org/?a=1&b=2 \n\nbye";
    assert_eq!(
        chat_message(typed),
        "&lt;b&gt;hi&lt;/b&gt; @bob #cats<br>see \
         <a href=\"https://example.org/?a=1&amp;b=2\" rel=\"ugc\">https://example.org/?a=1&amp;b=2</a><br><br>bye"
    );
    assert_eq!(chat_message("javascript://alert"), "javascript://alert");
}
