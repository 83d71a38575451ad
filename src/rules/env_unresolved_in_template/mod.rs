//! A template of nginx names a variable that no .env file sets.
//!
//! ## Why it matters
//!
//! nginx's Docker image runs envsubst over `*.template` and fills in only the names that are set. `${CORS_ORIGIN}` is
//! left as it stands where it is not, nginx takes it for a variable of its own, knows none of that name, and does not
//! start.
//!
//! ## Example
//!
//! ```nginx default.conf.template
//! server {
//!     add_header Access-Control-Allow-Origin "${CORS_ORIGIN}" always;
//! }
//! ```
//!
//! ```env .env
//! CORS_ORIGINS=https://app.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx default.conf.template
//! server {
//!     add_header Access-Control-Allow-Origin "${CORS_ORIGIN}" always;
//! }
//! ```
//!
//! ```env .env
//! CORS_ORIGIN=https://app.example.com
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use detect::Effect;
use detect::Unset;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-unresolved-in-template",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://hub.docker.com/_/nginx"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many of the other places are shown.
const MOST_PLACES: usize = 3;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for unset in detect::unset_names(deployment) {
        findings.extend(unset.into_iter().filter_map(|(name, places)| finding(&name, &places)));
    }
}

/// One finding for a name, however often it stands there: at the first place where it matters most.
fn finding(name: &str, places: &[Unset]) -> Option<Finding> {
    let effect = places.iter().map(|unset| unset.effect).max()?;
    let first = places.iter().find(|unset| unset.effect == effect)?;
    // The environment may come from a file that was not given, or from an entrypoint.
    let unless = "if compose or the entrypoint sets it, name that file too";
    let message = match effect {
        Effect::NothingMatches => {
            format!("`{name}` is in none of the .env files given, and then this key matches no origin; {unless}")
        }
        Effect::NoStart => {
            format!("`{name}` is in none of the .env files given, and then nginx does not start; {unless}")
        }
    };
    let others = places.iter().map(|unset| unset.place).filter(|other| *other != first.place);
    let related = others.take(MOST_PLACES).map(|place| Label { place, text: "and here".into() }).collect();
    let help = Some(format!("set `{name}` in the .env file that the nginx container gets"));
    Some(Finding { related, help: help.map(Into::into), ..RULE.finding(first.place, "is not filled in", message) })
}
