//! A page's request, and the requests that a browser makes of it.

use std::sync::Arc;

use url::Url;

use super::header::{CorsHeader, is_token};
use super::origin::Origin;
use super::request::Request;
use super::safelist;
use super::verdict::Reason;

/// The number of redirects a browser follows.
const MAX_REDIRECTS: u8 = 20;

/// A request's credentials mode: whether cookies, TLS client certificates and stored logins go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialsMode {
    /// Never.
    Omit,
    /// Only to the page's own origin; what `fetch` does by default.
    SameOrigin,
    /// Always: `credentials: "include"`, or `withCredentials`.
    Include,
}

/// A page's request in mode `cors`, as a script hands it to `fetch`, or as a redirect made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The part that copies share: the same request is judged in several credentials modes.
    sent: Arc<Sent>,
    credentials: CredentialsMode,
    /// Response tainting is "cors": the request left the page's origin, now or before a redirect back to it.
    tainted: bool,
    /// A redirect crossed origins after the request had left the page's origin (redirect-tainted origin).
    opaque: bool,
    redirects: u8,
}

/// The part of a request that does not depend on its credentials mode.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sent {
    /// The page's origin.
    origin: Origin,
    method: String,
    url: Url,
    headers: Vec<(String, String)>,
    /// See [`PageRequest::with_login`].
    login: Option<&'static str>,
}

/// Why a browser sends nothing at all for what a script asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSendable {
    /// The method is no HTTP token, or one of CONNECT, TRACE, TRACK.
    Method,
    /// The header's name is no HTTP token, or its value holds a line break or a NUL.
    Header,
    /// The URL is not an http or https URL, or holds a user name or password.
    Url,
}

impl PageRequest {
    /// A page of `origin` asks for `url` by `method`, without headers of its own. The method is normalized: `put` is
    /// sent as `PUT`, but `patch` stays `patch` (F01, F03).
    ///
    /// # Errors
    ///
    /// A method or a URL that `fetch` refuses before anything is sent.
    pub fn new(
        origin: Origin,
        method: &str,
        url: Url,
        credentials: CredentialsMode,
    ) -> Result<PageRequest, NotSendable> {
        if !is_token(method) || safelist::is_forbidden_method(method) {
            return Err(NotSendable::Method);
        }
        if !is_http(&url) || has_login(&url) {
            return Err(NotSendable::Url);
        }
        let tainted = !origin.is_same(&Origin::of(&url));
        let method = safelist::normalize_method(method);
        let headers = Vec::new();
        let sent = Arc::new(Sent { origin, method, url, headers, login: None });
        Ok(PageRequest { sent, credentials, tainted, opaque: false, redirects: 0 })
    }

    /// The page's origin.
    pub fn origin(&self) -> &Origin {
        &self.sent.origin
    }

    /// The same with one more header of the script's own. A forbidden request-header (`Cookie`, `Host`, `Sec-*` …) is
    /// left out, as browsers do without a word.
    ///
    /// # Errors
    ///
    /// A name or value that `fetch` refuses.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<PageRequest, NotSendable> {
        let value = super::header::trim(value);
        if !is_token(name) || value.contains(['\0', '\r', '\n']) {
            return Err(NotSendable::Header);
        }
        if !safelist::is_forbidden_header(name) {
            Arc::make_mut(&mut self.sent).headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(self)
    }

    /// The same request with credentials: the value of the `Authorization` that the browser adds by itself. No script sets it, so no preflight
    /// asks for it, and no preflight carries it.
    #[must_use]
    pub fn with_login(mut self, login: &'static str) -> PageRequest {
        Arc::make_mut(&mut self.sent).login = Some(login);
        self
    }

    /// The same in another credentials mode.
    pub fn with_credentials(self, credentials: CredentialsMode) -> PageRequest {
        PageRequest { credentials, ..self }
    }

    /// The method as it is sent.
    pub fn method(&self) -> &str {
        &self.sent.method
    }

