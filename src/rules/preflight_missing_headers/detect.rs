//! Evidence that the response to a preflight must list methods or headers.

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Reason, Verdict};
use crate::deployment::Route;
use crate::deployment::Site;
use crate::nginx::config::ItemId;
use crate::nginx::simulate::answer::Answer;
use crate::rules::shared::admission;
use crate::rules::shared::lists;
use crate::rules::shared::preflight::Answered;
use crate::source::{Place, lossy};

/// The headers that a preflight's response lacks.
#[derive(Debug, Clone)]
pub(super) enum Lack {
    /// The header by which pages get in at all, which this directive sends elsewhere; and whether it is in force here as well, and
    /// left out for the status alone (A2.1).
    Access(CorsHeader, Option<ItemId>, bool),
    /// Lists.
    Lists {
        /// A method that must be listed, and what shows it.
        method: Option<(String, Place)>,
        /// The place that shows that headers must be listed.
        headers: Option<Place>,
        /// True if neither headers nor methods are listed.
        both: bool,
        /// The request that is refused for want of one.
        request: Option<Request>,
    },
}

/// Returns what shows that headers must be listed in `answer`: a list elsewhere, or a method with a body at an app, which JSON is sent by.
fn shows_headers<'d>(site: &Site<'d>, route: &Route<'_>, answer: &Answer<'d>) -> Option<Place> {
    let elsewhere = route.fields(CorsHeader::AllowHeaders).find(|field| !field.value.is_empty());
    let has_body = |name: &[u8]| matches!(name.trim_ascii(), b"POST" | b"PUT" | b"PATCH");
    let with_body = answer.fields_of(CorsHeader::AllowMethods).find(|field| {
        route.reaches_app && field.value.bytes().is_some_and(|list| list.split(|byte| *byte == b',').any(has_body))
    });
    let item = elsewhere.map(|field| field.item).or(with_body.and_then(|field| field.item))?;
    Some(site.config.place(item))
}

/// A method that must be listed, and what shows it: a list elsewhere, or a directive that lets the method in by name.
fn shows_method(site: &Site<'_>, route: &Route<'_>) -> Option<(String, Place)> {
    let listed = route.fields(CorsHeader::AllowMethods).find_map(|field| {
        let text = lossy(&field.value).into_owned();
        let method = text.split(',').map(str::trim).find(|name| matches!(*name, "PUT" | "PATCH" | "DELETE"))?;
        Some((method.to_owned(), field.item))
    });
    let named = || admission::unsafe_method_in(site, route.context).map(|(method, item)| (method.to_owned(), item));
    listed.or_else(named).map(|(method, item)| (method, site.config.place(item)))
}

/// Returns what the answer to a preflight lacks of what the configuration shows to be needed.
pub(super) fn lack<'d>(site: &Site<'d>, answered: &Answered<'_, 'd>, answer: &Answer<'d>) -> Option<Lack> {
    let route = site.routes.get(answered.exchange.route)?;
    if !(route.wants_preflights || route.reaches_app) {
        return None;
    }
    match answered.exchange.verdict(Kind::Preflight, answer) {
        Verdict::Blocked(blocked) => match blocked.reason {
            Reason::MethodNotAllowed(_) | Reason::HeaderNotAllowed(_) => lists(site, route, answered, answer),
            Reason::NoAllowOrigin => access(site, route, answered, answer, CorsHeader::AllowOrigin),
            Reason::CredentialsNotTrue(value) if value.is_empty() => {
                access(site, route, answered, answer, CorsHeader::AllowCredentials)
            }
            // What is refused for another reason says nothing about lists.
            _ => None,
        },
        _ => lists(site, route, answered, answer),
    }
}

fn access<'d>(
    site: &Site<'d>,
    route: &Route<'d>,
    answered: &Answered<'_, 'd>,
    answer: &Answer<'d>,
    header: CorsHeader,
) -> Option<Lack> {
    // Where nothing lets a page in, lists in this very answer show that it is for pages all the same.
    let lists = [CorsHeader::AllowMethods, CorsHeader::AllowHeaders];
    let is_for_pages = header == CorsHeader::AllowOrigin
        && route.fields(header).next().is_none()
        && lists.into_iter().any(|header| has(answer, header));
    let elsewhere = route.fields(header).next().map(|field| field.item);
    let in_force = |item: ItemId| site.config.add_headers(answer.context).contains(&item);
    let is_left_out = elsewhere.is_some_and(|item| in_force(item) && !site.config.is_always(item));
    (answered.is_open || is_for_pages).then_some(Lack::Access(header, elsewhere, is_left_out))
}

/// The value of a list may be what the browser asks for, so a request that needs it has to be refused as well.
fn lists<'d>(site: &Site<'d>, route: &Route<'d>, answered: &Answered<'_, 'd>, answer: &Answer<'d>) -> Option<Lack> {
    let (has_headers, has_methods) = (has(answer, CorsHeader::AllowHeaders), has(answer, CorsHeader::AllowMethods));
    if !has(answer, CorsHeader::AllowOrigin) || has_headers && has_methods {
        return None;
    }
    let refuses = |method: &str, header| lists::refuses(site, answered.exchange, method, header);
    let json = if has_headers { None } else { refuses("POST", Some(("Content-Type", "application/json"))) };
    let headers = json.as_ref().and_then(|_| shows_headers(site, route, answer));
    let shown = if has_methods { None } else { shows_method(site, route) };
    let method = shown.and_then(|(method, place)| Some((refuses(&method, None)?, method, place)));
    let both = json.is_some() && !has_methods;
    if method.is_none() && headers.is_none() && !(both && route.reaches_app) {
        return None;
    }
    let request = method.as_ref().map(|(request, ..)| request.clone()).or(json);
    Some(Lack::Lists { method: method.map(|(_, method, place)| (method, place)), headers, both, request })
}

fn has<'d>(answer: &Answer<'d>, header: CorsHeader) -> bool {
    answer.fields_of(header).next().is_some()
}
