//! An `include` of a file that is not there.
//!
//! ## Why it matters
//!
//! nginx does not start when a plain include path is missing. And what the file holds decides about CORS: a snippet
//! with the headers, or an `if` that answers preflights. corslint looks for a relative path from the main file's
//! directory, as nginx does, and for an absolute one by its tail below that directory and under `--root`. A pattern
//! with `*` may match nothing, and files that every distribution ships (`mime.types`, `fastcgi_params`, …) are known.
//!
//! Where nginx misses the file as well, because the main file and its tree are given, it is an error. A fragment of which no
//! include is found at all was given without its tree: that is advice, said once a file, and what depends on the includes is not judged.
//!
//! ## Example
//!
//! ```nginx
//! events {}
//! http {
//!     include snippets/cors.conf;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! events {}
//! http {
//!     include mime.types;
//!     include snippets/cors.conf;
//!     include conf.d/*.conf;
//! }
//! ```
//!
//! ```nginx snippets/cors.conf
//! add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! ```

use crate::finding::Severity;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "include-not-found",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/ngx_core_module.html#include"],
    source: include_str!("mod.rs"),
    check: Subject::Reading,
};
