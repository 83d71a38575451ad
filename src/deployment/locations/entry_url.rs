//! A URL that leads to a location: scheme, host and port of its server, and a path that no other location takes.

use std::collections::BTreeMap;

use crate::deployment::locations::audience::font_of;
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::limits;
use crate::nginx::regex::example::example_path;
use crate::nginx::simulate::locations::{self, FoundLocation, Pattern};
use crate::nginx::simulate::model::Model;
use crate::source::lossy;

/// A URL that leads to `context`, as far as its server and location tell. `None` where other servers or locations take every request
/// that it might be meant for.
pub(crate) fn url(
    model: &Model<'_, '_>,
    bases: &BTreeMap<ContextId, String>,
    server: ContextId,
    context: ContextId,
) -> Option<String> {
    let base = bases.get(&server)?;
    Some(format!("{base}{}", path(model, server, context)?))
}

/// A URL of each server that a request can reach, without a path. A server may have very many locations, so what is the same for all of
/// them is looked up once.
pub(crate) fn bases(model: &Model<'_, '_>) -> BTreeMap<ContextId, String> {
    let config = model.config;
    let is_server = |context: &ContextId| config.context(*context).kind == ContextKind::Server;
    let servers = config.contexts().filter(is_server).chain([config.top()]);
    let left = servers.take_while(|_| !limits::is_spent());
    left.filter_map(|server| Some((server, base(model, server)?))).collect()
}

/// A URL of a server, without a path.
fn base(model: &Model<'_, '_>, server: ContextId) -> Option<String> {
    let config = model.config;
    let mut secure = config.named(server, b"ssl").any(|item| config.parameter_is(item, 1, "on"));
    let mut port = None;
    for item in config.named(server, b"listen") {
        let words: Vec<_> = config.parameters(item).collect();
        let text = words.first().map(|word| lossy(word).into_owned()).unwrap_or_default();
        let number = text.rsplit(':').next().and_then(|number| number.parse::<u16>().ok());
        let is_secure = number == Some(443) || words.iter().any(|word| **word == *b"ssl");
        if port.is_none() || (is_secure && !secure) {
            port = number;
        }
        secure |= is_secure;
    }
    let names = config.named(server, b"server_name").flat_map(|item| config.parameters(item));
    let hosts: Vec<String> = names.filter_map(|name| host_of(model, &name)).chain(["localhost".to_owned()]).collect();
    let (scheme, standard) = if secure { ("https", 443) } else { ("http", 80) };
    let taken_by = |host: &&String| model.server_for(host, port.unwrap_or(standard));
    let is_server = config.context(server).kind == ContextKind::Server;
    let host = if is_server {
        let mut reached = hosts.iter().filter(|host| taken_by(host) == Some(server));
        reached.next().or_else(|| hosts.iter().find(|host| taken_by(host).is_none()))?
    } else {
        hosts.first()?
    };
    let port = port.filter(|port| *port != standard).map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{scheme}://{host}{port}"))
}

/// A host that this name of a server is for.
fn host_of(model: &Model<'_, '_>, name: &[u8]) -> Option<String> {
    let host = match name {
        [b'~', pattern @ ..] => example_path(&model.regexes, pattern, true)?,
        [b'*', rest @ ..] => [b"www", rest].concat(),
        [b'.', rest @ ..] => rest.to_vec(),
        [start @ .., b'*'] => [start, b"example"].concat(),
        _ => name.to_vec(),
    };
    let is_host = !host.is_empty() && host.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte));
    String::from_utf8(host).ok().filter(|_| is_host)
}

