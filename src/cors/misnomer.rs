//! Names that are nearly those of CORS headers.

use super::header::CorsHeader;
use crate::words::edits;

/// How a name misses that of a CORS header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misnomer {
    /// It is the name of this header with a colon, a blank or a quote at an end.
    Delimited(CorsHeader),
    /// It is an edit or two away from this header.
    Near(CorsHeader),
    /// It belongs into the preflight request; in an answer this header is meant.
    Request(CorsHeader),
    /// It starts as the CORS headers do, and is none that anybody knows.
    Unknown,
}

impl Misnomer {
    /// The header that is meant.
    pub fn meant(self) -> Option<CorsHeader> {
        match self {
            Misnomer::Delimited(header) | Misnomer::Near(header) | Misnomer::Request(header) => Some(header),
            Misnomer::Unknown => None,
        }
    }
}

/// The headers of answers that only CORS has.
fn answers() -> impl Iterator<Item = CorsHeader> {
    CorsHeader::ALL.into_iter().filter(|header| !header.is_request() && *header != CorsHeader::Vary)
}

/// Names that people write, too far from the header to be an edit of its name, in lower case.
const HABITS: [(&str, CorsHeader); 8] = [
    ("access-control-origin", CorsHeader::AllowOrigin),
    ("access-allow-origin", CorsHeader::AllowOrigin),
    ("access-allow-control-origin", CorsHeader::AllowOrigin),
    ("allow-control-allow-origin", CorsHeader::AllowOrigin),
    ("access-control-allow-domain", CorsHeader::AllowOrigin),
    ("access-control-methods", CorsHeader::AllowMethods),
    ("access-control-headers", CorsHeader::AllowHeaders),
    ("access-control-credentials", CorsHeader::AllowCredentials),
];
/// Other headers that start like CORS's and that some browser knows, in lower case.
const KNOWN: [&str; 4] = [
    "access-control-allow-private-network",
    "access-control-request-private-network",
    "access-control-allow-local-network",
    "access-control-request-local-network",
];
/// Characters in the place of a hyphen where a name was typed by habit, or copied out of a text that was set.
const NO_HYPHENS: [char; 8] = ['_', ' ', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}'];
/// How many letters may be wrong, missing, too many or swapped.
const MOST_EDITS: usize = 2;

/// How a header's name in an answer misses that of a CORS header; `None` where it is one, or has nothing to do with CORS.
pub fn misnomer(name: &str) -> Option<Misnomer> {
    match CorsHeader::from_name(name.as_bytes()) {
        Some(CorsHeader::RequestMethod) => return Some(Misnomer::Request(CorsHeader::AllowMethods)),
        Some(CorsHeader::RequestHeaders) => return Some(Misnomer::Request(CorsHeader::AllowHeaders)),
        Some(_) => return None,
        None => {}
    }
    let bare = name.trim_matches([':', ' ', '\t', '\r', '\n', '"', '\'', '=']);
    if let Some(header) =
        CorsHeader::from_name(bare.as_bytes()).filter(|header| answers().any(|known| known == *header))
    {
        return Some(Misnomer::Delimited(header));
    }
    let lower = bare.to_ascii_lowercase().replace(NO_HYPHENS, "-");
    if KNOWN.contains(&lower.as_str()) {
        return None;
    }
    let habit = HABITS.iter().find(|(habit, _)| *habit == lower).map(|(_, header)| *header);
    let nearest = || {
        let edits =
            |header: CorsHeader| Some((edits(&lower, &header.name().to_ascii_lowercase(), MOST_EDITS)?, header));
        answers().filter_map(edits).min_by_key(|(edits, _)| *edits)
    };
    if let Some(header) = habit.or_else(|| nearest().map(|(_, header)| header)) {
        return Some(Misnomer::Near(header));
    }
    lower.starts_with("access-control").then_some(Misnomer::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_told_from_what_is_known() {
        use CorsHeader::{AllowCredentials, AllowHeaders, AllowMethods, AllowOrigin, ExposeHeaders};
        for (name, expected) in [
            ("Access-Control-Allow-Origin", None),
            ("access-control-max-age", None),
            ("Vary", None),
            ("Origin", None),
            ("Timing-Allow-Origin", None),
            ("Allow", None),
            ("Access-Control-Allow-Private-Network", None),
            ("Access-Control-Allow-Origin:", Some(Misnomer::Delimited(AllowOrigin))),
            ("Access-Control-Allow-Origin ", Some(Misnomer::Delimited(AllowOrigin))),
            ("Access-Control-Allow-Header", Some(Misnomer::Near(AllowHeaders))),
            ("Access-Control-Allow-Method:", Some(Misnomer::Near(AllowMethods))),
            ("Access-Control-Allow-Orgin", Some(Misnomer::Near(AllowOrigin))),
            ("Acces-Contorl-Allow-Origin", Some(Misnomer::Near(AllowOrigin))),
            ("Access_Control_Allow_Origin", Some(Misnomer::Near(AllowOrigin))),
            ("Access\u{2013}Control\u{2013}Allow\u{2013}Origin", Some(Misnomer::Near(AllowOrigin))),
            ("Access-Control-Allow-Credential", Some(Misnomer::Near(AllowCredentials))),
            ("Access-Control-Expose-Header", Some(Misnomer::Near(ExposeHeaders))),
            ("Access-Control-Origin", Some(Misnomer::Near(AllowOrigin))),
            ("Access-Control-Request-Headers", Some(Misnomer::Request(AllowHeaders))),
            ("Access-Control-Allow", Some(Misnomer::Unknown)),
            ("Access-Control-Allow-Everything", Some(Misnomer::Unknown)),
        ] {
            assert_eq!(misnomer(name), expected, "{name:?}");
        }
    }
}
