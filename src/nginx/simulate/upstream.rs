//! The response of the app behind nginx, as far as it is known.

use crate::nginx::config::ItemId;

/// Header fields of the app's answer; a value that is not known may also mean that the field is missing.
pub type AppFields = Vec<(String, Option<String>)>;

/// The header fields that the app behind a directive sends for the Origin that nginx tells it: empty where it tells none, `None` where that is not known.
pub type ByOrigin<'u> = Box<dyn Fn(ItemId, Option<&str>) -> AppFields + 'u>;

/// The app's response to a request that reaches it.
#[derive(Debug, Default)]
pub struct Upstream<'u> {
    /// Its status.
    pub status: AppStatus,
    /// Header fields it sends.
    pub headers: AppHeaders<'u>,
}

/// The status of the app's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppStatus {
    /// This one.
    This(u16),
    /// Not to be known.
    #[default]
    Unknown,
    /// There is no answer: nothing listens there, and nginx answers 502 by itself (A2.5).
    Down,
}

/// The dependence of the header fields of the app's response.
pub enum AppHeaders<'u> {
    /// On nothing.
    Same(AppFields),
    /// On which app it is, and on the Origin that nginx tells it.
    ByOrigin(ByOrigin<'u>),
}

impl AppHeaders<'_> {
    /// The fields of the answer where nginx tells the app behind this directive this Origin: empty for none, `None` where it is not known.
    pub fn told(&self, pass: ItemId, origin: Option<&str>) -> AppFields {
        match self {
            AppHeaders::Same(fields) => fields.clone(),
            AppHeaders::ByOrigin(by_origin) => by_origin(pass, origin),
        }
    }
}

impl Default for AppHeaders<'_> {
    fn default() -> Self {
        AppHeaders::Same(Vec::new())
    }
}

impl std::fmt::Debug for AppHeaders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AppHeaders::Same(fields) => f.debug_tuple("Same").field(fields).finish(),
            AppHeaders::ByOrigin(_) => f.debug_tuple("ByOrigin").finish_non_exhaustive(),
        }
    }
}
