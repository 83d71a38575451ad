//! Where loaders read different things from one assignment.

use crate::cors::login::without_logins;
use crate::dotenv::reading::loaders::{Loader, Reading, is_read_alike, readings};
use crate::dotenv::syntax::tree::{Assignment, EnvQuoting, EnvTree, PartKind, Statement, StatementKind};

/// How many characters of a reading are shown.
const MOST_CHARACTERS: usize = 60;

/// The loaders' readings of one assignment, where it is not the same for all.
pub struct Divergence<'t> {
    /// The assignment.
    pub assignment: &'t Assignment,
    /// The value that most loaders read: the reading of node's dotenv, python-dotenv and compose, as far as two of them agree.
    pub usual: Reading,
    /// The loaders that read something else, in the order of [`Loader::ALL`].
    pub others: Vec<(Loader, Reading)>,
    /// Why they differ.
    pub cause: Cause,
}

/// The part of an assignment that loaders read differently; the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A variable in the value.
    Variable,
    /// A comment behind the value.
    Comment,
    /// A `#` in a value without quotes.
    Hash,
    /// Blanks in a value without quotes.
    Blank,
    /// A backslash in the value.
    Backslash,
    /// Quotes inside a value that has none around it.
    InnerQuotes,
    /// Quotes around the value.
    Quotes,
    /// Anything else: blanks around the `=`, a `:`, `export`.
    Form,
}

/// The assignments of a file whose key `is_wanted` and that loaders read differently. What depends on the process, or on an open
/// quote, is left out.
pub fn divergences<'t>(tree: &'t EnvTree, file: &[u8], is_wanted: impl Fn(&Assignment) -> bool) -> Vec<Divergence<'t>> {
    let has_quotes = memchr::memchr2(b'"', b'\'', file).is_some();
    let is_asked = |statement: &Statement| match &statement.kind {
        StatementKind::Assignment(assignment) => {
            is_wanted(assignment) && (has_quotes || !is_read_alike(tree, file, statement, assignment))
        }
        _ => false,
    };
    if !tree.statements.iter().any(is_asked) {
        return Vec::new();
    }
    let all: Vec<(Loader, Vec<(usize, Reading)>)> =
        Loader::ALL.into_iter().map(|loader| (loader, readings(loader, tree, file))).collect();
    let mut divergences = Vec::new();
    for (index, statement) in tree.statements.iter().enumerate() {
        let StatementKind::Assignment(assignment) = &statement.kind else { continue };
        if !is_asked(statement) || !assignment.value.closed {
            continue;
        }
        let reading = |(loader, readings): &(Loader, Vec<(usize, Reading)>)| {
            let at = readings.binary_search_by_key(&index, |(index, _)| *index).ok()?;
            readings.get(at).map(|(_, reading)| (*loader, reading.clone()))
        };
        // For what another statement is to blame, this one is not.
        let is_told = |known: &Reading| !matches!(known, Reading::Unknown | Reading::Refused);
        let known: Vec<_> = all.iter().filter_map(reading).filter(|(_, known)| is_told(known)).collect();
        let Some(usual) = usual(&known) else { continue };
        let others: Vec<_> = known.into_iter().filter(|(_, reading)| *reading != usual).collect();
        if !others.is_empty() {
            divergences.push(Divergence { assignment, usual, others, cause: cause(tree, file, assignment) });
        }
    }
    divergences
}

/// The reading that two of node's dotenv, python-dotenv and compose agree on, or else the first one known.
fn usual(known: &[(Loader, Reading)]) -> Option<Reading> {
    let of = |loader: Loader| known.iter().find(|(known, _)| *known == loader).map(|(_, reading)| reading);
    let (node, python, compose) = (of(Loader::NodeDotenv), of(Loader::PythonDotenv), of(Loader::Compose));
    let agreed = if python.is_some() && python == compose { python } else { node.or(python).or(compose) };
    agreed.or(known.first().map(|(_, reading)| reading)).cloned()
}

fn cause(tree: &EnvTree, file: &[u8], assignment: &Assignment) -> Cause {
    let value = &assignment.value;
    let inner = value.inner.of(file);
    let is_variable =
        tree.parts(value).iter().any(|part| matches!(part.kind, PartKind::Variable(_) | PartKind::Braced(..)));
    let bare = value.quoting == EnvQuoting::Bare;
    let has = |wanted: &[u8]| inner.iter().any(|byte| wanted.contains(byte));
    match () {
        () if is_variable => Cause::Variable,
        () if assignment.comment.is_some() => Cause::Comment,
        () if bare && has(b"#") => Cause::Hash,
        () if bare && has(b" \t") => Cause::Blank,
        () if has(b"\\") => Cause::Backslash,
        () if bare && has(b"\"'`") => Cause::InnerQuotes,
        () if !matches!(value.quoting, EnvQuoting::Bare | EnvQuoting::None) => Cause::Quotes,
        () => Cause::Form,
    }
}

