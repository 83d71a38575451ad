//! One compiled expression.
//!
//! Most expressions are regular, and an automaton matches them. What makes an automaton fast on long texts (lazy tables, a second automaton
//! that runs backwards, a search for literals) takes ten times as long to build as the rest, and the texts here are origins and paths.

use fancy_regex::RegexBuilder;
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;

use super::{Captures, Undecided};
use crate::nginx::limits::{self, Limit};

/// How many steps a backtracking match may take before its outcome counts as unknown.
const BACKTRACK_LIMIT: usize = 100_000;
/// How large one compiled expression may become, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Returns what comes of a match that takes too many steps: the run says so.
fn undecided() -> Undecided {
    limits::meet(Limit::Expression);
    Undecided
}

/// An expression that can be matched with ASCII text.
#[derive(Debug)]
pub(super) enum Engine {
    /// A regular one: the match takes as many steps as the text and the expression are long, multiplied.
    Automaton(meta::Regex),
    /// One with lookaround, back references or possessive quantifiers.
    Backtracking(fancy_regex::Regex),
}

impl Engine {
    /// Compiles an expression; `None` where neither engine can read it.
    pub(super) fn new(pattern: &str, ignore_case: bool) -> Option<Self> {
        if !may_be_possessive(pattern)
            && let Some(regex) = automaton(pattern, ignore_case)
        {
            return Some(Engine::Automaton(regex));
        }
        let built = RegexBuilder::new(&with_ascii_classes(pattern))
            .case_insensitive(ignore_case)
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(SIZE_LIMIT)
            .build();
        built.ok().map(Engine::Backtracking)
    }

    /// Returns whether `text`, which is ASCII, matches.
    ///
    /// # Errors
    ///
    /// The match takes too many steps.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, Undecided> {
        match self {
            Engine::Automaton(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(|_| undecided()),
        }
    }

    /// The groups of the first match in `text`, which is ASCII.
    ///
    /// # Errors
    ///
    /// The match takes too many steps.
    pub(super) fn captures(&self, text: &str) -> Result<Option<Captures>, Undecided> {
        match self {
            // Room for groups is made where there are some: most expressions that are tried do not match.
            Engine::Automaton(regex) if !regex.is_match(text) => Ok(None),
            Engine::Automaton(regex) => {
                let mut found = regex.create_captures();
                regex.captures(text, &mut found);
                let group = |span: Option<regex_automata::Span>| {
                    span.and_then(|span| text.get(span.range())).map_or(Vec::new(), Into::into)
                };
                let names = found.group_info().pattern_names(regex_automata::PatternID::ZERO).flatten();
                let named = names.map(|name| (name.to_owned(), group(found.get_group_by_name(name)))).collect();
                let numbered = (0..10).map(|index| group(found.get_group(index))).collect();
                Ok(found.is_match().then_some(Captures { numbered, named }))
            }
            Engine::Backtracking(regex) => {
                let Some(found) = regex.captures(text).map_err(|_| undecided())? else { return Ok(None) };
                let group =
                    |group: Option<fancy_regex::Match<'_>>| group.map_or(Vec::new(), |group| group.as_str().into());
                let numbered = (0..10).map(|index| group(found.get(index))).collect();
                let names = regex.capture_names().flatten();
                let named = names.map(|name| (name.to_owned(), group(found.name(name)))).collect();
                Ok(Some(Captures { numbered, named }))
            }
        }
    }
}

/// Returns whether the expression may have a quantifier that gives nothing back (`a++`), which an automaton would take for `(a+)+`.
fn may_be_possessive(pattern: &str) -> bool {
    ["++", "*+", "?+", "}+"].iter().any(|quantifier| pattern.contains(quantifier))
}

