//! A list of origins is separated by something the app does not split at.
//!
//! ## Why it matters
//!
//! Apps take lists apart in their own way: most at commas, Open WebUI at semicolons, Airflow and Mattermost at blanks,
//! Chroma wants JSON. A list that is written otherwise is one long entry. It equals no browser's Origin, so no page gets
//! in, or the app does not start.
//!
//! ## Example
//!
//! ```env
//! MM_SERVICESETTINGS_ALLOWCORSFROM=https://a.example.com,https://b.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! MM_SERVICESETTINGS_ALLOWCORSFROM="https://a.example.com https://b.example.com"
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::deployment::ask::questions;
use crate::dotenv::products::keys::{Certainty, Key, Meaning, Separator, YesNo};
use crate::dotenv::products::list_form::{self, ListForm, separator_name};
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-wrong-separator",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://docs.openwebui.com/getting-started/env-configuration/"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    findings.extend(environment::env_keys(deployment).iter().filter_map(|key| judge(deployment, key)));
}

fn judge(deployment: &Deployment<'_>, key: &EnvKey<'_>) -> Option<Finding> {
    let setting = key.setting;
    let wrong = |row: &Key| match setting.form(row) {
        ListForm::Fits => YesNo::No,
        ListForm::Separator | ListForm::Single => YesNo::Yes,
        ListForm::Unknown => YesNo::Unknown,
    };
    // pydantic's settings read JSON lists from keys of any name.
    if setting.by_name_alone && setting.is_json_list() {
        return None;
    }
    let certainty = list_form::certainty(&setting.keys, wrong)?;
    let splits = |row: &&Key| setting.form(row) == ListForm::Separator && row.certainty > Certainty::Unverified;
    let row = setting.keys.iter().filter(splits).max_by_key(|row| row.certainty)?;
    let severity = env::severity(key, Severity::Error, certainty)?;
    let app = list_form::product(&setting.keys).unwrap_or("the app");
    let what = if row.meaning == Meaning::Hosts { "host" } else { "origin" };
    let separator = separator_name(row.separator);
    let (found, written) = (setting.entries(row.separator).len(), setting.written().len());
    let message = match (row.separator, written, found) {
        (Separator::Comma | Separator::Space | Separator::Semicolon, ..) if setting.by_name_alone => {
            format!("if the app splits at {separator}, it takes this list for one {what} and rejects every page")
        }
        (Separator::Json | Separator::QuotedList, 1, _) => format!("{app} can't read this: it wants {separator}"),
        (Separator::Json | Separator::QuotedList, ..) => format!("{app} can't read this list: it wants {separator}"),
        (Separator::Indexed, ..) => {
            format!("no page gets in: {app} reads one {what} a key and takes this list for one")
        }
        (_, 1, _) => format!("no page gets in: {app} takes the quotes and brackets for a part of the {what}"),
        (_, _, 1) => format!("no page gets in: {app} splits at {separator} and takes this list for one {what}"),
        _ => format!("pages are kept out: {app} splits at {separator} and gets other {what}s than these"),
    };
    let label = match row.separator {
        Separator::Json => "is no JSON list".to_owned(),
        Separator::QuotedList => "its entries have no quotes".to_owned(),
        Separator::Indexed => format!("holds {written} {what}s"),
        _ if written == 1 => "stands in quotes or brackets".to_owned(),
        _ => format!("is not separated by {separator}"),
    };
    // Where only the name tells, the app may split at what is written.
    let certain = (!setting.by_name_alone).then_some(row.separator);
    let line = certain.and_then(|separator| setting.rewritten(separator)).map(|line| format!("write\n    {line}"));
    let own_way = || "separate the entries as the documentation of the app says".to_owned();
    let help = line.or_else(|| setting.by_name_alone.then(own_way));
    let finding = RULE.finding(setting.value_place, label, message);
    let first = setting.written().first().map(|entry| setting.text_of(entry));
    let request = first.and_then(|origin| questions::shut_out_by(deployment, setting, &origin));
    let between = certain.and_then(|separator| setting.between(separator));
    let fix = between.map(|(places, sign)| Fix {
        safe: false,
        edits: places.into_iter().map(|place| Edit { place, text: sign.to_owned() }).collect(),
    });
    Some(Finding { severity, request, help: help.map(Into::into), fix, ..finding })
}
