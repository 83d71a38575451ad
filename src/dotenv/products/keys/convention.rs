//! The meaning of a key that is in no table: by its name alone where that says enough, else by its value, too.

use super::{Certainty, Key, Meaning, Patterns, Separator, YesNo};

/// The kind of a value by its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// No origins, nothing, or not known.
    Unlike,
    /// One origin with http or https.
    Origin,
    /// Several origins, at least one of them with http or https.
    Origins,
}

const CONVENTION: Key = Key {
    name: "*",
    product: "convention",
    certainty: Certainty::Convention,
    meaning: Meaning::Origins,
    separator: Separator::Unknown,
    star: YesNo::Unknown,
    patterns: Patterns::Unknown,
    scheme: super::Scheme::Unknown,
    slash: super::Slash::Unknown,
    trims: YesNo::Unknown,
};

static ORIGINS: Key = CONVENTION;
static ORIGIN: Key = Key { meaning: Meaning::SingleOrigin, ..CONVENTION };
static OTHER: Key = Key { meaning: Meaning::OtherOrigins, ..CONVENTION };
const FRONTEND_KEY: Key = Key { meaning: Meaning::FrontendUrl, separator: Separator::None, ..CONVENTION };
static FRONTEND: Key = FRONTEND_KEY;
static API: Key = Key {
    meaning: Meaning::ApiUrl,
    separator: Separator::None,
    scheme: super::Scheme::Optional,
    slash: super::Slash::Allowed,
    ..CONVENTION
};
static PAGE: Key = Key { slash: super::Slash::Allowed, ..FRONTEND_KEY };
static CREDENTIALS: Key = Key { meaning: Meaning::Credentials, separator: Separator::None, ..CONVENTION };

/// Words of keys that say something of CORS, but no origins, or origins of something else.
const NOT_ORIGINS: &[&str] =
    &["CSRF", "HEADERS", "METHODS", "REDIRECT", "ENABLED", "ENABLE", "REGEX", "PATTERN", "MAX", "IP", "IPS"];

/// Words of keys that hold the address of something that is called, fetched or linked to, and of no page that calls:
/// `SENTRY_ORIGIN`, `CDN_ORIGINS`, `DOMAIN_WHITELIST`.
const OTHERS: &[&str] = &[
    "API",
    "APIS",
    "ASSET",
    "ASSETS",
    "AUTH",
    "BACKEND",
    "BUCKET",
    "CALLBACK",
    "CDN",
    "CLOUDFRONT",
    "COUNTRY",
    "CSP",
    "DB",
    "DNS",
    "DOMAIN",
    "DOMAINS",
    "DOWNLOAD",
    "EMAIL",
    "EMAILS",
    "EMBED",
    "FETCH",
    "FILES",
    "FRAME",
    "GIT",
    "GRAPHQL",
    "HOOK",
    "HOSTS",
    "IFRAME",
    "IMAGE",
    "IMAGES",
    "LINK",
    "LINKS",
    "MEDIA",
    "OAUTH",
    "OIDC",
    "PASSKEY",
    "PROXY",
    "REFERER",
    "REFERRER",
    "REMOTE",
    "RP",
    "S3",
    "SENTRY",
    "SERVER",
    "SERVICE",
    "SSO",
    "SSRF",
    "STATIC",
    "STORAGE",
    "UPLOAD",
    "UPSTREAM",
    "WEBAUTHN",
    "WEBHOOK",
    "WEBHOOKS",
];

/// Words that say which side a key speaks of: the page's.
const PAGES: &[&str] = &[
    "FRONTEND",
    "FRONT",
    "CLIENT",
    "WEB",
    "WEBAPP",
    "WEBCLIENT",
    "WEBSITE",
    "UI",
    "SPA",
    "STOREFRONT",
    "DASHBOARD",
    "PORTAL",
];

/// Words that say that others are kept out.
const LISTS: &[&str] = &["WHITELIST", "WHITELISTED", "ALLOWLIST"];