/// A path that the location takes; `None` where others take all those that fit it.
pub(crate) fn path(model: &Model<'_, '_>, server: ContextId, context: ContextId) -> Option<String> {
    let fitting = fitting_paths(model, server, context);
    let find = |path: &[u8]| model.locations.find(model.config, &model.regexes, server, path).0;
    let takes = |path: &&Vec<u8>| matches!(find(path), FoundLocation::Location(found) if found == context);
    // In a fragment, the server around it is not shown.
    let is_shown = model.config.context(server).kind == ContextKind::Server;
    let may_take = |path: &&Vec<u8>| match find(path) {
        FoundLocation::Unknown => true,
        FoundLocation::Nothing => !is_shown,
        FoundLocation::Location(_) | FoundLocation::AddSlash(_) => false,
    };
    let path = match fitting.first() {
        Some(_) => fitting.iter().find(takes).or_else(|| fitting.iter().find(may_take))?,
        None => return Some("/".to_owned()),
    };
    let text = lossy(path).into_owned();
    Some(if text.starts_with('/') { text } else { format!("/{text}") })
}

/// Paths that a location's own pattern fits, the plainest first.
fn fitting_paths(model: &Model<'_, '_>, server: ContextId, context: ContextId) -> Vec<Vec<u8>> {
    let config = model.config;
    let pattern = |context: ContextId| {
        let here = config.context(context);
        let opener = here.opener.filter(|_| here.kind == ContextKind::Location)?;
        locations::pattern(config, opener)
    };
    match pattern(context) {
        Some(Pattern::Exact(path)) => vec![path.into_owned()],
        // A directory would be answered by its index; a page asks for what is in it.
        Some(Pattern::Prefix { path, .. }) if path.ends_with(b"/") => vec![[&path[..], b"x"].concat()],
        Some(Pattern::Prefix { path, .. }) => {
            let within = [&path[..], b"/x"].concat();
            let rewrites = |path: &[u8]| rewrites(model, server, path) || rewrites(model, context, path);
            // What is rewritten is written for the paths within, and pages do not request the bare one.
            if rewrites(&within) && !rewrites(&path) {
                vec![within, path.into_owned()]
            } else {
                vec![path.into_owned(), within]
            }
        }
        Some(found @ Pattern::Regex { .. }) => {
            let font = font_of(&found);
            let Pattern::Regex { pattern: regex, ignore_case } = found else { return Vec::new() };
            let Some(end) = example_path(&model.regexes, &regex, ignore_case) else { return Vec::new() };
            let around = config.ancestors(context).skip(1).filter_map(pattern).find_map(|outer| match outer {
                Pattern::Prefix { path, .. } => Some(path.into_owned()),
                Pattern::Regex { pattern, ignore_case } => example_path(&model.regexes, &pattern, ignore_case),
                Pattern::Exact(_) | Pattern::Named(_) => None,
            });
            let around = around.unwrap_or_default();
            let starts = [&b"/x"[..], b"/", b""].into_iter();
            let texts = starts.clone().map(|start| [start, &end].concat());
            // Of files with several extensions, pages of other origins request the fonts.
            let font = font.iter().map(|font| [b"/x", font.as_bytes()].concat());
            let nested = starts.map(|start| [around.strip_suffix(b"/").unwrap_or(&around), start, &end].concat());
            let fits = |text: &Vec<u8>| {
                let is_normal = text.starts_with(b"/") && memchr::memmem::find(text, b"//").is_none();
                is_normal && model.regexes.is_match(&regex, ignore_case, text) == Some(true)
            };
            // An application of PHP has one file that takes all requests, and `try_files $uri =404` answers others with 404.
            let index = memchr::memmem::find(&regex, b"php").map(|_| b"/index.php".to_vec());
            font.chain(index).chain(texts).chain(nested).filter(fits).collect()
        }
        Some(Pattern::Named(_)) | None => Vec::new(),
    }
}

/// Returns whether a `rewrite` of this very context changes that path.
fn rewrites(model: &Model<'_, '_>, context: ContextId, path: &[u8]) -> bool {
    let config = model.config;
    // A server has many directives, and this is asked for each of its locations.
    let items = config.rewrites(context).iter().filter(|item| config.item(**item).name == b"rewrite");
    let expressions = items.filter_map(|item| config.parameter(*item, 1));
    expressions.into_iter().any(|expression| model.regexes.is_match(&expression, false, path) == Some(true))
}
