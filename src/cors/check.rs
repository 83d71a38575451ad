//! The standard's checks: the CORS check, the CORS-preflight's, and a whole fetch with its redirects.
//!
//! The quoted comments are steps of <https://fetch.spec.whatwg.org/>.

use std::borrow::Cow;

use url::Url;

use super::header::{CorsHeader, list_values, trim};
use super::page::PageRequest;
use super::request::Request;
use super::serialized::is_serialized;
use super::verdict::{Blocked, Kind, Missing, Reason, Unknown, Verdict};

/// A header field of an answer: one line on the wire, so that a name sent twice is two of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLine<'r> {
    /// Its name, in any case.
    pub name: Cow<'r, str>,
    /// Its value; `None` where it is not known, and then the line may also be missing.
    pub value: Option<Cow<'r, str>>,
}

/// The parts of a response that the checks read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<'r> {
    /// The status; `None` where it is not known.
    pub status: Option<u16>,
    /// The header fields, in the order of their lines.
    pub headers: Vec<FieldLine<'r>>,
    /// True if there may be more fields than are listed, as in an app's answer that only its code knows.
    pub open: bool,
}

impl<'r> Response<'r> {
    /// An answer of which all is known.
    pub fn known(status: u16, headers: &[(&'r str, &'r str)]) -> Response<'r> {
        let field =
            |(name, value): &(&'r str, &'r str)| FieldLine { name: (*name).into(), value: Some((*value).into()) };
        Response { status: Some(status), headers: headers.iter().map(field).collect(), open: false }
    }

    /// An answer of which nothing is known.
    pub fn unknown() -> Response<'r> {
        Response { status: None, headers: Vec::new(), open: true }
    }

    /// Returns what is known of all lines of one name.
    fn get(&self, name: &str) -> FieldLines<'_> {
        let mut lines = FieldLines { values: Vec::new(), open: self.open };
        for field in self.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name)) {
            match &field.value {
                Some(value) => lines.values.push(trim(value)),
                None => lines.open = true,
            }
        }
        lines
    }
}

/// The lines of one name.
struct FieldLines<'r> {
    /// The values that are known, without the white space around them.
    values: Vec<&'r str>,
    /// True if there may be more.
    open: bool,
}

impl FieldLines<'_> {
    /// "To get a header name from a header list": all values with a comma and a blank between them.
    fn combined(&self) -> Option<Cow<'_, str>> {
        match self.values.as_slice() {
            [] => None,
            [only] => Some(Cow::Borrowed(only)),
            several => Some(Cow::Owned(several.join(", "))),
        }
    }

    /// "To extract header list values": all names, or the failure that one bad item makes of the whole header.
    fn names(&self, header: CorsHeader) -> Result<Vec<&str>, Reason> {
        let lists: Result<Vec<_>, _> = self.values.iter().map(|value| list_values(value)).collect();
        lists.map(|lists| lists.concat()).map_err(|_| Reason::MalformedList(header))
    }
}

/// One step's answer: whether it passes as far as is known, and whether what is not known could change that.
fn step(exchange: Kind, failed: Option<Reason>, open: bool, missing: Missing) -> Verdict {
    match failed {
        Some(reason) => Verdict::Blocked(Blocked { exchange, reason }),
        None if open => Verdict::Unknown(Unknown { exchange, missing }),
        None => Verdict::Allowed,
    }
}

/// "CORS check": whether the page may read this answer. It looks neither at the status nor at the method (J).
/// A same-origin request needs none and always passes.
pub fn cors_check(page: &PageRequest, exchange: Kind, response: &Response<'_>) -> Verdict {
    if !page.is_cors() {
        return Verdict::Allowed;
    }
    // "Let origin be the result of getting `Access-Control-Allow-Origin` from response's header list."
    let lines = response.get(CorsHeader::AllowOrigin.name());
    let failed = match lines.combined() {
        // "If origin is null, then return failure."
        None if lines.open => None,
        None => Some(Reason::NoAllowOrigin),
        Some(origin) => allow_origin_fault(page, &origin),
    };
    let verdict = step(exchange, failed, lines.open, Missing::Header(CorsHeader::AllowOrigin));
    // "If request's credentials mode is not "include" and origin is `*`, then return success." and, after the origin
    // was found equal, "If request's credentials mode is not "include", then return success."
    if !page.has_credentials() {
        return verdict;
    }
    verdict.and(credentials_check(exchange, response))
}

