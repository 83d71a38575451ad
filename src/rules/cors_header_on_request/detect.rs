//! Headers for browsers that nginx sends to the app instead (A4.10).

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::Caller;
use crate::deployment::Site;
use crate::deployment::ask::questions::few;
use crate::deployment::ask::visit;
use crate::nginx::config::inheritance::{List, Protocol};
use crate::nginx::config::{Config, ContextId, ItemId};

/// The directives of one level that set such headers.
#[derive(Debug, Clone)]
pub(super) struct Misdirected {
    /// The first of them.
    pub first: ItemId,
    /// The others.
    pub others: Vec<ItemId>,
    /// A request of a page that gets no Allow-Origin where they are in force.
    pub blocked: Option<Request>,
}

/// All of them, level by level.
pub(super) fn misdirected(site: &Site<'_>) -> Vec<Misdirected> {
    let config = site.config;
    let mut levels: BTreeMap<ContextId, (Vec<ItemId>, Vec<ContextId>)> = BTreeMap::new();
    for level in site.contexts() {
        let items: Vec<ItemId> = config.items(level).filter(|item| is_for_browsers(config, *item)).collect();
        if !items.is_empty() {
            levels.insert(level, (items, Vec::new()));
        }
    }
    let mut seen = HashSet::new();
    let entered = visit::entered(site).filter(|_| !levels.is_empty()).collect::<Vec<_>>();
    for context in entered {
        let first = config.list(context, List::SetHeader(Protocol::Proxy)).first();
        // What another protocol sets is looked for in the location alone.
        let level = first.map_or(context, |item| config.item(*item).context);
        if let Some((_, contexts)) = levels.get_mut(&level)
            && seen.insert((level, site.kind_of(context)))
        {
            contexts.push(context);
        }
    }
    let found = levels.into_values().filter_map(|(items, contexts)| {
        let (&first, others) = items.split_first()?;
        let blocked = few(contexts.iter()).find_map(|&context| gets_no_origin(site, context));
        Some(Misdirected { first, others: others.to_vec(), blocked })
    });
    found.collect()
}

/// A page's request that gets no Allow-Origin in `context`.
fn gets_no_origin(site: &Site<'_>, context: ContextId) -> Option<Request> {
    if site.config.is_incomplete(context) || site.config.context(context).opener.is_none() {
        return None;
    }
    let app = visit::app_at(site, context);
    let allowed = app.and_then(|app| app.origins.iter().find(|origin| origin.cors));
    let elsewhere = || {
        let origin = allowed.map_or_else(visit::foreign_origin, |origin| origin.text.clone());
        Caller { origin, credentials: false }
    };
    let caller = visit::welcome(site, &visit::fields_in_force(site, context), app).unwrap_or_else(elsewhere);
    let visit = visit::visit(site, context, &caller, &site.asker.apps())?;
    visit.lacking(CorsHeader::AllowOrigin).map(|_| visit.request())
}

/// Returns whether it sets a header for the app that is meant for browsers. An empty value takes one away, which does no harm.
fn is_for_browsers(config: &Config<'_>, item: ItemId) -> bool {
    let is_set = matches!(config.item(item).name, b"proxy_set_header" | b"grpc_set_header");
    let header = || CorsHeader::from_name(&config.parameter(item, 1)?);
    let is_answers = |header: CorsHeader| !header.is_request() && header != CorsHeader::Vary;
    is_set && header().is_some_and(is_answers) && config.parameter(item, 2).is_none_or(|value| !value.is_empty())
}
