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

use crate::deployment::Deployment;
use crate::finding::{Finding, Severity};
use crate::nginx::origins::variable_uses::{may_use_unseen, origin_maps, used_variables};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "unused-origin-map",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("mod.rs"),
    check: Subject::Configuration(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    if deployment.sites.iter().any(|site| may_use_unseen(site.config)) {
        return;
    }
    let used: BTreeSet<Vec<u8>> = deployment.sites.iter().flat_map(|site| used_variables(site.config)).collect();
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    // A fragment of maps alone is there for files that are not shown.
    for site in deployment.sites.iter().filter(|site| site.config.whole || !site.origin_flows.is_empty()) {
        for (item, name) in origin_maps(site.config).filter(|(_, name)| !used.contains(&name.to_ascii_lowercase())) {
            let place = site.config.place(item);
            reported.insert(place, finding(place, &String::from_utf8_lossy(&name)));
        }
    }
    findings.extend(reported.into_values());
}

fn finding(place: Place, name: &str) -> Finding {
    let message = "the origins of this map are allowed nowhere: no header and no condition uses its variable";
    RULE.finding(place, format!("`${name}` is used nowhere"), message).with_help(format!(
        "send it where the origin is allowed: `add_header Access-Control-Allow-Origin ${name} always;`, or take the map out"
    ))
}
