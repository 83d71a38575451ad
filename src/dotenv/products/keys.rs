//! The meaning of an environment variable to the products that read it.
//!
//! One key may mean different things in different products: `CORS_ORIGIN` is a list in Directus and a single origin,
//! sent as it stands, in a plain Express app. [`candidates`] narrows them by the other keys of the same file; what it
//! leaves open stays open, and only what is wrong in all of them is certainly wrong.

mod convention;
mod product;
mod table;

pub use convention::Looks;
pub use product::{Product, Reflects, Unlisted, WithoutList, is_common_name};

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::dotenv::products::one_letter_off::Slips;
use table::PRODUCTS;

/// How sure a row is. Only [`Certainty::Src`] and [`Certainty::Docs`] may carry an error, [`Certainty::Usage`] and
/// [`Certainty::Convention`] a warning; the last is used to recognise a key, never to judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Not checked.
    Unverified,
    /// The key is in no table; its name says what it is.
    Convention,
    /// Seen in use.
    Usage,
    /// Read in the product's documentation.
    Docs,
    /// Read in the product's source.
    Src,
}

/// The meaning of the key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The origins that may call the app: its CORS allow-list.
    Origins,
    /// The one origin that may call the app; most products send it as it stands.
    SingleOrigin,
    /// A regular expression that the allowed origins match.
    OriginRegex,
    /// The URL of a frontend: a link in mails, and in some apps the origin that may call them.
    FrontendUrl,
    /// Origins trusted against CSRF or for redirects. Not CORS.
    CsrfOrigins,
    /// Origins for something else: WebSockets, `postMessage`.
    OtherOrigins,
    /// Host names.
    Hosts,
    /// Schemes of origins.
    Schemes,
    /// The switch for credentials.
    Credentials,
    /// Switches the product's CORS on when it is `when`; without the key it is `default`.
    Switch {
        /// The value that switches on.
        when: bool,
        /// True if it is on without the key.
        default: bool,
    },
    /// Allows any origin when it is `when`.
    AnyOrigin {
        /// The value that allows any origin.
        when: bool,
    },
    /// Methods for Allow-Methods.
    Methods,
    /// Header names for Allow-Headers.
    AllowHeaders,
    /// Header names for Expose-Headers.
    ExposeHeaders,
    /// Seconds for Max-Age.
    MaxAge,
    /// The URL of an API that a page calls; a path is fine.
    ApiUrl,
    /// The app's own URL or origin.
    OwnUrl,
    /// Text of a Caddyfile, in which `cors_origins` lists origins.
    CaddyDirectives,
    /// Nothing: the product does not read it.
    Dead,
}

impl Meaning {
    /// Returns whether a browser's Origin is compared with the value, for CORS or for anything else.
    pub fn holds_origins(self) -> bool {
        use Meaning::{CsrfOrigins, FrontendUrl, Origins, OtherOrigins, SingleOrigin};
        matches!(self, Origins | SingleOrigin | FrontendUrl | CsrfOrigins | OtherOrigins)
    }

    /// Returns whether the value is, or may be, the app's CORS allow-list.
    pub fn allows_origins(self) -> bool {
        matches!(self, Meaning::Origins | Meaning::SingleOrigin | Meaning::OriginRegex | Meaning::FrontendUrl)
    }
}

/// The separator of the entries of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Separator {
    /// The value is not a list.
    None,
    /// `a,b`
    Comma,
    /// `a b`
    Space,
    /// `a;b`
    Semicolon,
    /// `["a","b"]`
    Json,
    /// `a,b` or `["a","b"]`
    CommaOrJson,
    /// `a,b` or `[a,b]`
    CommaOrBrackets,
    /// `a,b` or `a b`
    CommaOrSpace,
    /// `"a","b"`, the quotes part of the value.
    QuotedList,
    /// One key each: `KEY__0`, `KEY__1`.
    Indexed,
    /// `a,b`, or one key each: `KEY_0`, `KEY_1`.
    CommaOrIndexed,
    /// Not checked.
    Unknown,
}

/// Yes, no, or it was not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not checked, or it differs between versions.
    Unknown,
}

/// The forms of an entry besides an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Patterns {
    /// Nothing.
    None,
    /// `https://*.example.com`, or `.example.com` for hosts.
    Globs,
    /// `/regex/`, found anywhere in the Origin.
    Slashed,
    /// `/regex/`, which has to match the whole Origin.
    WholeSlashed,
    /// `regex:…`.
    Prefixed,
    /// The whole value is a regular expression.
    Regex,
    /// Not checked.
    Unknown,
}

