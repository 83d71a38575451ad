//! The text of nginx files: the grammar, the tree, templates, and what no report may show.

pub mod credentials;
pub mod dump;
pub mod envsubst;
pub mod grammar;
pub mod parts;
pub mod template;
pub mod tree;
