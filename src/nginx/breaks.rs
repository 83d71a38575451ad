//! Line breaks in the values of headers, and the protocol that refuses them.

use super::config::{Config, ContextId, ItemId};
use crate::source::Place;

/// Whether a value has a line break in it.
pub fn has_break(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Where values with a line break stand in a directive that sets headers.
pub fn broken_values(config: &Config<'_>, item: ItemId) -> Vec<Place> {
    let words = match config.item(item).name {
        b"add_header" => 2..=2,
        b"more_set_headers" => 1..=config.parameter_count(item),
        _ => return Vec::new(),
    };
    let broken = |index: &usize| config.parameter(item, *index).is_some_and(|value| has_break(&value));
    words.filter(broken).map(|index| config.value_place(item, index)).collect()
}

/// The directive that switches HTTP/2 on for a server.
pub fn speaks_http2(config: &Config<'_>, server: ContextId) -> Option<ItemId> {
    let is_http2 = |item: &ItemId| match config.item(*item).name {
        b"listen" => (2..=config.parameter_count(*item)).any(|index| config.parameter_is(*item, index, "http2")),
        b"http2" => config.parameter_is(*item, 1, "on"),
        _ => false,
    };
    let around = config.context(server).parent;
    let in_http = || around.and_then(|http| config.named(http, b"http2").find(is_http2));
    config.items(server).find(is_http2).or_else(in_http)
}
