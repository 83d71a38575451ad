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

mod detect;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{Config, ItemId};
use crate::nginx::origins::flow::set_fields;
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};
use detect::is_without_always;
use detect::{HiddenError, NeverSent};

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "missing-always",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The version that brought `always`.
const ALWAYS: (u32, u32, u32) = (1, 7, 5);

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    if deployment.is_nginx_since(ALWAYS) == Some(false) {
        return;
    }
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for hidden in detect::hidden_errors(site) {
            finding(deployment, site, &hidden).into_iter().for_each(|finding| reported.keep(finding));
        }
    }
    for site in &deployment.sites {
        detect::never_sent(site).iter().for_each(|found| reported.keep(never_sent(site, found)));
    }
    reported.finish(findings);
}

/// Every response of the block is an error.
fn never_sent(site: &Site<'_>, found: &NeverSent<'_, '_>) -> Finding {
    let config = site.config;
    let status = found.status;
    let message = match found.is_only {
        true => format!(
            "nginx never sends this header: every response here is {status}, and without `always` it is sent only with 200, 201, 204, 206, and redirects"
        ),
        false => format!(
            "the browser hides this {status} from the page: without `always`, nginx sends the header only with 200, 201, 204, 206, and redirects"
        ),
    };
    let finding = RULE.finding(config.place(found.item), "is not sent with errors", message);
    let fix = Fix { safe: true, edits: edits(config, found.item) };
    let finding = finding.beside(Some((config.place(found.by), "answers with an error")));
    Finding { fix: Some(fix), ..finding.shown_by(Some(found.exchange.request(Kind::Main))) }
        .with_help("add `always` after the value")
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, hidden: &HiddenError<'_, '_>) -> Option<Finding> {
    let config = site.config;
    let (&first, others) = hidden.items.split_first()?;
    let (status, name) = (hidden.status, hidden.header.name());
    let message = format!("browsers hide the app's errors from the page: an answer with {status} has no {name}");
    let since = if deployment.nginx_version.is_none() { " (nginx 1.7.5 and later)" } else { "" };
    let other = |item: &ItemId| Label { place: config.place(*item), text: "nor is this one".into() };
    Some(Finding {
        related: others.iter().map(other).collect(),
        help: Some(format!("write `always` behind the value{since}").into()),
        request: Some(hidden.exchange.request(Kind::Main)),
        fix: Some(Fix { safe: true, edits: hidden.items.iter().flat_map(|item| edits(config, *item)).collect() }),
        ..RULE.finding(config.place(first), "is not sent with errors", message)
    })
}

/// `always` behind this header, and behind those beside it that a page needs with it.
fn edits(config: &Config<'_>, item: ItemId) -> Vec<Edit> {
    let helps = |item: &ItemId| {
        let fields = set_fields(config, *item);
        fields.iter().any(|field| !matches!(field.header, CorsHeader::AllowMethods | CorsHeader::AllowHeaders))
    };
    let own = config.named(config.item(item).context, b"add_header");
    let file = config.item(item).file;
    let wanted =
        own.filter(|other| is_without_always(config, *other) && helps(other) && config.item(*other).file == file);
    let edit = |item: ItemId| {
        let place = config.place(item);
        let behind = Place { span: Span::new(place.span.end, place.span.end), ..place };
        Edit { place: behind, text: " always".to_owned() }
    };
    wanted.map(edit).collect()
}
