//! The output of `nginx -T`: every file of a configuration, one after the other, each under a line that names it.

use crate::source::Span;

/// The text that nginx prints before a file's path; the path is followed by `:` and a line end.
const HEADER: &[u8] = b"# configuration file ";

/// One file inside the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dumped {
    /// Its absolute path.
    pub path: Span,
    /// Its bytes, without the line end that nginx prints after them.
    pub body: Span,
}

/// The files inside the output of `nginx -T`, in the order nginx read them; `None` for anything else.
///
/// nginx's own messages (`nginx: the configuration file … syntax is ok`, warnings with their time) may stand before the
/// first file, since many send both streams into one file.
pub fn split(output: &[u8]) -> Option<Vec<Dumped>> {
    let mut files: Vec<Dumped> = Vec::new();
    let mut start = 0;
    while start < output.len() {
        let rest = output.get(start..).unwrap_or(&[]);
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or(&[]);
        if let Some(path) = header(line) {
            end_body(&mut files, output, start);
            let path = Span::at(start + HEADER.len(), start + HEADER.len() + path.len());
            files.push(Dumped { path, body: Span::at(start + length, start + length) });
        } else if files.is_empty() && !is_message(line) {
            return None;
        }
        start += length;
    }
    end_body(&mut files, output, output.len());
    (!files.is_empty()).then_some(files)
}

/// Ends the last file before the header, or the end of the output, at `next`.
fn end_body(files: &mut [Dumped], output: &[u8], next: usize) {
    let Some(last) = files.last_mut() else { return };
    let body = Span::at(last.body.start as usize, next).of(output);
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    last.body = Span::at(last.body.start as usize, last.body.start as usize + body.len());
}

/// The path in a header line. nginx prints it resolved, so a comment that names a relative path is none.
fn header(line: &[u8]) -> Option<&[u8]> {
    let path = line.trim_ascii_end().strip_prefix(HEADER)?.strip_suffix(b":")?;
    let drive = matches!(path, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    (path.starts_with(b"/") || drive).then_some(path)
}

/// Returns whether a line is one of nginx's messages: `nginx: …`, `2026/11/23 12:10:55 [warn] …`, or empty.
fn is_message(line: &[u8]) -> bool {
    let dated = matches!(line, [y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2, b' ', ..]
        if [y1, y2, y3, y4, m1, m2, d1, d2].iter().all(|byte| byte.is_ascii_digit()));
    dated || line.starts_with(b"nginx: ") || line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, expected: Option<&[(&str, &str)]>) {
        let text = |span: Span| std::str::from_utf8(span.of(output.as_bytes())).expect("it was text");
        let files = split(output.as_bytes());
        let files =
            files.as_ref().map(|files| files.iter().map(|file| (text(file.path), text(file.body))).collect::<Vec<_>>());
        assert_eq!(files.as_deref(), expected, "{output:?}");
    }

    #[test]
    fn files_follow_their_headers() {
        check(
            "nginx: the configuration file /n/nginx.conf syntax is ok\n2026/11/23 12:10:55 [warn] 1#1: x\n\
             # configuration file /n/nginx.conf:\nevents {}\n\n# configuration file /n/a b:\n# no line end\n",
            Some(&[("/n/nginx.conf", "events {}\n"), ("/n/a b", "# no line end")]),
        );
        check("# configuration file /n:\n", Some(&[("/n", "")]));
        check("# configuration file /n:", Some(&[("/n", "")]));
        check("# configuration file /n:\r\na;\r\n\r\n", Some(&[("/n", "a;\r\n\r")]));
        check("# configuration file C:/n/c:\na;\n\n", Some(&[("C:/n/c", "a;\n")]));
    }

    #[test]
    fn a_comment_is_no_header() {
        check("", None);
        check("events {}\n# configuration file /n:\n", None);
        check("# configuration file n.conf:\nevents {}\n", None);
        check("# configuration file /n\nevents {}\n", None);
        check(
            "# configuration file /n:\n# configuration file for tests:\n # configuration file /m:\n\n",
            Some(&[("/n", "# configuration file for tests:\n # configuration file /m:\n")]),
        );
    }
}
