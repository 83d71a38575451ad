//! One entry of a list and an origin, as the product that reads the list compares them.

use crate::dotenv::products::keys::{Key, Patterns, Scheme, Slash, YesNo};

/// The relation of an entry to an origin.
pub(in crate::dotenv) enum Match {
    Origin,
    Any,
    Nothing,
    Unknown,
}

/// Returns what it is as a product reads it. Save for the entries that are this origin but for a slash or for case, it is the same for every origin.
pub(in crate::dotenv) fn judge(key: &Key, text: &str, padded: bool, origin: &str) -> Match {
    if text == "*" {
        return match key.star {
            YesNo::Yes => Match::Any,
            YesNo::No => Match::Nothing,
            YesNo::Unknown => Match::Unknown,
        };
    }
    let sloping = text.strip_suffix('/');
    if text == origin || sloping == Some(origin) {
        let trimmed = if padded { key.trims } else { YesNo::Yes };
        let stripped = match (sloping, key.slash) {
            (None, _) | (_, Slash::Stripped) => YesNo::Yes,
            (_, Slash::Kept) => YesNo::No,
            _ => YesNo::Unknown,
        };
        return match (trimmed, stripped) {
            (YesNo::Yes, YesNo::Yes) => Match::Origin,
            (YesNo::No, _) | (_, YesNo::No) => Match::Nothing,
            _ => Match::Unknown,
        };
    }
    let pattern = text.contains(['*', '^', '(', '\\']) || text.starts_with('/') || text.starts_with("regex:");
    let other = text.eq_ignore_ascii_case(origin) || !text.contains("://") && key.scheme != Scheme::Required;
    let word = !text.contains([':', '.', '/']);
    if pattern && key.patterns != Patterns::None || other || word { Match::Unknown } else { Match::Nothing }
}
