//! The level that the settings give a rule's findings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::engine::Options;
use crate::finding::Finding;
use crate::settings::Level;
use crate::source::{FileId, Sources};

/// The levels of all rules in all files, each looked up once.
pub(in crate::engine) struct FileLevels<'o> {
    options: &'o Options,
    sources: &'o Sources,
    known: RefCell<BTreeMap<(FileId, &'static str), Option<Level>>>,
}

impl<'o> FileLevels<'o> {
    pub(in crate::engine) fn new(options: &'o Options, sources: &'o Sources) -> Self {
        FileLevels { options, sources, known: RefCell::default() }
    }

    /// Returns whether the settings switch the rule off in the file of the finding. The command line beats them: a rule that is asked
    /// for by name answers.
    pub(in crate::engine) fn is_off(&self, finding: &Finding) -> bool {
        self.options.rules.is_empty() && self.of(finding) == Some(Level::Off)
    }

    /// Gives the finding the severity that the settings want.
    pub(in crate::engine) fn set(&self, finding: &mut Finding) {
        if let Some(Level::At(severity)) = self.of(finding) {
            finding.severity = severity;
        }
    }

    fn of(&self, finding: &Finding) -> Option<Level> {
        let file = finding.primary.place.file;
        let look_up = || {
            let source = self.sources.get(file);
            let path = source.origin.as_deref().unwrap_or(Path::new(&source.path));
            self.options.settings.level(finding.rule, path).map(|level| level.value)
        };
        *self.known.borrow_mut().entry((file, finding.rule)).or_insert_with(look_up)
    }
}
