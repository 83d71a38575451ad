//! Origins that nginx allows where it passes requests to an app, so that each app is compared with its own locations only.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::Listed;
use crate::deployment::ask::questions;
use crate::deployment::ask::questions::few;
use crate::deployment::ask::visit;
use crate::deployment::origins::lists;
use crate::nginx::config::ItemId;
use crate::source::FileId;

/// The directives that send an Allow-Origin before one app.
#[derive(Debug, Clone, Default)]
pub(super) struct BeforeApp {
    /// By the index of their site.
    fields: BTreeSet<(usize, ItemId)>,
}

/// The nginx lists before each app.
#[derive(Debug, Default)]
pub(super) struct BeforeApps {
    /// By the index of the app among the projects.
    paired: BTreeMap<usize, BeforeApp>,
    open: BeforeApp,
    candidates: BTreeSet<usize>,
}

impl BeforeApps {
    /// Returns what certainly stands before an app.
    pub(super) fn before(&self, project: usize) -> Option<&BeforeApp> {
        self.paired.get(&project)
    }

    /// Returns what stands before apps whose app is not stated.
    pub(super) fn open(&self) -> &BeforeApp {
        &self.open
    }

    /// Returns whether an app may be one of those.
    pub(super) fn may_be_open(&self, project: usize) -> bool {
        self.candidates.contains(&project)
    }
}

/// Returns what stands before each app. Before an app that is alone stands everything.
pub(super) fn before_apps(deployment: &Deployment<'_>) -> BeforeApps {
    let mut before_apps =
        BeforeApps { candidates: deployment.behind.open().iter().copied().collect(), ..BeforeApps::default() };
    let is_alone = deployment.projects.len() == 1;
    for (index, site) in deployment.sites.iter().enumerate() {
        if is_alone {
            let fields = site.origin_flows.iter().map(|(field, _)| (index, field.item));
            before_apps.paired.entry(0).or_default().fields.extend(fields);
            continue;
        }
        for route in &site.routes {
            let fields = || route.fields(CorsHeader::AllowOrigin).map(|field| (index, field.item));
            for pass in visit::passes(site, route.context) {
                let before = match deployment.behind.index(site.config.place(pass)) {
                    Some(project) => before_apps.paired.entry(project).or_default(),
                    None => &mut before_apps.open,
                };
                before.fields.extend(fields());
            }
        }
    }
    before_apps
}

/// The origins that nginx allows there by name, without what a .env file says.
pub(super) fn listed_before(deployment: &Deployment<'_>, before: &BeforeApp) -> Vec<Listed> {
    let mut origins = Vec::new();
    let sites: BTreeSet<usize> = before.fields.iter().map(|(index, _)| *index).collect();
    for (index, site) in sites.into_iter().filter_map(|index| Some((index, deployment.sites.get(index)?))) {
        let files: BTreeSet<FileId> = site.config.files().into_iter().collect();
        let own = before.fields.iter().filter(|(of, _)| *of == index);
        let lists = lists::origin_lists_of(site, own.filter_map(|(_, item)| questions::origin_flow(site, *item)));
        let listed = lists.into_iter().flat_map(|list| list.origins);
        origins.extend(listed.filter(|listed| files.contains(&listed.place.file)));
    }
    origins
}

/// The index of the site and the number of the flow of each of those headers; those before an app with the same ones list the same origins.
pub(super) fn flows_before(deployment: &Deployment<'_>, before: &BeforeApp) -> BTreeSet<(usize, usize)> {
    let flow = |(index, item): &(usize, ItemId)| {
        let (_, flow) = questions::origin_flow(deployment.sites.get(*index)?, *item)?;
        Some((*index, flow.number))
    };
    before.fields.iter().filter_map(flow).collect()
}

/// Returns whether nginx lets an origin in there: by name, by an expression, or because it lets everybody in.
pub(super) fn is_admitted_before(deployment: &Deployment<'_>, before: &BeforeApp, origin: &Origin) -> bool {
    let text = origin.to_string();
    let mut fields = few(before.fields.iter());
    fields.any(|(index, item)| {
        deployment.sites.get(*index).is_some_and(|site| questions::admission(site, *item, &text).is_some())
    })
}
