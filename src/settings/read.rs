//! From the text of a settings file to what it says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::TOP;
use super::values::{span, version};
use super::{AppPath, FailOn, Globs, Invalid, Level, Levels, Override, Set, Settings, SettingsProblem, StatedContext};
use super::{check, own_key};
use crate::cors::login::logins;
use crate::dotenv::products::keys::{Key, YesNo};
use crate::finding::Severity;
use crate::redact::is_secret_name;
use crate::rules;
use crate::source::{Source, Span, merged};

/// How many mistakes are told; mending some shows the rest.
const MOST_PROBLEMS: usize = 10;

/// Returns what a file says. Paths in it are relative to `directory`, which is absolute.
///
/// # Errors
///
/// It says what cannot be understood.
pub fn from_source(mut source: Source, directory: &Path) -> Result<Settings, Box<Invalid>> {
    match parse(&source.bytes, directory) {
        Ok(settings) => Ok(Settings { source: Some(source), ..settings }),
        Err(mut problems) => {
            problems.sort_by_key(|problem| problem.span);
            problems.truncate(MOST_PROBLEMS);
            source.secrets = hidden(&source.bytes, &problems);
            source.sealed = sealed(&source.bytes, &problems);
            Err(Box::new(Invalid { source, problems }))
        }
    }
}

/// Returns what is not shown of a file with mistakes. What is no settings file may be anything, so only the places at fault are shown, each with the
/// name of its setting.
fn hidden(bytes: &[u8], problems: &[SettingsProblem]) -> Vec<Span> {
    let mut hidden = Vec::new();
    let mut at = 0;
    for problem in problems {
        let fault = problem.span.start as usize;
        let (name, start) = name_before(bytes, fault);
        // A message that says the name shows it already.
        let is_said = || problem.message.contains(&format!("`{name}`"));
        let is_setting = TOP.iter().any(|field| field.name == name) || (!name.is_empty() && is_said());
        if !is_setting && problem.span.is_empty() {
            continue;
        }
        let shown = if is_setting { start } else { fault };
        if shown > at {
            hidden.push(Span::at(at, shown));
        }
        at = at.max(fault);
    }
    hidden.push(Span::at(at, bytes.len().max(at)));
    hidden
}

/// Returns what is not even shown where it is at fault: logins, and the values of names that say they are secret.
fn sealed(bytes: &[u8], problems: &[SettingsProblem]) -> Vec<Span> {
    let secret = problems.iter().filter(|problem| is_secret_name(name_before(bytes, problem.span.start as usize).0));
    let logins = logins(bytes).map(|login| Span::at(login.start, login.end));
    merged(secret.map(|problem| problem.span).chain(logins).collect())
}

/// The name before `=` on the line of a value, and where it starts.
fn name_before(bytes: &[u8], value: usize) -> (&str, usize) {
    let head = bytes.get(..value).unwrap_or_default();
    let line = memchr::memrchr(b'\n', head).map_or(0, |end| end + 1);
    let before = head.get(line..).unwrap_or_default().trim_ascii_end();
    let Some(before) = before.strip_suffix(b"=").map(<[u8]>::trim_ascii_end) else { return ("", value) };
    let start = before.iter().rposition(|byte| b"{, \t".contains(byte)).map_or(0, |end| end + 1);
    let name = before.get(start..).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
    (name.trim_matches(['"', '\'']), line + start)
}

fn parse(bytes: &[u8], directory: &Path) -> Result<Settings, Vec<SettingsProblem>> {
    let no_toml = |span: Span, why: &str| {
        let message = format!("this is no TOML: {why}");
        vec![SettingsProblem { span, message, label: "here".to_owned(), help: None }]
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        no_toml(Span::at(at, at), "it is not UTF-8")
    })?;
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or_default().start;
        let why = error.message().lines().next().unwrap_or_default();
        no_toml(Span::at(at, at), why)
    })?;
    let table = document.get_ref();
    let mut problems = Vec::new();
    check::table(table, TOP, Span::default(), &mut problems);
    if problems.is_empty() { Ok(said(table, directory)) } else { Err(problems) }
}

