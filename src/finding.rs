//! A finding: a severity, three short texts, and places.

use std::borrow::Cow;
use std::fmt;

use crate::cors::request::Request;
use crate::redact::Redactor;
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
    /// The label, in lower case, the user's own values in backticks.
    pub text: Cow<'static, str>,
}

impl Label {
    /// Returns what stands at a place.
    pub fn new(place: Place, text: impl Into<Cow<'static, str>>) -> Self {
        Label { place, text: text.into() }
    }
}

/// A replacement of some bytes; an empty text deletes, an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub place: Place,
    /// The new text.
    pub text: String,
}

/// How to mend the fault by machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// True if it changes nothing but the fault.
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

    /// The same with edits in ascending order that neither overlap nor meet: two directives of one line that are both taken out share the
    /// blanks between them. `None` where two edits replace the same bytes by different texts, so that not both can be made.
    pub(crate) fn settled(mut self) -> Option<Self> {
        if self.edits.len() < 2 {
            return Some(self);
        }
        self.edits.sort_by_key(|edit| edit.place);
        let mut settled: Vec<Edit> = Vec::with_capacity(self.edits.len());
        for edit in self.edits {
            match settled.last_mut().filter(|last| last.meets(&edit)) {
                Some(last) => last.take_in(edit)?,
                None => settled.push(edit),
            }
        }
        Some(Fix { edits: settled, ..self })
    }
}

impl Edit {
    /// Returns whether a later edit overlaps this one, or inserts where it ends or starts.
    fn meets(&self, later: &Edit) -> bool {
        let (span, other) = (self.place.span, later.place.span);
        let touches = other.start == span.end && (span.is_empty() || other.is_empty());
        self.place.file == later.place.file && (other.start < span.end || touches)
    }

    /// Makes one edit of two that meet. Of two insertions the first one comes first.
    fn take_in(&mut self, later: Edit) -> Option<()> {
        let overlaps = later.place.span.start < self.place.span.end && !later.place.span.is_empty();
        match (self.place == later.place && self.text == later.text, overlaps) {
            // What one fix says twice is said once.
            (true, _) => return Some(()),
            (false, true) if !(self.text.is_empty() && later.text.is_empty()) => return None,
            _ => self.text.push_str(&later.text),
        }
        self.place.span = self.place.span.to(later.place.span);
        Some(())
    }
}

/// A fault that was mended, for a record of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The rule's id.
    pub rule: &'static str,
    /// The file's path as findings show it.
    pub path: String,
    /// Where it was, as lines and columns counted then.
    pub position: Position,
    /// The message: the effect on the browser.
    pub message: Cow<'static, str>,
    /// True if the fix changed nothing but the fault.
    pub safe: bool,
}

/// The identity of a fault from one run to the next; see [`crate::fingerprint`].
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
    /// The message: the effect on the browser.
    pub message: Cow<'static, str>,
    /// The fault.
    pub primary: Label,
    /// Places that belong to it elsewhere, perhaps in another file.
    pub related: Vec<Label>,
    /// The help.
    pub help: Option<Cow<'static, str>>,
    /// The request that shows the fault.
    pub request: Option<Request>,
    /// How to mend it by machine.
    pub fix: Option<Fix>,
    /// True if the fix writes a secret that stands in the file already, so that no report may show it.
    pub has_secret_fix: bool,
    /// Its fingerprint; the engine sets it once all findings are known.
    pub fingerprint: Fingerprint,
}

impl Finding {
    /// The fix as far as a report may show it.
    pub fn shown_fix(&self) -> Option<&Fix> {
        self.fix.as_ref().filter(|_| !self.has_secret_fix)
    }

    /// The same without what is secret, in every text.
    pub(crate) fn redacted(&mut self, redactor: &Redactor) {
        let labels = self.related.iter_mut().chain([&mut self.primary]).map(|label| &mut label.text);
        for text in labels.chain([&mut self.message]).chain(&mut self.help) {
            if let Cow::Owned(shown) = redactor.text(text) {
                *text = shown.into();
            }
        }
        if let Some(request) = &mut self.request {
            let headers = request.headers.iter_mut().map(|(_, value)| value);
            for text in headers.chain([&mut request.url]) {
                if let Cow::Owned(shown) = redactor.text(text) {
                    *text = shown;
                }
            }
        }
        let is_secret = |edit: &Edit| matches!(redactor.text(&edit.text), Cow::Owned(_));
        self.has_secret_fix = self.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(is_secret));
    }

    /// The same with what to write instead.
    pub fn with_help(self, help: impl Into<Cow<'static, str>>) -> Self {
        Finding { help: Some(help.into()), ..self }
    }

    /// The same with the places that belong to it, and what stands there.
    pub fn beside(mut self, places: impl IntoIterator<Item = (Place, &'static str)>) -> Self {
        let labels = places.into_iter().map(|(place, text)| Label::new(place, text));
        // Most findings have one such place, and a vector that grows takes room for four.
        self.related.reserve_exact(labels.size_hint().0);
        self.related.extend(labels);
        self
    }

    /// The same with the request that shows it. Without a request that meets the fault, it is a trap for the one that will.
    pub fn shown_by(self, request: Option<Request>) -> Self {
        let severity = if request.is_some() { self.severity } else { self.severity.min(Severity::Warning) };
        Finding { severity, request, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    #[test]
    fn edits_of_one_fix_never_overlap() {
        let edit = |(start, end, text): (u32, u32, &str)| Edit {
            place: Place { file: FileId(0), span: Span { start, end } },
            text: text.to_owned(),
        };
        let check = |edits: &[(u32, u32, &str)], expected: Option<&[(u32, u32, &str)]>| {
            let settled = Fix { safe: true, edits: edits.iter().copied().map(edit).collect() }.settled();
            let expected = expected.map(|edits| edits.iter().copied().map(edit).collect::<Vec<_>>());
            assert_eq!(settled.map(|fix| fix.edits), expected, "{edits:?}");
        };
        check(&[(6, 9, ""), (2, 4, "")], Some(&[(2, 4, ""), (6, 9, "")]));
        check(&[(2, 5, ""), (4, 9, "")], Some(&[(2, 9, "")]));
        check(&[(2, 4, ""), (4, 9, "")], Some(&[(2, 4, ""), (4, 9, "")]));
        check(&[(2, 4, ""), (4, 4, "x")], Some(&[(2, 4, "x")]));
        check(&[(4, 9, ""), (4, 4, "x")], Some(&[(4, 9, "x")]));
        check(&[(4, 4, "x"), (4, 4, "y")], Some(&[(4, 4, "xy")]));
        check(&[(4, 4, "x"), (4, 4, "x")], Some(&[(4, 4, "x")]));
        check(&[(2, 9, ""), (4, 4, "x")], Some(&[(2, 9, "x")]));
        check(&[(2, 5, "a"), (4, 9, "b")], None);
        check(&[(2, 5, ""), (4, 9, "b")], None);
    }
}
