//! The answer nginx gives to a request: which location takes it, what runs, and what goes back.
//!
//! What the configuration leaves open (a file's existence, a module's variable, an address) is a [`Question`].
//! A run that meets one stops, and is run again once with each reply, so every answer names what it assumes. The
//! number of runs for one request is limited; past the limit the answer is unknown, and [`Model::given_up`] says so.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashSet;
use url::Url;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::nginx::config::nearest_directives::Nearest;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::limits::{self, GivenUp, Limit};
use crate::nginx::regex::Regexes;
use crate::nginx::simulate::app::{self, Upstream};
use crate::nginx::simulate::irrelevant;
use crate::nginx::simulate::locations::Locations;
use crate::nginx::simulate::run::Run;
use crate::nginx::simulate::servers::Servers;
use crate::nginx::simulate::value::Value;
use crate::nginx::simulate::variables::Definitions;

/// How many runs one request may take before its answer counts as unknown.
const MAX_RUNS: usize = 128;
/// How many steps all runs of one request may take before its answer counts as unknown. The first run goes all the way.
pub const MAX_STEPS: u64 = 200_000;

/// How many steps of other work one step of a run takes the time of.
const STEPS_SPENT: u64 = 3;

/// Something an answer depends on and the configuration does not tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether the condition of this `if` or `rewrite` holds, or this `auth_basic`, whose realm is not known, asks for a password.
    Condition(ItemId),
    /// Whether this file is there, or with a slash at its end this directory. It is named by the URI that leads to it or, where that is
    /// open, by its pattern; below another `root` than the first one, with that before it.
    File(Vec<u8>),
    /// Whether the client's address is allowed by the rules that start here.
    Address(ItemId),
    /// Whether the client shows the credentials that this `auth_basic` or `auth_request` asks for.
    Credentials(ItemId),
}

/// Who wrote the body, and so decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// nginx itself: `return`, a redirect, an error page, a refusal.
    Nginx,
    /// The app behind `proxy_pass` and its kin.
    App,
    /// A file.
    File,
    /// Nobody: the connection is closed (`return 444`).
    Nobody,
}

/// One header field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'s> {
    /// Its name as it goes over the wire.
    pub name: Cow<'s, [u8]>,
    /// Its value.
    pub value: Value<'s>,
    /// The directive that sets it; none for a field of the app or of nginx's own.
    pub item: Option<ItemId>,
}

/// What goes back.
#[derive(Debug, Clone)]
pub struct Answer<'s> {
    /// The status; none where it is not to be known.
    pub status: Option<u16>,
    /// The header fields that matter to CORS, caches and redirects, in the order they are sent.
    pub fields: Vec<Field<'s>>,
    /// Who answers.
    pub by: AnsweredBy,
    /// The server that takes the request.
    pub server: ContextId,
    /// The context whose directives are in force at the end: a location, an `if` in one, a server.
    pub context: ContextId,
    /// The directive that answers, where one does.
    pub item: Option<ItemId>,
    /// The `if`s of the answering location that matched, in file order.
    pub matched: Vec<ContextId>,
    /// What this answer takes for granted.
    pub assumptions: Vec<(Question, bool)>,
    /// What keeps the header fields from being known for sure: the directive of a module that may change them.
    pub open: Option<ItemId>,
    /// Its number among the answers to the same request, from 0.
    pub number: usize,
}

impl<'s> Answer<'s> {
    /// The header fields of this name, in the order of their lines.
    pub fn fields_of(&self, header: CorsHeader) -> impl Iterator<Item = &Field<'s>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(header.name().as_bytes()))
    }

    /// The header field of this name, if there is exactly one.
    pub fn only_field_of(&self, header: CorsHeader) -> Option<&Field<'s>> {
        let mut fields = self.fields_of(header);
        fields.next().filter(|_| fields.next().is_none())
    }

    /// The location that answers, if it is one.
    pub fn location(&self, config: &Config<'_>) -> Option<ContextId> {
        config.enclosing(self.context, ContextKind::Location)
    }

    /// Returns whether the answer takes the reply `reply` to a question of this kind for granted.
    pub fn assumes(&self, reply: bool, kind: fn(&Question) -> bool) -> bool {
        self.assumptions.iter().any(|(question, assumed)| *assumed == reply && kind(question))
    }
}

/// A configuration that can be asked.
#[derive(Debug)]
pub struct Model<'c, 's> {
    /// The configuration.
    pub config: &'c Config<'s>,
    /// Its variables.
    pub definitions: Definitions<'s>,
    /// Its locations.
    pub locations: Locations<'s>,
    /// Its servers.
    pub servers: Servers<'s>,
    /// Its expressions.
    pub regexes: Regexes,
    /// What decides whether an app gets the request, and as it is, and a few others that are rarely there.
    pub(in crate::nginx) hand_over: Nearest<'s>,
    /// Whether answers hold every field, or only those that CORS may depend on: most configurations set many others, and the same ones in
    /// every location.
    pub with_all_fields: bool,
    /// The steps of all runs.
    steps: AtomicU64,
    /// See [`Model::given_up`].
    given_up: GivenUp,
    /// See [`Model::read_variables`].
    read_variables: OnceLock<HashSet<Vec<u8>>>,
}

