//! JSON schemas of what programs read.

/// Of `--format json`.
pub const JSON: &str = include_str!("schema/json.json");
/// Of `corslint trace --format json`.
pub const TRACE: &str = include_str!("schema/trace.json");
/// Of `corslint rules --format json` and `corslint explain --format json`.
pub const RULES: &str = include_str!("schema/rules.json");
/// Of the file that `--write-baseline` writes.
pub const BASELINE: &str = include_str!("schema/baseline.json");
