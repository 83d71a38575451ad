//! nginx: its grammar, its configuration, and the answer it gives.

pub mod condition;
pub mod config;
pub mod include;
pub mod regex;
pub mod settings;
pub mod tree;
pub mod value;
pub mod variables;
