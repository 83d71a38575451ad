//! A map of allowed origins whose variable nothing uses.
//!
//! ## Why it matters
//!
//! The list of origins is there, is kept up to date and decides nothing, because the header says something else: a fixed
//! origin, `*`, another variable. Whoever reads the list believes that it is in force. nginx does not warn.
//!
//! ## Example
//!
//! ```nginx
//! events {}
//! http {
//!     map $http_origin $cors_origin {
//!         https://app.example.com $http_origin;
//!     }
//!     server {
//!         add_header Access-Control-Allow-Origin * always;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! events {}
//! http {
//!     map $http_origin $cors_origin {
//!         https://app.example.com $http_origin;
//!     }
//!     server {
//!         add_header Access-Control-Allow-Origin $cors_origin always;
//!     }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::{Deployment, Site};
use crate::finding::{Finding, Severity};
use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::value::{Part, only_variable, parts};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "unused-origin-map",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("unused_origin_map.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let configs: Vec<&Config<'_>> = deployment.sites.iter().map(|site| site.config).collect();
    if configs.iter().any(|config| may_use_unseen(config)) {
        return;
    }
    let used: BTreeSet<Vec<u8>> = configs.iter().flat_map(|config| used(config)).collect();
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    // A fragment of maps alone is there for files that are not shown.
    for site in deployment.sites.iter().filter(|site| site.config.whole || !site.origin_flows.is_empty()) {
        for (item, name) in origin_maps(site).filter(|(_, name)| !used.contains(&name.to_ascii_lowercase())) {
            let shown = String::from_utf8_lossy(&name).into_owned();
            let message = "the origins of this map are allowed nowhere: no header and no condition uses its variable";
            let place = site.config.place(item);
            let help = format!(
                "send it where the origin is allowed: `add_header Access-Control-Allow-Origin ${shown} always;`, or take the map out"
            );
            let label = format!("`${shown}` is used nowhere");
            reported.insert(place, Finding { help: Some(help), ..RULE.finding(place, label, message) });
        }
    }
    findings.extend(reported.into_values());
}

/// The maps that look the Origin up, each with the name of its variable.
fn origin_maps(site: &Site<'_>) -> impl Iterator<Item = (ItemId, Vec<u8>)> {
    let config = site.config;
    let maps = config.contexts().filter(|&context| config.context(context).kind == ContextKind::Map);
    maps.filter_map(|context| {
        let item = config.context(context).opener?;
        let source = config.parameter(item, 1)?;
        let name = config.parameter(item, 2)?.strip_prefix(b"$")?.to_vec();
        only_variable(&source)?.eq_ignore_ascii_case(b"http_origin").then_some((item, name))
    })
}

/// Whether a part that is not shown may use any variable: a missing include, a template, a script in a file of its own.
fn may_use_unseen(config: &Config<'_>) -> bool {
    let is_script = |name: &[u8]| {
        let lua = name.windows(5).any(|part| part == b"_lua_" || part == b"y_lua");
        lua || name.starts_with(b"js_") || name.starts_with(b"perl") || name == b"ssi"
    };
    config.contexts().any(|context| config.is_incomplete(context))
        || config
            .contexts()
            .flat_map(|context| config.items(context))
            .any(|item| is_script(config.item(item).name) || config.words(item).iter().any(|word| word.templated))
}

/// The variables that any parameter uses, in lower case.
fn used(config: &Config<'_>) -> BTreeSet<Vec<u8>> {
    let mut used = BTreeSet::new();
    for item in config.contexts().flat_map(|context| config.items(context)) {
        let defines =
            matches!(config.item(item).name, b"map" | b"set" | b"geo").then(|| match config.item(item).name {
                b"set" => 1,
                _ => config.parameter_count(item),
            });
        for index in (0..=config.parameter_count(item)).filter(|index| Some(*index) != defines) {
            let Some(word) = config.parameter(item, index) else { continue };
            for part in parts(&word) {
                if let Part::Variable(name) = part {
                    used.insert(name.to_ascii_lowercase());
                }
            }
        }
    }
    used
}
