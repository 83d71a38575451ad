//! Values sent as Access-Control-Allow-Credentials, and the request with credentials that shows each.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Blocked, Kind, Reason, Verdict};
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::is_told;
use crate::deployment::lacking;
use crate::nginx::config::ItemId;
use crate::nginx::origins::flow::{SetField, Text, flow, set_fields};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::source::Place;

/// Two lines of `true`, which browsers read as `true, true` (C16).
#[derive(Debug)]
pub(super) struct Twice {
    /// The directive of the first; the app, where it is none.
    pub first: Option<ItemId>,
    /// The directive of the second.
    pub second: ItemId,
    /// The request that gets both.
    pub request: Request,
}

/// The texts that may become an Allow-Credentials, with the directive that sends them and the first request
/// with credentials that gets them.
pub(super) fn credentials_texts<'d>(site: &Site<'d>) -> Vec<(SetField<'d>, Text, Option<Request>)> {
    let config = site.config;
    let items = site.contexts().flat_map(|context| config.items(context));
    let fields = items.flat_map(|item| set_fields(config, item));
    let shown = credentials_shown(site);
    let mut texts = Vec::new();
    for field in fields.filter(|field| field.header == CorsHeader::AllowCredentials) {
        for text in flow(config, &site.asker.model.definitions, &field).texts {
            let request = shown.get(&(field.item, text.text.as_slice())).cloned();
            texts.push((field.clone(), text, request));
        }
    }
    texts
}

fn credentials_shown<'s>(site: &'s Site<'_>) -> BTreeMap<(ItemId, &'s [u8]), Request> {
    let mut shown = BTreeMap::new();
    for exchange in with_credentials(site) {
        for (kind, answer) in exchange.answers() {
            for field in answer.fields_of(CorsHeader::AllowCredentials) {
                if let (Some(item), Some(value)) = (field.item, field.value.bytes()) {
                    shown.entry((item, value)).or_insert_with(|| exchange.request(kind));
                }
            }
        }
    }
    shown
}

/// Where it comes twice, once for each place. Where Allow-Origin comes twice as well, that is the fault.
pub(super) fn credentials_twice(site: &Site<'_>) -> Vec<Twice> {
    let mut seen: BTreeSet<Place> = BTreeSet::new();
    let found = with_credentials(site).filter_map(|exchange| twice(exchange));
    found.filter(|twice| seen.insert(site.config.place(twice.second))).collect()
}

fn with_credentials<'s, 'd>(site: &'s Site<'d>) -> impl Iterator<Item = &'s Exchange<'d>> {
    site.exchanges.iter().filter(|exchange| exchange.page.has_credentials())
}

fn twice<'d>(exchange: &Exchange<'d>) -> Option<Twice> {
    exchange.answers().find_map(|(kind, answer)| {
        let mut lines = answer.fields_of(CorsHeader::AllowCredentials);
        let (first, second) = (lines.next()?, lines.next()?);
        answer.only_field_of(CorsHeader::AllowOrigin)?;
        let Verdict::Blocked(Blocked { reason: Reason::CredentialsNotTrue(_), .. }) = exchange.verdict(kind, answer)
        else {
            return None;
        };
        Some(Twice { first: first.item, second: second.item?, request: exchange.request(kind) })
    })
}

/// Credentials that the response to the preflight allows, and the response to the request itself does not.
#[derive(Debug)]
pub(super) struct OnPreflightAlone {
    /// The directive that allows them.
    pub item: ItemId,
    /// The directive that sets the Allow-Origin of the response to the request itself.
    pub origin: ItemId,
    /// The request that is blocked.
    pub request: Request,
}

/// The first of each route. nginx sets Allow-Origin on both, so it decides on both.
pub(super) fn on_preflights_alone(site: &Site<'_>) -> Vec<OnPreflightAlone> {
    let asked =
        site.exchanges.iter().filter(|exchange| exchange.page.has_credentials() && exchange.page.needs_preflight());
    let found = asked.filter_map(|exchange| {
        let route = site.routes.get(exchange.route).filter(|route| !route.is_partial)?;
        let preflight = exchange.preflight.first()?;
        let allows = |answer: &Answer<'_>| exchange.verdict(Kind::Preflight, answer) == Verdict::Allowed;
        let item = preflight.only_field_of(CorsHeader::AllowCredentials)?.item?;
        let mut told = exchange.main.iter().filter(|answer| is_told(answer)).peekable();
        let origin = told.peek()?.only_field_of(CorsHeader::AllowOrigin)?.item?;
        let lacks =
            |answer: &Answer<'_>| lacking(&exchange.verdict(Kind::Main, answer)) == Some(CorsHeader::AllowCredentials);
        // An app whose Allow-Origin is hidden sends CORS headers, and perhaps this one.
        let hides = |answer: &Answer<'_>| site.config.hides_from_any(answer.context, CorsHeader::AllowOrigin.name());
        if exchange.main.iter().any(|answer| answer.by == AnsweredBy::App && hides(answer)) {
            return None;
        }
        // A value that a `map` leaves empty for other methods is in force and is not sent.
        let is_fixed = set_fields(site.config, item).iter().all(|field| !field.value.contains(&b'$'));
        let in_force = |item: &ItemId| is_fixed && site.config.add_headers(route.context).contains(item);
        (exchange.preflight.iter().all(allows) && told.all(lacks) && !in_force(&item)).then(|| OnPreflightAlone {
            item,
            origin,
            request: exchange.request(Kind::Main),
        })
    });
    found.collect()
}
