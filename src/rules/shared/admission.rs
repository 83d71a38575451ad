//! The methods that a location takes, and the clients that it admits.

use crate::cors::header::CorsHeader;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::inheritance::{List, Protocol};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::origins::comparison::Compared;
use crate::nginx::simulate::locations::FoundLocation;
use crate::source::Place;

/// Returns whether the directive stands in an `if` that asks for a cookie: a page may have it, and a preflight never has.
pub(crate) fn asks_for_cookie(site: &Site<'_>, item: ItemId) -> bool {
    let opener = site.config.context(site.config.item(item).context).opener;
    let name = opener.and_then(|opener| asked_variable(site, opener));
    name.is_some_and(|name| name == b"http_cookie" || name.starts_with(b"cookie_"))
}

/// The variable that an `if` asks, in lower case.
fn asked_variable(site: &Site<'_>, opener: ItemId) -> Option<Vec<u8>> {
    let config = site.config;
    match Some(opener).filter(|&opener| config.item(opener).name == b"if").and_then(|item| condition(config, item))? {
        Condition::True(variable) | Condition::Equal { variable, .. } | Condition::Match { variable, .. } => {
            Some(variable.to_ascii_lowercase())
        }
        Condition::File { .. } | Condition::Invalid => None,
    }
}

/// The `if` of a location that asks the method and answers by itself.
pub(crate) fn options_if(site: &Site<'_>, location: ContextId) -> Option<ItemId> {
    let config = site.config;
    let ifs = config.children(location).filter(|&child| config.context(child).kind == ContextKind::IfInLocation);
    let mut answering = ifs.filter(|&child| config.named(child, b"return").next().is_some());
    answering.find_map(|child| {
        let opener = config.context(child).opener?;
        (asked_variable(site, opener)? == b"request_method").then_some(opener)
    })
}

/// The Allow-Origin in an `if` of the location that is meant to answer preflights, whether or not it ever does.
pub(crate) fn allowed_in_preflight_if(site: &Site<'_>, route: &Route<'_>) -> Option<ItemId> {
    let config = site.config;
    let is_meant = |block: ContextId| {
        let context = config.context(block);
        let asked = context.opener.and_then(|opener| condition(config, opener));
        let answers = |item: ItemId| config.parameter(item, 1).is_some_and(|word| word.starts_with(b"2"));
        context.kind == ContextKind::IfInLocation
            && config.named(block, b"return").any(answers)
            && matches!(asked, Some(Condition::Equal { variable, text, negated: false, .. })
                if variable.eq_ignore_ascii_case(b"request_method") && text.eq_ignore_ascii_case(b"OPTIONS"))
    };
    let mut fields = route.fields(CorsHeader::AllowOrigin).map(|field| field.item);
    fields.find(|item| is_meant(config.item(*item).context))
}

/// Returns whether an `if` is only for requests of some method.
pub(crate) fn is_for_one_method(site: &Site<'_>, block: ContextId) -> bool {
    let asked = site.config.context(block).opener.and_then(|opener| asked_variable(site, opener));
    asked.is_some_and(|variable| variable == b"request_method")
}

/// The directive that lists methods or headers for preflights, where one is in the same block as `item`.
pub(crate) fn lists_beside(site: &Site<'_>, route: &Route<'_>, item: ItemId) -> Option<ItemId> {
    let config = site.config;
    let block = config.item(item).context;
    let mut lists = route.fields(CorsHeader::AllowMethods).chain(route.fields(CorsHeader::AllowHeaders));
    lists.find(|field| config.item(field.item).context == block).map(|field| field.item)
}

/// Where the service behind an `auth_request` is told the client's method, so that it may let OPTIONS through; the subrequest
/// itself is a GET (A3.9). `$request_method` may stand in any header, parameter or URL; every stock `fastcgi_params` has it.
pub(crate) fn told_the_method(site: &Site<'_>, route: usize, auth_request: ItemId) -> Option<Place> {
    let config = site.config;
    if config.item(auth_request).name != b"auth_request" {
        return None;
    }
    let path = config.parameter(auth_request, 1)?;
    let server = site.routes[route].server;
    let (FoundLocation::Location(location), _) =
        site.asker.model.locations.find(config, &site.asker.model.regexes, server, &path)
    else {
        return None;
    };
    let ifs = config.children(location);
    let own = std::iter::once(location).chain(ifs).flat_map(|context| config.items(context));
    let inherited = config.list(location, List::SetHeader(Protocol::Proxy)).iter().copied();
    let tells = |item: &ItemId| {
        let stock = matches!(config.item(*item).name, b"fastcgi_pass" | b"uwsgi_pass" | b"scgi_pass");
        let mut words = config.parameters(*item);
        stock || words.any(|word| memchr::memmem::find(&word, b"$request_method").is_some())
    };
    own.chain(inherited).find(tells).map(|item| config.place(item))
}

/// A method that needs a preflight and that a location lets in by name, with the directive that names it: `limit_except`,
/// `dav_methods`, or an `if` for every other method.
pub(crate) fn unsafe_method_in(site: &Site<'_>, location: ContextId) -> Option<(&'static str, ItemId)> {
    let config = site.config;
    let lets_in = |item: &ItemId| match config.item(*item).name {
        b"limit_except" | b"dav_methods" => true,
        b"if" => matches!(
            condition(config, *item),
            Some(Condition::Equal { variable, negated: true, .. } | Condition::Match { variable, negated: true, .. })
                if variable.eq_ignore_ascii_case(b"request_method")
        ),
        _ => false,
    };
    let named = |item: ItemId| {
        let words: Vec<_> = config.parameters(item).collect();
        let names = |method: &&str| words.iter().any(|word| memchr::memmem::find(word, method.as_bytes()).is_some());
        Some((["PUT", "PATCH", "DELETE"].into_iter().find(names)?, item))
    };
    config.items(location).filter(lets_in).find_map(named)
}

/// The method of an `if` that means OPTIONS and writes it in lower case, so that it never matches (A3.12).
pub(crate) fn lower_case_options(site: &Site<'_>, route: &Route<'_>) -> Option<Place> {
    let config = site.config;
    let ifs = [route.context, route.server].into_iter().filter_map(|context| site.ifs.get(&context)).flatten().copied();
    let openers = ifs.filter_map(|context| config.context(context).opener);
    openers.filter_map(|opener| method_in_lower_case(config, opener)).next()
}

/// The word that an `if` compares the method with, where it is OPTIONS in lower case.
fn method_in_lower_case(config: &Config<'_>, opener: ItemId) -> Option<Place> {
    let Some(Condition::Equal { variable, text, word, .. }) = condition(config, opener) else { return None };
    let is_method = variable.eq_ignore_ascii_case(b"request_method");
    let is_lower = text.eq_ignore_ascii_case(b"OPTIONS") && *text != *b"OPTIONS";
    (is_method && is_lower).then(|| Compared::in_condition(config, opener, word, text, None).place)
}
