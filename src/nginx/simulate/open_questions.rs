//! All ways that a request may go.
//!
//! What the configuration leaves open (a file's existence, a module's variable, an address) is a [`Question`].
//! A run that meets one stops, and is run again once with each reply, so every answer names what it assumes. The
//! number of runs for one request is limited; past the limit the answer is unknown, and [`Model::given_up`] says so.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use url::Url;

use crate::cors::request::Request;
use crate::nginx::config::ContextId;
use crate::nginx::limits::{self, Limit};
use crate::nginx::simulate::answer::{Answer, EntryPoint, Question};
use crate::nginx::simulate::model::{MAX_STEPS, Model};
use crate::nginx::simulate::run::Run;
use crate::nginx::simulate::upstream::Upstream;

/// How many runs one request may take before its answer counts as unknown.
const MAX_RUNS: usize = 128;

/// How many steps of other work one step of a run takes the time of.
const STEPS_SPENT: u64 = 3;

impl<'s> Model<'_, 's> {
    /// The answers to `request`, one for each way the open questions may turn out. `assume` replies to questions that the caller
    /// has an opinion on. None at all means that there are too many ways.
    pub fn answers(
        &self,
        request: &Request,
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let url = Url::parse(&request.url).ok();
        self.answers_at((request, url.as_ref()), upstream, entry, assume)
    }

    /// The same for a request whose URL was parsed before.
    pub(crate) fn answers_at(
        &self,
        (request, url): (&Request, Option<&Url>),
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let (answers, met) = limits::watched(|| self.all_answers((request, url), upstream, entry, assume));
        if let Some(limit) = met {
            self.given_up.add(self.entered(entry, url), limit);
        }
        answers
    }

    fn all_answers(
        &self,
        (request, url): (&Request, Option<&Url>),
        upstream: &Upstream<'_>,
        entry: EntryPoint,
        assume: &dyn Fn(&Question) -> Option<bool>,
    ) -> Vec<Answer<'s>> {
        let mut answers = Vec::new();
        let mut waiting: Vec<Vec<(Question, bool)>> = vec![Vec::new()];
        let mut runs = 0;
        let steps = Cell::new(0);
        if limits::is_spent() {
            self.given_up.add(self.entered(entry, url), Limit::Budget);
            return answers;
        }
        while let Some(assumptions) = waiting.pop() {
            runs += 1;
            let run = Run::new(self, (request, url), upstream, &assumptions, &steps).go(entry);
            if runs > MAX_RUNS || steps.get() > MAX_STEPS {
                let limit = if runs > MAX_RUNS { Limit::Ways } else { Limit::Steps };
                self.given_up.add(self.entered(entry, url), limit);
                answers.clear();
                break;
            }
            match run {
                Ok(answer) => answers.push(answer),
                Err(question) => {
                    let replies = assume(&question).map_or(vec![false, true], |reply| vec![reply]);
                    for reply in replies {
                        let mut assumptions = assumptions.clone();
                        assumptions.push((question.clone(), reply));
                        waiting.push(assumptions);
                    }
                }
            }
        }
        // Expressions that take long to compile took the steps that were left, so some were not matched.
        if limits::is_spent() {
            self.given_up.add(self.entered(entry, url), Limit::Budget);
            answers.clear();
        }
        (0..).zip(&mut answers).for_each(|(number, answer)| answer.number = number);
        self.steps.fetch_add(steps.get(), Ordering::Relaxed);
        limits::spend(STEPS_SPENT * steps.get());
        answers
    }

    /// The block that a request enters, as far as that is known before it is asked.
    fn entered(&self, entry: EntryPoint, url: Option<&Url>) -> ContextId {
        let by_url = || url.and_then(|url| self.server_for(url.host_str()?, url.port_or_known_default()?));
        match entry {
            EntryPoint::Location(_, context) | EntryPoint::Server(context) => context,
            EntryPoint::Url => by_url().unwrap_or(self.config.top()),
        }
    }
}
