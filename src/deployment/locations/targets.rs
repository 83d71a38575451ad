//! The locations that other requests are led to inside nginx: error pages, fallbacks, and what is rewritten to.

use std::collections::{BTreeMap, BTreeSet};

use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::limits::Limit;
use crate::nginx::simulate::locations::{self, FoundLocation, Pattern};
use crate::nginx::simulate::model::Model;

/// How many targets that stand outside of servers are looked up in each of them.
const MAX_SHARED: usize = 64;

/// The locations that an `error_page`, a `try_files` or a `rewrite` leads to by a path without variables.
///
/// Nothing keeps a browser from asking for such a path itself; but what is written there answers the requests that are led to
/// it, so a refusal there is not meant for pages.
pub(crate) fn led_to(model: &Model<'_, '_>) -> BTreeSet<ContextId> {
    locations_of(model, target)
}

/// The locations that no page requests: those of error pages that nginx serves itself, and of authentication subrequests. Their own path is
/// the one that an `error_page` or `auth_request` names.
pub(crate) fn requested_inside(model: &Model<'_, '_>) -> BTreeSet<ContextId> {
    let config = model.config;
    let is_the_path = |context: ContextId, wanted: &[u8]| {
        let opener = config.context(context).opener.and_then(|opener| locations::pattern(config, opener));
        match opener {
            Some(Pattern::Exact(path)) => *path == *wanted,
            // What is below a directory is requested like anything else.
            Some(Pattern::Prefix { path, .. }) => *path == *wanted && names_a_file(wanted),
            _ => false,
        }
    };
    let errors = paths_by_location(model, |config, item| {
        target(config, item).filter(|_| config.item(item).name == b"error_page")
    });
    let errors = errors.into_iter().filter(|(context, _)| !locations::reaches_app(config, *context));
    let checks = paths_by_location(model, auth_target);
    // A location that pages can request as well is one for pages, unless it is made for the subrequest.
    let is_made_for_it = |context: ContextId| {
        config.single(context, Single::Internal).is_some()
            || config.named(context, b"proxy_pass_request_body").any(|item| config.parameter_is(item, 1, "off"))
    };
    let checks = checks.into_iter().filter(|(context, _)| is_made_for_it(*context));
    let all = errors.chain(checks).filter(|(context, path)| is_the_path(*context, path));
    all.map(|(context, _)| context).collect()
}

/// Returns whether the last segment of a path has an extension.
fn names_a_file(path: &[u8]) -> bool {
    path.rsplit(|byte| *byte == b'/').next().is_some_and(|last| last.contains(&b'.'))
}

/// The path that an `auth_request` asks.
pub(crate) fn auth_target(config: &Config<'_>, item: ItemId) -> Option<Vec<u8>> {
    let word = config.parameter(item, 1).filter(|_| config.item(item).name == b"auth_request")?;
    fixed_path(&word)
}

/// The path of a URI without variables, and without its query.
pub(crate) fn fixed_path(uri: &[u8]) -> Option<Vec<u8>> {
    let path = uri.split(|byte| *byte == b'?').next()?;
    (path.starts_with(b"/") && !path.contains(&b'$')).then(|| path.to_vec())
}

fn locations_of(model: &Model<'_, '_>, target: impl Fn(&Config<'_>, ItemId) -> Option<Vec<u8>>) -> BTreeSet<ContextId> {
    paths_by_location(model, target).into_iter().map(|(location, _)| location).collect()
}

/// The locations that take the paths which directives name, each with such a path.
fn paths_by_location(
    model: &Model<'_, '_>,
    target: impl Fn(&Config<'_>, ItemId) -> Option<Vec<u8>>,
) -> Vec<(ContextId, Vec<u8>)> {
    let config = model.config;
    let mut own: BTreeMap<ContextId, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let mut shared: BTreeSet<Vec<u8>> = BTreeSet::new();
    for context in config.contexts() {
        let server = config.enclosing(context, ContextKind::Server);
        for path in config.items(context).filter_map(|item| target(config, item)) {
            match server {
                Some(server) => _ = own.entry(server).or_default().insert(path),
                None if shared.len() < MAX_SHARED => _ = shared.insert(path),
                None => model.give_up(config.top(), Limit::Steps),
            }
        }
    }
    // A fragment of locations stands in a server that is not shown.
    let servers = config.contexts().filter(|&context| config.context(context).kind == ContextKind::Server);
    let servers: Vec<ContextId> = servers.chain([config.top()]).collect();
    let mut led_to = Vec::new();
    for server in servers {
        for path in own.get(&server).into_iter().flatten().chain(&shared) {
            let (found, _) = model.locations.find(config, &model.regexes, server, path);
            if let FoundLocation::Location(location) = found {
                led_to.push((location, path.clone()));
            }
        }
    }
    led_to
}

/// The path that a directive leads requests to inside nginx, without its query.
fn target(config: &Config<'_>, item: ItemId) -> Option<Vec<u8>> {
    let stays = || !matches!(config.parameter(item, 3).as_deref(), Some(b"redirect" | b"permanent" | b"break"));
    let word = match config.item(item).name {
        b"error_page" | b"try_files" => config.parameter(item, config.parameter_count(item)),
        b"rewrite" if stays() => config.parameter(item, 2),
        _ => None,
    }?;
    fixed_path(&word)
}
