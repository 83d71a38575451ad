//! nginx: its grammar, its configuration, and the answer it gives.

pub mod tree;
