//! The value of a key in an app's files, and the origins in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::dotenv::products::keys::{self, Certainty, Key, Meaning, Product, Reflects, Separator, Slash};
use crate::dotenv::products::list::{self, ListEntry};
use crate::dotenv::reading::value::Plain;
use crate::dotenv::syntax::tree::EnvQuoting;
use crate::source::{Place, lossy};

/// The value of a key of the app's files, where the key means something to CORS.
#[derive(Clone)]
pub struct Setting {
    /// The key as it is written.
    pub name: String,
    /// Where the key stands.
    pub key_place: Place,
    /// Where the value stands, without its quotes; empty where it is empty.
    pub value_place: Place,
    /// The rows of all products that may be meant; never empty. What is wrong in all of them is certainly wrong.
    pub keys: Arc<[Key]>,
    /// The value as most loaders read it; `None` where a variable from outside decides, or loaders can't agree.
    pub value: Option<Arc<Plain>>,
    /// How the value is written.
    pub quoting: EnvQuoting,
    /// True if it is the app's allow-list and in use: not empty, not `false`, the product's switch not off.
    pub cors: bool,
    /// True if nothing but a common name says what reads it, so that nothing about it is certain.
    pub by_name_alone: bool,
}

/// One origin, or what stands in the place of one, in a value.
#[derive(Clone)]
pub struct AllowedOrigin {
    /// Its text, without blanks around it.
    pub text: String,
    /// Exactly this one entry inside the value.
    pub place: Place,
    /// True if blanks stand around it inside the value.
    pub padded: bool,
    /// The rows of all products that may be meant; never empty.
    pub keys: Arc<[Key]>,
    /// The key as it is written.
    pub key_name: String,
    /// Where the key stands.
    pub key_place: Place,
    /// True if the app takes it for its CORS allow-list, and not for CSRF or for a link.
    pub cors: bool,
    /// See [`Setting::by_name_alone`].
    pub by_name_alone: bool,
}

impl fmt::Debug for Setting {
    /// The key, and nothing of the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Setting {
    /// The value as text; `None` where it is not known.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.value.as_ref().map(|value| lossy(value.bytes()))
    }

    /// Returns whether the value holds nothing.
    pub fn is_empty(&self) -> bool {
        let is_nothing = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        self.value.as_ref().is_some_and(|value| value.bytes().iter().all(is_nothing))
    }

    /// The value as a switch: `true`, `1`, `yes`, `on` or their opposites, in any case.
    pub fn switch(&self) -> Option<bool> {
        match self.text()?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" | "" => Some(false),
            _ => None,
        }
    }

    /// The entries of the list, split as a product that uses `separator` does.
    pub fn entries(&self, separator: Separator) -> Vec<ListEntry> {
        self.value.as_ref().map_or(Vec::new(), |value| list::entries(value.bytes(), separator))
    }

    /// The entries as the product splits them that finds the most.
    pub(super) fn finest_entries(&self) -> Vec<ListEntry> {
        let split = self.keys.iter().map(|key| match key.separator {
            Separator::Unknown if key.certainty == Certainty::Convention => Separator::CommaOrJson,
            separator => separator,
        });
        let mut best = Vec::new();
        for entries in split.map(|separator| self.entries(separator)) {
            if entries.len() > best.len() {
                best = entries;
            }
        }
        best
    }

    /// Where an entry stands.
    pub fn place_of(&self, entry: &ListEntry) -> Place {
        let span = self.value.as_ref().map_or(self.value_place.span, |value| value.span(entry.range.clone()));
        Place { file: self.value_place.file, span }
    }

    /// The text of an entry.
    pub fn text_of(&self, entry: &ListEntry) -> String {
        let bytes = self.value.as_ref().and_then(|value| value.bytes().get(entry.range.clone())).unwrap_or(&[]);
        lossy(bytes).into_owned()
    }

    /// Returns whether a product may be meant whose list may be the word `true` or `false`.
    pub(super) fn may_be_a_word(&self) -> bool {
        let takes_word = |product: &Product| product.reflects == Reflects::WithTrue;
        self.keys.iter().any(|key| keys::product(key.product).is_some_and(takes_word))
    }

    /// The rows that make it the allow-list in use; `switches` are those of `App::switches`.
    pub(super) fn allowing(
        &self,
        switches: &BTreeMap<&'static str, Option<bool>>,
        present: &dyn Fn(&str) -> bool,
    ) -> Vec<Key> {
        let off = matches!(self.text().as_deref().map(str::trim), Some("" | "false" | "none"));
        let allows = |key: &Key| {
            let link = key.meaning == Meaning::FrontendUrl && !keys::is_shown(key.product, present);
            let on = switches.get(key.product).is_none_or(|on| *on == Some(true));
            !off && !link && on && key.meaning.allows_origins()
        };
        self.keys.iter().copied().filter(allows).collect()
    }

    pub(super) fn origin(&self, entry: &ListEntry) -> AllowedOrigin {
        AllowedOrigin {
            text: self.text_of(entry),
            place: self.place_of(entry),
            padded: entry.padded,
            keys: self.keys.clone(),
            key_name: self.name.clone(),
            key_place: self.key_place,
            cors: self.cors,
            by_name_alone: self.by_name_alone,
        }
    }
}

impl AllowedOrigin {
    /// How sure it is that a slash at the end keeps this entry from equalling any browser's Origin, or the app from
    /// starting; `None` where a product that may be meant strips it or takes a URL. Products that are not known
    /// are left out of the judgement where another one is known.
    pub fn slash_breaks(&self) -> Option<Certainty> {
        let link = |key: &Key| key.meaning == Meaning::FrontendUrl && !self.cors;
        let harmless = |key: &Key| matches!(key.slash, Slash::Stripped | Slash::Allowed) || link(key);
        // A pattern between slashes ends with one.
        if self.text.starts_with('/') || self.keys.iter().any(harmless) {
            return None;
        }
        let breaks = |key: &&Key| {
            let convention = key.certainty == Certainty::Convention && key.slash == Slash::Unknown;
            convention || matches!(key.slash, Slash::Kept | Slash::RefusesToStart)
        };
        self.keys.iter().filter(breaks).map(|key| key.certainty).max()
    }
}
