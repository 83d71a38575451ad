//! The grammars, put to inputs whose meaning is written down, and to the programs that read such files in production.
#![allow(missing_docs, reason = "a test crate has no readers but its own")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod dotenv;
#[path = "../fixtures/environment.rs"]
mod environment;
mod generated;
mod nginx;
mod oracle;
#[allow(unreachable_pub, reason = "the fuzzer uses it, too")]
mod properties;
