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

use std::collections::BTreeMap;

use crate::deployment::{Deployment, Names, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::envsubst::is_template;
use crate::nginx::flow::set_fields;
use crate::nginx::value::{Part, parts};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-unresolved-in-template",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://hub.docker.com/_/nginx"],
    source: include_str!("env_unresolved_in_template.rs"),
    check: Subject::Deployment(check),
};

/// How many of the other places are shown.
const MOST_PLACES: usize = 3;

/// What comes of a name that nothing fills in; the worst one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    LeftAlone,
    NothingMatches,
    NoStart,
}

/// A place where such a name stands.
struct Unset {
    effect: Effect,
    place: Place,
}

/// Names that the image or the container sets.
const SET_BY_THE_IMAGE: [&str; 8] = [
    "DYNPKG_RELEASE",
    "HOME",
    "HOSTNAME",
    "NGINX_LOCAL_RESOLVERS",
    "NGINX_VERSION",
    "NJS_VERSION",
    "PATH",
    "PKG_RELEASE",
];

/// The beginnings of variables that nginx has any number of.
const FAMILIES: [&str; 6] = ["HTTP_", "ARG_", "COOKIE_", "SENT_", "UPSTREAM_", "SSL_"];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let set: Vec<Names> = deployment.projects.iter().map(|project| deployment.names(project)).collect();
    if set.is_empty() {
        return;
    }
    for site in &deployment.sites {
        let mut unset: BTreeMap<String, Vec<Unset>> = BTreeMap::new();
        for item in site.config.contexts().flat_map(|context| site.config.items(context)) {
            if is_template(deployment.sources.get(site.config.item(item).file)) {
                note_unset(deployment, site, item, &set, &mut unset);
            }
        }
        findings.extend(unset.into_iter().filter_map(|(name, places)| finding(&name, &places)));
    }
}

/// Notes every name in the words of a directive that nothing sets and that nginx does not know.
fn note_unset(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    item: ItemId,
    set: &[Names],
    unset: &mut BTreeMap<String, Vec<Unset>>,
) {
    let config = site.config;
    let in_map = config.context(config.item(item).context).kind == ContextKind::Map;
    let opens = config.item(item).opens.map(|context| config.context(context).kind);
    let is_condition = matches!(opens, Some(ContextKind::IfInLocation | ContextKind::IfInServer | ContextKind::Map));
    let decides = is_condition || in_map || !set_fields(config, item).is_empty();
    for index in 0..=config.parameter_count(item) {
        let place = config.value_place(item, index);
        let effect = match (decides, in_map && index == 0) {
            (_, true) => Effect::NothingMatches,
            (true, false) => Effect::NoStart,
            (false, false) => Effect::LeftAlone,
        };
        for part in parts(place.span.of(&deployment.sources.get(place.file).bytes)) {
            let Part::Variable(name) = part else { continue };
            let text = String::from_utf8_lossy(name).into_owned();
            let known = set.iter().any(|names| names.has(&text)) || site.model.definitions.get(name).is_some();
            if is_for_envsubst(&text) && !known {
                unset.entry(text).or_default().push(Unset { effect, place });
            }
        }
    }
}

/// Whether a name is one of the environment's: in capitals, and none that nginx would find among its own, whose case it ignores.
fn is_for_envsubst(name: &str) -> bool {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let own = ["HOST", "URI", "ARGS", "SCHEME", "REQUEST_URI", "REQUEST_METHOD", "REMOTE_ADDR", "SERVER_NAME"];
    let is_nginxs = own.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family));
    starts && name.bytes().all(capital) && !is_nginxs && !SET_BY_THE_IMAGE.contains(&name)
}

/// One finding for a name, however often it stands there: at the first place where it matters most.
fn finding(name: &str, places: &[Unset]) -> Option<Finding> {
    let effect = places.iter().map(|unset| unset.effect).max()?;
    let first = places.iter().find(|unset| unset.effect == effect)?;
    let (severity, message) = match effect {
        Effect::LeftAlone => {
            (Severity::Warning, format!("no .env file sets `{name}`; nginx gets the name as it stands"))
        }
        Effect::NothingMatches => (
            Severity::Error,
            format!("no request matches: no .env file sets `{name}`, and a map's key is not filled in by nginx"),
        ),
        Effect::NoStart => (
            Severity::Error,
            format!("nginx does not start: no .env file sets `{name}`, and nginx has no such variable"),
        ),
    };
    let others = places.iter().map(|unset| unset.place).filter(|other| *other != first.place);
    let related = others.take(MOST_PLACES).map(|place| Label { place, text: "and here".to_owned() }).collect();
    let help = Some(format!("set `{name}` in the .env file that the nginx container gets"));
    Some(Finding { severity, related, help, ..RULE.finding(first.place, "is not filled in", message) })
}
