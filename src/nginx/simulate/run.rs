//! One run of one request through nginx's phases: server rewrite, find location, rewrite, access, content.

mod enter;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use url::Url;

use crate::cors::request::Request;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, EntryPoint, Question};
use crate::nginx::simulate::handler::Handler;
use crate::nginx::simulate::locations::{Pattern, pattern};
use crate::nginx::simulate::model::{MAX_STEPS, Model};
use crate::nginx::simulate::upstream::{AppFields, Upstream};
use crate::nginx::simulate::value::Value;
use enter::normalise;

/// How often one request may change its URI, plus one: nginx counts down and answers 500 at 0.
const MAX_URI_CHANGES: u32 = 11;
/// How large a request body may be where no `client_max_body_size` says otherwise, in bytes.
const DEFAULT_BODY_BYTES: u64 = 1024 * 1024;

/// The state of a request's body: the first change is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::nginx) enum RequestBody {
    /// Nothing yet.
    Waiting,
    /// It was read for an app, and each location that the app leads to looks at its size anew.
    Read,
    /// It was thrown away, and its size no longer matters.
    Discarded,
}

impl RequestBody {
    pub(in crate::nginx) fn read(&mut self) {
        if *self == RequestBody::Waiting {
            *self = RequestBody::Read;
        }
    }

    pub(in crate::nginx) fn discard(&mut self) {
        if *self == RequestBody::Waiting {
            *self = RequestBody::Discarded;
        }
    }
}

/// A run, and what it has come to so far.
#[derive(Debug)]
pub(in crate::nginx) struct Run<'r, 'c, 's> {
    pub(in crate::nginx) model: &'r Model<'c, 's>,
    pub(in crate::nginx) request: &'r Request,
    pub(in crate::nginx) upstream: &'r Upstream<'r>,
    pub(in crate::nginx) url: Option<&'r Url>,
    pub(in crate::nginx) assumptions: &'r [(Question, bool)],
    /// How many steps the runs of one request have taken; see [`Model::steps`].
    pub(in crate::nginx) steps: &'r Cell<u64>,
    pub(in crate::nginx) server: ContextId,
    /// The context whose directives are in force (nginx's `r->loc_conf`).
    pub(in crate::nginx) context: ContextId,
    pub(in crate::nginx) method: Cow<'r, str>,
    /// The value of `$request_method`: in a subrequest the client's method.
    pub(in crate::nginx) main_method: Cow<'r, str>,
    /// The path, normalised and decoded; what rewrites have made of it.
    pub(in crate::nginx) uri: Value<'s>,
    pub(in crate::nginx) query: Value<'s>,
    /// Variables that `set` has assigned or that a map has been asked for, by lower-case name.
    pub(in crate::nginx) variables: BTreeMap<Vec<u8>, Value<'s>>,
    pub(in crate::nginx) captures: Vec<Value<'s>>,
    /// The `if`s of the location entered last that matched.
    pub(in crate::nginx) matched: Vec<ContextId>,
    /// The handler that writes the body; an `if` may replace it.
    pub(in crate::nginx) handler: Handler,
    /// How many changes of the URI are left.
    pub(in crate::nginx) changes_left: u32,
    /// True if the request no longer is what the client sent, which opens `internal` locations.
    pub(in crate::nginx) internal: bool,
    /// The status that the answer will have whatever writes its body.
    pub(in crate::nginx) error_status: Option<u16>,
    pub(in crate::nginx) in_error_page: bool,
    /// The refusal that `satisfy any` holds back; an error page that another check leads to meets it as well.
    pub(in crate::nginx) refusal: Option<Reply>,
    /// The state of the request's body.
    pub(in crate::nginx) body: RequestBody,
    /// The `Location` field, once something has set it.
    pub(in crate::nginx) redirect: Option<(Value<'s>, Option<ItemId>)>,
    /// The header fields of the app's answer, once there is one: what `$upstream_http_*` hold.
    pub(in crate::nginx) app_fields: Option<AppFields>,
    /// The key by which nginx may have kept the answer of the app that an `auth_request` asked.
    pub(in crate::nginx) kept_for_auth: Option<ItemId>,
    /// The `root` or `alias` below which a file was asked for first, once one was.
    pub(in crate::nginx) first_root: Option<Option<ItemId>>,
    /// The `auth_request` of which this is the subrequest.
    pub(in crate::nginx) asked_by: Option<ItemId>,
}

/// Where a run goes next.
#[derive(Debug)]
pub(in crate::nginx) enum Step {
    /// To the next phase.
    On,
    /// To the location that the changed URI finds.
    Find,
    /// Through the server's rewrite phase again, with a changed URI: nginx's internal redirect.
    Redirect,
    /// Into this named location.
    Named(ContextId),
    /// Back to the client.
    Reply(Reply),
}

