//! Answers whose Allow-Origin depends on who asks while nothing tells caches so.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::Ask;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};
use crate::nginx::simulate::model::Model;

/// An Allow-Origin that varies without saying so.
#[derive(Debug, Clone)]
pub(super) struct Varying {
    /// The directive that sends it.
    pub item: ItemId,
    /// The location in which it does, or the server.
    pub context: ContextId,
    /// The request that is answered without a word about Origin.
    pub request: Request,
    /// True if that answer is the one without Allow-Origin, while the others do say `Vary: Origin`.
    pub vary_beside: bool,
    /// True if the app behind may say `Vary: Origin` itself: nginx hides its Allow-Origin, so it answers CORS.
    pub app_may_say: bool,
}

/// The first of each route.
pub(super) fn varying<'d>(site: &Site<'d>, deployment: &Deployment<'d>) -> Vec<Varying> {
    let by_route = site.exchanges.chunk_by(|left, right| left.route == right.route);
    let varying = by_route.filter_map(|exchanges| {
        let route = exchanges.first()?.route;
        let asked: Vec<&Exchange<'d>> = exchanges.iter().filter(|exchange| exchange.ask == Ask::Get).collect();
        may_vary(site, route).then(|| varies(site, deployment, route, &asked)).flatten()
    });
    varying.collect()
}

/// Returns whether any Allow-Origin of the route is more than a fixed text.
fn may_vary(site: &Site<'_>, route: usize) -> bool {
    let in_if = |item| {
        let kind = site.config.context(site.config.item(item).context).kind;
        matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer)
    };
    let Some(route) = site.routes.get(route) else { return false };
    route.fields(CorsHeader::AllowOrigin).any(|field| field.value.contains(&b'$') || in_if(field.item))
}

/// The Allow-Origin that differs between two origins while everything else is the same, on an answer that caches may keep
/// without a word about Origin.
fn varies<'d>(
    site: &Site<'d>,
    deployment: &Deployment<'d>,
    route: usize,
    exchanges: &[&Exchange<'d>],
) -> Option<Varying> {
    let without = questions::ask_without_origin(site, route);
    let all = || exchanges.iter().flat_map(|exchange| exchange.main.iter()).chain(&without);
    let mut values: BTreeMap<&[(Question, bool)], BTreeSet<&[u8]>> = BTreeMap::new();
    for answer in all() {
        let mut lines = answer.fields_of(CorsHeader::AllowOrigin);
        let value = match lines.next() {
            None => Some(&b""[..]),
            Some(line) => line.value.bytes(),
        };
        values.entry(&answer.assumptions).or_default().insert(value?);
    }
    let differs = |answer: &Answer<'d>| values.get(&answer.assumptions[..]).is_some_and(|values| values.len() > 1);
    let bare = |answer: &Answer<'d>| differs(answer) && is_kept(site, deployment, answer) && !says_vary(answer);
    let sent = |answer: &Answer<'d>| answer.fields_of(CorsHeader::AllowOrigin).find_map(|field| field.item);
    let at = site.routes.get(route)?;
    for exchange in exchanges {
        let found = exchange.main.iter().find_map(|answer| Some((answer, sent(answer).filter(|_| bare(answer))?)));
        if let Some((answer, item)) = found {
            let request = exchange.request(Kind::Main);
            let app_may_say = answer.by == AnsweredBy::App && hides_origin(site, answer);
            return Some(Varying { item, context: at.context, request, vary_beside: false, app_may_say });
        }
    }
    // A file is also asked for without an Origin, and then that answer is the one that is kept (L03).
    let file = without.iter().find(|answer| answer.by == AnsweredBy::File && bare(answer))?;
    let beside = |exchange: &&Exchange<'d>| {
        let same = exchange.main.iter().find(|answer| answer.assumptions == file.assumptions)?;
        sent(same)
    };
    let item = exchanges.iter().find_map(beside)?;
    let request = Request { method: "GET".into(), url: at.url.clone(), headers: Vec::new() };
    Some(Varying { item, context: at.context, request, vary_beside: true, app_may_say: false })
}

/// Returns whether a cache may keep the answer as far as nginx says. What an app that sets CORS itself says of Origin is its own affair.
fn is_kept(site: &Site<'_>, deployment: &Deployment<'_>, answer: &Answer<'_>) -> bool {
    let app_speaks = deployment.evidence_behind(site, answer).is_some();
    let is_good = answer.status.is_none_or(|status| (200..300).contains(&status));
    if answer.by == AnsweredBy::App && app_speaks || !is_good {
        return false;
    }
    let forbids = |value: &[u8]| {
        let value = value.to_ascii_lowercase();
        [&b"no-store"[..], b"no-cache"].into_iter().any(|word| value.windows(word.len()).any(|part| part == word))
    };
    let named = answer.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"Cache-Control"));
    let forbidden = named.into_iter().any(|field| field.value.bytes().is_none_or(forbids));
    !forbidden && !expires_at_once(&site.asker.model, answer.context) && answer.open.is_none()
}

/// Returns whether nginx hides the Allow-Origin of the app that answers.
fn hides_origin(site: &Site<'_>, answer: &Answer<'_>) -> bool {
    site.config.hides_from_any(answer.context, CorsHeader::AllowOrigin.name())
}

/// Returns whether the answer says `Vary: Origin`, or may say so.
fn says_vary<'d>(answer: &Answer<'d>) -> bool {
    let says = |value: &[u8]| {
        let mut names = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"Origin"))
    };
    answer.fields_of(CorsHeader::Vary).any(|field| field.value.bytes().is_none_or(says))
}

/// Returns whether `expires -1` or `expires epoch` makes caches ask again, which brings the new Allow-Origin (A2.11).
fn expires_at_once(model: &Model<'_, '_>, context: ContextId) -> bool {
    let config = model.config;
    model
        .in_force(context, b"expires")
        .is_some_and(|item| config.parameter_is(item, 1, "-1") || config.parameter_is(item, 1, "epoch"))
}
