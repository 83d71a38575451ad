//! How an app's .env files lie one above the other.
//!
//! Vite and Next.js load `.env` first, then the file of the mode that runs, then those named `.local` above it; a key counts as the
//! last of them sets it. `.env.production.local` lies where production is built, so it speaks for production. `.env.local` and the
//! other `.local` files are one developer's: what they say decides nothing for anybody else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::dotenv::products::app::{self, App, Beside};
use crate::dotenv::syntax::file_name::Role;
use crate::dotenv::syntax::tree::EnvTree;
use crate::source::{FileId, lossy};

/// A .env file with what its name says.
pub(in crate::engine) struct Member<'f> {
    pub(in crate::engine) file: FileId,
    pub(in crate::engine) directory: &'f Path,
    pub(in crate::engine) role: Role,
    pub(in crate::engine) name: String,
    pub(in crate::engine) tree: &'f EnvTree,
    pub(in crate::engine) bytes: &'f [u8],
}

impl Member<'_> {
    pub(in crate::engine) fn keys(&self) -> impl Iterator<Item = String> {
        self.tree.assignments().map(|assignment| lossy(assignment.key.of(self.bytes)).into_owned())
    }

    /// Returns whether a key that frameworks read says that the file is for production.
    pub(in crate::engine) fn says_production(&self) -> bool {
        const KEYS: [&str; 10] = [
            "NODE_ENV",
            "APP_ENV",
            "RAILS_ENV",
            "RACK_ENV",
            "DJANGO_ENV",
            "FLASK_ENV",
            "MIX_ENV",
            "ASPNETCORE_ENVIRONMENT",
            "ENVIRONMENT",
            "ENV",
        ];
        self.tree.assignments().any(|assignment| {
            let value = lossy(assignment.value.inner.of(self.bytes)).to_ascii_lowercase();
            let is_production = matches!(value.trim(), "production" | "prod" | "live");
            is_production && KEYS.contains(&&*lossy(assignment.key.of(self.bytes)))
        })
    }

    /// Its name without `.local`: the mode that it is loaded in.
    fn mode(&self) -> &str {
        self.name.strip_suffix(".local").unwrap_or(&self.name)
    }

    fn is_local(&self) -> bool {
        self.mode().len() < self.name.len()
    }
}

/// The app as it runs in production: `.env` first, then what the production files override. Without a production file, every
/// file but the samples counts; what `.env` sets is then production's, and no file of another mode overrides it.
pub(in crate::engine) fn in_production(members: &[Member<'_>], beside: Beside<'_>) -> App {
    let has_production = members.iter().any(|member| member.role == Role::Production);
    let layer = |member: &Member<'_>| match member.role {
        Role::Example => None,
        Role::Production => Some(3 + u8::from(member.is_local())),
        Role::Base => Some(1),
        _ if has_production => None,
        Role::Development | Role::Test | Role::Staging => Some(0),
        Role::Local | Role::Other => Some(2),
    };
    let mut layers: Vec<(u8, &Member<'_>)> =
        members.iter().filter_map(|member| Some((layer(member)?, member))).collect();
    // The sort is stable: files of one layer stay in the order they were given.
    layers.sort_by_key(|(layer, _)| *layer);
    let stack: Vec<_> = layers.iter().map(|(_, member)| (member.file, member.tree, member.bytes)).collect();
    app::read_among(&stack, beside)
}

/// The keys of a file whose values are never used, since a file that is loaded above it wherever it is loaded itself sets them, too.
/// Those of `.env` are used unless production, development and every other mode that has a file set them.
pub(in crate::engine) fn overridden(member: &Member<'_>, members: &[Member<'_>]) -> BTreeSet<String> {
    let beside = members.iter().filter(|other| other.directory == member.directory);
    match member.role {
        Role::Production if !member.is_local() => {
            let above = beside.filter(|other| other.is_local() && other.mode() == member.name);
            above.flat_map(Member::keys).collect()
        }
        Role::Base => {
            let mut modes: BTreeMap<(Role, &str), BTreeSet<String>> = BTreeMap::new();
            let is_mode = |role| matches!(role, Role::Production | Role::Development | Role::Staging | Role::Test);
            for other in beside.filter(|other| is_mode(other.role)) {
                let speaks = !other.is_local() || other.role == Role::Production;
                let set = modes.entry((other.role, other.mode())).or_default();
                set.extend(other.keys().filter(|_| speaks));
            }
            let has = |wanted: Role| modes.keys().any(|(role, _)| *role == wanted);
            let is_known = has(Role::Production) && has(Role::Development);
            let everywhere = |key: &String| is_known && modes.values().all(|set| set.contains(key));
            member.keys().filter(everywhere).collect()
        }
        _ => BTreeSet::new(),
    }
}
