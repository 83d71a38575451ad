//! The access phase: addresses, passwords and subrequests (A3.7–A3.9, A3.13).

use crate::nginx::config::inheritance::{List, Single};
use crate::nginx::simulate::answer::{AnsweredBy, Question};
use crate::nginx::simulate::run::{Reply, Run};
use crate::nginx::simulate::value::{Spot, Value};

/// The verdict of one access check.
enum AccessVerdict {
    Pass,
    Silent,
    Refuse(Reply),
}

impl Run<'_, '_, '_> {
    /// The refusal, if there is one.
    pub(in crate::nginx) fn access(&mut self) -> Result<Option<Reply>, Question> {
        let config = self.model.config;
        let any = config.single(self.context, Single::Satisfy).is_some_and(|item| config.parameter_is(item, 1, "any"));
        for check in [Self::by_address, Self::by_password, Self::by_subrequest] {
            match check(self)? {
                AccessVerdict::Pass if any => {
                    self.refusal = None;
                    return Ok(None);
                }
                AccessVerdict::Pass | AccessVerdict::Silent => {}
                AccessVerdict::Refuse(reply) if !any || !matches!(reply.status, Some(401 | 403)) => {
                    return Ok(Some(reply));
                }
                AccessVerdict::Refuse(reply) => {
                    // Of several refusals 401 is the one that is told.
                    let told = self.refusal.as_ref().and_then(|told| told.status);
                    self.refusal = if told == Some(401) { self.refusal.take() } else { Some(reply) };
                }
            }
        }
        Ok(self.refusal.take())
    }

    fn by_address(&mut self) -> Result<AccessVerdict, Question> {
        let config = self.model.config;
        let Some(&first) = config.list(self.context, List::Access).first() else { return Ok(AccessVerdict::Silent) };
        let allows = config.item(first).name == b"allow";
        // Which client a rule other than `all` means is not to be known; it and those that follow are one question.
        let allowed = if config.parameter_is(first, 1, "all") { allows } else { self.ask(Question::Address(first))? };
        Ok(if allowed { AccessVerdict::Pass } else { AccessVerdict::Refuse(Reply::special(403, Some(first))) })
    }

    fn by_password(&mut self) -> Result<AccessVerdict, Question> {
        let config = self.model.config;
        let user_file = config.single(self.context, Single::AuthBasicUserFile);
        let Some(item) = config.single(self.context, Single::AuthBasic).filter(|_| user_file.is_some()) else {
            return Ok(AccessVerdict::Silent);
        };
        let realm = config.parameter(item, 1).map(|realm| self.expand(realm, Spot::new(item, 1)));
        let shown = self.header("authorization").is_some_and(|value| {
            value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")) && value.len() > 6
        });
        match realm {
            Some(Value::Known(realm, _)) if &*realm == b"off" => Ok(AccessVerdict::Silent),
            Some(Value::Known(..)) if !shown => Ok(unauthorized(item)),
            // A realm that is not known may be `off`.
            _ if !shown && !self.ask(Question::Condition(item))? => Ok(AccessVerdict::Silent),
            _ if !shown => Ok(unauthorized(item)),
            _ if self.ask(Question::Credentials(item))? => Ok(AccessVerdict::Pass),
            _ => Ok(unauthorized(item)),
        }
    }

    fn by_subrequest(&mut self) -> Result<AccessVerdict, Question> {
        let config = self.model.config;
        let Some(item) = config.single(self.context, Single::AuthRequest) else { return Ok(AccessVerdict::Silent) };
        let Some(path) = config.parameter(item, 1) else {
            let passes = self.ask(Question::Credentials(item))?;
            return Ok(if passes { AccessVerdict::Pass } else { unauthorized(item) });
        };
        if &*path == b"off" {
            return Ok(AccessVerdict::Silent);
        }
        let reply = self.subrequest(item, path.into_owned())?;
        if reply.by == AnsweredBy::Nobody {
            // A subrequest that closes the connection closes it for its request.
            return Ok(AccessVerdict::Refuse(Reply { item: Some(item), ..reply }));
        }
        match reply.status {
            Some(200..=299) => Ok(AccessVerdict::Pass),
            Some(status @ (401 | 403)) => Ok(AccessVerdict::Refuse(Reply::special(status, Some(item)))),
            Some(_) => Ok(AccessVerdict::Refuse(Reply::special(500, Some(item)))),
            None if self.ask(Question::Credentials(item))? => Ok(AccessVerdict::Pass),
            None => Ok(unauthorized(item)),
        }
    }
}

fn unauthorized(item: crate::nginx::config::ItemId) -> AccessVerdict {
    AccessVerdict::Refuse(Reply::special(401, Some(item)))
}
