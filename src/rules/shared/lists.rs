//! The texts that become the value of a list such as Access-Control-Allow-Methods, and the requests that show what they do.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cors::header::{CorsHeader, trim};
use crate::cors::page::{CredentialsMode, PageRequest};
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Ask;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::nginx::config::ItemId;
use crate::nginx::origins::flow::{flow, set_fields};
use crate::source::{Place, Span};

/// A text that becomes the value of a list header, in the directive itself, a `map` or a `set`.
#[derive(Debug, Clone)]
pub(crate) struct ListText {
    /// The directive that sends it.
    pub item: ItemId,
    /// The text. It holds no variable.
    pub text: String,
    /// Where it stands, without quotes.
    pub place: Place,
}

impl ListText {
    /// Returns what stands between the commas, without the blanks around it, and where; the whole text where escapes make that uncertain.
    pub(crate) fn items(&self) -> Vec<(&str, Place)> {
        let mut start = 0;
        let mut items = Vec::new();
        for part in self.text.split(',') {
            let item = trim(part);
            let blanks = part.len() - part.trim_start().len();
            if !item.is_empty() {
                items.push((item, part_of(self.place, self.text.len(), start + blanks, item.len())));
            }
            start += part.len() + 1;
        }
        items
    }
}

/// `length` bytes from `start` on in a text of `whole` bytes that stands at `place`.
pub(crate) fn part_of(place: Place, whole: usize, start: usize, length: usize) -> Place {
    let is_exact = place.span.len() as usize == whole && start + length <= whole;
    let from = place.span.start as usize + start;
    if is_exact { Place { span: Span::at(from, from + length), ..place } } else { place }
}

/// The texts that may become the value of `header`, each once, in the order of the configuration.
pub(crate) fn list_texts(site: &Site<'_>, header: CorsHeader) -> Vec<ListText> {
    let config = site.config;
    let items = site.contexts().flat_map(|context| config.items(context));
    let fields = items.flat_map(|item| set_fields(config, item)).filter(|field| field.header == header);
    let mut seen = BTreeSet::new();
    let mut texts = Vec::new();
    for field in fields {
        for text in flow(config, &site.asker.model.definitions, &field).texts {
            if let Ok(written) = String::from_utf8(text.text)
                && seen.insert(text.place)
            {
                texts.push(ListText { item: field.item, text: written, place: text.place });
            }
        }
    }
    texts
}

/// The preflight of the same page for another request, by `method` and perhaps with a header; none where it is allowed.
pub(crate) fn refuses<'d>(
    site: &Site<'d>,
    asked: &Exchange<'d>,
    method: &str,
    header: Option<(&str, &str)>,
) -> Option<Request> {
    let mode = if asked.page.has_credentials() { CredentialsMode::Include } else { CredentialsMode::Omit };
    let page = PageRequest::new(asked.page.origin().clone(), method, asked.page.url().clone(), mode).ok()?;
    let page = match header {
        Some((name, value)) => page.with_header(name, value).ok()?,
        None => page,
    };
    let request = page.preflight()?;
    let preflight = site.asker.ask(site.routes[asked.route].entry, (&request, page.url()), &site.asker.apps()).into();
    let kind = (asked.route, Ask::Preflighted, asked.mentioned);
    let exchange = Exchange::new(kind, page, preflight, Arc::default());
    let is_allowed = |answer| exchange.verdict(Kind::Preflight, answer) == Verdict::Allowed;
    let allowed = !exchange.preflight.is_empty() && exchange.preflight.iter().all(is_allowed);
    (!allowed).then_some(request)
}
