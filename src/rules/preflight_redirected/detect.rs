//! The slash that nginx adds by itself, where the app's files show that pages ask without it.

use crate::deployment::field_place;
use url::Url;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::dotenv::products::keys::Meaning;
use crate::nginx::config::ContextId;
use crate::nginx::simulate::answer::EntryPoint;
use crate::nginx::simulate::locations::{Pattern, pattern};
use crate::nginx::simulate::upstream::Upstream;
use crate::source::Place;

/// A URL that pages ask for, and the location that makes nginx redirect it (A3.11).
#[derive(Debug)]
pub(super) struct MissingSlash {
    /// The location whose path ends with a slash.
    pub location: Place,
    /// The path without it.
    pub path: String,
    /// The URL in the app's files.
    pub asked: Place,
    /// The preflight that is redirected.
    pub request: Request,
}

/// The endpoints in the app's files that a location with CORS headers answers with a redirect to the slash. Only a URL that is
/// asked for as it stands counts: a GraphQL endpoint. Pages ask for what is below any other base URL.
pub(super) fn missing_slashes(site: &Site<'_>, deployment: &Deployment<'_>) -> Vec<MissingSlash> {
    let settings = deployment.behind.apps().flat_map(|app| &app.settings);
    let urls = settings.filter(|setting| setting.keys.iter().all(|key| key.meaning == Meaning::ApiUrl));
    let slashes = urls.filter_map(|setting| {
        let url = Url::parse(setting.text()?.trim()).ok()?;
        let path = url.path().to_owned();
        path.ends_with("/graphql").then_some(())?;
        let slashed = format!("{path}/");
        let route = site.routes.iter().find(|route| {
            let asked = Url::parse(&route.url).ok();
            let same_host = asked.as_ref().is_some_and(|asked| asked.host_str() == url.host_str());
            same_host && is_prefix(site, route.context, slashed.as_bytes())
        })?;
        let origin = route.origins.first().cloned().unwrap_or_else(|| route.foreign_origin());
        let headers = [
            (CorsHeader::Origin, origin),
            (CorsHeader::RequestMethod, "POST".to_owned()),
            (CorsHeader::RequestHeaders, "content-type".to_owned()),
        ];
        let headers = headers.into_iter().map(|(header, value)| (header.name().into(), value)).collect();
        let request = Request { method: "OPTIONS".into(), url: url.to_string(), headers };
        let answers = site.asker.ask(EntryPoint::Server(route.server), (&request, &url), &Upstream::default());
        let opener = site.config.context(route.context).opener;
        let redirected =
            !answers.is_empty() && answers.iter().all(|answer| answer.status == Some(301) && answer.item == opener);
        let location = field_place::place_of(site, route.context);
        redirected.then_some(MissingSlash { location, path, asked: setting.value_place, request })
    });
    slashes.collect()
}

fn is_prefix(site: &Site<'_>, context: ContextId, path: &[u8]) -> bool {
    let opener = site.config.context(context).opener;
    let written = opener.and_then(|opener| pattern(site.config, opener));
    matches!(written, Some(Pattern::Prefix { path: own, .. }) if *own == *path)
}
