//! What fixes would change, as a unified diff.

use std::borrow::Cow;
use std::io::{self, Write};

use similar::TextDiff;

use super::visible;
use crate::fix::Changed;

/// Unchanged lines around a change. A .env file's other lines hold values that nobody may see, so there are none.
const CONTEXT_LINES: usize = 3;

/// Writes what would change in each file. The diff is exact to the byte, so that `patch` and `git apply` take it, but for two things: what
/// a terminal would act on is shown there instead of sent, and a login in an address of a .env file is left out.
///
/// # Errors
///
/// Those of `out`.
pub fn write_diff(files: &[Changed], is_screen: bool, out: &mut impl Write) -> io::Result<()> {
    for file in files {
        let diff = TextDiff::from_lines(file.before.as_slice(), file.after.as_slice());
        let mut unified = diff.unified_diff();
        let path = visible(&file.path);
        unified.context_radius(if file.is_env { 0 } else { CONTEXT_LINES }).header(&path, &path);
        let mut exact = Vec::new();
        unified.to_writer(&mut exact)?;
        let is_exact = !is_screen && (!file.is_env || !exact.contains(&b'@'));
        if is_exact {
            out.write_all(&exact)?;
            continue;
        }
        for line in String::from_utf8_lossy(&exact).split_inclusive('\n') {
            let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
            let text = if file.is_env { without_logins(text) } else { Cow::Borrowed(text) };
            let pieces: Vec<Cow<'_, str>> =
                text.split('\t').map(|piece| if is_screen { visible(piece) } else { piece.into() }).collect();
            write!(out, "{}{end}", pieces.join("\t"))?;
        }
    }
    Ok(())
}

/// A line in which no address shows the name and the password that stand in it.
fn without_logins(line: &str) -> Cow<'_, str> {
    let mut parts = line.split("://");
    let Some(first) = parts.next().filter(|_| line.contains('@')) else { return Cow::Borrowed(line) };
    let mut shown = first.to_owned();
    for part in parts {
        let end = part.find(['/', ',', ';', ' ', '"', '\'']).unwrap_or(part.len());
        let login = part.get(..end).and_then(|authority| authority.rfind('@'));
        shown.push_str("://");
        shown.push_str(if login.is_some() { "•••" } else { "" });
        shown.push_str(part.get(login.unwrap_or(0)..).unwrap_or_default());
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, before: &str, after: &str, is_screen: bool) -> String {
        let (before, after) = (before.as_bytes().to_vec(), after.as_bytes().to_vec());
        let is_env = path.ends_with("env");
        let mut out = Vec::new();
        write_diff(&[Changed { path: path.into(), real: path.into(), before, after, is_env }], is_screen, &mut out)
            .unwrap();
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
