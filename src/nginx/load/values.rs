//! The variables in parameters: their spelling, and whether anything defines them.

use hashbrown::HashSet;

use super::Refusal;
use super::builtins::{is_builtin, is_fixed};
use super::directives::KnownDirective;
use super::parameters::{is_placeholder, shown};
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{Config, ContextKind, ItemId};
use crate::nginx::syntax::parts::{Part, parts};

/// Modules that define no variables, or only those that count as known anyway.
const HARMLESS_MODULES: [&str; 12] = [
    "headers_more",
    "brotli",
    "echo",
    "geoip",
    "image_filter",
    "xslt",
    "js_module",
    "perl",
    "stream",
    "mail",
    "ndk",
    "zstd",
];

/// The variables that a configuration may define; none where that is not to be known.
#[derive(Debug)]
pub(super) struct Defined(Option<HashSet<String>>);

impl Defined {
    /// Collects them. A directive that is not known may define each variable it names.
    pub(super) fn new(config: &Config<'_>) -> Self {
        if !is_all_known(config) {
            return Defined(None);
        }
        let mut names = HashSet::new();
        for item in config.contexts().flat_map(|context| config.items(context)) {
            let name = config.item(item).name;
            let defines = match name {
                b"set" | b"auth_request_set" => 1..2,
                b"map" => 2..3,
                _ if uses_only(config, item) => 0..0,
                _ => 0..config.parameter_count(item) + 1,
            };
            let head = config.place(item);
            let has_groups = memchr::memchr(b'(', head.span.of(config.bytes(head.file))).is_some();
            if defines.is_empty() && !has_groups && !config.is_filled(item) {
                continue;
            }
            for index in 0..=config.parameter_count(item) {
                let Some(value) = config.parameter(item, index) else { continue };
                names.extend(groups(&value));
                if defines.contains(&index) {
                    let variables = parts(&value).filter_map(|part| match part {
                        Part::Variable(name) => Some(lower(name)),
                        Part::Text(_) => None,
                    });
                    names.extend(variables);
                }
            }
        }
        Defined(Some(names))
    }

