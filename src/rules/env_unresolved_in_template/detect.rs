//! Names in nginx templates that no .env file fills in.

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::deployment::KeyNames;
use crate::deployment::Site;
use crate::deployment::apps::environment;
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::origins::flow::set_fields;
use crate::nginx::syntax::envsubst::is_template;
use crate::nginx::syntax::parts::{Part, parts};
use crate::source::Place;

/// The effect of a name that nothing fills in; the worst one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// It stands in a map's key, which nginx does not fill in.
    NothingMatches,
    /// nginx has no such variable, and does not start.
    NoStart,
}

/// A place where such a name stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unset {
    /// Its effect.
    pub effect: Effect,
    /// Where it stands.
    pub place: Place,
}

/// Names that the image or the container sets.
const SET_BY_THE_IMAGE: [&str; 8] = [
    "DYNPKG_RELEASE",
    "HOME",
    "HOSTNAME",
    "NGINX_LOCAL_RESOLVERS",
    "NGINX_VERSION",
    "NJS_VERSION",
    "PATH",
    "PKG_RELEASE",
];

/// The beginnings of variables that nginx has any number of.
const FAMILIES: [&str; 6] = ["HTTP_", "ARG_", "COOKIE_", "SENT_", "UPSTREAM_", "SSL_"];

/// The names of each site that nothing sets and that nginx does not know, with the places they stand at. None at all where no
/// .env file was given.
pub(super) fn unset_names(deployment: &Deployment<'_>) -> Vec<BTreeMap<String, Vec<Unset>>> {
    let set: Vec<KeyNames> =
        deployment.projects.iter().map(|project| environment::names(deployment, project)).collect();
    let sites = deployment.sites.iter().filter(|_| !set.is_empty()).map(|site| {
        let mut unset: BTreeMap<String, Vec<Unset>> = BTreeMap::new();
        for item in site.config.contexts().flat_map(|context| site.config.items(context)) {
            if is_template(deployment.sources.get(site.config.item(item).file)) {
                note_unset(deployment, site, item, &set, &mut unset);
            }
        }
        unset
    });
    sites.collect()
}

/// Notes every name in the words of a directive that nothing sets and that nginx does not know.
fn note_unset(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    item: ItemId,
    set: &[KeyNames],
    unset: &mut BTreeMap<String, Vec<Unset>>,
) {
    let config = site.config;
    let in_map = config.context(config.item(item).context).kind == ContextKind::Map;
    let opens = config.item(item).opens.map(|context| config.context(context).kind);
    let is_condition = matches!(opens, Some(ContextKind::IfInLocation | ContextKind::IfInServer | ContextKind::Map));
    // A port, a path, or a log has nothing to do with CORS.
    let reads_origin = |item: ItemId| {
        let mut words = config.parameters(item);
        words.any(|word| word.to_ascii_lowercase().windows(b"http_origin".len()).any(|part| part == b"http_origin"))
    };
    let of_origin = |item: Option<ItemId>| item.is_some_and(reads_origin);
    let map = config.context(config.item(item).context).opener.filter(|_| in_map);
    if !(is_condition && reads_origin(item) || of_origin(map) || !set_fields(config, item).is_empty()) {
        return;
    }
    for index in 0..=config.parameter_count(item) {
        let place = config.value_place(item, index);
        let effect = if in_map && index == 0 { Effect::NothingMatches } else { Effect::NoStart };
        for part in parts(place.span.of(&deployment.sources.get(place.file).bytes)) {
            let Part::Variable(name) = part else { continue };
            let text = String::from_utf8_lossy(name).into_owned();
            let known = set.iter().any(|names| names.has(&text)) || site.asker.model.definitions.get(name).is_some();
            if is_for_envsubst(&text) && !known {
                unset.entry(text).or_default().push(Unset { effect, place });
            }
        }
    }
}

/// Returns whether a name is one of the environment's: in capitals, and none that nginx would find among its own, whose case it ignores.
fn is_for_envsubst(name: &str) -> bool {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let own = ["HOST", "URI", "ARGS", "SCHEME", "REQUEST_URI", "REQUEST_METHOD", "REMOTE_ADDR", "SERVER_NAME"];
    let is_nginxs = own.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family));
    starts && name.bytes().all(capital) && !is_nginxs && !SET_BY_THE_IMAGE.contains(&name)
}