fn automaton(pattern: &str, ignore_case: bool) -> Option<meta::Regex> {
    // nginx matches bytes: `\w`, `\d` and `\b` know the letters of ASCII alone.
    let syntax = syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case);
    let config = meta::Config::new()
        .nfa_size_limit(Some(SIZE_LIMIT))
        .utf8_empty(false)
        .which_captures(WhichCaptures::All)
        .auto_prefilter(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false);
    meta::Builder::new().syntax(syntax).configure(config).build(pattern).ok()
}

/// The expression with `\w` and `\d` as nginx has them, and with a dot that means ASCII, since all texts are. This engine means characters of all
/// scripts, which takes some kilobytes for each of them.
fn with_ascii_classes(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    // A flag may make a dot mean a line break as well.
    let may_have_flags =
        pattern.contains("(?i") || pattern.contains("(?s") || pattern.contains("(?m") || pattern.contains("(?x");
    while let Some(character) = characters.next() {
        let class = match (character, characters.peek()) {
            ('\\', Some('w')) => "0-9A-Za-z_",
            ('\\', Some('d')) => "0-9",
            ('.', _) if !in_class && !may_have_flags => {
                plain.push_str(r"[\x00-\x09\x0B-\x7F]");
                continue;
            }
            _ => {
                plain.push(character);
                match character {
                    '\\' => plain.extend(characters.next()),
                    '[' if !in_class => {
                        in_class = true;
                        plain.extend(characters.next_if_eq(&'^'));
                        plain.extend(characters.next_if_eq(&']'));
                    }
                    // The end of `[:alpha:]` is not the end of the class around it.
                    ':' if in_class => plain.extend(characters.next_if_eq(&']')),
                    ']' => in_class = false,
                    _ => {}
                }
                continue;
            }
        };
        characters.next();
        plain.push_str(&if in_class { class.to_owned() } else { format!("[{class}]") });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        assert_eq!(
            with_ascii_classes(r"\\w\w[\w.-][]\d][^]\d][[:alpha:]\d]\W\..+"),
            r"\\w[0-9A-Za-z_][0-9A-Za-z_.-][]0-9][^]0-9][[:alpha:]0-9]\W\.[\x00-\x09\x0B-\x7F]+"
        );
    }

    #[test]
    fn both_engines_agree() {
        let patterns = [
            r"^https://(a\d+)\.example$",
            r"(a|ab)(c|bcd)(d*)",
            r"^(?<s>\w+)://(www\.)?(.+)$",
            r"x*",
            r"^$",
            r"[^/]+$",
            r"\bapp\b",
            r"(?i)APP",
            r"^(a+)+$",
            r"^/(?:x|y)/(.*?)/z",
            r"a{2,3}?",
            r"^[[:alpha:]]+$",
            r".",
            r"\S+\s",
        ];
        let texts = [
            "",
            "a",
            "abcd",
            "https://a77.example",
            "https://www.app.example",
            "/x/1/2/z/z",
            "aaaa",
            "app b",
            "APP",
            "-",
            "a\nb",
        ];
        for pattern in patterns {
            for ignore_case in [false, true] {
                let automaton = Engine::Automaton(automaton(pattern, ignore_case).unwrap());
                let mut other = RegexBuilder::new(&with_ascii_classes(pattern));
                let other = Engine::Backtracking(other.case_insensitive(ignore_case).build().unwrap());
                for text in texts {
                    let found = other.captures(text);
                    assert_eq!(automaton.captures(text), found, "{pattern} with {text}");
                    assert_eq!(automaton.is_match(text), found.map(|found| found.is_some()), "{pattern} with {text}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_regular_goes_to_the_other_engine() {
        let is_automaton = |pattern: &str| matches!(Engine::new(pattern, false), Some(Engine::Automaton(_)));
        assert!(is_automaton(r"^/api(/|$)"));
        for pattern in [r"^(?!a)b", r"(a)\1", "^a++b", "^(?>a|ab)c", "(?<=a)b"] {
            assert!(!is_automaton(pattern), "{pattern}");
        }
        assert_eq!(Engine::new("^a++ab", false).unwrap().is_match("aaab"), Ok(false));
    }
}