/// The demand for a scheme in entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `https://a`, or it matches nothing.
    Required,
    /// `a`, or it matches nothing.
    Forbidden,
    /// Both work.
    Optional,
    /// Not checked, or it does not apply.
    Unknown,
}

/// The treatment of a slash at the end of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slash {
    /// It is kept, and the entry equals no browser's Origin.
    Kept,
    /// It is taken off.
    Stripped,
    /// The app does not start.
    RefusesToStart,
    /// It does no harm: the value is a URL.
    Allowed,
    /// Not checked, or it does not apply.
    Unknown,
}

/// One key as one product reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The variable's name. A `*` stands for a name the user chooses; a final index stands for every index.
    pub name: &'static str,
    /// The product, or the habit, that reads it.
    pub product: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
    /// The meaning of its value.
    pub meaning: Meaning,
    /// The separator of the entries.
    pub separator: Separator,
    /// Yes if `*` as an entry allows any origin.
    pub star: YesNo,
    /// The forms of an entry besides an origin.
    pub patterns: Patterns,
    /// The demand for a scheme in entries.
    pub scheme: Scheme,
    /// The treatment of a final slash.
    pub slash: Slash,
    /// Yes if spaces around entries are removed.
    pub trims: YesNo,
}

impl Key {
    /// Returns whether the product sends the value as it stands to every page, whatever its Origin.
    pub fn is_verbatim(&self) -> bool {
        self.meaning == Meaning::SingleOrigin && self.separator == Separator::None
    }

    /// Returns whether keys with an index make one list together.
    pub fn is_indexed(&self) -> bool {
        matches!(self.separator, Separator::Indexed | Separator::CommaOrIndexed)
    }
}

/// Every key of every product, sorted by name and then by product.
pub fn all() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let of = |product: &'static Product| product.keys.iter().map(|key| Key { product: product.name, ..*key });
        let mut keys: Vec<Key> = PRODUCTS.iter().flat_map(of).collect();
        keys.sort_by_key(|key| (key.name, key.product));
        keys
    });
    &KEYS
}

/// Every product, sorted by name.
pub fn products() -> &'static [Product] {
    PRODUCTS
}

/// The product of this name; none for a team's own keys.
pub fn product(name: &str) -> Option<&'static Product> {
    PRODUCTS.get(PRODUCTS.binary_search_by(|product| product.name.cmp(name)).ok()?)
}

/// The rows of the products that read a key of this name; matched exactly, save for what the user names or counts in
/// it.
pub fn lookup(key: &str) -> impl Iterator<Item = &'static Key> {
    let exact = rows_of(key);
    let rows = if exact.is_empty() { rows_of_shape(key) } else { exact };
    rows.iter()
}

fn rows_of(name: &str) -> &'static [Key] {
    let rows = all();
    let start = rows.partition_point(|row| row.name < name);
    let after = rows.get(start..).unwrap_or(&[]);
    after.get(..after.partition_point(|row| row.name == name)).unwrap_or(&[])
}

/// The rows whose name has a part that users choose: Micronaut's configuration name, the index of a list entry.
fn rows_of_shape(key: &str) -> &'static [Key] {
    let micronaut = key.strip_prefix("MICRONAUT_SERVER_CORS_CONFIGURATIONS_");
    if micronaut.and_then(|rest| rest.strip_suffix("_ALLOWED_ORIGINS")).is_some_and(|name| !name.is_empty()) {
        return rows_of("MICRONAUT_SERVER_CORS_CONFIGURATIONS_*_ALLOWED_ORIGINS");
    }
    let base = key.trim_end_matches(|byte: char| byte.is_ascii_digit());
    if base.len() == key.len() {
        return &[];
    }
    match base.strip_suffix("__") {
        Some(array) => rows_of(&format!("{array}__0")),
        None => base.strip_suffix('_').map_or(&[], |list| {
            let rows = rows_of(list);
            if rows.iter().any(|row| row.separator == Separator::CommaOrIndexed) { rows } else { &[] }
        }),
    }
}

/// Returns whether the other keys of the app's files show that it is `product`; `present` says which keys they have.
pub fn is_shown(product: &str, present: impl Fn(&str) -> bool) -> bool {
    self::product(product).is_some_and(|product| product.is_shown(present))
}

/// A team's settings for its own keys. They come before every row of the table.
#[derive(Debug, Clone, Default)]
pub struct OwnKeys {
    keys: BTreeMap<String, Option<Key>>,
    names: Vec<String>,
    slips: Slips,
}

