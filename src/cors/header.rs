//! The header fields of CORS, and how browsers read the lists in them.

use std::fmt;

/// A header field that takes part in CORS. `Timing-Allow-Origin` and the `Cross-Origin-*` fields do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CorsHeader {
    /// `Access-Control-Allow-Origin`, in answers.
    AllowOrigin,
    /// `Access-Control-Allow-Credentials`, in answers.
    AllowCredentials,
    /// `Access-Control-Allow-Methods`, in answers to a preflight.
    AllowMethods,
    /// `Access-Control-Allow-Headers`, in answers to a preflight.
    AllowHeaders,
    /// `Access-Control-Expose-Headers`, in answers.
    ExposeHeaders,
    /// `Access-Control-Max-Age`, in answers to a preflight.
    MaxAge,
    /// `Access-Control-Request-Method`, in preflights.
    RequestMethod,
    /// `Access-Control-Request-Headers`, in preflights.
    RequestHeaders,
    /// `Origin`, in requests.
    Origin,
    /// `Vary`, in answers: `Vary: Origin` keeps one origin's answer from another.
    Vary,
}

impl CorsHeader {
    /// Every one, in the order of the Fetch standard, requests last.
    pub const ALL: [CorsHeader; 10] = [
        CorsHeader::AllowOrigin,
        CorsHeader::AllowCredentials,
        CorsHeader::AllowMethods,
        CorsHeader::AllowHeaders,
        CorsHeader::ExposeHeaders,
        CorsHeader::MaxAge,
        CorsHeader::Vary,
        CorsHeader::Origin,
        CorsHeader::RequestMethod,
        CorsHeader::RequestHeaders,
    ];

    /// The header field of that name; names are compared without regard to ASCII case (B27), and nothing else is
    /// forgiven: a colon or a blank in the name makes another one (A2.8).
    pub fn from_name(name: &[u8]) -> Option<CorsHeader> {
        CorsHeader::ALL.into_iter().find(|header| header.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Its name as the standard writes it.
    pub fn name(self) -> &'static str {
        match self {
            CorsHeader::AllowOrigin => "Access-Control-Allow-Origin",
            CorsHeader::AllowCredentials => "Access-Control-Allow-Credentials",
            CorsHeader::AllowMethods => "Access-Control-Allow-Methods",
            CorsHeader::AllowHeaders => "Access-Control-Allow-Headers",
            CorsHeader::ExposeHeaders => "Access-Control-Expose-Headers",
            CorsHeader::MaxAge => "Access-Control-Max-Age",
            CorsHeader::RequestMethod => "Access-Control-Request-Method",
            CorsHeader::RequestHeaders => "Access-Control-Request-Headers",
            CorsHeader::Origin => "Origin",
            CorsHeader::Vary => "Vary",
        }
    }

    /// Returns whether it belongs into requests, not into answers.
    pub fn is_request(self) -> bool {
        matches!(self, CorsHeader::Origin | CorsHeader::RequestMethod | CorsHeader::RequestHeaders)
    }
}

impl fmt::Display for CorsHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An item that spoils the list it stands in: browsers then read nothing of the whole header (F12–F14, G15, G16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadItem<'v> {
    /// The text between two commas, without the spaces around it.
    pub item: &'v str,
    /// Where it starts in the value, in bytes.
    pub offset: usize,
}

/// The names in a comma-separated list such as `Access-Control-Allow-Methods`: HTTP's `#token`, in which empty items
/// and a trailing comma are allowed (F16, G17).
///
/// # Errors
///
/// The first item that is not a token: a blank, `;`, `/` or quote in it spoils the whole header.
pub fn list_values(value: &str) -> Result<Vec<&str>, BadItem<'_>> {
    let mut offset = 0;
    let mut names = Vec::new();
    for part in value.split(',') {
        let item = trim(part);
        if !item.is_empty() {
            if !is_token(item) {
                let blanks = part.len() - part.trim_start_matches(is_blank).len();
                return Err(BadItem { item, offset: offset + blanks });
            }
            names.push(item);
        }
        offset += part.len() + 1;
    }
    Ok(names)
}

/// The meaning of `Access-Control-Max-Age` to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxAge {
    /// The preflight's answer may be used again for this many seconds; browsers cap it (Chromium at 7200) and 0 means
    /// not at all. A number past `u64` is as good as its largest.
    Seconds(u64),
    /// Not a whole number: read as if the header were absent, which is 5 seconds. Chromium takes a negative number as 0.
    Malformed,
}

/// Reads the value of `Access-Control-Max-Age`; blanks around it do no harm, anything else but digits does (H).
pub fn max_age(value: &str) -> MaxAge {
    let digits = trim(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return MaxAge::Malformed;
    }
    MaxAge::Seconds(digits.parse().unwrap_or(u64::MAX))
}

/// A header value without the white space around it, as the standard normalizes it (B09, B10).
pub fn trim(value: &str) -> &str {
    value.trim_matches(is_blank)
}

/// HTTP's white space.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Returns whether it is an HTTP token: what a method and a header name are made of.
pub fn is_token(text: &str) -> bool {
    let token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_in_no_other_spelling() {
        for header in CorsHeader::ALL {
            assert_eq!(CorsHeader::from_name(header.name().to_ascii_uppercase().as_bytes()), Some(header));
        }
        for other in
            ["Access-Control-Allow-Origin:", "Access-Control-Allow-Origins", "Timing-Allow-Origin", "origin ", ""]
        {
            assert_eq!(CorsHeader::from_name(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let bad = |item, offset| Err(BadItem { item, offset });
        let cases: &[(&str, Result<Vec<&str>, BadItem<'_>>)] = &[
            ("GET, PUT", Ok(vec!["GET", "PUT"])),
            ("GET,PUT,", Ok(vec!["GET", "PUT"])),
            (", ,\tGET\t,,", Ok(vec!["GET"])),
            ("", Ok(vec![])),
            ("*", Ok(vec!["*"])),
            ("GET PUT", bad("GET PUT", 0)),
            ("GET;PUT", bad("GET;PUT", 0)),
            ("GET, PUT/DELETE", bad("PUT/DELETE", 5)),
            ("GET,  \"PUT\"", bad("\"PUT\"", 6)),
            ("Content-Type, X:Y", bad("X:Y", 14)),
            ("é", bad("é", 0)),
        ];
        for (value, expected) in cases {
            assert_eq!(&list_values(value), expected, "{value:?}");
        }
    }

    #[test]
    fn max_age_is_digits_or_nothing() {
        let seconds = [("600", 600), (" 600\t", 600), ("0", 0), ("0600", 600), ("99999999999999999999999", u64::MAX)];
        for (value, expected) in seconds {
            assert_eq!(max_age(value), MaxAge::Seconds(expected), "{value:?}");
        }
        for value in ["", "abc", "1.5", "\"600\"", "600s", "600, 600", "-1", "+1"] {
            assert_eq!(max_age(value), MaxAge::Malformed, "{value:?}");
        }
    }
}
