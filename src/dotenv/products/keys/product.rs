//! A product, or a habit of many apps: its keys, and how it treats them.

use super::{Key, YesNo};

/// The behavior of a product without a list of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutList {
    /// It lets any origin in.
    Any,
    /// It lets no other origin in, so an empty list is a way to say that none is wanted.
    None,
    /// Not checked.
    Unchecked,
}

/// When a product sends the Origin of any page back and allows credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reflects {
    /// Never, or it was not checked.
    Nothing,
    /// Where any origin and credentials are allowed, as read in the source of django-cors-headers 4.9 (`middleware.py`) and of Starlette 1.10
    /// (`middleware/cors.py`).
    WithAnyOrigin,
    /// Where the list is the word `true`; credentials are allowed unless a key says otherwise.
    WithTrue,
}

/// The response to a page whose origin is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlisted {
    /// No Allow-Origin.
    Refused,
    /// The first origin of the list.
    FirstEntry,
    /// The product lets loopback origins and those of apps (`app://`) in by itself.
    OwnOrigins,
}

/// A product.
#[derive(Debug)]
pub struct Product {
    /// Its name, as messages call it.
    pub name: &'static str,
    /// Keys that show by their presence that it is this product; each entry is enough, and needs all of its keys.
    pub markers: &'static [&'static [&'static str]],
    /// The keys that it reads. Their `product` is empty here and filled in by [`super::all`].
    pub keys: &'static [Key],
    /// Its behavior without a list of origins.
    pub without_list: WithoutList,
    /// A word in the names of its containers and hosts, where it sends CORS headers without a key that says so.
    pub sends_by_default_at: Option<&'static str>,
    /// True if its list of hosts is compared with the port of the page, too.
    pub compares_ports: bool,
    /// When it sends any Origin back.
    pub reflects: Reflects,
    /// The response to a page whose origin is not in its list.
    pub unlisted: Unlisted,
    /// True if its own code reads the keys, whatever the app around it is.
    pub reads_fixed_names: bool,
    /// True if its switch most often stands in a configuration file of its own, so that its absence in a .env file tells little.
    pub has_own_file: bool,
    /// True if it is a habit of many apps and has no name.
    pub is_habit: bool,
}

impl Product {
    /// Returns whether other keys of the app's files show that it is this product; `present` says which keys they have.
    pub fn is_shown(&self, present: impl Fn(&str) -> bool) -> bool {
        self.markers.iter().any(|keys| keys.iter().all(|key| present(key)))
    }

    /// Returns whether an empty list shuts out pages that were meant to get in. Where the product is open by default, it depends on whether an
    /// empty value counts as one.
    pub fn shuts_out_when_empty(&self) -> YesNo {
        match self.without_list {
            WithoutList::Any => YesNo::Unknown,
            WithoutList::None => YesNo::No,
            WithoutList::Unchecked => YesNo::Yes,
        }
    }
}

/// Returns whether the words of a name say nothing of the product that reads it: any app may have made it up.
pub fn is_common_name(name: &str) -> bool {
    const COMMON: [&str; 16] = [
        "ALL",
        "ALLOW",
        "ALLOWED",
        "API",
        "APP",
        "CLIENT",
        "CORS",
        "DOMAIN",
        "DOMAINS",
        "FRONTEND",
        "LIST",
        "ORIGIN",
        "ORIGINS",
        "URL",
        "URLS",
        "WHITELIST",
    ];
    name.split('_').all(|word| COMMON.contains(&word))
}
