//! Requests made to fit the condition of an `if` that no other request meets.

use std::collections::BTreeSet;

use url::Url;

use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::serialized::check_serialized;
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::exchange;
use crate::deployment::ask::route;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::limits::Limit;
use crate::nginx::regex::example::example_path;

/// How many `if`s of one location are asked about: each request runs through all of them.
const MAX_PROBES: usize = 128;

/// Asks at these routes one request for each `if` with an `add_header` that none of the exchanges has met, where its condition tells what
/// request would meet it.
pub(crate) fn ask_ifs<'d>(site: &Site<'d>, routes: &[usize], asked: &[Exchange<'d>]) -> Vec<Exchange<'d>> {
    let answers = asked.iter().flat_map(Exchange::answers);
    let met: BTreeSet<ContextId> = answers.flat_map(|(_, answer)| answer.matched.iter().copied()).collect();
    let mut probes = Vec::new();
    for (index, route) in routes.iter().filter_map(|index| Some((*index, site.routes.get(*index)?))) {
        let mut left = MAX_PROBES;
        let (origin, mentioned) = match route.origins.first() {
            Some(origin) => (origin.clone(), true),
            None => (route.foreign_origin(), false),
        };
        for context in site.config.children(route.context) {
            let is_if = site.config.context(context).kind == ContextKind::IfInLocation;
            let has_own = site.config.named(context, b"add_header").next().is_some();
            if is_if && has_own && !met.contains(&context) {
                if left == 0 {
                    site.asker.model.give_up(route.context, Limit::Ways);
                    break;
                }
                left -= 1;
                probes.extend(ask(site, index, context, (&origin, mentioned)));
            }
        }
    }
    probes
}

fn ask<'d>(
    site: &Site<'d>,
    route: usize,
    context: ContextId,
    (origin, mentioned): (&str, bool),
) -> Option<Exchange<'d>> {
    let page = page(site, route, context, origin)?;
    let url = page.url().clone();
    let (entry, apps) = (site.routes[route].entry, site.asker.apps());
    let preflight = page.preflight().map_or_else(Vec::new, |request| site.asker.ask(entry, (&request, &url), &apps));
    let (page, main) = exchange::asked(site, entry, page, &apps);
    let meets = main.iter().any(|answer| answer.matched.contains(&context));
    let exchange = Exchange::new((route, Ask::Probe, mentioned), page, preflight.into(), main.into());
    (meets && exchange.is_sent()).then_some(exchange)
}

/// The page's request that meets the condition.
fn page(site: &Site<'_>, route: usize, context: ContextId, origin: &str) -> Option<PageRequest> {
    let (variable, text) = wanted(site, context)?;
    let variable = String::from_utf8(variable).ok()?.to_ascii_lowercase();
    let text = String::from_utf8(text).ok()?;
    let mut url = Url::parse(&site.routes[route].url).ok()?;
    let (mut method, mut header, mut from) = ("GET", None, origin);
    match variable.as_str() {
        "request_method" => method = &text,
        "http_origin" => from = &text,
        "args" | "query_string" | "is_args" => url.set_query(Some(&text)),
        "uri" | "request_uri" | "document_uri" => {
            // What is asked for may stand at the end of a path only.
            let here = [text.clone(), format!("{}{text}", url.path())];
            let leads_here = |path: &&String| path.starts_with('/') && route::leads_to(site, route, path.as_bytes());
            url.set_path(here.iter().find(leads_here)?);
        }
        name => match (name.strip_prefix("arg_"), name.strip_prefix("http_")) {
            (Some(argument), _) => url.set_query(Some(&format!("{argument}={text}"))),
            (None, Some(name)) => header = Some(name.replace('_', "-")),
            (None, None) => return None,
        },
    }
    let page = PageRequest::new(check_serialized(from).ok()?, method, url, CredentialsMode::Omit).ok()?;
    match header {
        Some(name) => page.with_header(&name, &text).ok(),
        None => Some(page),
    }
}

/// The variable an `if` asks, and a text that meets its condition.
fn wanted(site: &Site<'_>, context: ContextId) -> Option<(Vec<u8>, Vec<u8>)> {
    let config = site.config;
    match condition(config, config.context(context).opener?)? {
        Condition::True(variable) => Some((variable.into_owned(), b"1".to_vec())),
        Condition::Equal { variable, text, negated: false, .. } => Some((variable.into_owned(), text.into_owned())),
        Condition::Match { variable, regex, ignore_case, negated: false, .. } => {
            Some((variable.into_owned(), example_path(&site.asker.model.regexes, &regex, ignore_case)?))
        }
        _ => None,
    }
}
