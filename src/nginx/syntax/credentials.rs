//! Secrets in nginx files: passwords in headers that it sends to the app, in variables, in conditions, and in addresses. No report
//! shows them, whatever stands beside them.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use crate::cors::login::logins;
use crate::nginx::syntax::parts::{Part, parts};
use crate::nginx::syntax::tree::{Body, Tree, Word};
use crate::redact::is_secret_name;
use crate::source::{Span, merged};

/// What the name of a request's header, or of a variable that holds one, has in it if it holds a secret, in lower case: variables of other
/// names may hold anything.
const TELLING_OF_HEADERS: [&str; 4] = ["auth", "cookie", "key", "session"];
/// The same for headers of responses, and for variables of other names, of which many hold a switch or the key of a cache.
const TELLING_OF_OTHERS: [&str; 5] = ["api-key", "authorization", "private_key", "session_id", "set-cookie"];
/// Directives whose parameters are secret, or are programs that may hold any.
const SECRET: [&[u8]; 10] = [
    b"auth_basic_user_file",
    b"secure_link_secret",
    b"secure_link_md5",
    b"encrypted_session_key",
    b"aws_access_key",
    b"set_hmac_sha1",
    b"set_hmac_sha256",
    b"redis2_query",
    b"perl",
    b"perl_set",
];
/// What the name of another directive has in it whose parameters are secret; `proxy_pass` is none of these.
const SECRET_PARTS: [&[u8]; 6] = [b"credential", b"jwt", b"passw", b"pwd", b"secret", b"token"];
/// Directives that may hold a secret, and that show where one was meant to start if a semicolon is missing before it.
const MAY_BE_SECRET: [&[u8]; 14] = [
    b"proxy_set_header",
    b"grpc_set_header",
    b"fastcgi_param",
    b"uwsgi_param",
    b"scgi_param",
    b"add_header",
    b"add_trailer",
    b"more_set_headers",
    b"more_set_input_headers",
    b"set",
    b"if",
    b"auth_basic_user_file",
    b"secure_link_secret",
    b"secure_link_md5",
];
/// Names that switch something and hold no secret.
const SWITCHES: [&[u8]; 8] = [b"", b"0", b"1", b"on", b"off", b"true", b"false", b"always"];

/// The bytes of a file that no report may show.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// All of them, in ascending order, none in another.
    pub spans: Vec<Span>,
    /// Those that are a secret by themselves, which no text may show either.
    pub values: Vec<Span>,
}

/// Which words of a directive are secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    Nothing,
    /// All from this one on.
    From(usize),
    /// From this one on, of each `Name: value` with a telling name what stands behind the colon.
    HeadersFrom(usize),
    /// One word.
    Only(usize),
}

/// Words without which nothing in a directive is secret: parts of the names above, and what addresses with logins have in them.
const SIGNS: [&str; 29] = [
    "access_key",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "basic ",
    "bearer",
    "_by_lua",
    "cookie",
    "cred",
    "dsn",
    "hmac",
    "jwt",
    "key",
    "pass",
    "perl",
    "private",
    "pwd",
    "redis2_query",
    "salt",
    "secret",
    "secure_link",
    "session",
    "signature",
    "token",
    "userpass",
    "more_set_",
    "@",
    "%40",
];

/// How many bytes a file may have in which looking at every directive takes less than making the automaton.
const SMALL: usize = 16 * 1024;

/// Returns what is secret in a file.
pub fn sealed(tree: &Tree, file: &[u8]) -> Sealed {
    let mut sealed = Sealed::default();
    // Hardly a directive has one of the signs, so the others are not looked at.
    let mut next = 0;
    match (file.len() > SMALL).then(signs).flatten() {
        Some(signs) => {
            for hit in signs.find_iter(file) {
                // Every other directive is a `proxy_pass`.
                if file.get(..hit.end()).is_some_and(|head| head.ends_with(b"proxy_pass")) {
                    continue;
                }
                let Some(index) = directive_at(tree, hit.start()).filter(|index| *index >= next) else { continue };
                next = seal_directive(tree, index, file, &mut sealed);
            }
        }
        None => {
            while (next as usize) < tree.directives.len() {
                next = seal_directive(tree, next, file, &mut sealed);
            }
        }
    }
    let foreign = tree.directives.iter().filter_map(|directive| match directive.body {
        Body::Foreign(body) => Some(Span::new((body.start + 1).min(body.end), body.end)),
        _ => None,
    });
    sealed.spans.extend(foreign);
    comments(tree, file, &mut sealed.spans);
    sealed.spans.extend(tree.tags.iter().filter(|tag| tells_a_secret(&lower(tag.of(file)))));
    sealed.spans.extend(&sealed.values);
    sealed.spans = merged(sealed.spans);
    sealed
}

