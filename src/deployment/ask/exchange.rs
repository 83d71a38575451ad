//! A page's requests at one location, and the responses.

use std::sync::Arc;

use url::Url;

use crate::cors::check::{self, FieldLine, Response};
use crate::cors::header::CorsHeader;
use crate::cors::origin::Origin;
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::safelist::is_safelisted_name;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Route;
use crate::deployment::Site;
use crate::deployment::ask::methods;
use crate::deployment::ask::route;
use crate::deployment::ask::route::{STEPS_OF_A_FIELD, STEPS_OF_A_REQUEST};
use crate::nginx::config::inheritance::Single;
use crate::nginx::limits::{Limit, counted};
use crate::nginx::simulate::answer::{Answer, EntryPoint, Question};
use crate::nginx::simulate::upstream::Upstream;
use crate::parallel;
use crate::source::lossy;

/// How many locations one processor asks at a time: fewer are asked sooner than a thread starts.
const ROUTES_AT_A_TIME: usize = 32;
/// How many steps the routes may take, nearly, that are asked before what they took is counted.
const STEPS_AT_A_TIME: u64 = 2_000_000;
/// How many an answer takes.
const STEPS_OF_AN_ANSWER: usize = 30;

/// The kind of a page's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A plain GET.
    Get,
    /// A request that needs a preflight, with what the configuration allows in one.
    Preflighted,
    /// A request by another method that is told apart, or one made to fit the condition of an `if` that no other request meets.
    Probe,
}

/// A page's request at a route, and all answers it may get.
#[derive(Debug)]
pub struct Exchange<'d> {
    /// The index of the route.
    pub route: usize,
    /// The kind of request.
    pub ask: Ask,
    /// True if the page's origin is one that the configuration mentions.
    pub mentioned: bool,
    /// The page's request.
    pub page: PageRequest,
    /// The answers to the preflight, where one is needed; one for each way open questions may turn out.
    pub preflight: Arc<[Answer<'d>]>,
    /// The answers to the request itself.
    pub main: Arc<[Answer<'d>]>,
    /// The browser's verdicts on the responses, the preflight's first: nearly every rule reads them.
    verdicts: Vec<Verdict>,
}

/// Asks what matters at these routes of a site, as long as steps are left.
pub(crate) fn ask_routes<'d>(site: &Site<'d>, routes: &[usize], left: &mut u64) -> Vec<Exchange<'d>> {
    let mut all = Vec::new();
    let mut waiting = routes;
    while !waiting.is_empty() {
        if *left == 0 {
            let unasked = waiting.iter().filter_map(|route| site.routes.get(*route));
            unasked.for_each(|route| site.asker.model.give_up(route.context, Limit::Budget));
            break;
        }
        // Their real cost is known only afterwards, so each batch takes a part of a second at most.
        let (now, later) = waiting.split_at(fitting(site, waiting));
        let asked = parallel::map(now, ROUTES_AT_A_TIME, |&route| counted(|| ask_route(site, route)));
        for (&route, (exchanges, steps)) in now.iter().zip(asked) {
            let kept: usize = exchanges.iter().map(Exchange::weight).sum();
            let heavy = site.routes.get(route).map_or(0, |route| route::heavy(site.config, &site.ifs, route));
            *left = left.saturating_sub(heavy.max(steps + kept as u64));
            all.extend(exchanges);
        }
        waiting = later;
    }
    all
}

/// How many of the first of these routes are asked together.
fn fitting(site: &Site<'_>, waiting: &[usize]) -> usize {
    let mut left = STEPS_AT_A_TIME;
    let fits = waiting.iter().take_while(|route| {
        let fits = left > 0;
        left = left
            .saturating_sub(site.routes.get(**route).map_or(0, |route| route::weight(site.config, &site.ifs, route)));
        fits
    });
    fits.count().max(1)
}

