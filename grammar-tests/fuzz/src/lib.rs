//! The properties that `cargo test` checks on generated inputs, for the fuzzer.

#[path = "../../properties/mod.rs"]
pub mod properties;