/// Finds them in any case; none where no automaton of so few words could be built.
fn signs() -> Option<&'static AhoCorasick> {
    static SIGNS_IN_FILES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasickBuilder::new().kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).build(SIGNS).ok()
    });
    SIGNS_IN_FILES.as_ref()
}

/// The directive in whose words, or behind them, a byte stands.
fn directive_at(tree: &Tree, at: usize) -> Option<u32> {
    let word = tree.words.partition_point(|word| word.span.start as usize <= at).checked_sub(1)?;
    let index = tree.directives.partition_point(|directive| directive.first_word as usize <= word).checked_sub(1)?;
    u32::try_from(index).ok()
}

/// Seals what is secret in a directive, and in the lines of the map that it opens. Gives the index of the next one that was not looked at.
fn seal_directive(tree: &Tree, index: u32, file: &[u8], sealed: &mut Sealed) -> u32 {
    let words = tree.words(index);
    let starts = |word: &Word| MAY_BE_SECRET.contains(&word.inner().of(file));
    // Where a semicolon is missing, a directive goes on with the next one.
    let mut rest = words;
    while !rest.is_empty() {
        let next = rest.iter().skip(1).position(starts).map_or(rest.len(), |at| at + 1);
        let (own, after) = rest.split_at(next);
        seal(own, own_secret(own, file), file, sealed);
        rest = after;
    }
    let Some(directive) = tree.directives.get(index as usize) else { return index + 1 };
    let lines = if matches!(directive.body, Body::Block(_)) { secret_of_lines(words, file) } else { None };
    let Some(secret) = lines else { return index + 1 };
    for line in index + 1..directive.end {
        let words = tree.words(line);
        seal(words, of_line(secret, words), file, sealed);
    }
    directive.end
}

/// Returns what is secret in a file that a map includes, if that map looks a secret up or gives one: see [`secret_of_block`].
pub fn sealed_lines(tree: &Tree, file: &[u8], secret: SecretLines) -> Sealed {
    let mut sealed = self::sealed(tree, file);
    for index in (0_u32..).take(tree.directives.len()) {
        let words = tree.words(index);
        seal(words, of_line(secret.0, words), file, &mut sealed);
    }
    sealed.spans.extend(&sealed.values);
    sealed.spans = merged(sealed.spans);
    sealed
}

/// The secret part of each line of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretLines(Secret);

/// Returns what is secret in the lines of the block that this directive opens, if anything is.
pub fn secret_of_block(tree: &Tree, directive: u32, file: &[u8]) -> Option<SecretLines> {
    secret_of_lines(tree.words(directive), file).map(SecretLines)
}

/// A line of more words than two has lost its end, and all of it may be secret.
fn of_line(secret: Secret, words: &[Word]) -> Secret {
    if words.len() > 2 { Secret::From(0) } else { secret }
}

/// Seals what is secret in some words.
fn seal(words: &[Word], secret: Secret, file: &[u8], sealed: &mut Sealed) {
    for (at, word) in words.iter().enumerate() {
        match secret_part(secret, at, *word, file) {
            Some(span) => sealed.values.push(span),
            None => {
                named_values(*word, file, sealed);
                addresses(*word, file, &mut sealed.spans);
            }
        }
    }
}

