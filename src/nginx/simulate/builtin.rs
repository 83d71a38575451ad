//! nginx's own variables, as far as a request tells them.

use crate::nginx::simulate::run::Run;
use crate::nginx::simulate::value::Value;

impl<'s> Run<'_, '_, 's> {
    /// nginx's own variables, as far as the request tells them.
    pub(in crate::nginx) fn built_in(&self, name: &[u8]) -> Option<Value<'s>> {
        let text = |text: &str| Some(Value::known(text.as_bytes().to_vec()));
        let url = self.url;
        match name {
            b"request_method" => text(&self.main_method),
            b"scheme" => text(url?.scheme()),
            b"https" => text(if url?.scheme() == "https" { "on" } else { "" }),
            b"host" => text(url?.host_str()?),
            b"server_port" => text(&url?.port_or_known_default()?.to_string()),
            b"uri" | b"document_uri" => Some(self.uri.clone()),
            b"args" | b"query_string" => Some(self.query.clone()),
            b"is_args" => text(if self.query.bytes()?.is_empty() { "" } else { "?" }),
            b"request_uri" => {
                let url = url?;
                text(&url[url::Position::BeforePath..url::Position::AfterQuery])
            }
            b"server_protocol" => text("HTTP/1.1"),
            b"content_type" => text(self.header("content-type").unwrap_or_default()),
            b"content_length" => text(self.header("content-length").unwrap_or_default()),
            b"remote_user" if self.header("authorization").is_none() => text(""),
            b"server_name" => Some(self.server_name()),
            _ => self.prefixed(name),
        }
    }

    /// Variables made from a prefix and a name: `$http_origin`, `$arg_x`, `$cookie_x`, `$upstream_http_x`.
    fn prefixed(&self, name: &[u8]) -> Option<Value<'s>> {
        let text = |text: &str| Some(Value::known(text.as_bytes().to_vec()));
        let name = std::str::from_utf8(name).ok()?;
        if let Some(header) = name.strip_prefix("http_") {
            if header == "host" {
                let url = self.url?;
                return text(&url[url::Position::BeforeHost..url::Position::AfterPort]);
            }
            if self.may_rewrite_header(&header.replace('_', "-")) {
                return None;
            }
            let name = |name: &str| name.to_ascii_lowercase().replace('-', "_") == header;
            let mut found = self.request.headers.iter().filter(|(other, _)| name(other));
            let value = found.next().map_or("", |(_, value)| value);
            // Versions differ in what they make of a second line of the same name.
            return if found.next().is_some() { None } else { text(value) };
        }
        if let Some(header) = name.strip_prefix("upstream_http_") {
            return self.app_header(header);
        }
        if let Some(argument) = name.strip_prefix("arg_") {
            let query = std::str::from_utf8(self.query.bytes()?).ok()?.to_owned();
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            return text(pairs.find(|(key, _)| key.eq_ignore_ascii_case(argument)).map_or("", |(_, value)| value));
        }
        if name.starts_with("cookie_") && self.header("cookie").is_none() {
            return text("");
        }
        None
    }

    /// A field of the app's answer, empty before there is one (A4.14).
    fn app_header(&self, name: &str) -> Option<Value<'s>> {
        let Some(fields) = &self.app_fields else { return Some(Value::known(&b""[..])) };
        let same = |header: &str| header.to_ascii_lowercase().replace('-', "_") == name;
        let mut found = fields.iter().filter(|(header, _)| same(header));
        let value = match found.next() {
            None => Value::known(&b""[..]),
            Some((_, value)) => Value::known(value.clone()?.into_bytes()),
        };
        if found.next().is_some() { None } else { Some(value) }
    }

    /// The first name of the server.
    fn server_name(&self) -> Value<'s> {
        let config = self.model.config;
        let Some(item) = config.named(self.server, b"server_name").next() else { return Value::known(&b""[..]) };
        match config.parameter(item, 1) {
            // `.example.com` is called `example.com`.
            Some(name) if &*name != b"$hostname" => Value::known(name.strip_prefix(b".").unwrap_or(&name).to_vec()),
            _ => Value::unknown(b"server_name".as_slice()),
        }
    }

    /// The value of a header field of the request.
    pub(in crate::nginx) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.request.headers.iter();
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
