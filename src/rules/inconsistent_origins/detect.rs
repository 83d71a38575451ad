//! Origins that one party names and another does not let in, but one that is nearly the same.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hashbrown::HashSet;

use super::before_apps::{BeforeApp, before_apps, flows_before, is_admitted_before, listed_before};
use crate::cors::near::Neighbors;
use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::Listed;
use crate::deployment::meant_origin;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{Certainty, Meaning};
use crate::dotenv::products::setting::AllowedOrigin;
use crate::nginx::limits::{self, Limit};
use crate::source::Place;

/// How many steps it takes to read one origin for those near it.
const STEPS_OF_AN_ORIGIN: usize = 60;

/// An origin that is nearly let in.
#[derive(Debug)]
pub(super) struct NearMiss {
    /// The origin, where it is named.
    pub origin: Listed,
    /// The one that is let in instead.
    pub other: Listed,
    /// In what they differ.
    pub what: &'static str,
    /// Who lets the other in: nginx or the app.
    pub who: &'static str,
    /// Where it is not stated which app stands behind those locations of nginx: the directory of the one it may be.
    pub open: Option<String>,
}

/// Origins by name.
#[derive(Default)]
struct NamedOrigins {
    origins: Vec<Listed>,
    /// The same origins, to look one up.
    known: HashSet<Origin>,
    /// Those that are no example of an expression, to find a near one.
    neighbors: OnceCell<Neighbors>,
}

impl NamedOrigins {
    fn new(origins: Vec<Listed>) -> Self {
        let known = origins.iter().map(|listed| listed.origin.clone()).collect();
        NamedOrigins { origins, known, neighbors: OnceCell::new() }
    }

    fn neighbors(&self) -> &Neighbors {
        self.neighbors.get_or_init(|| Neighbors::new(self.named()))
    }

    /// The same without the origins that another party names as well: where these are many, each search would skip them.
    fn without(&self, other: &Party<'_>) -> Neighbors {
        Neighbors::new(self.named().filter(|(_, origin)| !other.has(origin)))
    }

    fn named(&self) -> impl Iterator<Item = (usize, &Origin)> {
        let named = self.origins.iter().enumerate().filter(|(_, listed)| !listed.is_pattern);
        named.map(|(index, listed)| (index, &listed.origin))
    }
}

/// Who allows origins.
struct Party<'p> {
    names: Rc<NamedOrigins>,
    /// Its name in a message.
    name: &'static str,
    /// Where it is nginx: what of it stands before the app.
    before: Option<&'p BeforeApp>,
}

impl Party<'_> {
    fn app(origins: Vec<Listed>) -> Self {
        Party { names: Rc::new(NamedOrigins::new(origins)), name: "the app", before: None }
    }

    fn has(&self, origin: &Origin) -> bool {
        self.names.known.contains(origin)
    }

    /// Returns whether it lets the origin in.
    fn admits(&self, deployment: &Deployment<'_>, origin: &Origin) -> bool {
        self.has(origin) || self.before.is_some_and(|before| is_admitted_before(deployment, before, origin))
    }
}

/// The origins that nginx names before the apps: many headers send the value of one map, which is read once.
#[derive(Default)]
struct NamesBefore(BTreeMap<BTreeSet<(usize, usize)>, Rc<NamedOrigins>>);

impl NamesBefore {
    fn party<'p>(&mut self, deployment: &Deployment<'_>, before: &'p BeforeApp) -> Party<'p> {
        let names = self.0.entry(flows_before(deployment, before));
        let names = names.or_insert_with(|| Rc::new(NamedOrigins::new(listed_before(deployment, before))));
        Party { names: Rc::clone(names), name: "nginx", before: Some(before) }
    }
}

/// All of them, by place.
pub(super) fn near_misses(deployment: &Deployment<'_>) -> Vec<NearMiss> {
    let before_apps = before_apps(deployment);
    let mut named = NamesBefore::default();
    let perhaps = OnceCell::new();
    let mut found: BTreeMap<Place, NearMiss> = BTreeMap::new();
    for (index, project) in deployment.projects.iter().enumerate() {
        let app = &project.production;
        let (pages, allowed) = (Party::app(listed_in_files(app, true)), Party::app(listed_in_files(app, false)));
        let mut add = |left: &Party<'_>, right: &Party<'_>, open: Option<&String>| {
            for (origin, other, what) in differing(deployment, left, right) {
                let (origin, other, open) = (origin.clone(), other.clone(), open.cloned());
                let miss = NearMiss { origin, other, what, who: right.name, open };
                found.entry(miss.origin.place).or_insert(miss);
            }
        };
        let before = before_apps.before(index).map(|before| named.party(deployment, before));
        if let Some(before) = &before {
            add(&pages, before, None);
        }
        if app.any_origin.is_none() {
            add(&pages, &allowed, None);
        }
        if let Some(before) = &before {
            add(&allowed, before, None);
        } else if before_apps.may_be_open(index) {
            let perhaps = perhaps.get_or_init(|| named.party(deployment, before_apps.open()));
            add(&pages, perhaps, Some(&project.directory));
            add(&allowed, perhaps, Some(&project.directory));
        }
    }
    found.into_values().collect()
}

/// The origins of `left` that `right` does not let in, each with the one that it has instead, and in what they differ.
fn differing<'o>(
    deployment: &Deployment<'_>,
    left: &'o Party<'_>,
    right: &'o Party<'_>,
) -> Vec<(&'o Listed, &'o Listed, &'static str)> {
    let others = &right.names.origins;
    let other = |index: usize| {
        limits::spend(1);
        others.get(index).map(|other| &other.origin).filter(|other| !left.has(other))
    };
    let own: Vec<&Listed> = left.names.origins.iter().filter(|listed| !right.has(&listed.origin)).collect();
    if own.is_empty() {
        return Vec::new();
    }
    // A search among all may skip each origin that both name; reading the list anew costs more where it is long.
    let anew = others.len() * STEPS_OF_AN_ORIGIN;
    let is_cheaper = own.len() * left.names.origins.len() > anew && !limits::is_spent();
    let without_common = is_cheaper.then(|| {
        limits::spend(anew as u64);
        right.names.without(left)
    });
    let neighbors = without_common.as_ref().unwrap_or_else(|| right.names.neighbors());
    let mut found = Vec::new();
    for listed in own {
        if limits::is_spent() {
            limits::meet(Limit::Budget);
            break;
        }
        let near = neighbors.nearest(&listed.origin, other);
        if let Some((other, what)) = near.and_then(|(index, what)| Some((others.get(index)?, what)))
            && !right.admits(deployment, &listed.origin)
        {
            found.push((listed, other, what));
        }
    }
    found
}

/// Returns what an app's production files name: its pages, or the origins it lets in.
fn listed_in_files(app: &App, link: bool) -> Vec<Listed> {
    let wanted = |origin: &&AllowedOrigin| if link { is_link(origin) } else { origin.cors && !is_link(origin) };
    app.origins.iter().filter(wanted).filter_map(listed).collect()
}

/// A key that holds the address of a page.
fn is_link(origin: &AllowedOrigin) -> bool {
    origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl)
}

fn listed(entry: &AllowedOrigin) -> Option<Listed> {
    let sure = entry.keys.iter().all(|key| key.certainty > Certainty::Unverified);
    let origin = meant_origin(&entry.text)?;
    (sure && origin != Origin::Opaque).then_some(Listed { origin, place: entry.place, is_pattern: false })
}
