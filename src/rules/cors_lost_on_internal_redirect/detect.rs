//! Requests that end in another location than the one they started in, and lose its CORS headers on the way (A1.11, A2.5).

use crate::cors::header::CorsHeader;
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::exchange::main_verdict;
use crate::deployment::ask::questions;
use crate::deployment::ask::visit;
use crate::deployment::is_told;
use crate::deployment::lacking;
use crate::nginx::config::inheritance::{List, Single};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::limits::Limit;
use crate::nginx::origins::flow::{SetField, set_fields};
use crate::nginx::regex::stricter::example;
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};
use crate::nginx::simulate::fields::is_sent_without_always;
use crate::nginx::simulate::upstream::AppStatus;

/// How many origins of composite keys are tried.
const MAX_MEANT: usize = 8;
/// How many error pages of one location are tried.
const MAX_PAGES: usize = 32;

/// A request that lost a header on its way.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    /// The location it started in.
    pub from: ContextId,
    /// The directive that sent it on; none for an index.
    pub by: Option<ItemId>,
    /// The location it ended in, or the server where it ended in none.
    pub target: ContextId,
    /// The header that the browser misses.
    pub header: CorsHeader,
    /// The request.
    pub request: Request,
    /// The condition.
    pub when: When,
}

/// The app's part in the loss of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Nothing: no request that starts there keeps the header.
    Always,
    /// Nothing: this request loses it, others do not.
    Sometimes,
    /// It answers with this status, and another answer takes its place: with this second status, where that is known.
    Fails(u16, Option<u16>),
    /// It does not answer, and nginx answers 502 by itself.
    Down,
}

/// Returns what a page that is welcome where its request starts loses: asked for a file or the app, for a directory, and where the app
/// fails or is down and an error page is given for that.
pub(super) fn lost_headers<'d>(site: &Site<'d>) -> Vec<Lost> {
    let mut lost = Vec::new();
    for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
        let Some(route) = site.routes.get(exchange.route) else { continue };
        let is_location = site.config.context(route.context).kind == ContextKind::Location;
        if route.is_partial || !is_location {
            continue;
        }
        let composite = of_composite_key(site, exchange);
        let exchange = composite.as_ref().unwrap_or(exchange);
        if composite.is_some() || is_welcome(site, exchange) {
            let start = Start { site, context: route.context };
            start.as_it_is(exchange, &mut lost);
            start.directory(exchange, &mut lost);
            start.unauthorized(exchange, &mut lost);
            if route.reaches_app {
                start.errors(exchange, &mut lost);
            }
        }
    }
    lost
}

/// The same request of a page that a composite key means, where no text of the configuration is an origin by itself.
fn of_composite_key<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Option<Exchange<'d>> {
    let route = site.routes.get(exchange.route).filter(|_| !exchange.mentioned)?;
    let fields = fields_of(site, route.context);
    let field = fields.iter().find(|field| field.header == CorsHeader::AllowOrigin)?;
    let (_, flow) = questions::origin_flow(site, field.item)?;
    let meant = flow.compared_in_part.iter().filter_map(|compared| {
        let text = std::str::from_utf8(&compared.text).ok()?;
        if compared.regex.is_some() { example(text) } else { Some(text.to_owned()) }
    });
    let meant: Vec<String> = meant.take(MAX_MEANT).collect();
    let gets_in = |origin: &&String| questions::admission(site, field.item, origin).is_some();
    let origin = meant.iter().find(gets_in).or(meant.first())?;
    let credentials = exchange.page.has_credentials();
    let mode = if credentials { CredentialsMode::Include } else { CredentialsMode::Omit };
    questions::ask_by("GET", site, exchange.route, origin, mode)
}

/// The CORS fields that answers of a location get, by either module; not those that headers-more has for some answers alone.
pub(super) fn fields_of<'d>(site: &Site<'d>, context: ContextId) -> Vec<SetField<'d>> {
    let is_for_all = |item: &ItemId| site.config.parameters(*item).all(|word| !word.starts_with(b"-"));
    let more = site.config.relevant_more_headers(context).into_iter().filter(is_for_all);
    let more = more.flat_map(|item| set_fields(site.config, item));
    visit::fields_in_force(site, context).into_iter().chain(more).collect()
}

