//! What nginx keeps for itself: passwords in headers that it sends to the app, in variables, in conditions, and in addresses. No report
//! shows them, whatever stands beside them.

use super::tree::{Body, Tree, Word};
use super::value::{Part, parts};
use crate::cors::login::logins;
use crate::source::Span;

/// What the name of a directive, a header, a parameter or a variable that holds a secret has in it, in lower case.
const TELLING: [&str; 9] = ["bearer", "credential", "jwt", "passw", "pwd", "secret", "signature", "token", "userpass"];
/// The same for headers of requests and for the variables that hold those: variables of other names may hold anything.
const TELLING_OF_HEADERS: [&str; 4] = ["auth", "cookie", "key", "session"];
/// The same for headers of responses, and for variables of other names, of which many hold a switch or the key of a cache.
const TELLING_OF_OTHERS: [&str; 8] =
    ["access_key", "api-key", "api_key", "apikey", "authorization", "private_key", "session_id", "set-cookie"];
/// What switches something and keeps no secret.
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

/// What is secret in a file.
pub fn sealed(tree: &Tree, file: &[u8]) -> Sealed {
    let mut sealed = Sealed::default();
    // Most files have neither, and need not be searched word by word.
    let has_addresses = memchr::memchr2(b'@', b'?', file).is_some();
    // The maps that are open around the next directive: where each ends, and what is secret in its lines.
    let mut open: Vec<(u32, Secret)> = Vec::new();
    for (index, directive) in (0_u32..).zip(&tree.directives) {
        while open.last().is_some_and(|(end, _)| *end <= index) {
            open.pop();
        }
        let words = tree.words(index);
        let secret = open.last().map_or_else(|| own_secret(words, file), |(_, secret)| *secret);
        for (at, word) in words.iter().enumerate() {
            match secret_part(secret, at, *word, file) {
                Some(span) => sealed.values.push(span),
                None if has_addresses => addresses(*word, file, &mut sealed),
                None => {}
            }
        }
        match directive.body {
            Body::Block(_) => open.extend(secret_of_lines(words, file).map(|secret| (directive.end, secret))),
            Body::Foreign(body) => sealed.spans.push(Span::new((body.start + 1).min(body.end), body.end)),
            Body::Simple => {}
        }
    }
    comments(tree, file, &mut sealed.spans);
    sealed.spans.extend(&sealed.values);
    sealed.spans.sort_unstable();
    sealed.spans.dedup_by(|later, earlier| {
        let meets = later.start < earlier.end;
        if meets {
            *earlier = earlier.to(*later);
        }
        meets
    });
    sealed
}

/// What is secret in a directive by itself.
fn own_secret(words: &[Word], file: &[u8]) -> Secret {
    let [directive, first, ..] = words else { return Secret::Nothing };
    let text = |word: &Word| lower(word.inner().of(file));
    let name = directive.inner().of(file);
    match name {
        b"auth_basic_user_file" | b"secure_link_secret" | b"secure_link_md5" => Secret::From(1),
        b"proxy_set_header" | b"grpc_set_header" | b"fastcgi_param" | b"uwsgi_param" | b"scgi_param" => {
            if is_telling(&text(first), &TELLING_OF_HEADERS) { Secret::From(2) } else { Secret::Nothing }
        }
        b"add_header" | b"add_trailer" if is_telling(&text(first), &TELLING_OF_OTHERS) => Secret::From(2),
        b"more_set_headers" | b"more_set_input_headers" => Secret::HeadersFrom(1),
        b"set" if is_telling_variable(&text(first)) => Secret::From(2),
        b"if" => {
            // `(` may stand by itself; behind the variable comes an operator.
            let variable = words.iter().skip(1).position(|word| word.inner().of(file).contains(&b'$'));
            let variable = variable.and_then(|at| Some((at + 1, words.get(at + 1)?)));
            match variable.filter(|(_, word)| is_telling_variable(text(word).trim_start_matches('('))) {
                Some((at, _)) => Secret::From(at + 2),
                None => Secret::Nothing,
            }
        }
        _ if is_telling(&lower(name), &[]) => Secret::From(1),
        _ => Secret::Nothing,
    }
}

/// What is secret in the lines of a map: the keys, where it looks a secret up, or the results, where its variable holds one.
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
    !name.starts_with("access-control-") && TELLING.iter().chain(more).any(|part| name.contains(part))
}

/// Whether a variable, its `$` first, holds a secret by its name.
fn is_telling_variable(variable: &str) -> bool {
    let Some(name) = variable.strip_prefix('$') else { return false };
    let name = name.trim_start_matches('{');
    let of_request = ["http_", "arg_", "cookie_"].iter().any(|prefix| name.starts_with(prefix));
    is_telling(name, if of_request { &TELLING_OF_HEADERS } else { &TELLING_OF_OTHERS })
}