    /// The URL asked for now, after any redirect.
    pub fn url(&self) -> &Url {
        &self.sent.url
    }

    /// Returns whether cookies may go with it in the sense of the CORS check: the credentials mode is `include`.
    pub fn has_credentials(&self) -> bool {
        self.credentials == CredentialsMode::Include
    }

    /// Returns whether the answer has to pass the CORS check: it is a CORS request, not a same-origin one.
    pub fn is_cors(&self) -> bool {
        self.tainted
    }

    /// The request's `Origin` (byte-serializing a request origin): `null` for an opaque origin, and after a redirect
    /// from one foreign origin to another (I03).
    pub fn serialized_origin(&self) -> String {
        if self.opaque { Origin::Opaque.to_string() } else { self.sent.origin.to_string() }
    }

    /// Returns whether that is the text of its `Origin`.
    pub(super) fn is_sent_as(&self, text: &str) -> bool {
        if self.opaque { text == "null" } else { self.sent.origin.is_serialized_as(text) }
    }

    /// CORS-unsafe request-header names: what a preflight has to ask for, in lower case, sorted.
    pub fn unsafe_header_names(&self) -> Vec<String> {
        safelist::unsafe_header_names(&self.sent.headers)
    }

    /// Returns whether it shows who asks: a login that the browser adds, or an `Authorization` of the script's.
    pub fn has_login(&self) -> bool {
        self.sent.login.is_some() || self.has_header("Authorization")
    }

    /// Returns whether the page set that header.
    pub fn has_header(&self, name: &str) -> bool {
        self.sent.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Returns whether a CORS-preflight must come first: a method that is not CORS-safelisted, or CORS-unsafe header names.
    pub fn needs_preflight(&self) -> bool {
        self.tainted && !(safelist::is_safelisted_method(&self.sent.method) && self.unsafe_header_names().is_empty())
    }

    /// The CORS-preflight request on the wire, where one is needed.
    pub fn preflight(&self) -> Option<Request> {
        if !self.needs_preflight() {
            return None;
        }
        let names = self.unsafe_header_names();
        let mut headers = vec![
            (CorsHeader::Origin.name().into(), self.serialized_origin()),
            (CorsHeader::RequestMethod.name().into(), self.sent.method.clone()),
        ];
        if !names.is_empty() {
            headers.push((CorsHeader::RequestHeaders.name().into(), names.join(",")));
        }
        Some(Request { method: "OPTIONS".into(), url: self.wire_url(), headers })
    }

    /// The request itself on the wire, with what of its header a server's CORS configuration can see. A browser adds
    /// `Origin` to every CORS request, and to every method but GET and HEAD.
    pub fn main(&self) -> Request {
        // Very many findings hold such a request: no room is left over.
        let mut headers = Vec::with_capacity(self.sent.headers.len() + 1);
        if self.tainted || !matches!(self.sent.method.as_str(), "GET" | "HEAD") {
            headers.push((CorsHeader::Origin.name().into(), self.serialized_origin()));
        }
        headers.extend(self.sent.headers.iter().map(|(name, value)| (name.clone().into(), value.clone())));
        let login = self.sent.login.filter(|_| !self.has_header("Authorization"));
        headers.extend(login.map(|login| ("Authorization".into(), login.to_owned())));
        Request { method: self.sent.method.clone().into(), url: self.wire_url(), headers }
    }

    /// The URL without its fragment, which no browser sends.
    fn wire_url(&self) -> String {
        let url = self.sent.url.as_str();
        let end = self.sent.url.fragment().map_or(url.len(), |fragment| url.len() - fragment.len() - 1);
        url.get(..end).unwrap_or(url).to_owned()
    }

    /// HTTP-redirect fetch: the request that a redirect with this status and `Location` leads to.
    ///
    /// # Errors
    ///
    /// The step that makes it a network error.
    pub(super) fn redirected(&self, status: u16, location: &str) -> Result<PageRequest, Reason> {
        let foreign = || Reason::RedirectScheme(location.to_owned());
        // "If locationURL's scheme is not an HTTP(S) scheme, then return a network error."
        let mut target = self.sent.url.join(location).ok().filter(is_http).ok_or_else(foreign)?;
        if target.fragment().is_none() {
            target.set_fragment(self.sent.url.fragment());
        }
        // "If request's redirect count is 20, then return a network error."
        if self.redirects >= MAX_REDIRECTS {
            return Err(Reason::TooManyRedirects);
        }
        let (here, there) = (Origin::of(&self.sent.url), Origin::of(&target));
        // "If request's mode is "cors", locationURL includes credentials, and request's origin is not same origin with
        // locationURL's origin" or "request's response tainting is "cors" and locationURL includes credentials".
        if has_login(&target) && (self.tainted || !self.sent.origin.is_same(&there)) {
            return Err(Reason::RedirectCredentials);
        }
        let mut next = PageRequest { redirects: self.redirects + 1, ..self.clone() };
        let sent = Arc::make_mut(&mut next.sent);
        sent.url = target;
        let post_to_get = matches!(status, 301 | 302) && self.sent.method == "POST";
        if post_to_get || (status == 303 && !matches!(self.sent.method.as_str(), "GET" | "HEAD")) {
            sent.method = "GET".to_owned();
            sent.headers.retain(|(name, _)| !is_body_header(name));
        }
        if !here.is_same(&there) {
            // "for each headerName of CORS non-wildcard request-header name, delete headerName"
            sent.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            sent.login = None;
            next.opaque = self.opaque || !self.sent.origin.is_same(&here);
        }
        next.tainted = self.tainted || !self.sent.origin.is_same(&there);
        Ok(next)
    }
}

/// Request-body-header name.
fn is_body_header(name: &str) -> bool {
    let names = ["content-encoding", "content-language", "content-location", "content-type"];
    names.iter().any(|body| body.eq_ignore_ascii_case(name))
}

/// HTTP(S) scheme.
fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Returns whether a URL "includes credentials".
fn has_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(method: &str, url: &str) -> Result<PageRequest, NotSendable> {
        let origin = Origin::of(&Url::parse("https://app.example.com").unwrap());
        PageRequest::new(origin, method, Url::parse(url).unwrap(), CredentialsMode::SameOrigin)
    }

