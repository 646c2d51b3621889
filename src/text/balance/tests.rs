use super::*;

#[test]
fn what_is_open_gets_closed_in_order() {
    let cases = [
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
        (
            "<ul><li>a<ul><li>b</ul><li>c",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        ),
        (
            "<a href=x>1<a href=y>2",
            "<a href=\"x\">1</a><a href=\"y\">2</a>",
        ),
        ("</p></b>x", "x"),
        (
            "<P CLASS='a\"b' onclick=x() / ID>x</P >",
            "<p class=\"a&#34;b\">x</p>",
        ),
        ("<h2>Title</h2>text", "<p><strong>Title</strong></p>text"),
        ("a<br/>b</br>c", "a<br>b<br>c"),
    ];
    for (given, expected) in cases {
        assert_eq!(balance(given), expected, "{given}");
    }
}

#[test]
fn text_that_only_looks_like_markup_stays() {
    for (given, expected) in [
        ("I <3 you", "I &lt;3 you"),
        ("a < b > c", "a &lt; b > c"),
        ("<", "&lt;"),
    ] {
        assert_eq!(balance(given), expected);
    }
}

#[test]
fn comments_scripts_and_broken_tags_vanish() {
    for given in [
        "<!-- x -->",
        "<!doctype html>",
        "<?php x ?>",
        "<script>x</b></SCRIPT >",
        "<style>x",
        "<b",
        "<!-- x",
        "<a href=\"x>y",
    ] {
        assert_eq!(balance(given), "", "{given}");
    }
}

#[test]
fn unknown_blocks_become_lines() {
    assert_eq!(balance("<div>a</div>\n<div>b</div>"), "a\n<br>b");
    assert_eq!(
        balance("<div><p>a</p></div><div><p>b</p></div>"),
        "<p>a</p><p>b</p>"
    );
    assert_eq!(balance("<x-y>a</x-y>b"), "ab");
}

#[test]
fn depth_and_number_of_elements_are_limited() {
    let deep = balance(&"<b>".repeat(500));
    assert_eq!(deep.matches("<b>").count(), MAX_DEPTH);
    assert_eq!(deep.matches("</b>").count(), MAX_DEPTH);
    let many = balance(&"<br>".repeat(MAX_ELEMENTS + 1));
    assert_eq!(many.matches("<br>").count(), MAX_ELEMENTS);
}

#[test]
fn end_tags_of_dropped_elements_close_nothing() {
    let source = format!("{}x{}y", "<i>".repeat(40), "</i>".repeat(40));
    let expected = format!("{}x{}y", "<i>".repeat(MAX_DEPTH), "</i>".repeat(MAX_DEPTH));
    assert_eq!(balance(&source), expected);
}
