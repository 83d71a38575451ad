//! Names that are nearly those of CORS headers.

use super::header::CorsHeader;

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
const ANSWERS: [CorsHeader; 6] = [
    CorsHeader::AllowOrigin,
    CorsHeader::AllowCredentials,
    CorsHeader::AllowMethods,
    CorsHeader::AllowHeaders,
    CorsHeader::ExposeHeaders,
    CorsHeader::MaxAge,
];
/// What people write, too far from the header to be an edit of its name, in lower case.
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
/// What stands in the place of a hyphen where a name was typed by habit, or copied out of a text that was set.
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
    if let Some(header) = CorsHeader::from_name(bare.as_bytes()).filter(|header| ANSWERS.contains(header)) {
        return Some(Misnomer::Delimited(header));
    }
    let lower = bare.to_ascii_lowercase().replace(NO_HYPHENS, "-");
    if KNOWN.contains(&lower.as_str()) {
        return None;
    }
    let habit = HABITS.iter().find(|(habit, _)| *habit == lower).map(|(_, header)| *header);
    let nearest = || {
        let edits = |header: CorsHeader| (distance(&lower, &header.name().to_ascii_lowercase()), header);
        ANSWERS.into_iter().map(edits).min_by_key(|(edits, _)| *edits).filter(|(edits, _)| *edits <= MOST_EDITS)
    };
    if let Some(header) = habit.or_else(|| nearest().map(|(_, header)| header)) {
        return Some(Misnomer::Near(header));
    }
    lower.starts_with("access-control").then_some(Misnomer::Unknown)
}

/// How many letters have to be changed, added, taken away or swapped with their neighbour; more than [`MOST_EDITS`] where it is more
/// than that, which is all that is said then: names come by the thousands, and of two names only what lies this near to one another is
/// compared.
fn distance(left: &str, right: &str) -> usize {
    const FAR: usize = MOST_EDITS + 1;
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len().abs_diff(right.len()) > MOST_EDITS {
        return FAR;
    }
    // Three rows are enough. The first says how far the empty text is from each start of the other.
    let mut before = vec![FAR; right.len() + 1];
    let mut row: Vec<usize> = (0..=right.len()).map(|count| count.min(FAR)).collect();
    let mut next = before.clone();
    for (i, a) in left.iter().enumerate() {
        next.fill(FAR);
        next[0] = (i + 1).min(FAR);
        let mut nearest = next[0];
        for j in i.saturating_sub(MOST_EDITS)..right.len().min(i + MOST_EDITS + 1) {
            let changed = row[j] + usize::from(*a != right[j]);
            let mut least = changed.min(row[j + 1] + 1).min(next[j] + 1);
            let swapped = i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == right[j];
            if swapped {
                least = least.min(before[j - 1] + 1);
            }
            next[j + 1] = least.min(FAR);
            nearest = nearest.min(least);
        }
        if nearest >= FAR {
            return FAR;
        }
        std::mem::swap(&mut before, &mut row);
        std::mem::swap(&mut row, &mut next);
    }
    row.last().copied().unwrap_or(0)
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

    #[test]
    fn edits_are_counted_up_to_the_most() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abcd", "badc", 2),
            ("abcdef", "bacdfe", 2),
            ("abcdefg", "bcdefgh", 2),
            ("abc", "xyz", 3),
            ("abcdefgh", "abdcfegx", 3),
            ("short", "much longer", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left:?} and {right:?}");
            assert_eq!(distance(right, left), expected, "{right:?} and {left:?}");
        }
    }
}
