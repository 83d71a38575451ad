//! The variables that a response may depend on.

use hashbrown::{HashMap, HashSet};

use crate::cors::header::CorsHeader;
use crate::nginx::config::inheritance::Protocol;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::variables::Definitions;
use crate::nginx::syntax::parts::{Part, parts};

/// Returns whether a block holds nothing but `set`.
pub(in crate::nginx) fn only_sets(config: &Config<'_>, block: ContextId) -> bool {
    config.items(block).all(|item| config.item(item).name == b"set")
}

/// The variables, in lower case, that an answer may depend on: those in directives that the model reads, and those that these are made
/// of.
pub(in crate::nginx) fn read_variables(config: &Config<'_>, definitions: &Definitions<'_>) -> HashSet<Vec<u8>> {
    // By variable, those that decide it.
    let mut sources: HashMap<Vec<u8>, HashSet<Vec<u8>>> = HashMap::new();
    let mut read = HashSet::new();
    for context in config.contexts() {
        let map = definitions.table(context).map(|table| table.variable.to_ascii_lowercase());
        let is_idle = |block| config.context(block).kind == ContextKind::IfInServer && only_sets(config, block);
        for item in config.items(context) {
            let directive = config.item(item);
            let names = variables(config, item, usize::from(directive.name == b"set") + 1);
            match (&map, directive.name) {
                (Some(map), _) => sources.entry(map.clone()).or_default().extend(names),
                (None, b"set") => {
                    let Some(name) = config.parameter(item, 1) else { continue };
                    let name = name.strip_prefix(b"$").unwrap_or(&name).to_ascii_lowercase();
                    sources.entry(name).or_default().extend(names);
                }
                (None, b"map") => {
                    let table = directive.opens.and_then(|block| definitions.table(block));
                    let Some(table) = table else { continue };
                    sources.entry(table.variable.to_ascii_lowercase()).or_default().extend(of(&table.source));
                }
                // An `if` of assignments alone decides what they assign.
                (None, b"if") if directive.opens.is_some_and(is_idle) => {
                    let names: Vec<Vec<u8>> = names.collect();
                    for set in directive.opens.into_iter().flat_map(|block| config.items(block)) {
                        let Some(name) = config.parameter(set, 1) else { continue };
                        let name = name.strip_prefix(b"$").unwrap_or(&name).to_ascii_lowercase();
                        sources.entry(name).or_default().extend(names.iter().cloned());
                    }
                }
                _ if is_inert(config, item) => {}
                _ => read.extend(names),
            }
        }
    }
    let mut waiting: Vec<Vec<u8>> = read.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        for source in sources.remove(&name).into_iter().flatten() {
            if read.insert(source.clone()) {
                waiting.push(source);
            }
        }
    }
    read
}

/// The variables in the parameters of a directive from the parameter `from` on.
fn variables(config: &Config<'_>, item: ItemId, from: usize) -> impl Iterator<Item = Vec<u8>> {
    let words = (from..=config.parameter_count(item)).filter_map(move |index| config.parameter(item, index));
    words.flat_map(|word| of(&word))
}

fn of(text: &[u8]) -> Vec<Vec<u8>> {
    let name = |part: Part<'_>| match part {
        Part::Variable(name) => Some(name.to_ascii_lowercase()),
        Part::Text(_) => None,
    };
    if memchr::memchr(b'$', text).is_none() { Vec::new() } else { parts(text).filter_map(name).collect() }
}

/// Returns whether a directive's variables reach no answer: logs, limits of speed, and what the app is told beside the Origin.
fn is_inert(config: &Config<'_>, item: ItemId) -> bool {
    const INERT: [&[u8]; 8] = [
        b"access_log",
        b"error_log",
        b"log_format",
        b"limit_rate",
        b"limit_rate_after",
        b"limit_conn_zone",
        b"limit_req_zone",
        b"log_subrequest",
    ];
    let name = config.item(item).name;
    let first = || config.parameter(item, 1);
    let is_origin = |name: &[u8]| name.eq_ignore_ascii_case(b"origin") || name.eq_ignore_ascii_case(b"http_origin");
    match Protocol::split(name) {
        Some((_, b"set_header" | b"param")) => {
            first().is_some_and(|name| !is_origin(&name) && CorsHeader::from_name(&name).is_none())
        }
        _ => INERT.contains(&name),
    }
}
