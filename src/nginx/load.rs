//! Directives about CORS that `nginx -t` refuses.
//!
//! One such refusal keeps nginx from starting, and a reload keeps the old configuration, so that none of the CORS
//! headers that were just written are in force. Told is only what is refused wherever the text may stand and whatever
//! other files hold.

mod blocks;
mod builtins;
mod contexts;
mod directives;
mod expression;
mod maps;
mod parameters;
mod possible;
mod values;

use contexts::Contexts;
use directives::KnownDirective;
use parameters::{is_placeholder, shown};
use possible::Possible;
use values::Defined;

use hashbrown::HashSet;

use crate::cors::header::CorsHeader;
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::syntax::tree::Body;
use crate::parallel;
use crate::source::{FileId, Place, Span};
use crate::words;

/// How many contexts one processor reads at a time: fewer are read sooner than a thread starts.
const CONTEXTS_AT_A_TIME: usize = 4096;

/// One thing nginx refuses.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Where it stands.
    pub place: Place,
    /// The label, in lower case.
    pub label: String,
    /// Why nginx refuses it, in lower case.
    pub reason: String,
    /// The text to write instead, where that is known.
    pub help: Option<String>,
    /// The place that it collides with, and its label.
    pub related: Option<(Place, &'static str)>,
    /// True if it is only in the wrong block.
    is_misplaced: bool,
}

/// The shortest name that may be a misspelled one: shorter ones are near others by chance.
const LEAST_NAME: usize = 6;
/// The directives that misspelled ones are compared with: no module has one that is an edit from one of them.
const NAMES: [&str; 22] = [
    "add_header",
    "add_header_inherit",
    "alias",
    "auth_basic",
    "auth_request",
    "error_page",
    "fastcgi_hide_header",
    "fastcgi_pass",
    "grpc_pass",
    "include",
    "internal",
    "limit_except",
    "listen",
    "location",
    "proxy_hide_header",
    "proxy_pass",
    "proxy_pass_header",
    "proxy_set_header",
    "return",
    "rewrite",
    "server_name",
    "try_files",
];

impl Refusal {
    fn at(place: Place, label: impl Into<String>, reason: impl Into<String>) -> Self {
        Refusal { place, label: label.into(), reason: reason.into(), help: None, related: None, is_misplaced: false }
    }

    fn with_help(self, help: impl Into<String>) -> Self {
        Refusal { help: Some(help.into()), ..self }
    }

    fn beside(self, place: Place, label: &'static str) -> Self {
        Refusal { related: Some((place, label)), ..self }
    }
}

/// All that nginx refuses in `config` for sure, by context.
pub fn refusals(config: &Config<'_>) -> Vec<Refusal> {
    let possible = Possible::new(config);
    let defined = Defined::new(config);
    let contexts: Vec<ContextId> = config.contexts().collect();
    let in_each = parallel::map(&contexts, CONTEXTS_AT_A_TIME, |context| {
        let mut refusals = Vec::new();
        let here = possible.of(*context);
        // `stream` has the same `map`.
        if here.meets(Contexts::MAP) && opens_map(config, *context) {
            maps::refuse(config, &defined, *context, &mut refusals);
        } else if here != Contexts::ELSEWHERE {
            let asked = config.items(*context).filter(|item| !is_doubtful(config, *item));
            refusals.extend(asked.filter_map(|item| refuse(config, &possible, &defined, item)));
            refusals = once_a_name(refusals);
            blocks::repeated(config, &possible, *context, &mut refusals);
        }
        refusals
    });
    let of_whole = no_events(config).into_iter().chain(blocks::fits_nowhere(config));
    let mut refusals: Vec<Refusal> = of_whole.chain(in_each.into_iter().flatten()).collect();
    blocks::duplicate_locations(config, &mut refusals);
    refusals
}

fn opens_map(config: &Config<'_>, context: ContextId) -> bool {
    config.context(context).opener.is_some_and(|opener| config.item(opener).name == b"map")
}

/// The first reason to refuse one directive, in the order in which nginx looks for them.
fn refuse(config: &Config<'_>, possible: &Possible, defined: &Defined, item: ItemId) -> Option<Refusal> {
    let Some(directive) = KnownDirective::of(config.item(item).name) else {
        return refuse_name(config, possible, item);
    };
    let here = possible.of(config.item(item).context);
    let elsewhere = here.meets(Contexts::ELSEWHERE);
    let misplaced = !elsewhere && !here.meets(directive.contexts);
    if (elsewhere && directive.elsewhere) || (misplaced && is_patchwork(config, config.item(item).file)) {
        return None;
    }
    refuse_context(config, here, directive, item)
        .or_else(|| refuse_body(config, directive, item))
        .or_else(|| refuse_count(config, directive, item))
        .or_else(|| parameters::refuse(config, item))
        .or_else(|| match config.item(item).name {
            b"location" if !is_patchwork(config, config.item(item).file) => blocks::refuse_nesting(config, item),
            b"proxy_pass" if !is_patchwork(config, config.item(item).file) => {
                blocks::refuse_path(config, possible, item)
            }
            _ => None,
        })
        .or_else(|| values::refuse(config, defined, item))
}

