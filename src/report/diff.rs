//! What fixes would change, as a unified diff.

use std::io::{self, Write};

use similar::TextDiff;

use super::visible;
use crate::fix::Changed;

/// Unchanged lines around a change. A .env file's other lines hold values that nobody may see, so there are none.
const CONTEXT_LINES: usize = 3;

/// Writes what would change in each file. For a screen, what a terminal would act on is shown instead of sent; otherwise the diff is
/// exact to the byte, so that `patch` and `git apply` take it.
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
        if !is_screen {
            unified.to_writer(&mut *out)?;
            continue;
        }
        let mut exact = Vec::new();
        unified.to_writer(&mut exact)?;
        for line in String::from_utf8_lossy(&exact).lines() {
            writeln!(out, "{}", visible(line))?;
        }
    }
    Ok(())
}
