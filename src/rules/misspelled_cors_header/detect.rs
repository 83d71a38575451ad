//! Headers under names that no browser knows, and what a page lacks by that.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::cors::header::CorsHeader;
use crate::cors::misnomer::{Misnomer, misnomer};
use crate::cors::request::Request;
use crate::deployment::Caller;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::nginx::config::header_names::names;
use crate::nginx::config::{ContextId, ItemId};
use crate::source::Place;

/// A header under such a name.
#[derive(Debug)]
pub(super) struct Misnamed {
    /// The directive that sends it.
    pub item: ItemId,
    /// Where the name stands.
    pub place: Place,
    /// The name.
    pub name: String,
    /// Its fault.
    pub misnomer: Misnomer,
    /// True if the header that is meant is set beside it under its right name.
    pub is_right_beside: bool,
    /// True if answers have the header from elsewhere. Only asked for an Allow-Origin.
    pub is_sent: bool,
    /// The request of a page that lacks it. Only asked for an Allow-Origin.
    pub request: Option<Request>,
}

/// All of them in a site, in the order of the configuration.
pub(super) fn misnamed<'d>(site: &Site<'d>) -> Vec<Misnamed> {
    let config = site.config;
    let mut entered: Option<BTreeMap<ContextId, Vec<ContextId>>> = None;
    // By context, asked once however many names are misspelled: what a page gets there, and what is set under its right name.
    let mut seen: BTreeMap<Option<ContextId>, (bool, Option<Request>)> = BTreeMap::new();
    let mut right: BTreeMap<ContextId, BTreeSet<CorsHeader>> = BTreeMap::new();
    let mut judged: HashMap<String, Option<Misnomer>> = HashMap::new();
    let mut found = Vec::new();
    for item in site.contexts().flat_map(|context| config.items(context)) {
        for (place, name) in names(config, item) {
            // A generated file has few names, however many headers.
            let judged = match judged.get(&name) {
                Some(known) => *known,
                None => *judged.entry(name.clone()).or_insert(misnomer(&name)),
            };
            let Some(misnomer) = judged else { continue };
            let context = config.item(item).context;
            let set = || visit::fields_in_force(site, context).into_iter().map(|field| field.header).collect();
            let is_set = |header| right.entry(context).or_insert_with(set).contains(&header);
            let is_right_beside = misnomer.meant().is_some_and(is_set);
            let (is_sent, request) = match misnomer.meant() {
                Some(CorsHeader::AllowOrigin) if !is_right_beside => {
                    let contexts = entered.get_or_insert_with(|| visit::entered_by_level(site)).get(&context);
                    let context = contexts.and_then(|contexts| contexts.first()).copied();
                    seen.entry(context).or_insert_with(|| got(site, context)).clone()
                }
                _ => (false, None),
            };
            found.push(Misnamed { item, place, name, misnomer, is_right_beside, is_sent, request });
        }
    }
    found
}

/// Returns whether a page gets an Allow-Origin in a context, and its request if not.
fn got(site: &Site<'_>, context: Option<ContextId>) -> (bool, Option<Request>) {
    let caller = Caller { origin: visit::foreign_origin(), credentials: false };
    let visit = context.and_then(|it| visit::visit(site, it, &caller, &site.asker.apps()));
    let Some(visit) = visit else { return (false, None) };
    match visit.lacking(CorsHeader::AllowOrigin) {
        Some(_) => (false, Some(visit.request())),
        None => (visit.told().next().is_some(), None),
    }
}
