//! Apps whose keys make them send any page's Origin back, together with Allow-Credentials.

use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{self, Certainty, Meaning, Reflects};
use crate::dotenv::products::setting::Setting;
use crate::source::Place;

/// The setting that makes an app echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// The setting that allows any origin.
    pub place: Place,
    /// The setting that allows credentials; nothing where the product does so by itself.
    pub credentials: Option<Place>,
    /// How sure it is.
    pub certainty: Certainty,
}

impl App {
    /// The keys by which this app sends any page's Origin back and allows credentials, where they are of one product that is known
    /// to do so.
    pub fn echo(&self) -> Option<Echo> {
        self.any_origin_with_credentials().or_else(|| self.reflecting_word())
    }

    fn any_origin_with_credentials(&self) -> Option<Echo> {
        let star = self.any_origin.as_ref()?;
        let setting = self.setting(&star.key_name)?;
        let product = only_product(setting, Reflects::WithAnyOrigin)?;
        let credentials = self.credentials_of(product).filter(|setting| setting.switch() == Some(true))?;
        Some(Echo { place: star.place, credentials: Some(credentials.value_place), certainty: star.certainty })
    }

    fn reflecting_word(&self) -> Option<Echo> {
        let is_list = |setting: &Setting| setting.keys.iter().all(|key| key.meaning == Meaning::Origins);
        let mut lists = self.settings.iter().filter(|setting| setting.cors && is_list(setting));
        let (setting, product) =
            lists.find_map(|setting| Some((setting, only_product(setting, Reflects::WithTrue)?)))?;
        let certainty = setting.keys.iter().map(|key| key.certainty).min()?;
        if setting.text().as_deref() != Some("true") {
            return None;
        }
        let credentials = self.credentials_of(product);
        let allowed = credentials.is_none_or(|setting| setting.switch() == Some(true));
        let credentials = credentials.map(|setting| setting.value_place);
        allowed.then_some(Echo { place: setting.value_place, credentials, certainty })
    }

    fn credentials_of(&self, product: &str) -> Option<&Setting> {
        let allows = |setting: &&Setting| {
            setting.keys.iter().all(|key| key.meaning == Meaning::Credentials) && is_only(setting, product)
        };
        self.settings.iter().find(allows)
    }
}

/// The only product that may be meant, where it sends any Origin back in this case.
fn only_product(setting: &Setting, reflects: Reflects) -> Option<&'static str> {
    let first = setting.keys.first()?.product;
    let product = keys::product(first).filter(|product| product.reflects == reflects)?;
    is_only(setting, product.name).then_some(product.name)
}

/// Returns whether no other product may be meant.
fn is_only(setting: &Setting, product: &str) -> bool {
    setting.keys.iter().all(|key| key.product == product)
}
