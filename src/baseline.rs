//! The baseline: findings that were there before, so that a run shows what is new.
//!
//! Entries are told by their fingerprints ([`crate::fingerprint`]) alone; what else stands in the file is for people. Values of .env
//! files never do: where a .env file has a part in a finding, the file says what the rule is about and not what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::engine::Outcome;
use crate::engine::Repository;
use crate::finding::Finding;
use crate::report::visible;
use crate::rules;

/// The one version of the file that is read and written.
const VERSION: u64 = 1;
/// The largest file that is read, in bytes.
pub const MAX_BASELINE_BYTES: u64 = 64 * 1024 * 1024;
/// How many characters of a message are kept.
const MOST_CHARACTERS: usize = 300;

/// Findings that are known, by their fingerprints.
#[derive(Debug, Default)]
pub struct Baseline {
    entries: BTreeMap<String, KnownFinding>,
}

/// A known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownFinding {
    /// The file's path in the repository, `/`-separated.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// The fingerprint of the finding.
    pub fingerprint: String,
    /// Its message when it was written.
    pub message: String,
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    findings: Vec<KnownFinding>,
}

impl Baseline {
    /// Reads the text of a baseline file.
    ///
    /// # Errors
    ///
    /// Why it is none, in lower case: it is broken, or of a version that is not known here.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let broken = |error: serde_json::Error| {
            format!(
                "it is no baseline: line {}, column {} is not as `--write-baseline` writes it",
                error.line(),
                error.column()
            )
        };
        // The version first: what a later one holds is not known here.
        let Versioned { version } = serde_json::from_slice(text).map_err(broken)?;
        if version != VERSION {
            return Err(format!("it has version {version}, and this corslint reads version {VERSION}"));
        }
        let file: File = serde_json::from_slice(text).map_err(broken)?;
        Ok(Baseline { entries: file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect() })
    }

    /// All findings of a run.
    pub fn of(outcome: &Outcome) -> Self {
        let entries = outcome.findings.iter().map(|finding| {
            let entry = KnownFinding {
                path: outcome.sources.get(finding.primary.place.file).repository_path().to_owned(),
                rule: finding.rule.to_owned(),
                fingerprint: finding.fingerprint.to_string(),
                message: message(outcome, finding),
            };
            (entry.fingerprint.clone(), entry)
        });
        Baseline { entries: entries.collect() }
    }

    /// Writes the file: entries by path, rule and fingerprint, so that a diff shows what came and went.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut findings: Vec<KnownFinding> = self.entries.values().cloned().collect();
        findings.sort_unstable();
        serde_json::to_writer_pretty(&mut *out, &File { version: VERSION, findings })?;
        out.write_all(b"\n")
    }

    /// Takes the findings that are known out of a run and counts them. Gives the entries that are stale: no finding has their
    /// fingerprint, though their rule was asked (`rules` are those asked alone, or none for all) and their file was read or is gone.
    pub fn apply(&self, outcome: &mut Outcome, rules: &[String], repository: &Repository) -> Vec<&KnownFinding> {
        let mut known = BTreeSet::new();
        let before = outcome.findings.len();
        outcome.findings.retain(|finding| match self.entries.get_key_value(&finding.fingerprint.to_string()) {
            Some((fingerprint, _)) => !known.insert(fingerprint),
            None => true,
        });
        let read: BTreeSet<&str> = outcome.sources.iter().map(|(_, source)| source.repository_path()).collect();
        let asked = |entry: &KnownFinding| rules.is_empty() || rules.contains(&entry.rule);
        let seen = |entry: &KnownFinding| read.contains(entry.path.as_str()) || !repository.holds(&entry.path);
        let gone = self.entries.iter().filter(|(fingerprint, _)| !known.contains(fingerprint)).map(|(_, entry)| entry);
        let mut stale: Vec<&KnownFinding> = gone.filter(|entry| asked(entry) && seen(entry)).collect();
        stale.sort_unstable();
        outcome.baselined = before - outcome.findings.len();
        outcome.stale = stale.len();
        stale
    }
}

/// Returns what a finding says, unless a .env file has a part in it.
fn message(outcome: &Outcome, finding: &Finding) -> String {
    let mut labels = std::iter::once(&finding.primary).chain(&finding.related);
    let has_secrets = labels.any(|label| !outcome.sources.get(label.place.file).secrets.is_empty());
    let rule = rules::ALL.iter().find(|rule| rule.id == finding.rule).filter(|_| has_secrets);
    let text = rule.map_or(&*finding.message, |rule| rule.summary());
    visible(text).chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_baseline_says_so() {
        for (text, part) in [
            ("", "it is no baseline: line 1"),
            ("[]", "it is no baseline"),
            ("{\"version\": 1}", "it is no baseline"),
            ("{\"version\": 1, \"findings\": [{\"rule\": \"a\"}]}", "it is no baseline"),
            ("{\"version\": 2, \"entries\": []}", "it has version 2, and this corslint reads version 1"),
        ] {
            let error = Baseline::read(text.as_bytes()).unwrap_err();
            assert!(error.starts_with(part), "{text}: {error}");
        }
        assert!(Baseline::read(b"{\"version\": 1, \"findings\": []}").is_ok());
    }
}
