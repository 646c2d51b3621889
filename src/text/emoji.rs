//! Unicode emoji and `:shortcode:` names.
//!
//! What a shortcode stands for is the database's business; here it is only a name.

/// More bytes than the longest emoji sequence has; anything longer is not looked up.
const LONGEST_SEQUENCE: usize = 64;

/// The variation selector that asks for the picture instead of the text sign.
const PICTURE: char = '\u{fe0f}';

/// Recognises text that is exactly one emoji and returns its fully-qualified form,
/// so that `⚠` and `⚠️` are the same reaction.
pub fn single(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.len() > LONGEST_SEQUENCE {
        return None;
    }
    emojis::get(text)
        .or_else(|| emojis::get(&text.replace(PICTURE, "")))
        .map(|emoji| emoji.as_str())
}

/// Tells whether a name may stand between two colons.
pub fn is_shortcode(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_shortcode_byte)
}

/// Lists the names written as `:name:`, in order of appearance, repeats included.
///
/// Words may touch the colons, as clients replace them wherever they stand; a colon
/// may end one name and start the next, so `12:30:cat:` still contains `cat`.
pub fn shortcodes_in(text: &str) -> impl Iterator<Item = &str> {
    let mut parts = text.split(':').skip(1).peekable();
    std::iter::from_fn(move || {
        loop {
            let name = parts.next()?;
            parts.peek()?;
            if is_shortcode(name) {
                return Some(name);
            }
        }
    })
}

fn is_shortcode_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_emoji_comes_back_fully_qualified() {
        let cases = [
            ("👍", "👍"),
            ("⚠", "⚠\u{fe0f}"),
            ("⚠\u{fe0f}", "⚠\u{fe0f}"),
            ("☕", "☕"),
            ("☕\u{fe0f}", "☕"),
            ("❤", "❤\u{fe0f}"),
            ("👍🏽", "👍🏽"),
            ("🇯🇵", "🇯🇵"),
            ("👩\u{200d}🔬", "👩\u{200d}🔬"),
            ("🏳\u{200d}🌈", "🏳\u{fe0f}\u{200d}🌈"),
            ("1\u{20e3}", "1\u{fe0f}\u{20e3}"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(single(given), Some(expected), "{given}");
        }
    }

    #[test]
    fn text_and_several_emoji_are_not_one_emoji() {
        for given in [
            "", "x", ".", "1", "👍👍", "👍 ", " 👍", ":cat:", "\u{fe0f}", "🇯", "👍x",
        ] {
            assert_eq!(single(given), None, "{given:?}");
        }
    }

    #[test]
    fn every_emoji_of_the_table_is_itself() {
        for emoji in emojis::iter() {
            assert_eq!(single(emoji.as_str()), Some(emoji.as_str()));
        }
    }

    #[test]
    fn a_shortcode_is_made_of_plain_letters() {
        for name in ["cat", "a", "blob_cat-2", "+1", "-1"] {
            assert!(is_shortcode(name), "{name}");
        }
        for name in ["", "a b", "é", "a:b", "a.b", "../x", "a@b"] {
            assert!(!is_shortcode(name), "{name}");
        }
    }

    #[test]
    fn shortcodes_are_found_wherever_they_stand() {
        let cases: [(&str, &[&str]); 6] = [
            ("hello :cat:", &["cat"]),
            (":a::b:", &["a", "b"]),
            ("at 12:30:cat: x", &["30", "cat"]),
            (":cat", &[]),
            (": cat:", &[]),
            (":cat::cat:x", &["cat", "cat"]),
        ];
        for (text, expected) in cases {
            assert_eq!(shortcodes_in(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(text in "(:|[a-z]|é|\\PC){0,60}") {
            for name in shortcodes_in(&text) {
                let written = format!(":{name}:");
                prop_assert!(text.contains(&written));
            }
            let _ = single(&text);
        }
    }
}
