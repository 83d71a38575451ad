//! Foreign origins that an expression for allowed ones lets in.
//!
//! An expression is taken apart into its ways (see `ways.rs`). Each way shows which host is meant; around that text
//! candidates are made: something before it where no `^` forbids it, something behind it where no `$` does, another
//! character for a dot that is not escaped, another text where `.*` takes any. A candidate counts only if nginx's match
//! accepts it, if it is an origin that browsers send, and if somebody else can register its host. An expression that
//! admits none of them is sound as far as anybody can tell, however odd it looks (A5.11).

use std::collections::BTreeSet;

use crate::cors::origin::Origin;
use crate::cors::registrable::registrable;
use crate::cors::serialized::check_serialized;
use crate::nginx::limits::{self, Limit};
use crate::nginx::regex::Regexes;
use crate::nginx::regex::alternatives::{PatternPiece, PatternWay, alternatives};

/// How many candidates one expression is asked about.
const MAX_CANDIDATES: usize = 8192;
/// How many steps a candidate takes beside its bytes.
const STEPS_OF_A_CANDIDATE: u64 = 6;
/// How many of its bytes are taken apart in the time of one step.
const BYTES_OF_A_STEP: usize = 8;
/// Texts that may be before a way that has no `^`.
const BEFORE: &[&str] =
    &["", "https://", "https:", "https", "http", "https://elsewhere-", "https://elsewhere", "https://elsewhere."];
/// Texts that may be behind a way that has no `$`.
const BEHIND: &[&str] = &["", ".elsewhere.example", "elsewhere.example", "-elsewhere.example", "/elsewhere.example"];
/// Texts that may be where a run of characters is open.
const FILLS: &[&str] = &[
    "",
    "elsewhere-",
    "elsewhere",
    "-elsewhere",
    ".elsewhere.example",
    "elsewhere.example",
    "-elsewhere.example",
    "//elsewhere",
    "net",
];

/// The gap through which a foreign origin matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing ties the expression to the origin's start.
    Start,
    /// Nothing ties it to the origin's end.
    End,
    /// An anchor ties one of its alternatives only, for lack of parentheses around them.
    Ungrouped,
    /// A run of any characters takes in more than the labels of a host.
    Run,
    /// It takes in names that anybody can register.
    Shared,
    /// A dot stands for any character.
    Dot,
}

impl Gap {
    /// Returns what stands there.
    pub fn words(self) -> &'static str {
        match self {
            Gap::Start => "anything may stand before this",
            Gap::End => "anything may stand behind this",
            Gap::Ungrouped => "`^` and `$` each hold for one alternative only",
            Gap::Run => "takes in more than whole labels of the host",
            Gap::Shared => "takes in names that anybody can register",
            Gap::Dot => "a dot here is any character",
        }
    }
}

/// A foreign origin that an expression lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intruder {
    /// The origin, as browsers send it.
    pub origin: String,
    /// The gap through which it matches.
    pub gap: Gap,
    /// The host that the alternative means.
    pub meant: String,
}

/// The foreign origins that `pattern` lets in, at most one for each of its alternatives; those that need more than a dot's
/// carelessness first.
pub fn intruders(regexes: &Regexes, pattern: &[u8], ignore_case: bool) -> Vec<Intruder> {
    let found = alternatives(pattern);
    let meant: Vec<String> = found.ways.iter().map(PatternWay::host).collect();
    let own = OwnPart::new(&meant);
    let anchored = found.ways.iter().any(|way| way.from_start || way.to_end);
    let mut asked = 0;
    let mut intruders: Vec<Intruder> = Vec::new();
    for (way, meant) in found.ways.iter().zip(&meant).filter(|(_, meant)| !meant.is_empty()) {
        let mut best: Option<Intruder> = None;
        for (origin, gap) in way.candidates() {
            let better = best.as_ref().is_none_or(|best| best.gap == Gap::Dot && gap != Gap::Dot);
            if !better {
                continue;
            }
            asked += 1;
            // A candidate is a host of its own, which is taken apart and matched.
            limits::spend(STEPS_OF_A_CANDIDATE + (origin.len() / BYTES_OF_A_STEP) as u64);
            if asked > MAX_CANDIDATES || limits::is_spent() {
                limits::meet(if limits::is_spent() { Limit::Budget } else { Limit::Expression });
                break;
            }
            if own.is_foreign(&origin) && regexes.is_match(pattern, ignore_case, origin.as_bytes()) == Some(true) {
                let ungrouped = found.ungrouped && anchored && matches!(gap, Gap::Start | Gap::End);
                let gap = match gap {
                    _ if ungrouped => Gap::Ungrouped,
                    Gap::Run if is_shared(&origin, meant) => Gap::Shared,
                    _ => gap,
                };
                best = Some(Intruder { origin, gap, meant: meant.clone() });
            }
        }
        intruders.extend(best.filter(|best| intruders.iter().all(|known| known.origin != best.origin)));
    }
    intruders.sort_by_key(|intruder| (intruder.gap == Gap::Dot, intruder.origin.starts_with("http:")));
    intruders
}