impl Divergence<'_> {
    /// Returns what the others read, in words: those that read the same together.
    pub fn told(&self, file: &[u8]) -> String {
        let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
        for (loader, reading) in &self.others {
            let text = self.words(file, reading);
            match groups.iter_mut().find(|(known, _)| *known == text) {
                Some((_, loaders)) => loaders.push(loader.name()),
                None => groups.push((text, vec![loader.name()])),
            }
        }
        let groups = groups.iter().map(|(text, loaders)| format!("{} {text}", loaders.join(" and ")));
        groups.collect::<Vec<_>>().join(", ")
    }

    /// Returns what a loader reads, in words that show nothing but the line itself.
    pub fn words(&self, file: &[u8], reading: &Reading) -> String {
        let value = match reading {
            Reading::Value(value) if value.is_empty() => return "nothing".to_owned(),
            Reading::Value(value) => value,
            Reading::Dropped => return "no value".to_owned(),
            Reading::Error => return "an error".to_owned(),
            Reading::Inherits => return "the value of its own environment".to_owned(),
            Reading::Refused | Reading::Unknown => return "unknown".to_owned(),
        };
        // A login that is cut is no longer known for one.
        match shown(self, file, value).map(without_logins) {
            Some(text) if text.chars().count() > MOST_CHARACTERS => {
                format!("`{}…`", text.chars().take(MOST_CHARACTERS).collect::<String>())
            }
            Some(text) => format!("`{text}`"),
            None if self.cause == Cause::Comment => "the comment as well".to_owned(),
            None if self.cause == Cause::Variable && value.contains(&b'$') => "the variable's name".to_owned(),
            None if self.cause == Cause::Variable => "the variable's value".to_owned(),
            None => "another text".to_owned(),
        }
    }
}

/// A reading that may be shown: text of the assignment's own value and of nothing behind it, with no variable filled in. A comment may
/// hold what was taken out, password and all.
fn shown<'r>(divergence: &Divergence<'_>, file: &[u8], reading: &'r [u8]) -> Option<&'r str> {
    let assignment = divergence.assignment;
    let end = assignment.value.span.to(assignment.value.after).end;
    let line = crate::source::Span::new(assignment.separator.mark.end, end).of(file);
    let mut rest = line.iter();
    let is_own = reading.iter().all(|byte| rest.any(|own| own == byte));
    let is_plain = divergence.cause != Cause::Variable && !reading.iter().any(u8::is_ascii_control);
    std::str::from_utf8(reading).ok().filter(|_| is_own && is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::syntax::grammar::parse;

    /// The loaders that read something else than most, and why; nothing where all agree.
    #[track_caller]
    fn check(file: &str, expected: Option<(Cause, &[Loader])>) {
        let tree = parse(file.as_bytes());
        let found = divergences(&tree, file.as_bytes(), |_| true);
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.cause, found.others.iter().map(|(loader, _)| *loader).collect::<Vec<_>>()))
            .collect();
        let expected: Vec<_> = expected.into_iter().map(|(cause, loaders)| (cause, loaders.to_vec())).collect();
        assert_eq!(found, expected, "{file}");
    }

    #[test]
    fn loaders_part_ways_where_the_facts_say() {
        use Loader::{DockerEnvFile, Dotenvy, NodeDotenv, Shell, Systemd};
        check("A=https://a,https://b", None);
        check("A=\"https://a\"", Some((Cause::Quotes, &[DockerEnvFile])));
        check("A=https://a # live", Some((Cause::Comment, &[DockerEnvFile, Systemd])));
        check("A=https://a/#x", Some((Cause::Hash, &[NodeDotenv])));
        check("A=https://a, https://b", Some((Cause::Blank, &[Dotenvy, Shell])));
        check("A=[\"https://a\"]", Some((Cause::InnerQuotes, &[Dotenvy, Shell])));
    }

    #[test]
    fn only_text_of_the_line_itself_is_shown() {
        let file = b"A=https://a\\\nSECRET=x\n";
        let tree = parse(file);
        let found = divergences(&tree, file, |assignment| assignment.key.of(file) == b"A");
        let divergence = found.first().unwrap();
        assert_eq!(shown(divergence, file, b"https://a\\"), Some("https://a\\"));
        assert_eq!(shown(divergence, file, b"https://aSECRET=x"), None);
    }
}