/// Names that no module has: other languages' branches, and known names in capitals (A3.15, A8.5).
fn refuse_name(config: &Config<'_>, possible: &Possible, item: ItemId) -> Option<Refusal> {
    let name = config.item(item).name;
    let here = possible.of(config.item(item).context);
    let help = match name {
        b"else" | b"elseif" | b"elsif" | b"elif" => "nginx has no `else`: write a second `if`, or use a `map`",
        _ if name.starts_with(b"if(") => "put a blank between `if` and `(`",
        _ if KnownDirective::of(&name.to_ascii_lowercase()).is_some() => "write the name in lower case",
        [b'$', first, ..] if first.is_ascii_lowercase() => "write `set $variable value;`",
        _ if is_header(name) => "write `add_header` before it",
        _ => return refuse_misspelled(config, here, item),
    };
    if here.meets(Contexts::ELSEWHERE) && KnownDirective::of(&name.to_ascii_lowercase()).is_some() {
        return None;
    }
    let reason = format!("{} is no directive", shown(name));
    Some(Refusal::at(config.word_place(item, 0), "unknown to nginx", reason).with_help(help))
}

/// A name that is one edit from a known one, where every file is read and so every module is the configuration's own business.
fn refuse_misspelled(config: &Config<'_>, here: Contexts, item: ItemId) -> Option<Refusal> {
    let name = std::str::from_utf8(config.item(item).name).ok()?;
    let is_unsure = !config.whole || config.is_incomplete(config.item(item).context) || here.meets(Contexts::ELSEWHERE);
    if is_unsure || name.len() < LEAST_NAME {
        return None;
    }
    let near = NAMES.into_iter().find(|known| words::edits(name, known, 1) == Some(1))?;
    let reason = format!("{} is no directive", shown(name.as_bytes()));
    Some(Refusal::at(config.word_place(item, 0), "unknown to nginx", reason).with_help(format!("write `{near}`")))
}

/// Returns whether a directive's name is that of a response header.
fn is_header(name: &[u8]) -> bool {
    let known = ["Vary", "Content-Type", "Cache-Control", "X-Frame-Options", "Strict-Transport-Security"];
    CorsHeader::from_name(name).is_some() || known.iter().any(|header| name == header.as_bytes())
}

fn refuse_context(config: &Config<'_>, here: Contexts, directive: KnownDirective, item: ItemId) -> Option<Refusal> {
    if here.meets(directive.contexts) || here.meets(Contexts::ELSEWHERE) {
        return None;
    }
    let name = shown(config.item(item).name);
    let around = config.context(config.item(item).context).opener;
    // An `include` in an `if` is what is wrong there. A file that is included in many wrong places is wrong itself.
    let is_if = here.within(Contexts::IF_IN_SERVER.or(Contexts::IF_IN_LOCATION));
    let opener = around.filter(|_| is_if);
    let included = opener.and_then(|opener| config.include_in(config.item(opener).file, item));
    let label = format!("not allowed in {}", here.names());
    let refusal = match included {
        // The file may be right elsewhere; it is included in the wrong place.
        Some(include) => Refusal::at(
            include,
            format!("brings {name}, {label}"),
            format!("{name} is not allowed in {}", here.names()),
        ),
        None => {
            let place = if directive.block { config.word_place(item, 0) } else { config.place(item) };
            Refusal::at(place, label, format!("{name} is not allowed in {}", here.names()))
        }
    };
    let refusal = match (around, included) {
        (_, Some(_)) => refusal.beside(config.place(item), "the included directive"),
        (Some(opener), None) => refusal.beside(config.place(opener), "the block around it"),
        (None, None) => refusal,
    };
    let help = match (config.item(item).name, here == Contexts::IF_IN_SERVER, included.is_some()) {
        (b"add_header", true, false) => {
            "move the `add_header` lines out of the `if`, next to it, and keep `if (…) { return 204; }`".to_owned()
        }
        (_, true, true) => "move the `include` out of the `if`, next to it".to_owned(),
        _ => format!("{name} is allowed in {}", directive.contexts.names()),
    };
    Some(Refusal { is_misplaced: true, ..refusal.with_help(help) })
}

/// Leaves of the directives of one name that are misplaced in one block the first: they have one cause and one cure.
fn once_a_name(refusals: Vec<Refusal>) -> Vec<Refusal> {
    let mut seen = HashSet::new();
    let is_first = |refusal: &Refusal| !refusal.is_misplaced || seen.insert(refusal.reason.clone());
    refusals.into_iter().filter(is_first).collect()
}

