//! An allowed origin is written so that no browser's Origin can match it.
//!
//! ## Why it matters
//!
//! A key of a `map` is compared with the whole Origin, which is scheme, host and, where it is not the scheme's own, port
//! (A5.3). A path, `:443`, a host without scheme match nothing; `https://*.example.com` is plain text (A5.5), and so is an
//! expression without its `~` (A5.4). The line looks like an entry, and the page it names is blocked. Capitals do no harm
//! in a key (A5.1), in an `if ($http_origin = …)` they do (A5.9).
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://*.example.com $http_origin;
//!     https://app.example.com:443 $http_origin;
//!     "^https://www\.example\.com$" $http_origin;
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
//!     ~^https://([a-z0-9-]+\.)+example\.com$ $http_origin;
//!     https://app.example.com $http_origin;
//!     "~^https://www\.example\.com$" $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::fault::is_placeholder;
use crate::cors::origin::{OriginFault, check_serialized};
use crate::deployment::{Deployment, Senders, Site};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::flow::{Compared, SetField};
use crate::nginx::intruder::needs_path;
use crate::nginx::sample::sample;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "dead-origin-map-entry",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("dead_origin_map_entry.rs"),
    check: Subject::Deployment(check),
};

/// Why an entry is dead, and the origin it was written for.
struct Dead {
    label: String,
    help: String,
    meant: Option<String>,
    fix: Option<String>,
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    let mut alive: BTreeSet<Place> = BTreeSet::new();
    for site in &deployment.sites {
        let senders = site.senders();
        for (field, flow) in &site.origin_flows {
            for compared in &flow.compared {
                // One map decides about many headers; each of its lines is judged once.
                if alive.contains(&compared.place) || reported.contains_key(&compared.place) {
                    continue;
                }
                let Some(dead) = judge(site, compared) else {
                    alive.insert(compared.place);
                    continue;
                };
                let let_in = |origin: &String| deployment.admission(site, field.item, origin).is_some();
                if !dead.meant.as_ref().is_some_and(let_in) {
                    reported.insert(compared.place, finding(&senders, field, compared, dead));
                }
            }
        }
    }
    findings.extend(reported.into_values());
}

fn judge(site: &Site<'_>, compared: &Compared) -> Option<Dead> {
    let text = std::str::from_utf8(&compared.text).ok()?;
    let config = site.config;
    let is_if = config.item(compared.item).name == b"if";
    let context = config.item(compared.item).context;
    let hostnames = !is_if && config.named(context, b"hostnames").next().is_some();
    if compared.regex.is_some() {
        return dead_expression(site, text);
    }
    if text.is_empty() || is_placeholder(text) || text.contains('$') && !text.ends_with('$') {
        return None;
    }
    // With `hostnames`, the scheme is a part of the first label, and a leading or trailing wildcard matches (A5.5).
    if hostnames && (text.starts_with(['.', '*']) || text.ends_with(".*")) {
        return None;
    }
    if !is_if && let Some(dead) = without_tilde(site, text) {
        return Some(dead);
    }
    let compared_text = if is_if { text.to_owned() } else { text.to_ascii_lowercase() };
    let fault = check_serialized(&compared_text).err()?;
    let own = check_serialized(text).err().map(|fault| fault.fault);
    if own == Some(OriginFault::TrailingSlash) || fault.fault == OriginFault::Empty {
        return None;
    }
    let (help, meant) = match (&fault.suggestion, fault.fault) {
        (Some(origin), _) => (format!("write `{origin}`"), Some(origin.clone())),
        (None, OriginFault::Wildcard) => glob(text),
        (None, OriginFault::Several) => ("give each origin a line of its own".to_owned(), None),
        (None, _) => ("write an origin as browsers send it, such as `https://app.example.com`".to_owned(), None),
    };
    let label = match fault.fault {
        OriginFault::Wildcard => "is plain text: a `*` in it stands for itself".to_owned(),
        other => other.words().to_owned(),
    };
    Some(Dead { label, help, fix: fault.suggestion.clone(), meant })
}

/// An expression that was written without the `~` that makes it one (A5.4).
fn without_tilde(site: &Site<'_>, text: &str) -> Option<Dead> {
    let is_expression = text.starts_with('^')
        || text.contains("\\.")
        || text.contains(".*")
        || text.contains("(") && text.contains('|');
    is_expression.then(|| Dead {
        label: "is plain text without a `~` before it".to_owned(),
        help: format!("write `~{text}`"),
        meant: sampled(site, text),
        fix: None,
    })
}

/// An origin that an expression was written for: what it matches, or what is left of that without the path.
fn sampled(site: &Site<'_>, pattern: &str) -> Option<String> {
    let text = String::from_utf8(sample(&site.model.regexes, pattern.as_bytes(), false)?).ok()?;
    match check_serialized(&text) {
        Ok(origin) => Some(origin.to_string()),
        Err(fault) => fault.suggestion,
    }
}

/// `https://*.example.com` as an expression, and an origin it means.
fn glob(text: &str) -> (String, Option<String>) {
    let bare = text.trim_end_matches('/');
    let (scheme, host) = bare.split_once("://").unwrap_or(("https", bare));
    match host.strip_prefix("*.").filter(|host| !host.contains('*')) {
        Some(host) => {
            let escaped = host.replace('.', "\\.");
            (
                format!("write it as an expression: `~^{scheme}://([a-z0-9-]+\\.)+{escaped}$`"),
                Some(format!("{scheme}://app.{host}")),
            )
        }
        None => ("write it as an expression, which starts with `~`".to_owned(), None),
    }
}

/// An expression that wants what no Origin has: a blank before it, a path behind the host.
fn dead_expression(site: &Site<'_>, pattern: &str) -> Option<Dead> {
    let meant = sampled(site, pattern.trim_start());
    if pattern.starts_with([' ', '\t']) {
        let (label, help) = ("begins with a blank, which no Origin has", format!("write `~{}`", pattern.trim_start()));
        return Some(Dead { label: label.to_owned(), help, meant, fix: None });
    }
    needs_path(pattern.as_bytes()).then(|| Dead {
        label: "wants a slash behind the host, which no Origin has".to_owned(),
        help: "end the expression with the host: `…example\\.com$`".to_owned(),
        meant,
        fix: None,
    })
}

fn finding(senders: &Senders<'_, '_>, field: &SetField<'_>, compared: &Compared, dead: Dead) -> Finding {
    let meant = dead.meant.as_deref();
    let message = match meant {
        Some(origin) => format!("a page of `{origin}` is blocked: no Origin that browsers send matches this"),
        None => "whoever this is meant to let in is blocked: no Origin that browsers send matches it".to_owned(),
    };
    let length = compared.place.span.len() as usize;
    let edit = dead.fix.filter(|_| length == compared.text.len()).map(|text| Edit { place: compared.place, text });
    let sent = Label { place: field.place, text: "decides Access-Control-Allow-Origin here".to_owned() };
    Finding {
        related: vec![sent],
        help: Some(dead.help),
        request: meant.and_then(|origin| senders.request(field.item, origin)),
        fix: edit.map(|edit| Fix { safe: true, edits: vec![edit] }),
        ..RULE.finding(compared.place, dead.label, message)
    }
}
