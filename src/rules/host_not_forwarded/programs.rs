//! Programs that accept a WebSocket only if the host of its Origin is that of its Host header.

use super::words;
use crate::nginx::config::{Config, ContextId, ItemId};

/// A program, the words that name it, and its own port where hardly another program has it.
struct Program {
    name: &'static str,
    words: &'static [&'static str],
    port: Option<&'static str>,
}

/// The table. Each row says where the program compares the two.
const PROGRAMS: [Program; 8] = [
    // jupyter_server/base/handlers.py, `check_origin`: "Check Origin == Host for cross-origin".
    Program { name: "Jupyter", words: &["jupyter", "notebook"], port: Some("8888") },
    // pkg/middleware/csrf: the Origin's host has to be the Host header's.
    Program { name: "Grafana", words: &["grafana"], port: None },
    // src/node/http.ts, `authenticateOrigin`.
    Program { name: "code-server", words: &["code-server", "codeserver"], port: None },
    // packages/cli/src/push: "Origin header does NOT match the expected origin".
    Program { name: "n8n", words: &["n8n"], port: Some("5678") },
    // Tornado's `WebSocketHandler.check_origin`, which compares `origin` with `Host`.
    Program { name: "Streamlit", words: &["streamlit"], port: Some("8501") },
    Program { name: "webssh", words: &["webssh", "wssh"], port: None },
    Program { name: "Flower", words: &["flower"], port: Some("5555") },
    // internal/server: gorilla/websocket's default `CheckOrigin`.
    Program { name: "Portainer", words: &["portainer"], port: None },
];

/// The program that a location leads to, by the names around it and by its port.
pub(super) fn program(
    config: &Config<'_>,
    server: ContextId,
    context: ContextId,
    pass: ItemId,
) -> Option<&'static str> {
    let address = words(config, pass);
    let names = config.named(server, b"server_name").map(|item| words(config, item));
    let opener = config.context(context).opener.map(|item| words(config, item));
    let mut texts: Vec<String> = names.collect();
    texts.extend(opener);
    texts.push(address.clone());
    let is_named = |word: &&str| texts.iter().any(|text| has_word(text, word));
    let has_port = |port: &str| {
        address
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split(['/', ' ']).next())
            .is_some_and(|host| host.ends_with(port))
    };
    let is_it = |program: &&Program| {
        program.words.iter().any(is_named) || program.port.is_some_and(|port| has_port(&format!(":{port}")))
    };
    PROGRAMS.iter().find(is_it).map(|program| program.name)
}

/// Returns whether a word stands in a text by itself, and not as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
