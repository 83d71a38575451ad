//! A location without CORS headers takes requests that a location with them is for.
//!
//! ## Why it matters
//!
//! nginx takes the first regular expression that matches, and any of them before a prefix without `^~` (A6.1, A6.2). A location that sends
//! `Access-Control-Allow-Origin` with fonts sends it with none of them where an earlier location for static files lists the same extensions.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     location ~* \.(css|js|png|woff2)$ {
//!         expires 1y;
//!     }
//!     location ~* \.(ttf|woff|woff2)$ {
//!         add_header Access-Control-Allow-Origin "*";
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     location ~* \.(ttf|woff|woff2)$ {
//!         add_header Access-Control-Allow-Origin "*";
//!     }
//!     location ~* \.(css|js|png)$ {
//!         expires 1y;
//!     }
//! }
//! ```

use crate::cors::header::CorsHeader;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::questions::few;
use crate::deployment::ask::visit;
use crate::deployment::field_place;
use crate::deployment::locations::audience;
use crate::finding::{Finding, Severity};
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::origins::flow::SetField;
use crate::nginx::regex::example::example_path;
use crate::nginx::simulate::locations::{FoundLocation, Pattern, pattern};
use crate::rule::{Rule, Subject};
use crate::rules::shared::repeated::Repeated;
use crate::source::lossy;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "shadowed-location",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_core_module.html#location"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let is_location = |context: &ContextId| site.config.context(*context).kind == ContextKind::Location;
        let is_candidate = |context: &ContextId| is_location(context) && is_for_its_own(site, *context);
        for context in few(site.contexts().filter(is_candidate)) {
            shadowed(deployment, site, context).into_iter().for_each(|finding| reported.keep(finding));
        }
    }
    reported.finish(findings);
}

/// Returns whether a location has headers of its own and is for files that another one may take: an expression that lists fonts, or a prefix
/// called after fonts, since any other directory may hold anything else.
fn is_for_its_own(site: &Site<'_>, context: ContextId) -> bool {
    let config = site.config;
    let written = config.context(context).opener.and_then(|opener| pattern(config, opener));
    let is_for_files = match &written {
        Some(Pattern::Prefix { path, no_regex: false }) => is_for_fonts(path),
        Some(regex @ Pattern::Regex { .. }) => audience::font_of(regex).is_some(),
        _ => false,
    };
    is_for_files && !config.is_incomplete(context) && config.named(context, b"add_header").next().is_some()
}

/// The first font that a location for files is for and another location takes, without the header.
fn shadowed(deployment: &Deployment<'_>, site: &Site<'_>, context: ContextId) -> Option<Finding> {
    let (config, model) = (site.config, &site.asker.model);
    let fields = visit::fields_in_force(site, context);
    let is_own = |field: &&SetField<'_>| config.item(field.item).context == context;
    let field = fields.iter().filter(is_own).find(|field| field.header == CorsHeader::AllowOrigin)?;
    let server = config.enclosing(context, ContextKind::Server)?;
    let written = pattern(config, config.context(context).opener?)?;
    let starts = match &written {
        Pattern::Prefix { path, .. } => format!("{}/x", lossy(path).trim_end_matches('/')),
        Pattern::Regex { pattern, ignore_case } => {
            let example = example_path(&model.regexes, pattern, *ignore_case)?;
            let example = String::from_utf8(example).ok()?;
            let start = example.rsplit_once('.').map_or("", |(start, _)| start);
            if start.starts_with('/') { start.to_owned() } else { format!("/x{start}") }
        }
        _ => return None,
    };
    let caller = visit::welcome(site, &fields, None)?;
    let fonts = audience::FONTS.iter().map(|font| format!("{starts}.{font}"));
    let is_meant = |path: &String| match &written {
        Pattern::Regex { pattern, ignore_case } => {
            model.regexes.is_match(pattern, *ignore_case, path.as_bytes()) == Some(true)
        }
        _ => true,
    };
    fonts.filter(is_meant).find_map(|path| {
        let (found, _) = model.locations.find(config, &model.regexes, server, path.as_bytes());
        let FoundLocation::Location(taker) = found else { return None };
        if config.is_incomplete(taker) || config.ancestors(taker).any(|around| around == context) {
            return None;
        }
        let asked = visit::visit_url(site, &format!("{}{path}", site.base(server)?), &caller)?;
        asked.lacking(CorsHeader::AllowOrigin)?;
        let taker = field_place::place_of(site, taker);
        let head = deployment.sources.text(taker);
        let message = format!("`{head}` takes the request for `{path}`, and the browser blocks the font: its response has no Access-Control-Allow-Origin");
        let finding = RULE.finding(config.place(field.item), "is not sent with all fonts", message);
        Some(
            finding
                .beside([(taker, "takes these requests first")])
                .shown_by(Some(asked.request()))
                .with_help(match &written {
                    Pattern::Prefix { .. } => "write `location ^~ …`, so that no regular expression is tried, or add the header there as well",
                    _ => "move the location with this header above that one, or add the header there as well",
                }),
        )
    })
}

/// Returns whether a path is called after fonts.
fn is_for_fonts(path: &[u8]) -> bool {
    path.to_ascii_lowercase().windows(4).any(|part| part == b"font")
}