/// The convention that a key follows: `*CORS*`, `*ALLOWED_ORIGIN(S)`, `*_ORIGIN(S)`, `*WHITELIST*`, `FRONTEND_URL` and their kin.
/// A name that others use as well has to have a value that `looks` like origins. Nothing for any other key: origins of countries, of
/// goods and of passkeys are none of CORS.
pub(super) fn by_name(key: &str, looks: Looks) -> Option<&'static Key> {
    let text = in_upper_case(key);
    let words: Vec<&str> = text.split('_').filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    let (cors, list, allowed) = (has("CORS"), has_any(&words, LISTS), has("ALLOWED") || has("ALLOW"));
    if has_any(&words, NOT_ORIGINS) {
        return None;
    }
    if cors && has("CREDENTIALS") {
        return Some(&CREDENTIALS);
    }
    let is_list = has("ORIGINS") && (cors || allowed || list);
    if is_list || cors && (has("ORIGIN") || list || has("DOMAINS") || words.len() == 1) {
        return Some(&ORIGINS);
    }
    if allowed && has("ORIGIN") {
        return Some(&ORIGIN);
    }
    if let Some(key) = of_a_bundle(&words) {
        return Some(key);
    }
    by_value(&words, looks).or_else(|| {
        let page = words.len() <= 3 && has_any(&words, PAGES) && !has("API");
        let is_address = matches!(words.last(), Some(&("URL" | "ORIGIN")));
        (page && is_address).then_some(&FRONTEND)
    })
}

/// Prefixes of the keys that a bundler writes into the page, so that their values are what the browser uses.
const BUNDLED: [&[&str]; 8] = [
    &["VITE"],
    &["NEXT", "PUBLIC"],
    &["REACT", "APP"],
    &["VUE", "APP"],
    &["NUXT", "PUBLIC"],
    &["EXPO", "PUBLIC"],
    &["PUBLIC"],
    &["GATSBY"],
];

/// The address of an API or of the page itself, where a bundler writes it into the page: `VITE_WS_URL`, `NEXT_PUBLIC_SITE_URL`.
fn of_a_bundle(words: &[&str]) -> Option<&'static Key> {
    let rest = BUNDLED.iter().find_map(|prefix| words.strip_prefix(*prefix));
    let (last, names) = rest.unwrap_or(words).split_last()?;
    let is_address = matches!(*last, "URL" | "URI" | "ENDPOINT" | "ORIGIN" | "BASE");
    let is_page = |names: &[&str]| matches!(names, ["SITE" | "APP" | "WEB" | "WEBSITE"]);
    match rest {
        None => (*last == "URL" && names == ["SITE"]).then_some(&PAGE),
        Some(_)
            if is_address && has_any(names, &["API", "BACKEND", "SERVER", "GRAPHQL", "WS", "WEBSOCKET", "SOCKET"]) =>
        {
            Some(&API)
        }
        Some(_) => (is_address && is_page(names)).then_some(&PAGE),
    }
}

/// Returns what a name says that others use as well, where the value is what it seems.
fn by_value(words: &[&str], looks: Looks) -> Option<&'static Key> {
    let (first, last) = (*words.first()?, *words.last()?);
    let several = looks == Looks::Origins;
    match last {
        _ if looks == Looks::Unlike => None,
        // A word that only holds these letters is glued to others: `ALLOWCORSFROM`.
        _ if words.iter().any(|word| word.contains("CORS")) => Some(&ORIGINS),
        _ if has_any(words, OTHERS) => None,
        "ORIGIN" | "ORIGINS" if has_any(words, &["TRUSTED"]) => Some(&OTHER),
        _ if last == "ORIGINS" || first == "ORIGINS" || has_any(words, LISTS) => Some(&ORIGINS),
        "ORIGIN" if has_any(words, PAGES) => Some(if several { &FRONTEND } else { &ORIGIN }),
        "ORIGIN" if several => Some(&ORIGINS),
        "ORIGIN" if words.len() > 1 => Some(&OTHER),
        _ => None,
    }
}

