//! What several rules say in the same words.

use crate::cors::origin::{NotSerialized, OriginFault};
use crate::nginx::dead::{Dead, Why, glob};
use crate::nginx::flow::SetField;
use crate::nginx::intruder::{Gap, Intruder};
use crate::source::Place;

/// What to write where nobody can say which origin is meant.
pub(super) const AN_ORIGIN: &str = "write an origin as browsers send it, such as `https://app.example.com`";

/// The header that a text becomes, where it stands elsewhere.
pub(super) fn sent_by(field: &SetField<'_>, text: Place) -> Option<(Place, &'static str)> {
    (field.place != text).then_some((field.place, "is sent as Access-Control-Allow-Origin here"))
}

/// The header that a compared text decides about, where it stands elsewhere.
pub(super) fn decided_by(field: &SetField<'_>, text: Place) -> Option<(Place, &'static str)> {
    (field.place != text).then_some((field.place, "decides Access-Control-Allow-Origin here"))
}

/// The expression that means what `https://*.example.com` was written for.
pub(super) fn expression(text: &str) -> Option<String> {
    let (scheme, host) = glob(text)?;
    Some(format!("^{scheme}://([a-z0-9-]+\\.)+{}$", host.replace('.', "\\.")))
}

/// What to write instead of a text that is no origin.
pub(super) fn origin(fault: &NotSerialized, text: &str) -> String {
    match (&fault.suggestion, fault.fault) {
        (Some(origin), _) => format!("write `{origin}`"),
        (None, OriginFault::Wildcard) => {
            let expression =
                expression(text.trim()).unwrap_or_else(|| "^https://([a-z0-9-]+\\.)+example\\.com$".to_owned());
            format!(
                "let a `map` compare the Origin, and send what it gives:
    map $http_origin $cors_origin {{ ~{expression} $http_origin; }}"
            )
        }
        (None, OriginFault::Blank) if text.trim_start().starts_with('*') => {
            "write `*` by itself; `always` stands outside the quotes".to_owned()
        }
        _ => format!("{AN_ORIGIN}, or `*`"),
    }
}

/// How one of several origins is sent back.
pub(super) fn map_of<'o>(origins: impl Iterator<Item = &'o String>) -> String {
    let lines: String = origins.map(|origin| format!("{origin} $http_origin; ")).collect();
    format!(
        "send back the one that asks, from a `map` beside the servers:
    map $http_origin $cors_origin {{ {lines}}}
    add_header Access-Control-Allow-Origin $cors_origin always;
    add_header Vary Origin always;"
    )
}

/// What to write instead of an entry that no Origin equals or matches.
pub(super) fn alive(dead: &Dead, text: &str) -> String {
    match (dead.why, &dead.meant) {
        (Why::NoTilde | Why::Blank, _) => format!("write `~{}`", text.trim_start()),
        (Why::Path, _) => "end the expression with the host: `…example\\.com$`".to_owned(),
        (Why::Text(_), Some(origin)) if dead.is_spelling => format!("write `{origin}`"),
        (Why::Text(OriginFault::Wildcard), _) => match expression(text) {
            Some(expression) => format!("write it as an expression: `~{expression}`"),
            None => "write it as an expression, which starts with `~`".to_owned(),
        },
        (Why::Text(OriginFault::Several), _) => "give each origin a line of its own".to_owned(),
        (Why::Text(_), _) => AN_ORIGIN.to_owned(),
    }
}

/// What to write instead of an expression that lets a foreign origin in.
pub(super) fn tight(intruder: &Intruder) -> String {
    let host = intruder.meant.replace('.', "\\.");
    match intruder.gap {
        Gap::Start => {
            format!("begin with the scheme, and let only whole labels follow: `^https://([a-z0-9-]+\\.)*{host}$`")
        }
        Gap::End => "end with `$`, before it the port if there is one: `(:[0-9]+)?$`".to_owned(),
        Gap::Ungrouped => "put the alternatives in parentheses: `^(https://…|https://…)$`".to_owned(),
        Gap::Run => format!("let only whole labels stand there, as in `^https://([a-z0-9-]+\\.)*{host}$`"),
        Gap::Dot => format!("write `\\.` for a dot: `{host}`"),
    }
}
