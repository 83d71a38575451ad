//! The header filter: which fields an answer carries (A1, A2, A4).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::nginx::config::inheritance::{List, Protocol, Single};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::simulate::answer::{AnsweredBy, Field};
use crate::nginx::simulate::run::{Reply, Run};
use crate::nginx::simulate::value::{Spot, Value};

/// Returns whether `add_header` without `always` is sent with this status (A2.1).
pub fn is_sent_without_always(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301 | 302 | 303 | 304 | 307 | 308)
}

impl<'s> Config<'s> {
    /// The `add_header` directives in force in `id`, in the order they are sent: its own, or those of the nearest level that
    /// has any (A1.1); with `add_header_inherit merge` its own, then the outer ones (A1.13).
    pub fn add_headers(&self, id: ContextId) -> Cow<'_, [ItemId]> {
        if self.single(id, Single::AddHeaderInherit).is_none() {
            return Cow::Borrowed(self.list(id, List::AddHeader));
        }
        let mut fields = Vec::new();
        for level in self.ancestors(id) {
            fields.extend(self.named(level, b"add_header"));
            let inherit = self.single(level, Single::AddHeaderInherit);
            let merges = inherit.is_some_and(|item| self.parameter_is(item, 1, "merge"));
            let off = inherit.is_some_and(|item| self.parameter_is(item, 1, "off"));
            if off || (!merges && !fields.is_empty()) {
                break;
            }
        }
        Cow::Owned(fields)
    }

    /// Those of [`Config::add_headers`] that CORS may depend on, in the same order.
    pub fn relevant_headers(&self, id: ContextId) -> Cow<'_, [ItemId]> {
        if self.single(id, Single::AddHeaderInherit).is_none() {
            return Cow::Borrowed(self.list(id, List::RelevantHeader));
        }
        let all = self.add_headers(id);
        let relevant: BTreeSet<ItemId> =
            self.ancestors(id).flat_map(|level| self.list(level, List::RelevantHeader)).copied().collect();
        Cow::Owned(all.iter().copied().filter(|item| relevant.contains(item)).collect())
    }

    /// Returns whether an `add_header` says `always`.
    pub fn is_always(&self, item: ItemId) -> bool {
        self.parameter_is(item, 3, "always")
    }

    /// Returns whether the app's header field `name` is taken out of answers in `id` by the protocol's `*_hide_header` (A4.4–A4.6).
    pub fn hides(&self, id: ContextId, protocol: Protocol, name: &str) -> Option<ItemId> {
        let hidden = self.naming(id, List::HideHeader(protocol), name)?;
        let passed = self.naming(id, List::PassHeader(protocol), name);
        passed.is_none().then_some(hidden)
    }

    /// The `more_set_headers` and `more_clear_headers` in force in `id`, outer levels first: they add up (A4.8).
    pub fn more_headers(&self, id: ContextId) -> Vec<ItemId> {
        self.more(id, false)
    }

    /// Those of [`Config::more_headers`] that CORS may depend on, in the same order.
    pub fn relevant_more_headers(&self, id: ContextId) -> Vec<ItemId> {
        self.more(id, true)
    }

    fn more(&self, id: ContextId, only_relevant: bool) -> Vec<ItemId> {
        if self.single(id, Single::MoreHeaders).is_none() {
            return Vec::new();
        }
        let mut levels: Vec<ContextId> = self.ancestors(id).collect();
        levels.reverse();
        levels.into_iter().flat_map(|level| self.own_more_headers(level, only_relevant)).copied().collect()
    }
}

impl<'s> Run<'_, '_, 's> {
    /// The fields of the answer, and the directive that keeps them from being known for sure.
    pub(in crate::nginx) fn fields(mut self, status: Option<u16>, reply: &Reply) -> (Vec<Field<'s>>, Option<ItemId>) {
        let config = self.model.config;
        let mut fields = Vec::new();
        if reply.by == AnsweredBy::Nobody {
            return (fields, None);
        }
        if let Some((target, item)) = self.redirect.take() {
            let value = self.absolute(target);
            fields.push(Field { name: Cow::Borrowed(b"Location"), value, item });
        }
        if reply.by == AnsweredBy::App {
            self.pass_on(reply, &mut fields);
        }
        for item in config.more(self.context, !self.model.with_all_fields) {
            // What it replaces is looked for among all that is there.
            self.take_steps(1 + fields.len() / 8);
            self.more(item, status, &mut fields);
        }
        let added = match self.model.with_all_fields {
            true => config.add_headers(self.context),
            false => config.relevant_headers(self.context),
        };
        self.take_steps(added.len());
        for item in added.iter() {
            self.add(*item, status, &mut fields);
        }
        (fields, config.single(self.context, Single::Scripted))
    }

