//! A program that compares Origin with Host refuses the WebSocket, since nginx forwards another Host.
//!
//! ## Why it matters
//!
//! Programs such as Jupyter, Grafana, and Streamlit accept a WebSocket only if the host and port of its `Origin` are those of the `Host` header.
//! Without `proxy_set_header Host`, nginx sends the name of the upstream, and `$host` has no port (A4.15), so on any port but 80 and 443 the two
//! differ. `$http_host` is what the browser sent.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     listen 8443 ssl;
//!     server_name notebook.example.com;
//!     location / {
//!         proxy_pass http://jupyter:8888;
//!         proxy_set_header Upgrade $http_upgrade;
//!         proxy_set_header Connection upgrade;
//!         proxy_set_header Host $host;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     listen 8443 ssl;
//!     server_name notebook.example.com;
//!     location / {
//!         proxy_pass http://jupyter:8888;
//!         proxy_set_header Upgrade $http_upgrade;
//!         proxy_set_header Connection upgrade;
//!         proxy_set_header Host $http_host;
//!     }
//! }
//! ```

mod programs;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::nginx::config::inheritance::{List, Protocol};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::rules::shared::repeated::Repeated;
use programs::program;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "host-not-forwarded",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_host",
        "https://nginx.org/en/docs/http/websocket.html",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for context in visit::entered(site) {
            finding(site, context).into_iter().for_each(|finding| reported.keep(finding));
        }
    }
    reported.finish(findings);
}

fn finding(site: &Site<'_>, context: ContextId) -> Option<Finding> {
    let config = site.config;
    let named = |name: &str| config.naming(context, List::SetHeader(Protocol::Proxy), name);
    let upgrade = named("Upgrade")?;
    // A rewritten Origin is made to fit.
    if named("Origin").is_some() || config.is_incomplete(context) || config.is_unread(context) {
        return None;
    }
    let pass = visit::passes(site, context).find(|item| config.item(*item).name == b"proxy_pass")?;
    let server = config.enclosing(context, ContextKind::Server)?;
    let program = program(config, server, context, pass)?;
    if program.reads_forwarded_host && named("X-Forwarded-Host").is_some() {
        return None;
    }
    let program = program.name;
    let Some(host) = named("Host") else {
        // The upstream may have the server's own name.
        let upstream = programs::upstream_host(config, pass);
        let mut names = config.named(server, b"server_name").flat_map(|item| config.parameters(item));
        if names.any(|name| name.eq_ignore_ascii_case(upstream.as_bytes())) {
            return None;
        }
        let message = format!(
            "{program} refuses the WebSocket unless its own settings allow this origin: it compares Origin with Host, and nginx sends the upstream's name as Host"
        );
        let finding = RULE.finding(config.place(upgrade), "is forwarded without the browser's Host", message);
        return Some(finding.with_help("add next to it\n    proxy_set_header Host $http_host;"));
    };
    // A standard port is in neither.
    let port: u16 = site.base(server)?.rsplit_once(':')?.1.parse().ok()?;
    if config.parameter(host, 2).is_none_or(|value| *value != *b"$host" && *value != *b"${host}") {
        return None;
    }
    let message = format!(
        "{program} refuses the WebSocket unless its own settings allow this origin: it compares Origin with Host, and `$host` lacks the port {port}"
    );
    let edit = Edit { place: config.word_place(host, 2), text: "$http_host".to_owned() };
    let finding = RULE.finding(config.place(host), "forwards the host without its port", message);
    Some(Finding { fix: Some(Fix::risky(edit)), ..finding }.with_help("write `$http_host`, which has the port"))
}

/// The text of a directive's parameters.
fn words(config: &Config<'_>, item: ItemId) -> String {
    let words: Vec<String> =
        config.parameters(item).map(|word| String::from_utf8_lossy(&word).to_ascii_lowercase()).collect();
    words.join(" ")
}
