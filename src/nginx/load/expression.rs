//! Expressions that PCRE refuses, as far as that is plain to see.
//!
//! PCRE reads more than any engine in Rust does, so an expression counts as broken only for a fault that no syntax of
//! PCRE makes good. Where a construct is met that this reader does not follow, it says nothing.

/// Why PCRE refuses an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A `(` without its `)`.
    OpenGroup,
    /// A `)` without its `(`.
    CloseGroup,
    /// A `[` without its `]`.
    OpenClass,
    /// `*`, `+` or `?` with nothing before it.
    NothingToRepeat,
    /// `\` at the end.
    LoneBackslash,
}

impl Broken {
    /// The fault in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Broken::OpenGroup => "a `(` of the expression is not closed",
            Broken::CloseGroup => "a `)` of the expression closes nothing",
            Broken::OpenClass => "a `[` of the expression is not closed",
            Broken::NothingToRepeat => "a quantifier of the expression has nothing to repeat",
            Broken::LoneBackslash => "the expression ends in a lone `\\`",
        }
    }
}

/// The first fault of an expression, if one is plain to see.
pub(super) fn broken(pattern: &[u8]) -> Option<Broken> {
    let mut depth = 0_usize;
    let mut repeatable = false;
    let mut rest = pattern;
    while let [byte, after @ ..] = rest {
        rest = after;
        let had = std::mem::replace(&mut repeatable, true);
        match byte {
            b'\\' => match after {
                [] => return Some(Broken::LoneBackslash),
                // `\Q` quotes what follows, and `\c` takes any byte.
                [b'Q' | b'E' | b'c', ..] => return None,
                [_, after @ ..] => rest = after,
            },
            b'[' => match class(after) {
                Some(after) => rest = after,
                None => return Some(Broken::OpenClass),
            },
            b'(' => {
                depth += 1;
                rest = group(after)?;
                // Options such as `(?i)` are left to their `)`; behind any other head, nothing stands yet.
                repeatable = matches!(rest, [b')' | b':', ..]) && rest.len() < after.len();
            }
            b')' if depth == 0 => return Some(Broken::CloseGroup),
            b')' => depth -= 1,
            b'|' => repeatable = false,
            b'*' | b'+' | b'?' if !had => return Some(Broken::NothingToRepeat),
            _ => {}
        }
    }
    (depth > 0).then_some(Broken::OpenGroup)
}

/// Returns what follows the head of a group, which starts behind its `(`; `None` where it is of a kind that is not followed here.
fn group(after: &[u8]) -> Option<&[u8]> {
    let past = |ends: u8, from: usize| {
        let text = after.get(from..)?;
        let end = memchr::memchr(ends, text)?;
        text.get(end + 1..)
    };
    match after {
        [b'*', ..] | [b'?', b'(' | b'#' | b'C', ..] => None,
        [b'?', b':' | b'=' | b'!' | b'>' | b'|', inside @ ..] | [b'?', b'<', b'=' | b'!', inside @ ..] => Some(inside),
        [b'?', b'<', ..] => past(b'>', 2),
        [b'?', b'P', b'<', ..] => past(b'>', 3),
        [b'?', b'\'', ..] => past(b'\'', 2),
        [b'?', inside @ ..] => {
            // Options such as `(?i)`; after `x`, blanks and comments mean nothing any more.
            let end = inside.iter().position(|byte| matches!(byte, b')' | b':'))?;
            let (options, inside) = inside.split_at_checked(end)?;
            (!options.contains(&b'x')).then_some(inside)
        }
        _ => Some(after),
    }
}

/// Returns what follows a class, which starts behind its `[`.
fn class(inside: &[u8]) -> Option<&[u8]> {
    let inside = inside.strip_prefix(b"^").unwrap_or(inside);
    let mut rest = inside.strip_prefix(b"]").unwrap_or(inside);
    loop {
        rest = match rest {
            [] => return None,
            [b']', after @ ..] => return Some(after),
            // Behind `\Q` a `]` means nothing; it is taken for the end, which calls too little broken.
            [b'\\', _, after @ ..] => after,
            [b'[', mark @ (b':' | b'.' | b'='), after @ ..] => {
                let end = memchr::memchr(b']', after)?;
                let named = end > 0 && after.get(end - 1) == Some(mark);
                if named { after.get(end + 1..)? } else { after }
            }
            [_, after @ ..] => after,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_faults_are_seen() {
        for (pattern, expected) in [
            (r"^https://(a|b)\.example$", None),
            (r"^https://(a|b\.example$", Some(Broken::OpenGroup)),
            (r"^https://a|b)\.example$", Some(Broken::CloseGroup)),
            (r"^[a-z", Some(Broken::OpenClass)),
            (r"[]a]|[^]a]|[[:alpha:]]|[\]]", None),
            (r"[]", Some(Broken::OpenClass)),
            (r"*.example.com", Some(Broken::NothingToRepeat)),
            (r"(*.example.com", None),
            (r"(?:+a)", Some(Broken::NothingToRepeat)),
            (r"(?=*a)", Some(Broken::NothingToRepeat)),
            (r"(?<n>?a)", Some(Broken::NothingToRepeat)),
            (r"a|?", Some(Broken::NothingToRepeat)),
            (r"a\", Some(Broken::LoneBackslash)),
            (r"(?i)a(?<n>b)(?=c)(?'m'd)", None),
            (r"(?x) ( # )", None),
            (r"\Q(\E", None),
            (r"\(\[", None),
            ("", None),
        ] {
            assert_eq!(broken(pattern.as_bytes()), expected, "{pattern}");
        }
    }
}
