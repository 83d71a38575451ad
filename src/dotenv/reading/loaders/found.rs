//! The reading of a loader that takes or refuses a file as a whole.

use std::collections::BTreeMap;

use super::Reading;
use crate::dotenv::syntax::tree::{EnvTree, StatementKind};

/// The values that it sets, and where it stops.
#[derive(Default)]
pub(super) struct Found {
    /// Its reading of each key, by the place of the key's first byte.
    pub(super) readings: BTreeMap<usize, Reading>,
    /// Where that stands for which it refuses the file.
    pub(super) refused_at: Option<usize>,
}

impl Found {
    /// The same for the statements of the tree: those that have a key.
    pub(super) fn by_statement(&self, tree: &EnvTree) -> Vec<(usize, Reading)> {
        let mut readings = Vec::new();
        for (index, statement) in tree.statements.iter().enumerate() {
            let key = match &statement.kind {
                StatementKind::Assignment(assignment) => assignment.key,
                StatementKind::Key { key, .. } => *key,
                StatementKind::Comment(_) | StatementKind::Blank | StatementKind::Unreadable(_) => continue,
            };
            let span = statement.span.start as usize..statement.span.end as usize;
            let reading = match self.refused_at {
                Some(at) if span.contains(&at) => Reading::Error,
                Some(_) => Reading::Refused,
                None => self.readings.get(&(key.start as usize)).cloned().unwrap_or(Reading::Dropped),
            };
            readings.push((index, reading));
        }
        readings
    }
}
