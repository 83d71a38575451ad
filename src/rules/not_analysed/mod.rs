//! A part of the configuration that corslint could not read, so that nothing is known about it.
//!
//! ## Why it matters
//!
//! A linter that silently skips what it cannot read looks as if all were well. Template tags (Jinja, ERB, Go) can
//! expand to anything, an include cycle has no end, and there are limits to nesting and size. What stands around such
//! a part is linted as far as it is certain, this finding says what was not, and the exit code is 2.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     listen 80;
//!     {% if cors %}
//!     add_header Access-Control-Allow-Origin "{{ frontend_origin }}" always;
//!     {% endif %}
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     listen 80;
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! }
//! ```

use crate::finding::Severity;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "not-analysed",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[],
    source: include_str!("mod.rs"),
    check: Subject::Reading,
};
