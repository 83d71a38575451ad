//! A text that an expression matches, made from its structure and confirmed by matching.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::nginx::limits;
use crate::nginx::regex::{Regexes, structure};

/// How long a made text may grow, in bytes.
const MAX_BYTES: usize = 4096;

/// A text that `pattern` matches, as short and as plain as its structure allows; `None` where none was found.
pub fn example_path(regexes: &Regexes, pattern: &[u8], ignore_case: bool) -> Option<Vec<u8>> {
    regexes.sample(pattern, ignore_case, || {
        if limits::is_spent() {
            return None;
        }
        let text = build(&structure(pattern)?)?;
        (regexes.is_match(pattern, ignore_case, &text)?).then_some(text)
    })
}

/// The first way through the expression. The structure is walked on a stack of what is still to be written.
fn build(hir: &Hir) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut waiting = vec![hir];
    while let Some(next) = waiting.pop() {
        match next.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
            HirKind::Class(class) => text.extend_from_slice(&plainest(class)?),
            HirKind::Repetition(repetition) => {
                // `.*` stands for something more often than for nothing: no host starts with a dot.
                let least = if repetition.max.is_none() && is_plain(&repetition.sub) { 1 } else { 0 };
                waiting.extend((0..repetition.min.clamp(least, 64)).map(|_| &*repetition.sub));
            }
            HirKind::Capture(capture) => waiting.push(&capture.sub),
            HirKind::Concat(parts) => waiting.extend(parts.iter().rev()),
            HirKind::Alternation(parts) => waiting.push(parts.first()?),
        }
        if text.len() > MAX_BYTES || waiting.len() > MAX_BYTES {
            return None;
        }
    }
    Some(text)
}

/// Returns whether it is a class that has a letter or a digit.
fn is_plain(hir: &Hir) -> bool {
    let HirKind::Class(class) = hir.kind() else { return false };
    plainest(class).is_some_and(|text| text.iter().all(u8::is_ascii_alphanumeric))
}

/// A character of the class that reads well: a letter, a digit, or whatever there is.
fn plainest(class: &Class) -> Option<Vec<u8>> {
    let liked = ('a'..='z').chain('0'..='9');
    match class {
        Class::Unicode(class) => {
            let holds = |c: &char| class.iter().any(|range| range.start() <= *c && *c <= range.end());
            let character = liked.clone().find(holds).or_else(|| class.iter().next().map(|range| range.start()))?;
            Some(character.to_string().into_bytes())
        }
        Class::Bytes(class) => {
            let holds = |c: &u8| class.iter().any(|range| range.start() <= *c && *c <= range.end());
            let byte = (b'a'..=b'z').find(holds).or_else(|| class.iter().next().map(|range| range.start()))?;
            Some(vec![byte])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_short_and_match() {
        for (pattern, expected) in [
            (r"\.(woff2?|ttf)$", ".woff"),
            (r"^/api/v[0-9]+/", "/api/v0/"),
            (r"^https://(.+\.)?example\.com$", "https://example.com"),
            (r"^(GET|HEAD)$", "GET"),
            (r"https?://.*\.example\.com\s*$", "http://a.example.com"),
        ] {
            let made = example_path(&Regexes::default(), pattern.as_bytes(), false);
            assert_eq!(made.as_deref(), Some(expected.as_bytes()), "{pattern}");
        }
        assert_eq!(example_path(&Regexes::default(), br"^(?=x)y", false), None);
    }
}
