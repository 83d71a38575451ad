//! Which .env files belong to one app, and in which order they are layered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::discover::{Candidate, name_of};
use super::fill;
use super::read::{Files, shown};
use crate::deployment::{Apps, EnvFile, Project};
use crate::dotenv::app::{self, App, Beside, Evidence};
use crate::dotenv::file_name::Role;
use crate::dotenv::keys::Certainty;
use crate::dotenv::tree::Tree;
use crate::settings::{Set, Settings};
use crate::source::{FileId, Place};

/// A .env file with what its name says.
struct Member<'f> {
    file: FileId,
    role: Role,
    name: String,
    tree: &'f Tree,
    bytes: &'f [u8],
}

/// Groups the .env files into apps. Files that were named are one app's; those of a walked tree are one app a directory, and only
/// where there is one such directory is it known which app nginx stands in front of.
///
/// A key that a template of nginx takes says nothing about the app's own CORS.
///
/// What the settings state of the app beats what its files show.
pub(super) fn apps<'f>(files: &'f Files, env: &[(FileId, Candidate)], settings: &Settings) -> Apps<'f> {
    let taken = fill::names(files);
    let sets_cors = settings.app_sets_cors.as_ref().map(|set| set.value);
    let is_nginxs = |key: &str| sets_cors == Some(false) || taken.contains(key.as_bytes());
    let evidence = files.settings.zip(settings.app_sets_cors.as_ref()).and_then(|(file, set)| stated(file, set));
    let state = |app: &mut App| match sets_cors {
        Some(true) if app.evidence.is_none() => app.evidence.clone_from(&evidence),
        Some(false) => app.evidence = None,
        _ => {}
    };
    let mut by_directory: BTreeMap<PathBuf, Vec<Member<'f>>> = BTreeMap::new();
    for (file, candidate) in env {
        let directory = candidate.path.parent().unwrap_or(Path::new(""));
        let group = match settings.app_of(directory) {
            Some(app) => settings.directory.join(&app.path.value),
            None if candidate.walked.is_none() => PathBuf::new(),
            None => directory.to_owned(),
        };
        let Some(tree) = files.env.get(file) else { continue };
        let name = name_of(&candidate.path);
        let bytes = &files.sources.get(*file).bytes[..];
        by_directory.entry(group).or_default().push(Member { file: *file, role: Role::of(&name), name, tree, bytes });
    }
    let stated = evidence.clone().map(App::stated);
    let mut apps = Apps { own_keys: settings.own_keys(), stated, ..Apps::default() };
    let mut read = Vec::new();
    for (directory, members) in by_directory {
        let names = names(&members);
        let has = |key: &str| names.contains(key);
        let beside = Beside { has: &has, is_nginxs: &is_nginxs, own: &apps.own_keys };
        let mut production = in_production(&members, beside);
        state(&mut production);
        let mut files = Vec::new();
        for member in members {
            let alone = [(member.file, member.tree, member.bytes)];
            files.push(EnvFile { file: member.file, role: member.role, tree: member.tree, app: read.len() });
            let mut app = app::read_among(&alone, beside);
            state(&mut app);
            read.push(app);
        }
        let stated = settings.app_of(&directory).filter(|_| !directory.as_os_str().is_empty());
        let upstreams = stated.map(|app| app.upstreams.clone()).unwrap_or_default();
        let directory = stated.map_or_else(|| shown(&directory), |app| app.path.value.clone());
        apps.projects.push(Project { directory, upstreams, production, files });
    }
    apps.files = read;
    apps
}

/// The evidence that the settings give.
fn stated(file: FileId, set: &Set<bool>) -> Option<Evidence> {
    set.value.then(|| Evidence {
        place: Place { file, span: set.span },
        key_name: "app-sets-cors".to_owned(),
        product: None,
        certainty: Certainty::Docs,
    })
}

/// The keys of all files of an app, samples among them: together they tell its product.
fn names(members: &[Member<'_>]) -> BTreeSet<String> {
    let keys = members.iter().flat_map(|member| member.tree.assignments().map(|key| key.key.of(member.bytes)));
    keys.map(|key| String::from_utf8_lossy(key).into_owned()).collect()
}

/// The app as it runs in production: `.env` first, then what the production files override. Without a production file, every
/// file but the samples counts. `.env.local` is a developer's machine.
fn in_production(members: &[Member<'_>], beside: Beside<'_>) -> App {
    let has_production = members.iter().any(|member| member.role == Role::Production);
    let layer = |member: &Member<'_>| match member.role {
        Role::Base => Some(0),
        Role::Production => Some(2 + u8::from(member.name.ends_with(".local"))),
        Role::Example => None,
        _ => (!has_production).then_some(1),
    };
    let mut layers: Vec<(u8, &Member<'_>)> =
        members.iter().filter_map(|member| Some((layer(member)?, member))).collect();
    // The sort is stable: files of one layer stay in the order they were given.
    layers.sort_by_key(|(layer, _)| *layer);
    let stack: Vec<_> = layers.iter().map(|(_, member)| (member.file, member.tree, member.bytes)).collect();
    app::read_among(&stack, beside)
}
