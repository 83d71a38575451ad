//! Origins that a deployment names, and the requests that show what becomes of them.

pub(in crate::deployment) mod lists;
pub(in crate::deployment) mod senders;
