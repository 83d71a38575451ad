//! The value of a variable in one run.

use std::borrow::Cow;

use crate::nginx::limits::{self, Limit};
use crate::nginx::regex::Captures;
use crate::nginx::simulate::run::Run;
use crate::nginx::simulate::value::{Spot, Value, Written};
use crate::nginx::simulate::variables::{Hit, MapKey, MapTable};
use crate::nginx::syntax::parts::{Part, only_variable, parts};

/// How deep maps may look other maps up before the value counts as unknown.
const MAX_MAP_DEPTH: usize = 64;
/// How many bytes variables may bring into one text before it counts as unknown. `set $a $a$a` doubles its value each
/// time, and no header field of this length gets past a browser or a proxy.
const MAX_EXPANDED_BYTES: usize = 8 * 1024;

/// How many bytes of a text with variables are looked through in the time of one step, nearly.
const BYTES_OF_A_STEP: usize = 64;

/// How many variables the source of a map may have; with more the request is given up.
const MAX_SOURCE_VARIABLES: usize = 64;
/// How long a source may be, in bytes: nginx reads no longer word.
const MAX_SOURCE_BYTES: usize = 4096;

fn is_too_long(source: &[u8]) -> bool {
    source.len() > MAX_SOURCE_BYTES || memchr::memchr_iter(b'$', source).count() > MAX_SOURCE_VARIABLES
}

/// A map whose result needs another map's variable first.
struct Needed {
    /// The variable of the map.
    by: Vec<u8>,
    /// True if the result is the other variable and nothing else.
    is_whole: bool,
}

/// The value of `name`, whose result needs `other`, where that leads back to a variable that already waits. nginx gives up after 100
/// levels, with an empty text for the innermost variable (A5.8). Results that are nothing but each other's variables pass it
/// through; of all others the value is unknown.
fn circle<'s>(waiting: &[Vec<u8>], name: &[u8], other: &[u8], matched: &[Needed]) -> Option<Value<'s>> {
    let unknown = || Value::unknown(name.to_vec());
    if name != other && !waiting.iter().any(|waits| waits == other) {
        return (waiting.len() >= MAX_MAP_DEPTH).then(unknown);
    }
    let start = waiting.iter().position(|waits| waits == other).unwrap_or(waiting.len());
    let mut members = waiting[start..].iter().map(Vec::as_slice).chain([name]);
    let passes_on = |member: &[u8]| matched.iter().any(|needed| needed.by == member && needed.is_whole);
    Some(if members.all(passes_on) { Value::known(&b""[..]) } else { unknown() })
}

/// Adds the parts of a value of so many bytes to those of a text that it is put behind.
fn add_parts(written: &mut Vec<(usize, Spot)>, before: usize, bytes: usize, from: Written) {
    match from {
        Written::Nowhere => {}
        Written::At(spot) => written.push((before + bytes, spot)),
        Written::Parts(parts) => written.extend(parts.iter().map(|(end, spot)| (before + *end as usize, *spot))),
    }
}

/// The parts of a text, those side by side in one word as one.
fn together(parts: Vec<(usize, Spot)>) -> Written {
    let mut joined: Vec<(u32, Spot)> = Vec::new();
    for (end, spot) in parts {
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        match joined.last_mut() {
            Some((last, known)) if *known == spot => *last = end,
            _ => joined.push((end, spot)),
        }
    }
    match joined[..] {
        [] => Written::Nowhere,
        [(_, spot)] => Written::At(spot),
        _ => Written::Parts(joined.into_boxed_slice()),
    }
}

impl<'s> Run<'_, '_, 's> {
    /// The text of a parameter, its variables filled in.
    pub(in crate::nginx) fn expand(&mut self, text: Cow<'s, [u8]>, spot: Spot) -> Value<'s> {
        if memchr::memchr(b'$', &text).is_none() {
            return Value::Known(text, Written::At(spot));
        }
        if let Some(name) = only_variable(&text) {
            return self.variable(name).through(spot);
        }
        let mut expanded = Vec::new();
        let mut written = Vec::new();
        let mut captured = Vec::new();
        for part in parts(&text) {
            match part {
                Part::Text(text) => {
                    expanded.extend_from_slice(text);
                    written.push((expanded.len(), spot));
                }
                Part::Variable(name) => match self.variable(name).through(spot) {
                    Value::Known(value, _) if expanded.len() + value.len() > text.len() + MAX_EXPANDED_BYTES => {
                        limits::meet(Limit::Variables);
                        return Value::unknown(name.to_vec()).through(spot);
                    }
                    Value::Known(value, from) => {
                        add_parts(&mut written, expanded.len(), value.len(), from);
                        expanded.extend_from_slice(&value);
                        if name.first().is_some_and(u8::is_ascii_digit) {
                            captured.push((name, value));
                        }
                    }
                    unknown => return unknown,
                },
            }
        }
        // nginx measures the text before it writes it. A map asked meanwhile has taken the captures, and they are written by its measure.
        match captured.iter().find(|(name, value)| self.variable(name).bytes() != Some(value)) {
            Some((name, _)) => Value::unknown(name.to_vec()).through(spot),
            None => Value::Known(expanded.into(), together(written)),
        }
    }

    /// Returns what the variable holds now. A map that has to look another map up waits for it on a stack.
    pub(in crate::nginx) fn variable(&mut self, name: &[u8]) -> Value<'s> {
        let mut waiting = vec![name.to_ascii_lowercase()];
        let mut value = Value::known(&b""[..]);
        let mut forgotten = Vec::new();
        // Maps that wait for their result and not for their source: their expression has matched, and is not asked again.
        let mut matched: Vec<Needed> = Vec::new();
        while let Some(name) = waiting.pop() {
            self.step();
            if self.is_over() {
                return Value::unknown(name);
            }
            if let Some(known) = self.simple(&name) {
                value = known;
                continue;
            }
            let map = self.model.definitions.map(&name);
            if map.is_some_and(|map| is_too_long(&map.source)) {
                self.give_up();
            }
            let Some(map) = map.filter(|_| !self.is_over()) else {
                value = Value::unknown(name);
                continue;
            };
            match self.unsolved(map) {
                Some(other) if waiting.len() >= MAX_MAP_DEPTH || waiting.contains(&other) || other == name => {
                    value = Value::unknown(name.clone());
                    self.variables.insert(name, value.clone());
                }
                Some(other) => waiting.extend([name, other]),
                None => {
                    let has_matched = matched.iter().any(|needed| needed.by == name);
                    value = match self.look_up(map, has_matched) {
                        Ok(value) => value,
                        Err((other, is_whole)) => {
                            if !has_matched {
                                matched.push(Needed { by: name.clone(), is_whole });
                            }
                            match circle(&waiting, &name, &other, &matched) {
                                Some(value) => value,
                                None => {
                                    waiting.extend([name, other]);
                                    continue;
                                }
                            }
                        }
                    };
                    if map.is_volatile {
                        forgotten.push(name.clone());
                    }
                    self.variables.insert(name, value.clone());
                }
            }
        }
        for name in forgotten {
            self.variables.remove(&name);
        }
        value
    }