/// Returns what is secret in a directive by itself.
fn own_secret(words: &[Word], file: &[u8]) -> Secret {
    let [directive, first, ..] = words else { return Secret::Nothing };
    let text = |word: &Word| lower(word.inner().of(file));
    let name = directive.inner().of(file);
    let is_program = memchr::memmem::find(name, b"_by_lua").is_some() && !name.ends_with(b"_file");
    match name {
        _ if SECRET.contains(&name) || is_program => Secret::From(1),
        b"proxy_set_header" | b"grpc_set_header" | b"fastcgi_param" | b"uwsgi_param" | b"scgi_param" => {
            if is_telling(&text(first), &TELLING_OF_HEADERS) { Secret::From(2) } else { Secret::Nothing }
        }
        b"add_header" | b"add_trailer" if is_telling(&text(first), &TELLING_OF_OTHERS) => Secret::From(2),
        b"more_set_headers" | b"more_set_input_headers" => Secret::HeadersFrom(1),
        b"auth_request_set" | b"js_var" if is_telling_variable(&text(first)) => Secret::From(2),
        _ if name.starts_with(b"set") && is_telling_variable(&text(first)) => Secret::From(2),
        b"if" => {
            // `(` may stand by itself; behind the variable comes an operator.
            let variable = words.iter().skip(1).position(|word| word.inner().of(file).contains(&b'$'));
            let variable = variable.and_then(|at| Some((at + 1, words.get(at + 1)?)));
            match variable.filter(|(_, word)| is_telling_variable(text(word).trim_start_matches(['(', '"', '\'']))) {
                Some((at, _)) => Secret::From(at + 2),
                None => Secret::Nothing,
            }
        }
        _ if SECRET_PARTS.iter().any(|part| memchr::memmem::find(name, part).is_some()) => Secret::From(1),
        _ => Secret::Nothing,
    }
}

/// Returns what is secret in the lines of a map: the keys, where it looks a secret up, or the results, where its variable holds one.
fn secret_of_lines(words: &[Word], file: &[u8]) -> Option<Secret> {
    let [directive, parameters @ ..] = words else { return None };
    matches!(directive.inner().of(file), b"map" | b"geo" | b"split_clients").then_some(())?;
    let (result, source) = parameters.split_last()?;
    let text = |word: &Word| lower(word.inner().of(file));
    let looks_up =
        source.iter().any(|word| text(word).split('$').skip(1).any(|name| is_telling_variable(&format!("${name}"))));
    match (looks_up, is_telling_variable(&text(result))) {
        (true, true) => Some(Secret::From(0)),
        (true, false) => Some(Secret::Only(0)),
        (false, true) => Some(Secret::Only(1)),
        (false, false) => None,
    }
}

fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

fn is_telling(name: &str, more: &[&str]) -> bool {
    !name.starts_with("access-control-") && (is_secret_name(name) || more.iter().any(|part| name.contains(part)))
}

/// Returns whether a variable, its `$` first, holds a secret by its name.
fn is_telling_variable(variable: &str) -> bool {
    let Some(name) = variable.strip_prefix('$') else { return false };
    let name = name.trim_start_matches('{');
    let of_request = ["http_", "arg_", "cookie_"].iter().any(|prefix| name.starts_with(prefix));
    is_telling(name, if of_request { &TELLING_OF_HEADERS } else { &TELLING_OF_OTHERS })
}

