//! What each loader reads: `loaders/table.txt`, the same questions put to the real loaders, and generated ones.
//!
//! dash and dotenvy are asked wherever they are; node's dotenv where `node` finds it (`NODE_PATH`), python-dotenv
//! 1.2.4 where `python3` does; other versions of it read some inputs otherwise. docker's command is asked what it tells
//! a daemon, which a socket stands for, docker compose (version 2) how it resolves a file, and systemd's reader of such files by
//! way of `systemd-tmpfiles`, which fills in what it reads from an os-release. What is missing is said on standard error.
//! `CORSLINT_REQUIRE_ORACLE=1` makes a missing dash a failure, `CORSLINT_REQUIRE_LOADERS=1` any that is missing.

use crate::environment::{is_set, skip};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs, process};

use corslint::dotenv::reading::loaders::{Loader, Reading, readings};
use corslint::dotenv::syntax::grammar::parse;
use corslint::dotenv::syntax::tree::StatementKind;

/// What `loader` reads for the key `A`, by our account: its last statement counts.
fn ours(loader: Loader, file: &[u8]) -> Option<Reading> {
    ours_for(b"A", loader, file)
}

fn ours_for(wanted: &[u8], loader: Loader, file: &[u8]) -> Option<Reading> {
    let tree = parse(file);
    let named = |index: usize| match &tree.statements[index].kind {
        StatementKind::Assignment(assignment) => assignment.key.of(file) == wanted,
        StatementKind::Key { key, .. } => key.of(file) == wanted,
        _ => false,
    };
    readings(loader, &tree, file).into_iter().filter(|(index, _)| named(*index)).map(|(_, reading)| reading).next_back()
}

fn word(reading: &Reading) -> String {
    match reading {
        Reading::Value(value) => {
            format!("`{}`", value.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'"))
        }
        Reading::Dropped => "dropped".into(),
        Reading::Error => "error".into(),
        Reading::Refused => "refused".into(),
        Reading::Inherits => "inherits".into(),
        Reading::Unknown => "?".into(),
    }
}

/// An input of the table: `\n`, `\r`, `\t`, `\xNN` and `\\` stand for bytes.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = text.as_bytes();
    while let [byte, after @ ..] = left {
        let (meant, rest) = match (byte, after) {
            (b'\\', [b'n', rest @ ..]) => (b'\n', rest),
            (b'\\', [b'r', rest @ ..]) => (b'\r', rest),
            (b'\\', [b't', rest @ ..]) => (b'\t', rest),
            (b'\\', [b'\\', rest @ ..]) => (b'\\', rest),
            (b'\\', [b'x', high, low, rest @ ..]) => {
                let digits = String::from_utf8(vec![*high, *low]).unwrap();
                (u8::from_str_radix(&digits, 16).unwrap(), rest)
            }
            _ => (*byte, after),
        };
        bytes.push(meant);
        left = rest;
    }
    bytes
}

const TABLE: &str = include_str!("loaders/table.txt");

/// The inputs of the table: each stands on a line that starts with `<`.
fn inputs() -> Vec<Vec<u8>> {
    TABLE.lines().filter_map(|line| line.strip_prefix("< ")).map(unescape).collect()
}

#[test]
fn the_table_is_what_we_say() {
    let mut actual = String::new();
    let mut rows = 0;
    for line in TABLE.lines().filter(|line| !line.starts_with("  ")) {
        let _ = writeln!(actual, "{line}");
        let Some(input) = line.strip_prefix("< ") else { continue };
        rows += 1;
        for loader in Loader::ALL {
            let reading = ours(loader, &unescape(input)).map_or("no statement".into(), |reading| word(&reading));
            let _ = writeln!(actual, "  {:<24}{reading}", loader.name());
        }
    }
    assert!(rows > 60, "the table is read");
    let differences = actual.lines().zip(TABLE.lines()).filter(|(actual, expected)| actual != expected).count();
    assert!(actual == TABLE, "{differences} lines differ; the table should say\n{actual}");
}