/// The source of the response.
#[derive(Debug, Clone)]
pub(in crate::nginx) struct Reply {
    pub(in crate::nginx) status: Option<u16>,
    pub(in crate::nginx) by: AnsweredBy,
    pub(in crate::nginx) item: Option<ItemId>,
    /// True if the status goes through `error_page`.
    pub(in crate::nginx) special: bool,
}

impl Reply {
    /// nginx's own answer, which `error_page` may replace.
    pub(in crate::nginx) fn special(status: u16, item: Option<ItemId>) -> Self {
        Reply { status: Some(status), by: AnsweredBy::Nginx, item, special: true }
    }

    /// An answer that goes to the client as it is.
    pub(in crate::nginx) fn plain(status: u16, by: AnsweredBy, item: Option<ItemId>) -> Self {
        Reply { status: Some(status), by, item, special: false }
    }

    /// An answer of which nothing is known.
    pub(in crate::nginx) fn unknown(item: Option<ItemId>) -> Self {
        Reply { status: None, by: AnsweredBy::Nginx, item, special: false }
    }
}

impl<'r, 'c, 's> Run<'r, 'c, 's> {
    pub(in crate::nginx) fn new(
        model: &'r Model<'c, 's>,
        (request, url): (&'r Request, Option<&'r Url>),
        upstream: &'r Upstream<'r>,
        assumptions: &'r [(Question, bool)],
        steps: &'r Cell<u64>,
    ) -> Self {
        let query = url.and_then(Url::query).unwrap_or_default().as_bytes().to_vec();
        Run {
            model,
            request,
            upstream,
            url,
            assumptions,
            steps,
            server: model.config.top(),
            context: model.config.top(),
            method: Cow::Borrowed(&request.method),
            main_method: Cow::Borrowed(&request.method),
            uri: Value::unknown(b"uri".as_slice()),
            query: Value::known(query),
            variables: BTreeMap::new(),
            captures: Vec::new(),
            matched: Vec::new(),
            handler: Handler::Files,
            changes_left: MAX_URI_CHANGES,
            internal: false,
            error_status: None,
            in_error_page: false,
            refusal: None,
            body: RequestBody::Waiting,
            redirect: None,
            app_fields: None,
            kept_for_auth: None,
            first_root: None,
            asked_by: None,
        }
    }

