//! corslint finds CORS faults in nginx configurations and .env files before they reach production.
//!
//! Each layer names only those below it:
//!
//! - [`baseline`]: findings that are known
//! - [`report`]: the formats a run is told in
//! - [`trace`], [`fix`]: one request through a deployment; the findings' edits, made and checked
//! - [`engine`]: the pipeline (discover, read, build the deployment, ask every rule, sort)
//! - [`settings`], [`suppress`], [`fingerprint`]: what a team has decided, ignore comments, what a finding is known by
//! - [`rules`], [`rule`], [`finding`]: one file a rule, what a rule is, what it reports
//! - [`deployment`]: nginx and the app together
//! - [`nginx`], [`dotenv`]: the two grammars and the models built on them
//! - [`redact`]: texts without secrets
//! - [`cors`]: the Fetch standard's nouns and algorithms
//! - [`replace`]: files that are replaced whole or not at all
//! - [`source`], [`parallel`], [`trust`]: files, spans, lines; work that all processors share; whose files are obeyed

pub mod baseline;
pub mod cors;
pub mod deployment;
pub mod dotenv;
pub mod engine;
pub mod finding;
pub mod fingerprint;
pub mod fix;
pub mod nginx;
pub mod parallel;
pub mod redact;
pub mod replace;
pub mod report;
pub mod rule;
pub mod rules;
pub mod settings;
pub mod source;
pub mod suppress;
pub mod trace;
pub mod trust;
pub mod words;
