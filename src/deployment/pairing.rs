//! Which of several apps stands behind nginx.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::environment::{Apps, Project};
use crate::dotenv::app::App;
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::locations::is_pass;
use crate::source::Place;

/// Keys that say on which port an app listens.
const PORTS: [&str; 5] = ["PORT", "APP_PORT", "API_PORT", "SERVER_PORT", "HTTP_PORT"];

/// Which app is behind what, by the directives that hand requests on. Where that stays open there is none, since the wrong pair
/// would be worse.
#[derive(Debug, Default)]
pub struct Behind<'a> {
    apps: &'a [Project<'a>],
    /// The app, by its index, of each directive.
    paired: BTreeMap<Place, usize>,
    /// The apps that may be meant by the other directives.
    candidates: Vec<usize>,
    /// What the settings state of any app without .env files.
    stated: Option<&'a App>,
}

impl<'a> Behind<'a> {
    /// Pairs every directive with the app that the settings, its upstream's name, its host or its port name; an app that is alone
    /// and named nowhere is behind everything.
    pub fn new(configs: &[Config<'_>], apps: &'a Apps<'a>) -> Self {
        let projects = &apps.projects[..];
        let free: Vec<usize> = indices(projects, |project| project.upstreams.is_empty());
        let mut paired = BTreeMap::new();
        let mut open = Vec::new();
        for config in configs {
            let upstreams = upstreams(config);
            let items = config.contexts().flat_map(|context| config.items(context));
            for item in items.filter(|item| is_pass(config.item(*item).name)) {
                let place = config.place(item);
                let mut targets = targets(config, item, &upstreams);
                let name = config.parameter(item, 1).and_then(|name| target(&name));
                let known = targets.clone().and_then(|targets| all_named(&targets, projects, &free));
                targets.get_or_insert_default().extend(name);
                match targets.and_then(|targets| said(&targets, projects)).or(known) {
                    Some(project) => drop(paired.insert(place, project)),
                    None => open.push(place),
                }
            }
        }
        let named: BTreeSet<usize> = paired.values().copied().collect();
        let candidates: Vec<usize> = free.into_iter().filter(|index| !named.contains(index)).collect();
        if let ([only], 1) = (&candidates[..], projects.len()) {
            paired.extend(open.into_iter().map(|place| (place, *only)));
        }
        Behind { apps: projects, paired, candidates, stated: apps.stated.as_ref() }
    }

    /// The app that a directive hands requests to.
    pub fn app(&self, pass: Place) -> Option<&'a App> {
        let paired = self.index(pass).and_then(|index| self.apps.get(index));
        paired.map(|project| &*project.production).or(self.stated)
    }

    /// That app's index among the projects, if its .env files were given.
    pub(super) fn index(&self, pass: Place) -> Option<usize> {
        self.paired.get(&pass).copied()
    }

    /// The indices of the apps that may be behind the directives of which nobody says whose they are.
    pub(super) fn open(&self) -> &[usize] {
        if self.stated.is_some() { &[] } else { &self.candidates }
    }

    /// The apps that may be behind a directive of which nobody says whose it is.
    pub fn candidates(&self, pass: Place) -> impl Iterator<Item = &'a Project<'a>> {
        let is_open = self.index(pass).is_none();
        self.open().iter().filter(move |_| is_open).filter_map(|index| self.apps.get(*index))
    }

    /// Returns whether there is a single app, and it is behind everything because nothing names it.
    pub fn is_behind_all(&self) -> bool {
        self.apps.len() == 1 && self.candidates.len() == 1
    }

    /// The apps that are behind something.
    pub fn apps(&self) -> impl Iterator<Item = &'a App> {
        let mut named: BTreeSet<usize> = self.paired.values().copied().collect();
        if self.is_behind_all() {
            named.extend(&self.candidates);
        }
        let stated = self.stated.filter(|_| named.is_empty());
        named.into_iter().filter_map(|index| Some(&*self.apps.get(index)?.production)).chain(stated)
    }
}

fn indices(projects: &[Project<'_>], is_it: impl Fn(&Project<'_>) -> bool) -> Vec<usize> {
    projects.iter().enumerate().filter(|(_, project)| is_it(project)).map(|(index, _)| index).collect()
}

/// The one app that the settings put behind one of these: by the name of an upstream, a host, `host:port` or `:port`.
fn said(targets: &BTreeSet<Target>, projects: &[Project<'_>]) -> Option<usize> {
    let names = |target: &Target, name: &str| {
        let port = target.port.as_deref();
        match name.rsplit_once(':') {
            Some((host, own)) => port == Some(own) && (host.is_empty() || host == target.host),
            None => name == target.host,
        }
    };
    let is_said = |project: &Project<'_>| project.upstreams.iter().any(|name| targets.iter().any(|it| names(it, name)));
    match indices(projects, is_said)[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// The one app that every target names.
fn all_named(targets: &BTreeSet<Target>, projects: &[Project<'_>], free: &[usize]) -> Option<usize> {
    let mut named = targets.iter().map(|target| named_by(target, projects, free));
    let first = named.next()??;
    named.all(|other| other == Some(first)).then_some(first)
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

/// The one app, of those that the settings leave free, that a target names: by the name of its folder, by a part of it, or by the
/// port it listens on.
fn named_by(target: &Target, projects: &[Project<'_>], free: &[usize]) -> Option<usize> {
    let only = |is_it: &dyn Fn(&Project<'_>) -> bool| {
        let mut all = free.iter().copied().filter(|index| projects.get(*index).is_some_and(is_it));
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
