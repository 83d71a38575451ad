//! The locations of a configuration: where requests enter, the URL that leads there, and what leads there inside nginx.

pub(crate) mod audience;
pub(crate) mod entry;
pub(crate) mod entry_url;
pub(crate) mod targets;
