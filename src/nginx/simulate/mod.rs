//! nginx's response to a request: one file for each phase, and the parts they share.

pub(in crate::nginx) mod access;
pub mod answer;
pub(in crate::nginx) mod app;
pub(in crate::nginx) mod builtin;
pub(in crate::nginx) mod content;
pub(in crate::nginx) mod error_page;
pub(in crate::nginx) mod evaluate;
pub mod fields;
pub(in crate::nginx) mod handler;
pub(in crate::nginx) mod irrelevant;
pub mod locations;
pub mod model;
pub(in crate::nginx) mod open_questions;
pub(in crate::nginx) mod read_variables;
pub(in crate::nginx) mod rewrite;
pub(in crate::nginx) mod run;
pub mod servers;
pub mod upstream;
pub mod value;
pub mod variables;
