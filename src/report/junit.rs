//! JUnit XML: a suite a file, a failed test a finding.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::text::{brief, visible};
use crate::engine::Outcome;
use crate::finding::Finding;

/// Some readers want to know how long each test took. It is not told: the same files give the same report.
const NO_TIME: (&str, &str) = ("time", "0");

/// Writes a suite for every file with findings, one with an error for every file that was not analysed, and a passed test where there
/// is neither: readers take a report without tests for a run that went wrong.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    let (failures, errors) = (outcome.findings.len(), outcome.not_analysed.len());
    let passed = usize::from(failures + errors == 0);
    let by_file = outcome.findings.chunk_by(|one, other| one.primary.place.file == other.primary.place.file);
    let suites = |xml: &mut Writer<_>| {
        for findings in by_file {
            let Some(first) = findings.first() else { continue };
            let path = visible(&outcome.sources.get(first.primary.place.file).path);
            let cases = |xml: &mut Writer<_>| findings.iter().try_for_each(|finding| failure(outcome, finding, xml));
            suite(xml, &path, (findings.len(), findings.len(), 0), cases)?;
        }
        for path in &outcome.not_analysed {
            suite(xml, &visible(path), (1, 0, 1), |xml| error(path, xml))?;
        }
        if passed > 0 {
            suite(xml, "corslint", (1, 0, 0), |xml| {
                let case = xml.create_element("testcase").with_attribute(("classname", "corslint"));
                case.with_attribute(("name", "no CORS faults found")).with_attribute(NO_TIME).write_empty().map(drop)
            })?;
        }
        Ok(())
    };
    xml.create_element("testsuites")
        .with_attribute(("name", "corslint"))
        .with_attribute(("tests", &*(failures + errors + passed).to_string()))
        .with_attribute(("failures", &*failures.to_string()))
        .with_attribute(("errors", &*errors.to_string()))
        .write_inner_content(suites)?;
    writeln!(out)
}

/// A suite of so many tests, failures and errors.
fn suite<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    (tests, failures, errors): (usize, usize, usize),
    cases: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element("testsuite")
        .with_attribute(("name", name))
        .with_attribute(("tests", &*tests.to_string()))
        .with_attribute(("failures", &*failures.to_string()))
        .with_attribute(("errors", &*errors.to_string()))
        .with_attribute(NO_TIME)
        .write_inner_content(cases)?;
    Ok(())
}

fn failure(outcome: &Outcome, finding: &Finding, xml: &mut Writer<impl Write>) -> io::Result<()> {
    let source = outcome.sources.get(finding.primary.place.file);
    let at = source.position(finding.primary.place.span.start);
    let path = visible(&source.path);
    let mut text = format!("{path}:{}:{}: {}", at.line, at.column, brief(&finding.primary.text));
    if let Some(help) = &finding.help {
        let help: Vec<_> = help.lines().map(brief).collect();
        text.push_str(&format!("\nhelp: {}", help.join("\n")));
    }
    xml.create_element("testcase")
        .with_attribute(("classname", &*path))
        .with_attribute(("name", &*format!("{} at {}:{}", finding.rule, at.line, at.column)))
        .with_attribute(NO_TIME)
        .write_inner_content(|xml| {
            xml.create_element("failure")
                .with_attribute(("type", finding.severity.word()))
                .with_attribute(("message", &*brief(&finding.message)))
                .write_text_content(BytesText::new(&text))
                .map(drop)
        })?;
    Ok(())
}

fn error(path: &str, xml: &mut Writer<impl Write>) -> io::Result<()> {
    let case = xml.create_element("testcase").with_attribute(("classname", &*visible(path)));
    case.with_attribute(("name", "analysis")).with_attribute(NO_TIME).write_inner_content(|xml| {
        let error = xml.create_element("error").with_attribute(("type", "not-analysed"));
        error.with_attribute(("message", "not analysed, or not wholly")).write_empty().map(drop)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn findings_fail_and_what_was_not_analysed_is_an_error() {
        let mut outcome = example::deployment();
        outcome.findings.truncate(1);
        outcome.findings[0].message = "<\u{1b}>".into();
        outcome.not_analysed.push("a.conf".to_owned());
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="corslint" tests="2" failures="1" errors="1">
  <testsuite name="nginx.conf" tests="1" failures="1" errors="0" time="0">
    <testcase classname="nginx.conf" name="origin-trailing-slash at 4:48" time="0">
      <failure type="error" message="&lt;\x1b&gt;">nginx.conf:4:48: `/` at the end
help: write it without the slash:

    add_header Access-Control-Allow-Origin https://app.example.com always;</failure>
    </testcase>
  </testsuite>
  <testsuite name="a.conf" tests="1" failures="0" errors="1" time="0">
    <testcase classname="a.conf" name="analysis" time="0">
      <error type="not-analysed" message="not analysed, or not wholly"/>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(written(Format::Junit, &outcome), expected);
    }

    #[test]
    fn a_clean_run_is_a_passed_test() {
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="corslint" tests="1" failures="0" errors="0">
  <testsuite name="corslint" tests="1" failures="0" errors="0" time="0">
    <testcase classname="corslint" name="no CORS faults found" time="0"/>
  </testsuite>
</testsuites>
"#;
        assert_eq!(written(Format::Junit, &crate::engine::Outcome::default()), expected);
    }
}
