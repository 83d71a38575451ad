//! Which server takes a request: by the address it comes in by, then by the name it asks for (A6.7).

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::limits;
use crate::nginx::regex::{Captures, Ordered, Regexes};

/// How many names are kept, each of them once for every address its server listens on, if the configuration has fewer directives.
const MAX_NAMES: usize = 1_000_000;

/// The servers of a configuration, by address and name.
#[derive(Debug, Default)]
pub struct Servers<'s> {
    /// In the order in which the addresses first appear.
    groups: Vec<Group<'s>>,
    /// The groups by port and address, and those of a port in order.
    by_address: HashMap<(u16, String), usize>,
    by_port: HashMap<u16, Vec<usize>>,
    /// The groups in which a server has expressions among its names.
    by_expressions: HashMap<ContextId, Vec<usize>>,
    /// True if a server merges slashes, and if one does not.
    merging: (bool, bool),
    /// The servers with so many names on so many addresses that their names were not taken in.
    left_out: Vec<ContextId>,
}

/// The servers that listen on one address and port.
#[derive(Debug)]
struct Group<'s> {
    /// The address in lower case; empty for any.
    address: String,
    default: ContextId,
    /// True if `default_server` names the default, or it merely comes first.
    is_named: bool,
    exact: HashMap<Vec<u8>, ContextId>,
    /// `*.example.com` as `.example.com`.
    leading: HashMap<Vec<u8>, ContextId>,
    /// `example.*` as `example.`.
    trailing: HashMap<Vec<u8>, ContextId>,
    regex: Ordered<'s, ContextId>,
    /// By server, which of the expressions are its own.
    own: HashMap<ContextId, Vec<usize>>,
}

impl<'s> Servers<'s> {
    /// Collects the servers of `config`, in one pass.
    pub fn new(config: &Config<'s>) -> Self {
        let mut servers = Servers::default();
        let mut names_left = MAX_NAMES.max(config.item_count());
        for context in config.contexts().filter(|&id| config.context(id).kind == ContextKind::Server) {
            let mut listens: Vec<Listen> =
                config.named(context, b"listen").filter_map(|item| listen(config, item)).collect();
            if config.named(context, b"listen").next().is_none() {
                listens.push(Listen { address: String::new(), first: 80, last: 80, is_default: false });
            }
            match config.is_on(context, Single::MergeSlashes) {
                Some(false) => servers.merging.1 = true,
                _ => servers.merging.0 = true,
            }
            let names: Vec<Cow<'s, [u8]>> =
                config.named(context, b"server_name").flat_map(|item| config.parameters(item)).collect();
            let ports: usize = listens.iter().map(|listen| usize::from(listen.last - listen.first) + 1).sum();
            let names_here = names.len().max(1).saturating_mul(ports);
            if names_here > names_left {
                servers.left_out.push(context);
                names_left = 0;
                continue;
            }
            names_left -= names_here;
            for listen in listens {
                for port in listen.first..=listen.last {
                    let group = servers.group(&listen.address, port, context);
                    if listen.is_default && !group.is_named {
                        (group.default, group.is_named) = (context, true);
                    }
                    group.add_names(&names, context);
                }
            }
        }
        for (index, group) in servers.groups.iter().enumerate() {
            for server in group.own.keys() {
                servers.by_expressions.entry(*server).or_default().push(index);
            }
        }
        servers
    }

    /// The servers that no request gets to here, in file order, since they have more names than are kept.
    pub(in crate::nginx) fn left_out(&self) -> &[ContextId] {
        &self.left_out
    }

    /// Returns whether slashes in paths are merged. nginx reads the path before the name, so the default server of the address decides;
    /// `None` where servers disagree.
    pub(in crate::nginx) fn merge_slashes(&self) -> Option<bool> {
        match self.merging {
            (true, true) => None,
            (_, apart) => Some(!apart),
        }
    }

