//! Every input under `nginx/` beside the tree it must give, and what holds for every tree.
//!
//! `accept/` is what nginx accepts, `reject/` what it refuses, `elsewhere/` what a plain nginx cannot be asked about:
//! code for modules it lacks, and templates. `NAME.tree` shows what `NAME.conf` is read as. Run with `UPDATE_TREES=1`
//! to write these files anew, and read every line that changed.

use crate::environment::is_set;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use corslint::nginx::syntax::dump;
use corslint::nginx::syntax::grammar::{MAX_DEPTH, parse};
use corslint::nginx::syntax::tree::{Body, SyntaxError, Tree};
use corslint::source::Source;

use crate::properties::nginx::{check, show, show_word, sound};

/// The inputs of one folder, by name, so that the order is the same everywhere.
pub(crate) fn inputs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-tests/nginx").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    paths.sort();
    paths
}

fn show_error(shown: &mut String, kind: &str, error: &SyntaxError, source: &Source) {
    let (start, end) = (source.position(error.span.start), source.position(error.span.end));
    let end = if end.line == start.line { end.column.to_string() } else { format!("{}:{}", end.line, end.column) };
    write!(shown, "{kind} {}:{}-{end}: {}", start.line, start.column, error.message).unwrap();
    if let Some(help) = &error.help {
        write!(shown, " ({help})").unwrap();
    }
    shown.push('\n');
}

/// A tree as text: a line for each directive with its place, then the errors, limits and tags.
fn show_tree(tree: &Tree, file: &[u8]) -> String {
    let source = Source::new("input", None, file.to_vec());
    let mut shown = String::new();
    let mut open: Vec<u32> = Vec::new();
    for (index, directive) in (0_u32..).zip(&tree.directives) {
        while open.last().is_some_and(|&end| end <= index) {
            open.pop();
        }
        let words: Vec<String> = tree.words(index).iter().map(|&word| show_word(word, file)).collect();
        let place = source.position(tree.head(index).start);
        let body = match directive.body {
            Body::Simple => String::new(),
            Body::Block(span) => format!(" {{ to {}", source.position(span.end).line),
            Body::Foreign(span) => format!(" foreign {}", show(span.of(file))),
        };
        let indent = "  ".repeat(open.len());
        writeln!(shown, "{}:{} {indent}{}{body}", place.line, place.column, words.join(" · ")).unwrap();
        if let Body::Block(_) = directive.body {
            open.push(directive.end);
        }
    }
    for error in &tree.errors {
        show_error(&mut shown, "error", error, &source);
    }
    for limit in &tree.limits {
        show_error(&mut shown, "limit", limit, &source);
    }
    for &tag in &tree.tags {
        writeln!(shown, "tag {}", show(tag.of(file))).unwrap();
    }
    shown
}

