//! Faults of a text that should be an origin, in words for a label.

use super::serialized::{NotSerialized, OriginFault, check_serialized};

impl OriginFault {
    /// Returns what stands there, to be read after the place: "has a path, which no origin has".
    pub fn words(self) -> &'static str {
        match self {
            OriginFault::Empty => "is empty",
            OriginFault::Quoted => "has quotes that are part of the value",
            OriginFault::Several => "holds several origins",
            OriginFault::Blank => "holds more than an origin",
            OriginFault::NoScheme => "has no scheme",
            OriginFault::NotAnOrigin => "is no origin",
            OriginFault::Wildcard => "has a `*` in it, which browsers take as it stands",
            OriginFault::UserInfo => "has a user name in it",
            OriginFault::InvalidPort => "has a port that is none",
            OriginFault::Path => "has a path",
            OriginFault::Query => "has a query",
            OriginFault::Fragment => "has a fragment",
            OriginFault::Idn => "has letters outside ASCII, which browsers send in punycode",
            OriginFault::UpperCase => "has capitals, which browsers send in lower case",
            OriginFault::DefaultPort => "has the default port, which browsers leave out",
            OriginFault::OtherSpelling => "is spelled otherwise than browsers do",
            OriginFault::TrailingSlash => "ends with a slash",
        }
    }
}

/// A word that a configuration says no with where an origin should stand.
pub fn is_refusal(text: &str) -> bool {
    ["0", "false", "no", "none", "off", "deny", "-"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Returns what is wrong with a text that should be an origin, but for what is a fault of its own kind: nothing there, several of them, a slash
/// at the end, a line break, a placeholder. Blanks around a value do no harm (B09, B10).
pub fn invalid(text: &str) -> Option<NotSerialized> {
    use OriginFault::{Empty, Several, TrailingSlash};
    let trimmed = text.trim_matches([' ', '\t']);
    let fault = check_serialized(trimmed).err().filter(|_| trimmed != "*" && !text.contains(['\r', '\n']))?;
    let is_others = matches!(fault.fault, Empty | Several | TrailingSlash);
    (!is_others && !is_placeholder(trimmed)).then_some(fault)
}

/// The parts of a text that holds more than one origin. A line break in it is another fault.
pub fn several(text: &str) -> Option<Vec<String>> {
    let fault = check_serialized(text.trim()).err()?;
    (fault.fault == OriginFault::Several && !text.contains(['\r', '\n'])).then(|| {
        let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
        text.split(separates).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    })
}

/// Returns whether a text is there to be replaced before the file is used: `__ORIGIN__`, `<origin>`, `%CORS%`, `REPLACE_ME`.
pub fn is_placeholder(text: &str) -> bool {
    let is_shouted = |part: &str| {
        part.contains('_')
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    };
    // One `@` alone stands behind a user's name.
    let between_ats = text.starts_with('@') || text.matches('@').count() > 1;
    let is_marked = between_ats || text.contains("__") || text.contains(['<', '>', '{', '}', '%']);
    is_marked || text.split([':', '/', '.']).any(is_shouted)
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn placeholders_are_told_from_origins() {
        for text in [
            "__CORS_ORIGIN__",
            "<your-domain>",
            "%ORIGIN%",
            "CORS_ORIGIN",
            "https://{{host}}",
            "@ORIGIN@",
            "https://@HOST@",
            "https://CHANGE_ME",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["https://a_b.example", "https://user@a.example", "NULL", "example.com", "0"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
