//! Which location a request enters, and what is refused right there.

use super::{DEFAULT_BODY_BYTES, Reply, RequestBody, Run, Step};
use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::simulate::answer::Question;
use crate::nginx::simulate::locations::FoundLocation;
use crate::nginx::simulate::value::Value;

impl<'s> Run<'_, '_, 's> {
    /// The find-config phase: the location that takes the URI.
    pub(in crate::nginx) fn find(&mut self) -> Result<Step, Question> {
        let model = self.model;
        let Some(path) = self.uri.bytes().map(<[u8]>::to_vec) else { return Ok(Step::Reply(Reply::unknown(None))) };
        self.context = self.server;
        let (found, captures) = model.locations.find(model.config, &model.regexes, self.server, &path);
        for captures in captures {
            self.take_captures(captures);
        }
        let context = match found {
            FoundLocation::Location(context) | FoundLocation::AddSlash(context) => context,
            FoundLocation::Nothing => self.server,
            FoundLocation::Unknown => return Ok(Step::Reply(Reply::unknown(None))),
        };
        self.context = context;
        if !self.internal && model.config.single(context, Single::Internal).is_some() {
            return Ok(Step::Reply(Reply::special(404, None)));
        }
        if let Some(reply) = self.too_large(context) {
            return Ok(Step::Reply(reply));
        }
        if !matches!(found, FoundLocation::AddSlash(_)) {
            return self.enter(context);
        }
        let item = model.config.context(context).opener;
        let target = self.with_query([&path, &b"/"[..]].concat());
        self.redirect = Some((target, item));
        Ok(Step::Reply(Reply::special(301, item)))
    }

    /// `path` with the query behind it, as nginx redirects.
    pub(in crate::nginx) fn with_query(&self, path: Vec<u8>) -> Value<'s> {
        // Of other bytes versions escape some.
        let is_plain = path.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte));
        match self.query.bytes() {
            _ if !is_plain => Value::unknown_target(),
            Some(b"") => Value::known(path),
            Some(query) => Value::known([&path, &b"?"[..], query].concat()),
            None => self.query.clone(),
        }
    }

    /// Enters a location, or the server where no location takes the URI: `limit_except` first (A3.6), then its rewrite phase, then
    /// access and content.
    pub(super) fn enter(&mut self, location: ContextId) -> Result<Step, Question> {
        self.context = self.limited(location).unwrap_or(location);
        self.matched.clear();
        self.handler = self.handler_of(location, self.context);
        if self.context == location && self.model.config.context(location).kind == ContextKind::Location {
            match self.rewrite(location)? {
                Step::On => {}
                Step::Find if self.may_change() => return Ok(Step::Find),
                Step::Find => return Ok(Step::Reply(Reply::special(500, None))),
                step => return Ok(step),
            }
        }
        let refusal = if self.asked_by.is_some() { None } else { self.access()? };
        Ok(refusal.map_or(Step::On, Step::Reply))
    }

    /// 413 for a body that its length says is too large (A3.20).
    pub(super) fn too_large(&mut self, context: ContextId) -> Option<Reply> {
        let config = self.model.config;
        let length: u64 = self.header("content-length")?.parse().ok()?;
        let item = config.single(context, Single::ClientMaxBodySize);
        let limit = match item {
            Some(item) => size(&config.parameter(item, 1)?)?,
            None => DEFAULT_BODY_BYTES,
        };
        let refused = limit > 0 && length > limit && self.body != RequestBody::Discarded;
        if refused {
            self.body.discard();
        }
        refused.then(|| Reply::special(413, item))
    }

    /// The `limit_except` block of `location` that takes this method over. GET stands for HEAD too (A3.5).
    pub(super) fn limited(&self, location: ContextId) -> Option<ContextId> {
        let config = self.model.config;
        config.children(location).find(|&child| {
            let here = config.context(child);
            let opener = here.opener.filter(|_| here.kind == ContextKind::LimitExcept);
            opener.is_some_and(|item| {
                let mut listed = config.parameters(item);
                !listed.any(|name| {
                    name.eq_ignore_ascii_case(self.method.as_bytes())
                        || (self.method == "HEAD" && name.eq_ignore_ascii_case(b"GET"))
                })
            })
        })
    }
}

/// A size such as `10m`, in bytes.
pub(super) fn size(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..)? {
        "" => 1,
        "k" | "K" => 1024,
        "m" | "M" => 1024 * 1024,
        "g" | "G" => 1024 * 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A path as locations are compared with it: decoded, `//` merged, dots resolved (A6.3). The URL parser has resolved dots already;
/// `None` is what nginx refuses.
pub(super) fn normalise(path: &str, merge_slashes: bool) -> Option<Vec<u8>> {
    let mut normal = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' { hex(rest.next()?)? * 16 + hex(rest.next()?)? } else { byte };
        if decoded == 0 {
            return None;
        }
        if decoded != b'/' || !merge_slashes || normal.last() != Some(&b'/') {
            normal.push(decoded);
        }
    }
    Some(normal)
}

pub(super) fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
