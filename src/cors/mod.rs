//! The Fetch standard's nouns and algorithms. No nginx and no .env file here.

pub mod request;
