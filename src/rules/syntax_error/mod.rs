//! A file that its readers refuse: nginx does not start, or loaders skip what they cannot read.
//!
//! ## Why it matters
//!
//! nginx refuses the whole configuration for one missing semicolon, and a reload keeps the old one running, so the
//! CORS headers that were just added are not there. In a .env file an unclosed quote swallows the keys below it, each
//! loader in its own way. corslint reads on after the fault, so one error does not hide the others.
//!
//! ## Example
//!
//! ```nginx
//! events {}
//! http {
//!     server {
//!         add_header Access-Control-Allow-Origin "https://app.example.com"
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! events {}
//! http {
//!     server {
//!         add_header Access-Control-Allow-Origin "https://app.example.com";
//!     }
//! }
//! ```

use crate::finding::Severity;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "syntax-error",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/beginners_guide.html#conf_structure"],
    source: include_str!("mod.rs"),
    check: Subject::Reading,
};