    fn group(&mut self, address: &str, port: u16, first: ContextId) -> &mut Group<'s> {
        let index = *self.by_address.entry((port, address.to_owned())).or_insert_with(|| {
            self.by_port.entry(port).or_default().push(self.groups.len());
            self.groups.push(Group {
                address: address.to_owned(),
                default: first,
                is_named: false,
                exact: HashMap::new(),
                leading: HashMap::new(),
                trailing: HashMap::new(),
                regex: Ordered::default(),
                own: HashMap::new(),
            });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    /// The server for `host` and `port`, and what its name captured. A server that listens on every address gives way to one that
    /// listens on the very address asked for; where several addresses could be meant and they disagree, nothing is known.
    pub fn find(&self, regexes: &Regexes, host: &str, port: u16) -> Option<(ContextId, Option<Captures>)> {
        let host = host.to_ascii_lowercase();
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let on_port = || self.by_port.get(&port).into_iter().flatten().filter_map(|index| self.groups.get(*index));
        let meant = self.by_address.get(&(port, bare.clone())).and_then(|index| self.groups.get(*index));
        // What listens on the loopback interface alone is asked by its address.
        let others = on_port().filter(|group| bare == "localhost" || !is_loopback(&group.address));
        let candidates = meant.into_iter().chain(others.filter(|_| meant.is_none()));
        let name = host.trim_end_matches('.');
        let mut found = candidates.map(|group| {
            limits::spend(1);
            group.find(regexes, name.as_bytes())
        });
        let first = found.next()??;
        found.all(|other| other.is_some_and(|(server, _)| server == first.0)).then_some(first)
    }

    /// Returns what the name of `server` captures where it is asked for as `host`.
    pub(in crate::nginx) fn captured(&self, regexes: &Regexes, server: ContextId, host: &str) -> Option<Captures> {
        let host = host.to_ascii_lowercase();
        let name = host.trim_end_matches('.').as_bytes();
        let groups = self.by_expressions.get(&server)?.iter().filter_map(|index| self.groups.get(*index));
        // Any other name that fits would have been found first, and captures nothing.
        groups.filter(|group| group.plain(name).is_none()).find_map(|group| {
            let mut own = group.own.get(&server)?.iter().filter_map(|index| group.regex.get(*index));
            own.find_map(|entry| regexes.captures(&entry.pattern, true, name).ok()?)
        })
    }
}

impl<'s> Group<'s> {
    /// Takes in the names of one server; of two servers with one name the first counts.
    fn add_names(&mut self, names: &[Cow<'s, [u8]>], server: ContextId) {
        for name in names {
            let lower = name.to_ascii_lowercase();
            match &*lower {
                [b'~', ..] => {
                    self.own.entry(server).or_default().push(self.regex.len());
                    self.regex.push(Cow::Owned(name[1..].to_vec()), true, server);
                }
                [b'*', rest @ ..] => _ = self.leading.entry(rest.to_vec()).or_insert(server),
                [b'.', rest @ ..] => {
                    self.exact.entry(rest.to_vec()).or_insert(server);
                    self.leading.entry(lower.clone()).or_insert(server);
                }
                [start @ .., b'*'] => _ = self.trailing.entry(start.to_vec()).or_insert(server),
                _ => _ = self.exact.entry(lower).or_insert(server),
            }
        }
    }

    /// Exact name, longest leading wildcard, longest trailing wildcard.
    fn plain(&self, name: &[u8]) -> Option<ContextId> {
        let dots = || name.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
        let leading = || dots().find_map(|at| self.leading.get(&name[at..]));
        let trailing = || dots().collect::<Vec<_>>().into_iter().rev().find_map(|at| self.trailing.get(&name[..=at]));
        self.exact.get(name).or_else(leading).or_else(trailing).copied()
    }

    /// By a plain name, else the first expression, else the default. `None` where an expression cannot be matched here.
    fn find(&self, regexes: &Regexes, name: &[u8]) -> Option<(ContextId, Option<Captures>)> {
        if let Some(server) = self.plain(name) {
            return Some((server, None));
        }
        for entry in self.regex.candidates(name) {
            // The name is in lower case, whatever the request says.
            if let Some(captures) = regexes.captures(&entry.pattern, true, name).ok()? {
                return Some((entry.target, Some(captures)));
            }
        }
        Some((self.default, None))
    }
}

/// One `listen`, as far as it chooses a server.
struct Listen {
    address: String,
    first: u16,
    last: u16,
    is_default: bool,
}

/// Reads a `listen`; `None` for a Unix socket, and for what a template fills in.
fn listen(config: &Config<'_>, item: ItemId) -> Option<Listen> {
    let value = config.parameter(item, 1)?;
    let value = std::str::from_utf8(&value).ok()?;
    if value.starts_with("unix:") {
        return None;
    }
    let is_default = (2..=config.parameter_count(item))
        .any(|index| config.parameter_is(item, index, "default_server") || config.parameter_is(item, index, "default"));
    let is_ports = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let (address, ports) = match value.rsplit_once(':') {
        _ if is_ports(value) => ("*", value),
        Some((address, ports)) if is_ports(ports) && (!address.contains(':') || address.ends_with(']')) => {
            (address, ports)
        }
        _ => (value, "80"),
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let address = match address.trim_start_matches('[').trim_end_matches(']') {
        "*" | "0.0.0.0" => String::new(),
        address => address.to_ascii_lowercase(),
    };
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    // nginx refuses a range that ends before it starts.
    (first <= last).then_some(Listen { address, first, last, is_default })
}

fn is_loopback(address: &str) -> bool {
    address.starts_with("127.") || address == "::1" || address == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::config::Trees;
    use crate::nginx::config::include::Includes;
    use crate::nginx::syntax::grammar;
    use crate::source::{Source, Sources};

    /// Which server, counted from 0, takes a request to each URL's host and port.
    #[track_caller]
    fn check(text: &str, expected: &[(&str, u16, Option<usize>)]) {
        let mut sources = Sources::default();
        let tree = grammar::parse(text.as_bytes());
        let root = sources.add(Source::new("nginx.conf", None, text.as_bytes().to_vec()));
        let trees = Trees::from([(root, tree)]);
        let config = Config::new(&sources, &trees, &Includes::default(), root, ContextKind::Http);
        let servers = Servers::new(&config);
        let order: Vec<ContextId> =
            config.contexts().filter(|&id| config.context(id).kind == ContextKind::Server).collect();
        for (host, port, expected) in expected {
            let found = servers.find(&Regexes::default(), host, *port);
            let found = found.and_then(|(server, _)| order.iter().position(|&id| id == server));
            assert_eq!(found, *expected, "{host}:{port}");
        }
    }

    #[test]
    fn ports_and_defaults() {
        let text = "server { listen 80; } server { listen 8000-8002 default_server; listen 80; server_name a.test; }
                    server { server_name b.test; } server { listen unix:/x; server_name c.test; }";
        let first =
            [("x.test", 80, Some(0)), ("a.test", 80, Some(1)), ("b.test", 80, Some(2)), ("c.test", 80, Some(0))];
        check(text, &first);
        check(text, &[("x.test", 8001, Some(1)), ("x.test", 443, None), ("A.Test.", 80, Some(1))]);
    }

    #[test]
    fn addresses() {
        let text = "server { listen *:80; } server { listen [::]:80; } server { listen 127.0.0.1:80; }";
        // Over IPv4 and over IPv6 another server answers, unless the address is given.
        check(text, &[("x.test", 80, None), ("127.0.0.1", 80, Some(2)), ("[::]", 80, Some(1))]);
        let text = "server { listen 80; listen [::]:80; } server { listen 127.0.0.1; server_name x.test; }";
        check(text, &[("x.test", 80, Some(0)), ("10.0.0.1", 80, Some(0)), ("127.0.0.1", 80, Some(1))]);
        let text = "server { listen 80; listen [::]:80; } server { listen 443 ssl; listen [::]:443 ssl; }";
        check(text, &[("x.test", 80, Some(0)), ("x.test", 443, Some(1))]);
    }
}
