//! The methods that a configuration tells apart: each is asked by itself, since another one says nothing of it.

use crate::cors::header::CorsHeader;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::simulate::model::Model;
use crate::nginx::simulate::variables::MapKey;
use crate::nginx::syntax::parts::{Part, parts};

/// The methods, other than GET, that requests of pages use for the most part.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// The methods that maps name whose source holds `$request_method`.
pub(crate) fn mapped(model: &Model<'_, '_>) -> Vec<&'static str> {
    let config = model.config;
    let maps = config.contexts().filter(|&context| config.context(context).kind == ContextKind::Map);
    let tables = maps.filter_map(|context| model.definitions.table(context));
    let is_method =
        |part: Part<'_>| matches!(part, Part::Variable(name) if name.eq_ignore_ascii_case(b"request_method"));
    let by_method: Vec<_> = tables.filter(|table| parts(&table.source).any(is_method)).collect();
    let names = |method: &&str| {
        by_method.iter().flat_map(|table| &table.entries).any(|entry| match &entry.key {
            MapKey::Text(text) => holds(text, method),
            MapKey::Regex { pattern, .. } => holds(pattern, method),
        })
    };
    METHODS.into_iter().filter(names).collect()
}

fn holds(text: &[u8], method: &str) -> bool {
    memchr::memmem::find(&text.to_ascii_uppercase(), method.as_bytes()).is_some()
}

/// The methods that a route's responses may depend on: those that an `if` or a map names and, where one does, those that the route lists.
pub(crate) fn told_apart(site: &Site<'_>, route: &Route<'_>) -> Vec<&'static str> {
    let blocks = [route.context, route.server].into_iter().filter_map(|context| site.ifs.get(&context));
    let conditions: Vec<Condition<'_>> = blocks.flatten().filter_map(|block| of_method(site.config, *block)).collect();
    let is_asked = |method: &&str| {
        conditions.iter().any(|asked| match asked {
            Condition::Equal { text, .. } => **text == *method.as_bytes(),
            Condition::Match { regex, ignore_case, .. } => {
                site.asker.model.regexes.is_match(regex, *ignore_case, method.as_bytes()) == Some(true)
            }
            _ => false,
        })
    };
    let depends = !site.mapped_methods.is_empty() || METHODS.iter().any(is_asked);
    if !depends {
        return Vec::new();
    }
    let listed = route.listed(CorsHeader::AllowMethods);
    let is_listed = |method: &&str| listed.iter().any(|name| name == method);
    METHODS
        .into_iter()
        .filter(|method| is_asked(method) || site.mapped_methods.contains(method) || is_listed(method))
        .collect()
}

/// The condition of an `if`, where it asks the method.
fn of_method<'s>(config: &Config<'s>, block: ContextId) -> Option<Condition<'s>> {
    let asked = condition(config, config.context(block).opener?)?;
    let is_method = match &asked {
        Condition::Equal { variable, .. } | Condition::Match { variable, .. } => {
            variable.eq_ignore_ascii_case(b"request_method")
        }
        _ => false,
    };
    is_method.then_some(asked)
}
