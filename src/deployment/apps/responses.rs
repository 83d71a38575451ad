//! The responses of the apps behind nginx, as far as their .env files say.

use crate::cors::header::CorsHeader;
use crate::cors::origin::FOREIGN_ORIGIN;
use crate::deployment::Behind;
use crate::dotenv::products::app::{AllowOrigin, App, Evidence};
use crate::nginx::config::{Config, ItemId};
use crate::nginx::simulate::upstream::{AppFields, AppHeaders, AppStatus, Upstream};

/// Returns what the app behind each location answers: what its .env files say to the Origin that it is told, and otherwise 200 without CORS.
pub fn upstream<'u>(config: &'u Config<'_>, behind: &'u Behind<'_>) -> Upstream<'u> {
    let fields = move |pass: ItemId, told: Option<&str>| match behind.app(config.place(pass)) {
        Some(app) if evidence_at(config, app, pass).is_some() => {
            told.map_or_else(|| said_to_any(app), |it| said_to(app, it))
        }
        _ => AppFields::new(),
    };
    Upstream { status: AppStatus::This(200), headers: AppHeaders::ByOrigin(Box::new(fields)) }
}

/// The evidence that the app which this directive passes requests to sends CORS headers.
pub(crate) fn evidence_at<'a>(config: &Config<'_>, app: &'a App, pass: ItemId) -> Option<&'a Evidence> {
    let is_at = |word: &str| {
        let target = config.parameter(pass, 1).unwrap_or_default().to_ascii_lowercase();
        memchr::memmem::find(&target, word.as_bytes()).is_some()
    };
    app.evidence.as_ref().filter(|evidence| evidence.only_at.is_none_or(is_at))
}

/// Returns what it answers to this origin, whatever it is told: nginx has kept such an answer, or another request tells it.
pub fn upstream_to(app: &App, origin: &str) -> Upstream<'static> {
    let fields = if app.evidence.is_some() { said_to(app, origin) } else { Vec::new() };
    Upstream { status: AppStatus::This(200), headers: AppHeaders::Same(fields) }
}

/// The CORS fields of the app's answer to an origin.
fn said_to(app: &App, origin: &str) -> AppFields {
    let policy = app.answer_for(origin);
    let value = match policy.allow_origin {
        AllowOrigin::Origin(origin) => Some(origin),
        AllowOrigin::Star => Some("*".to_owned()),
        AllowOrigin::Unknown => None,
        AllowOrigin::None => return Vec::new(),
    };
    let field = |header: CorsHeader, value| (header.name().to_owned(), value);
    let credentials = match policy.credentials {
        Some(false) => None,
        Some(true) => Some(field(CorsHeader::AllowCredentials, Some("true".to_owned()))),
        None => Some(field(CorsHeader::AllowCredentials, None)),
    };
    [field(CorsHeader::AllowOrigin, value)].into_iter().chain(credentials).collect()
}

/// The same where it is not known which origin it is told: known only where it is the same for those it names and for any other.
fn said_to_any(app: &App) -> AppFields {
    let any = said_to(app, FOREIGN_ORIGIN);
    let named =
        app.origins.iter().find(|origin| origin.cors).map(|origin| said_to(app, origin.text.trim_end_matches('/')));
    if named.is_none_or(|named| named == any) {
        return any;
    }
    let unknown = |header: CorsHeader| (header.name().to_owned(), None);
    vec![unknown(CorsHeader::AllowOrigin), unknown(CorsHeader::AllowCredentials)]
}
