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

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{Certainty, Meaning, Separator};
use crate::dotenv::reading::divergence::{Cause, Divergence, divergences};
use crate::dotenv::reading::loaders::Loader;
use crate::dotenv::syntax::tree::Assignment;
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
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let keys = environment::env_keys(deployment);
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
    let (usual, others) = (divergence.words(bytes, &divergence.usual), divergence.told(bytes));
    let message = format!("what the app gets depends on its loader: most read {usual}, {others}");
    let finding = RULE.finding(setting.value_place, "is not read alike by all loaders", message);
    Finding { severity, ..finding.with_help(divergence.remedy(bytes, setting.plain_list().as_deref())) }
}
