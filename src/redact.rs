//! Texts about files, without the secrets that stand in the files.
//!
//! The bytes of a file are shown or masked by [`Source::shown`](crate::source::Source::shown). A message, a request or a header's value
//! is no longer bytes of a file, so what is secret is looked for in it: logins in addresses, and the secret values of the run.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use crate::cors::login::without_logins;
use crate::source::MASK;

/// The shortest secret that is looked for in texts, in bytes: shorter ones stand in other words.
const LEAST_BYTES: usize = 5;
/// The longest one, and the most that all of them may have: they are looked for at once, and that takes memory.
const MOST_BYTES: usize = 4096;
const MOST_BYTES_IN_ALL: usize = 1024 * 1024;
/// How many bytes of a longer secret are one by themselves: texts that are cut show no fewer characters.
const CUT_BYTES: usize = 40;

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
            let is_shown = is_address || value.len() < LEAST_BYTES || value.len() > MOST_BYTES;
            left = left.saturating_sub(value.len());
            !is_shown && left > 0
        };
        let mut values: Vec<&[u8]> = values.into_iter().map(<[u8]>::trim_ascii).filter(is_secret).collect();
        let cut: Vec<&[u8]> = values.iter().filter_map(|value| value.get(..CUT_BYTES)).collect();
        values.extend(cut);
        values.sort_unstable();
        values.dedup();
        let secrets = (!values.is_empty()).then(|| AhoCorasick::new(values).ok()).flatten();
        Redactor { secrets }
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
        let values = [&b"hunter2"[..], b"hunter2-and-more", b"2-and", b"on", b"https://app.example", b" padded "];
        let redactor = Redactor::new(values);
        for (text, expected) in [
            ("nothing is secret here", "nothing is secret here"),
            ("send `Bearer hunter2` on", "send `Bearer •••` on"),
            ("hunter2-and-more", "•••"),
            ("hunter2-and, padded", "•••, •••"),
            ("https://app.example", "https://app.example"),
            ("https://u:p@app.example hunter2hunter2", "https://•••@app.example ••••••"),
        ] {
            assert_eq!(redactor.text(text), expected);
        }
        assert_eq!(Redactor::default().text("https://u:p@a"), "https://•••@a");
    }
}
