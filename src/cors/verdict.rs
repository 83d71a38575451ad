//! A browser's verdict, in the words of its console.

use std::fmt;

use super::header::CorsHeader;

/// Which of a fetch's exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The CORS-preflight request and its answer.
    Preflight,
    /// The page's own request and its answer.
    Main,
}

impl Kind {
    /// The word users read.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Preflight => "preflight",
            Kind::Main => "main",
        }
    }
}

/// The outcome of a page's request, or of one step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The page reads the answer.
    Allowed,
    /// The page gets a network error.
    Blocked(Blocked),
    /// It turns on what is not known.
    Unknown(Unknown),
}

impl Verdict {
    /// The word users read.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::Blocked(_) => "blocked",
            Verdict::Unknown(_) => "unknown",
        }
    }

    /// This verdict and then that of a later step. A later step that blocks whatever the unknown may be decides.
    #[must_use]
    pub fn and(self, later: Verdict) -> Verdict {
        match (&self, &later) {
            (Verdict::Allowed, _) | (Verdict::Unknown(_), Verdict::Blocked(_)) => later,
            _ => self,
        }
    }
}

/// Where it was blocked and why. It displays as Chromium's console says it, without the full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The exchange whose answer failed.
    pub exchange: Kind,
    /// The step that failed.
    pub reason: Reason,
}

/// The step of the standard that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// CORS check: the answer has no `Access-Control-Allow-Origin`.
    NoAllowOrigin,
    /// CORS check: the combined value holds a comma or a blank; the value.
    SeveralAllowOrigins(String),
    /// CORS check: the value can be no origin at all; the value.
    InvalidAllowOrigin(String),
    /// CORS check: the value is not the request's origin; the value.
    OtherAllowOrigin(String),
    /// CORS check: `*` where the request is made with credentials.
    WildcardWithCredentials,
    /// CORS check: the request is made with credentials and the value is not `true`; the value, empty where the header
    /// is absent.
    CredentialsNotTrue(String),
    /// CORS-preflight fetch: the status is not 200–299 (E3xx, E4xx).
    NotOkStatus(u16),
    /// CORS-preflight fetch: the answer is a redirect.
    PreflightRedirect(u16),
    /// CORS-preflight fetch: the list has an item that is no token, so nothing of it counts.
    MalformedList(CorsHeader),
    /// CORS-preflight fetch: the method is not in the list; the method as it is sent.
    MethodNotAllowed(String),
    /// CORS-preflight fetch: the request header is not in the list; its name in lower case.
    HeaderNotAllowed(String),
    /// CORS-preflight fetch: `*` does not stand for `Authorization`. Chromium 156 still lets it by (G08), so see
    /// [`Reason::stricter_than_chromium`].
    AuthorizationUnderWildcard,
    /// HTTP-redirect fetch: the location is no http or https URL.
    RedirectScheme(String),
    /// HTTP-redirect fetch: the location holds a user name or password.
    RedirectCredentials,
    /// HTTP-redirect fetch: more than 20 redirects.
    TooManyRedirects,
}

impl Reason {
    /// Returns whether the standard blocks where Chromium 156 does not (G08). The verdict follows the standard.
    pub fn stricter_than_chromium(&self) -> bool {
        *self == Reason::AuthorizationUnderWildcard
    }

    /// Returns whether the CORS check found it, which preflight and main answer share.
    fn is_cors_check(&self) -> bool {
        matches!(
            self,
            Reason::NoAllowOrigin
                | Reason::SeveralAllowOrigins(_)
                | Reason::InvalidAllowOrigin(_)
                | Reason::OtherAllowOrigin(_)
                | Reason::WildcardWithCredentials
                | Reason::CredentialsNotTrue(_)
                | Reason::NotOkStatus(_)
                | Reason::PreflightRedirect(_)
        )
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exchange == Kind::Preflight && self.reason.is_cors_check() {
            f.write_str("Response to preflight request doesn't pass access control check: ")?;
        }
        self.reason.fmt(f)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoAllowOrigin => {
                f.write_str("No 'Access-Control-Allow-Origin' header is present on the requested resource")
            }
            Reason::SeveralAllowOrigins(value) => write!(
                f,
                "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed"
            ),
            Reason::InvalidAllowOrigin(value) => {
                write!(f, "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'")
            }
            Reason::OtherAllowOrigin(value) => write!(
                f,
                "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin"
            ),
            Reason::WildcardWithCredentials => f.write_str(
                "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' \
                 when the request's credentials mode is 'include'",
            ),
            Reason::CredentialsNotTrue(value) => write!(
                f,
                "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must \
                 be 'true' when the request's credentials mode is 'include'"
            ),
            Reason::NotOkStatus(_) => f.write_str("It does not have HTTP ok status"),
            Reason::PreflightRedirect(_) => f.write_str("Redirect is not allowed for a preflight request"),
            Reason::MalformedList(header) => {
                write!(f, "Cannot parse {header} response header field in preflight response")
            }
            Reason::MethodNotAllowed(method) => {
                write!(f, "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response")
            }
            Reason::HeaderNotAllowed(name) => write!(
                f,
                "Request header field {name} is not allowed by Access-Control-Allow-Headers in preflight response"
            ),
            Reason::AuthorizationUnderWildcard => f.write_str(
                "Request header field authorization is not covered by the wildcard '*' of Access-Control-Allow-Headers \
                 in preflight response",
            ),
            Reason::RedirectScheme(location) => write!(f, "Redirect to '{location}', which is no http or https URL"),
            Reason::RedirectCredentials => f.write_str(
                "Redirect location contains a username and password, which is disallowed for cross-origin requests",
            ),
            Reason::TooManyRedirects => f.write_str("More than 20 redirects"),
        }
    }
}

/// Which exchange is in doubt and what it turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// The exchange.
    pub exchange: Kind,
    /// The missing part.
    pub missing: Missing,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing == Missing::Part {
            return self.missing.fmt(f);
        }
        let answer = match self.exchange {
            Kind::Preflight => "the answer to the preflight",
            Kind::Main => "the answer to the request itself",
        };
        write!(f, "{} of {answer} is not known", self.missing)
    }
}

/// The part of a response that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The status.
    Status,
    /// The value of that header, or whether it is sent at all.
    Header(CorsHeader),
    /// Where a redirect leads.
    Location,
    /// All of it: a part of the configuration was not analyzed.
    Part,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Status => f.write_str("the status"),
            Missing::Header(header) => header.fmt(f),
            Missing::Location => f.write_str("Location"),
            Missing::Part => f.write_str("a part of the configuration was not analyzed"),
        }
    }
}
