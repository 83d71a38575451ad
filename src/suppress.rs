//! Ignore comments: which findings they take out, and which of them do nothing.
//!
//! `# corslint: ignore[rule, …] reason` stands on a line of its own before a directive or an assignment, or at the end of a line of an
//! nginx directive. `# corslint: ignore-file[rule, …] reason` speaks for its whole file. In a .env file a comment at the end of a line
//! would become part of the value for some loaders, so there it does nothing and is reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::dotenv::syntax::tree::{EnvTree, StatementKind};
use crate::finding::Finding;
use crate::nginx::config::Trees;
use crate::nginx::syntax::tree::Tree;
use crate::rules::{self, invalid_suppression, unused_suppression};
use crate::source::{FileId, Place, Source, Sources, Span};

/// An ignore comment that can work.
struct Ignore {
    place: Place,
    /// The rules it names, each with its place.
    rules: Vec<(String, Place)>,
    /// Findings that start in these bytes are taken out.
    covers: Span,
}

/// Takes the findings out that ignore comments of the linted files name, and reports the comments that name none or cannot
/// work. Gives the number of findings taken out, without those that `is_off` says were not reported anyway.
pub fn apply(
    sources: &Sources,
    nginx: &Trees,
    env: &BTreeMap<FileId, EnvTree>,
    linted: &BTreeSet<FileId>,
    is_off: &dyn Fn(&Finding) -> bool,
    findings: &mut Vec<Finding>,
) -> usize {
    let mut ignores = Vec::new();
    let mut invalid = Vec::new();
    for &file in linted {
        let source = sources.get(file);
        let found = match (nginx.get(&file), env.get(&file)) {
            (Some(tree), _) => in_nginx(source, tree),
            (None, Some(tree)) => in_env(source, tree),
            (None, None) => Vec::new(),
        };
        for (comment, covers) in found {
            match read(source, file, comment, covers) {
                Ok(ignore) => ignores.push(ignore),
                Err(finding) => invalid.push(*finding),
            }
        }
    }
    // Every ignore covers whole lines or its whole file, so those that cover a place are found by where it stands.
    let mut by_start: BTreeMap<(FileId, u32), Vec<&Ignore>> = BTreeMap::new();
    for ignore in &ignores {
        by_start.entry((ignore.place.file, ignore.covers.start)).or_default().push(ignore);
    }
    let mut used: BTreeSet<Place> = BTreeSet::new();
    let mut suppressed = 0;
    findings.retain(|finding| {
        let (file, start) = (finding.primary.place.file, finding.primary.place.span.start);
        let nearest = by_start.range((file, 0)..=(file, start)).next_back().map(|(_, ignores)| ignores);
        let whole_file = by_start.get(&(file, 0));
        let covering = nearest.into_iter().chain(whole_file).flatten().filter(|ignore| start <= ignore.covers.end);
        let named = covering.flat_map(|ignore| &ignore.rules).filter(|(rule, _)| rule == finding.rule);
        let places: Vec<Place> = named.map(|(_, place)| *place).collect();
        used.extend(&places);
        suppressed += usize::from(!places.is_empty() && !is_off(finding));
        places.is_empty()
    });
    let unused = ignores.iter().flat_map(|ignore| &ignore.rules).filter(|(_, place)| !used.contains(place));
    findings.extend(unused.map(|(rule, place)| {
        let message = format!("no finding of `{rule}` is here, so the comment hides only what comes later");
        let finding = unused_suppression::RULE.finding(*place, "suppresses nothing", message);
        Finding { help: Some("take it out".into()), ..finding }
    }));
    findings.extend(invalid);
    suppressed
}

/// The comments of an nginx file that speak to corslint, and what each covers; or why it covers nothing.
fn in_nginx(source: &Source, tree: &Tree) -> Vec<(Span, Result<Span, &'static str>)> {
    let covered = |comment: Span| {
        let start = |index: usize| tree.head(number(index)).start;
        let next = tree.directives.partition_point(|directive| {
            tree.words.get(directive.first_word as usize).is_some_and(|word| word.span.start < comment.end)
        });
        let own_line =
            Span::new(line_start(source, comment.start), comment.start).of(&source.bytes).trim_ascii().is_empty();
        if own_line {
            let between = (next < tree.directives.len()).then(|| Span::new(comment.end, start(next)));
            // Of comments below one another only the last one is looked at up to the directive: what stands between each and the next
            // one is a line of its own as well.
            let is_next = between.is_some_and(|between| {
                let next = tree.comments.partition_point(|other| other.start <= comment.start);
                let next = tree.comments.get(next).map_or(between.end, |next| next.start.min(between.end));
                let mut lines = Span::new(between.start, next)
                    .of(&source.bytes)
                    .split(|byte| *byte == b'\n')
                    .map(<[u8]>::trim_ascii);
                lines.all(|line| line.is_empty() || line.starts_with(b"#"))
            });
            return if is_next {
                Ok(lines_of(source, tree.head(number(next))))
            } else {
                Err("no directive follows it")
            };
        }
        let before = next.checked_sub(1).map(|index| tree.head(number(index)));
        let here = source.line_of(comment.start);
        match before.filter(|head| source.line_of(head.end) == here) {
            Some(head) => Ok(lines_of(source, head)),
            None => Err("no directive ends on its line"),
        }
    };
    let spoken = tree.comments.iter().filter(|comment| is_spoken(comment.of(&source.bytes)));
    spoken.map(|&comment| (comment, covered(comment))).collect()
}

