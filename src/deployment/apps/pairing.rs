//! Which of several apps stands behind nginx.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::deployment::apps::environment::{Apps, Project};
use crate::dotenv::products::app::App;
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::simulate::locations::is_pass;
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
    /// The settings for any app without .env files.
    stated: Option<&'a App>,
}

impl<'a> Behind<'a> {
    /// Pairs every directive with the app that the settings, its upstream's name, its host or its port name; an app that is alone
    /// and named nowhere is behind everything.
    pub fn new(configs: &[Config<'_>], apps: &'a Apps<'a>) -> Self {
        let projects = &apps.projects[..];
        let free: Vec<usize> = indices(projects, |project| project.upstreams.is_empty());
        let names = AppNames::new(projects, &free);
        let mut paired = BTreeMap::new();
        let mut open = Vec::new();
        for config in configs {
            let upstreams = upstreams(config);
            let items = config.contexts().flat_map(|context| config.items(context));
            // Many locations hand requests on to the same name.
            let mut by_text: HashMap<Cow<'_, [u8]>, Option<usize>> = HashMap::new();
            for item in items.filter(|item| is_pass(config.item(*item).name)) {
                let Some(text) = config.parameter(item, 1) else { continue };
                let meant = || meant(config, item, &upstreams, &names);
                let place = config.place(item);
                match *by_text.entry(text).or_insert_with(meant) {
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
    pub(crate) fn index(&self, pass: Place) -> Option<usize> {
        self.paired.get(&pass).copied()
    }

    /// The indices of the apps that may be behind the directives whose app is not stated.
    pub(crate) fn open(&self) -> &[usize] {
        if self.stated.is_some() { &[] } else { &self.candidates }
    }

    /// The apps that may be behind a directive whose app is not stated.
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

/// The app that a directive means by whom it names.
fn meant(
    config: &Config<'_>,
    item: ItemId,
    upstreams: &BTreeMap<Cow<'_, [u8]>, ContextId>,
    names: &AppNames,
) -> Option<usize> {
    let mut targets = targets(config, item, upstreams);
    let name = config.parameter(item, 1).and_then(|name| target(&name));
    let known = targets.as_ref().and_then(|targets| names.all_named(targets));
    targets.get_or_insert_default().extend(name);
    targets.and_then(|targets| names.said(&targets)).or(known)
}

fn indices(projects: &[Project<'_>], is_it: impl Fn(&Project<'_>) -> bool) -> Vec<usize> {
    projects.iter().enumerate().filter(|(_, project)| is_it(project)).map(|(index, _)| index).collect()
}

/// One app, or two where more than one are of that name: a third says nothing more.
#[derive(Debug, Default)]
struct Few(Vec<usize>);

impl Few {
    fn add(&mut self, index: usize) {
        if self.0.len() < 2 && !self.0.contains(&index) {
            self.0.push(index);
        }
    }

    fn only(&self) -> Option<usize> {
        if let [only] = self.0[..] { Some(only) } else { None }
    }
}

/// The apps by the names that they may be meant by.
#[derive(Debug, Default)]
struct AppNames {
    /// By what the settings say: the name of an upstream, a host, `host:port` or `:port`.
    said: HashMap<String, Few>,
    /// Those that the settings leave free, by the name of their folder in lower case.
    folders: HashMap<String, Few>,
    /// The same by each part of that name.
    parts: HashMap<String, Few>,
    /// The same by the port that they listen on.
    ports: HashMap<Vec<u8>, Few>,
}

impl AppNames {
    fn new(projects: &[Project<'_>], free: &[usize]) -> Self {
        let mut names = AppNames::default();
        for (index, project) in projects.iter().enumerate() {
            for name in &project.upstreams {
                names.said.entry(name.clone()).or_default().add(index);
            }
        }
        for (index, project) in free.iter().filter_map(|index| Some((*index, projects.get(*index)?))) {
            let folder = project.directory.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            for part in parts(&folder) {
                names.parts.entry(part.to_owned()).or_default().add(index);
            }
            names.folders.entry(folder).or_default().add(index);
            for key in PORTS {
                let value = project.production.variables.get(key).and_then(|variable| variable.value.as_ref());
                if let Some(value) = value {
                    names.ports.entry(value.bytes().trim_ascii().to_vec()).or_default().add(index);
                }
            }
        }
        names
    }

    /// The one app that the settings put behind one of these.
    fn said(&self, targets: &BTreeSet<Target>) -> Option<usize> {
        let mut found = Few::default();
        for target in targets {
            let port = target.port.as_ref();
            let forms = [
                Some(target.host.clone()),
                port.map(|port| format!(":{port}")),
                port.map(|port| format!("{}:{port}", target.host)),
            ];
            let apps = forms.into_iter().flatten().filter_map(|name| self.said.get(&name));
            apps.flat_map(|apps| &apps.0).for_each(|index| found.add(*index));
        }
        found.only()
    }

    /// The one app, of those that the settings leave free, that a target names: by the name of its folder, by a part of it, or by the
    /// port it listens on.
    fn named_by(&self, target: &Target) -> Option<usize> {
        let by_folder = self.folders.get(&target.host).and_then(Few::only);
        let by_part = || {
            let mut found = Few::default();
            let folders = parts(&target.host).filter_map(|part| self.folders.get(part));
            let apps = folders.chain(self.parts.get(&target.host));
            apps.flat_map(|apps| &apps.0).for_each(|index| found.add(*index));
            found.only()
        };
        let by_port = || self.ports.get(target.port.as_ref()?.as_bytes())?.only();
        by_folder.or_else(by_part).or_else(by_port)
    }

    /// The one app that every target names.
    fn all_named(&self, targets: &BTreeSet<Target>) -> Option<usize> {
        let mut named = targets.iter().map(|target| self.named_by(target));
        let first = named.next()??;
        named.all(|other| other == Some(first)).then_some(first)
    }
}

/// The words of a name.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_', '.']).filter(|part| !part.is_empty())
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
