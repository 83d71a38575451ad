//! Levels whose own `add_header` drops a CORS header that a page needs (A1.1–A1.3).

use std::collections::BTreeSet;

use super::ask::few;
use super::{Ask, Dropping, Site, is_told, lacking};
use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::nginx::config::ContextId;
use crate::nginx::locations::{Pattern, pattern};

/// A level that drops what a page needs.
#[derive(Debug)]
pub struct Dropped<'d> {
    /// The level, and all it drops.
    pub dropping: Dropping<'d>,
    /// What the page needs.
    pub header: CorsHeader,
    /// The request that shows it.
    pub request: Request,
}

impl<'d> Site<'d> {
    /// All of them: those that requests enter, and those that requests end in after a jump.
    pub fn dropped(&self) -> Vec<Dropped<'d>> {
        let entered = self.entered_by_level().into_iter().filter_map(|(level, contexts)| {
            let dropping = self.dropping(level)?;
            let (header, request) = self.entering(&dropping, &contexts)?;
            Some(Dropped { dropping, header, request })
        });
        entered.chain(self.jumping()).collect()
    }

    /// A request from outside that fails for want of a dropped header.
    fn entering(&self, dropping: &Dropping<'_>, contexts: &[ContextId]) -> Option<(CorsHeader, Request)> {
        let outer = self.config.context(dropping.level).parent?;
        // What the page would be told if nothing were dropped: credentials may be dropped from beside an origin that stays.
        let around: Vec<_> = self.fields_in_force(outer);
        let app = contexts.iter().find_map(|context| self.app_at(*context));
        let caller = self.welcome(&around, app)?;
        let is_asked =
            |context: &&ContextId| !self.config.is_incomplete(**context) && !self.is_for_browsers_alone(**context);
        few(contexts.iter().filter(is_asked)).find_map(|&context| {
            let visit = self.visit(context, &caller, &self.asker.apps())?;
            let header =
                dropping.fields.iter().map(|field| field.header).find(|&header| visit.lacking(header).is_some())?;
            let is_here = visit.told().all(|answer| self.level_of(answer.context) == Some(dropping.level));
            is_here.then(|| (header, visit.request()))
        })
    }

    /// Returns whether a location serves what browsers and crawlers fetch by themselves, and no page does.
    fn is_for_browsers_alone(&self, context: ContextId) -> bool {
        let opener = self.config.context(context).opener;
        let path = opener.and_then(|opener| pattern(self.config, opener));
        matches!(path, Some(Pattern::Exact(path)) if matches!(&*path, b"/favicon.ico" | b"/robots.txt"))
    }

    /// Requests that enter a location with the header and are answered, after a jump, by one that drops the server's.
    fn jumping(&self) -> Vec<Dropped<'d>> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for exchange in self.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
            let entry = self.routes.get(exchange.route).map(|route| route.context);
            for answer in exchange.main.iter().filter(|answer| is_told(answer)) {
                let Some(header) = lacking(&exchange.verdict(Kind::Main, answer)) else { continue };
                if answer.location(self.config) == entry || self.config.is_incomplete(answer.context) {
                    continue;
                }
                let level = self.level_of(answer.context);
                let dropping = level.filter(|level| !seen.contains(level)).and_then(|level| self.dropping(level));
                let drops = |it: &Dropping<'_>| it.fields.iter().any(|field| field.header == header);
                let Some(dropping) = dropping.filter(drops) else { continue };
                seen.insert(dropping.level);
                found.push(Dropped { dropping, header, request: exchange.request(Kind::Main) });
            }
        }
        found
    }
}
