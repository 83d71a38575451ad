//! One JSON object a line: the findings as in `json`, and the summary last.

use std::io::{self, Write};

use serde::Serialize;

use super::items;
use super::json::{self, FindingJson, FixedJson, Summary};
use super::serialized;
use crate::engine::Outcome;

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<FixedJson<'a>>>,
    summary: Summary<'a>,
}

/// Writes a line for every finding, and the summary last.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    items::lines(&outcome.findings, |finding| FindingJson::new(&outcome.sources, finding), out)?;
    serialized::print(
        &Last { version: json::VERSION, fixed: json::fixed(outcome), summary: Summary::new(outcome) },
        out,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn the_lines_are_those_of_json() {
        let mut outcome = example::deployment();
        outcome.findings[1].message = "two\nlines".into();
        let json: Value = serde_json::from_str(&written(Format::Json, &outcome)).unwrap();
        let lines = written(Format::Jsonl, &outcome);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, findings) = lines.split_last().unwrap();
        assert_eq!(findings, json["findings"].as_array().unwrap());
        assert_eq!((&last["version"], &last["summary"]), (&json["version"], &json["summary"]));
    }
}
