//! Blanks stand around an origin in a list, and not every app takes them off.
//!
//! ## Why it matters
//!
//! `"https://a, https://b".split(",")` gives `" https://b"`, with the blank, and that equals no browser's Origin: only
//! the first page of the list gets in. Many apps trim the entries; many, such as Medusa, Parse Server and Laravel's usual
//! `explode`, do not.
//!
//! ## Example
//!
//! ```env
//! STORE_CORS=http://localhost:8000, https://store.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! STORE_CORS=http://localhost:8000,https://store.example.com
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::deployment::ask::questions;
use crate::dotenv::products::keys::{Certainty, Key, Separator, YesNo};
use crate::dotenv::products::list_form::{self, ListForm};
use crate::dotenv::syntax::tree::EnvQuoting;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::rule::{Rule, Subject};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-origin-whitespace",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#origin-header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    findings.extend(environment::env_keys(deployment).iter().filter_map(|key| judge(deployment, key)));
}

fn judge(deployment: &Deployment<'_>, key: &EnvKey<'_>) -> Option<Finding> {
    let setting = key.setting;
    let is_list = |row: &&Key| {
        let splits = !matches!(row.separator, Separator::None | Separator::Unknown | Separator::Indexed);
        splits && setting.form(row) == ListForm::Fits && row.certainty > Certainty::Unverified
    };
    let lists: Vec<Key> = setting.keys.iter().filter(is_list).copied().collect();
    let convention = setting.keys.iter().all(|row| row.certainty == Certainty::Convention);
    let separator = lists.first().map(|row| row.separator).or(convention.then_some(Separator::Comma))?;
    let entries = setting.entries(separator);
    let padded: Vec<_> = entries.iter().filter(|entry| entry.padded).collect();
    let first = padded.first()?;
    if lists.iter().any(|row| setting.entries(row.separator).iter().all(|entry| !entry.padded)) {
        return None;
    }
    let origin = setting.text_of(first);
    if !list_form::is_address(&origin) {
        return None;
    }
    let severity = severity(key, &lists)?;
    let app = list_form::product(&setting.keys).unwrap_or("the app");
    let message = match severity {
        Severity::Error => format!("no page of `{origin}` gets in: {app} compares it with its blanks"),
        _ => format!("if the app splits the list at commas and does not trim, it rejects pages on `{origin}`"),
    };
    let label = match padded.len() {
        1 => "has blanks around it".to_owned(),
        count => format!("the first of {count} with blanks around them"),
    };
    let edits = setting.blanks(separator).into_iter().map(|place| Edit { place, text: String::new() }).collect();
    let whole = Label { place: setting.value_place, text: "is the list".into() };
    let related = if severity > Severity::Advice { vec![whole] } else { Vec::new() };
    let finding = RULE.finding(setting.place_of(first), label, message);
    let help = Some(match setting.quoting {
        EnvQuoting::Bare => {
            "write the list without spaces; a shell and some loaders do not read unquoted spaces either".to_owned()
        }
        _ => "write the list without spaces".to_owned(),
    });
    let request = questions::shut_out_by(deployment, setting, &origin);
    Some(Finding {
        severity,
        related,
        help: help.map(Into::into),
        request,
        fix: Some(Fix { safe: true, edits }),
        ..finding
    })
}

/// How bad the blanks are: certain only where every product that may read the list keeps them; `None` where all of them trim.
fn severity(key: &EnvKey<'_>, lists: &[Key]) -> Option<Severity> {
    let setting = key.setting;
    // Only where every product that may be meant keeps the blanks is it sure that the page does not get in.
    let surely = list_form::certainty(lists, |row| match row.trims {
        YesNo::No => YesNo::Yes,
        YesNo::Yes => YesNo::No,
        YesNo::Unknown => YesNo::Unknown,
    });
    let all_keep = lists.len() == setting.keys.len() && lists.iter().all(|row| row.trims == YesNo::No);
    Some(match surely.filter(|_| all_keep) {
        Some(certainty) => env::severity(key, Severity::Error, certainty)?,
        None if !lists.is_empty() && lists.iter().all(|row| row.trims == YesNo::Yes) => return None,
        // Without quotes around them, some loaders do not read them either.
        None if setting.quoting == EnvQuoting::Bare => {
            Severity::Warning.min(env::severity(key, Severity::Error, Certainty::Usage)?)
        }
        None => Severity::Advice,
    })
}
