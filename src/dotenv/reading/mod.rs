//! The values that loaders read from an assignment, where they differ, and how to write one for all of them.

pub mod divergence;
pub mod loaders;
pub(in crate::dotenv) mod remedy;
pub mod value;
