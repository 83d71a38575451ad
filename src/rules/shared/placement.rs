//! Where to write a directive so that a response carries it: next to a header that the response carries now, and not in a block whose own
//! `add_header` would drop the others (A1.1, A1.5).

use super::edits;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Fix};
use crate::nginx::config::{ContextId, ContextKind, ItemId};

/// A place for further headers.
#[derive(Debug)]
pub(crate) struct Placement {
    /// The last header directive in force there.
    anchor: ItemId,
    /// The place in words: "in `location /api/`, next to line 12, not inside the `if`".
    words: String,
}

/// The place for headers of the responses that the directives of `context` are in force for. `None` where no header directive is.
pub(crate) fn for_responses(deployment: &Deployment<'_>, site: &Site<'_>, context: ContextId) -> Option<Placement> {
    let config = site.config;
    let more = || config.relevant_more_headers(context).into_iter().next_back();
    let anchor = config.add_headers(context).last().copied().or_else(more)?;
    let level = config.item(anchor).context;
    let place = config.place(anchor);
    let source = deployment.sources.get(place.file);
    let line = source.line_of(place.span.start);
    let is_if = |context: ContextId| config.context(context).kind == ContextKind::IfInLocation;
    let opener = field_place::place_of(site, level);
    let mut words = match config.context(level).kind {
        _ if place.file != opener.file => format!("in `{}`", source.path),
        ContextKind::Location => format!("in `{}`", deployment.sources.text(opener)),
        ContextKind::IfInLocation => "inside the `if`".to_owned(),
        ContextKind::Server => "in `server`".to_owned(),
        ContextKind::Http => "in `http`".to_owned(),
        _ => format!("in `{}`", source.path),
    };
    words.push_str(&format!(", next to line {line}"));
    if is_if(context) && !is_if(level) {
        words.push_str(", not inside the `if`");
    }
    Some(Placement { anchor, words })
}

impl Placement {
    /// A finding with the edit that writes these headers there, and the help that says so.
    pub(crate) fn mend(&self, site: &Site<'_>, headers: &[(&str, &str)], finding: Finding) -> Finding {
        let is_more = site.config.item(self.anchor).name == b"more_set_headers";
        let directive = |(name, value): &(&str, &str)| match (is_more, value.contains(' ')) {
            // An `add_header` next to it would drop those that the block inherits (A1.1).
            (true, _) => format!("more_set_headers \"{name}: {value}\";"),
            (false, true) => format!("add_header {name} \"{value}\" always;"),
            (false, false) => format!("add_header {name} {value} always;"),
        };
        let directives: Vec<String> = headers.iter().map(directive).collect();
        let lines: String = directives.iter().map(|directive| format!("\n    {directive}")).collect();
        let fix = edits::beside(site.config, self.anchor, &directives).map(Fix::risky);
        Finding { fix, ..finding }.with_help(format!("{}, add{lines}", self.words))
    }
}
