//! Allow-lists as products compare them with an Origin, each read once so that an origin is looked up and not sought.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;

use crate::dotenv::products::entry_match::{Match, judge};
use crate::dotenv::products::keys::{Certainty, Key, Meaning};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::setting::Setting;

/// The index of one app's responses; all of it made on first need.
#[derive(Default)]
pub(in crate::dotenv) struct AllowedIndex {
    pub(super) deciding: OnceLock<Vec<usize>>,
    pub(super) star_in_list: OnceLock<bool>,
    /// By the setting and the row that reads it.
    lists: Mutex<HashMap<(usize, usize), Arc<Allowed>>>,
}

impl AllowedIndex {
    /// The list of the `at`th of these settings as the product of one of its rows reads it.
    pub(super) fn allowed(&self, settings: &[Setting], at: usize, row: usize) -> Option<Arc<Allowed>> {
        let lists = || self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists().get(&(at, row)) {
            return Some(known.clone());
        }
        let read = settings.get(at)?;
        let allowed = Arc::new(Allowed::new(read, read.keys.get(row)?));
        lists().insert((at, row), allowed.clone());
        Some(allowed)
    }
}

impl Clone for AllowedIndex {
    /// A copy makes its own, since what the app says may be changed in it.
    fn clone(&self) -> Self {
        AllowedIndex::default()
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

/// The verdict of a list on an origin.
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

    /// Returns what the list says of `origin`; `*` counts only where the app `sends_star`.
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

/// Returns whether it is known how the product of a row compares the value with an Origin.
pub(in crate::dotenv) fn is_known(setting: &Setting, key: &Key) -> bool {
    let known_list = matches!(key.meaning, Meaning::Origins | Meaning::SingleOrigin | Meaning::FrontendUrl);
    setting.value.is_some() && key.certainty >= Certainty::Usage && known_list
}
