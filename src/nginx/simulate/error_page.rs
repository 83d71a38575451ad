//! Where `error_page` sends an answer (A2.5, A2.6, A3.21).

use crate::nginx::config::ItemId;
use crate::nginx::config::inheritance::{List, Protocol, Single};
use crate::nginx::simulate::answer::AnsweredBy;
use crate::nginx::simulate::run::{Reply, Run, Step};
use crate::nginx::simulate::value::Spot;

impl Run<'_, '_, '_> {
    /// The way an answer takes; `None` lets it go back to the client.
    pub(in crate::nginx) fn error_page(&mut self, reply: &Reply) -> Option<Step> {
        let config = self.model.config;
        let status = reply.status?;
        let page = config.error_page_for(self.context, status);
        if reply.by == AnsweredBy::App && self.intercepts(reply) && page.is_some() && self.in_error_page {
            // nginx writes its own page in the place of the app's.
            return Some(Step::Reply(Reply { by: AnsweredBy::Nginx, special: true, ..reply.clone() }));
        }
        if !(reply.special || page.is_some() && self.intercepts(reply)) {
            return None;
        }
        self.error_status = Some(status);
        let has_pages = !config.list(self.context, List::ErrorPage).is_empty();
        if self.in_error_page || !has_pages || self.changes_left == 0 {
            return None;
        }
        self.in_error_page = config.is_on(self.context, Single::RecursiveErrorPages) != Some(true);
        page.map(|item| self.turn(item, status))
    }

    /// Returns whether an error page takes the place of the app's answer.
    pub(in crate::nginx) fn is_intercepted(&self, reply: &Reply) -> bool {
        let page = |status| self.model.config.error_page_for(self.context, status);
        self.intercepts(reply) && reply.status.and_then(page).is_some()
    }

    fn intercepts(&self, reply: &Reply) -> bool {
        let config = self.model.config;
        let protocol = reply.item.and_then(|item| Protocol::split(config.item(item).name));
        reply.by == AnsweredBy::App
            && reply.status.is_some_and(|status| status >= 300)
            && protocol.is_some_and(|(protocol, _)| {
                config.is_on(self.context, Single::InterceptErrors(protocol)) == Some(true)
            })
    }

    /// Turns an answer of `status` to where this `error_page` leads.
    fn turn(&mut self, item: ItemId, status: u16) -> Step {
        let config = self.model.config;
        let count = config.parameter_count(item);
        let replacement = config.parameter(item, count - 1);
        let replacement = replacement.as_ref().and_then(|word| word.strip_prefix(b"="));
        let replacement: Option<Option<u16>> =
            replacement.map(|code| std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()));
        // A bare `=` leaves the status to what the page answers.
        self.error_status = replacement.unwrap_or(Some(status));
        let Some(target) = config.parameter(item, count) else { return Step::Reply(Reply::unknown(Some(item))) };
        let target = self.expand(target, Spot::new(item, count));
        match target.bytes().and_then(<[u8]>::first) {
            Some(b'/') => self.become_get(),
            Some(b'@') => {}
            _ => {
                // Anything else is a URL, to which the client is sent.
                let code =
                    replacement.flatten().filter(|code| matches!(code, 301 | 302 | 303 | 307 | 308)).unwrap_or(302);
                self.error_status = Some(code);
                self.redirect = Some((target, Some(item)));
                return Step::Reply(Reply::plain(code, AnsweredBy::Nginx, Some(item)));
            }
        }
        self.jump(target, item)
    }
}
