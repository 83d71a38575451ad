//! Requests to places that need not be routes: what a page gets where CORS headers should be and are not.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;
use url::Url;

use crate::cors::header::CorsHeader;
use crate::cors::origin::FOREIGN_ORIGIN;
use crate::cors::origin::Origin;
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::{Kind, Reason, Verdict};
use crate::deployment::Exchange;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::deployment::ask::exchange;
use crate::deployment::ask::exchange::main_verdict;
use crate::deployment::ask::questions;
use crate::deployment::ask::route;
use crate::deployment::locations::entry::entry;
use crate::deployment::locations::entry_url;
use crate::dotenv::products::app::App;
use crate::nginx::config::inheritance::List;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::origins::flow::{SetField, set_fields};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, EntryPoint, Question};
use crate::nginx::simulate::locations::{self, Pattern};
use crate::nginx::simulate::upstream::{AppStatus, Upstream};

/// The page that requests a place.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The page's origin.
    pub origin: String,
    /// True if it asks with credentials.
    pub credentials: bool,
}

/// A page's plain GET, and all answers it may get.
#[derive(Debug)]
pub struct Visit<'d> {
    /// The page's request.
    pub page: PageRequest,
    /// The answers, one for each way open questions may turn out.
    pub answers: Vec<Answer<'d>>,
}

impl<'d> Visit<'d> {
    /// Returns what the browser makes of an answer.
    pub fn verdict(&self, answer: &Answer<'_>) -> Verdict {
        main_verdict(&self.page, answer)
    }

    /// The request as it goes over the wire.
    pub fn request(&self) -> Request {
        self.page.main()
    }

    /// The answers that tell something: neither a redirect nor a refusal of nginx's own.
    pub fn told(&self) -> impl Iterator<Item = &Answer<'d>> {
        self.answers.iter().filter(|answer| is_told(answer))
    }

    /// The answer that shows that a page cannot read anything here for want of this header: the first of those that tell something,
    /// if all of them lack it.
    pub fn lacking(&self, header: CorsHeader) -> Option<&Answer<'d>> {
        let lacks = |answer: &Answer<'d>| lacking(&self.verdict(answer)) == Some(header);
        let first = self.told().next()?;
        self.told().all(lacks).then_some(first)
    }
}

/// Returns whether an answer has something to read: it is neither a redirect nor a refusal of nginx's own.
pub(crate) fn is_told(answer: &Answer<'_>) -> bool {
    let is_good = answer.status.is_some_and(|status| (200..300).contains(&status));
    answer.by == AnsweredBy::App || (is_good && answer.by != AnsweredBy::Nobody)
}

/// Returns whether an answer rests on how a condition turns out that corslint cannot decide.
pub(crate) fn is_doubtful(answer: &Answer<'_>) -> bool {
    let is_condition = |question: &Question| matches!(question, Question::Condition(_));
    answer.assumes(true, is_condition) || answer.assumes(false, is_condition)
}

/// The header whose absence makes the browser block.
pub(crate) fn lacking(verdict: &Verdict) -> Option<CorsHeader> {
    let Verdict::Blocked(blocked) = verdict else { return None };
    match &blocked.reason {
        Reason::NoAllowOrigin => Some(CorsHeader::AllowOrigin),
        Reason::CredentialsNotTrue(value) if value.is_empty() => Some(CorsHeader::AllowCredentials),
        _ => None,
    }
}

/// A page's origin that no configuration mentions.
pub(crate) fn foreign_origin() -> String {
    FOREIGN_ORIGIN.to_owned()
}

/// The contexts that requests from outside enter: locations, and servers without one.
pub(crate) fn entered(site: &Site<'_>) -> impl Iterator<Item = ContextId> {
    site.contexts().filter(|&context| entry(site.config, context).is_some())
}

/// For each level with an `add_header` of its own, the contexts that requests enter and that have its headers; of those that are alike the
/// first.
pub(crate) fn entered_by_level(site: &Site<'_>) -> BTreeMap<ContextId, Vec<ContextId>> {
    let mut by_level: BTreeMap<ContextId, Vec<ContextId>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for context in entered(site) {
        if let Some(level) = level_of(site, context)
            && seen.insert((level, site.equivalence.kind_of(site.config, context)))
        {
            by_level.entry(level).or_default().push(context);
        }
    }
    by_level
}