/// Why the value of `Access-Control-Allow-Origin` lets this page's request not through; the words are Chromium's, which
/// looks at the same value more closely than the standard to say what is wrong with it.
fn allow_origin_fault(page: &PageRequest, origin: &str) -> Option<Reason> {
    if origin == "*" {
        return page.has_credentials().then_some(Reason::WildcardWithCredentials);
    }
    // "If the result of byte-serializing a request origin with request is not origin, then return failure."
    if page.is_sent_as(origin) {
        return None;
    }
    Some(if origin.contains([' ', ',']) {
        Reason::SeveralAllowOrigins(origin.to_owned())
    } else if origin != "null" && !is_serialized(origin) && Url::parse(origin).is_err() {
        Reason::InvalidAllowOrigin(origin.to_owned())
    } else {
        Reason::OtherAllowOrigin(origin.to_owned())
    })
}

/// The part of the CORS check that a request with credentials adds.
fn credentials_check(exchange: Kind, response: &Response<'_>) -> Verdict {
    let header = CorsHeader::AllowCredentials;
    let lines = response.get(header.name());
    // "If credentials is `true`, then return success."
    let failed = match lines.combined() {
        None if lines.open => None,
        Some(value) if value == "true" => None,
        value => Some(Reason::CredentialsNotTrue(value.unwrap_or_default().into_owned())),
    };
    step(exchange, failed, lines.open, Missing::Header(header))
}

/// "CORS-preflight fetch", from its answer on: whether the page's request may be sent.
pub fn preflight_check(page: &PageRequest, response: &Response<'_>) -> Verdict {
    // "If a CORS check for request and response returns success and response's status is an ok status"
    let redirect = response.status.filter(|status| is_redirect(*status));
    if let Some(status) = redirect {
        return step(Kind::Preflight, Some(Reason::PreflightRedirect(status)), false, Missing::Status);
    }
    let status = response.status.filter(|status| !(200..300).contains(status)).map(Reason::NotOkStatus);
    cors_check(page, Kind::Preflight, response)
        .and(step(Kind::Preflight, status, response.status.is_none(), Missing::Status))
        .and(methods_and_headers_check(page, response))
}

/// The part of the CORS-preflight fetch that reads the two lists.
fn methods_and_headers_check(page: &PageRequest, response: &Response<'_>) -> Verdict {
    let check = |header: CorsHeader, judge: &dyn Fn(&[&str]) -> Option<Reason>| {
        let lines = response.get(header.name());
        // "If either methods or headerNames is failure, return a network error." Two lines are one list (E905, E906).
        let failed = match lines.names(header) {
            Err(malformed) => Some(malformed),
            Ok(names) => judge(&names).filter(|_| !lines.open),
        };
        step(Kind::Preflight, failed, lines.open, Missing::Header(header))
    };
    let methods = check(CorsHeader::AllowMethods, &|names| method_fault(page, names));
    methods.and(check(CorsHeader::AllowHeaders, &|names| header_fault(page, names)))
}

/// "If request's method is not in methods, request's method is not a CORS-safelisted method, and request's credentials
/// mode is "include" or methods does not contain `*`, then return a network error." Methods are compared with regard
/// to case (F02).
fn method_fault(page: &PageRequest, methods: &[&str]) -> Option<Reason> {
    let method = page.method();
    let allowed = matches!(method, "GET" | "HEAD" | "POST")
        || methods.contains(&method)
        || (!page.has_credentials() && methods.contains(&"*"));
    (!allowed).then(|| Reason::MethodNotAllowed(method.to_owned()))
}

/// Every CORS-unsafe request-header name must be listed, in any case (G04), or be under a `*` that is not literal.
fn header_fault(page: &PageRequest, names: &[&str]) -> Option<Reason> {
    let listed = |name: &str| names.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    let wildcard = !page.has_credentials() && names.contains(&"*");
    // "If one of request's header list's names is a CORS non-wildcard request-header name and is not a byte-case-
    // insensitive match for an item in headerNames, then return a network error." Chromium lets it by (G08).
    if wildcard && page.has_header("authorization") && !listed("authorization") {
        return Some(Reason::AuthorizationUnderWildcard);
    }
    let unlisted = page.unsafe_header_names().into_iter().find(|name| !wildcard && !listed(name));
    unlisted.map(Reason::HeaderNotAllowed)
}

