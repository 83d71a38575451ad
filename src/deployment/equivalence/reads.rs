//! The variables that the conditions, maps, and expressions of a block read: where one reads an origin or a place, no name of it is like another.

use std::cell::RefCell;
use std::ops::BitOr;

use hashbrown::{HashMap, HashSet};

use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::model::Model;
use crate::nginx::syntax::parts::{Part, parts};

/// The values that something is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reads {
    /// The page's origin, or what may hold one.
    pub(super) origin: bool,
    /// The host that is asked for.
    pub(super) host: bool,
    /// The path that is asked for, or a file's.
    pub(super) path: bool,
}

impl BitOr for Reads {
    type Output = Reads;

    fn bitor(self, other: Reads) -> Reads {
        Reads { origin: self.origin || other.origin, host: self.host || other.host, path: self.path || other.path }
    }
}

const NOTHING: Reads = Reads { origin: false, host: false, path: false };
const ORIGIN: Reads = Reads { origin: true, ..NOTHING };
const HOST: Reads = Reads { host: true, ..NOTHING };
/// The values that the path of a location is compared with.
pub(super) const PATH: Reads = Reads { path: true, ..NOTHING };
const ANYTHING: Reads = Reads { origin: true, host: true, path: true };

/// The values that each variable of a configuration reads, as far as it was asked for.
#[derive(Debug)]
pub(super) struct VariableReads<'m, 'd> {
    model: &'m Model<'d, 'd>,
    known: RefCell<HashMap<Vec<u8>, (Reads, bool)>>,
}

impl<'m, 'd> VariableReads<'m, 'd> {
    pub(super) fn new(model: &'m Model<'d, 'd>) -> Self {
        VariableReads { model, known: RefCell::default() }
    }

    /// Returns what the directives of a block look at, and whether a variable of a map is among their words.
    fn of_block(&self, context: ContextId) -> (Reads, bool) {
        let config = self.model.config;
        // What a map says counts where somebody asks for it.
        let is_asked = |item: &ItemId| {
            let opened = config.item(*item).opens.map(|opened| config.context(opened).kind);
            !matches!(opened, Some(ContextKind::Map | ContextKind::Other))
        };
        let found = config.items(context).filter(is_asked).map(|item| self.of_directive(item));
        found.fold((NOTHING, false), |(reads, has_map), (other, other_has)| (reads | other, has_map || other_has))
    }

    /// The same of several blocks, and what is looked at besides.
    pub(super) fn of_blocks(&self, besides: (Reads, bool), blocks: &[ContextId]) -> (Reads, bool) {
        blocks.iter().fold(besides, |(reads, has_map), block| {
            let (other, has) = self.of_block(*block);
            (reads | other, has_map || has)
        })
    }

    fn of_directive(&self, item: ItemId) -> (Reads, bool) {
        let config = self.model.config;
        let name = config.item(item).name;
        let mut found = (NOTHING, false);
        for word in config.parameters(item) {
            if memchr::memchr(b'$', &word).is_none() {
                continue;
            }
            for part in parts(&word) {
                let Part::Variable(variable) = part else { continue };
                let (reads, has_map) = self.of_variable(variable);
                let compared = if name == b"if" { self.reads_of_comparison(variable) } else { NOTHING };
                found = (found.0 | reads | compared, found.1 || has_map);
            }
        }
        if name == b"rewrite" {
            found.0 = found.0 | PATH;
        }
        found
    }

    /// Returns what is looked at to know what a variable holds, and whether a map is asked for it.
    fn of_variable(&self, variable: &[u8]) -> (Reads, bool) {
        let variable = variable.to_ascii_lowercase();
        if let Some(known) = self.known.borrow().get(&variable) {
            return *known;
        }
        let definitions = &self.model.definitions;
        let (mut found, mut has_map) = (NOTHING, false);
        let mut seen: HashSet<Vec<u8>> = HashSet::from([variable.clone()]);
        let mut waiting = vec![variable.clone()];
        while let Some(name) = waiting.pop() {
            let mut ask = |text: &[u8]| {
                for part in parts(text) {
                    if let Part::Variable(other) = part
                        && seen.insert(other.to_ascii_lowercase())
                    {
                        waiting.push(other.to_ascii_lowercase());
                    }
                }
            };
            let Some(map) = definitions.map(&name) else {
                let sets = definitions.get(&name).map_or(&[][..], |definition| &definition.sets);
                sets.iter().filter_map(|set| self.model.config.parameter(*set, 2)).for_each(|text| ask(&text));
                continue;
            };
            has_map = true;
            for part in parts(&map.source) {
                if let Part::Variable(source) = part {
                    found = found | self.reads_of_comparison(source);
                }
            }
            ask(&map.source);
            let lines = map.entries.iter().map(|entry| entry.item).chain(map.default);
            lines.filter_map(|line| self.model.config.parameter(line, 1)).for_each(|result| ask(&result));
        }
        self.known.borrow_mut().insert(variable, (found, has_map));
        (found, has_map)
    }

    /// Returns what is looked at where a variable is compared with something.
    fn reads_of_comparison(&self, variable: &[u8]) -> Reads {
        const HOSTS: [&str; 3] = ["host", "http_host", "server_name"];
        const PATHS: [&str; 6] =
            ["uri", "request_uri", "document_uri", "document_root", "request_filename", "realpath_root"];
        const NEITHER: [&str; 10] = [
            "request_method",
            "args",
            "is_args",
            "query_string",
            "scheme",
            "https",
            "server_port",
            "remote_addr",
            "binary_remote_addr",
            "content_type",
        ];
        let name = String::from_utf8_lossy(variable).to_ascii_lowercase();
        let is_header = ["http_", "arg_", "cookie_", "ssl_"].iter().any(|start| name.starts_with(start));
        let definition = self.model.definitions.get(variable);
        match name.as_str() {
            "http_origin" | "http_referer" => ORIGIN,
            name if HOSTS.contains(&name) => HOST,
            name if PATHS.contains(&name) => PATH,
            name if NEITHER.contains(&name) || is_header => NOTHING,
            // What a map says is known by what it looks at; of a `set`, the words may be anything.
            _ if definition.is_some_and(|it| it.sets.is_empty() && it.other.is_none()) => NOTHING,
            _ => ANYTHING,
        }
    }
}
