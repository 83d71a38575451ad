//! Where requests from outside enter nginx.

use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::simulate::answer::EntryPoint;
use crate::nginx::simulate::locations::{self, Pattern};

/// How requests get into `context`: into a location that takes requests from outside, or a server without a location.
pub(crate) fn entry(config: &Config<'_>, context: ContextId) -> Option<(ContextId, EntryPoint)> {
    let here = config.context(context);
    let server = config.enclosing(context, ContextKind::Server);
    match here.kind {
        ContextKind::Location => {
            let named =
                matches!(here.opener.and_then(|item| locations::pattern(config, item)), Some(Pattern::Named(_)));
            let internal = config.single(context, Single::Internal).is_some();
            // A fragment of locations stands in a server that is not shown; a bare fragment is its own location.
            let server = server.unwrap_or(config.top());
            (!named && !internal).then_some((server, EntryPoint::Location(server, context)))
        }
        ContextKind::Server => {
            let has_location =
                config.children(context).any(|child| config.context(child).kind == ContextKind::Location);
            (!has_location).then_some((context, EntryPoint::Server(context)))
        }
        _ => None,
    }
}
