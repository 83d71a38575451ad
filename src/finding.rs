//! What a rule reports: a severity, three short texts, and places.

use std::borrow::Cow;
use std::fmt;

use crate::cors::request::Request;
use crate::source::{Place, Position};

/// How sure and how bad; see the promise each word makes in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It works and could be better. Never fails a run by default.
    Advice,
    /// It fails under a condition the finding names, or is a trap.
    Warning,
    /// There is a browser request that fails, or a foreign origin that gets in.
    Error,
}

impl Severity {
    /// The word users read and write.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What stands there, in lower case, the user's own values in backticks.
    pub text: Cow<'static, str>,
}

impl Label {
    /// What stands at a place.
    pub fn new(place: Place, text: impl Into<Cow<'static, str>>) -> Self {
        Label { place, text: text.into() }
    }
}

/// A replacement of some bytes; an empty text deletes, an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub place: Place,
    /// What to write there.
    pub text: String,
}

/// How to mend the fault by machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it changes nothing but the fault.
    pub safe: bool,
    /// The edits; they never overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// The fix of one edit that changes nothing but the fault.
    pub fn safe(edit: Edit) -> Self {
        Fix { safe: true, edits: vec![edit] }
    }

    /// The fix of one edit that changes what is allowed.
    pub fn risky(edit: Edit) -> Self {
        Fix { safe: false, edits: vec![edit] }
    }
}

/// A fault that was mended, for whoever wants a record of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The rule's id.
    pub rule: &'static str,
    /// The file's path as findings show it.
    pub path: String,
    /// Where it was, as lines and columns counted then.
    pub position: Position,
    /// What went wrong for the browser.
    pub message: Cow<'static, str>,
    /// Whether the fix changed nothing but the fault.
    pub safe: bool,
}

/// What a fault is known by from one run to the next; see [`crate::fingerprint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// One fault at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad this one is; a rule may report below its own severity.
    pub severity: Severity,
    /// What goes wrong for the browser.
    pub message: Cow<'static, str>,
    /// The fault.
    pub primary: Label,
    /// What belongs to it elsewhere, perhaps in another file.
    pub related: Vec<Label>,
    /// What to write instead.
    pub help: Option<Cow<'static, str>>,
    /// The request that shows the fault.
    pub request: Option<Request>,
    /// How to mend it by machine.
    pub fix: Option<Fix>,
    /// What it is known by; the engine sets it once all findings are known.
    pub fingerprint: Fingerprint,
}

impl Finding {
    /// The same with what to write instead.
    pub fn with_help(self, help: impl Into<Cow<'static, str>>) -> Self {
        Finding { help: Some(help.into()), ..self }
    }

    /// The same with the places that belong to it, and what stands there.
    pub fn beside(mut self, places: impl IntoIterator<Item = (Place, &'static str)>) -> Self {
        self.related.extend(places.into_iter().map(|(place, text)| Label::new(place, text)));
        self
    }

    /// The same with the request that shows it. Without a request that meets the fault, it is a trap for the one that will.
    pub fn shown_by(self, request: Option<Request>) -> Self {
        let severity = if request.is_some() { self.severity } else { self.severity.min(Severity::Warning) };
        Finding { severity, request, ..self }
    }
}