/// Returns what of a word is secret, if it holds more than variables, which say where a secret comes from and not what it is.
fn secret_part(secret: Secret, at: usize, word: Word, file: &[u8]) -> Option<Span> {
    let inner = word.inner();
    let span = match secret {
        Secret::From(first) if at >= first => inner,
        Secret::Only(only) if at == only => inner,
        Secret::HeadersFrom(first) if at >= first => {
            let text = inner.of(file);
            let colon = memchr::memchr(b':', text)?;
            let more = [TELLING_OF_HEADERS, ["api-key", "apikey", "authorization", "set-cookie"]].concat();
            is_telling(&lower(text.get(..colon)?), &more).then_some(())?;
            let blanks = text.get(colon + 1..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            Span::new((inner.start + Span::at(colon + 1 + blanks, 0).start).min(inner.end), inner.end)
        }
        _ => return None,
    };
    let text = span.of(file);
    let plain = text.strip_suffix(b")").unwrap_or(text);
    let is_secret = !SWITCHES.contains(&plain) && says_something(plain);
    is_secret.then(|| Span::new(span.start, span.start + Span::at(0, plain.len()).end))
}

/// Logins in addresses.
fn addresses(word: Word, file: &[u8], sealed: &mut Vec<Span>) {
    let start = word.span.start as usize;
    sealed.extend(logins(word.span.of(file)).map(|login| Span::at(start + login.start, start + login.end)));
}

/// Returns what a word calls secret itself: `Basic …` and `Bearer …`, and the values of names such as `token` in queries, cookies and JSON.
fn named_values(word: Word, file: &[u8], sealed: &mut Sealed) {
    let inner = word.inner();
    let text = inner.of(file);
    for scheme in [&b"basic "[..], b"bearer "] {
        if text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            let value = Span::new(inner.start + Span::at(scheme.len(), 0).start, inner.end);
            sealed.values.extend(says_something(value.of(file)).then_some(value));
            return;
        }
    }
    let mut done = 0;
    for at in memchr::memchr2_iter(b'=', b':', text) {
        // What stands in a value that was looked at is that value's.
        if at < done {
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let before = before.strip_suffix(b"\"").unwrap_or(before);
        let name = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
        let name = before.get(before.len() - name..).unwrap_or_default();
        let is_scheme = text.get(at + 1..).is_some_and(|rest| rest.starts_with(b"//"));
        if is_scheme || name.is_empty() || !is_secret_name(&lower(name)) {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        let skip = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b'"').count();
        let rest = rest.get(skip..).unwrap_or_default();
        let end = rest.iter().position(|byte| b"&\"'; \t)|,".contains(byte)).unwrap_or(rest.len());
        let value = rest.get(..end).unwrap_or_default();
        done = at + 1 + skip + end;
        if says_something(value) && !SWITCHES.contains(&value) {
            let start = inner.start as usize + at + 1 + skip;
            sealed.values.push(Span::at(start, start + end));
        }
    }
}

/// Returns whether a text holds more than variables.
fn says_something(text: &[u8]) -> bool {
    let is_text = |part: Part<'_>| matches!(part, Part::Text(text) if text.iter().any(u8::is_ascii_alphanumeric));
    parts(text).any(is_text)
}

/// Comments that may hold a directive which somebody has taken out, password and all.
fn comments(tree: &Tree, file: &[u8], sealed: &mut Vec<Span>) {
    let mut at = 0;
    while let Some(found) = file.get(at..).and_then(|rest| memchr::memchr(b'#', rest)) {
        let start = at + found;
        let behind = tree.words.partition_point(|word| word.span.start as usize <= start);
        let word = behind.checked_sub(1).and_then(|index| tree.words.get(index)).map(|word| word.span);
        if let Some(word) = word.filter(|word| start < word.end as usize) {
            at = word.end as usize;
            continue;
        }
        let rest = file.get(start..).unwrap_or_default();
        let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = file.get(start + 1..end).unwrap_or_default();
        let is_ours = text.trim_ascii_start().starts_with(b"corslint");
        if !is_ours && (tells_a_secret(&lower(text)) || logins(text).next().is_some()) {
            sealed.push(Span::at(start + 1, end));
        }
        at = end;
    }
}

/// Returns whether a comment, in lower case, names a secret and goes on as a directive or an assignment does; prose about tokens is none.
fn tells_a_secret(comment: &str) -> bool {
    const DIRECTIVES: [&str; 6] =
        ["secure_link_", "_set_header", "_param ", "auth_basic_user_file", "api-key ", "api_key "];
    let ends = |text: &str| text.contains([';', '=', ':']);
    let names = ["pass", "secret", "token", "credential", "pwd", "salt", "dsn"];
    let first = names.iter().chain(&TELLING_OF_HEADERS).filter_map(|name| comment.find(name)).min();
    let is_scheme = comment.contains("basic ") || comment.contains("bearer ");
    is_scheme
        || DIRECTIVES.iter().any(|name| comment.contains(name))
        || first.is_some_and(|at| ends(comment.get(at..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
