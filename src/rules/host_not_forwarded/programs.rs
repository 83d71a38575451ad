//! Programs that accept a WebSocket only if the host of its Origin is that of its Host header.

use super::words;
use crate::nginx::config::{Config, ContextId, ItemId};

/// A program, the words that name it, and its own port where hardly another program has it.
pub(super) struct Program {
    pub(super) name: &'static str,
    words: &'static [&'static str],
    port: Option<&'static str>,
    /// True if it prefers `X-Forwarded-Host` to `Host`.
    pub(super) reads_forwarded_host: bool,
}

const PROGRAM: Program = Program { name: "", words: &[], port: None, reads_forwarded_host: false };

/// The table. Each row says where the program compares the two.
const PROGRAMS: [Program; 6] = [
    // jupyter_server/base/handlers.py, `check_origin`: "Check Origin == Host for cross-origin".
    Program { name: "Jupyter", words: &["jupyter", "notebook"], port: Some("8888"), ..PROGRAM },
    // pkg/services/live: "Request Origin is not authorized", unless the host is that of Host or of `root_url`.
    Program { name: "Grafana", words: &["grafana"], ..PROGRAM },
    // src/node/http.ts, `authenticateOrigin`: "Honor X-Forwarded-Host if present".
    Program { name: "code-server", words: &["code-server"], reads_forwarded_host: true, ..PROGRAM },
    // packages/cli/src/push/origin-validator.ts.
    Program { name: "n8n", words: &["n8n"], port: Some("5678"), reads_forwarded_host: true },
    // Tornado's `WebSocketHandler.check_origin`, which compares `origin` with `Host`.
    Program { name: "Streamlit", words: &["streamlit"], port: Some("8501"), ..PROGRAM },
    Program { name: "webssh", words: &["webssh", "wssh"], ..PROGRAM },
];

/// The program that a location leads to: by the upstream's name or port, or, where the upstream has no name, by the server's or the path's.
pub(super) fn program(
    config: &Config<'_>,
    server: ContextId,
    context: ContextId,
    pass: ItemId,
) -> Option<&'static Program> {
    let (host, address) = (upstream_host(config, pass), words(config, pass));
    let is_nameless = host == "localhost" || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let first = |text: &[u8], at: char| {
        let text = String::from_utf8_lossy(text).into_owned();
        text.trim_matches('/').split(at).next().unwrap_or_default().to_ascii_lowercase()
    };
    let names = config.named(server, b"server_name").flat_map(|item| config.parameters(item));
    let names: Vec<String> = names.map(|name| first(&name, '.')).collect();
    let opener = config.context(context).opener.and_then(|item| config.parameter(item, config.parameter_count(item)));
    let path = opener.map(|path| first(&path, '/'));
    let address = address.split("://").nth(1).and_then(|rest| rest.split(['/', ' ']).next()).unwrap_or_default();
    let is_label = |label: &str, word: &str| label == word || label.strip_prefix(word).is_some_and(is_number);
    let by = |is_it: &dyn Fn(&Program) -> bool| PROGRAMS.iter().find(|program| is_it(program));
    let named = |program: &Program, name: &str| program.words.contains(&name);
    by(&|program| host.split(['.', '_']).any(|label| program.words.iter().any(|word| is_label(label, word))))
        .or_else(|| by(&|it| is_nameless && it.port.is_some_and(|port| address.ends_with(&format!(":{port}")))))
        .or_else(|| by(&|it| is_nameless && path.as_ref().is_some_and(|path| named(it, path))))
        .or_else(|| by(&|it| is_nameless && names.iter().any(|name| named(it, name))))
}

/// Returns whether it is what tells one container of a service from another: `-1`.
fn is_number(end: &str) -> bool {
    end.starts_with('-') && end.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// The host that a `proxy_pass` names, without its port.
pub(super) fn upstream_host(config: &Config<'_>, pass: ItemId) -> String {
    let address = words(config, pass);
    let rest = address.split("://").nth(1).unwrap_or_default();
    rest.split(['/', ':', ' ']).next().unwrap_or_default().to_owned()
}
