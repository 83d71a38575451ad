//! The input: which files are read, from where, and as what.

pub(in crate::engine) mod content;
pub(in crate::engine) mod discover;
pub(in crate::engine) mod disk;
pub(in crate::engine) mod glob;
pub(in crate::engine) mod overlay;
pub(in crate::engine) mod read;
pub(in crate::engine) mod read_ahead;
pub(in crate::engine) mod readable;
pub(in crate::engine) mod repository;
