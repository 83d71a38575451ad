//! Which products take what is no origin.

use crate::cors::serialized::{OriginFault, is_serialized};
use crate::dotenv::products::keys::{Certainty, Key, Meaning, Patterns, Scheme, Separator, YesNo};
use crate::dotenv::products::setting::AllowedOrigin;

impl AllowedOrigin {
    /// How sure it is that a text with this fault lets no page in; `None` where a product that may be meant takes it, or where nobody
    /// has checked.
    pub fn fault_breaks(&self, fault: OriginFault) -> Option<Certainty> {
        if self.keys.iter().any(|key| takes(key, fault, &self.text)) {
            return None;
        }
        self.keys.iter().map(|key| key.certainty).min().filter(|sure| *sure > Certainty::Unverified)
    }
}

/// Returns whether the product takes what is no origin, or may: a host, a pattern, a link with a path, a word with a meaning of its own.
fn takes(key: &Key, fault: OriginFault, text: &str) -> bool {
    let is_link = key.meaning == Meaning::FrontendUrl;
    let pattern = text.contains(['*', '^', '$', '\\', '(', '[', '|'])
        || text.starts_with('/')
        || text.starts_with("regex:")
        || text.starts_with('.');
    match fault {
        // Everything below a page: an origin has no path, so no glob and no plain text with one equals it.
        _ if is_origin_with_star(text) => matches!(key.patterns, Patterns::Regex | Patterns::Unknown),
        // A list in brackets, where it was not checked how the product writes lists.
        _ if text.starts_with("[\"") && key.separator == Separator::Unknown => true,
        _ if pattern => key.patterns != Patterns::None || key.star != YesNo::No && text.contains('*'),
        OriginFault::NoScheme => key.scheme != Scheme::Required,
        OriginFault::Path | OriginFault::Query | OriginFault::Fragment => is_link,
        OriginFault::NotAnOrigin => key.certainty < Certainty::Docs || !text.contains("://"),
        OriginFault::Quoted | OriginFault::Blank => {
            key.separator == Separator::Unknown || key.certainty < Certainty::Docs
        }
        _ => false,
    }
}

/// Returns whether the text is an origin with `/*` behind it.
fn is_origin_with_star(text: &str) -> bool {
    text.strip_suffix("/*").is_some_and(is_serialized)
}
