//! The reading of each loader of a statement in a .env file.
//!
//! Measured against node's dotenv 18.0.10, python-dotenv 1.2.4, dotenvy 0.15.7, dash, docker's command, docker compose
//! 2.40.3 and systemd's own reader. Where it was not measured, the answer is [`Reading::Unknown`]. A variable is resolved from the file alone; one that the file does not
//! set may be set by the process, so what it makes is unknown too.

mod compose;
mod docker;
mod dotenvy;
mod found;
mod node;
mod python;
mod shell;
mod systemd;

use crate::dotenv::reading::value::{MAX_FILLED_BYTES, MAX_VALUE_BYTES, Variables};
use crate::dotenv::syntax::tree::{Assignment, EnvTree, Statement, StatementKind};
use crate::source::Span;

/// A program that reads .env files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loader {
    /// The npm package `dotenv`.
    NodeDotenv,
    /// The PyPI package `python-dotenv`.
    PythonDotenv,
    /// The crate `dotenvy`.
    Dotenvy,
    /// `set -a; . ./.env` in a POSIX shell.
    Shell,
    /// `docker run --env-file`.
    DockerEnvFile,
    /// `env_file` of docker compose.
    Compose,
    /// `EnvironmentFile` of systemd.
    Systemd,
}

impl Loader {
    /// Every loader.
    pub const ALL: [Loader; 7] = [
        Loader::NodeDotenv,
        Loader::PythonDotenv,
        Loader::Dotenvy,
        Loader::Shell,
        Loader::DockerEnvFile,
        Loader::Compose,
        Loader::Systemd,
    ];

    /// The name users know it by.
    pub fn name(self) -> &'static str {
        match self {
            Loader::NodeDotenv => "node dotenv",
            Loader::PythonDotenv => "python-dotenv",
            Loader::Dotenvy => "dotenvy",
            Loader::Shell => "sh",
            Loader::DockerEnvFile => "docker --env-file",
            Loader::Compose => "compose env_file",
            Loader::Systemd => "systemd EnvironmentFile",
        }
    }
}

/// A loader's reading of a statement.
#[derive(Clone, PartialEq, Eq)]
pub enum Reading {
    /// It sets the key to this.
    Value(Vec<u8>),
    /// It does not set the key, and goes on: a shell that runs the line as a command does the same.
    Dropped,
    /// It refuses the statement, and mostly the file.
    Error,
    /// It takes nothing of the file, for what stands elsewhere in it.
    Refused,
    /// It takes the value from its own environment.
    Inherits,
    /// Not checked, or a variable from outside the file decides.
    Unknown,
}

/// A statement with what surrounds it.
struct Case<'a> {
    tree: &'a EnvTree,
    file: &'a [u8],
    statement: &'a Statement,
    /// The statements after it.
    later: &'a [Statement],
    /// The values that the same loader read before it.
    variables: &'a Variables,
}

impl<'a> Case<'a> {
    fn text(&self, span: Span) -> &'a [u8] {
        span.of(self.file)
    }

    /// Everything after the `=` or `:`, the line ending included.
    fn after_mark(&self, assignment: &Assignment) -> &'a [u8] {
        self.text(Span::new(assignment.separator.mark.end, self.statement.span.end))
    }

    /// The first line of the value with all that follows on that line, as loaders read it that know no quotes.
    fn first_line(&self, assignment: &Assignment) -> &'a [u8] {
        let comment = assignment.comment.filter(|_| assignment.value.span.is_empty());
        let start = comment.map_or(assignment.value.span.start, |comment| comment.start);
        let line = self.text(Span::new(start, self.statement.span.end));
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Returns whether it is the first statement of a file with a byte order mark.
    fn follows_mark(&self) -> bool {
        !self.tree.bom.is_empty() && self.statement.span.start == self.tree.bom.end
    }
}

/// Returns what a loader reads from each assignment and each bare key of a file: the index of the statement, and the reading.
pub fn readings(loader: Loader, tree: &EnvTree, file: &[u8]) -> Vec<(usize, Reading)> {
    match loader {
        Loader::DockerEnvFile => docker::read(file).by_statement(tree),
        Loader::Compose => compose::read(file).by_statement(tree),
        _ => by_statement(loader, tree, file),
    }
}