fn has_any(words: &[&str], wanted: &[&str]) -> bool {
    words.iter().any(|word| wanted.contains(word))
}

/// A name in upper case, `_` between its words: these are parted by dots, hyphens and colons, too, and where a capital follows a small
/// letter.
fn in_upper_case(key: &str) -> String {
    let mut text = String::with_capacity(key.len() + 8);
    let mut was_lower = false;
    for letter in key.chars() {
        if was_lower && letter.is_ascii_uppercase() {
            text.push('_');
        }
        was_lower = letter.is_ascii_lowercase();
        text.push(if matches!(letter, '.' | '-' | ':') { '_' } else { letter.to_ascii_uppercase() });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(looks: Looks, keys: &[&str], meaning: Option<Meaning>) {
        for key in keys {
            assert_eq!(by_name(key, looks).map(|row| row.meaning), meaning, "{key}");
        }
    }

    #[test]
    fn names_that_say_enough_need_no_value() {
        let origins =
            ["API_CORS_ORIGINS", "SHOP_ALLOWED_ORIGINS", "CORS_ORIGIN_LIST", "MY_CORS_WHITELIST", "AllowedOrigins"];
        check(Looks::Unlike, &origins, Some(Meaning::Origins));
        check(Looks::Unlike, &["WEB_URL", "ADMIN_FRONTEND_URL", "CLIENT_ORIGIN"], Some(Meaning::FrontendUrl));
        let none = ["IP_WHITELIST", "CORS_ALLOWED_HEADERS", "CSRF_ALLOWED_ORIGINS", "REDIS_URL", "ORIGINAL_PATH"];
        check(Looks::Unlike, &none, None);
        check(Looks::Origins, &none, None);
    }

    #[test]
    fn bundlers_write_addresses_into_the_page() {
        check(
            Looks::Unlike,
            &["VITE_WS_URL", "NEXT_PUBLIC_BACKEND_URL", "REACT_APP_GRAPHQL_ENDPOINT"],
            Some(Meaning::ApiUrl),
        );
        check(Looks::Unlike, &["NEXT_PUBLIC_SITE_URL", "VITE_APP_URL", "SITE_URL"], Some(Meaning::FrontendUrl));
        check(Looks::Unlike, &["VITE_TITLE", "NEXT_PUBLIC_IMAGE_URL", "WS_URL", "VITE_API_KEY"], None);
    }

    #[test]
    fn names_that_others_use_need_a_value_that_looks_like_origins() {
        let lists = [
            "SHOP_ORIGINS",
            "ALLOWED_WHITELIST",
            "WHITELISTED_URLS",
            "CORS_HOSTS",
            "API_CORS",
            "ALLOWCORSFROM",
            "ORIGINS",
        ];
        check(Looks::Unlike, &lists, None);
        check(Looks::Origin, &lists, Some(Meaning::Origins));
        check(Looks::Origins, &[&lists[..], &["SHOP_ORIGIN"]].concat(), Some(Meaning::Origins));
        check(Looks::Origin, &["FRONT_ORIGIN", "CLIENT_ORIGIN"], Some(Meaning::SingleOrigin));
        check(Looks::Origin, &["FRONTEND_URL"], Some(Meaning::FrontendUrl));
        check(Looks::Origins, &["FRONT_ORIGIN"], Some(Meaning::FrontendUrl));
        check(Looks::Origin, &["SHOP_ORIGIN"], Some(Meaning::OtherOrigins));
        check(Looks::Origins, &["SHOP_TRUSTED_ORIGINS"], Some(Meaning::OtherOrigins));
        let others = [
            "SENTRY_ORIGIN",
            "IP_WHITELIST",
            "DOMAIN_WHITELIST",
            "CDN_ORIGINS",
            "API_ORIGIN",
            "WEBAUTHN_ORIGIN",
            "ORIGIN_COUNTRY",
            "DATABASE_URL",
            "EMAIL_WHITELIST",
            "ORIGIN",
        ];
        check(Looks::Origin, &others, None);
    }
}
