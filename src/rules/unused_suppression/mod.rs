//! An ignore comment that suppresses nothing.
//!
//! ## Why it matters
//!
//! The fault it was written for is gone, or the rule's name is another one. Left standing, it would hide the next
//! fault at this place without anybody having looked at it.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     # corslint: ignore[origin-trailing-slash] mended long ago
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! }
//! ```

use crate::finding::Severity;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "unused-suppression",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[],
    source: include_str!("mod.rs"),
    check: Subject::Reading,
};
