//! `proxy_set_header` sends a CORS response header to the app, where no browser ever sees it.
//!
//! ## Why it matters
//!
//! `proxy_set_header` changes the request that goes to the app; the browser judges the answer (A4.10). An
//! Access-Control-Allow-Origin set there has no effect, and since nothing complains, it is often kept while the
//! fault is looked for elsewhere. Access-Control-Request-Method and Access-Control-Request-Headers belong in
//! requests and may be forwarded.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         proxy_set_header Access-Control-Allow-Origin "https://app.example.com";
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_set_header Access-Control-Request-Method $http_access_control_request_method;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use crate::cors::header::CorsHeader;
use crate::deployment::Deployment;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{Config, ItemId};
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};
use detect::Misdirected;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-header-on-request",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for misdirected in detect::misdirected(site) {
            reported.keep(finding(site.config, misdirected));
        }
    }
    reported.finish(findings);
}

fn finding(config: &Config<'_>, misdirected: Misdirected) -> Finding {
    let Misdirected { first, others, blocked } = misdirected;
    let header = |item: &ItemId| config.parameter(*item, 1).and_then(|name| CorsHeader::from_name(&name));
    let blocks = |header| !matches!(header, Some(CorsHeader::ExposeHeaders | CorsHeader::MaxAge));
    // For want of these two, no answer is blocked.
    let blocked = blocked.filter(|_| [first].iter().chain(&others).any(|item| blocks(header(item))));
    let name = config.parameter(first, 1).map_or(String::new(), |name| String::from_utf8_lossy(&name).into_owned());
    let (severity, message) = match &blocked {
        Some(_) => {
            (Severity::Error, format!("browsers block this answer: {name} goes to the app, and no answer has it"))
        }
        None => (Severity::Warning, format!("browsers never see {name}: it goes to the app and has no effect")),
    };
    let edit = |item: &ItemId| {
        let (name, value) = (config.word_place(*item, 0), config.word_place(*item, 2));
        let end = Place { span: Span::new(value.span.end, value.span.end), ..value };
        let always = Edit { place: end, text: " always".to_owned() };
        [Edit { place: name, text: "add_header".to_owned() }, always]
    };
    let (help, fix) = match &blocked {
        // An `add_header` here may drop those of the level around it.
        Some(_) => (
            "write `add_header … always`, which sets headers of the response",
            Some(Fix { safe: false, edits: [first].iter().chain(&others).flat_map(edit).collect() }),
        ),
        None => ("delete it; `add_header` sets headers of the response", None),
    };
    let related = others.iter().map(|item| Label { place: config.place(*item), text: "goes to the app, too".into() });
    Finding {
        severity,
        related: related.collect(),
        help: Some(help.into()),
        request: blocked,
        fix,
        ..RULE.finding(config.place(first), "sets a header of the request to the app", message)
    }
}
