//! The CORS policy of an app, as far as its .env files tell.
//!
//! The files of one app are layers: a key in a later file takes the place of the same key in an earlier one, as Vite,
//! Next.js and compose stack them. Within a file the last assignment of a key counts.

mod find;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::dotenv::products::allowed::AllowedIndex;
use crate::dotenv::products::keys::{self, Certainty, Key, Looks, OwnKeys};
use crate::dotenv::products::list_form::looks;
use crate::dotenv::products::setting::{AllowedOrigin, Setting};
use crate::dotenv::reading::value::{Plain, Variables, plain_values};
use crate::dotenv::syntax::tree::{Assignment, EnvTree};
use crate::source::{FileId, Place, Span, lossy};

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
    /// True if every product that may be meant sends the `*` as it stands, credentials or not.
    pub verbatim: bool,
}

/// The app's word on credentials.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// True if it does.
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
    /// A word that the address of the app holds, where the product sends CORS headers without a key that says so: other programs may be
    /// set up by the same file.
    pub only_at: Option<&'static str>,
}

/// The app's response to a request's Origin.
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
    /// True if Allow-Credentials is `true`; `None` where the files do not say.
    pub credentials: Option<bool>,
    /// The value that decides it.
    pub credentials_place: Option<Place>,
}

/// The CORS settings in the .env files of one app.
#[derive(Clone, Default)]
pub struct App {
    /// The files, in the order of their layers.
    pub files: Vec<FileId>,
    /// Every key in force that means something to CORS, by layer and place.
    pub settings: Vec<Setting>,
    /// Every entry of every key that holds origins, by layer and place. See [`AllowedOrigin::cors`].
    pub origins: Vec<AllowedOrigin>,
    /// The setting that lets any origin call the app.
    pub any_origin: Option<Star>,
    /// The setting for credentials, where a key has one.
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
    /// The index of the responses.
    pub(in crate::dotenv) index: AllowedIndex,
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

/// The facts about an app beside the files that are read.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// Which keys its other files have: these, too, tell the product.
    pub has: &'a dyn Fn(&str) -> bool,
    /// Which keys nginx's own templates take, so that they are no evidence that the app sends CORS headers.
    pub is_nginxs: &'a dyn Fn(&str) -> bool,
    /// Which keys the settings speak of.
    pub own: &'a OwnKeys,
    /// Which keys of the files another file decides, wherever they are loaded: these are not looked at.
    pub is_overridden: &'a dyn Fn(&str) -> bool,
}

/// An assignment in force.
struct AssignmentInForce<'t> {
    layer: usize,
    file: FileId,
    assignment: &'t Assignment,
    value: Option<Arc<Plain>>,
}

/// Reads the .env files of one app, in the order of their layers.
pub fn read(files: &[(FileId, &EnvTree, &[u8])]) -> App {
    let nothing = |_: &str| false;
    read_among(files, Beside { has: &nothing, is_nginxs: &nothing, own: &OwnKeys::default(), is_overridden: &nothing })
}

/// Reads some files of an app of which more is known.
pub fn read_among(files: &[(FileId, &EnvTree, &[u8])], beside: Beside<'_>) -> App {
    let mut variables = Variables::new();
    let mut in_force: HashMap<Cow<'_, str>, AssignmentInForce<'_>> = HashMap::new();
    let mut unfilled = Vec::new();
    for (layer, (file, tree, bytes)) in files.iter().enumerate() {
        let read = plain_values(tree, bytes, &variables);
        variables = read.variables;
        unfilled.extend(read.unfilled.map(|span| Place { file: *file, span }));
        for (assignment, value) in tree.assignments().zip(read.values) {
            let name = lossy(assignment.key.of(bytes));
            in_force.insert(name, AssignmentInForce { layer, file: *file, assignment, value: value.map(Arc::new) });
        }
    }
    let mut app = App { files: files.iter().map(|(file, ..)| *file).collect(), unfilled, ..App::default() };
    let present = |key: &str| in_force.contains_key(key) || (beside.has)(key);
    let mut settings: Vec<(usize, Span, Setting)> = Vec::new();
    for (name, entry) in &in_force {
        let value_looks = entry.value.as_ref().map_or(Looks::Unlike, |value| looks(value.bytes()));
        let keys = keys::candidates(name, value_looks, beside.own, present);
        if !keys.is_empty() && !(beside.is_overridden)(name) {
            let is_shown = || keys.iter().any(|key| keys::is_shown(key.product, present));
            let by_name_alone = beside.own.get(name).is_none() && keys::is_common_name(name) && !is_shown();
            let setting = Setting { by_name_alone, ..setting(name, entry, keys) };
            settings.push((entry.layer, entry.assignment.key, setting));
        }
    }
    settings.sort_by_key(|(layer, key, _)| (*layer, *key));
    app.settings = settings.into_iter().map(|(_, _, setting)| setting).collect();
    app.by_name = app.settings.iter().enumerate().map(|(index, setting)| (setting.name.clone(), index)).collect();
    app.find_origins(&present, beside);
    app.find_switches();
    if app.evidence.is_none() && app.switched_off.is_none() {
        let place = |key: &str| in_force.get(key).map(|set| Place { file: set.file, span: set.assignment.key });
        app.evidence = find::by_default(&present, place);
    }
    app.find_credentials();
    let variable = |(name, entry): (Cow<'_, str>, AssignmentInForce<'_>)| {
        let value_place = Place { file: entry.file, span: entry.assignment.value.inner };
        (name.into_owned(), Variable { value: entry.value, value_place })
    };
    app.variables = in_force.into_iter().map(variable).collect();
    app
}

fn setting(name: &str, entry: &AssignmentInForce<'_>, keys: Arc<[Key]>) -> Setting {
    let place = |span| Place { file: entry.file, span };
    Setting {
        name: name.to_owned(),
        key_place: place(entry.assignment.key),
        value_place: place(entry.assignment.value.inner),
        keys,
        value: entry.value.clone(),
        quoting: entry.assignment.value.quoting,
        cors: false,
        by_name_alone: false,
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
