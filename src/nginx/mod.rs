//! nginx: its grammar, its configuration, and the answer it gives.

pub mod answer;
pub mod condition;
pub mod config;
mod content;
pub mod dump;
mod evaluate;
pub mod fields;
pub mod flow;
pub mod grammar;
pub mod include;
pub mod locations;
pub mod regex;
mod run;
pub mod sample;
pub mod settings;
pub mod template;
pub mod tree;
pub mod value;
pub mod variables;
