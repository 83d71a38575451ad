//! GitLab's code quality report: a JSON array of issues.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::serialized;
use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// Writes the array.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    serialized::print(&Issues(outcome), out)
}

/// The findings, turned into issues one after the other.
struct Issues<'a>(&'a Outcome);

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Issues(outcome) = self;
        serializer.collect_seq(outcome.findings.iter().map(|finding| Issue::new(outcome, finding)))
    }
}

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: GitlabLocation<'a>,
}

#[derive(Serialize)]
struct GitlabLocation<'a> {
    path: &'a str,
    lines: GitlabLines,
}

#[derive(Serialize)]
struct GitlabLines {
    begin: u32,
    end: u32,
}

impl<'a> Issue<'a> {
    fn new(outcome: &'a Outcome, finding: &'a Finding) -> Self {
        let place = finding.primary.place;
        let source = outcome.sources.get(place.file);
        let (start, end) = source.positions(place.span);
        let lines = GitlabLines { begin: start.line, end: end.line };
        Issue {
            description: &finding.message,
            check_name: finding.rule,
            fingerprint: finding.fingerprint.to_string(),
            severity: match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Advice => "info",
            },
            location: GitlabLocation { path: source.repository_path(), lines },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn an_issue_has_what_gitlab_documents() {
        let mut outcome = example::deployment();
        outcome.findings.truncate(1);
        let issues: Value = serde_json::from_str(&written(Format::Gitlab, &outcome)).unwrap();
        let expected = json!([{
            "description": "no browser sends an origin that ends in a slash", "check_name": "origin-trailing-slash",
            "fingerprint": "00000000000000000000000000000000", "severity": "major",
            "location": {"path": "nginx.conf", "lines": {"begin": 4, "end": 4}},
        }]);
        assert_eq!(issues, expected);
        outcome.findings.clear();
        assert_eq!(written(Format::Gitlab, &outcome), "[]\n");
    }
}
