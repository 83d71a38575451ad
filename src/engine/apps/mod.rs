//! The apps: which .env files belong to one, how they are layered, and what templates take from them.

pub(in crate::engine) mod group;
pub(in crate::engine) mod layers;
pub(in crate::engine) mod template_names;
pub(in crate::engine) mod template_values;
