//! nginx and the app behind it both send Access-Control-Allow-Origin.
//!
//! ## Why it matters
//!
//! `add_header` adds a line and never replaces one (A4.3), so the browser receives Access-Control-Allow-Origin twice and
//! blocks the answer, even if both lines are the same (B11). Each side works when it is tried alone. One of them
//! has to be silent: the app's line is taken out with `proxy_hide_header`, which every protocol has a form of its own of.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_hide_header Access-Control-Allow-Origin;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::{Deployment, Exchange, Project, Site, upstream_to};
use crate::dotenv::app::Evidence;
use crate::dotenv::keys::Certainty;
use crate::finding::{Finding, Fix, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::settings::Protocol;
use crate::rule::{Rule, Subject};

use super::edits;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-in-proxy-and-app",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header",
    ],
    source: include_str!("cors_in_proxy_and_app.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    // With several apps behind nginx, and the files of one that names none of them, nobody says which of them the key belongs to.
    let apps: BTreeSet<Vec<u8>> = deployment.sites.iter().flat_map(apps).collect();
    for site in &deployment.sites {
        // One directive may stand for many locations; it is one fault.
        let mut reported: BTreeMap<ItemId, Finding> = BTreeMap::new();
        let mut opens: BTreeMap<ItemId, Finding> = BTreeMap::new();
        let mut requests: BTreeMap<ItemId, (bool, Request)> = BTreeMap::new();
        for exchange in &site.exchanges {
            let origin = exchange.origin();
            for (kind, answer) in exchange.answers() {
                let Some(evidence) = deployment.evidence_behind(site, answer) else { continue };
                let Some(doubled) =
                    doubled(site, answer, &origin).filter(|_| evidence.certainty > Certainty::Unverified)
                else {
                    continue;
                };
                // A page that nginx's own line lets in shows it best; an origin that stands in a .env file alone is not told.
                let known = requests.get(&doubled.item).map(|(lets_in, _)| *lets_in);
                if known.is_none_or(|lets_in| doubled.lets_in && !lets_in) {
                    requests.insert(doubled.item, (doubled.lets_in, exchange.request(kind)));
                }
                let is_one_of_several = apps.len() > 1 && deployment.behind.is_behind_all();
                let found = || finding(site, evidence, answer, doubled.item, is_one_of_several);
                if doubled.matters() {
                    reported.entry(doubled.item).or_insert_with(found);
                }
            }
            if let Some((item, open)) = open(deployment, site, exchange) {
                opens.entry(item).or_insert(open);
            }
        }
        for (item, finding) in &mut reported {
            finding.request = requests.remove(item).map(|(_, request)| request);
        }
        for (item, open) in opens {
            reported.entry(item).or_insert(open);
        }
        findings.extend(reported.into_values());
    }
}

/// Where it stays open which app answers: what comes if it is one that sends CORS headers itself, and which ones may be it.
fn open(deployment: &Deployment<'_>, site: &Site<'_>, exchange: &Exchange<'_>) -> Option<(ItemId, Finding)> {
    let pass = exchange.main.iter().find(|answer| answer.by == AnsweredBy::App)?.item?;
    let place = site.config.place(pass);
    let sends = |app: &&Project<'_>| {
        app.production.evidence.as_ref().is_some_and(|evidence| evidence.certainty > Certainty::Unverified)
    };
    let candidates: Vec<_> = deployment.behind.candidates(place).filter(sends).collect();
    let first = candidates.first()?;
    let origin = exchange.origin();
    let visit = site.when_app_says(exchange, &upstream_to(&first.production, &origin));
    let doubled = visit.answers.iter().find_map(|answer| doubled(site, answer, &origin).filter(Doubled::matters))?;
    let item = doubled.item;
    let names: Vec<String> = candidates.iter().map(|app| format!("`{}`", app.directory)).collect();
    let message = format!(
        "browsers block this answer if the app behind this location is {}, which sends Access-Control-Allow-Origin, too",
        names.join(" or ")
    );
    let evidence = candidates.iter().filter_map(|app| app.production.evidence.as_ref());
    let label = |evidence: &Evidence| Label { place: evidence.place, text: "switches an app's own CORS on".to_owned() };
    let mut related = vec![Label { place, text: "names none of the apps whose files are here".to_owned() }];
    related.extend(evidence.map(label));
    let help = "say in corslint.toml which app it is: `[[app]]` with its `path` and its `upstream`".to_owned();
    let finding = RULE.finding(site.config.place(item), "may add a second line to the app's", message);
    Some((item, Finding { severity: Severity::Advice, related, help: Some(help), ..finding }))
}

