//! The part of a host that one owner registers: pages below it are the owner's, pages beside it anybody's.
//!
//! This is no copy of the public suffix list, which grows every week. It knows the shapes that stand in configurations:
//! a plain top-level domain, a country's second level, and the hosts under which anybody gets a name.

/// Second-level labels under which countries register names: `example.co.uk`, `example.com.br`.
const SECOND_LEVELS: &[&str] = &["ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "or", "org"];

/// Hosts under which anybody gets a name of their own.
const SHARED_HOSTS: &[&str] = &[
    "amplifyapp.com",
    "azurewebsites.net",
    "cloudfront.net",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok-free.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "surge.sh",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// The registrable part of `host`: `example.com` of `app.example.com`, `example.co.uk` of `www.example.co.uk`,
/// `shop.vercel.app` of itself. A host of one label, and an address, is its own.
pub fn registrable(host: &str) -> &str {
    let host = host.trim_matches('.');
    if host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host;
    }
    let two = last_labels(host, 2);
    let country = two.rsplit_once('.').is_some_and(|(second, top)| top.len() == 2 && SECOND_LEVELS.contains(&second));
    if !country && !SHARED_HOSTS.contains(&two) {
        return two;
    }
    let three = last_labels(host, 3);
    // Netlify gives `anything--shop.netlify.app` to the owner of `shop` alone.
    match three.rfind("--").filter(|_| two == "netlify.app") {
        Some(at) => three.get(at + 2..).unwrap_or(three),
        None => three,
    }
}

/// Returns whether a label says by itself how far a host reaches or whose it is: `localhost`, `www`, the `co` of `co.uk`, `herokuapp`.
pub fn is_special_label(label: &str) -> bool {
    let is_local = matches!(
        label,
        "local" | "localhost" | "internal" | "lan" | "home" | "test" | "example" | "invalid" | "www" | "null"
    );
    let is_first = |host: &&str| host.strip_prefix(label).is_some_and(|rest| rest.starts_with('.'));
    is_local || (label.len() <= 3 && SECOND_LEVELS.contains(&label)) || SHARED_HOSTS.iter().any(is_first)
}

/// The last `count` labels of a host, or all.
fn last_labels(host: &str, count: usize) -> &str {
    let dots = host.rmatch_indices('.').nth(count - 1);
    dots.and_then(|(at, _)| host.get(at + 1..)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_owner_registers() {
        for (host, expected) in [
            ("app.example.com", "example.com"),
            ("example.com", "example.com"),
            ("a.b.example.co.uk", "example.co.uk"),
            ("examplexco.uk", "examplexco.uk"),
            ("notexample.com", "notexample.com"),
            ("localhost", "localhost"),
            ("192.168.0.1", "192.168.0.1"),
            ("[::1]", "[::1]"),
            ("shop.vercel.app", "shop.vercel.app"),
            ("preview.shop.vercel.app", "shop.vercel.app"),
            ("vercel.app", "vercel.app"),
            ("deploy-preview-7--shop.netlify.app", "shop.netlify.app"),
            ("example.com.", "example.com"),
            ("", ""),
        ] {
            assert_eq!(registrable(host), expected, "{host}");
        }
    }
}
