//! Questions that a rule puts to a route beside those that every route is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;
use url::Url;

use crate::cors::origin::Origin;
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::Kind;
use crate::deployment::Ask;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::OriginFlow;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::deployment::ask::exchange;
use crate::deployment::equivalence::{Equivalence, KindOf};
use crate::dotenv::products::setting::Setting;
use crate::nginx::config::{Config, ItemId};
use crate::nginx::limits::{self, Limit};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};
use crate::source::FileId;

/// How many of the apps that may be meant are asked.
pub(crate) const MAX_CANDIDATES: usize = 64;
/// How many of the places in which one directive is in force are asked, none of them like another.
pub(crate) const MAX_ROUTES: usize = 64;

/// The degree to which a page can read what a location serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Admission {
    /// In no way that open questions may turn out.
    Never,
    /// In some of them.
    Sometimes,
    /// In all of them.
    Always,
}

/// The routes at which each directive may set a field, in their order; of those that are alike the first.
pub(in crate::deployment) fn routes_by_item(
    config: &Config<'_>,
    equivalence: &Equivalence,
    routes: &[Route<'_>],
) -> BTreeMap<ItemId, Vec<usize>> {
    let mut by_item: BTreeMap<ItemId, Vec<usize>> = BTreeMap::new();
    let mut seen: HashSet<(ItemId, KindOf)> = HashSet::new();
    for (index, route) in routes.iter().enumerate() {
        let kind = equivalence.kind_of(config, route.context);
        for field in &route.fields {
            let known = by_item.entry(field.item).or_default();
            let is_new = known.last() != Some(&index) && (equivalence.is_empty() || seen.insert((field.item, kind)));
            if is_new {
                known.push(index);
            }
        }
    }
    by_item
}

/// The first ones, as many as are asked. Where more of them would have to be, that is told.
pub(crate) fn few<T>(all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    all.enumerate().map_while(|(number, one)| {
        if number >= MAX_ROUTES {
            limits::meet(Limit::Places);
            return None;
        }
        Some(one)
    })
}

/// Returns what a page of `origin` gets for a plain GET at a route. Nothing where the text is no origin that browsers send, or where it is
/// the route's own, about which CORS has no say.
pub(crate) fn ask<'d>(site: &Site<'d>, route: usize, origin: &str, mode: CredentialsMode) -> Option<Exchange<'d>> {
    ask_by("GET", site, route, origin, mode)
}

/// The same by another method, whatever a preflight says of it.
pub(crate) fn ask_by<'d>(
    method: &str,
    site: &Site<'d>,
    route: usize,
    origin: &str,
    mode: CredentialsMode,
) -> Option<Exchange<'d>> {
    let url = Url::parse(&site.routes.get(route)?.url).ok()?;
    let page_origin = check_serialized(origin).ok().filter(|page| !page.is_same(&Origin::of(&url)))?;
    let page = PageRequest::new(page_origin, method, url, mode).ok()?;
    let (page, main) = exchange::asked(site, site.routes[route].entry, page, &site.asker.apps());
    Some(Exchange::new((route, Ask::Get, false), page, Arc::default(), main.into()))
}

/// Returns what a plain GET without an Origin gets at a route, as a page's own images and links send it.
pub(crate) fn ask_without_origin<'d>(site: &Site<'d>, route: usize) -> Vec<Answer<'d>> {
    let Some(text) = site.routes.get(route).map(|route| route.url.clone()) else { return Vec::new() };
    let Ok(url) = Url::parse(&text) else { return Vec::new() };
    let request = Request { method: "GET".into(), url: text, headers: Vec::new() };
    site.asker.ask(site.routes[route].entry, (&request, &url), &site.asker.apps())
}

/// The request of a page of `origin` that reaches the app of this .env file and is not sure to be let in. `None` where no nginx was given
/// that leads to the app: its own address is not known.
pub(crate) fn shut_out<'d>(deployment: &Deployment<'d>, file: FileId, origin: &str) -> Option<Request> {
    let shut_out = |site: &Site<'d>| {
        let routes = few(routes_to(site, file));
        let mut asked = routes.filter_map(|route| ask(site, route, origin, CredentialsMode::Omit));
        asked.find(|exchange| {
            let mut from_app = exchange.main.iter().filter(|answer| answer.by == AnsweredBy::App).peekable();
            from_app.peek().is_some() && !from_app.any(|answer| exchange.is_readable(answer))
        })
    };
    deployment.sites.iter().find_map(shut_out).map(|exchange| exchange.request(Kind::Main))
}

