//! The catalogue: one file a rule.

use crate::rule::Rule;

/// Every rule, by id.
pub const ALL: &[&Rule] = &[];
