//! `*` in a list of an answer that allows credentials, where it is a name like any other.

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::nginx::simulate::answer::Answer;
use crate::rules::shared::lists;
use crate::rules::shared::lists::part_of;
use crate::source::{Place, lossy};

/// Headers that pages send, with a value.
const HEADERS: [(&str, &str); 3] =
    [("Content-Type", "application/json"), ("Authorization", "Bearer token"), ("X-Requested-With", "XMLHttpRequest")];

/// A `*` that allows, or shows, nothing.
#[derive(Debug)]
pub(super) struct StarredHeaders {
    /// Which list it stands in.
    pub header: CorsHeader,
    /// Where.
    pub place: Place,
    /// True if names stand beside it, which work.
    pub names_more: bool,
    /// The directive that allows credentials.
    pub credentials: Option<Place>,
    /// The method, or the header, that is blocked, and the preflight that shows it. Nothing is blocked by what scripts can't read.
    pub blocked: Option<(&'static str, Request)>,
}

/// All of them in a site, each with the exchange that meets it.
pub(super) fn stars<'e, 'd>(
    deployment: &'e Deployment<'d>,
    site: &'e Site<'d>,
) -> impl Iterator<Item = (&'e Exchange<'d>, StarredHeaders)> {
    let entitled = move |exchange: &&Exchange<'_>| {
        let anybody = site.routes[exchange.route].origins.is_empty();
        exchange.page.has_credentials() && (exchange.mentioned || anybody)
    };
    let answers = site
        .exchanges
        .iter()
        .filter(entitled)
        .flat_map(|exchange| exchange.answers().map(move |(kind, answer)| (exchange, kind, answer)));
    answers.filter(|(_, _, answer)| allows_credentials(answer)).flat_map(move |(exchange, kind, answer)| {
        let lists: &[CorsHeader] = match kind {
            Kind::Preflight => &[CorsHeader::AllowMethods, CorsHeader::AllowHeaders],
            Kind::Main => &[CorsHeader::ExposeHeaders],
        };
        let star_of = move |header: &CorsHeader| Some((exchange, star(deployment, site, exchange, answer, *header)?));
        lists.iter().filter_map(star_of)
    })
}

fn star<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    answer: &Answer<'d>,
    header: CorsHeader,
) -> Option<StarredHeaders> {
    let field = answer.fields_of(header).find(|field| {
        let text = field.value.bytes().map(lossy);
        field.item.is_some() && text.is_some_and(|text| list_values(&text).is_ok_and(|names| names.contains(&"*")))
    })?;
    let text = lossy(field.value.bytes()?).into_owned();
    let place =
        part_of(field_place::source_of(deployment, site, answer, field, header)?, text.len(), text.find('*')?, 1);
    let needless = ["*", "GET", "HEAD", "POST", "OPTIONS"];
    let names_more = list_values(&text).is_ok_and(|names| names.iter().any(|name| !needless.contains(name)));
    let refuses = |method, header| lists::refuses(site, exchange, method, header);
    let blocked = match header {
        CorsHeader::AllowMethods => {
            let mut methods = ["PUT", "PATCH", "DELETE"].into_iter();
            Some(methods.find_map(|method| Some((method, refuses(method, None)?)))?)
        }
        CorsHeader::AllowHeaders => {
            let mut headers = HEADERS.into_iter();
            Some(headers.find_map(|header| Some((header.0, refuses("POST", Some(header))?)))?)
        }
        _ => None,
    };
    let allowed = answer.only_field_of(CorsHeader::AllowCredentials);
    let credentials =
        allowed.and_then(|it| field_place::source_of(deployment, site, answer, it, CorsHeader::AllowCredentials));
    Some(StarredHeaders { header, place, names_more, credentials, blocked })
}

/// Returns whether an answer allows credentials. With `*` for the origin there are none to allow, and another rule says so.
fn allows_credentials<'d>(answer: &Answer<'d>) -> bool {
    let any_origin = answer.fields_of(CorsHeader::AllowOrigin).any(|field| field.value.bytes() == Some(b"*"));
    let allowed = answer.only_field_of(CorsHeader::AllowCredentials);
    !any_origin && allowed.is_some_and(|field| field.value.bytes() == Some(b"true"))
}
