//! Origins that are plainly what a browser sends, told byte by byte: most entries of a long list are, and reading each as a URL
//! takes fifty times as long.

use std::ops::Range;

/// The parts of an origin in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainParts {
    pub(super) scheme: &'static str,
    pub(super) host: Range<usize>,
    pub(super) port: Option<u16>,
}

/// The parts of `http://host` or `https://host:port`, where the host is a name in lower-case ASCII that the URL standard leaves as it
/// is, and the port is written as it is serialized. Nothing of any other text, right or wrong: that is for closer reading.
pub(super) fn parts(text: &str) -> Option<PlainParts> {
    let (scheme, default_port, rest) = match text.strip_prefix("https://") {
        Some(rest) => ("https", 443, rest),
        None => ("http", 80, text.strip_prefix("http://")?),
    };
    let start = text.len() - rest.len();
    let length = host(rest.as_bytes())?;
    let port = match rest.as_bytes().get(length..)? {
        [] => None,
        [b':', digits @ ..] => Some(port(digits).filter(|port| *port != default_port)?),
        _ => return None,
    };
    Some(PlainParts { scheme, host: start..start + length, port })
}

/// How long the host at the start of `text` is. Its last label begins with a letter, since one that begins with a digit may make it an
/// address, and no label is punycode, which may be broken.
fn host(text: &[u8]) -> Option<usize> {
    let (mut length, mut label) = (0, 0);
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => {}
            b'.' => {
                is_plain_label(text.get(label..length)?).then_some(())?;
                label = length + 1;
            }
            _ => break,
        }
        length += 1;
    }
    let last = text.get(label..length)?;
    (is_plain_label(last) && last.first()?.is_ascii_lowercase()).then_some(length)
}

fn is_plain_label(label: &[u8]) -> bool {
    !label.is_empty() && !label.starts_with(b"xn--")
}

fn port(digits: &[u8]) -> Option<u16> {
    let is_plain = matches!(digits, [b'1'..=b'9', ..]) && digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse().ok()
}
