//! Who defines a variable, and what a `map` answers (A5).

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::regex::{Ordered, Regexes};

/// The definition of one variable.
#[derive(Debug, Clone, Default)]
pub struct Definition {
    /// The maps whose result it is, in file order; the last one counts (A5.7).
    pub maps: Vec<ContextId>,
    /// The `set` directives that assign it, in file order.
    pub sets: Vec<ItemId>,
    /// Another directive that defines it and whose value cannot be read off the text: `geo`, `js_set`, …
    pub other: Option<ItemId>,
}

/// All variables that a configuration defines, by lower-case name: nginx ignores case in them.
#[derive(Debug, Default)]
pub struct Definitions<'s> {
    by_name: HashMap<Vec<u8>, Definition>,
    tables: HashMap<ContextId, MapTable<'s>>,
}

impl<'s> Definitions<'s> {
    /// Collects what `config` defines, in one pass.
    pub fn new(config: &Config<'s>) -> Self {
        let mut definitions = Definitions::default();
        for context in config.contexts() {
            if config.context(context).kind == ContextKind::Map {
                definitions.define_map(config, context);
            }
            for item in config.items(context) {
                definitions.define(config, item);
            }
        }
        definitions
    }

    fn define_map(&mut self, config: &Config<'s>, context: ContextId) {
        let Some(table) = MapTable::new(config, context) else { return };
        self.entry(&table.variable).maps.push(context);
        self.tables.insert(context, table);
    }

    fn define(&mut self, config: &Config<'s>, item: ItemId) {
        let position = match config.item(item).name {
            b"set" => 1,
            b"geo" | b"split_clients" => config.parameter_count(item),
            b"auth_request_set" | b"perl_set" | b"js_set" | b"js_var" | b"set_by_lua_block" | b"set_by_lua_file" => 1,
            _ => return,
        };
        let Some(word) = config.parameter(item, position) else { return };
        let Some(name) = word.strip_prefix(b"$") else { return };
        let is_set = config.item(item).name == b"set";
        let definition = self.entry(name);
        if is_set {
            definition.sets.push(item);
        } else {
            definition.other = Some(item);
        }
    }

    fn entry(&mut self, name: &[u8]) -> &mut Definition {
        self.by_name.entry(name.to_ascii_lowercase()).or_default()
    }

    /// Returns what defines the variable of that name.
    pub fn get(&self, name: &[u8]) -> Option<&Definition> {
        self.by_name.get(&*lower(name))
    }

    /// The map that this block is.
    pub fn table(&self, context: ContextId) -> Option<&MapTable<'s>> {
        self.tables.get(&context)
    }

    /// The map that counts for the variable of that name (A5.7).
    pub fn map(&self, name: &[u8]) -> Option<&MapTable<'s>> {
        self.tables.get(self.get(name)?.maps.last()?)
    }
}

/// `name` in lower case, borrowed where it is already.
pub(in crate::nginx) fn lower(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

/// One `map` block, ready to be asked.
#[derive(Debug)]
pub struct MapTable<'s> {
    /// The text that is looked up; may hold several variables.
    pub source: Cow<'s, [u8]>,
    /// The variable it defines, without `$`.
    pub variable: Vec<u8>,
    /// The block.
    pub context: ContextId,
    /// Its entries but for `default`, in file order.
    pub entries: Vec<MapLine<'s>>,
    /// The `default` entry; without one the result is empty (A5.6).
    pub default: Option<ItemId>,
    /// True if `hostnames` is given.
    pub hostnames: bool,
    /// True if `volatile` is given, so that it is asked anew each time.
    pub is_volatile: bool,
    /// The entries that are texts, by their text in lower case.
    exact: HashMap<Cow<'s, [u8]>, usize>,
    /// The entries that are expressions, in file order.
    expressions: Ordered<'s, usize>,
    /// The earlier results of the expressions for a text: many locations ask one map about the same few origins.
    said: Mutex<HashMap<Vec<u8>, Hit>>,
}

/// How many texts a map remembers.
const MAX_SAID: usize = 1024;

/// One line of a `map`.
#[derive(Debug)]
pub struct MapLine<'s> {
    /// The text that the looked-up one is compared with.
    pub key: MapKey<'s>,
    /// The line; its first word is the key, its second the result.
    pub item: ItemId,
}

/// How a `map` line compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapKey<'s> {
    /// As plain text, case ignored (A5.1).
    Text(Cow<'s, [u8]>),
    /// `~…` or `~*…`.
    Regex {
        /// The expression, without its tilde.
        pattern: Cow<'s, [u8]>,
        /// True if it is `~*`.
        ignore_case: bool,
    },
}

