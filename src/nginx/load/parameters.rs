//! Demands of nginx on the parameters of one directive, whatever stands around it.

use std::borrow::Cow;

use super::Refusal;
use super::expression::broken;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{Config, ItemId};
use crate::nginx::simulate::locations::{Pattern, pattern};
use crate::source::{Place, lossy};
use crate::words;

/// The first fault in the parameters of `item`; their number is right.
pub(super) fn refuse(config: &Config<'_>, item: ItemId) -> Option<Refusal> {
    let asked = AskedParameters { config, item };
    match config.item(item).name {
        b"add_header" => asked.always(),
        b"add_header_inherit" => asked.one_of(1, &["on", "off", "merge"]),
        b"satisfy" => asked.one_of(1, &["all", "any"]),
        b"return" => asked.status(),
        b"set" | b"auth_request_set" => asked.variable(1),
        b"map" => asked.variable(2),
        b"rewrite" => asked.rewrite(),
        b"error_page" => asked.error_page(),
        b"try_files" => asked.try_files(),
        b"allow" | b"deny" => asked.address(),
        b"limit_except" => asked.methods(),
        b"if" => asked.condition(),
        b"location" => asked.location(),
        b"server_name" => asked.server_name(),
        b"proxy_pass" => asked.url(),
        b"proxy_cache_methods" => asked.cache_methods(),
        name if name.ends_with(b"_ignore_headers") => asked.ignored_headers(),
        _ => None,
    }
}

/// A broken expression in the word counted from 0; `prefix` bytes of it are not the expression.
pub(super) fn refuse_expression(config: &Config<'_>, item: ItemId, word: usize, pattern: &[u8]) -> Option<Refusal> {
    let fault = broken(pattern).filter(|_| !is_placeholder(pattern))?;
    let label = fault.reason().to_owned();
    let refusal = Refusal::at(config.word_place(item, word), label, "PCRE cannot read this expression");
    Some(refusal.with_help("escape what is meant literally with `\\`, or close what is open"))
}

/// Returns whether a value looks like something that a program fills in before nginx reads it: `${NAME}` of envsubst, `@NAME@`,
/// `%NAME%`, `__NAME__`, `<name>`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let starts_one = |rest: &[u8]| {
        matches!(
            rest,
            [b'%' | b'<', ..]
                | [b'_', b'_', ..]
                | [b'{', b'{', ..]
                | [b'$', b'$', ..]
                | [b'$' | b'@', b'A'..=b'Z', ..]
                | [b'$', b'{', b'A'..=b'Z' | b'_', ..]
        )
    };
    // Every word of a file is asked.
    let may_start = |byte: &u8| matches!(byte, b'%' | b'<' | b'_' | b'{' | b'$' | b'@');
    let starts = value.iter().enumerate().filter(|(_, byte)| may_start(byte));
    starts.map(|(at, _)| value.get(at..).unwrap_or_default()).any(starts_one)
}

