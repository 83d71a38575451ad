//! The APIs whose addresses a frontend's production file names.

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::meant_origin;
use crate::deployment::origins::lists;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{Certainty, Key, Meaning};
use crate::dotenv::products::setting::Setting;

/// Each key of an app that holds the address of an API and is set in a production file, with the origin of the address. A WebSocket has the
/// origin of the http request that opens it.
pub(crate) fn apis<'a>(deployment: &Deployment<'_>, app: &'a App) -> impl Iterator<Item = (&'a Setting, Origin)> {
    let is_api = |key: &Key| key.meaning == Meaning::ApiUrl && key.certainty > Certainty::Unverified;
    let apis = app.settings.iter().filter(move |setting| !setting.keys.is_empty() && setting.keys.iter().all(is_api));
    let apis = apis.filter(|setting| lists::is_production_file(deployment, setting.key_place.file));
    apis.filter_map(|setting| {
        let text = setting.text()?;
        let web = text.strip_prefix("ws").filter(|rest| rest.starts_with("://") || rest.starts_with("s://"));
        Some((setting, web.map_or_else(|| meant_origin(&text), |rest| meant_origin(&format!("http{rest}")))?))
    })
}
