//! Origins that differ so little that one was probably meant to be the other.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;

use super::origin::Origin;
use super::registrable::registrable;

/// How many labels at the end of a host its owner may have registered, the one behind a final dot among them.
const MAX_OWNING: usize = 4;

/// In what two origins differ, where it is one thing only: the scheme, the port, `www.`, or one label of the host. Hosts of
/// different owners are near only where they differ by a slip of the pen.
pub fn difference(left: &Origin, right: &Origin) -> Option<&'static str> {
    let (Some(one), Some(other)) = (left.host(), right.host()) else { return None };
    let (schemes, ports) = (left.scheme() != right.scheme(), written_port(left) != written_port(right));
    match (schemes, ports, one == other) {
        (true, false, true) => Some("the scheme"),
        (false, true, true) => Some("the port"),
        (false, false, false) => host_difference(one, other),
        _ => None,
    }
}

/// Origins by what they have in common with those near them, so that a near one is found without looking at all.
#[derive(Debug, Default)]
pub struct Neighbors {
    /// Indexes of the origins, ascending, by the hashes of [`common`].
    sharing: HashMap<u64, Vec<usize>>,
}

impl Neighbors {
    /// Reads each origin once; the indexes are the caller's own and ascend.
    pub fn new<'o>(origins: impl Iterator<Item = (usize, &'o Origin)>) -> Self {
        let mut sharing: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, origin) in origins {
            common(origin).into_iter().for_each(|what| sharing.entry(what).or_default().push(index));
        }
        Neighbors { sharing }
    }

    /// The first origin that differs from `wanted` in one thing only, by its index, and in what. `get` gives the origin of an index, and
    /// `None` for one that does not count; how often it may be called in all is for the caller to limit.
    pub fn nearest<'o>(
        &self,
        wanted: &Origin,
        get: impl Fn(usize) -> Option<&'o Origin>,
    ) -> Option<(usize, &'static str)> {
        let of_sharing =
            |sharing: &Vec<usize>| sharing.iter().find_map(|&index| Some((index, difference(wanted, get(index)?)?)));
        common(wanted).iter().filter_map(|what| of_sharing(self.sharing.get(what)?)).min()
    }
}

