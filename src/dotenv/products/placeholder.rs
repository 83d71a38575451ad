//! Texts that stand in the place of a real origin.

/// Why a text names no real page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `your-domain.com`, `<FRONTEND>`, `changeme`: a sample says that something is to be written here.
    ToBeFilledIn,
    /// A name that is reserved for documentation: `example.com`, `*.example`.
    Reserved,
    /// The machine itself, a name of the local network, or no name at all.
    Loopback,
}

/// The first or last part of a placeholder's label, where the real name belongs.
const WORDS: [&str; 13] = [
    "your-",
    "your_",
    "yourdomain",
    "yoursite",
    "yourapp",
    "yourfrontend",
    "yourcompany",
    "mydomain",
    "my-domain",
    "changeme",
    "change-me",
    "replace-me",
    "placeholder",
];

/// Returns whether a label of a host is one that samples have in the place of the real one.
pub fn is_to_be_filled_in(label: &str) -> bool {
    WORDS.iter().any(|word| label.starts_with(word) || label.ends_with(word)) || matches!(label, "domain" | "todo")
}

/// Why an origin or URL names no real page; `None` where it seems to name one.
pub fn placeholder(text: &str) -> Option<Placeholder> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.split_once("://").map_or(&*lower, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_tag = |open: char, close: char| lower.find(open).is_some_and(|at| lower[at..].contains(close));
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let labels: Vec<&str> = host.split('.').collect();
    let is_word = |label: &&str| !matches!(*label, "domain" | "todo") && is_to_be_filled_in(label);
    let is_bare_domain = matches!(labels.as_slice(), [.., "domain", "com" | "tld"]);
    if is_tag('<', '>') || is_tag('{', '}') || labels.iter().any(is_word) || is_bare_domain || host == "todo" {
        return Some(Placeholder::ToBeFilledIn);
    }
    match labels.as_slice() {
        [.., "example", "com" | "org" | "net" | "edu"] | [.., "example" | "invalid"] => Some(Placeholder::Reserved),
        [.., "localhost"] | ["127", _, _, _] | ["0", "0", "0", "0"] => Some(Placeholder::Loopback),
        _ if authority.starts_with("[::1]") => Some(Placeholder::Loopback),
        _ if !rest.contains('.') => Some(Placeholder::Loopback),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_names_are_told_from_placeholders() {
        for text in [
            "https://your-domain.com",
            "http://YOUR_SERVER_IP",
            "https://your-frontend-app.onrender.com",
            "https://app.yourdomain.com:8443",
            "https://<FRONTEND>",
            "<FRONTEND_URL>",
            "https://{{ domain }}",
            "https://your-app.vercel.app",
            "https://domain.com",
            "https://www.mydomain.de",
            "changeme",
        ] {
            assert_eq!(placeholder(text), Some(Placeholder::ToBeFilledIn), "{text}");
        }
        for text in ["https://example.com", "https://app.example.org", "https://shop.example"] {
            assert_eq!(placeholder(text), Some(Placeholder::Reserved), "{text}");
        }
        for text in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:80", "http://app:3000", "*", "true"] {
            assert_eq!(placeholder(text), Some(Placeholder::Loopback), "{text}");
        }
        for text in ["https://shop.acme.test", "https://getyourguide.com", "https://example.co.uk", "https://a.dev"] {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }
}
