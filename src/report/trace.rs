//! A trace, for people and for programs.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::text::visible;
use crate::cors::verdict::Verdict;
use crate::nginx::simulate::answer::AnsweredBy;
use crate::source::{Place, Sources};
use crate::trace::{Trace, Traced, Way};

/// Writes a trace as a person reads it: each exchange, then the verdict, then how to ask production the same.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_text(trace: &Trace, out: &mut impl Write) -> io::Result<()> {
    for exchange in &trace.exchanges {
        write_exchange(trace, exchange, out)?;
    }
    let told = |verdict: &Verdict| match reason(trace, verdict) {
        Some(reason) => format!("{}: {}", verdict.word(), visible(&reason)),
        None => format!("{}: the page reads the answer", verdict.word()),
    };
    writeln!(out, "{}", told(&trace.verdict))?;
    for way in &trace.others {
        writeln!(out, "otherwise ({}):", visible(&trace.redactor.text(&Way::assumes(&way.exchanges).join(", and "))))?;
        writeln!(out, "  {}", told(&way.verdict))?;
    }
    writeln!(out, "\nask production the same:")?;
    for exchange in &trace.exchanges {
        writeln!(out, "  {}", visible(&exchange.request.curl()))?;
    }
    if !trace.not_analysed.is_empty() {
        let paths: Vec<_> = trace.not_analysed.iter().map(|path| visible(path)).collect();
        writeln!(out, "\nnot analysed, or not wholly: {}", paths.join(", "))?;
    }
    Ok(())
}

fn write_exchange(trace: &Trace, exchange: &Traced, out: &mut impl Write) -> io::Result<()> {
    let request = &exchange.request;
    writeln!(out, "{}: {} {}", exchange.kind.word(), visible(&request.method), visible(&request.url))?;
    for (name, value) in &request.headers {
        writeln!(out, "  > {}: {}", visible(name), visible(value))?;
    }
    let status = exchange.status.map_or("status not known".to_owned(), |status| status.to_string());
    let by = exchange.by.map_or("by whom is not known", by_whom);
    write!(out, "  {status}, {by}")?;
    match exchange.place {
        Some(place) => {
            let head = trace.sources.text(place);
            writeln!(out, ", `{}` ({})", visible(&trace.redactor.text(&one_line(&head))), at(&trace.sources, place))?;
        }
        None => writeln!(out)?,
    }
    for header in &exchange.headers {
        let value = header.value.as_deref().map_or("(not known)".into(), |value| trace.redactor.text(value));
        write!(out, "  < {}: {}", visible(&header.name), visible(&value))?;
        match header.place {
            Some(place) => writeln!(out, "   ({})", at(&trace.sources, place))?,
            None => writeln!(out, "   (the app)")?,
        }
    }
    for open in assumed(exchange).chain(exchange.unknown.iter().map(String::as_str)) {
        writeln!(out, "  ? {}", visible(&trace.redactor.text(open)))?;
    }
    writeln!(out)
}

/// The assumptions of an exchange.
fn assumed(exchange: &Traced) -> impl Iterator<Item = &str> {
    let file = exchange.assumed.iter().map(|assumed| assumed.said.as_str());
    file.chain(exchange.assumptions.iter().map(String::as_str))
}

fn by_whom(by: AnsweredBy) -> &'static str {
    match by {
        AnsweredBy::Nginx => "nginx itself",
        AnsweredBy::App => "the app",
        AnsweredBy::File => "a file",
        AnsweredBy::Nobody => "nobody: the connection is closed",
    }
}

/// A directive may go over several lines; here it has one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn at(sources: &Sources, place: Place) -> String {
    let source = sources.get(place.file);
    format!("{}:{}", visible(&source.path), source.position(place.span.start).line)
}

fn reason(trace: &Trace, verdict: &Verdict) -> Option<String> {
    let reason = match verdict {
        Verdict::Allowed => return None,
        Verdict::Blocked(blocked) => blocked.to_string(),
        Verdict::Unknown(unknown) => unknown.to_string(),
    };
    Some(trace.redactor.text(&reason).into_owned())
}

