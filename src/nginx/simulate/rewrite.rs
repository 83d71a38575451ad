//! The rewrite phases: `set`, `if`, `return`, `rewrite` and `break` in file order (A3.16).

use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{ContextId, ContextKind, Item, ItemId};
use crate::nginx::simulate::answer::{AnsweredBy, Question};
use crate::nginx::simulate::run::{Reply, Run, Step};
use crate::nginx::simulate::value::{Spot, Value};
use crate::nginx::syntax::parts::{Part, parts};

/// The effect of one rewrite directive.
enum RewriteEffect {
    None,
    /// The URI has changed; the phase goes on.
    Changed,
    /// The phase ends, and a change of the URI finds no other location.
    Break,
    Step(Step),
    /// An `if` matched; its directives are next.
    Matched(ContextId),
}

impl<'s> Run<'_, '_, 's> {
    /// The rewrite directives of `context` in file order, those of matching `if`s in their place (A3.16).
    pub(in crate::nginx) fn rewrite(&mut self, context: ContextId) -> Result<Step, Question> {
        let config = self.model.config;
        let mut changed = false;
        // `if` blocks do not nest, so one level of return is enough.
        let mut outer = config.rewrites(context).iter();
        let mut inner: Option<std::slice::Iter<'_, ItemId>> = None;
        loop {
            let next = inner.as_mut().and_then(Iterator::next);
            let Some(&item) = next.or_else(|| outer.next()) else { break };
            self.step();
            let directive = *config.item(item);
            match self.directive(item, &directive)? {
                RewriteEffect::None => {}
                RewriteEffect::Changed => changed = true,
                RewriteEffect::Break => return Ok(Step::On),
                RewriteEffect::Step(step) => return Ok(step),
                RewriteEffect::Matched(block) => {
                    // In a server's `if` the server's own directives stay in force.
                    if config.context(block).kind == ContextKind::IfInLocation {
                        self.context = block;
                        self.matched.push(block);
                    }
                    self.handler_of_if(block);
                    inner = Some(config.rewrites(block).iter());
                }
            }
        }
        Ok(if changed { Step::Find } else { Step::On })
    }

    fn directive(&mut self, item: ItemId, directive: &Item<'s>) -> Result<RewriteEffect, Question> {
        let config = self.model.config;
        match directive.name {
            b"set" => self.set(item),
            b"return" => return Ok(RewriteEffect::Step(Step::Reply(self.return_reply(item)))),
            b"break" => return Ok(RewriteEffect::Break),
            b"rewrite" => return self.rewrite_uri(item),
            b"if" => {
                let Some(block) = directive.opens else { return Ok(RewriteEffect::None) };
                return match self.holds(item) {
                    Ok(true) => Ok(RewriteEffect::Matched(block)),
                    Ok(false) => Ok(RewriteEffect::None),
                    Err(_) if self.changes_nothing(block) => {
                        // Whether it matched decides what it captured.
                        if matches!(condition(config, item), Some(Condition::Match { .. })) {
                            self.lose_captures();
                        }
                        Ok(RewriteEffect::None)
                    }
                    Err(question) => Err(question),
                };
            }
            _ => {}
        }
        Ok(RewriteEffect::None)
    }

    fn set(&mut self, item: ItemId) {
        let config = self.model.config;
        let name = config.parameter(item, 1);
        let Some(name) = name.as_deref().and_then(|name| name.strip_prefix(b"$")) else { return };
        let value = match config.parameter(item, 2) {
            Some(text) => self.expand_quoted(&text, true, Spot::new(item, 2)),
            None => Value::unknown(name.to_vec()),
        };
        // `$args` is the query itself, from which `$arg_*` and `$is_args` are read.
        match name.to_ascii_lowercase() {
            name if name == b"args" => self.query = value,
            name => _ = self.variables.insert(name, value),
        }
    }

