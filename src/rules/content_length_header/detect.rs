//! `add_header Content-Length`, and what a second length does to answers (A4.11).

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::Caller;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::questions::few;
use crate::deployment::ask::visit;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::nginx::simulate::fields::is_sent_without_always;

/// The effect of the second length on the responses.
#[derive(Debug)]
pub(super) enum Shown {
    /// This request gets two different ones.
    Harm(Request),
    /// They do no harm where the header is sent.
    Harmless,
    /// No request is known that gets one.
    Nothing,
    /// Every request gets a status with which the header is not sent.
    Never,
}

/// The `add_header`s of a context that set a length which does not come from a variable.
fn lengths<'c>(config: &'c Config<'_>, context: ContextId) -> impl Iterator<Item = ItemId> + 'c {
    let is_length = |item: &ItemId| {
        let names = config.parameter(*item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Content-Length"));
        names && config.parameter(*item, 2).is_some_and(|value| !value.is_empty() && !value.contains(&b'$'))
    };
    config.named(context, b"add_header").filter(move |item| is_length(item))
}

/// The last `if` of each condition in each location. It takes the place of the earlier ones (A1.6).
fn last_ifs(config: &Config<'_>, site: &Site<'_>) -> HashMap<(ContextId, Vec<u8>), ItemId> {
    let openers = site.contexts().filter_map(|block| condition_of(config, block));
    // In file order, so that the last one stays.
    openers.collect()
}

/// The location of an `if`, its condition, and the directive itself.
fn condition_of(config: &Config<'_>, block: ContextId) -> Option<((ContextId, Vec<u8>), ItemId)> {
    let here = config.context(block);
    let (opener, location) = (here.opener?, here.parent?);
    let words: Vec<u8> = config.parameters(opener).flat_map(|word| [&word[..], b"\n"].concat()).collect();
    (here.kind == ContextKind::IfInLocation).then_some(((location, words), opener))
}

/// Returns whether a later `if` of the same location has the same condition, and so takes the place of this one.
fn is_replaced(config: &Config<'_>, last: &HashMap<(ContextId, Vec<u8>), ItemId>, block: ContextId) -> bool {
    let ends = config.named(block, b"return").next().is_some() || config.named(block, b"break").next().is_some();
    let Some((key, opener)) = condition_of(config, block).filter(|_| !ends) else { return false };
    last.get(&key).is_some_and(|last| *last > opener)
}

fn shown(
    site: &Site<'_>,
    (item, value): (ItemId, &[u8]),
    sent: &[(&Exchange<'_>, Kind, &Answer<'_>)],
    contexts: &[ContextId],
) -> Shown {
    if let Some((exchange, kind, _)) = sent.iter().find(|(_, _, answer)| is_harmed(site.config, answer, value)) {
        return Shown::Harm(exchange.request(*kind));
    }
    let has_it = |answer: &Answer<'_>| answer.fields.iter().any(|field| field.item == Some(item));
    let harms = |answer: &Answer<'_>| has_it(answer) && is_harmed(site.config, answer, value);
    let (mut is_sent, mut is_never) = (!sent.is_empty(), !contexts.is_empty());
    let leaves_out = |answer: &Answer<'_>| {
        let left_out = answer.status.is_some_and(|status| !is_sent_without_always(status));
        left_out && answer.by == AnsweredBy::Nginx && answer.open.is_none()
    };
    let caller = Caller { origin: visit::foreign_origin(), credentials: false };
    for &context in few(contexts.iter()) {
        let Some(visit) = visit::visit(site, context, &caller, &site.asker.apps()) else {
            is_never = false;
            continue;
        };
        is_never &= visit.answers.iter().all(leaves_out);
        is_sent |= visit.answers.iter().any(has_it);
        if visit.answers.iter().any(harms) {
            return Shown::Harm(visit.request());
        }
    }
    match is_never && !site.config.is_always(item) {
        _ if is_sent => Shown::Harmless,
        true => Shown::Never,
        false => Shown::Nothing,
    }
}

/// Returns whether the answer has a length of its own, and another one.
fn is_harmed(config: &Config<'_>, answer: &Answer<'_>, value: &[u8]) -> bool {
    let body = match answer.by {
        _ if matches!(answer.status, None | Some(204 | 304)) => return false,
        AnsweredBy::Nobody => return false,
        // Whatever the body is, it is not always of this length.
        AnsweredBy::App | AnsweredBy::File => return true,
        AnsweredBy::Nginx => answer.item.filter(|item| config.item(*item).name == b"return"),
    };
    match body {
        Some(item) if config.parameter_count(item) == 1 && answer.status == Some(200) => value != b"0",
        Some(item) => config.parameter(item, 2).is_none_or(|text| text.len().to_string().as_bytes() != value),
        None => true,
    }
}

/// Every `add_header` that sets a length which does not come from a variable, and what it does.
pub(super) fn second_lengths(site: &Site<'_>) -> Vec<(ItemId, Shown)> {
    let config = site.config;
    // In an `if` of a server nginx refuses the directive, which is another rule's.
    let is_refused = |context: ContextId| config.context(context).kind == ContextKind::IfInServer;
    let blocks: Vec<ContextId> =
        site.contexts().filter(|context| !is_refused(*context) && lengths(config, *context).next().is_some()).collect();
    let last = if blocks.is_empty() { HashMap::new() } else { last_ifs(config, site) };
    let blocks = blocks.into_iter().filter(|context| !is_replaced(config, &last, *context));
    let items: BTreeSet<ItemId> = blocks.flat_map(|context| lengths(config, context)).collect();
    if items.is_empty() {
        return Vec::new();
    }
    let (answers, entered) = (visit::answers_with(site, &items), visit::entered_by_level(site));
    let judged = items.iter().filter_map(|&item| {
        let value = config.parameter(item, 2)?;
        let contexts = entered.get(&config.item(item).context).map_or(&[][..], Vec::as_slice);
        let sent = answers.get(&item).map_or(&[][..], Vec::as_slice);
        Some((item, shown(site, (item, &value), sent, contexts)))
    });
    judged.collect()
}
