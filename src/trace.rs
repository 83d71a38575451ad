//! One page's request through a deployment: what nginx answers to each of its exchanges, and what the browser makes of it.

mod file;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::cors::check::{self, FieldLine, Response};
use crate::cors::header::CorsHeader;
use crate::cors::page::{CredentialsMode, NotSendable, PageRequest};
use crate::cors::request::Request;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::{Kind, Missing, Unknown, Verdict};
use crate::deployment::{Asker, Behind, assumption, evidence_at};
use crate::engine;
use crate::engine::Gathered;
use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy, EntryPoint, Question};
use crate::nginx::simulate::upstream::{AppHeaders, AppStatus, Upstream};
use crate::nginx::simulate::value::{Value, Why};
use crate::redact::Redactor;
use crate::source::{Place, Sources};
pub use file::Assumed;

/// The options of a trace.
#[derive(Debug, Clone)]
pub struct Options {
    /// The files, as for a lint.
    pub files: engine::Options,
    /// The URL the page asks for.
    pub url: String,
    /// The page's origin; `null` for an opaque one.
    pub origin: String,
    /// The page's method.
    pub method: String,
    /// The headers the page sets.
    pub headers: Vec<(String, String)>,
    /// True if the page asks with credentials.
    pub credentials: bool,
    /// The app's status, where it is stated.
    pub app_status: Option<AppStatus>,
    /// The app's header fields, where they are stated; then they are all it sends.
    pub app_headers: Vec<(String, String)>,
}

/// Why nothing could be traced.
#[derive(Debug)]
pub enum Error {
    /// The files could not be read.
    Files(engine::Error),
    /// There is no nginx configuration among them.
    NoConfiguration,
    /// The text is no origin as browsers send it; perhaps the one that was meant.
    Origin(String, Option<String>),
    /// The text is no URL.
    Url(String),
    /// A browser would refuse to send it.
    NotSendable(NotSendable),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Files(error) => error.fmt(f),
            Error::NoConfiguration => f.write_str("no nginx configuration among the given files"),
            Error::Origin(text, None) => write!(f, "`{text}` is not an origin, such as https://app.example.com"),
            Error::Origin(text, Some(meant)) => write!(f, "`{text}` is not an origin; a browser would send `{meant}`"),
            Error::Url(text) => write!(f, "`{text}` is not an http or https URL"),
            Error::NotSendable(NotSendable::Method) => f.write_str("a browser sends no request with this method"),
            Error::NotSendable(NotSendable::Header) => f.write_str("a browser sends no request with this header"),
            Error::NotSendable(NotSendable::Url) => f.write_str("a browser sends no request to this URL"),
        }
    }
}

impl std::error::Error for Error {}

/// The outcome of the page's request.
#[derive(Debug)]
pub struct Trace {
    /// The files.
    pub sources: Sources,
    /// The browser's verdict on the whole.
    pub verdict: Verdict,
    /// The exchanges, in the order they happen.
    pub exchanges: Vec<Traced>,
    /// Where the request would go otherwise, and what became of it there, if the verdict is another one.
    pub others: Vec<Way>,
    /// Paths of what was not analysed, or not wholly.
    pub not_analysed: Vec<String>,
    /// The redactor of the texts above.
    pub redactor: Redactor,
}

/// One way that a request may go.
#[derive(Debug)]
pub struct Way {
    /// The browser's verdict.
    pub verdict: Verdict,
    /// The exchanges, in the order they happen.
    pub exchanges: Vec<Traced>,
}

impl Way {
    /// The assumptions about files in these exchanges, in words.
    pub fn assumes(exchanges: &[Traced]) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for assumed in exchanges.iter().filter_map(|exchange| exchange.assumed.as_ref()) {
            if !all.contains(&assumed.said.as_str()) {
                all.push(&assumed.said);
            }
        }
        all
    }
}

