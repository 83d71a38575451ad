//! Texts that are, or should be, serialized origins: what is wrong with one, and what was meant.

use std::net::Ipv4Addr;

use url::Host;

use super::origin::{Origin, default_port};
use super::plain;

/// Why no browser sends a text as `Origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginFault {
    /// Nothing at all.
    Empty,
    /// Quotes around it that became part of it (B08).
    Quoted,
    /// Several origins, with commas, blanks or semicolons between them (B14, B15).
    Several,
    /// Blanks around it, or an origin and something else (`* always`, B23).
    Blank,
    /// No scheme (B06): `app.example.com`, `localhost:3000`, `//example.com`.
    NoScheme,
    /// No origin and nothing near one: `0`, `true`, `all` (B20, B22).
    NotAnOrigin,
    /// A `*` in it, or alone: no browser sends that (B17); what it means to the reader is the caller's to say.
    Wildcard,
    /// A user name or password before the host.
    UserInfo,
    /// A port that is none: empty, past 65535, or no number.
    InvalidPort,
    /// A path (B19).
    Path,
    /// A query.
    Query,
    /// A fragment.
    Fragment,
    /// A host name outside ASCII: browsers send punycode.
    Idn,
    /// Capitals in scheme or host (B03, B04, M03).
    UpperCase,
    /// The port is the scheme's default, which browsers leave out (M02, M08).
    DefaultPort,
    /// Another spelling than the browser's: `http://127.1`, `http://[0::1]`, a port with leading zeros.
    OtherSpelling,
    /// A slash at the end and nothing else wrong (B02).
    TrailingSlash,
}

/// Not a serialized origin: the fault that matters most, and the origin that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSerialized {
    /// The fault.
    pub fault: OriginFault,
    /// The origin that a browser sends for it, with every fault mended; `None` where that can't be told.
    pub suggestion: Option<String>,
}

/// Reads a text as a browser would have to send it. Blanks around it are a fault here; the reader from where they
/// do no harm trims them first. Variables and templates are the caller's to see: `$` and `{` are no part of a host.
///
/// # Errors
///
/// The text is not byte for byte what a browser sends.
pub fn check_serialized(text: &str) -> Result<Origin, NotSerialized> {
    if let Some(plain::PlainParts { scheme, host, port }) = plain::parts(text) {
        let host = text.get(host).unwrap_or_default().to_owned();
        return Ok(Origin::Tuple { scheme: scheme.into(), host, port });
    }
    read_closely(text)
}

/// Returns whether a text is byte for byte what a browser sends, as [`check_serialized`] has it.
pub fn is_serialized(text: &str) -> bool {
    plain::parts(text).is_some() || read_closely(text).is_ok()
}

fn read_closely(text: &str) -> Result<Origin, NotSerialized> {
    if text == "null" {
        return Ok(Origin::Opaque);
    }
    if text == "file://" {
        // Web views of old send this for pages of their own files.
        return Ok(Origin::Tuple { scheme: "file".into(), host: String::new(), port: None });
    }
    if let Some(fault) = outer_fault(text) {
        let suggestion = suggest_bare(text).filter(|_| fault != OriginFault::Several);
        return Err(NotSerialized { fault, suggestion });
    }
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        let suggestion = guess_scheme(text);
        let host_like = suggestion.is_some() && !text.starts_with("http:") && !text.starts_with("https:");
        let fault = match text {
            _ if text.contains('*') => OriginFault::Wildcard,
            _ if host_like => OriginFault::NoScheme,
            _ => OriginFault::NotAnOrigin,
        };
        return Err(NotSerialized {
            fault,
            suggestion: suggestion.filter(|_| fault != OriginFault::Wildcard && !text.starts_with('.')),
        });
    };
    check_parts(text, scheme, rest)
}

