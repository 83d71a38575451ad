//! Two maps define one variable, and nginx silently takes the last.
//!
//! ## Why it matters
//!
//! nginx accepts a second `map` for a variable and uses the last one it reads (A5.7), without a warning. The origins of the
//! other are not allowed, wherever the variable is used. It happens where each site's file brings a `map` of its own under
//! the same name: includes are read in the order of their names, so a new file can change what an old site allows.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://shop.example.com $http_origin;
//! }
//! map $http_origin $cors_origin {
//!     https://blog.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://shop.example.com $http_origin;
//!     https://blog.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::syntax::parts::{Part, parts};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "overridden-origin-map",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("mod.rs"),
    check: Subject::Configuration(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for config in deployment.sites.iter().map(|site| site.config) {
        let is_map = |context: &ContextId| config.context(*context).kind == ContextKind::Map;
        let mut by_variable: BTreeMap<Vec<u8>, Vec<ContextId>> = BTreeMap::new();
        for context in config.contexts().filter(is_map) {
            let opener = config.context(context).opener;
            if let Some(variable) = opener.and_then(|item| config.parameter(item, 2)) {
                by_variable.entry(variable.to_ascii_lowercase()).or_default().push(context);
            }
        }
        for maps in by_variable.values().filter(|maps| maps.iter().any(|map| is_of_origin(config, *map))) {
            let Some((last, earlier)) = maps.split_last() else { continue };
            for map in earlier.iter().filter(|map| lines(config, **map) != lines(config, *last)) {
                let finding = finding(config, *map, *last);
                reported.extend(finding.map(|finding| (finding.primary.place, finding)));
            }
        }
    }
    findings.extend(reported.into_values());
}

/// Returns whether the map looks the Origin up.
fn is_of_origin(config: &Config<'_>, map: ContextId) -> bool {
    let source = config.context(map).opener.and_then(|item| config.parameter(item, 1));
    let names = |source: &[u8]| {
        parts(source).any(|part| matches!(part, Part::Variable(name) if name.eq_ignore_ascii_case(b"http_origin")))
    };
    source.is_some_and(|source| names(&source))
}

/// Returns what a map says, so that two that say the same are no fault: its source, and its lines in order.
fn lines(config: &Config<'_>, map: ContextId) -> Vec<Vec<Option<Vec<u8>>>> {
    let word = |item, index| config.parameter(item, index).map(|word| word.into_owned());
    let opener = config.context(map).opener.map(|item| vec![word(item, 1)]);
    let lines =
        config.items(map).map(|item| (0..=config.parameter_count(item)).map(|index| word(item, index)).collect());
    opener.into_iter().chain(lines).collect()
}

fn finding(config: &Config<'_>, map: ContextId, last: ContextId) -> Option<Finding> {
    let (item, last) = (config.context(map).opener?, config.context(last).opener?);
    let name = String::from_utf8_lossy(&config.parameter(item, 2)?).into_owned();
    let message = format!(
        "the origins of this map are not allowed anywhere: a later map defines `{name}` anew, and the last one counts"
    );
    let related = Label { place: config.place(last), text: "is the one that counts".into() };
    let help = "put the lines into one map, or give each map a variable of its own".to_owned();
    let finding = RULE.finding(config.place(item), "has no effect", message);
    Some(Finding { related: vec![related], help: Some(help.into()), ..finding })
}
