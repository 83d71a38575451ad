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
use crate::deployment::ask::entry_url;
use crate::deployment::ask::exchange::main_verdict;
use crate::deployment::ask::route;
use crate::dotenv::products::app::App;
use crate::nginx::config::settings::List;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::origins::flow::{SetField, set_fields};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};
use crate::nginx::simulate::app::{AppStatus, Upstream};
use crate::nginx::simulate::locations::{self, Pattern};

/// What a page asks of a place.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The page's origin.
    pub origin: String,
    /// Whether it asks with credentials.
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
    /// What the browser makes of an answer.
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
pub fn is_told(answer: &Answer<'_>) -> bool {
    let is_good = answer.status.is_some_and(|status| (200..300).contains(&status));
    answer.by == AnsweredBy::App || (is_good && answer.by != AnsweredBy::Nobody)
}

/// Returns whether an answer rests on how a condition turns out that corslint cannot decide.
pub fn is_doubtful(answer: &Answer<'_>) -> bool {
    let is_condition = |question: &Question| matches!(question, Question::Condition(_));
    answer.assumes(true, is_condition) || answer.assumes(false, is_condition)
}

/// The header whose absence makes the browser block.
pub fn lacking(verdict: &Verdict) -> Option<CorsHeader> {
    let Verdict::Blocked(blocked) = verdict else { return None };
    match &blocked.reason {
        Reason::NoAllowOrigin => Some(CorsHeader::AllowOrigin),
        Reason::CredentialsNotTrue(value) if value.is_empty() => Some(CorsHeader::AllowCredentials),
        _ => None,
    }
}

impl<'d> Site<'d> {
    /// A page's origin that no configuration mentions.
    pub fn foreign_origin() -> String {
        FOREIGN_ORIGIN.to_owned()
    }

    /// The contexts that requests from outside enter: locations, and servers without one.
    pub fn entered(&self) -> impl Iterator<Item = ContextId> {
        self.contexts().filter(|&context| route::entry(self.config, context).is_some())
    }

    /// For each level with an `add_header` of its own, the contexts that requests enter and that have its headers; of those that are alike the
    /// first.
    pub fn entered_by_level(&self) -> BTreeMap<ContextId, Vec<ContextId>> {
        let mut entered: BTreeMap<ContextId, Vec<ContextId>> = BTreeMap::new();
        let mut seen = HashSet::new();
        for context in self.entered() {
            if let Some(level) = self.level_of(context)
                && seen.insert((level, self.alike.kind_of(self.config, context)))
            {
                entered.entry(level).or_default().push(context);
            }
        }
        entered
    }

    /// The answers that have a field of one of these directives, by directive.
    pub fn answers_with(&self, items: &BTreeSet<ItemId>) -> BTreeMap<ItemId, Vec<(&Exchange<'d>, Kind, &Answer<'d>)>> {
        let mut answers: BTreeMap<ItemId, Vec<_>> = BTreeMap::new();
        for exchange in self.exchanges.iter().filter(|_| !items.is_empty()) {
            for (kind, answer) in exchange.answers() {
                for item in answer.fields.iter().filter_map(|field| field.item).filter(|item| items.contains(item)) {
                    answers.entry(item).or_default().push((exchange, kind, answer));
                }
            }
        }
        answers
    }

