//! The .env files: their grammar, their loaders, and what applications read in them.

pub mod app;
pub mod grammar;
pub mod keys;
pub mod list;
pub mod loaders;
mod policy;
pub mod tree;
pub mod value;
