//! Preflights that nginx leaves to somebody else.

use crate::cors::header::CorsHeader;
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};
use crate::rules::shared::admission;

/// The outcome of a preflight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// nginx answers 405, whatever else is open.
    Refused,
    /// It is forwarded, in some way at least.
    Forwarded,
}

/// A preflight that nginx does not answer, though it sends the Allow-Origin that lets the request itself through, or means to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unanswered<'e, 'd> {
    /// The Allow-Origin.
    pub item: ItemId,
    /// The exchange it belongs to.
    pub exchange: &'e Exchange<'d>,
    /// Its outcome.
    pub fate: Fate,
    /// The answer that tells.
    pub answer: &'e Answer<'d>,
}

/// All of them, in places where preflights are wanted.
pub(super) fn unanswered_preflights<'s, 'd>(site: &'s Site<'d>) -> impl Iterator<Item = Unanswered<'s, 'd>> {
    let asked = site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Preflighted);
    asked.filter_map(|exchange| unanswered(site, exchange))
}

fn unanswered<'d, 'e>(site: &Site<'d>, exchange: &'e Exchange<'d>) -> Option<Unanswered<'e, 'd>> {
    let route = site.routes.get(exchange.route)?;
    if !route.wants_preflights || route.is_partial || exchange.preflight.is_empty() {
        return None;
    }
    let owned = exchange.main.iter().filter(|answer| exchange.is_readable(answer));
    let mut fields = owned.flat_map(|answer| answer.fields_of(CorsHeader::AllowOrigin));
    // The `if` that was to answer is not asked for OPTIONS where it is spelled in lower case (A3.12).
    let in_vain = || {
        admission::allowed_in_preflight_if(site, route).filter(|_| admission::lower_case_options(site, route).is_some())
    };
    let item = fields.find_map(|field| field.item).or_else(in_vain)?;
    let refused =
        |answer: &Answer<'_>| answer.status == Some(405) && answer.by == AnsweredBy::Nginx && answer.item.is_none();
    let forwarded = |answer: &Answer<'_>| answer.by == AnsweredBy::App;
    let told: Vec<&Answer<'_>> = exchange.preflight.iter().filter(|answer| !is_about_nothing(answer)).collect();
    if !told.iter().all(|answer| refused(answer) || forwarded(answer)) {
        return None;
    }
    match told.iter().find(|answer| forwarded(answer)) {
        Some(answer) => Some(Unanswered { item, exchange, fate: Fate::Forwarded, answer }),
        None => told.first().map(|answer| Unanswered { item, exchange, fate: Fate::Refused, answer }),
    }
}

/// Returns whether it is an error because a file is missing, so that nothing could be asked of it anyway.
fn is_about_nothing(answer: &Answer<'_>) -> bool {
    let is_missing = answer.assumes(false, |question| matches!(question, Question::File(_)));
    let is_error = answer.status.is_some_and(|status| status >= 400 && status != 405);
    is_missing && is_error && answer.by != AnsweredBy::App
}

/// An `if` that would answer the preflight and never runs, and the directive that ends the rewriting before it.
pub(super) fn never_runs(site: &Site<'_>, route: &Route<'_>) -> Option<(ItemId, ItemId)> {
    let config = site.config;
    let mut ending = None;
    for item in config.items(route.context) {
        let ends = match config.item(item).name {
            b"return" | b"break" => true,
            b"rewrite" => {
                matches!(config.parameter(item, 3).as_deref(), Some(b"break" | b"last" | b"redirect" | b"permanent"))
            }
            _ => false,
        };
        if ends && ending.is_none() {
            ending = Some(item);
        }
        let is_meant = config.item(item).opens.is_some_and(|block| {
            let answers =
                |item| config.parameter(item, 1).is_some_and(|code| code.len() == 3 && code.starts_with(b"2"));
            config.context(block).kind == ContextKind::IfInLocation
                && config.named(block, b"return").any(answers)
                && admission::is_for_one_method(site, block)
        });
        if let Some(ending) = ending.filter(|_| is_meant) {
            return Some((item, ending));
        }
    }
    None
}