    /// `return`: below 400, and with a text, it answers itself; otherwise `error_page` may replace it.
    fn return_reply(&mut self, item: ItemId) -> Reply {
        let config = self.model.config;
        let Some(first) = config.parameter(item, 1) else { return Reply::unknown(Some(item)) };
        let code = std::str::from_utf8(&first).ok().and_then(|code| code.parse::<u16>().ok());
        // `return URL` is a 302 (A8.8).
        let (status, has_text) = (code.unwrap_or(302), code.is_none() || config.parameter_count(item) > 1);
        if status == 444 && !has_text {
            return Reply::plain(444, AnsweredBy::Nobody, Some(item));
        }
        let redirects = matches!(status, 301 | 302 | 303 | 307 | 308);
        if redirects {
            let word = if code.is_some() { 2 } else { 1 };
            let target = match config.parameter(item, word) {
                Some(text) => self.expand(text, Spot::new(item, word)),
                None if has_text => Value::unknown_target(),
                None => Value::known(&b""[..]),
            };
            self.redirect = Some((target, Some(item)));
        }
        if status < 400 || has_text {
            self.body.discard();
        }
        let special = redirects || (status >= 400 && !has_text);
        Reply { special, ..Reply::plain(status, AnsweredBy::Nginx, Some(item)) }
    }

    fn rewrite_uri(&mut self, item: ItemId) -> Result<RewriteEffect, Question> {
        let config = self.model.config;
        let (Some(regex), Some(replacement)) = (config.parameter(item, 1), config.parameter(item, 2)) else {
            return if self.ask(Question::Condition(item))? {
                Ok(RewriteEffect::Step(Step::Reply(Reply::unknown(Some(item)))))
            } else {
                Ok(RewriteEffect::None)
            };
        };
        if !self.matches(item, &self.uri.clone(), &regex, false)? {
            return Ok(RewriteEffect::None);
        }
        let flag = config.parameter(item, 3);
        let redirect = match flag.as_deref() {
            Some(b"redirect") => Some(302),
            Some(b"permanent") => Some(301),
            _ if is_absolute(&replacement) => Some(302),
            _ => None,
        };
        let (path, query) = self.replacement(&replacement, redirect.is_some(), Spot::new(item, 2));
        if let Some(status) = redirect {
            let target = match (path, query) {
                // nginx decodes a part of the escapes again.
                (Value::Known(path, _), _) if path.contains(&b'%') => Value::unknown_target(),
                (Value::Known(path, written), Value::Known(query, _)) if query.is_empty() => {
                    Value::Known(path, written)
                }
                (Value::Known(path, _), Value::Known(query, _)) => Value::known([&*path, b"?", &*query].concat()),
                (unknown @ Value::Unknown(..), _) | (_, unknown) => unknown,
            };
            self.redirect = Some((target, Some(item)));
            return Ok(RewriteEffect::Step(Step::Reply(Reply::special(status, Some(item)))));
        }
        if path.bytes() == Some(b"") {
            return Ok(RewriteEffect::Step(Step::Reply(Reply::special(500, Some(item)))));
        }
        (self.uri, self.query, self.internal) = (path, query, true);
        Ok(match flag.as_deref() {
            Some(b"last") => RewriteEffect::Step(Step::Find),
            Some(b"break") => RewriteEffect::Break,
            _ => RewriteEffect::Changed,
        })
    }

    /// The path and the query that a replacement makes. Its own query goes before the old one, which a `?` at its end drops.
    fn replacement(&mut self, text: &[u8], redirects: bool, spot: Spot) -> (Value<'s>, Value<'s>) {
        let (text, keeps) = text.strip_suffix(b"?").map_or((text, true), |text| (text, false));
        let (path, own) = match memchr::memchr(b'?', text) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let path = self.expand_quoted(path, redirects, spot);
        let own = own.map(|own| self.expand_quoted(own, true, spot));
        let query = match (own, self.query.clone()) {
            (None, old) if keeps => old,
            (None, _) => Value::known(&b""[..]),
            (Some(Value::Known(own, _)), Value::Known(old, _)) if keeps && !old.is_empty() => {
                Value::known([&*own, b"&", &*old].concat())
            }
            (Some(_), unknown @ Value::Unknown(..)) if keeps => unknown,
            (Some(own), _) => own,
        };
        (path, query)
    }