/// The result of a `map` for one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// This line's result; the index into [`MapTable::entries`].
    MapLine(usize),
    /// The default, or the empty text without one.
    Default,
    /// Not to be known: an expression that cannot be matched here.
    Unknown,
}

impl<'s> MapTable<'s> {
    fn new(config: &Config<'s>, context: ContextId) -> Option<Self> {
        let opener = config.context(context).opener?;
        let mut table = MapTable {
            source: config.parameter(opener, 1)?,
            variable: config.parameter(opener, 2)?.strip_prefix(b"$")?.to_vec(),
            context,
            entries: Vec::new(),
            default: None,
            hostnames: false,
            is_volatile: false,
            exact: HashMap::new(),
            expressions: Ordered::default(),
            said: Mutex::default(),
        };
        let lines = config.items(context);
        table.entries.reserve(lines.size_hint().0);
        table.exact.reserve(lines.size_hint().0);
        for item in lines {
            table.line(config, item);
        }
        Some(table)
    }

    fn line(&mut self, config: &Config<'s>, item: ItemId) {
        let Some(word) = config.parameter(item, 0) else { return };
        match (&*word, config.parameter_count(item)) {
            (b"hostnames", 0) => self.hostnames = true,
            (b"volatile", 0) => self.is_volatile = true,
            (b"default", 1) => self.default = Some(item),
            (_, 1) => {
                let key = key_of(word);
                match &key {
                    MapKey::Text(Cow::Borrowed(text)) => {
                        _ = self.exact.entry(lower(text)).or_insert(self.entries.len())
                    }
                    MapKey::Text(Cow::Owned(text)) => {
                        _ = self.exact.entry(text.to_ascii_lowercase().into()).or_insert(self.entries.len());
                    }
                    MapKey::Regex { pattern, ignore_case } => {
                        self.expressions.push(pattern.clone(), *ignore_case, self.entries.len());
                    }
                }
                self.entries.push(MapLine { key, item });
            }
            _ => {}
        }
    }

    /// The line that answers for `text`: exact keys first, then host wildcards, then expressions in file order (A5.2).
    pub fn find(&self, regexes: &Regexes, text: &[u8]) -> Hit {
        let text = if self.hostnames { text.strip_suffix(b".").unwrap_or(text) } else { text };
        let lower = lower(text);
        if let Some(&index) = self.exact.get(&*lower) {
            return Hit::MapLine(index);
        }
        if let Some(index) = self.hostnames.then(|| self.wildcard(&lower)).flatten() {
            return Hit::MapLine(index);
        }
        self.expression(regexes, text)
    }

    /// The first expression that matches. nginx does not ask them about an empty text.
    fn expression(&self, regexes: &Regexes, text: &[u8]) -> Hit {
        if text.is_empty() || self.expressions.len() == 0 {
            return Hit::Default;
        }
        let said = || self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hit) = said().get(text) {
            return *hit;
        }
        let hit = self.match_expressions(regexes, text);
        let mut said = said();
        if said.len() < MAX_SAID {
            said.insert(text.to_vec(), hit);
        }
        hit
    }

    fn match_expressions(&self, regexes: &Regexes, text: &[u8]) -> Hit {
        for expression in self.expressions.candidates(text) {
            match regexes.is_match(&expression.pattern, expression.ignore_case, text) {
                Some(true) => return Hit::MapLine(expression.target),
                Some(false) => {}
                None => return Hit::Unknown,
            }
        }
        Hit::Default
    }

    /// The host wildcard that answers for `text`: the longest leading one, then the longest trailing one (A5.5).
    fn wildcard(&self, text: &[u8]) -> Option<usize> {
        let dots = || text.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
        let leading = dots().filter(|at| *at > 0).find_map(|at| {
            let suffix = &text[at..];
            self.exact.get(suffix).or_else(|| self.exact.get(&*[b"*", suffix].concat()))
        });
        let bare = || self.exact.get(&*[b".", text].concat());
        let trailing = || {
            dots().collect::<Vec<_>>().into_iter().rev().find_map(|at| self.exact.get(&*[&text[..=at], b"*"].concat()))
        };
        bare().or(leading).or_else(trailing).copied()
    }
}

/// A key as nginx takes it: `~` starts an expression, `\` keeps a special word literal (A5.6).
fn key_of(word: Cow<'_, [u8]>) -> MapKey<'_> {
    let cut = |count: usize| match &word {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[count..]),
        Cow::Owned(bytes) => Cow::Owned(bytes[count..].to_vec()),
    };
    match &*word {
        [b'~', b'*', ..] => MapKey::Regex { pattern: cut(2), ignore_case: true },
        [b'~', ..] => MapKey::Regex { pattern: cut(1), ignore_case: false },
        [b'\\', ..] => MapKey::Text(cut(1)),
        _ => MapKey::Text(word),
    }
}