impl OwnKeys {
    /// The keys by their names; `None` for one that has nothing to do with CORS.
    pub fn new(keys: BTreeMap<String, Option<Key>>) -> Self {
        let names: Vec<String> = keys.keys().cloned().collect();
        let slips = Slips::new(names.iter().map(String::as_str));
        OwnKeys { keys, names, slips }
    }

    /// The names that one edit may make of `name`, and perhaps others.
    pub(in crate::dotenv) fn near(&self, name: &str) -> impl Iterator<Item = &str> {
        self.slips.near(name).into_iter().filter_map(|number| self.names.get(number).map(String::as_str))
    }

    /// Returns what is said of a key: its row, or that it is none.
    pub fn get(&self, key: &str) -> Option<Option<&Key>> {
        let said = |name: &str| self.keys.get(name).map(Option::as_ref);
        said(key).or_else(|| {
            let base = key.trim_end_matches(|byte: char| byte.is_ascii_digit());
            let index = Some(base).filter(|base| base.len() < key.len())?;
            let array = || said(&format!("{}__0", index.strip_suffix("__")?));
            let list = || said(index.strip_suffix('_')?)?.filter(|key| key.separator == Separator::CommaOrIndexed);
            array().or_else(|| list().map(Some))
        })
    }
}

/// The rows a key may be in an app that has the keys `present` says yes to: the one that the settings state, or those of the
/// products its other keys show, or else all rows of its name, or else the convention that its name follows, where its value
/// looks like one.
pub fn candidates(key: &str, value: Looks, own: &OwnKeys, present: impl Fn(&str) -> bool) -> Arc<[Key]> {
    match own.get(key) {
        Some(stated) => stated.into_iter().copied().collect(),
        None => known(key, value, present).into_iter().copied().collect(),
    }
}

fn known(key: &str, value: Looks, present: impl Fn(&str) -> bool) -> Vec<&'static Key> {
    let rows: Vec<&Key> = lookup(key).collect();
    let shown: Vec<&Key> = rows.iter().copied().filter(|row| is_shown(row.product, &present)).collect();
    match (shown.is_empty(), rows.is_empty()) {
        (false, _) => shown,
        (true, false) => rows,
        (true, true) => convention::by_name(key, value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_sorted_and_so_are_their_keys() {
        for pair in PRODUCTS.windows(2) {
            let [before, after] = pair else { continue };
            assert!(before.name < after.name, "{} belongs before {}", after.name, before.name);
        }
        for product in PRODUCTS {
            let names: Vec<&str> = product.keys.iter().map(|key| key.name).collect();
            assert!(names.is_sorted_by(|before, after| before < after), "{}: {names:?}", product.name);
        }
    }

    #[test]
    fn every_row_is_found_by_its_name() {
        for row in all() {
            assert!(lookup(row.name).any(|found| found == row), "{}", row.name);
        }
        let name = |key| lookup(key).next().map(|row| row.name);
        assert_eq!(name("Cors__AllowedOrigins__12"), Some("Cors__AllowedOrigins__0"));
        assert_eq!(name("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS_1"), Some("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS"));
        assert_eq!(name("CORS_ORIGIN_1"), None);
        let micronaut = "MICRONAUT_SERVER_CORS_CONFIGURATIONS_WEB_ALLOWED_ORIGINS";
        assert_eq!(lookup(micronaut).map(|row| row.product).collect::<Vec<_>>(), ["Micronaut"]);
        assert_eq!(name("DATABASE_URL"), None);
    }

    #[test]
    fn the_other_keys_of_a_file_tell_the_product() {
        let products = |key: &str, present: &[&str]| {
            candidates(key, Looks::Unlike, &OwnKeys::default(), |other| present.contains(&other))
                .iter()
                .map(|row| row.product)
                .collect::<Vec<_>>()
        };
        assert_eq!(products("CORS_ORIGIN", &["CORS_ENABLED", "CORS_ORIGIN"]), ["Directus"]);
        assert_eq!(products("CORS_ORIGIN", &["APP_KEYS"]), ["Strapi"]);
        assert_eq!(products("CORS_ORIGIN", &["KEY"]).len(), 5, "KEY alone tells nothing");
        assert_eq!(products("CORS_ALLOW_ORIGIN", &["WEBUI_SECRET_KEY"]), ["Open WebUI"]);
        assert_eq!(products("SHOP_CORS_ORIGINS", &[]), ["convention"]);
        assert!(products("DATABASE_URL", &[]).is_empty());
    }
}