/// The faults of a text that has a scheme, worst first, and what it should be.
fn check_parts(text: &str, scheme: &str, rest: &str) -> Result<Origin, NotSerialized> {
    // For http and https a backslash is a slash (URL standard, "special authority slashes state").
    let is_special = default_port(&scheme.to_ascii_lowercase()).is_some();
    let end = rest.find(|c| matches!(c, '/' | '?' | '#') || (is_special && c == '\\')).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (login, host_port) = authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
    let (host, port) = split_port(host_port);
    let meant = canonical(scheme, host, port);
    let serialized = meant.as_ref().map(Origin::to_string);
    let fault = if host.contains('*') || port == Some("*") {
        OriginFault::Wildcard
    } else if login.is_some() {
        OriginFault::UserInfo
    } else if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        OriginFault::InvalidPort
    } else if serialized.is_none() {
        OriginFault::NotAnOrigin
    } else if let Some(fault) = tail_fault(tail) {
        fault
    } else if !host.is_ascii() {
        OriginFault::Idn
    } else if serialized.as_deref() == Some(text) {
        return meant.ok_or(NotSerialized { fault: OriginFault::NotAnOrigin, suggestion: None });
    } else {
        spelling_fault(scheme, host, port, tail, serialized.as_deref())
    };
    let suggestion = serialized.filter(|_| fault != OriginFault::Wildcard);
    Err(NotSerialized { fault, suggestion })
}

/// Returns what is wrong with an origin that is whole but for its spelling.
fn spelling_fault(scheme: &str, host: &str, port: Option<&str>, tail: &str, meant: Option<&str>) -> OriginFault {
    let port_suffix = port.map(|port| format!(":{port}")).unwrap_or_default();
    let written = format!("{scheme}://{host}{port_suffix}");
    let number = port.and_then(|port| port.parse::<u16>().ok());
    if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
        OriginFault::UpperCase
    } else if number.is_some() && number == default_port(scheme) {
        OriginFault::DefaultPort
    } else if tail.is_empty() || meant != Some(written.as_str()) {
        OriginFault::OtherSpelling
    } else {
        OriginFault::TrailingSlash
    }
}

/// Returns what follows the authority, but for slashes alone, which only matter when nothing else does.
fn tail_fault(tail: &str) -> Option<OriginFault> {
    let after_slashes = tail.trim_start_matches(['/', '\\']);
    match after_slashes.bytes().next() {
        None => None,
        Some(b'?') => Some(OriginFault::Query),
        Some(b'#') => Some(OriginFault::Fragment),
        Some(_) => Some(OriginFault::Path),
    }
}

/// Faults around the text rather than in it.
fn outer_fault(text: &str) -> Option<OriginFault> {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    let bare = text.trim_matches(is_separator);
    if text.trim().is_empty() {
        return Some(OriginFault::Empty);
    }
    if text.starts_with(['"', '\'', '`']) || text.ends_with(['"', '\'', '`']) {
        return Some(OriginFault::Quoted);
    }
    // `*, *` is two lines of `*` put together (B11).
    let parts = || bare.split(is_separator).filter(|part| !part.is_empty());
    let is_entry = |part: &&str| part.contains("://") || *part == "*" || *part == "null";
    // A host without its scheme is one more where nothing else stands in the list.
    let is_host = |part: &str| part.contains('.') && !part.starts_with('.') && guess_scheme(part).is_some();
    let of_hosts = parts().any(|part| part.contains("://")) && parts().all(|part| is_entry(&part) || is_host(part));
    let found = if of_hosts { parts().count() } else { parts().filter(is_entry).count() };
    if found > 1 {
        return Some(OriginFault::Several);
    }
    let blank = text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',');
    blank.then_some(OriginFault::Blank)
}

/// The origin inside quotes, blanks and trailing commas, where there is one and only one.
fn suggest_bare(text: &str) -> Option<String> {
    let is_wrapping = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '"' | '\'' | '`');
    let mut found = text.split(is_wrapping).filter(|part| part.contains("://"));
    let (only, None) = (found.next()?, found.next()) else { return None };
    let (scheme, rest) = only.split_once("://")?;
    if !is_scheme(scheme) {
        return None;
    }
    match check_parts(only, scheme, rest) {
        Ok(origin) => Some(origin.to_string()),
        Err(faulty) => faulty.suggestion,
    }
}