/// Generated inputs: every text of up to four pieces, thinned out.
fn generated() -> Vec<Vec<u8>> {
    let pieces = ["x", " ", "#", "\"", "'", "\\", "$B", "${B}", "\\n", "y", "${C:-d}", ",", ":", "`", "=", "$"];
    let heads = ["A=", "A=", "A=\"", "A='", "A= ", "export A=", "A = ", "A: "];
    let mut state: u32 = 20_260_101;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let one = |next: &mut dyn FnMut(usize) -> usize| {
        let head = heads[next(heads.len())];
        let mut text = format!("B=v\n{head}");
        for _ in 0..=next(5) {
            text.push_str(pieces[next(pieces.len())]);
        }
        if head.ends_with(['"', '\'']) && next(4) > 0 {
            text.push_str(&head[2..]);
        }
        text + "\n"
    };
    (0..1500).map(|_| one(&mut next).into_bytes()).collect()
}

/// What a real loader makes of each input: the value of `A`, or nothing; no answer at all where it is not installed.
type Answers = Option<Vec<Option<Vec<u8>>>>;

/// Compares our account with the real loader's, input by input.
fn agree(loader: Loader, inputs: &[Vec<u8>], answers: Answers, required: &[&str]) {
    agree_on(b"A", loader, inputs, answers, required);
}

