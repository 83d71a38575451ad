//! The app's answer to a request's Origin, as its .env files tell.

use crate::dotenv::products::allowed::{Said, is_known};
use crate::dotenv::products::app::{AllowOrigin, App, Policy};
use crate::dotenv::products::keys::{self, Certainty, Key, Separator, Slash, Unlisted, YesNo};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::setting::Setting;
use crate::source::Place;

impl App {
    /// Returns what the app answers to a request from `origin`, a serialised origin as browsers send it.
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

    /// The settings that decide what the app answers, by their index. Of several in a row that say the same of every origin, which is
    /// that are not known, the first is enough.
    fn deciding(&self) -> &[usize] {
        self.index.deciding.get_or_init(|| {
            let mut deciding: Vec<usize> = Vec::new();
            let mut last: Option<&Setting> = None;
            for (index, setting) in self.settings.iter().enumerate().filter(|(_, setting)| setting.cors) {
                let says_nothing = |setting: &Setting| !setting.keys.iter().any(|key| is_known(setting, key));
                let is_same = |last: &Setting| says_nothing(last) && last.keys == setting.keys;
                if !(says_nothing(setting) && last.is_some_and(is_same)) {
                    deciding.push(index);
                }
                last = Some(setting);
            }
            deciding
        })
    }

    /// Returns whether the `*` that allows any origin stands in a list, whose own products answer for it.
    fn holds_star(&self) -> bool {
        let place = self.any_origin.as_ref().map(|star| star.place);
        *self.index.star_in_list.get_or_init(|| self.origins.iter().any(|origin| Some(origin.place) == place))
    }

    fn allows_credentials(&self) -> bool {
        self.credentials.as_ref().is_some_and(|credentials| credentials.value)
    }

    /// Returns what all rows of a setting agree on.
    fn setting_answer(&self, index: usize, setting: &Setting, origin: &str) -> (AllowOrigin, Option<ListEntry>) {
        let mut answers = (0..setting.keys.len()).map(|row| self.key_answer(index, setting, row, origin));
        let first = answers.next().unwrap_or((AllowOrigin::Unknown, None));
        if answers.all(|(answer, _)| answer == first.0) { first } else { (AllowOrigin::Unknown, None) }
    }

    /// Returns what the product of one row answers, and the entry that makes it.
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
        let Some(allowed) = self.index.allowed(&self.settings, index, row) else { return unknown };
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
            ("*", _) if key.star == YesNo::Yes => AllowOrigin::Star,
            ("*" | "true" | "false", _) => AllowOrigin::Unknown,
            (text, Slash::Kept) => AllowOrigin::Origin(text.to_owned()),
            (text, _) if text == origin => AllowOrigin::Origin(text.to_owned()),
            _ => AllowOrigin::Unknown,
        };
        (answer, Some(entry))
    }
}

/// Returns whether an origin that no entry names gets no Allow-Origin.
fn refuses_the_rest(key: &Key, origin: &str) -> bool {
    let loopback = ["://localhost", "://127.0.0.1", "://[::1]", "://0.0.0.0"].iter().any(|host| origin.contains(host));
    let own_rules = keys::product(key.product).is_some_and(|product| match product.unlisted {
        Unlisted::Refused => false,
        Unlisted::FirstEntry => true,
        Unlisted::OwnOrigins => loopback || !origin.starts_with("http"),
    });
    let read = key.certainty >= Certainty::Docs && key.slash != Slash::Unknown && key.separator != Separator::Unknown;
    read && !own_rules
}
