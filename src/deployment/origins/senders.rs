//! Which requests show what a text makes of Allow-Origin.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::cors::header::CorsHeader;
use crate::cors::page::CredentialsMode;
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Exchange;
use crate::deployment::OriginFlow;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::deployment::ask::questions::few;
use crate::deployment::equivalence::KindOf;
use crate::nginx::origins::flow::Flow;

/// How many exchanges are kept in which one value is sent, of pages of one origin each: any of them shows it.
const MAX_SENT: usize = 8;

/// Exchanges, each with which of its requests.
type SentIn = Vec<(usize, Kind)>;

/// The exchanges in which each value is sent, and the routes at which its directives are in force.
#[derive(Debug)]
pub struct Senders<'e, 'd> {
    site: &'e Site<'d>,
    /// The exchanges in which a value is sent, one for each page's origin, by the number of the flow that the value comes from, and by the value.
    sent: BTreeMap<(usize, &'e [u8]), SentIn>,
    /// The routes at which a flow is in force; of those that are alike the first.
    in_force: BTreeMap<usize, Vec<usize>>,
}

impl<'e, 'd> Senders<'e, 'd> {
    pub(crate) fn new(site: &'e Site<'d>) -> Self {
        let mut senders = Senders { site, sent: BTreeMap::new(), in_force: BTreeMap::new() };
        let flow_of = |item| questions::origin_flow(site, item).map(|(_, flow)| flow.number);
        for (index, exchange) in site.exchanges.iter().enumerate() {
            for (kind, answer) in exchange.answers() {
                for field in answer.fields_of(CorsHeader::AllowOrigin) {
                    let (Some(flow), Some(value)) = (field.item.and_then(flow_of), field.value.bytes()) else {
                        continue;
                    };
                    let known = senders.sent.entry((flow, value)).or_default();
                    let same_origin = |(other, _): &(usize, Kind)| {
                        site.exchanges.get(*other).is_some_and(|other| other.page.origin() == exchange.page.origin())
                    };
                    if known.len() < MAX_SENT && !known.iter().any(same_origin) {
                        known.push((index, kind));
                    }
                }
            }
        }
        let mut seen: HashSet<(usize, KindOf)> = HashSet::new();
        for (index, route) in site.routes.iter().enumerate() {
            let kind = site.kind_of(route.context);
            for flow in route.fields(CorsHeader::AllowOrigin).filter_map(|field| flow_of(field.item)) {
                let known = senders.in_force.entry(flow).or_default();
                if known.last() != Some(&index) && (site.equivalence.is_empty() || seen.insert((flow, kind))) {
                    known.push(index);
                }
            }
        }
        senders
    }

    /// The request whose answer has this text for its Allow-Origin, of a page of `origin` if there is one. `None` where no request is
    /// known to get it.
    pub fn of_text(&self, (_, flow): &OriginFlow<'d>, text: &[u8], origin: &str) -> Option<Request> {
        let known = self.sent.get(&(flow.number, text)).map_or(&[][..], Vec::as_slice);
        let known = || known.iter().filter_map(|(index, kind)| Some((self.site.exchanges.get(*index)?, *kind)));
        let own = known().find(|(exchange, _)| exchange.origin() == origin);
        if let Some((exchange, kind)) = own.or_else(|| known().next()) {
            return Some(exchange.request(kind));
        }
        let has_text = |exchange: &Exchange<'d>| {
            let mut fields = exchange.main.iter().flat_map(|answer| answer.fields_of(CorsHeader::AllowOrigin));
            fields.any(|field| field.value.bytes() == Some(text))
        };
        self.asked(flow, origin).find(has_text).map(|exchange| exchange.request(Kind::Main))
    }

    /// The request of a page of `origin` that is blocked where this value is in force. `None` where it is not asked for there, or is
    /// let in.
    pub fn shut_out(&self, (_, flow): &OriginFlow<'d>, origin: &str) -> Option<Request> {
        let is_blocked = |exchange: &Exchange<'d>| {
            let blocked = |answer| matches!(exchange.verdict(Kind::Main, answer), Verdict::Blocked(_));
            !exchange.main.is_empty() && exchange.main.iter().all(blocked)
        };
        self.asked(flow, origin).find(is_blocked).map(|exchange| exchange.request(Kind::Main))
    }

    /// The same, as far as it is known, for a page that a key was meant to let in. `None` where such a page gets in all the same.
    pub fn missed(&self, flow: &OriginFlow<'d>, origin: &str) -> Option<Option<Request>> {
        let request = self.shut_out(flow, origin);
        let gets_in = || questions::admission(self.site, flow.0.item, origin).is_some();
        (request.is_some() || !gets_in()).then_some(request)
    }

    /// Returns what a page of `origin` gets where this value is in force, which may depend on the method.
    fn asked(&self, flow: &Arc<Flow>, origin: &str) -> impl Iterator<Item = Exchange<'d>> {
        let routes = self.in_force.get(&flow.number).map_or(&[][..], Vec::as_slice);
        let asked =
            ["GET", "POST"].into_iter().flat_map(|method| few(routes.iter()).map(move |route| (method, *route)));
        asked.filter_map(move |(method, route)| {
            questions::ask_by(method, self.site, route, origin, CredentialsMode::Omit)
        })
    }
}
