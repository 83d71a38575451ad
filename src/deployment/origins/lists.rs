//! The lists of allowed origins, wherever they stand: in a `map`, in a header, in a key of a .env file.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::cors::origin::Origin;
use crate::cors::serialized::check_serialized;
use crate::deployment::Deployment;
use crate::deployment::OriginFlow;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::deployment::together;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{Certainty, Meaning};
use crate::dotenv::products::setting::AllowedOrigin;
use crate::dotenv::syntax::file_name::{Role, is_example};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::regex::foreign_match::meant_origins;
use crate::source::{FileId, Place};

/// One allowed origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The origin.
    pub origin: Origin,
    /// Where it stands: exactly this entry of a list, or the expression that means it.
    pub place: Place,
    /// True if it stands in an expression, which may mean more than this.
    pub is_pattern: bool,
}

/// Origins that one place allows together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginList {
    /// The origins, in file order.
    pub origins: Vec<Listed>,
    /// True if it names the page itself, as a frontend's URL does, and not who may call.
    pub is_page: bool,
    /// True if it is certainly in force in production: a production .env file, or a public nginx server that speaks https.
    pub is_production: bool,
    /// True if it is certainly not: a file for development or tests.
    pub is_development: bool,
}

/// The container of a list of nginx's: a `map`, or else one directive.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Map(ContextId),
    Item(ItemId),
}

/// All of them, nginx's first; made on first need.
pub(crate) fn origin_lists<'a>(deployment: &'a Deployment<'_>) -> &'a [OriginList] {
    deployment.origin_lists.get_or_init(|| find_origin_lists(deployment))
}

fn find_origin_lists(deployment: &Deployment<'_>) -> Vec<OriginList> {
    let mut lists: Vec<OriginList> =
        deployment.sites.iter().flat_map(|site| origin_lists_of(site, site.origin_flows.iter())).collect();
    let mut judged: HashSet<Place> = HashSet::new();
    let mut stages: BTreeMap<FileId, (bool, bool)> = BTreeMap::new();
    for app in apps_and_files(deployment) {
        let mut by_key: BTreeMap<Place, Vec<&AllowedOrigin>> = BTreeMap::new();
        for origin in &app.origins {
            if judged.insert(origin.place) && is_judged(origin) {
                by_key.entry(origin.key_place).or_default().push(origin);
            }
        }
        for (key, origins) in by_key {
            let is_page = origins.iter().all(|origin| !origin.cors);
            let listed = origins.into_iter().filter_map(|origin| {
                Some(Listed { origin: meant_origin(&origin.text)?, place: origin.place, is_pattern: false })
            });
            let stage = || (is_production_file(deployment, key.file), is_development_file(deployment, key.file));
            let (is_production, is_development) = *stages.entry(key.file).or_insert_with(stage);
            lists.push(OriginList { origins: listed.collect(), is_page, is_production, is_development });
        }
    }
    lists
}

/// The apps, and every .env file by itself. The files together tell the product better than each by itself, so they come first.
fn apps_and_files<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = &'a App> {
    deployment.behind.apps().chain(deployment.file_apps())
}

/// The origins of all .env files, each once.
pub(crate) fn env_origins<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = &'a AllowedOrigin> {
    let mut judged: HashSet<Place> = HashSet::new();
    apps_and_files(deployment).flat_map(|app| &app.origins).filter(move |origin| judged.insert(origin.place))
}

/// The role of a .env file.
fn role_of(deployment: &Deployment<'_>, file: FileId) -> Option<Role> {
    let files = || deployment.projects.iter().flat_map(|project| &project.files);
    deployment.roles.get_or_init(|| files().map(|file| (file.file, file.role)).collect()).get(&file).copied()
}

/// Returns whether the file's name or its content says that it is loaded in production.
pub(crate) fn is_production_file(deployment: &Deployment<'_>, file: FileId) -> bool {
    role_of(deployment, file) == Some(Role::Production)
}

/// Returns whether the file's name says that it is loaded anywhere but in production, or nowhere.
fn is_development_file(deployment: &Deployment<'_>, file: FileId) -> bool {
    let name = file_name(deployment, file).to_ascii_lowercase();
    !is_production_file(deployment, file) && (is_example(&name) || name.trim_matches('.') != "env")
}

/// The name of a file, without its directory.
pub(crate) fn file_name<'d>(deployment: &Deployment<'d>, file: FileId) -> &'d str {
    let path = &deployment.sources.get(file).path;
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns whether a browser's Origin is compared with the entry, or a page stands behind it.
fn is_judged(origin: &AllowedOrigin) -> bool {
    let page = origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl);
    (origin.cors || page) && origin.keys.iter().all(|key| key.certainty > Certainty::Unverified)
}

/// The origin that a text means which has a scheme, whatever else is wrong with it: a slash or a path is another fault.
pub(crate) fn meant_origin(text: &str) -> Option<Origin> {
    match check_serialized(text) {
        Ok(origin) => Some(origin),
        Err(fault) => check_serialized(&fault.suggestion?).ok().filter(|_| text.contains("://")),
    }
}

fn near_bytes(text: &[u8]) -> Vec<Origin> {
    std::str::from_utf8(text).ok().and_then(meant_origin).into_iter().collect()
}

impl OriginList {
    fn empty() -> Self {
        OriginList { origins: Vec::new(), is_page: false, is_production: false, is_development: false }
    }
}

/// The lists that decide about the Allow-Origin of these directives.
pub(crate) fn origin_lists_of<'f, 'd: 'f>(
    site: &'f Site<'d>,
    wanted: impl Iterator<Item = &'f OriginFlow<'d>>,
) -> Vec<OriginList> {
    let mut holders: BTreeMap<Holder, OriginList> = BTreeMap::new();
    // One map decides about many headers; each of its lines is read once.
    let mut read: HashSet<Place> = HashSet::new();
    for (flow, fields) in together(wanted) {
        let is_public = |(field, _): &&OriginFlow<'_>| {
            crate::deployment::ask::questions::routes_of(site, field.item).any(|route| is_public_https(site, route))
        };
        let is_production = fields.iter().any(is_public);
        let Some((field, _)) = fields.first() else { continue };
        let mut hold = |item: ItemId, place: Place, origins: &dyn Fn() -> Vec<Origin>, is_pattern| {
            let context = site.config.item(item).context;
            let is_map = site.config.context(context).kind == ContextKind::Map;
            let holder = if is_map { Holder::Map(context) } else { Holder::Item(item) };
            let list = holders.entry(holder).or_insert_with(OriginList::empty);
            list.is_production |= is_production;
            if read.insert(place) {
                list.origins.extend(origins().into_iter().map(|origin| Listed { origin, place, is_pattern }));
            }
        };
        for text in &flow.texts {
            hold(field.item, text.place, &|| near_bytes(&text.text), false);
        }
        for compared in &flow.compared {
            match compared.regex {
                None => hold(compared.item, compared.place, &|| near_bytes(&compared.text), false),
                Some(_) => hold(compared.item, compared.place, &|| meant_origins(&compared.text), true),
            }
        }
    }
    holders.into_values().collect()
}

/// Returns whether a route is served over https under a name of the public network.
fn is_public_https(site: &Site<'_>, route: usize) -> bool {
    let is_public = |route: &Route<'_>| {
        let Ok(url) = url::Url::parse(&route.url) else { return false };
        let own = Origin::of(&url);
        url.scheme() == "https" && !own.is_loopback() && !own.is_private()
    };
    let public = || (0..).zip(&site.routes).filter(|(_, route)| is_public(route)).map(|(index, _)| index).collect();
    site.public.get_or_init(public).contains(&route)
}
