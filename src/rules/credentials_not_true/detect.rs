//! Values sent as Access-Control-Allow-Credentials, and the request with credentials that shows each.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Blocked, Reason, Verdict};
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::nginx::config::ItemId;
use crate::nginx::origins::flow::{SetField, Text, flow, set_fields};
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
