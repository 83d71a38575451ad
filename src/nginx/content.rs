//! The access and content phases, and what `error_page` makes of an answer.

use super::answer::{Answer, AnsweredBy, Entry, Question, Upstream};
use super::config::{ContextKind, ItemId};
use super::locations::{Found, is_pass};
use super::run::{Reply, Run, Step};
use super::settings::{List, Single};
use super::value::Value;

/// What writes the body in a location.
enum Handler {
    /// `proxy_pass` and its kin.
    App(ItemId),
    /// `stub_status` and `empty_gif`: 405 for OPTIONS, like files (A3.1).
    Fixed(ItemId),
    /// A program whose answer cannot be read off the text.
    Scripted(ItemId),
    /// Files.
    Files,
}

impl<'s> Run<'_, '_, 's> {
    /// The access phase: the refusal, if there is one (A3.7–A3.9, A3.13).
    pub(super) fn access(&mut self) -> Result<Option<Reply>, Question> {
        let config = self.model.config;
        let any = config.single(self.context, Single::Satisfy).is_some_and(|item| config.parameter_is(item, 1, "any"));
        let mut refusal = None;
        for check in [Self::by_address, Self::by_password, Self::by_subrequest] {
            match check(self)? {
                Verdict::Pass if any => return Ok(None),
                Verdict::Pass | Verdict::Silent => {}
                Verdict::Refuse(reply) if !any => return Ok(Some(reply)),
                Verdict::Refuse(reply) => {
                    // Of several refusals 401 is the one that is told.
                    let told = refusal.as_ref().is_some_and(|told: &Reply| told.status == Some(401));
                    refusal = if told { refusal } else { Some(reply) };
                }
            }
        }
        Ok(refusal)
    }

    fn by_address(&mut self) -> Result<Verdict, Question> {
        let config = self.model.config;
        let Some(&first) = config.list(self.context, List::Access).first() else { return Ok(Verdict::Silent) };
        let allows = config.item(first).name == b"allow";
        // Which client a rule other than `all` means is not to be known; it and those that follow are one question.
        let allowed = if config.parameter_is(first, 1, "all") { allows } else { self.ask(Question::Address(first))? };
        Ok(if allowed { Verdict::Pass } else { Verdict::Refuse(Reply::special(403, Some(first))) })
    }

    fn by_password(&mut self) -> Result<Verdict, Question> {
        let config = self.model.config;
        let Some(item) = config.single(self.context, Single::AuthBasic) else { return Ok(Verdict::Silent) };
        let realm = config.parameter(item, 1).map(|realm| self.expand(realm));
        match realm {
            Some(Value::Known(realm)) if &*realm == b"off" => Ok(Verdict::Silent),
            Some(Value::Known(_)) if self.header("authorization").is_none() => Ok(self.unauthorized(item)),
            _ if self.ask(Question::Credentials(item))? => Ok(Verdict::Pass),
            _ => Ok(self.unauthorized(item)),
        }
    }

    fn unauthorized(&self, item: ItemId) -> Verdict {
        Verdict::Refuse(Reply::special(401, Some(item)))
    }

    fn by_subrequest(&mut self) -> Result<Verdict, Question> {
        let config = self.model.config;
        let Some(item) = config.single(self.context, Single::AuthRequest) else { return Ok(Verdict::Silent) };
        if config.parameter_is(item, 1, "off") {
            return Ok(Verdict::Silent);
        }
        match self.subrequest_status(item) {
            Some(200..=299) => Ok(Verdict::Pass),
            Some(status @ (401 | 403)) => Ok(Verdict::Refuse(Reply::special(status, Some(item)))),
            Some(_) => Ok(Verdict::Refuse(Reply::special(500, Some(item)))),
            None if self.ask(Question::Credentials(item))? => Ok(Verdict::Pass),
            None => Ok(self.unauthorized(item)),
        }
    }

    /// The status of the `auth_request` subrequest, where its location answers by `return` (A3.9).
    fn subrequest_status(&self, item: ItemId) -> Option<u16> {
        let model = self.model;
        let path = model.config.parameter(item, 1)?;
        let Found::Location(location, _) = model.locations.find(model.config, &model.regexes, self.server, &path)
        else {
            return None;
        };
        // A location that itself asks a subrequest would ask without end.
        if model
            .config
            .single(location, Single::AuthRequest)
            .is_some_and(|inner| !model.config.parameter_is(inner, 1, "off"))
        {
            return None;
        }
        let run = Run::new(model, self.request, &Upstream::default(), &[]).go(Entry::Location(self.server, location));
        let answer: Answer<'s> = run.ok()?;
        (answer.by == AnsweredBy::Nginx && answer.item.is_some()).then_some(answer.status)?
    }

