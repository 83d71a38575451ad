//! Where a foreign page's own Origin is sent back to it, and what does so.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Admission;
use crate::deployment::Ask;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::deployment::origins::lists;
use crate::dotenv::products::app::App;
use crate::dotenv::products::reflecting::Echo;
use crate::dotenv::syntax::file_name::Role;
use crate::nginx::config::ItemId;
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Field};
use crate::source::Place;

/// How much an echo gives away, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    /// Public responses.
    Public,
    /// The user's responses, if what is not shown or not known does not check the Origin.
    Perhaps,
    /// Nothing to read, but a request of the user's, by a method that changes something: its preflight lets every page send it.
    Sent,
    /// The user's responses.
    Credentials,
}

/// A directive that sends a foreign page's Origin back, and the exchange that shows most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Echoed<'e, 'd> {
    /// The directive.
    pub item: ItemId,
    /// The word that brings the Origin into its value: its own, that of a `set`, or that of a line of a map.
    pub place: Place,
    /// The responses that it exposes.
    pub reach: Exposure,
    /// The exchange.
    pub exchange: &'e Exchange<'d>,
    /// The directive that allows credentials in it, where it is one of nginx's.
    pub credentials: Option<ItemId>,
}

/// All of them, each once.
pub(super) fn reflected_values<'s, 'd>(site: &'s Site<'d>) -> Vec<Echoed<'s, 'd>> {
    let mut echoes: BTreeMap<ItemId, Echoed<'_, 'd>> = BTreeMap::new();
    for exchange in site.exchanges.iter().filter(|exchange| !exchange.mentioned && exchange.ask == Ask::Get) {
        let Some((line, item, answer)) = echo(exchange) else { continue };
        let reach = exposure(site, exchange);
        if echoes.get(&item).is_none_or(|known| reach > known.reach) {
            let credentials = answer.only_field_of(CorsHeader::AllowCredentials).and_then(|field| field.item);
            let place =
                field_place::written(site, line, item, CorsHeader::AllowOrigin).unwrap_or(site.config.place(item));
            echoes.insert(item, Echoed { item, place, reach, exchange, credentials });
        }
    }
    let readable: BTreeSet<usize> =
        echoes.values().filter(|it| it.reach > Exposure::Public).map(|it| it.exchange.route).collect();
    for (item, echoed) in reflected_preflights(site).filter(|(_, it)| !readable.contains(&it.exchange.route)) {
        echoes.entry(item).or_insert(echoed);
    }
    echoes.into_values().collect()
}

/// The directives that let a foreign page's request with credentials pass its preflight, where no preflight is a request that acts.
fn reflected_preflights<'s, 'd>(site: &'s Site<'d>) -> impl Iterator<Item = (ItemId, Echoed<'s, 'd>)> {
    let asked = site.exchanges.iter().filter(|exchange| {
        let is_foreign = !exchange.mentioned && exchange.page.has_credentials() && exchange.page.needs_preflight();
        let is_partial = site.routes.get(exchange.route).is_none_or(|route| route.is_partial);
        // Where nginx itself refuses the request, it is sent and does nothing.
        let acts = |answer: &Answer<'_>| {
            answer.by == AnsweredBy::App || answer.status.is_some_and(|status| (200..300).contains(&status))
        };
        let is_unsafe = !matches!(exchange.page.method(), "GET" | "HEAD");
        is_foreign && !is_partial && is_unsafe && exchange.main.iter().all(acts)
    });
    asked.filter_map(|exchange| {
        let allows = |answer: &Answer<'d>| {
            answer.by != AnsweredBy::App && exchange.verdict(Kind::Preflight, answer) == Verdict::Allowed
        };
        let answer = exchange.preflight.first().filter(|_| exchange.preflight.iter().all(allows))?;
        let line = answer.only_field_of(CorsHeader::AllowOrigin)?;
        let item = line.item.filter(|_| line.value.bytes() == Some(exchange.origin().as_bytes()))?;
        let credentials = answer.only_field_of(CorsHeader::AllowCredentials).and_then(|field| field.item);
        let place = field_place::written(site, line, item, CorsHeader::AllowOrigin).unwrap_or(site.config.place(item));
        Some((item, Echoed { item, place, reach: Exposure::Sent, exchange, credentials }))
    })
}

/// The directive that sends the page's own origin back to it, where the page gets in by that.
fn echo<'d, 'e>(exchange: &'e Exchange<'d>) -> Option<(&'e Field<'d>, ItemId, &'e Answer<'d>)> {
    let origin = exchange.origin();
    exchange.main.iter().filter(|answer| exchange.gets_in(answer)).find_map(|answer| {
        let line = answer.only_field_of(CorsHeader::AllowOrigin)?;
        let item = line.item.filter(|_| line.value.bytes() == Some(origin.as_bytes()))?;
        Some((line, item, answer))
    })
}

fn exposure<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Exposure {
    let is_partial = site.routes.get(exchange.route).is_none_or(|route| route.is_partial);
    match exchange.page.has_credentials() {
        true if exchange.admission() == Admission::Always && !is_partial => Exposure::Credentials,
        true => Exposure::Perhaps,
        false => Exposure::Public,
    }
}

/// Returns what makes apps echo by their own keys, in files that may be in force in production, where nginx does not hide it.
pub(super) fn app_echoes(deployment: &Deployment<'_>) -> Vec<Echo> {
    let is_elsewhere = |echo: &Echo| {
        matches!(Role::of(lists::file_name(deployment, echo.place.file)), Role::Local | Role::Development | Role::Test)
    };
    let echoes = deployment.projects.iter().filter_map(|project| {
        let echo = project.production.echo().filter(|echo| !is_elsewhere(echo))?;
        (!hides(deployment, &project.production)).then_some(echo)
    });
    echoes.collect()
}

/// Returns whether nginx hands requests on to the app, and no answer keeps the app's own Allow-Origin.
fn hides(deployment: &Deployment<'_>, app: &App) -> bool {
    let mut is_asked = false;
    for site in &deployment.sites {
        let answers = site.exchanges.iter().flat_map(|exchange| exchange.answers().map(|(_, answer)| answer));
        for answer in answers.filter(|answer| answer.by == AnsweredBy::App) {
            let behind = answer.item.and_then(|pass| deployment.behind.app(site.config.place(pass)));
            if behind.is_none_or(|behind| behind.files != app.files) {
                continue;
            }
            is_asked = true;
            if answer.fields_of(CorsHeader::AllowOrigin).any(|field| field.item.is_none()) {
                return false;
            }
        }
    }
    is_asked
}