/// Returns whether the intruder is a name of its own in a domain where each belongs to somebody else: `anything.vercel.app`, `example.net`.
fn is_shared(origin: &str, meant: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host).split(':').next().unwrap_or_default();
    let Some((_, parent)) = registrable(host).split_once('.') else { return false };
    match meant.strip_suffix(parent) {
        Some(own) => own.is_empty() || own.ends_with("-.") || !own.ends_with('.'),
        None => true,
    }
}

/// Returns whether every way through `pattern` wants a slash behind the host, which no Origin has.
pub fn needs_path(pattern: &[u8]) -> bool {
    let found = alternatives(pattern).ways;
    !found.is_empty()
        && found.iter().all(|way| {
            let fixed = way.pieces.iter().map(|piece| match piece {
                PatternPiece::Text(text) => text.as_str(),
                PatternPiece::Dot | PatternPiece::Fill(_) => "x",
            });
            let text: String = fixed.collect();
            text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
        })
}

/// The origins that `pattern` means to let in, one for each of its alternatives whose text is one: `https` where it names no
/// scheme, open runs as short as can be.
pub fn meant_origins(pattern: &[u8]) -> Vec<Origin> {
    alternatives(pattern).ways.iter().filter_map(PatternWay::origin).collect()
}

/// The origins that an expression is meant for.
struct OwnPart<'m> {
    /// The registrable parts of the hosts it names.
    hosts: BTreeSet<&'m str>,
    /// Their top-level domains, under which others can register.
    tops: BTreeSet<&'m str>,
}

impl<'m> OwnPart<'m> {
    fn new(meant: &'m [String]) -> Self {
        let tops = meant.iter().filter_map(|host| host.rsplit_once('.')).map(|(_, top)| top);
        let hosts = meant.iter().map(|host| registrable(host)).collect();
        OwnPart { hosts, tops: tops.chain(["example", "net", "com", "org"]).collect() }
    }

    /// Returns whether a page of that origin can exist and belong to somebody else.
    fn is_foreign(&self, text: &str) -> bool {
        let Ok(origin) = check_serialized(text) else { return false };
        let (Some("http" | "https"), Some(host)) = (origin.scheme(), origin.host()) else { return false };
        let well_formed =
            host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        let top = host.rsplit_once('.').map(|(_, top)| top);
        let open = top.is_some_and(|top| self.tops.contains(top)) && !origin.is_loopback() && !origin.is_private();
        open && well_formed && !self.hosts.contains(registrable(host))
    }
}

impl PatternWay {
    /// The text of the way with `swap` in the place of one piece, in lower case as browsers send hosts.
    fn with(&self, swap: Option<(usize, &str)>) -> String {
        let text = |(index, piece): (usize, &PatternPiece)| match (swap, piece) {
            (Some((at, text)), _) if at == index => text.to_owned(),
            (_, PatternPiece::Text(text) | PatternPiece::Fill(text)) => text.clone(),
            (_, PatternPiece::Dot) => ".".to_owned(),
        };
        let whole: String = self.pieces.iter().enumerate().map(text).collect();
        whole.to_ascii_lowercase()
    }

    /// The host that is meant, as far as its text tells: without scheme, port, and what may be anything. Empty where none is.
    fn host(&self) -> String {
        let fixed = |piece: &PatternPiece| match piece {
            PatternPiece::Text(text) => text.clone(),
            PatternPiece::Dot => ".".to_owned(),
            PatternPiece::Fill(_) => String::new(),
        };
        let text: String = self.pieces.iter().map(fixed).collect::<String>().to_ascii_lowercase();
        let host = match text.split_once("//") {
            Some((_, host)) => host,
            None => text.split_once(":/").map_or(text.as_str(), |(_, host)| host),
        };
        let host = host.split(['/', ':']).next().unwrap_or_default();
        host.trim_matches(['.', '-']).to_owned()
    }

