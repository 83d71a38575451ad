//! nginx: its grammar, its configuration, and the answer it gives.

mod access;
pub mod answer;
mod builtin;
pub mod condition;
pub mod config;
mod content;
pub mod dump;
mod error_page;
mod evaluate;
pub mod fields;
pub mod flow;
pub mod grammar;
pub mod include;
pub mod load;
pub mod locations;
pub mod nearest;
pub mod regex;
mod rewrite;
mod run;
pub mod sample;
pub mod servers;
pub mod settings;
pub mod template;
pub mod tree;
pub mod value;
pub mod variables;
