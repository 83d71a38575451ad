//! Errors of the app that a page cannot read, because CORS headers are sent with good answers only (A2.1).

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::deployment::field_place;
use crate::deployment::lacking;
use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::origins::flow::{set_fields, sets};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::nginx::simulate::upstream::{AppStatus, Upstream};
use crate::source::Place;

/// The statuses of an app that fails, and of one that does not find the resource.
const ERRORS: [u16; 2] = [500, 404];

/// Directives without `always` that keep an error from a page.
#[derive(Debug)]
pub(super) struct HiddenError<'e, 'd> {
    /// The directive, and the like of it in other `if`s of the same location.
    pub items: Vec<ItemId>,
    /// The exchange that shows it.
    pub exchange: &'e Exchange<'d>,
    /// The app's status.
    pub status: u16,
    /// The header that the response lacks.
    pub header: CorsHeader,
}

/// A `return` with an error, in a block whose own Allow-Origin lacks `always`: the header is never sent.
#[derive(Debug)]
pub(super) struct NeverSent<'e, 'd> {
    /// The header.
    pub item: ItemId,
    /// The `return`.
    pub by: ItemId,
    /// The exchange that shows it.
    pub exchange: &'e Exchange<'d>,
    /// The status.
    pub status: u16,
    /// True if every response of the block is that error.
    pub is_only: bool,
}

/// Returns whether the header allows every origin.
fn is_star(config: &Config<'_>, item: ItemId) -> bool {
    set_fields(config, item).iter().any(|field| field.header == CorsHeader::AllowOrigin && *field.value == *b"*")
}

/// The first of each block.
pub(super) fn never_sent<'s, 'd>(site: &'s Site<'d>) -> Vec<NeverSent<'s, 'd>> {
    let config = site.config;
    let asked = site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get);
    let found = asked.filter_map(|exchange| {
        let refused = exchange.main.iter().find_map(|answer| {
            let status = answer.status.filter(|status| (400..600).contains(status) && *status != 444)?;
            let by = answer.item.filter(|item| config.item(*item).name == b"return")?;
            let is_lost = lacking(&exchange.verdict(Kind::Main, answer)) == Some(CorsHeader::AllowOrigin);
            is_lost.then_some((answer, status, by))
        });
        let (answer, status, by) = refused?;
        let in_force = config.add_headers(answer.context);
        let item = in_force
            .iter()
            .copied()
            .find(|it| is_without_always(config, *it) && sets(config, *it, CorsHeader::AllowOrigin))?;
        // In a block that only refuses, the header is a mistake; in an `if` it hides the error from a page that may read the other responses.
        let is_only = exchange.main.len() == 1 && config.item(by).context == config.item(item).context;
        let is_if = config.context(config.item(by).context).kind == ContextKind::IfInLocation;
        let is_guarded = is_if && (exchange.mentioned || is_star(config, item));
        (is_only || is_guarded).then_some(NeverSent { item, by, exchange, status, is_only })
    });
    found.collect()
}

/// All of them, each directive once.
pub(super) fn hidden_errors<'s, 'd>(site: &'s Site<'d>) -> Vec<HiddenError<'s, 'd>> {
    let mut hidden: BTreeMap<Place, HiddenError<'_, 'd>> = BTreeMap::new();
    for exchange in &site.exchanges {
        if !site.routes.get(exchange.route).is_some_and(|route| route.reaches_app) {
            continue;
        }
        for item in candidates(site, exchange) {
            let fault = fault_of(site, item);
            let is_known = |it: &HiddenError<'_, 'd>| {
                it.items.iter().any(|known| site.config.place(*known) == site.config.place(item))
            };
            if hidden.get(&fault).is_some_and(is_known) {
                continue;
            }
            let Some((status, header)) = hides(site, exchange, item) else { continue };
            let found = || HiddenError { items: vec![item], exchange, status, header };
            hidden.entry(fault).and_modify(|known| known.items.push(item)).or_insert_with(found);
        }
    }
    hidden.into_values().collect()
}

/// Returns what makes it one fault: the directive, or for those in the `if`s of one location, of which each sets the same, the location.
fn fault_of(site: &Site<'_>, item: ItemId) -> Place {
    let context = site.config.context(site.config.item(item).context);
    let location = context.parent.filter(|_| context.kind == ContextKind::IfInLocation);
    location.map_or(site.config.place(item), |location| field_place::place_of(site, location))
}

/// The `add_header`s without `always` that let the page read a good answer of the app.
fn candidates<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Vec<ItemId> {
    let good = |answer: &&Answer<'d>| answer.by == AnsweredBy::App && exchange.is_readable(answer);
    let needed = |answer: &Answer<'d>| -> Vec<ItemId> {
        let needed = [CorsHeader::AllowOrigin, CorsHeader::AllowCredentials].into_iter();
        let items = needed.flat_map(|header| answer.fields_of(header).filter_map(|field| field.item));
        items.filter(|&item| is_without_always(site.config, item)).collect()
    };
    if let Some(answer) = exchange.main.iter().find(good) {
        return needed(answer);
    }
    // Where the app sends the header too, the response is blocked for that; nginx's own line lacks `always` all the same.
    if !exchange.main.iter().any(is_sent_twice) {
        return Vec::new();
    }
    let alone = visit::when_app_says(site, exchange, &Upstream::default());
    let good = |answer: &&Answer<'d>| answer.by == AnsweredBy::App && alone.verdict(answer) == Verdict::Allowed;
    alone.answers.iter().find(good).map_or_else(Vec::new, needed)
}

/// The error of the app that the page cannot read for want of the header that `item` sets.
fn hides<'d>(site: &Site<'d>, exchange: &Exchange<'d>, item: ItemId) -> Option<(u16, CorsHeader)> {
    let header = set_fields(site.config, item).first()?.header;
    let hides = |&status: &u16| {
        let visit = match exchange.main.iter().any(is_sent_twice) {
            true => {
                let silent = Upstream { status: AppStatus::This(status), ..Upstream::default() };
                visit::when_app_says(site, exchange, &silent)
            }
            false => visit::when_app_answers(site, exchange, AppStatus::This(status)),
        };
        let is_passed = |answer: &&Answer<'_>| answer.by == AnsweredBy::App && answer.status == Some(status);
        let mut passed = visit.answers.iter().filter(is_passed).peekable();
        passed.peek().is_some() && passed.all(|answer| lacking(&visit.verdict(answer)) == Some(header))
    };
    ERRORS.into_iter().find(hides).map(|status| (status, header))
}

/// Returns whether it is an `add_header` that ends with its value.
pub(super) fn is_without_always(config: &Config<'_>, item: ItemId) -> bool {
    config.item(item).name == b"add_header" && config.parameter_count(item) == 2
}

/// Returns whether both nginx and the app send Allow-Origin.
fn is_sent_twice(answer: &Answer<'_>) -> bool {
    let mut lines = answer.fields_of(CorsHeader::AllowOrigin).map(|field| field.item.is_some());
    let first = lines.next();
    lines.any(|is_nginx| Some(is_nginx) != first)
}