/// The same of a loader that goes on after what it refuses.
fn by_statement(loader: Loader, tree: &EnvTree, file: &[u8]) -> Vec<(usize, Reading)> {
    let mut variables = Variables::new();
    let mut readings = Vec::new();
    let mut bytes_left = MAX_FILLED_BYTES;
    for (index, statement) in tree.statements.iter().enumerate() {
        let later = tree.statements.get(index + 1..).unwrap_or(&[]);
        let case = Case { tree, file, statement, later, variables: &variables };
        let reading = match &statement.kind {
            StatementKind::Assignment(assignment) => {
                let written = assignment.value.span.of(file);
                let is_filled = memchr::memchr(b'$', written).is_some();
                let reading = match bytes_left {
                    0 if is_filled => Reading::Unknown,
                    _ => read_assignment(loader, &case, assignment),
                };
                if let (Reading::Value(value), true) = (&reading, is_filled) {
                    bytes_left = bytes_left.saturating_sub(value.len());
                }
                reading
            }
            StatementKind::Key { .. } => read_key(loader),
            StatementKind::Comment(_) | StatementKind::Blank | StatementKind::Unreadable(_) => continue,
        };
        if let StatementKind::Assignment(assignment) = &statement.kind {
            let key = assignment.key.of(file).to_vec();
            match &reading {
                Reading::Value(value) if value.len() <= MAX_VALUE_BYTES => drop(variables.insert(key, value.clone())),
                Reading::Dropped => {}
                _ => drop(variables.remove(&key)),
            }
        }
        readings.push((index, reading));
    }
    readings
}

/// Returns whether every loader that takes the file certainly reads the same from a statement, which is what stands there: a POSIX name, `=`, a
/// bare value of letters, digits and marks that mean nothing to any of them, and the end of the line. In the whole file no quote may
/// stand, since the value of another line could go on past this one.
pub fn is_read_alike(tree: &EnvTree, file: &[u8], statement: &Statement, assignment: &Assignment) -> bool {
    let Assignment { key, separator, value, .. } = assignment;
    let is_whole_line = key.start == statement.span.start
        && separator.mark.start == key.end
        && value.span.start == separator.mark.end
        && statement.span.end == value.span.end + 1
        && file.get(value.span.end as usize) == Some(&b'\n');
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./:,@+-".contains(byte);
    let text = value.span.of(file);
    let follows_mark = !tree.bom.is_empty() && statement.span.start == tree.bom.end;
    is_whole_line
        && !follows_mark
        && !separator.colon
        && !text.is_empty()
        && text.iter().all(is_plain)
        && (statement.span.len() as usize) < docker::MAX_LINE
        && is_posix_name(key.of(file))
}

fn read_assignment(loader: Loader, case: &Case<'_>, assignment: &Assignment) -> Reading {
    match loader {
        Loader::NodeDotenv => node::read(case, assignment),
        Loader::PythonDotenv => python::read(case, assignment),
        Loader::Dotenvy => dotenvy::read(case, assignment),
        Loader::Shell => shell::read(case, assignment),
        Loader::Systemd => systemd::read(case, assignment),
        Loader::DockerEnvFile | Loader::Compose => Reading::Unknown,
    }
}

/// A key with no separator.
fn read_key(loader: Loader) -> Reading {
    match loader {
        Loader::Dotenvy => Reading::Error,
        _ => Reading::Dropped,
    }
}

