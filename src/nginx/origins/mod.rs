//! The page's Origin in a configuration: where an allowed one comes from, and what it is compared with.

pub mod comparison;
pub(in crate::nginx) mod composite_key;
pub mod flow;
pub mod guards;
pub mod unmatchable;
pub mod variable_uses;
