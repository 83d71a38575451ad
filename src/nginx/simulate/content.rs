//! The content phase: the app, files, and what `try_files` and `index` lead to.

use crate::nginx::config::inheritance::{List, Single};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::answer::{AnsweredBy, Question};
use crate::nginx::simulate::handler::{Handler, is_foreign_handler};
use crate::nginx::simulate::locations::is_pass;
use crate::nginx::simulate::run::{Reply, Run, Step};
use crate::nginx::simulate::value::{Spot, Value};

/// Request fields on which the status of a file depends, as do the file's age and length.
const CONDITIONAL: [&str; 6] =
    ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

impl<'s> Run<'_, '_, 's> {
    /// The handler of a location that is entered, `context` being the location itself or its `limit_except`, which takes over the
    /// app of its location but no other handler.
    pub(in crate::nginx) fn handler_of(&self, location: ContextId, context: ContextId) -> Handler {
        let own = self.own_handler(context);
        if own != Handler::Files || context == location {
            return own;
        }
        match self.own_handler(location) {
            Handler::Fixed(_) => Handler::Files,
            other => other,
        }
    }

    /// An `if` that matched brings its handler along; without one the handler stays (A1.10, A3.23).
    pub(in crate::nginx) fn handler_of_if(&mut self, block: ContextId) {
        let own = self.own_handler(block);
        if own != Handler::Files {
            self.handler = own;
        }
    }

    fn own_handler(&self, context: ContextId) -> Handler {
        let config = self.model.config;
        if matches!(config.context(context).kind, ContextKind::Server | ContextKind::IfInServer) {
            return Handler::Files;
        }
        let own = config.items(context).filter_map(|item| match config.item(item).name {
            name if is_pass(name) => Some(Handler::App(item)),
            b"stub_status" | b"empty_gif" => Some(Handler::Fixed(item)),
            name => is_foreign_handler(name).then_some(Handler::Scripted(item)),
        });
        own.last().unwrap_or(Handler::Files)
    }

    /// The content phase.
    pub(in crate::nginx) fn content(&mut self) -> Result<Step, Question> {
        let config = self.model.config;
        // `try_files` is not inherited, not even by an `if` (A1.12).
        let try_files = config.context(self.context).try_files;
        if let Some(item) = try_files
            && let Some(step) = self.try_files(item)?
        {
            return Ok(step);
        }
        match self.handler {
            Handler::App(item) => self.app(item),
            Handler::Scripted(item) => Ok(Step::Reply(Reply::unknown(Some(item)))),
            Handler::Fixed(item) => Ok(Step::Reply(match &*self.method {
                "GET" | "HEAD" => Reply::plain(200, AnsweredBy::Nginx, Some(item)),
                _ => Reply::special(405, Some(item)),
            })),
            Handler::Files => self.file(),
        }
    }

    /// nginx goes on with GET after a jump to another URI, but for HEAD.
    pub(in crate::nginx) fn become_get(&mut self) {
        if self.method != "HEAD" {
            self.method = "GET".into();
            if self.asked_by.is_none() {
                self.main_method = "GET".into();
            }
        }
    }

    /// `try_files`: the first file that is there, or the last parameter (A3.4). `None` goes on to the handler, with the file's URI.
    fn try_files(&mut self, item: ItemId) -> Result<Option<Step>, Question> {
        let config = self.model.config;
        let count = config.parameter_count(item);
        for index in 1..count {
            let Some(pattern) = config.parameter(item, index) else {
                return Ok(Some(Step::Reply(Reply::unknown(Some(item)))));
            };
            // A slash at the end asks for a directory, and is no part of the path.
            let (text, is_directory) =
                pattern.strip_suffix(b"/").map_or((&*pattern, false), |directory| (directory, true));
            let path = self.expand(text.to_vec().into(), Spot::new(item, index));
            let name = path.bytes().map_or_else(|| text.to_vec(), <[u8]>::to_vec);
            let asked = if is_directory && !name.ends_with(b"/") { [&name, &b"/"[..]].concat() } else { name };
            // A path that ends with a slash is never a file.
            if asked.ends_with(b"/") && !is_directory {
                continue;
            }
            if self.ask_for_file(asked)? {
                self.uri = path;
                return Ok(None);
            }
        }
        let Some(last) = config.parameter(item, count) else {
            return Ok(Some(Step::Reply(Reply::unknown(Some(item)))));
        };
        if let Some(code) = last.strip_prefix(b"=") {
            let status = std::str::from_utf8(code).ok().and_then(|code| code.parse().ok());
            let reply = status.map_or(Reply::unknown(Some(item)), |status| Reply::special(status, Some(item)));
            return Ok(Some(Step::Reply(reply)));
        }
        let target = self.expand(last, Spot::new(item, count));
        Ok(Some(self.jump(target, item)))
    }

