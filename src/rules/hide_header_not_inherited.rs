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

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::{Deployment, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::settings::{List, Protocol};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "hide-header-not-inherited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header"],
    source: include_str!("hide_header_not_inherited.rs"),
    check: Subject::Deployment(check),
};

/// Why the app's line is not hidden, though somebody meant it to be.
enum Undone {
    /// This `*_hide_header` keeps the outer one from being inherited.
    Own(ItemId, ItemId),
    /// This `*_pass_header` lets the header by that the other hides.
    Passed(ItemId, ItemId),
    /// This `*_hide_header` names a pattern, and nginx knows none.
    Pattern(ItemId),
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for exchange in &site.exchanges {
            for (kind, answer) in exchange.answers() {
                let Some((item, undone)) = judge(site, answer) else { continue };
                let finding =
                    || Finding { request: Some(exchange.request(kind)), ..finding(site, item, &undone, kind) };
                reported.entry(undone.place(site)).or_insert_with(finding);
            }
        }
    }
    findings.extend(reported.into_values());
}

/// The `add_header` beside which the app's line goes out, and why it does.
fn judge(site: &Site<'_>, answer: &Answer<'_>) -> Option<(ItemId, Undone)> {
    let config = site.config;
    if answer.by != AnsweredBy::App || config.is_incomplete(answer.context) {
        return None;
    }
    let known = |item: &ItemId| config.item(*item).name == b"add_header";
    let own = site.fields(answer, CorsHeader::AllowOrigin).filter(|field| field.value.bytes().is_some());
    let item = own.filter_map(|field| field.item).find(known)?;
    let (protocol, _) = Protocol::split(config.item(answer.item?).name)?;
    Some((item, undone(site, answer.context, protocol)?))
}

fn undone(site: &Site<'_>, context: ContextId, protocol: Protocol) -> Option<Undone> {
    let config = site.config;
    let wanted = CorsHeader::AllowOrigin.name();
    if config.hides(context, protocol, wanted).is_some() {
        return None;
    }
    let names =
        |item: &ItemId| config.parameter(*item, 1).is_some_and(|name| name.eq_ignore_ascii_case(wanted.as_bytes()));
    let hidden = config.list(context, List::HideHeader(protocol));
    if let Some(&hide) = hidden.iter().find(|item| names(item)) {
        let pass = config.list(context, List::PassHeader(protocol)).iter().find(|item| names(item))?;
        return Some(Undone::Passed(*pass, hide));
    }
    let is_pattern = |item: &&ItemId| config.parameter(**item, 1).is_some_and(|name| is_pattern_of(&name, wanted));
    if let Some(&pattern) = hidden.iter().find(is_pattern) {
        return Some(Undone::Pattern(pattern));
    }
    let first = *hidden.first()?;
    let outer = config.context(config.item(first).context).parent?;
    Some(Undone::Own(first, config.hides(outer, protocol, wanted)?))
}

/// Whether a name with a star at its end looks as if it meant `name`.
fn is_pattern_of(pattern: &[u8], name: &str) -> bool {
    let Some(start) = pattern.strip_suffix(b"*") else { return false };
    name.as_bytes().get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

impl Undone {
    fn place(&self, site: &Site<'_>) -> Place {
        let (Undone::Own(item, _) | Undone::Passed(item, _) | Undone::Pattern(item)) = self;
        site.config.place(*item)
    }
}

fn finding(site: &Site<'_>, added: ItemId, undone: &Undone, kind: Kind) -> Finding {
    let config = site.config;
    let name = CorsHeader::AllowOrigin.name();
    let (label, outer, item) = match undone {
        Undone::Own(item, outer) => ("shows again what the outer level hides", Some(*outer), item),
        Undone::Passed(item, hide) => ("lets the app's header by", Some(*hide), item),
        Undone::Pattern(item) => ("hides nothing: no header has this name", None, item),
    };
    let (protocol, _) = Protocol::split(config.item(*item).name).unwrap_or((Protocol::Proxy, b""));
    let prefix = protocol.prefix();
    let help = match undone {
        Undone::Passed(..) => format!("leave `{prefix}_pass_header` out"),
        _ => format!("write beside it\n    {prefix}_hide_header {name};"),
    };
    let answer = if kind == Kind::Preflight { "this preflight" } else { "this answer" };
    let message = format!("browsers block {answer}: the app's {name} is not hidden and comes beside nginx's own");
    let outer = outer.map(|item| Label { place: config.place(item), text: "has no effect there".to_owned() });
    let added = Label { place: config.place(added), text: "adds a second line to the app's".to_owned() };
    Finding {
        related: outer.into_iter().chain([added]).collect(),
        help: Some(help),
        ..RULE.finding(undone.place(site), label, message)
    }
}
