//! Requests to a deployment: the asker, the routes that matter to CORS, and what pages ask there.

pub(in crate::deployment) mod asker;
pub(crate) mod exchange;
pub(in crate::deployment) mod methods;
pub(in crate::deployment) mod probe;
pub(crate) mod questions;
pub(crate) mod route;
pub(crate) mod visit;
