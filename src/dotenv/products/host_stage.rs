//! Names of hosts that say they are not production's.

use crate::cors::registrable::registrable;

/// The words that say so.
const WORDS: [&str; 12] = [
    "dev",
    "develop",
    "development",
    "staging",
    "stage",
    "test",
    "testing",
    "preview",
    "qa",
    "uat",
    "sandbox",
    "local",
];

/// Returns whether one of the words of a label, between hyphens, says that it is not production's.
pub fn is_of_a_stage(label: &str) -> bool {
    label.split('-').any(|word| WORDS.contains(&word))
}

/// The word of a host's name, between dots and hyphens, that says it is not production's. What is registered tells nothing:
/// `staging.com` and `shop.dev` may be anybody's shop; `test` and `local` can't be registered, so they tell at the end, too.
pub fn stage(host: &str) -> Option<&str> {
    let host = host.trim_end_matches('.');
    let own = host.strip_suffix(registrable(host)).unwrap_or(host);
    let last = host.rsplit_once('.').map(|(_, last)| last).filter(|last| matches!(*last, "test" | "local"));
    own.split(['.', '-']).chain(last).find(|word| WORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_word_left_of_what_is_registered_tells() {
        for (host, word) in [
            ("staging.shop.example", Some("staging")),
            ("shop-dev.acme.com", Some("dev")),
            ("qa.shop.co.uk", Some("qa")),
            ("shop.test", Some("test")),
            ("nas.local", Some("local")),
            ("shop.dev", None),
            ("www.shop.dev", None),
            ("staging.com", None),
            ("my-dev-shop.com", None),
            ("shop-preview.vercel.app", None),
            ("preview.shop.vercel.app", Some("preview")),
            ("developers.acme.com", None),
            ("contest.acme.com", None),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("test", None),
            ("", None),
        ] {
            assert_eq!(stage(host), word, "{host}");
        }
    }
}
