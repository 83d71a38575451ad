//! A request on the wire, and the `curl` line that sends it.

use std::borrow::Cow;

/// A request: what a finding shows, what `curl` asks, what the model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in the case it is sent in.
    pub method: Cow<'static, str>,
    /// The whole URL.
    pub url: String,
    /// Header fields in the order they are sent.
    pub headers: Vec<(Cow<'static, str>, String)>,
}

impl Request {
    /// The command line that asks production the same and prints the answer's header. It can be pasted into any POSIX
    /// shell: no byte of the request is read by the shell or by curl as anything but itself.
    pub fn curl(&self) -> String {
        let mut line = String::from("curl -i");
        match &*self.method {
            "GET" => {}
            // `-X HEAD` would wait for a body that never comes.
            "HEAD" => line.push_str(" -I"),
            method => line.extend([" -X ", &quote(method)]),
        }
        // curl takes brackets and braces in a URL for patterns, but for those around an IPv6 address.
        let after_host = self.url.splitn(4, '/').nth(3).unwrap_or_default();
        if after_host.contains(['[', ']', '{', '}']) {
            line.push_str(" -g");
        }
        for (name, value) in &self.headers {
            // `Name:` would take a header away; `Name;` sends it without a value.
            let field = if value.is_empty() { [name, ";"].concat() } else { [name, ": ", value].concat() };
            line.extend([" -H ", &quote(&field)]);
        }
        line.push(' ');
        line.push_str(&quote(&self.url));
        line
    }
}

/// Quotes a word for a POSIX shell where it needs quotes.
fn quote(word: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@' | b'%' | b'+' | b',' | b'=')
    };
    if word.is_empty() || !word.bytes().all(is_plain) {
        return Cow::Owned(["'", &word.replace('\'', r"'\''"), "'"].concat());
    }
    Cow::Borrowed(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curl_line_is_the_request() {
        let url = "https://api.example.com/users";
        let origin = ("Origin", "https://app.example.com");
        let check = |method: &str, url: &str, headers: &[(&str, &str)], line: &str| {
            let headers = headers.iter().map(|(name, value)| (name.to_string().into(), value.to_string())).collect();
            let request = Request { method: method.to_owned().into(), url: url.to_owned(), headers };
            assert_eq!(request.curl(), line);
        };
        let line = "curl -i -H 'Origin: https://app.example.com' https://api.example.com/users";
        check("GET", url, &[origin], line);
        check("HEAD", url, &[], "curl -i -I https://api.example.com/users");
        let preflight = [origin, ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "a,b")];
        let line = "curl -i -X OPTIONS -H 'Origin: https://app.example.com' -H 'Access-Control-Request-Method: PUT' \
                    -H 'Access-Control-Request-Headers: a,b' https://api.example.com/users";
        check("OPTIONS", url, &preflight, line);
        check("patch", "http://a/?b&c=$d", &[], "curl -i -X patch 'http://a/?b&c=$d'");
        let line = r#"curl -i -X 'it'\''s' -H 'X: a'\''b"c`d\e!' http://a/"#;
        check("it's", "http://a/", &[("X", "a'b\"c`d\\e!")], line);
        check("GET", "http://a/?b[]=1", &[("X-Empty", "")], "curl -i -g -H 'X-Empty;' 'http://a/?b[]=1'");
        check("GET", "http://[::1]:80/a", &[], "curl -i 'http://[::1]:80/a'");
    }

    /// A real shell hands every word on as it was written.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_each_word_as_itself() {
        for word in ["", "a b", "it's", "$HOME `id` $(id)", "a\\b\"c", "~", "*?[x]", "#a", "a;b|c&d<e>f", "é\n", "!x"]
        {
            let run = std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quote(word))).output();
            assert_eq!(String::from_utf8_lossy(&run.expect("sh runs").stdout), word);
        }
    }
}
