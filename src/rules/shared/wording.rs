//! Sentences that several rules use.

use crate::cors::origin::Origin;
use crate::cors::serialized::{NotSerialized, OriginFault, check_serialized, is_serialized};
use crate::finding::Finding;
use crate::nginx::origins::comparison::Compared;
use crate::nginx::origins::flow::SetField;
use crate::nginx::origins::unmatchable::{Dead, NeverMatches, glob};
use crate::nginx::regex::Regexes;
use crate::nginx::regex::foreign_match::{Gap, Intruder};
use crate::nginx::regex::stricter::{stricter, without_path};
use crate::source::Place;

/// The help where it is not known which origin is meant.
pub(crate) const AN_ORIGIN: &str = "write an origin as browsers send it, such as `https://app.example.com`";

/// The header that a text becomes, where it stands elsewhere.
pub(crate) fn sent_by(field: &SetField<'_>, text: Place) -> Option<(Place, &'static str)> {
    (field.place != text).then_some((field.place, "is sent as Access-Control-Allow-Origin here"))
}

/// The header that a compared text decides about, where it stands elsewhere.
pub(crate) fn decided_by(field: &SetField<'_>, text: Place) -> Option<(Place, &'static str)> {
    (field.place != text).then_some((field.place, "decides Access-Control-Allow-Origin here"))
}

/// The finding of a slash at the end, with a help that leaves the variables of a template as they are written.
pub(crate) fn of_variable(finding: Finding, written: &str) -> Finding {
    match written.strip_suffix('/').filter(|bare| bare.contains("${")) {
        Some(bare) => finding.with_help(format!("write `{bare}`")),
        None => finding,
    }
}

/// The finding of a header that is in force, and that nginx leaves out for the status alone (A2.1).
pub(crate) fn left_out(finding: Finding, in_force: bool) -> Finding {
    let help = "write `always` behind the value, or answer with 204: with this status nginx leaves the header out";
    if in_force { finding.with_help(help) } else { finding }
}

/// Returns what to do where no expression is safe.
fn list(compared: &Compared) -> &'static str {
    if compared.before.is_empty() && compared.behind.is_empty() {
        "list the origins that are meant, one a line of a `map`, as in `https://app.example.com $http_origin;`"
    } else {
        "list the origins that are meant, one a line of the `map`, each with the rest of its key"
    }
}

/// The expression that means what `https://*.example.com` was written for; none where it would let others in as well.
pub(crate) fn expression(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let (bare, port) = text.strip_suffix(":*").map_or((text.as_str(), ""), |bare| (bare, "(:[0-9]+)?"));
    let is_plain = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    let expression = match glob(bare).filter(|(_, host)| is_plain(host)) {
        Some((scheme, host)) => format!("^{scheme}://([a-z0-9-]+\\.)+{}{port}$", host.replace('.', "\\.")),
        None if !port.is_empty() && is_serialized(bare) => format!("^{}{port}$", bare.replace('.', "\\.")),
        None => return None,
    };
    stricter(&Regexes::default(), &expression, false)
}

/// Returns what to write instead of a text that is no origin.
pub(crate) fn origin(fault: &NotSerialized, text: &str) -> String {
    match (&fault.suggestion, fault.fault) {
        (Some(origin), _) => format!("write `{origin}`"),
        (None, OriginFault::Wildcard | OriginFault::NoScheme) => {
            let key =
                expression(text).map_or("https://app.example.com".to_owned(), |expression| format!("~{expression}"));
            format!(
                "let a `map` compare the Origin, and send what it gives:
    map $http_origin $cors_origin {{ {key} $http_origin; }}"
            )
        }
        (None, OriginFault::Blank) if text.trim_start().starts_with('*') => match text.contains("always") {
            true => "write `*` by itself; `always` stands outside the quotes".to_owned(),
            false => "write `*` by itself".to_owned(),
        },
        _ => format!("{AN_ORIGIN}, or `*`"),
    }
}

