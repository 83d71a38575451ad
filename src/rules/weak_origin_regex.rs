//! An expression for allowed origins lets a foreign one in.
//!
//! ## Why it matters
//!
//! nginx looks for a match anywhere in the text, so an expression without `^` or `$` lets in whatever holds its text
//! somewhere, and a dot without a backslash is any character (A5.11). The origin named in the finding is one that the
//! expression really matches and that somebody else can register; a page there reads the answers, and with
//! Access-Control-Allow-Credentials it reads them as whoever is logged in. Of `a|b`, each side is looked at by itself:
//! `^a|b$` ties `a` to the start only and `b` to the end only.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     ~^https://app\.example\.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```
//!
//! ```nginx
//! server {
//!     location / {
//!         if ($http_origin ~* "https?://.*example.com$") { set $cors $http_origin; }
//!         add_header Access-Control-Allow-Origin $cors always;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     ~^https://([a-z0-9-]+\.)?example\.com$ $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::{Admission, Deployment, Exchange, Site};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::flow::Compared;
use crate::nginx::intruder::{Gap, Intruder, intruders};
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "weak-origin-regex",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_map_module.html#map",
        "https://portswigger.net/web-security/cors#errors-parsing-origin-headers",
    ],
    source: include_str!("weak_origin_regex.rs"),
    check: Subject::Deployment(check),
};

/// How many intruders of one expression are tried.
const MAX_TRIED: usize = 8;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    let mut known: BTreeMap<(Vec<u8>, bool), Vec<Intruder>> = BTreeMap::new();
    for site in &deployment.sites {
        for (place, (compared, items)) in site.expressions() {
            if reported.contains_key(&place) {
                continue;
            }
            let Some(ignore_case) = compared.regex else { continue };
            // Copies of one expression stand in many places.
            let found = known.entry((compared.text.clone(), ignore_case));
            let found = found.or_insert_with(|| intruders(&site.model.regexes, &compared.text, ignore_case));
            let shown = found.iter().take(MAX_TRIED).find_map(|intruder| {
                let exchange = deployment.let_in(site, &items, &intruder.origin)?;
                Some(finding(site, &compared, intruder, &exchange))
            });
            reported.extend(shown.map(|finding| (place, finding)));
        }
    }
    findings.extend(reported.into_values());
}

fn finding(site: &Site<'_>, compared: &Compared, intruder: &Intruder, shown: &(Admission, Exchange<'_>)) -> Finding {
    let (admission, exchange) = shown;
    let is_partial = site.routes.get(exchange.route).is_none_or(|route| route.is_partial);
    let certain = *admission == Admission::Always && !is_partial && intruder.gap != Gap::Dot;
    let severity = if certain { Severity::Error } else { Severity::Warning };
    let reads = if exchange.page.has_credentials() { ", as whoever is logged in" } else { "" };
    let message = format!("a page of `{}` can read these answers{reads}: the expression matches it", intruder.origin);
    let finding = RULE.finding(compared.place, label(intruder), message);
    let fields = site.routes.get(exchange.route).into_iter().flat_map(|route| route.fields(CorsHeader::AllowOrigin));
    let sent = fields.map(|field| field.place).find(|place| !holds(compared.place, *place));
    let related = sent.map(|place| Label { place, text: "sends what the expression lets through".to_owned() });
    Finding {
        severity,
        related: related.into_iter().collect(),
        help: Some(help(intruder)),
        fix: fix(compared, intruder.gap),
        request: Some(exchange.request(Kind::Main)),
        ..finding
    }
}

/// The expression with its dots escaped, or ended: then it lets fewer in, perhaps one that was meant.
fn fix(compared: &Compared, gap: Gap) -> Option<Fix> {
    let text = String::from_utf8(compared.text.clone()).ok()?;
    // What stands in the file is the expression behind its `~` or `~*`, if nothing in it is quoted or escaped.
    let is_exact = |mark: u32| compared.place.span.len() == Span::at(0, text.len()).end + mark;
    let mark = [0, 1, 2].into_iter().find(|mark| is_exact(*mark))?;
    let at = |offset: usize| {
        let start = compared.place.span.start + mark + Span::at(0, offset).end;
        Place { span: Span::new(start, start), ..compared.place }
    };
    let edit = |offset, text: &str| Edit { place: at(offset), text: text.to_owned() };
    let bytes = text.as_bytes();
    let is_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let is_host_dot = |(offset, _): &(usize, &str)| is_word(offset.checked_sub(1)) && is_word(Some(offset + 1));
    let edits: Vec<Edit> = match gap {
        Gap::Dot => text.match_indices('.').filter(is_host_dot).map(|(offset, _)| edit(offset, "\\")).collect(),
        Gap::End => vec![edit(text.len(), "$")],
        _ => Vec::new(),
    };
    (!edits.is_empty()).then_some(Fix { safe: false, edits })
}

fn holds(outer: Place, inner: Place) -> bool {
    outer.file == inner.file && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}

fn label(intruder: &Intruder) -> String {
    let lets_in = match intruder.gap {
        Gap::Start => "anything may stand before this",
        Gap::End => "anything may stand behind this",
        Gap::Ungrouped => "`^` and `$` each hold for one alternative only",
        Gap::Run => "takes in more than whole labels of the host",
        Gap::Dot => "a dot here is any character",
    };
    format!("{lets_in}, so `{}` matches", intruder.origin)
}

fn help(intruder: &Intruder) -> String {
    let host = intruder.meant.replace('.', "\\.");
    match intruder.gap {
        Gap::Start => {
            format!("begin with the scheme, and let only whole labels follow: `^https://([a-z0-9-]+\\.)*{host}$`")
        }
        Gap::End => "end with `$`, before it the port if there is one: `(:[0-9]+)?$`".to_owned(),
        Gap::Ungrouped => "put the alternatives in parentheses: `^(https://…|https://…)$`".to_owned(),
        Gap::Run => format!("let only whole labels stand there, as in `^https://([a-z0-9-]+\\.)*{host}$`"),
        Gap::Dot => format!("write `\\.` for a dot: `{host}`"),
    }
}