/// One exchange.
#[derive(Debug)]
pub struct Traced {
    /// Which.
    pub kind: Kind,
    /// The request on the wire.
    pub request: Request,
    /// Who answers; none where that is open.
    pub by: Option<AnsweredBy>,
    /// The location that answers, or the directive that does.
    pub place: Option<Place>,
    /// The status, where it is known.
    pub status: Option<u16>,
    /// The header fields that matter to the browser here.
    pub headers: Vec<TracedHeader>,
    /// The assumption about the requested file.
    pub assumed: Option<Assumed>,
    /// The other assumptions, in words: of the app, of the client's address, of a login.
    pub assumptions: Vec<String>,
    /// The open questions, in words.
    pub unknown: Vec<String>,
}

/// One header field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedHeader {
    /// Its name.
    pub name: String,
    /// Its value; none where it is not known, and then the field may also be missing.
    pub value: Option<String>,
    /// The directive that sets it; none for the app's.
    pub place: Option<Place>,
}

/// Traces a page's request.
///
/// # Errors
///
/// Files that cannot be read, and a request that no browser would send.
pub fn trace(options: &Options) -> Result<Trace, Error> {
    let page = page(options)?;
    let gathered = Gathered::new(&options.files).map_err(Error::Files)?;
    let configs = gathered.configs();
    if configs.is_empty() {
        return Err(Error::NoConfiguration);
    }
    let apps = gathered.apps();
    let behind = Arc::new(Behind::new(&configs, &apps));
    let askers: Vec<Asker<'_>> = configs.iter().map(|config| Asker::new(config, &behind, false)).collect();
    let go = |other: bool| {
        let mut exchanges = Vec::new();
        let verdict = check::fetch(&page, |kind, request| {
            let (traced, response) = exchange(&askers, options, (kind, request, other));
            exchanges.push(traced);
            response
        });
        Way { verdict, exchanges }
    };
    let Way { verdict, exchanges } = go(false);
    let has_other = exchanges.iter().filter_map(|exchange| exchange.assumed.as_ref()).any(|assumed| assumed.has_other);
    let other = has_other.then(|| go(true));
    let others: Vec<Way> = other.into_iter().filter(|other| other.verdict != verdict).collect();
    let models = askers.iter().map(|asker| &asker.model);
    let given_up = models.filter(|model| !model.given_up().is_empty()).map(|model| model.config.root);
    let not_analysed = gathered.not_analysed(&configs, given_up);
    drop(askers);
    drop(configs);
    let redactor = gathered.redactor();
    // What was not analyzed may change any response.
    let part = Verdict::Unknown(Unknown { exchange: Kind::Main, missing: Missing::Part });
    let is_known = not_analysed.is_empty() || matches!(verdict, Verdict::Unknown(_));
    let verdict = if is_known { verdict } else { part };
    let others = if is_known { others } else { Vec::new() };
    Ok(Trace { sources: gathered.into_sources(), verdict, exchanges, others, not_analysed, redactor })
}

fn page(options: &Options) -> Result<PageRequest, Error> {
    let origin =
        check_serialized(&options.origin).map_err(|fault| Error::Origin(options.origin.clone(), fault.suggestion))?;
    let url = Url::parse(&options.url).ok().filter(Url::has_host).ok_or_else(|| Error::Url(options.url.clone()))?;
    let mode = if options.credentials { CredentialsMode::Include } else { CredentialsMode::SameOrigin };
    let page = PageRequest::new(origin, &options.method, url, mode).map_err(Error::NotSendable)?;
    let mut headers = options.headers.iter();
    headers.try_fold(page, |page, (name, value)| page.with_header(name, value)).map_err(Error::NotSendable)
}

