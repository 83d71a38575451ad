//! Where a header's value comes from: texts, and the comparisons that let them through, followed through `set`, `map` and `if`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::cors::header::CorsHeader;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::origins::comparison::Compared;
use crate::nginx::origins::composite_key::{origin_part, origin_pattern};
use crate::nginx::origins::guards::guards_of;
use crate::nginx::simulate::variables::{Definitions, MapKey, MapLine, MapTable};
use crate::nginx::syntax::parts::{Part, only_variable, parts};
use crate::source::{Place, Span};

/// How many variables one value is followed through; what comes from farther away stays open.
const MAX_VARIABLES: usize = 128;

/// A header field that nginx itself sets.
#[derive(Debug, Clone)]
pub struct SetField<'s> {
    /// The `add_header` or `more_set_headers`.
    pub item: ItemId,
    /// Which field.
    pub header: CorsHeader,
    /// The value as written, variables and all.
    pub value: Cow<'s, [u8]>,
    /// Where the value stands, without quotes.
    pub place: Place,
}

/// Returns whether a directive sets this header.
pub(crate) fn sets(config: &Config<'_>, item: ItemId, header: CorsHeader) -> bool {
    set_fields(config, item).iter().any(|field| field.header == header)
}

/// The CORS header fields that a directive sets: at most one for `add_header`, any number for `more_set_headers`.
pub fn set_fields<'s>(config: &Config<'s>, item: ItemId) -> Vec<SetField<'s>> {
    match config.item(item).name {
        b"add_header" => added(config, item).into_iter().collect(),
        b"more_set_headers" => {
            (1..=config.parameter_count(item)).filter_map(|index| more_set(config, item, index)).collect()
        }
        _ => Vec::new(),
    }
}

fn added<'s>(config: &Config<'s>, item: ItemId) -> Option<SetField<'s>> {
    let header = CorsHeader::from_name(&config.parameter(item, 1)?)?;
    Some(SetField { item, header, value: config.parameter(item, 2)?, place: config.value_place(item, 2) })
}

/// One parameter of `more_set_headers`: `Name: value`.
fn more_set<'s>(config: &Config<'s>, item: ItemId, index: usize) -> Option<SetField<'s>> {
    let word = config.parameter(item, index)?;
    let colon = word.iter().position(|byte| *byte == b':')?;
    let header = CorsHeader::from_name(word[..colon].trim_ascii())?;
    let value = word[colon + 1..].trim_ascii();
    let whole = config.value_place(item, index);
    // A word with escapes is longer in the file than in nginx; then the whole word is the place.
    let exact = whole.span.len() as usize == word.len();
    let start = whole.span.start + Span::at(0, word.len() - word[colon + 1..].trim_ascii_start().len()).end;
    let span = if exact { Span::new(start, start + Span::at(0, value.len()).end) } else { whole.span };
    Some(SetField { item, header, value: Cow::Owned(value.to_vec()), place: Place { file: whole.file, span } })
}

/// A text that may become the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub place: Place,
    /// The text.
    pub text: Vec<u8>,
}

/// Origins that a value compares with or holds, a few of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExampleOrigins {
    /// Those that a browser sends as they are written.
    pub(crate) live: Vec<String>,
    /// Those that an entry is meant to be and is not, because of a slash or a port.
    pub(crate) meant: Vec<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// Its number among those of a configuration; directives with the same value share one.
    pub number: usize,
    /// The texts it may be.
    pub texts: Vec<Text>,
    /// The values that `$http_origin` is compared with on the way.
    pub compared: Vec<Compared>,
    /// The same where it is only a part of what is compared: what the key says of that part. Whether an origin gets in depends on
    /// the other parts as well.
    pub compared_in_part: Vec<Compared>,
    /// Places where `$http_origin` itself becomes the value.
    pub reflected: Vec<Place>,
    /// Places where something else of the request becomes the value.
    pub made_of_request: Vec<MadeOfRequest>,
    /// True if a part of it comes from a place that cannot be read.
    pub open: bool,
    /// The first origins that it compares with or holds, once somebody asks for them: many locations share an allow-list.
    pub(crate) origins: OnceLock<ExampleOrigins>,
    /// True if it depends on more variables than are followed; then it is open as well.
    pub is_cut: bool,
}

/// A value that nginx makes of the request, but not of its Origin, or of its own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOfRequest {
    /// Where it is written.
    pub place: Place,
    /// The value as written.
    pub text: Vec<u8>,
    /// True if it is an origin with the server's host; false if it is never an origin.
    pub is_own_origin: bool,
}

