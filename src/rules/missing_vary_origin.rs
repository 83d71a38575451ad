//! Allow-Origin depends on who asks, and no `Vary: Origin` tells caches so.
//!
//! ## Why it matters
//!
//! A cache that is not told otherwise keeps one answer for all. The browser's own serves an answer made for
//! `https://app.example.com` to `https://www.example.com` (L07), or one that a link or an image fetched without an Origin
//! to the `fetch` that follows (L03), and the page is blocked until the entry expires; a shared cache does the same to
//! everybody. `Vary: Origin` keeps the answers apart (L04, L08). A fixed origin and `*` need none.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
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
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::{Ask, Deployment, Exchange, Site};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy, Question};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::settings::Protocol;
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "missing-vary-origin",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"],
    source: include_str!("missing_vary_origin.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "write beside it
    add_header Vary Origin always;";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut by_route: BTreeMap<usize, Vec<&Exchange<'_>>> = BTreeMap::new();
        for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
            by_route.entry(exchange.route).or_default().push(exchange);
        }
        let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
        for (route, exchanges) in by_route {
            if !may_vary(site, route) {
                continue;
            }
            let Some(found) = varies(deployment, site, route, &exchanges) else { continue };
            let place = site.config.place(found.item);
            let context = site.place_of(site.routes[route].context);
            match reported.get_mut(&place) {
                None => _ = reported.insert(place, finding(site.config, found)),
                Some(finding) if finding.related.len() < 3 => {
                    finding.related.push(Label { place: context, text: "in force here as well".to_owned() });
                }
                Some(_) => {}
            }
        }
        findings.extend(reported.into_values());
    }
}

/// What varies without saying so.
struct Found {
    /// The Allow-Origin.
    item: ItemId,
    /// The request that is answered without a word about Origin.
    request: Request,
    /// Whether that answer is the one without Allow-Origin, while the others do say `Vary: Origin`.
    vary_beside: bool,
}

/// Whether any Allow-Origin of the route is more than a fixed text.
fn may_vary(site: &Site<'_>, route: usize) -> bool {
    let in_if = |item| {
        let kind = site.config.context(site.config.item(item).context).kind;
        matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer)
    };
    let Some(route) = site.routes.get(route) else { return false };
    route.fields(CorsHeader::AllowOrigin).any(|field| field.value.contains(&b'$') || in_if(field.item))
}

/// The Allow-Origin that differs between two origins while everything else is the same, on an answer that caches may keep
/// without a word about Origin.
fn varies<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    route: usize,
    exchanges: &[&Exchange<'d>],
) -> Option<Found> {
    let without = deployment.ask_without_origin(site, route);
    let all = || exchanges.iter().flat_map(|exchange| &exchange.main).chain(&without);
    let mut values: BTreeMap<&[(Question, bool)], BTreeSet<&[u8]>> = BTreeMap::new();
    for answer in all() {
        let mut lines = site.fields(answer, CorsHeader::AllowOrigin);
        let value = match lines.next() {
            None => Some(&b""[..]),
            Some(line) => line.value.bytes(),
        };
        values.entry(&answer.assumptions).or_default().insert(value?);
    }
    let differs = |answer: &Answer<'d>| values.get(&answer.assumptions[..]).is_some_and(|values| values.len() > 1);
    let bare = |answer: &Answer<'d>| differs(answer) && is_kept(deployment, site, answer) && !has_vary(site, answer);
    let sent = |answer: &Answer<'d>| site.fields(answer, CorsHeader::AllowOrigin).find_map(|field| field.item);
    for exchange in exchanges {
        let found = exchange.main.iter().find_map(|answer| sent(answer).filter(|_| bare(answer)));
        if let Some(item) = found {
            return Some(Found { item, request: exchange.request(Kind::Main), vary_beside: false });
        }
    }
    // A file is also asked for without an Origin, and then that answer is the one that is kept (L03).
    let file = without.iter().find(|answer| answer.by == AnsweredBy::File && bare(answer))?;
    let beside = |exchange: &&Exchange<'d>| {
        let same = exchange.main.iter().find(|answer| answer.assumptions == file.assumptions)?;
        sent(same)
    };
    let request = Request { method: "GET".to_owned(), url: site.routes.get(route)?.url.clone(), headers: Vec::new() };
    Some(Found { item: exchanges.iter().find_map(beside)?, request, vary_beside: true })
}

