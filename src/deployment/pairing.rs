//! Which of several apps stands behind nginx.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::environment::{Apps, Project};
use crate::dotenv::app::App;
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::locations::is_pass;

/// Keys that say on which port an app listens.
const PORTS: [&str; 5] = ["PORT", "APP_PORT", "API_PORT", "SERVER_PORT", "HTTP_PORT"];

/// The app that nginx stands in front of: the only one, or the one that everything nginx hands requests to names by its host or its
/// port. Where that stays open there is none, since the wrong pair would be worse.
pub fn app_behind<'a>(configs: &[Config<'_>], apps: &'a Apps<'_>) -> Option<&'a App> {
    if apps.projects.len() < 2 {
        return apps.only();
    }
    let mut found: Option<usize> = None;
    for config in configs {
        let upstreams = upstreams(config);
        let items = config.contexts().flat_map(|context| config.items(context));
        for item in items.filter(|item| is_pass(config.item(*item).name)) {
            for target in targets(config, item, &upstreams)? {
                let project = named_by(&target, &apps.projects)?;
                if found.is_some_and(|known| known != project) {
                    return None;
                }
                found = Some(project);
            }
        }
    }
    apps.projects.get(found?).map(|project| &project.production)
}

/// A host and a port that requests are handed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    host: String,
    port: Option<String>,
}

/// The `upstream` blocks by their names.
fn upstreams<'s>(config: &Config<'s>) -> BTreeMap<Cow<'s, [u8]>, ContextId> {
    let named = |context: ContextId| {
        let opener = config.context(context).opener.filter(|opener| config.item(*opener).name == b"upstream")?;
        Some((config.parameter(opener, 1)?, context))
    };
    config.contexts().filter_map(named).collect()
}

/// Whom a `proxy_pass` and its like names: itself, or the servers of the `upstream` of that name. `None` where a variable decides.
fn targets(
    config: &Config<'_>,
    item: ItemId,
    upstreams: &BTreeMap<Cow<'_, [u8]>, ContextId>,
) -> Option<BTreeSet<Target>> {
    let parameter = config.parameter(item, 1)?;
    let target = target(&parameter)?;
    let Some(upstream) = upstreams.get(target.host.as_bytes()) else { return Some([target].into()) };
    let servers = config.named(*upstream, b"server").map(|server| self::target(&config.parameter(server, 1)?));
    let mut targets: BTreeSet<Target> = servers.collect::<Option<_>>()?;
    if targets.is_empty() {
        targets.insert(target);
    }
    Some(targets)
}

/// `http://host:port/path`, `host:port`; not a socket of this machine, and nothing with a variable in it.
fn target(text: &[u8]) -> Option<Target> {
    let text = std::str::from_utf8(text).ok()?;
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty() && !authority.contains('$'))?;
    match authority.rsplit_once(':') {
        Some(("unix", _)) => None,
        Some((host, port)) => Some(Target { host: host.to_ascii_lowercase(), port: Some(port.to_owned()) }),
        None if authority == "unix:" => None,
        None => Some(Target { host: authority.to_ascii_lowercase(), port: None }),
    }
}

/// The one app that a target names: by the name of its folder, by a part of it, or by the port it listens on.
fn named_by(target: &Target, projects: &[Project<'_>]) -> Option<usize> {
    let only = |is_it: &dyn Fn(&Project<'_>) -> bool| {
        let mut all = projects.iter().enumerate().filter(|(_, project)| is_it(project)).map(|(index, _)| index);
        all.next().filter(|_| all.next().is_none())
    };
    let folder = |project: &Project<'_>| {
        let name = project.directory.rsplit('/').next().unwrap_or_default();
        name.to_ascii_lowercase()
    };
    let is_part = |part: &str, whole: &str| !part.is_empty() && whole.split(['-', '_', '.']).any(|word| word == part);
    let has_port = |project: &Project<'_>| {
        let read = |key: &&str| {
            let value = project.production.variables.get(*key)?.value.as_ref()?;
            Some(value.bytes().trim_ascii().to_vec())
        };
        PORTS.iter().filter_map(read).any(|port| target.port.as_deref().is_some_and(|own| own.as_bytes() == port))
    };
    let by_name = only(&|project| folder(project) == target.host).or_else(|| {
        only(&|project| {
            let folder = folder(project);
            is_part(&folder, &target.host) || is_part(&target.host, &folder)
        })
    });
    by_name.or_else(|| only(&has_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let told = |text: &str| target(text.as_bytes()).map(|target| (target.host, target.port.unwrap_or_default()));
        let found = |host: &str, port: &str| Some((host.to_owned(), port.to_owned()));
        assert_eq!(told("http://Api:3000/v1/"), found("api", "3000"));
        assert_eq!(told("http://api"), found("api", ""));
        assert_eq!(told("php:9000"), found("php", "9000"));
        assert_eq!(told("http://[::1]:80"), found("[::1]", "80"));
        for text in ["http://$backend", "unix:/run/api.sock", "http://unix:/run/api.sock:/", ""] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
