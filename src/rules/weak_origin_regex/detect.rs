//! The expressions that decide which origins get in, and whether an origin that one matches does get in.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::cors::header::CorsHeader;
use crate::deployment::Admission;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::deployment::ask::questions::{MAX_ROUTES, few};
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::origins::comparison::Compared;
use crate::nginx::origins::guards::guards;
use crate::source::Place;

/// The method of a page's request; an expression may hold for one method alone.
const METHODS: [&str; 2] = ["GET", "POST"];

/// An expression, and the directives that send Allow-Origin where it decides.
pub(super) type Deciding = (Compared, Vec<ItemId>);

/// All of them, by place: those that let origins in, and those of `if`s that turn origins away.
pub(super) fn expressions(site: &Site<'_>) -> BTreeMap<Place, Deciding> {
    let mut expressions: BTreeMap<Place, Deciding> = BTreeMap::new();
    for (flow, fields) in site.flows() {
        let items = unlike(site, fields.iter().map(|(field, _)| field.item));
        for compared in flow.all_compared().filter(|compared| compared.regex.is_some()) {
            expressions.entry(compared.place).or_insert_with(|| (compared.clone(), Vec::new())).1.extend(&items);
        }
    }
    let mut guarded: BTreeMap<ContextId, Vec<ItemId>> = BTreeMap::new();
    for route in &site.routes {
        for field in route.fields(CorsHeader::AllowOrigin) {
            guarded.entry(route.context).or_default().push(field.item);
            guarded.entry(route.server).or_default().push(field.item);
        }
    }
    for guard in guards(site.config, site.contexts()).filter(|guard| guard.compared.regex.is_some()) {
        let items = unlike(site, guarded.get(&guard.guarded).into_iter().flatten().copied());
        expressions.entry(guard.compared.place).or_insert_with(|| (guard.compared, Vec::new())).1.extend(items);
    }
    expressions
}

/// Of directives in places that are alike the first one.
fn unlike(site: &Site<'_>, items: impl Iterator<Item = ItemId>) -> Vec<ItemId> {
    let mut seen = HashSet::new();
    let kind = |item: &ItemId| site.kind_of(site.config.item(*item).context);
    // One more than are tried, so that it shows.
    items.filter(|item| seen.insert(kind(item))).take(MAX_ROUTES + 1).collect()
}

/// The exchange in which the origin gets in by one of these directives, where an origin mentioned nowhere does not: otherwise
/// nothing is checked at all.
pub(super) fn let_in<'d>(site: &Site<'d>, items: &[ItemId], origin: &str) -> Option<(Admission, Exchange<'d>)> {
    let mut tried = METHODS.into_iter().flat_map(|method| few(items.iter()).map(move |item| (*item, method)));
    tried.find_map(|(item, method)| {
        let (admission, exchange) = questions::admission_by(method, site, item, origin)?;
        (!questions::is_open_to_all(site, item, method)).then_some((admission, exchange))
    })
}