/// Asks what matters at one route.
fn ask_route<'d>(site: &Site<'d>, index: usize) -> Vec<Exchange<'d>> {
    let route = &site.routes[index];
    let Ok(url) = Url::parse(&route.url) else { return Vec::new() };
    let mentioned = route.origins.iter().map(|origin| (origin.clone(), true));
    let origins: Vec<(String, bool)> = mentioned.chain([(route.foreign_origin(), false)]).collect();
    let methods = methods::told_apart(site, route);
    let apps = site.asker.apps();
    let mut exchanges = Vec::new();
    for (text, mentioned) in origins {
        let Ok(origin) = check_serialized(&text) else { continue };
        if origin.is_same(&Origin::of(&url)) {
            continue;
        }
        let main_method = preflighted_method(site, route);
        // Beside these, each method that is told apart is asked by one page that may be let in, and by a foreign one.
        let is_one_of = !mentioned || Some(&text) == route.origins.first();
        let others = methods.iter().copied().filter(|method| is_one_of && *method != main_method);
        let asks = [(Ask::Get, "GET"), (Ask::Preflighted, main_method)];
        for (ask, method) in asks.into_iter().chain(others.map(|method| (Ask::Probe, method))) {
            let Some(page) = page(site, index, (ask, method), origin.clone(), &url) else { continue };
            let preflight = page.preflight();
            let preflight: Arc<[_]> = preflight
                .map_or_else(Arc::default, |request| site.asker.ask(route.entry, (&request, &url), &apps).into());
            let (page, main) = asked(site, route.entry, page, &apps);
            let main: Arc<[_]> = main.into();
            // The credentials mode is the browser's own affair: the request asked of nginx is the same in either.
            let with_credentials = page.clone().with_credentials(CredentialsMode::Include);
            for page in [page, with_credentials] {
                let exchange = Exchange::new((index, ask, mentioned), page, preflight.clone(), main.clone());
                // A method that is asked for the sake of an `if` alone tells something where browsers send it.
                if ask != Ask::Probe || exchange.is_sent() {
                    exchanges.push(exchange);
                }
            }
        }
    }
    exchanges
}

/// The names of a route's lists, without those that stand for others.
fn listed(route: &Route<'_>, header: CorsHeader) -> Vec<String> {
    route.listed(header).into_iter().filter(|name| !name.contains('*') && !name.contains('$')).collect()
}

/// The method of the request that needs a preflight: one that the configuration names.
fn preflighted_method(site: &Site<'_>, route: &Route<'_>) -> &'static str {
    let methods = listed(route, CorsHeader::AllowMethods);
    let unsafe_method = ["PUT", "DELETE", "PATCH"].into_iter().find(|method| methods.iter().any(|name| name == method));
    // Files are read; an app is more often asked to do something.
    let posts = route.reaches_app && (methods.is_empty() || methods.iter().any(|method| method == "POST"));
    let unsafe_method = unsafe_method.or_else(|| site.audiences.dav_method(site.config, route.context));
    unsafe_method.unwrap_or(if posts { "POST" } else { "GET" })
}

/// The page's request, without credentials: for a preflighted one, with a header that the configuration names.
fn page(site: &Site<'_>, index: usize, (ask, method): (Ask, &str), origin: Origin, url: &Url) -> Option<PageRequest> {
    let page = PageRequest::new(origin, method, url.clone(), CredentialsMode::Omit).ok()?;
    if ask == Ask::Get {
        return Some(page);
    }
    let names = listed(&site.routes[index], CorsHeader::AllowHeaders);
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let is_safe = matches!(method, "GET" | "POST");
    if has("content-type") || (names.is_empty() && is_safe) {
        page.with_header("Content-Type", "application/json").ok()
    } else if has("authorization") {
        page.with_header("Authorization", login(site, site.routes[index].entry)).ok()
    } else {
        let header = names.iter().find(|name| !is_safelisted_name(name));
        header.map_or(Ok(page.clone()), |name| page.with_header(name, "1")).ok().filter(PageRequest::needs_preflight)
    }
}

/// Returns the credentials that a logged-in client sends: a name and a password where nginx itself asks for them, otherwise a token.
fn login(site: &Site<'_>, entry: EntryPoint) -> &'static str {
    let context = match entry {
        EntryPoint::Location(_, context) | EntryPoint::Server(context) => Some(context),
        EntryPoint::Url => None,
    };
    let asks = context.is_some_and(|context| site.config.single(context, Single::AuthBasic).is_some());
    if asks { "Basic dXNlcjpwYXNzd29yZA==" } else { "Bearer token" }
}

/// A page's request and the answers that it gets where it enters, from an app that answers `upstream`. Where nginx asks for a login, the
/// page is one of somebody who has it, and the request shows it.
pub(crate) fn asked<'d>(
    site: &Site<'d>,
    entry: EntryPoint,
    page: PageRequest,
    upstream: &Upstream<'_>,
) -> (PageRequest, Vec<Answer<'d>>) {
    let answers = site.asker.ask(entry, (&page.main(), page.url()), upstream);
    let is_login = |question: &Question| matches!(question, Question::Credentials(_));
    let asks = |answer: &Answer<'_>| answer.status == Some(401) || answer.assumes(true, is_login);
    if page.has_login() || !(wants_password(site, entry) || answers.iter().any(asks)) {
        return (page, answers);
    }
    let page = page.with_login(login(site, entry));
    let answers = site.asker.ask(entry, (&page.main(), page.url()), upstream);
    (page, answers)
}

