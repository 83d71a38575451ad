//! What an app's CORS policy is, as far as its .env files tell.
//!
//! The files of one app are layers: a key in a later file takes the place of the same key in an earlier one, as Vite,
//! Next.js and compose stack them. Within a file the last assignment of a key counts.

mod find;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::dotenv::products::allowed::Index;
use crate::dotenv::products::keys::{self, Certainty, Key, Looks, Meaning, Own, Separator, Slash};
use crate::dotenv::products::list::{self, ListEntry};
use crate::dotenv::products::list_form::looks;
use crate::dotenv::reading::value::{Plain, Variables, plain_values};
use crate::dotenv::syntax::tree::{Assignment, Quoting, Tree};
use crate::source::{FileId, Place, Span, lossy};

/// What a key of the app's files is set to, where the key means something to CORS.
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
    pub quoting: Quoting,
    /// Whether it is the app's allow-list and in use: not empty, not `false`, the product's switch not off.
    pub cors: bool,
}

/// One origin, or what stands in the place of one, in a value.
#[derive(Clone)]
pub struct AllowedOrigin {
    /// Its text, without blanks around it.
    pub text: String,
    /// Exactly this one entry inside the value.
    pub place: Place,
    /// Whether blanks stand around it inside the value.
    pub padded: bool,
    /// The rows of all products that may be meant; never empty.
    pub keys: Arc<[Key]>,
    /// The key as it is written.
    pub key_name: String,
    /// Where the key stands.
    pub key_place: Place,
    /// Whether the app takes it for its CORS allow-list, and not for CSRF or for a link.
    pub cors: bool,
}

/// The app allows any origin.
#[derive(Debug, Clone)]
pub struct Star {
    /// The `*`, or the value of the switch.
    pub place: Place,
    /// Where the key stands.
    pub key_place: Place,
    /// The key as it is written.
    pub key_name: String,
    /// How sure it is; [`Certainty::Unverified`] where products that may be meant disagree.
    pub certainty: Certainty,
    /// Whether every product that may be meant sends the `*` as it stands, credentials or not.
    pub verbatim: bool,
}

/// Whether the app allows credentials.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Whether it does.
    pub value: bool,
    /// The value.
    pub place: Place,
    /// Where the key stands.
    pub key_place: Place,
    /// The key as it is written.
    pub key_name: String,
    /// How sure it is.
    pub certainty: Certainty,
}

/// A key that switches the app's own CORS on.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The key.
    pub place: Place,
    /// The key as it is written.
    pub key_name: String,
    /// The product, where the files tell a single one.
    pub product: Option<&'static str>,
    /// How sure it is.
    pub certainty: Certainty,
}

/// What the app says to a request's Origin.
#[derive(Clone, PartialEq, Eq)]
pub enum AllowOrigin {
    /// This origin: the request's own, or the one it is told to send to everybody.
    Origin(String),
    /// `*`
    Star,
    /// No Allow-Origin at all.
    None,
    /// The files do not tell.
    Unknown,
}

/// The app's answer to one Origin, as far as the files tell.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    /// Allow-Origin.
    pub allow_origin: AllowOrigin,
    /// The entry or the key that decides it.
    pub place: Option<Place>,
    /// Whether Allow-Credentials is `true`; `None` where the files do not tell.
    pub credentials: Option<bool>,
    /// The value that decides it.
    pub credentials_place: Option<Place>,
}

/// What the .env files of one app say about CORS.
#[derive(Clone, Default)]
pub struct App {
    /// The files, in the order of their layers.
    pub files: Vec<FileId>,
    /// Every key in force that means something to CORS, by layer and place.
    pub settings: Vec<Setting>,
    /// Every entry of every key that holds origins, by layer and place. See [`AllowedOrigin::cors`].
    pub origins: Vec<AllowedOrigin>,
    /// Whether any origin may call the app.
    pub any_origin: Option<Star>,
    /// Whether the app allows credentials, where a key says so.
    pub credentials: Option<Credentials>,
    /// The best evidence that the app answers CORS itself. `None` is not evidence of the contrary.
    pub evidence: Option<Evidence>,
    /// A switch that says the app's CORS is off.
    pub switched_off: Option<Place>,
    /// Every key in force, whatever it means: what programs get that read these files.
    pub variables: HashMap<String, Variable>,
    /// In each file, the first key whose value is not known because those before it became too long.
    pub unfilled: Vec<Place>,
    /// The index of each setting.
    by_name: HashMap<String, usize>,
    /// What answers are found by.
    pub(in crate::dotenv) index: Index,
}

impl fmt::Debug for App {
    /// How much it holds, and no value of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = (self.files.len(), self.settings.len(), self.origins.len());
        f.debug_struct("App").field("files, settings, origins", &counts).finish_non_exhaustive()
    }
}

/// A key in force, as any program gets it.
#[derive(Clone)]
pub struct Variable {
    /// The value as most loaders read it; `None` where a variable from outside decides, or loaders can't agree.
    pub value: Option<Arc<Plain>>,
    /// Where the value stands, without its quotes.
    pub value_place: Place,
}