/// The same for an allow-list in force in production.
pub(crate) fn shut_out_by(deployment: &Deployment<'_>, setting: &Setting, origin: &str) -> Option<Request> {
    let is_it = |known: &Setting| known.cors && known.key_place == setting.key_place;
    let in_force = deployment.behind.apps().any(|app| app.setting(&setting.name).is_some_and(is_it));
    if in_force { shut_out(deployment, setting.key_place.file, origin) } else { None }
}

/// The exchange in which a page of `origin` gets at what this directive's locations serve: with credentials if it can,
/// and in all ways that open questions may turn out if it can.
pub(crate) fn admission<'d>(site: &Site<'d>, item: ItemId, origin: &str) -> Option<(Admission, Exchange<'d>)> {
    admission_by("GET", site, item, origin)
}

/// The same by another method.
pub(crate) fn admission_by<'d>(
    method: &str,
    site: &Site<'d>,
    item: ItemId,
    origin: &str,
) -> Option<(Admission, Exchange<'d>)> {
    let mut best: Option<(Admission, Exchange<'d>)> = None;
    for mode in [CredentialsMode::Include, CredentialsMode::Omit] {
        for route in few(routes_of(site, item)) {
            let Some(exchange) = ask_by(method, site, route, origin, mode) else { continue };
            let admission = exchange.admission();
            if admission > best.as_ref().map_or(Admission::Never, |(known, _)| *known) {
                best = Some((admission, exchange));
            }
        }
        if best.as_ref().is_some_and(|(admission, _)| *admission == Admission::Always) {
            break;
        }
    }
    best
}

/// Where the Allow-Origin of a directive comes from.
pub(crate) fn origin_flow<'a, 'd>(site: &'a Site<'d>, item: ItemId) -> Option<&'a OriginFlow<'d>> {
    // Items are numbered in the order in which their contexts come, and so are the flows.
    let at = site.origin_flows.partition_point(|(field, _)| field.item < item);
    site.origin_flows.get(at).filter(|(field, _)| field.item == item)
}

/// Returns whether an origin that is mentioned nowhere gets in where this directive is in force, by this method: then nothing is checked.
pub(crate) fn is_open_to_all<'d>(site: &Site<'d>, item: ItemId, method: &str) -> bool {
    let route = routes_of(site, item).next().and_then(|route| site.routes.get(route));
    route.is_some_and(|route| admission_by(method, site, item, &route.foreign_origin()).is_some())
}

/// Of these directives that send the same value those in unlike places, as many as are asked.
pub(crate) fn unlike_flows<'d, 'f>(
    site: &Site<'d>,
    flows: &[&'f OriginFlow<'d>],
) -> impl Iterator<Item = &'f OriginFlow<'d>> {
    let mut seen = HashSet::new();
    let kind = |item: ItemId| site.kind_of(site.config.item(item).context);
    few(flows.iter().copied().filter(move |(field, _)| seen.insert(kind(field.item))))
}

/// The routes that reach the app of a .env file; of those that are alike the first.
fn routes_to(site: &Site<'_>, file: FileId) -> impl Iterator<Item = usize> {
    let by_file = site.routes_by_file.get_or_init(|| {
        let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        let mut seen = HashSet::new();
        for (index, route) in site.routes.iter().enumerate().filter(|(_, route)| route.reaches_app) {
            let kind = site.kind_of(route.context);
            for file in route.app.iter().flat_map(|app| &app.files).filter(|file| seen.insert((**file, kind))) {
                by_file.entry(*file).or_default().push(index);
            }
        }
        by_file
    });
    by_file.get(&file).into_iter().flatten().copied()
}

/// The routes at which a directive may set a field; of those that are alike the first.
pub(crate) fn routes_of(site: &Site<'_>, item: ItemId) -> impl Iterator<Item = usize> {
    site.routes_by_item.get(&item).into_iter().flatten().copied()
}

impl<'d> Exchange<'d> {
    /// Returns whether the page gets at the answer to the request itself: it may read it, and it is no refusal and no redirect.
    pub fn gets_in(&self, answer: &Answer<'d>) -> bool {
        answer.status.is_none_or(|status| (200..300).contains(&status)) && self.is_readable(answer)
    }

    /// The same, whatever the questions that are open; that the file asked for is there goes without saying.
    pub fn admission(&self) -> Admission {
        let is_missing = |answer: &Answer<'d>| answer.assumes(false, |question| matches!(question, Question::File(_)));
        let shut = self.main.iter().any(|answer| !self.gets_in(answer) && !is_missing(answer));
        match self.main.iter().any(|answer| self.gets_in(answer)) {
            false => Admission::Never,
            true if shut => Admission::Sometimes,
            true => Admission::Always,
        }
    }
}