    /// Returns whether nothing defines the variable, for sure.
    fn lacks(&self, name: &[u8]) -> bool {
        let Defined(Some(names)) = self else { return false };
        let name = lower(name);
        let is_capture = name.len() == 1 && name.as_bytes().first().is_some_and(|byte| (b'1'..=b'9').contains(byte));
        !is_capture && !is_builtin(&name) && !names.contains(&name)
    }
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

/// Returns whether everything that could define a variable is there to be read.
fn is_all_known(config: &Config<'_>) -> bool {
    let read = |file| {
        config.tree(file).is_some_and(|tree| tree.errors.is_empty() && tree.tags.is_empty() && tree.limits.is_empty())
    };
    let is_open = |context| config.context(context).incomplete || config.context(context).unread;
    let foreign_module = |item: ItemId| {
        config.item(item).name == b"load_module"
            && config.parameter(item, 1).is_none_or(|path| {
                let path = lower(&path);
                !HARMLESS_MODULES.iter().any(|module| path.contains(module))
            })
    };
    config.whole
        && config.files().into_iter().all(read)
        && !config.contexts().any(is_open)
        && !config.items(config.top()).any(foreign_module)
}

/// Returns whether the directive uses variables and never defines one.
fn uses_only(config: &Config<'_>, item: ItemId) -> bool {
    let name = config.item(item).name;
    let in_map = config.context(config.item(item).context).kind == ContextKind::Map;
    in_map || KnownDirective::of(name).is_some() || name == b"access_log" || name == b"log_format"
}

/// The named groups of an expression, each of which becomes a variable.
fn groups(value: &[u8]) -> Vec<String> {
    if memchr::memchr(b'(', value).is_none() {
        return Vec::new();
    }
    let starts = memchr::memmem::find_iter(value, b"(?");
    let name = |start: usize| {
        let rest = value.get(start + 2..)?;
        let rest = rest.strip_prefix(b"P").unwrap_or(rest);
        let rest = rest.strip_prefix(b"<").or_else(|| rest.strip_prefix(b"'"))?;
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')?;
        rest.get(..end).filter(|name| !name.is_empty()).map(lower)
    };
    starts.filter_map(name).collect()
}

/// The first variable of `item` that nginx refuses.
pub(super) fn refuse(config: &Config<'_>, defined: &Defined, item: ItemId) -> Option<Refusal> {
    if let Some(refusal) = redefined(config, item) {
        return Some(refusal);
    }
    if config.item(item).name == b"if" {
        return refuse_condition(config, defined, item);
    }
    if config.item(item).name == b"more_set_headers" {
        return (1..=config.parameter_count(item)).find_map(|index| {
            let field = config.parameter(item, index)?;
            if *field == *b"*" {
                let label = "taken for a header of its own, and no name";
                let refusal =
                    Refusal::at(config.word_place(item, index), label, "headers-more wants a name before a `*`");
                return Some(refusal.with_help("put the header and its value into one pair of quotes"));
            }
            let colon = memchr::memchr(b':', &field)?;
            refuse_text(config, defined, item, index, field.get(colon..)?)
        });
    }
    texts(config, item).find_map(|index| refuse_word(config, defined, item, index))
}

/// `set` and `map` cannot define what nginx defines.
fn redefined(config: &Config<'_>, item: ItemId) -> Option<Refusal> {
    let index = match config.item(item).name {
        b"set" | b"auth_request_set" => 1,
        b"map" => 2,
        _ => return None,
    };
    let value = config.parameter(item, index)?;
    let name = value.strip_prefix(b"$").filter(|name| is_fixed(&lower(name)))?;
    let label = format!("nginx sets `${}` itself", String::from_utf8_lossy(name));
    let refusal =
        Refusal::at(config.word_place(item, index), label, "a variable of nginx's own cannot be defined again");
    Some(refusal.with_help("choose another name"))
}

/// The first variable in the word counted from 0 that nginx refuses.
pub(super) fn refuse_word(config: &Config<'_>, defined: &Defined, item: ItemId, index: usize) -> Option<Refusal> {
    refuse_text(config, defined, item, index, &config.parameter(item, index)?)
}

/// The same for a text that is the word counted from 0, or a part of it.
fn refuse_text(config: &Config<'_>, defined: &Defined, item: ItemId, index: usize, text: &[u8]) -> Option<Refusal> {
    memchr::memchr(b'$', text)?;
    // Neither nginx nor envsubst knows the shell's defaults; in a file with a template's name, something else may fill them in.
    const FILLED_IN: [&str; 7] = [".template", ".tmpl", ".tpl", ".j2", ".erb", ".in", ".sigil"];
    let path = config.path_of(config.item(item).file);
    let is_plain = !FILLED_IN.iter().any(|end| path.ends_with(end));
    if is_plain && has_shell_default(text) {
        let refusal = Refusal::at(
            config.word_place(item, index),
            "a `${` without its `}`",
            "neither nginx nor envsubst knows defaults such as `${NAME:-value}`",
        );
        return Some(refusal.with_help("write the value, or a name that the environment sets"));
    }
    if is_placeholder(text) {
        return None;
    }
    if let Some(fault) = misspelt(text) {
        return Some(Refusal::at(config.word_place(item, index), fault, "a `$` must be followed by a variable's name"));
    }
    let unknown = parts(text).find_map(|part| match part {
        Part::Variable(name) if defined.lacks(name) => Some(name),
        _ => None,
    })?;
    Some(refuse_unknown(config, item, index, unknown))
}

fn refuse_unknown(config: &Config<'_>, item: ItemId, index: usize, name: &[u8]) -> Refusal {
    let variable = String::from_utf8_lossy(name);
    let label = format!("nothing defines `${variable}`");
    let reason = format!("the variable {} is not known", shown(&[b"$", name].concat()));
    Refusal::at(config.word_place(item, index), label, reason)
}

/// Returns whether a text has `${NAME:-…}` or the like, as a shell reads it.
fn has_shell_default(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"${").any(|at| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        name > 0 && matches!(rest.get(name..), Some([b':', b'-' | b'=' | b'?' | b'+', ..] | [b'-' | b'?', ..]))
    })
}

/// The `$` of a text that starts no variable; nginx has no escape for it (A4.13).
fn misspelt(value: &[u8]) -> Option<&'static str> {
    let text = parts(value).find_map(|part| match part {
        Part::Text(text @ [b'$', ..]) => Some(text),
        _ => None,
    })?;
    let braced = matches!(text, [b'$', b'{', first, ..] if first.is_ascii_alphanumeric() || *first == b'_');
    Some(if braced { "a `${` without its `}`" } else { "a `$` without a name" })
}

fn refuse_condition(config: &Config<'_>, defined: &Defined, item: ItemId) -> Option<Refusal> {
    let of_name = |name: &[u8]| {
        let dollar = |index: &usize| config.parameter(item, *index).is_some_and(|word| word.contains(&b'$'));
        let index = (1..=config.parameter_count(item)).find(dollar)?;
        (!is_placeholder(&[b"$", name].concat()) && defined.lacks(name))
            .then(|| refuse_unknown(config, item, index, name))
    };
    match condition(config, item)? {
        Condition::True(name) | Condition::Match { variable: name, .. } => of_name(&name),
        Condition::Equal { variable, word, text, .. } => {
            of_name(&variable).or_else(|| refuse_text(config, defined, item, word, &text))
        }
        _ => None,
    }
}

/// The words of a directive, counted from 0, in which nginx looks for variables.
fn texts(config: &Config<'_>, item: ItemId) -> std::ops::Range<usize> {
    let count = config.parameter_count(item);
    match config.item(item).name {
        b"add_header" | b"proxy_set_header" | b"grpc_set_header" | b"set" | b"auth_request_set" | b"rewrite" => 2..3,
        b"map" | b"auth_basic" | b"proxy_pass" | b"root" | b"alias" => 1..2,
        b"return" | b"error_page" => count..count + 1,
        b"try_files" => 1..count + 1,
        _ => 0..0,
    }
}
