//! Loaders of .env files read different origins from one line.
//!
//! ## Why it matters
//!
//! There is no standard for .env files. `docker run --env-file` keeps quotes and comments as a part of the value, node's
//! dotenv cuts a value at any `#`, a shell runs what follows a blank as a command, and only some fill in `${NAME}`. An
//! origin that is right under `npm run dev` is then another one in production, and no page gets in.
//!
//! ## Example
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://a.example.com, https://b.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://a.example.com,https://b.example.com
//! ```

use std::collections::BTreeMap;

use crate::deployment::{Deployment, EnvKey};
use crate::dotenv::divergence::{Cause, Divergence, divergences, shown};
use crate::dotenv::keys::{Certainty, Meaning, Separator};
use crate::dotenv::loaders::{Loader, Reading};
use crate::dotenv::tree::Assignment;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-loader-divergence",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[
        "https://docs.docker.com/reference/cli/docker/container/run/#env",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=",
    ],
    source: include_str!("env_loader_divergence.rs"),
    check: Subject::Deployment(check),
};

/// How many characters of a reading are shown.
const MOST_CHARACTERS: usize = 60;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let keys = deployment.env_keys();
    let keys = keys.iter().filter(|key| names_origins(key));
    let keys: BTreeMap<Place, &EnvKey<'_>> = keys.map(|key| (key.setting.key_place, key)).collect();
    for file in deployment.projects.iter().flat_map(|project| &project.files) {
        let bytes = &deployment.sources.get(file.file).bytes;
        let key = |assignment: &Assignment| keys.get(&Place { file: file.file, span: assignment.key });
        for divergence in divergences(file.tree, bytes, |assignment| key(assignment).is_some()) {
            findings.extend(key(divergence.assignment).map(|key| finding(key, &divergence, bytes)));
        }
    }
}

fn names_origins(key: &EnvKey<'_>) -> bool {
    let names = |meaning: Meaning| meaning.holds_origins() || matches!(meaning, Meaning::Hosts | Meaning::OriginRegex);
    key.setting.keys.iter().any(|row| names(row.meaning) && row.certainty > Certainty::Unverified)
}

fn finding(key: &EnvKey<'_>, divergence: &Divergence<'_>, bytes: &[u8]) -> Finding {
    let setting = key.setting;
    let wants = |separator| matches!(separator, Separator::Json | Separator::CommaOrJson | Separator::QuotedList);
    let wants_quotes = divergence.cause == Cause::InnerQuotes || setting.keys.iter().any(|row| wants(row.separator));
    // Quotes are everywhere, and so are the programs that only Docker or systemd start; what wants JSON is not written for a shell.
    let is_rare = |loader: &Loader| match loader {
        Loader::DockerEnvFile | Loader::Systemd => true,
        Loader::Dotenvy | Loader::Shell => wants_quotes,
        Loader::NodeDotenv | Loader::PythonDotenv | Loader::Compose => false,
    };
    let is_trap = divergence.others.iter().any(|(loader, _)| !is_rare(loader));
    let severity = if is_trap { Severity::Warning } else { Severity::Advice };
    let read = |reading: &Reading| told(divergence, bytes, reading);
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (loader, reading) in &divergence.others {
        let text = read(reading);
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, loaders)) => loaders.push(loader.name()),
            None => groups.push((text, vec![loader.name()])),
        }
    }
    let others: Vec<String> =
        groups.iter().map(|(text, loaders)| format!("{} {text}", loaders.join(" and "))).collect();
    let message = format!(
        "what the app gets depends on its loader: most read {}, {}",
        read(&divergence.usual),
        others.join(", ")
    );
    let finding = RULE.finding(setting.value_place, "is not read alike by all loaders", message);
    Finding { severity, help: Some(help(divergence.cause).to_owned()), ..finding }
}

/// What a loader reads, in words that show nothing but the line itself.
fn told(divergence: &Divergence<'_>, bytes: &[u8], reading: &Reading) -> String {
    match reading {
        Reading::Value(value) if value.is_empty() => "nothing".to_owned(),
        Reading::Value(value) => match shown(divergence, bytes, value) {
            Some(text) if text.chars().count() > MOST_CHARACTERS => {
                format!("`{}…`", text.chars().take(MOST_CHARACTERS).collect::<String>())
            }
            Some(text) => format!("`{text}`"),
            None if divergence.cause == Cause::Variable && value.contains(&b'$') => "the variable's name".to_owned(),
            None if divergence.cause == Cause::Variable => "the variable's value".to_owned(),
            None => "another text".to_owned(),
        },
        Reading::Dropped => "no value".to_owned(),
        Reading::Error => "an error".to_owned(),
        Reading::Inherits => "the value of its own environment".to_owned(),
        Reading::Refused | Reading::Unknown => "unknown".to_owned(),
    }
}

fn help(cause: Cause) -> &'static str {
    match cause {
        Cause::Variable => "write the value out instead of a variable",
        Cause::Comment => "put the comment on a line of its own",
        Cause::Hash => "put the value in quotes, or do without the `#`",
        Cause::Blank => "write the list without blanks",
        Cause::Backslash => "put a value with backslashes in single quotes",
        Cause::InnerQuotes => "put the whole value in single quotes",
        Cause::Quotes => "write the value without quotes",
        Cause::Form => "write `KEY=value`, with nothing else on the line",
    }
}
