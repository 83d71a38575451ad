//! The word that was meant by one that is not known.

/// Nothing that corslint knows is longer, in bytes.
const LONGEST: usize = 128;

/// How many letters have to be changed, added, taken away, or swapped with their neighbor to make one word of the other, if it is at most `most`.
pub fn edits(left: &str, right: &str, most: usize) -> Option<usize> {
    // A letter takes up to four bytes. Most pairs of words end here, or have so much in common that little is left to compare.
    if left.len().abs_diff(right.len()) > 4 * most {
        return None;
    }
    let (left, right) = without_common(left, right);
    // One edit changes two neighboring letters at most.
    let is_long = |word: &str| word.chars().nth(2).is_some();
    if most == 1 && (is_long(left) || is_long(right)) {
        return None;
    }
    Some(strsim::osa_distance(left, right)).filter(|edits| *edits <= most)
}

/// Returns what is left of two words without the letters that both begin with, and those that both end with.
fn without_common<'w>(left: &'w str, right: &'w str) -> (&'w str, &'w str) {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let start: usize = left.chars().zip(right.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let (left, right) = (left.get(start..).unwrap_or_default(), right.get(start..).unwrap_or_default());
    let ends = left.chars().rev().zip(right.chars().rev());
    let end: usize = ends.take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let rest = |word: &'w str| word.get(..word.len() - end).unwrap_or_default();
    (rest(left), rest(right))
}

/// The known word that is meant by `word`: the nearest within a third of its length and three edits, a word that starts with it before others.
pub fn meant<T: AsRef<str>>(word: &str, known: impl IntoIterator<Item = T>) -> Option<T> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase().replace('_', "-");
    // A word of three letters says too little for two wrong ones.
    let most = word.chars().count().div_ceil(3).min(3);
    let near = known.into_iter().filter_map(|known| {
        let is_start = word.len() >= 3 && known.as_ref().starts_with(&word);
        let edits = edits(&word, known.as_ref(), most).or(is_start.then_some(most + 1))?;
        Some((edits, !is_start, known))
    });
    near.min_by_key(|(edits, is_other, _)| (*edits, *is_other)).map(|(.., known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_meant() {
        let known = ["explain", "lint", "fix", "missing-always", "missing-vary-origin"];
        for (word, expected) in [
            ("explian", Some("explain")),
            ("EXPLAIN", Some("explain")),
            ("fx", Some("fix")),
            ("mising_always", Some("missing-always")),
            ("missing-v", Some("missing-vary-origin")),
            ("nginx", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(meant(word, known), expected, "{word}");
        }
        assert_eq!(meant(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn edits_are_counted_up_to_the_most() {
        for (left, right, expected) in [
            ("", "", Some(0)),
            ("", "ab", Some(2)),
            ("abc", "acb", Some(1)),
            ("abcd", "badc", Some(2)),
            ("abc", "xyz", None),
            ("short", "very much longer", None),
        ] {
            assert_eq!(edits(left, right, 2), expected, "{left:?} and {right:?}");
            assert_eq!(edits(right, left, 2), expected, "{right:?} and {left:?}");
        }
    }
}
