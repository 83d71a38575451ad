//! Several origins stand in a key that the app sends as it is.
//!
//! ## Why it matters
//!
//! Access-Control-Allow-Origin holds one origin. An app that sends the variable verbatim, as Express does in
//! `cors({ origin: process.env.CORS_ORIGIN })`, sends the whole list, and browsers reject a header with several
//! origins (B14, B15). Apps that split the list first are fine.
//!
//! ## Example
//!
//! ```env
//! IMGPROXY_ALLOW_ORIGIN=https://app.example.com,https://admin.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! IMGPROXY_ALLOW_ORIGIN=https://app.example.com
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::deployment::ask::questions;
use crate::dotenv::products::keys::{Certainty, Key, Meaning, YesNo};
use crate::dotenv::products::list_form::{self, ListForm};
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-list-in-single-origin-key",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://github.com/expressjs/cors#configuration-options"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    findings.extend(environment::env_keys(deployment).iter().filter_map(|key| judge(deployment, key)));
}

fn judge(deployment: &Deployment<'_>, key: &EnvKey<'_>) -> Option<Finding> {
    let setting = key.setting;
    let is_list = setting.is_json_list() || setting.written().len() > 1;
    let is_regex = setting.keys.iter().all(|row| row.meaning == Meaning::OriginRegex);
    let is_single = |row: &Key| match row.meaning {
        Meaning::Hosts => false,
        Meaning::OriginRegex => is_list,
        _ => setting.form(row) == ListForm::Single,
    };
    let judged = || setting.keys.iter().filter(|row| row.certainty > Certainty::Unverified);
    if !judged().any(&is_single) || judged().any(|row| setting.form(row) == ListForm::Separator) {
        return None;
    }
    let wrong = |row: &Key| if is_single(row) { YesNo::Yes } else { YesNo::No };
    let certainty = list_form::certainty(&setting.keys, wrong);
    let is_link = setting.keys.iter().all(|row| row.meaning == Meaning::FrontendUrl) && !setting.cors;
    let severity = match certainty {
        Some(certainty) if !is_link => env::severity(key, Severity::Error, certainty)?,
        // Another product splits it, or it is a link and no allow-list.
        _ => Severity::Advice,
    };
    let app = list_form::product(&setting.keys).unwrap_or("the app");
    let message = match severity {
        _ if is_regex => format!("{app} reads this as one regular expression, not as a list"),
        Severity::Error => format!("browsers block every page: {app} sends the list as it stands, and it is no origin"),
        _ => "an app that sends this as it stands lets no page in; one that splits it is fine".to_owned(),
    };
    let count = setting.written().len();
    let finding = RULE.finding(setting.value_place, format!("holds {count} origins"), message);
    let help = match is_regex {
        true => "write one expression for all of them: `^https://(app|www)\\.example\\.com$`",
        false => "name one origin, or let the app split the list and answer with the one that asks",
    };
    let first = setting.written().first().map(|entry| setting.text_of(entry));
    let request = first.and_then(|origin| questions::shut_out_by(deployment, setting, &origin));
    Some(Finding { severity, request, help: Some(help.into()), ..finding })
}
