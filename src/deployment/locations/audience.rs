//! Who requests what a location serves. A page of another origin requests data, fonts, and modules; it hardly ever requests a health text or a
//! page's own HTML, and never an error page or an icon. A finding is an error only where a page would really send its request.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use crate::cors::header::CorsHeader;
use crate::deployment::locations::targets;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::origins::flow::sets;
use crate::nginx::simulate::locations::{Pattern, pattern, reaches_app};
use crate::nginx::simulate::model::Model;

/// Who requests what a location serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Audience {
    /// Pages of any origin, as far as the configuration shows.
    Pages,
    /// Hardly a page of another origin: a constant text, HTML, styles, scripts, or images, without CORS headers of the location's own.
    OwnPages,
    /// No page: an error page, an authentication subrequest, or a path that only browsers, crawlers, and certificate authorities request.
    NoPage,
}

/// Exact paths that browsers and crawlers request by themselves.
const BY_ITSELF: [&[u8]; 8] = [
    b"/favicon.ico",
    b"/favicon.svg",
    b"/robots.txt",
    b"/sitemap.xml",
    b"/humans.txt",
    b"/browserconfig.xml",
    b"/apple-touch-icon.png",
    b"/apple-touch-icon-precomposed.png",
];
/// The paths at which certificate authorities look for a proof.
const CHALLENGES: [&[u8]; 2] = [b"/.well-known/acme-challenge", b"/.well-known/pki-validation"];
/// Extensions of files that pages show without reading them, so no CORS header is needed.
const SHOWN: [&str; 18] = [
    "html", "htm", "xhtml", "css", "js", "png", "jpg", "jpeg", "gif", "svg", "svgz", "ico", "cur", "webp", "avif",
    "bmp", "pdf", "txt",
];
/// The last segments of paths at which an API says that it is well, and what it takes.
const FOR_OPERATORS: [&str; 14] = [
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "livez",
    "readyz",
    "ping",
    "metrics",
    "actuator",
    "swagger",
    "swagger-ui",
    "api-docs",
    "docs",
    "redoc",
];
/// Extensions of fonts, which browsers request with CORS.
pub(crate) const FONTS: [&str; 5] = ["woff2", "woff", "ttf", "otf", "eot"];

/// Who requests each location of a configuration, worked out once.
#[derive(Debug, Default)]
pub(crate) struct Audiences {
    /// By context; of what is no location, pages.
    audiences: Vec<Audience>,
    /// The locations that serve files, or that are for operators.
    without_data: HashSet<ContextId>,
    /// The servers with a location that pages of other origins request data from.
    with_data: HashSet<ContextId>,
    /// The first method that `dav_methods` of a block lets nginx itself act on.
    dav_methods: HashMap<ContextId, &'static str>,
}

impl Audiences {
    /// Looks at every location of a configuration.
    pub(crate) fn new(model: &Model<'_, '_>) -> Self {
        let config = model.config;
        let inside = targets::requested_inside(model);
        let mut found = Audiences::default();
        for context in config.contexts() {
            found.dav_methods.extend(dav_method(config, context).map(|method| (context, method)));
            let written = written(config, context);
            let audience = written.as_ref().map_or(Audience::Pages, |it| audience(config, context, it, &inside));
            found.audiences.push(audience);
            let Some(written) = written else { continue };
            let is_file = is_for_files(&written) && !reaches_app(config, context);
            if is_file || audience == Audience::OwnPages || is_for_operators(&written) {
                found.without_data.insert(context);
            } else if audience == Audience::Pages {
                found.with_data.extend(config.enclosing(context, ContextKind::Server));
            }
        }
        found
    }

    /// Who requests what a location, or a server without one, serves.
    pub(crate) fn of(&self, context: ContextId) -> Audience {
        self.audiences.get(context.0 as usize).copied().unwrap_or(Audience::Pages)
    }

    /// The first method that `dav_methods` in force lets nginx itself act on: no page sends it without a preflight.
    pub(crate) fn dav_method(&self, config: &Config<'_>, context: ContextId) -> Option<&'static str> {
        if self.dav_methods.is_empty() {
            return None;
        }
        config.ancestors(context).find_map(|level| self.dav_methods.get(&level)).copied()
    }

    /// Returns whether preflights are sent to a location only if its own headers say so: it serves files, or is for operators, and CORS headers
    /// that it inherits are meant for the data that its server has elsewhere.
    pub(crate) fn is_beside_data(&self, config: &Config<'_>, context: ContextId) -> bool {
        let server = || config.enclosing(context, ContextKind::Server);
        self.without_data.contains(&context) && server().is_some_and(|server| self.with_data.contains(&server))
    }
}

/// How a location is written; `None` of any other block.
fn written<'s>(config: &Config<'s>, context: ContextId) -> Option<Pattern<'s>> {
    let here = config.context(context);
    here.opener.filter(|_| here.kind == ContextKind::Location).and_then(|opener| pattern(config, opener))
}

fn audience(config: &Config<'_>, context: ContextId, pattern: &Pattern<'_>, inside: &BTreeSet<ContextId>) -> Audience {
    if inside.contains(&context) || is_for_this_machine(config, context) {
        return Audience::NoPage;
    }
    if sends_allow_origin(config, context) || reaches_app(config, context) {
        return Audience::Pages;
    }
    let is_status = || config.named(context, b"stub_status").next().is_some();
    if is_for_browsers_alone(pattern) || is_status() {
        return Audience::NoPage;
    }
    let is_rare = is_constant(config, context) || is_shown(config, context);
    if is_rare { Audience::OwnPages } else { Audience::Pages }
}

