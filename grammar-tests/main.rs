#![allow(missing_docs, reason = "a test crate has no readers but its own")]

mod dotenv;
