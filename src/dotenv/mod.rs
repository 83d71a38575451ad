//! The .env files: their grammar, their loaders, and what applications read in them.

mod allowed;
pub mod app;
pub mod divergence;
pub mod echo;
pub mod empty;
mod ends;
pub mod file_name;
pub mod form;
pub mod grammar;
pub mod keys;
pub mod list;
pub mod loaders;
pub mod misspelled;
pub mod placeholder;
mod policy;
mod remedy;
pub mod secret;
mod slips;
pub mod stage;
mod taken;
pub mod tree;
pub mod value;
