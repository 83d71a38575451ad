//! An app's environments: what its .env files make of each key in production, and what each file says by itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::deployment::Deployment;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::OwnKeys;
use crate::dotenv::products::setting::Setting;
use crate::dotenv::syntax::file_name::Role;
use crate::dotenv::syntax::tree::EnvTree;
use crate::source::{FileId, Place, lossy};

/// The .env files that were read.
#[derive(Debug, Default)]
pub struct Apps<'f> {
    /// The apps, one for each directory of a walked tree, and one for all files that were named.
    pub projects: Vec<Project<'f>>,
    /// Every file by itself, for what is wrong in a file whatever overrides it; its product is told by the files beside it.
    pub files: Vec<Arc<App>>,
    /// The settings' rows for a team's own keys.
    pub own_keys: OwnKeys,
    /// The app as the settings state it, where no .env file tells.
    pub stated: Option<App>,
}

/// One app: the .env files of one directory.
#[derive(Debug)]
pub struct Project<'f> {
    /// The directory; empty for files that were named.
    pub directory: String,
    /// Whom the settings say nginx passes its requests to; empty where they do not.
    pub upstreams: Vec<String>,
    /// The app as it runs in production: `.env`, under the production files. Without a production file every file but the
    /// samples counts.
    pub production: Arc<App>,
    /// Its files, in the order they were given.
    pub files: Vec<EnvFile<'f>>,
}

/// One .env file of an app.
#[derive(Debug)]
pub struct EnvFile<'f> {
    /// The file.
    pub file: FileId,
    /// Its role.
    pub role: Role,
    /// Its statements.
    pub tree: &'f EnvTree,
    /// The index of what it says by itself, in [`Apps::files`].
    pub app: usize,
}

impl Project<'_> {
    /// Returns whether a file is named for production, so that what production gets is known.
    pub fn has_production_file(&self) -> bool {
        self.files.iter().any(|file| file.role == Role::Production)
    }
}

/// A key of a .env file, as its app gets it.
#[derive(Debug, Clone, Copy)]
pub struct EnvKey<'d> {
    /// The key and its value.
    pub setting: &'d Setting,
    /// The app.
    pub project: &'d Project<'d>,
    /// The source: the app in production, or the file by itself.
    pub app: &'d App,
    /// The role of its file.
    pub role: Role,
    /// True if it is what the app gets in production, as far as the files tell which that is.
    pub in_force: bool,
    /// True if it is in force, and a file is named for production.
    pub in_production: bool,
}

/// Every key that means something to CORS, in every .env file, once. What is in force in production is told as the app gets
/// it there, so that a variable of another file is filled in.
pub(crate) fn env_keys<'d>(deployment: &Deployment<'d>) -> Vec<EnvKey<'d>> {
    deployment.projects.iter().flat_map(|project| keys_of(deployment, project)).collect()
}

/// The same for one app.
pub(crate) fn keys_of<'d>(deployment: &Deployment<'d>, project: &'d Project<'d>) -> Vec<EnvKey<'d>> {
    let production: BTreeMap<Place, &Setting> =
        project.production.settings.iter().map(|setting| (setting.key_place, setting)).collect();
    let has_production_file = project.has_production_file();
    let mut keys = Vec::new();
    for file in &project.files {
        let Some(alone) = deployment.env_files.get(file.app) else { continue };
        for setting in &alone.settings {
            let known = production.get(&setting.key_place).copied();
            keys.push(EnvKey {
                setting: known.unwrap_or(setting),
                project,
                app: if known.is_some() { &project.production } else { alone },
                role: file.role,
                in_force: known.is_some(),
                in_production: known.is_some() && has_production_file,
            });
        }
    }
    keys
}

/// The keys that an app's files set, each with the roles of the files that set it.
pub(crate) fn names<'d>(deployment: &Deployment<'d>, project: &Project<'_>) -> KeyNames<'d> {
    let mut names: HashMap<Cow<'d, str>, Vec<Role>> = HashMap::new();
    for file in &project.files {
        let bytes = &deployment.sources.get(file.file).bytes;
        for assignment in file.tree.assignments() {
            let roles = names.entry(lossy(assignment.key.of(bytes))).or_default();
            if !roles.contains(&file.role) {
                roles.push(file.role);
            }
        }
    }
    KeyNames(names)
}

/// The names that files set: see `names`.
#[derive(Debug)]
pub struct KeyNames<'d>(HashMap<Cow<'d, str>, Vec<Role>>);

impl KeyNames<'_> {
    /// Returns whether any file sets the key.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns whether a file of this role sets the key.
    pub fn is_set_in(&self, name: &str, role: Role) -> bool {
        self.0.get(name).is_some_and(|roles| roles.contains(&role))
    }

    /// Returns whether a file that is loaded somewhere sets the key: any but a sample.
    pub fn is_loaded(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|roles| roles.iter().any(|role| *role != Role::Example))
    }
}