    /// The content phase.
    pub(super) fn content(&mut self) -> Result<Step, Question> {
        let config = self.model.config;
        let has_try_files = config.context(self.context).kind == ContextKind::Location || self.context == self.server;
        let try_files = config.named(self.context, b"try_files").last().filter(|_| has_try_files);
        if let Some(item) = try_files
            && let Some(step) = self.try_files(item)?
        {
            return Ok(step);
        }
        match self.handler() {
            Handler::App(item) => Ok(Step::Reply(Reply {
                status: self.upstream.status,
                by: AnsweredBy::App,
                item: Some(item),
                special: false,
                redirects: false,
            })),
            Handler::Scripted(item) => Ok(Step::Reply(Reply { item: Some(item), ..self.lost() })),
            Handler::Fixed(item) => Ok(Step::Reply(self.fixed(item))),
            Handler::Files => self.file(),
        }
    }

    fn fixed(&self, item: ItemId) -> Reply {
        match self.method.as_str() {
            "GET" | "HEAD" => {
                Reply { status: Some(200), by: AnsweredBy::Nginx, item: Some(item), special: false, redirects: false }
            }
            _ => Reply::special(405, Some(item)),
        }
    }

    /// What answers here; an `if` or `limit_except` without a handler of its own has its location's (A1.10).
    fn handler(&self) -> Handler {
        let config = self.model.config;
        let levels = config.ancestors(self.context).take_while(|&context| {
            !matches!(config.context(context).kind, ContextKind::Server | ContextKind::Http | ContextKind::Main)
        });
        for context in levels {
            let own = config.items(context).filter_map(|item| match config.item(item).name {
                name if is_pass(name) => Some(Handler::App(item)),
                b"stub_status" | b"empty_gif" => Some(Handler::Fixed(item)),
                b"js_content" | b"perl" | b"content_by_lua_block" | b"content_by_lua_file" | b"content_by_lua" => {
                    Some(Handler::Scripted(item))
                }
                b"dav_methods" if !matches!(self.method.as_str(), "GET" | "HEAD" | "POST" | "OPTIONS") => {
                    Some(Handler::Scripted(item))
                }
                _ => None,
            });
            if let Some(handler) = own.last() {
                return handler;
            }
            if config.context(context).kind == ContextKind::Location {
                break;
            }
        }
        Handler::Files
    }

    /// `try_files`: the first file that is there, or the last parameter (A3.4). `None` goes on to the handler, with the file's URI.
    fn try_files(&mut self, item: ItemId) -> Result<Option<Step>, Question> {
        let config = self.model.config;
        let count = config.parameter_count(item);
        for index in 1..count {
            let Some(pattern) = config.parameter(item, index) else { return Ok(Some(Step::Reply(self.lost()))) };
            let path = self.expand(pattern.clone());
            let name = path.bytes().map_or_else(|| pattern.to_vec(), <[u8]>::to_vec);
            if self.ask(Question::File(name))? {
                if let Value::Known(path) = path {
                    self.uri = Value::Known(path);
                }
                return Ok(None);
            }
        }
        let Some(last) = config.parameter(item, count) else { return Ok(Some(Step::Reply(self.lost()))) };
        Ok(Some(self.jump(last.into_owned(), item)))
    }