/// The answers that have a field of one of these directives, by directive.
pub(crate) fn answers_with<'a, 'd>(
    site: &'a Site<'d>,
    items: &BTreeSet<ItemId>,
) -> BTreeMap<ItemId, Vec<(&'a Exchange<'d>, Kind, &'a Answer<'d>)>> {
    let mut answers: BTreeMap<ItemId, Vec<_>> = BTreeMap::new();
    for exchange in site.exchanges.iter().filter(|_| !items.is_empty()) {
        for (kind, answer) in exchange.answers() {
            for item in answer.fields.iter().filter_map(|field| field.item).filter(|item| items.contains(item)) {
                answers.entry(item).or_default().push((exchange, kind, answer));
            }
        }
    }
    answers
}

/// Returns what a page gets by a GET in `context`. `None` where no request from outside enters, or the page is of the same origin.
pub(crate) fn visit<'d>(
    site: &Site<'d>,
    context: ContextId,
    caller: &Caller,
    upstream: &Upstream<'_>,
) -> Option<Visit<'d>> {
    let (server, entry) = entry(site.config, context)?;
    let url = Url::parse(&entry_url::url(&site.asker.model, &site.bases, server, context)?).ok()?;
    let origin = check_serialized(&caller.origin).ok()?;
    if origin.is_same(&Origin::of(&url)) {
        return None;
    }
    let mode = if caller.credentials { CredentialsMode::Include } else { CredentialsMode::Omit };
    let page = PageRequest::new(origin, "GET", url, mode).ok()?;
    let (page, answers) = exchange::asked(site, entry, page, upstream);
    Some(Visit { page, answers })
}

/// Returns what a page gets by a GET of this URL, wherever it enters. `None` where the page is of the same origin.
pub(crate) fn visit_url<'d>(site: &Site<'d>, url: &str, caller: &Caller) -> Option<Visit<'d>> {
    let url = Url::parse(url).ok()?;
    let origin = check_serialized(&caller.origin).ok()?;
    if origin.is_same(&Origin::of(&url)) {
        return None;
    }
    let mode = if caller.credentials { CredentialsMode::Include } else { CredentialsMode::Omit };
    let page = PageRequest::new(origin, "GET", url, mode).ok()?;
    let (page, answers) = exchange::asked(site, EntryPoint::Url, page, &site.asker.apps());
    Some(Visit { page, answers })
}

/// The same page's request as in an exchange, where the app behind nginx answers it with `status`, or not at all.
pub(crate) fn when_app_answers<'d>(site: &Site<'d>, exchange: &Exchange<'d>, status: AppStatus) -> Visit<'d> {
    when_app_says(site, exchange, &Upstream { status, ..site.asker.apps() })
}

/// Returns what another request of a page gets at a route.
pub(crate) fn visit_as<'d>(site: &Site<'d>, route: usize, page: PageRequest) -> Visit<'d> {
    let (page, answers) = exchange::asked(site, site.routes[route].entry, page, &site.asker.apps());
    Visit { page, answers }
}

/// The directory that a route's URL stands in, asked for by the same page: its index answers. `None` where the directory is
/// not the location's own.
pub(crate) fn directory_of<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Option<Visit<'d>> {
    let Route { entry, context, .. } = site.routes.get(exchange.route)?;
    let url = exchange.page.url().join(".").ok()?;
    let Pattern::Prefix { path, .. } = locations::pattern(site.config, site.config.context(*context).opener?)? else {
        return None;
    };
    url.path().as_bytes().starts_with(&path).then_some(())?;
    let mode = if exchange.page.has_credentials() { CredentialsMode::Include } else { CredentialsMode::Omit };
    let page = PageRequest::new(exchange.page.origin().clone(), "GET", url, mode).ok()?;
    let (page, answers) = exchange::asked(site, *entry, page, &site.asker.apps());
    Some(Visit { page, answers })
}

/// The directives that hand requests which enter `context` to an app.
pub(crate) fn passes(site: &Site<'_>, context: ContextId) -> impl Iterator<Item = ItemId> {
    let server = site.config.enclosing(context, ContextKind::Server).unwrap_or(site.config.top());
    route::handing_on(&site.asker.model, server, context)
}