    /// A text whose captures nginx escapes in part where the path came with escapes, if `is_escaped`; they are unknown then.
    fn expand_quoted(&mut self, text: &[u8], is_escaped: bool, spot: Spot) -> Value<'s> {
        let is_quoted = || self.url.is_none_or(|url| url.path().contains(['%', '+']));
        let captures = || parts(text).any(|part| matches!(part, Part::Variable([b'1'..=b'9'])));
        if is_escaped && captures() && is_quoted() {
            return Value::unknown(b"uri".as_slice());
        }
        self.expand(text.to_vec().into(), spot)
    }

    /// Returns whether the condition of an `if` holds.
    fn holds(&mut self, item: ItemId) -> Result<bool, Question> {
        let open = || Question::Condition(item);
        match condition(self.model.config, item) {
            None => self.ask(open()),
            Some(Condition::File { operator, path }) => self.is_there(item, &operator, &path),
            Some(Condition::Invalid) => Ok(false),
            Some(Condition::True(variable)) => match self.variable(&variable).is_true() {
                Some(truth) => Ok(truth),
                None => self.ask(open()),
            },
            Some(Condition::Equal { variable, text, word, negated }) => {
                let spot = Spot::new(item, word + 1);
                let (left, right) = (self.variable(&variable), self.expand_quoted(&text, true, spot));
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

    /// `-f`, `-d` and `-e` of a path under the document root are the question that the content phase asks as well.
    fn is_there(&mut self, item: ItemId, operator: &[u8], path: &[u8]) -> Result<bool, Question> {
        let rest = match path {
            b"$request_filename" => Some(&b"$uri"[..]),
            _ => path.strip_prefix(b"$document_root").or_else(|| path.strip_prefix(b"${document_root}")),
        };
        let Some(uri) = rest.map(|rest| self.expand(rest.to_vec().into(), Spot::new(item, 2))) else {
            return self.ask(Question::Condition(item));
        };
        let Some(uri) = uri.bytes().filter(|uri| uri.starts_with(b"/")) else {
            return self.ask(Question::Condition(item));
        };
        let bare = uri.strip_suffix(b"/").unwrap_or(uri);
        let directory = || [bare, b"/"].concat();
        let file = || uri.to_vec();
        let is_directory_only = uri.ends_with(b"/");
        let (negated, test) = operator.strip_prefix(b"!").map_or((false, operator), |test| (true, test));
        let there = match test {
            b"-f" if is_directory_only => false,
            b"-f" => self.ask_for_file(file())?,
            b"-d" => self.ask_for_file(directory())?,
            b"-e" if is_directory_only => self.ask_for_file(directory())?,
            b"-e" => self.ask_for_file(file())? || self.ask_for_file(directory())?,
            _ => return self.ask(Question::Condition(item)),
        };
        Ok(there != negated)
    }

    /// Returns whether `regex` matches; its groups become `$1` and so on, which a failure empties.
    fn matches(
        &mut self,
        item: ItemId,
        subject: &Value<'s>,
        regex: &[u8],
        ignore_case: bool,
    ) -> Result<bool, Question> {
        let model = self.model;
        self.step();
        let found = subject.bytes().map(|text| model.regexes.captures(regex, ignore_case, text));
        match found {
            Some(Ok(Some(captures))) => {
                self.take_captures(captures);
                Ok(true)
            }
            Some(Ok(None)) => {
                self.captures.clear();
                Ok(false)
            }
            Some(Err(_)) | None => {
                let matched = self.ask(Question::Condition(item))?;
                if matched {
                    self.lose_captures();
                } else {
                    self.captures.clear();
                }
                Ok(matched)
            }
        }
    }

    /// After a match of which only the outcome is known.
    pub(in crate::nginx) fn lose_captures(&mut self) {
        let unknown = || Value::unknown(b"1".as_slice());
        self.captures = std::iter::repeat_with(unknown).take(10).collect();
    }
}

/// Returns whether a replacement redirects by itself (A3.11).
fn is_absolute(replacement: &[u8]) -> bool {
    [&b"http://"[..], b"https://", b"$scheme"].iter().any(|start| replacement.starts_with(start))
}
