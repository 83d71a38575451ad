//! A request ends in another location than the one whose CORS headers are meant for it.
//!
//! ## Why it matters
//!
//! `try_files`, `index`, `error_page` and `rewrite … last` send a request on inside nginx, and the headers of the location it
//! ends in are sent, not those of the location it started in (A1.11, A2.5). Files are answered with the headers, so a first
//! test looks fine; what falls through to `index.php`, a named location or an error page comes without.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     location / {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         try_files $uri /index.php$is_args$args;
//!     }
//!     location ~ \.php$ {
//!         fastcgi_pass unix:/run/php-fpm.sock;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location / {
//!         try_files $uri /index.php$is_args$args;
//!     }
//!     location ~ \.php$ {
//!         fastcgi_pass unix:/run/php-fpm.sock;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::{Ask, Deployment, Exchange, Site, is_told, lacking};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy, Question};
use crate::nginx::app::AppStatus;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::fields::is_sent_without_always;
use crate::nginx::flow::SetField;
use crate::nginx::settings::List;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-lost-on-internal-redirect",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    ],
    source: include_str!("cors_lost_on_internal_redirect.rs"),
    check: Subject::Deployment(check),
};

/// A request that lost the headers on its way.
struct Lost<'d> {
    /// Where it started.
    from: ContextId,
    /// The directive that sent it on; none for an index.
    by: Option<ItemId>,
    /// Where it ended.
    answer: Answer<'d>,
    /// What the browser misses.
    header: CorsHeader,
    request: Request,
    /// Whether no request that starts there keeps them.
    always: bool,
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
            let route = &site.routes[exchange.route];
            let is_location = site.config.context(route.context).kind == ContextKind::Location;
            if route.is_partial || !is_location || !is_meant(deployment, site, exchange) {
                continue;
            }
            for lost in lost(deployment, site, exchange) {
                let found = finding(deployment, site, &lost);
                let kept = reported.entry(found.primary.place).or_insert_with(|| found.clone());
                if found.severity > kept.severity {
                    *kept = found;
                }
            }
        }
    }
    findings.extend(reported.into_values());
}

/// Whether the headers where the request starts are for the page that asks: an allow-list gives a foreign page nothing, so
/// nothing is lost on its way.
fn is_meant(deployment: &Deployment<'_>, site: &Site<'_>, exchange: &Exchange<'_>) -> bool {
    let welcome = || site.welcome(&site.fields_in_force(site.routes[exchange.route].context), deployment.app);
    exchange.mentioned || welcome().is_some_and(|caller| caller.origin == exchange.origin())
}

/// What the page's request loses: asked for a file or the app, for a directory, and where the app answers with an error
/// that has a page of its own.
fn lost<'d>(deployment: &Deployment<'d>, site: &Site<'d>, exchange: &Exchange<'d>) -> Vec<Lost<'d>> {
    let from = site.routes[exchange.route].context;
    let verdict = |answer: &Answer<'d>| exchange.verdict(Kind::Main, answer);
    let told: Vec<&Answer<'d>> = exchange.main.iter().filter(|answer| is_told(answer)).collect();
    let missing = |answer: &&Answer<'d>| left(site, from, answer, &verdict(answer)).is_some();
    let always = !told.is_empty() && told.iter().all(missing);
    let request = exchange.request(Kind::Main);
    let mut lost: Vec<Lost<'d>> =
        told.into_iter().filter_map(|answer| loss(site, from, answer, &verdict(answer), &request, always)).collect();
    // Only some directories have an index: the root, and one that a location names an index for.
    let names_index = site.config.named(from, b"index").next().is_some();
    if exchange.main.iter().any(|answer| answer.by == AnsweredBy::File)
        && let Some(visit) = site.directory_of(exchange, deployment.app)
        && (names_index || visit.page.url().path() == "/")
    {
        let request = visit.request();
        lost.extend(visit.told().filter_map(|it| loss(site, from, it, &visit.verdict(it), &request, false)));
    }
    if site.routes[exchange.route].reaches_app {
        let visit = site.when_app_answers(exchange, AppStatus::This(500), deployment.app);
        let failed = visit.answers.iter().filter(|answer| answer.status == Some(500));
        lost.extend(failed.filter_map(|it| loss(site, from, it, &visit.verdict(it), &request, false)));
    }
    lost
}