    #[test]
    fn what_fetch_refuses_is_refused() {
        let refused = |method, url| page(method, url).err();
        assert_eq!(refused("TRACE", "https://api.example.com"), Some(NotSendable::Method));
        assert_eq!(refused("G ET", "https://api.example.com"), Some(NotSendable::Method));
        assert_eq!(refused("GET", "ftp://api.example.com"), Some(NotSendable::Url));
        assert_eq!(refused("GET", "https://u@api.example.com"), Some(NotSendable::Url));
        let header = |name, value| page("GET", "https://api.example.com").unwrap().with_header(name, value).err();
        assert_eq!(header("X A", "1"), Some(NotSendable::Header));
        assert_eq!(header("X-A", "1\r\nX-B: 2"), Some(NotSendable::Header));
        assert_eq!(header("Cookie", "a=b"), None);
    }

    #[test]
    fn a_preflight_asks_for_the_method_and_the_unsafe_names() {
        let page = page("delete", "https://api.example.com/users#part").unwrap();
        let page = page.with_header("X-B", "1").unwrap().with_header("Content-Type", "application/json").unwrap();
        let page = page.with_header("Accept", "*/*").unwrap().with_header("Host", "x").unwrap();
        let preflight = page.preflight().unwrap();
        let line = "curl -i -X OPTIONS -H 'Origin: https://app.example.com' -H 'Access-Control-Request-Method: DELETE' \
                    -H 'Access-Control-Request-Headers: content-type,x-b' https://api.example.com/users";
        assert_eq!(preflight.curl(), line);
        assert_eq!(page.main().headers.len(), 4, "Origin and the three that a page may set");
    }
}