impl Flow {
    /// Returns what the Origin is compared with, by itself or as a part of a key.
    pub fn all_compared(&self) -> impl Iterator<Item = &Compared> {
        self.compared.iter().chain(&self.compared_in_part)
    }
}

/// Follows the value of a header field back to where it comes from.
pub fn flow(config: &Config<'_>, definitions: &Definitions<'_>, field: &SetField<'_>) -> Flow {
    let mut follower = Follower {
        config,
        definitions,
        flow: Flow::default(),
        seen: BTreeSet::new(),
        compared: BTreeSet::new(),
        waiting: Vec::new(),
    };
    follower.value(&field.value, field.place);
    let context = config.item(field.item).context;
    follower.conditions(context, false);
    guards_of(config, context).for_each(|guard| follower.compare(guard.compared));
    while let Some((variable, role)) = follower.waiting.pop() {
        if follower.seen.len() > MAX_VARIABLES {
            follower.flow.open = true;
            follower.flow.is_cut = true;
            break;
        }
        follower.variable(&variable, role);
    }
    follower.flow
}

/// The part of a variable in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextRole {
    /// It is the value.
    Value,
    /// It only decides whether there is one.
    Control,
}

struct Follower<'f, 's> {
    config: &'f Config<'s>,
    definitions: &'f Definitions<'s>,
    flow: Flow,
    seen: BTreeSet<(Vec<u8>, TextRole)>,
    /// The conditions that are among `flow.compared`.
    compared: BTreeSet<(ItemId, Place)>,
    waiting: Vec<(Vec<u8>, TextRole)>,
}

impl Follower<'_, '_> {
    fn wait(&mut self, variable: &[u8], role: TextRole) {
        let entry = (variable.to_ascii_lowercase(), role);
        if self.seen.insert(entry.clone()) {
            self.waiting.push(entry);
        }
    }

    /// A parameter that is, or may become, the value.
    fn value(&mut self, value: &[u8], place: Place) {
        if memchr::memchr(b'$', value).is_none() {
            self.flow.texts.push(Text { place, text: value.to_vec() });
        } else if let Some(is_own_origin) = made_of_request(value) {
            self.flow.made_of_request.push(MadeOfRequest { place, text: value.to_vec(), is_own_origin });
            self.flow.open = true;
        } else if let Some(variable) = only_variable(value) {
            if variable.eq_ignore_ascii_case(b"http_origin") {
                self.flow.reflected.push(place);
            } else {
                self.wait(variable, TextRole::Value);
            }
        } else {
            self.flow.open = true;
        }
    }

    fn variable(&mut self, variable: &[u8], role: TextRole) {
        let Some(definition) = self.definitions.get(variable) else {
            self.flow.open |= role == TextRole::Value;
            return;
        };
        self.flow.open |= definition.other.is_some() && role == TextRole::Value;
        for &item in &definition.sets {
            if let (TextRole::Value, Some(value)) = (role, self.config.parameter(item, 2)) {
                self.value(&value, self.config.value_place(item, 2));
            }
            // What is taken away from all others is left to those that are compared with.
            let takes_away = self.config.parameter(item, 2).is_some_and(|value| is_refusal(&value));
            self.conditions(self.config.item(item).context, takes_away);
        }
        if let Some(map) = self.definitions.map(variable) {
            self.map(map, role);
        }
    }

    fn map(&mut self, map: &MapTable<'_>, role: TextRole) {
        let mut about_origin = false;
        for part in parts(&map.source) {
            match part {
                Part::Variable(name) if name.eq_ignore_ascii_case(b"http_origin") => about_origin = true,
                Part::Variable(name) => self.wait(name, TextRole::Control),
                Part::Text(_) => {}
            }
        }
        for entry in &map.entries {
            if about_origin && !self.is_refusal(entry.item) {
                self.entry(map, entry);
            }
            self.result(entry.item, role);
        }
        if let Some(default) = map.default {
            self.result(default, role);
        }
    }

