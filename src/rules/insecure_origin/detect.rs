//! Addresses that production files name with plain http beside https: APIs, to which browsers send nothing from such pages (M07, M20; loopback is exempt,
//! M10), and pages.

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::meant_origin;
use crate::deployment::origins::lists;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{Key, Meaning};
use crate::dotenv::products::setting::AllowedOrigin;
use crate::rules::shared::apis::apis;
use crate::source::Place;

/// An API that a page cannot call.
#[derive(Debug)]
pub(super) struct MixedContent {
    /// Where its address stands.
    pub api: Place,
    /// Where the page's origin stands.
    pub page: Place,
    /// The page's origin.
    pub origin: Origin,
}

/// Those that production files name.
pub(super) fn mixed_content(deployment: &Deployment<'_>) -> Vec<MixedContent> {
    deployment.file_apps().chain(deployment.behind.apps()).flat_map(|app| mixed_content_of(deployment, app)).collect()
}

fn mixed_content_of(deployment: &Deployment<'_>, app: &App) -> Vec<MixedContent> {
    let plain = apis(deployment, app).filter(|(_, api)| is_plain(api));
    let found = plain.filter_map(|(setting, _)| {
        let (page, origin) = page(app)?;
        Some(MixedContent { api: setting.value_place, page, origin })
    });
    found.collect()
}

/// Returns whether it is served over plain http by another host than the visitor's own; a host of one label is a name between containers.
fn is_plain(origin: &Origin) -> bool {
    let has_dot = origin.host().is_some_and(|host| host.contains('.'));
    origin.scheme() == Some("http") && !origin.is_loopback() && has_dot
}

/// The first page that comes over https.
fn page(app: &App) -> Option<(Place, Origin)> {
    let is_page = |origin: &Origin| origin.scheme() == Some("https") && !origin.is_loopback();
    let is_link = |key: &Key| key.meaning == Meaning::FrontendUrl;
    let pages = app.origins.iter().filter(|origin| origin.cors || origin.keys.iter().any(is_link));
    pages.filter_map(|page| Some((page.place, meant_origin(&page.text)?))).find(|(_, origin)| is_page(origin))
}

/// A page that a production file names with plain http, beside an address that is served over https.
#[derive(Debug)]
pub(super) struct PlainPage {
    /// Where its address is.
    pub page: Place,
    /// Where the other address is.
    pub other: Place,
    /// The origin of the other address.
    pub secure: Origin,
}

/// All of them, the first of each app.
pub(super) fn plain_pages(deployment: &Deployment<'_>) -> Vec<PlainPage> {
    let of = |app: &App| {
        let is_link = |origin: &&AllowedOrigin| origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl);
        let in_production = |file| lists::is_production_file(deployment, file);
        let is_plain = |origin: &&AllowedOrigin| meant_origin(&origin.text).is_some_and(|page| is_plain(&page));
        let mut pages = app.origins.iter().filter(is_link).filter(is_plain);
        let page = pages.find(|origin| in_production(origin.place.file))?;
        let mut addresses = app.settings.iter().filter_map(|setting| Some((setting, meant_origin(&setting.text()?)?)));
        let is_secure = |origin: &Origin| origin.scheme() == Some("https") && !origin.is_loopback();
        let (other, secure) =
            addresses.find(|(setting, origin)| is_secure(origin) && in_production(setting.key_place.file))?;
        Some(PlainPage { page: page.place, other: other.value_place, secure })
    };
    deployment.file_apps().chain(deployment.behind.apps()).filter_map(of).collect()
}
