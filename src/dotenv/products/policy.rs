//! The app's answer to a request's Origin, as its .env files tell.

use crate::dotenv::products::allowed::{Said, is_known};
use crate::dotenv::products::app::{AllowOrigin, App, Policy, Setting};
use crate::dotenv::products::keys::{Answer, Certainty, Key, Patterns, Scheme, Separator, Slash};
use crate::dotenv::products::list::ListEntry;
use crate::source::Place;

impl App {
    /// What the app answers to a request from `origin`, a serialised origin as browsers send it.
    ///
    /// Where several products may be meant, or several keys decide, they have to agree; where the keys table is not
    /// sure, the answer is unknown. It is [`AllowOrigin::None`] only for a product whose way of comparing was read in
    /// its source or documentation, or whose switch is off.
    pub fn answer_for(&self, origin: &str) -> Policy {
        let (allow_origin, place) = self.allow_origin_for(origin);
        let surely = self.credentials.as_ref().filter(|credentials| credentials.certainty >= Certainty::Usage);
        let answers = !matches!(allow_origin, AllowOrigin::None | AllowOrigin::Unknown);
        let credentials = surely.filter(|_| answers);
        Policy {
            allow_origin,
            place,
            credentials: credentials.map(|credentials| credentials.value),
            credentials_place: credentials.map(|credentials| credentials.place),
        }
    }

    fn allow_origin_for(&self, origin: &str) -> (AllowOrigin, Option<Place>) {
        let unknown = (AllowOrigin::Unknown, None);
        if self.evidence.is_none() {
            return self.switched_off.map_or(unknown, |place| (AllowOrigin::None, Some(place)));
        }
        let mut answer: Option<(AllowOrigin, Option<Place>)> = None;
        if let Some(star) = self.any_origin.as_ref().filter(|_| !self.holds_star()) {
            let sure = star.certainty >= Certainty::Docs && !self.allows_credentials();
            answer = Some((if sure { AllowOrigin::Star } else { AllowOrigin::Unknown }, Some(star.place)));
        }
        let mut rows: &[Key] = &[];
        for (index, setting) in self.deciding().iter().filter_map(|index| Some((*index, self.settings.get(*index)?))) {
            let (next, entry) = self.setting_answer(index, setting, origin);
            let place = entry.map_or(setting.key_place, |entry| setting.place_of(&entry));
            let one_list = *rows == *setting.keys && setting.keys.iter().all(|key| key.is_indexed());
            rows = &setting.keys;
            match &answer {
                None => answer = Some((next, Some(place))),
                Some((known, _)) if *known == next => {}
                Some((AllowOrigin::Origin(_), _)) if one_list => {}
                Some(_) if one_list && matches!(next, AllowOrigin::Origin(_)) => answer = Some((next, Some(place))),
                Some(_) => return unknown,
            }
        }
        answer.unwrap_or(unknown)
    }

    fn allows_credentials(&self) -> bool {
        self.credentials.as_ref().is_some_and(|credentials| credentials.value)
    }

    /// What all rows of a setting agree on.
    fn setting_answer(&self, index: usize, setting: &Setting, origin: &str) -> (AllowOrigin, Option<ListEntry>) {
        let mut answers = (0..setting.keys.len()).map(|row| self.key_answer(index, setting, row, origin));
        let first = answers.next().unwrap_or((AllowOrigin::Unknown, None));
        if answers.all(|(answer, _)| answer == first.0) { first } else { (AllowOrigin::Unknown, None) }
    }

    /// What the product of one row answers, and the entry that makes it.
    fn key_answer(
        &self,
        index: usize,
        setting: &Setting,
        row: usize,
        origin: &str,
    ) -> (AllowOrigin, Option<ListEntry>) {
        let unknown = (AllowOrigin::Unknown, None);
        let Some(key) = setting.keys.get(row).filter(|key| is_known(setting, key)) else { return unknown };
        if key.is_verbatim() {
            return self.verbatim_answer(setting, key, setting.entries(key.separator), origin);
        }
        let Some(allowed) = self.allowed(index, row) else { return unknown };
        match allowed.say(setting, key, origin, !self.allows_credentials()) {
            Said::Origin(entry) => (AllowOrigin::Origin(origin.to_owned()), Some(entry)),
            Said::Any(entry) => (AllowOrigin::Star, Some(entry)),
            Said::Nothing if refuses_the_rest(key, origin) => (AllowOrigin::None, None),
            Said::Doubt | Said::Nothing => unknown,
        }
    }

    /// A value that is sent as it stands, whatever the request's Origin.
    fn verbatim_answer(
        &self,
        setting: &Setting,
        key: &Key,
        entries: Vec<ListEntry>,
        origin: &str,
    ) -> (AllowOrigin, Option<ListEntry>) {
        let Some(entry) = entries.into_iter().next() else { return (AllowOrigin::Unknown, None) };
        let text = setting.text_of(&entry);
        let answer = match (text.as_str(), key.slash) {
            ("*", _) if key.star == Answer::Yes => AllowOrigin::Star,
            ("*" | "true" | "false", _) => AllowOrigin::Unknown,
            (text, Slash::Kept) => AllowOrigin::Origin(text.to_owned()),
            (text, _) if text == origin => AllowOrigin::Origin(text.to_owned()),
            _ => AllowOrigin::Unknown,
        };
        (answer, Some(entry))
    }
}

/// What an entry is to an origin.
pub(in crate::dotenv) enum Match {
    Origin,
    Any,
    Nothing,
    Unknown,
}

/// What it is as a product reads it. Save for the entries that are this origin but for a slash or for case, it is the same for every origin.
pub(in crate::dotenv) fn judge(key: &Key, text: &str, padded: bool, origin: &str) -> Match {
    if text == "*" {
        return match key.star {
            Answer::Yes => Match::Any,
            Answer::No => Match::Nothing,
            Answer::Unknown => Match::Unknown,
        };
    }
    let sloping = text.strip_suffix('/');
    if text == origin || sloping == Some(origin) {
        let trimmed = if padded { key.trims } else { Answer::Yes };
        let stripped = match (sloping, key.slash) {
            (None, _) | (_, Slash::Stripped) => Answer::Yes,
            (_, Slash::Kept) => Answer::No,
            _ => Answer::Unknown,
        };
        return match (trimmed, stripped) {
            (Answer::Yes, Answer::Yes) => Match::Origin,
            (Answer::No, _) | (_, Answer::No) => Match::Nothing,
            _ => Match::Unknown,
        };
    }
    let pattern = text.contains(['*', '^', '(', '\\']) || text.starts_with('/') || text.starts_with("regex:");
    let other = text.eq_ignore_ascii_case(origin) || !text.contains("://") && key.scheme != Scheme::Required;
    let word = !text.contains([':', '.', '/']);
    if pattern && key.patterns != Patterns::None || other || word { Match::Unknown } else { Match::Nothing }
}

/// Returns whether an origin that no entry names gets no Allow-Origin. Parse Server gives it the first entry; Ollama adds
/// loopback origins of its own.
fn refuses_the_rest(key: &Key, origin: &str) -> bool {
    let loopback = ["://localhost", "://127.0.0.1", "://[::1]", "://0.0.0.0"].iter().any(|host| origin.contains(host));
    let own_rules =
        key.product == "Parse Server" || key.product == "Ollama" && (loopback || !origin.starts_with("http"));
    let read = key.certainty >= Certainty::Docs && key.slash != Slash::Unknown && key.separator != Separator::Unknown;
    read && !own_rules
}
