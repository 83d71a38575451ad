//! Where to point: the place that made a field, and the request that shows it.

use super::{Deployment, Exchange, Route, Site};
use crate::cors::header::CorsHeader;
use crate::dotenv::app::App;
use crate::nginx::answer::{Answer, Field};
use crate::nginx::condition::{Condition, condition};
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::flow::{SetField, set_fields};
use crate::nginx::value::Written;
use crate::source::{Place, Span};

impl<'d> Site<'d> {
    /// The fields of this name in an answer, in the order of their lines.
    pub fn fields<'a>(&self, answer: &'a Answer<'d>, header: CorsHeader) -> impl Iterator<Item = &'a Field<'d>> {
        answer.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(header.name().as_bytes()))
    }

    /// The field of this name, if the answer has exactly one.
    pub fn only_field<'a>(&self, answer: &'a Answer<'d>, header: CorsHeader) -> Option<&'a Field<'d>> {
        let mut fields = self.fields(answer, header);
        fields.next().filter(|_| fields.next().is_none())
    }

    /// The head of the directive that opens a context; for a fragment's top, its first directive.
    pub fn place_of(&self, context: ContextId) -> Place {
        let item = self.config.context(context).opener.or_else(|| self.config.items(context).next());
        item.map_or(Place { file: self.config.root, span: Span::default() }, |item| self.config.place(item))
    }

    /// The CORS fields in force around an `if`: those that one `add_header` in it drops (A1.5).
    pub fn outer_fields(&self, context: ContextId) -> Vec<SetField<'d>> {
        let outer = self.config.context(context).parent.unwrap_or(context);
        self.config.relevant_headers(outer).iter().flat_map(|item| set_fields(self.config, *item)).collect()
    }

    /// The method of an `if` that means OPTIONS and writes it in lower case, so that it never matches (A3.12).
    pub fn lower_case_options(&self, route: &Route<'_>) -> Option<Place> {
        let config = self.config;
        let ifs =
            [route.context, route.server].into_iter().filter_map(|context| self.ifs.get(&context)).flatten().copied();
        let openers = ifs.filter_map(|context| config.context(context).opener);
        let mut asked = openers.filter_map(|opener| match condition(config, opener)? {
            Condition::Equal { variable, text, .. } if variable.eq_ignore_ascii_case(b"request_method") => {
                Some((opener, text))
            }
            _ => None,
        });
        let (opener, text) = asked.find(|(_, text)| text.eq_ignore_ascii_case(b"OPTIONS") && **text != *b"OPTIONS")?;
        let mut places = (1..=config.parameter_count(opener)).map(|index| config.value_place(opener, index));
        places.find_map(|place| {
            let word = place.span.of(config.bytes(place.file));
            let is_it = word.strip_suffix(b")").unwrap_or(word) == &*text;
            let start = place.span.start as usize;
            is_it.then(|| Place { span: Span::at(start, start + text.len()), ..place })
        })
    }
}

impl<'d> Deployment<'d> {
    /// The text that became the value of a field of this answer: in a header, a `map`, a `set`, or a .env file.
    pub fn source_of(
        &self,
        site: &Site<'d>,
        answer: &Answer<'d>,
        field: &Field<'d>,
        header: CorsHeader,
    ) -> Option<Place> {
        let Some(item) = field.item else {
            return source_in_app(self.behind.app(site.config.place(answer.item?))?, header);
        };
        field.value.bytes()?;
        site.written(field, item, header)
    }
}

impl<'d> Site<'d> {
    /// The word that the value of a field of this directive is written in: its own, or the one of a `map` or a `set` that brings it.
    /// Of a value of several words it is the directive's own.
    pub(crate) fn written(&self, field: &Field<'d>, item: ItemId, header: CorsHeader) -> Option<Place> {
        let own = set_fields(self.config, item).into_iter().find(|set| set.header == header)?.place;
        Some(match field.value.written() {
            Written::At(spot) if spot.item != item => self.config.value_place(spot.item, spot.word as usize),
            _ => own,
        })
    }
}

/// What makes an app send a header.
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
