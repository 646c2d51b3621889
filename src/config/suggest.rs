//! Finds what an operator meant by a name that does not exist.

/// The candidate closest to `name`, by the number of letters to change.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    candidates
        .min_by_key(|candidate| likeness(name, candidate))
        .unwrap_or_default()
}

/// Distance to the whole candidate or, for a bare word, to its last part.
fn likeness(name: &str, candidate: &str) -> usize {
    let whole = distance(name, candidate);
    match candidate.rsplit_once('.') {
        Some((_, last)) if !name.contains('.') => whole.min(distance(name, last) + 1),
        _ => whole,
    }
}

/// Levenshtein distance in bytes.
pub fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_changed_letters() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_bare_word_finds_the_key_it_is_part_of() {
        let keys = ["email.from", "instance.name", "upload.limit"];
        assert_eq!(nearest("name", keys.into_iter()), "instance.name");
        assert_eq!(nearest("instanse.nam", keys.into_iter()), "instance.name");
    }
}
