//! Values that turn out to be several origins.

use crate::cors::fault::several;
use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Blocked, Kind, Reason, Verdict};
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::nginx::config::ItemId;

/// A value with variables in it that turns out to be several origins, such as `"$http_origin, https://app.example.com"`: its
/// directive, the value, and which request gets it.
pub(super) fn built_list<'d>(site: &Site<'d>, exchange: &Exchange<'d>) -> Option<(ItemId, String, Kind)> {
    exchange.answers().find_map(|(kind, answer)| {
        let item = answer.only_field_of(CorsHeader::AllowOrigin)?.item?;
        let (field, flow) = questions::origin_flow(site, item).filter(|(field, _)| field.value.contains(&b'$'))?;
        let Verdict::Blocked(Blocked { reason: Reason::SeveralAllowOrigins(value), .. }) =
            exchange.verdict(kind, answer)
        else {
            return None;
        };
        let is_built = flow.texts.iter().all(|text| text.text != value.as_bytes());
        (is_built && several(&value).is_some()).then_some((field.item, value, kind))
    })
}
