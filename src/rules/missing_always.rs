//! Without `always`, the CORS headers are missing from the app's errors, and the page cannot read them.
//!
//! ## Why it matters
//!
//! `add_header` without `always` is sent with 200, 201, 204, 206 and redirects only (A2.1). When the app behind nginx
//! answers 401, 404, 422 or 500, the browser finds no Access-Control-Allow-Origin and tells the page, and whoever looks
//! into the console, of a CORS error instead of the real one (J). `always` sends the header with every status (A2.2); it
//! is there since nginx 1.7.5. An answer that nginx gives with 200 or 204 alone does not need it.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com";
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
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::{Deployment, Exchange, Site, lacking};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::app::AppStatus;
use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::flow::set_fields;
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "missing-always",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header"],
    source: include_str!("missing_always.rs"),
    check: Subject::Deployment(check),
};

/// The version that brought `always`.
const ALWAYS: (u32, u32, u32) = (1, 7, 5);
/// What an app answers when it fails, and when it does not find what is asked for.
const ERRORS: [u16; 2] = [500, 404];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    if deployment.is_nginx_since(ALWAYS) == Some(false) {
        return;
    }
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for exchange in site.exchanges.iter().filter(|exchange| site.routes[exchange.route].reaches_app) {
            for item in candidates(site, exchange) {
                let (place, fault) = (site.config.place(item), fault_of(site, item));
                let known = reported.get(&fault).is_some_and(|finding| {
                    finding.primary.place == place || finding.related.iter().any(|label| label.place == place)
                });
                if !known && let Some((status, header)) = hidden(deployment, site, exchange, item) {
                    let found = || finding(deployment, site, exchange, item, status, header);
                    reported.entry(fault).and_modify(|finding| add(site, item, finding)).or_insert_with(found);
                }
            }
        }
    }
    findings.extend(reported.into_values());
}

/// What makes it one fault: the directive, or for those in the `if`s of one location, of which each sets the same, the location.
fn fault_of(site: &Site<'_>, item: ItemId) -> Place {
    let config = site.config;
    let context = config.item(item).context;
    let location = config.context(context).parent.filter(|_| config.context(context).kind == ContextKind::IfInLocation);
    location.map_or(config.place(item), |location| site.place_of(location))
}

/// The same in another `if`.
fn add(site: &Site<'_>, item: ItemId, finding: &mut Finding) {
    finding.related.push(Label { place: site.config.place(item), text: "nor is this one".to_owned() });
    if let Some(fix) = &mut finding.fix {
        fix.edits.extend(edits(site.config, item));
    }
}

/// The `add_header`s without `always` that let the page read a good answer of the app.
fn candidates<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Vec<ItemId> {
    let good = |answer: &&Answer<'d>| answer.by == AnsweredBy::App && exchange.is_readable(answer);
    let needed = [CorsHeader::AllowOrigin, CorsHeader::AllowCredentials];
    let items = |answer: &Answer<'d>| -> Vec<ItemId> {
        let fields = needed.into_iter().flat_map(|header| site.fields(answer, header).filter_map(|field| field.item));
        fields.filter(|&item| is_plain(site.config, item)).collect()
    };
    exchange.main.iter().find(good).map_or(Vec::new(), items)
}

/// Whether it is an `add_header` that ends with its value.
fn is_plain(config: &Config<'_>, item: ItemId) -> bool {
    config.item(item).name == b"add_header" && config.parameter_count(item) == 2
}

/// The error of the app that the page cannot read for want of the header that `item` sets.
fn hidden<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    item: ItemId,
) -> Option<(u16, CorsHeader)> {
    let header = set_fields(site.config, item).first()?.header;
    let hides = |&status: &u16| {
        let visit = site.when_app_answers(exchange, AppStatus::This(status), deployment.app);
        let passed = |answer: &&Answer<'_>| answer.by == AnsweredBy::App && answer.status == Some(status);
        let mut passed = visit.answers.iter().filter(passed).peekable();
        let lacks = |verdict: Verdict| lacking(&verdict) == Some(header);
        passed.peek().is_some() && passed.all(|answer| lacks(visit.verdict(answer)))
    };
    ERRORS.into_iter().find(hides).map(|status| (status, header))
}

fn finding<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    item: ItemId,
    status: u16,
    header: CorsHeader,
) -> Finding {
    let config = site.config;
    let name = header.name();
    let message = format!("browsers hide the app's errors from the page: an answer with {status} has no {name}");
    let since = if deployment.nginx_version.is_none() { " (nginx 1.7.5 and later)" } else { "" };
    Finding {
        help: Some(format!("write `always` behind the value{since}")),
        request: Some(exchange.request(Kind::Main)),
        fix: Some(Fix { safe: true, edits: edits(config, item) }),
        ..RULE.finding(config.place(item), "is not sent with errors", message)
    }
}

/// `always` behind this header, and behind those beside it that a page needs with it.
fn edits(config: &Config<'_>, item: ItemId) -> Vec<Edit> {
    let helps = |item: &ItemId| {
        let fields = set_fields(config, *item);
        fields.iter().any(|field| !matches!(field.header, CorsHeader::AllowMethods | CorsHeader::AllowHeaders))
    };
    let own = config.named(config.item(item).context, b"add_header");
    let file = config.item(item).file;
    let wanted = own.filter(|other| is_plain(config, *other) && helps(other) && config.item(*other).file == file);
    let edit = |item: ItemId| {
        let place = config.place(item);
        let behind = Place { span: Span::new(place.span.end, place.span.end), ..place };
        Edit { place: behind, text: " always".to_owned() }
    };
    wanted.map(edit).collect()
}
