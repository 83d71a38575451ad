//! Origins that a deployment names, and the requests that show what becomes of them.

pub(crate) mod lists;
pub(in crate::deployment) mod senders;
