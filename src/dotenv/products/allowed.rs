//! Allow-lists as products compare them with an Origin, each read once so that an origin is looked up and not sought.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;

use crate::dotenv::products::app::{App, Setting};
use crate::dotenv::products::keys::{Certainty, Key, Meaning};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::policy::{Match, judge};

/// What the answers of one app are found by; all of it made on first need.
#[derive(Default)]
pub(in crate::dotenv) struct Index {
    deciding: OnceLock<Vec<usize>>,
    star_in_list: OnceLock<bool>,
    /// By the setting and the row that reads it.
    lists: Mutex<HashMap<(usize, usize), Arc<Allowed>>>,
}

impl Clone for Index {
    /// A copy makes its own, since what the app says may be changed in it.
    fn clone(&self) -> Self {
        Index::default()
    }
}

/// The entries of one list as one product reads them.
pub(in crate::dotenv) struct Allowed {
    entries: Vec<ListEntry>,
    /// The entries that may be an origin, by its text in lower case.
    by_origin: HashMap<String, Vec<usize>>,
    /// The first entry that lets any origin in.
    any: Option<usize>,
    /// How many entries may mean any origin.
    doubtful: usize,
}

/// What a list says of an origin.
pub(in crate::dotenv) enum Said {
    /// This entry is the origin.
    Origin(ListEntry),
    /// This entry lets any in.
    Any(ListEntry),
    /// Perhaps one of the entries lets it in.
    Doubt,
    /// None does.
    Nothing,
}

/// No origin, and no entry.
const NO_ORIGIN: &str = "\0";

impl Allowed {
    fn new(setting: &Setting, key: &Key) -> Self {
        let entries = setting.entries(key.separator);
        let mut allowed = Allowed { entries, by_origin: HashMap::new(), any: None, doubtful: 0 };
        for (index, entry) in allowed.entries.iter().enumerate() {
            let text = setting.text_of(entry);
            match judge(key, &text, entry.padded, NO_ORIGIN) {
                Match::Any => {
                    allowed.any = allowed.any.or(Some(index));
                    allowed.doubtful += 1;
                }
                Match::Unknown => allowed.doubtful += 1,
                Match::Origin | Match::Nothing => {}
            }
            allowed.by_origin.entry(without_slash(&text).to_ascii_lowercase()).or_default().push(index);
        }
        allowed
    }

    /// What the list says of `origin`; `*` counts only where the app `sends_star`.
    pub(in crate::dotenv) fn say(&self, setting: &Setting, key: &Key, origin: &str, sends_star: bool) -> Said {
        let mut near = self.near(origin);
        near.extend(self.near(without_slash(origin)));
        near.sort_unstable();
        near.dedup();
        let any = self.any.filter(|_| sends_star);
        let mut doubtful = self.doubtful;
        for index in near {
            let Some(entry) = self.entries.get(index) else { continue };
            if any.is_some_and(|any| any < index) {
                break;
            }
            let text = setting.text_of(entry);
            let is_doubtful = |found: Match| usize::from(matches!(found, Match::Any | Match::Unknown));
            doubtful -= is_doubtful(judge(key, &text, entry.padded, NO_ORIGIN));
            match judge(key, &text, entry.padded, origin) {
                Match::Origin => return Said::Origin(entry.clone()),
                found => doubtful += is_doubtful(found),
            }
        }
        match any.and_then(|index| self.entries.get(index)) {
            Some(entry) => Said::Any(entry.clone()),
            None if doubtful > 0 => Said::Doubt,
            None => Said::Nothing,
        }
    }

    fn near(&self, origin: &str) -> Vec<usize> {
        self.by_origin.get(&origin.to_ascii_lowercase()).cloned().unwrap_or_default()
    }
}

fn without_slash(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

impl App {
    /// The list of a setting as the product of one of its rows reads it, both by their index.
    pub(in crate::dotenv) fn allowed(&self, setting: usize, row: usize) -> Option<Arc<Allowed>> {
        let lists = || self.index.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists().get(&(setting, row)) {
            return Some(known.clone());
        }
        let read = self.settings.get(setting)?;
        let allowed = Arc::new(Allowed::new(read, read.keys.get(row)?));
        lists().insert((setting, row), allowed.clone());
        Some(allowed)
    }

    /// The settings that decide what the app answers, by their index. Of several in a row that say the same of every origin, which is
    /// that nobody knows, the first is enough.
    pub(in crate::dotenv) fn deciding(&self) -> &[usize] {
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
    pub(in crate::dotenv) fn holds_star(&self) -> bool {
        let place = self.any_origin.as_ref().map(|star| star.place);
        *self.index.star_in_list.get_or_init(|| self.origins.iter().any(|origin| Some(origin.place) == place))
    }
}

/// Returns whether it is known how the product of a row compares the value with an Origin.
pub(in crate::dotenv) fn is_known(setting: &Setting, key: &Key) -> bool {
    let known_list = matches!(key.meaning, Meaning::Origins | Meaning::SingleOrigin | Meaning::FrontendUrl);
    setting.value.is_some() && key.certainty >= Certainty::Usage && known_list
}