/// How one of several origins is sent back. What is no origin, and what would let in anybody, is left out, and the help says so.
pub(crate) fn map_of(parts: &[String]) -> String {
    let key = |part: &String| match check_serialized(part) {
        Ok(Origin::Opaque) => None,
        Ok(origin) => Some(origin.to_string()),
        Err(fault) => fault.suggestion.or_else(|| expression(part).map(|expression| format!("~{expression}"))),
    };
    let (mut lines, mut without) = (Vec::new(), Vec::new());
    for part in parts {
        match key(part) {
            Some(key) => lines.push(format!("{key} $http_origin; ")),
            None => without.push(format!("`{part}`")),
        }
    }
    lines.dedup();
    if lines.is_empty() {
        lines.push("https://app.example.com $http_origin; ".to_owned());
    }
    let without = match without.as_slice() {
        [] => String::new(),
        [one] => format!(", without {one}, which names no page"),
        some => format!(", without {}, which name no page", some.join(" and ")),
    };
    let lines = lines.concat();
    format!(
        "send back the one that asks{without}, from a `map` beside the servers:
    map $http_origin $cors_origin {{ {lines}}}
    add_header Access-Control-Allow-Origin $cors_origin always;
    add_header Vary Origin always;"
    )
}

/// Returns what to write instead of an entry that no Origin equals or matches.
pub(crate) fn alive(dead: &Dead, compared: &Compared) -> String {
    let text = String::from_utf8_lossy(&compared.text);
    let sound = |pattern: &str| {
        let expression = stricter(&Regexes::default(), pattern, compared.regex == Some(true))?;
        let mark = if compared.regex == Some(true) { "~*" } else { "~" };
        Some(format!("{mark}{}", compared.keyed(&expression)))
    };
    match (dead.why, &dead.meant) {
        (NeverMatches::Text(OriginFault::Path), Some(origin)) if dead.is_spelling => {
            format!("delete this line, or write `{}` to allow every page of that site", compared.keyed_text(origin))
        }
        (NeverMatches::Text(_), Some(origin)) if dead.is_spelling => format!("write `{}`", compared.keyed_text(origin)),
        (NeverMatches::Text(_), Some(origin)) if compared.regex.is_some() => {
            format!("write `{}`, without a `~`", compared.keyed_text(origin))
        }
        (NeverMatches::Text(_), _) if compared.regex.is_some() => AN_ORIGIN.to_owned(),
        (NeverMatches::Text(_), _) if glob(&text).is_some() || text.contains('*') => match expression(&text) {
            Some(expression) => format!("write it as an expression: `~{}`", compared.keyed(&expression)),
            None => list(compared).to_owned(),
        },
        (NeverMatches::Text(OriginFault::Several), _) => "give each origin a line of its own".to_owned(),
        (NeverMatches::Text(_), _) => AN_ORIGIN.to_owned(),
        (NeverMatches::Path, _) => match without_path(&text).as_deref().and_then(sound) {
            Some(expression) => format!("end the expression with the host: `{expression}`"),
            None => format!("end the expression with the host and `$`, or {}", list(compared)),
        },
        (NeverMatches::NoTilde | NeverMatches::Blank, _) => match sound(text.trim_start()) {
            Some(expression) => format!("write `{expression}`"),
            None => format!("with `~` it would be an expression, and let others in as well: {}", list(compared)),
        },
    }
}

/// Returns what to write instead of an expression that lets a foreign origin in.
pub(crate) fn tight(regexes: &Regexes, compared: &Compared, intruder: &Intruder) -> String {
    let text = String::from_utf8_lossy(&compared.text);
    let is_case_ignored = compared.regex == Some(true);
    stricter_expression(regexes, &text, is_case_ignored, intruder).map_or_else(
        || list(compared).to_owned(),
        |expression| format!("{}: `{}`", closing(intruder.gap), compared.keyed(&expression)),
    )
}

/// A stricter form of an expression, which does not match the intruder's origin.
pub(crate) fn stricter_expression(
    regexes: &Regexes,
    text: &str,
    ignore_case: bool,
    intruder: &Intruder,
) -> Option<String> {
    let lets_in = |expression: &str| {
        regexes.is_match(expression.as_bytes(), ignore_case, intruder.origin.as_bytes()) != Some(false)
    };
    stricter(regexes, text, ignore_case).filter(|expression| !lets_in(expression))
}

/// How a gap of an expression is closed.
pub(crate) fn closing(gap: Gap) -> &'static str {
    match gap {
        Gap::Start => "begin with the scheme, and let only whole labels follow",
        Gap::End => "end with the host or its port, and `$`",
        Gap::Ungrouped => "put the alternatives in parentheses",
        Gap::Run | Gap::Shared => "let only whole labels stand there",
        Gap::Dot => "write `\\.` for a dot",
    }
}
