//! The grammars, put to inputs whose meaning is written down, and to the programs that read such files in production.
#![allow(missing_docs, reason = "a test crate has no readers but its own")]

mod dotenv;
mod nginx;
mod oracle;
