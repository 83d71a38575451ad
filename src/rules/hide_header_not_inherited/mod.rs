//! The app's Access-Control-Allow-Origin was to be hidden, and goes out beside nginx's own.
//!
//! ## Why it matters
//!
//! `proxy_hide_header` and its kin are inherited all or nothing, as `add_header` is (A4.5): a location that hides one more
//! header shows all those again that the server hid. `proxy_pass_header` with the same name undoes it as well (A4.6), and
//! `Access-Control-*` is no pattern but a name that no header has (A4.4). The browser then receives Access-Control-Allow-Origin
//! twice and blocks the answer (B11).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     proxy_hide_header Access-Control-Allow-Origin;
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location /api/ {
//!         proxy_hide_header X-Powered-By;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     proxy_hide_header Access-Control-Allow-Origin;
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location /api/ {
//!         proxy_hide_header X-Powered-By;
//!         proxy_hide_header Access-Control-Allow-Origin;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::ItemId;
use crate::nginx::config::inheritance::Protocol;
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::nginx::simulate::upstream::{AppHeaders, AppStatus, Upstream};
use crate::rule::{Rule, Subject};
use detect::{Undone, why_not_hidden};

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "hide-header-not-inherited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for exchange in &site.exchanges {
            for (kind, answer) in exchange.answers() {
                let Some((item, undone)) = judge(site, answer) else { continue };
                if !reaches_browser(site, exchange, kind) {
                    continue;
                }
                let finding = finding(site, item, undone, kind);
                reported.keep(Finding { request: Some(exchange.request(kind)), ..finding });
            }
        }
    }
    reported.finish(findings);
}

/// Returns whether the browser gets a second Allow-Origin where the app sends one: headers-more may replace what is not hidden (A4.7).
fn reaches_browser<'d>(site: &Site<'d>, exchange: &Exchange<'d>, kind: Kind) -> bool {
    let sent = (CorsHeader::AllowOrigin.name().to_owned(), Some(exchange.origin().to_owned()));
    let upstream = Upstream { status: AppStatus::Unknown, headers: AppHeaders::Same(vec![sent]) };
    let Some(entry) = site.routes.get(exchange.route).map(|route| route.entry) else { return false };
    let answers = site.asker.ask(entry, (&exchange.request(kind), exchange.page.url()), &upstream);
    answers.iter().any(|answer| answer.by == AnsweredBy::App && answer.fields_of(CorsHeader::AllowOrigin).count() > 1)
}

/// The `add_header` beside which the app's line goes out, and why it does.
fn judge(site: &Site<'_>, answer: &Answer<'_>) -> Option<(ItemId, Undone)> {
    let config = site.config;
    if answer.by != AnsweredBy::App || config.is_incomplete(answer.context) {
        return None;
    }
    let known = |item: &ItemId| config.item(*item).name == b"add_header";
    let own = answer.fields_of(CorsHeader::AllowOrigin).filter(|field| field.value.bytes().is_some());
    let item = own.filter_map(|field| field.item).find(known)?;
    let (protocol, _) = Protocol::split(config.item(answer.item?).name)?;
    Some((item, why_not_hidden(config, answer.context, protocol)?))
}

fn finding(site: &Site<'_>, added: ItemId, undone: Undone, kind: Kind) -> Finding {
    let config = site.config;
    let name = CorsHeader::AllowOrigin.name();
    let (label, outer, item) = match undone {
        Undone::Own(item, outer) => ("shows again what the outer level hides", Some(outer), item),
        Undone::Passed(item, hide) => ("lets the app's header by", Some(hide), item),
        Undone::Pattern(item) => ("hides nothing: no header has this name", None, item),
    };
    let (protocol, _) = Protocol::split(config.item(item).name).unwrap_or((Protocol::Proxy, b""));
    let prefix = protocol.prefix();
    let help = match undone {
        Undone::Passed(..) => format!("leave `{prefix}_pass_header` out"),
        _ => format!("write beside it\n    {prefix}_hide_header {name};"),
    };
    let answer = if kind == Kind::Preflight { "this preflight" } else { "this answer" };
    let message = format!("browsers block {answer}: the app's {name} is not hidden and comes beside nginx's own");
    let outer = outer.map(|item| Label { place: config.place(item), text: "has no effect there".into() });
    let added = Label { place: config.place(added), text: "adds a second line to the app's".into() };
    Finding {
        related: outer.into_iter().chain([added]).collect(),
        help: Some(help.into()),
        ..RULE.finding(site.config.place(undone.item()), label, message)
    }
}
