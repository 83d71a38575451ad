//! The tree of any .env file: its statements cover it without gap or overlap, and so do the parts of its values.

use corslint::dotenv::products::app;
use corslint::dotenv::reading::loaders::{Loader, readings};
use corslint::dotenv::syntax::grammar::parse;
use corslint::dotenv::syntax::tree::{Assignment, EnvTree, StatementKind, secrets};
use corslint::source::{FileId, Span};

use super::{assert_whole, brief, cost};

/// Checks any file.
pub fn check(file: &[u8]) {
    let tree = cost::bounded(file.len(), || parse(file));
    sound(&tree, file);
    hidden(&tree, file);
    for loader in Loader::ALL {
        let read = cost::bounded(file.len(), || readings(loader, &tree, file));
        assert!(read.len() <= tree.statements.len(), "{} reads more than is there", loader.name());
    }
    let app = cost::bounded(file.len(), || app::read(&[(FileId(0), &tree, file)]));
    for origin in &app.origins {
        assert_whole(origin.place.span, file, "an origin");
        let shown = String::from_utf8_lossy(origin.place.span.of(file));
        assert!(shown.contains(&origin.text) || shown.contains(['$', '\\']), "{shown:?} is not {:?}", origin.text);
    }
    let printed = print(&tree, file);
    if tree.errors.is_empty() {
        assert_eq!(meaning(&parse(&printed), &printed), meaning(&tree, file), "printed, it reads otherwise");
    }
}

/// Asserts that every span lies where the tree says: statements and parts without gap or overlap, secrets in order.
pub fn sound(tree: &EnvTree, file: &[u8]) {
    let mut end = tree.bom.end;
    for statement in &tree.statements {
        assert!(statement.span.start == end && !statement.span.is_empty(), "a gap at {end} in {}", brief(file));
        assert_whole(statement.span, file, "a statement");
        end = statement.span.end;
        if let StatementKind::Assignment(assignment) = statement.kind {
            covered(tree, &assignment, statement.span, file);
        }
    }
    assert_eq!(end as usize, file.len(), "the end of {} is not covered", brief(file));
    let secrets = secrets(tree, file);
    assert!(secrets.windows(2).all(|pair| pair[0].end <= pair[1].start), "secrets of {} are out of order", brief(file));
    for error in &tree.errors {
        assert_whole(error.span, file, "a fault");
    }
}

fn covered(tree: &EnvTree, assignment: &Assignment, statement: Span, file: &[u8]) {
    let value = assignment.value;
    let mut end = value.inner.start;
    for part in tree.parts(&value) {
        assert_eq!(part.span.start, end, "a gap between parts in {}", brief(file));
        assert_whole(part.span, file, "a part");
        end = part.span.end;
    }
    assert_eq!(end, value.inner.end, "the parts do not cover the value in {}", brief(file));
    let separator = assignment.separator;
    let comment = assignment.comment.unwrap_or(Span::new(statement.end, statement.end));
    let pieces = [assignment.key, separator.before, separator.mark, separator.after, value.span, value.after, comment];
    let mut at = statement.start;
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        assert!(piece.start >= at && piece.end <= statement.end, "{piece:?} is out of place in {}", brief(file));
        assert_whole(piece, file, "a piece of an assignment");
        at = piece.end;
    }
}

/// Asserts that every byte of a value, of what follows it, and of what nobody can read, is a secret.
fn hidden(tree: &EnvTree, file: &[u8]) {
    let secrets = secrets(tree, file);
    let is_secret = |span: Span| {
        let next = secrets.partition_point(|secret| secret.end <= span.start);
        span.is_empty() || secrets.get(next).is_some_and(|secret| secret.start <= span.start && span.end <= secret.end)
    };
    for statement in &tree.statements {
        let secret = match statement.kind {
            StatementKind::Blank => continue,
            StatementKind::Comment(span) | StatementKind::Unreadable(span) => is_secret(span),
            StatementKind::Key { key, .. } => is_secret(key),
            StatementKind::Assignment(assignment) => {
                is_secret(assignment.value.span) && is_secret(assignment.value.after)
            }
        };
        assert!(secret, "{statement:?} shows");
    }
}

/// The tree written out again: every statement without the blanks around it, its line ended as it was.
fn print(tree: &EnvTree, file: &[u8]) -> Vec<u8> {
    let mut text = tree.bom.of(file).to_vec();
    for statement in &tree.statements {
        let line = statement.span.of(file);
        // The last line may be blank without an end, and there is nothing else to print of it.
        if let StatementKind::Blank = statement.kind {
            text.extend_from_slice(line);
            continue;
        }
        for piece in pieces(&statement.kind) {
            text.extend_from_slice(piece.of(file));
        }
        let end = [&b"\r\n"[..], b"\n"].into_iter().find(|end| line.ends_with(end));
        text.extend_from_slice(end.unwrap_or_default());
    }
    text
}

/// What a statement is made of, in file order, with the blanks that set its pieces apart.
fn pieces(kind: &StatementKind) -> Vec<Span> {
    let exported = |export: &Option<Span>, key: Span| export.map_or(key, |export| export.to(key));
    match kind {
        StatementKind::Blank => Vec::new(),
        StatementKind::Comment(span) | StatementKind::Unreadable(span) => vec![*span],
        StatementKind::Key { export, key, comment } => {
            let named = exported(export, *key);
            vec![comment.map_or(named, |comment| named.to(comment))]
        }
        StatementKind::Assignment(Assignment { export, key, separator, value, comment }) => {
            let head = exported(export, *key);
            let value = value.span.to(value.after);
            let tail = comment.map_or(value, |comment| value.to(comment));
            vec![head, separator.before, separator.mark, separator.after, tail]
        }
    }
}

/// What a tree says, wherever its lines stand.
fn meaning(tree: &EnvTree, file: &[u8]) -> Vec<String> {
    let statements = tree.statements.iter().map(|statement| {
        let parts = match statement.kind {
            StatementKind::Assignment(assignment) => {
                let parts = tree.parts(&assignment.value).iter();
                let parts = parts.map(|part| format!("{:?}", part.span.of(file).escape_ascii().to_string()));
                format!("{:?} {:?}", assignment.value.quoting, parts.collect::<Vec<_>>())
            }
            _ => String::new(),
        };
        let pieces = pieces(&statement.kind);
        let pieces = pieces.iter().map(|piece| piece.of(file).escape_ascii().to_string());
        format!("{:?} {:?} {parts}", std::mem::discriminant(&statement.kind), pieces.collect::<Vec<_>>())
    });
    statements.collect()
}