/// Returns what an origin has in common with every one that [`difference`] finds near, as hashes. Others may have it in common as well, but few do.
fn common(origin: &Origin) -> Vec<u64> {
    let (Some(scheme), Some(host)) = (origin.scheme(), origin.host()) else { return Vec::new() };
    let port = written_port(origin);
    let mut common = vec![hash(("scheme", host, port)), hash(("port", scheme, host))];
    if is_address(host) {
        return common;
    }
    let bare = host.strip_prefix("www.");
    common.extend([Some(host), bare].into_iter().flatten().map(|host| hash(("www", scheme, port, host))));
    let (owner, count) = (registrable(host), host.split('.').count());
    let mut start = 0;
    for (index, label) in host.split('.').enumerate() {
        let end = start + label.len();
        let around = (host.get(..start), host.get(end..));
        common.push(hash(("owner", scheme, port, around, owner)));
        // Those of another owner are near where one letter of a label is, and no more than these labels tell owners apart.
        if index + MAX_OWNING >= count {
            let label = label.as_bytes();
            let slip = |label: &[u8]| hash(("slip", scheme, port, around, label));
            common.push(slip(label));
            let without = |at: usize| [label.get(..at), label.get(at + 1..)].map(Option::unwrap_or_default).concat();
            common.extend((0..label.len()).map(|at| slip(&without(at))));
        }
        start = end + 1;
    }
    common
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn written_port(origin: &Origin) -> Option<u16> {
    match origin {
        Origin::Tuple { port, .. } => *port,
        Origin::Opaque => None,
    }
}

fn host_difference(one: &str, other: &str) -> Option<&'static str> {
    if is_address(one) || is_address(other) {
        return None;
    }
    let bare = |host: &'_ str| host.strip_prefix("www.").map(str::to_owned);
    if bare(one).as_deref() == Some(other) || bare(other).as_deref() == Some(one) {
        return Some("`www.`");
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (one.split('.').collect(), other.split('.').collect());
    if left.len() != right.len() {
        return None;
    }
    let mut different = left.iter().zip(&right).filter(|(left, right)| left != right);
    let (only, None) = (different.next()?, different.next()) else { return None };
    let same_owner = registrable(one) == registrable(other);
    (same_owner || is_slip(only.0, only.1)).then_some("one label")
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Returns whether one label becomes the other by one letter more, less or other, or by two that changed places.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let start = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let rest = |label: &[u8]| label.len() - start;
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(left, right)| left == right).count();
    let end = end.min(rest(one)).min(rest(other));
    let (left, right) = (one.get(start..one.len() - end), other.get(start..other.len() - end));
    let long_enough = one.len().max(other.len()) > 3;
    long_enough
        && match (left, right) {
            (Some([_]) | Some([]), Some([_]) | Some([])) => true,
            (Some([a, b]), Some([c, d])) => a == d && b == c,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cors::serialized::check_serialized;

    #[test]
    fn the_nearest_are_those_that_looking_at_every_pair_finds() {
        let hosts = [
            "example.com",
            "www.example.com",
            "www.www.example.com",
            "app.example.com",
            "apps.example.com",
            "app.exmaple.com",
            "app.examples.com",
            "app.another.com",
            "example.co.uk",
            "exmple.co.uk",
            "example.com.uk",
            "a.b.c.example.com",
            "a.x.c.example.com",
            "a.b.c.example.net",
            "shop.netlify.app",
            "x--shop.netlify.app",
            "y--shop.netlify.app",
            "x--blog.netlify.app",
            "app.example.com.",
            "web.example.com.",
            "10.0.0.1",
            "10.0.0.2",
            "localhost",
            "localhots",
            "abc",
            "abd",
            "example",
            "exampel",
        ];
        let texts =
            hosts.iter().flat_map(|host| ["https://", "http://", "app://"].map(|scheme| format!("{scheme}{host}")));
        let texts: Vec<String> =
            texts.flat_map(|text| [text.clone(), format!("{text}:8080"), format!("{text}:8081")]).collect();
        let mut origins: Vec<Origin> = texts.iter().filter_map(|text| check_serialized(text).ok()).collect();
        origins.push(Origin::Opaque);
        let all: Vec<&Origin> = origins.iter().collect();
        assert!(all.len() > 200);
        for from in [0, 7, 100] {
            let others = all.get(from..).unwrap();
            let first = |one: &&Origin| {
                others.iter().enumerate().find_map(|(index, other)| Some((index, difference(one, other)?)))
            };
            let expected: Vec<_> = all.iter().map(first).collect();
            let neighbors = Neighbors::new(others.iter().copied().enumerate());
            for (one, expected) in all.iter().zip(expected) {
                assert_eq!(neighbors.nearest(one, |index| others.get(index).copied()), expected, "{one}");
            }
        }
    }

    #[test]
    fn near_misses_are_told_from_other_sites() {
        let app = "https://app.example.com";
        for (left, right, expected) in [
            (app, "http://app.example.com", Some("the scheme")),
            (app, "https://app.example.com:8443", Some("the port")),
            ("http://localhost:3000", "http://localhost:5173", Some("the port")),
            ("https://example.com", "https://www.example.com", Some("`www.`")),
            (app, "https://web.example.com", Some("one label")),
            (app, "https://app.exmaple.com", Some("one label")),
            (app, "https://app.examples.com", Some("one label")),
            (app, app, None),
            (app, "https://app.another.com", None),
            (app, "http://app.example.com:8080", None),
            (app, "https://example.com", None),
            (app, "null", None),
            ("http://10.0.0.1", "http://10.0.0.2", None),
            ("https://a.com", "https://b.com", None),
        ] {
            let origin = |text| check_serialized(text).unwrap();
            assert_eq!(difference(&origin(left), &origin(right)), expected, "{left} {right}");
        }
    }
}
