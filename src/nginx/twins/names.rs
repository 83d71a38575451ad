//! The names in a block that nobody tells apart.
//!
//! With a number in it, a name is told from its twin's by the number alone, and only an expression that compares digits can do that. A
//! name without one may be anything, so it counts only in the host of a URL, as a server's name or at the start of a location's path,
//! and only where no expression is compared with what it stands in.

use std::ops::Range;

use super::super::tree::{Tree, Word};
use super::Elsewhere;

/// Directives whose numbers matter to nobody who asks from outside, beside all that end in `_pass`.
const OF_THE_MACHINE: [&[u8]; 6] =
    [b"root", b"alias", b"access_log", b"error_log", b"ssl_certificate", b"ssl_certificate_key"];
/// Variables in which no host and no origin stands, and no path on the machine.
const WITHOUT_HOSTS: [&[u8]; 9] = [
    b"$uri",
    b"$document_uri",
    b"$request_uri",
    b"$request_method",
    b"$args",
    b"$query_string",
    b"$http_user_agent",
    b"$content_type",
    b"$remote_addr",
];

/// Variables in which nothing but a host or an origin stands.
const WITHOUT_PATHS: [&[u8]; 4] = [b"$http_origin", b"$host", b"$http_host", b"$server_name"];

/// Which names blocks may differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Those with a number, in their digits.
    Numbered,
    /// All that stand in one block alone.
    Named,
}

/// What expressions are compared with; what nobody knows is either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Against {
    /// Paths, queries, methods.
    pub(super) paths: bool,
    /// Hosts and origins.
    pub(super) hosts: bool,
}

impl Against {
    const PATHS: Against = Against { paths: true, hosts: false };
    const HOSTS: Against = Against { paths: false, hosts: true };
    /// Nobody knows what.
    pub(super) const ANYTHING: Against = Against { paths: true, hosts: true };

    /// What either is compared with.
    pub(super) fn or(self, other: Against) -> Against {
        Against { paths: self.paths || other.paths, hosts: self.hosts || other.hosts }
    }

    /// What an expression is compared with that is looked up by `variable`.
    fn with(variable: &[u8]) -> Against {
        if WITHOUT_HOSTS.contains(&variable) || variable.starts_with(b"$arg_") || variable.starts_with(b"$cookie_") {
            Against::PATHS
        } else if WITHOUT_PATHS.contains(&variable) {
            Against::HOSTS
        } else {
            Against::ANYTHING
        }
    }
}

/// The longest runs of letters, digits, `-` and `_`.
pub(super) fn runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.iter().position(is_part)?;
        at = start + run_length(text.get(start..)?);
        Some(start..at)
    })
}

/// How long the run is that a text starts with.
pub(super) fn run_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

/// Returns whether a byte is one of a run.
pub(super) fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

pub(super) fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// Returns whether `text` may be an expression that some digits fit and others do not. All of them fit `\d` and `[0-9]`; how many
/// there must be does not matter either, since twins have as many.
pub(super) fn compares_digits(text: &[u8]) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'^' | b'[' | b'(' | b'\\' | b'*' | b'+' | b'?' | b'|' | b'$');
    if !text.iter().any(is_special) || !has_digit(text) {
        return false;
    }
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let harmless = match rest {
            [b'0', b'-', b'9', ..] => 3,
            [b'$', digit, ..] if digit.is_ascii_digit() => 2,
            [b'{', ..] => after.iter().position(|byte| *byte == b'}').map_or(1, |end| end + 2),
            _ if byte.is_ascii_digit() => return true,
            _ => 1,
        };
        rest = rest.get(harmless..).unwrap_or_default();
    }
    false
}

