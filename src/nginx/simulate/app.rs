//! The app behind nginx: what it is told of the page's Origin, and what of its answer is the answer to this very request.

use std::borrow::Cow;

use crate::nginx::config::ItemId;
use crate::nginx::config::inheritance::{List, Named, Protocol};
use crate::nginx::simulate::answer::{AnsweredBy, Question};
use crate::nginx::simulate::model::INPUT_HEADERS;
use crate::nginx::simulate::run::{Reply, Run, Step};
use crate::nginx::simulate::upstream::{AppFields, AppHeaders, AppStatus};
use crate::nginx::simulate::value::{Spot, Value};
use crate::nginx::syntax::parts::{Part, parts};

impl<'s> Run<'_, '_, 's> {
    /// The app that the context in force names, which an `if` has from its location. A handler that came with an earlier `if` has
    /// none there, and nginx answers 500.
    pub(in crate::nginx) fn app(&mut self, chosen: ItemId) -> Result<Step, Question> {
        let config = self.model.config;
        let name = config.item(chosen).name;
        let Some(item) = self.pass_in_force(name) else { return Ok(Step::Reply(Reply::special(500, Some(chosen)))) };
        if self.may_be_mixed_up(Protocol::split(name)) {
            return Ok(Step::Reply(Reply::unknown(Some(item))));
        }
        if self.asked_by.is_none() {
            self.body.read();
        }
        let is_down = self.asked_by.is_none() && self.upstream.status == AppStatus::Down;
        let fields = if is_down { self.no_answer(name) } else { self.answer_of_app(item, Protocol::split(name)) };
        self.app_fields = Some(fields);
        let status = match (self.asked_by, self.upstream.status) {
            (Some(asked_by), _) => Some(if self.ask(Question::Credentials(asked_by))? { 200 } else { 401 }),
            (None, AppStatus::This(status)) => Some(status),
            (None, AppStatus::Unknown) => None,
            (None, AppStatus::Down) => return Ok(Step::Reply(Reply::special(502, Some(item)))),
        };
        let reply = Reply { status, by: AnsweredBy::App, item: Some(item), special: false };
        if self.is_intercepted(&reply) {
            return Ok(Step::Reply(reply));
        }
        let mut fields = self.app_fields.iter().flatten();
        Ok(match fields.find(|(name, _)| name.eq_ignore_ascii_case("x-accel-redirect")) {
            Some((_, Some(target))) => {
                let target = target.clone().into_bytes();
                if target.starts_with(b"/") {
                    self.become_get();
                }
                self.jump(Value::known(target), item)
            }
            Some((_, None)) => Step::Reply(Reply::unknown(Some(item))),
            None => Step::Reply(reply),
        })
    }

    /// Nothing: but nginx writes the request before it learns that nobody takes it, and the expressions asked for the Origin
    /// in it leave their captures to the header fields of its own answer.
    fn no_answer(&mut self, pass: &[u8]) -> AppFields {
        if let Some((protocol, _)) = Protocol::split(pass) {
            self.retold(protocol);
        }
        Vec::new()
    }

    /// The header fields of the app's answer, or of one it gave to another request, which nginx has kept.
    fn answer_of_app(&mut self, item: ItemId, pass: Option<(Protocol, &[u8])>) -> AppFields {
        let upstream = self.upstream;
        let by_origin = match &upstream.headers {
            AppHeaders::Same(fields) => return fields.clone(),
            AppHeaders::ByOrigin(by_origin) => |told: Option<&str>| by_origin(item, told),
        };
        let sent = self.header("origin").unwrap_or_default().to_owned();
        let Some((protocol, _)) = pass else { return by_origin(Some(&sent)) };
        let retold = self.retold(protocol);
        let is_fixed = matches!(&retold, Some((_, is_fixed)) if *is_fixed);
        if !is_fixed && self.is_cached(protocol) && !self.is_apart(protocol, &sent) {
            let any = by_origin(None);
            let varies = |(name, value): &(String, Option<String>)| {
                let names = value.as_deref().unwrap_or_default().split(',');
                name.eq_ignore_ascii_case("vary")
                    && names.into_iter().any(|it| it.trim().eq_ignore_ascii_case("origin"))
            };
            if self.ignores_vary(protocol) || !any.iter().any(varies) {
                return any;
            }
        }
        match retold {
            None => by_origin(Some(&sent)),
            Some((told, _)) => by_origin(told.as_deref()),
        }
    }

    /// The Origin that nginx tells the app in the place of the request's own, empty where it tells none (A4.10), and whether it is the same
    /// for every request. `None` where it hands on what it gets.
    fn retold(&mut self, protocol: Protocol) -> Option<(Option<String>, bool)> {
        let config = self.model.config;
        if self.may_rewrite_header("origin") {
            return Some((None, false));
        }
        let name = match protocol {
            Protocol::Proxy | Protocol::Grpc => "Origin",
            Protocol::Fastcgi | Protocol::Uwsgi | Protocol::Scgi => "HTTP_ORIGIN",
        };
        let Some(Named { first: item, has_others }) =
            config.naming_at_all(self.context, List::SetHeader(protocol), name)
        else {
            let handed_on = self.hand_over(protocol, "pass_request_headers");
            let is_off = handed_on.is_some_and(|item| config.parameter_is(item, 1, "off"));
            return is_off.then(|| (Some(String::new()), true));
        };
        // Which of two an app takes is its own affair.
        if has_others {
            return Some((None, false));
        }
        let Some(text) = config.parameter(item, 2) else { return Some((None, false)) };
        let is_fixed = memchr::memchr(b'$', &text).is_none();
        let told = self.expand(text, Spot::new(item, 2)).bytes().map(|told| String::from_utf8_lossy(told).into_owned());
        Some((told, is_fixed))
    }

