//! The Fetch standard's nouns and algorithms. No nginx and no .env file here.
//!
//! - [`origin`]: origins as browsers send them
//! - [`serialized`]: texts that are, or should be, serialized origins, and what is wrong with one
//! - [`header`]: the names of CORS header fields, and how browsers read their lists
//! - [`login`]: the name and the password in an address
//! - [`misnomer`]: names that are nearly those of CORS headers
//! - [`names`]: the names that a list means, whatever is wrong with it
//! - [`request`]: a request on the wire, and the `curl` line that sends it
//! - [`page`]: what a page asks for, and the requests a browser makes of it
//! - [`near`]: in what two origins differ, where it is little
//! - [`fault`]: what is wrong with a text that should be an origin, in words
//! - [`registrable`]: the part of a host that one owner registers
//! - [`check`]: the CORS check, the preflight's check, and a whole fetch with its redirects
//! - [`verdict`]: allowed, blocked and why, or unknown and what is missing

pub mod check;
pub mod fault;
pub mod header;
pub mod login;
pub mod misnomer;
pub mod names;
pub mod near;
pub mod origin;
pub mod page;
mod plain;
pub mod registrable;
pub mod request;
pub(crate) mod safelist;
pub mod serialized;
pub mod verdict;
