//! A request as a browser sends it.

/// A request: what a finding shows, what `curl` asks, what the model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in the case it is sent in.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Header fields in the order they are sent.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// The command line that asks production the same and prints the answer's header.
    pub fn curl(&self) -> String {
        let mut line = String::from("curl -i");
        if self.method != "GET" {
            line.push_str(&format!(" -X {}", quote(&self.method)));
        }
        for (name, value) in &self.headers {
            line.push_str(&format!(" -H {}", quote(&format!("{name}: {value}"))));
        }
        line.push(' ');
        line.push_str(&quote(&self.url));
        line
    }
}

/// Quotes a word for a POSIX shell where it needs quotes.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
