//! The findings: those of the reading itself, and what the settings, the number, and includes make of all.

pub(in crate::engine) mod finding_limit;
pub(in crate::engine) mod includers;
pub(in crate::engine) mod levels;
pub(in crate::engine) mod missing_includes;
pub(in crate::engine) mod of_reading;
