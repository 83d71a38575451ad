//! Several files, and what is asked of them, in one text: the form of `fixtures/answers/*.conf`.
//!
//! `# @ NAME` starts a further file; its lines may stand behind `# > `. `# ? METHOD PATH Name:Value …` is a request.

use corslint::cors::request::Request;

/// What a text holds.
pub struct Bundle {
    /// The files by name, the main file first.
    pub files: Vec<(String, Vec<u8>)>,
    /// The requests.
    pub requests: Vec<Request>,
}

/// More files than these are not looked at.
const MOST_FILES: usize = 8;
/// More requests than these are not asked.
const MOST_REQUESTS: usize = 3;

impl Bundle {
    /// Takes a text apart. Names are made such that they stay in one directory.
    pub fn read(text: &[u8]) -> Self {
        let mut bundle = Bundle { files: vec![("nginx.conf".to_owned(), Vec::new())], requests: Vec::new() };
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let told = |mark: &str| Some(String::from_utf8_lossy(line.strip_prefix(mark.as_bytes())?).into_owned());
            if let Some(name) = told("# @ ") {
                let name = path(&name);
                match bundle.files.iter().position(|(other, _)| *other == name) {
                    Some(at) => bundle.files[at..].rotate_left(1),
                    None if bundle.files.len() == MOST_FILES => break,
                    None => bundle.files.push((name, Vec::new())),
                }
                continue;
            }
            if let Some(request) = told("# ? ").filter(|_| bundle.requests.len() < MOST_REQUESTS) {
                bundle.requests.extend(self::request(&request));
            }
            if let Some((_, bytes)) = bundle.files.last_mut() {
                bytes.extend_from_slice(line.strip_prefix(b"# > ").unwrap_or(line));
            }
        }
        bundle
    }
}

/// A path of plain names below a directory.
fn path(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-/\u{1b}\u{202e}".contains(*c);
    let text: String = text.chars().filter(plain).take(60).collect();
    let names = text.split('/').filter(|name| !name.chars().all(|c| c == '.'));
    let path = names.take(3).collect::<Vec<_>>().join("/");
    if path.is_empty() { "further.conf".to_owned() } else { path }
}

/// The request that a line writes down.
fn request(line: &str) -> Option<Request> {
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let headers = words.filter_map(|word| word.split_once(':'));
    Some(Request {
        method: method.to_owned().into(),
        url: format!("http://www.example.com{}{path}", if path.starts_with('/') { "" } else { "/" }),
        headers: headers.map(|(name, value)| (name.to_owned().into(), value.to_owned())).collect(),
    })
}