/// Returns whether `name` is what POSIX calls a name.
fn is_posix_name(name: &[u8]) -> bool {
    let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.first().is_some_and(|byte| !byte.is_ascii_digit()) && name.iter().all(name_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::syntax::grammar::parse;

    #[test]
    fn what_is_plain_is_read_alike() {
        let values = [
            "a",
            "0",
            "https://a.example:3000,http://b.example/x",
            "-a",
            "+1",
            "@x",
            ":",
            "/",
            ",a,",
            "a.b_c-d",
            "a/b",
        ];
        let keys = ["A", "_", "a9", "export", "CORS_ORIGIN", "PATH", "IFS"];
        let around = ["", "B=$A\n", "\n\n", "# x\n", "B=a\\\n", "B: x\n", "B\n", "export B=1\n"];
        for (before, after) in around.iter().flat_map(|before| around.iter().map(move |after| (before, after))) {
            for (key, value) in keys.iter().flat_map(|key| values.iter().map(move |value| (key, value))) {
                let file = format!("{before}{key}={value}\n{after}");
                let (file, start) = (file.as_bytes(), Span::at(before.len(), 0).start);
                let tree = parse(file);
                let index = tree.statements.iter().position(|statement| statement.span.start == start);
                let Some((index, statement)) = index.and_then(|index| Some((index, tree.statements.get(index)?)))
                else {
                    continue;
                };
                let StatementKind::Assignment(assignment) = &statement.kind else {
                    panic!("{key}={value} is an assignment")
                };
                assert!(is_read_alike(&tree, file, statement, assignment), "{key}={value}");
                for loader in Loader::ALL {
                    let readings = readings(loader, &tree, file);
                    let read = readings.iter().find(|(at, _)| *at == index).map(|(_, reading)| reading);
                    let is_read = read == Some(&Reading::Value(value.as_bytes().to_vec()));
                    assert!(is_read || read == Some(&Reading::Refused), "{} {key}={value}", loader.name());
                }
            }
        }
    }

    #[test]
    fn what_may_be_read_otherwise_is_not_plain() {
        for file in [
            "A=",
            "A=\n",
            "A=a",
            "A=a\r\n",
            "A= a\n",
            "A =a\n",
            "A=a \n",
            " A=a\n",
            "A: a\n",
            "A:a\n",
            "export A=a\n",
            "A=a#b\n",
            "A=a # b\n",
            "A=\"a\"\n",
            "A='a'\n",
            "A=`a`\n",
            "A=a'b'\n",
            "A=$B\n",
            "A=a\\b\n",
            "A=~\n",
            "A=a;b\n",
            "A=a b\n",
            "A=a&b\n",
            "A=a*\n",
            "A.B=a\n",
            "A-B=a\n",
            "9=a\n",
            "A=\u{e9}\n",
            "\u{feff}A=a\n",
            "A=a=b\n",
            "A=(a)\n",
            "A=[\"a\"]\n",
        ] {
            let tree = parse(file.as_bytes());
            let plain = tree.statements.iter().any(|statement| match &statement.kind {
                StatementKind::Assignment(assignment) => is_read_alike(&tree, file.as_bytes(), statement, assignment),
                _ => false,
            });
            assert!(!plain, "{file:?}");
        }
    }

    /// `CARGO` and `PATH` are set in the environment of every test that cargo runs.
    #[test]
    fn the_process_environment_changes_nothing() {
        assert!(std::env::var_os("CARGO").is_some() && std::env::var_os("PATH").is_some());
        let file = b"A=$CARGO\nB=${CARGO}\nC=\"${PATH}\"\nD=x\nE=${D}\nPATH=mine\nF=${PATH}\nG=$PATH\n";
        let tree = parse(file);
        for loader in Loader::ALL {
            let readings = readings(loader, &tree, file);
            let outside = std::env::var("PATH").unwrap_or_default();
            let told = |reading: &Reading| matches!(reading, Reading::Value(value) if *value == outside.as_bytes());
            assert!(!readings.iter().any(|(_, reading)| told(reading)), "{}", loader.name());
            if matches!(loader, Loader::Dotenvy | Loader::Compose | Loader::Shell) {
                let value = |at: usize| readings.get(at).map(|(_, reading)| reading.clone());
                assert!(value(0) == Some(Reading::Unknown), "{}", loader.name());
                assert!(value(1) == Some(Reading::Unknown), "{}", loader.name());
                assert!(value(6) == Some(Reading::Value(b"mine".to_vec())), "{}", loader.name());
                assert!(value(7) == Some(Reading::Value(b"mine".to_vec())), "{}", loader.name());
            }
        }
    }
}
