//! Requests that a page may send without a preflight.

use super::header::is_token;

/// The length in bytes past which no header value is CORS-safelisted.
const MAX_VALUE_BYTES: usize = 128;
/// The length in bytes past which safelisted values together are CORS-unsafe.
const MAX_TOTAL_BYTES: usize = 1024;

/// CORS-safelisted method.
pub(super) fn is_safelisted_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Forbidden method: a page that asks for one gets a `TypeError` and nothing is sent.
pub(super) fn is_forbidden_method(method: &str) -> bool {
    ["CONNECT", "TRACE", "TRACK"].iter().any(|forbidden| forbidden.eq_ignore_ascii_case(method))
}

/// Normalizes a method: these six are sent in upper case (F01), every other as it is written, so that `patch` stays
/// `patch` (F03, A3.19).
pub(super) fn normalize_method(method: &str) -> String {
    let known = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    let upper = known.into_iter().find(|known| known.eq_ignore_ascii_case(method));
    upper.unwrap_or(method).to_owned()
}

/// Forbidden request-header: the browser itself sets these, and drops them from a page's headers.
pub(super) fn is_forbidden_header(name: &str) -> bool {
    const NAMES: [&str; 21] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// CORS-unsafe request-header names: in lower case, sorted, each once.
pub(super) fn unsafe_header_names(headers: &[(String, String)]) -> Vec<String> {
    let (safe, mut names): (Vec<_>, Vec<_>) =
        headers.iter().partition(|(name, value)| is_safelisted_header(name, value));
    if safe.iter().map(|(_, value)| value.len()).sum::<usize>() > MAX_TOTAL_BYTES {
        names.extend(safe);
    }
    let mut names: Vec<String> = names.into_iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns whether a header of this name needs no preflight, whatever its value or but for some values, or is none that a page can set.
pub(crate) fn is_safelisted_name(name: &str) -> bool {
    let safe = ["accept", "accept-language", "content-language", "content-type", "range"];
    safe.iter().any(|safe| safe.eq_ignore_ascii_case(name)) || is_forbidden_header(name)
}

/// CORS-safelisted request-header.
fn is_safelisted_header(name: &str, value: &str) -> bool {
    if value.len() > MAX_VALUE_BYTES {
        return false;
    }
    match name.to_ascii_lowercase().as_str() {
        "accept" => !value.bytes().any(is_unsafe_byte),
        "accept-language" | "content-language" => value.bytes().all(is_language_byte),
        "content-type" => !value.bytes().any(is_unsafe_byte) && is_form_type(value),
        "range" => is_simple_range(value),
        _ => false,
    }
}

/// CORS-unsafe request-header byte.
fn is_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || b"\"():<>?@[\\]{}\x7f".contains(&byte)
}

/// Returns what `Accept-Language` and `Content-Language` may be made of.
fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" *,-.;=".contains(&byte)
}

/// Returns whether the essence of a MIME type is one that a form can send.
fn is_form_type(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default().trim_matches([' ', '\t', '\r', '\n']);
    let parts = essence.split_once('/').filter(|(kind, subtype)| is_token(kind) && is_token(subtype));
    let forms = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    parts.is_some() && forms.iter().any(|form| form.eq_ignore_ascii_case(essence))
}

/// A single range with a start: `bytes=0-` and `bytes=0-1`, but not `bytes=-1`.
fn is_simple_range(value: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse::<u128>().unwrap_or(u128::MAX);
    let Some((start, end)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return false;
    };
    !start.is_empty() && digits(start) && digits(end) && (end.is_empty() || number(start) <= number(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_decide_whether_a_header_is_safelisted() {
        let long = "a".repeat(129);
        let cases: &[(&str, &str, bool)] = &[
            ("Accept", "application/json", true),
            ("ACCEPT", "text/html;q=0.9, */*", true),
            ("Accept", "a\"b", false),
            ("Accept", &long, false),
            ("Accept", &long[..128], true),
            ("Accept-Language", "de-AT, en;q=0.5", true),
            ("Accept-Language", "de_AT", false),
            ("Content-Type", "text/plain; charset=utf-8", true),
            ("Content-Type", "Multipart/Form-Data; boundary=x", true),
            ("Content-Type", "application/x-www-form-urlencoded", true),
            ("Content-Type", "application/json", false),
            ("Content-Type", "text/plain; a=\"b\"", false),
            ("Content-Type", "text", false),
            ("Content-Type", "", false),
            ("Range", "bytes=0-1", true),
            ("Range", "bytes=0-", true),
            ("Range", "bytes=-1", false),
            ("Range", "bytes=2-1", false),
            ("Range", "bytes=0-1,3-4", false),
            ("Range", "items=0-1", false),
            ("Cache-Control", "no-cache", false),
            ("Authorization", "x", false),
        ];
        for (name, value, safe) in cases {
            assert_eq!(is_safelisted_header(name, value), *safe, "{name}: {value}");
        }
    }

    #[test]
    fn unsafe_names_are_lower_case_sorted_and_single() {
        let headers = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
        };
        let mixed = headers(&[("X-B", "1"), ("accept", "*/*"), ("X-A", "1"), ("x-b", "2")]);
        assert_eq!(unsafe_header_names(&mixed), ["x-a", "x-b"]);
        let filler = "a".repeat(128);
        let full: Vec<_> = headers(&vec![("Accept", filler.as_str()); 8]);
        assert!(unsafe_header_names(&full).is_empty(), "1024 bytes are still safe");
        let over = [full, headers(&[("Accept-Language", "d")])].concat();
        assert_eq!(unsafe_header_names(&over), ["accept", "accept-language"]);
    }

    #[test]
    fn six_methods_are_sent_in_upper_case() {
        for (written, sent) in [("put", "PUT"), ("Delete", "DELETE"), ("patch", "patch"), ("Patch", "Patch")] {
            assert_eq!(normalize_method(written), sent);
        }
    }
}
