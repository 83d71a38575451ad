//! Inputs and the trees they must give: `trees/NAME.env` and `trees/NAME.tree` beside it, in the text [`render`]
//! writes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use corslint::dotenv::products::app;
use corslint::dotenv::reading::loaders::{Loader, readings};
use corslint::dotenv::syntax::grammar::parse;
use corslint::dotenv::syntax::tree::{Assignment, EnvQuoting, EnvTree, PartKind, StatementKind, secrets};
use corslint::source::{FileId, Span};

use crate::properties::dotenv::sound;

/// A tree as text: a line for a statement, every piece in backticks, then the errors and the secrets.
fn render(tree: &EnvTree, file: &[u8]) -> String {
    let mut text = String::new();
    if !tree.bom.is_empty() {
        text.push_str("byte order mark\n");
    }
    for statement in &tree.statements {
        let line = match &statement.kind {
            StatementKind::Assignment(assignment) => render_assignment(tree, assignment, file),
            StatementKind::Key { export, key, comment } => {
                format!("{}key {}{}", exported(*export), quote(*key, file), commented(*comment, file))
            }
            StatementKind::Comment(span) => format!("comment {}", quote(*span, file)),
            StatementKind::Blank => "blank".into(),
            StatementKind::Unreadable(span) => format!("unreadable {}", quote(*span, file)),
        };
        text.push_str(&line);
        text.push('\n');
    }
    for error in &tree.errors {
        let _ = writeln!(text, "error {}: {}", quote(error.span, file), error.message);
    }
    for secret in secrets(tree, file) {
        let _ = writeln!(text, "secret {}", quote(secret, file));
    }
    text
}

fn quote(span: Span, file: &[u8]) -> String {
    let text: String = span.of(file).escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'");
    format!("`{}`", text.replace("\\\\", "\\"))
}

fn exported(export: Option<Span>) -> &'static str {
    if export.is_some() { "export " } else { "" }
}

fn commented(comment: Option<Span>, file: &[u8]) -> String {
    comment.map_or(String::new(), |comment| format!(" comment {}", quote(comment, file)))
}

fn render_assignment(tree: &EnvTree, assignment: &Assignment, file: &[u8]) -> String {
    let value = &assignment.value;
    let separator = assignment.separator;
    let mark = quote(separator.before.to(separator.mark).to(separator.after), file);
    let quoting = match value.quoting {
        EnvQuoting::None => "none",
        EnvQuoting::Bare => "bare",
        EnvQuoting::Single => "single",
        EnvQuoting::Double => "double",
        EnvQuoting::Backtick => "backtick",
    };
    let open = if value.closed { "" } else { " open" };
    let mut line = format!("{}{} {mark} {quoting}{open}", exported(assignment.export), quote(assignment.key, file));
    for part in tree.parts(value) {
        let kind = match part.kind {
            PartKind::Literal => "",
            PartKind::Escape => "escape ",
            PartKind::Variable(_) => "variable ",
            PartKind::Braced(..) => "braced ",
        };
        let _ = write!(line, " {kind}{}", quote(part.span, file));
    }
    if !value.after.is_empty() {
        let _ = write!(line, " after {}", quote(value.after, file));
    }
    line + &commented(assignment.comment, file)
}

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-tests/dotenv/trees");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "env")).collect();
    inputs.sort();
    inputs
}

#[test]
fn files_give_the_trees_beside_them() {
    let inputs = inputs();
    assert!(inputs.len() > 10, "the inputs are found");
    let mut failures = String::new();
    for path in inputs {
        let file = fs::read(&path).unwrap();
        let tree = parse(&file);
        sound(&tree, &file);
        let expected = path.with_extension("tree");
        let actual = render(&tree, &file);
        if fs::read_to_string(&expected).unwrap_or_default() != actual {
            let _ = writeln!(failures, "{} should say\n{actual}", expected.display());
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Every short text over the bytes that mean something is read without a panic, and its spans cover it.
#[test]
fn every_short_text_is_covered() {
    let alphabet = b"A=:\"'`\\$}{# \n\r;";
    let base = alphabet.len();
    for number in 0..base.pow(5) {
        let text: Vec<u8> = (0..5).map(|digit| alphabet[number / base.pow(digit) % base]).collect();
        let text = [b"A=".as_slice(), &text].concat();
        let tree = parse(&text);
        sound(&tree, &text);
        if number % 7 == 0 {
            sound(&parse(&text[2..]), &text[2..]);
        }
    }
}

/// No loader and no app panics on what can be written in a few bytes.
#[test]
fn every_short_text_is_read_by_all() {
    let alphabet = b"A=:\"'`\\$}{# \n\r;\xff";
    let base = alphabet.len();
    for number in (0..base.pow(5)).step_by(37) {
        let tail: Vec<u8> = (0..5).map(|digit| alphabet[number / base.pow(digit) % base]).collect();
        let file = [b"A=v\nCORS_ORIGIN=".as_slice(), &tail].concat();
        let tree = parse(&file);
        let statements = tree.statements.len();
        for loader in Loader::ALL {
            assert!(readings(loader, &tree, &file).len() <= statements);
        }
        let app = app::read(&[(FileId(0), &tree, &file)]);
        for origin in &app.origins {
            let shown = String::from_utf8_lossy(origin.place.span.of(&file));
            assert!(shown.contains(&origin.text) || shown.contains(['$', '\\']), "{}", file.escape_ascii());
        }
    }
}

/// Each of these is read in a fraction of a second; quadratic reading takes minutes at this size.
#[test]
fn reading_is_linear() {
    let unit: [&[u8]; 9] = [
        b"A=\"\n",
        b"A='\n",
        b"A=\"\\\"",
        b"${A:-",
        b"A=`\nB='\nC=\"\n",
        b" #",
        b"A=\"\\\"\n",
        b"x y\n",
        b"A=\"x\" #\"\n",
    ];
    for unit in unit {
        let file = [b"A=".as_slice(), &unit.repeat(50_000)].concat();
        let start = Instant::now();
        sound(&parse(&file), &file);
        assert!(start.elapsed() < Duration::from_secs(20), "{} takes too long", unit.escape_ascii());
    }
}