    /// Returns what a line of a map that looks the Origin up compares it with.
    fn entry(&mut self, map: &MapTable<'_>, entry: &MapLine<'_>) {
        let place = self.config.value_place(entry.item, 0);
        let whole = only_variable(&map.source).is_some();
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        let (place, text, regex) = match &entry.key {
            MapKey::Text(text) if whole => (place, text.to_vec(), None),
            MapKey::Text(text) => {
                let Some(part) = origin_part(&map.source, text).filter(|_| !map.hostnames) else { return };
                let start = place.span.start + Span::at(0, part.start).end;
                let exact = place.span.len() as usize == text.len();
                let span = if exact { Span::new(start, start + Span::at(0, part.len()).end) } else { place.span };
                before = text.get(..part.start).unwrap_or_default().to_vec();
                behind = text.get(part.end..).unwrap_or_default().to_vec();
                (Place { span, ..place }, text.get(part).unwrap_or_default().to_vec(), None)
            }
            MapKey::Regex { pattern, ignore_case } if whole => (place, pattern.to_vec(), Some(*ignore_case)),
            MapKey::Regex { pattern, ignore_case } => {
                let Some(parts) = origin_pattern(&map.source, pattern) else { return };
                (before, behind) = (parts.before, parts.behind);
                (place, parts.own, Some(*ignore_case))
            }
        };
        let list = if whole { &mut self.flow.compared } else { &mut self.flow.compared_in_part };
        list.push(Compared { place, text, regex, item: entry.item, before, behind });
    }

    /// Returns whether a map line only says no: an empty result or `0`.
    fn is_refusal(&self, item: ItemId) -> bool {
        self.config.parameter(item, 1).is_some_and(|result| is_refusal(&result))
    }

    fn result(&mut self, item: ItemId, role: TextRole) {
        if let (TextRole::Value, Some(result)) = (role, self.config.parameter(item, 1)) {
            self.value(&result, self.config.value_place(item, 1));
        }
    }

    fn compare(&mut self, compared: Compared) {
        if self.compared.insert((compared.item, compared.place)) {
            self.flow.compared.push(compared);
        }
    }

    /// The conditions of the `if`s around a directive, and whether it takes the value away.
    fn conditions(&mut self, context: ContextId, takes_away: bool) {
        let config = self.config;
        let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer);
        for context in config.ancestors(context).filter(|&context| is_if(config.context(context).kind)) {
            let Some(item) = config.context(context).opener else { continue };
            let (variable, compared) = match condition(config, item) {
                Some(Condition::True(variable)) => (variable, None),
                Some(Condition::Equal { variable, text, word, negated }) if negated == takes_away => {
                    (variable, Some((text, word, None)))
                }
                Some(Condition::Match { variable, regex, word, ignore_case, negated: false }) => {
                    (variable, Some((regex, word, Some(ignore_case))))
                }
                Some(Condition::Equal { variable, .. } | Condition::Match { variable, .. }) => (variable, None),
                _ => continue,
            };
            if !variable.eq_ignore_ascii_case(b"http_origin") {
                self.wait(&variable, TextRole::Control);
            } else if let Some((text, word, regex)) = compared {
                self.compare(Compared::in_condition(config, item, word, text, regex));
            }
        }
    }
}

/// Returns whether the Origin is compared with something beside a directive of this location, and not in the value of the directive alone.
pub fn is_guarded(config: &Config<'_>, location: ContextId) -> bool {
    guards_of(config, location).next().is_some()
}

/// Returns whether a value that is made of the request is the server's own origin; nothing for any other value.
fn made_of_request(value: &[u8]) -> Option<bool> {
    const NEVER_AN_ORIGIN: [&[u8]; 12] = [
        b"host",
        b"http_host",
        b"server_name",
        b"hostname",
        b"remote_addr",
        b"realip_remote_addr",
        b"server_addr",
        b"http_referer",
        b"http_user_agent",
        b"request_uri",
        b"uri",
        b"proxy_host",
    ];
    if let Some(variable) = only_variable(value) {
        return NEVER_AN_ORIGIN.contains(&&*variable.to_ascii_lowercase()).then_some(false);
    }
    let rest =
        [&b"$scheme://"[..], b"${scheme}://", b"https://", b"http://"].iter().find_map(|it| value.strip_prefix(*it))?;
    let mut parts = parts(rest);
    let is_host = |part: Part<'_>| matches!(part, Part::Variable(name) if [&b"host"[..], b"http_host", b"server_name"].contains(&&*name.to_ascii_lowercase()));
    let is_port = |part: Part<'_>| match part {
        Part::Text(text) => text.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit)),
        Part::Variable(name) => name.eq_ignore_ascii_case(b"server_port"),
    };
    (parts.next().is_some_and(is_host) && parts.all(is_port)).then_some(true)
}

/// Returns whether a value only says no.
fn is_refusal(value: &[u8]) -> bool {
    value.is_empty() || value == b"0"
}