/// What is known of an app beside the files that are read.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// Which keys its other files have: these, too, tell the product.
    pub has: &'a dyn Fn(&str) -> bool,
    /// Which keys nginx's own templates take, so that they are no evidence that the app sends CORS headers.
    pub is_nginxs: &'a dyn Fn(&str) -> bool,
    /// Which keys the settings speak of.
    pub own: &'a Own,
    /// Which keys of the files another file decides, wherever they are loaded: these are not looked at.
    pub is_overridden: &'a dyn Fn(&str) -> bool,
}

/// An assignment in force.
struct InForce<'t> {
    layer: usize,
    file: FileId,
    assignment: &'t Assignment,
    value: Option<Arc<Plain>>,
}

/// Reads the .env files of one app, in the order of their layers.
pub fn read(files: &[(FileId, &Tree, &[u8])]) -> App {
    let nothing = |_: &str| false;
    read_among(files, Beside { has: &nothing, is_nginxs: &nothing, own: &Own::default(), is_overridden: &nothing })
}

/// Reads some files of an app of which more is known.
pub fn read_among(files: &[(FileId, &Tree, &[u8])], beside: Beside<'_>) -> App {
    let mut variables = Variables::new();
    let mut in_force: HashMap<Cow<'_, str>, InForce<'_>> = HashMap::new();
    let mut unfilled = Vec::new();
    for (layer, (file, tree, bytes)) in files.iter().enumerate() {
        let read = plain_values(tree, bytes, &variables);
        variables = read.variables;
        unfilled.extend(read.unfilled.map(|span| Place { file: *file, span }));
        for (assignment, value) in tree.assignments().zip(read.values) {
            let name = lossy(assignment.key.of(bytes));
            in_force.insert(name, InForce { layer, file: *file, assignment, value: value.map(Arc::new) });
        }
    }
    let mut app = App { files: files.iter().map(|(file, ..)| *file).collect(), unfilled, ..App::default() };
    let present = |key: &str| in_force.contains_key(key) || (beside.has)(key);
    let mut settings: Vec<(usize, Span, Setting)> = Vec::new();
    for (name, entry) in &in_force {
        let value_looks = entry.value.as_ref().map_or(Looks::Unlike, |value| looks(value.bytes()));
        let keys = keys::candidates(name, value_looks, beside.own, present);
        if !keys.is_empty() && !(beside.is_overridden)(name) {
            settings.push((entry.layer, entry.assignment.key, setting(name, entry, keys)));
        }
    }
    settings.sort_by_key(|(layer, key, _)| (*layer, *key));
    app.settings = settings.into_iter().map(|(_, _, setting)| setting).collect();
    app.by_name = app.settings.iter().enumerate().map(|(index, setting)| (setting.name.clone(), index)).collect();
    app.find_origins(&present, beside);
    app.find_switches();
    app.find_credentials();
    let variable = |(name, entry): (Cow<'_, str>, InForce<'_>)| {
        let value_place = Place { file: entry.file, span: entry.assignment.value.inner };
        (name.into_owned(), Variable { value: entry.value, value_place })
    };
    app.variables = in_force.into_iter().map(variable).collect();
    app
}

fn setting(name: &str, entry: &InForce<'_>, keys: Arc<[Key]>) -> Setting {
    let place = |span| Place { file: entry.file, span };
    Setting {
        name: name.to_owned(),
        key_place: place(entry.assignment.key),
        value_place: place(entry.assignment.value.inner),
        keys,
        value: entry.value.clone(),
        quoting: entry.assignment.value.quoting,
        cors: false,
    }
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
        self.value.as_ref().is_some_and(|value| value.bytes().trim_ascii().is_empty())
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
    fn finest_entries(&self) -> Vec<ListEntry> {
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

    /// Returns whether a row of this product is among those that may be meant.
    fn is_of(&self, product: &str) -> bool {
        self.keys.iter().any(|key| key.product == product)
    }

    /// The rows that make it the allow-list in use; `switches` are those of [`App::switches`].
    fn allowing(&self, switches: &BTreeMap<&'static str, Option<bool>>, present: &dyn Fn(&str) -> bool) -> Vec<Key> {
        let off = matches!(self.text().as_deref().map(str::trim), Some("" | "false" | "none"));
        let allows = |key: &Key| {
            let link = key.meaning == Meaning::FrontendUrl && !keys::is_shown(key.product, present);
            let on = switches.get(key.product).is_none_or(|on| *on == Some(true));
            !off && !link && on && key.meaning.allows_origins()
        };
        self.keys.iter().copied().filter(allows).collect()
    }

    fn origin(&self, entry: &ListEntry) -> AllowedOrigin {
        AllowedOrigin {
            text: self.text_of(entry),
            place: self.place_of(entry),
            padded: entry.padded,
            keys: self.keys.clone(),
            key_name: self.name.clone(),
            key_place: self.key_place,
            cors: self.cors,
        }
    }
}

impl AllowedOrigin {
    /// How sure it is that a slash at the end keeps this entry from equalling any browser's Origin, or the app from
    /// starting; `None` where a product that may be meant strips it or takes a URL. Products of which nobody knows
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

impl App {
    /// An app of which nothing is known but that it sends CORS headers.
    pub fn stated(evidence: Evidence) -> Self {
        App { evidence: Some(evidence), ..App::default() }
    }

    /// The setting of a key of this name, where it means something to CORS.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(*self.by_name.get(name)?)
    }
}
