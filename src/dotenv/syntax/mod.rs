//! The text of .env files: the grammar, the tree, and what no report may show.

pub mod file_name;
pub mod grammar;
pub mod secret;
pub mod tree;
