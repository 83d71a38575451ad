//! Origins that one party names and another does not let in, but one that is nearly the same.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::{Deployment, Front, Listed, meant_origin};
use crate::cors::near::nearest;
use crate::cors::origin::Origin;
use crate::dotenv::app::{AllowedOrigin, App};
use crate::dotenv::keys::{Certainty, Meaning};
use crate::source::Place;

/// An origin that is nearly let in.
#[derive(Debug)]
pub struct NearMiss {
    /// The origin, where it is named.
    pub origin: Listed,
    /// The one that is let in instead.
    pub other: Listed,
    /// In what they differ.
    pub what: &'static str,
    /// Who lets the other in: nginx or the app.
    pub who: &'static str,
    /// Where nobody says which app stands behind those locations of nginx: the directory of the one it may be.
    pub open: Option<String>,
}

/// Origins that one party allows.
struct Party<'p> {
    origins: Vec<Listed>,
    /// The same origins, to look one up.
    known: HashSet<Origin>,
    /// What it is called in a message.
    name: &'static str,
    /// Where it is nginx: what of it stands before the app.
    front: Option<&'p Front>,
}

impl<'p> Party<'p> {
    fn app(origins: Vec<Listed>) -> Self {
        let known = origins.iter().map(|listed| listed.origin.clone()).collect();
        Party { origins, known, name: "the app", front: None }
    }

    fn nginx(deployment: &Deployment<'_>, front: &'p Front) -> Self {
        Party { name: "nginx", front: Some(front), ..Party::app(deployment.listed_before(front)) }
    }

    fn has(&self, origin: &Origin) -> bool {
        self.known.contains(origin)
    }

    /// Returns whether it lets the origin in.
    fn admits(&self, deployment: &Deployment<'_>, origin: &Origin) -> bool {
        self.has(origin) || self.front.is_some_and(|front| deployment.is_admitted_before(front, origin))
    }
}

impl Deployment<'_> {
    /// All of them, by place.
    pub fn near_misses(&self) -> Vec<NearMiss> {
        let fronts = self.fronts();
        let perhaps = LazyCell::new(|| Party::nginx(self, fronts.open()));
        let mut found: BTreeMap<Place, NearMiss> = BTreeMap::new();
        for (index, project) in self.projects.iter().enumerate() {
            let app = &project.production;
            let (pages, allowed) = (Party::app(own(app, true)), Party::app(own(app, false)));
            let mut add = |left: &Party<'_>, right: &Party<'_>, open: Option<&String>| {
                for (origin, other, what) in differing(self, left, right) {
                    let (origin, other, open) = (origin.clone(), other.clone(), open.cloned());
                    let miss = NearMiss { origin, other, what, who: right.name, open };
                    found.entry(miss.origin.place).or_insert(miss);
                }
            };
            let front = fronts.before(index).map(|front| Party::nginx(self, front));
            if let Some(front) = &front {
                add(&pages, front, None);
            }
            if app.any_origin.is_none() {
                add(&pages, &allowed, None);
            }
            if let Some(front) = &front {
                add(&allowed, front, None);
            } else if fronts.may_be_open(index) {
                add(&pages, &perhaps, Some(&project.directory));
                add(&allowed, &perhaps, Some(&project.directory));
            }
        }
        found.into_values().collect()
    }
}

/// The origins of `left` that `right` does not let in, each with the one that it has instead, and in what they differ.
fn differing<'o>(
    deployment: &Deployment<'_>,
    left: &'o Party<'_>,
    right: &'o Party<'_>,
) -> Vec<(&'o Listed, &'o Listed, &'static str)> {
    let own: Vec<&Listed> = left.origins.iter().filter(|origin| !right.has(&origin.origin)).collect();
    let others = right.origins.iter().filter(|other| !other.is_pattern && !left.has(&other.origin));
    let others: Vec<&Listed> = if own.is_empty() { Vec::new() } else { others.collect() };
    let origins = |listed: &[&'o Listed]| -> Vec<&'o Origin> { listed.iter().map(|listed| &listed.origin).collect() };
    let near = nearest(&origins(&own), &origins(&others)).into_iter();
    let found = own.iter().zip(near).filter_map(|(origin, near)| {
        let (other, what) = near?;
        Some((*origin, *others.get(other)?, what))
    });
    found.filter(|(origin, ..)| !right.admits(deployment, &origin.origin)).collect()
}

/// What an app's production files name: its pages, or the origins it lets in.
fn own(app: &App, link: bool) -> Vec<Listed> {
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
