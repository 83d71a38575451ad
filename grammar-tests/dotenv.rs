//! The .env files: grammar, loaders, and what apps read.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

mod apps;
mod loaders;
mod trees;