    /// A variable that needs no map, or one whose map was asked before: nginx, too, asks a map once per request.
    fn simple(&self, name: &[u8]) -> Option<Value<'s>> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        if let [digit @ b'1'..=b'9'] = name {
            let group = self.captures.get(usize::from(digit - b'0'));
            return Some(group.cloned().unwrap_or_else(|| Value::known(&b""[..])));
        }
        let definition = self.model.definitions.get(name);
        if definition.is_some_and(|definition| definition.other.is_some()) {
            return Some(Value::unknown(name.to_vec()));
        }
        if definition.is_some_and(|definition| !definition.maps.is_empty()) {
            return None;
        }
        // A variable that some `set` declares is empty until that `set` runs (A5.10).
        let declared = definition.is_some_and(|definition| !definition.sets.is_empty());
        self.built_in(name).or_else(|| declared.then(|| Value::known(&b""[..])))
    }

    /// A map's variable that stands in the source of `map` and is not known yet.
    fn unsolved(&self, map: &MapTable<'s>) -> Option<Vec<u8>> {
        self.unsolved_in(&map.source)
    }

    fn unsolved_in(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.take_steps(text.len() / BYTES_OF_A_STEP);
        parts(text).find_map(|part| match part {
            Part::Variable(name) => {
                let name = name.to_ascii_lowercase();
                let waits = self.simple(&name).is_none() && self.model.definitions.map(&name).is_some();
                waits.then_some(name)
            }
            Part::Text(_) => None,
        })
    }

    /// The result of a map whose source is known; or, as the error, the map variable that its result needs first, and whether that
    /// variable is the whole result. What an expression captured is kept once: the maps of its result, asked after it, may have captured
    /// something else since.
    fn look_up(&mut self, map: &MapTable<'s>, has_matched: bool) -> Result<Value<'s>, (Vec<u8>, bool)> {
        let config = self.model.config;
        let unknown = || Value::unknown(map.variable.clone());
        let Some(opener) = config.context(map.context).opener else { return Ok(unknown()) };
        let source = match self.expand(map.source.clone(), Spot::new(opener, 1)) {
            Value::Known(source, _) => source,
            other => return Ok(other),
        };
        let hit = map.find(&self.model.regexes, &source);
        let incomplete = config.is_incomplete(map.context);
        let item = match hit {
            Hit::MapLine(index) => {
                let entry = &map.entries[index];
                if let MapKey::Regex { pattern, ignore_case } = &entry.key
                    && !has_matched
                    && let Ok(Some(captures)) = self.model.regexes.captures(pattern, *ignore_case, &source)
                {
                    self.take_captures(captures);
                }
                Some(entry.item)
            }
            Hit::Default if incomplete => return Ok(unknown()),
            Hit::Default => map.default,
            Hit::Unknown => return Ok(unknown()),
        };
        let Some(item) = item else { return Ok(Value::known(&b""[..])) };
        let Some(result) = config.parameter(item, 1) else { return Ok(unknown()) };
        match self.unsolved_in(&result) {
            Some(other) => Err((other, only_variable(&result).is_some())),
            None => Ok(self.expand(result, Spot::new(item, 1))),
        }
    }

    /// Keeps what an expression captured: `$1` and so on, and named groups as variables (A5.8).
    pub(in crate::nginx) fn take_captures(&mut self, captures: Captures) {
        self.captures = captures.numbered.into_iter().map(Value::known).collect();
        for (name, text) in captures.named {
            self.variables.insert(name.into_bytes().to_ascii_lowercase(), Value::known(text));
        }
    }
}
