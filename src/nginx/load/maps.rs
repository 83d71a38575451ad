//! The table of a `map` (A5.5, A5.7).

use std::borrow::Cow;

use hashbrown::HashMap;

use super::Refusal;
use super::parameters::{refuse_expression, shown};
use super::values::{Defined, refuse_word};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::simulate::variables::lower;
use crate::nginx::syntax::tree::Body;

/// The keys that the lines of one table are compared with.
struct Table<'c, 's> {
    config: &'c Config<'s>,
    defined: &'c Defined,
    /// By their text in lower case.
    keys: HashMap<Cow<'s, [u8]>, ItemId>,
    default: Option<ItemId>,
    hostnames: bool,
    /// The value of the line before, which nginx takes: very many lines may have one value.
    taken: Option<Cow<'s, [u8]>>,
}

/// The lines of the table `context` that nginx refuses.
pub(super) fn refuse(config: &Config<'_>, defined: &Defined, context: ContextId, refusals: &mut Vec<Refusal>) {
    let mut table = Table { config, defined, keys: HashMap::new(), default: None, hostnames: false, taken: None };
    let lines = config.items(context);
    table.keys.reserve(lines.size_hint().0);
    for item in lines.filter(|item| !super::is_doubtful(config, *item)) {
        let is_simple = super::body(config, item) == Some(Body::Simple);
        if is_simple && !super::has_open_words(config, item) {
            refusals.extend(table.line(item));
        }
    }
}

impl<'s> Table<'_, 's> {
    fn line(&mut self, item: ItemId) -> Option<Refusal> {
        let config = self.config;
        let key = config.parameter(item, 0)?;
        match (&*key, config.parameter_count(item)) {
            (b"hostnames", 0) => self.hostnames = true,
            (b"volatile", 0) => {}
            (_, 1) => return self.entry(item, key),
            (_, count) => {
                let label = if count == 0 { "one word".to_owned() } else { format!("{} words", count + 1) };
                let refusal = Refusal::at(config.place(item), label, "a line of a `map` has a key and one value");
                return Some(match count {
                    0 => refusal,
                    _ => refusal.with_help("put the value into quotes, or end the line before with `;`"),
                });
            }
        }
        None
    }

    fn entry(&mut self, item: ItemId, key: Cow<'s, [u8]>) -> Option<Refusal> {
        let config = self.config;
        let value = config.parameter(item, 1);
        if value != self.taken || value.is_none() {
            if let Some(refusal) = refuse_word(config, self.defined, item, 1) {
                return Some(refusal);
            }
            self.taken = value;
        }
        // Of the branches of a template, only one comes to be.
        let is_sure = !super::is_patchwork(config, config.item(item).file);
        if *key == *b"default" {
            return match self.default.replace(item).filter(|_| is_sure) {
                Some(first) => {
                    let refusal = Refusal::at(config.place(item), "a second `default`", "a `map` has two defaults");
                    Some(refusal.beside(config.place(first), "the first one"))
                }
                None => None,
            };
        }
        if let Some(regex) = key.strip_prefix(b"~") {
            return refuse_expression(config, item, 0, regex.strip_prefix(b"*").unwrap_or(regex));
        }
        let text = key.strip_prefix(b"\\").unwrap_or(&key);
        if self.hostnames && is_no_hostname(text) {
            let label = "no host name, and no wildcard nginx knows";
            let refusal = Refusal::at(config.word_place(item, 0), label, "`hostnames` makes every key a host name");
            return Some(refusal.with_help("`*.` stands for subdomains, and only at the start of the key"));
        }
        let own = match &key {
            Cow::Borrowed(word) => lower(word.strip_prefix(b"\\").unwrap_or(word)),
            Cow::Owned(_) => Cow::Owned(text.to_ascii_lowercase()),
        };
        let first = *self.keys.entry(own).or_insert(item);
        if first == item || !is_sure {
            return None;
        }
        let label = format!("the key {} again; case is ignored", shown(text));
        let refusal = Refusal::at(config.word_place(item, 0), label, "a `map` has one key twice");
        Some(refusal.beside(config.word_place(first, 0), "the first one"))
    }
}

/// Returns whether a key has a `*` where `hostnames` allows none: anywhere but in `*.` at the start or `.*` at the end, and not
/// in both.
fn is_no_hostname(key: &[u8]) -> bool {
    let rest = key.strip_prefix(b"*.").or_else(|| key.strip_suffix(b".*")).unwrap_or(key);
    memchr::memchr(b'*', rest).is_some() || memchr::memchr(0, key).is_some()
}
