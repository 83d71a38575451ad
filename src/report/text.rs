//! Text that may reach a reader: nothing that a terminal would obey, and nothing that hides.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// How many paths the summary names before it only counts.
const MOST_PATHS: usize = 10;

/// Returns whether a terminal would obey the character, or show nothing or another order of text for it: control
/// characters, the bidirectional controls, and the invisible ones that make two origins look alike.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// How a hidden character is shown: `\n`, `\x1b`, `\u{202e}`.
pub(super) fn escape(c: char, into: &mut String) {
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' | '\r' | '\t' => write!(into, "{}", c.escape_default()),
        c if c.is_ascii() => write!(into, "\\x{:02x}", u32::from(c)),
        c => write!(into, "{}", c.escape_unicode()),
    };
}

/// The text on one line, with everything visible that a terminal would obey or hide.
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    if text.bytes().all(is_plain) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { escape(c, &mut shown) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// A path that starts a line. GitHub obeys lines of a log that start with `::` or `##[`, so a path that does is written from the working
/// directory.
pub(super) fn first_on_line(path: &str) -> Cow<'_, str> {
    let shown = visible(path);
    let is_obeyed = ["::", "##["].iter().any(|start| shown.trim_start().starts_with(start));
    if is_obeyed { format!("./{shown}").into() } else { shown }
}

/// How many characters of one text are shown to people. A value of a file may be as long as the file.
const MOST_CHARACTERS: usize = 2000;

/// The text on one line, visible and cut where it is too long to read.
pub(super) fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}...", visible(text.get(..end).unwrap_or_default())).into(),
        None => visible(text),
    }
}

/// The text in lines of at most `width` columns, made visible. Breaks are made at blanks only, and neither
/// between backticks nor in a line that starts with a blank: what can be pasted stays in one piece.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + 16);
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            wrapped.push('\n');
        }
        let line = line.replace('\t', "    ");
        if line.starts_with(' ') {
            wrapped.push_str(&visible(&line));
        } else {
            wrap_line(&visible(&line), width, &mut wrapped);
        }
    }
    wrapped
}

/// One line of prose, broken at blanks.
fn wrap_line(line: &str, width: usize, into: &mut String) {
    let mut quoted = false;
    let mut column = 0;
    let blank = |c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    };
    for word in line.split(blank) {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            into.push('\n');
            column = 0;
        } else if column > 0 {
            into.push(' ');
            column += 1;
        }
        into.push_str(word);
        column += length;
    }
}

/// `3 errors`, `1 warning`: the number with its noun.
fn counted(number: usize, noun: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { noun } else { plural })
}

/// How many findings of a severity there are.
pub(super) fn count(outcome: &Outcome, severity: Severity) -> usize {
    outcome.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// The findings that people are shown, and a line about the others. Of too many, the worst are shown, in the order of all.
pub(super) fn shown(outcome: &Outcome, most: Option<usize>) -> (Vec<&Finding>, Option<String>) {
    let mut findings: Vec<_> = outcome.findings.iter().enumerate().collect();
    let more = most.map_or(0, |most| findings.len().saturating_sub(most));
    if more > 0 {
        findings.sort_by_key(|(index, finding)| (Reverse(finding.severity), *index));
        findings.truncate(findings.len() - more);
        findings.sort_by_key(|(index, _)| *index);
    }
    let findings: Vec<&Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
    let more = (more > 0).then(|| counted(more, "finding", "findings"));
    let which = if findings.is_empty() { "" } else { " of no worse severity" };
    let rest = more.map(|more| format!("{more}{which} not shown; `--max-findings all` shows everything"));
    (findings, rest)
}

/// The run in one line, or nothing where there was nothing to lint.
pub(super) fn summary(outcome: &Outcome) -> Option<String> {
    if outcome.files == 0 && outcome.findings.is_empty() && outcome.not_analysed.is_empty() {
        return None;
    }
    let words = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Advice, "advice", "advice"),
    ];
    let counts = words.map(|(severity, noun, plural)| (count(outcome, severity), noun, plural));
    let found: Vec<_> =
        counts.iter().filter(|(n, ..)| *n > 0).map(|(n, noun, plural)| counted(*n, noun, plural)).collect();
    let files = counted(outcome.files, "file", "files");
    let mut line = if found.is_empty() {
        format!("no CORS faults found in {files}")
    } else {
        format!("found {} in {files}", found.join(", "))
    };
    if outcome.baselined > 0 {
        line.push_str(&format!(
            "; {} in the baseline",
            counted(outcome.baselined, "known finding is", "known findings are")
        ));
    }
    if !outcome.not_analysed.is_empty() {
        let named: Vec<_> = outcome.not_analysed.iter().take(MOST_PATHS).map(|path| visible(path)).collect();
        line.push_str(&format!("; not analysed, or not wholly: {}", named.join(", ")));
        let more = outcome.not_analysed.len() - named.len();
        if more > 0 {
            line.push_str(&format!(" and {more} more"));
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, shown) in [
            ("https://ä.example", "https://ä.example"),
            ("a\x1b[31mb\x07", r"a\x1b[31mb\x07"),
            ("a\nb\tc\r", r"a\nb\tc\r"),
            ("\u{9b}31m\u{7f}", r"\u{9b}31m\x7f"),
            ("evil\u{202e}moc.\u{200b}", r"evil\u{202e}moc.\u{200b}"),
            ("\u{feff}\u{e0041}", r"\u{feff}\u{e0041}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn no_path_starts_a_line_that_is_obeyed() {
        for (path, shown) in [
            ("a.conf", "a.conf"),
            ("::error::x.conf", "./::error::x.conf"),
            ("  ::x", "./  ::x"),
            ("##[error]x", "./##[error]x"),
            ("a::b", "a::b"),
        ] {
            assert_eq!(first_on_line(path), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(brief("é\n"), "é\\n");
        assert_eq!(brief(&"é".repeat(2000)).chars().count(), 2000);
        assert_eq!(brief(&"é".repeat(2001)), "é".repeat(2000) + "...");
    }

    #[test]
    fn prose_is_wrapped_and_what_can_be_pasted_is_not() {
        let text = "write `add_header A b always;` in every location that has one\n\n\tadd_header A b always; # all of it\nlast";
        let wrapped = "write\n`add_header A b always;`\nin every\nlocation\nthat has one\n\n    add_header A b always; # all of it\nlast";
        assert_eq!(wrap(text, 12), wrapped);
        assert_eq!(wrap("a `b c", 3), "a\n`b c", "an unclosed backtick holds the rest together");
        assert_eq!(wrap("", 12), "");
    }

    #[test]
    fn the_summary_counts_in_words() {
        let mut outcome = Outcome::default();
        assert_eq!(summary(&outcome), None);
        outcome.files = 1;
        assert_eq!(summary(&outcome).unwrap(), "no CORS faults found in 1 file");
        outcome = crate::report::example::deployment();
        assert_eq!(summary(&outcome).unwrap(), "found 1 error, 1 warning, 1 advice in 2 files");
        outcome.findings.truncate(1);
        outcome.not_analysed = (1..=12).map(|n| format!("{n}.j2")).collect();
        let paths = "1.j2, 2.j2, 3.j2, 4.j2, 5.j2, 6.j2, 7.j2, 8.j2, 9.j2, 10.j2 and 2 more";
        assert_eq!(
            summary(&outcome).unwrap(),
            format!("found 1 error in 2 files; not analysed, or not wholly: {paths}")
        );
    }
}