/// The header that the answer lacks and the location it started in would have sent, if it ended elsewhere.
fn left<'d>(site: &Site<'d>, from: ContextId, answer: &Answer<'d>, verdict: &Verdict) -> Option<CorsHeader> {
    let config = site.config;
    let header = lacking(verdict)?;
    if answer.location(config) == Some(from) || config.is_incomplete(answer.context) {
        return None;
    }
    let survives = |field: &SetField<'_>| {
        field.header == header && (config.is_always(field.item) || answer.status.is_some_and(is_sent_without_always))
    };
    // What both locations set alike lets in, or turns away, the same pages.
    let there = site.fields_in_force(answer.context);
    let is_repeated = |field: &SetField<'_>| there.iter().any(|it| survives(it) && it.value == field.value);
    let would = site.fields_in_force(from).iter().any(|field| survives(field) && !is_repeated(field));
    // Where the location it ends in drops what is around it, that is another fault.
    let drops = site.dropping(answer.context).is_some_and(|it| it.fields.iter().any(|field| field.header == header));
    (would && !drops).then_some(header)
}

fn loss<'d>(
    site: &Site<'d>,
    from: ContextId,
    answer: &Answer<'d>,
    verdict: &Verdict,
    request: &Request,
    always: bool,
) -> Option<Lost<'d>> {
    let header = left(site, from, answer, verdict)?;
    let by = sender(site, from, answer);
    Some(Lost { from, by, answer: answer.clone(), header, request: request.clone(), always })
}

/// The directive of the location it started in that sent the request on.
fn sender(site: &Site<'_>, from: ContextId, answer: &Answer<'_>) -> Option<ItemId> {
    let config = site.config;
    let status = answer.status.filter(|status| *status >= 300).map(|status| status.to_string());
    let is_for = |item: &ItemId| {
        status.as_ref().is_some_and(|status| {
            (1..config.parameter_count(*item)).any(|index| config.parameter_is(*item, index, status))
        })
    };
    if let Some(item) = config.list(from, List::ErrorPage).iter().copied().find(is_for) {
        return Some(item);
    }
    let fell_through = answer.assumes(false, |question| matches!(question, Question::File(_)));
    let try_files = config.named(from, b"try_files").last();
    let goes_on =
        |item: &ItemId| !matches!(config.parameter(*item, 3).as_deref(), Some(b"break" | b"redirect" | b"permanent"));
    let rewrite = config.named(from, b"rewrite").find(goes_on);
    if fell_through { try_files.or(rewrite) } else { rewrite.or(try_files) }
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, lost: &Lost<'_>) -> Finding {
    let config = site.config;
    let target = lost.answer.location(config).unwrap_or(lost.answer.server);
    let who = deployment.sources.text(site.place_of(target));
    let what = match lost.by.map(|item| config.item(item).name) {
        _ if lost.always => "block every answer",
        None => "block the answer for a directory",
        Some(b"try_files") => "block what is no file",
        Some(b"error_page") => "hide this error from the page",
        Some(_) => "block what is rewritten",
    };
    let severity = if lost.always { Severity::Error } else { Severity::Warning };
    let message = format!("browsers {what}: `{who}` answers it without {}", lost.header.name());
    let place = lost.by.map_or(site.place_of(lost.from), |item| config.place(item));
    let label = if lost.by.is_some() { "leads to another location" } else { "its index is in another location" };
    let meant = site.fields_in_force(lost.from).into_iter().find(|field| field.header == lost.header);
    let meant = meant.map(|field| Label { place: config.place(field.item), text: "is not sent from there".to_owned() });
    let end = Label { place: site.place_of(target), text: "answers, with its own headers alone".to_owned() };
    Finding {
        severity,
        related: meant.into_iter().chain([end]).collect(),
        help: Some("set the headers at the level around both locations, or in the other location as well".to_owned()),
        request: Some(lost.request.clone()),
        ..RULE.finding(place, label, message)
    }
}