fn dav_method(config: &Config<'_>, context: ContextId) -> Option<&'static str> {
    let item = config.named(context, b"dav_methods").last()?;
    let has = |method: &&str| config.parameters(item).any(|word| *word == *method.as_bytes());
    ["PUT", "DELETE", "MKCOL", "COPY", "MOVE"].into_iter().find(has)
}

/// Returns whether a location is for files that are named by their extension: no page asks to change them.
fn is_for_files(pattern: &Pattern<'_>) -> bool {
    let names = extensions(pattern);
    names.is_some_and(|names| names.iter().all(|name| is_one_of(name, &SHOWN) || is_one_of(name, &FONTS)))
}

/// Returns whether a location serves what pages show without reading it.
pub(crate) fn is_shown(config: &Config<'_>, context: ContextId) -> bool {
    let names = written(config, context).as_ref().and_then(extensions);
    names.is_some_and(|names| names.iter().all(|name| is_one_of(name, &SHOWN))) || falls_back_to_html(config, context)
}

/// The extension of a font among those that an expression lists, with a dot.
pub(crate) fn font_of(pattern: &Pattern<'_>) -> Option<String> {
    let names = extensions(pattern)?;
    FONTS.iter().find(|font| names.iter().any(|name| name == *font)).map(|font| format!(".{font}"))
}

/// Returns whether a location is for checks and documentation of an API, which are read.
fn is_for_operators(pattern: &Pattern<'_>) -> bool {
    let (Pattern::Exact(path) | Pattern::Prefix { path, .. }) = pattern else { return false };
    let mut segments = path.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty());
    segments.next_back().is_some_and(|last| FOR_OPERATORS.iter().any(|name| last == name.as_bytes()))
}

fn is_for_browsers_alone(pattern: &Pattern<'_>) -> bool {
    match pattern {
        Pattern::Exact(path) => BY_ITSELF.contains(&&**path) || CHALLENGES.iter().any(|start| path.starts_with(start)),
        Pattern::Prefix { path, .. } => CHALLENGES.iter().any(|start| path.starts_with(start)),
        Pattern::Regex { .. } | Pattern::Named(_) => false,
    }
}

/// Returns whether the location allows this machine's own addresses and no other.
fn is_for_this_machine(config: &Config<'_>, context: ContextId) -> bool {
    let mut allowed = config.named(context, b"allow").peekable();
    let is_own = |item: ItemId| {
        config.parameter(item, 1).is_some_and(|it| it.starts_with(b"127.") || *it == *b"::1" || *it == *b"unix:")
    };
    let denies = config.named(context, b"deny").any(|item| config.parameter_is(item, 1, "all"));
    denies && allowed.peek().is_some() && allowed.all(is_own)
}

/// Returns whether the location, or an `if` of it, has an Allow-Origin of its own: pages are meant to read what it serves.
fn sends_allow_origin(config: &Config<'_>, context: ContextId) -> bool {
    let is_if = |child: &ContextId| config.context(*child).kind == ContextKind::IfInLocation;
    let contexts = std::iter::once(context).chain(config.children(context).filter(is_if));
    let mut items = contexts.flat_map(|context| config.items(context));
    items.any(|item| sets(config, item, CorsHeader::AllowOrigin))
}

/// Returns whether the response is the same text for every request.
fn is_constant(config: &Config<'_>, context: ContextId) -> bool {
    let is_success = |item| config.parameter(item, 1).is_some_and(|code| code.len() == 3 && code.starts_with(b"2"));
    config.named(context, b"return").any(is_success) || config.named(context, b"empty_gif").next().is_some()
}

/// Returns whether the location serves the page of a single-page application where no file is there.
pub(crate) fn falls_back_to_html(config: &Config<'_>, context: ContextId) -> bool {
    let last = config.named(context, b"try_files").last();
    let last = last.and_then(|item| config.parameter(item, config.parameter_count(item)));
    last.is_some_and(|path| path.ends_with(b".html") || path.ends_with(b".htm"))
}

/// The extensions that a pattern ends with, in lower case: those of `\.(?:css|jpe?g)$`, or that of an exact path.
fn extensions(pattern: &Pattern<'_>) -> Option<Vec<String>> {
    let end = match pattern {
        Pattern::Exact(path) => {
            let dot = path.iter().rposition(|byte| *byte == b'.')?;
            path.get(dot + 1..)?
        }
        Pattern::Regex { pattern, .. } => {
            let dot = memchr::memmem::rfind(pattern, b"\\.")?;
            pattern.get(dot + 2..)?.strip_suffix(b"$")?
        }
        Pattern::Prefix { .. } | Pattern::Named(_) => return None,
    };
    let text = std::str::from_utf8(end).ok()?.to_ascii_lowercase().replace("?:", "").replace('?', "");
    let is_list = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'|'));
    let names: Vec<String> =
        text.split(['(', ')', '|']).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    (is_list && !names.is_empty()).then_some(names)
}

fn is_one_of(name: &str, known: &[&str]) -> bool {
    known.contains(&name)
}
