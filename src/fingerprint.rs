//! Fingerprints of findings, by which a baseline and a code-scanning service tell old ones from new ones.
//!
//! A fingerprint is made of the rule, the file's path in the repository, the blocks (or the key of the .env file) around the fault, the
//! directive it stands in, and the text at fault; blanks and quotes do not count. Lines that move keep it, and another rule or another
//! value at the same place gets another. What is the same in all of these is numbered in file order.
//!
//! It is the first half of a SHA-256: specified once for all, so that it is the same on every platform and for every later version, and
//! one-way, because what is hashed may come from a .env file and the result is kept in repositories.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use crate::dotenv::syntax::tree::{EnvTree, StatementKind};
use crate::finding::{Finding, Fingerprint};
use crate::nginx::config::Trees;
use crate::nginx::syntax::tree::{Body, Tree};
use crate::parallel;
use crate::source::{FileId, Source, Sources, Span};

/// Names what is hashed and how. A change of either is a new name, and every baseline is to be written anew.
const RECIPE: &str = "corslint 1";
/// How many bytes of one text count, so that many findings in one long directive stay cheap.
const MOST_BYTES: usize = 4096;
/// How many findings one processor marks at a time: fewer are marked sooner than a thread starts.
const AT_A_TIME: usize = 1024;

/// The hash of the blocks around a place.
type Scope = [u8; 32];

/// The counts from the findings before.
#[derive(Default)]
struct KnownText {
    /// The blocks that were looked at, by file and directive.
    scopes: HashMap<(FileId, u32), Scope>,
    /// Where the last one was found among the directives of its file.
    near: usize,
}

/// Sets the fingerprint of every finding.
pub(crate) fn mark(sources: &Sources, nginx: &Trees, env: &BTreeMap<FileId, EnvTree>, findings: &mut [Finding]) {
    let parts: Vec<&[Finding]> = findings.chunks(AT_A_TIME).collect();
    let unnumbered = parallel::map(&parts, 1, |part| {
        let mut known = KnownText::default();
        part.iter().map(|finding| unnumbered(sources, nginx, env, finding, &mut known)).collect::<Vec<_>>()
    });
    let mut seen: HashMap<Fingerprint, u32> = HashMap::new();
    for (finding, first) in findings.iter_mut().zip(unnumbered.into_iter().flatten()) {
        let number = seen.entry(first).or_default();
        finding.fingerprint = if *number == 0 {
            first
        } else {
            let mut hash = Hash::default();
            hash.add(&first.0);
            hash.add(&number.to_be_bytes());
            hash.fingerprint()
        };
        *number += 1;
    }
}

/// The fingerprint of the first finding that is the same in all that is hashed.
fn unnumbered(
    sources: &Sources,
    nginx: &Trees,
    env: &BTreeMap<FileId, EnvTree>,
    finding: &Finding,
    known: &mut KnownText,
) -> Fingerprint {
    let place = finding.primary.place;
    let source = sources.get(place.file);
    let mut hash = Hash::default();
    hash.add(RECIPE.as_bytes());
    hash.add(finding.rule.as_bytes());
    hash.add(source.repository_path().as_bytes());
    if let Some(tree) = nginx.get(&place.file) {
        let (block, directive) = around(tree, place.span, &mut known.near);
        hash.add(&scope(source, tree, block, |block| (place.file, block), &mut known.scopes));
        hash.add(&directive.map(|directive| head(source, tree, directive)).unwrap_or_default());
    } else if let Some(tree) = env.get(&place.file) {
        hash.add(key(tree, place.span).of(&source.bytes));
    }
    hash.add(&plain(place.span.of(&source.bytes)));
    hash.fingerprint()
}

/// The hashed bytes: parts, each with its length, so that what moves from one part to the next changes the result.
#[derive(Default)]
struct Hash(Vec<u8>);

impl Hash {
    fn add(&mut self, part: &[u8]) {
        self.0.extend((part.len() as u64).to_be_bytes());
        self.0.extend(part);
    }

    fn scope(self) -> Scope {
        Sha256::digest(self.0).into()
    }

    fn fingerprint(self) -> Fingerprint {
        let mut half = [0; 16];
        half.iter_mut().zip(self.scope()).for_each(|(to, from)| *to = from);
        Fingerprint(half)
    }
}