#[test]
fn every_input_gives_its_tree() {
    let mut wrong = Vec::new();
    for path in ["accept", "reject", "elsewhere"].into_iter().flat_map(inputs) {
        let file = fs::read(&path).unwrap();
        let given = show_tree(&parse(&file), &file);
        let beside = path.with_extension("tree");
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if given != expected {
            if is_set("UPDATE") {
                fs::write(&beside, &given).unwrap();
            }
            wrong.push(format!("{}\n--- expected\n{expected}--- given\n{given}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} inputs give another tree:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nginx_refuses_exactly_what_has_an_error() {
    for path in inputs("accept") {
        let tree = parse(&fs::read(&path).unwrap());
        assert!(tree.errors.is_empty() && tree.limits.is_empty(), "{}: {:?}", path.display(), tree.errors);
    }
    for path in inputs("reject") {
        assert!(!parse(&fs::read(&path).unwrap()).errors.is_empty(), "{} has no error", path.display());
    }
}

#[test]
fn printed_trees_read_the_same() {
    for path in ["accept", "reject", "elsewhere"].into_iter().flat_map(inputs) {
        check(&fs::read(&path).unwrap());
    }
}

#[test]
fn deep_nesting_is_cut_and_stays_balanced() {
    let nested = |depth: usize| format!("{}{}after;", "a { ".repeat(depth), "}".repeat(depth)).into_bytes();
    let deepest = parse(&nested(MAX_DEPTH));
    assert!(deepest.errors.is_empty() && deepest.limits.is_empty());
    for depth in [MAX_DEPTH + 1, MAX_DEPTH + 2, 100_000] {
        let file = nested(depth);
        let tree = parse(&file);
        sound(&tree, &file);
        assert!(tree.errors.is_empty(), "{:?}", tree.errors);
        assert_eq!(tree.limits.len(), 1, "one limit, however much lies past it");
        assert!(tree.limits[0].message.contains("256"), "{}", tree.limits[0].message);
        let last = tree.directives.last().unwrap();
        assert_eq!((last.parent, tree.directives.len()), (None, MAX_DEPTH + 2), "`after` stands at the top again");
    }
    let unclosed = "a {".repeat(100_000).into_bytes();
    let tree = parse(&unclosed);
    sound(&tree, &unclosed);
    assert_eq!((tree.errors.len(), tree.limits.len()), (1, 1));
    let nameless = "{".repeat(1_000).into_bytes();
    sound(&parse(&nameless), &nameless);
}

/// A small generator with the same numbers on every machine (Marsaglia's xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Up to `most` pieces, in a row.
    pub(crate) fn soup(&mut self, pieces: &[&str], most: usize) -> Vec<u8> {
        let count = 1 + self.below(most);
        (0..count).flat_map(|_| pieces[self.below(pieces.len())].bytes().collect::<Vec<u8>>()).collect()
    }
}

#[test]
fn any_bytes_give_a_tree() {
    const PIECES: &[&str] = &[
        "a",
        "server",
        "content_by_lua_block",
        "js_x",
        "perl",
        "map",
        "types",
        "{",
        "{",
        "}",
        "}",
        ";",
        ";",
        " ",
        " ",
        "\n",
        "\n",
        "\"",
        "'",
        "\\",
        "$",
        "${",
        "#",
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "<%",
        "%>",
        "<%=",
        "{{-",
        "-}}",
        "{{/*",
        "*/}}",
        "if",
        "[[",
        "]]",
        "[=[",
        "]=]",
        "--",
        "{2}",
        "{1,3}",
        "\u{feff}",
        "é",
        "\0",
        "\r",
        "`",
        "//",
    ];
    let mut random = Random(0x853c_49e6_748f_ea9b);
    for _ in 0..10_000 {
        let mut file = random.soup(PIECES, 24);
        if random.below(4) == 0 {
            let at = random.below(file.len());
            file[at] = 0xff;
        }
        check(&file);
    }
}

/// Twice as much of anything takes about twice as long; what is quadratic in one of these takes minutes.
#[test]
fn reading_is_linear() {
    let pieces: [&str; 16] = [
        "a \"x;\n b 'y;\n",
        "a \"b\n",
        "{{ ",
        "{{ a }} ",
        "{{ a }}\n",
        "x {{ a }}\n",
        "a{",
        "}",
        "{",
        "<% {% {# {{/* ",
        "{{/* */ ",
        "a_by_lua_block {",
        "a_by_lua_block {{{ 1 }} [[ }",
        "a b} ",
        "a\\",
        "a x{2}",
    ];
    for piece in pieces {
        let file = piece.repeat(400_000 / piece.len()).into_bytes();
        let start = std::time::Instant::now();
        sound(&parse(&file), &file);
        assert!(start.elapsed().as_secs() < 10, "{} takes {:?}", show(piece.as_bytes()), start.elapsed());
    }
}

#[test]
fn a_dump_of_nginx_splits_into_its_files() {
    let output = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-tests/nginx/dump/output.txt")).unwrap();
    let files = dump::split(&output).unwrap();
    let paths: Vec<String> = files.iter().map(|file| show(file.path.of(&output))).collect();
    assert_eq!(paths, ["/etc/nginx/nginx.conf", "/etc/nginx/conf.d/api.conf", "/etc/nginx/cors.conf"]);
    for file in &files {
        let body = file.body.of(&output);
        let tree = parse(body);
        assert!(tree.errors.is_empty() && !tree.directives.is_empty(), "{}", show(body));
    }
    assert!(files[2].body.of(&output).ends_with(b"always;\n"), "the file's own line end stays");
}
