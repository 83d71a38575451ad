//! The .env files: grammar, loaders, and what apps read.

mod apps;
mod trees;
