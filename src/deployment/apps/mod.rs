//! The apps behind nginx: their environments, which location leads to which, and what they respond.

pub(crate) mod environment;
pub(in crate::deployment) mod pairing;
pub(in crate::deployment) mod responses;