/// Asks nginx one request.
fn exchange(
    askers: &[Asker<'_>],
    options: &Options,
    (kind, request, other): (Kind, &Request, bool),
) -> (Traced, Response<'static>) {
    let mut traced = Traced {
        kind,
        request: request.clone(),
        by: None,
        place: None,
        status: None,
        headers: Vec::new(),
        assumed: None,
        assumptions: Vec::new(),
        unknown: Vec::new(),
    };
    let Some((asker, url, entry)) = find_server(askers, request) else {
        traced.unknown.push(format!("no server of the given files takes {}", request.url));
        return (traced, Response::unknown());
    };
    let config = asker.model.config;
    let app = app_answer(asker, options, kind);
    let mut answers = asker.ask(entry, (request, &url), &app);
    traced.assumed = file::take_file(config, &mut answers, request, other);
    let Some(first) = answers.first() else {
        traced.unknown.push("too many conditions on what is not known".to_owned());
        return (traced, Response::unknown());
    };
    let agree = |what: &dyn Fn(&Answer<'_>) -> bool| answers.iter().all(what);
    traced.by = agree(&|answer| answer.by == first.by).then_some(first.by);
    traced.place = place(config, first).filter(|place| agree(&|answer| self::place(config, answer) == Some(*place)));
    traced.status = first.status.filter(|_| agree(&|answer| answer.status == first.status));
    traced.headers = headers(config, &answers);
    let is_silent = options.app_headers.is_empty() && first.item.is_none_or(|pass| !is_told(asker, pass));
    traced.assumptions = assumptions(config, request, &answers);
    if traced.by == Some(AnsweredBy::App) && is_silent {
        traced.assumptions.push(SILENT.to_owned());
    }
    let unknown = unknown(config, &answers, &traced);
    traced.unknown.extend(unknown);
    let fields = traced
        .headers
        .iter()
        .map(|header| FieldLine { name: header.name.clone().into(), value: header.value.clone().map(Into::into) });
    let open = answers.iter().any(|answer| answer.open.is_some());
    let response = Response { status: traced.status, headers: fields.collect(), open };
    (traced, response)
}

/// The server that takes the request, with the request's URL; in a fragment without servers, whatever stands around it.
fn find_server<'a, 'd>(askers: &'a [Asker<'d>], request: &Request) -> Option<(&'a Asker<'d>, Url, EntryPoint)> {
    let url = Url::parse(&request.url).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let on =
        |port| askers.iter().find_map(|asker| Some((asker, EntryPoint::Server(asker.model.server_for(host, port)?))));
    // In front of nginx something else may end TLS or change the port.
    let elsewhere = || [443, 80, 8080, 8443].into_iter().find_map(on);
    let fragment = || {
        let top = |asker: &Asker<'_>| asker.model.config.context(asker.model.config.top()).kind;
        let is_part = |asker: &&Asker<'_>| matches!(top(asker), ContextKind::Server | ContextKind::Location);
        let asker = askers.iter().find(is_part)?;
        Some((asker, EntryPoint::Server(asker.model.config.top())))
    };
    let (asker, entry) = on(port).or_else(elsewhere).or_else(fragment)?;
    Some((asker, url, entry))
}

/// Returns what the responses take for granted of the client, in words.
fn assumptions(config: &Config<'_>, request: &Request, answers: &[Answer<'_>]) -> Vec<String> {
    let text = |item: &ItemId| config.text(config.place(*item));
    let mut all = Vec::new();
    for (question, _) in answers.iter().flat_map(|answer| &answer.assumptions) {
        let said = match (question, assumption(question, request)) {
            (Question::Address(item), Some(_)) => format!("`{}` is assumed to let the client's address in", text(item)),
            (Question::Credentials(item), Some(true)) => format!("`{}` is assumed to accept the login", text(item)),
            // Without a login `auth_basic` refuses for certain.
            (Question::Credentials(item), Some(false)) if config.item(*item).name == b"auth_request" => {
                format!("`{}` is assumed to refuse a request without a login", text(item))
            }
            _ => continue,
        };
        if !all.contains(&said) {
            all.push(said);
        }
    }
    all
}

/// The assumption about an app that no file describes.
const SILENT: &str = "the app is assumed to send no CORS headers";

/// Returns whether .env files tell that the app behind a directive answers CORS.
fn is_told(asker: &Asker<'_>, pass: ItemId) -> bool {
    let config = asker.model.config;
    asker.behind.app(config.place(pass)).is_some_and(|app| evidence_at(config, app, pass).is_some())
}

