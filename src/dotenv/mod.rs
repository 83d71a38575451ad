//! The .env files: their grammar, their loaders, and what applications read in them.

pub mod grammar;
pub mod keys;
pub mod tree;