/// A value as a label may show it: not too long, and what is not UTF-8 replaced.
pub(super) fn shown(value: &[u8]) -> String {
    const LONGEST: usize = 48;
    let text = String::from_utf8_lossy(value);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// One directive whose parameters are asked.
struct AskedParameters<'c, 's> {
    config: &'c Config<'s>,
    item: ItemId,
}

impl<'s> AskedParameters<'_, 's> {
    /// The parameter counted from 1; `None` where it is missing or filled in by another program.
    fn value(&self, index: usize) -> Option<Cow<'s, [u8]>> {
        self.config.parameter(self.item, index).filter(|value| !is_placeholder(value))
    }

    fn count(&self) -> usize {
        self.config.parameter_count(self.item)
    }

    fn fault(&self, index: usize, label: impl Into<String>, reason: &str) -> Refusal {
        Refusal::at(self.config.word_place(self.item, index), label, reason)
    }

    /// The third parameter of `add_header` is exactly `always` (A2.7).
    fn always(&self) -> Option<Refusal> {
        let third = self.value(3).filter(|third| &**third != b"always")?;
        let label = format!("{} is not `always`", shown(&third));
        let refusal = self.fault(3, label, "the third parameter of `add_header` can only be `always`");
        let help = match third.eq_ignore_ascii_case(b"always") {
            true => "write `always` in lower case",
            false if is_near_always(&third) => "write `always`",
            false => "put the whole value into one pair of quotes",
        };
        Some(refusal.with_help(help))
    }

    fn one_of(&self, index: usize, words: &[&str]) -> Option<Refusal> {
        let value = self.value(index)?;
        let known = words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
        let label = format!("{} is none of `{}`", shown(&value), words.join("`, `"));
        (!known).then(|| self.fault(index, label, "a parameter has a value that nginx does not know"))
    }

    /// `return` takes a code up to 999, or as its only parameter a URL (A8.8).
    fn status(&self) -> Option<Refusal> {
        let first = self.value(1)?;
        let is_url = [&b"http://"[..], b"https://", b"$scheme"].iter().any(|scheme| first.starts_with(scheme));
        if is_code(&first, 999) || (is_url && self.count() == 1) {
            return None;
        }
        let refusal = self.fault(1, format!("{} is no status", shown(&first)), "invalid return code");
        let redirects = first.starts_with(b"/") || first.starts_with(b"$") || is_url;
        Some(if redirects { refusal.with_help("write the status first, as in `return 301 …`") } else { refusal })
    }

    fn variable(&self, index: usize) -> Option<Refusal> {
        let value = self.value(index)?;
        if matches!(&*value, [b'$', _, ..]) {
            return None;
        }
        let label = format!("{} is no variable", shown(&value));
        Some(self.fault(index, label, "the variable's name must start with `$`").with_help("write `$` before the name"))
    }

    fn rewrite(&self) -> Option<Refusal> {
        let regex = self.value(1)?;
        if let Some(refusal) = refuse_expression(self.config, self.item, 1, &regex) {
            return Some(refusal);
        }
        if self.config.parameter(self.item, 2).is_some_and(|replacement| replacement.is_empty()) {
            return Some(self.fault(2, "empty", "`rewrite` has an empty replacement"));
        }
        let flag = self.value(3)?;
        let flags = ["last", "break", "redirect", "permanent"];
        let known = flags.iter().any(|word| word.as_bytes() == &*flag);
        let label = format!("{} is none of `{}`", shown(&flag), flags.join("`, `"));
        (!known).then(|| self.fault(3, label, "`rewrite` has a flag that nginx does not know"))
    }

    /// Codes from 300 to 599 but 499, perhaps `=code`, and where to go.
    fn error_page(&self) -> Option<Refusal> {
        let last = self.count();
        for index in 1..last {
            let Some(value) = self.value(index) else { continue };
            let replaces = index + 1 == last && index > 1;
            let fits = match value.strip_prefix(b"=").filter(|_| replaces) {
                Some(code) => code.is_empty() || is_code(code, u64::MAX),
                None => is_code(&value, 599) && !is_code(&value, 299) && &*value != b"499",
            };
            if !fits {
                let label = format!("{} is no status from 300 to 599", shown(&value));
                return Some(self.fault(index, label, "`error_page` takes statuses from 300 to 599 other than 499"));
            }
        }
        None
    }

    fn try_files(&self) -> Option<Refusal> {
        let last = self.count();
        let value = self.value(last)?;
        let code = value.strip_prefix(b"=")?;
        let label = format!("{} is no status", shown(code));
        (!is_code(code, 999)).then(|| self.fault(last, label, "`try_files` ends in `=` without a status"))
    }

    /// Addresses only: what holds a byte that no address does is a name.
    fn address(&self) -> Option<Refusal> {
        let value = self.value(1)?;
        let in_addresses = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/');
        if [&b"all"[..], b"unix:"].contains(&&*value) || value.iter().all(in_addresses) {
            return None;
        }
        let label = format!("{} is no address", shown(&value));
        Some(self.fault(1, label, "`allow` and `deny` take addresses, networks, `all` and `unix:`"))
    }

    fn methods(&self) -> Option<Refusal> {
        // The last ones are unknown to many versions of nginx, perhaps not to all.
        const METHODS: [&str; 17] = [
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "DELETE",
            "MKCOL",
            "COPY",
            "MOVE",
            "OPTIONS",
            "PROPFIND",
            "PROPPATCH",
            "LOCK",
            "UNLOCK",
            "PATCH",
            "TRACE",
            "CONNECT",
            "QUERY",
        ];
        let is_known = |value: &[u8]| METHODS.iter().any(|method| value.eq_ignore_ascii_case(method.as_bytes()));
        let index = (1..=self.count()).find(|&index| self.value(index).is_some_and(|value| !is_known(&value)))?;
        let value = self.value(index)?;
        let refusal = self.fault(index, format!("{} is no method", shown(&value)), "`limit_except` takes methods");
        let list = memchr::memchr2(b',', b'|', &value).is_some();
        Some(if list { refusal.with_help("separate the methods with blanks") } else { refusal })
    }

    fn condition(&self) -> Option<Refusal> {
        let filled_in = |index| self.value(index).is_none();
        if (1..=self.count()).any(filled_in) {
            return None;
        }
        match condition(self.config, self.item)? {
            Condition::Invalid => Some(self.invalid_condition()),
            Condition::Match { regex, word, .. } => refuse_expression(self.config, self.item, word, &regex),
            _ => None,
        }
    }

    fn invalid_condition(&self) -> Refusal {
        let whole = self.config.word_place(self.item, 1);
        let last = self.config.word_place(self.item, self.count());
        let place = Place { file: whole.file, span: whole.span.to(last.span) };
        let refusal = Refusal::at(place, "no condition that nginx knows", "invalid condition");
        let has = |words: &[&[u8]]| {
            (1..=self.count()).any(|index| self.value(index).is_some_and(|value| words.contains(&&*value)))
        };
        if has(&[b"&&", b"||", b"and", b"or"]) {
            refusal.with_help("nginx has no and, no or: collect the parts in a variable with `set` or `map`")
        } else if has(&[b"==", b"===", b"eq"]) {
            refusal.with_help("compare with `=`")
        } else if has(&[b"!==", b"<>", b"ne"]) {
            refusal.with_help("compare with `!=`")
        } else {
            refusal.with_help("write `($variable)`, `($variable = text)` or `($variable ~ expression)`, with blanks around the operator")
        }
    }

    fn location(&self) -> Option<Refusal> {
        let word = self.count();
        if word == 2 {
            let modifier = self.value(1)?;
            if !["=", "^~", "~", "~*"].iter().any(|known| known.as_bytes() == &*modifier) {
                let label = format!("{} is none of `=`, `^~`, `~`, `~*`", shown(&modifier));
                return Some(self.fault(1, label, "invalid location modifier"));
            }
        }
        match pattern(self.config, self.item)? {
            Pattern::Regex { pattern, .. } => refuse_expression(self.config, self.item, word, &pattern),
            _ => None,
        }
    }

    fn server_name(&self) -> Option<Refusal> {
        (1..=self.count()).find_map(|index| {
            let value = self.value(index)?;
            refuse_expression(self.config, self.item, index, value.strip_prefix(b"~")?)
        })
    }

    fn url(&self) -> Option<Refusal> {
        let url = self.value(1)?;
        let has_scheme =
            |scheme: &[u8]| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if memchr::memchr(b'$', &url).is_some() || has_scheme(b"http://") || has_scheme(b"https://") {
            return None;
        }
        let label = "neither `http://` nor `https://`";
        Some(self.fault(1, label, "`proxy_pass` needs a URL").with_help("write `http://` before it"))
    }

    /// OPTIONS is never cached (A7.1).
    fn cache_methods(&self) -> Option<Refusal> {
        let is_options = |index: &usize| self.value(*index).is_some_and(|value| value.eq_ignore_ascii_case(b"OPTIONS"));
        let index = (1..=self.count()).find(is_options)?;
        Some(self.fault(index, "OPTIONS is never cached", "`proxy_cache_methods` takes GET, HEAD and POST"))
    }

    /// No field of CORS can be ignored (A4.6).
    fn ignored_headers(&self) -> Option<Refusal> {
        let is_cors = |index: &usize| {
            let value = self.value(*index).map(|value| value.to_ascii_lowercase());
            value.is_some_and(|value| value.starts_with(b"access-control-") || &*value == b"origin")
        };
        let index = (1..=self.count()).find(is_cors)?;
        let label = "none of the fields that act on nginx itself";
        let refusal = self.fault(index, label, "only fields that act on nginx itself can be ignored");
        Some(refusal.with_help("take the app's field out of the answer with `proxy_hide_header`"))
    }
}

/// Returns whether a word is `always` with a slip in it.
fn is_near_always(word: &[u8]) -> bool {
    words::edits(&lossy(word).to_ascii_lowercase(), "always", 1).is_some()
}

/// Returns whether it is a decimal number up to `most`.
fn is_code(text: &[u8], most: u64) -> bool {
    !text.is_empty()
        && text.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(text).ok().and_then(|digits| digits.parse::<u64>().ok()).is_some_and(|code| code <= most)
}
