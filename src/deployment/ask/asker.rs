//! The one way to ask: lint, `trace` and `fix` put every request to nginx through an [`Asker`].

use std::sync::Arc;

use url::Url;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::Behind;
use crate::deployment::upstream;
use crate::nginx::config::Config;
use crate::nginx::simulate::answer::{Answer, EntryPoint, Question};
use crate::nginx::simulate::model::Model;
use crate::nginx::simulate::upstream::Upstream;

/// An nginx configuration and the apps behind it, ready for requests.
#[derive(Debug)]
pub struct Asker<'d> {
    /// nginx.
    pub model: Model<'d, 'd>,
    /// The apps.
    pub behind: Arc<Behind<'d>>,
}

impl<'d> Asker<'d> {
    /// Prepares a configuration; `with_all_fields` keeps header fields in the responses that no browser reads for CORS.
    pub fn new(config: &'d Config<'d>, behind: &Arc<Behind<'d>>, with_all_fields: bool) -> Self {
        let mut model = Model::new(config);
        model.with_all_fields = with_all_fields;
        Asker { model, behind: Arc::clone(behind) }
    }

    /// The response of the app behind each location, as its .env files say.
    pub fn apps(&self) -> Upstream<'_> {
        upstream(self.model.config, &self.behind)
    }

    /// The responses to a request that enters nginx at `entry`, from an app that responds with `upstream`: one for each way the open
    /// questions may turn out. The client's address is allowed and its credentials are accepted, see [`assumption`]. There are none where
    /// a limit is met, which [`Model::given_up`] reports.
    pub fn ask(&self, entry: EntryPoint, (request, url): (&Request, &Url), upstream: &Upstream<'_>) -> Vec<Answer<'d>> {
        self.model.answers_at((request, Some(url)), upstream, entry, &|question| assumption(question, request))
    }
}

/// Returns what is assumed of every request: its address is allowed, credentials that it shows are accepted, and a preflight, which shows none, is
/// refused where some are asked for. `None` where nothing is assumed.
pub fn assumption(question: &Question, request: &Request) -> Option<bool> {
    let has = |header: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
    match question {
        Question::Address(_) => Some(true),
        Question::Credentials(_) if has("Authorization") => Some(true),
        Question::Credentials(_) if has(CorsHeader::RequestMethod.name()) => Some(false),
        Question::Credentials(_) | Question::Condition(_) | Question::File(_) => None,
    }
}