/// Returns whether the headers where the request starts are for the page that asks: an allow-list gives a foreign page nothing, so
/// nothing is lost on its way.
fn is_welcome<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> bool {
    let route = site.routes.get(exchange.route);
    let welcome = || visit::welcome(site, &fields_of(site, route?.context), route?.app);
    exchange.mentioned || welcome().is_some_and(|caller| caller.origin == exchange.origin())
}

/// A location that requests start in.
struct Start<'s, 'd> {
    site: &'s Site<'d>,
    context: ContextId,
}

impl<'d> Start<'_, 'd> {
    fn as_it_is(&self, exchange: &Exchange<'d>, lost: &mut Vec<Lost>) {
        let verdict = |answer: &Answer<'d>| exchange.verdict(Kind::Main, answer);
        let told: Vec<&Answer<'d>> = exchange.main.iter().filter(|answer| is_told(answer)).collect();
        let always = told.iter().all(|answer| self.left(answer, &verdict(answer)).is_some());
        let when = if always { When::Always } else { When::Sometimes };
        let request = exchange.request(Kind::Main);
        lost.extend(
            told.iter().filter_map(|answer| self.loss(answer, &verdict(answer), self.sender(answer), &request, when)),
        );
    }

    /// Only some directories have an index: the root, and one that a location names an index for.
    fn directory(&self, exchange: &Exchange<'d>, lost: &mut Vec<Lost>) {
        let names_index = self.site.config.named(self.context, b"index").next().is_some();
        if exchange.main.iter().any(|answer| answer.by == AnsweredBy::File)
            && let Some(visit) = visit::directory_of(self.site, exchange)
            && (names_index || visit.page.url().path() == "/")
        {
            let request = visit.request();
            lost.extend(visit.told().filter_map(|answer| {
                self.loss(answer, &visit.verdict(answer), self.sender(answer), &request, When::Sometimes)
            }));
        }
    }

    /// Each error page is asked for once, by a status that it is for.
    fn errors(&self, exchange: &Exchange<'d>, lost: &mut Vec<Lost>) {
        let pages = self.site.config.list(self.context, List::ErrorPage);
        if pages.len() > MAX_PAGES {
            self.site.asker.model.give_up(self.context, Limit::Steps);
        }
        for &page in pages.iter().take(MAX_PAGES) {
            let statuses = self.statuses(page);
            let answered = statuses.iter().find(|status| **status >= 400).map(|status| AppStatus::This(*status));
            let down = statuses.contains(&502).then_some(AppStatus::Down);
            for status in down.into_iter().chain(answered) {
                let visit = visit::when_app_answers(self.site, exchange, status);
                let is_read = |answer: &&Answer<'d>| {
                    answer.by != AnsweredBy::Nobody && answer.status.is_none_or(|status| !(300..400).contains(&status))
                };
                let request = visit.request();
                lost.extend(visit.answers.iter().filter(is_read).filter_map(|answer| {
                    let when = match status {
                        AppStatus::This(status) => When::Fails(status, answer.status),
                        _ => When::Down,
                    };
                    self.loss(answer, &visit.verdict(answer), Some(page), &request, when)
                }));
            }
        }
    }

    /// A page whose visitor has no credentials, or no longer: nginx itself responds with 401, and another response takes its place.
    fn unauthorized(&self, exchange: &Exchange<'d>, lost: &mut Vec<Lost>) {
        let (site, config) = (self.site, self.site.config);
        let asks = [Single::AuthBasic, Single::AuthRequest].into_iter();
        if !asks
            .filter_map(|single| config.single(self.context, single))
            .any(|item| !config.parameter_is(item, 1, "off"))
        {
            return;
        }
        let Some(by) = config.error_page_for(self.context, 401) else { return };
        let mode = if exchange.page.has_credentials() { CredentialsMode::Include } else { CredentialsMode::Omit };
        let Ok(page) = PageRequest::new(exchange.page.origin().clone(), "GET", exchange.page.url().clone(), mode)
        else {
            return;
        };
        let (Some(route), request) = (site.routes.get(exchange.route), page.main()) else { return };
        let answers = site.asker.ask(route.entry, (&request, page.url()), &site.asker.apps());
        let is_refused = |answer: &&Answer<'d>| {
            // Without credentials `auth_basic` refuses for sure; the service that `auth_request` asks may say either.
            let accepted = answer.assumes(true, |question| matches!(question, Question::Credentials(_)));
            !accepted
                && answer.by != AnsweredBy::Nobody
                && answer.status.is_none_or(|status| !(300..400).contains(&status))
        };
        lost.extend(answers.iter().filter(is_refused).filter_map(|answer| {
            let when = When::Fails(401, answer.status);
            self.loss(answer, &main_verdict(&page, answer), Some(by), &request, when)
        }));
    }

    /// The statuses that an `error_page` is for.
    fn statuses(&self, page: ItemId) -> Vec<u16> {
        let config = self.site.config;
        let words = (1..config.parameter_count(page)).filter_map(|index| config.parameter(page, index));
        words.filter_map(|word| std::str::from_utf8(&word).ok()?.parse().ok()).collect()
    }

    fn loss(
        &self,
        answer: &Answer<'d>,
        verdict: &Verdict,
        by: Option<ItemId>,
        request: &Request,
        when: When,
    ) -> Option<Lost> {
        let header = self.left(answer, verdict)?;
        let target = answer.location(self.site.config).unwrap_or(answer.server);
        Some(Lost { from: self.context, by, target, header, request: request.clone(), when })
    }

    /// The header that the answer lacks and the location it started in would have sent, if it ended elsewhere.
    fn left(&self, answer: &Answer<'d>, verdict: &Verdict) -> Option<CorsHeader> {
        let (site, config) = (self.site, self.site.config);
        let header = lacking(verdict)?;
        if answer.location(config) == Some(self.context) || config.is_incomplete(answer.context) {
            return None;
        }
        let survives = |field: &SetField<'_>| {
            let is_for_any = config.item(field.item).name == b"more_set_headers" || config.is_always(field.item);
            field.header == header && (is_for_any || answer.status.is_some_and(is_sent_without_always))
        };
        // What both locations set alike lets in, or turns away, the same pages.
        let there = fields_of(site, answer.context);
        let is_repeated = |field: &SetField<'_>| there.iter().any(|it| survives(it) && it.value == field.value);
        let own = fields_of(site, self.context);
        let would = own.iter().any(|field| survives(field) && !is_repeated(field));
        // Where the location it ends in drops what is around it, that is another fault.
        let drops = visit::dropping(site, answer.context)
            .is_some_and(|it| it.fields.iter().any(|field| field.header == header));
        (would && !drops).then_some(header)
    }

    /// The directive of the location it started in that sent the request on.
    fn sender(&self, answer: &Answer<'_>) -> Option<ItemId> {
        let config = self.site.config;
        let mut pages = config.list(self.context, List::ErrorPage).iter().copied();
        // A `return` comes before everything else, and an error page may take its status over.
        let returned = config.named(self.context, b"return").next().and_then(|item| config.parameter(item, 1));
        let returned = returned.and_then(|code| std::str::from_utf8(&code).ok()?.parse().ok());
        if let Some(page) = returned.and_then(|code| pages.clone().find(|page| self.statuses(*page).contains(&code))) {
            return Some(page);
        }
        let fell_through = answer.assumes(false, |question| matches!(question, Question::File(_)));
        let try_files = config.named(self.context, b"try_files").last();
        let goes_on = |item: &ItemId| {
            !matches!(config.parameter(*item, 3).as_deref(), Some(b"break" | b"redirect" | b"permanent"))
        };
        let rewrite = config.named(self.context, b"rewrite").find(goes_on);
        let mut missing = pages.by_ref().filter(|page| fell_through && self.statuses(*page).contains(&404));
        let sent_on = if fell_through { try_files.or(rewrite) } else { rewrite.or(try_files) };
        sent_on.or_else(|| missing.next())
    }
}
