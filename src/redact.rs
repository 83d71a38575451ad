//! Texts about files, without the secrets that stand in the files.
//!
//! The bytes of a file are shown or masked by [`Source::shown`](crate::source::Source::shown). A message, a request or a header's value
//! is no longer bytes of a file, so what is secret is looked for in it: logins in addresses, and the secret values of the run.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use crate::cors::login::without_logins;
use crate::source::MASK;

/// The shortest secret that is looked for in texts, in bytes: shorter ones stand in other words.
const LEAST_BYTES: usize = 5;
/// The longest one, and the most that all of them may have: they are looked for at once, and that takes memory.
const MOST_BYTES: usize = 4096;
const MOST_BYTES_IN_ALL: usize = 1024 * 1024;
/// How many bytes of a longer secret are one by themselves: texts that are cut show no fewer characters.
const CUT_BYTES: usize = 40;

/// The forms in which a secret may stand in a text: as it is, cut, without its backslashes, and taken apart where a list or a variable's
/// name would end.
fn forms(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let plain: Vec<u8> = value.iter().copied().filter(|byte| *byte != b'\\').collect();
    let pieces = value.split(|byte| byte.is_ascii_whitespace() || b",;|$\"'\\{}".contains(byte)).map(Cow::Borrowed);
    let cut = value.get(..CUT_BYTES).map(Cow::Borrowed);
    pieces.chain([Cow::Borrowed(value), Cow::Owned(plain)]).chain(cut).collect()
}

/// What the name of a key, a header or a variable that holds a secret has in it, in lower case.
const TELLING: [&str; 14] = [
    "bearer",
    "credential",
    "creds",
    "jwt",
    "passphrase",
    "passw",
    "_pass",
    "private",
    "pwd",
    "secret",
    "signature",
    "token",
    "userpass",
    "access_key",
];
/// The ends of such names that are no secrets.
const ENDS: [&str; 4] = ["_salt", "_dsn", "api_key", "apikey"];
const WHOLE: [&str; 3] = ["pass", "salt", "dsn"];

/// Returns whether a name says that it names a secret. Upper and lower case, `-` and `_` are alike.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    TELLING.iter().any(|part| name.contains(part))
        || ENDS.iter().any(|end| name.ends_with(end))
        || WHOLE.contains(&name.as_str())
}

/// Takes secrets out of texts.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: Option<AhoCorasick>,
}

impl Redactor {
    /// A redactor for these values, wherever they stand. Addresses among them are left alone but for their logins: what a header says of
    /// the Origin may stand in a password's header as well.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let mut left = MOST_BYTES_IN_ALL;
        let is_secret = |value: &&[u8]| {
            let is_address = memchr::memmem::find(value, b"://").is_some();
            left = left.saturating_sub(value.len());
            !is_address && value.len() <= MOST_BYTES && left > 0
        };
        let values = values.into_iter().map(<[u8]>::trim_ascii).filter(is_secret);
        let mut forms: Vec<Cow<'_, [u8]>> = values.flat_map(forms).filter(|form| form.len() >= LEAST_BYTES).collect();
        forms.sort_unstable();
        forms.dedup();
        let build = || AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&forms).ok();
        Redactor { secrets: if forms.is_empty() { None } else { build() } }
    }

    /// The text without what is secret in it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let shown = without_logins(text);
        let Some(secrets) = &self.secrets else { return shown };
        if !secrets.is_match(shown.as_bytes()) {
            return shown;
        }
        let mut redacted = String::with_capacity(shown.len());
        let mut at = 0;
        // Secrets may lie in one another, and all of each is masked.
        let mut hidden: Vec<(usize, usize)> =
            secrets.find_overlapping_iter(shown.as_bytes()).map(|found| (found.start(), found.end())).collect();
        hidden.sort_unstable();
        for (start, end) in hidden {
            if end <= at {
                continue;
            }
            if start >= at {
                redacted.push_str(shown.get(at..start).unwrap_or_default());
                redacted.push_str(MASK);
            }
            at = end;
        }
        redacted.push_str(shown.get(at..).unwrap_or_default());
        Cow::Owned(redacted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_left_in_a_text() {
        let values = [
            &b"hunter2"[..],
            b"hunter2-and-more",
            b"2-and",
            b"on",
            b"https://app.example",
            b" padded ",
            b"first1; second",
            b"ab\\$named",
        ];
        let redactor = Redactor::new(values);
        for (text, expected) in [
            ("nothing is secret here", "nothing is secret here"),
            ("send `Bearer hunter2` on", "send `Bearer •••` on"),
            ("hunter2-and-more", "•••"),
            ("hunter2-and, padded", "•••, •••"),
            ("https://HUNTER2.example", "https://•••.example"),
            ("a list: first1 and second", "a list: ••• and •••"),
            ("what $named holds", "what $••• holds"),
            ("https://app.example", "https://app.example"),
            ("https://u:p@app.example hunter2hunter2", "https://•••@app.example ••••••"),
        ] {
            assert_eq!(redactor.text(text), expected);
        }
        assert_eq!(Redactor::default().text("https://u:p@a"), "https://•••@a");
    }
}
