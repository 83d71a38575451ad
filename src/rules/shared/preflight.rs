//! Preflights: where pages send them, what refuses them, and where nginx itself responds.

use super::admission;
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};

/// The cause of a refused preflight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreflightRefusal {
    /// This `auth_basic` or `auth_request` asks for a login, which no preflight carries (A3.7, A3.9).
    Login(ItemId),
    /// The `limit_except` that this directive opens does not list OPTIONS (A3.5).
    Method(ItemId),
    /// This directive answers with a status that is neither 200–299 nor a redirect (E4xx); 444 closes the connection.
    Status(u16, ItemId),
    /// This directive redirects (E3xx).
    Redirect(u16, ItemId),
}

/// A preflight that is refused however the open questions turn out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused<'e, 'd> {
    /// The exchange it belongs to.
    pub exchange: &'e Exchange<'d>,
    /// The cause.
    pub refusal: PreflightRefusal,
    /// True if another request of the same page gets an answer here that it may read, of 200–299 or an app's; or whether an `if` was
    /// to let pages in by its answer to the preflight.
    pub is_open: bool,
}

/// A preflight that nginx itself answers with 200–299.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'e, 'd> {
    /// The exchange it belongs to.
    pub exchange: &'e Exchange<'d>,
    /// The directive that answers it, and does not answer the page's request as well.
    pub item: ItemId,
    /// True if another request of the same page gets an answer here that it may read, of 200–299 or an app's.
    pub is_open: bool,
}

/// The first refused preflight of each location in which preflights are to be expected.
pub(crate) fn refused_preflights<'s, 'd>(site: &'s Site<'d>) -> Vec<Refused<'s, 'd>> {
    let by_route = site.exchanges.chunk_by(|left, right| left.route == right.route);
    by_route.filter_map(|exchanges| refused(site, exchanges)).collect()
}

fn refused<'e, 'd>(site: &'e Site<'d>, exchanges: &'e [Exchange<'d>]) -> Option<Refused<'e, 'd>> {
    let route = &site.routes[exchanges.first()?.route];
    let wanted = route.wants_preflights || (route.reaches_app && route.app_evidence().is_some());
    if route.is_partial || !wanted {
        return None;
    }
    let entitled =
        |exchange: &&Exchange<'_>| exchange.ask == Ask::Preflighted && (exchange.mentioned || route.origins.is_empty());
    exchanges.iter().filter(entitled).find_map(|exchange| {
        let told = exchange.preflight.iter().filter(|answer| !is_page_missing(answer));
        let refusals: Option<Vec<PreflightRefusal>> = told.map(|answer| refusal(site, route, answer)).collect();
        let refusal = *refusals?.first()?;
        let is_open = is_open(exchanges, exchange) || admission::allowed_in_preflight_if(site, route).is_some();
        Some(Refused { exchange, refusal, is_open })
    })
}

fn refusal(site: &Site<'_>, route: &Route<'_>, answer: &Answer<'_>) -> Option<PreflightRefusal> {
    let status = answer.status.filter(|status| !(200..300).contains(status))?;
    if answer.by == AnsweredBy::App {
        return None;
    }
    if let Some(item) = login(site, route, status, answer) {
        return Some(PreflightRefusal::Login(item));
    }
    let config = site.config;
    let item = answer.item.or_else(|| return_of(site, route, status))?;
    let context = config.context(config.item(item).context);
    match config.item(item).name {
        b"allow" | b"deny" if context.kind == ContextKind::LimitExcept => context.opener.map(PreflightRefusal::Method),
        b"return" | b"rewrite" | b"error_page" if matches!(status, 301 | 302 | 303 | 307 | 308) => {
            Some(PreflightRefusal::Redirect(status, item))
        }
        b"return" | b"deny" => Some(PreflightRefusal::Status(status, item)),
        _ => None,
    }
}