/// Returns what a table says that keeps to the rules.
fn said(table: &DeTable<'_>, directory: &Path) -> Settings {
    let text = |name: &str| set(table, name, |value| value.as_str());
    let root = text("root").map(|root| Set { value: directory.join(root.value), span: root.span });
    let tables = |name: &str| {
        let array = table.get(name).and_then(|value| value.get_ref().as_array());
        array.into_iter().flat_map(|array| array.iter()).filter_map(|item| item.get_ref().as_table())
    };
    let over = |table: &DeTable<'_>| Override { files: globs(table, "files"), rules: levels(table) };
    Settings {
        source: None,
        directory: directory.to_owned(),
        fail_on: text("fail-on").map(|word| Set { value: fail_on(word.value), span: word.span }),
        exclude: globs(table, "exclude"),
        root,
        context: text("context").and_then(|word| Some(Set { value: context(word.value)?, span: word.span })),
        nginx_version: text("nginx-version").and_then(|it| Some(Set { value: version(it.value)?, span: it.span })),
        app_sets_cors: set(table, "app-sets-cors", |value| value.as_bool()),
        rules: levels(table),
        overrides: tables("overrides").map(over).collect(),
        apps: tables("app").filter_map(app).collect(),
        apps_by_path: OnceLock::new(),
        env: env(table),
    }
}

/// A value, with the bytes from its key to its end.
fn set<'t, 's, T>(table: &'t DeTable<'s>, name: &str, read: impl Fn(&'t DeValue<'s>) -> Option<T>) -> Option<Set<T>> {
    let (key, value) = table.get_key_value(name)?;
    Some(Set { value: read(value.get_ref())?, span: span(key).to(span(value)) })
}

fn texts<'t>(value: &'t DeValue<'_>) -> Vec<&'t str> {
    match value {
        DeValue::Array(array) => array.iter().filter_map(|item| item.get_ref().as_str()).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn globs(table: &DeTable<'_>, name: &str) -> Globs {
    let Some((key, value)) = table.get_key_value(name) else { return Globs::default() };
    Globs::new(&texts(value.get_ref()), span(key).to(span(value))).unwrap_or_default()
}

fn levels(table: &DeTable<'_>) -> Levels {
    let Some(levels) = table.get("rules").and_then(|value| value.get_ref().as_table()) else { return Levels::new() };
    let read = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let id: &std::borrow::Cow<'_, str> = key.get_ref();
        let rule = rules::ALL.iter().find(|rule| rule.id == id)?;
        let value_of = level(value.get_ref().as_str()?)?;
        Some((rule.id, Set { value: value_of, span: span(key).to(span(value)) }))
    };
    levels.iter().filter_map(read).collect()
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Advice, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.word() == word)
}

fn level(word: &str) -> Option<Level> {
    if word == Level::Off.word() { Some(Level::Off) } else { severity(word).map(Level::At) }
}

fn fail_on(word: &str) -> FailOn {
    severity(word).map_or(FailOn::Never, FailOn::At)
}

fn context(word: &str) -> Option<StatedContext> {
    Some(match word {
        "http" => StatedContext::Http,
        "server" => StatedContext::Server,
        "location" => StatedContext::Location,
        _ => return None,
    })
}

fn app(table: &DeTable<'_>) -> Option<AppPath> {
    let path = set(table, "path", |value| value.as_str())?;
    let plain = path.value.strip_prefix("./").unwrap_or(path.value).trim_end_matches('/');
    let plain = if plain == "." { "" } else { plain };
    let upstreams = texts(table.get("upstream")?.get_ref());
    Some(AppPath {
        path: Set { value: plain.to_owned(), span: path.span },
        upstreams: upstreams.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
    })
}

fn env(table: &DeTable<'_>) -> BTreeMap<String, Set<Option<Key>>> {
    let Some(keys) = table.get("env").and_then(|value| value.get_ref().as_table()) else { return BTreeMap::new() };
    let read = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let row = match value.get_ref() {
            DeValue::Table(said) => env_key(said),
            word => word.as_str().and_then(own_key::row),
        };
        (key.get_ref().clone().into_owned(), Set { value: row, span: span(key) })
    };
    keys.iter().map(read).collect()
}

fn env_key(said: &DeTable<'_>) -> Option<Key> {
    let word = |name: &str| said.get(name).and_then(|value| value.get_ref().as_str());
    let answer = |name: &str| {
        let flag = said.get(name).and_then(|value| value.get_ref().as_bool())?;
        Some(if flag { YesNo::Yes } else { YesNo::No })
    };
    let row = own_key::row(word("meaning")?)?;
    Some(Key {
        separator: word("separator").map_or(row.separator, own_key::separator),
        star: answer("star").unwrap_or(row.star),
        patterns: word("patterns").map_or(row.patterns, own_key::patterns),
        scheme: word("scheme").map_or(row.scheme, own_key::scheme),
        slash: word("slash").map_or(row.slash, own_key::slash),
        trims: answer("trims").unwrap_or(row.trims),
        ..row
    })
}