/// Redirect status.
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// A whole fetch: preflight, request, and whatever redirects lead to, at most 20. `answer` is asked for each exchange
/// in turn; what follows a block is not asked any more. A redirect is followed only where all that leads there is
/// known.
pub fn fetch<'r>(page: &PageRequest, mut answer: impl FnMut(Kind, &Request) -> Response<'r>) -> Verdict {
    let mut page = page.clone();
    let mut verdict = Verdict::Allowed;
    loop {
        if let Some(preflight) = page.preflight() {
            verdict = verdict.and(preflight_check(&page, &answer(Kind::Preflight, &preflight)));
            if matches!(verdict, Verdict::Blocked(_)) {
                return verdict;
            }
        }
        let response = answer(Kind::Main, &page.main());
        // The CORS check comes before the redirect is followed, so a redirect needs the headers too (I01).
        verdict = verdict.and(cors_check(&page, Kind::Main, &response));
        if matches!(verdict, Verdict::Blocked(_)) {
            return verdict;
        }
        match follow(&page, &response) {
            Ok(Some(next)) => page = next,
            Ok(None) => return verdict,
            Err(ends) => return verdict.and(ends),
        }
    }
}

/// The request that a redirect leads to; none where the answer is no redirect.
fn follow(page: &PageRequest, response: &Response<'_>) -> Result<Option<PageRequest>, Verdict> {
    let unknown = |missing| Verdict::Unknown(Unknown { exchange: Kind::Main, missing });
    let location = response.get("Location");
    // "If location is null, then return response." So without a Location the status does not matter.
    if location.values.is_empty() && !location.open || response.status.is_some_and(|status| !is_redirect(status)) {
        return Ok(None);
    }
    let status = response.status.ok_or_else(|| unknown(Missing::Status))?;
    match location.values.as_slice() {
        [only] if !location.open => page
            .redirected(status, only)
            .map(Some)
            .map_err(|reason| Verdict::Blocked(Blocked { exchange: Kind::Main, reason })),
        _ => Err(unknown(Missing::Location)),
    }
}

