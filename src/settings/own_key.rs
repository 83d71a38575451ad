//! A team's own keys, as `[env]` describes them in the words of [`crate::dotenv::products::keys`].

use crate::dotenv::products::keys::{Certainty, Key, Meaning, Patterns, Scheme, Separator, Slash, YesNo};

/// Each meaning with its word.
const WORDS: [(&str, Meaning); 15] = [
    ("origins", Meaning::Origins),
    ("single-origin", Meaning::SingleOrigin),
    ("origin-regex", Meaning::OriginRegex),
    ("frontend-url", Meaning::FrontendUrl),
    ("csrf-origins", Meaning::CsrfOrigins),
    ("other-origins", Meaning::OtherOrigins),
    ("hosts", Meaning::Hosts),
    ("credentials", Meaning::Credentials),
    ("any-origin", Meaning::AnyOrigin { when: true }),
    ("methods", Meaning::Methods),
    ("allow-headers", Meaning::AllowHeaders),
    ("expose-headers", Meaning::ExposeHeaders),
    ("max-age", Meaning::MaxAge),
    ("api-url", Meaning::ApiUrl),
    ("own-url", Meaning::OwnUrl),
];
/// The word for a key that only looks like CORS.
const NONE: &str = "none";
/// The words for meanings, [`NONE`] last.
pub(super) const MEANINGS: &[&str] = &{
    let mut words = [NONE; WORDS.len() + 1];
    let mut index = 0;
    while index < WORDS.len() {
        words[index] = WORDS[index].0;
        index += 1;
    }
    words
};
/// Words for [`Separator`].
pub(super) const SEPARATORS: &[&str] = &[
    "none",
    "comma",
    "space",
    "semicolon",
    "json",
    "comma-or-json",
    "comma-or-space",
    "quoted-list",
    "indexed",
    "comma-or-indexed",
];
/// Words for [`Patterns`].
pub(super) const PATTERNS: &[&str] = &["none", "globs", "slashed", "prefixed", "regex"];
/// Words for [`Scheme`].
pub(super) const SCHEMES: &[&str] = &["required", "forbidden", "optional"];
/// Words for [`Slash`].
pub(super) const SLASHES: &[&str] = &["kept", "stripped", "refused", "allowed"];

/// The row of a key of that meaning, with what most programs do where the settings say no more; `None` for `none`.
pub(super) fn row(meaning: &str) -> Option<Key> {
    let (_, meaning) = WORDS.into_iter().find(|(word, _)| *word == meaning)?;
    use Meaning::{AllowHeaders, CsrfOrigins, ExposeHeaders, Hosts, Methods, Origins, OtherOrigins, SingleOrigin};
    let is_list =
        matches!(meaning, Origins | CsrfOrigins | OtherOrigins | Hosts | Methods | AllowHeaders | ExposeHeaders);
    let (scheme, slash) = match meaning {
        Origins | SingleOrigin | CsrfOrigins | OtherOrigins => (Scheme::Required, Slash::Kept),
        Hosts => (Scheme::Forbidden, Slash::Unknown),
        Meaning::ApiUrl => (Scheme::Required, Slash::Allowed),
        _ => (Scheme::Unknown, Slash::Unknown),
    };
    Some(Key {
        name: "*",
        product: "convention of the settings",
        // The settings are the documentation of a team's own app.
        certainty: Certainty::Docs,
        meaning,
        separator: if is_list { Separator::Comma } else { Separator::None },
        star: YesNo::Unknown,
        patterns: if meaning == Meaning::OriginRegex { Patterns::Regex } else { Patterns::Unknown },
        scheme,
        slash,
        trims: YesNo::Unknown,
    })
}

/// The word for a meaning.
pub fn word(meaning: Meaning) -> &'static str {
    WORDS.iter().find(|(_, known)| *known == meaning).map_or(NONE, |(word, _)| word)
}

/// The separator of that word.
pub(super) fn separator(word: &str) -> Separator {
    match word {
        "none" => Separator::None,
        "comma" => Separator::Comma,
        "space" => Separator::Space,
        "semicolon" => Separator::Semicolon,
        "json" => Separator::Json,
        "comma-or-json" => Separator::CommaOrJson,
        "comma-or-space" => Separator::CommaOrSpace,
        "quoted-list" => Separator::QuotedList,
        "indexed" => Separator::Indexed,
        "comma-or-indexed" => Separator::CommaOrIndexed,
        _ => Separator::Unknown,
    }
}

/// The patterns of that word.
pub(super) fn patterns(word: &str) -> Patterns {
    match word {
        "none" => Patterns::None,
        "globs" => Patterns::Globs,
        "slashed" => Patterns::Slashed,
        "prefixed" => Patterns::Prefixed,
        "regex" => Patterns::Regex,
        _ => Patterns::Unknown,
    }
}

/// The schemes of that word.
pub(super) fn scheme(word: &str) -> Scheme {
    match word {
        "required" => Scheme::Required,
        "forbidden" => Scheme::Forbidden,
        "optional" => Scheme::Optional,
        _ => Scheme::Unknown,
    }
}

/// Returns what becomes of a slash, by that word.
pub(super) fn slash(word: &str) -> Slash {
    match word {
        "kept" => Slash::Kept,
        "stripped" => Slash::Stripped,
        "refused" => Slash::RefusesToStart,
        "allowed" => Slash::Allowed,
        _ => Slash::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_understood() {
        assert_eq!(MEANINGS.iter().filter(|word| row(word).is_none()).collect::<Vec<_>>(), [&"none"]);
        assert!(SEPARATORS.iter().all(|word| separator(word) != Separator::Unknown));
        assert!(PATTERNS.iter().all(|word| patterns(word) != Patterns::Unknown));
        assert!(SCHEMES.iter().all(|word| scheme(word) != Scheme::Unknown));
        assert!(SLASHES.iter().all(|word| slash(word) != Slash::Unknown));
    }
}
