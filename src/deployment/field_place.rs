//! Where to point: the place that made a field, and the request that shows it.

use crate::cors::header::CorsHeader;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::dotenv::products::app::App;
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::origins::flow::set_fields;
use crate::nginx::simulate::answer::{Answer, Field};
use crate::nginx::simulate::value::Written;
use crate::source::{Place, Span};

/// The head of the directive that opens a context; for a fragment's top, its first directive.
pub(crate) fn place_of(site: &Site<'_>, context: ContextId) -> Place {
    let item = site.config.context(context).opener.or_else(|| site.config.items(context).next());
    item.map_or(Place { file: site.config.root, span: Span::default() }, |item| site.config.place(item))
}

/// The text that became the value of a field of this answer: in a header, a `map`, a `set`, or a .env file.
pub(crate) fn source_of<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    answer: &Answer<'d>,
    field: &Field<'d>,
    header: CorsHeader,
) -> Option<Place> {
    let Some(item) = field.item else {
        return source_in_app(deployment.behind.app(site.config.place(answer.item?))?, header);
    };
    field.value.bytes()?;
    written(site, field, item, header)
}

/// The word that the value of a field of this directive is written in: its own, or the one of a `map` or a `set` that brings it.
/// Of a value of several words it is the directive's own.
pub(crate) fn written<'d>(site: &Site<'d>, field: &Field<'d>, item: ItemId, header: CorsHeader) -> Option<Place> {
    let own = set_fields(site.config, item).into_iter().find(|set| set.header == header)?.place;
    Some(match field.value.written() {
        Written::At(spot) if spot.item != item => site.config.value_place(spot.item, spot.word as usize),
        _ => own,
    })
}

/// Returns what makes an app send a header.
fn source_in_app(app: &App, header: CorsHeader) -> Option<Place> {
    match header {
        CorsHeader::AllowOrigin => {
            let star = app.any_origin.as_ref().map(|star| star.place);
            star.or(app.evidence.as_ref().map(|evidence| evidence.place))
        }
        CorsHeader::AllowCredentials => app.credentials.as_ref().map(|credentials| credentials.place),
        _ => None,
    }
}

impl Exchange<'_> {
    /// The page's origin as its requests carry it.
    pub fn origin(&self) -> String {
        self.page.serialized_origin()
    }
}