/// Where a request enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryPoint {
    /// The server that the request's URL reaches; where none is to be found, the answer is unknown.
    Url,
    /// The server, which chooses the location by the path.
    Server(ContextId),
    /// This location of the server, whatever the path.
    Location(ContextId, ContextId),
}

impl<'c, 's> Model<'c, 's> {
    /// Makes a configuration ready to be asked.
    pub fn new(config: &'c Config<'s>) -> Self {
        let servers = Servers::new(config);
        let given_up = GivenUp::default();
        servers.left_out().iter().for_each(|server| given_up.add(*server, Limit::Budget));
        Model {
            config,
            definitions: Definitions::new(config),
            locations: Locations::new(config),
            servers,
            regexes: Regexes::default(),
            hand_over: app::hand_over(config),
            with_all_fields: true,
            steps: AtomicU64::default(),
            given_up,
            read_variables: OnceLock::new(),
        }
    }

    /// The blocks that were asked and whose answers were not worked out, in file order, with the limit that a request met there.
    pub fn given_up(&self) -> Vec<(ContextId, Limit)> {
        self.given_up.all()
    }

    /// Says that a block was not asked, or not wholly, since a limit was met for it.
    pub fn give_up(&self, context: ContextId, limit: Limit) {
        self.given_up.add(context, limit);
    }

    /// The directive of this name in force in `context`, of those that [`app::hand_over`] collects.
    pub(crate) fn in_force(&self, context: ContextId, name: &[u8]) -> Option<ItemId> {
        self.hand_over.get(self.config, context, name)
    }

    /// The variables that an answer may depend on, in lower case.
    pub(in crate::nginx) fn read_variables(&self) -> &HashSet<Vec<u8>> {
        self.read_variables.get_or_init(|| irrelevant::read_variables(self.config, &self.definitions))
    }

    /// How many steps all answers so far have taken: directives that ran, jumps and variables asked for. It says how much was done,
    /// whatever the machine.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The server that takes a request to `host` and `port` (A6.7). The scheme has no say: nginx chooses by address and name alone.
    /// `None` where no server listens on that port, or where the address the request comes in by decides.
    pub fn server_for(&self, host: &str, port: u16) -> Option<ContextId> {
        self.servers.find(&self.regexes, host, port).map(|(server, _)| server)
    }

    /// The answers to `request`, one for each way the open questions may turn out. `assume` replies to questions that the caller
    /// has an opinion on. None at all means that there are too many ways.
    pub fn answers(
        &self,
        request: &Request,
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let url = Url::parse(&request.url).ok();
        self.answers_at((request, url.as_ref()), upstream, entry, assume)
    }

    /// The same for a request whose URL was parsed before.
    pub(crate) fn answers_at(
        &self,
        (request, url): (&Request, Option<&Url>),
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let (answers, met) = limits::watched(|| self.all_answers((request, url), upstream, entry, assume));
        if let Some(limit) = met {
            self.given_up.add(self.entered(entry, url), limit);
        }
        answers
    }

    fn all_answers(
        &self,
        (request, url): (&Request, Option<&Url>),
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let mut answers = Vec::new();
        let mut waiting: Vec<Vec<(Question, bool)>> = vec![Vec::new()];
        let mut runs = 0;
        let steps = Cell::new(0);
        if limits::is_spent() {
            self.given_up.add(self.entered(entry, url), Limit::Budget);
            return answers;
        }
        while let Some(assumptions) = waiting.pop() {
            runs += 1;
            let run = Run::new(self, (request, url), upstream, &assumptions, &steps).go(entry);
            if runs > MAX_RUNS || steps.get() > MAX_STEPS {
                let limit = if runs > MAX_RUNS { Limit::Ways } else { Limit::Steps };
                self.given_up.add(self.entered(entry, url), limit);
                answers.clear();
                break;
            }
            match run {
                Ok(answer) => answers.push(answer),
                Err(question) => {
                    let replies = assume(&question).map_or(vec![false, true], |reply| vec![reply]);
                    for reply in replies {
                        let mut assumptions = assumptions.clone();
                        assumptions.push((question.clone(), reply));
                        waiting.push(assumptions);
                    }
                }
            }
        }
        // Expressions that take long to compile took the steps that were left, so some were not matched.
        if limits::is_spent() {
            self.given_up.add(self.entered(entry, url), Limit::Budget);
            answers.clear();
        }
        (0..).zip(&mut answers).for_each(|(number, answer)| answer.number = number);
        self.steps.fetch_add(steps.get(), Ordering::Relaxed);
        limits::spend(STEPS_SPENT * steps.get());
        answers
    }

    /// The block that a request enters, as far as that is known before it is asked.
    fn entered(&self, entry: EntryPoint, url: Option<&Url>) -> ContextId {
        let by_url = || url.and_then(|url| self.server_for(url.host_str()?, url.port_or_known_default()?));
        match entry {
            EntryPoint::Location(_, context) | EntryPoint::Server(context) => context,
            EntryPoint::Url => by_url().unwrap_or(self.config.top()),
        }
    }
}
