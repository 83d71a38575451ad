//! The origins that an app's settings allow.

use super::{AllowedOrigin, App, Beside, Credentials, Evidence, Setting, Star};
use crate::dotenv::products::keys;
use crate::dotenv::products::keys::{Certainty, Key, Meaning, YesNo};
use crate::source::Place;
use std::collections::BTreeMap;

impl App {
    /// The products that have a switch, and whether it is on; `None` where its value can't be read.
    pub(super) fn switches(&self) -> BTreeMap<&'static str, Option<bool>> {
        let mut switches = BTreeMap::new();
        for key in keys::all() {
            if let Meaning::Switch { when, default } = key.meaning {
                let set = self.setting(key.name).map(|setting| setting.switch().map(|value| value == when));
                switches.insert(key.product, set.unwrap_or(Some(default)));
            }
        }
        switches
    }

    /// Takes every list of origins apart, and notes the first `*` among them.
    pub(super) fn find_origins(&mut self, present: &dyn Fn(&str) -> bool, beside: Beside<'_>) {
        let switches = self.switches();
        for setting in &mut self.settings {
            let mut allowing = setting.allowing(&switches, present);
            allowing.retain(|_| !(beside.is_nginxs)(&setting.name));
            setting.cors = !allowing.is_empty();
            if let Some(certainty) = allowing.iter().map(|key| key.certainty).max() {
                offer(&mut self.evidence, setting, certainty);
            }
            if !setting.keys.iter().any(|key| key.meaning.holds_origins()) {
                continue;
            }
            for entry in setting.finest_entries() {
                let origin = setting.origin(&entry);
                if origin.text == "*" && self.any_origin.is_none() {
                    self.any_origin = star(&origin, &allowing);
                }
                let reflects = setting.may_be_a_word() && matches!(origin.text.as_str(), "true" | "false");
                if !reflects {
                    self.origins.push(origin);
                }
            }
        }
    }

    /// Reads the switches: those that allow any origin, and those that switch a product's CORS on or off.
    pub(super) fn find_switches(&mut self) {
        for setting in &self.settings {
            let Some(value) = setting.switch() else { continue };
            for key in setting.keys.iter() {
                match key.meaning {
                    Meaning::AnyOrigin { when } if value == when => {
                        offer(&mut self.evidence, setting, key.certainty);
                        self.any_origin.get_or_insert_with(|| Star {
                            place: setting.value_place,
                            key_place: setting.key_place,
                            key_name: setting.name.clone(),
                            certainty: key.certainty,
                            verbatim: false,
                        });
                    }
                    Meaning::Switch { when: true, .. } if value => offer(&mut self.evidence, setting, key.certainty),
                    Meaning::Switch { when, .. } if value != when => {
                        self.switched_off.get_or_insert(setting.key_place);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Reads whether credentials are allowed: from the key of the product that the evidence names, or else the first.
    pub(super) fn find_credentials(&mut self) {
        let product = self.evidence.as_ref().and_then(|evidence| evidence.product);
        let mut found: Option<(bool, Credentials)> = None;
        for setting in &self.settings {
            let key = setting.keys.iter().find(|key| key.meaning == Meaning::Credentials);
            let (Some(key), Some(value)) = (key, setting.switch()) else { continue };
            let same = setting.keys.iter().any(|key| Some(key.product) == product);
            if found.as_ref().is_none_or(|(known, _)| same && !known) {
                let credentials = Credentials {
                    value,
                    place: setting.value_place,
                    key_place: setting.key_place,
                    key_name: setting.name.clone(),
                    certainty: key.certainty,
                };
                found = Some((same, credentials));
            }
        }
        self.credentials = found.map(|(_, credentials)| credentials);
    }
}

/// A product that sends CORS headers without a key that says so, shown by its other keys; `place` gives the place of a key.
pub(super) fn by_default(present: &dyn Fn(&str) -> bool, place: impl Fn(&str) -> Option<Place>) -> Option<Evidence> {
    keys::products().iter().filter(|product| product.sends_by_default_at.is_some()).find_map(|product| {
        let marker = product.markers.iter().find(|keys| keys.iter().all(|key| present(key)))?.first()?;
        Some(Evidence {
            place: place(marker)?,
            key_name: (*marker).to_owned(),
            product: Some(product.name),
            certainty: Certainty::Usage,
            only_at: product.sends_by_default_at,
        })
    })
}

/// Keeps the surer of two pieces of evidence, the earlier one where they are equal.
pub(super) fn offer(known: &mut Option<Evidence>, setting: &Setting, certainty: Certainty) {
    if known.as_ref().is_some_and(|known| known.certainty >= certainty) {
        return;
    }
    let only = setting.keys.first().filter(|_| setting.keys.len() == 1);
    *known = Some(Evidence {
        place: setting.key_place,
        key_name: setting.name.clone(),
        product: only.map(|key| key.product),
        certainty,
        only_at: None,
    });
}

/// Returns what a `*` in a list means to the products that may read it; nothing where it means nothing to any of them.
pub(super) fn star(origin: &AllowedOrigin, allowing: &[Key]) -> Option<Star> {
    let wild = |key: &&Key| key.star == YesNo::Yes;
    let certainty = allowing.iter().filter(wild).map(|key| key.certainty).min()?;
    let agreed = allowing.iter().all(|key| key.star == YesNo::Yes);
    Some(Star {
        place: origin.place,
        key_place: origin.key_place,
        key_name: origin.key_name.clone(),
        certainty: if agreed { certainty } else { Certainty::Unverified },
        verbatim: allowing.iter().all(|key| key.is_verbatim()),
    })
}
