//! SARIF 2.1.0, for code scanning.
//!
//! Paths are relative to the repository's root, `SRCROOT`, whose own place is left out: the same files give the same document on every
//! machine.

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::items;
use crate::engine::Outcome;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::rule::Rule;
use crate::rules;
use crate::source::{Place, Source, Sources};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The characters that a path keeps in a URI: unreserved characters and `/`. Not `:`, which would make a scheme of what stands before it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Writes the log of one run.
pub(super) fn write(exit_code: u8, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let mut indices: BTreeMap<&str, usize> = outcome.findings.iter().map(|finding| (finding.rule, 0)).collect();
    let used = rules::ALL.iter().filter(|rule| indices.contains_key(rule.id));
    let rules: Vec<RuleSarif<'_>> = used.map(|rule| RuleSarif::new(rule)).collect();
    for (index, rule) in rules.iter().enumerate() {
        indices.insert(rule.id, index);
    }
    let run = SarifRun {
        tool: SarifTool {
            driver: Driver {
                name: "corslint",
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules,
            },
        },
        invocations: [Invocation::new(exit_code, outcome)],
        original_uri_base_ids: Bases { root: Base { description: text("The root of the repository.") } },
        column_kind: "unicodeCodePoints",
        results: [],
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let index = |finding: &Finding| indices.get(finding.rule).copied().unwrap_or_default();
    let result = |finding| ResultSarif::new(&outcome.sources, finding, index(finding));
    items::within((&log, "results"), &outcome.findings, result, out)
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [SarifRun<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'a> {
    tool: SarifTool<'a>,
    invocations: [Invocation<'a>; 1],
    original_uri_base_ids: Bases,
    column_kind: &'a str,
    /// Written one by one.
    results: [(); 0],
}

#[derive(Serialize)]
struct SarifTool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<RuleSarif<'a>>,
}

#[derive(Serialize)]
struct Bases {
    #[serde(rename = "SRCROOT")]
    root: Base,
}

#[derive(Serialize)]
struct Base {
    description: Message<'static>,
}

/// A text; SARIF has an object for it.
#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

fn text<'a>(text: impl Into<std::borrow::Cow<'a, str>>) -> Message<'a> {
    Message { text: text.into() }
}

/// A message in which `[` and `]` mean themselves, as they do not where they could make a link.
fn message(words: &str) -> Message<'_> {
    if words.contains("](") {
        text(words.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]"))
    } else {
        text(words)
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleSarif<'a> {
    id: &'a str,
    short_description: Message<'a>,
    full_description: Message<'a>,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 1],
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

impl<'a> RuleSarif<'a> {
    fn new(rule: &'a Rule) -> Self {
        let markdown = super::rule::markdown(rule);
        let why = markdown.split_once("## Why it matters").map_or("", |(_, after)| after);
        let why = why.split("\n## ").next().unwrap_or_default().trim().to_owned();
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "recommendation",
        };
        RuleSarif {
            id: rule.id,
            short_description: text(rule.summary()),
            full_description: if why.is_empty() { text(rule.summary()) } else { text(why) },
            help: Help { text: markdown.clone(), markdown },
            default_configuration: Configuration { level: level(rule.severity) },
            properties: RuleProperties { tags: ["cors"], severity },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    level: &'static str,
    message: Message<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<[FileLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileLocation {
    physical_location: FileOnly,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileOnly {
    artifact_location: Artifact,
}

impl<'a> Invocation<'a> {
    /// A run that could not read everything has not been a success, and says of what.
    fn new(exit_code: u8, outcome: &'a Outcome) -> Self {
        let sources: BTreeMap<&str, &Source> =
            outcome.sources.iter().map(|(_, source)| (source.path.as_str(), source)).collect();
        let notification = |path: &'a String| Notification {
            level: "warning",
            message: text(format!("not analysed, or not wholly: {path}")),
            locations: sources.get(path.as_str()).map(|source| {
                [FileLocation { physical_location: FileOnly { artifact_location: Artifact::new(source) } }]
            }),
        };
        Invocation {
            execution_successful: outcome.not_analysed.is_empty(),
            exit_code,
            tool_execution_notifications: outcome.not_analysed.iter().map(notification).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultSarif<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Message<'a>,
    locations: [SarifLocation<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<SarifLocation<'a>>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<[FixSarif<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "corslint/v1")]
    own: String,
}

#[derive(Serialize)]
struct Properties {
    reproduce: String,
}

impl<'a> ResultSarif<'a> {
    fn new(sources: &'a Sources, finding: &'a Finding, rule_index: usize) -> Self {
        let location = |label| SarifLocation::new(sources, label);
        ResultSarif {
            rule_id: finding.rule,
            rule_index,
            level: level(finding.severity),
            message: message(&finding.message),
            locations: [location(&finding.primary)],
            related_locations: finding.related.iter().map(location).collect(),
            partial_fingerprints: Fingerprints { own: finding.fingerprint.to_string() },
            fixes: finding.shown_fix().map(|fix| [FixSarif::new(sources, finding, fix)]),
            properties: finding.request.as_ref().map(|request| Properties { reproduce: request.curl() }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation<'a> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

impl<'a> SarifLocation<'a> {
    fn new(sources: &'a Sources, label: &'a Label) -> Self {
        let artifact_location = Artifact::new(sources.get(label.place.file));
        SarifLocation {
            physical_location: Physical { artifact_location, region: Region::new(sources, label.place) },
            message: (!label.text.is_empty()).then(|| message(&label.text)),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl Artifact {
    /// The file by its path in the repository, or by its own.
    fn new(source: &Source) -> Self {
        let encoded = utf8_percent_encode(source.repository_path(), ENCODED).to_string();
        if source.in_repository.is_some() {
            return Artifact { uri: encoded, uri_base_id: Some("SRCROOT") };
        }
        let uri = if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded };
        Artifact { uri, uri_base_id: None }
    }
}

/// Lines and characters from 1; the end is the position after the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl Region {
    fn new(sources: &Sources, place: Place) -> Self {
        let source = sources.get(place.file);
        let (start, end) = source.positions(place.span);
        Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixSarif<'a> {
    description: Message<'a>,
    artifact_changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: Vec<SarifReplacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifReplacement<'a> {
    deleted_region: Region,
    inserted_content: Message<'a>,
}

impl<'a> FixSarif<'a> {
    fn new(sources: &'a Sources, finding: &'a Finding, fix: &'a Fix) -> Self {
        let mut edits: Vec<&Edit> = fix.edits.iter().collect();
        edits.sort_by_key(|edit| edit.place);
        let replacement = |edit: &&'a Edit| SarifReplacement {
            deleted_region: Region::new(sources, edit.place),
            inserted_content: text(edit.text.as_str()),
        };
        let by_file = edits.chunk_by(|one, other| one.place.file == other.place.file);
        let changes = by_file.filter_map(|edits| {
            let artifact_location = Artifact::new(sources.get(edits.first()?.place.file));
            Some(Change { artifact_location, replacements: edits.iter().map(replacement).collect() })
        });
        let words = finding.help.as_deref().unwrap_or("mend it by machine");
        FixSarif { description: message(words), artifact_changes: changes.collect() }
    }
}