    /// Goes all the way.
    ///
    /// # Errors
    ///
    /// The first question that the assumptions do not cover.
    pub(in crate::nginx) fn go(mut self, entry: EntryPoint) -> Result<Answer<'s>, Question> {
        let (server, forced) = match entry {
            EntryPoint::Server(server) => (Some(server), None),
            EntryPoint::Location(server, location) => (Some(server), Some(location)),
            EntryPoint::Url => (self.choose_server(), None),
        };
        let reply = match server {
            Some(server) => {
                self.server = server;
                self.context = server;
                self.take_captures_of_name();
                self.pass(forced)?
            }
            None => Reply::unknown(None),
        };
        let status = self.error_status.or(reply.status);
        let (server, context, assumptions) = (self.server, self.context, self.assumptions.to_vec());
        let matched = std::mem::take(&mut self.matched);
        let (mut fields, open) = self.fields(status, &reply);
        // Very many answers are kept.
        fields.shrink_to_fit();
        Ok(Answer {
            status,
            fields,
            by: reply.by,
            server,
            context,
            item: reply.item,
            matched,
            assumptions,
            open,
            number: 0,
        })
    }

    /// The server that the URL reaches.
    fn choose_server(&self) -> Option<ContextId> {
        let url = self.url?;
        self.model.server_for(url.host_str()?, url.port_or_known_default()?)
    }

    /// Returns what the name of the server captures of the URL's host becomes variables.
    fn take_captures_of_name(&mut self) {
        let model = self.model;
        let host = self.url.and_then(url::Url::host_str);
        let captures = host.and_then(|host| model.servers.captured(&model.regexes, self.server, host));
        captures.into_iter().for_each(|captures| self.take_captures(captures));
    }

    /// From the first phase to the reply that goes to the client.
    fn pass(&mut self, forced: Option<ContextId>) -> Result<Reply, Question> {
        let slashes = self.model.servers.merge_slashes();
        let path = self.url.and_then(|url| {
            let path = normalise(url.path(), slashes == Some(true))?;
            let is_sure = slashes.is_some() || !path.windows(2).any(|pair| pair == b"//");
            is_sure.then_some(path)
        });
        let step = match (self.refused(), path) {
            (Some(reply), _) => Step::Reply(reply),
            // nginx refuses such a path, or merges its slashes or not, before it knows the server.
            (None, None) => Step::Reply(Reply::unknown(None)),
            (None, Some(path)) => {
                self.uri = Value::known(path);
                self.through_server(forced)?
            }
        };
        self.follow(step)
    }

    pub(in crate::nginx) fn step(&self) {
        self.take_steps(1);
    }

    /// Gives the request up, as one that takes too many steps.
    pub(in crate::nginx) fn give_up(&self) {
        self.steps.set(self.steps.get().saturating_add(MAX_STEPS + 1));
    }

    /// Returns whether this request has taken all the steps it may take; the model gives it up then.
    pub(in crate::nginx) fn is_over(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    /// Counts what takes longer the more directives are in force.
    pub(in crate::nginx) fn take_steps(&self, count: usize) {
        self.steps.set(self.steps.get().saturating_add(u64::try_from(count).unwrap_or(u64::MAX)));
    }

    /// From step to step, to the reply that nothing replaces.
    fn follow(&mut self, mut step: Step) -> Result<Reply, Question> {
        loop {
            self.step();
            step = match step {
                Step::Reply(reply) => match self.error_page(&reply) {
                    Some(step) => step,
                    None => return Ok(reply),
                },
                other => self.next(other)?,
            };
        }
    }

    /// The reply to the subrequest that `item` makes for `path`; its variables are those of this run (A3.9).
    pub(in crate::nginx) fn subrequest(&mut self, item: ItemId, path: Vec<u8>) -> Result<Reply, Question> {
        let nothing = Upstream::default();
        let mut sub = Run::new(self.model, (self.request, self.url), &nothing, self.assumptions, self.steps);
        (sub.server, sub.context) = (self.server, self.server);
        (sub.method, sub.main_method) = (Cow::Borrowed("GET"), self.main_method.clone());
        (sub.uri, sub.query) = (Value::known(path), Value::known(Vec::new()));
        (sub.asked_by, sub.internal, sub.body) = (Some(item), true, self.body);
        sub.variables = std::mem::take(&mut self.variables);
        let first = sub.through_server(None)?;
        let reply = sub.follow(first)?;
        let status = sub.error_status.or(reply.status);
        // What headers-more sets there never leaves nginx, but a map that it asks has given its answer for the request too.
        for item in self.model.config.relevant_more_headers(sub.context) {
            sub.more(item, status, &mut Vec::new());
        }
        self.variables = sub.variables;
        self.kept_for_auth = sub.kept_for_auth;
        Ok(Reply { status, ..reply })
    }

    fn next(&mut self, step: Step) -> Result<Step, Question> {
        match step {
            Step::Find => self.find(),
            Step::Redirect => {
                self.internal = true;
                self.through_server(None)
            }
            Step::Named(location) => {
                self.internal = true;
                self.enter(location)
            }
            Step::On => self.content(),
            Step::Reply(_) => Ok(step),
        }
    }

    /// Counts one change of the URI; false where it is one too many.
    pub(in crate::nginx) fn may_change(&mut self) -> bool {
        self.changes_left = self.changes_left.saturating_sub(1);
        self.changes_left > 0
    }

    /// Returns what nginx refuses before it looks at a location (A2.3).
    fn refused(&self) -> Option<Reply> {
        let well_formed = self.method.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'));
        match &*self.method {
            _ if !well_formed => Some(Reply::special(400, None)),
            "TRACE" | "CONNECT" => Some(Reply::special(405, None)),
            _ => None,
        }
    }

    /// The server's rewrite phase, then the location: the one the URI finds, or `forced` while the URI is what the client sent.
    fn through_server(&mut self, forced: Option<ContextId>) -> Result<Step, Question> {
        self.context = self.server;
        // A fragment of bare directives is a location whose server is not shown.
        let is_location = self.model.config.context(self.server).kind == ContextKind::Location;
        let step = if is_location { Step::On } else { self.rewrite(self.server)? };
        match (step, forced) {
            (Step::On, Some(location)) => {
                self.capture(location);
                self.enter(location)
            }
            // The first change of the URI by a server is not counted.
            (Step::On | Step::Find, _) => self.find(),
            (step, _) => Ok(step),
        }
    }

    /// Fills in what the expression of a location that was not chosen by the path would capture.
    fn capture(&mut self, location: ContextId) {
        let (config, regexes) = (self.model.config, &self.model.regexes);
        let Some(Pattern::Regex { pattern, ignore_case }) =
            config.context(location).opener.and_then(|opener| pattern(config, opener))
        else {
            return;
        };
        let path = self.uri.bytes().unwrap_or_default();
        match regexes.captures(&pattern, ignore_case, path) {
            Ok(Some(captures)) => self.take_captures(captures),
            _ => self.lose_captures(),
        }
    }

    /// The reply to a question, or the question itself.
    pub(in crate::nginx) fn ask(&self, question: Question) -> Result<bool, Question> {
        let known = self.assumptions.iter().find(|(asked, _)| *asked == question);
        known.map(|(_, reply)| *reply).ok_or(question)
    }
}