/// The app that requests which enter `context` are handed to, where it is known which one it is.
pub(crate) fn app_at<'d>(site: &Site<'d>, context: ContextId) -> Option<&'d App> {
    passes(site, context).find_map(|item| site.asker.behind.app(site.config.place(item)))
}

/// A page that these fields would let in if they were sent, or else the app; with credentials where they allow them.
pub(crate) fn welcome<'d>(site: &Site<'d>, fields: &[SetField<'d>], app: Option<&App>) -> Option<Caller> {
    let allow_origin = fields.iter().find(|field| field.header == CorsHeader::AllowOrigin)?;
    let credentials = |field: &SetField<'_>| field.header == CorsHeader::AllowCredentials && *field.value == *b"true";
    let (_, flow) = questions::origin_flow(site, allow_origin.item)?;
    let is_star = *allow_origin.value == *b"*";
    let any = is_star || !flow.reflected.is_empty();
    let mentioned = route::origins(&site.asker.model, &[flow], app).into_iter().next();
    let origin = mentioned.or_else(|| any.then(|| FOREIGN_ORIGIN.to_owned()))?;
    Some(Caller { origin, credentials: !is_star && fields.iter().any(credentials) })
}

/// A level whose own `add_header` keeps the CORS fields of the level around it from being sent (A1.1).
#[derive(Debug)]
pub struct Dropping<'d> {
    /// The level: a location or a server.
    pub level: ContextId,
    /// Its first `add_header`.
    pub by: ItemId,
    /// The CORS fields of the level around it that are not sent, and that it does not set itself.
    pub fields: Vec<SetField<'d>>,
}

/// The level whose own `add_header`s are in force in `context`.
pub(crate) fn level_of(site: &Site<'_>, context: ContextId) -> Option<ContextId> {
    let first = site.config.list(context, List::AddHeader).first()?;
    Some(site.config.item(*first).context)
}

/// The CORS fields that the `add_header`s in force in `context` set.
pub(crate) fn fields_in_force<'d>(site: &Site<'d>, context: ContextId) -> Vec<SetField<'d>> {
    site.config.relevant_headers(context).iter().flat_map(|item| set_fields(site.config, *item)).collect()
}

/// Returns what the level whose `add_header`s are in force in `context` drops. Nothing where it is an `if`, or merges (A1.13).
pub(crate) fn dropping<'d>(site: &Site<'d>, context: ContextId) -> Option<Dropping<'d>> {
    let config = site.config;
    let by = *config.list(context, List::AddHeader).first()?;
    let level = config.item(by).context;
    let is_level = matches!(config.context(level).kind, ContextKind::Location | ContextKind::Server);
    let outer = config.context(level).parent.filter(|_| is_level)?;
    let sent = config.relevant_headers(level);
    // A level whose `if`s have CORS headers of their own has chosen for itself.
    let ifs = site.ifs.get(&level).into_iter().flatten().copied();
    let in_ifs = ifs.flat_map(|block| config.named(block, b"add_header"));
    let own = sent.iter().copied().chain(in_ifs).flat_map(|item| set_fields(config, item));
    let own: BTreeSet<CorsHeader> = own.map(|field| field.header).collect();
    // In file order, so that whether one is sent is soon known.
    let is_sent = |item: &ItemId| sent.binary_search(item).is_ok() || (!sent.is_sorted() && sent.contains(item));
    let around = config.relevant_headers(outer);
    let dropped = around.iter().copied().filter(|item| !is_sent(item));
    let fields = dropped.flat_map(|item| set_fields(config, item)).filter(|field| !own.contains(&field.header));
    let fields: Vec<SetField<'d>> = fields.filter(|field| field.header != CorsHeader::Vary).collect();
    (!fields.is_empty()).then_some(Dropping { level, by, fields })
}

/// The same page's request as in an exchange, where the app behind nginx answers `upstream`.
pub(crate) fn when_app_says<'d>(site: &Site<'d>, exchange: &Exchange<'d>, upstream: &Upstream<'_>) -> Visit<'d> {
    let entry = site.routes[exchange.route].entry;
    let (page, answers) = exchange::asked(site, entry, exchange.page.clone(), upstream);
    Visit { page, answers }
}
