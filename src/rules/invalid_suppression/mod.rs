//! An ignore comment that names no rule, is not written as one, or stands where it cannot work.
//!
//! ## Why it matters
//!
//! Whoever reads the file takes the fault for known and accepted, and the next run reports it all the same. In a .env
//! file a comment at the end of a line becomes part of the value under `docker --env-file` and systemd.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     # corslint: ignore[no-such-rule] it has another name
//!     listen 80;
//! }
//! ```
//!
//! ```env
//! CORS_ORIGIN=https://app.example.com/ # corslint: ignore[origin-trailing-slash] at the wrong place
//! ```
//!
//! ## Use instead
//!
//! ```env
//! # corslint: ignore[origin-trailing-slash] the app strips it
//! CORS_ORIGIN=https://app.example.com/
//! ```

use crate::finding::Severity;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "invalid-suppression",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[],
    source: include_str!("mod.rs"),
    check: Subject::Reading,
};
