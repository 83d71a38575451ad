//! Serialized origins: what browsers send in `Origin` and compare byte by byte with `Access-Control-Allow-Origin`.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The origin of a page that no configuration allows by name.
pub(crate) const FOREIGN_ORIGIN: &str = "https://elsewhere.example";

/// An origin that a browser can send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The opaque origin, serialized as `null`: sandboxed iframes, `data:` and `file:` pages, some redirects (D01, I03).
    Opaque,
    /// Scheme, host and port. Schemes of extensions and web views (`chrome-extension`, `capacitor`) are among them.
    Tuple {
        /// The scheme in lower case, without the colon.
        scheme: Cow<'static, str>,
        /// The host as it is serialized: in lower case, punycode, an IPv6 address in brackets.
        host: String,
        /// The port, where it is not the scheme's default.
        port: Option<u16>,
    },
}

impl Origin {
    /// The origin of an http or https URL; of any other URL an opaque one.
    pub fn of(url: &Url) -> Origin {
        match url.host_str() {
            Some(host) if matches!(url.scheme(), "http" | "https") => {
                Origin::Tuple { scheme: url.scheme().to_owned().into(), host: host.to_owned(), port: url.port() }
            }
            _ => Origin::Opaque,
        }
    }

    /// Same origin: an opaque origin is not even the same as another opaque one.
    pub fn is_same(&self, other: &Origin) -> bool {
        *self != Origin::Opaque && self == other
    }

    /// Returns whether it is serialized as that text.
    pub(super) fn is_serialized_as(&self, text: &str) -> bool {
        let Origin::Tuple { scheme, host, port } = self else { return text == "null" };
        let rest = text.strip_prefix(scheme.as_ref()).and_then(|rest| rest.strip_prefix("://"));
        match (rest.and_then(|rest| rest.strip_prefix(host.as_str())), port) {
            (Some(rest), Some(port)) => rest.strip_prefix(':').is_some_and(|rest| rest == port.to_string()),
            (rest, _) => rest == Some(""),
        }
    }

    /// The scheme without its colon; none of an opaque origin.
    pub fn scheme(&self) -> Option<&str> {
        match self {
            Origin::Opaque => None,
            Origin::Tuple { scheme, .. } => Some(scheme),
        }
    }

    /// The host, an IPv6 address in its brackets; none of an opaque origin.
    pub fn host(&self) -> Option<&str> {
        match self {
            Origin::Opaque => None,
            Origin::Tuple { host, .. } => Some(host),
        }
    }

    /// The port that is connected to, the scheme's default where none is written; none for schemes that have no ports.
    pub fn port(&self) -> Option<u16> {
        match self {
            Origin::Tuple { port: Some(port), .. } => Some(*port),
            Origin::Tuple { scheme, .. } => default_port(scheme),
            Origin::Opaque => None,
        }
    }

    /// Returns whether it is a page on the developer's own machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`, and the
    /// unspecified addresses. Only http and https count: `capacitor://localhost` is an app on every user's telephone.
    pub fn is_loopback(&self) -> bool {
        match self.web_host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(Host::Ipv6(address)) => {
                let mapped = address.to_ipv4_mapped().is_some_and(|address| address.is_loopback());
                mapped || address.is_loopback() || address.is_unspecified()
            }
            None => false,
        }
    }

    /// Returns whether it is a page that no public network leads to: private and link-local addresses, and names under
    /// `.local`, `.internal`, `.lan`, `.test`, `.home.arpa` (`host.docker.internal` is one).
    pub fn is_private(&self) -> bool {
        let suffixes = [".local", ".internal", ".lan", ".test", ".home.arpa"];
        match self.web_host() {
            Some(Host::Domain(name)) => suffixes.iter().any(|suffix| name.ends_with(suffix)),
            Some(Host::Ipv4(address)) => is_private_v4(address),
            Some(Host::Ipv6(address)) => is_private_v6(address),
            None => false,
        }
    }

    /// Returns whether it is an http origin of the public network. A host of one label is a name between containers, and no page's.
    pub fn is_plain(&self) -> bool {
        let is_public = !self.is_loopback() && !self.is_private();
        self.scheme() == Some("http") && is_public && self.host().is_some_and(|host| host.contains('.'))
    }

    /// The host of an http or https origin, without the dot that may end a name.
    fn web_host(&self) -> Option<Host<&str>> {
        let Origin::Tuple { scheme, host, .. } = self else { return None };
        if !matches!(&**scheme, "http" | "https") {
            return None;
        }
        // What is serialized already has one spelling left.
        if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            return address.parse().ok().map(Host::Ipv6);
        }
        match host.parse() {
            Ok(address) => Some(Host::Ipv4(address)),
            Err(_) => Some(Host::Domain(host.trim_end_matches('.'))),
        }
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local()
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let mapped = address.to_ipv4_mapped().is_some_and(is_private_v4);
    mapped || address.is_unique_local() || address.is_unicast_link_local()
}

/// The default port of the schemes that have one.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Opaque => f.write_str("null"),
            Origin::Tuple { scheme, host, port: None } => write!(f, "{scheme}://{host}"),
            Origin::Tuple { scheme, host, port: Some(port) } => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::serialized::check_serialized;
    use super::*;

    #[test]
    fn loopback_and_private_hosts_are_told_from_public_ones() {
        let check = |text: &str| check_serialized(text).map(|origin| (origin.is_loopback(), origin.is_private()));
        for text in
            ["http://localhost:3000", "https://app.localhost", "http://127.8.0.1", "http://[::1]", "http://0.0.0.0:1"]
        {
            assert_eq!(check(text), Ok((true, false)), "{text}");
        }
        let private =
            ["http://10.1.2.3", "http://172.16.0.1", "http://192.168.1.1", "http://nas.local", "http://[fd00::1]"];
        for text in
            private.into_iter().chain(["http://host.docker.internal:3000", "http://169.254.1.1", "http://x.test"])
        {
            assert_eq!(check(text), Ok((false, true)), "{text}");
        }
        let public = ["https://example.com", "http://172.32.0.1", "https://localhost.example.com", "http://11.0.0.1"];
        for text in public.into_iter().chain(["capacitor://localhost", "null", "https://notlocalhost"]) {
            assert_eq!(check(text), Ok((false, false)), "{text}");
        }
    }

    #[test]
    fn an_opaque_origin_is_the_same_as_none() {
        let origin = |text| check_serialized(text).unwrap();
        assert!(!Origin::Opaque.is_same(&Origin::Opaque));
        assert!(origin("https://a.example").is_same(&Origin::of(&Url::parse("https://A.example:443/x").unwrap())));
        assert!(!origin("https://a.example").is_same(&origin("http://a.example")));
        assert_eq!(origin("https://a.example").port(), Some(443));
        assert_eq!(origin("capacitor://localhost").port(), None);
    }
}