/// Returns whether a script may read this header of an answer that passed the CORS check: CORS-safelisted response-header names
/// always (K04), others where `Access-Control-Expose-Headers` names them. `None` where it is not known.
pub fn is_exposed(page: &PageRequest, response: &Response<'_>, name: &str) -> Option<bool> {
    let safelisted =
        ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
    if !page.is_cors() || safelisted.iter().any(|safe| safe.eq_ignore_ascii_case(name)) {
        return Some(true);
    }
    let lines = response.get(CorsHeader::ExposeHeaders.name());
    let names = lines.names(CorsHeader::ExposeHeaders).unwrap_or_default();
    let wildcard = !page.has_credentials() && names.contains(&"*");
    let exposed = wildcard || names.iter().any(|exposed| exposed.eq_ignore_ascii_case(name));
    (exposed || !lines.open).then_some(exposed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cors::origin::Origin;
    use crate::cors::page::CredentialsMode;

    const PAGE: &str = "https://app.example.com";
    const ORIGIN: (&str, &str) = ("Access-Control-Allow-Origin", PAGE);
    const CREDENTIALS: (&str, &str) = ("Access-Control-Allow-Credentials", "true");

    fn page(method: &str, credentials: CredentialsMode) -> PageRequest {
        let url = |text: &str| Url::parse(text).unwrap();
        let target = url("https://api.example.com/users#part");
        PageRequest::new(Origin::of(&url(PAGE)), method, target, credentials).unwrap()
    }

    fn word(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Unknown(unknown) => format!("unknown: {}", unknown.missing),
            Verdict::Blocked(blocked) => format!("{:?}", blocked.reason),
            Verdict::Allowed => "allowed".to_owned(),
        }
    }

    /// Known lines, and the names of lines whose value is not known.
    fn answer<'r>(status: Option<u16>, known: &[(&'r str, &'r str)], unknown: &[&'r str], open: bool) -> Response<'r> {
        let mut response = Response::known(200, known);
        response.headers.extend(unknown.iter().map(|name| FieldLine { name: (*name).into(), value: None }));
        Response { status, open, ..response }
    }

    #[test]
    fn what_is_not_known_decides_only_where_nothing_known_does() {
        let origin = "unknown: Access-Control-Allow-Origin";
        let check = |known: &[_], unknown: &[_], open, expected: &str| {
            let response = answer(Some(200), known, unknown, open);
            let verdict = cors_check(&page("GET", CredentialsMode::Include), Kind::Main, &response);
            assert_eq!(word(&verdict), expected, "{known:?} {unknown:?} {open}");
        };
        check(&[ORIGIN, CREDENTIALS], &[], false, "allowed");
        check(&[ORIGIN, CREDENTIALS], &["Vary"], false, "allowed");
        check(&[ORIGIN, CREDENTIALS], &[], true, origin);
        check(&[CREDENTIALS], &["access-control-allow-origin"], false, origin);
        check(&[ORIGIN, CREDENTIALS], &["Access-Control-Allow-Origin"], false, origin);
        check(&[ORIGIN], &["Access-Control-Allow-Credentials"], false, "unknown: Access-Control-Allow-Credentials");
        check(&[ORIGIN], &[], false, "CredentialsNotTrue(\"\")");
        check(&[], &["Access-Control-Allow-Origin"], false, "CredentialsNotTrue(\"\")");
        check(&[("Access-Control-Allow-Origin", "*")], &[], true, "WildcardWithCredentials");
        check(&[ORIGIN, ORIGIN], &[], true, &format!("SeveralAllowOrigins(\"{PAGE}, {PAGE}\")"));
    }

    #[test]
    fn a_preflight_is_unknown_by_status_and_by_list() {
        let methods = |value| ("Access-Control-Allow-Methods", value);
        let check = |status, known: &[_], unknown: &[_], expected: &str| {
            let response = answer(status, known, unknown, false);
            assert_eq!(word(&preflight_check(&page("PUT", CredentialsMode::Omit), &response)), expected, "{known:?}");
        };
        check(Some(204), &[ORIGIN, methods("PUT")], &[], "allowed");
        check(None, &[ORIGIN, methods("PUT")], &[], "unknown: the status");
        check(None, &[ORIGIN, methods("GET")], &[], "MethodNotAllowed(\"PUT\")");
        check(Some(404), &[], &["Access-Control-Allow-Origin"], "NotOkStatus(404)");
        check(Some(204), &[ORIGIN], &["Access-Control-Allow-Methods"], "unknown: Access-Control-Allow-Methods");
        let malformed = "MalformedList(AllowMethods)";
        check(Some(204), &[ORIGIN, methods("GET;PUT")], &["Access-Control-Allow-Methods"], malformed);
    }

    #[test]
    fn a_fetch_asks_on_as_far_as_it_can_be_told() {
        let check = |method: &str, answers: &[Response], expected: &str, exchanges: usize| {
            let mut asked = 0;
            let verdict = fetch(&page(method, CredentialsMode::Omit), |_, request| {
                assert!(!request.url.contains('#'), "a fragment is never sent");
                asked += 1;
                answers[(asked - 1).min(answers.len() - 1)].clone()
            });
            assert_eq!((word(&verdict).as_str(), asked), (expected, exchanges));
        };
        let fine = || Response::known(200, &[ORIGIN, ("Access-Control-Allow-Methods", "PUT")]);
        let redirect = |location| Response::known(302, &[ORIGIN, ("Location", location)]);
        check("GET", &[fine()], "allowed", 1);
        check("PUT", &[fine()], "allowed", 2);
        check("PUT", &[Response::unknown(), fine()], "unknown: Access-Control-Allow-Origin", 2);
        check("PUT", &[Response::unknown(), Response::known(200, &[])], "NoAllowOrigin", 2);
        check("PUT", &[Response::known(405, &[ORIGIN])], "NotOkStatus(405)", 1);
        check("GET", &[answer(Some(302), &[ORIGIN], &["Location"], false)], "unknown: Location", 1);
        check("GET", &[answer(None, &[ORIGIN, ("Location", "/x")], &[], false)], "unknown: the status", 1);
        check("GET", &[answer(None, &[ORIGIN], &[], false)], "allowed", 1);
        check("GET", &[redirect("/loop")], "TooManyRedirects", 21);
        check("GET", &[redirect("mailto:a@b.example")], "RedirectScheme(\"mailto:a@b.example\")", 1);
    }
}
