//! What several rules use: edits, words, and what they look for.

pub(crate) mod blame;
pub(crate) mod edits;
pub(crate) mod env;
pub(crate) mod gate;
pub(crate) mod lists;
pub(crate) mod open;
pub(crate) mod preflight;
pub(crate) mod repeated;
pub(crate) mod wording;