/// The origin meant by a text without `://`: a host of two labels or more, a loopback host, an address, or a URL that
/// lacks a slash (`https:/example.com`). A bare word or number is none.
fn guess_scheme(text: &str) -> Option<String> {
    let (scheme, rest) = match text.split_once(":/") {
        Some((scheme @ ("http" | "https"), rest)) => (Some(scheme), rest),
        _ => (None, text.trim_start_matches('/')),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return None;
    }
    let (host, port) = split_port(authority);
    let number = port.is_some_and(|port| port.parse::<u16>().is_ok());
    let name_like = host.contains('.') && host.contains(|c: char| c.is_alphabetic());
    let address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    if !(name_like || address || number || host == "localhost") || (port.is_some() && !number) {
        return None;
    }
    let plain = canonical("http", host, port)?;
    if scheme == Some("http")
        || (scheme.is_none() && (plain.is_loopback() || plain.is_private() || !host.contains('.')))
    {
        return Some(plain.to_string());
    }
    canonical("https", host, port).map(|origin| origin.to_string())
}

/// Host and port of an authority without user name; the port is none where there is no colon after the host.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// The origin as a browser serializes it; a port that is none is left out.
fn canonical(scheme: &str, host: &str, port: Option<&str>) -> Option<Origin> {
    let scheme = scheme.to_ascii_lowercase();
    let port = port.and_then(|port| port.parse::<u16>().ok()).filter(|port| default_port(&scheme) != Some(*port));
    let host = match default_port(&scheme) {
        Some(_) => Host::parse(host).ok()?.to_string(),
        // Other schemes' hosts are opaque to browsers but for a few; what is there stays.
        None => host.to_owned(),
    };
    let is_host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(is_host_char)).then_some(Origin::Tuple { scheme: scheme.into(), host, port })
}

