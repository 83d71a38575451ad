//! The catalogue: one file a rule.
//!
//! A test keeps both lists below in step with the files of this directory.

use crate::rule::Rule;

// modules:start
// modules:end

/// Every rule, by id.
#[rustfmt::skip]
pub const ALL: &[&Rule] = &[
    // rules:start
    // rules:end
];
