//! Checkstyle XML.

use std::io::{self, Write};

use quick_xml::Writer;

use super::text::brief;
use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// Writes a `file` element for every file with findings, which stand together in an outcome.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    let by_file = outcome.findings.chunk_by(|one, other| one.primary.place.file == other.primary.place.file);
    let files = |xml: &mut Writer<_>| {
        for findings in by_file {
            let Some(first) = findings.first() else { continue };
            let path = super::text::visible(&outcome.sources.get(first.primary.place.file).path);
            xml.create_element("file")
                .with_attribute(("name", &*path))
                .write_inner_content(|xml| findings.iter().try_for_each(|finding| error(outcome, finding, xml)))?;
        }
        Ok(())
    };
    xml.create_element("checkstyle").with_attribute(("version", "4.3")).write_inner_content(files)?;
    writeln!(out)
}

fn error(outcome: &Outcome, finding: &Finding, xml: &mut Writer<impl Write>) -> io::Result<()> {
    let start = outcome.sources.get(finding.primary.place.file).position(finding.primary.place.span.start);
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "info",
    };
    xml.create_element("error")
        .with_attribute(("line", &*start.line.to_string()))
        .with_attribute(("column", &*start.column.to_string()))
        .with_attribute(("severity", severity))
        .with_attribute(("message", &*brief(&finding.message)))
        .with_attribute(("source", &*format!("corslint.{}", finding.rule)))
        .write_empty()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn files_hold_their_errors() {
        let mut outcome = example::deployment();
        outcome.findings[0].message = "a <b> & \"c\"\n\u{1}\u{fffe}".into();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<checkstyle version="4.3">
  <file name="nginx.conf">
    <error line="4" column="48" severity="error" message="a &lt;b&gt; &amp; &quot;c&quot;\n\x01\u{fffe}" source="corslint.origin-trailing-slash"/>
    <error line="2" column="5" severity="info" message="it could be better" source="corslint.some-rule"/>
  </file>
  <file name=".env.production">
    <error line="2" column="14" severity="warning" message="two lists" source="corslint.some-rule"/>
  </file>
</checkstyle>
"#;
        assert_eq!(written(Format::Checkstyle, &outcome), expected);
    }
}
