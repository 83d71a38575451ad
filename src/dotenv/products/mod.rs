//! The effect of values on products: their keys, their lists, and the responses that follow.

pub(in crate::dotenv) mod allowed;
pub mod app;
pub(in crate::dotenv) mod entry_match;
pub mod host_stage;
pub mod keys;
pub mod list;
pub mod list_form;
pub mod misspelled;
pub(in crate::dotenv) mod name_endings;
pub(in crate::dotenv) mod one_letter_off;
pub mod placeholder;
pub(in crate::dotenv) mod policy;
pub mod reflecting;
pub mod setting;
pub(in crate::dotenv) mod tolerated;
