//! nginx: its grammar, its configuration, and the response it gives.

pub mod config;
pub mod limits;
pub mod load;
pub mod origins;
pub mod regex;
pub mod simulate;
pub mod syntax;
