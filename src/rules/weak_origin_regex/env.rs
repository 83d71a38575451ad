//! Expressions in .env files that products match with a page's Origin.

use super::RULE;
use crate::cors::origin::FOREIGN_ORIGIN;
use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{Certainty, Key, Meaning, Patterns};
use crate::dotenv::products::list_form;
use crate::dotenv::products::setting::Setting;
use crate::finding::{Finding, Severity};
use crate::nginx::limits::{self, Limit};
use crate::nginx::regex::Regexes;
use crate::nginx::regex::foreign_match::{Gap, intruders};
use crate::rules::shared::{env, wording};
use crate::source::Place;

/// How many steps it takes to compile an expression that nothing else asks for, and to keep it.
const STEPS_OF_AN_EXPRESSION: u64 = 400;

/// An expression as a product reads it.
struct Expression {
    place: Place,
    text: String,
    ignore_case: bool,
    /// True if the product matches it with the whole Origin.
    is_whole: bool,
}

/// The expressions that let a foreign origin in.
pub(super) fn weak(deployment: &Deployment<'_>) -> Vec<Finding> {
    let regexes = Regexes::default();
    let keys = environment::env_keys(deployment);
    let mut findings = Vec::new();
    for key in &keys {
        for expression in expressions(key) {
            if limits::is_spent() {
                limits::meet(Limit::Budget);
                return findings;
            }
            limits::spend(STEPS_OF_AN_EXPRESSION);
            findings.extend(judge(&regexes, key, &expression));
        }
    }
    findings
}

/// The expressions in a value, where all products that may read it agree on them.
fn expressions(key: &EnvKey<'_>) -> Vec<Expression> {
    let setting = key.setting;
    let Some((row, others)) = setting.keys.split_first() else { return Vec::new() };
    let agree = others.iter().all(|other| (other.patterns, other.separator) == (row.patterns, row.separator));
    if !agree || setting.by_name_alone || row.certainty < Certainty::Usage {
        return Vec::new();
    }
    if row.meaning == Meaning::OriginRegex {
        return whole_value(setting).into_iter().collect();
    }
    let entries = setting.entries(row.separator);
    let read =
        entries.iter().filter_map(|entry| entry_expression(row, setting.place_of(entry), &setting.text_of(entry)));
    read.collect()
}

/// The value as one expression; a list of origins is none.
fn whole_value(setting: &Setting) -> Option<Expression> {
    let text = setting.text()?.trim().to_owned();
    let is_list = setting.is_json_list() || text.is_empty();
    // Nelmio's bundle ignores case and looks for it anywhere (`CorsListener`: `preg_match('{…}i')`).
    (!is_list).then_some(Expression { place: setting.value_place, text, ignore_case: true, is_whole: false })
}

/// An entry of a list that is written as an expression.
fn entry_expression(row: &Key, place: Place, text: &str) -> Option<Expression> {
    match row.patterns {
        Patterns::Slashed | Patterns::WholeSlashed => {
            let (inside, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
            let is_whole = row.patterns == Patterns::WholeSlashed;
            Some(Expression { place, text: inside.to_owned(), ignore_case: flags.contains('i'), is_whole })
        }
        Patterns::Prefixed => {
            let text = text.strip_prefix("regex:")?.to_owned();
            Some(Expression { place, text, ignore_case: false, is_whole: false })
        }
        _ => None,
    }
}

/// An expression that is written for no origin: it says what `*` says.
fn open_to_all(key: &EnvKey<'_>, expression: &Expression) -> Option<Finding> {
    let certainty = key.setting.keys.iter().map(|row| row.certainty).min()?;
    let severity = env::severity(key, Severity::Advice, certainty)?;
    let app = list_form::product(&key.setting.keys).unwrap_or("the app");
    let message = format!("{app} allows pages on every origin: the expression matches all of them");
    let finding = RULE.finding(expression.place, "matches every origin", message);
    Some(Finding { severity, ..finding }.with_help("name the origins of the pages that call the app, and end with `$`"))
}

fn judge(regexes: &Regexes, key: &EnvKey<'_>, expression: &Expression) -> Option<Finding> {
    let matched = if expression.is_whole { format!("^(?:{})$", expression.text) } else { expression.text.clone() };
    if regexes.is_match(matched.as_bytes(), expression.ignore_case, FOREIGN_ORIGIN.as_bytes()).is_none() {
        limits::meet(Limit::Expression);
        return None;
    }
    let found = intruders(regexes, matched.as_bytes(), expression.ignore_case);
    let Some(intruder) = found.first() else {
        let is_open =
            regexes.is_match(matched.as_bytes(), expression.ignore_case, FOREIGN_ORIGIN.as_bytes()) == Some(true);
        return is_open.then(|| open_to_all(key, expression)).flatten();
    };
    let worst = if intruder.gap == Gap::Dot { Severity::Warning } else { Severity::Error };
    let certainty = key.setting.keys.iter().map(|row| row.certainty).min()?;
    let severity = env::severity(key, worst, certainty)?;
    let (origin, app) = (&intruder.origin, list_form::product(&key.setting.keys).unwrap_or("the app"));
    let message = format!("{app} allows pages on `{origin}`: the expression matches it");
    let label = format!("{}, so `{origin}` matches", intruder.gap.words());
    let stricter = wording::stricter_expression(regexes, &expression.text, expression.ignore_case, intruder);
    let closing = wording::closing(intruder.gap);
    let help = stricter.map_or_else(|| closing.to_owned(), |stricter| format!("{closing}: `{stricter}`"));
    Some(Finding { severity, ..RULE.finding(expression.place, label, message).with_help(help) })
}
