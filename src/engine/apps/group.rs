//! Which .env files belong to one app.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::deployment::Apps;
use crate::deployment::EnvFile;
use crate::deployment::Project;
use crate::dotenv::products::app::{self, App, Beside, Evidence};
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::syntax::file_name::Role;
use crate::engine::apps::layers::{Member, in_production, overridden};
use crate::engine::apps::template_names;
use crate::engine::input::discover::{Candidate, name_of};
use crate::engine::input::disk::shown;
use crate::engine::input::read::Files;
use crate::settings::{Set, Settings};
use crate::source::{FileId, Place, lossy};

/// Groups the .env files into apps. Files that were named are one app's; those of a walked tree are one app a directory, and only
/// where there is one such directory is it known which app nginx stands in front of.
///
/// A key that a template of nginx takes says nothing about the app's own CORS.
///
/// What the settings state of the app beats what its files show.
pub(in crate::engine) fn apps<'f>(files: &'f Files, env: &'f [(FileId, Candidate)], settings: &Settings) -> Apps<'f> {
    let taken = template_names::names(files);
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
        let member = Member { file: *file, directory, role: Role::of(&name), name, tree, bytes };
        by_directory.entry(group).or_default().push(member);
    }
    by_directory.values_mut().for_each(|members| production_by_content(members));
    let stated = evidence.clone().map(App::stated);
    let mut apps = Apps { own_keys: settings.own_keys(), stated, ..Apps::default() };
    let mut read = Vec::new();
    for (directory, members) in by_directory {
        let names = names(&members);
        let has = |key: &str| names.contains(key);
        let beside = Beside { has: &has, is_nginxs: &is_nginxs, own: &apps.own_keys, is_overridden: &|_| false };
        let mut production = in_production(&members, beside);
        state(&mut production);
        let production = Arc::new(production);
        let mut files = Vec::new();
        for member in &members {
            files.push(EnvFile { file: member.file, role: member.role, tree: member.tree, app: read.len() });
            let overridden = overridden(member, &members);
            // A file that is all of production says by itself what it says there.
            if production.files == [member.file] && overridden.is_empty() {
                read.push(production.clone());
                continue;
            }
            let alone = [(member.file, member.tree, member.bytes)];
            let is_overridden = |key: &str| overridden.contains(key);
            let mut app = app::read_among(&alone, Beside { is_overridden: &is_overridden, ..beside });
            state(&mut app);
            read.push(Arc::new(app));
        }
        let stated = settings.app_of(&directory).filter(|_| !directory.as_os_str().is_empty());
        let upstreams = stated.map(|app| app.upstreams.clone()).unwrap_or_default();
        let directory = stated.map_or_else(|| shown(&directory), |app| app.path.value.clone());
        apps.projects.push(Project { directory, upstreams, production, files });
    }
    apps.files = read;
    apps
}

/// Where no name says which file is production's, the content does: `NODE_ENV=production`.
fn production_by_content(members: &mut [Member<'_>]) {
    if members.iter().any(|member| member.role == Role::Production) {
        return;
    }
    for member in members.iter_mut().filter(|member| matches!(member.role, Role::Base | Role::Other)) {
        if member.says_production() {
            member.role = Role::Production;
        }
    }
}

/// The evidence that the settings give.
fn stated(file: FileId, set: &Set<bool>) -> Option<Evidence> {
    set.value.then(|| Evidence {
        place: Place { file, span: set.span },
        key_name: "app-sets-cors".to_owned(),
        product: None,
        certainty: Certainty::Docs,
        only_at: None,
    })
}

/// The keys of all files of an app, samples among them, and the comments in which Symfony's Flex names a package (`###> nelmio/cors-bundle
/// ###`): together they show its product.
fn names(members: &[Member<'_>]) -> BTreeSet<String> {
    let comments = |member: &Member<'_>| {
        let lines = member.bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        lines.filter(|line| line.starts_with(b"###>")).map(|line| lossy(line).into_owned()).collect::<Vec<_>>()
    };
    members.iter().flat_map(|member| member.keys().chain(comments(member))).collect()
}