/// The directive that asks for a login, where that is what refuses. Behind an `error_page` it shows in what the answer assumes.
fn login(site: &Site<'_>, route: &Route<'_>, status: u16, answer: &Answer<'_>) -> Option<ItemId> {
    let config = site.config;
    let asks = |item: &ItemId| matches!(config.item(*item).name, b"auth_basic" | b"auth_request");
    let assumed = answer.assumptions.iter().find_map(|(question, shown)| match question {
        Question::Credentials(item) if !shown => Some(*item),
        _ => None,
    });
    let in_force = || {
        let item = config.single(route.context, Single::AuthBasic)?;
        let is_off = config.parameter_is(item, 1, "off");
        (status == 401 && answer.item.is_none() && !is_off).then_some(item)
    };
    answer.item.filter(asks).or(assumed).or_else(in_force)
}

/// The `return` of that status here, for an answer that an `error_page` has taken over.
fn return_of(site: &Site<'_>, route: &Route<'_>, status: u16) -> Option<ItemId> {
    let config = site.config;
    let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer);
    let around = [route.context, route.server].into_iter();
    let contexts = around.flat_map(|context| {
        let ifs = config.children(context).filter(move |&child| is_if(config.context(child).kind));
        std::iter::once(context).chain(ifs)
    });
    let mut returns = contexts.flat_map(|context| config.named(context, b"return"));
    returns.find(|&item| config.parameter_is(item, 1, &status.to_string()))
}

/// Where nginx itself answers preflights, whatever is open, by a directive that is for them alone.
pub(crate) fn answered_preflights<'s, 'd>(site: &'s Site<'d>) -> impl Iterator<Item = Answered<'s, 'd>> {
    let by_route = site.exchanges.chunk_by(|left, right| left.route == right.route);
    by_route.flat_map(|exchanges| {
        let asked = exchanges.iter().filter(|exchange| exchange.ask == Ask::Preflighted);
        asked.filter_map(|exchange| {
            let item = answering(site, exchange)?;
            Some(Answered { exchange, item, is_open: is_open(exchanges, exchange) })
        })
    })
}

fn answering<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Option<ItemId> {
    let item = exchange.preflight.first()?.item?;
    let answers = |answer: &Answer<'_>| {
        let ok = answer.status.is_some_and(|status| (200..300).contains(&status));
        ok && answer.by == AnsweredBy::Nginx && answer.item == Some(item) && answer.open.is_none()
    };
    let alone = exchange.main.iter().all(|answer| answer.item != Some(item));
    let is_partial = site.routes[exchange.route].is_partial;
    (alone && !is_partial && exchange.preflight.iter().all(answers)).then_some(item)
}

/// An exchange whose preflight shows what this directive sends: it is on its answer, or would be were the status another.
pub(crate) fn preflight_with<'s, 'd>(site: &'s Site<'d>, item: ItemId) -> Option<&'s Exchange<'d>> {
    let carries = |answer: &Answer<'_>| answer.fields.iter().any(|field| field.item == Some(item));
    let asked = |exchange: &&Exchange<'_>| exchange.ask == Ask::Preflighted;
    let carried = site.exchanges.iter().filter(asked).find(|exchange| exchange.preflight.iter().any(carries));
    carried.or_else(|| {
        let refused = |answer: &Answer<'_>| answer.status.is_none_or(|status| !(200..300).contains(&status));
        let is_there = |exchange: &&Exchange<'_>| {
            site.routes[exchange.route].fields.iter().any(|field| field.item == item)
                && exchange.preflight.iter().any(refused)
        };
        site.exchanges.iter().filter(asked).find(is_there)
    })
}

/// Returns whether it is what nginx answers where the page of an `error_page` is not there: refused as well, and it tells nothing.
fn is_page_missing(answer: &Answer<'_>) -> bool {
    let is_missing = answer.assumes(false, |question| matches!(question, Question::File(_)));
    is_missing && answer.item.is_none()
}

/// Returns whether a page of the same origin and credentials mode is served here: of these exchanges of one route one brings it an answer that it may read.
fn is_open(exchanges: &[Exchange<'_>], asked: &Exchange<'_>) -> bool {
    let served = |answer: &Answer<'_>| answer.status.is_none_or(|status| (200..300).contains(&status));
    let same_page = |exchange: &&Exchange<'_>| {
        exchange.page.origin() == asked.page.origin() && exchange.page.has_credentials() == asked.page.has_credentials()
    };
    exchanges
        .iter()
        .filter(same_page)
        .any(|exchange| exchange.main.iter().any(|answer| served(answer) && exchange.is_readable(answer)))
}