    /// To a named location, a status (`=404`) or a URI.
    fn jump(&mut self, target: Vec<u8>, item: ItemId) -> Step {
        match target.as_slice() {
            [b'=', code @ ..] => match std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()) {
                Some(status) => Step::Reply(Reply::special(status, Some(item))),
                None => Step::Reply(self.lost()),
            },
            [b'@', ..] => match self.model.locations.named(self.server, &target) {
                Some(location) => Step::Enter(location),
                None => Step::Reply(Reply::special(500, Some(item))),
            },
            _ => {
                let uri = self.expand(target.into());
                self.query = Value::known(Vec::new());
                self.change_uri(uri, false);
                Step::Find
            }
        }
    }

    /// A file, a directory's index, or a refusal.
    fn file(&mut self) -> Result<Step, Question> {
        if !matches!(self.method.as_str(), "GET" | "HEAD" | "POST") {
            return Ok(Step::Reply(Reply::special(405, None)));
        }
        let Some(path) = self.uri.bytes().map(<[u8]>::to_vec) else { return Ok(Step::Reply(self.lost())) };
        if path.ends_with(b"/") {
            return self.index(path);
        }
        if !self.ask(Question::File(path))? {
            return Ok(Step::Reply(Reply::special(404, None)));
        }
        if self.method == "POST" {
            return Ok(Step::Reply(Reply::special(405, None)));
        }
        let file = Reply { status: Some(200), by: AnsweredBy::File, item: None, special: false, redirects: false };
        Ok(Step::Reply(file))
    }

    /// The index of a directory, which is an internal redirect to the file (A1.11).
    fn index(&mut self, directory: Vec<u8>) -> Result<Step, Question> {
        let config = self.model.config;
        let listed = config.list(self.context, List::Index).iter().flat_map(|&item| {
            (1..=config.parameter_count(item)).filter_map(move |index| config.parameter(item, index))
        });
        let mut names: Vec<Vec<u8>> = listed.map(|name| name.into_owned()).collect();
        if names.is_empty() {
            names.push(b"index.html".to_vec());
        }
        for name in names {
            let path = if name.starts_with(b"/") { name } else { [&directory[..], &name].concat() };
            if memchr::memchr(b'$', &path).is_none() && self.ask(Question::File(path.clone()))? {
                self.uri = Value::known(path);
                return Ok(Step::Find);
            }
        }
        if config.named(self.context, b"autoindex").any(|item| config.parameter_is(item, 1, "on"))
            && self.method != "POST"
        {
            let listing =
                Reply { status: Some(200), by: AnsweredBy::File, item: None, special: false, redirects: false };
            return Ok(Step::Reply(listing));
        }
        let there = self.ask(Question::File(directory))?;
        let status = if there { 403 } else { 404 };
        Ok(Step::Reply(Reply::special(status, None)))
    }

    /// Where an `error_page` sends an answer; `None` lets it go back to the client (A2.5, A2.6, A3.21).
    pub(super) fn error_page(&mut self, reply: &Reply) -> Option<Step> {
        let config = self.model.config;
        let intercepts = config.single(self.context, Single::InterceptErrors);
        let intercepted = reply.by == AnsweredBy::App
            && reply.status.is_some_and(|status| status >= 300)
            && intercepts.is_some_and(|item| config.parameter_is(item, 1, "on"));
        let status = reply.status.filter(|_| reply.special || intercepted)?;
        self.error_status = Some(status);
        let recursive = config.single(self.context, Single::RecursiveErrorPages);
        if self.in_error_page && !recursive.is_some_and(|item| config.parameter_is(item, 1, "on")) {
            return None;
        }
        let pages = config.list(self.context, List::ErrorPage).to_vec();
        self.in_error_page = !pages.is_empty();
        pages.into_iter().find_map(|item| self.error_page_for(item, status))
    }

    /// What this `error_page` does with `status`, if it lists it.
    fn error_page_for(&mut self, item: ItemId, status: u16) -> Option<Step> {
        let config = self.model.config;
        let count = config.parameter_count(item);
        let words: Vec<_> = (1..count).filter_map(|index| config.parameter(item, index)).collect();
        let listed = words.iter().any(|word| **word == *status.to_string().as_bytes());
        if !listed {
            return None;
        }
        let replacement = words.iter().find_map(|word| word.strip_prefix(b"="));
        self.error_status = match replacement {
            None => Some(status),
            Some(b"") => None,
            Some(code) => std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()),
        };
        let target = config.parameter(item, count)?.into_owned();
        if !target.starts_with(b"@") && !target.starts_with(b"/") {
            // A URL is a redirect to it.
            let redirect = self.error_status.filter(|code| matches!(code, 301 | 302 | 303 | 307 | 308)).unwrap_or(302);
            self.error_status = Some(redirect);
            let reply = Reply {
                status: Some(redirect),
                by: AnsweredBy::Nginx,
                item: Some(item),
                special: false,
                redirects: true,
            };
            return Some(Step::Reply(reply));
        }
        if target.starts_with(b"/") && self.method != "HEAD" {
            self.method = "GET".to_owned();
        }
        Some(self.jump(target, item))
    }
}

/// What one access check says.
enum Verdict {
    Pass,
    Silent,
    Refuse(Reply),
}
