//! Parts that several rules use: edits, words, and searches.

pub(crate) mod admission;
pub(crate) mod apis;
pub(crate) mod edits;
pub(crate) mod env;
pub(crate) mod lists;
pub(crate) mod lost_headers;
pub(crate) mod open;
pub(crate) mod placement;
pub(crate) mod preflight;
pub(crate) mod repeated;
pub(crate) mod wording;