/// What of a word is secret, if it holds more than variables, which say where a secret comes from and not what it is.
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
    let says_something =
        |part: Part<'_>| matches!(part, Part::Text(text) if text.iter().any(u8::is_ascii_alphanumeric));
    let is_secret = !SWITCHES.contains(&plain) && parts(plain).any(says_something);
    is_secret.then(|| Span::new(span.start, span.start + Span::at(0, plain.len()).end))
}

/// Logins in addresses, and the values of telling parameters in their queries.
fn addresses(word: Word, file: &[u8], sealed: &mut Sealed) {
    let start = word.span.start as usize;
    let text = word.span.of(file);
    sealed.spans.extend(logins(text).map(|login| Span::at(start + login.start, start + login.end)));
    for at in memchr::memchr2_iter(b'?', b'&', text) {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|byte| b"&\"' \t#)".contains(byte)).unwrap_or(rest.len());
        let parameter = rest.get(..end).unwrap_or_default();
        let Some(equals) = memchr::memchr(b'=', parameter) else { continue };
        let (name, value) = parameter.split_at(equals);
        let is_secret = is_telling(&lower(name), &["key", "auth"]) && value.len() > 1 && value.get(1) != Some(&b'$');
        if is_secret {
            sealed.values.push(Span::at(start + at + 1 + equals + 1, start + at + 1 + end));
        }
    }
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

/// Whether a comment, in lower case, names a secret and goes on as a directive or an assignment does; prose about tokens is none.
fn tells_a_secret(comment: &str) -> bool {
    let names = TELLING.iter().chain(&TELLING_OF_HEADERS);
    let first = names.filter_map(|name| comment.find(name)).min();
    first.is_some_and(|at| comment.get(at..).unwrap_or_default().contains([';', '=', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::grammar::parse;

    #[test]
    fn secrets_are_sealed_and_what_names_them_is_not() {
        for (text, expected) in [
            ("proxy_set_header Authorization \"Basic x\" y;", &["Basic x", "y"][..]),
            ("proxy_set_header Authorization $http_authorization;", &[]),
            ("proxy_set_header Authorization \"\";", &[]),
            ("proxy_set_header Cookie \"$http_cookie; session=x\";", &["$http_cookie; session=x"]),
            ("proxy_set_header Cookie \"${http_cookie}; $b\";", &[]),
            ("proxy_set_header Host a.example;", &[]),
            ("secure_link_md5 \"$uri x\"; secure_link $arg_md5,$arg_expires;", &["$uri x"]),
            ("set $api_token x; set $b y; set $api_key z; set $cache_key w; set $token off;", &["x", "z"]),
            ("proxy_pass http://u:p@app; auth_basic_user_file f;", &["u:p", "f"]),
            ("proxy_set_header X-Api-Key 'https://u:p@h", &["'https://u:p@h"]),
            (
                "more_set_input_headers \"Authorization: x\" 'Host: y'; more_set_headers \"Set-Cookie:x; Secure\";",
                &["x", "x; Secure"],
            ),
            ("add_header Set-Cookie a=b; add_header X-Frame-Options DENY;", &["a=b"]),
            (
                "if ($http_authorization != \"Bearer x\") { } if ($http_cookie ~ sid=x) { } if ( $arg_token = x ) { }",
                &["Bearer x", "sid=x", "x"],
            ),
            ("if ($http_authorization) { } if ($http_origin = x) { } if ($http_authorization = \"\") { }", &[]),
            ("map $http_x_api_key $who { x alice; default \"\"; } map $a $b { x y; }", &["x", "default"]),
            ("map $host $api_key { a.example x; }", &["x"]),
            ("return 302 https://a/?b=c&api_key=x&d=e; rewrite ^ /p?token=y last;", &["x", "y"]),
            ("js_password x; content_by_lua_block { local k = 1 } a b;", &["x", " local k = 1 }"]),
            (
                "a b; # proxy_set_header Authorization x;\n# plain, with its token.\n# corslint: ignore[missing-always] token\nc '#token';",
                &[" proxy_set_header Authorization x;"],
            ),
            (
                "add_header Access-Control-Allow-Headers Authorization; if ($a = \"https://u@b\") { set $key 1; }",
                &["u"],
            ),
        ] {
            let tree = parse(text.as_bytes());
            let sealed = sealed(&tree, text.as_bytes());
            let shown: Vec<&str> =
                sealed.spans.iter().map(|span| std::str::from_utf8(span.of(text.as_bytes())).unwrap()).collect();
            assert_eq!(shown, expected, "{text}");
        }
    }
}
