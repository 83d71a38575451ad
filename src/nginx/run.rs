//! One run of one request through nginx's phases: server rewrite, find location, rewrite, access, content.

use std::collections::BTreeMap;

use super::answer::{Answer, AnsweredBy, Entry, Model, Question, Upstream};
use super::condition::{Condition, condition};
use super::config::{ContextId, ContextKind, Item, ItemId};
use super::locations::Found;
use super::value::Value;
use crate::cors::request::Request;

/// How often nginx lets one request change its URI before it answers 500.
const MAX_URI_CHANGES: u32 = 10;

/// A run, and what it has come to so far.
#[derive(Debug)]
pub(super) struct Run<'r, 'c, 's> {
    pub(super) model: &'r Model<'c, 's>,
    pub(super) request: &'r Request,
    pub(super) upstream: &'r Upstream,
    pub(super) url: Option<url::Url>,
    assumptions: &'r [(Question, bool)],
    pub(super) server: ContextId,
    /// The context whose directives are in force (nginx's `r->loc_conf`).
    pub(super) context: ContextId,
    pub(super) method: String,
    /// The path, normalised and decoded; what rewrites have made of it.
    pub(super) uri: Value<'s>,
    pub(super) query: Value<'s>,
    /// Variables that `set` has assigned or that a map has been asked for, by lower-case name.
    pub(super) variables: BTreeMap<Vec<u8>, Value<'s>>,
    pub(super) captures: Vec<Value<'s>>,
    matched: Vec<ContextId>,
    changes: u32,
    /// The status an `error_page` has put in force.
    pub(super) error_status: Option<u16>,
    pub(super) in_error_page: bool,
}

/// Where a run goes next.
#[derive(Debug)]
pub(super) enum Step {
    /// To the next phase.
    On,
    /// To the location that the changed URI finds.
    Find,
    /// Into this location, from its rewrite phase on.
    Enter(ContextId),
    /// Back to the client.
    Reply(Reply),
}

/// What answers.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: Option<u16>,
    pub(super) by: AnsweredBy,
    pub(super) item: Option<ItemId>,
    /// Whether the status goes through `error_page`.
    pub(super) special: bool,
    /// Where it redirects to, if it does.
    pub(super) redirects: bool,
}

impl Reply {
    /// nginx's own answer, which `error_page` may replace.
    pub(super) fn special(status: u16, item: Option<ItemId>) -> Self {
        Reply { status: Some(status), by: AnsweredBy::Nginx, item, special: true, redirects: false }
    }
}

impl<'r, 'c, 's> Run<'r, 'c, 's> {
    pub(super) fn new(
        model: &'r Model<'c, 's>,
        request: &'r Request,
        upstream: &'r Upstream,
        assumptions: &'r [(Question, bool)],
    ) -> Self {
        let url = url::Url::parse(&request.url).ok();
        let path = url
            .as_ref()
            .map_or_else(|| Value::Unknown(b"uri".as_slice().into()), |url| Value::known(normalise(url.path())));
        let query = url.as_ref().and_then(url::Url::query).unwrap_or_default().as_bytes().to_vec();
        Run {
            model,
            request,
            upstream,
            url,
            assumptions,
            server: model.config.top(),
            context: model.config.top(),
            method: request.method.clone(),
            uri: path,
            query: Value::known(query),
            variables: BTreeMap::new(),
            captures: Vec::new(),
            matched: Vec::new(),
            changes: 0,
            error_status: None,
            in_error_page: false,
        }
    }