fn refuse_body(config: &Config<'_>, directive: KnownDirective, item: ItemId) -> Option<Refusal> {
    let name = || shown(config.item(item).name);
    match (body(config, item)?, directive.block) {
        (Body::Simple, true) => {
            Some(Refusal::at(config.place(item), "no `{` follows", format!("{} needs a block", name())))
        }
        (Body::Block(_), false) => {
            let refusal = Refusal::at(config.place(item), "`{` follows", format!("{} takes no block", name()));
            Some(refusal.with_help("end the directive with `;`"))
        }
        _ => None,
    }
}

fn refuse_count(config: &Config<'_>, directive: KnownDirective, item: ItemId) -> Option<Refusal> {
    let count = config.parameter_count(item);
    if (directive.least..=directive.most).contains(&count) || has_open_words(config, item) {
        return None;
    }
    let name = shown(config.item(item).name);
    let takes = match (directive.least, directive.most) {
        (0, 0) => "none".to_owned(),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    let reason = format!("wrong number of parameters of {name}");
    if let Some(word) = swallowed(config, item) {
        let before = config.word_place(item, word - 1);
        let next = shown(&config.parameter(item, word).unwrap_or_default());
        let refusal = Refusal::at(before, format!("no `;` before {next}"), reason);
        return Some(refusal.with_help(format!("end {name} with `;` here")));
    }
    let label = format!("{count} given, {takes} allowed");
    let refusal = Refusal::at(config.place(item), label, reason);
    let quotes = count > directive.most && matches!(config.item(item).name, b"add_header" | b"return" | b"set");
    Some(if quotes { refusal.with_help("put the whole value into one pair of quotes") } else { refusal })
}

/// The word that starts a line and is a directive's name: the directive before it lacks its `;`.
fn swallowed(config: &Config<'_>, item: ItemId) -> Option<usize> {
    let bytes = config.bytes(config.item(item).file);
    let starts_line = |word: Span| {
        let before = bytes.get(..word.start as usize).unwrap_or_default();
        before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).any(|byte| *byte == b'\n')
    };
    let words = config.words(item);
    let is_directive = |word: Span| KnownDirective::of(word.of(bytes)).is_some() && starts_line(word);
    (1..words.len()).find(|&index| words.get(index).is_some_and(|word| is_directive(word.span)))
}

/// A main file has `events`. One that is known as such by its name, or by what only a main file holds, has to have it.
fn no_events(config: &Config<'_>) -> Option<Refusal> {
    const MAIN_ONLY: [&[u8]; 5] = [b"worker_processes", b"user", b"pid", b"load_module", b"worker_rlimit_nofile"];
    let top = config.context(config.top());
    let has = |name: &[u8]| config.named(config.top(), name).next();
    let is_main = MAIN_ONLY.iter().any(|name| has(name).is_some()) || config.root_name() == "nginx.conf";
    let is_read = config.tree(config.root).is_some_and(|tree| tree.errors.is_empty() && tree.tags.is_empty());
    let sure = config.whole && is_main && is_read && !top.incomplete && !top.unread;
    let http = has(b"http").filter(|_| sure && has(b"events").is_none())?;
    let refusal = Refusal::at(config.word_place(http, 0), "no `events` beside it", "a main file must have `events`");
    Some(refusal.with_help("write `events {}` before `http`"))
}

/// Returns whether a syntax error or a template tag stands in or right behind the words of a directive, so that it may not be
/// what it seems.
fn is_doubtful(config: &Config<'_>, item: ItemId) -> bool {
    let here = config.place(item);
    let touches = |span: &Span| span.end >= here.span.start;
    config.tree(here.file).is_none_or(|tree| {
        if tree.errors.is_empty() && tree.tags.is_empty() {
            return false;
        }
        let past = here.span.end + 1;
        let errors = tree.errors.partition_point(|error| error.span.start <= past);
        let tags = tree.tags.partition_point(|tag| tag.start <= past);
        let error = tree.errors.get(..errors).and_then(|errors| errors.last());
        let tag = tree.tags.get(..tags).and_then(|tags| tags.last());
        error.is_some_and(|error| touches(&error.span)) || tag.is_some_and(touches)
    })
}

/// Returns whether a file has template tags or syntax errors: its blocks may nest otherwise than they seem to.
fn is_patchwork(config: &Config<'_>, file: FileId) -> bool {
    config.tree(file).is_none_or(|tree| !tree.tags.is_empty() || !tree.errors.is_empty())
}

/// Returns whether another program fills words of the directive in, perhaps with several each.
fn has_open_words(config: &Config<'_>, item: ItemId) -> bool {
    let is_open = |index| config.parameter(item, index).is_none_or(|value| is_placeholder(&value));
    (0..=config.parameter_count(item)).any(is_open)
}

fn body(config: &Config<'_>, item: ItemId) -> Option<Body> {
    let item = config.item(item);
    item.tree.directives.get(item.directive as usize).map(|directive| directive.body)
}
