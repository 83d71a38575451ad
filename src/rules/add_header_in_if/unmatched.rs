//! Methods that a preflight allows while no `if` sends CORS headers with the answers to them.

use std::collections::BTreeMap;

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::deployment::lacking;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::Answered;

/// A method whose answers a page cannot read, though its preflight is answered well and other methods work.
#[derive(Debug, Clone)]
pub(super) struct Unmatched {
    /// The list that allows the method.
    pub item: ItemId,
    /// The method.
    pub method: &'static str,
    /// The request that is blocked.
    pub request: Request,
}

/// The first of each `if` of a location that answers preflights.
pub(super) fn unmatched_methods(site: &Site<'_>) -> BTreeMap<ContextId, Unmatched> {
    let mut all = BTreeMap::new();
    // The same request is asked in either credentials mode, and what lacks an Allow-Origin lacks it in both.
    let asked = preflight::answered_preflights(site).filter(|answered| !answered.exchange.page.has_credentials());
    for answered in asked.filter(|answered| answered.is_open) {
        let Some(answer) = answered.exchange.preflight.first() else { continue };
        let is_if = site.config.context(answer.context).kind == ContextKind::IfInLocation;
        if is_if
            && !all.contains_key(&answer.context)
            && let Some(found) = unmatched(site, &answered)
        {
            all.insert(answer.context, found);
        }
    }
    all
}

fn unmatched<'d>(site: &Site<'d>, answered: &Answered<'_, 'd>) -> Option<Unmatched> {
    let exchange = answered.exchange;
    let answer = exchange.preflight.first()?;
    if exchange.verdict(Kind::Preflight, answer) != Verdict::Allowed {
        return None;
    }
    let field = answer.only_field_of(CorsHeader::AllowMethods)?;
    let (item, text) = (field.item?, std::str::from_utf8(field.value.bytes()?).ok()?);
    let listed = list_values(text).ok()?;
    let mode = if exchange.page.has_credentials() { CredentialsMode::Include } else { CredentialsMode::Omit };
    ["POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| listed.contains(method)).find_map(|method| {
        let page = PageRequest::new(exchange.page.origin().clone(), method, exchange.page.url().clone(), mode).ok()?;
        let visit = visit::visit_as(site, exchange.route, page);
        let is_lost = visit.told().all(|answer| lacking(&visit.verdict(answer)) == Some(CorsHeader::AllowOrigin));
        (is_lost && visit.told().next().is_some()).then(|| Unmatched { item, method, request: visit.request() })
    })
}