#[derive(Serialize)]
struct Json<'t> {
    version: u32,
    verdict: &'t str,
    reason: Option<String>,
    exchanges: Vec<JsonExchange<'t>>,
    ways: Vec<JsonWay<'t>>,
    not_analysed: &'t [String],
    curl: Vec<String>,
}

#[derive(Serialize)]
struct JsonWay<'t> {
    assumes: Vec<Cow<'t, str>>,
    verdict: &'t str,
    reason: Option<String>,
    exchanges: Vec<JsonExchange<'t>>,
}

#[derive(Serialize)]
struct JsonExchange<'t> {
    kind: &'t str,
    request: JsonRequest<'t>,
    answered_by: Option<&'t str>,
    status: Option<u16>,
    headers: Vec<JsonHeader<'t>>,
    unknown: Vec<Cow<'t, str>>,
}

#[derive(Serialize)]
struct JsonRequest<'t> {
    method: &'t str,
    url: &'t str,
    headers: &'t [(Cow<'static, str>, String)],
}

#[derive(Serialize)]
struct JsonHeader<'t> {
    name: &'t str,
    value: Option<Cow<'t, str>>,
    path: Option<&'t str>,
    line: Option<u32>,
}

/// Writes a trace as one JSON object.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_json(trace: &Trace, out: &mut impl Write) -> io::Result<()> {
    let exchanges = trace.exchanges.iter().map(|exchange| json_exchange(trace, exchange)).collect();
    let json = Json {
        version: 1,
        verdict: trace.verdict.word(),
        reason: reason(trace, &trace.verdict),
        exchanges,
        ways: json_ways(trace),
        not_analysed: &trace.not_analysed,
        curl: trace.exchanges.iter().map(|exchange| exchange.request.curl()).collect(),
    };
    super::serialized::print(&json, out)
}

/// All ways that the request may go, the likeliest first.
fn json_ways(trace: &Trace) -> Vec<JsonWay<'_>> {
    let likeliest = way(trace, &trace.verdict, &trace.exchanges);
    let others = trace.others.iter().map(|other| way(trace, &other.verdict, &other.exchanges));
    std::iter::once(likeliest).chain(others).collect()
}

fn way<'t>(trace: &'t Trace, verdict: &'t Verdict, exchanges: &'t [Traced]) -> JsonWay<'t> {
    JsonWay {
        assumes: Way::assumes(exchanges).into_iter().map(|assumed| trace.redactor.text(assumed)).collect(),
        verdict: verdict.word(),
        reason: reason(trace, verdict),
        exchanges: exchanges.iter().map(|exchange| json_exchange(trace, exchange)).collect(),
    }
}

fn json_exchange<'t>(trace: &'t Trace, exchange: &'t Traced) -> JsonExchange<'t> {
    let headers = exchange.headers.iter().map(|header| {
        let source = header.place.map(|place| (trace.sources.get(place.file), place));
        JsonHeader {
            name: &header.name,
            value: header.value.as_deref().map(|value| trace.redactor.text(value)),
            path: source.map(|(source, _)| source.path.as_str()),
            line: source.map(|(source, place)| source.position(place.span.start).line),
        }
    });
    JsonExchange {
        kind: exchange.kind.word(),
        request: JsonRequest {
            method: &exchange.request.method,
            url: &exchange.request.url,
            headers: &exchange.request.headers,
        },
        answered_by: exchange.by.map(|by| match by {
            AnsweredBy::Nginx | AnsweredBy::Nobody => "nginx",
            AnsweredBy::App => "app",
            AnsweredBy::File => "file",
        }),
        status: exchange.status,
        headers: headers.collect(),
        unknown: assumed(exchange)
            .chain(exchange.unknown.iter().map(String::as_str))
            .map(|open| trace.redactor.text(open))
            .collect(),
    }
}