/// The innermost block whose body holds a place, and the directive whose words do. The search begins `near` the last one.
fn around(tree: &Tree, place: Span, near: &mut usize) -> (Option<u32>, Option<u32>) {
    let opened = partition_point_near(&tree.directives, *near, |directive| {
        tree.words.get(directive.first_word as usize).is_some_and(|word| word.span.start <= place.start)
    });
    *near = opened;
    let mut at = opened.checked_sub(1).and_then(|index| u32::try_from(index).ok());
    while let Some(index) = at {
        let Some(directive) = tree.directives.get(index as usize) else { break };
        // What is to be added stands at the end of the last word.
        if place.start <= tree.head(index).end {
            return (directive.parent, Some(index));
        }
        if matches!(directive.body, Body::Block(body) | Body::Foreign(body) if place.start < body.end) {
            return (Some(index), None);
        }
        at = directive.parent;
    }
    (None, None)
}

/// Returns what [`slice::partition_point`] gives, sooner where it is a little behind `near`.
fn partition_point_near<T>(sorted: &[T], near: usize, is_before: impl Fn(&T) -> bool) -> usize {
    let is_before_at = |at: usize| sorted.get(at).is_some_and(&is_before);
    let (mut start, mut step) = (0, 1);
    let mut end = near;
    if is_before_at(near) {
        (start, end) = (near + 1, near + 1 + step);
        while is_before_at(end - 1) {
            step *= 2;
            (start, end) = (end, end + step);
        }
    }
    let end = end.min(sorted.len());
    start + sorted.get(start..end).unwrap_or_default().partition_point(is_before)
}

/// Returns what stands for a block and those around it; each block is looked at once.
fn scope(
    source: &Source,
    tree: &Tree,
    block: Option<u32>,
    name: impl Fn(u32) -> (FileId, u32),
    known: &mut HashMap<(FileId, u32), Scope>,
) -> Scope {
    let mut unknown = Vec::new();
    let mut at = block;
    let mut outer = Scope::default();
    while let Some(block) = at {
        if let Some(found) = known.get(&name(block)) {
            outer = *found;
            break;
        }
        unknown.push(block);
        at = tree.directives.get(block as usize).and_then(|directive| directive.parent);
    }
    for block in unknown.into_iter().rev() {
        let mut hash = Hash::default();
        hash.add(&outer);
        hash.add(&head(source, tree, block));
        hash.add(&server_name(source, tree, block));
        outer = hash.scope();
        known.insert(name(block), outer);
    }
    outer
}

/// Returns what tells a server from the others: its first name, or where it listens.
fn server_name(source: &Source, tree: &Tree, block: u32) -> Vec<u8> {
    let word = |directive: u32, index: usize| tree.words(directive).get(index).map(|word| word.value(&source.bytes));
    if word(block, 0).as_deref() != Some(b"server") {
        return Vec::new();
    }
    let parameter = |name: &[u8]| {
        let found = tree.children(Some(block)).find(|child| word(*child, 0).as_deref() == Some(name));
        found.and_then(|child| word(child, 1)).map(|value| value.into_owned())
    };
    parameter(b"server_name").or_else(|| parameter(b"listen")).unwrap_or_default()
}

/// The words of a directive as nginx reads them, with one blank between.
fn head(source: &Source, tree: &Tree, directive: u32) -> Vec<u8> {
    let mut text = Vec::new();
    for word in tree.words(directive) {
        text.extend_from_slice(&word.value(&source.bytes));
        text.push(b' ');
        if text.len() > MOST_BYTES {
            text.truncate(MOST_BYTES);
            break;
        }
    }
    text
}

/// The key of the statement a place stands in; empty for a comment.
fn key(tree: &EnvTree, place: Span) -> Span {
    let after = tree.statements.partition_point(|statement| statement.span.start <= place.start);
    match after.checked_sub(1).and_then(|index| tree.statements.get(index)).map(|statement| statement.kind) {
        Some(StatementKind::Assignment(assignment)) => assignment.key,
        Some(StatementKind::Key { key, .. }) => key,
        _ => Span::default(),
    }
}

/// A text without the quotes around it and with one blank where there are several.
fn plain(text: &[u8]) -> Vec<u8> {
    let text = text.get(..MOST_BYTES).unwrap_or(text).trim_ascii();
    let quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let text = match text {
        [first, inner @ .., last] if first == last && quote(first) => inner,
        _ => text,
    };
    let words: Vec<&[u8]> = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    words.join(&b' ')
}

#[cfg(test)]
mod tests {
    use super::partition_point_near;

    #[test]
    fn a_search_may_begin_anywhere() {
        let sorted: Vec<usize> = (0..50).map(|number| number * 2).collect();
        for near in 0..60 {
            for wanted in 0..110 {
                let found = partition_point_near(&sorted, near, |number| *number <= wanted);
                assert_eq!(found, sorted.partition_point(|number| *number <= wanted), "{wanted}, from {near} on");
            }
        }
        assert_eq!(partition_point_near(&[], 3, |_: &usize| true), 0);
    }
}
