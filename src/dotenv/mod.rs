//! The .env files: their grammar, their loaders, and what applications read in them.

pub mod products;
pub mod reading;
pub mod syntax;
