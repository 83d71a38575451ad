//! A long list of findings in JSON: all processors turn findings into text, which is written in the findings' order.

use std::io::{self, Write};

use serde::Serialize;

use super::serialized;
use crate::finding::Finding;
use crate::parallel;

/// How many findings one processor turns into text at a time.
const AT_A_TIME: usize = 256;
/// How often that many are held as text before they are written, so that a long list is never held twice.
const HELD: usize = 32;

/// Writes every finding on a line of its own, as `make` has it.
pub(super) fn lines<'f, T: Serialize>(
    findings: &'f [Finding],
    make: impl Fn(&'f Finding) -> T + Sync,
    out: &mut impl Write,
) -> io::Result<()> {
    each(findings, |finding, text| serialized::print(&make(finding), text), out)
}

/// Writes a document on one line: `frame`, with the findings in the list `key`, which is empty in it.
pub(super) fn within<'f, T: Serialize>(
    (frame, key): (&impl Serialize, &str),
    findings: &'f [Finding],
    make: impl Fn(&'f Finding) -> T + Sync,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut document = Vec::new();
    serialized::print(frame, &mut document)?;
    // No text holds this: in a text, the quotes would be escaped.
    let list = format!("\"{key}\":[");
    let before = memchr::memmem::find(&document, list.as_bytes()).map_or(0, |at| at + list.len());
    let (before, after) = document.split_at(before);
    out.write_all(before)?;
    let item = |finding: &'f Finding, text: &mut Vec<u8>| {
        if !findings.first().is_some_and(|first| std::ptr::eq(first, finding)) {
            text.push(b',');
        }
        serialized::serialize(&make(finding), text)
    };
    each(findings, item, out)?;
    out.write_all(after)
}

fn each<'f>(
    findings: &'f [Finding],
    item: impl Fn(&'f Finding, &mut Vec<u8>) -> io::Result<()> + Sync,
    out: &mut impl Write,
) -> io::Result<()> {
    for held in findings.chunks(AT_A_TIME * HELD) {
        let parts: Vec<&[Finding]> = held.chunks(AT_A_TIME).collect();
        let texts = parallel::map(&parts, 1, |part| {
            let mut text = Vec::new();
            part.iter().try_for_each(|finding| item(finding, &mut text)).map(|()| text)
        });
        texts.into_iter().try_for_each(|text| out.write_all(&text?))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{AT_A_TIME, HELD};
    use crate::report::Format;
    use crate::report::example;

    #[test]
    fn a_long_list_is_told_in_its_order() {
        let (mut outcome, file) = example::file("a.conf", b"x");
        let count = AT_A_TIME * HELD + AT_A_TIME + 1;
        let place = example::place(&outcome, file, "x");
        outcome.findings = (0..count).map(|number| example::finding(place, &number.to_string(), "")).collect();
        let json = |format| -> Value { serde_json::from_str(&example::written(format, &outcome)).unwrap() };
        let numbers = |list: &Value, message: &str| -> Vec<usize> {
            let of = |item: &Value| item.pointer(message).and_then(Value::as_str).unwrap().parse().unwrap();
            list.as_array().unwrap().iter().map(of).collect()
        };
        let wanted: Vec<usize> = (0..count).collect();
        assert_eq!(numbers(&json(Format::Json)["findings"], "/message"), wanted);
        let told = numbers(&json(Format::Sarif)["runs"][0]["results"], "/message/text");
        assert_eq!(told, wanted);
        let lines = example::written(Format::Rdjsonl, &outcome);
        let lines: Value = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        assert_eq!(numbers(&lines, "/message"), wanted);
    }
}
