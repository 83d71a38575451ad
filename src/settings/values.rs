//! Single values of a settings file.

use toml::Spanned;

use crate::source::Span;

/// The bytes of a key or a value.
pub(super) fn span<T>(spanned: &Spanned<T>) -> Span {
    let range = spanned.span();
    Span::at(range.start, range.end)
}

/// A version as `nginx -v` prints it: `1.22.1`, or `1.22` for `1.22.0`.
pub fn version(text: &str) -> Option<(u32, u32, u32)> {
    let parts: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    match parts.ok()?.as_slice() {
        [major, minor] => Some((*major, *minor, 0)),
        [major, minor, patch] => Some((*major, *minor, *patch)),
        _ => None,
    }
}