    /// The target of a redirect as it is sent: nginx puts scheme, host and port before a path.
    fn absolute(&self, target: Value<'s>) -> Value<'s> {
        let config = self.model.config;
        let is_path = target.bytes().is_some_and(|target| target.starts_with(b"/"));
        if !is_path || config.is_on(self.context, Single::AbsoluteRedirect) == Some(false) {
            return target;
        }
        let unknown = || Value::unknown_target();
        let (Some(url), Value::Known(path, _)) = (self.url, target) else { return unknown() };
        let Some(host) = url.host_str() else { return unknown() };
        if config.is_on(self.context, Single::ServerNameInRedirect) == Some(true) {
            return unknown();
        }
        let port = url.port().filter(|_| config.is_on(self.context, Single::PortInRedirect) != Some(false));
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        Value::known([format!("{}://{host}{port}", url.scheme()).as_bytes(), &path].concat())
    }

    /// The app's fields, but for those that are hidden.
    fn pass_on(&self, reply: &Reply, fields: &mut Vec<Field<'s>>) {
        let config = self.model.config;
        let name = reply.item.map_or(&b""[..], |item| config.item(item).name);
        let protocol = Protocol::split(name).map(|(protocol, _)| protocol);
        for (name, value) in self.app_fields.iter().flatten() {
            if protocol.is_some_and(|protocol| config.hides(self.context, protocol, name).is_some()) {
                continue;
            }
            let unknown =
                || Value::unknown(format!("upstream_http_{}", name.to_lowercase().replace('-', "_")).into_bytes());
            let rewritten = name.eq_ignore_ascii_case("location") && self.may_rewrite_location(reply, value.as_deref());
            let value = value.as_ref().filter(|_| !rewritten);
            let value = value.map_or_else(unknown, |value| Value::known(value.clone().into_bytes()));
            fields.push(Field { name: name.clone().into_bytes().into(), value, item: None });
        }
    }

    /// Returns whether `proxy_redirect` may change the app's `Location`; by default it does where the app names its own address.
    fn may_rewrite_location(&self, reply: &Reply, value: Option<&str>) -> bool {
        let config = self.model.config;
        match config.single(self.context, Single::ProxyRedirect) {
            Some(item) if config.parameter_is(item, 1, "off") => false,
            Some(item) if !config.parameter_is(item, 1, "default") => true,
            _ => {
                let own = reply.item.and_then(|item| config.parameter(item, 1));
                own.zip(value).is_some_and(|(own, value)| value.as_bytes().starts_with(&own))
            }
        }
    }

    /// One `add_header`: an empty value is not sent (A4.9).
    fn add(&mut self, item: ItemId, status: Option<u16>, fields: &mut Vec<Field<'s>>) {
        let config = self.model.config;
        let sent = config.is_always(item) || status.is_none_or(is_sent_without_always);
        let (Some(name), true) = (config.parameter(item, 1), sent) else { return };
        let value = match config.parameter(item, 2) {
            Some(value) => self.expand(value, Spot::new(item, 2)),
            None => Value::unknown(name.clone()),
        };
        if value.bytes() != Some(b"") {
            fields.push(Field { name, value, item: Some(item) });
        }
    }

    /// One `more_set_headers` or `more_clear_headers`: replaces what is there (A4.7).
    pub(in crate::nginx) fn more(&mut self, item: ItemId, status: Option<u16>, fields: &mut Vec<Field<'s>>) {
        let config = self.model.config;
        let clears = config.item(item).name == b"more_clear_headers";
        let indexes = 1..=config.parameter_count(item);
        let mut words = indexes.filter_map(|index| Some((index, config.parameter(item, index)?)));
        let mut headers = Vec::new();
        let mut statuses: Option<Vec<u8>> = None;
        let mut is_by_type = false;
        while let Some((index, word)) = words.next() {
            match &*word {
                b"-s" => statuses = words.next().map(|(_, list)| list.into_owned()),
                b"-t" => is_by_type = words.next().is_some(),
                _ => headers.push((index, word)),
            }
        }
        let listed = |list: &Vec<u8>| {
            let text = String::from_utf8_lossy(list).into_owned();
            status.is_some_and(|status| text.split([' ', ',']).any(|one| one == status.to_string()))
        };
        if statuses.as_ref().is_some_and(|list| !listed(list)) {
            return;
        }
        for (index, header) in headers {
            let colon = header.iter().position(|byte| *byte == b':');
            let (name, value) = header.split_at(colon.unwrap_or(header.len()));
            let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii().to_vec();
            let prefix = name.strip_suffix(b"*").filter(|_| clears);
            let named = |field: &Field<'s>| match prefix {
                Some(prefix) => field.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
                None => field.name.eq_ignore_ascii_case(name),
            };
            // Which type the answer has is not known, nor is then whether this counts.
            let by_type = || Value::unknown(b"sent_http_content_type".as_slice());
            let value = match (is_by_type, clears) {
                (true, true) => {
                    fields.iter_mut().filter(|field| named(field)).for_each(|field| field.value = by_type());
                    continue;
                }
                (true, false) => by_type(),
                (false, true) => Value::known(&b""[..]),
                (false, false) => self.expand(value.into(), Spot::new(item, index)),
            };
            if value.bytes() == Some(b"") {
                fields.retain(|field| !named(field));
                continue;
            }
            // The first of that name is replaced where it stands, and keeps the case of its name.
            let first = fields.iter().position(named);
            match first.and_then(|first| fields.get_mut(first)) {
                Some(field) => (field.value, field.item) = (value, Some(item)),
                None => fields.push(Field { name: name.to_vec().into(), value, item: Some(item) }),
            }
            let mut count = 0;
            fields.retain(|field| {
                count += 1;
                first.is_none_or(|first| count <= first + 1) || !named(field)
            });
        }
    }
}