/// Whether a cache may keep the answer as far as nginx says. What an app that sets CORS itself says of Origin is its own affair.
fn is_kept(deployment: &Deployment<'_>, site: &Site<'_>, answer: &Answer<'_>) -> bool {
    let config = site.config;
    let speaks = |protocol| config.hides(answer.context, protocol, CorsHeader::AllowOrigin.name()).is_some();
    let app_speaks = deployment.app_evidence().is_some() || Protocol::ALL.into_iter().any(speaks);
    if answer.by == AnsweredBy::App && app_speaks || !answer.status.is_none_or(|status| (200..300).contains(&status)) {
        return false;
    }
    let forbids = |value: &[u8]| {
        let value = value.to_ascii_lowercase();
        [&b"no-store"[..], b"no-cache"].into_iter().any(|word| value.windows(word.len()).any(|part| part == word))
    };
    let named = answer.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"Cache-Control"));
    let forbidden = named.into_iter().any(|field| field.value.bytes().is_none_or(forbids));
    !forbidden && !expires_at_once(config, answer.context) && answer.open.is_none()
}

/// Whether `expires -1` or `expires epoch` makes caches ask again, which brings the new Allow-Origin (A2.11).
fn expires_at_once(config: &Config<'_>, context: ContextId) -> bool {
    let nearest = config.ancestors(context).find_map(|level| config.named(level, b"expires").last());
    nearest.is_some_and(|item| config.parameter_is(item, 1, "-1") || config.parameter_is(item, 1, "epoch"))
}

/// Whether the answer says `Vary: Origin`, or may say so.
fn has_vary<'d>(site: &Site<'d>, answer: &Answer<'d>) -> bool {
    let says = |value: &[u8]| {
        let mut names = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"Origin"))
    };
    site.fields(answer, CorsHeader::Vary).any(|field| field.value.bytes().is_none_or(says))
}

fn finding(config: &Config<'_>, found: Found) -> Finding {
    let place = config.place(found.item);
    let finding = if found.vary_beside {
        let message = "a cache keeps the answer to a link or an image, which carries no Origin, and the page that asks next is blocked";
        let label = "`Vary: Origin` is sent with this, and not with the answer that lacks it";
        let help = "write `add_header Vary Origin always;` in the location as well, for the answers that allow nobody";
        Finding { help: Some(help.to_owned()), ..RULE.finding(place, label, message) }
    } else {
        let message = "a cache gives one page's answer to another, which is then blocked: the answer does not say that it varies by Origin";
        let label = "differs by Origin, without `Vary: Origin` beside it";
        let fix = fix(config, found.item);
        Finding { help: Some(HELP.to_owned()), fix, ..RULE.finding(place, label, message) }
    };
    Finding { request: Some(found.request), ..finding }
}

/// One more line above the directive, indented like it.
fn fix(config: &Config<'_>, item: ItemId) -> Option<Fix> {
    let line = match config.item(item).name {
        b"add_header" => "add_header Vary Origin always;",
        b"more_set_headers" => "more_set_headers \"Vary: Origin\";",
        _ => return None,
    };
    let place = config.place(item);
    let before = config.bytes(place.file).get(..place.span.start as usize)?;
    let start = line_start(before);
    let indent = before.get(start..).filter(|indent| indent.iter().all(|byte| matches!(byte, b' ' | b'\t')))?;
    let end = if before.get(..start)?.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let text = format!("{line}{end}{}", String::from_utf8_lossy(indent));
    let at = Span::new(place.span.start, place.span.start);
    Some(Fix { safe: true, edits: vec![Edit { place: Place { span: at, ..place }, text }] })
}

/// Where the last line of `before` starts.
fn line_start(before: &[u8]) -> usize {
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}