    /// To a named location, or to a URI with its query.
    pub(in crate::nginx) fn jump(&mut self, target: Value<'s>, item: ItemId) -> Step {
        let Value::Known(target, _) = target else { return Step::Reply(Reply::unknown(Some(item))) };
        if target.starts_with(b"@") {
            if !self.may_change() {
                return Step::Reply(Reply::special(500, None));
            }
            return match self.model.locations.named(self.server, &target) {
                Some(location) => Step::Named(location),
                None => Step::Reply(Reply::special(500, Some(item))),
            };
        }
        let (path, query) = match memchr::memchr(b'?', &target) {
            Some(at) => (&target[..at], &target[at + 1..]),
            None => (&*target, &b""[..]),
        };
        self.redirect_inside(path.to_vec(), Value::known(query.to_vec()))
    }

    /// nginx's internal redirect: the URI changes unless it has changed too often.
    fn redirect_inside(&mut self, path: Vec<u8>, query: Value<'s>) -> Step {
        if !self.may_change() {
            return Step::Reply(Reply::special(500, None));
        }
        (self.uri, self.query) = (Value::known(path), query);
        Step::Redirect
    }

    /// Returns whether a file is there. Below another `root`, or an `alias`, than the one that was asked first, it is another file.
    pub(in crate::nginx) fn ask_for_file(&mut self, name: Vec<u8>) -> Result<bool, Question> {
        let config = self.model.config;
        let root = config.single(self.context, Single::Root);
        let below = root.filter(|_| *self.first_root.get_or_insert(root) != root);
        let below = below.and_then(|item| config.parameter(item, 1)).unwrap_or_default();
        self.ask(Question::File([&below, &name[..]].concat()))
    }

    /// A file, a directory's index, a slash, or a refusal.
    fn file(&mut self) -> Result<Step, Question> {
        let config = self.model.config;
        let Some(path) = self.uri.bytes().map(<[u8]>::to_vec) else { return Ok(Step::Reply(Reply::unknown(None))) };
        let reads = matches!(&*self.method, "GET" | "HEAD" | "POST");
        if !reads
            && self.method != "OPTIONS"
            && let Some(item) = self.model.hand_over.get(config, self.context, b"dav_methods")
        {
            return Ok(Step::Reply(Reply::unknown(Some(item))));
        }
        if !reads {
            return Ok(Step::Reply(Reply::special(405, None)));
        }
        if path.ends_with(b"/") {
            return self.index(path);
        }
        if self.ask_for_file(path.clone())? {
            let reply = match &*self.method {
                "POST" => Reply::special(405, None),
                // What the client has already, or a part of it, may make it 206, 304, 412 or 416.
                _ if CONDITIONAL.iter().any(|name| self.header(name).is_some()) => {
                    Reply { by: AnsweredBy::File, ..Reply::unknown(None) }
                }
                _ => Reply::plain(200, AnsweredBy::File, None),
            };
            return Ok(Step::Reply(reply));
        }
        let slashed = [&path, &b"/"[..]].concat();
        if self.ask_for_file(slashed.clone())? {
            self.redirect = Some((self.with_query(slashed), None));
            return Ok(Step::Reply(Reply::special(301, None)));
        }
        Ok(Step::Reply(Reply::special(404, None)))
    }

    /// The index of a directory, which is an internal redirect to the file (A1.11).
    fn index(&mut self, directory: Vec<u8>) -> Result<Step, Question> {
        let config = self.model.config;
        let listed = config.list(self.context, List::Index).iter().flat_map(|&item| {
            let words = 1..=config.parameter_count(item);
            words.filter_map(move |index| Some((Some(Spot::new(item, index)), config.parameter(item, index)?)))
        });
        // Which file of the directory it leads to is left to chance.
        if let Some(item) = self.model.hand_over.get(config, self.context, b"random_index")
            && config.parameter_is(item, 1, "on")
        {
            return Ok(Step::Reply(Reply::unknown(Some(item))));
        }
        let mut names: Vec<_> = listed.collect();
        if names.is_empty() {
            names.push((None, b"index.html".as_slice().into()));
        }
        for (spot, name) in names {
            let is_absolute = name.starts_with(b"/");
            let name = spot.map_or_else(|| Value::known(name.clone()), |spot| self.expand(name.clone(), spot));
            let Value::Known(name, _) = name else { return Ok(Step::Reply(Reply::unknown(None))) };
            let path = if is_absolute { name.to_vec() } else { [&directory[..], &name].concat() };
            // nginx goes to an absolute one without a look.
            if is_absolute || self.ask_for_file(path.clone())? {
                return Ok(self.redirect_inside(path, self.query.clone()));
            }
            // Once one is missing nginx looks whether the directory is there at all.
            if !self.ask_for_file(directory.clone())? {
                return Ok(Step::Reply(Reply::special(404, None)));
            }
        }
        let autoindex = config.is_on(self.context, Single::Autoindex) == Some(true) && self.method != "POST";
        Ok(Step::Reply(if autoindex { Reply::plain(200, AnsweredBy::File, None) } else { Reply::special(403, None) }))
    }
}
