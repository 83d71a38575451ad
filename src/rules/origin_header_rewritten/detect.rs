//! `proxy_set_header Origin`: what becomes of pages when the app is told another origin than theirs (A4.10).

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Verdict;
use crate::deployment::Behind;
use crate::deployment::Caller;
use crate::deployment::Site;
use crate::deployment::Visit;
use crate::deployment::ask::visit;
use crate::deployment::upstream;
use crate::deployment::upstream_to;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::setting::AllowedOrigin;
use crate::nginx::config::inheritance::{List, Protocol};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::syntax::parts::only_variable;
use crate::source::Place;

/// A directive that tells the app another origin than the page's, and a request that suffers by it.
#[derive(Debug, Clone)]
pub(super) struct Rewritten {
    /// The directive.
    pub item: ItemId,
    /// The value that the app gets instead.
    pub told: String,
    /// The page that the app is known to allow, and would; nothing where it is open whether the app decides by Origin at all.
    pub page: Option<String>,
    /// The key that lets that app decide.
    pub evidence: Option<Place>,
    /// The directives that hand requests to an app there.
    pub passes: Vec<ItemId>,
    /// The request.
    pub request: Request,
}

/// Each of them once, in a location where it is certain if there is one.
pub(super) fn rewritten_origins(site: &Site<'_>) -> Vec<Rewritten> {
    let config = site.config;
    let mut levels: BTreeMap<(ContextId, &[u8]), ItemId> = BTreeMap::new();
    for level in site.contexts() {
        let own = config.items(level).filter(|item| is_rewrite(config, *item));
        levels.extend(own.map(|item| ((level, config.item(item).name), item)));
    }
    let mut all: BTreeMap<Place, Rewritten> = BTreeMap::new();
    if levels.is_empty() {
        return Vec::new();
    }
    let protocols = [Protocol::Proxy, Protocol::Grpc];
    for (context, protocol) in visit::entered(site).flat_map(|context| protocols.map(|protocol| (context, protocol))) {
        let first = config.list(context, List::SetHeader(protocol)).first().map(|first| config.item(*first));
        let Some(&item) = first.and_then(|first| levels.get(&(first.context, first.name))) else { continue };
        let place = config.place(item);
        // The first place tells, unless a later one is certain.
        let known = all.get(&place).map(|known| known.page.is_some());
        if known != Some(true)
            && let Some(found) = rewritten(site, context, (protocol, item))
            && (known.is_none() || found.page.is_some())
        {
            all.insert(place, found);
        }
    }
    all.into_values().collect()
}

fn rewritten(site: &Site<'_>, context: ContextId, (protocol, item): (Protocol, ItemId)) -> Option<Rewritten> {
    let config = site.config;
    let pass: &[u8] = if protocol == Protocol::Grpc { b"grpc_pass" } else { b"proxy_pass" };
    // Where nothing is forwarded, no app gets a header.
    if !visit::passes(site, context).any(|item| config.item(item).name == pass) {
        return None;
    }
    // What a location for WebSockets tells its app is not about CORS.
    let upgrades = |item: &ItemId| config.parameter(*item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Upgrade"));
    let headers = config.list(context, List::SetHeader(protocol));
    if config.is_incomplete(context) || headers.iter().any(upgrades) {
        return None;
    }
    let told = String::from_utf8_lossy(&config.parameter(item, 2)?).into_owned();
    let app = visit::app_at(site, context);
    let evidence = app.and_then(|app| app.evidence.as_ref()).map(|evidence| evidence.place);
    let found = |visit: &Visit<'_>, page: Option<String>| Rewritten {
        item,
        told: told.clone(),
        evidence: evidence.filter(|_| page.is_some()),
        page,
        passes: visit::passes(site, context).collect(),
        request: visit.request(),
    };
    let Some(app) = app.filter(|app| app.evidence.as_ref().is_some_and(|evidence| evidence.only_at.is_none())) else {
        return unanswered_by_nginx(site, context, app).map(|visit| found(&visit, None));
    };
    // The last one: an app may answer with the first to whomever it does not know.
    let page = app.origins.iter().rfind(|origin| origin.cors)?.text.trim_end_matches('/').to_owned();
    let caller = Caller { origin: page.clone(), credentials: false };
    let honest = visit::visit(site, context, &caller, &upstream_to(app, &page))?;
    honest.told().next()?;
    if told == page || honest.told().any(|answer| matches!(honest.verdict(answer), Verdict::Blocked(_))) {
        return None;
    }
    let visit = visit::visit(site, context, &caller, &upstream_to(app, &told))?;
    let is_blocked = visit.told().all(|answer| matches!(visit.verdict(answer), Verdict::Blocked(_)));
    let may_read = visit.told().all(|answer| visit.verdict(answer) == Verdict::Allowed);
    if may_read && !told.contains('$') {
        return None;
    }
    if told.contains('$') || !(is_blocked || cannot_know(app)) {
        return Some(found(&visit, None));
    }
    Some(found(&visit, Some(page)))
}

/// Without the app's files: where nginx sends no Access-Control-Allow-Origin itself, the app may.
fn unanswered_by_nginx<'d>(site: &Site<'d>, context: ContextId, app: Option<&App>) -> Option<Visit<'d>> {
    // Where an `if` sends Access-Control-Allow-Origin, nginx decides which pages may read, and the app is meant not to.
    let mut in_ifs =
        site.ifs.get(&context).into_iter().flatten().flat_map(|block| visit::fields_in_force(site, *block));
    if in_ifs.any(|field| field.header == CorsHeader::AllowOrigin) {
        return None;
    }
    let around = visit::fields_in_force(site, context);
    let foreign = || Caller { origin: visit::foreign_origin(), credentials: false };
    let caller = visit::welcome(site, &around, app).unwrap_or_else(foreign);
    let visit = visit::visit(site, context, &caller, &upstream(site.config, &Behind::default()))?;
    visit.lacking(CorsHeader::AllowOrigin)?;
    Some(visit)
}

/// Returns whether it tells the app another origin than the page's.
fn is_rewrite(config: &Config<'_>, item: ItemId) -> bool {
    let is_origin = config.parameter(item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Origin"));
    let hands_on = |value: &[u8]| only_variable(value).is_some_and(|name| name.eq_ignore_ascii_case(b"http_origin"));
    matches!(config.item(item).name, b"proxy_set_header" | b"grpc_set_header")
        && is_origin
        && config.parameter(item, 2).is_some_and(|value| !hands_on(&value))
}

/// Returns whether the app cannot know which of several origins asks unless it is told.
fn cannot_know(app: &App) -> bool {
    let mut origins = app.origins.iter().filter(|origin| origin.cors);
    let chooses = |origin: &AllowedOrigin| {
        let sure = origin.keys.iter().all(|key| key.certainty >= Certainty::Usage && !key.is_verbatim());
        sure && origin.text.contains("://") && !origin.text.contains('*')
    };
    app.any_origin.is_none() && origins.clone().nth(1).is_some() && origins.all(chooses)
}