/// Returns whether nginx itself asks for a password where a request enters.
fn wants_password(site: &Site<'_>, entry: EntryPoint) -> bool {
    let (EntryPoint::Location(_, context) | EntryPoint::Server(context)) = entry else { return false };
    let file = site.config.single(context, Single::AuthBasicUserFile);
    file.is_some() && site.config.single(context, Single::AuthBasic).is_some()
}

/// An answer as the browser's checks read it.
fn response<'a>(answer: &'a Answer<'_>) -> Response<'a> {
    let headers =
        answer.fields.iter().map(|field| FieldLine { name: lossy(&field.name), value: field.value.bytes().map(lossy) });
    Response { status: answer.status, headers: headers.collect(), open: answer.open.is_some() }
}

/// Returns what the browser makes of an answer to the page's own request.
pub(crate) fn main_verdict(page: &PageRequest, answer: &Answer<'_>) -> Verdict {
    check::cors_check(page, Kind::Main, &response(answer))
}

/// Returns what the browser makes of an answer to the preflight.
fn preflight_verdict(page: &PageRequest, answer: &Answer<'_>) -> Verdict {
    check::preflight_check(page, &response(answer))
}

/// Returns what the browser makes of any answer to a page's preflight or to its request.
pub(crate) fn judge(page: &PageRequest, kind: Kind, answer: &Answer<'_>) -> Verdict {
    match kind {
        Kind::Preflight => preflight_verdict(page, answer),
        Kind::Main => main_verdict(page, answer),
    }
}

impl<'d> Exchange<'d> {
    /// The approximate cost of making, keeping and judging it, in steps of a run.
    fn weight(&self) -> usize {
        let answers = self.preflight.iter().chain(self.main.iter());
        let kept = |answer: &Answer<'_>| STEPS_OF_AN_ANSWER + STEPS_OF_A_FIELD * answer.fields.len();
        STEPS_OF_A_REQUEST + answers.map(kept).sum::<usize>()
    }

    /// A page's request at a route, of that kind and from an origin that is mentioned or is not, and its answers.
    pub(crate) fn new(
        (route, ask, mentioned): (usize, Ask, bool),
        page: PageRequest,
        preflight: Arc<[Answer<'d>]>,
        main: Arc<[Answer<'d>]>,
    ) -> Self {
        let preflights = preflight.iter().map(|answer| preflight_verdict(&page, answer));
        let verdicts = preflights.chain(main.iter().map(|answer| main_verdict(&page, answer))).collect();
        Exchange { route, ask, mentioned, page, preflight, main, verdicts }
    }

    /// Returns whether the browser sends the request itself: no preflight is needed, or one may be answered as it has to be.
    pub(crate) fn is_sent(&self) -> bool {
        let verdicts = self.verdicts.get(..self.preflight.len()).unwrap_or_default();
        !self.page.needs_preflight()
            || verdicts.is_empty()
            || verdicts.iter().any(|verdict| !matches!(verdict, Verdict::Blocked(_)))
    }

    /// Returns whether the browser lets the page read one of its answers to the request itself.
    pub fn is_readable(&self, answer: &Answer<'_>) -> bool {
        match self.known(Kind::Main, answer) {
            Some(verdict) => *verdict == Verdict::Allowed,
            None => main_verdict(&self.page, answer) == Verdict::Allowed,
        }
    }

    /// Returns what the browser makes of one of its answers.
    pub fn verdict(&self, kind: Kind, answer: &Answer<'_>) -> Verdict {
        self.known(kind, answer).cloned().unwrap_or_else(|| judge(&self.page, kind, answer))
    }

    fn known(&self, kind: Kind, answer: &Answer<'_>) -> Option<&Verdict> {
        let first = if kind == Kind::Preflight { 0 } else { self.preflight.len() };
        self.verdicts.get(first + answer.number)
    }

    /// All answers with the exchange they belong to and the request that gets them.
    pub fn answers(&self) -> impl Iterator<Item = (Kind, &Answer<'d>)> {
        let preflight = self.preflight.iter().map(|answer| (Kind::Preflight, answer));
        preflight.chain(self.main.iter().map(|answer| (Kind::Main, answer)))
    }

    /// The request of one of the two exchanges as it goes over the wire.
    pub fn request(&self, kind: Kind) -> Request {
        match kind {
            Kind::Preflight => self.page.preflight().unwrap_or_else(|| self.page.main()),
            Kind::Main => self.page.main(),
        }
    }
}
