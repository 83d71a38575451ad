//! The files that change take their new bytes, all of them or none, so far as that can be told before.

use super::Changed;
use crate::replace::Replacement;

/// Replaces the files. All new bytes are on the disk before the first file takes them, so a full disk changes nothing; a kill leaves
/// every file as it was or as it is to be.
///
/// # Errors
///
/// One line for each file that was not replaced: it changed since it was read, must not be written, or there is no room. Where one
/// cannot be prepared none is replaced.
pub fn write(files: &[Changed]) -> Result<(), Vec<String>> {
    let mut ready = Vec::new();
    let mut errors = Vec::new();
    let told = |file: &Changed, why: String| format!("{}: not written, {why}", file.path);
    for file in files {
        match Replacement::prepare(&file.real, Some(&file.before), |out| out.write_all(&file.after)) {
            Ok(replacement) => ready.push((file, replacement)),
            Err(why) => errors.push(told(file, why)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (file, replacement) in ready {
        let replaced = replacement.take_name(Some(&file.before));
        errors.extend(replaced.err().map(|why| told(file, why)));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