fn agree_on(key: &[u8], loader: Loader, inputs: &[Vec<u8>], answers: Answers, required: &[&str]) {
    let Some(answers) = answers else {
        let is_required = required.iter().any(|name| is_set(name));
        return skip(&format!("{} is not installed, so it is not asked", loader.name()), is_required);
    };
    assert_eq!(inputs.len(), answers.len());
    let mut differences = String::new();
    let mut unknown = 0;
    for (input, answer) in inputs.iter().zip(&answers) {
        let expected = match ours_for(key, loader, input) {
            Some(Reading::Unknown) => {
                unknown += 1;
                continue;
            }
            Some(Reading::Value(value)) => Some(value),
            Some(Reading::Dropped | Reading::Error | Reading::Refused | Reading::Inherits) | None => None,
        };
        if expected != *answer {
            let show = |value: &Option<Vec<u8>>| value.as_ref().map(|value| value.escape_ascii().to_string());
            let (we, it) = (show(&expected), show(answer));
            let _ = writeln!(differences, "{}: we say {we:?}, {} says {it:?}", input.escape_ascii(), loader.name());
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(unknown * 3 < inputs.len(), "{}: {unknown} of {} unknown", loader.name(), inputs.len());
}

fn questions() -> Vec<Vec<u8>> {
    let mut questions = inputs();
    questions.extend(generated());
    questions
}

/// Fewer of them, for loaders that take their time.
fn few_questions() -> Vec<Vec<u8>> {
    let mut questions = inputs();
    questions.extend(generated().into_iter().step_by(10));
    questions
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("corslint-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn dotenvy_agrees() {
    let questions = questions();
    let ask = |input: &Vec<u8>| {
        let without_mark = input.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(input);
        let values = dotenvy::from_read_iter(without_mark).flatten().filter(|(key, _)| key == "A");
        values.map(|(_, value)| value.into_bytes()).last()
    };
    agree(Loader::Dotenvy, &questions, Some(questions.iter().map(ask).collect()), &[]);
}

#[test]
fn dash_agrees() {
    let questions = questions();
    let folder = Folder::new("dash");
    let script = "set -a; . ./in.env; printf '%s' \"${A+=$A}\"";
    let shell = ["/usr/bin/dash", "/bin/dash"].into_iter().find(|path| fs::exists(path).unwrap_or(false));
    let ask = |shell: &str, input: &Vec<u8>| {
        fs::write(folder.0.join("in.env"), input).unwrap();
        let mut command = Command::new(shell);
        command.env_clear().env("PATH", "/nowhere").current_dir(&folder.0).args(["-c", script]).stdin(Stdio::null());
        let output = command.output().unwrap().stdout;
        output.strip_prefix(b"=").map(<[u8]>::to_vec)
    };
    let answers = shell.map(|shell| questions.iter().map(|input| ask(shell, input)).collect());
    agree(Loader::Shell, &questions, answers, &["CORSLINT_REQUIRE_ORACLE", "CORSLINT_REQUIRE_LOADERS"]);
}

/// Asks a script that reads a JSON list of hexadecimal inputs and prints a JSON list of strings and nulls.
fn batch(program: &str, args: &[&str], questions: &[Vec<u8>], name: &str) -> Answers {
    let folder = Folder::new(name);
    let hexadecimal = |input: &Vec<u8>| input.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let list: Vec<String> = questions.iter().map(hexadecimal).collect();
    fs::write(folder.0.join("questions.json"), serde_json::to_string(&list).unwrap()).unwrap();
    let output = Command::new(program).args(args).current_dir(&folder.0).output().ok()?;
    if output.status.code() == Some(7) {
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Option<String>> = serde_json::from_slice(&output.stdout).unwrap();
    Some(answers.into_iter().map(|answer| answer.map(String::into_bytes)).collect())
}

#[test]
fn node_dotenv_agrees() {
    let script = "let d; try { d = require('dotenv') } catch { process.exit(7) }
        const asked = JSON.parse(require('fs').readFileSync('questions.json', 'utf8'));
        console.log(JSON.stringify(asked.map(hex => d.parse(Buffer.from(hex, 'hex')).A ?? null)))";
    let questions = questions();
    let answers = batch("node", &["-e", script], &questions, "node");
    agree(Loader::NodeDotenv, &questions, answers, &["CORSLINT_REQUIRE_LOADERS"]);
}

#[test]
fn python_dotenv_agrees() {
    let script = "
import json, os, sys, logging
try:
    import dotenv, importlib.metadata
    if importlib.metadata.version('python-dotenv') != '1.2.4':
        sys.exit(7)
except ImportError:
    sys.exit(7)
logging.disable(logging.CRITICAL)
os.environ.clear()
def ask(hexadecimal):
    with open('in.env', 'wb') as file:
        file.write(bytes.fromhex(hexadecimal))
    try:
        return dotenv.dotenv_values('in.env').get('A')
    except UnicodeDecodeError:
        return None
print(json.dumps([ask(question) for question in json.load(open('questions.json'))]))";
    let questions = questions();
    let answers = batch("python3", &["-c", script], &questions, "python");
    agree(Loader::PythonDotenv, &questions, answers, &["CORSLINT_REQUIRE_LOADERS"]);
}

/// A daemon that takes whatever it is told to create; gives the `Env` of each.
fn serve(listener: &UnixListener) -> Option<Vec<String>> {
    let (stream, _) = listener.accept().ok()?;
    let mut reader = BufReader::new(stream);
    let mut env = None;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return env;
            }
        }
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(list) = told["Env"].as_array() {
            env = Some(list.iter().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect());
        }
        let (status, answer) = if env.is_some() { ("201 Created", "{\"Id\":\"x\"}") } else { ("200 OK", "") };
        let lines =
            format!("HTTP/1.1 {status}\r\nApi-Version: 1.40\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        reader.get_mut().write_all(lines.as_bytes()).ok()?;
    }
}

#[test]
fn docker_agrees() {
    let questions = inputs();
    let folder = Folder::new("docker");
    let socket = folder.0.join("daemon");
    let listener = UnixListener::bind(&socket).unwrap();
    listener.set_nonblocking(true).unwrap();
    let ask = |input: &Vec<u8>| {
        fs::write(folder.0.join("in.env"), input).unwrap();
        let mut command = Command::new("docker");
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", &folder.0).current_dir(&folder.0);
        command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        command.args(["create", "--env-file", "in.env", "image"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::null()).spawn().ok()?;
        let mut told = Vec::new();
        // A file that is refused makes it end without a word to anybody.
        while child.try_wait().unwrap().is_none() {
            told.extend(serve(&listener).into_iter().flatten());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let values = told.iter().rev().filter_map(|entry| entry.strip_prefix("A="));
        Some(values.map(|value| value.as_bytes().to_vec()).next())
    };
    // What goes by this name may be another program, which asks no such daemon.
    let is_docker = ask(&b"A=1\n".to_vec()) == Some(Some(b"1".to_vec()));
    let answers = is_docker.then(|| questions.iter().map(ask).collect()).flatten();
    agree(Loader::DockerEnvFile, &questions, answers, &["CORSLINT_REQUIRE_LOADERS"]);
}

/// What compose makes of some files, a service each; nothing where it refuses one of them.
fn resolve(folder: &Folder, asked: &[Vec<u8>]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut services = String::from("name: x\nservices:\n");
    for (index, input) in asked.iter().enumerate() {
        fs::write(folder.0.join(format!("{index}.env")), input).unwrap();
        let _ = writeln!(services, "  s{index}:\n    image: x\n    env_file: [{index}.env]");
    }
    fs::write(folder.0.join("compose.yml"), services).unwrap();
    let output = compose(folder).args(["-f", "compose.yml", "config", "--format", "json"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success())?;
    let value = |index: usize| {
        let value = told["services"][format!("s{index}")]["environment"]["A"].as_str()?;
        // It prints what another compose would read.
        Some(value.replace("$$", "$").into_bytes())
    };
    Some((0..asked.len()).map(value).collect())
}

fn compose(folder: &Folder) -> Command {
    let mut command = Command::new("docker-compose");
    command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("HOME", &folder.0).current_dir(&folder.0).stdin(Stdio::null());
    command
}

#[test]
fn compose_agrees() {
    let folder = Folder::new("compose");
    let version = compose(&folder).args(["version", "--short"]).output();
    // Version 1 is another program, and reads otherwise.
    let is_it =
        version.is_ok_and(|output| output.stdout.strip_prefix(b"v").unwrap_or(&output.stdout).starts_with(b"2."));
    let questions = few_questions();
    // One that is refused takes those beside it along: they are asked again in halves.
    let mut answers = Vec::new();
    let mut left: Vec<&[Vec<u8>]> = questions.chunks(16).filter(|_| is_it).rev().collect();
    while let Some(asked) = left.pop() {
        match resolve(&folder, asked) {
            Some(told) => answers.extend(told),
            None if asked.len() == 1 => answers.push(None),
            None => {
                let (first, second) = asked.split_at(asked.len() / 2);
                left.extend([second, first]);
            }
        }
    }
    agree(Loader::Compose, &questions, is_it.then_some(answers), &["CORSLINT_REQUIRE_LOADERS"]);
}

/// The same input for the key `ID`, which an os-release has.
fn for_release(input: &[u8]) -> Vec<u8> {
    let rename = |line: &[u8]| {
        let start = line.iter().position(|byte| !b" \t".contains(byte)).unwrap_or(0);
        let start = if line[start..].starts_with(b"export A") { start + b"export ".len() } else { start };
        let is_key = line[start..].first() == Some(&b'A')
            && !line[start..].get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if is_key { [&line[..start], b"ID", &line[start + 1..]].concat() } else { line.to_vec() }
    };
    input.split(|byte| *byte == b'\n').map(rename).collect::<Vec<_>>().join(&b'\n')
}

#[test]
fn systemd_agrees() {
    let questions: Vec<Vec<u8>> = few_questions().iter().map(|input| for_release(input)).collect();
    let folder = Folder::new("systemd");
    let (root, rule) = (folder.0.join("root"), folder.0.join("rule.conf"));
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(&rule, "w+ /out - - - - %o\n").unwrap();
    let ask = |input: &Vec<u8>| {
        fs::write(root.join("etc/os-release"), input).unwrap();
        fs::write(root.join("out"), "").unwrap();
        let mut command = Command::new("systemd-tmpfiles");
        command.arg(format!("--root={}", root.display())).arg("--create").arg(&rule);
        command.env_remove("SYSTEMD_LOG_LEVEL").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().ok()?;
        // Nothing is written for an empty value and for none alike.
        let value = fs::read(root.join("out")).unwrap();
        let is_empty = ours_for(b"ID", Loader::Systemd, input) == Some(Reading::Value(Vec::new()));
        Some((!value.is_empty() || is_empty).then_some(value))
    };
    let answers = questions.iter().map(ask).collect();
    agree_on(b"ID", Loader::Systemd, &questions, answers, &["CORSLINT_REQUIRE_LOADERS"]);
}
