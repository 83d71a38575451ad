//! Which rule speaks where two see the same fault: the more specific one.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::rules::{
    cors_in_proxy_and_app, dead_origin_map_entry, env_list_in_single_origin_key, env_loader_divergence,
    env_origin_whitespace, env_placeholder_origin, env_wrong_separator, hide_header_not_inherited,
    inconsistent_origins, insecure_origin, invalid_origin, localhost_in_production, missing_vary_origin,
    misspelled_cors_header, not_loadable,
};
use crate::source::{Place, Span};

/// Pairs of rules, the more specific one first. Where both report the same primary place, the second is silent.
const MORE_SPECIFIC: &[(&str, &str)] = &[
    (dead_origin_map_entry::RULE.id, insecure_origin::RULE.id),
    (env_list_in_single_origin_key::RULE.id, env_loader_divergence::RULE.id),
    (env_list_in_single_origin_key::RULE.id, invalid_origin::RULE.id),
    (env_placeholder_origin::RULE.id, inconsistent_origins::RULE.id),
    (env_placeholder_origin::RULE.id, insecure_origin::RULE.id),
    (env_placeholder_origin::RULE.id, invalid_origin::RULE.id),
    (env_wrong_separator::RULE.id, env_loader_divergence::RULE.id),
    (inconsistent_origins::RULE.id, insecure_origin::RULE.id),
    (invalid_origin::RULE.id, insecure_origin::RULE.id),
    (localhost_in_production::RULE.id, inconsistent_origins::RULE.id),
];

/// Pairs of rules, the more specific one first. Where the second reports a place that the first has shown beside its own, it is silent:
/// what undoes the hiding of the app's header is the cause of the two lines, and the blanks in a list are what loaders disagree about.
const SHOWN_BESIDE: &[(&str, &str)] = &[
    (hide_header_not_inherited::RULE.id, cors_in_proxy_and_app::RULE.id),
    (env_origin_whitespace::RULE.id, env_loader_divergence::RULE.id),
];

/// The same, where the second is silent about whatever lies within the place that the first reports: what a product makes of a list it
/// cannot split is no origin, and a directive that nginx refuses means nothing.
const WITHIN: &[(&str, &str)] = &[
    (env_wrong_separator::RULE.id, invalid_origin::RULE.id),
    (not_loadable::RULE.id, dead_origin_map_entry::RULE.id),
    (not_loadable::RULE.id, missing_vary_origin::RULE.id),
    (not_loadable::RULE.id, misspelled_cors_header::RULE.id),
];

/// Takes out what a more specific rule has said.
pub(crate) fn settle(findings: &mut Vec<Finding>) {
    let said: BTreeSet<(&'static str, Place)> =
        findings.iter().map(|finding| (finding.rule, finding.primary.place)).collect();
    let beside = |finding: &Finding| {
        let places: Vec<Place> = finding.related.iter().map(|label| label.place).collect();
        places.into_iter().map(|place| (finding.rule, place)).collect::<Vec<_>>()
    };
    let shown: BTreeSet<(&'static str, Place)> = findings.iter().flat_map(beside).collect();
    let is_said = |pairs: &[(&'static str, &str)], by: &BTreeSet<(&'static str, Place)>, finding: &Finding| {
        let specific = pairs.iter().filter(|(_, general)| *general == finding.rule);
        specific.into_iter().any(|(specific, _)| by.contains(&(*specific, finding.primary.place)))
    };
    let is_within = |finding: &Finding| {
        let place = finding.primary.place;
        WITHIN.iter().filter(|(_, general)| *general == finding.rule).any(|(specific, _)| {
            // Of the places that begin before this one, the last may hold it; two of one rule do not overlap.
            let upto = Place { span: Span::new(place.span.start, u32::MAX), ..place };
            let before = said.range(..=(*specific, upto)).next_back();
            before.is_some_and(|(rule, around)| {
                rule == specific && around.file == place.file && around.span.end >= place.span.end
            })
        })
    };
    findings.retain(|finding| {
        !is_said(MORE_SPECIFIC, &said, finding) && !is_said(SHOWN_BESIDE, &shown, finding) && !is_within(finding)
    });
}