/// The comments of a .env file that speak to corslint.
fn in_env(source: &Source, tree: &EnvTree) -> Vec<(Span, Result<Span, &'static str>)> {
    let speaks = |span: &Span| is_spoken(span.of(&source.bytes));
    let mut found = Vec::new();
    // From the end, so that what follows is known.
    let mut next = None;
    for statement in tree.statements.iter().rev() {
        match statement.kind {
            StatementKind::Comment(span) if speaks(&span) => found.push((span, next.ok_or("no assignment follows it"))),
            StatementKind::Assignment(assignment) => {
                let trailing = assignment.comment.filter(speaks);
                found.extend(trailing.map(|span| (span, Err("some loaders take it for a part of the value"))));
            }
            _ => {}
        }
        if !matches!(statement.kind, StatementKind::Comment(_) | StatementKind::Blank) {
            next = Some(statement.span);
        }
    }
    found.reverse();
    found
}

/// Returns whether a comment speaks to corslint at all, be it in the words of another linter.
pub(crate) fn is_spoken(comment: &[u8]) -> bool {
    const NAME: &[u8] = b"corslint";
    let Some(text) = comment.trim_ascii_start().strip_prefix(b"#").map(<[u8]>::trim_ascii_start) else { return false };
    let Some((name, after)) = text.split_at_checked(NAME.len()) else { return false };
    let after = after.trim_ascii_start();
    let word = after.strip_prefix(b":").or(after.strip_prefix(b"-")).unwrap_or(after).trim_ascii_start();
    let end = word.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(word.len());
    let is_order = [&b"ignore"[..], b"disable", b"noqa"].iter().any(|order| order.eq_ignore_ascii_case(&word[..end]));
    name.eq_ignore_ascii_case(NAME) && (after.starts_with(b":") || is_order)
}

/// Reads a comment; the error is the finding that says why it cannot work.
fn read(
    source: &Source,
    file: FileId,
    comment: Span,
    covers: Result<Span, &'static str>,
) -> Result<Ignore, Box<Finding>> {
    let place = Place { file, span: comment };
    let text = String::from_utf8_lossy(comment.of(&source.bytes)).into_owned();
    let invalid = |place: Place, why: String| {
        let message = format!("this comment suppresses nothing: {why}");
        let help = "write `# corslint: ignore[rule] reason` on a line of its own before what it is about".to_owned();
        Box::new(Finding {
            help: Some(help.into()),
            ..invalid_suppression::RULE.finding(place, "cannot work", message)
        })
    };
    let said = text.trim_start().strip_prefix('#').and_then(|text| text.trim_start().strip_prefix("corslint:"));
    let command = said.unwrap_or_default().trim_start();
    let listed = command.strip_prefix("ignore-file[").or_else(|| command.strip_prefix("ignore["));
    let Some((list, _)) = listed.and_then(|listed| listed.split_once(']')) else {
        let why = "it is not written `corslint: ignore[rule]` or `corslint: ignore-file[rule]`";
        return Err(invalid(place, why.to_owned()));
    };
    let whole_file = command.starts_with("ignore-file");
    let covers = if whole_file { Ok(Span::at(0, source.bytes.len())) } else { covers };
    let covers = covers.map_err(|why| invalid(place, why.to_owned()))?;
    // Broken UTF-8 is longer as text than in the file; then the whole comment is the place.
    let is_exact = text.len() == comment.len() as usize;
    let mut rules = Vec::new();
    let mut at = text.len() - listed.map_or(0, str::len);
    for piece in list.split(',') {
        let name = piece.trim();
        let start = at + (piece.len() - piece.trim_start().len());
        at += piece.len() + 1;
        let span = Span::at(comment.start as usize + start, comment.start as usize + start + name.len());
        let place = Place { file, span: if is_exact { span } else { comment } };
        if name.is_empty() {
            return Err(invalid(
                Place { file, span: comment },
                "a rule's name is missing between the brackets".to_owned(),
            ));
        }
        if !rules::ALL.iter().any(|rule| rule.id == name) {
            return Err(invalid(place, format!("there is no rule `{name}`")));
        }
        rules.push((name.to_owned(), place));
    }
    Ok(Ignore { place, rules, covers })
}

/// All bytes of the lines on which a span stands.
fn lines_of(source: &Source, span: Span) -> Span {
    Span::new(line_start(source, span.start), source.line_span(source.line_of(span.end)).end)
}

fn line_start(source: &Source, offset: u32) -> u32 {
    source.line_span(source.line_of(offset)).start
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
