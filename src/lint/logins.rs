//! No finding tells the login that stands in an address it is about.

use std::borrow::Cow;

use crate::cors::login::without_logins;
use crate::finding::Finding;

/// Leaves logins out of all texts of a finding.
pub(super) fn hide(finding: &mut Finding) {
    let labels = finding.related.iter_mut().chain([&mut finding.primary]).map(|label| &mut label.text);
    for text in labels.chain([&mut finding.message]).chain(&mut finding.help) {
        if let Cow::Owned(shown) = without_logins(text) {
            *text = shown.into();
        }
    }
}
