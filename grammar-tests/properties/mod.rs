//! What must hold for any input at all.
//!
//! Each module has one `check` that takes bytes and panics where a promise is broken. `cargo test` runs it on generated
//! inputs (`generated.rs`) and on those that once broke it; cargo-fuzz runs the same functions on inputs nobody
//! thought of (`grammar-tests/fuzz`).

pub mod answer;
pub mod cost;
pub mod dotenv;
pub mod files;
pub mod include;
pub mod lint;
pub mod nginx;
pub mod report;
pub mod settings;

use corslint::source::Span;

/// One property: its name, and the check.
pub type Property = (&'static str, fn(&[u8]));

/// Every property. A fuzz target and a folder of inputs that once broke it go by the same name.
pub const ALL: [Property; 7] = [
    ("nginx", nginx::check),
    ("dotenv", dotenv::check),
    ("include", include::check),
    ("answer", answer::check),
    ("report", report::check),
    ("lint", lint::check),
    ("settings", settings::check),
];

/// Asserts that a span lies in the file and, where the file is text, cuts no character in two.
pub fn assert_whole(span: Span, file: &[u8], what: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= file.len(), "{what} {span:?} lies outside {}", brief(file));
    let is_boundary = |at: usize| file.get(at).is_none_or(|byte| byte & 0xc0 != 0x80);
    if !(is_boundary(start) && is_boundary(end)) {
        assert!(std::str::from_utf8(file).is_err(), "{what} {span:?} cuts a character in two in {}", brief(file));
    }
}

/// A file as a failure shows it.
pub fn brief(file: &[u8]) -> String {
    file[..file.len().min(200)].escape_ascii().to_string()
}
