//! Words as the search index knows them, in languages with and without spaces between words.
//!
//! The index cuts text at what is neither letter nor digit. Where people write without spaces, a sentence would be one word;
//! there, each pair of neighbouring letters becomes a word, in the text and in what is looked for.

use std::borrow::Cow;

/// A text as it goes into the index.
pub fn indexed(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unspaced) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    for run in runs(text) {
        out.push(' ');
        match run {
            Run::Spaced(text) => out.push_str(text),
            Run::Unspaced(letters) => {
                out.push_str(&pairs(&letters).join(" "));
                // Its last letter alone, so that one letter finds it wherever it stands.
                out.push(' ');
                out.extend(letters.last());
            }
        }
    }
    Cow::Owned(out)
}

/// What to look for in place of a word or several that somebody typed, as the pieces of a phrase: each made of letters and
/// digits alone. The flag says that a beginning of the last piece is enough. Empty when there is nothing to look for.
pub fn phrase(typed: &str) -> (Vec<String>, bool) {
    let (mut pieces, mut open) = (Vec::new(), false);
    for run in runs(typed) {
        open = false;
        match run {
            Run::Spaced(text) => pieces.extend(
                text.split(|c: char| !c.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned),
            ),
            Run::Unspaced(letters) if letters.len() == 1 => {
                pieces.extend(letters.iter().map(char::to_string));
                open = true;
            }
            Run::Unspaced(letters) => pieces.extend(pairs(&letters)),
        }
    }
    (pieces, open)
}

enum Run<'a> {
    Spaced(&'a str),
    /// Letters without the marks above and below them.
    Unspaced(Vec<char>),
}

/// The stretches of a text in which all letters are of one way of writing.
fn runs(text: &str) -> Vec<Run<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let unspaced = is_unspaced(first);
        let end = rest
            .find(|c| is_unspaced(c) != unspaced)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if !unspaced {
            found.push(Run::Spaced(run));
            continue;
        }
        let letters: Vec<char> = run.chars().filter(|c| c.is_alphanumeric()).collect();
        if !letters.is_empty() {
            found.push(Run::Unspaced(letters));
        }
    }
    found
}

fn pairs(letters: &[char]) -> Vec<String> {
    letters.windows(2).map(String::from_iter).collect()
}

/// Scripts whose words stand without spaces, or (Hangul) with endings grown onto them.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF     // Thai, Lao
        | 0x1000..=0x109F   // Myanmar
        | 0x1100..=0x11FF | 0xAC00..=0xD7AF // Hangul
        | 0x1780..=0x17FF   // Khmer
        | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9D // Kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3134F) // Han
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_with_spaces_stays_as_it_is() {
        assert!(matches!(
            indexed("Grüße, world #1"),
            Cow::Borrowed("Grüße, world #1")
        ));
        assert_eq!(
            phrase("Hello, wörld!"),
            (vec!["Hello".into(), "wörld".into()], false)
        );
        assert_eq!(phrase("☕ % _"), (vec![], false));
    }

    #[test]
    fn text_without_spaces_becomes_pairs_of_letters() {
        assert_eq!(
            indexed("I ♥ 東京タワー!")
                .split_whitespace()
                .collect::<Vec<_>>(),
            ["I", "♥", "東京", "京タ", "タワ", "ワー", "ー", "!"]
        );
        assert_eq!(
            phrase("東京タ"),
            (vec!["東京".into(), "京タ".into()], false)
        );
        assert_eq!(phrase("京"), (vec!["京".into()], true));
    }

    proptest! {
        #[test]
        fn what_stands_in_a_text_without_spaces_is_found_in_its_index(text in "[一-龠あ-んก-ฮ]{1,20}", from in 0..20_usize, length in 1..5_usize) {
            let letters: Vec<char> = text.chars().collect();
            let from = from.min(letters.len() - 1);
            let part: String = letters[from..(from + length).min(letters.len())].iter().collect();
            let index: Vec<String> = indexed(&text).split_whitespace().map(str::to_owned).collect();
            let (pieces, open) = phrase(&part);
            let found = index.windows(pieces.len()).any(|window| {
                window.iter().zip(&pieces).all(|(word, piece)| word == piece || (open && word.starts_with(piece.as_str())))
            });
            prop_assert!(found, "{part} in {index:?}");
        }

        #[test]
        fn nothing_but_letters_and_digits_is_looked_for(typed in any::<String>()) {
            prop_assert!(phrase(&typed).0.iter().all(|piece| !piece.is_empty() && piece.chars().all(char::is_alphanumeric)));
        }
    }
}
