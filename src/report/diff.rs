//! The changes that fixes would make, as a unified diff.

use std::borrow::Cow;
use std::io::{self, Write};

use similar::TextDiff;

use super::visible;
use crate::fix::Changed;
use crate::source::{MASK, Span};

/// Unchanged lines around a change. The other lines of a .env file are nobody's business, and those of an nginx file with passwords are
/// masked, so there are none.
const CONTEXT_LINES: usize = 3;

/// Writes what would change in each file. The diff is exact to the byte, so that `patch` and `git apply` take it, but for two things: what
/// a terminal would act on is shown there instead of sent, and what is secret in a line that changes is left out.
///
/// # Errors
///
/// Those of `out`.
pub fn write_diff(files: &[Changed], is_screen: bool, out: &mut impl Write) -> io::Result<()> {
    for file in files {
        let [before, after] = &file.masked;
        let (before, after) = (without(&file.before, before), without(&file.after, after));
        let path = quoted(&file.path);
        let mut exact = format!("--- {path}\n+++ {path}\n").into_bytes();
        let (old, new) = (lines(&before), lines(&after));
        // A line that is masked is not the file's, and no `patch` finds it there.
        let is_masked = |line: &&[u8]| memchr::memmem::find(line, MASK.as_bytes()).is_some();
        let context = if file.is_env || old.iter().any(is_masked) { 0 } else { CONTEXT_LINES };
        let head = exact.len();
        hunks(&old, &new, context, &mut exact);
        if exact.len() == head {
            exact = format!("# {path}: the change stands in what is not shown\n").into_bytes();
        }
        if !is_screen {
            out.write_all(&exact)?;
            continue;
        }
        for line in String::from_utf8_lossy(&exact).split_inclusive('\n') {
            let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
            let pieces: Vec<Cow<'_, str>> = text.split('\t').map(visible).collect();
            write!(out, "{}{end}", pieces.join("\t"))?;
        }
    }
    Ok(())
}

/// A path as git writes it: in quotes, with escapes, where it holds what is not shown as it is.
fn quoted(path: &str) -> Cow<'_, str> {
    if matches!(visible(path), Cow::Borrowed(_)) && !path.contains(['"', '\\']) {
        return Cow::Borrowed(path);
    }
    let mut quoted = String::from("\"");
    for c in path.chars() {
        match c {
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', c]),
            c if matches!(visible(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_)) => quoted.push(c),
            c => quoted.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\{byte:03o}"))),
        }
    }
    quoted.push('"');
    Cow::Owned(quoted)
}

/// The lines of a file as `patch` and git count them: a carriage return by itself ends none.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Appends the changes, each with some unchanged lines around it, byte for byte.
fn hunks(before: &[&[u8]], after: &[&[u8]], context: usize, out: &mut Vec<u8>) {
    let diff = TextDiff::from_slices(before, after);
    for group in diff.grouped_ops(context) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old = range(first.old_range().start..last.old_range().end);
        let new = range(first.new_range().start..last.new_range().end);
        out.extend_from_slice(format!("@@ -{old} +{new} @@\n").as_bytes());
        for change in group.iter().flat_map(|part| diff.iter_changes(part)) {
            let line = change.value();
            out.extend_from_slice(change.tag().to_string().as_bytes());
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
}

/// Lines as the head of a hunk names them: the first one and their number, which is left out if it is 1.
fn range(lines: std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// The bytes with a mark for what is masked; every line stays a line.
fn without<'b>(bytes: &'b [u8], masked: &[Span]) -> Cow<'b, [u8]> {
    let mut shown = Vec::new();
    let mut at = 0;
    for span in masked {
        shown.extend_from_slice(bytes.get(at..span.start as usize).unwrap_or_default());
        for line in span.of(bytes).split_inclusive(|byte| *byte == b'\n') {
            let (text, end) = line.strip_suffix(b"\n").map_or((line, &b""[..]), |text| (text, b"\n"));
            shown.extend_from_slice(if text.is_empty() { b"" } else { MASK.as_bytes() });
            shown.extend_from_slice(end);
        }
        at = span.end as usize;
    }
    if masked.is_empty() {
        return Cow::Borrowed(bytes);
    }
    shown.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cors::login::logins;

    fn shown(path: &str, before: &str, after: &str, is_screen: bool) -> String {
        let sealed = |text: &str| logins(text.as_bytes()).map(|login| Span::at(login.start, login.end)).collect();
        let masked = [sealed(before), sealed(after)];
        let (before, after) = (before.as_bytes().to_vec(), after.as_bytes().to_vec());
        let is_env = path.ends_with("env");
        let mut out = Vec::new();
        let changed = Changed { path: path.into(), real: path.into(), before, after, is_env, masked };
        write_diff(&[changed], is_screen, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_a_screen_is_protected_and_only_secrets_are_left_out() {
        let exact = shown("a.conf", "\tx \u{1b}[1m\r\ny\n", "\tz \u{1b}[1m\r\ny\n", false);
        assert_eq!(exact, "--- a.conf\n+++ a.conf\n@@ -1,2 +1,2 @@\n-\tx \u{1b}[1m\r\n+\tz \u{1b}[1m\r\n y\n");
        let screen = shown("a.conf", "\tx \u{1b}[1m\n", "\tz \u{1b}[1m\n", true);
        assert_eq!(screen, "--- a.conf\n+++ a.conf\n@@ -1 +1 @@\n-\tx \\x1b[1m\n+\tz \\x1b[1m\n");
        let env = "KEY=hunter2\nORIGINS=https://me:hunter2@a.example,https://b.example/\nNEXT=hunter2\n";
        let masked = shown(".env", env, &env.replace("b.example/", "b.example"), false);
        let line = "ORIGINS=https://•••@a.example,https://b.example";
        assert_eq!(masked, format!("--- .env\n+++ .env\n@@ -2 +2 @@\n-{line}/\n+{line}\n"));
    }
}
