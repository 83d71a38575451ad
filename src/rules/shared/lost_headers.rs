//! Which `if` took a header away that a browser needed.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Reason, Verdict};
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::origins::flow::{SetField, set_fields};
use crate::nginx::simulate::answer::Answer;
use crate::source::lossy;

/// How an `if` with an `add_header` fails a page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LostHeader<'e, 'd> {
    /// It matches, and a header of its location that the browser needs is not sent (A1.5).
    Dropped {
        /// The exchange that fails.
        exchange: &'e Exchange<'d>,
        /// Which of its requests.
        kind: Kind,
        /// The header.
        header: CorsHeader,
    },
    /// It matches and has the header, but a later `if` matches too, which has not (A1.6, A1.7).
    TakenOver {
        /// The exchange that fails.
        exchange: &'e Exchange<'d>,
        /// Which of its requests.
        kind: Kind,
        /// The later `if`.
        by: ContextId,
    },
}

impl LostHeader<'_, '_> {
    /// The request that fails.
    pub(crate) fn request(&self) -> Request {
        let (LostHeader::Dropped { exchange, kind, .. } | LostHeader::TakenOver { exchange, kind, .. }) = self;
        exchange.request(*kind)
    }
}

/// The headers of an `if` that replace those of its location.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacing {
    /// The `if`.
    pub block: ContextId,
    /// Its first `add_header` of a CORS header, or its first.
    pub first: ItemId,
    /// True if that is one of a CORS header.
    pub is_cors: bool,
    /// A header of the location that is not sent, if it has any: one of CORS, if it has one.
    pub lost: Option<ItemId>,
    /// True if that is one of CORS.
    pub loses_cors: bool,
    /// True if it takes none of them away, as under `add_header_inherit merge` (A1.13).
    pub adds: bool,
}

/// The first failure that each `if` causes.
pub(crate) fn lost_headers<'s, 'd>(site: &'s Site<'d>) -> BTreeMap<ContextId, LostHeader<'s, 'd>> {
    let mut lost_headers = BTreeMap::new();
    for exchange in &site.exchanges {
        for (kind, answer) in exchange.answers() {
            // Few answers end in an `if`, and judging the others is most of the work.
            if site.config.context(answer.context).kind == ContextKind::IfInLocation
                && let Verdict::Blocked(blocked) = exchange.verdict(kind, answer)
                && let Some(header) = missing(&blocked.reason)
                && let Some((context, lost_header)) = lost_header(site, exchange, kind, answer, header)
            {
                lost_headers.entry(context).or_insert(lost_header);
            }
        }
    }
    lost_headers
}

/// Returns what the `if` in which an answer ends has to do with the want of a header.
fn lost_header<'d, 'e>(
    site: &Site<'d>,
    exchange: &'e Exchange<'d>,
    kind: Kind,
    answer: &Answer<'d>,
    header: CorsHeader,
) -> Option<(ContextId, LostHeader<'e, 'd>)> {
    let config = site.config;
    let last = answer.context;
    let own = |context: ContextId| -> Vec<SetField<'_>> {
        config.named(context, b"add_header").flat_map(|item| set_fields(config, item)).collect()
    };
    let lets_in =
        |fields: &[SetField<'_>]| fields.iter().any(|field| field.header == header && allows(exchange, field));
    let has_own = config.named(last, b"add_header").next().is_some();
    if has_own && lets_in(&outer_fields(site, last)) {
        return Some((last, LostHeader::Dropped { exchange, kind, header }));
    }
    let earlier = answer.matched.iter().copied().rfind(|&context| context != last && lets_in(&own(context)));
    earlier.map(|context| (context, LostHeader::TakenOver { exchange, kind, by: last }))
}

/// The header whose absence fails the step.
fn missing(reason: &Reason) -> Option<CorsHeader> {
    match reason {
        Reason::NoAllowOrigin => Some(CorsHeader::AllowOrigin),
        Reason::CredentialsNotTrue(value) if value.is_empty() => Some(CorsHeader::AllowCredentials),
        Reason::MethodNotAllowed(_) => Some(CorsHeader::AllowMethods),
        Reason::HeaderNotAllowed(_) => Some(CorsHeader::AllowHeaders),
        _ => None,
    }
}

/// Returns whether the field, had it been sent, would let this page in. A variable does for the origins that the configuration mentions.
fn allows(exchange: &Exchange<'_>, field: &SetField<'_>) -> bool {
    if field.value.contains(&b'$') {
        return exchange.mentioned;
    }
    match field.header {
        CorsHeader::AllowOrigin => {
            let any = *field.value == *b"*" && !exchange.page.has_credentials();
            any || *field.value == *exchange.origin().as_bytes()
        }
        CorsHeader::AllowCredentials => *field.value == *b"true",
        CorsHeader::AllowMethods => lists(exchange, field, &[exchange.page.method()]),
        CorsHeader::AllowHeaders => {
            let names = exchange.page.unsafe_header_names();
            lists(exchange, field, &names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        _ => !field.value.is_empty(),
    }
}

/// Returns whether a list has all these names, or a `*` that stands for them (F10).
fn lists(exchange: &Exchange<'_>, field: &SetField<'_>, names: &[&str]) -> bool {
    let text = lossy(&field.value);
    let Ok(listed) = list_values(&text) else { return false };
    let is_listed = |name: &&str| {
        let same = |own: &&str| match field.header {
            CorsHeader::AllowMethods => own == name,
            _ => own.eq_ignore_ascii_case(name),
        };
        listed.iter().any(same)
    };
    names.iter().all(is_listed) || listed.contains(&"*") && !exchange.page.has_credentials()
}

/// The `if`s in which answers end that lack a header because of an `if`.
pub(crate) fn losing_ifs(site: &Site<'_>) -> BTreeSet<ContextId> {
    let taken = |(context, lost_header): (&ContextId, &LostHeader<'_, '_>)| match lost_header {
        LostHeader::Dropped { .. } => *context,
        LostHeader::TakenOver { by, .. } => *by,
    };
    lost_headers(site).iter().map(taken).collect()
}

/// Returns what an `if` with an `add_header` changes.
pub(crate) fn replacing(site: &Site<'_>, block: ContextId) -> Option<Replacing> {
    let config = site.config;
    let is_cors = |item: &ItemId| !set_fields(config, *item).is_empty();
    let own: Vec<ItemId> = config.named(block, b"add_header").collect();
    let first = own.iter().copied().find(is_cors).or(own.first().copied())?;
    let parent = config.context(block).parent.unwrap_or(block);
    let outer = config.add_headers(parent);
    // An `if` sends all that its location does, where it merges, or else nothing of it.
    let sent: BTreeSet<ItemId> = config.add_headers(block).iter().copied().collect();
    let dropped = outer.iter().copied().find(|item| !sent.contains(item));
    let around = config.relevant_headers(parent);
    let lost = around.iter().copied().find(|item| is_cors(item) && !sent.contains(item));
    Some(Replacing {
        block,
        first,
        is_cors: is_cors(&first),
        lost: lost.or(dropped),
        loses_cors: lost.is_some(),
        adds: dropped.is_none() && !outer.is_empty(),
    })
}

/// The CORS fields in force around an `if`: those that one `add_header` in it drops (A1.5).
pub(crate) fn outer_fields<'d>(site: &Site<'d>, context: ContextId) -> Vec<SetField<'d>> {
    let outer = site.config.context(context).parent.unwrap_or(context);
    site.config.relevant_headers(outer).iter().flat_map(|item| set_fields(site.config, *item)).collect()
}