    /// An origin that the way means to let in, if its text is one: its open runs as short as can be.
    fn origin(&self) -> Option<Origin> {
        let text = self.with(None);
        let text = if text.contains("://") || self.from_start {
            text
        } else {
            format!("https://{}", text.trim_start_matches(['.', '/']))
        };
        check_serialized(&text).ok()
    }

    /// Texts near what is meant, the plainest first, and what each of them tries.
    fn candidates(&self) -> Vec<(String, Gap)> {
        let mut bodies = Vec::new();
        let pieces = || self.pieces.iter().enumerate();
        for (index, _) in pieces().filter(|(_, piece)| matches!(piece, PatternPiece::Fill(_))) {
            bodies.extend(FILLS.iter().map(|fill| (self.with(Some((index, fill))), Some(Gap::Run))));
        }
        bodies.push((self.with(None), None));
        for (index, _) in pieces().filter(|(_, piece)| **piece == PatternPiece::Dot) {
            bodies.extend(["x", "-"].iter().map(|other| (self.with(Some((index, other))), Some(Gap::Dot))));
        }
        let before = if self.from_start { &BEFORE[..1] } else { BEFORE };
        let behind = if self.to_end { &BEHIND[..1] } else { BEHIND };
        let mut candidates = Vec::new();
        for (body, gap) in &bodies {
            for end in behind {
                for start in before {
                    let tried = match (gap, start.contains("elsewhere"), end.is_empty()) {
                        (Some(gap), false, true) => *gap,
                        (_, true, true) => Gap::Start,
                        (_, _, false) => Gap::End,
                        (None, false, true) => Gap::Run,
                    };
                    candidates.push((format!("{start}{body}{end}"), tried));
                }
            }
        }
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &str, ignore_case: bool) -> Vec<String> {
        let found = intruders(&Regexes::default(), pattern.as_bytes(), ignore_case);
        found.into_iter().map(|intruder| format!("{:?} {}", intruder.gap, intruder.origin)).collect()
    }

    /// Each line: an expression, and what it lets in.
    #[test]
    fn what_expressions_let_in() {
        let table = include_str!("foreign_match.tsv");
        let mut wrong = Vec::new();
        for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (pattern, expected) = line.split_once('\t').unwrap_or((line, ""));
            let (bare, ignore_case) = pattern.strip_prefix("~*").map_or((pattern, false), |bare| (bare, true));
            let found = shown(bare, ignore_case).join(", ");
            if found != expected.trim() {
                wrong.push(format!("{pattern}\t{found}"));
            }
        }
        assert!(wrong.is_empty(), "these lines should be\n{}", wrong.join("\n"));
    }

    #[test]
    fn expressions_that_want_a_path_match_no_origin() {
        for pattern in ["^https://app\\.example\\.com/$", "https?://(a|b)/", "^https://.*\\.example\\.com/.*"] {
            assert!(needs_path(pattern.as_bytes()), "{pattern}");
        }
        for pattern in ["^https://app\\.example\\.com(/|$)", "^https://app/?$", "(", "example"] {
            assert!(!needs_path(pattern.as_bytes()), "{pattern}");
        }
    }

    #[test]
    fn what_is_meant_is_one_origin_an_alternative() {
        let origins = meant_origins(br"^https?://(app\.example\.com|localhost(:[0-9]+)?)$");
        let shown: Vec<String> = origins.iter().map(Origin::to_string).collect();
        for wanted in ["https://app.example.com", "http://app.example.com", "http://localhost"] {
            assert!(shown.iter().any(|origin| origin == wanted), "{wanted} in {shown:?}");
        }
    }

    #[test]
    fn many_alternatives_are_looked_at_within_bounds() {
        let names: Vec<String> = (0..2000).map(|n| format!(r"site{n}\.example\.com")).collect();
        let pattern = format!("^https?://(www\\.)?({})$", names.join("|"));
        assert_eq!(shown(&pattern, false), Vec::<String>::new());
        assert_eq!(shown(&"(a|b)?".repeat(200), false), Vec::<String>::new());
    }
}
