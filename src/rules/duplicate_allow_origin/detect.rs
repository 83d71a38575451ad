//! The two lines of nginx that stand in one response.

use crate::cors::header::CorsHeader;
use crate::deployment::Site;
use crate::deployment::is_doubtful;
use crate::nginx::config::ItemId;
use crate::nginx::simulate::answer::Answer;

/// The two directives of nginx whose lines stand in one answer for certain, the one to look at last.
pub(super) fn both_lines<'d>(site: &Site<'d>, answer: &Answer<'d>) -> Option<(ItemId, ItemId)> {
    if is_doubtful(answer) || answer.open.is_some() {
        return None;
    }
    let lines = answer.fields_of(CorsHeader::AllowOrigin).filter(|field| field.value.bytes().is_some());
    let mut items = lines.filter_map(|field| field.item);
    let (first, second) = (items.next()?, items.next()?);
    // What is merged comes after what stands at the level itself, which is where to look.
    Some(if are_merged(site, first, second) { (second, first) } else { (first, second) })
}

/// Returns whether two `add_header`s of different levels meet.
pub(super) fn are_merged(site: &Site<'_>, first: ItemId, second: ItemId) -> bool {
    let config = site.config;
    let are_added = [first, second].iter().all(|item| config.item(*item).name == b"add_header");
    are_added && config.item(first).context != config.item(second).context
}