    /// Goes all the way.
    ///
    /// # Errors
    ///
    /// The first question that the assumptions do not cover.
    pub(super) fn go(mut self, entry: Entry) -> Result<Answer<'s>, Question> {
        let (server, forced) = match entry {
            Entry::Server(server) => (server, None),
            Entry::Location(server, location) => (server, Some(location)),
        };
        self.server = server;
        self.context = server;
        let mut step = match self.rewrite(server)? {
            // A server that changes the URI sends the request wherever that leads.
            Step::On => forced.map_or(Step::Find, Step::Enter),
            step => {
                self.changes = 1;
                step
            }
        };
        loop {
            step = match step {
                Step::Find => self.find()?,
                Step::Enter(context) => self.enter(context)?,
                Step::On => self.content()?,
                Step::Reply(reply) => match self.error_page(&reply) {
                    Some(step) => step,
                    None => return Ok(self.answer(reply)),
                },
            };
            if matches!(step, Step::Find | Step::Enter(_)) {
                self.changes += 1;
                if self.changes > MAX_URI_CHANGES {
                    return Ok(self.answer(Reply::special(500, None)));
                }
            }
        }
    }

    fn answer(mut self, reply: Reply) -> Answer<'s> {
        let status = self.error_status.or(reply.status);
        let (server, context, assumptions) = (self.server, self.context, self.assumptions.to_vec());
        let matched = std::mem::take(&mut self.matched);
        let (fields, open) = self.fields(status, &reply);
        Answer { status, fields, by: reply.by, server, context, item: reply.item, matched, assumptions, open }
    }

    /// The reply to a question, or the question itself.
    pub(super) fn ask(&self, question: Question) -> Result<bool, Question> {
        let known = self.assumptions.iter().find(|(asked, _)| *asked == question);
        known.map(|(_, reply)| *reply).ok_or(question)
    }

    /// The find-config phase: the location that takes the URI.
    fn find(&mut self) -> Result<Step, Question> {
        let model = self.model;
        let Some(path) = self.uri.bytes().map(<[u8]>::to_vec) else {
            return Ok(Step::Reply(self.lost()));
        };
        match model.locations.find(model.config, &model.regexes, self.server, &path) {
            Found::Location(context, captures) => {
                if let Some(captures) = captures {
                    self.take_captures(captures);
                }
                if model.config.named(context, b"internal").next().is_some() && self.changes == 0 {
                    self.context = context;
                    return Ok(Step::Reply(Reply::special(404, None)));
                }
                Ok(Step::Enter(context))
            }
            Found::AddSlash(context) => {
                self.context = context;
                let item = model.config.context(context).opener;
                Ok(Step::Reply(Reply { redirects: true, ..Reply::special(301, item) }))
            }
            Found::Nothing => {
                self.context = self.server;
                Ok(Step::On)
            }
            Found::Unknown => Ok(Step::Reply(self.lost())),
        }
    }

    /// An answer of which nothing is known.
    pub(super) fn lost(&self) -> Reply {
        Reply { status: None, by: AnsweredBy::Nginx, item: None, special: false, redirects: false }
    }

    /// Enters a location: `limit_except` first (A3.6), then its rewrite phase, then access and content.
    fn enter(&mut self, location: ContextId) -> Result<Step, Question> {
        self.context = location;
        self.matched.clear();
        if let Some(limited) = self.limited(location) {
            self.context = limited;
        } else {
            match self.rewrite(location)? {
                Step::On => {}
                step => return Ok(step),
            }
        }
        match self.access()? {
            Some(reply) => Ok(Step::Reply(reply)),
            None => Ok(Step::On),
        }
    }

    /// The `limit_except` block of `location` that takes this method over. GET stands for HEAD too (A3.5).
    fn limited(&self, location: ContextId) -> Option<ContextId> {
        let config = self.model.config;
        let method = if self.method == "HEAD" { "GET" } else { &self.method };
        config.children(location).find(|&child| {
            let here = config.context(child);
            let opener = here.opener.filter(|_| here.kind == ContextKind::LimitExcept);
            opener.is_some_and(|item| {
                let mut listed = (1..=config.parameter_count(item)).filter_map(|index| config.parameter(item, index));
                !listed.any(|name| name.eq_ignore_ascii_case(method.as_bytes()))
            })
        })
    }

    /// The rewrite directives of `context` in file order, those of matching `if`s in their place (A3.16).
    fn rewrite(&mut self, context: ContextId) -> Result<Step, Question> {
        let config = self.model.config;
        let mut changed = false;
        // `if` blocks do not nest, so one level of return is enough.
        let mut outer = config.items(context);
        let mut inner: Option<_> = None;
        loop {
            let next = inner.as_mut().and_then(Iterator::next);
            let Some(item) = next.or_else(|| outer.next()) else { break };
            let directive = *config.item(item);
            match self.directive(item, &directive)? {
                Effect::None => {}
                Effect::Changed => changed = true,
                Effect::Break => return Ok(Step::On),
                Effect::Step(step) => return Ok(step),
                Effect::Matched(block) => {
                    self.context = block;
                    self.matched.push(block);
                    inner = Some(config.items(block));
                }
            }
        }
        Ok(if changed { Step::Find } else { Step::On })
    }

    fn directive(&mut self, item: ItemId, directive: &Item<'s>) -> Result<Effect, Question> {
        match directive.name {
            b"set" => self.set(item),
            b"return" => return Ok(Effect::Step(Step::Reply(self.return_reply(item)))),
            b"break" => return Ok(Effect::Break),
            b"rewrite" => return self.rewrite_uri(item),
            b"if" => {
                if let Some(block) = directive.opens
                    && self.holds(item)?
                {
                    return Ok(Effect::Matched(block));
                }
            }
            _ => {}
        }
        Ok(Effect::None)
    }

    fn set(&mut self, item: ItemId) {
        let config = self.model.config;
        let name = config.parameter(item, 1);
        let Some(name) = name.as_deref().and_then(|name| name.strip_prefix(b"$")) else { return };
        let value = match config.parameter(item, 2) {
            Some(text) => self.expand(text),
            None => Value::Unknown(name.to_vec().into()),
        };
        self.variables.insert(name.to_ascii_lowercase(), value);
    }

    /// `return`: below 400, and with a text, it answers itself; otherwise `error_page` may replace it.
    fn return_reply(&self, item: ItemId) -> Reply {
        let config = self.model.config;
        let code = config.parameter(item, 1).and_then(|code| std::str::from_utf8(&code).ok()?.parse::<u16>().ok());
        let has_text = config.parameter_count(item) > 1;
        let by = if code == Some(444) { AnsweredBy::Nobody } else { AnsweredBy::Nginx };
        match code {
            Some(status) => {
                let redirects = matches!(status, 301 | 302 | 303 | 307 | 308);
                let special = redirects || (status >= 400 && !has_text);
                Reply { status: Some(status), by, item: Some(item), special, redirects }
            }
            // `return URL` is a 302 (A8.8); a template may stand for anything.
            None => {
                let status = config.parameter(item, 1).map(|_| 302);
                Reply { status, by, item: Some(item), special: true, redirects: true }
            }
        }
    }

    fn rewrite_uri(&mut self, item: ItemId) -> Result<Effect, Question> {
        let config = self.model.config;
        let (Some(regex), Some(replacement)) = (config.parameter(item, 1), config.parameter(item, 2)) else {
            return if self.ask(Question::Condition(item))? {
                Ok(Effect::Step(Step::Reply(self.lost())))
            } else {
                Ok(Effect::None)
            };
        };
        if !self.matches(item, &self.uri.clone(), &regex, false)? {
            return Ok(Effect::None);
        }
        let flag = config.parameter(item, 3);
        let redirect = match flag.as_deref() {
            Some(b"redirect") => Some(302),
            Some(b"permanent") => Some(301),
            _ if is_absolute(&replacement) => Some(302),
            _ => None,
        };
        if let Some(status) = redirect {
            return Ok(Effect::Step(Step::Reply(Reply { redirects: true, ..Reply::special(status, Some(item)) })));
        }
        let keep_query = !replacement.ends_with(b"?");
        let uri = self.expand(replacement);
        self.change_uri(uri, keep_query);
        Ok(match flag.as_deref() {
            Some(b"last") => Effect::Step(Step::Find),
            Some(b"break") => Effect::Break,
            _ => Effect::Changed,
        })
    }

    /// Takes a new URI; its own query goes before the old one, which `keep_query` keeps.
    pub(super) fn change_uri(&mut self, new: Value<'s>, keep_query: bool) {
        let Value::Known(text) = &new else {
            self.uri = new;
            return;
        };
        let (path, query) = match text.iter().position(|byte| *byte == b'?') {
            Some(at) => (text[..at].to_vec(), Some(text[at + 1..].to_vec())),
            None => (text.to_vec(), None),
        };
        self.uri = Value::known(path);
        self.query = match (query, self.query.bytes().filter(|old| keep_query && !old.is_empty())) {
            (Some(new), Some(old)) if !new.is_empty() => Value::known([&new, &b"&"[..], old].concat()),
            (Some(new), None) => Value::known(new),
            (_, Some(old)) => Value::known(old.to_vec()),
            (None, None) => Value::known(Vec::new()),
        };
    }

    /// Whether the condition of an `if` holds.
    fn holds(&mut self, item: ItemId) -> Result<bool, Question> {
        let open = || Question::Condition(item);
        match condition(self.model.config, item) {
            None | Some(Condition::File { .. }) => self.ask(open()),
            Some(Condition::Invalid) => Ok(false),
            Some(Condition::True(variable)) => match self.variable(&variable).is_true() {
                Some(truth) => Ok(truth),
                None => self.ask(open()),
            },
            Some(Condition::Equal { variable, text, negated, .. }) => {
                let (left, right) = (self.variable(&variable), self.expand(text));
                match (left.bytes(), right.bytes()) {
                    (Some(left), Some(right)) => Ok((left == right) != negated),
                    _ => self.ask(open()),
                }
            }
            Some(Condition::Match { variable, regex, ignore_case, negated, .. }) => {
                let subject = self.variable(&variable);
                Ok(self.matches(item, &subject, &regex, ignore_case)? != negated)
            }
        }
    }

    /// Whether `regex` matches; its groups become `$1` and so on.
    fn matches(
        &mut self,
        item: ItemId,
        subject: &Value<'s>,
        regex: &[u8],
        ignore_case: bool,
    ) -> Result<bool, Question> {
        let model = self.model;
        let found = subject.bytes().map(|text| model.regexes.captures(regex, ignore_case, text));
        match found {
            Some(Ok(Some(captures))) => {
                self.take_captures(captures);
                Ok(true)
            }
            Some(Ok(None)) => Ok(false),
            Some(Err(_)) | None => {
                let matched = self.ask(Question::Condition(item))?;
                if matched {
                    let unknown = || Value::Unknown(b"1".as_slice().into());
                    self.captures = std::iter::repeat_with(unknown).take(10).collect();
                }
                Ok(matched)
            }
        }
    }
}

/// What one rewrite directive does.
enum Effect {
    None,
    /// The URI has changed; the phase goes on.
    Changed,
    /// The phase ends.
    Break,
    Step(Step),
    /// An `if` matched; its directives are next.
    Matched(ContextId),
}

/// Whether a replacement redirects by itself (A3.11).
fn is_absolute(replacement: &[u8]) -> bool {
    [&b"http://"[..], b"https://", b"$scheme"].iter().any(|start| replacement.starts_with(start))
}

/// A path as locations are compared with it: decoded, `//` merged, dots resolved (A6.3). The URL parser has resolved dots already.
fn normalise(path: &str) -> Vec<u8> {
    let mut normal = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let decoded = match (byte, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                rest = ahead;
                high * 16 + low
            }
            _ => byte,
        };
        if decoded != b'/' || normal.last() != Some(&b'/') {
            normal.push(decoded);
        }
    }
    normal
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