    /// Returns whether nginx may answer from what it has kept of the app's answers (A7.1).
    fn is_cached(&mut self, protocol: Protocol) -> bool {
        let config = self.model.config;
        let Some(cache) = self.hand_over(protocol, "cache") else { return false };
        let zone = config.parameter(cache, 1).map(|zone| self.expand(zone, Spot::new(cache, 1)));
        let is_off = zone.as_ref().and_then(Value::bytes).is_some_and(|zone| matches!(zone, b"off" | b""));
        let method = self.method.clone();
        let is_kept = |item: ItemId| config.parameters(item).any(|it| it.eq_ignore_ascii_case(method.as_bytes()));
        let is_kept =
            matches!(&*method, "GET" | "HEAD") || self.hand_over(protocol, "cache_methods").is_some_and(is_kept);
        if is_off || !is_kept {
            return false;
        }
        // What is not kept of this request may be kept of another, unless nothing ever is.
        let never = self.hand_over(protocol, "no_cache");
        let is_set = |text: &[u8]| memchr::memchr(b'$', text).is_none() && !matches!(text, b"" | b"0");
        if never.is_some_and(|item| config.parameters(item).any(|text| is_set(&text))) {
            return false;
        }
        let Some(bypass) = self.hand_over(protocol, "cache_bypass") else { return true };
        let mut words = config.parameters(bypass).zip(1..);
        !words.any(|(text, word)| self.expand(text, Spot::new(bypass, word)).is_true() == Some(true))
    }

    /// Returns whether a request may get what nginx has kept of the answer to the subrequest that `auth_request` made for it: by a key that both have
    /// and that holds nothing of the subrequest's own. By default a key holds the URI that the app is asked for.
    fn may_be_mixed_up(&mut self, pass: Option<(Protocol, &[u8])>) -> bool {
        let config = self.model.config;
        let cached = pass.filter(|(protocol, _)| self.is_cached(*protocol));
        let Some(key) = cached.and_then(|(protocol, _)| self.hand_over(protocol, "cache_key")) else { return false };
        if self.asked_by.is_some() {
            self.kept_for_auth = Some(key);
            return false;
        }
        let text = |item| config.parameter(item, 1).unwrap_or_default();
        let is_own = |name: &[u8]| matches!(name, b"uri" | b"document_uri" | b"proxy_host" | b"args" | b"query_string");
        let key = text(key);
        let mixes = |part| !matches!(part, Part::Variable(name) if is_own(&name.to_ascii_lowercase()));
        self.kept_for_auth.is_some_and(|other| text(other) == key && parts(&key).all(mixes))
    }

    /// Returns whether the key keeps what is kept for this Origin apart from what is kept for others.
    fn is_apart(&mut self, protocol: Protocol, origin: &str) -> bool {
        let config = self.model.config;
        let key = self.hand_over(protocol, "cache_key").and_then(|item| config.parameter(item, 1));
        parts(key.as_deref().unwrap_or_default()).any(|part| match part {
            Part::Variable(name) if name.eq_ignore_ascii_case(b"http_origin") => true,
            Part::Variable(name) => !origin.is_empty() && self.variable(name).bytes() == Some(origin.as_bytes()),
            Part::Text(_) => false,
        })
    }

    fn ignores_vary(&self, protocol: Protocol) -> bool {
        let ignored = self.hand_over(protocol, "ignore_headers");
        ignored.is_some_and(|item| self.model.config.parameters(item).any(|name| name.eq_ignore_ascii_case(b"Vary")))
    }

    /// The directive of this protocol in force, one of [`hand_over`].
    fn hand_over(&self, protocol: Protocol, name: &str) -> Option<ItemId> {
        let known = &self.model.hand_over;
        let find = || known.get(self.model.config, self.context, format!("{}_{name}", protocol.prefix()).as_bytes());
        if known.is_empty() { None } else { find() }
    }

    /// Returns whether headers-more may put something else in the place of this header of the request, whose name is given in lower case.
    pub(in crate::nginx) fn may_rewrite_header(&self, header: &str) -> bool {
        let config = self.model.config;
        let names_it = |word: Cow<'_, [u8]>| {
            let name = word.split(|byte| *byte == b':').next().unwrap_or_default().to_ascii_lowercase();
            match name.strip_suffix(b"*") {
                Some(start) => header.as_bytes().starts_with(start),
                None => name == header.as_bytes(),
            }
        };
        let is_in_force = |name: &&&[u8]| self.model.hand_over.get(config, self.context, name).is_some();
        !self.model.hand_over.is_empty()
            && INPUT_HEADERS.iter().filter(is_in_force).any(|name| {
                let mut items = config.ancestors(self.context).flat_map(|level| config.named(level, name));
                items.any(|item| config.parameters(item).any(names_it))
            })
    }

    /// The directive of this name that passes requests in force, which an `if` and a `limit_except` have from their location.
    fn pass_in_force(&self, name: &[u8]) -> Option<ItemId> {
        use crate::nginx::config::ContextKind::{IfInLocation, LimitExcept};
        let config = self.model.config;
        let here = config.context(self.context);
        let outer = || {
            let inherits = matches!(here.kind, IfInLocation | LimitExcept);
            here.parent.filter(|_| inherits).and_then(|parent| config.named(parent, name).last())
        };
        config.named(self.context, name).last().or_else(outer)
    }
}
