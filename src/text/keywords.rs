//! Finding the keywords of filters in texts, in time that grows with the text and not with what is in it (security.md D9).

/// A text to look for keywords in, without regard to case.
pub struct Folded(String);

impl Folded {
    /// Folds a text.
    pub fn new(text: &str) -> Folded {
        Folded(text.to_lowercase())
    }
}

/// A keyword, ready to be looked for.
pub struct Keyword {
    folded: String,
    /// Nothing of a word may stand before it.
    begins_word: bool,
    /// Nothing of a word may stand behind it.
    ends_word: bool,
}

impl Keyword {
    /// Prepares a keyword. As a whole word it is found only where its ends are ends of words; an end that is a sign
    /// (`#cats`) is one anywhere.
    pub fn new(text: &str, whole_word: bool) -> Keyword {
        let folded = text.to_lowercase();
        let at_end = |end: Option<char>| whole_word && end.is_some_and(is_of_word);
        Keyword {
            begins_word: at_end(folded.chars().next()),
            ends_word: at_end(folded.chars().next_back()),
            folded,
        }
    }

    /// Whether it stands in the text. An empty keyword stands nowhere.
    pub fn stands_in(&self, text: &Folded) -> bool {
        let text = &text.0;
        if self.folded.is_empty() || !text.contains(&self.folded) {
            return false;
        }
        let is_free = !self.begins_word && !self.ends_word;
        is_free || self.occurrences(text).any(|at| self.is_whole(text, at))
    }

    fn is_whole(&self, text: &str, at: usize) -> bool {
        let before = text[..at].chars().next_back();
        let behind = text[at + self.folded.len()..].chars().next();
        let is_inside = self.begins_word && before.is_some_and(is_of_word)
            || self.ends_word && behind.is_some_and(is_of_word);
        !is_inside
    }

    /// Where it begins in the text, overlaps included (Knuth, Morris and Pratt). Both are UTF-8, so every place is a
    /// boundary between characters.
    fn occurrences<'t>(&self, text: &'t str) -> impl Iterator<Item = usize> + use<'_, 't> {
        let word = self.folded.as_bytes();
        let borders = borders(word);
        let mut matched = 0;
        text.bytes().enumerate().filter_map(move |(at, byte)| {
            matched = extended(word, &borders, matched, byte);
            (matched == word.len()).then(|| at + 1 - word.len())
        })
    }
}

/// For each beginning of the word the length of its longest proper border: a beginning that is an end too.
fn borders(word: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; word.len()];
    for at in 1..word.len() {
        borders[at] = extended(word, &borders, borders[at - 1], word[at]);
    }
    borders
}

/// How much of the word's beginning ends at a byte, when so much of it ended before.
fn extended(word: &[u8], borders: &[usize], mut matched: usize, byte: u8) -> usize {
    loop {
        if word.get(matched) == Some(&byte) {
            return matched + 1;
        }
        if matched == 0 {
            return 0;
        }
        matched = borders[matched - 1];
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(keyword: &str, whole_word: bool, text: &str) -> bool {
        Keyword::new(keyword, whole_word).stands_in(&Folded::new(text))
    }

    #[test]
    fn case_does_not_matter_anywhere() {
        assert!(found("Ärger", false, "VERÄRGERT"));
        assert!(!found("Ärger", true, "VERÄRGERT"));
        assert!(found("Ärger", true, "so ein ÄRGER!"));
    }

    #[test]
    fn a_whole_word_ends_where_words_end() {
        for text in ["cat", "a cat.", "(cat)", "the-cat", "\ncat\n"] {
            assert!(found("cat", true, text), "{text}");
        }
        for text in ["cats", "concat", "cat_food", "cat5"] {
            assert!(!found("cat", true, text), "{text}");
            assert!(found("cat", false, text), "{text}");
        }
        // An occurrence that does not count does not hide one that does, even where they overlap.
        assert!(found("a a", true, "xa a a"));
    }

    #[test]
    fn a_keyword_that_begins_or_ends_with_a_sign_is_whole_on_that_side() {
        assert!(found("#cats", true, "so#cats"));
        assert!(!found("#cats", true, "#catsofmastodon"));
        assert!(found(":)", true, "hi:)x"));
        assert!(!found("", false, "anything"));
    }

    #[test]
    fn evil_texts_take_no_longer_than_others() {
        let (text, keyword) = ("a".repeat(100_000), "a".repeat(512));
        let text = Folded::new(&text);
        let keyword = Keyword::new(&keyword, true);
        let began = std::time::Instant::now();
        // Every place is an occurrence, none but the whole text would be a word.
        assert!(!keyword.stands_in(&text));
        let near = Keyword::new(&format!("{}b", "a".repeat(511)), false);
        assert!(!near.stands_in(&text));
        assert!(began.elapsed().as_millis() < 500, "debug builds included");
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(text in "[ab_ é]{0,40}", keyword in "[ab é]{1,4}") {
            let (folded, word) = (Folded::new(&text), Keyword::new(&keyword, true));
            let places = (0..=text.len()).filter(|at| text.is_char_boundary(*at) && text[*at..].starts_with(&keyword));
            let expected: Vec<usize> = places.collect();
            prop_assert_eq!(word.occurrences(&text).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(word.stands_in(&folded), expected.iter().any(|at| word.is_whole(&text, *at)));
        }
    }
}