/// An Allow-Origin of nginx's that goes out beside the app's.
struct Doubled {
    /// The `add_header`.
    item: ItemId,
    /// Whether the app is known to send one to this page.
    is_told: bool,
    /// Whether nginx's own lets the page in.
    lets_in: bool,
}

impl Doubled {
    /// Whether the second line is what keeps the page out. Where nobody knows whether the app sends one, nginx's has to let the page in:
    /// otherwise it is kept out with or without the app's.
    fn matters(&self) -> bool {
        self.is_told || self.lets_in
    }
}

fn doubled(site: &Site<'_>, answer: &Answer<'_>, origin: &str) -> Option<Doubled> {
    if answer.by != AnsweredBy::App {
        return None;
    }
    let lines = || site.fields(answer, CorsHeader::AllowOrigin);
    let is_told = lines().find(|field| field.item.is_none())?.value.bytes().is_some();
    lines().find_map(|field| {
        let value = field.value.bytes()?;
        Some(Doubled { item: field.item?, is_told, lets_in: value == b"*" || value == origin.as_bytes() })
    })
}

/// The apps that requests reach, as `proxy_pass` and its kin name them.
fn apps<'s>(site: &'s Site<'_>) -> impl Iterator<Item = Vec<u8>> + 's {
    let answers = site.exchanges.iter().flat_map(|exchange| exchange.answers().map(|(_, answer)| answer));
    let passes: BTreeSet<ItemId> =
        answers.filter(|answer| answer.by == AnsweredBy::App).filter_map(|answer| answer.item).collect();
    passes.into_iter().filter_map(|item| app_of(site, item))
}

/// Host and port, or the socket, that a directive passes requests to.
fn app_of(site: &Site<'_>, pass: ItemId) -> Option<Vec<u8>> {
    let target = site.config.parameter(pass, 1)?;
    let start = target.windows(3).position(|three| three == b"://").map_or(0, |at| at + 3);
    let rest = target.get(start..)?;
    let is_socket = rest.starts_with(b"unix:") || rest.starts_with(b"/");
    let end = rest.iter().position(|byte| *byte == b'/').filter(|_| !is_socket).unwrap_or(rest.len());
    Some(rest.get(..end)?.to_ascii_lowercase())
}

fn finding(
    site: &Site<'_>,
    evidence: &Evidence,
    answer: &Answer<'_>,
    item: ItemId,
    is_one_of_several: bool,
) -> Finding {
    let pass = answer.item.map_or(&b""[..], |item| site.config.item(item).name);
    let prefix = Protocol::split(pass).map_or("proxy", |(protocol, _)| protocol.prefix());
    let key = &evidence.key_name;
    // What a key means is read in a product's source or documentation, or else guessed from its name.
    let (severity, message) = match evidence.certainty {
        _ if is_one_of_several => (
            Severity::Warning,
            format!(
                "browsers block this answer if `{key}` is for the app behind this location: Access-Control-Allow-Origin then comes twice"
            ),
        ),
        Certainty::Src | Certainty::Docs => (
            Severity::Error,
            "browsers block this answer: Access-Control-Allow-Origin comes twice, from nginx and from the app"
                .to_owned(),
        ),
        _ => (
            Severity::Warning,
            format!("browsers block this answer if the app sends its Access-Control-Allow-Origin for `{key}`, too"),
        ),
    };
    Finding {
        severity,
        fix: hide(site, item, prefix),
        related: vec![Label { place: evidence.place, text: "switches the app's own CORS on".to_owned() }],
        help: Some(format!(
            "let one of them answer: `{prefix}_hide_header Access-Control-Allow-Origin;` beside it takes the app's line out"
        )),
        ..RULE.finding(site.config.place(item), "adds a second line to the app's", message)
    }
}

/// The app's line hidden beside nginx's own: then nginx alone decides who gets in. An `if` takes no such directive.
fn hide(site: &Site<'_>, item: ItemId, prefix: &str) -> Option<Fix> {
    let config = site.config;
    let is_in_if = config.context(config.item(item).context).kind == ContextKind::IfInLocation;
    let directive = format!("{prefix}_hide_header Access-Control-Allow-Origin;");
    (!is_in_if).then(|| edits::beside(config, item, &[directive])).flatten().map(Fix::risky)
}
