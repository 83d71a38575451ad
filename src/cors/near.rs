//! Origins that differ so little that one was probably meant to be the other.

use super::origin::Origin;
use super::registrable::registrable;

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

fn written_port(origin: &Origin) -> Option<u16> {
    match origin {
        Origin::Tuple { port, .. } => *port,
        Origin::Opaque => None,
    }
}

fn host_difference(one: &str, other: &str) -> Option<&'static str> {
    let is_address =
        |host: &str| host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
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

/// Whether one label becomes the other by one letter more, less or other, or by two that changed places.
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
    use crate::cors::origin::check_serialized;

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
