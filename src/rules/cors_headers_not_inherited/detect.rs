//! Levels whose own `add_header` drops a CORS header that a page needs (A1.1–A1.3).

use std::collections::BTreeSet;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::Ask;
use crate::deployment::Dropping;
use crate::deployment::Site;
use crate::deployment::ask::questions::few;
use crate::deployment::ask::visit;
use crate::deployment::is_told;
use crate::deployment::lacking;
use crate::deployment::locations::audience::Audience;
use crate::nginx::config::ContextId;

/// A level that drops what a page needs.
#[derive(Debug)]
pub(super) struct Dropped<'d> {
    /// The level, and all it drops.
    pub dropping: Dropping<'d>,
    /// The header that the page needs.
    pub header: CorsHeader,
    /// The request that shows it.
    pub request: Request,
    /// True if a page of another origin hardly ever sends it.
    pub is_rare: bool,
}

/// All of them: those that requests enter, and those that requests end in after a jump.
pub(super) fn dropped<'d>(site: &Site<'d>) -> Vec<Dropped<'d>> {
    let entered = visit::entered_by_level(site).into_iter().filter_map(|(level, contexts)| {
        let dropping = visit::dropping(site, level)?;
        let (shown, rare): (Vec<_>, Vec<_>) =
            contexts.into_iter().partition(|context| site.audiences.of(*context) == Audience::Pages);
        let found = entering(site, &dropping, &shown).map(|found| (found, false));
        let ((header, request), is_rare) =
            found.or_else(|| entering(site, &dropping, &rare).map(|found| (found, true)))?;
        Some(Dropped { dropping, header, request, is_rare })
    });
    entered.chain(jumping(site)).collect()
}

/// A request from outside that fails for want of a dropped header.
fn entering(site: &Site<'_>, dropping: &Dropping<'_>, contexts: &[ContextId]) -> Option<(CorsHeader, Request)> {
    let outer = site.config.context(dropping.level).parent?;
    // What the page would be told if nothing were dropped: credentials may be dropped from beside an origin that stays.
    let around: Vec<_> = visit::fields_in_force(site, outer);
    let app = contexts.iter().find_map(|context| visit::app_at(site, *context));
    let caller = visit::welcome(site, &around, app)?;
    let is_asked = |context: &&ContextId| {
        !site.config.is_incomplete(**context) && site.audiences.of(**context) != Audience::NoPage
    };
    few(contexts.iter().filter(is_asked)).find_map(|&context| {
        let visit = visit::visit(site, context, &caller, &site.asker.apps())?;
        let header =
            dropping.fields.iter().map(|field| field.header).find(|&header| visit.lacking(header).is_some())?;
        let is_here = visit.told().all(|answer| visit::level_of(site, answer.context) == Some(dropping.level));
        is_here.then(|| (header, visit.request()))
    })
}

/// Requests that enter a location with the header and are answered, after a jump, by one that drops the server's.
fn jumping<'d>(site: &Site<'d>) -> Vec<Dropped<'d>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
        let entry = site.routes.get(exchange.route).map(|route| route.context);
        for answer in exchange.main.iter().filter(|answer| is_told(answer)) {
            let Some(header) = lacking(&exchange.verdict(Kind::Main, answer)) else { continue };
            if answer.location(site.config) == entry || site.config.is_incomplete(answer.context) {
                continue;
            }
            let level = visit::level_of(site, answer.context);
            let dropping = level.filter(|level| !seen.contains(level)).and_then(|level| visit::dropping(site, level));
            let drops = |it: &Dropping<'_>| it.fields.iter().any(|field| field.header == header);
            let Some(dropping) = dropping.filter(drops) else { continue };
            seen.insert(dropping.level);
            let is_rare = answer.location(site.config).is_some_and(|it| site.audiences.of(it) != Audience::Pages);
            found.push(Dropped { dropping, header, request: exchange.request(Kind::Main), is_rare });
        }
    }
    found
}