/// Returns whether it is a URL's scheme.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::OriginFault::*;
    use super::*;

    #[test]
    fn what_browsers_send_passes() {
        for text in [
            "null",
            "file://",
            "http://localhost:3000",
            "https://app.example.com",
            "https://app.example.com.",
            "https://a_b.example.com",
            "http://10.0.0.1:8080",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
            "http://app.example.com:443",
            "capacitor://localhost",
            "ionic://localhost",
            "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
            "moz-extension://53b9c2f4-6f0c-4cd2-b0d9-0f3c2a2c2a6e",
            "luna://com.webos.app",
            "app://.",
        ] {
            assert_eq!(check_serialized(text).map(|origin| origin.to_string()), Ok(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn every_fault_is_named_and_mended() {
        let app = Some("https://app.example.com");
        let cases: &[(&str, OriginFault, Option<&str>)] = &[
            ("", Empty, None),
            (" ", Empty, None),
            ("https://app.example.com/", TrailingSlash, app),
            ("https://app.example.com//", TrailingSlash, app),
            ("https://App.Example.com:443/", UpperCase, app),
            ("HTTPS://app.example.com", UpperCase, app),
            ("https://app.example.com:443", DefaultPort, app),
            ("https://app.example.com:443/", DefaultPort, app),
            ("http://app.example.com:80", DefaultPort, Some("http://app.example.com")),
            ("https://app.example.com/login", Path, app),
            ("https://App.example.com/login/", Path, app),
            ("https://app.example.com/*", Path, app),
            ("https://app.example.com?x=1", Query, app),
            ("https://app.example.com/?x=1", Query, app),
            ("https://app.example.com/#", Fragment, app),
            ("https://user:pw@app.example.com", UserInfo, app),
            ("https://app.example.com:", InvalidPort, app),
            ("https://app.example.com:70000", InvalidPort, app),
            ("https://app.example.com:port", InvalidPort, app),
            ("https://app.example.com:0443", DefaultPort, app),
            ("http://localhost:03000", OtherSpelling, Some("http://localhost:3000")),
            ("http://127.1/", OtherSpelling, Some("http://127.0.0.1")),
            ("http://[0::1]", OtherSpelling, Some("http://[::1]")),
            ("https://bücher.example", Idn, Some("https://xn--bcher-kva.example")),
            ("\"https://app.example.com\"", Quoted, app),
            ("'https://app.example.com/'", Quoted, app),
            ("\"*\"", Quoted, None),
            (" https://app.example.com", Blank, app),
            ("https://app.example.com,", Blank, app),
            ("https://app.example.com always", Blank, app),
            ("* always", Blank, None),
            ("https://a.example, https://b.example", Several, None),
            ("https://a.example https://b.example", Several, None),
            ("*, *", Several, None),
            ("https://a.example, b.example", Several, None),
            ("https://app.example .com", Blank, Some("https://app.example")),
            ("http://localhost:*", Wildcard, None),
            (".example.com", NoScheme, None),
            ("*", Wildcard, None),
            ("https://*.example.com", Wildcard, None),
            ("*.example.com", Wildcard, None),
            ("app.example.com", NoScheme, app),
            ("//app.example.com/", NoScheme, app),
            ("localhost:3000", NoScheme, Some("http://localhost:3000")),
            ("192.168.0.7:3000/", NoScheme, Some("http://192.168.0.7:3000")),
            ("frontend:3000", NoScheme, Some("http://frontend:3000")),
            ("https:/app.example.com", NotAnOrigin, app),
            ("https:app.example.com", NotAnOrigin, None),
            ("https://", NotAnOrigin, None),
            ("https:///app", NotAnOrigin, None),
            ("https://(www|app).example.com", NotAnOrigin, None),
            ("https://$host", NotAnOrigin, None),
            ("0", NotAnOrigin, None),
            ("true", NotAnOrigin, None),
            ("all", NotAnOrigin, None),
            ("1.5", NotAnOrigin, None),
            ("mailto:a@example.com", NotAnOrigin, None),
            ("Capacitor://localhost/", UpperCase, Some("capacitor://localhost")),
            ("capacitor://localhost/", TrailingSlash, Some("capacitor://localhost")),
        ];
        for (text, fault, suggestion) in cases {
            let expected = NotSerialized { fault: *fault, suggestion: suggestion.map(str::to_owned) };
            assert_eq!(check_serialized(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_plainly_an_origin_is_read_as_by_closer_reading() {
        let schemes = ["https://", "http://", "ws://", "HTTPS://", "https:/", ""];
        let labels =
            ["a", "app", "a-b", "-a", "a-", "a_b", "0", "0x1f", "9z", "xn--a", "xn--bcher-kva", "A", "\u{fc}", "", "*"];
        let ends = ["", ".", ".com", ".1", ".0x7", ".c9", ".-c", "..com", ".xn--p1ai", "%41.com"];
        let ports = ["", ":", ":80", ":443", ":3000", ":0", ":03000", ":65535", ":65536", ":99999", ":1a", ":1:2"];
        let tails = ["", "/", " ", "?", ",", "\n"];
        let mut plain = 0;
        for scheme in schemes {
            for label in
                labels.iter().flat_map(|label| [(*label).to_owned(), format!("www.{label}"), format!("{label}.x")])
            {
                for end in ends {
                    for port in ports {
                        for tail in tails {
                            let text = format!("{scheme}{label}{end}{port}{tail}");
                            assert_eq!(check_serialized(&text), read_closely(&text), "{text:?}");
                            plain += usize::from(plain::parts(&text).is_some());
                        }
                    }
                }
            }
        }
        assert!(plain > 500, "only {plain} were plain");
    }

    #[test]
    fn every_suggestion_is_itself_serialized() {
        for text in
            ["https://A:443/x", "HTTP://[0:0::1]:80/", "Localhost:3000", "'http://a.b/'", "https://ü.example:1/"]
        {
            let meant = check_serialized(text).err().and_then(|faulty| faulty.suggestion);
            let meant = meant.unwrap_or_else(|| panic!("{text:?} has a suggestion"));
            assert!(check_serialized(&meant).is_ok(), "{text:?} became {meant:?}");
        }
    }
}