/// The app's response: as stated, or as its .env files say, or 200 without CORS headers.
fn app_answer<'a>(asker: &'a Asker<'_>, options: &Options, kind: Kind) -> Upstream<'a> {
    let main = kind == Kind::Main;
    // Which methods and headers a preflight allows stands in no .env file.
    let is_known = main || asker.behind.apps().all(|app| app.evidence.is_none());
    let status = options.app_status.unwrap_or(if is_known { AppStatus::This(200) } else { AppStatus::Unknown });
    if !options.app_headers.is_empty() {
        let headers = options.app_headers.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        return Upstream { status, headers: AppHeaders::Same(headers) };
    }
    let known = asker.apps().headers;
    let fields = move |pass: ItemId, origin: Option<&str>| {
        let is_open = !main && is_told(asker, pass);
        let open: &[CorsHeader] = if is_open { &[CorsHeader::AllowMethods, CorsHeader::AllowHeaders] } else { &[] };
        let open = open.iter().map(|header| (header.name().to_owned(), None));
        known.told(pass, origin).into_iter().chain(open).collect()
    };
    Upstream { status, headers: AppHeaders::ByOrigin(Box::new(fields)) }
}

/// The directive that answers, or else the location.
fn place(config: &Config<'_>, answer: &Answer<'_>) -> Option<Place> {
    let opener = |context| config.context(context).opener.map(|item| config.place(item));
    let location = config.enclosing(answer.context, ContextKind::Location).and_then(opener);
    location.or_else(|| opener(answer.server)).or_else(|| answer.item.map(|item| config.place(item)))
}

/// Returns whether a header field matters to a browser here.
fn matters(name: &[u8]) -> bool {
    CorsHeader::from_name(name).is_some() || name.eq_ignore_ascii_case(b"location")
}

/// The fields of all answers that matter to a browser; a value on which they differ is not known.
fn headers(config: &Config<'_>, answers: &[Answer<'_>]) -> Vec<TracedHeader> {
    let of = |answer: &Answer<'_>| -> Vec<TracedHeader> {
        let fields = answer.fields.iter().filter(|field| matters(&field.name));
        let traced = fields.map(|field| TracedHeader {
            name: String::from_utf8_lossy(&field.name).into_owned(),
            value: field.value.bytes().map(|value| String::from_utf8_lossy(value).into_owned()),
            place: field.item.map(|item| config.place(item)),
        });
        traced.collect()
    };
    let all: Vec<Vec<TracedHeader>> = answers.iter().map(of).collect();
    let Some((first, others)) = all.split_first() else { return Vec::new() };
    if others.iter().all(|other| other == first) {
        return first.clone();
    }
    let mut merged: Vec<TracedHeader> = Vec::new();
    for header in all.iter().flatten() {
        let everywhere = all.iter().all(|fields| fields.contains(header));
        let known = TracedHeader { value: header.value.clone().filter(|_| everywhere), ..header.clone() };
        if !merged.contains(&known) {
            merged.push(known);
        }
    }
    merged
}

/// Returns what the answers turn on, and what of them is not known.
fn unknown(config: &Config<'_>, answers: &[Answer<'_>], traced: &Traced) -> Vec<String> {
    let mut unknown = BTreeSet::new();
    if answers.len() > 1 {
        let questions = answers.iter().flat_map(|answer| &answer.assumptions).map(|(question, _)| question);
        let open = questions.filter(|question| assumption(question, &traced.request).is_none());
        unknown.extend(open.map(|question| in_words(config, question)));
    }
    if traced.status.is_none() && traced.by == Some(AnsweredBy::App) {
        unknown.insert("the app's status".to_owned());
    }
    for header in traced.headers.iter().filter(|header| header.value.is_none() && header.place.is_none()) {
        unknown.insert(format!("the app's {}", header.name));
    }
    let own =
        answers.iter().flat_map(|answer| &answer.fields).filter(|field| field.item.is_some() && matters(&field.name));
    for field in own {
        if let Value::Unknown(why, _) = &field.value {
            unknown.insert(match why {
                Why::Target => "the name that the redirect leads to".to_owned(),
                Why::Variable(variable) => format!("what ${} holds", String::from_utf8_lossy(variable)),
            });
        }
    }
    unknown.into_iter().collect()
}

fn in_words(config: &Config<'_>, question: &Question) -> String {
    let text = |item| config.text(config.place(item));
    match question {
        Question::Condition(item) => format!("whether `{}` holds", text(*item)),
        Question::File(path) => format!("whether the file {} is there", String::from_utf8_lossy(path)),
        Question::Address(item) => format!("whether `{}` lets the client's address in", text(*item)),
        Question::Credentials(item) => format!("whether `{}` accepts the credentials", text(*item)),
    }
}
