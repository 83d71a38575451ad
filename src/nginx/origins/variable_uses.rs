//! Which variables a configuration uses, and which maps look the Origin up.

use std::collections::BTreeSet;

use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::syntax::parts::{Part, only_variable, parts};

/// The maps that look the Origin up, each with the name of its variable.
pub fn origin_maps(config: &Config<'_>) -> impl Iterator<Item = (ItemId, Vec<u8>)> {
    let maps = config.contexts().filter(|&context| config.context(context).kind == ContextKind::Map);
    maps.filter_map(|context| {
        let item = config.context(context).opener?;
        let source = config.parameter(item, 1)?;
        let name = config.parameter(item, 2)?.strip_prefix(b"$")?.to_vec();
        only_variable(&source)?.eq_ignore_ascii_case(b"http_origin").then_some((item, name))
    })
}

/// Returns whether a part that is not shown may use any variable: a missing include, a template, a script in a file of its own.
pub fn may_use_unseen(config: &Config<'_>) -> bool {
    let is_script = |name: &[u8]| {
        let has = |part: &[u8]| memchr::memmem::find(name, part).is_some();
        let lua = name.len() > 5 && memchr::memchr(b'l', name).is_some() && (has(b"_lua_") || has(b"y_lua"));
        lua || name.starts_with(b"js_") || name.starts_with(b"perl") || name == b"ssi"
    };
    let mut items = config.contexts().flat_map(|context| config.items(context));
    let is_templated = |item: ItemId| {
        let has_tags = config.tree(config.item(item).file).is_none_or(|tree| !tree.tags.is_empty());
        has_tags && config.words(item).iter().any(|word| word.templated)
    };
    config.contexts().any(|context| config.context(context).incomplete)
        || items.any(|item| is_script(config.item(item).name) || is_templated(item))
}

/// The variables that any parameter uses, in lower case.
pub fn used_variables(config: &Config<'_>) -> BTreeSet<Vec<u8>> {
    let mut used = BTreeSet::new();
    for item in config.contexts().flat_map(|context| config.items(context)) {
        // Most directives use none, and it takes one look to know.
        let place = config.place(item);
        if memchr::memchr(b'$', place.span.of(config.bytes(place.file))).is_none() && !config.is_filled(item) {
            continue;
        }
        let defines = match config.item(item).name {
            b"set" => Some(1),
            b"map" | b"geo" => Some(config.parameter_count(item)),
            _ => None,
        };
        for index in (0..=config.parameter_count(item)).filter(|index| Some(*index) != defines) {
            let Some(word) = config.parameter(item, index).filter(|word| word.contains(&b'$')) else { continue };
            for part in parts(&word) {
                // Very many lines may use the same few.
                if let Part::Variable(name) = part
                    && !used.contains(name)
                {
                    used.insert(name.to_ascii_lowercase());
                }
            }
        }
    }
    used
}