/// What the expressions and patterns of a directive, and of all that stands in its block, are compared with.
pub(super) fn compared(tree: &Tree, file: &[u8], directive: u32) -> Against {
    let end = tree.directives.get(directive as usize).map_or(directive, |directive| directive.end);
    let inside = (directive..end).map(|directive| compared_in(tree.words(directive), file));
    let found = inside.fold(Against::default(), Against::or);
    match tree.words(directive) {
        [name, source, ..] if name.inner().of(file) == b"map" && found != Against::default() => {
            Against::with(source.inner().of(file))
        }
        _ => found,
    }
}

/// The same of the words of one directive.
fn compared_in(words: &[Word], file: &[u8]) -> Against {
    let text = |index: usize| words.get(index).map_or(&b""[..], |word| word.inner().of(file));
    let is_expression = |text: &[u8]| text.starts_with(b"~") || text.starts_with(b"!~");
    let is_pattern = |text: &[u8]| match text {
        [b'*', b'.', ..] | [.., b'.', b'*'] => true,
        [b'.', first, ..] => first.is_ascii_alphanumeric(),
        _ => false,
    };
    let texts = || words.iter().map(|word| word.inner().of(file));
    let name = text(0);
    match name {
        b"rewrite" => Against::PATHS,
        b"include" => Against::default(),
        b"location" if is_expression(text(1)) => Against::PATHS,
        b"if" if texts().any(is_expression) => {
            // The variable may stand apart from its parenthesis.
            let variable = if text(1) == b"(" { text(2) } else { text(1) };
            Against::with(variable.strip_prefix(b"(").unwrap_or(variable))
        }
        b"server_name" if texts().any(|text| is_expression(text) || is_pattern(text)) => Against::HOSTS,
        _ if texts().any(|text| is_expression(text) || is_pattern(text)) => Against::ANYTHING,
        _ => Against::default(),
    }
}

/// Returns whether a directive's parameters name what is on the machine or behind it.
pub(super) fn is_of_the_machine(directive: &[u8]) -> bool {
    directive.ends_with(b"_pass") || OF_THE_MACHINE.contains(&directive)
}

/// Returns whether a run is a name of which only the number matters to nobody: it starts with a small letter, as no number does in any
/// notation, and stands by itself in a word, a path or a host.
pub(super) fn is_numbered(text: &[u8], run: &Range<usize>) -> bool {
    has_digit(&text[run.clone()]) && is_name(text, run)
}

fn is_name(text: &[u8], run: &Range<usize>) -> bool {
    let name = &text[run.clone()];
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| b"/.@:,= ".contains(byte));
    let before = run.start.checked_sub(1).and_then(|at| text.get(at));
    is_spelled_like_a_name(name) && apart(before) && apart(text.get(run.end))
}

pub(super) fn is_spelled_like_a_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_lowercase)
        && !name.starts_with(b"xn--")
        && !name.iter().any(u8::is_ascii_uppercase)
}

/// Returns whether a run stands where a name may be any: what it is called matters neither to nginx nor to a browser there, nor to any
/// expression, which are `compared` with these.
pub(super) fn is_free(directive: &[u8], index: usize, text: &[u8], run: &Range<usize>, compared: Against) -> bool {
    if index == 0 || !is_name(text, run) {
        return false;
    }
    // The last label of a host says who may register it, and a path that ends in a name may be the start of another.
    let after = text.get(run.end);
    let goes_on = matches!(after, Some(b'.' | b'/'));
    match directive {
        b"include" => false,
        b"location" => index == 1 && text.first() == Some(&b'/') && after == Some(&b'/') && !compared.paths,
        _ if compared.hosts => false,
        b"server_name" => goes_on,
        _ if is_of_the_machine(directive) => true,
        _ => goes_on && memchr::memmem::find(&text[..run.start], b"://").is_some(),
    }
}

/// Returns whether a name may be any other: nothing outside of its block speaks of it, and it tells nothing by itself, as `staging` does.
pub(super) fn is_any(name: &[u8], elsewhere: &Elsewhere<'_>) -> bool {
    is_spelled_like_a_name(name) && std::str::from_utf8(name).is_ok_and(|name| !elsewhere.tells(name))
}