    /// What a page gets by a GET in `context`. `None` where no request from outside enters, or the page is of the same origin.
    pub fn visit(&self, context: ContextId, caller: &Caller, upstream: &Upstream<'_>) -> Option<Visit<'d>> {
        let (server, entry) = route::entry(self.config, context)?;
        let url = Url::parse(&entry_url::url(&self.asker.model, &self.bases, server, context)?).ok()?;
        let origin = check_serialized(&caller.origin).ok()?;
        if origin.is_same(&Origin::of(&url)) {
            return None;
        }
        let mode = if caller.credentials { CredentialsMode::Include } else { CredentialsMode::Omit };
        let page = PageRequest::new(origin, "GET", url, mode).ok()?;
        let (page, answers) = self.asked(entry, page, upstream);
        Some(Visit { page, answers })
    }

    /// The same page's request as in an exchange, where the app behind nginx answers it with `status`, or not at all.
    pub fn when_app_answers(&self, exchange: &Exchange<'d>, status: AppStatus) -> Visit<'d> {
        self.when_app_says(exchange, &Upstream { status, ..self.asker.apps() })
    }

    /// What another request of a page gets at a route.
    pub(crate) fn visit_as(&self, route: usize, page: PageRequest) -> Visit<'d> {
        let (page, answers) = self.asked(self.routes[route].entry, page, &self.asker.apps());
        Visit { page, answers }
    }

    /// The directory that a route's URL stands in, asked for by the same page: its index answers. `None` where the directory is
    /// not the location's own.
    pub fn directory_of(&self, exchange: &Exchange<'d>) -> Option<Visit<'d>> {
        let Route { entry, context, .. } = self.routes.get(exchange.route)?;
        let url = exchange.page.url().join(".").ok()?;
        let Pattern::Prefix { path, .. } = locations::pattern(self.config, self.config.context(*context).opener?)?
        else {
            return None;
        };
        url.path().as_bytes().starts_with(&path).then_some(())?;
        let mode = if exchange.page.has_credentials() { CredentialsMode::Include } else { CredentialsMode::Omit };
        let page = PageRequest::new(exchange.page.origin().clone(), "GET", url, mode).ok()?;
        let (page, answers) = self.asked(*entry, page, &self.asker.apps());
        Some(Visit { page, answers })
    }

    /// The directives that hand requests which enter `context` to an app.
    pub fn passes(&self, context: ContextId) -> impl Iterator<Item = ItemId> {
        let server = self.config.enclosing(context, ContextKind::Server).unwrap_or(self.config.top());
        route::handing_on(&self.asker.model, server, context)
    }

    /// The app that requests which enter `context` are handed to, where it is known which one it is.
    pub fn app_at(&self, context: ContextId) -> Option<&'d App> {
        self.passes(context).find_map(|item| self.asker.behind.app(self.config.place(item)))
    }

    /// A page that these fields would let in if they were sent, or else the app; with credentials where they allow them.
    pub fn welcome(&self, fields: &[SetField<'d>], app: Option<&App>) -> Option<Caller> {
        let allow_origin = fields.iter().find(|field| field.header == CorsHeader::AllowOrigin)?;
        let credentials =
            |field: &SetField<'_>| field.header == CorsHeader::AllowCredentials && *field.value == *b"true";
        let (_, flow) = self.origin_flow(allow_origin.item)?;
        let is_star = *allow_origin.value == *b"*";
        let any = is_star || !flow.reflected.is_empty();
        let mentioned = route::origins(&self.asker.model, &[flow], app).into_iter().next();
        let origin = mentioned.or_else(|| any.then(|| FOREIGN_ORIGIN.to_owned()))?;
        Some(Caller { origin, credentials: !is_star && fields.iter().any(credentials) })
    }
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

impl<'d> Site<'d> {
    /// The level whose own `add_header`s are in force in `context`.
    pub fn level_of(&self, context: ContextId) -> Option<ContextId> {
        let first = self.config.list(context, List::AddHeader).first()?;
        Some(self.config.item(*first).context)
    }

    /// The CORS fields that the `add_header`s in force in `context` set.
    pub fn fields_in_force(&self, context: ContextId) -> Vec<SetField<'d>> {
        self.config.relevant_headers(context).iter().flat_map(|item| set_fields(self.config, *item)).collect()
    }

    /// What the level whose `add_header`s are in force in `context` drops. Nothing where it is an `if`, or merges (A1.13).
    pub fn dropping(&self, context: ContextId) -> Option<Dropping<'d>> {
        let config = self.config;
        let by = *config.list(context, List::AddHeader).first()?;
        let level = config.item(by).context;
        let is_level = matches!(config.context(level).kind, ContextKind::Location | ContextKind::Server);
        let outer = config.context(level).parent.filter(|_| is_level)?;
        let sent = config.relevant_headers(level);
        // A level whose `if`s have CORS headers of their own has chosen for itself.
        let ifs = self.ifs.get(&level).into_iter().flatten().copied();
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
}

impl<'d> Site<'d> {
    /// The same page's request as in an exchange, where the app behind nginx answers `upstream`.
    pub fn when_app_says(&self, exchange: &Exchange<'d>, upstream: &Upstream<'_>) -> Visit<'d> {
        let entry = self.routes[exchange.route].entry;
        let (page, answers) = self.asked(entry, exchange.page.clone(), upstream);
        Visit { page, answers }
    }
}
