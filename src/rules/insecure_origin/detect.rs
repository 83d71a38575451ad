//! An `http://` API of pages that come over https, to which browsers send nothing (M07). Loopback is exempt (M10).

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::meant_origin;
use crate::deployment::origins::lists;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{Certainty, Key, Meaning};
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
    let is_api = |key: &Key| key.meaning == Meaning::ApiUrl && key.certainty > Certainty::Unverified;
    let apis = app.settings.iter().filter(|setting| !setting.keys.is_empty() && setting.keys.iter().all(&is_api));
    let apis = apis.filter(|setting| lists::is_production_file(deployment, setting.key_place.file));
    let plain = apis.filter(|it| it.text().as_deref().and_then(meant_origin).is_some_and(|api| api.is_plain()));
    let found = plain.filter_map(|setting| {
        let (page, origin) = page(app)?;
        Some(MixedContent { api: setting.value_place, page, origin })
    });
    found.collect()
}

/// The first page of the public network that comes over https.
fn page(app: &App) -> Option<(Place, Origin)> {
    let is_page = |origin: &Origin| origin.scheme() == Some("https") && !origin.is_loopback() && !origin.is_private();
    let is_link = |key: &Key| key.meaning == Meaning::FrontendUrl;
    let pages = app.origins.iter().filter(|origin| origin.cors || origin.keys.iter().any(is_link));
    pages.filter_map(|page| Some((page.place, meant_origin(&page.text)?))).find(|(_, origin)| is_page(origin))
}
