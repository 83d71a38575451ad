//! Which .env files belong to one app, and in which order they are layered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::discover::{Candidate, name_of};
use super::read::Files;
use crate::deployment::Apps;
use crate::dotenv::app::{self, App, is_example, is_production};
use crate::source::FileId;

/// Groups the .env files into apps. Files that were named are one app's; those of a walked tree are one app a directory, and only
/// where there is one such directory is it known which app nginx stands in front of.
pub(super) fn apps(files: &Files, env: &[(FileId, Candidate)]) -> Apps {
    let mut by_directory: BTreeMap<PathBuf, Vec<&(FileId, Candidate)>> = BTreeMap::new();
    for entry in env {
        let directory = entry.1.path.parent().unwrap_or(Path::new(""));
        let group = if entry.1.walked.is_none() { PathBuf::new() } else { directory.to_owned() };
        by_directory.entry(group).or_default().push(entry);
    }
    let groups: Vec<Vec<&(FileId, Candidate)>> = by_directory.into_values().collect();
    let app = match groups.as_slice() {
        [only] => Some(read(files, only)),
        _ => None,
    };
    let alone = |file: &FileId| Some((*file, files.env.get(file)?, &files.sources.get(*file).bytes[..]));
    let files = env.iter().filter_map(|(file, _)| alone(file)).map(|file| app::read(&[file])).collect();
    Apps { app, files }
}

/// The app as it runs in production: `.env` first, then what the production files override. Without a production file, every
/// file but the samples counts.
fn read(files: &Files, group: &[&(FileId, Candidate)]) -> App {
    let name = |entry: &(FileId, Candidate)| name_of(&entry.1.path);
    let has_production = group.iter().any(|entry| is_production(&name(entry)));
    let layer = |entry: &(FileId, Candidate)| {
        let name = name(entry);
        let local = name.ends_with(".local");
        match (name == ".env", is_production(&name)) {
            (true, _) => Some(0),
            (false, true) => Some(2 + u8::from(local)),
            (false, false) => (!has_production && !is_example(&name)).then_some(1),
        }
    };
    let mut layers: Vec<(u8, FileId)> = group.iter().filter_map(|entry| Some((layer(entry)?, entry.0))).collect();
    // The sort is stable: files of one layer stay in the order they were given.
    layers.sort_by_key(|(layer, _)| *layer);
    let read =
        layers.iter().filter_map(|(_, file)| Some((*file, files.env.get(file)?, &files.sources.get(*file).bytes[..])));
    app::read(&read.collect::<Vec<_>>())
}
